package lists

import (
	_ "embed" // the first policy
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

//go:embed policy.json
var firstPolicy []byte

// FirstPolicy returns the grounds as the law has had them since 2014: the four abnormal causes, of which the first is
// carried out. Article texts stand in the rows, because their numbers after the amendment of 2025 are not confirmed.
func FirstPolicy() ([]policy.Row, error) {
	rows, err := policy.ParseRows(firstPolicy)
	if err != nil {
		return nil, fmt.Errorf("lists: first policy: %w", err)
	}
	return rows, Validate(rows)
}

// Since returns rows as a city installs them whose reports are complete from that of a year on: nobody is accused for an
// earlier one. Reports of a year come in the year after it.
func Since(rows []policy.Row, year int) ([]policy.Row, error) {
	out := slices.Clone(rows)
	for i, r := range out {
		if r.Table != Table {
			continue
		}
		var g Ground
		if err := json.Unmarshal(r.Body, &g); err != nil {
			return nil, fmt.Errorf("lists: ground %s: %w", r.Key, err)
		}
		if g.Absence == "" {
			continue
		}
		g.First = year
		body, err := json.Marshal(g)
		if err != nil {
			return nil, fmt.Errorf("lists: ground %s: %w", r.Key, err)
		}
		out[i].Body = body
	}
	return out, Validate(out)
}

// Validate checks the rows of [Table] among rows; the others are not this package's.
func Validate(rows []policy.Row) error {
	rules, err := policy.Rules[Ground](policy.Loose(rows), Table)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if err := r.Body.check(); err != nil {
			return fmt.Errorf("lists: ground %s of %s: %w", r.Key, r.From, err)
		}
	}
	return nil
}

func (g Ground) check() error {
	switch {
	case g.List != credit.AbnormalList && g.List != credit.SeriousList:
		return fmt.Errorf("unknown list %q", g.List)
	case g.Title == "" || g.English == "" || g.Removal.Title == "" || g.Removal.English == "":
		return fmt.Errorf("a title is missing")
	case len(g.Violated) == 0 || len(g.Removal.Basis) == 0:
		return fmt.Errorf("an article is missing")
	case len(g.Subjects) == 0:
		return fmt.Errorf("it hits nobody")
	case slices.Contains(g.Subjects, credit.Individual):
		return fmt.Errorf("individual businesses are marked, not listed")
	case g.ToList <= 0 || g.ToRemove <= 0:
		return fmt.Errorf("a deadline for the decision is missing")
	case g.Absence != "" && (credit.NewDate(2001, time.Month(g.DueMonth), g.DueDay).Day() != g.DueDay || g.DueMonth < 1 || g.DueMonth > 12):
		return fmt.Errorf("%d-%d is no day of a year", g.DueMonth, g.DueDay)
	case g.Absence != "" && (g.First < 2013 || g.First > 2100):
		return fmt.Errorf("%d is no first report year: annual reports began with that of 2013", g.First)
	case g.Carried && g.Absence != record.AnnualReportKind:
		return fmt.Errorf("only the absence of an annual report is carried out by itself, not %q", g.Absence)
	}
	return nil
}
