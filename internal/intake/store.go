package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/record"
)

// tally is what dealing with rows adds to a batch.
type tally struct {
	Counts
	warned, listed, unlisted int
	past                     map[bin]weight // of past batches
}

// put deals with the rows of one block: the good ones become records, the others are kept with what is wrong.
func put(ctx context.Context, q db.Q, at time.Time, kind catalog.Kind, b Batch, rows []row, t *tally) error {
	who, err := identify(ctx, q, kind, b.Department, rows)
	if err != nil {
		return err
	}
	if err := remark(ctx, q, kind, rows, who); err != nil {
		return err
	}
	var good, held, told []row
	var found []whom
	for i, r := range rows {
		switch {
		case r.fate == Rejected:
			t.Rejected++
			t.lay(b, r, Rejected, 1)
		case r.fate == Held: // kept, and never matched
			t.Unmatched++
			t.lay(b, r, Held, 1)
		case who[i].id == "":
			t.Unmatched++
			r.fate = Held
			r.problems = append(slices.Clone(r.problems), who[i].why)
			held = append(held, r)
			t.lay(b, r, Held, 1)
		default:
			good, found = append(good, r), append(found, who[i])
			if len(r.problems) > 0 {
				r.fate = Warned
				t.warned++
			}
		}
		if r.fate != "" {
			told = append(told, r)
		}
	}
	if err := accept(ctx, q, at, kind, b, good, found, t); err != nil {
		return err
	}
	if err := hold(ctx, q, kind, b, held); err != nil {
		return err
	}
	if err := keepExtra(ctx, q, b, held); err != nil {
		return err
	}
	return tell(ctx, q, b, told, t)
}

// accept puts good rows as records of the subjects whom they are about; registrations also bring the registry up to them.
func accept(ctx context.Context, q db.Q, at time.Time, kind catalog.Kind, b Batch, rows []row, who []whom, t *tally) error {
	former, err := formersOf(ctx, q, kind, who)
	if err != nil {
		return err
	}
	facts := make([]record.New, len(rows))
	for i, r := range rows {
		facts[i] = r.fact(kind, b, who[i].id)
		if len(former) > 0 {
			facts[i].SourceKey = former.keyed(who[i].id, ident(kind, r.clean))
		}
	}
	outcomes, err := record.PutAll(ctx, q, b.actor(), at, facts)
	if err != nil {
		return err
	}
	if err := remember(ctx, q, b, rows, who, facts, outcomes); err != nil {
		return err
	}
	t.count(outcomes)
	var said []row
	for i, r := range rows {
		t.lay(b, r, Fate(outcomes[i]), 1)
		if outcomes[i] != record.Duplicate {
			said = append(said, r)
		}
	}
	if err := keepExtra(ctx, q, b, said); err != nil {
		return err
	}
	if kind.Name != record.EnterpriseKind {
		return nil
	}
	var registered []enterprise.Subject
	var anew []string
	for i, r := range rows {
		if outcomes[i] == record.Duplicate {
			continue // another's registration may be newer
		}
		if former.of(who[i].id) { // what is stated of it may be older than what is known
			anew = append(anew, who[i].id)
			continue
		}
		s, err := record.Registration(who[i].id, r.clean)
		if err != nil {
			return err
		}
		registered = append(registered, s.Stated(at, b.Past))
	}
	if err := project(ctx, q, b, registered); err != nil || len(anew) == 0 {
		return err
	}
	return reproject(ctx, q, anew)
}

func (c *Counts) count(outcomes []record.Outcome) {
	for _, o := range outcomes {
		c.add(o, 1)
	}
}

func (c *Counts) add(o record.Outcome, n int) {
	switch o {
	case record.Accepted:
		c.Accepted += n
	case record.Duplicate:
		c.Duplicate += n
	case record.Superseded:
		c.Superseded += n
	}
}

// tell keeps the rows about which there is something to say. Of a file that is wrong throughout only the first are kept; rows
// that are held are always.
func tell(ctx context.Context, q db.Q, b Batch, rows []row, t *tally) error {
	const width = 5
	var values []any
	for _, r := range rows {
		if r.fate != Held {
			if b.Listed+t.listed >= ProblemLimit {
				t.unlisted++
				continue
			}
			t.listed++
		}
		values = append(values, b.ID, r.no, r.fate, jsonOf(r.problems), jsonOf(r.cells))
	}
	for part := range slices.Chunk(values, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_problem (batch, row_no, fate, problems, cells) VALUES `+
			db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("intake: problems: %w", err)
		}
	}
	return nil
}

// hold keeps good rows until their subject is known.
func hold(ctx context.Context, q db.Q, kind catalog.Kind, b Batch, rows []row) error {
	const bodyWidth, width = 5, 3
	var bodies, numbers []any
	for _, r := range rows {
		id := ident(kind, r.clean)
		bodies = append(bodies, b.ID, r.no, jsonOf(r.clean), credit.NormalizeName(id.Name), pattern(id, b.Department))
		for _, code := range codes(id) {
			numbers = append(numbers, code, b.ID, r.no)
		}
	}
	for part := range slices.Chunk(bodies, 100*bodyWidth) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_held (batch, row_no, body, norm, pattern) VALUES `+db.Values(len(part)/bodyWidth, bodyWidth), part...)
		if err != nil {
			return fmt.Errorf("intake: hold: %w", err)
		}
	}
	for part := range slices.Chunk(numbers, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_held_code (value, batch, row_no) VALUES `+db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("intake: hold: %w", err)
		}
	}
	return nil
}

// advance adds t to the batch and moves its place from b's to cursor. It reports false where another process has moved it.
func advance(ctx context.Context, q db.Q, b Batch, t tally, cursor int) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE intake_batch SET cursor = $3, accepted = accepted + $4, duplicate = duplicate + $5,
		superseded = superseded + $6, rejected = rejected + $7, unmatched = unmatched + $8, listed = listed + $9, unlisted = unlisted + $10, warned = warned + $11
		WHERE id = $1 AND cursor = $2`, b.ID, b.cursor, cursor, t.Accepted, t.Duplicate, t.Superseded, t.Rejected, t.Unmatched, t.listed,
		t.unlisted, t.warned)
	if err != nil {
		return false, fmt.Errorf("intake: advance %s: %w", b.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	return true, pile(ctx, q, b.ID, t.past)
}
