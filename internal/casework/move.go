package casework

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/db"
)

// Of returns all cases of an enterprise, in the order of their ids.
func Of(ctx context.Context, q db.Q, enterpriseID string) ([]Case, error) {
	return query(ctx, q, `WHERE c.enterprise_id = $1 ORDER BY c.id`, enterpriseID)
}

// Move makes cases, with their steps, those of another enterprise, which turned out to be the same.
func Move(ctx context.Context, q db.Q, from, into string, ids []string) error {
	for part := range slices.Chunk(ids, 300) {
		args := []any{from, into}
		_, err := q.ExecContext(ctx, `UPDATE casework_case SET enterprise_id = $2 WHERE enterprise_id = $1 AND id IN `+db.In(&args, part), args...)
		if err != nil {
			return fmt.Errorf("casework: move to %s: %w", into, err)
		}
	}
	return nil
}

// BothUndecided returns the undecided cases of one enterprise about what the other has an undecided case as well.
func BothUndecided(a, b []Case) (out []Case) {
	for _, c := range a {
		if c.State.Undecided() && slices.ContainsFunc(b, func(o Case) bool { return o.State.Undecided() && o.Kind == c.Kind && o.Detail == c.Detail }) {
			out = append(out, c)
		}
	}
	return out
}
