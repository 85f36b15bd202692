package casework

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

const caseCols = `c.enterprise_id, c.id, c.kind, c.policy_version, c.wants_notice, c.lead, c.authority, c.division, c.station, c.run,
	c.detail, c.state, c.opened_at, c.due, c.settled_at, c.facts, c.examiner, c.approver, c.notice, c.paper`

// find returns a case without its steps and without asking who wants to know.
func find(ctx context.Context, q db.Q, id string) (Case, error) {
	cases, err := query(ctx, q, `WHERE c.id = $1`, id)
	if err != nil {
		return Case{}, err
	}
	if len(cases) == 0 {
		return Case{}, fault.New(fault.NotFound, "casework.no_case")
	}
	return cases[0], nil
}

// Get returns a case with its steps to somebody who may see it; to everybody else it does not exist.
func Get(ctx context.Context, q db.Q, by org.Actor, id string) (Case, error) {
	c, err := find(ctx, q, id)
	if err != nil {
		return Case{}, err
	}
	if org.May(by, org.CaseRead, c.Authority, c.Division) != nil {
		return Case{}, fault.New(fault.NotFound, "casework.no_case")
	}
	c.Steps, err = stepsOf(ctx, q, c)
	return c, err
}

func stepsOf(ctx context.Context, q db.Q, c Case) ([]Step, error) {
	var out []Step
	err := each(ctx, q, func(rows *sql.Rows) error {
		var s Step
		var at db.Time
		if err := rows.Scan(&s.Leaf, &s.Kind, &at, &s.By.User, &s.By.Name, &s.By.Post, &s.By.Department, &s.By.Key, &s.By.Duty,
			&s.By.OnBehalf, &s.Opinion, &s.Paper); err != nil {
			return err
		}
		s.At = at.Time
		out = append(out, s)
		return nil
	}, `SELECT leaf, kind, at, person, name, post, department, key_id, duty, on_behalf, opinion, paper FROM casework_step
		WHERE enterprise_id = $1 AND case_id = $2 ORDER BY leaf`, c.EnterpriseID, c.ID)
	return out, err
}

// Undecided returns the cases of an enterprise that nobody has decided yet.
func Undecided(ctx context.Context, q db.Q, enterpriseID string) ([]Case, error) {
	return query(ctx, q, `WHERE c.enterprise_id = $1 AND c.state IN ('open', 'noticed', 'examined', 'returned') ORDER BY c.id`, enterpriseID)
}

// OpenOf returns the undecided cases of a kind, in the order of their ids.
func OpenOf(ctx context.Context, q db.Q, kind string) ([]Case, error) {
	return query(ctx, q, `WHERE c.kind = $1 AND c.state IN ('open', 'noticed', 'examined', 'returned') ORDER BY c.id`, kind)
}

// HavingUndecided returns which of the enterprises have an undecided case.
func HavingUndecided(ctx context.Context, q db.Q, enterpriseIDs []string) (map[string]bool, error) {
	out := map[string]bool{}
	for some := range slices.Chunk(enterpriseIDs, 300) {
		var args []any
		err := each(ctx, q, func(rows *sql.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			out[id] = true
			return nil
		}, `SELECT DISTINCT enterprise_id FROM casework_case WHERE enterprise_id IN `+db.In(&args, some)+`
			AND state IN ('open', 'noticed', 'examined', 'returned')`, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Groups returns the groups that have cases in a state, with how many, in the order of their ids.
func Groups(ctx context.Context, q db.Q, state State) ([]Group, error) {
	return groups(ctx, q, `SELECT run, kind, authority, count(*), min(due) FROM casework_case WHERE run <> '' AND state = $1
		GROUP BY run, kind, authority ORDER BY run, kind, authority`, state)
}

// HalfNoticed returns the groups of which a paper of notice lists cases whose step is still to be taken.
func HalfNoticed(ctx context.Context, q db.Q) ([]Group, error) {
	return groups(ctx, q, `SELECT run, kind, authority, count(*), min(due) FROM casework_case WHERE run <> '' AND state = 'open' AND wants_notice
		AND notice <> '' GROUP BY run, kind, authority ORDER BY run, kind, authority`)
}

// Unnoticed returns the groups that have cases whose party has still to be given notice.
func Unnoticed(ctx context.Context, q db.Q) ([]Group, error) {
	return groups(ctx, q, `SELECT run, kind, authority, count(*), min(due) FROM casework_case WHERE run <> '' AND state = 'open' AND wants_notice
		GROUP BY run, kind, authority ORDER BY run, kind, authority`)
}

func groups(ctx context.Context, q db.Q, query string, args ...any) ([]Group, error) {
	var out []Group
	err := each(ctx, q, func(rows *sql.Rows) error {
		var g Group
		if err := rows.Scan(&g.ID, &g.Kind, &g.Authority, &g.Open, &g.Due); err != nil {
			return err
		}
		g.Due = known(g.Due)
		out = append(out, g)
		return nil
	}, query, args...)
	return out, err
}

// HavingUndecidedAfter returns up to limit ids, after the id after, of enterprises with an undecided case: the pages of a walk
// over all of them, of which the empty one is the last.
func HavingUndecidedAfter(ctx context.Context, q db.Q, after string, limit int) ([]string, error) {
	return ids(ctx, q, `SELECT DISTINCT enterprise_id FROM casework_case WHERE enterprise_id > $1
		AND state IN ('open', 'noticed', 'examined', 'returned') ORDER BY enterprise_id LIMIT $2`, after, limit)
}

// InGroup returns up to limit ids of a group's cases in a state that come after the id after, in the order of ids.
func InGroup(ctx context.Context, q db.Q, group string, state State, after string, limit int) ([]string, error) {
	return ids(ctx, q, `SELECT id FROM casework_case WHERE run = $1 AND state = $2 AND id > $3 ORDER BY id LIMIT $4`, group, state, after, limit)
}

func ids(ctx context.Context, q db.Q, query string, args ...any) ([]string, error) {
	var out []string
	err := each(ctx, q, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
	return out, err
}

// Unnamed returns the cases of a group that wait for notice and that no paper names yet, in the order of their ids.
func Unnamed(ctx context.Context, q db.Q, group string) ([]Case, error) {
	return query(ctx, q, `WHERE c.run = $1 AND c.state = 'open' AND c.wants_notice AND c.notice = '' ORDER BY c.id`, group)
}

// Named returns up to limit cases of a group that a paper of notice names and whose step is still to be taken.
func Named(ctx context.Context, q db.Q, group string, limit int) ([]Case, error) {
	return query(ctx, q, `WHERE c.run = $1 AND c.state = 'open' AND c.wants_notice AND c.notice <> '' ORDER BY c.id LIMIT $2`, group, limit)
}

// changed is how often the registration of a case's enterprise has changed since the case was opened.
const changed = `(SELECT count(*) FROM enterprise_change g WHERE g.enterprise_id = c.enterprise_id AND g.at > c.opened_at AND g.kind <> 'registered')`

func query(ctx context.Context, q db.Q, where string, args ...any) ([]Case, error) {
	var out []Case
	err := each(ctx, q, func(rows *sql.Rows) error {
		var c Case
		var opened, settled db.Time
		var facts string
		if err := rows.Scan(&c.EnterpriseID, &c.ID, &c.Kind, &c.PolicyVersion, &c.WantsNotice, &c.Lead, &c.Authority, &c.Division,
			&c.Station, &c.Group, &c.Detail, &c.State, &opened, &c.Due, &settled, &facts, &c.Examiner, &c.Approver, &c.Notice,
			&c.Paper, &c.USCC, &c.Name, &c.Changed); err != nil {
			return err
		}
		c.Opened, c.Settled, c.Facts, c.Due = opened.Time, settled.Time, json.RawMessage(facts), known(c.Due)
		out = append(out, c)
		return nil
	}, `SELECT `+caseCols+`, COALESCE(s.uscc, ''), COALESCE(s.name, ''), `+changed+` FROM casework_case c
		LEFT JOIN enterprise_subject s ON s.id = c.enterprise_id `+where, args...)
	return out, err
}

// each calls f for each row of a query.
func each(ctx context.Context, q db.Q, f func(rows *sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("casework: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return fmt.Errorf("casework: read: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("casework: read: %w", err)
	}
	return nil
}

// Since returns the cases of these enterprises that were opened, or ended, at an instant or after it, in the order of their ids.
func Since(ctx context.Context, q db.Q, enterpriseIDs []string, at time.Time) ([]Case, error) {
	var out []Case
	for some := range slices.Chunk(enterpriseIDs, 300) {
		args := []any{db.Time{Time: at}}
		found, err := query(ctx, q, `WHERE (c.opened_at >= $1 OR c.settled_at >= $1) AND c.enterprise_id IN `+db.In(&args, some)+` ORDER BY c.id`, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
