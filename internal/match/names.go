package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Part is one line of a comparison: what was compared, what stood on both sides, and how many points of how many it gives.
type Part struct {
	Code        string // match.part_brand, ..., for the catalogue of messages
	Left, Right string
	Points, Of  int
}

// The most that each part of a name gives; together 100.
const (
	ofBrand  = 45
	ofTrade  = 20
	ofPlace  = 15
	ofForm   = 10
	ofBranch = 10
)

// exact is the score of the same name, whatever else is known; apart from it a score stays below.
const exact = 100

// Names says how well two names fit, 0 to 100, and by which parts. Exactly the same name, in whatever width and brackets it is
// written, is 100; two names that differ in any other way are not.
func Names(a, b Name) (score int, parts []Part) {
	if a.Whole == b.Whole && a.Whole != "" {
		return exact, []Part{{"match.part_name", a.Whole, b.Whole, exact, exact}}
	}
	if a.Whole == "" || b.Whole == "" {
		return 0, []Part{{"match.part_name", a.Whole, b.Whole, 0, exact}}
	}
	parts = []Part{
		{"match.part_place", strings.Join(a.Places, " "), strings.Join(b.Places, " "), fitPlaces(a, b), ofPlace},
		{"match.part_brand", a.Brand, b.Brand, fitBrand(a, b), ofBrand},
		{"match.part_trade", a.Trade, b.Trade, fitTrade(a, b), ofTrade},
		{"match.part_form", a.Form, b.Form, fitForm(a, b), ofForm},
		{"match.part_branch", a.Branch, b.Branch, fitBranch(a, b), ofBranch},
	}
	sum := 0
	for _, p := range parts {
		sum += p.Points
	}
	score = min(sum, exact-1)
	place, brand, trade, form, branch := parts[0].Points > 0, parts[1].Points > 0, parts[2].Points, parts[3].Points > 0, parts[4].Points > 0
	n, _ := edits([]rune(a.Whole), []rune(b.Whole), 2)
	_, differ := edits([]rune(a.without+a.Branch), []rune(b.without+b.Branch), 2)
	numbered := sisters(differ) || ordinals(a.Whole) != ordinals(b.Whole)
	switch {
	case swallowed(a, b): // what stands around the name may hold numbers
		return max(score, 80), parts
	case !place || numbered:
	case n == 1 && (form || longForm(a, b)) && branch: // wherever a part ends
		return max(score, 95), parts
	case n == 2 && brand && form && branch && !apart(a, b) && !replaced([]rune(a.Whole), []rune(b.Whole)):
		return max(score, 85), parts
	case cut(a, b) || behind(a, b) || bare(a.Whole) == bare(b.Whole):
		return max(score, 80), parts
	}
	least := func(most int, when bool) {
		if when {
			score = min(score, most)
		}
	}
	least(30, numbered)
	least(doubtful, !place || !form || trade < ofTrade/2 || !brand)
	least(doubtful, strings.Contains(a.Whole, "集团") != strings.Contains(b.Whole, "集团"))
	least(doubtful-10, !branch)
	if b.Branch != "" && !company(a.class) && strings.HasPrefix(b.Whole, a.Whole) {
		score = doubtful // of which branch, nobody knows
	}
	return score, parts
}

// fitPlaces: one that is left away says nothing; two that are both counties, and others, speak against it.
func fitPlaces(a, b Name) int {
	switch {
	case slices.Equal(a.Places, b.Places):
		return ofPlace
	case len(a.Places) == 0 || len(b.Places) == 0:
		return ofPlace - 3
	case within(a.Places, b.Places), within(b.Places, a.Places):
		return ofPlace - 1
	}
	return 0
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(p string) bool { return !slices.Contains(all, p) })
}

func fitBrand(a, b Name) int {
	if a.Brand == b.Brand {
		return ofBrand
	}
	if a.without == b.without { // the place stood elsewhere
		return ofBrand
	}
	percent := alike(a.Brand, b.Brand)
	if percent < 65 {
		return 0
	}
	return ofBrand * percent / 100
}

func fitTrade(a, b Name) int {
	switch {
	case a.Trade == b.Trade:
		return ofTrade
	case a.Trade == "" || b.Trade == "":
		return ofTrade / 2
	case strings.HasSuffix(a.Trade, b.Trade), strings.HasSuffix(b.Trade, a.Trade), strings.HasPrefix(a.Trade, b.Trade), strings.HasPrefix(b.Trade, a.Trade):
		return ofTrade * 7 / 10
	}
	return ofTrade * alike(a.Trade, b.Trade) / 300
}

// fitForm: 有限公司 and 有限责任公司 are one; a form that is left away says little.
func fitForm(a, b Name) int {
	switch {
	case a.Form == b.Form, a.class == b.class:
		return ofForm
	case a.Form == "" || b.Form == "":
		return ofForm * 7 / 10
	case a.class == "company" && b.class == "limited", a.class == "limited" && b.class == "company":
		return ofForm / 2
	}
	return 0
}

func fitBranch(a, b Name) int {
	switch {
	case a.Branch == b.Branch:
		return ofBranch
	case a.Branch == "" || b.Branch == "":
		return 0
	}
	x, y := Parse(a.Branch), Parse(b.Branch)
	if fitPlaces(x, y) == 0 || sisters(slices.Concat([]rune(x.without), []rune(y.without))) && x.without != y.without {
		return 0
	}
	percent := alike(x.without, y.without)
	if percent < 60 {
		return 0
	}
	return ofBranch * percent / 100
}

// apart reports whether the little in which two names differ is known to mean two: other trades with nothing in common.
func apart(a, b Name) bool {
	return a.Trade != "" && b.Trade != "" && a.Brand == b.Brand && !strings.ContainsAny(a.Trade, b.Trade)
}

// replaced reports whether names differ in one word of two characters, 快餐 and 蛋糕: that is another word, not two slips.
func replaced(a, b []rune) bool {
	a, b = middles(a, b)
	return len(a) == 2 && len(b) == 2 && !strings.ContainsAny(string(a), string(b))
}

func company(class string) bool {
	return class == "limited" || class == "shares" || strings.HasPrefix(class, "group") || class == "company"
}

// longForm reports whether a slip in the form leaves enough of it to see what was meant.
func longForm(a, b Name) bool { return max(len(a.Form), len(b.Form)) >= len("合作社") }

// sisters reports whether names differ in characters by which sisters are told apart.
func sisters(differ []rune) bool {
	return slices.ContainsFunc(differ, func(r rune) bool { return strings.ContainsRune(distinct, r) })
}

// ordinals returns the numbers of a name, 第一 and the like: they are never a slip.
func ordinals(s string) string {
	var out []rune
	before := rune(0)
	for _, r := range s {
		if before == '第' || '0' <= r && r <= '9' {
			out = append(out, r)
		}
		before = r
	}
	return string(out)
}

// cut reports whether a is b with its end missing: with all but a piece of the form left, or enough that it could hardly be the
// beginning of another's.
func cut(a, b Name) bool {
	missing, ok := strings.CutPrefix(b.Whole, a.Whole)
	if !ok || b.Branch != "" && a.Form != "" {
		return false
	}
	const least, most = 6, 8
	n := utf8.RuneCountInString(a.Whole)
	return n >= most && b.Branch == "" || n >= least && strings.HasSuffix(b.Form, missing)
}

// swallowed reports whether a holds all of b, with words before or behind it that belong to another column: 当事人：…,
// …生产不符合执行标准的产品案. The name of a branch, which holds its head office's, is none such.
func swallowed(a, b Name) bool {
	const least = 6
	before, after, ok := strings.Cut(a.Whole, b.Whole)
	if !ok || utf8.RuneCountInString(b.Whole) < least || b.Form == "" {
		return false
	}
	if after == "" {
		return before != "" && strings.ContainsAny(before, ":,、.对于")
	}
	_, _, branch := tails.suffix(after)
	return !branch
}

// behind reports whether a is a person with b in brackets, 张三(某店), or b with a person in brackets.
func behind(a, b Name) bool {
	return a.note != "" && (a.note == b.Whole || strings.TrimSuffix(a.Whole, "("+a.note+")") == b.Whole)
}

// bare returns a name without the words for limited liability, which banks and insurers leave away before the name of a branch.
var bareOf = strings.NewReplacer("股份有限公司", "", "有限责任公司", "", "有限公司", "", "股份", "")

func bare(s string) string { return bareOf.Replace(s) }
