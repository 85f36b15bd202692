// Package standing puts together what follows for a subject on a day, and why.
//
// It is the one answer behind the public page, the officer's page, the command and the tests of the gate: its verdicts are
// those of the gate for every subject and counter.
package standing

import (
	"context"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Standing is what holds for a subject on a day.
type Standing struct {
	EnterpriseID string             `json:"-"`
	USCC         string             `json:"uscc"`
	Name         string             `json:"name"`
	Kind         credit.SubjectKind `json:"kind"`
	Division     string             `json:"division"`
	Authority    string             `json:"authority"` // code of the department that registers it
	State        credit.RegState    `json:"state"`
	Registered   credit.Date        `json:"registered,omitempty"`
	Ended        credit.Date        `json:"ended,omitempty"`
	On           credit.Date        `json:"on"`
	Known        int64              `json:"known"`          // size of the log as of which it is told; -1 is now
	Policy       int64              `json:"policy_version"` // of the book
	Entries      []lists.Entry      `json:"-"`              // that hold on the day
	Lists        []OnList           `json:"lists"`          // the same for a reader
	Measures     []sanction.Measure `json:"measures"`       // in force on the day, strictest first
	Counters     []Counter          `json:"counters"`       // one for each matter, in the article's order
	Reasons      []Reason           `json:"reasons"`        // why, line by line
}

// OnList is an entry that holds on the day.
type OnList struct {
	List      credit.List `json:"list"`
	Ground    string      `json:"ground"`
	Detail    string      `json:"detail"`
	Authority string      `json:"authority"`
	PaperNo   string      `json:"paper_no"`
	Paper     string      `json:"paper"` // id
	Since     credit.Date `json:"since"`
	Until     credit.Date `json:"until,omitempty"`
}

// Counter is the verdict at one counter.
type Counter struct {
	Matter  credit.Matter  `json:"matter"`
	Verdict credit.Verdict `json:"verdict"`
}

// Reason is one line of the explanation. Code and Args make its sentence; the rest leads to the row of policy and to the
// records, or the absence, on which it rests.
type Reason struct {
	Code          string         `json:"code"`
	Args          []any          `json:"args"`
	PolicyTable   string         `json:"policy_table,omitempty"`
	PolicyKey     string         `json:"policy_key,omitempty"`
	PolicyVersion int64          `json:"policy_version,omitempty"`
	Basis         []policy.Basis `json:"basis,omitempty"`
	Records       []string       `json:"records,omitempty"` // ids
	Absent        string         `json:"absent,omitempty"`  // what is missing, "annual-report/2025"
	Entry         string         `json:"entry,omitempty"`   // id of the list entry
	Since         credit.Date    `json:"since,omitempty"`
	Until         credit.Date    `json:"until,omitempty"`
}

// Compose returns the standing on day on. It decides by facts, entries and policy alone.
func Compose(f record.Facts, entries []lists.Entry, book *policy.Book, on credit.Date) (Standing, error) {
	all, err := sanction.Judge(f, entries, book)
	if err != nil {
		return Standing{}, err
	}
	sub := f.Subject
	s := Standing{
		EnterpriseID: sub.ID, USCC: sub.USCC, Name: sub.Name, Kind: sub.Kind, Division: sub.Division, Authority: sub.Authority,
		State: sub.State, Registered: sub.Registered, Ended: sub.Ended, On: on, Known: -1, Policy: book.Version(),
	}
	for _, e := range entries {
		if e.On(on) {
			s.Entries = append(s.Entries, e)
		}
	}
	s.Measures = sanction.InForce(all, on)
	s.settle()
	return s, nil
}

// Without returns the standing without the entries and measures for which entry and measure are true: what is left for a
// reader who may not see all of it. Verdicts and reasons are those of what is left.
func (s Standing) Without(entry func(lists.Entry) bool, measure func(sanction.Measure) bool) Standing {
	s.Entries = slices.DeleteFunc(slices.Clone(s.Entries), entry)
	s.Measures = slices.DeleteFunc(slices.Clone(s.Measures), measure)
	s.settle()
	return s
}

// settle works out verdicts and reasons from entries and measures.
func (s *Standing) settle() {
	s.Counters = make([]Counter, 0, len(credit.Matters))
	for _, m := range credit.Matters {
		s.Counters = append(s.Counters, Counter{m, sanction.Strictest(s.Measures, m)})
	}
	s.Lists = make([]OnList, 0, len(s.Entries))
	for _, e := range s.Entries {
		since, until := e.Window()
		listed, _ := e.Event(lists.Listed)
		s.Lists = append(s.Lists, OnList{e.List, e.Ground, e.Detail, e.Authority, listed.PaperNo, listed.Paper, since, until})
	}
	if s.Measures == nil {
		s.Measures = []sanction.Measure{}
	}
	s.Reasons = []Reason{s.registration()}
	for _, e := range s.Entries {
		s.Reasons = append(s.Reasons, entryReason(e))
	}
	for _, m := range s.Measures {
		s.Reasons = append(s.Reasons, measureReason(m, s.Entries))
	}
	if len(s.Entries)+len(s.Measures) == 0 {
		s.Reasons = append(s.Reasons, Reason{Code: "standing.nothing", Args: []any{s.On}})
	}
}

// Verdict returns the verdict at a counter.
func (s Standing) Verdict(m credit.Matter) credit.Verdict { return sanction.Strictest(s.Measures, m) }

// registration says what is known of the registration on the day.
func (s Standing) registration() Reason {
	state := lang.Code("standing.state_" + stateWord(s.State))
	r := Reason{Code: "standing.registered", Args: []any{state, s.Registered}, Since: s.Registered, Until: s.Ended}
	switch {
	case s.Registered == 0:
		r.Code, r.Args = "standing.registered_unknown", []any{state}
	case s.On < s.Registered:
		r.Code, r.Args = "standing.not_yet_registered", []any{s.On, s.Registered}
	case s.Ended != 0 && s.On >= s.Ended:
		r.Code, r.Args = "standing.ended", []any{state, s.Ended}
	case s.Ended != 0:
		r.Args[0] = lang.Code("standing.state_" + stateWord(credit.Active))
	}
	return r
}

// stateWord is the last part of the message code of a registration state.
func stateWord(s credit.RegState) string {
	switch s {
	case credit.Active, credit.Annulled, credit.Revoked, credit.Deregistered:
		return string(s)
	case credit.MovedOut:
		return "moved_out"
	}
	return "unknown"
}

func entryReason(e lists.Entry) Reason {
	since, until := e.Window()
	listed, _ := e.Event(lists.Listed)
	r := Reason{
		Code: "standing.on_list", Args: []any{lang.Code("standing.list_" + string(e.List)), since, e.PaperNo()},
		PolicyTable: lists.Table, PolicyKey: listed.PolicyKey, PolicyVersion: listed.PolicyVersion,
		Records: listed.Records, Absent: listed.Absent, Entry: e.ID, Since: since, Until: until,
	}
	if listed.Absent != "" {
		r.Code, r.Args = "standing.on_list_absent", append(r.Args, e.Detail)
	}
	return r
}

func measureReason(m sanction.Measure, entries []lists.Entry) Reason {
	r := Reason{
		Code: "standing.measure_open",
		Args: []any{lang.Code("standing.matter_" + matterWord(m.Matter)), lang.Code("standing.verdict_" + string(m.Verdict)),
			m.Since, m.Citation(), m.DocumentNo},
		PolicyTable: m.PolicyTable, PolicyKey: m.PolicyKey, PolicyVersion: m.PolicyVersion, Basis: m.Basis, Since: m.Since, Until: m.Until,
	}
	if m.Until != 0 {
		r.Code, r.Args = "standing.measure_until", append(r.Args, m.Until)
	}
	if m.SourceKind == sanction.FromRecord {
		r.Records = []string{m.SourceID}
		return r
	}
	r.Entry = m.SourceID
	for _, e := range entries {
		if e.ID == m.SourceID {
			listed, _ := e.Event(lists.Listed)
			r.Records, r.Absent = listed.Records, listed.Absent
		}
	}
	return r
}

// matterWord is the last part of the message code of a matter.
func matterWord(m credit.Matter) string {
	if m == credit.ProductionLicence {
		return "production_licence"
	}
	return string(m)
}

// Of returns the standing of the subject with a code on day on: as known now where known is below 0, else as it was known
// when the log held known leaves.
func Of(ctx context.Context, q db.Q, uscc string, on credit.Date, known int64) (Standing, error) {
	find := enterprise.ByUSCC
	if known >= 0 { // it may be gone since
		find = enterprise.Known
	}
	subject, err := find(ctx, q, uscc)
	if err != nil {
		return Standing{}, err
	}
	facts, err := factsOf(ctx, q, &subject, uscc, known)
	if kind, _ := fault.Of(err); kind == fault.NotFound && known >= 0 {
		err = fault.New(fault.NotFound, "standing.not_known_then", uscc, known)
	}
	if err != nil {
		return Standing{}, err
	}
	entries, err := lists.History(ctx, q, subject.ID, known)
	if err != nil {
		return Standing{}, err
	}
	book, err := bookAt(ctx, q, known)
	if err != nil {
		return Standing{}, err
	}
	s, err := Compose(facts, entries, book, on)
	s.Known = known
	return s, err
}

// factsOf returns what was known of a subject. Of one that turned out to be the same as another since, it is what was known of itself.
func factsOf(ctx context.Context, q db.Q, s *enterprise.Subject, uscc string, known int64) (record.Facts, error) {
	if known >= 0 {
		merged, err := enterprise.MergedInto(ctx, q, []string{s.ID})
		if err != nil {
			return record.Facts{}, err
		}
		for _, one := range merged {
			if one.USCC != uscc {
				continue
			}
			facts, err := record.FactsOf(ctx, q, one.ID, known)
			if kind, _ := fault.Of(err); kind == fault.NotFound {
				continue
			}
			s.ID = one.ID
			return facts, err
		}
	}
	return record.FactsOf(ctx, q, s.ID, known)
}

// bookAt returns the policy in force now, which is kept read, or the one that was known then, which is read from its bytes.
func bookAt(ctx context.Context, q db.Q, known int64) (*policy.Book, error) {
	if known < 0 {
		return policy.Load(ctx, q)
	}
	return policy.LoadKnown(ctx, q, known)
}

// Explain returns the standing's reasons as sentences.
func (s Standing) Explain(c *lang.Catalogue, tag lang.Tag) []string {
	lines := make([]string, 0, len(s.Reasons))
	for _, r := range s.Reasons {
		lines = append(lines, c.Say(tag, r.Code, r.Args...))
	}
	return lines
}
