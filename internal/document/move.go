package document

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/db"
)

// Move puts papers with another enterprise, which turned out to be the same. A paper itself stays as it was issued, with the name and
// code of its day.
func Move(ctx context.Context, q db.Q, from, into string, ids []string) error {
	for part := range slices.Chunk(ids, 300) {
		args := []any{from, into}
		_, err := q.ExecContext(ctx, `UPDATE document_paper SET enterprise_id = $2 WHERE enterprise_id = $1 AND id IN `+db.In(&args, part), args...)
		if err != nil {
			return fmt.Errorf("document: move to %s: %w", into, err)
		}
	}
	return nil
}
