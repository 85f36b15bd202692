// Package duty knows what each department owes: which kinds of record, from which catalogue item, in which cycle and under
// which sharing terms. It says what is due and late, whether single decisions came within their legal terms, and how good a
// department's deliveries are.
package duty

import (
	"slices"
	"strings"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// Cycle says how often a department delivers.
type Cycle string

// The cycles. What has nothing to deliver in its cycle says so by a nil report.
const (
	Decisions Cycle = "decisions" // within some working days of a decision; who is silent for as long has to say that there was none
	Monthly   Cycle = "month"
	Quarterly Cycle = "quarter"
	Yearly    Cycle = "year"
)

// Cycles lists them in the order in which they are offered.
var Cycles = []Cycle{Decisions, Monthly, Quarterly, Yearly}

// Sharing says on which terms what is delivered is shared (政务数据共享条例, handbook 12.9).
type Sharing string

// The kinds of sharing.
const (
	Unconditional Sharing = "unconditional"
	Conditional   Sharing = "conditional" // for a purpose, by an approval with a number
	NotShared     Sharing = "none"
)

// Sharings lists them in the order in which they are offered.
var Sharings = []Sharing{Unconditional, Conditional, NotShared}

// Duty is what a department owes of one kind from a day until the day before another.
type Duty struct {
	Department string      `json:"department"`
	Kind       string      `json:"kind"`
	Source     string      `json:"source"` // id of the item in the catalogue of government data
	Cycle      Cycle       `json:"cycle"`
	Days       int         `json:"days"` // working days after a decision, or days after the end of the period
	Sharing    Sharing     `json:"sharing"`
	Purpose    string      `json:"purpose,omitempty"`
	Approval   string      `json:"approval,omitempty"`
	From       credit.Date `json:"from"`
	Until      credit.Date `json:"until,omitempty"` // 0 is open
}

// On reports whether the duty holds on day.
func (d Duty) On(day credit.Date) bool { return day >= d.From && (d.Until == 0 || day < d.Until) }

// maxDays is the longest term after a decision or a period.
const maxDays = 180

// check refuses a duty that nobody could keep, or whose sharing has no ground.
func (d Duty) check() error {
	switch {
	case strings.TrimSpace(d.Kind) == "" || strings.TrimSpace(d.Source) == "":
		return fault.New(fault.Invalid, "duty.needs", d.Department)
	case !slices.Contains(Cycles, d.Cycle) || d.Days < 1 || d.Days > maxDays:
		return fault.New(fault.Invalid, "duty.bad_cycle", maxDays)
	case !slices.Contains(Sharings, d.Sharing):
		return fault.New(fault.Invalid, "duty.bad_sharing")
	case d.Sharing == Conditional && (strings.TrimSpace(d.Purpose) == "" || strings.TrimSpace(d.Approval) == ""):
		return fault.New(fault.Invalid, "duty.no_approval")
	case d.From == 0 || d.Until != 0 && d.Until <= d.From:
		return fault.New(fault.Invalid, "duty.bad_period")
	}
	return nil
}

// Answer says whether a term was kept.
type Answer string

// The answers.
const (
	InTime  Answer = "in_time"
	Late    Answer = "late"
	Unknown Answer = "unknown" // the holidays of a year are not loaded
)

// Term is one clock of one record.
type Term struct {
	Line   Line
	Due    credit.Date // 0 where it cannot be told
	Answer Answer
}

// Terms says of a decision of day that was received on another which of its clocks were kept (T01, T02, R15). A day that cannot be told
// yet is no accusation; what came within as many days as the term has working days was in time in any year.
func Terms(day, received credit.Date, clocks []Clock, cal *calendar.Calendar) ([]Term, error) {
	out := make([]Term, 0, len(clocks))
	for _, c := range clocks {
		due, err := cal.Deadline(day, c.Workdays)
		if err != nil {
			return nil, err
		}
		t := Term{Line: c.Line, Due: due, Answer: Late}
		switch {
		case due == 0 && received > day+credit.Date(c.Workdays):
			t.Answer = Unknown
		case due == 0 || received <= due:
			t.Answer = InTime
		}
		out = append(out, t)
	}
	return out, nil
}

// Heard is when a department last delivered records of a kind, and when it last said that it had none; 0 is never.
type Heard struct{ Batch, Nil credit.Date }

func (h Heard) last() credit.Date { return max(h.Batch, h.Nil) }

// Key names a department's kind.
type Key struct{ Department, Kind string }

// Debt is what is to be delivered next.
type Debt struct {
	Duty
	Heard
	Period   credit.Date // last day of the period it is for; 0 with decisions
	Due      credit.Date // last day; 0 where it cannot be told
	Late     bool        // the last day has passed
	Since    credit.Date // first day on which it was late
	Overdue  int         // how many periods are late
	NotKnown int         // the year whose holidays are not loaded, where the last day needs them
}

// Owed returns what each duty of the day asks for next, late or not, in order of department and kind. A delivery or a nil report
// covers the periods that had ended before it came.
func Owed(duties []Duty, heard map[Key]Heard, cal *calendar.Calendar, day credit.Date) ([]Debt, error) {
	var out []Debt
	for _, d := range duties {
		if !d.On(day) {
			continue
		}
		debt := Debt{Duty: d, Heard: heard[Key{d.Department, d.Kind}]}
		var err error
		if d.Cycle == Decisions {
			err = debt.decisions(cal, day)
		} else {
			err = debt.periods(cal, day)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, debt)
	}
	slices.SortFunc(out, func(a, b Debt) int {
		if c := strings.Compare(a.Department, b.Department); c != 0 {
			return c
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	return out, nil
}

// decisions sets the day by which a department that was silent says something: a decision of the day after the last
// delivery would have to be here by then.
func (d *Debt) decisions(cal *calendar.Calendar, day credit.Date) (err error) {
	from := max(d.last(), d.From-1)
	if d.Due, err = cal.Deadline(from, d.Days); err != nil {
		return err
	}
	if d.Due == 0 {
		d.NotKnown = cal.Missing(from)
		return nil
	}
	d.settle(day)
	return nil
}

// periods sets the first period that is not covered, and counts those that are late.
func (d *Debt) periods(cal *calendar.Calendar, day credit.Date) error {
	end := d.Cycle.end(max(d.last(), d.From))
	d.Period = end
	due, err := lastDay(cal, end+credit.Date(d.Days))
	if err != nil {
		return err
	}
	if d.Due = due; due == 0 {
		d.NotKnown = cal.Missing(end)
		return nil
	}
	if d.settle(day); !d.Late {
		return nil
	}
	for end = d.Cycle.end(end + 1); end+credit.Date(d.Days) < day; end = d.Cycle.end(end + 1) {
		if due, err = lastDay(cal, end+credit.Date(d.Days)); err != nil {
			return err
		}
		if due == 0 || due >= day {
			break
		}
		d.Overdue++
	}
	return nil
}

func (d *Debt) settle(day credit.Date) {
	if day > d.Due {
		d.Late, d.Since, d.Overdue = true, d.Due+1, 1
	}
}

// lastDay returns the day itself, or the first working day after it where it is a day of rest (handbook 8.5); 0 where that
// cannot be told.
func lastDay(cal *calendar.Calendar, day credit.Date) (credit.Date, error) {
	return cal.Deadline(day-1, 1)
}

// end returns the last day of the period in which day lies.
func (c Cycle) end(day credit.Date) credit.Date {
	month := day.Month()
	switch c {
	case Quarterly:
		month += (3 - month%3) % 3
	case Yearly:
		month = time.December
	}
	return credit.NewDate(day.Year(), month, 1).AddMonths(1) - 1
}

// Regulator reports whether a department is a market regulator, whose penalties have the second clock: the city's or a
// bureau under it.
func Regulator(department string) bool {
	return department == org.Regulator || strings.HasPrefix(department, org.Regulator+"-")
}
