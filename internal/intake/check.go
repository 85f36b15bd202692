package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhixin/internal/blob"
	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/intake/sheet"
)

// Check deals with a batch's rows to the end of its file. It may be killed anywhere and called again, and it may run in two
// processes at once: a row is dealt with exactly once, and rows and leaves come out the same. A file that cannot be read
// ends its batch as failed, with the reason kept; that is no error of Check. A batch that waits for a person's word is left alone.
func Check(ctx context.Context, d *db.DB, now func() time.Time, id string) error {
	b, err := view(ctx, d, id)
	if err != nil || b.State != Received && b.State != Checking {
		return err
	}
	var kind catalog.Kind
	err = d.View(ctx, func(q db.Q) (err error) {
		kind, err = catalog.Version(ctx, q, b.Kind, b.standard)
		return err
	})
	if err != nil {
		return err
	}
	f, err := blob.Open(ctx, d, b.hash)
	if err != nil {
		return fmt.Errorf("intake: file of %s: %w", id, err)
	}
	defer func() { _ = f.Close() }()
	if b.State == Received {
		if err := survey(ctx, d, now(), b, f, kind); err != nil {
			return err
		}
		if b, err = view(ctx, d, id); err != nil || b.State == Failed {
			return err
		}
	}
	t, err := openTable(f, f.Size, sheet.Limits{}, kind)
	if err != nil {
		return fmt.Errorf("intake: file of %s, which could be read before: %w", id, err)
	}
	defer func() { _ = t.rows.Close() }()
	err = d.View(ctx, func(q db.Q) (err error) {
		t.offices, err = officesOn(ctx, q, b.day())
		return err
	})
	if err != nil {
		return err
	}
	next := newFeed(ctx, t, b, b.cursor)
	defer next.close()
	return work(ctx, d, now, b, kind, next)
}

func view(ctx context.Context, d *db.DB, id string) (b Batch, err error) {
	err = d.View(ctx, func(q db.Q) (err error) {
		b, err = load(ctx, q, id)
		return err
	})
	return b, err
}

// survey reads the file once to its end before anything of it is taken.
func survey(ctx context.Context, d *db.DB, at time.Time, b Batch, f *blob.File, kind catalog.Kind) error {
	t, err := openTable(f, f.Size, sheet.Limits{}, kind)
	if err == nil {
		err = t.count(ctx)
		_ = t.rows.Close()
	}
	if why := unreadable(err); why != nil {
		b.failure = why
		return d.Tx(ctx, func(q db.Q) error { return fail(ctx, q, at, b, Received) })
	}
	if err != nil {
		return fmt.Errorf("intake: survey %s: %w", b.ID, err)
	}
	return begin(ctx, d, at, b, t)
}

// errMoved says that another process dealt with the same rows.
var errMoved = errors.New("intake: another process moved the batch on")

// work stores block after block, a stride at a time. Where a stride fails because another process was faster with the same
// rows, it goes on behind that one's.
func work(ctx context.Context, d *db.DB, now func() time.Time, b Batch, kind catalog.Kind, next *feed) error {
	learn := learnAfter
	for cursor, done := b.cursor, false; !done; {
		if cursor-b.cursor >= learn {
			if err := analyse(ctx, d); err != nil {
				return err
			}
			learn *= 4
		}
		if err := next.wait(cursor); err != nil { // outside the transaction: nobody waits for our reading
			return fmt.Errorf("intake: check %s: %w", b.ID, err)
		}
		reached := cursor
		err := d.Bulk(ctx, func(q db.Q, more func() bool) (_ bool, err error) {
			reached, done, err = stride(ctx, q, now(), b.ID, kind, next, more)
			return true, err
		})
		if err != nil {
			other, failed := view(ctx, d, b.ID)
			if failed != nil || other.cursor == cursor {
				return err
			}
			reached, done = other.cursor, other.State == Done
		}
		cursor = reached
	}
	return nil
}

// learnAfter is after how many rows PostgreSQL is first told to look at its tables again; then after four times as many,
// and so on. A new city's tables are empty when its first file begins: without this, the plans made for empty tables read
// whole tables for every block until autovacuum wakes.
const learnAfter = 1000

func analyse(ctx context.Context, d *db.DB) error {
	if d.Engine() != db.PostgreSQL {
		return nil
	}
	return d.Tx(ctx, func(q db.Q) error {
		if _, err := q.ExecContext(ctx, `ANALYZE enterprise_subject, enterprise_identifier, record_head`); err != nil {
			return fmt.Errorf("intake: analyse: %w", err)
		}
		return nil
	})
}

// stride stores the blocks that are ready, from the batch's place on, for as long as it may. It returns the place it
// reached and whether the batch is done.
func stride(ctx context.Context, q db.Q, at time.Time, id string, kind catalog.Kind, next *feed, more func() bool) (int, bool, error) {
	b, err := load(ctx, q, id)
	if err != nil || b.State != Checking {
		return b.cursor, true, err
	}
	var t tally
	cursor := b.cursor
	for first := true; cursor < b.Total && (first || more()); first = false {
		blk, err := next.at(cursor, first)
		if err != nil {
			return 0, false, err
		}
		if blk == nil && first {
			return 0, false, fmt.Errorf("intake: the file of %s ends at row %d of %d", id, cursor, b.Total)
		}
		if blk == nil {
			break
		}
		if err := put(ctx, q, at, kind, b, blk.rows, &t); err != nil {
			return 0, false, err
		}
		cursor = blk.end
	}
	moved, err := advance(ctx, q, b, t, cursor)
	if err == nil && !moved {
		err = errMoved
	}
	if err != nil || cursor < b.Total {
		return cursor, false, err
	}
	return cursor, true, finish(ctx, q, at, id)
}
