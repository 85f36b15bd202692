package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhixin/internal/db"
)

const (
	page    = 512                   // leaves that a follower is given at once
	breath  = 10 * time.Millisecond // the least time between two looks that found nothing
	longest = 10 * time.Second      // between two attempts at a batch that fails
)

// Follow calls fn with the numbered leaves from place from on, in order and without gaps, until ctx ends; it returns the
// reason for which ctx ended. It looks every poll, because other processes number too, and at once after a commit of
// this process. A batch that fails is logged and given again, so fn must bear to see a leaf twice.
func Follow(ctx context.Context, d *db.DB, from int64, poll time.Duration, fn func(context.Context, []Event) error) error {
	failed := time.Duration(0)
	for ctx.Err() == nil {
		changed := d.Changed()
		next, err := followOnce(ctx, d, from, fn)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			failed = min(max(2*failed, poll, breath), longest)
			slog.ErrorContext(ctx, "following the log: will try again", "from", from, "pause", failed, "err", err)
			pause(ctx, failed)
		case next == from:
			failed = 0
			pause(ctx, breath)
			wait(ctx, changed, poll)
		default:
			from, failed = next, 0
		}
	}
	return context.Cause(ctx)
}

func followOnce(ctx context.Context, d *db.DB, from int64, fn func(context.Context, []Event) error) (next int64, err error) {
	var batch []Event
	err = d.View(ctx, func(q db.Q) (err error) {
		batch, err = Read(ctx, q, from, page)
		return err
	})
	if err != nil || len(batch) == 0 {
		return from, err
	}
	if err := fn(ctx, batch); err != nil {
		return from, err
	}
	return batch[len(batch)-1].Seq + 1, nil
}

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
