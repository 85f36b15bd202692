package casework_test

import (
	"testing"

	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/org"
)

func TestClockIsRedAtTwoWorkingDays(t *testing.T) {
	due := credit.MustDate("2026-07-14") // a Tuesday
	for day, want := range map[string]casework.Clock{
		"2026-06-30": {10, casework.Green, 0}, "2026-07-09": {3, casework.Green, 0}, "2026-07-10": {2, casework.Red, 0}, "2026-07-12": {2, casework.Red, 0},
		"2026-07-14": {0, casework.Red, 0}, "2026-07-15": {-1, casework.Over, 0}, "2026-07-21": {-5, casework.Over, 0},
	} {
		if got := casework.ClockAt(calendar.Builtin(), due, credit.MustDate(day)); got != want {
			t.Errorf("%s: %v, want %v", day, got, want)
		}
	}
}

// A year without holidays leaves open how many working days are left, not whether the last day has passed.
func TestClockSaysWhatIsCertainWithoutACalendar(t *testing.T) {
	day := credit.MustDate
	for _, tt := range []struct {
		due, today credit.Date
		want       casework.Clock
	}{
		{0, day("2026-12-29"), casework.Clock{Colour: casework.Unsure, Missing: 2027}},
		{day("2026-12-30"), day("2027-01-05"), casework.Clock{Colour: casework.Over, Missing: 2027}},
		{day("2027-01-12"), day("2026-12-28"), casework.Clock{Colour: casework.Unsure, Missing: 2027}},
		{day("2027-01-06"), day("2027-01-05"), casework.Clock{Colour: casework.Red, Missing: 2027}},
	} {
		if got := casework.ClockAt(calendar.Builtin(), tt.due, tt.today); got != tt.want {
			t.Errorf("due %s on %s: %+v, want %+v", tt.due, tt.today, got, tt.want)
		}
	}
}

// A case whose last day cannot be told yet stands behind all others, on every page once, until it is set.
func TestCaseWithoutALastDayIsLedAndTimedLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		n := matter(casework.AbnormalRemoval, 0, "SCJG", "")
		n.Due = 0
		c := open(t, d, n)
		later := matter(casework.AbnormalRemoval, 1, "SCJG", "")
		later.Due = 0
		open(t, d, later)
		first := open(t, d, matter(casework.AbnormalRemoval, 2, "SCJG", ""))
		page := func(cursor string) (list []casework.Case, next string) {
			must(t, d.View(ctx, func(q db.Q) (err error) {
				list, next, err = casework.List(ctx, q, org.ScopeOf(officer, org.CaseRead), casework.Filter{Limit: 2, Cursor: cursor})
				return err
			}))
			return list, next
		}
		one, next := page("")
		two, end := page(next)
		if len(one) != 2 || len(two) != 1 || end != "" || one[0].ID != first.ID || one[1].Due != 0 || two[0].Due != 0 {
			t.Errorf("pages %+v, %+v", one, two)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			tasks, err := casework.Todo(ctx, q, officer, calendar.Builtin(), credit.DateOf(noon))
			if len(tasks) != 3 || tasks[2].Due != 0 || tasks[2].Clock.Colour != casework.Unsure {
				t.Errorf("to-dos %+v", tasks)
			}
			return err
		}))
		due := credit.MustDate("2026-07-20")
		tx(t, d, func(q db.Q) error { _, err := casework.SetDue(ctx, q, duty, noon, c, due); return err })
		if got := read(t, d, officer, c.ID); got.Due != due || got.Steps[len(got.Steps)-1].Kind != casework.StepTimed {
			t.Errorf("timed: %+v", got)
		}
	})
}

// A refusal stands until an officer says why the matter is taken up again; who says so does not decide.
func TestRefusedCaseComesAgainByAnOfficersReasonOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		must(t, d.Tx(ctx, examine(c, officer)))
		must(t, d.Tx(ctx, settle(c, approver, casework.Refuse)))
		if again := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", "")); again.ID != c.ID {
			t.Error("it came again by itself")
		}
		var next casework.Case
		reopen := func(by credit.Actor, reason string) func(q db.Q) error {
			return func(q db.Q) (err error) { next, err = casework.Reopen(ctx, q, by, noon, c.ID, reason); return err }
		}
		asks := person("asks", "SCJG", credit.Officer)
		for _, s := range []struct {
			by           credit.Actor
			reason, want string
		}{{asks, " ", "casework.no_reason"}, {approver, "x", "org.may_not"}, {county, "x", "casework.no_case"}, {asks, "新证据", ""}, {asks, "新证据", "casework.opened_again"}} {
			if got := try(t, d, reopen(s.by, s.reason)); got != s.want {
				t.Errorf("%s, %q: %q, want %q", s.by.User, s.reason, got, s.want)
			}
			if s.want == "" && (next.ID == c.ID || next.State != casework.Opened || next.Due != c.Due) {
				t.Errorf("%+v", next)
			}
		}
		must(t, d.View(ctx, func(q db.Q) error {
			open, err := casework.Undecided(ctx, q, "e1")
			if len(open) != 1 {
				t.Fatalf("%d open", len(open))
			}
			next = open[0]
			return err
		}))
		must(t, d.Tx(ctx, examine(next, officer)))
		asks.Role = credit.Approver
		if got := try(t, d, settle(next, asks, casework.Approve)); got != "casework.second_officer" {
			t.Errorf("who asked decides: %q", got)
		}
		if got := todo(t, d, asks); got != "" {
			t.Errorf("who asked is offered it: %s", got)
		}
		if got, want := todo(t, d, approver), "approve "+next.ID+" 1"; got != want {
			t.Errorf("another approver: %s, want %s", got, want)
		}
	})
}
