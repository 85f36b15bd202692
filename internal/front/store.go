package front

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// place is a department's kind: its rows are dealt with in their order.
type place struct{ department, kind string }

// row is a row of the table.
type row struct {
	id, op, source, body string
	take, batch          string
	no                   int
}

// errMoved says that another node answered the row.
var errMoved = errors.New("front: another node moved the row on")

func places(ctx context.Context, q db.Q) (out []place, err error) {
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT department, kind FROM front_row WHERE state IN ('new', 'taken') ORDER BY department, kind`)
	if err != nil {
		return nil, fmt.Errorf("front: read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.department, &p.kind); err != nil {
			return nil, fmt.Errorf("front: read: %w", err)
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("front: read: %w", err)
	}
	return out, nil
}

// rowsOf returns the rows of a state: those that wait in the order in which they were written, those that are taken in that of
// their file.
func rowsOf(ctx context.Context, q db.Q, p place, state State) (out []row, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, op, source_key, body, take, batch, row_no FROM front_row
		WHERE state = $1 AND department = $2 AND kind = $3 AND state IN ('new', 'taken') ORDER BY row_no, created_at, id LIMIT $4`,
		state, p.department, p.kind, maxTake)
	if err != nil {
		return nil, fmt.Errorf("front: read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.op, &r.source, &r.body, &r.take, &r.batch, &r.no); err != nil {
			return nil, fmt.Errorf("front: read: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("front: read: %w", err)
	}
	return out, nil
}

// claim makes a row the no-th of a take.
func claim(ctx context.Context, q db.Q, p place, r row, take string, no int) error {
	return moved(q.ExecContext(ctx, `UPDATE front_row SET state = 'taken', take = $3, row_no = $4 WHERE department = $1 AND id = $2 AND state = 'new'`,
		p.department, r.id, take, no))
}

// note writes down which batch a take has become.
func note(ctx context.Context, q db.Q, take, batch string) error {
	if _, err := q.ExecContext(ctx, `UPDATE front_row SET batch = $2 WHERE take = $1 AND state = 'taken'`, take, batch); err != nil {
		return fmt.Errorf("front: note batch: %w", err)
	}
	return nil
}

// answer writes what became of a row.
func (r row) answer(ctx context.Context, q db.Q, p place, at time.Time, from, to State, code, said string) error {
	return moved(q.ExecContext(ctx, `UPDATE front_row SET state = $4, code = $5, message = $6, feedback_at = $7
		WHERE department = $1 AND id = $2 AND state = $3`, p.department, r.id, from, to, code, said, db.Time{Time: at}))
}

func moved(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("front: write: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errMoved)
	}
	return nil
}

// remove carries out the removals with which rows begins, each in a transaction of its own.
func (t *Table) remove(ctx context.Context, p place, rows []row) error {
	for _, r := range rows {
		if r.op != remove {
			return nil
		}
		at := t.now()
		err := t.d.Tx(ctx, func(q db.Q) error {
			if err := withdraw(ctx, q, p, at, r); err != nil {
				return err
			}
			return r.answer(ctx, q, p, at, Waiting, Withdrawn, "", "")
		})
		var refused *fault.Error
		if errors.As(err, &refused) && refused.Kind != fault.Unavailable {
			err = t.d.Tx(ctx, func(q db.Q) error {
				return r.answer(ctx, q, p, at, Waiting, Rejected, refused.Code, t.words.Fault(lang.ZH, refused))
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes the record back that the department stated under the row's source key.
func withdraw(ctx context.Context, q db.Q, p place, at time.Time, r row) error {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || strings.TrimSpace(body.Reason) == "" {
		return fault.New(fault.Invalid, "front.no_reason", `{"reason": "…"}`)
	}
	by := org.Door(Duty, p.department)
	if err := org.May(by, org.BatchSubmit, p.department, ""); err != nil {
		return err
	}
	var source string
	err := q.QueryRowContext(ctx, `SELECT r.source_key FROM front_row f JOIN record_record r ON r.batch = f.batch AND r.batch_row = f.row_no
		WHERE f.department = $1 AND f.kind = $2 AND f.source_key = $3 AND f.batch <> '' AND r.department = f.department AND r.kind = f.kind
		ORDER BY f.take DESC, f.row_no DESC LIMIT 1`, p.department, p.kind, r.source).Scan(&source)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "front.unknown_source", r.source)
	}
	if err != nil {
		return fmt.Errorf("front: source: %w", err)
	}
	return record.Withdraw(ctx, q, by, at, p.department, p.kind, source, strings.TrimSpace(body.Reason))
}
