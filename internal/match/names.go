package match

import (
	"slices"
	"strings"
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
	x, y := []rune(a.Whole), []rune(b.Whole)
	n, differ := edits(x, y, 2)
	short := min(len(x), len(y))
	switch { // a wrong character may stand where a part ends, so the parts do not see that little is wrong
	case n == 1 && short >= 4, n == 2 && short >= 10:
		if parts[0].Points > 0 && parts[3].Points > 0 && !apart(a, b) {
			score = max(score, 95-10*(n-1))
		}
	}
	switch {
	case cut(a, b) || cut(b, a): // cut short, or with words behind it that belong to the next column
		score = max(score, 78)
	case sisters(differ) || !sameNumbers(a.Whole, b.Whole):
		score = min(score, 30)
	}
	if a.Branch != b.Branch && (a.Branch == "" || b.Branch == "") {
		score = min(score, 50) // a branch is not its head office
	}
	if parts[0].Points == 0 || parts[3].Points == 0 {
		score = min(score, 60)
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
	if percent < 50 {
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
	case loose(a.class) && loose(b.class):
		return ofForm / 2
	}
	return 0
}

// loose are forms that people write for one another: 公司 for 有限公司, 集团 for 集团有限公司, 经营部 for 店.
func loose(class string) bool { return class == "company" || class == "limited" || class == "group" }

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

// apart reports whether the little in which two names differ is known to mean two: other trades, other places, other branches.
func apart(a, b Name) bool {
	trades := a.Trade != "" && b.Trade != "" && a.Trade != b.Trade && a.Brand == b.Brand
	return trades || a.Branch != b.Branch && fitBranch(a, b) == 0
}

// sisters reports whether names differ in characters by which sisters are told apart.
func sisters(differ []rune) bool {
	return slices.ContainsFunc(differ, func(r rune) bool { return strings.ContainsRune(distinct, r) })
}

// sameNumbers reports whether two names hold the same ordinals, 第一 and 第二, in the same order.
func sameNumbers(a, b string) bool { return ordinals(a) == ordinals(b) }

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

// cut reports whether a is b with its end missing: long enough that it could be nobody else's beginning.
func cut(a, b Name) bool {
	const least = 8
	return len([]rune(a.Whole)) >= least && strings.HasPrefix(b.Whole, a.Whole) && (b.Branch == "" || a.Form == "")
}
