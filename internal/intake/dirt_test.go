package intake_test

import (
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
)

// said returns the codes of what is said about the rows of a batch, by row.
func said(t testing.TB, d *db.DB, id string) map[int][]string {
	t.Helper()
	out := map[int][]string{}
	err := d.View(ctx, func(q db.Q) error {
		page, err := intake.ProblemsPage(ctx, q, everyone, id, 0, 1000)
		for _, r := range page {
			for _, p := range r.Problems {
				out[r.Row] = append(out[r.Row], p.Field+" "+p.Code)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAmountOutOfTextIsTakenWithAWarning(t *testing.T) {
	worded, capitals := penalty(1, uscc(1)), penalty(2, uscc(2))
	worded[10], capitals[10] = "罚款人民币叁仟元（3000元）", "叁仟元整"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, worded, capitals}))
		if b.Accepted != 2 {
			t.Fatalf("%s %v %+v: %v", b.State, b.Failure(), b.Counts, said(t, d, b.ID))
		}
		if got := said(t, d, b.ID); len(got) != 1 || len(got[2]) != 1 || got[2][0] != "CF_NR_FK catalog.amount_worded" {
			t.Errorf("%v", got)
		}
	})
}
