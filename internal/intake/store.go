package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/catalog"
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
	whom, err := subjects(ctx, q, kind, rows)
	if err != nil {
		return err
	}
	var good, held, told []row
	var ids []string
	for i, r := range rows {
		switch {
		case r.fate == Rejected:
			t.Rejected++
			t.lay(b, r, Rejected, 1)
		case r.fate == Held: // kept, and never matched
			t.Unmatched++
			t.lay(b, r, Held, 1)
		case whom[i].EnterpriseID == "":
			t.Unmatched++
			r.fate = Held
			r.problems = append(slices.Clone(r.problems), unknown(ident(kind, r.clean), whom[i]))
			held = append(held, r)
			t.lay(b, r, Held, 1)
		default:
			good, ids = append(good, r), append(ids, whom[i].EnterpriseID)
			if len(r.problems) > 0 {
				r.fate = Warned
				t.warned++
			}
		}
		if r.fate != "" {
			told = append(told, r)
		}
	}
	if err := accept(ctx, q, at, kind, b, good, ids, t); err != nil {
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

// accept puts good rows as records of the subjects with these ids; registrations also bring the registry up to them.
func accept(ctx context.Context, q db.Q, at time.Time, kind catalog.Kind, b Batch, rows []row, ids []string, t *tally) error {
	facts := make([]record.New, len(rows))
	for i, r := range rows {
		facts[i] = r.fact(kind, b, ids[i])
	}
	outcomes, err := record.PutAll(ctx, q, b.actor(), at, facts)
	if err != nil {
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
	for i, r := range rows {
		if outcomes[i] == record.Duplicate {
			continue // another's registration may be newer
		}
		s, err := record.Registration(ids[i], r.clean)
		if err != nil {
			return err
		}
		registered = append(registered, s.Stated(at, b.Past))
	}
	return project(ctx, q, b, registered)
}

func (c *Counts) count(outcomes []record.Outcome) {
	for _, o := range outcomes {
		switch o {
		case record.Accepted:
			c.Accepted++
		case record.Duplicate:
			c.Duplicate++
		case record.Superseded:
			c.Superseded++
		}
	}
}

// subjects finds the subject of each row that may become a record. A registration whose numbers nobody has is that of a new
// subject, for this row and the later ones of the block.
func subjects(ctx context.Context, q db.Q, kind catalog.Kind, rows []row) ([]enterprise.Matched, error) {
	ids := make([]enterprise.Ident, len(rows))
	for i, r := range rows {
		if r.fate == "" {
			ids[i] = ident(kind, r.clean)
		}
	}
	whom, err := enterprise.Match(ctx, q, ids)
	if err != nil || kind.Name != record.EnterpriseKind {
		return whom, err
	}
	fresh := map[string]string{}
	for i, r := range rows {
		if r.fate != "" || whom[i] != (enterprise.Matched{}) {
			continue
		}
		numbers := codes(ids[i])
		for _, n := range numbers {
			if id := fresh[n]; id != "" && whom[i].EnterpriseID == "" {
				whom[i].EnterpriseID = id
			}
		}
		if whom[i].EnterpriseID == "" && len(numbers) > 0 {
			whom[i].EnterpriseID = enterprise.Key(numbers[0])
		}
		for _, n := range numbers {
			if fresh[n] == "" {
				fresh[n] = whom[i].EnterpriseID
			}
		}
	}
	return whom, nil
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
	const width = 3
	var bodies, numbers []any
	for _, r := range rows {
		bodies = append(bodies, b.ID, r.no, jsonOf(r.clean))
		for _, code := range codes(ident(kind, r.clean)) {
			numbers = append(numbers, code, b.ID, r.no)
		}
	}
	for part := range slices.Chunk(bodies, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_held (batch, row_no, body) VALUES `+db.Values(len(part)/width, width), part...)
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
