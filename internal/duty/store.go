package duty

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// The kinds of leaves; their subject is the department.
const (
	LeafSet    = "duty.set"
	LeafNil    = "duty.nil"
	LeafFound  = "duty.found"
	LeafStruck = "duty.struck"
)

const dutyCols = `department, kind, source, cycle, days, sharing, purpose, approval, valid_from, valid_until`

func (d *Duty) fields() []any {
	return []any{&d.Department, &d.Kind, &d.Source, &d.Cycle, &d.Days, &d.Sharing, &d.Purpose, &d.Approval, &d.From, &d.Until}
}

// Put sets what a department owes of a kind from a day on. A duty that was open ends on that day; one of the same first day
// is replaced. What is so already leaves no trace.
func Put(ctx context.Context, q db.Q, by org.Actor, at time.Time, d Duty) error {
	for _, text := range []*string{&d.Kind, &d.Source, &d.Purpose, &d.Approval} {
		*text = strings.TrimSpace(*text)
	}
	if err := d.check(); err != nil {
		return err
	}
	if _, err := org.DepartmentOn(ctx, q, d.Department, d.From); err != nil {
		return err
	}
	had, err := duties(ctx, q, `department = $1 AND kind = $2`, d.Department, d.Kind)
	if err != nil {
		return err
	}
	for _, h := range had {
		switch {
		case h == d:
			return nil
		case h.From == d.From:
		case h.From < d.From && h.Until == 0:
			if _, err := q.ExecContext(ctx, `UPDATE duty_duty SET valid_until = $4 WHERE department = $1 AND kind = $2 AND valid_from = $3`,
				h.Department, h.Kind, h.From, d.From); err != nil {
				return fmt.Errorf("duty: end: %w", err)
			}
		case (h.Until == 0 || h.Until > d.From) && (d.Until == 0 || d.Until > h.From):
			return fault.New(fault.Conflict, "duty.overlap", h.From)
		}
	}
	_, err = q.ExecContext(ctx, `INSERT INTO duty_duty (`+dutyCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (department, kind, valid_from) DO UPDATE SET valid_until = excluded.valid_until, source = excluded.source,
			cycle = excluded.cycle, days = excluded.days, sharing = excluded.sharing, purpose = excluded.purpose, approval = excluded.approval`,
		d.Department, d.Kind, d.Source, d.Cycle, d.Days, d.Sharing, d.Purpose, d.Approval, d.From, d.Until)
	if err != nil {
		return fmt.Errorf("duty: put: %w", err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafSet, d.Department, d)
	return err
}

// On returns the duties of the departments in scope that hold on day, in order of department and kind.
func On(ctx context.Context, q db.Q, scope org.Scope, day credit.Date) ([]Duty, error) {
	args := []any{day, day}
	return duties(ctx, q, `valid_from <= $1 AND (valid_until IS NULL OR valid_until > $2) AND `+scope.Where(&args, "department", ""), args...)
}

func duties(ctx context.Context, q db.Q, where string, args ...any) (out []Duty, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+dutyCols+` FROM duty_duty WHERE `+where+` ORDER BY department, kind, valid_from`, args...)
	if err != nil {
		return nil, fmt.Errorf("duty: read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Duty
		if err := rows.Scan(d.fields()...); err != nil {
			return nil, fmt.Errorf("duty: read: %w", err)
		}
		out = append(out, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("duty: read: %w", err)
	}
	return out, nil
}

// HeardOf returns when each department in scope was last heard of each kind that it owes. A file that could not be read is no
// delivery, neither is one that nobody has confirmed: it counts from the moment on which somebody does, and neither is what is
// taken over from an old system.
func HeardOf(ctx context.Context, q db.Q, scope org.Scope) (out map[Key]Heard, err error) {
	args := []any{intake.Failed, intake.Read, intake.Discarded}
	rows, err := q.QueryContext(ctx, `SELECT o.department, o.kind,
			(SELECT MAX(b.received_at) FROM intake_batch b WHERE b.department = o.department AND b.kind = o.kind AND b.state NOT IN ($1, $2, $3) AND b.takeover = ''),
			(SELECT MAX(n.day) FROM duty_nil n WHERE n.department = o.department AND n.kind = o.kind)
		FROM (SELECT DISTINCT department, kind FROM duty_duty WHERE `+scope.Where(&args, "department", "")+`) o`, args...)
	if err != nil {
		return nil, fmt.Errorf("duty: heard: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[Key]Heard{}
	for rows.Next() {
		var k Key
		var received db.Time
		var h Heard
		if err := rows.Scan(&k.Department, &k.Kind, &received, &h.Nil); err != nil {
			return nil, fmt.Errorf("duty: heard: %w", err)
		}
		if !received.IsZero() {
			h.Batch = credit.DateOf(received.Time)
		}
		out[k] = h
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("duty: heard: %w", err)
	}
	return out, nil
}

// ReportNil notes that a department has nothing of a kind to deliver for the time up to now. Said twice on a day it is one.
func ReportNil(ctx context.Context, q db.Q, by org.Actor, at time.Time, department, kind string) error {
	if err := org.May(by, org.BatchSubmit, department, ""); err != nil {
		return err
	}
	day := credit.DateOf(at)
	owed, err := duties(ctx, q, `department = $1 AND kind = $2 AND valid_from <= $3 AND (valid_until IS NULL OR valid_until > $4)`,
		department, kind, day, day)
	if err != nil {
		return err
	}
	if len(owed) == 0 {
		return fault.New(fault.NotFound, "duty.none")
	}
	res, err := q.ExecContext(ctx, `INSERT INTO duty_nil (department, kind, day, at, reporter) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (department, kind, day) DO NOTHING`, department, kind, day, db.Time{Time: at}, by.Who())
	if err != nil {
		return fmt.Errorf("duty: nil report: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafNil, department, nilBody{kind, day})
	return err
}

type nilBody struct {
	Kind string      `json:"kind"`
	Day  credit.Date `json:"day"`
}

// Finding is what an audit found at a department: of so many decisions, so many had not been reported.
type Finding struct {
	ID         string      `json:"id"`
	Department string      `json:"department"`
	Kind       string      `json:"kind"`
	Day        credit.Date `json:"day"` // of the audit
	Found      int         `json:"found"`
	Missing    int         `json:"missing"`
	Note       string      `json:"note"`
}

// Find enters what an audit found.
func Find(ctx context.Context, q db.Q, by org.Actor, at time.Time, f Finding) (Finding, error) {
	if err := org.May(by, org.DutyAudit, f.Department, ""); err != nil {
		return Finding{}, err
	}
	f.Note = strings.TrimSpace(f.Note)
	if f.Found < 1 || f.Missing < 0 || f.Missing > f.Found || f.Note == "" || f.Day == 0 || f.Day > credit.DateOf(at) {
		return Finding{}, fault.New(fault.Invalid, "duty.bad_finding")
	}
	if _, err := org.DepartmentOn(ctx, q, f.Department, f.Day); err != nil {
		return Finding{}, err
	}
	f.ID = q.ID(at)
	_, err := q.ExecContext(ctx, `INSERT INTO duty_finding (id, department, kind, day, found, missing, note, at, auditor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, f.ID, f.Department, f.Kind, f.Day, f.Found, f.Missing, f.Note, db.Time{Time: at}, by.Who())
	if err != nil {
		return Finding{}, fmt.Errorf("duty: find: %w", err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafFound, f.Department, f)
	return f, err
}

// Strike takes back a finding that was entered wrongly.
func Strike(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return fault.New(fault.Invalid, "duty.no_reason")
	}
	var department string
	err := q.QueryRowContext(ctx, `UPDATE duty_finding SET struck_at = $2 WHERE id = $1 AND struck_at IS NULL RETURNING department`, id,
		db.Time{Time: at}).Scan(&department)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "duty.no_finding")
	}
	if err != nil {
		return fmt.Errorf("duty: strike: %w", err)
	}
	if err := org.May(by, org.DutyAudit, department, ""); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafStruck, department, map[string]string{"finding": id, "reason": reason})
	return err
}

// Findings returns what audits of a year found in the departments in scope and what was not struck, the newest first.
func Findings(ctx context.Context, q db.Q, scope org.Scope, year int) (out []Finding, err error) {
	args := []any{credit.NewDate(year, time.January, 1), credit.NewDate(year+1, time.January, 1)}
	rows, err := q.QueryContext(ctx, `SELECT id, department, kind, day, found, missing, note FROM duty_finding
		WHERE day >= $1 AND day < $2 AND struck_at IS NULL AND `+scope.Where(&args, "department", "")+` ORDER BY day DESC, id DESC
		LIMIT `+strconv.Itoa(maxFindings), args...)
	if err != nil {
		return nil, fmt.Errorf("duty: findings: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f Finding
		if err := rows.Scan(&f.ID, &f.Department, &f.Kind, &f.Day, &f.Found, &f.Missing, &f.Note); err != nil {
			return nil, fmt.Errorf("duty: findings: %w", err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("duty: findings: %w", err)
	}
	return out, nil
}

// maxFindings bounds the findings of one year; they are entered by hand.
const maxFindings = 5000
