package main

import "testing"

func TestAVerdictGoesByTheMedians(t *testing.T) {
	for _, tt := range []struct {
		name    string
		in      line
		verdict string
	}{
		{"no aim", line{ours: series{1}, anchor: series{2}}, "–"},
		{"the ratio is reached exactly", line{ours: series{40, 1, 90}, anchor: series{100, 7, 900}, least: 0.4}, "PASS"},
		{"the ratio is missed", line{ours: series{39, 1, 90}, anchor: series{100, 7, 900}, least: 0.4}, "FAIL"},
		{"at most the ratio", line{ours: series{1, 1, 9}, anchor: series{100, 100, 1}, most: 0.01}, "PASS"},
		{"more than the ratio", line{ours: series{1.1, 1, 9}, anchor: series{100, 100, 1}, most: 0.01}, "FAIL"},
		{"below the bound", line{ours: series{500, 59.9, 1}, anchor: series{1, 1, 1}, below: 60}, "PASS"},
		{"at the bound", line{ours: series{500, 60, 1}, anchor: series{1, 1, 1}, below: 60}, "FAIL"},
	} {
		if got := tt.in.verdict(); got != tt.verdict {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.verdict)
		}
	}
}

func TestTheSpreadIsThatOfTheRounds(t *testing.T) {
	l := line{ours: series{10, 20, 30}, anchor: series{40, 20, 10}}
	if low, high := l.spread(); low != 0.25 || high != 3 || l.ratio() != 1 {
		t.Errorf("%v–%v around %v", low, high, l.ratio())
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for in, want := range map[float64]string{0: "0", 0.854: "0.85", 0.4: "0.4", 0.1: "0.1", 0.0123: "0.012", 0.0004567: "0.00046", 1.5: "1.5", 12.34: "12.3", 12: "12", 234.6: "235", 999.7: "1 000", 8774434: "8 774 434"} {
		if got := plain(in); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}
