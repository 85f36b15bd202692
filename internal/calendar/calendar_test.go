package calendar_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

func TestWorkingDayVectors(t *testing.T) {
	tests := []struct {
		from string
		n    int
		want string
	}{
		{"2026-09-24", 7, "2026-10-12"}, {"2026-02-10", 7, "2026-02-26"}, {"2026-02-10", 20, "2026-03-16"}, {"2026-06-30", 10, "2026-07-14"},
		{"2026-04-29", 3, "2026-05-07"}, {"2025-09-26", 10, "2025-10-16"}, {"2018-09-28", 7, "2018-10-12"}, {"2018-02-12", 20, "2018-03-16"},
		{"2026-02-10", 0, "2026-02-10"}, {"2026-10-12", -7, "2026-09-24"}, {"2026-12-28", 3, "2026-12-31"}, {"2025-12-31", 1, "2026-01-04"},
	}
	c := calendar.Builtin()
	for _, tt := range tests {
		from, want := credit.MustDate(tt.from), credit.MustDate(tt.want)
		got, err := c.AddWorkdays(from, tt.n)
		if err != nil || got != want {
			t.Errorf("%s and %d working days: got %s (%v), want %s", tt.from, tt.n, got, err, tt.want)
		}
		if n, err := c.WorkdaysBetween(from, want); tt.n >= 0 && (err != nil || n != tt.n) {
			t.Errorf("between %s and %s: got %d (%v), want %d", tt.from, tt.want, n, err, tt.n)
		}
	}
}

func TestYearsHaveTheWorkingDaysAnnounced(t *testing.T) {
	c := calendar.Builtin()
	for year, want := range map[int]int{2018: 250, 2025: 248, 2026: 248} {
		got, err := c.WorkdaysBetween(credit.NewDate(year, 1, 1)-1, credit.NewDate(year, 12, 31))
		if err != nil || got != want {
			t.Errorf("%d: got %d (%v), want %d", year, got, err, want)
		}
	}
}

func TestOverridesOfTheHandbook(t *testing.T) {
	tests := []struct{ off, work string }{
		{"2026-01-01..2026-01-03 2026-02-15..2026-02-23 2026-04-04..2026-04-06 2026-05-01..2026-05-05 2026-06-19..2026-06-21 2026-09-25..2026-09-27 2026-10-01..2026-10-07",
			"2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"},
		{"2025-01-01..2025-01-01 2025-01-28..2025-02-04 2025-04-04..2025-04-06 2025-05-01..2025-05-05 2025-05-31..2025-06-02 2025-10-01..2025-10-08",
			"2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11"},
		{"2018-01-01..2018-01-01 2018-02-15..2018-02-21 2018-04-05..2018-04-07 2018-04-29..2018-05-01 2018-06-18..2018-06-18 2018-09-24..2018-09-24 2018-10-01..2018-10-07",
			"2018-02-11 2018-02-24 2018-04-08 2018-04-28 2018-09-29 2018-09-30"},
	}
	c := calendar.Builtin()
	want := func(d credit.Date, work bool) {
		if got, err := c.IsWorkday(d); err != nil || got != work {
			t.Errorf("%s: working day %v (%v)", d, got, err)
		}
	}
	for _, tt := range tests {
		for span := range strings.FieldsSeq(tt.off) {
			from, to, _ := strings.Cut(span, "..")
			for d := credit.MustDate(from); d <= credit.MustDate(to); d++ {
				want(d, false)
			}
		}
		for d := range strings.FieldsSeq(tt.work) {
			want(credit.MustDate(d), true)
		}
	}
}

// A deadline into a year that is not loaded is unknown, not wrong; and it is known which year is missing.
func TestUnknownDeadlineIsAnAnswer(t *testing.T) {
	c := calendar.Builtin()
	for from, want := range map[string]credit.Date{"2026-12-20": credit.MustDate("2026-12-31"), "2026-12-21": 0} {
		if got, err := c.Deadline(credit.MustDate(from), 9); err != nil || got != want {
			t.Errorf("9 working days from %s: %v, %v, want %v", from, got, err, want)
		}
	}
	if got := c.Missing(credit.MustDate("2024-05-01")); got != 2027 {
		t.Errorf("missing %d", got)
	}
}

func TestBeyondTheLoadedYearsIsAFault(t *testing.T) {
	c := calendar.Builtin()
	day := credit.MustDate
	calls := map[string]func() error{
		"7 working days from 2026-12-28": func() error { _, err := c.AddWorkdays(day("2026-12-28"), 7); return err },
		"an ordinary Monday of 2027":     func() error { _, err := c.IsWorkday(day("2027-03-01")); return err },
		"a Sunday of 2027":               func() error { _, err := c.IsWorkday(day("2027-01-03")); return err },
		"a count into 2027":              func() error { _, err := c.WorkdaysBetween(day("2026-12-01"), day("2027-01-04")); return err },
		"a working day before 2007":      func() error { _, err := c.AddWorkdays(day("2007-01-04"), -4); return err },
		"no day at all":                  func() error { _, err := c.IsWorkday(0); return err },
	}
	for name, call := range calls {
		if err := call(); !fault.Is(err, "calendar.year_not_loaded") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if work, err := c.IsWorkday(day("2027-01-01")); work || err != nil {
		t.Errorf("1 January is always off: %v, %v", work, err)
	}
}

const heading = "year,date,name,is_off_day\n"

// of2027 is made up: the real arrangement of 2027 is not known.
const of2027 = heading + `2027,2026-12-31,元旦,1
2027,2027-01-02,元旦,0
2027,2027-02-05,春节,1
2027,2027-04-05,清明节,1
2027,2027-05-01,劳动节,1
2027,2027-06-09,端午节,1
2027,2027-09-15,中秋节,1
2027,2027-10-01,国庆节,1
2027,2027-01-01,元旦,1
`

func TestAnAdministratorLoadsTheNextYear(t *testing.T) {
	before := calendar.Builtin()
	c, err := before.With(strings.NewReader("\ufeff" + of2027))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.AddWorkdays(credit.MustDate("2026-12-28"), 4)
	if want := "2027-01-04"; err != nil || got.String() != want { // 29, 30 December, 2 January (worked), 4 January
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if _, err := before.IsWorkday(credit.MustDate("2027-03-01")); err == nil {
		t.Error("the calendar it was made from has changed")
	}
	if got, err := c.AddWorkdays(credit.MustDate("2026-09-24"), 7); err != nil || got.String() != "2026-10-12" {
		t.Errorf("2026 has changed: %s, %v", got, err)
	}
	c, err = c.With(strings.NewReader(strings.Replace(of2027, "2027,2026-12-31,元旦,1\n", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if work, err := c.IsWorkday(credit.MustDate("2026-12-31")); err != nil || !work {
		t.Errorf("a corrected arrangement keeps a day of the old one: %v, %v", work, err)
	}
}

func TestHalfAYearIsNotLoaded(t *testing.T) {
	half := heading + "2027,2027-01-01,元旦,1\n2027,2027-01-02,元旦,1\n"
	if _, err := calendar.Builtin().With(strings.NewReader(half)); !fault.Is(err, "calendar.incomplete_year") {
		t.Errorf("an administrator's half year: %v", err)
	}
	c, err := calendar.Load(strings.NewReader(half))
	if err != nil {
		t.Fatal(err)
	}
	if work, err := c.IsWorkday(credit.MustDate("2027-01-02")); work || err != nil {
		t.Errorf("a day that is announced: %v, %v", work, err)
	}
	if _, err := c.IsWorkday(credit.MustDate("2027-01-04")); !fault.Is(err, "calendar.year_not_loaded") {
		t.Errorf("a day that is not: %v", err)
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "calendar.bad_heading"},
		{"another heading", "date,name\n", "calendar.bad_heading"},
		{"no date", heading + "2027,2027-02-30,春节,1\n", "calendar.bad_row"},
		{"a date of another year", heading + "2027,2025-02-03,春节,1\n", "calendar.bad_row"},
		{"neither off nor on", heading + "2027,2027-02-03,春节,是\n", "calendar.bad_row"},
		{"too few fields", heading + "2027,2027-02-03,春节\n", "calendar.bad_row"},
		{"an open quote", heading + "2027,2027-02-03,\"春节,1\n", "calendar.bad_row"},
		{"a day twice", heading + "2027,2027-02-03,春节,1\n2027,2027-02-03,春节,0\n", "calendar.day_twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := calendar.Load(strings.NewReader(tt.in)); !fault.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCountingThereAndBackAgrees(t *testing.T) {
	c := calendar.Builtin()
	first, last := credit.MustDate("2008-01-01"), credit.MustDate("2025-12-31")
	rapid.Check(t, func(t *rapid.T) {
		d := credit.Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day"))
		n := rapid.IntRange(1, 200).Draw(t, "n")
		end, err := c.AddWorkdays(d, n)
		if err != nil {
			t.Fatal(err)
		}
		if work, _ := c.IsWorkday(end); !work || end <= d {
			t.Fatalf("%s and %d working days is %s", d, n, end)
		}
		between, err := c.WorkdaysBetween(d, end)
		back, err2 := c.WorkdaysBetween(end, d)
		if err != nil || err2 != nil || between != n || back != -n {
			t.Fatalf("%s..%s: %d and %d, want %d", d, end, between, back, n)
		}
	})
}
