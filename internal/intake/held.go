package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
)

// place is where a row stands.
type place struct {
	came, batch string // came orders batches by when they were sent
	row         int
}

// Rematch looks for the rows that are held because these subjects were not known, and puts those that are found as records. It
// is called when registrations of the subjects came. What is looked through is only the held rows that have one of their numbers.
func Rematch(ctx context.Context, d *db.DB, now func() time.Time, ids []string) error {
	for some := range slices.Chunk(ids, 200) {
		if err := rematch(ctx, d, now, some); err != nil {
			return err
		}
	}
	return nil
}

func rematch(ctx context.Context, d *db.DB, now func() time.Time, ids []string) error {
	for after := (place{}); ; {
		var found []place
		err := d.View(ctx, func(q db.Q) (err error) {
			found, err = candidates(ctx, q, ids, after)
			return err
		})
		if err != nil || len(found) == 0 {
			return err
		}
		err = d.Tx(ctx, func(q db.Q) error { return release(ctx, q, now(), found) })
		if err != nil {
			return fmt.Errorf("intake: match held rows of %s again: %w", found[0].batch, err)
		}
		after = found[len(found)-1]
	}
}

// candidates returns the next held rows of one batch, at most a block, that have a number of one of the subjects; what was sent
// first comes first.
func candidates(ctx context.Context, q db.Q, ids []string, after place) ([]place, error) {
	query, args := candidatesOf(ids, after)
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.came, &p.batch, &p.row); err != nil {
			return nil, fmt.Errorf("intake: held rows: %w", err)
		}
		if len(out) > 0 && out[0].batch != p.batch {
			break
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	return out, nil
}

// candidatesOf goes from the subjects to their numbers to the rows: by indexes, whatever else is held or registered.
func candidatesOf(ids []string, after place) (query string, args []any) {
	args = []any{after.came, after.row, blockRows}
	in := db.In(&args, ids)
	return `SELECT DISTINCT b.place, h.batch, h.row_no FROM enterprise_identifier i
		JOIN intake_held_code h ON h.value = i.value JOIN intake_batch b ON b.id = h.batch WHERE i.enterprise_id IN ` + in + `
		AND (b.place > $1 OR b.place = $1 AND h.row_no > $2) ORDER BY b.place, h.row_no LIMIT $3`, args
}

// Awaited returns those of ids for whom rows are held that have one of their numbers: what they say will be known of the subject
// when [Rematch] has looked.
func Awaited(ctx context.Context, q db.Q, ids []string) (out []string, err error) {
	for some := range slices.Chunk(ids, 200) {
		var args []any
		rows, err := q.QueryContext(ctx, `SELECT DISTINCT i.enterprise_id FROM enterprise_identifier i
			JOIN intake_held_code h ON h.value = i.value WHERE i.enterprise_id IN `+db.In(&args, some), args...)
		if err != nil {
			return nil, fmt.Errorf("intake: awaited subjects: %w", err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return nil, fmt.Errorf("intake: awaited subjects: %w", errors.Join(err, rows.Close()))
			}
			out = append(out, id)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("intake: awaited subjects: %w", err)
		}
	}
	return out, nil
}

// release puts those of the rows, which are of one batch, whose subject is known now.
func release(ctx context.Context, q db.Q, at time.Time, places []place) error {
	b, err := load(ctx, q, places[0].batch)
	if err != nil {
		return err
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return err
	}
	numbers := make([]int, len(places))
	for i, p := range places {
		numbers[i] = p.row
	}
	held, err := heldRows(ctx, q, b.ID, numbers)
	if err != nil {
		return err
	}
	ids := make([]enterprise.Ident, len(held))
	for i, r := range held {
		ids[i] = ident(kind, r.clean)
	}
	whom, err := enterprise.Match(ctx, q, ids)
	if err != nil {
		return err
	}
	var good []row
	var subjects []string
	var freed []int
	for i, r := range held {
		if id := whom[i].EnterpriseID; id != "" {
			good, subjects, freed = append(good, r), append(subjects, id), append(freed, r.no)
		}
	}
	if len(good) == 0 {
		return nil
	}
	t := tally{Counts: Counts{Unmatched: -len(good)}}
	for i, r := range good {
		good[i].weight = weigh(kind, r.clean)
		t.lay(b, good[i], Held, -1)
	}
	if err := accept(ctx, q, at, kind, b, good, subjects, &t); err != nil {
		return err
	}
	if err := forget(ctx, q, b.ID, freed, &t); err != nil {
		return err
	}
	if moved, err := advance(ctx, q, b, t, b.cursor); err != nil || !moved {
		return errors.Join(err, errMoved)
	}
	return nil
}

func heldRows(ctx context.Context, q db.Q, batch string, numbers []int) ([]row, error) {
	args := []any{batch}
	in := db.In(&args, numbers)
	rows, err := q.QueryContext(ctx, `SELECT row_no, body FROM intake_held WHERE batch = $1 AND row_no IN `+in+`
		ORDER BY row_no`, args...)
	if err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []row
	for rows.Next() {
		var r row
		var body string
		if err := rows.Scan(&r.no, &body); err != nil {
			return nil, fmt.Errorf("intake: held rows: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &r.clean); err != nil {
			return nil, fmt.Errorf("intake: held row %d: %w", r.no, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	return out, nil
}

// forget removes rows that have become records from those that are held and told of. What was worth a remark still is.
func forget(ctx context.Context, q db.Q, batch string, numbers []int, t *tally) error {
	args := []any{batch}
	told, err := problems(ctx, q, `batch = $1 AND row_no IN `+db.In(&args, numbers)+` ORDER BY row_no`, args...)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM intake_held WHERE batch = $1 AND row_no IN `,
		`DELETE FROM intake_held_code WHERE batch = $1 AND row_no IN `,
		`DELETE FROM intake_problem WHERE batch = $1 AND row_no IN `,
	} {
		args := []any{batch}
		in := db.In(&args, numbers)
		if _, err := q.ExecContext(ctx, statement+in, args...); err != nil {
			return fmt.Errorf("intake: forget held rows: %w", err)
		}
	}
	for _, r := range told {
		r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool { return !p.Warning })
		if len(r.Problems) == 0 {
			continue
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO intake_problem (batch, row_no, fate, problems, cells) VALUES ($1, $2, $3, $4, $5)`,
			batch, r.Row, Warned, jsonOf(r.Problems), jsonOf(r.Cells)); err != nil {
			return fmt.Errorf("intake: remarks of held rows: %w", err)
		}
		t.warned++
		t.listed++
	}
	return nil
}
