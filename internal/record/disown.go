package record

import (
	"context"
	"fmt"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Disown takes back what one row of a batch stated about a subject that it did not mean: the fact is withdrawn, or what was stated
// of it before holds again. Where a later statement has taken its place, that stands; see [Undo].
func Disown(ctx context.Context, q db.Q, by credit.Actor, at time.Time, department, kind, source, batch string, row int, reason string) (Return, error) {
	heads, err := headsOf(ctx, q, []New{{Department: department, Kind: kind, SourceKey: source}})
	if err != nil {
		return "", err
	}
	h, ok := heads[key{department, kind, source}]
	if !ok {
		return "", fault.New(fault.NotFound, "record.unknown", source)
	}
	var ids []string
	places := map[place]bool{}
	for v := range h.version {
		name := id(department, kind, source, v+1)
		ids, places[place{h.enterprise, name}] = append(ids, name), true
	}
	found, err := versionsOf(ctx, q, places, ids)
	if err != nil {
		return "", err
	}
	versions := found[source]
	head := versions[len(versions)-1]
	if head.Batch != batch || head.Row != row {
		return Kept, nil
	}
	c := Recall{Batch: batch, Department: department, Kind: kind, Reason: reason, Recalled: map[string]bool{batch: true}}
	for _, v := range versions {
		if c.Recalled[v.Batch] {
			continue
		}
		var n int
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM record_recalled WHERE batch = $1`, v.Batch).Scan(&n); err != nil {
			return "", fmt.Errorf("record: disown: %w", err)
		}
		c.Recalled[v.Batch] = n > 0
	}
	change := Change{SourceKey: source, Head: head}
	change.Return, change.Former = Undo(versions, c.Recalled, false)
	_, err = CarryOut(ctx, q, by, at, c, []Change{change})
	return change.Return, err
}
