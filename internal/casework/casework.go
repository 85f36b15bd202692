// Package casework leads what only people may decide from the opening to the decision: steps, rights, clocks and to-dos.
//
// One officer examines, another person approves: maker is not checker, and that rule lives here alone. What a decision
// does is not known here; flow carries it out. What kinds of case there are, with their steps and clocks, is policy.
package casework

import (
	"encoding/json"
	"strings"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/lang"
)

// State is where a case stands.
type State string

// The states. A returned case is examined again.
const (
	Opened   State = "open"
	Noticed  State = "noticed"  // the party has been given notice
	Examined State = "examined" // an officer has proposed, an approver has to decide
	Returned State = "returned" // the approver sent it back to the officer
	Approved State = "approved"
	Refused  State = "refused"
	Moot     State = "moot" // what called for it has gone
)

// States lists them in the order of a case's life.
var States = []State{Opened, Noticed, Examined, Returned, Approved, Refused, Moot}

// Undecided reports whether somebody still has to do something.
func (s State) Undecided() bool {
	return s == Opened || s == Noticed || s == Examined || s == Returned
}

// Code returns the message that names the state.
func (s State) Code() lang.Code { return lang.Code("casework.state_" + string(s)) }

// Verdict is what an approver decides.
type Verdict string

// The verdicts.
const (
	Approve Verdict = "approve"
	Refuse  Verdict = "refuse"
	Return  Verdict = "return" // back to the officer, with the reason
)

// state returns where a verdict leads.
func (v Verdict) state() (State, bool) {
	switch v {
	case Approve:
		return Approved, true
	case Refuse:
		return Refused, true
	case Return:
		return Returned, true
	}
	return "", false
}

// StepKind is one sort of act on a case.
type StepKind string

// The kinds of step.
const (
	StepOpened   StepKind = "opened"
	StepNoticed  StepKind = "noticed"
	StepExamined StepKind = "examined"
	StepReturned StepKind = "returned"
	StepApproved StepKind = "approved"
	StepRefused  StepKind = "refused"
	StepMoot     StepKind = "moot"
	StepTimed    StepKind = "timed" // a last day that was unknown has become known
)

// Step is one act in the timeline.
type Step struct {
	Kind    StepKind
	At      time.Time
	By      credit.Actor
	Opinion string // of a moot case: the code of the reason; of one that a person opened: why
	Paper   string // of a notice: the paper that gave it
	Leaf    string
}

// Case is one matter to decide.
type Case struct {
	ID            string
	Kind          string
	EnterpriseID  string
	USCC          string // of the enterprise as registered now, for lists and pages
	Name          string
	Changed       int    // changes of its registration since the case was opened
	Detail        string // what it is about, beside the enterprise: "<ground>/<report year>", or an entry's id
	Authority     string // the registering authority, whose people decide (handbook 12.8)
	Division      string
	Station       string
	Group         string // the run it belongs to, "" for a single case
	State         State
	PolicyVersion int64
	WantsNotice   bool
	Lead          Lead
	Opened        time.Time
	Settled       time.Time   // zero while undecided
	Due           credit.Date // 0 while the holidays of its year are not loaded
	Facts         json.RawMessage
	Examiner      string // user ids
	Approver      string
	Notice        string // the paper that gave notice
	Paper         string // the paper of the decision
	Steps         []Step // only where one case is asked for
}

// waits reports whether a case in this state waits for an officer's examination.
func (c Case) waits() bool {
	return c.State == Noticed || c.State == Returned || c.State == Opened && !c.WantsNotice
}

// Colour is how a clock is shown.
type Colour string

// The colours.
const (
	Green  Colour = "green"
	Red    Colour = "red"    // two working days or fewer are left
	Over   Colour = "over"   // the last day has passed
	Unsure Colour = "unsure" // the holidays that it takes to tell are not loaded
)

// hurry is the number of working days from which on a clock is red.
const hurry = 2

// Clock says how much time is left.
type Clock struct {
	Left    int // working days after today, up to and with the last day; negative once it has passed
	Colour  Colour
	Missing int // the year whose holidays are not loaded, so that Left is unknown; 0 where it is known
}

// ClockAt returns the clock of a last day on today; a due of 0 is not known yet. That a day has passed is certain without any
// calendar; how many working days lie between is not.
func ClockAt(cal *calendar.Calendar, due, today credit.Date) Clock {
	if due == 0 {
		return Clock{Colour: Unsure, Missing: cal.Missing(today)}
	}
	left, err := cal.WorkdaysBetween(today, due)
	missing := 0
	if err != nil { // it has no other fault than a year that is not loaded
		left, missing = 0, cal.Missing(min(today, due))
	}
	switch {
	case today > due:
		return Clock{left, Over, missing}
	case due-today <= hurry || missing == 0 && left <= hurry:
		return Clock{left, Red, missing}
	case missing != 0:
		return Clock{left, Unsure, missing}
	}
	return Clock{left, Green, 0}
}

// Clock returns the case's clock on today.
func (c Case) Clock(cal *calendar.Calendar, today credit.Date) Clock {
	return ClockAt(cal, c.Due, today)
}

// unknownDue stands in the database for a last day that is not known yet: it sorts behind all others.
var unknownDue = credit.NewDate(9999, time.December, 31)

// kept and known turn a last day into what the database holds, and back.
func kept(due credit.Date) credit.Date {
	if due == 0 {
		return unknownDue
	}
	return due
}

func known(due credit.Date) credit.Date {
	if due == unknownDue {
		return 0
	}
	return due
}

// Group is the cases of one run of one authority that are decided together.
type Group struct {
	ID        string // "abnormal.annual-report/2025/SCJG"
	Kind      string
	Authority string
	Open      int         // how many cases stand in the state that was asked for
	Due       credit.Date // the earliest last day
}

// Year returns the report year of the run.
func (g Group) Year() string { return g.part(1) }

// Ground returns the key of the ground on which the run rests.
func (g Group) Ground() string { return g.part(0) }

func (g Group) part(i int) string {
	parts := strings.Split(g.ID, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[i]
}
