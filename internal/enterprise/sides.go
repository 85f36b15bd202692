package enterprise

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/match"
)

// Sides returns what the registry knows of subjects, to be compared with what a record says of its own, in the order of their ids:
// with every number and every name by which each is or was known.
func Sides(ctx context.Context, q db.Q, ids []string) ([]match.Side, error) {
	var out []match.Side
	for part := range slices.Chunk(ids, 200) {
		subjects, err := ByIDs(ctx, q, part)
		if err != nil {
			return nil, err
		}
		some, err := SidesOf(ctx, q, subjects)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// SidesOf is [Sides] for subjects that were read already.
func SidesOf(ctx context.Context, q db.Q, subjects []Subject) ([]match.Side, error) {
	var out []match.Side
	for some := range slices.Chunk(subjects, 200) {
		part := make([]string, len(some))
		for i, s := range some {
			part[i] = s.ID
		}
		names, err := pairs(ctx, q, `SELECT enterprise_id, name FROM enterprise_name WHERE enterprise_id IN `, ` ORDER BY norm`, part)
		if err != nil {
			return nil, err
		}
		numbers, err := pairs(ctx, q, `SELECT enterprise_id, value FROM enterprise_identifier WHERE enterprise_id IN `, ` ORDER BY scheme, value`, part)
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			out = append(out, match.Side{ID: s.ID, Name: s.Name, Former: names[s.ID], USCC: s.USCC, Numbers: numbers[s.ID], LegalRep: s.LegalRep,
				Address: s.Address, Division: s.Division, Kind: s.Kind, State: s.State})
		}
	}
	return out, nil
}

// Bearers returns the ids of those who bear or bore exactly one of these names, by name in the form in which names are compared; of a
// name that many bear the first few, which is enough to see that it decides nothing.
func Bearers(ctx context.Context, q db.Q, norms []string) (map[string][]string, error) {
	const most = 5
	out := map[string][]string{}
	for _, query := range []string{
		`SELECT norm, id FROM enterprise_subject WHERE norm IN `,
		`SELECT norm, enterprise_id FROM enterprise_name WHERE norm IN `,
	} {
		for part := range slices.Chunk(norms, 200) {
			found, err := pairs(ctx, q, query, ` ORDER BY 1, 2`, part)
			if err != nil {
				return nil, err
			}
			for norm, ids := range found {
				for _, id := range ids[:min(most, len(ids))] {
					if !slices.Contains(out[norm], id) {
						out[norm] = append(out[norm], id)
					}
				}
			}
		}
	}
	return out, nil
}

// pairs reads the second column of a query by the first.
func pairs(ctx context.Context, q db.Q, query, order string, in []string) (map[string][]string, error) {
	out := map[string][]string{}
	if len(in) == 0 {
		return out, nil
	}
	var args []any
	query += db.In(&args, in)
	rows, err := q.QueryContext(ctx, query+order, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("enterprise: read: %w", err)
		}
		out[key] = append(out[key], value)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: read: %w", err)
	}
	return out, nil
}

// Side returns what an [Ident] says of whom it means.
func (id Ident) Side() match.Side {
	return match.Side{Name: id.Name, USCC: id.USCC, RegNo: id.RegNo, OrgCode: id.OrgCode, LegalRep: id.LegalRep, Address: id.Address, Division: id.Division}
}

// SaysNothing reports whether an [Ident] names nobody: neither a number nor a name.
func (id Ident) SaysNothing() bool {
	return len(id.numbers()) == 0 && credit.NormalizeName(id.Name) == ""
}
