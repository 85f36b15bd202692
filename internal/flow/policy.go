package flow

import (
	"zhixin/internal/casework"
	duties "zhixin/internal/duty"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
)

// CheckPolicy checks all rows of a book as it would be by the validator of every package that uses some. A table that
// nobody reads is refused: its author would believe that it holds.
func CheckPolicy(rows []policy.Row) error {
	first, err := FirstPolicy()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range first {
		known[r.Table] = true
	}
	for _, r := range rows {
		if !known[r.Table] {
			return fault.New(fault.Invalid, "policy.unknown_table", r.Table)
		}
	}
	for _, validate := range []func([]policy.Row) error{lists.Validate, casework.Validate, sanction.Validate, publicity.Validate,
		duties.Validate} {
		if err := validate(rows); err != nil {
			return err
		}
	}
	return nil
}
