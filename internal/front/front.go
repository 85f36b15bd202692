// Package front takes in what departments' systems write into the front-end table (前置机): rows become batches like any
// upload, and each row is answered where it stands.
//
// The rows of one department and kind are dealt with in their order, one take at a time. What a take consists of is written
// down before it is handed in, so that a node that is killed anywhere, or another one, goes on with the same take.
package front

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// Duty is the system's duty under which the rows are received.
const Duty = "front.table"

// State is how far a row is.
type State string

// The states of a row; the last four are answers.
const (
	Waiting   State = "new"
	Taken     State = "taken"
	Accepted  State = "accepted"  // it is a record, or was one already
	Held      State = "held"      // kept until its subject is registered
	Rejected  State = "rejected"  // to be mended and written again as a new row
	Withdrawn State = "withdrawn" // op D was carried out
)

// The operations.
const (
	insert = "I"
	update = "U"
	remove = "D"
)

// maxTake is how many rows become one batch at most.
const maxTake = 1000

// Table is the front-end table.
type Table struct {
	Poll time.Duration // between looks

	d     *db.DB
	words *lang.Catalogue
	now   func() time.Time
	log   *slog.Logger
}

// New returns the front-end table of a database.
func New(d *db.DB, words *lang.Catalogue, now func() time.Time, log *slog.Logger) *Table {
	return &Table{Poll: 2 * time.Second, d: d, words: words, now: now, log: log}
}

// Run deals with what is written into the table until ctx ends.
func (t *Table) Run(ctx context.Context) {
	tick := time.NewTicker(t.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := t.Once(ctx); err != nil && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "the front-end table", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Once takes every department's kind a step further. What goes wrong with one does not keep the others waiting.
func (t *Table) Once(ctx context.Context) error {
	var open []place
	err := t.d.View(ctx, func(q db.Q) (err error) {
		open, err = places(ctx, q)
		return err
	})
	errs := []error{err}
	for _, p := range open {
		if err := t.step(ctx, p); err != nil && !errors.Is(err, errMoved) {
			errs = append(errs, fmt.Errorf("front: %s %s: %w", p.department, p.kind, err))
		}
	}
	return errors.Join(errs...)
}

// step goes on with the take under way, or begins with the first rows that wait: removals one by one, others as a batch.
func (t *Table) step(ctx context.Context, p place) error {
	var taken, waiting []row
	err := t.d.View(ctx, func(q db.Q) (err error) {
		if taken, err = rowsOf(ctx, q, p, Taken); err == nil && len(taken) == 0 {
			waiting, err = rowsOf(ctx, q, p, Waiting)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case len(taken) > 0:
		return t.goOn(ctx, p, taken)
	case len(waiting) == 0:
		return nil
	case waiting[0].op == remove:
		return t.remove(ctx, p, waiting)
	}
	end := slices.IndexFunc(waiting, func(r row) bool { return r.op == remove })
	if end < 0 {
		end = len(waiting)
	}
	if err := t.take(ctx, p, waiting[:end]); err != nil {
		return err
	}
	err = t.d.View(ctx, func(q db.Q) (err error) {
		taken, err = rowsOf(ctx, q, p, Taken)
		return err
	})
	if err != nil || len(taken) == 0 {
		return err
	}
	return t.goOn(ctx, p, taken)
}

// take writes down which rows are one batch, and answers those that cannot be rows of any.
func (t *Table) take(ctx context.Context, p place, rows []row) error {
	at := t.now()
	return t.d.Tx(ctx, func(q db.Q) error {
		take, n := q.ID(at), 0
		for _, r := range rows {
			var err error
			if bad := r.check(); bad != nil {
				err = r.answer(ctx, q, p, at, Waiting, Rejected, codeOf(bad), t.words.Fault(lang.ZH, bad))
			} else {
				err = claim(ctx, q, p, r, take, firstRow+n)
				n++
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// firstRow is the number that the first row behind the headings has in a file.
const firstRow = 2

// check says what makes a row unfit for any file.
func (r row) check() error {
	if r.op != insert && r.op != update {
		return fault.New(fault.Invalid, "front.bad_op", r.op)
	}
	values, err := r.values()
	if err != nil || !slices.ContainsFunc(slices.Collect(maps.Values(values)), func(v string) bool { return strings.TrimSpace(v) != "" }) {
		return fault.New(fault.Invalid, "front.bad_body")
	}
	return nil
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// values reads the body: an object of texts, numbers and truths.
func (r row) values() (map[string]string, error) {
	dec := json.NewDecoder(strings.NewReader(r.body))
	dec.UseNumber()
	var body map[string]any
	if err := dec.Decode(&body); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, v := range body {
		switch v := v.(type) {
		case nil:
			out[name] = ""
		case string:
			out[name] = v
		case json.Number, bool:
			out[name] = fmt.Sprint(v)
		default:
			return nil, fmt.Errorf("front: %s is no single value", name)
		}
	}
	return out, nil
}

// sheet writes rows as a file: the same rows are always the same file.
func sheet(rows []row) ([]byte, error) {
	names := map[string]bool{}
	all := make([]map[string]string, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.values(); err != nil {
			return nil, err
		}
		for name := range all[i] {
			names[name] = true
		}
	}
	head := slices.Sorted(maps.Keys(names))
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	if err := out.Write(head); err != nil {
		return nil, err
	}
	for _, values := range all {
		line := make([]string, len(head))
		for i, name := range head {
			line[i] = values[name]
		}
		if err := out.Write(line); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// goOn hands a take in, where that has not been done, and answers its rows once they are dealt with.
func (t *Table) goOn(ctx context.Context, p place, rows []row) error {
	body, err := sheet(rows)
	if err != nil {
		return err
	}
	id := rows[0].batch
	if id == "" {
		b, err := intake.Receive(ctx, t.d, org.Door(Duty, p.department), t.now(), intake.Upload{Kind: p.kind, Department: p.department,
			Name: "front-" + rows[0].take + ".csv", Body: bytes.NewReader(body), IdempotencyKey: "front " + rows[0].take})
		var refused *fault.Error
		if errors.As(err, &refused) && refused.Kind != fault.Unavailable {
			return t.refuse(ctx, p, rows, refused)
		}
		if err != nil {
			return err
		}
		id = b.ID
		if err := t.d.Tx(ctx, func(q db.Q) error { return note(ctx, q, rows[0].take, id) }); err != nil {
			return err
		}
	}
	return t.feedBack(ctx, p, rows, id)
}

// refuse answers all rows of a take with one fault.
func (t *Table) refuse(ctx context.Context, p place, rows []row, why *fault.Error) error {
	at, said := t.now(), t.words.Fault(lang.ZH, why)
	return t.d.Tx(ctx, func(q db.Q) error {
		for _, r := range rows {
			if err := r.answer(ctx, q, p, at, Taken, Rejected, why.Code, said); err != nil {
				return err
			}
		}
		return nil
	})
}

// feedBack answers each row of a batch that has come to its end.
func (t *Table) feedBack(ctx context.Context, p place, rows []row, id string) error {
	scope := org.Scope{Department: p.department}
	var b intake.Batch
	var problems []intake.ProblemRow
	err := t.d.View(ctx, func(q db.Q) (err error) {
		if b, err = intake.Get(ctx, q, scope, id); err != nil || b.State != intake.Done {
			return err
		}
		problems, err = intake.ProblemsPage(ctx, q, scope, id, 0, maxTake)
		return err
	})
	if err != nil || b.State == intake.Received || b.State == intake.Checking {
		return err
	}
	var failed *fault.Error
	if errors.As(b.Failure(), &failed) {
		return t.refuse(ctx, p, rows, failed)
	}
	told := map[int]intake.ProblemRow{}
	for _, r := range problems {
		told[r.Row] = r
	}
	at := t.now()
	return t.d.Tx(ctx, func(q db.Q) error {
		for _, r := range rows {
			state, code, said := t.fate(told[r.no])
			if err := r.answer(ctx, q, p, at, Taken, state, code, said); err != nil {
				return err
			}
		}
		return nil
	})
}

// fate returns the answer to a row: its state, the code of the first thing that is wrong, and all of it in words.
func (t *Table) fate(r intake.ProblemRow) (state State, code, said string) {
	state = Accepted
	switch r.Fate {
	case intake.Rejected:
		state = Rejected
	case intake.Held:
		state = Held
	}
	var words []string
	for _, problem := range r.Problems {
		if problem.Warning && state != Accepted {
			continue
		}
		if code == "" {
			code = problem.Code
		}
		words = append(words, problem.Line(t.words, lang.ZH))
	}
	return state, code, strings.Join(words, " ")
}
