package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

// Count is how many records kept one clock, by the day on which they were first received.
type Count struct{ InTime, Late, Unknown int }

// Told returns how many there are about whom it can be told.
func (c Count) Told() int { return c.InTime + c.Late }

func (c *Count) add(a Answer, n int) {
	switch a {
	case InTime:
		c.InTime += n
	case Late:
		c.Late += n
	case Unknown:
		c.Unknown += n
	}
}

func (c *Count) join(d Count) {
	c.InTime, c.Late, c.Unknown = c.InTime+d.InTime, c.Late+d.Late, c.Unknown+d.Unknown
}

// Figures are the quality figures of a department's deliveries of a time (handbook 2.3).
type Figures struct {
	Department string
	Month      credit.Date // its first day; 0 for the whole year
	Files      int         // received
	Unreadable int         // of them, files that could not be read at all
	Rows       int         // dealt with
	Rejected   int         // of them, rows with errors
	Credit     Count       // 7 working days: 及时率 and 迟报率
	Publicity  Count       // 20 working days, market regulators' penalties
	Found      int         // decisions that audits looked at
	Missing    int         // of them, those that had not been reported: 瞒报率
}

// Rate returns part of whole in tenths of a percent, and false where there is nothing to speak of.
func Rate(part, whole int) (tenths int, ok bool) {
	if whole == 0 {
		return 0, false
	}
	return (part*1000 + whole/2) / whole, true
}

func (f *Figures) join(g Figures) {
	f.Files, f.Unreadable, f.Rows, f.Rejected = f.Files+g.Files, f.Unreadable+g.Unreadable, f.Rows+g.Rows, f.Rejected+g.Rejected
	f.Found, f.Missing = f.Found+g.Found, f.Missing+g.Missing
	f.Credit.join(g.Credit)
	f.Publicity.join(g.Publicity)
}

// Year sums months up to one line for each department, in their order.
func Year(months []Figures) []Figures {
	var out []Figures
	for _, m := range months {
		if len(out) == 0 || out[len(out)-1].Department != m.Department {
			out = append(out, Figures{Department: m.Department})
		}
		out[len(out)-1].join(m)
	}
	return out
}

// sum collects figures by department and month.
type sum map[place]*Figures

type place struct {
	department string
	month      credit.Date
}

func (s sum) at(department string, day credit.Date) *Figures {
	p := place{department, credit.NewDate(day.Year(), day.Month(), 1)}
	if s[p] == nil {
		s[p] = &Figures{Department: p.department, Month: p.month}
	}
	return s[p]
}

// FiguresOf counts what the departments in scope delivered in a year, by department and month of arrival: nothing that is typed
// in, except what audits found. What was taken over from an old system is no delivery. book holds the clocks.
func FiguresOf(ctx context.Context, q db.Q, scope org.Scope, book *policy.Book, cal *calendar.Calendar, year int) ([]Figures, error) {
	s := sum{}
	if err := s.files(ctx, q, scope, year); err != nil {
		return nil, err
	}
	rules, err := policy.Rules[Clock](book, Table)
	if err != nil {
		return nil, err
	}
	if err := s.terms(ctx, q, scope, rules, cal, year); err != nil {
		return nil, err
	}
	found, err := Findings(ctx, q, scope, year)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		at := s.at(f.Department, f.Day)
		at.Found, at.Missing = at.Found+f.Found, at.Missing+f.Missing
	}
	out := make([]Figures, 0, len(s))
	for _, f := range s {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Figures) int {
		return cmp.Or(cmp.Compare(a.Department, b.Department), cmp.Compare(a.Month, b.Month))
	})
	return out, nil
}

// span returns the instants between which a year lies.
func span(year int) []any {
	return []any{db.Time{Time: credit.NewDate(year, time.January, 1).Time()}, db.Time{Time: credit.NewDate(year+1, time.January, 1).Time()}}
}

// files counts files and rows. A file that nobody has confirmed was not sent.
func (s sum) files(ctx context.Context, q db.Q, scope org.Scope, year int) (err error) {
	args := append(span(year), intake.Read, intake.Discarded)
	rows, err := q.QueryContext(ctx, `SELECT department, received_at, state, accepted + duplicate + superseded + rejected + unmatched, rejected
		FROM intake_batch WHERE received_at >= $1 AND received_at < $2 AND state NOT IN ($3, $4) AND takeover = '' AND `+scope.Where(&args, "department", ""), args...)
	if err != nil {
		return fmt.Errorf("duty: files: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var department string
		var received db.Time
		var state intake.State
		var all, rejected int
		if err := rows.Scan(&department, &received, &state, &all, &rejected); err != nil {
			return fmt.Errorf("duty: files: %w", err)
		}
		f := s.at(department, credit.DateOf(received.Time))
		f.Files, f.Rows, f.Rejected = f.Files+1, f.Rows+all, f.Rejected+rejected
		if state == intake.Failed {
			f.Unreadable++
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("duty: files: %w", err)
	}
	return nil
}

// terms counts the clocks of the facts that were first stated in the year. A later version corrects a fact and makes it
// neither earlier nor later. The database counts by day of decision and arrival; which term that is, the calendar says.
func (s sum) terms(ctx context.Context, q db.Q, scope org.Scope, rules []policy.Rule[Clock], cal *calendar.Calendar, year int) (err error) {
	kinds := map[string]bool{}
	for _, r := range rules {
		for _, k := range r.Body.Kinds {
			kinds[k] = true
		}
	}
	args := span(year)
	rows, err := q.QueryContext(ctx, `SELECT b.department, b.kind, b.received_at, r.day, COUNT(*) FROM intake_batch b
		JOIN record_record r ON r.batch = b.id WHERE b.received_at >= $1 AND b.received_at < $2 AND r.version = 1 AND b.takeover = ''
		AND `+scope.Where(&args, "b.department", "")+` AND b.kind IN `+db.In(&args, slices.Sorted(maps.Keys(kinds)))+`
		GROUP BY b.department, b.kind, b.received_at, r.day`, args...)
	if err != nil {
		return fmt.Errorf("duty: terms: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var department, kind string
		var at db.Time
		var day credit.Date
		var n int
		if err := rows.Scan(&department, &kind, &at, &day, &n); err != nil {
			return fmt.Errorf("duty: terms: %w", err)
		}
		received := credit.DateOf(at.Time)
		got, err := Terms(day, received, clocksOn(rules, kind, Regulator(department), day), cal)
		if err != nil {
			return err
		}
		f := s.at(department, received)
		for _, t := range got {
			if t.Line == Credit {
				f.Credit.add(t.Answer, n)
			} else {
				f.Publicity.add(t.Answer, n)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("duty: terms: %w", err)
	}
	return nil
}
