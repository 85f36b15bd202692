package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Disown takes back what one row of the batch of c stated about a subject that it did not mean: the fact is withdrawn, or what was
// stated of it before holds again. Where another statement has taken its place, that stands; see [Undo]. What was disowned never
// holds again, whatever is taken back later.
func Disown(ctx context.Context, q db.Q, by credit.Actor, at time.Time, c Recall, source string, row int) (Return, error) {
	heads, err := headsOf(ctx, q, []New{{Department: c.Department, Kind: c.Kind, SourceKey: source}})
	if err != nil {
		return "", err
	}
	h, ok := heads[key{c.Department, c.Kind, source}]
	if !ok {
		return "", fault.New(fault.NotFound, "record.unknown", source)
	}
	var ids []string
	places := map[place]bool{}
	for v := range h.version {
		name := id(c.Department, c.Kind, source, v+1)
		ids, places[place{h.enterprise, name}] = append(ids, name), true
	}
	found, err := versionsOf(ctx, q, places, ids)
	if err != nil {
		return "", err
	}
	versions := found[source]
	for _, v := range versions {
		if v.Batch != c.Batch || v.Row != row {
			continue
		}
		_, err := q.ExecContext(ctx, `INSERT INTO record_disowned (record_id, at) VALUES ($1, $2) ON CONFLICT (record_id) DO NOTHING`, v.ID, db.Time{Time: at})
		if err != nil {
			return "", fmt.Errorf("record: disown: %w", err)
		}
	}
	disowned, err := disownedOf(ctx, q, ids)
	if err != nil {
		return "", err
	}
	change := Change{SourceKey: source, Head: versions[len(versions)-1]}
	change.Return, change.Former = Undo(versions, c.undone(disowned), false)
	c.Batch = change.Head.Batch
	_, err = CarryOut(ctx, q, by, at, c, []Change{change})
	return change.Return, err
}

// disownedOf returns which of these versions were disowned.
func disownedOf(ctx context.Context, q db.Q, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(ids, 300) {
		var args []any
		rows, err := q.QueryContext(ctx, `SELECT record_id FROM record_disowned WHERE record_id IN `+db.In(&args, part), args...)
		if err != nil {
			return nil, fmt.Errorf("record: disowned: %w", err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return nil, fmt.Errorf("record: disowned: %w", errors.Join(err, rows.Close()))
			}
			out[id] = true
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("record: disowned: %w", err)
		}
	}
	return out, nil
}
