package intake_test

import (
	"bytes"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

func TestAKeyForOtherKindsIsTurnedAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		by := org.Actor{Key: "k1", Department: "SCJG", Role: "key batch.submit kind:penalty"}
		_, err := intake.Receive(ctx, d, by, noon, intake.Upload{Kind: record.EnterpriseKind, Department: "SCJG", Name: "a.csv", Body: bytes.NewReader(registry(0, 1))})
		if !fault.Is(err, "org.key_of_other_kinds") || count(t, d, `SELECT COUNT(*) FROM intake_batch`) != 0 {
			t.Errorf("got %v", err)
		}
	})
}
