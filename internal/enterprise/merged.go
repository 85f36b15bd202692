package enterprise

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/db"
)

// Former is a subject of the registry that turned out to be the same as another.
type Former struct{ ID, USCC, Name, Into string }

// MergedInto returns the subjects that turned out to be one of some others, in the order of their ids.
func MergedInto(ctx context.Context, q db.Q, ids []string) (out []Former, err error) {
	for part := range slices.Chunk(ids, 300) {
		var args []any
		rows, err := q.QueryContext(ctx, `SELECT id, uscc, name, merged_into FROM enterprise_gone WHERE merged_into <> '' AND merged_into IN `+
			db.In(&args, part)+` ORDER BY id`, args...)
		if err != nil {
			return nil, fmt.Errorf("enterprise: merged: %w", err)
		}
		for rows.Next() {
			var f Former
			if err := rows.Scan(&f.ID, &f.USCC, &f.Name, &f.Into); err != nil {
				_ = rows.Close()
				return nil, fmt.Errorf("enterprise: merged: %w", err)
			}
			out = append(out, f)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("enterprise: merged: %w", err)
		}
	}
	return out, nil
}

// SetMerged notes that subjects that are gone turned out to be one that is not; into "" takes that back.
func SetMerged(ctx context.Context, q db.Q, into string, ids []string) error {
	args := []any{into}
	_, err := q.ExecContext(ctx, `UPDATE enterprise_gone SET merged_into = $1 WHERE id IN `+db.In(&args, ids), args...)
	if err != nil {
		return fmt.Errorf("enterprise: merge into %s: %w", into, err)
	}
	return nil
}
