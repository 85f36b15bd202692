// Package match says whether what a record states of its subject means a subject that is registered: surely, perhaps, or not,
// and by what. It decides nothing about records: who is asked, and what is remembered, is intake's. Everything here is pure.
//
// The order of evidence is that of handbook 1.4. A number that is stated and valid counts most; a name by itself, however
// exact, never decides, because two may bear it: it takes a number that agrees as far as it can be read, the same
// representative or the same address to make it sure. What contradicts itself, the number of one and the name of another, is
// always for a person.
package match

import (
	"cmp"
	"slices"
	"strings"

	"zhixin/internal/credit"
)

// Side is what one side says of a subject: a record of whom it is about, or the registry of whom it knows.
type Side struct {
	ID       string // of a registered subject
	Name     string
	Former   []string // names that a registered subject had
	USCC     string
	RegNo    string
	OrgCode  string
	Numbers  []string // every other number by which a registered subject is or was known
	LegalRep string
	Address  string
	Division string
	Kind     credit.SubjectKind
	State    credit.RegState
}

// Band is what may be done with a pair.
type Band string

// The bands.
const (
	Sure Band = "sure" // may be joined by machine
	Ask  Band = "ask"  // a person decides
	None Band = "none" // not meant
)

// Verdict is what a comparison found.
type Verdict struct {
	Band   Band
	Likely bool   // what speaks for it outweighs what speaks against it; every sure pair is likely
	Score  int    // 0 to 100: how well the name fits, 100 for exactly this name, of today or a former one
	Name   string // the name of the registered subject that fits best
	Former bool   // which it does not bear any more
	Number Fit
	Person Fit
	Place  Fit // the address
	Parts  []Part
}

// Fit is how two statements about one thing stand to each other.
type Fit string

// The fits.
const (
	Silent Fit = ""      // one of them says nothing
	Same   Fit = "same"  //
	Near   Fit = "near"  // as far as it can be read: masked, one character wrong, cut short
	Other  Fit = "other" //
)

// Stated is a side that was taken apart once, to be compared with many.
type Stated struct {
	Side
	name    Name
	numbers []string // valid ones
	broken  []string // masked, or of a wrong check character
}

// Read takes apart what a record states.
func Read(s Side) Stated {
	out := Stated{Side: s, name: Parse(s.Name)}
	for _, raw := range []string{s.USCC, s.RegNo, s.OrgCode} {
		if credit.IsPlaceholder(raw) {
			continue
		}
		switch code := credit.NormalizeCode(raw); {
		case credit.IsMasked(raw) && !telling(code):
		case credit.IsMasked(raw) || !valid(code):
			out.broken = append(out.broken, code)
		default:
			out.numbers = append(out.numbers, code)
		}
	}
	return out
}

// telling reports whether a masked number shows enough to tell one from the next: at least four characters apart from those by which
// codes begin that were given in one place in the same years, 91340800MA.
func telling(mask string) bool {
	const common, least = 8, 4
	runes := []rune(mask)
	stars, shown := false, 0
	for i, r := range runes {
		switch {
		case credit.IsMasked(string(r)):
			stars = true
		case stars || i >= common && !(i < common+2 && string(runes[common:min(common+2, len(runes))]) == "MA"):
			shown++
		}
	}
	return shown >= least
}

// valid reports whether a number is one of the kinds that carry a check character, and carries the right one.
func valid(code string) bool {
	if _, err := credit.ParseUSCC(code); err == nil {
		return true
	}
	return credit.CheckRegNo(code) == nil || credit.CheckOrgCode(code) == nil
}

// Compare says whether s means the registered subject known.
func Compare(s Stated, known Side) Verdict {
	v := Verdict{Name: known.Name}
	v.Score, v.Parts = Names(s.name, Parse(known.Name))
	for _, name := range known.Former {
		if score, parts := Names(s.name, Parse(name)); score > v.Score {
			v.Score, v.Parts, v.Name, v.Former = score, parts, name, true
		}
	}
	v.Number = fitNumbers(s, known)
	v.Person = fitPersons(s.LegalRep, known.LegalRep)
	v.Place = fitAddresses(s.Address, known.Address)
	v.Band, v.Likely = judge(v, s, known)
	return v
}

// The scores of names at which something changes.
const (
	badly    = 70 // the same name badly written
	doubtful = 60 // a name that may have been meant: without its place, in another form
	some     = 40 // a name that has something of it
)

// judge weighs what was found. It is the whole rule, from the strongest evidence down.
func judge(v Verdict, s Stated, known Side) (band Band, likely bool) {
	corroborated := v.Person == Same || v.Place == Same
	switch v.Number {
	case Same:
		switch {
		case codeOfAnother(s, known): // its old number, and a code that is not its own
			return Ask, false
		case s.name.Whole == "" || v.Score >= badly:
			return Sure, true
		case v.Score >= some:
			return Ask, corroborated || v.Person != Other && v.Place != Other
		}
		return Ask, v.Person == Same || v.Place == Same && v.Person != Other
	case Near:
		switch {
		case codeOfAnother(s, known):
			return Ask, false
		case v.Score == exact && v.Person != Other, v.Score >= badly && corroborated:
			return Sure, true
		case v.Score >= badly:
			return Ask, true
		case v.Score >= some || corroborated:
			return Ask, corroborated && v.Score >= some
		}
		return None, false
	case Other:
		if v.Score >= badly { // its code may be another's by mistake
			return Ask, false
		}
		return None, false
	}
	elsewhere := apartIn(s.Division, known.Division)
	switch {
	case v.Score == exact && corroborated && s.name.says(s.LegalRep) && !elsewhere && v.Person != Other && known.State != credit.Deregistered:
		return Sure, true
	case v.Score == exact:
		return Ask, !elsewhere && v.Person != Other
	case v.Score >= badly:
		return Ask, !elsewhere && v.Person != Other && (v.Place != Other || v.Person == Same)
	case v.Score >= doubtful, v.Score >= some && corroborated, v.Person == Same && v.Place == Same:
		return Ask, false
	}
	return None, false
}

// codeOfAnother reports whether a valid code is stated that is not the one of the subject, who has one.
func codeOfAnother(s Stated, known Side) bool {
	own, err := credit.ParseUSCC(known.USCC)
	if err != nil {
		return false
	}
	all := numbers(known)
	return slices.ContainsFunc(s.numbers, func(n string) bool {
		u, err := credit.ParseUSCC(n)
		return err == nil && u != own && !slices.Contains(all, n) && !slices.Contains(all, u.OrgCode())
	})
}

// apartIn reports whether two divisions, as they are called today, are two, and neither lies in the other.
func apartIn(a, b string) bool {
	a, b = credit.DivisionNow(a), credit.DivisionNow(b)
	return a != "" && b != "" && !credit.InDivision(a, b) && !credit.InDivision(b, a)
}

// fitNumbers compares what is stated with every number of a subject. One that agrees is enough; only a valid one that agrees with
// none speaks against it.
func fitNumbers(s Stated, known Side) Fit {
	all := numbers(known)
	for _, n := range s.numbers {
		if slices.Contains(all, n) {
			return Same
		}
		if u, err := credit.ParseUSCC(n); err == nil && slices.Contains(all, u.OrgCode()) {
			return Same
		}
	}
	for _, b := range s.broken {
		if slices.ContainsFunc(all, func(n string) bool { return readAs(b, n) }) {
			return Near
		}
	}
	if len(s.numbers) > 0 && len(all) > 0 && comparable(s.numbers, all) {
		return Other
	}
	if slices.ContainsFunc(s.broken, credit.IsMasked) && len(all) > 0 {
		return Other
	}
	return Silent
}

// comparable reports whether two lists hold a number of the same kind: an old registration number says nothing about a subject of
// whom only the code of today is known.
func comparable(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.ContainsFunc(b, func(y string) bool { return len(x) == len(y) }) })
}

func numbers(known Side) []string {
	out := slices.Clone(known.Numbers)
	for _, raw := range []string{known.USCC, known.RegNo, known.OrgCode} {
		if raw == "" || credit.IsPlaceholder(raw) {
			continue
		}
		n := credit.NormalizeCode(raw)
		out = append(out, n)
		if u, err := credit.ParseUSCC(n); err == nil {
			out = append(out, u.OrgCode())
		}
	}
	return out
}

// readAs reports whether a broken number can be read as n: the stars of a masked one stand for anything, and of another one
// character may be wrong, missing, extra or swapped, or letters taken for digits (O for 0, I for 1).
func readAs(broken, n string) bool {
	if credit.IsMasked(broken) {
		return matchesMask(broken, n)
	}
	if len(broken) < 13 {
		return false // too short to tell
	}
	if lookalikes.Replace(broken) == lookalikes.Replace(n) {
		return true
	}
	d, _ := edits([]rune(broken), []rune(n), 1)
	return d == 1
}

var lookalikes = strings.NewReplacer("O", "0", "I", "1", "S", "5", "Z", "2", "V", "U")

// matchesMask reads a run of stars as that many characters, or as any number of them where that does not fit.
func matchesMask(mask, n string) bool {
	runes := []rune(mask)
	if len(runes) == len(n) {
		for i, r := range runes {
			if !credit.IsMasked(string(r)) && r != rune(n[i]) {
				return false
			}
		}
		return true
	}
	first := strings.IndexFunc(mask, func(r rune) bool { return credit.IsMasked(string(r)) })
	last := strings.LastIndexFunc(mask, func(r rune) bool { return credit.IsMasked(string(r)) })
	tail := []rune(mask[last:])[1:]
	return strings.HasPrefix(n, mask[:first]) && strings.HasSuffix(n, string(tail)) && len(n) >= len(mask[:first])+len(string(tail))
}

func fitPersons(a, b string) Fit {
	x, y := normal(a), normal(b)
	switch {
	case nobody(x) || nobody(y):
		return Silent
	case credit.IsMasked(x) || credit.IsMasked(y):
		if masked(x) == masked(y) {
			return Near
		}
		return Other
	case x == y:
		return Same
	}
	return Other
}

// nobody reports whether a field for a person names none, or only says what it is for.
func nobody(person string) bool {
	return credit.IsPlaceholder(person) || slices.Contains([]string{"法定代表人", "法人代表", "法人", "负责人", "经营者", "业主"}, person)
}

func masked(person string) string {
	if credit.IsMasked(person) {
		return person
	}
	return credit.MaskName(person)
}

// fitAddresses compares addresses without their province and city. One that holds the other is near it, and so is one of which only
// the town or the street is said; the same street in two counties is two.
func fitAddresses(a, b string) Fit {
	x, in := address(a)
	y, at := address(b)
	switch {
	case x == "" || y == "" || credit.IsPlaceholder(x) || credit.IsPlaceholder(y):
		return Silent
	case !within(in, at) && !within(at, in):
		return Other
	case x == y && precise(x):
		return Same
	case strings.Contains(x, y) || strings.Contains(y, x):
		return Near
	}
	return Other
}

// precise reports whether what is left of an address says more than a town or a street: a number or a village.
func precise(s string) bool {
	return strings.ContainsAny(s, "0123456789号村组室") || strings.Contains(s, "社区")
}

// address leaves away what addresses are written with and without: province, city and county, which it returns apart, 办事处, blanks;
// and writes 栋 as 幢.
func address(s string) (rest string, in []string) {
	s = addressWords.Replace(normal(s))
	for {
		place, ok := places.prefix(s)
		if !ok {
			return strings.TrimRight(s, ".,;。，；"), in
		}
		after := s[len(place):]
		unit := slices.IndexFunc(units, func(u string) bool { return strings.HasPrefix(after, u) })
		switch {
		case unit >= 0:
			s = after[len(units[unit]):]
		case after == "": // a city is all that is said
			return "", in
		default:
			return strings.TrimRight(s, ".,;。，；"), in
		}
		in = append(in, place)
	}
}

// units of places that an address may begin with.
var units = []string{"省", "市", "县", "区"}

var addressWords = strings.NewReplacer("街道办事处", "街道", "栋", "幢")

// Candidate is a registered subject beside what speaks for it.
type Candidate struct {
	Side
	Verdict
}

// Outcome is what comparing a statement with all who may be meant led to.
type Outcome struct {
	Band       Band
	ID         string      // of the one who is meant, where that is sure
	Candidates []Candidate // those who may be meant, best first; never those with whom it has nothing to do
}

// Decide compares a statement with those who may be meant. It is sure where one of them is, and no other comes near; where two are
// sure, or the number is one's and the name exactly another's, a person decides.
func Decide(s Stated, known []Side) Outcome {
	var out Outcome
	for _, k := range known {
		if v := Compare(s, k); v.Band != None {
			out.Candidates = append(out.Candidates, Candidate{k, v})
		}
	}
	slices.SortFunc(out.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	if len(out.Candidates) == 0 {
		out.Band = None
		return out
	}
	out.Band = Ask
	if first := out.Candidates[0]; first.Band == Sure && !slices.ContainsFunc(out.Candidates[1:], first.rivalled) {
		out.Band, out.ID = Sure, first.ID
	}
	return out
}

// rank puts what is sure before what is likely, and a number before a name.
func (c Candidate) rank() int {
	rank := 0
	if c.Band == Sure {
		rank += 4
	}
	if c.Likely {
		rank += 2
	}
	if c.Number == Same {
		rank++
	}
	return rank
}

// rivalled reports whether another candidate makes it doubtful that c is meant.
func (c Candidate) rivalled(other Candidate) bool {
	switch {
	case other.Band == Sure:
		return true
	case c.Number == Same:
		return other.Score == exact && c.Score != exact // the number of one, the name of another
	}
	return other.Score == exact || other.Likely && other.Score >= c.Score
}
