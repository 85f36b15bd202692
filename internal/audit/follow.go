package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"zhixin/internal/db"
)

// Cursor returns the place that a follower called name has carried out up to, 0 for a new one.
func Cursor(ctx context.Context, q db.Q, name string) (int64, error) {
	var pos int64
	err := q.QueryRowContext(ctx, `SELECT pos FROM audit_cursor WHERE name = $1`, name).Scan(&pos)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("audit: cursor %s: %w", name, err)
	}
	return pos, nil
}

// SetCursor keeps the place of the follower called name, which never goes back, best in the transaction that carried it out.
func SetCursor(ctx context.Context, q db.Q, name string, pos int64) error {
	_, err := q.ExecContext(ctx, `INSERT INTO audit_cursor (name, pos) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET pos = excluded.pos WHERE audit_cursor.pos < excluded.pos`, name, pos)
	if err != nil {
		return fmt.Errorf("audit: set cursor %s: %w", name, err)
	}
	return nil
}
