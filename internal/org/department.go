package org

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Regulator is the code of the city's market regulator; its county bureaus are SCJG-340881 and so on.
const Regulator = "SCJG"

// LeafDepartment is the kind of leaf for a department put in or changed; the subject is its code.
const LeafDepartment = "org.department"

// Level says what kind of department it is.
type Level string

// The levels.
const (
	City    Level = "city"    // a department of the city
	County  Level = "county"  // a bureau of a county, district or county-level city
	Station Level = "station" // 市场监督管理所
)

// Department is a department as it was from From until the day before Until. Code, Level, USCC, Division, Parent and
// Successor are the department's; the rest is the name of that time and may change on a day, while old papers keep theirs.
type Department struct {
	Code            string      `json:"code"`
	Level           Level       `json:"level"`
	USCC            string      `json:"uscc,omitempty"`
	Division        string      `json:"division"`
	Parent          string      `json:"parent,omitempty"`
	Successor       string      `json:"successor,omitempty"` // who took over its work
	Name            string      `json:"name"`
	Short           string      `json:"short"`
	Prefix          string      `json:"prefix,omitempty"`          // begins the numbers of its papers: 宜市监
	Reconsideration string      `json:"reconsideration,omitempty"` // the government to which one applies against its decisions
	Court           string      `json:"court,omitempty"`           // where one sues
	From            credit.Date `json:"from"`
	Until           credit.Date `json:"until,omitempty"`
}

var (
	codeForm     = regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)
	divisionForm = regexp.MustCompile(`^[0-9]{6}$`)
)

// check refuses a department that could not be acted for.
func (d Department) check() error {
	switch {
	case !codeForm.MatchString(d.Code) || len(d.Code) > 32:
		return fault.New(fault.Invalid, "org.bad_department_code", d.Code)
	case strings.TrimSpace(d.Name) == "" || strings.TrimSpace(d.Short) == "":
		return fault.New(fault.Invalid, "org.name_needed", d.Code)
	case d.Level != City && d.Level != County && d.Level != Station:
		return fault.New(fault.Invalid, "org.bad_level", d.Level)
	case !divisionForm.MatchString(d.Division):
		return fault.New(fault.Invalid, "org.bad_division", d.Division)
	case !sound(d.From, d.Until):
		return fault.New(fault.Invalid, "org.bad_period", d.Code)
	}
	if d.USCC != "" {
		if _, err := credit.ParseUSCC(d.USCC); err != nil {
			return err
		}
	}
	return nil
}

// sound reports whether a period has a first day and at least that one.
func sound(from, until credit.Date) bool { return from != 0 && (until == 0 || until > from) }

// PutDepartment puts a department in, or what it is called from d.From on. The name in use before ends by itself on that
// day. A department that is put in again as it is leaves no trace.
func PutDepartment(ctx context.Context, q db.Q, by Actor, at time.Time, d Department) error {
	if err := d.check(); err != nil {
		return err
	}
	had, err := departments(ctx, q, `WHERE d.code = $1 ORDER BY n.valid_from`, d.Code)
	if err != nil {
		return err
	}
	for i, h := range had {
		switch {
		case h == d:
			return nil
		case h.From == d.From:
		case h.From < d.From && h.Until == 0:
			if err := endName(ctx, q, h, d.From); err != nil {
				return err
			}
			had[i].Until = d.From
		case (h.Until == 0 || h.Until > d.From) && (d.Until == 0 || d.Until > h.From):
			return fault.New(fault.Conflict, "org.overlap", d.Name, h.Name, h.From)
		}
	}
	if err := writeDepartment(ctx, q, d); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafDepartment, d.Code, d)
	return err
}

func endName(ctx context.Context, q db.Q, d Department, until credit.Date) error {
	_, err := q.ExecContext(ctx, `UPDATE org_department_name SET valid_until = $3 WHERE department = $1 AND valid_from = $2`,
		d.Code, d.From, until)
	if err != nil {
		return fmt.Errorf("org: end name of %s: %w", d.Code, err)
	}
	return nil
}

func writeDepartment(ctx context.Context, q db.Q, d Department) error {
	_, err := q.ExecContext(ctx, `INSERT INTO org_department (code, level, uscc, division, parent, successor)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (code) DO UPDATE SET level = excluded.level, uscc = excluded.uscc, division = excluded.division,
			parent = excluded.parent, successor = excluded.successor`,
		d.Code, d.Level, d.USCC, d.Division, d.Parent, d.Successor)
	if err != nil {
		return fmt.Errorf("org: put department %s: %w", d.Code, err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO org_department_name (department, valid_from, valid_until, name, short, prefix,
			reconsideration, court) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (department, valid_from) DO UPDATE SET valid_until = excluded.valid_until, name = excluded.name,
			short = excluded.short, prefix = excluded.prefix, reconsideration = excluded.reconsideration, court = excluded.court`,
		d.Code, d.From, d.Until, d.Name, d.Short, d.Prefix, d.Reconsideration, d.Court)
	if err != nil {
		return fmt.Errorf("org: put name of %s: %w", d.Code, err)
	}
	return nil
}

// DepartmentOn returns the department as it was on day.
func DepartmentOn(ctx context.Context, q db.Q, code string, day credit.Date) (Department, error) {
	got, err := departments(ctx, q, `WHERE d.code = $1 AND n.valid_from <= $2 AND (n.valid_until IS NULL OR n.valid_until > $3)`,
		code, day, day)
	if err == nil && len(got) == 0 {
		err = fault.New(fault.NotFound, "org.no_department", code, day)
	}
	if err != nil {
		return Department{}, err
	}
	return got[0], nil
}

// Departments returns the departments that there were on day, as they were then, in order of code.
func Departments(ctx context.Context, q db.Q, day credit.Date) ([]Department, error) {
	return departments(ctx, q, `WHERE n.valid_from <= $1 AND (n.valid_until IS NULL OR n.valid_until > $2) ORDER BY d.code`, day, day)
}

func departments(ctx context.Context, q db.Q, where string, args ...any) (out []Department, err error) {
	rows, err := q.QueryContext(ctx, `SELECT d.code, d.level, d.uscc, d.division, d.parent, d.successor, n.name, n.short, n.prefix,
			n.reconsideration, n.court, n.valid_from, n.valid_until
		FROM org_department d JOIN org_department_name n ON n.department = d.code `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("org: read departments: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Department
		err := rows.Scan(&d.Code, &d.Level, &d.USCC, &d.Division, &d.Parent, &d.Successor, &d.Name, &d.Short, &d.Prefix,
			&d.Reconsideration, &d.Court, &d.From, &d.Until)
		if err != nil {
			return nil, fmt.Errorf("org: read departments: %w", err)
		}
		out = append(out, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read departments: %w", err)
	}
	return out, nil
}
