package intake

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/blob"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/jobs"
	"zhixin/internal/org"
)

// Receive takes in a file: it keeps it, writes the batch with its leaf, and asks for its check. When it returns, the file is
// safe. The same file sent again is the same batch, with Resent set, and nothing is doubled: under the same idempotency key,
// or, without one, with the same content while nothing else of its kind has come from the department since. After that it is
// a new statement: what was so before is so again. A batch that failed is checked once more.
//
// With Confirm the file is read as far as its first rows and then waits, see [Confirm]. Sent again without, it waits no longer.
func Receive(ctx context.Context, d *db.DB, by org.Actor, at time.Time, u Upload) (Batch, error) {
	if err := org.May(by, org.BatchSubmit, u.Department, ""); err != nil {
		return Batch{}, err
	}
	if err := org.MaySend(by, u.Kind); err != nil {
		return Batch{}, err
	}
	var kind catalog.Kind
	var from Legacy
	err := d.View(ctx, func(q db.Q) (err error) {
		set, err := catalog.Load(ctx, q)
		if err != nil {
			return err
		}
		if kind, err = set.Of(u.Kind); err != nil {
			return err
		}
		if err := mayState(ctx, q, kind, u.Department, credit.DateOf(at)); err != nil || u.Takeover == "" {
			return err
		}
		from, err = openLegacy(ctx, q, u.Takeover, u.Department)
		return err
	})
	if err != nil {
		return Batch{}, err
	}
	if len(u.IdempotencyKey) > 200 {
		return Batch{}, fault.New(fault.Invalid, "intake.key_too_long", 200)
	}
	ref, err := blob.Put(ctx, d, u.Body, FileLimit)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Kind: u.Kind, Department: u.Department, Name: fileName(u.Name), State: Received,
		Sender: by.Who(), Size: ref.Size, ReceivedAt: at, Total: -1, hash: ref.Hash, key: u.IdempotencyKey, standard: kind.Version(),
		Takeover: from.ID, Past: from.Day}
	var seen *first
	if u.Confirm {
		if seen, err = look(ctx, d, kind, b, cmp.Or(u.Look, LookTime)); err != nil {
			return Batch{}, err
		}
		b.State = Read
	}
	err = d.Tx(ctx, func(q db.Q) (err error) {
		var stored Batch
		if stored, err = register(ctx, q, by, at, b, seen); err == nil {
			b = stored
		}
		return err
	})
	return b, err
}

// register stores a batch that is new, and returns the one that was there before otherwise. seen is what was read of one that
// is to wait.
func register(ctx context.Context, q db.Q, by org.Actor, at time.Time, b Batch, seen *first) (Batch, error) {
	if b.Takeover != "" { // once more: while the file came it may have been closed
		if _, err := openLegacy(ctx, q, b.Takeover, b.Department); err != nil {
			return Batch{}, err
		}
	}
	had, same, err := sentBefore(ctx, q, b)
	switch {
	case err != nil:
		return Batch{}, fmt.Errorf("intake: receive: %w", err)
	case same && (had.hash != b.hash || had.Kind != b.Kind || had.Takeover != b.Takeover):
		return Batch{}, fault.New(fault.Conflict, "intake.key_reused", b.key)
	case same && had.State == Failed:
		had.standard = b.standard // by which it was looked at just now
		return again(ctx, q, by, at, had, seen)
	case same && had.State == Read && seen == nil:
		had.Resent = true
		return takeIn(ctx, q, by, at, had)
	case same && had.State != Received && had.State != Checking:
		had.Resent = true
		return had, nil
	case same:
		had.Resent = true
		return had, jobs.Add(ctx, q, at, CheckJob, had.ID)
	}
	if b.ID, err = newID(ctx, q, b); err != nil {
		return Batch{}, err
	}
	b.Place = q.ID(at)
	_, err = q.ExecContext(ctx, `INSERT INTO intake_batch (id, place, kind, standard, department, name, sender, sender_key, hash, size, received_at, state,
		total, cursor, accepted, duplicate, superseded, rejected, unmatched, warned, listed, unlisted, header, notes, code, args, takeover, past)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]', '', '[]', $13, $14)`,
		b.ID, b.Place, b.Kind, b.standard, b.Department, b.Name, b.Sender, b.key, b.hash, b.Size, db.Time{Time: at}, b.State,
		b.Takeover, b.Past)
	if err != nil {
		return Batch{}, fmt.Errorf("intake: receive: %w", err)
	}
	return ask(ctx, q, by, at, b, seen)
}

// ask puts the leaf of a receipt and asks for what comes next: a person's word where something was seen of the file, the check
// otherwise. It returns the batch as it then is.
func ask(ctx context.Context, q db.Q, by org.Actor, at time.Time, b Batch, seen *first) (Batch, error) {
	_, err := audit.Add(ctx, q, by, at, ReceivedLeaf, b.ID, b.said())
	switch {
	case err != nil:
		return b, err
	case seen == nil:
		return b, jobs.Add(ctx, q, at, CheckJob, b.ID)
	case seen.why != nil:
		b.State, b.failure, b.Finished = Failed, seen.why, at
		return b, fail(ctx, q, at, b, Read)
	}
	return b, keep(ctx, q, b.ID, seen.Preview)
}

// said is what leaves say of a file that came.
func (b Batch) said() map[string]string {
	said := map[string]string{"kind": b.Kind, "department": b.Department, "sha256": b.hash, "size": strconv.FormatInt(b.Size, 10)}
	if b.Takeover != "" {
		said["takeover"] = b.Takeover
	}
	return said
}

// again receives a batch that failed once more. Nothing of it was taken, so it is stated now and not when it first came.
func again(ctx context.Context, q db.Q, by org.Actor, at time.Time, b Batch, seen *first) (Batch, error) {
	b.Place, b.ReceivedAt, b.State, b.Sender, b.failure, b.Finished = q.IDAfter(at, b.Place), at, Received, by.Who(), nil, time.Time{}
	if b.Resent = true; seen != nil {
		b.State = Read
	}
	_, err := q.ExecContext(ctx, `UPDATE intake_batch SET place = $2, received_at = $3, state = $4, sender = $5, standard = $6, code = '',
		args = '[]', finished_at = NULL WHERE id = $1`, b.ID, b.Place, db.Time{Time: at}, b.State, b.Sender, b.standard)
	if err != nil {
		return Batch{}, fmt.Errorf("intake: receive %s again: %w", b.ID, err)
	}
	return ask(ctx, q, by, at, b, seen)
}

// sentBefore returns the batch that b is again, where there is one: with its idempotency key, under whatever kind; without
// one, the last with its content, unless that is done and others came after it.
func sentBefore(ctx context.Context, q db.Q, b Batch) (had Batch, same bool, err error) {
	if b.key != "" {
		err = had.scan(q.QueryRowContext(ctx, `SELECT `+batchCols+` FROM intake_batch WHERE department = $1 AND sender_key = $2
			AND sender_key <> ''`, b.Department, b.key))
	} else {
		err = had.scan(q.QueryRowContext(ctx, `SELECT `+batchCols+` FROM intake_batch WHERE department = $1 AND kind = $2 AND hash = $3
			AND sender_key = '' AND takeover = $4 ORDER BY place DESC LIMIT 1`, b.Department, b.Kind, b.hash, b.Takeover))
	}
	if errors.Is(err, sql.ErrNoRows) {
		return Batch{}, false, nil
	}
	if err == nil && b.key == "" && (had.State == Recalling || had.State == TakenBack || had.State == Discarded) {
		return Batch{}, false, nil // what was taken back, or never taken, may be stated anew
	}
	if err != nil || b.key != "" || had.State != Done {
		return had, err == nil, err
	}
	var later int
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM intake_batch WHERE department = $1 AND kind = $2 AND place > $3
		AND state NOT IN ($4, $5, $6) AND takeover = $7 LIMIT 1) l`, had.Department, had.Kind, had.Place, Failed, Read, Discarded, had.Takeover).Scan(&later)
	if err != nil || later > 0 {
		return had, false, err
	}
	// Where something was taken back behind it, what it said may not hold any more.
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM intake_recall x JOIN intake_batch b ON b.id = x.batch
		WHERE b.department = $1 AND b.kind = $2 AND x.at > $3`, had.Department, had.Kind, db.Time{Time: had.Finished}).Scan(&later)
	return had, err == nil && later == 0, err
}

// newID returns the id of a batch that is new. It follows from what was sent, so two who send the same at once make one.
func newID(ctx context.Context, q db.Q, b Batch) (string, error) {
	if b.key != "" {
		return db.Key("batch", b.Department, b.Kind, "key "+b.key), nil
	}
	var before int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM intake_batch WHERE department = $1 AND kind = $2 AND hash = $3 AND sender_key = ''`,
		b.Department, b.Kind, b.hash).Scan(&before)
	if err != nil {
		return "", fmt.Errorf("intake: receive: %w", err)
	}
	return db.Key("batch", b.Department, b.Kind, "content "+b.hash, strconv.Itoa(before)), nil
}

// Get returns a batch; one outside the scope is not there.
func Get(ctx context.Context, q db.Q, scope org.Scope, id string) (Batch, error) {
	args := []any{id}
	return one(ctx, q, id, scope.Where(&args, "department", ""), args)
}

func load(ctx context.Context, q db.Q, id string) (Batch, error) {
	return one(ctx, q, id, "(1=1)", []any{id})
}

func one(ctx context.Context, q db.Q, id, where string, args []any) (b Batch, err error) {
	err = b.scan(q.QueryRowContext(ctx, `SELECT `+batchCols+` FROM intake_batch WHERE id = $1 AND `+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return b, fault.New(fault.NotFound, "intake.no_batch", id)
	}
	if err != nil {
		return b, fmt.Errorf("intake: batch %s: %w", id, err)
	}
	return b, nil
}

// List returns up to limit batches in the scope, the newest first; after is the Place of the last one that was shown, "" at
// the beginning. Their headers and notes are left out.
func List(ctx context.Context, q db.Q, scope org.Scope, after string, limit int) ([]Batch, error) {
	args := []any{limit}
	where := scope.Where(&args, "department", "")
	if after != "" {
		args = append(args, after)
		where += " AND place < $" + strconv.Itoa(len(args))
	}
	return list(ctx, q, where, args)
}

func list(ctx context.Context, q db.Q, where string, args []any) ([]Batch, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+listCols+` FROM intake_batch WHERE `+where+` ORDER BY place DESC LIMIT $1`, args...)
	if err != nil {
		return nil, fmt.Errorf("intake: list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Batch
	for rows.Next() {
		var b Batch
		if err := b.scan(rows); err != nil {
			return nil, fmt.Errorf("intake: list: %w", err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: list: %w", err)
	}
	return out, nil
}

// fail ends a batch whose file cannot be read, unless it is no longer in the state from. Nothing of it has been taken: the whole
// file is read before any row is.
func fail(ctx context.Context, q db.Q, at time.Time, b Batch, from State) error {
	why := b.failure
	res, err := q.ExecContext(ctx, `UPDATE intake_batch SET state = $2, code = $3, args = $4, finished_at = $5 WHERE id = $1 AND state = $6`,
		b.ID, Failed, why.Code, jsonOf(args(why.Args)), db.Time{Time: at}, from)
	if err != nil {
		return fmt.Errorf("intake: fail %s: %w", b.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // another process was faster
	}
	_, err = audit.Add(ctx, q, b.actor(), at, FailedLeaf, b.ID, map[string]string{"code": why.Code})
	return err
}

// begin notes what counting the rows of a file found, so that checking can start.
func begin(ctx context.Context, d *db.DB, at time.Time, b Batch, t *table) error {
	return d.Tx(ctx, func(q db.Q) error {
		_, err := q.ExecContext(ctx, `UPDATE intake_batch SET state = $2, total = $3, header = $4, notes = $5, started_at = $6
			WHERE id = $1 AND state = $7`, b.ID, Checking, t.total, jsonOf(t.header), jsonOf(notesOf(t.notes)), db.Time{Time: at}, Received)
		if err != nil {
			return fmt.Errorf("intake: begin %s: %w", b.ID, err)
		}
		return nil
	})
}

// finish ends a batch whose rows are all dealt with.
func finish(ctx context.Context, q db.Q, at time.Time, id string) error {
	_, err := q.ExecContext(ctx, `UPDATE intake_batch SET state = $2, finished_at = $3 WHERE id = $1`, id, Done, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("intake: finish %s: %w", id, err)
	}
	b, err := load(ctx, q, id)
	if err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, b.actor(), at, CheckedLeaf, id, map[string]int{"received": b.Received, "accepted": b.Accepted,
		"duplicate": b.Duplicate, "superseded": b.Superseded, "rejected": b.Rejected, "unmatched": b.Unmatched})
	return err
}

// day returns the day that counts for checks: that of the batch's arrival, so that going on tomorrow gives the same.
func (b Batch) day() credit.Date { return credit.DateOf(b.ReceivedAt) }
