package demo

import (
	"context"
	"fmt"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// judge lets the clerks of the departments say at the end of a year whom the rows are about that named their subject badly. Those of
// the last year wait for whoever tries the city.
func (b *builder) judge(ctx context.Context, day credit.Date) error {
	desk := b.people["admin"]
	var waiting []intake.Undecided
	err := b.d.View(ctx, func(q db.Q) (err error) {
		waiting, _, err = intake.UndecidedRows(ctx, q, org.ScopeOf(desk, org.MatchJudge), "", 10_000)
		return err
	})
	if err != nil {
		return err
	}
	for i, u := range waiting {
		uscc := b.meant[credit.NormalizeName(u.Body[decisionField])]
		if uscc == "" { // of another city
			continue
		}
		err := b.d.Tx(ctx, func(q db.Q) error {
			s, err := enterprise.ByUSCC(ctx, q, uscc)
			if err != nil {
				return err
			}
			_, err = intake.Judge(ctx, q, desk, instant(day, 9, i%400), u.Pattern, s.ID, "对照处罚决定书原件。")
			return err
		})
		if err != nil {
			return fmt.Errorf("say whose %q is: %w", u.Said.Name, err)
		}
	}
	return b.settle(ctx, instant(day, 17, 0))
}

// decisionNo is the column of the number of a penalty decision, decisionField its field in the standard.
const (
	decisionNo    = 4
	decisionField = "CF_WSH"
)
