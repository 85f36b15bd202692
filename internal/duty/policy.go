package duty

import (
	_ "embed" // the first policy
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/policy"
)

// Table is the policy table of the clocks of disclosure.
const Table = "duty.clocks"

// Line says where a decision has to be shown in time; one record has a clock on each (handbook 2.1).
type Line string

// The lines.
const (
	Credit    Line = "credit"    // 信用中国 and its local sites
	Publicity Line = "publicity" // 国家企业信用信息公示系统
)

// Clock is the body of a policy row: within how many working days of the decision records of some kinds have to be shown.
type Clock struct {
	Title      string   `json:"title"`
	English    string   `json:"english"`
	Line       Line     `json:"line"`
	Kinds      []string `json:"kinds"`
	Workdays   int      `json:"workdays"`
	Regulators bool     `json:"regulators"` // for decisions of market regulators only
}

//go:embed policy.json
var firstPolicy []byte

// FirstPolicy returns the clocks that the software is shipped with.
func FirstPolicy() ([]policy.Row, error) {
	rows, err := policy.ParseRows(firstPolicy)
	if err != nil {
		return nil, fmt.Errorf("duty: first policy: %w", err)
	}
	return rows, Validate(rows)
}

// Validate checks the rows of [Table] among rows; the others are not this package's.
func Validate(rows []policy.Row) error {
	rules, err := policy.Rules[Clock](policy.Loose(rows), Table)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if err := r.Body.check(); err != nil {
			return fmt.Errorf("duty: clock %s of %s: %w", r.Key, r.From, err)
		}
	}
	return nil
}

func (c Clock) check() error {
	switch {
	case c.Title == "" || c.English == "":
		return fmt.Errorf("a title is missing")
	case c.Line != Credit && c.Line != Publicity:
		return fmt.Errorf("there is no line %q", c.Line)
	case c.Workdays < 1 || c.Workdays > 250:
		return fmt.Errorf("%d working days are no term", c.Workdays)
	case len(c.Kinds) == 0:
		return fmt.Errorf("it names no kind of record")
	}
	return nil
}

// clocksOn returns the clocks of a decision of a day about records of a kind.
func clocksOn(rules []policy.Rule[Clock], kind string, regulator bool, day credit.Date) []Clock {
	var out []Clock
	for _, r := range rules {
		if r.On(day) && slices.Contains(r.Body.Kinds, kind) && (regulator || !r.Body.Regulators) {
			out = append(out, r.Body)
		}
	}
	return out
}
