// Package merger joins subjects of the registry that turned out to be one, and gives records that were stated about one subject to
// another whom they are about.
//
// A firm may have been registered under a number of before 2015 and again under its code, without anybody linking the two (handbook
// 1.3, 1.4); a record may have been stated under another's code. One person proposes, another confirms, and both see what moves. What
// was moved is known, so that it can be moved back.
package merger

import (
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Kind is what an act says.
type Kind string

// The kinds of act.
const (
	Merge Kind = "merge" // two subjects are one
	Split Kind = "split" // records of one subject are another's
)

// State is how far an act is.
type State string

// The states of an act.
const (
	Proposed State = "proposed"
	Refused  State = "refused" // or taken back by who proposed it
	Done     State = "done"
	Undoing  State = "undoing" // that it was wrong waits for another person
	Undone   State = "undone"
)

// Act is one merging or parting of subjects.
type Act struct {
	ID                 string
	Kind               Kind
	From, Into         string // ids of the subjects
	FromCode, FromName string // as they were when it was proposed
	IntoCode, IntoName string
	Authority          string   // whose act it is
	Chosen             []string // with [Split], the records by their ids
	Reason             string
	State              State
	ProposedBy         string // ids of persons
	ProposedAt         time.Time
	DecidedBy          string
	DecidedAt          time.Time
	RefusedFor         string
	UndoBy             string
	UndoAt             time.Time
	UndoReason         string
	UndoneBy           string
	UndoneAt           time.Time
	Leaf               string // of its carrying out
}

// side is all that the platform keeps of a subject.
type side struct {
	enterprise.Subject
	registered bool
	facts      []record.Record // the latest versions that would move
	numbers    []enterprise.Number
	names      []enterprise.Name
	formers    []enterprise.Former // that turned out to be the same before
	entries    []lists.Entry
	cases      []casework.Case
	papers     []document.Paper
	hides      []publicity.Hidden
	measures   []sanction.Measure
	judgements []string
}

// Moves is what an act moves, as it is known now.
type Moves struct {
	Facts      map[string]int // by kind, without the withdrawn
	Numbers    []enterprise.Number
	Names      []enterprise.Name // the name of today first
	Entries    []lists.Entry
	Cases      []casework.Case // that nobody has decided
	Papers     int
	Measures   int // in force today
	Hides      int
	Judgements int
	Held       int // rows that wait and have a number or a name of it
	InTheWay   []error
}

// moves tells what would move of a side to another; chosen, where it is not nil, are the only records.
func (s side) moves(chosen map[string]bool, today credit.Date) Moves {
	m := Moves{Facts: map[string]int{}}
	moving := map[string]bool{}
	for _, r := range s.facts {
		if !r.Withdrawn && (chosen == nil || chosen[r.ID]) {
			m.Facts[r.Kind]++
			moving[r.ID] = true
		}
	}
	for _, one := range sanction.InForce(s.measures, today) {
		if chosen == nil || moving[one.SourceID] {
			m.Measures++
		}
	}
	if chosen != nil {
		return m
	}
	m.Numbers, m.Papers, m.Hides, m.Judgements = s.numbers, len(s.papers), len(s.hides), len(s.judgements)
	if s.Name != "" {
		m.Names = append(m.Names, enterprise.Name{Name: s.Name, From: s.Named})
	}
	m.Names, m.Entries = append(m.Names, s.names...), s.entries
	for _, c := range s.cases {
		if c.State.Undecided() {
			m.Cases = append(m.Cases, c)
		}
	}
	return m
}

// mergeable returns what no machine can decide when two are to become one.
func mergeable(from, into side) (out []error) {
	if from.registered && from.USCC != into.USCC {
		_, a := credit.ParseUSCC(from.USCC)
		_, b := credit.ParseUSCC(into.USCC)
		if a == nil && b == nil {
			out = append(out, fault.New(fault.Conflict, "merger.two_codes", from.USCC, into.USCC))
		}
	}
	for _, c := range casework.BothUndecided(from.cases, into.cases) {
		out = append(out, fault.New(fault.Conflict, "merger.both_cases", c.Detail))
	}
	for _, e := range lists.BothStand(from.entries, into.entries) {
		out = append(out, fault.New(fault.Conflict, "merger.both_listed", e.Detail, e.PaperNo()))
	}
	return out
}
