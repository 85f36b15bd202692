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
)

// Step is one act in the timeline.
type Step struct {
	Kind    StepKind
	At      time.Time
	By      credit.Actor
	Opinion string // of a moot case: the code of the reason
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
	Settled       time.Time // zero while undecided
	Due           credit.Date
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
	Green Colour = "green"
	Red   Colour = "red"  // two working days or fewer are left
	Over  Colour = "over" // the last day has passed
)

// hurry is the number of working days from which on a clock is red.
const hurry = 2

// Clock says how much time is left.
type Clock struct {
	Left   int // working days after today, up to and with the last day; negative once it has passed
	Colour Colour
}

// ClockAt returns the clock of a last day on today.
func ClockAt(cal *calendar.Calendar, due, today credit.Date) (Clock, error) {
	left, err := cal.WorkdaysBetween(today, due)
	switch {
	case err != nil:
		return Clock{}, err
	case today > due:
		return Clock{left, Over}, nil
	case left <= hurry:
		return Clock{left, Red}, nil
	}
	return Clock{left, Green}, nil
}

// Clock returns the case's clock on today.
func (c Case) Clock(cal *calendar.Calendar, today credit.Date) (Clock, error) {
	return ClockAt(cal, c.Due, today)
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
func (g Group) Year() string {
	parts := strings.Split(g.ID, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
