package enterprise_test

import (
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
)

func TestABranchFindsItsHeadOfficeWheneverThatIsRegistered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		branch := enterprise.Subject{ID: "b", USCC: stove, Name: "长江船舶迎江分公司", Kind: credit.Branch, Parent: " 91340800-ma2x00019q"}
		put(t, d, branch)
		head := func() (name string) {
			view(t, d, func(q db.Q) error {
				b, err := enterprise.ByID(t.Context(), q, "b")
				if err != nil {
					return err
				}
				h, known, err := enterprise.HeadOf(t.Context(), q, b)
				if known {
					name = h.Name
				}
				return err
			})
			return name
		}
		if got := head(); got != "" {
			t.Errorf("before it is registered: %s", got)
		}
		put(t, d, enterprise.Subject{ID: "h", USCC: ship, Name: "长江船舶", Kind: credit.Enterprise})
		if got := head(); got != "长江船舶" {
			t.Errorf("after: %q", got)
		}
		put(t, d, enterprise.Subject{ID: "h", USCC: tea, Name: "长江船舶", Kind: credit.Enterprise, Parent: tea}) // another code, and itself
		view(t, d, func(q db.Q) error {
			all, err := enterprise.BranchesOf(t.Context(), q, "h", 10)
			if len(all) != 1 || all[0].ID != "b" {
				t.Errorf("branches: %+v", all)
			}
			return err
		})
	})
}
