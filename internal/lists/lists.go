// Package lists decides who is on which list and keeps the entries.
//
// An entry is never edited: it is listed, removed or rescinded by events, each with the day from which it holds, the case
// and the paper that decided it, the policy row that called for it and the record, or the absence of one, that fulfils it.
package lists

import (
	"fmt"
	"slices"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/policy"
)

// Table is the policy table of the grounds.
const Table = "lists.grounds"

// The grounds of the list of abnormal operations (办法 §4). They are the keys of the policy rows.
const (
	AnnualReport       = "abnormal.annual-report"       // 1 未按规定期限公示年度报告
	OrderedPublication = "abnormal.ordered-publication" // 2 未在责令期限内公示即时信息
	Falsehood          = "abnormal.falsehood"           // 3 公示信息隐瞒真实情况、弄虚作假
	LostContact        = "abnormal.lost-contact"        // 4 通过登记的住所或者经营场所无法联系
)

// Ground is the body of a policy row: when a list takes somebody in and when it lets him go.
type Ground struct {
	List     credit.List          `json:"list"`
	Cause    int                  `json:"cause"` // the number of the cause in the national system, 1 to 4
	Title    string               `json:"title"`
	English  string               `json:"english"`
	Subjects []credit.SubjectKind `json:"subjects"`         // whom it may hit; individual businesses are marked, never listed
	Violated []policy.Basis       `json:"violated"`         // the duty that was not done
	Absence  string               `json:"absence"`          // the kind of record whose absence fulfils it; "" where an officer finds it
	DueMonth int                  `json:"due_month"`        // the last day of the duty, in the year after the report year
	DueDay   int                  `json:"due_day"`          //
	First    int                  `json:"first_year"`       // the first report year for which this platform holds all records: an absence here proves nothing about earlier ones
	ToList   int                  `json:"workdays_to_list"` // within which the decision has to be made
	ToRemove int                  `json:"workdays_to_remove"`
	Removal  Removal              `json:"removal"`
	Carried  bool                 `json:"carried"` // whether this software carries the ground out by itself, or only knows its text
}

// Removal says how an entry ends.
type Removal struct {
	Title   string         `json:"title"`
	English string         `json:"english"`
	Basis   []policy.Basis `json:"basis"`
}

// Proposal is what the law calls for on a day: a listing, or the removal of an entry.
type Proposal struct {
	EnterpriseID string
	Ground       string // the policy row's key
	Detail       string // the report year
	Rule         policy.Rule[Ground]
	Records      []string    // ids of the records that fulfil it
	Absent       string      // what is missing, "annual-report/2025"
	Due          credit.Date // the last day for the decision; 0 while the holidays of its year are not loaded
	Removal      bool
	EntryID      string      // the entry that a removal ends
	ListedOn     credit.Date // since when it stands
	ListedNo     string      // the number of the paper that listed it
}

// Evidence is what a case keeps of the proposal it was opened for.
type Evidence struct {
	Ground        string         `json:"ground"`
	Detail        string         `json:"detail"`
	Records       []string       `json:"records"`
	Absent        string         `json:"absent"`
	Due           credit.Date    `json:"due"`
	Removal       bool           `json:"removal"`
	Entry         string         `json:"entry"`
	PolicyKey     string         `json:"policy_key"`
	PolicyVersion int64          `json:"policy_version"`
	Basis         []policy.Basis `json:"basis"`
}

// Basis returns the articles on which the proposal rests: those of the listing, or those of the removal.
func (p Proposal) Basis() []policy.Basis {
	if p.Removal {
		return p.Rule.Body.Removal.Basis
	}
	return p.Rule.Basis
}

// Evidence returns what a case should keep of the proposal.
func (p Proposal) Evidence() Evidence {
	return Evidence{
		Ground: p.Ground, Detail: p.Detail, Records: append([]string{}, p.Records...), Absent: p.Absent, Due: p.Due,
		Removal: p.Removal, Entry: p.EntryID, PolicyKey: p.Rule.Key, PolicyVersion: p.Rule.Version, Basis: p.Basis(),
	}
}

// EventKind is what happened to an entry.
type EventKind string

// The kinds of event. A listing can be removed once, because its ground has gone, or end with the subject; and be rescinded
// once, because it was wrong.
const (
	Listed    EventKind = "listed"
	Removed   EventKind = "removed"
	Rescinded EventKind = "rescinded"
	Ended     EventKind = "ended" // by law, because the subject was deregistered or its licence revoked: nobody decides it
)

// Event is one thing that happened to an entry, with the day from which it holds and when it became known.
type Event struct {
	Kind          EventKind
	Effect        credit.Date // service or publication of the paper
	At            time.Time
	Case          string
	Paper         string
	PaperNo       string
	PolicyKey     string
	PolicyVersion int64
	Records       []string
	Absent        string
	Leaf          string
	Seq           int64 // position in the log, -1 while it has none
}

// Entry is one standing on one list for one ground.
type Entry struct {
	EnterpriseID string
	ID           string
	List         credit.List
	Ground       string
	Detail       string
	Authority    string
	Events       []Event // listed first, then the others as they came
}

// Event returns the event of a kind.
func (e Entry) Event(kind EventKind) (Event, bool) {
	i := slices.IndexFunc(e.Events, func(v Event) bool { return v.Kind == kind })
	if i < 0 {
		return Event{}, false
	}
	return e.Events[i], true
}

// On reports whether the enterprise stood on the list on day: from the listing's effect until the day of the removal or end, which
// no longer counts. A rescinded entry never stood: the listing was wrong from the start.
func (e Entry) On(day credit.Date) bool {
	since, until := e.Window()
	return since != 0 && day >= since && (until == 0 || day < until)
}

// Window returns from when the entry holds and the first day on which it does not any more, 0 where it has no end. Both
// are 0 for an entry that does not hold at all.
func (e Entry) Window() (since, until credit.Date) {
	listed, ok := e.Event(Listed)
	if _, void := e.Event(Rescinded); void || !ok {
		return 0, 0
	}
	removed, _ := e.Event(Removed)
	ended, _ := e.Event(Ended)
	return listed.Effect, max(removed.Effect, ended.Effect)
}

// State returns the last thing that happened to the entry.
func (e Entry) State() EventKind {
	for _, kind := range []EventKind{Rescinded, Removed, Ended} {
		if _, ok := e.Event(kind); ok {
			return kind
		}
	}
	return Listed
}

// PaperNo returns the number of the paper that listed.
func (e Entry) PaperNo() string {
	listed, _ := e.Event(Listed)
	return listed.PaperNo
}

// absent names a missing record.
func absent(kind string, year int) string { return fmt.Sprintf("%s/%d", kind, year) }
