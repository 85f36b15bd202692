package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"zhixin/internal/db"
)

// Unfinished is what is still on its way in.
type Unfinished struct {
	Batches int // files that are not checked to their end
	Waiting int // files that wait for their sender's word, and may wait for ever
	Held    int // rows that wait for their subject
}

// UnfinishedOf returns what of a kind is still on its way in; of the rows that are held, those with these values.
func UnfinishedOf(ctx context.Context, q db.Q, kind string, values map[string]string) (u Unfinished, err error) {
	err = q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM intake_batch WHERE kind = $1 AND state IN ($2, $3)),
		(SELECT count(*) FROM intake_batch WHERE kind = $1 AND state = $4)`, kind, Received, Checking, Read).Scan(&u.Batches, &u.Waiting)
	if err != nil {
		return u, fmt.Errorf("intake: unfinished: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT h.body FROM intake_held h JOIN intake_batch b ON b.id = h.batch WHERE b.kind = $1`, kind)
	if err != nil {
		return u, fmt.Errorf("intake: held rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var body string
		var clean map[string]string
		if err := rows.Scan(&body); err != nil {
			return u, fmt.Errorf("intake: held rows: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &clean); err != nil {
			return u, fmt.Errorf("intake: held row: %w", err)
		}
		if has(clean, values) {
			u.Held++
		}
	}
	if err := rows.Err(); err != nil {
		return u, fmt.Errorf("intake: held rows: %w", err)
	}
	return u, nil
}

func has(clean, values map[string]string) bool {
	for k, v := range values {
		if clean[k] != v {
			return false
		}
	}
	return true
}
