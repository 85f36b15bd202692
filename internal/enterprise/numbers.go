package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// Number is a number by which a subject is or was known, from a day until another, which was the first of the next one of the
// scheme. 0 is a day that nobody stated.
type Number struct {
	Scheme string // uscc, regno, orgcode or taxno
	Value  string
	From   credit.Date
	Until  credit.Date
}

// takeNumbers brings the numbers up to a registration. A number of a scheme ends where the next one of it begins; of one that a
// registration does not name nothing is said. The day is known where one number took the place of another, and of the code
// where it took that of the old registration number.
func (p *profile) takeNumbers(s Subject) {
	stated := (Ident{USCC: s.USCC, RegNo: s.RegNo, OrgCode: s.OrgCode, TaxNo: s.TaxNo}).numbers()
	begins := s.Heard
	if !p.known || s.Approved > p.Approved {
		begins = cmp.Or(s.Approved, s.Heard)
	}
	for _, scheme := range schemes {
		if !slices.ContainsFunc(stated, func(n number) bool { return n.scheme == scheme }) {
			continue
		}
		from := credit.Date(0)
		if scheme == byUSCC && p.known && !p.has(byUSCC) {
			from = begins
		}
		for i, n := range p.numbers {
			if n.Scheme == scheme && n.Until == 0 && !slices.Contains(stated, number{n.Scheme, n.Value}) {
				from, p.numbers[i].Until, p.numbered = begins, max(begins, n.From), true
			}
		}
		for _, n := range stated {
			if n.scheme == scheme {
				p.number(Number{n.scheme, n.value, from, 0})
			}
		}
	}
}

// number adds a number, or makes it one of today again.
func (p *profile) number(n Number) {
	i := slices.IndexFunc(p.numbers, func(had Number) bool { return had.Scheme == n.Scheme && had.Value == n.Value })
	switch {
	case i < 0:
		p.numbers, p.numbered = append(p.numbers, n), true
	case p.numbers[i].Until != 0:
		p.numbers[i].Until, p.numbered = 0, true
	}
}

func (p *profile) has(scheme string) bool {
	return slices.ContainsFunc(p.numbers, func(n Number) bool { return n.Scheme == scheme })
}

// NumbersOf returns the numbers of a subject: those of today before those that it had, in the order in which they are matched.
func NumbersOf(ctx context.Context, q db.Q, id string) ([]Number, error) {
	all, err := numbersOf(ctx, q, []string{id})
	slices.SortFunc(all[id], func(a, b Number) int {
		return cmp.Or(compareBool(a.Until != 0, b.Until != 0), cmp.Compare(slices.Index(schemes, a.Scheme), slices.Index(schemes, b.Scheme)),
			cmp.Compare(b.Until, a.Until), cmp.Compare(a.Value, b.Value))
	})
	return all[id], err
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func numbersOf(ctx context.Context, q db.Q, ids []string) (map[string][]Number, error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, scheme, value, valid_from, valid_until FROM enterprise_identifier WHERE enterprise_id IN `+
		db.In(&args, ids)+` ORDER BY enterprise_id, scheme, value`, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: numbers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]Number{}
	for rows.Next() {
		var id string
		var n Number
		if err := rows.Scan(&id, &n.Scheme, &n.Value, &n.From, &n.Until); err != nil {
			return nil, fmt.Errorf("enterprise: numbers: %w", err)
		}
		out[id] = append(out[id], n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: numbers: %w", err)
	}
	return out, nil
}

// putNumbers writes the numbers of those whose numbers have changed.
func putNumbers(ctx context.Context, q db.Q, people []*profile) error {
	const width = 5
	var args []any
	for _, p := range people {
		for _, n := range p.numbers {
			if p.numbered {
				args = append(args, n.Scheme, n.Value, p.ID, n.From, n.Until)
			}
		}
	}
	for part := range slices.Chunk(args, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO enterprise_identifier (scheme, value, enterprise_id, valid_from, valid_until) VALUES `+
			db.Values(len(part)/width, width)+` ON CONFLICT (scheme, value, enterprise_id) DO UPDATE SET valid_until = excluded.valid_until`, part...)
		if err != nil {
			return fmt.Errorf("enterprise: put identifiers: %w", err)
		}
	}
	return nil
}
