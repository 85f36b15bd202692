package names_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
	"zhixin/internal/names"
)

// few characters, so that names often hold, begin or slip into each other.
var letters = rapid.StringOfN(rapid.RuneFrom([]rune("安庆建市一二A（")), 0, 9, -1)

func someEntry(t *rapid.T) names.Entry {
	return names.Entry{
		ID:       fmt.Sprint(rapid.IntRange(1, 30).Draw(t, "id")),
		Name:     letters.Draw(t, "name"),
		Former:   rapid.SliceOfN(letters, 0, 2).Draw(t, "former"),
		Codes:    rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("0123A")), 3, 6, -1), 0, 2).Draw(t, "codes"),
		Division: rapid.SampledFrom([]string{"340802", "340881", "340102", ""}).Draw(t, "division"),
		State:    rapid.SampledFrom([]credit.RegState{credit.Active, credit.Revoked}).Draw(t, "state"),
		Personal: rapid.IntRange(0, 4).Draw(t, "personal") == 0,
	}
}

func someQuery(t *rapid.T) names.Query {
	return names.Query{
		Text:     rapid.OneOf(letters, rapid.StringOfN(rapid.RuneFrom([]rune("0123A")), 3, 6, -1), rapid.StringOfN(rapid.RuneFrom([]rune("aqjs")), 2, 4, -1)).Draw(t, "text"),
		Division: rapid.SampledFrom([]string{"", "", "340800", "340881"}).Draw(t, "in division"),
		Personal: rapid.Bool().Draw(t, "also personal"),
		Limit:    rapid.SampledFrom([]int{1, 3, 200}).Draw(t, "limit"),
		From:     rapid.IntRange(0, 3).Draw(t, "from"),
	}
}

func TestAnyHistoryAnswersAsAnIndexBuiltAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := map[string]names.Entry{}
		x := names.New()
		if rapid.Bool().Draw(t, "built first") {
			first := rapid.SliceOfN(rapid.Custom(someEntry), 0, 20).Draw(t, "first")
			for _, e := range first {
				now[e.ID] = e
			}
			x = names.Build(slices.Values(first))
		}
		for range rapid.IntRange(0, 40).Draw(t, "changes") {
			if rapid.IntRange(0, 3).Draw(t, "removes") == 0 {
				id := fmt.Sprint(rapid.IntRange(1, 30).Draw(t, "gone"))
				delete(now, id)
				x.Remove(id)
				continue
			}
			e := someEntry(t)
			now[e.ID] = e
			x.Put(e)
		}
		anew := names.Build(maps.Values(now))
		if x.Len() != len(now) || anew.Len() != len(now) {
			t.Fatalf("%d subjects, anew %d, want %d", x.Len(), anew.Len(), len(now))
		}
		for range 20 {
			q := someQuery(t)
			got, more := x.Search(q)
			want, wantMore := anew.Search(q)
			if !slices.Equal(got, want) || more != wantMore {
				t.Fatalf("%+v:\ngot  %+v %v\nanew %+v %v", q, got, more, want, wantMore)
			}
			if got, want := x.Suggest(q), anew.Suggest(q); !slices.Equal(got, want) {
				t.Fatalf("suggest %+v:\ngot  %+v\nanew %+v", q, got, want)
			}
			if got, want := x.Candidates(q.Text, 200), anew.Candidates(q.Text, 200); !slices.Equal(got, want) {
				t.Fatalf("candidates of %s:\ngot  %+v\nanew %+v", q.Text, got, want)
			}
		}
	})
}

func TestSearchFindsWhatAScanFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		byID := map[string]names.Entry{}
		for _, e := range rapid.SliceOfN(rapid.Custom(someEntry), 0, 30).Draw(t, "entries") {
			e.Codes = nil
			byID[e.ID] = e
		}
		x := names.Build(maps.Values(byID))
		for range 20 {
			q := someQuery(t)
			q.Limit, q.From = 200, 0
			hits, _ := x.Search(q)
			var got, weak []string
			for _, h := range hits {
				switch {
				case h.Why == names.Words || h.Why == names.Initials: // not what this is about
				case h.Score <= 55 && h.Why == names.Typo || h.Score <= 47:
					weak = append(weak, h.ID)
				default:
					got = append(got, fmt.Sprintf("%d %s %s", h.Score, h.ID, h.Why))
				}
			}
			want, wantWeak := scan(byID, q)
			slices.Sort(weak)
			if len(wantWeak) > 0 && len(weak) == 0 && len(hits) > 0 {
				wantWeak = nil // there were words
			}
			if !slices.Equal(got, want) || !slices.Equal(weak, wantWeak) {
				t.Fatalf("%+v:\ngot  %q, by a slip in a part %q\nwant %q, %q", q, got, weak, want, wantWeak)
			}
		}
	})
}

// scan looks at every name, in the plainest way; weak are those of whose name only a part is meant, with a slip.
func scan(entries map[string]names.Entry, q names.Query) (strong, weak []string) {
	type seen struct {
		score, length int
		ended         bool
		id, why       string
	}
	var all []seen
	norm := credit.NormalizeName(q.Text)
	for _, e := range entries {
		if e.Personal && !q.Personal || q.Division != "" && !credit.InDivision(e.Division, q.Division) || norm == "" {
			continue
		}
		best := seen{ended: e.State == credit.Revoked, id: e.ID}
		for i, name := range append([]string{e.Name}, e.Former...) {
			name = credit.NormalizeName(name)
			score, why := fits(norm, name)
			switch {
			case i > 0 && score == 100:
				score, why = 97, "former-name"
			case i > 0:
				score -= 2
			}
			if n := utf8.RuneCountInString(name); score > best.score || score == best.score && n < best.length {
				best.score, best.why, best.length = score, why, n
			}
		}
		if best.score > 0 {
			all = append(all, best)
		} else if slices.ContainsFunc(append([]string{e.Name}, e.Former...), func(name string) bool { return slipInPart(norm, credit.NormalizeName(name)) }) {
			weak = append(weak, e.ID)
		}
	}
	exact := slices.ContainsFunc(all, func(s seen) bool { return s.score >= 97 })
	slices.SortFunc(all, func(a, b seen) int {
		over := func(s seen) int { return map[bool]int{true: 1}[s.ended] }
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.length, b.length), cmp.Compare(over(a), over(b)), cmp.Compare(a.id, b.id))
	})
	for _, s := range all {
		if s.score >= 78 || !exact {
			strong = append(strong, fmt.Sprintf("%d %s %s", s.score, s.id, s.why))
		}
	}
	if len(strong) > 0 {
		return strong, nil // a slip in a part is for whoever finds nothing else
	}
	slices.Sort(weak)
	return strong, weak
}

func slipInPart(text, name string) bool {
	a, b := []rune(text), []rune(name)
	for i := range b {
		for j := i + max(1, len(a)-1); j <= min(len(b), i+len(a)+1); j++ {
			if _, ok := oneEdit(a, b[i:j]); ok && len(a) >= 5 {
				return true
			}
		}
	}
	return false
}

func fits(text, name string) (int, string) {
	a, b := []rune(text), []rune(name)
	at := strings.Index(name, text)
	switch {
	case name == text:
		return 100, "name"
	case at == 0:
		return 90, "prefix"
	case at > 0 && len(a) >= 2:
		return 80, "part"
	}
	if len(a) >= 3 {
		if differ, ok := oneEdit(a, b); ok && numeral(differ) {
			return 50, "number"
		} else if ok {
			return 60, "typo"
		}
	}
	return 0, ""
}

// oneEdit makes every edit of a, and says what the edit was about.
func oneEdit(a, b []rune) (differ string, ok bool) {
	for i := range len(a) + 1 {
		rest := a[i:]
		if len(rest) > 0 && string(a[:i])+string(rest[1:]) == string(b) {
			differ, ok = string(rest[0]), true
		}
		for _, r := range b[min(i, len(b)):min(i+1, len(b))] { // what stands there in b
			if string(a[:i])+string(r)+string(rest) == string(b) {
				differ, ok = string(r), true
			}
			if len(rest) > 0 && string(a[:i])+string(r)+string(rest[1:]) == string(b) {
				differ, ok = string(rest[0])+string(r), true
			}
		}
		if len(rest) > 1 && string(a[:i])+string(rest[1])+string(rest[0])+string(rest[2:]) == string(b) {
			differ, ok = string(rest[:2]), true
		}
	}
	return differ, ok
}

func numeral(s string) bool { return strings.Trim(s, "一二0123") == "" }

func TestASlipInAPartIsFoundWhereverItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := []rune(rapid.StringOfN(rapid.RuneFrom([]rune("安庆建材大")), 5, 12, -1).Draw(t, "name"))
		from := rapid.IntRange(0, len(name)-5).Draw(t, "from")
		text := slices.Clone(name[from:rapid.IntRange(from+5, len(name)).Draw(t, "to")])
		i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		switch rapid.SampledFrom([]string{"wrong", "extra", "swapped"}).Draw(t, "slip") {
		case "wrong":
			text[i] = '龘'
		case "extra":
			text = slices.Insert(text, i, '龘')
		default:
			j := min(i, len(text)-2)
			text[j], text[j+1] = text[j+1], text[j]
		}
		hits, _ := names.Build(slices.Values([]names.Entry{{ID: "1", Name: string(name)}})).Search(names.Query{Text: string(text)})
		if len(hits) != 1 {
			t.Fatalf("%s is not found by %s", string(name), string(text))
		}
	})
}
