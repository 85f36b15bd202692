package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Name is a name that a subject had from a day until another, which was the first of the next name. 0 is a day that nobody stated.
type Name struct {
	Name  string      `json:"name"`
	From  credit.Date `json:"from,omitzero"`
	Until credit.Date `json:"until,omitzero"`
}

// on reports whether the name is known to have been in use on a day. The first of a subject's names goes back as far as anybody
// knows, one whose end is unknown is known for no day.
func (n Name) on(day credit.Date) bool { return n.Until != 0 && n.From <= day && day < n.Until }

// takeName brings the names up to a registration: of one subject, in the order in which registrations were stated.
//
// A name begins on the day of approval, or where that is of an earlier change on the day for which the registration was stated.
// What a first registration calls its former name ended on the day of its approval, and where it names none, the subject is
// taken to have been called so since it was registered.
func (p *profile) takeName(s Subject) {
	renamed := p.known && !sameName(s.Name, p.Name)
	begins := cmp.Or(s.Approved, s.Heard)
	if p.known && s.Approved <= p.Approved {
		begins = s.Heard
	}
	switch {
	case renamed:
		begins = max(begins, p.Named)
		p.had(Name{p.Name, p.Named, begins})
		p.Named = begins
	case !p.known:
		p.Named = cmp.Or(s.Registered, begins)
	}
	if !p.fresh(s) {
		return
	}
	if former := (Name{Name: s.Former}); len(p.names) > 0 {
		p.had(former) // one more, and nobody says when
	} else {
		former.Until = s.Approved
		p.had(former)
		p.Named = cmp.Or(s.Approved, s.Heard)
	}
}

// fresh reports whether a registration states a former name of which nothing was known.
func (p *profile) fresh(s Subject) bool {
	return credit.NormalizeName(s.Former) != "" && !sameName(s.Former, s.Name) &&
		!slices.ContainsFunc(p.names, func(n Name) bool { return sameName(n.Name, s.Former) })
}

func (p *profile) had(n Name) {
	if credit.NormalizeName(n.Name) != "" && !slices.Contains(p.names, n) {
		p.names, p.renamed = append(p.names, n), true
	}
}

func sameName(a, b string) bool { return credit.NormalizeName(a) == credit.NormalizeName(b) }

// NamesOf returns the names that a subject had before, the latest first.
func NamesOf(ctx context.Context, q db.Q, id string) ([]Name, error) {
	all, err := namesOf(ctx, q, []string{id})
	if err != nil {
		return nil, err
	}
	slices.Reverse(all[id])
	slices.SortStableFunc(all[id], func(a, b Name) int { return cmp.Compare(b.Until, a.Until) })
	return all[id], nil
}

// NameOn returns what a subject was called on a day. Where that is not known it is fault enterprise.no_name_on.
func NameOn(ctx context.Context, q db.Q, id string, day credit.Date) (string, error) {
	s, err := KnownByID(ctx, q, id)
	if err != nil {
		return "", err
	}
	if s.Named <= day {
		return s.Name, nil
	}
	names, err := NamesOf(ctx, q, id)
	if err != nil {
		return "", err
	}
	for _, n := range names {
		if n.on(day) {
			return n.Name, nil
		}
	}
	return "", fault.New(fault.NotFound, "enterprise.no_name_on", day)
}

// namesOf returns the former names of some subjects in the order in which they were learnt.
func namesOf(ctx context.Context, q db.Q, ids []string) (map[string][]Name, error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, name, valid_from, valid_until FROM enterprise_name WHERE enterprise_id IN `+
		db.In(&args, ids)+` ORDER BY enterprise_id, place`, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: names: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]Name{}
	for rows.Next() {
		var id string
		var n Name
		if err := rows.Scan(&id, &n.Name, &n.From, &n.Until); err != nil {
			return nil, fmt.Errorf("enterprise: names: %w", err)
		}
		out[id] = append(out[id], n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: names: %w", err)
	}
	return out, nil
}

// putNames writes the former names of those whose names have changed.
func putNames(ctx context.Context, q db.Q, people []*profile) error {
	const width = 6
	var args []any
	for _, p := range people {
		for place, n := range p.names {
			if p.renamed {
				args = append(args, p.ID, place, credit.NormalizeName(n.Name), n.Name, n.From, n.Until)
			}
		}
	}
	for part := range slices.Chunk(args, 50*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO enterprise_name (enterprise_id, place, norm, name, valid_from, valid_until) VALUES `+
			db.Values(len(part)/width, width)+` ON CONFLICT (enterprise_id, place) DO NOTHING`, part...)
		if err != nil {
			return fmt.Errorf("enterprise: put names: %w", err)
		}
	}
	return nil
}
