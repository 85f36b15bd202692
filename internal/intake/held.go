package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
)

// place is where a row stands.
type place struct {
	came, batch string // came orders batches by when they were sent
	row         int
}

// Rematch looks for the rows that are held because these subjects were not known, and puts those that are found as records. It
// is called when registrations of the subjects came. What is looked through is only the held rows that have one of their numbers or exactly a name of theirs.
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
		err = d.Tx(ctx, func(q db.Q) error {
			_, err := release(ctx, q, now(), found)
			return err
		})
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
	return oneBatch(rows)
}

// oneBatch reads places up to the first of another batch, and closes rows.
func oneBatch(rows *sql.Rows) ([]place, error) {
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

// candidatesOf goes from the subjects to their numbers and names to the rows: by indexes, whatever else is held or registered.
func candidatesOf(ids []string, after place) (query string, args []any) {
	args = []any{after.came, after.row, blockRows}
	return `SELECT b.place, f.batch, f.row_no FROM (` + heldFor(&args, ids) + `) f JOIN intake_batch b ON b.id = f.batch
		WHERE b.place > $1 OR b.place = $1 AND f.row_no > $2 ORDER BY b.place, f.row_no LIMIT $3`, args
}

// heldFor selects the held rows that have a number of one of the subjects, or exactly a name, or about which it was judged that they
// mean one of them: it may not have been registered for a while.
func heldFor(args *[]any, ids []string) string {
	in := db.In(args, ids)
	return `SELECT h.batch, h.row_no FROM enterprise_identifier i JOIN intake_held_code h ON h.value = i.value WHERE i.enterprise_id IN ` + in + `
		UNION SELECT h.batch, h.row_no FROM enterprise_subject s JOIN intake_held h ON h.norm = s.norm WHERE s.norm <> '' AND s.id IN ` + in + `
		UNION SELECT h.batch, h.row_no FROM enterprise_name n JOIN intake_held h ON h.norm = n.norm WHERE n.norm <> '' AND n.enterprise_id IN ` + in + `
		UNION SELECT h.batch, h.row_no FROM intake_judgement j JOIN intake_held h ON h.pattern = j.pattern
			WHERE j.undone_at IS NULL AND j.enterprise_id <> '' AND j.enterprise_id IN ` + in
}

// Awaited returns those of ids for whom rows are held that have one of their numbers or exactly their name: what they say will be known of the subject
// when [Rematch] has looked.
func Awaited(ctx context.Context, q db.Q, ids []string) (out []string, err error) {
	for some := range slices.Chunk(ids, 200) {
		var args []any
		in := db.In(&args, some)
		rows, err := q.QueryContext(ctx, `SELECT i.enterprise_id FROM enterprise_identifier i JOIN intake_held_code h ON h.value = i.value
			WHERE i.enterprise_id IN `+in+`
			UNION SELECT s.id FROM enterprise_subject s JOIN intake_held h ON h.norm = s.norm WHERE s.norm <> '' AND s.id IN `+in+` ORDER BY 1`, args...)
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

// release puts those of the rows, which are of one batch, whose subject is known now, and returns how many they were.
func release(ctx context.Context, q db.Q, at time.Time, places []place) (int, error) {
	b, err := load(ctx, q, places[0].batch)
	if err != nil {
		return 0, err
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return 0, err
	}
	numbers := make([]int, len(places))
	for i, p := range places {
		numbers[i] = p.row
	}
	held, err := heldRows(ctx, q, b.ID, numbers)
	if err != nil {
		return 0, err
	}
	who, err := identify(ctx, q, kind, b.Department, held)
	if err != nil {
		return 0, err
	}
	var good []row
	var found []whom
	for i, r := range held {
		if who[i].id != "" {
			r.weight = weigh(kind, r.clean)
			good, found = append(good, r), append(found, who[i])
		}
	}
	if len(good) == 0 {
		return 0, nil
	}
	t := tally{Counts: Counts{Unmatched: -len(good)}}
	for _, r := range good {
		t.lay(b, r, Held, -1)
	}
	if err := accept(ctx, q, at, kind, b, good, found, &t); err != nil {
		return 0, err
	}
	if err := remark(ctx, q, kind, good, found); err != nil {
		return 0, err
	}
	if err := forget(ctx, q, b.ID, good, &t); err != nil {
		return 0, err
	}
	if moved, err := advance(ctx, q, b, t, b.cursor); err != nil || !moved {
		return 0, errors.Join(err, errMoved)
	}
	return len(good), nil
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
func forget(ctx context.Context, q db.Q, batch string, rows []row, t *tally) error {
	remarks := map[int][]Problem{}
	numbers := make([]int, len(rows))
	for i, r := range rows {
		numbers[i], remarks[r.no] = r.no, r.problems
	}
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
		r.Problems = append(slices.DeleteFunc(r.Problems, func(p Problem) bool { return !p.Warning }), remarks[r.Row]...)
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
