package audit

import (
	"context"
	"fmt"

	"zhixin/internal/db"
)

// Headlines returns numbered leaves in order, from place from on, at most limit, without subject and body: what anybody may
// know of them. What is private is not even read.
func Headlines(ctx context.Context, q db.Q, from int64, limit int) ([]Event, error) {
	rows, err := q.QueryContext(ctx, `SELECT seq, id, kind, at FROM audit_leaf WHERE seq >= $1 ORDER BY seq LIMIT $2`, from, limit)
	if err != nil {
		return nil, fmt.Errorf("audit: headlines: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Event
	for rows.Next() {
		var e Event
		var at db.Time
		if err := rows.Scan(&e.Seq, &e.Leaf, &e.Kind, &at); err != nil {
			return nil, fmt.Errorf("audit: headlines: %w", err)
		}
		e.At = at.Time
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("audit: headlines: %w", err)
	}
	return out, nil
}
