package duty

import (
	"testing"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
)

var day = credit.MustDate

// The clocks of a market regulator's penalty: seven working days for the credit line, twenty for the publicity system.
func TestOneDecisionHasTwoClocks(t *testing.T) {
	rows, err := FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Rules[Clock](policy.Loose(rows), Table)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, department, decided, received string
		want                                []Answer
	}{
		{"the seventh working day", "SCJG", "2026-09-24", "2026-10-12", []Answer{InTime, InTime}},
		{"the eighth", "SCJG-340881", "2026-09-24", "2026-10-13", []Answer{Late, InTime}},
		{"the twentieth", "SCJG", "2026-02-10", "2026-03-16", []Answer{Late, InTime}},
		{"after both", "SCJG", "2026-02-10", "2026-03-17", []Answer{Late, Late}},
		{"another department has one", "STHJ", "2026-02-10", "2026-03-17", []Answer{Late}},
		{"a year that is not loaded", "SCJG", "2026-12-28", "2027-01-10", []Answer{Unknown, InTime}},
		{"within seven days in any year", "SCJG", "2026-12-28", "2027-01-04", []Answer{InTime, InTime}},
		{"before there was a clock", "STHJ", "2012-02-10", "2013-03-17", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Terms(day(tt.decided), day(tt.received), clocksOn(rules, "penalty", Regulator(tt.department), day(tt.decided)), calendar.Builtin())
			if err != nil || len(got) != len(tt.want) {
				t.Fatalf("got %v (%v), want %v", got, err, tt.want)
			}
			for i, want := range tt.want {
				if got[i].Answer != want {
					t.Errorf("%s: got %s, want %s", got[i].Line, got[i].Answer, want)
				}
			}
		})
	}
	if got := clocksOn(rules, "annual-report", true, day("2026-07-01")); got != nil {
		t.Errorf("an annual report has a clock: %v", got)
	}
}

func TestWhatIsOwedNext(t *testing.T) {
	monthly := Duty{Department: "STHJ", Kind: "penalty", Cycle: Monthly, Days: 10, From: day("2026-01-01")}
	decisions := Duty{Department: "STHJ", Kind: "penalty", Cycle: Decisions, Days: 7, From: day("2026-01-01")}
	quarterly := Duty{Department: "STHJ", Kind: "penalty", Cycle: Quarterly, Days: 15, From: day("2026-01-01")}
	yearly := Duty{Department: "STHJ", Kind: "penalty", Cycle: Yearly, Days: 90, From: day("2026-01-01")}
	tests := []struct {
		name             string
		duty             Duty
		batch, nil, on   string
		due, since       string
		overdue, missing int
	}{
		{"the first month", monthly, "", "", "2026-01-20", "2026-02-10", "", 0, 0},
		{"on the last day", monthly, "", "", "2026-02-10", "2026-02-10", "", 0, 0},
		{"the day after", monthly, "", "", "2026-02-11", "2026-02-10", "2026-02-11", 1, 0},
		{"two months late", monthly, "", "", "2026-03-11", "2026-02-10", "2026-02-11", 2, 0},
		{"a delivery in a month does not cover that month", monthly, "2026-02-03", "", "2026-03-11", "2026-03-10", "2026-03-11", 1, 0},
		{"a delivery after it does", monthly, "2026-03-02", "", "2026-03-11", "2026-04-10", "", 0, 0},
		{"a nil report is one", monthly, "", "2026-03-02", "2026-03-11", "2026-04-10", "", 0, 0},
		{"a last day of rest moves on", monthly, "2026-05-06", "", "2026-05-20", "2026-06-10", "", 0, 0},
		{"the tenth of October was made a working day", monthly, "2026-09-05", "", "2026-09-20", "2026-10-10", "", 0, 0},
		{"quarter", quarterly, "", "", "2026-02-01", "2026-04-15", "", 0, 0},
		{"year", yearly, "", "", "2026-02-01", "", "", 0, 2027},
		{"seven working days of silence", decisions, "2026-09-24", "", "2026-10-12", "2026-10-12", "", 0, 0},
		{"are enough", decisions, "2026-09-24", "", "2026-10-13", "2026-10-12", "2026-10-13", 1, 0},
		{"a nil report ends them", decisions, "2026-09-24", "2026-10-13", "2026-10-13", "2026-10-22", "", 0, 0},
		{"into a year that is not loaded", decisions, "2026-12-28", "", "2027-01-15", "", "", 0, 2027},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			heard := map[Key]Heard{{"STHJ", "penalty"}: {date(tt.batch), date(tt.nil)}}
			got, err := Owed([]Duty{tt.duty}, heard, calendar.Builtin(), day(tt.on))
			if err != nil || len(got) != 1 {
				t.Fatalf("got %v (%v)", got, err)
			}
			g := got[0]
			if g.Due != date(tt.due) || g.Since != date(tt.since) || g.Overdue != tt.overdue || g.NotKnown != tt.missing || g.Late != (tt.since != "") {
				t.Errorf("got due %s since %s, %d late, year %d", g.Due, g.Since, g.Overdue, g.NotKnown)
			}
		})
	}
	ended := monthly
	ended.Until = day("2026-03-01")
	if got, err := Owed([]Duty{ended}, nil, calendar.Builtin(), day("2026-03-01")); err != nil || len(got) != 0 {
		t.Errorf("a duty that has ended is owed: %v (%v)", got, err)
	}
}

func date(s string) credit.Date {
	if s == "" {
		return 0
	}
	return day(s)
}

func TestADutyIsChecked(t *testing.T) {
	good := Duty{Department: "STHJ", Kind: "penalty", Source: "340800-STHJ-001", Cycle: Monthly, Days: 10, Sharing: Conditional, Purpose: "信用监管",
		Approval: "宜数资〔2026〕3号", From: day("2026-01-01")}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for want, set := range map[string]func(d *Duty){
		"duty.needs":       func(d *Duty) { d.Source = " " },
		"duty.bad_cycle":   func(d *Duty) { d.Days = 0 },
		"duty.bad_sharing": func(d *Duty) { d.Sharing = "perhaps" },
		"duty.no_approval": func(d *Duty) { d.Approval = "" },
		"duty.bad_period":  func(d *Duty) { d.Until = d.From },
	} {
		d := good
		set(&d)
		if err := d.check(); !fault.Is(err, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestARowThatIsNoClockIsRefused(t *testing.T) {
	rows, err := FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	rows[0].Body = []byte(`{"title":"a","english":"a","line":"credit","kinds":["penalty"],"workdays":0,"regulators":false}`)
	if err := Validate(rows); err == nil {
		t.Error("a term of no days was taken")
	}
}
