package credit_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
)

func TestADayIsTheDayInChina(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	tests := []struct{ at, want string }{
		{"2026-10-11T15:59:59Z", "2026-10-11"}, {"2026-10-11T16:00:00Z", "2026-10-12"}, {"2026-10-12T00:00:00+08:00", "2026-10-12"},
		{"1990-06-30T23:30:00+09:00", "1990-06-30"},
	}
	for _, tt := range tests {
		if got := credit.DateOf(utc(tt.at)).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestPeriodsEndOnTheCorrespondingDay(t *testing.T) {
	tests := []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2024-02-29", 12, "2025-02-28"}, {"2026-11-30", 3, "2027-02-28"},
		{"2026-12-15", 1, "2027-01-15"}, {"2026-03-31", -1, "2026-02-28"}, {"2026-08-31", 36, "2029-08-31"}, {"2026-01-15", -1, "2025-12-15"},
	}
	for _, tt := range tests {
		if got := credit.MustDate(tt.from).AddMonths(tt.months).String(); got != tt.want {
			t.Errorf("%s and %d months: got %s, want %s", tt.from, tt.months, got, tt.want)
		}
	}
}

func TestAPeriodEndsOnItsCorrespondingDay(t *testing.T) {
	for _, tt := range []struct {
		from   string
		months int
		want   string
	}{{"2026-06-10", 36, "2029-06-11"}, {"2026-01-31", 1, "2026-03-01"}, {"2024-02-29", 12, "2025-03-01"}, {"2026-06-10", 0, "2026-06-10"}} {
		if got := credit.MustDate(tt.from).AfterMonths(tt.months).String(); got != tt.want {
			t.Errorf("%d months from %s are over on %s, want %s", tt.months, tt.from, got, tt.want)
		}
	}
}

func TestWhatIsNoDayIsRefused(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-2-1", "20260201", "2026/02/01", "1899-12-31", "0001-01-01", "2026-13-01", "明天"} {
		if d, err := credit.ParseDate(s); err == nil {
			t.Errorf("%q is read as %v", s, d)
		}
	}
}

// TestFarDaysStayThemselves: a time.Duration ends after 292 years, and registers write 9999-12-31 for "long term".
func TestFarDaysStayThemselves(t *testing.T) {
	for _, s := range []string{"1900-01-01", "2192-04-09", "2192-04-10", "2500-02-28", "9999-12-31"} {
		if got := credit.MustDate(s).String(); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
}

func TestADayIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := credit.Date(rapid.Int32Range(1, int32(credit.NewDate(9999, 12, 31))).Draw(t, "day"))
		parsed, err := credit.ParseDate(d.String())
		if err != nil || parsed != d || credit.NewDate(d.Year(), d.Month(), d.Day()) != d || credit.DateOf(d.Time()) != d {
			t.Fatalf("%d is written %s and read %d (%v)", d, d, parsed, err)
		}
		var scanned credit.Date
		if v, err := d.Value(); err != nil || scanned.Scan(v) != nil || scanned != d {
			t.Fatalf("%s is stored as %v and read as %s", d, v, scanned)
		}
		if next := d + 1; next.Weekday() != (d.Weekday()+1)%7 {
			t.Fatalf("after %v comes %v", d.Weekday(), next.Weekday())
		}
	})
}

func TestDivisionsContainTheirParts(t *testing.T) {
	tests := []struct {
		code, of string
		want     bool
	}{
		{"340802", "340800", true}, {"340802", "340000", true}, {"340802", "340802", true}, {"340800", "340802", false},
		{"340881", "340800", true}, {"340700", "340800", false}, {"340802", "", false}, {"", "340800", false}, {"34080", "340800", false},
	}
	for _, tt := range tests {
		if got := credit.InDivision(tt.code, tt.of); got != tt.want {
			t.Errorf("%s in %s: %v", tt.code, tt.of, got)
		}
	}
}
