package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// FindOptions is what is looked for.
type FindOptions struct {
	Term     string // a code, a name or a part of one, a former name
	Division string // "" is everywhere
	Limit    int    // 1 to 50, 20 where 0
	Cursor   string // Next of the page before
}

// Found is one subject that was found.
type Found struct {
	Subject
	Score int    // 0 to 100; 100 is exact
	Why   string // code, name or former-name
}

// candidates bounds how many names are ranked; who needs more asks more exactly.
const candidates = 400

// Find returns the subjects that fit a term, best first, and the cursor of the next page, "" on the last one.
func Find(ctx context.Context, q db.Q, o FindOptions) (hits []Found, next string, err error) {
	from, limit, err := o.page()
	if err != nil {
		return nil, "", err
	}
	term := strings.TrimSpace(o.Term)
	if term == "" {
		return nil, "", nil
	}
	hits, err = byCode(ctx, q, term)
	if err != nil {
		return nil, "", err
	}
	if len(hits) == 0 {
		if hits, err = byName(ctx, q, credit.NormalizeName(term), o.Division); err != nil {
			return nil, "", err
		}
	}
	hits = slices.DeleteFunc(hits, func(f Found) bool { return o.Division != "" && !credit.InDivision(f.Division, o.Division) })
	slices.SortFunc(hits, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(utf8.RuneCountInString(a.Name), utf8.RuneCountInString(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	hits = hits[min(from, len(hits)):]
	if len(hits) > limit {
		hits, next = hits[:limit], strconv.Itoa(from+limit)
	}
	return hits, next, complete(ctx, q, hits)
}

// complete reads the subjects of the few that are shown.
func complete(ctx context.Context, q db.Q, hits []Found) error {
	ids := make([]string, 0, len(hits))
	for _, h := range hits {
		ids = append(ids, h.ID)
	}
	subjects, err := ByIDs(ctx, q, ids)
	if err != nil {
		return err
	}
	for i := range hits {
		for _, s := range subjects {
			if s.ID == hits[i].ID {
				hits[i].Subject = s
			}
		}
	}
	return nil
}

func (o FindOptions) page() (from, limit int, err error) {
	if o.Cursor != "" {
		if from, err = strconv.Atoi(o.Cursor); err != nil || from < 0 {
			return 0, 0, fault.New(fault.Invalid, "enterprise.bad_cursor", o.Cursor)
		}
	}
	return from, min(max(cmp.Or(o.Limit, 20), 1), 50), nil
}

func byCode(ctx context.Context, q db.Q, term string) ([]Found, error) {
	code := usable(term)
	if len(code) < 9 {
		return nil, nil
	}
	var out []Found
	for _, scheme := range schemes {
		known, err := holders(ctx, q, scheme, []string{code})
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, h := range known[code] {
			ids = append(ids, h.id)
		}
		found, err := ByIDs(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			out = append(out, Found{Subject: s, Score: 100, Why: "code"})
		}
	}
	return out, nil
}

// escape makes a text literal in a LIKE pattern.
var escape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// rankByName returns the query for those in a division ("" is everywhere) whose names hold a term; an index holds all that it reads.
func rankByName(norm, division string) (query string, args []any) {
	begin := escape.Replace(norm) + "%"
	args = []any{"%" + begin, begin, candidates}
	where := org.Scope{All: division == "", Division: division}.Where(&args, "", "division")
	return `SELECT id, norm, division FROM enterprise_subject WHERE norm LIKE $1 ESCAPE '\' AND ` + where + `
		ORDER BY CASE WHEN norm LIKE $2 ESCAPE '\' THEN 0 ELSE 1 END, length(norm), id LIMIT $3`, args
}

// byName looks for the term as a part of present and former names. The ranking is done here, on the few that fit best; of
// whom it finds by the name of today only id, division and the name in its normal form are filled in.
func byName(ctx context.Context, q db.Q, norm, division string) ([]Found, error) {
	if norm == "" {
		return nil, nil
	}
	query, args := rankByName(norm, division)
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: find: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Found
	have := map[string]bool{}
	for rows.Next() {
		f := Found{Why: "name"}
		if err := rows.Scan(&f.ID, &f.Name, &f.Division); err != nil {
			return nil, fmt.Errorf("enterprise: find: %w", err)
		}
		f.Score, have[f.ID] = score(f.Name, norm), true
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: find: %w", err)
	}
	best, err := former(ctx, q, norm)
	if err != nil {
		return nil, err
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(best)), func(id string) bool { return have[id] })
	more, err := ByIDs(ctx, q, ids)
	for _, s := range more {
		out = append(out, Found{Subject: s, Score: best[s.ID], Why: "former-name"})
	}
	return out, err
}

// former returns who had a name that holds the term, and how well it fits; a name of today that fits as well comes first.
func former(ctx context.Context, q db.Q, norm string) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, norm FROM enterprise_name WHERE norm LIKE $1 ESCAPE '\'
		ORDER BY length(norm), enterprise_id LIMIT $2`, "%"+escape.Replace(norm)+"%", candidates)
	if err != nil {
		return nil, fmt.Errorf("enterprise: find: %w", err)
	}
	defer func() { _ = rows.Close() }()
	best := map[string]int{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("enterprise: find: %w", err)
		}
		best[id] = max(best[id], score(name, norm)-1)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: find: %w", err)
	}
	return best, nil
}

// score says how well a name that holds the term fits it: the whole name, its beginning, or how much of it.
func score(name, term string) int {
	switch {
	case name == term:
		return 100
	case strings.HasPrefix(name, term):
		return 90
	}
	return 50 + 39*utf8.RuneCountInString(term)/max(1, utf8.RuneCountInString(name))
}
