package publicity

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/db"
	"zhixin/internal/record"
)

// HidesOf returns the hides about a subject that were not lifted.
func HidesOf(ctx context.Context, q db.Q, enterpriseID string) ([]Hidden, error) {
	return hides(ctx, q, `AND h.enterprise_id = $1`, enterpriseID)
}

// MoveHides lets hides follow what they hide to another subject: those of facts under their new keys, and pages, by the ids of their
// hides, to the page that shows the same now. What is shown to nobody is not to be shown by being moved.
func MoveHides(ctx context.Context, q db.Q, from, into string, facts []record.Moving, ids []string) error {
	for part := range slices.Chunk(ids, 300) {
		args := []any{from, into}
		_, err := q.ExecContext(ctx, `UPDATE publicity_hide SET enterprise_id = $2 WHERE enterprise_id = $1 AND id IN `+db.In(&args, part), args...)
		if err != nil {
			return fmt.Errorf("publicity: move hides to %s: %w", into, err)
		}
	}
	for _, f := range facts {
		_, err := q.ExecContext(ctx, `UPDATE publicity_hide SET enterprise_id = $1, source_key = $2 WHERE enterprise_id IN ($1, $3) AND department = $4
			AND kind = $5 AND source_key = $6`, f.Into, f.To, f.From, f.Department, f.Kind, f.Source)
		if err != nil {
			return fmt.Errorf("publicity: move hides to %s: %w", into, err)
		}
	}
	return nil
}
