package names_test

import (
	"compress/gzip"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/dbtest"
	"zhixin/internal/names"
)

// anqing reads the real enterprises of a city, which are no part of the project.
func anqing(t *testing.T) []names.Entry {
	t.Helper()
	dir := os.Getenv("ZHIXIN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	f, err := os.Open(filepath.Join(dir, "data", "anqing_enterprises.csv.gz"))
	if err != nil {
		dbtest.Skip(t, "no anqing_enterprises.csv.gz; set ZHIXIN_SHARED")
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	name, code := slices.Index(rows[0], "name"), slices.Index(rows[0], "uscc")
	var out []names.Entry
	for _, row := range rows[1:] {
		code := credit.NormalizeCode(row[code])
		e := names.Entry{ID: code + "/" + row[name], Name: row[name], Codes: []string{code}, Kind: credit.Enterprise, State: credit.Active}
		if len(code) == 18 {
			e.Division = code[2:8]
		}
		out = append(out, e)
	}
	return out
}

// near says how many different names are one edit away, by looking at all that are as long.
func near(all map[int][][]rune, name string) int {
	runes, n := []rune(name), 0
	for length := len(runes) - 1; length <= len(runes)+1; length++ {
		for _, b := range all[length] {
			same := 0
			for i := 0; i < min(len(runes), len(b)) && runes[i] == b[i]; i++ {
				same++
			}
			for i := 1; i <= min(len(runes), len(b)) && runes[len(runes)-i] == b[len(b)-i]; i++ {
				same++
			}
			if same < len(runes)-2 {
				continue // more than one edit, and most are
			}
			if _, ok := oneEdit(runes, b); ok {
				n++
			}
		}
	}
	return n
}

// timed searches, and where it seems to have taken long asks how much of that was the processor's time: other work on the machine
// is not the index's.
func timed(x *names.Index, q names.Query) (hits []names.Hit, took time.Duration) {
	began := time.Now()
	hits, _ = x.Search(q)
	if took = time.Since(began); took < 5*time.Millisecond {
		return hits, took
	}
	before := used()
	for range 10 {
		x.Search(q)
	}
	return hits, (used() - before) / 10
}

func TestRealNamesWithOneCharacterChangedAreFound(t *testing.T) {
	entries := anqing(t)
	if len(entries) != 9009 {
		t.Fatalf("%d enterprises", len(entries))
	}
	x := names.Build(slices.Values(entries))
	known, byLength, pool := map[string]bool{}, map[int][][]rune{}, []rune(nil)
	for _, e := range entries {
		norm := []rune(credit.NormalizeName(e.Name))
		pool = append(pool, norm...)
		if !known[string(norm)] {
			known[string(norm)] = true
			byLength[len(norm)] = append(byLength[len(norm)], norm)
		}
	}
	dice := rand.New(rand.NewPCG(2026, 11))
	unique, first, ten, longest := 0, 0, 0, time.Duration(0)
	for _, e := range entries {
		norm := []rune(credit.NormalizeName(e.Name))
		changed := slices.Clone(norm)
		i := dice.IntN(len(changed))
		for changed[i] == norm[i] {
			changed[i] = pool[dice.IntN(len(pool))]
		}
		if known[string(changed)] || near(byLength, string(changed)) != 1 {
			continue
		}
		unique++
		hits, took := timed(x, names.Query{Text: string(changed), Limit: 10})
		longest = max(longest, took)
		switch at := slices.IndexFunc(hits, func(h names.Hit) bool { return credit.NormalizeName(h.Name) == string(norm) }); at {
		case 0:
			first++
			ten++
		default:
			if at > 0 {
				ten++
			}
			t.Logf("%s, typed %s: %v", e.Name, string(changed), hits)
		}
	}
	t.Logf("%d of %d changed names are nearest to one name: first %.2f %%, among ten %.2f %%, longest search %v", unique, len(entries),
		100*float64(first)/float64(unique), 100*float64(ten)/float64(unique), longest)
	if longest > 20*time.Millisecond {
		t.Errorf("a search took %v", longest)
	}
	if unique < 8500 || 100*first < 99*unique || 1000*ten < 999*unique {
		t.Errorf("of %d: %d first, %d among ten", unique, first, ten)
	}
}

func TestRealNamesAreFoundByThemselves(t *testing.T) {
	entries := anqing(t)
	x := names.Build(slices.Values(entries))
	for _, e := range entries {
		hits, _ := x.Search(names.Query{Text: e.Name, Limit: 1})
		if len(hits) != 1 || hits[0].Score != 100 || credit.NormalizeName(hits[0].Name) != credit.NormalizeName(e.Name) {
			t.Errorf("%s: %v", e.Name, hits)
		}
		hits, _ = x.Search(names.Query{Text: e.Codes[0], Limit: 200})
		if !slices.ContainsFunc(hits, func(h names.Hit) bool { return h.ID == e.ID && h.Score == 100 }) {
			t.Errorf("%s: %v", e.Codes[0], hits)
		}
	}
}
