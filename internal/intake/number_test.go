package intake_test

import (
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
)

// TestARowIsMatchedByItsTaxNumberLast, also where its subject is registered after it: what the number holds is the organisation code.
func TestARowIsMatchedByItsTaxNumberLast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		row := func(n int, tax string) []string { return append(penalty(n, ""), "340800000000010", tax) }
		head := append(append([]string{}, penaltyHead...), "CF_XDR_GSZC", "行政相对人代码_4(税务登记号)")
		take(t, d, "enterprise", registry(1, 2))
		b := take(t, d, "penalty", file([][]string{head, row(1, "340800"+uscc(1)[8:17]), row(2, "340800"+uscc(2)[8:17])}))
		if b.Accepted != 1 || b.Unmatched != 1 {
			t.Fatalf("at first: %+v", b.Counts)
		}
		take(t, d, "enterprise", registry(2, 3))
		if err := intake.Rematch(ctx, d, clock, []string{db.Key("enterprise", uscc(2))}); err != nil {
			t.Fatal(err)
		}
		if b = get(t, d, b.ID); b.Accepted != 2 || b.Unmatched != 0 {
			t.Errorf("when the second is registered: %+v", b.Counts)
		}
	})
}
