package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/jobs"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// RecallJob is the kind of job that takes a batch back; its argument is the batch's id, its handler calls [Recall].
const RecallJob = "intake.recall"

// The leaves of a recall; their subject is the batch's id.
const (
	RecallAskedLeaf = "batch.recall_asked"
	RecalledLeaf    = "batch.recalled"
)

// The places of a recall in its batch. Between them it is the row up to which the records were taken back.
const (
	heldFirst = -1
	noRows    = 0
)

// Recalled is the recall of a batch, and how far it is.
type Recalled struct {
	Batch, By, Reason string // By is the id of the person
	At, Finished      time.Time
	Row, Total        int                   // how far it is in the rows of the file
	Facts             map[record.Return]int // what became of the facts dealt with so far
	Forgotten         int                   // rows that waited for their subject
}

// Percent returns how far the recall is.
func (r Recalled) Percent() int {
	if !r.Finished.IsZero() {
		return 100
	}
	return min(99, 100*max(r.Row, 0)/max(r.Total, 1))
}

// Sure returns what who recalls a batch has to type: the beginning of its number, which nobody types by mistake.
func (b Batch) Sure() string { return b.ID[:min(6, len(b.ID))] }

// AskRecall takes a whole batch back, in the name of the department that sent it: from now on it counts for nothing, and the job
// that it asks for undoes row by row what it stated. It burdens nobody but can lift what burdens, so it is a right of its own.
func AskRecall(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason, typed string) error {
	b, err := Get(ctx, q, org.ScopeOf(by, org.BatchRead), id)
	if err != nil {
		return err
	}
	if err := org.May(by, org.BatchRecall, b.Department, ""); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case b.State == Recalling || b.State == TakenBack:
		return fault.New(fault.Conflict, "intake.recalled_already")
	case b.State != Done:
		return fault.New(fault.Conflict, "intake.recall_unfinished")
	case reason == "":
		return fault.New(fault.Invalid, "intake.recall_reason")
	case !strings.EqualFold(strings.TrimSpace(typed), b.Sure()):
		return fault.New(fault.Invalid, "intake.recall_unsure", b.Sure())
	}
	if _, err := q.ExecContext(ctx, `UPDATE intake_batch SET state = $2 WHERE id = $1`, id, Recalling); err != nil {
		return fmt.Errorf("intake: recall %s: %w", id, err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO intake_recall (batch, person, reason, at, finished_at, row_no, cleared, restored, kept, gone, forgotten)
		VALUES ($1, $2, $3, $4, NULL, $5, 0, 0, 0, 0, 0)`, id, by.User, reason, db.Time{Time: at}, heldFirst)
	if err != nil {
		return fmt.Errorf("intake: recall %s: %w", id, err)
	}
	if err := record.MarkRecalled(ctx, q, at, id); err != nil {
		return err
	}
	if _, err := audit.Add(ctx, q, by, at, RecallAskedLeaf, id, map[string]string{"department": b.Department, "kind": b.Kind, "reason": reason}); err != nil {
		return err
	}
	return jobs.Add(ctx, q, at, RecallJob, id)
}

// RecallOf returns the recall of a batch; without one fault intake.not_recalled.
func RecallOf(ctx context.Context, q db.Q, id string) (r Recalled, err error) {
	var at, finished db.Time
	var cleared, restored, kept, gone int
	err = q.QueryRowContext(ctx, `SELECT r.batch, r.person, r.reason, r.at, r.finished_at, r.row_no, b.total, r.cleared, r.restored, r.kept, r.gone,
		r.forgotten FROM intake_recall r JOIN intake_batch b ON b.id = r.batch WHERE r.batch = $1`, id).Scan(&r.Batch, &r.By, &r.Reason, &at,
		&finished, &r.Row, &r.Total, &cleared, &restored, &kept, &gone, &r.Forgotten)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.NotFound, "intake.not_recalled", id)
	}
	if err != nil {
		return r, fmt.Errorf("intake: recall of %s: %w", id, err)
	}
	r.At, r.Finished = at.Time, finished.Time
	r.Facts = map[record.Return]int{record.Cleared: cleared, record.Restored: restored, record.Kept: kept, record.Gone: gone}
	return r, nil
}

// Recall takes a batch back to its end, in strides. It may be killed anywhere and called again, and it may run in two processes
// at once: each stride keeps its place, and what was undone is found undone.
func Recall(ctx context.Context, d *db.DB, now func() time.Time, id string) error {
	return d.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
		b, err := load(ctx, q, id)
		if err != nil || b.State != Recalling {
			return true, err
		}
		r, err := RecallOf(ctx, q, id)
		if err != nil {
			return false, err
		}
		c, err := recallOf(ctx, q, b, r.Reason)
		if err != nil {
			return false, err
		}
		for more() {
			done, err := r.step(ctx, q, now(), b, c)
			if err != nil {
				return false, err
			}
			if done {
				return true, r.finish(ctx, q, now(), b)
			}
		}
		return false, r.keep(ctx, q)
	})
}

// recallOf returns what package record has to know of the recall of b.
func recallOf(ctx context.Context, q db.Q, b Batch, reason string) (record.Recall, error) {
	c, err := batchesOf(ctx, q, b.Department, b.Kind, reason)
	c.Batch, c.Place, c.Recalled[b.ID] = b.ID, b.stated(), true
	return c, err
}

// batchesOf is [recallOf] for no batch of this department and kind yet.
func batchesOf(ctx context.Context, q db.Q, department, kind, reason string) (record.Recall, error) {
	c := record.Recall{Department: department, Kind: kind, Reason: reason, Places: map[string]string{}, Recalled: map[string]bool{}}
	rows, err := q.QueryContext(ctx, `SELECT id, place, state, takeover, past FROM intake_batch WHERE department = $1 AND kind = $2 ORDER BY id`, department, kind)
	if err != nil {
		return c, fmt.Errorf("intake: batches of %s: %w", department, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var other Batch
		if err := rows.Scan(&other.ID, &other.Place, &other.State, &other.Takeover, &other.Past); err != nil {
			return c, fmt.Errorf("intake: batches of %s: %w", department, err)
		}
		c.Places[other.ID] = other.stated()
		if other.State == Recalling || other.State == TakenBack {
			c.Recalled[other.ID] = true
		}
	}
	if err := rows.Err(); err != nil {
		return c, fmt.Errorf("intake: batches of %s: %w", department, err)
	}
	return c, nil
}

// recallRows is how many rows are taken back at a time.
const recallRows = 50

// step takes the next rows back and says whether nothing is left.
func (r *Recalled) step(ctx context.Context, q db.Q, at time.Time, b Batch, c record.Recall) (done bool, err error) {
	if r.Row == heldFirst { // first, so that none of them becomes a record behind our back
		n, err := forgetHeld(ctx, q, b.ID)
		r.Forgotten += n
		if n == 0 {
			r.Row = noRows
		}
		return false, err
	}
	changes, last, err := record.PlanRecall(ctx, q, c, r.Row, recallRows)
	if err != nil {
		return false, err
	}
	if last == 0 {
		if changes, err = record.PlanRest(ctx, q, c, recallRows); err != nil || len(changes) == 0 {
			return err == nil, err
		}
		last = r.Row
	}
	whom, err := record.CarryOut(ctx, q, recaller(b), at, c, changes)
	if err != nil {
		return false, err
	}
	for _, ch := range changes {
		r.Facts[ch.Return]++
	}
	r.Row = last
	if b.Kind != record.EnterpriseKind {
		return false, nil
	}
	for _, ch := range changes { // also where a later batch holds: what was stated in between had never been
		whom = append(whom, ch.Head.EnterpriseID)
	}
	slices.Sort(whom)
	return false, reproject(ctx, q, slices.Compact(whom))
}

// recaller is who undoes a batch: the recall, for the department.
func recaller(b Batch) org.Actor {
	by := b.actor()
	by.Duty = RecallJob
	return by
}

// forgetHeld drops some of the rows of a batch that wait for their subject; that they came, and why they waited, stays told.
func forgetHeld(ctx context.Context, q db.Q, batch string) (int, error) {
	held, err := heldNumbers(ctx, q, batch)
	if err != nil || len(held) == 0 {
		return 0, err
	}
	for _, statement := range []string{
		`DELETE FROM intake_held WHERE batch = $1 AND row_no IN `,
		`DELETE FROM intake_held_code WHERE batch = $1 AND row_no IN `,
		`DELETE FROM intake_extra WHERE batch = $1 AND row_no IN `,
	} {
		args := []any{batch}
		in := db.In(&args, held)
		if _, err := q.ExecContext(ctx, statement+in, args...); err != nil {
			return 0, fmt.Errorf("intake: forget held rows: %w", err)
		}
	}
	return len(held), nil
}

func heldNumbers(ctx context.Context, q db.Q, batch string) (out []int, err error) {
	rows, err := q.QueryContext(ctx, `SELECT row_no FROM intake_held WHERE batch = $1 ORDER BY row_no LIMIT $2`, batch, recallRows)
	if err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("intake: held rows: %w", err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	return out, nil
}

// reproject brings the registry back to the registrations that are left of these subjects.
func reproject(ctx context.Context, q db.Q, ids []string) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	registered, err := record.Registered(ctx, q, ids)
	if err != nil {
		return err
	}
	return enterprise.Rebuild(ctx, q, ids, registered)
}

// keep keeps the place of a recall.
func (r *Recalled) keep(ctx context.Context, q db.Q) error {
	_, err := q.ExecContext(ctx, `UPDATE intake_recall SET row_no = $2, cleared = $3, restored = $4, kept = $5, gone = $6, forgotten = $7,
		finished_at = $8 WHERE batch = $1`, r.Batch, r.Row, r.Facts[record.Cleared], r.Facts[record.Restored], r.Facts[record.Kept],
		r.Facts[record.Gone], r.Forgotten, db.Time{Time: r.Finished})
	if err != nil {
		return fmt.Errorf("intake: recall %s: %w", r.Batch, err)
	}
	return nil
}

func (r *Recalled) finish(ctx context.Context, q db.Q, at time.Time, b Batch) error {
	r.Finished = at
	if err := r.keep(ctx, q); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, `UPDATE intake_batch SET state = $2 WHERE id = $1`, b.ID, TakenBack); err != nil {
		return fmt.Errorf("intake: recall %s: %w", b.ID, err)
	}
	said := map[string]int{"forgotten": r.Forgotten}
	for _, k := range slices.Sorted(maps.Keys(r.Facts)) {
		said[string(k)] = r.Facts[k]
	}
	_, err := audit.Add(ctx, q, recaller(b), at, RecalledLeaf, b.ID, said)
	return err
}

// Touched is what a batch has stated, as a preview of its recall.
type Touched struct {
	Facts   map[record.Return]int
	Held    int
	Changes []record.Change // all of them, with the versions that would go
}

// PreviewRecall returns what the recall of a batch would do to its facts. It changes nothing.
func PreviewRecall(ctx context.Context, q db.Q, b Batch) (Touched, error) {
	t := Touched{Facts: map[record.Return]int{}}
	c, err := recallOf(ctx, q, b, "")
	if err != nil {
		return t, err
	}
	seen := map[string]bool{}
	for after := 0; ; {
		changes, last, err := record.PlanRecall(ctx, q, c, after, 200)
		if err != nil {
			return t, err
		}
		if last == 0 {
			break
		}
		after = last
		for _, ch := range changes {
			if !seen[ch.SourceKey] {
				seen[ch.SourceKey] = true
				t.Facts[ch.Return]++
				t.Changes = append(t.Changes, ch)
			}
		}
	}
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM intake_held WHERE batch = $1`, b.ID).Scan(&t.Held); err != nil {
		return t, fmt.Errorf("intake: held rows: %w", err)
	}
	return t, nil
}
