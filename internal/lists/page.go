package lists

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// Filter narrows a page of a list; the zero value asks for everything of all lists. Cursor is the next of the page before.
type Filter struct {
	List     credit.List
	Division string    // that division and what lies in it
	Ground   string    // the cause
	State    EventKind // Listed: still on the list; Removed, Ended, Rescinded
	Kind     credit.SubjectKind
	On       credit.Date // listed on that day or before
	Year     int         // of the listing
	Text     string      // part of the enterprise's name, or its code
	Cursor   string
	Limit    int // 50 where it is 0, at most 200
}

// Row is an entry as a list shows it.
type Row struct {
	EnterpriseID string
	USCC         string
	Name         string
	Kind         credit.SubjectKind
	Division     string
	EntryID      string
	List         credit.List
	Ground       string
	Detail       string
	Authority    string
	State        EventKind
	ListedOn     credit.Date
	ListedPaper  string
	ListedNo     string
	EndedOn      credit.Date // when it was removed or ended, or else rescinded
	EndedPaper   string
	EndedNo      string
}

const rowFrom = ` FROM lists_entry e JOIN lists_event v ON v.enterprise_id = e.enterprise_id AND v.entry_id = e.id AND v.kind = 'listed'
	JOIN enterprise_subject s ON s.id = e.enterprise_id
	LEFT JOIN lists_event r ON r.enterprise_id = e.enterprise_id AND r.entry_id = e.id AND r.kind IN ('removed', 'ended')
	LEFT JOIN lists_event x ON x.enterprise_id = e.enterprise_id AND x.entry_id = e.id AND x.kind = 'rescinded' `

// Page returns the entries within scope that the filter finds, the latest listing first, and the cursor of the next page,
// "" at the end.
func Page(ctx context.Context, q db.Q, scope org.Scope, f Filter) ([]Row, string, error) {
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
	var out []Row
	err = each(ctx, q, func(rows *sql.Rows) error {
		var r Row
		var removed, rescinded credit.Date
		var void bool
		var how EventKind
		if err := rows.Scan(&r.EnterpriseID, &r.USCC, &r.Name, &r.Kind, &r.Division, &r.EntryID, &r.List, &r.Ground, &r.Detail, &r.Authority,
			&r.ListedOn, &r.ListedPaper, &r.ListedNo, &removed, &rescinded, &void, &how, &r.EndedPaper, &r.EndedNo); err != nil {
			return err
		}
		switch {
		case void:
			r.State, r.EndedOn = Rescinded, rescinded
		case removed != 0:
			r.State, r.EndedOn = how, removed
		default:
			r.State = Listed
		}
		out = append(out, r)
		return nil
	}, `SELECT e.enterprise_id, s.uscc, s.name, s.kind, s.division, e.id, e.list, e.ground, e.detail, e.authority, v.effect, v.paper, v.paper_no,
		r.effect, x.effect, x.entry_id IS NOT NULL, COALESCE(r.kind, ''), COALESCE(x.paper, r.paper, ''), COALESCE(x.paper_no, r.paper_no, '')`+rowFrom+where+
		fmt.Sprintf(` ORDER BY v.effect DESC, e.id DESC LIMIT $%d`, len(args)), args...)
	if err != nil || len(out) <= limit {
		return out, "", err
	}
	last := out[limit-1]
	return out[:limit], last.ListedOn.String() + "~" + last.EntryID, nil
}

// Count returns how many entries within scope the filter finds, whatever its cursor.
func Count(ctx context.Context, q db.Q, scope org.Scope, f Filter) (n int, err error) {
	var args []any
	f.Cursor = ""
	where, err := f.where(&args, scope)
	if err != nil {
		return 0, err
	}
	if err := q.QueryRowContext(ctx, `SELECT count(*)`+rowFrom+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("lists: count: %w", err)
	}
	return n, nil
}

func (f Filter) where(args *[]any, scope org.Scope) (string, error) {
	w := `WHERE ` + scope.Where(args, "e.authority", "s.division")
	and := func(cond string, v any) {
		*args = append(*args, v)
		w += fmt.Sprintf(` AND `+cond, len(*args))
	}
	if f.List != "" {
		and(`e.list = $%d`, f.List)
	}
	if f.Ground != "" {
		and(`e.ground = $%d`, f.Ground)
	}
	if f.Division != "" {
		w += ` AND ` + org.Scope{Division: f.Division}.Where(args, "", "s.division")
	}
	if f.Kind != "" {
		and(`s.kind = $%d`, f.Kind)
	}
	if f.On != 0 {
		and(`v.effect <= $%d`, f.On)
	}
	if f.Year != 0 {
		and(`v.effect >= $%d`, credit.NewDate(f.Year, 1, 1))
		and(`v.effect < $%d`, credit.NewDate(f.Year+1, 1, 1))
	}
	switch f.State {
	case "":
	case Listed:
		w += ` AND r.entry_id IS NULL AND x.entry_id IS NULL`
	case Removed, Ended:
		and(`r.kind = $%d AND x.entry_id IS NULL`, f.State)
	case Rescinded:
		w += ` AND x.entry_id IS NOT NULL`
	default:
		return "", fault.New(fault.Invalid, "lists.unknown_state", f.State)
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
		*args = append(*args, pattern, strings.ToUpper(text))
		w += fmt.Sprintf(` AND (s.name LIKE $%d ESCAPE '\' OR s.uscc = $%d)`, len(*args)-1, len(*args))
	}
	if f.Cursor != "" {
		day, id, ok := strings.Cut(f.Cursor, "~")
		listed, err := credit.ParseDate(day)
		if err != nil || !ok {
			return "", fault.New(fault.Invalid, "lists.bad_cursor")
		}
		*args = append(*args, listed, id)
		w += fmt.Sprintf(` AND (v.effect < $%[1]d OR v.effect = $%[1]d AND e.id < $%[2]d)`, len(*args)-1, len(*args))
	}
	return w, nil
}
