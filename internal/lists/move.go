package lists

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/db"
)

// Move makes entries those of another enterprise, which turned out to be the same; leaf says so in the log. What was known before
// that is still told of the one whose they were. Their papers keep the name to which they were issued.
func Move(ctx context.Context, q db.Q, leaf, from, into string, ids []string) error {
	for _, id := range ids {
		if _, err := q.ExecContext(ctx, `UPDATE lists_entry SET enterprise_id = $2 WHERE enterprise_id = $1 AND id = $3`, from, into, id); err != nil {
			return fmt.Errorf("lists: move %s: %w", id, err)
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO lists_moved (entry_id, leaf, was) VALUES ($1, $2, $3)`, id, leaf, from); err != nil {
			return fmt.Errorf("lists: move %s: %w", id, err)
		}
	}
	return nil
}

// BothStand returns the entries of one enterprise that stand on a list on which the other stands for the same.
func BothStand(a, b []Entry) (out []Entry) {
	for _, e := range a {
		if e.State() == Listed && slices.ContainsFunc(b, func(o Entry) bool {
			return o.State() == Listed && o.List == e.List && o.Ground == e.Ground && o.Detail == e.Detail
		}) {
			out = append(out, e)
		}
	}
	return out
}
