package casework

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// Filter narrows a list of cases; the zero value asks for all. Cursor is the next of the page before.
type Filter struct {
	Kind     string
	State    State
	Open     bool // only undecided ones
	Group    string
	Division string // that division and what lies in it
	Text     string // part of the enterprise's name, or its code
	DueBy    credit.Date
	Cursor   string
	Limit    int // 50 where it is 0, at most 200
}

// List returns a page of the cases within scope, the earliest last day first, and the cursor of the next page, "" at the end.
func List(ctx context.Context, q db.Q, scope org.Scope, f Filter) ([]Case, string, error) {
	var args []any
	where, err := f.where(&args, scope)
	if err != nil {
		return nil, "", err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	args = append(args, limit+1)
	cases, err := query(ctx, q, where+fmt.Sprintf(` ORDER BY c.due, c.id LIMIT $%d`, len(args)), args...)
	if err != nil || len(cases) <= limit {
		return cases, "", err
	}
	last := cases[limit-1]
	return cases[:limit], kept(last.Due).String() + "~" + last.ID, nil
}

// Count returns how many cases within scope the filter finds, whatever its cursor.
func Count(ctx context.Context, q db.Q, scope org.Scope, f Filter) (n int, err error) {
	var args []any
	f.Cursor = ""
	where, err := f.where(&args, scope)
	if err != nil {
		return 0, err
	}
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM casework_case c LEFT JOIN enterprise_subject s ON s.id = c.enterprise_id `+where, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("casework: count: %w", err)
	}
	return n, nil
}

func (f Filter) where(args *[]any, scope org.Scope) (string, error) {
	w := `WHERE ` + scope.Where(args, "c.authority", "c.division")
	and := func(cond string, v any) {
		*args = append(*args, v)
		w += fmt.Sprintf(` AND `+cond, len(*args))
	}
	if f.Kind != "" {
		and(`c.kind = $%d`, f.Kind)
	}
	if f.State != "" {
		and(`c.state = $%d`, f.State)
	}
	if f.Open {
		w += ` AND c.state IN ('open', 'noticed', 'examined', 'returned')`
	}
	if f.Group != "" {
		and(`c.run = $%d`, f.Group)
	}
	if f.Division != "" {
		w += ` AND ` + org.Scope{Division: f.Division}.Where(args, "", "c.division")
	}
	if f.DueBy != 0 {
		and(`c.due <= $%d`, f.DueBy)
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		*args = append(*args, "%"+likeEscape(text)+"%", strings.ToUpper(text))
		w += fmt.Sprintf(` AND (s.name LIKE $%d ESCAPE '\' OR s.uscc = $%d)`, len(*args)-1, len(*args))
	}
	if f.Cursor != "" {
		day, id, ok := strings.Cut(f.Cursor, "~")
		due, err := credit.ParseDate(day)
		if err != nil || !ok {
			return "", fault.New(fault.Invalid, "casework.bad_cursor")
		}
		*args = append(*args, due, id)
		w += fmt.Sprintf(` AND (c.due > $%[1]d OR c.due = $%[1]d AND c.id > $%[2]d)`, len(*args)-1, len(*args))
	}
	return w, nil
}

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Task is one line of a person's to-dos: one case, or all cases of a run that wait for the same act and are done together.
type Task struct {
	Act          org.Act // CaseExamine or CaseApprove
	Notice       bool    // the parties of the run have to be given notice first
	Kind         string
	Group        string // "" for a single case
	Authority    string
	State        State
	Case         string // of a single case, or the first of the run
	EnterpriseID string // of a single case
	USCC         string
	Name         string
	Count        int
	Changed      int         // how many of them are about an enterprise whose registration has changed since they were opened
	Due          credit.Date // the earliest last day
	Clock        Clock
}

// Together reports whether the line stands for cases that are dealt with together: notice is always given by run.
func (t Task) Together() bool { return t.Group != "" && (t.Count > 1 || t.Notice) }

// maxTasks bounds a list of to-dos; what is due first stands first.
const maxTasks = 200

// Todo returns what waits for by, what is due first on top. A yearly run is one line. What by has asked for or
// examined himself is not among what he may approve.
func Todo(ctx context.Context, q db.Q, by org.Actor, cal *calendar.Calendar, today credit.Date) ([]Task, error) {
	var args []any
	examine := org.ScopeOf(by, org.CaseExamine).Where(&args, "c.authority", "c.division")
	approve := org.ScopeOf(by, org.CaseApprove).Where(&args, "c.authority", "c.division")
	args = append(args, by.User, by.OnBehalf, maxTasks)
	n := len(args)
	var out []Task
	err := each(ctx, q, func(rows *sql.Rows) error {
		var t Task
		if err := rows.Scan(&t.Kind, &t.Group, &t.Authority, &t.State, &t.Notice, &t.Count, &t.Case, &t.Due, &t.EnterpriseID, &t.USCC, &t.Name, &t.Changed); err != nil {
			return err
		}
		t.Act = org.CaseExamine
		if t.State == Examined {
			t.Act = org.CaseApprove
		}
		if t.Together() {
			t.EnterpriseID, t.USCC, t.Name = "", "", ""
		}
		out = append(out, t)
		return nil
	}, fmt.Sprintf(`SELECT c.kind, c.run, c.authority, c.state, c.state = 'open' AND c.wants_notice, count(*), min(c.id), min(c.due), min(c.enterprise_id),
		COALESCE(min(s.uscc), ''), COALESCE(min(s.name), ''), sum(CASE WHEN `+changed+` > 0 THEN 1 ELSE 0 END)
		FROM casework_case c LEFT JOIN enterprise_subject s ON s.id = c.enterprise_id
		WHERE (c.state IN ('noticed', 'returned') OR c.state = 'open' AND (NOT c.wants_notice OR c.run <> '')) AND %s
		OR c.state = 'examined' AND %s AND NOT EXISTS (SELECT 1 FROM casework_step t WHERE t.enterprise_id = c.enterprise_id
			AND t.case_id = c.id AND t.kind IN ('opened', 'examined')
			AND (t.person = $%[3]d OR t.on_behalf = $%[3]d OR $%[4]d <> '' AND (t.person = $%[4]d OR t.on_behalf = $%[4]d)))
		GROUP BY c.kind, c.run, c.authority, c.state, c.state = 'open' AND c.wants_notice, CASE WHEN c.run = '' THEN c.id ELSE '' END
		ORDER BY 8, 1, 2, 3, 4, 7 LIMIT $%[5]d`, examine, approve, n-2, n-1, n), args...)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Due = known(out[i].Due)
		out[i].Clock = ClockAt(cal, out[i].Due, today)
	}
	return out, nil
}
