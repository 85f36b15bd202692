package match_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"zhixin/internal/match"
)

func (m mention) side() match.Side {
	return match.Side{Name: m.name, USCC: m.code, RegNo: m.regNo, LegalRep: m.legalRep, Division: m.division, Address: m.address}
}

func (r registered) side() match.Side {
	return match.Side{ID: "r", Name: r.name, Former: r.former, USCC: r.uscc, RegNo: r.regNo, LegalRep: r.legalRep, Division: r.division,
		Address: r.address, Kind: r.kind, State: r.state}
}

// floor is what the matcher must reach on the frozen pairs.
const floor = 0.995

// TestTheMatcherOnThePairs counts a pair as joined where it is sure, or likely so that a person is shown it first. A pair that is
// joined by machine and should not be is an error whatever the figures say.
func TestTheMatcherOnThePairs(t *testing.T) {
	var right, wrong, missed int
	sure := map[label]int{}
	errors := map[string][]string{}
	for _, p := range labelled(t) {
		v := match.Compare(match.Read(p.left.side()), p.right.side())
		note := func(what string) {
			key := fmt.Sprintf("%s %s", what, p.shape)
			errors[key] = append(errors[key], fmt.Sprintf("%s %s %+v\n      | %+v\n      score %d, number %q, person %q, place %q",
				p.id, v.Band, p.left, p.right, v.Score, v.Number, v.Person, v.Place))
		}
		if v.Band == match.Sure {
			sure[p.want]++
			if p.want != same {
				t.Errorf("%s (%s) is joined by machine", p.id, p.shape)
				note("joined")
			}
		}
		switch {
		case p.want == ask && v.Band == match.None:
			note("nobody is asked about")
		case p.want == same && v.Likely:
			right++
		case p.want == same:
			missed++
			note("missed")
		case p.want == different && v.Likely:
			wrong++
			note("wrong")
		}
	}
	precision, recall := float64(right)/float64(right+wrong), float64(right)/float64(right+missed)
	f1 := 2 * precision * recall / (precision + recall)
	t.Logf("precision %.4f, recall %.4f, F1 %.4f; sure by machine: %d of %d that are one, %d that are two, %d that a person must decide",
		precision, recall, f1, sure[same], right+missed, sure[different], sure[ask])
	for _, key := range slices.Sorted(maps.Keys(errors)) {
		t.Logf("%s: %d", key, len(errors[key]))
		for _, e := range errors[key] {
			t.Logf("   %s", e)
		}
	}
	if f1 < floor {
		t.Errorf("F1 %.4f, floor %.4f", f1, floor)
	}
}
