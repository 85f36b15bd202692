// Package sanction decides which measures are in force against a subject, keeps them, and answers the counters at the gate.
//
// A measure has two sources and no third: a statutory fact (a penalty that a law itself makes a bar at a counter) and an
// entry on a list, which has the effect that a dated row of policy gives it. Its window is the effect of the source cut to
// the validity of the row: no row, no measure; nothing before the effect date (handbook 12.1-12.3).
package sanction

import (
	_ "embed"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
)

// The tables of policy that this package reads.
const (
	FactsTable   = "sanction.facts"
	EffectsTable = "sanction.effects"
)

// Fact is a row of [FactsTable]: a penalty that is by law a measure at a counter. A penalty fulfils it by one of its types,
// or by the amount of the fine; Licences narrows it to revocations of certain licences.
type Fact struct {
	Matter       credit.Matter  `json:"matter"`
	Verdict      credit.Verdict `json:"verdict"`
	Months       int            `json:"months"` // from the date of the decision
	Measure      string         `json:"measure"`
	English      string         `json:"english"`
	Scope        string         `json:"scope,omitempty"` // what the measure is limited to, where the law limits it
	ScopeEnglish string         `json:"scope_english,omitempty"`
	Types        []string       `json:"types,omitempty"`
	UnclearTypes []string       `json:"unclear_types,omitempty"` // "暂扣或者吊销…": only a revocation where the decision says so
	UnclearWords []string       `json:"unclear_words,omitempty"` // in a type of the department's own words: it may be the fact, a person must read it
	Licences     []string       `json:"licences,omitempty"`      // marks of the licence: part of its name or number
	// OtherLicences are names of other licences; what is left of the text without them and holds one of UnclearLicences may
	// mean this one.
	OtherLicences   []string   `json:"other_licences,omitempty"`
	UnclearLicences []string   `json:"unclear_licences,omitempty"`
	FineFloor       credit.Fen `json:"fine_floor,omitempty"`
}

// Effect is a row of [EffectsTable]: what standing on a list does at a counter.
type Effect struct {
	List    credit.List    `json:"list"`
	Matter  credit.Matter  `json:"matter"`
	Verdict credit.Verdict `json:"verdict"`
	Measure string         `json:"measure"`
	English string         `json:"english"`
}

// Statutory stands in [Measure.List] where no list but the law itself is the ground.
const Statutory = "statutory"

// The kinds of source.
const (
	FromRecord = "record" // SourceID is the id of a record
	FromEntry  = "entry"  // SourceID is the id of a list entry
)

// Measure is one effect on one subject at one counter, in force from Since until the day before Until.
type Measure struct {
	EnterpriseID  string         `json:"enterprise"`
	ID            string         `json:"id"` // follows from all the rest: another window is another measure
	Matter        credit.Matter  `json:"matter"`
	Verdict       credit.Verdict `json:"verdict"`
	List          string         `json:"list"` // a [credit.List], or [Statutory]
	Measure       string         `json:"measure"`
	English       string         `json:"english"`
	Scope         string         `json:"scope,omitempty"`
	ScopeEnglish  string         `json:"scope_english,omitempty"`
	PolicyTable   string         `json:"policy_table"`
	PolicyKey     string         `json:"policy_key"`
	PolicyFrom    credit.Date    `json:"policy_from"`
	PolicyVersion int64          `json:"policy_version"`
	Basis         []policy.Basis `json:"basis"`
	Authority     string         `json:"authority"` // whose decision it rests on: name, or the code of a department of ours
	DocumentNo    string         `json:"document_no"`
	SourceKind    string         `json:"source_kind"`
	SourceID      string         `json:"source_id"`
	Since         credit.Date    `json:"since"`
	Until         credit.Date    `json:"until,omitempty"` // 0 is open
}

// On reports whether the measure is in force on day.
func (m Measure) On(day credit.Date) bool {
	return day >= m.Since && (m.Until == 0 || day < m.Until)
}

//go:embed policy.json
var firstPolicy []byte

// FirstPolicy returns the first content of this package's tables.
func FirstPolicy() ([]policy.Row, error) {
	rows, err := policy.ParseRows(firstPolicy)
	if err != nil {
		return nil, err
	}
	return rows, Validate(rows)
}

// Validate checks the rows of this package's tables among rows. A row that bars or restricts at a counter we do not know,
// without duration or without words is refused before anybody can approve it; that it has an article, policy sees to.
func Validate(rows []policy.Row) error {
	book, err := policy.NewBook(1, rows)
	if err != nil {
		return err
	}
	rules, err := Read(book)
	if err != nil {
		return err
	}
	for _, r := range rules.facts {
		b := r.Body
		ok := checkWords(b.Matter, b.Verdict, b.Measure, b.English) && b.Months > 0 && b.FineFloor >= 0
		if !ok || len(b.Types)+len(b.UnclearTypes) == 0 && b.FineFloor == 0 {
			return fault.New(fault.Invalid, "sanction.bad_row", r.Table, r.Key)
		}
	}
	for _, r := range rules.effects {
		b := r.Body
		known := b.List == credit.AbnormalList || b.List == credit.SeriousList
		if !known || !checkWords(b.Matter, b.Verdict, b.Measure, b.English) {
			return fault.New(fault.Invalid, "sanction.bad_row", r.Table, r.Key)
		}
	}
	return nil
}

func checkWords(m credit.Matter, v credit.Verdict, words ...string) bool {
	return slices.Contains(credit.Matters, m) && !slices.Contains(words, "") &&
		(v == credit.Remind || v == credit.Restrict || v == credit.Bar)
}

// Rules are the rows of both tables of one book.
type Rules struct {
	facts   []policy.Rule[Fact]
	effects []policy.Rule[Effect]
}

// Read reads the rules from a book.
func Read(book *policy.Book) (Rules, error) {
	facts, err := policy.Rules[Fact](book, FactsTable)
	if err != nil {
		return Rules{}, err
	}
	effects, err := policy.Rules[Effect](book, EffectsTable)
	return Rules{facts, effects}, err
}
