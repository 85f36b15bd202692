package match_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
)

// frozen is the SHA-256 of testdata/pairs.csv (tools/pairs says how it was made and when it may change).
const frozen = "5f1eb8e59945f674c1f9f1eace1ee463ed85e94204981d9b4fc3508ab1e18cdb"

// label is what a careful official would say of a pair.
type label string

const (
	same      label = "1"
	different label = "0"
	ask       label = "?"
)

// pair is a record's subject beside a registered one.
type pair struct {
	id, shape string
	want      label
	left      mention
	right     registered
}

// mention is what a department's record says of its subject.
type mention struct{ name, code, regNo, legalRep, division, address string }

// registered is a subject as the registry has it.
type registered struct {
	name                        string
	former                      []string
	uscc, regNo                 string // uscc is "" or a placeholder where the subject has none
	legalRep, division, address string
	kind                        credit.SubjectKind
	state                       credit.RegState
}

const pairsHeading = "id,shape,same,left_name,left_code,left_regno,left_legal_rep,left_division,left_address," +
	"right_name,right_former,right_uscc,right_regno,right_legal_rep,right_division,right_address,right_kind,right_state"

// labelled reads the frozen pairs.
func labelled(t testing.TB) []pair {
	t.Helper()
	f, err := os.Open("testdata/pairs.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != pairsHeading {
		t.Fatalf("heading %s, want %s", got, pairsHeading)
	}
	var out []pair
	for _, r := range rows[1:] {
		p := pair{id: r[0], shape: r[1], want: label(r[2]), left: mention{r[3], r[4], r[5], r[6], r[7], r[8]},
			right: registered{name: r[9], uscc: r[11], regNo: r[12], legalRep: r[13], division: r[14], address: r[15],
				kind: credit.SubjectKind(r[16]), state: credit.RegState(r[17])}}
		if r[10] != "" {
			p.right.former = strings.Split(r[10], "|")
		}
		out = append(out, p)
	}
	return out
}

// shapes are all that the pairs must hold, by label.
var shapes = map[label]string{
	same: "exact brackets blanks char-look char-sound char-neighbour char-missing char-extra char-swapped cut-short swallowed limited-form " +
		"prefix city-moved traditional person-in-brackets bank-short old-name renamed code-lower code-wide code-o-i code-one-wrong code-org " +
		"code-masked columns-swapped old-number no-code name-only division-dissolved parent-for-branch",
	different: "numbered-branch sister-branch other-trade other-county near-brand parent-branch group share-company shop-company " +
		"mask-contradicts both-placeholder like-person same-owner successor common-words same-name-elsewhere",
	ask: "unclear-code-of-another unclear-common-name unclear-near-brand unclear-branch-parent-code unclear-numbered-code unclear-form " +
		"unclear-shop-company unclear-cut-branch unclear-no-place",
}

func TestPairsAreFrozen(t *testing.T) {
	raw, err := os.ReadFile("testdata/pairs.csv")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if got := hex.EncodeToString(sum[:]); got != frozen {
		t.Errorf("testdata/pairs.csv has SHA-256 %s, want %s: the pairs are changed with a reason, never to suit the matcher", got, frozen)
	}
}

func TestPairsHoldEveryShape(t *testing.T) {
	pairs := labelled(t)
	labels, found := map[label]int{}, map[label]map[string]int{same: {}, different: {}, ask: {}}
	for i, p := range pairs {
		labels[p.want]++
		if found[p.want] == nil || !slices.Contains(strings.Fields(shapes[p.want]), p.shape) {
			t.Errorf("%s: %s is no shape labelled %s", p.id, p.shape, p.want)
			continue
		}
		found[p.want][p.shape]++
		if i > 0 && p.id <= pairs[i-1].id {
			t.Errorf("%s after %s: ids rise", p.id, pairs[i-1].id)
		}
	}
	for l, names := range shapes {
		for _, shape := range strings.Fields(names) {
			if found[l][shape] < 30 {
				t.Errorf("%d pairs of shape %s, want 30 or more", found[l][shape], shape)
			}
		}
	}
	for l, percent := range map[label]int{same: 55, different: 38, ask: 7} {
		if got := 100 * labels[l] / len(pairs); got < percent-1 || got > percent+1 {
			t.Errorf("%d %% of the pairs are labelled %s, want about %d", got, l, percent)
		}
	}
	t.Logf("%d pairs: %d of one subject, %d of two, %d to ask about", len(pairs), labels[same], labels[different], labels[ask])
}

func TestPairsAreWellFormed(t *testing.T) {
	division := regexp.MustCompile(`^3408[0-9]{2}$`)
	kinds := []credit.SubjectKind{credit.Enterprise, credit.Individual, credit.Cooperative, credit.Branch}
	states := []credit.RegState{credit.Active, credit.Revoked, credit.Deregistered}
	seen := map[string]string{}
	for _, p := range labelled(t) {
		l, r := p.left, p.right
		if l.name == "" || r.name == "" || r.legalRep == "" || r.address == "" {
			t.Errorf("%s: a name, a person or an address is missing", p.id)
		}
		if !division.MatchString(r.division) || l.division != "" && !division.MatchString(l.division) {
			t.Errorf("%s: divisions %q and %q", p.id, l.division, r.division)
		}
		if !slices.Contains(kinds, r.kind) || !slices.Contains(states, r.state) {
			t.Errorf("%s: kind %s, state %s", p.id, r.kind, r.state)
		}
		if slices.Contains(r.former, r.name) || slices.Contains(r.former, "") {
			t.Errorf("%s: former names %q of %s", p.id, r.former, r.name)
		}
		key := strings.Join([]string{l.name, l.code, l.regNo, l.legalRep, l.division, l.address, r.name, r.uscc, r.regNo}, "|")
		if seen[key] != "" {
			t.Errorf("%s is %s once more", p.id, seen[key])
		}
		seen[key] = p.id
	}
}

func TestPairsHaveTheCodesThatTheirShapesSay(t *testing.T) {
	for _, p := range labelled(t) {
		l, r := p.left, p.right
		switch uscc, err := credit.ParseUSCC(r.uscc); {
		case credit.IsPlaceholder(r.uscc):
			if p.shape != "both-placeholder" && (p.shape != "old-number" || r.regNo == "") {
				t.Errorf("%s: %s is registered without a code", p.id, r.name)
			}
		case err != nil || string(uscc) != r.uscc || credit.CheckOrgCode(uscc.OrgCode()) != nil:
			t.Errorf("%s: %s is registered with the code %q: %v", p.id, r.name, r.uscc, err)
		}
		if r.regNo != "" && credit.CheckRegNo(r.regNo) != nil {
			t.Errorf("%s: %s is registered with the number %q", p.id, r.name, r.regNo)
		}
		good, err := credit.ParseUSCC(l.code)
		equal := err == nil && string(good) == r.uscc
		if err == nil && (p.want == same && !equal || p.want == different && equal) {
			t.Errorf("%s: labelled %s with the codes %s and %s", p.id, p.want, l.code, r.uscc)
		}
		var ok bool
		switch p.shape {
		case "exact", "renamed", "parent-for-branch", "char-neighbour":
			ok = l.code == r.uscc
		case "code-lower", "code-wide":
			ok = equal && l.code != r.uscc
		case "code-o-i":
			ok = err != nil && len(l.code) == 18
		case "code-one-wrong":
			ok = err != nil && len(l.code) >= 17 && len(l.code) <= 19
		case "code-org":
			ok = credit.CheckOrgCode(l.code) == nil && credit.NormalizeCode(l.code) == r.uscc[8:17]
		case "code-masked", "mask-contradicts":
			ok = credit.IsMasked(l.code)
		case "columns-swapped":
			ok = l.code == r.regNo && l.regNo == r.uscc
		case "old-number":
			ok = l.code == r.regNo || l.regNo == r.regNo
		case "no-code", "name-only", "unclear-common-name", "unclear-near-brand", "unclear-no-place", "unclear-form":
			ok = credit.IsPlaceholder(l.code)
		case "both-placeholder":
			ok = credit.IsPlaceholder(l.code) && l.code == r.uscc
		case "share-company", "successor":
			ok = err == nil
		default:
			ok = err == nil || credit.IsPlaceholder(l.code)
		}
		if !ok {
			t.Errorf("%s: %s with the code %q beside %q", p.id, p.shape, l.code, r.uscc)
		}
	}
}
