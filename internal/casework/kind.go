package casework

import (
	_ "embed" // the first policy
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
)

// Table is the policy table of the kinds of case.
const Table = "casework.kinds"

// The kinds of case. They are the keys of the policy rows.
const (
	AbnormalListing    = "abnormal.listing"
	AbnormalRemoval    = "abnormal.removal"
	AbnormalRescission = "abnormal.rescission"
)

// Lead says where a decision legally happens, with its number and publication (handbook 12.7).
type Lead string

// Who leads.
const (
	We   Lead = "we"   // number and publication here, handed on in the national system's form
	They Lead = "they" // prepared here, handed over, number and date read back; not built, so no row may say it
)

// The steps a kind can have, in this order.
const (
	stepNotice  = "notice"
	stepExamine = "examine"
	stepApprove = "approve"
)

// Kind is the body of a policy row: how a kind of case is led.
type Kind struct {
	Title    string   `json:"title"`
	English  string   `json:"english"`
	Lead     Lead     `json:"lead"`
	Steps    []string `json:"steps"`    // notice, examine, approve; examine and approve are never left out
	Workdays int      `json:"workdays"` // for the decision, from the day that From names; 0 where the list's ground sets it
	From     string   `json:"from"`     // what starts the clock, for readers
	Template string   `json:"template"` // the paper of the decision
	Word     string   `json:"word"`     // the business word in its number
}

// WantsNotice reports whether the party is given notice before the examination.
func (k Kind) WantsNotice() bool { return slices.Contains(k.Steps, stepNotice) }

//go:embed policy.json
var firstPolicy []byte

// FirstPolicy returns the kinds of case that the software is shipped with.
func FirstPolicy() ([]policy.Row, error) {
	rows, err := policy.ParseRows(firstPolicy)
	if err != nil {
		return nil, fmt.Errorf("casework: first policy: %w", err)
	}
	return rows, Validate(rows)
}

// Validate checks the rows of [Table] among rows; the others are not this package's.
func Validate(rows []policy.Row) error {
	rules, err := policy.Rules[Kind](policy.Loose(rows), Table)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if err := r.Body.check(r.Key); err != nil {
			return fmt.Errorf("casework: kind %s of %s: %w", r.Key, r.From, err)
		}
	}
	return nil
}

func (k Kind) check(key string) error {
	word, known := document.Word(k.Template)
	switch {
	case k.Title == "" || k.English == "":
		return fmt.Errorf("a title is missing")
	case k.Lead != We:
		return fmt.Errorf("only \"we\" can lead: decisions that are made elsewhere cannot be handed over yet, not %q", k.Lead)
	case !slices.Equal(k.Steps, []string{stepNotice, stepExamine, stepApprove}) && !slices.Equal(k.Steps, []string{stepExamine, stepApprove}):
		return fmt.Errorf("the steps are (notice,) examine, approve: one officer examines, another person decides")
	case (k.Workdays > 0) != (key == AbnormalRescission) || k.From == "":
		return fmt.Errorf("it has no clock, or one beside that of the list's ground")
	case !known:
		return fmt.Errorf("there is no paper %q", k.Template)
	case k.Word != word:
		return fmt.Errorf("its paper is numbered with %s, not %s", word, k.Word)
	}
	return nil
}

// KindOn returns the rule of a kind on a day.
func KindOn(b *policy.Book, kind string, day credit.Date) (policy.Rule[Kind], error) {
	rules, err := policy.Rules[Kind](b, Table)
	if err != nil {
		return policy.Rule[Kind]{}, err
	}
	i := slices.IndexFunc(rules, func(r policy.Rule[Kind]) bool { return r.Key == kind && r.On(day) })
	if i < 0 {
		return policy.Rule[Kind]{}, fault.New(fault.Invalid, "casework.no_kind", kind, day)
	}
	return rules[i], nil
}
