package enterprise

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// PutAll brings the projection up to the accepted registrations: subjects, their numbers and names. A name that changed stays
// known as a former one. Putting the same again changes nothing.
func PutAll(ctx context.Context, q db.Q, subjects []Subject) error {
	for part := range slices.Chunk(subjects, 50) {
		last := lastOfEach(part)
		if err := keepNames(ctx, q, part, last); err != nil {
			return err
		}
		if err := putSubjects(ctx, q, last); err != nil {
			return err
		}
		if err := putNumbers(ctx, q, part); err != nil {
			return err
		}
	}
	return nil
}

// lastOfEach keeps the last of several registrations of one subject: one statement may not touch a row twice.
func lastOfEach(subjects []Subject) []Subject {
	last := map[string]int{}
	for i, s := range subjects {
		last[s.ID] = i
	}
	var out []Subject
	for i, s := range subjects {
		if last[s.ID] == i {
			out = append(out, s)
		}
	}
	return out
}

func putSubjects(ctx context.Context, q db.Q, subjects []Subject) error {
	const width = 16
	args := make([]any, 0, width*len(subjects))
	for _, s := range subjects {
		args = append(args, s.ID, s.USCC, s.Name, credit.NormalizeName(s.Name), s.Kind, s.Division, s.Station, s.Authority, s.State, s.Registered,
			s.Ended, s.LegalRep, s.Address, s.Industry, s.Scope, s.Capital)
	}
	_, err := q.ExecContext(ctx, `INSERT INTO enterprise_subject (id, uscc, name, norm, kind, division, station, authority, state, registered,
		ended, legal_rep, address, industry, scope, capital) VALUES `+db.Values(len(subjects), width)+`
		ON CONFLICT (id) DO UPDATE SET uscc = excluded.uscc, name = excluded.name, norm = excluded.norm, kind = excluded.kind,
		division = excluded.division, station = excluded.station, authority = excluded.authority, state = excluded.state,
		registered = excluded.registered, ended = excluded.ended, legal_rep = excluded.legal_rep, address = excluded.address,
		industry = excluded.industry, scope = excluded.scope, capital = excluded.capital`, args...)
	if err != nil {
		return fmt.Errorf("enterprise: put: %w", err)
	}
	return nil
}

func putNumbers(ctx context.Context, q db.Q, subjects []Subject) error {
	var args []any
	seen := map[[3]string]bool{}
	for _, s := range subjects {
		for _, n := range (Ident{USCC: s.USCC, RegNo: s.RegNo}).numbers() {
			if k := [3]string{n.scheme, n.value, s.ID}; !seen[k] {
				seen[k] = true
				args = append(args, n.scheme, n.value, s.ID)
			}
		}
	}
	if len(args) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `INSERT INTO enterprise_identifier (scheme, value, enterprise_id) VALUES `+db.Values(len(args)/3, 3)+`
		ON CONFLICT (scheme, value, enterprise_id) DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("enterprise: put identifiers: %w", err)
	}
	return nil
}

// keepNames remembers the names that are about to be replaced, also within the same call, and the former names that
// registrations state.
func keepNames(ctx context.Context, q db.Q, subjects, last []Subject) error {
	ids := make([]string, len(last))
	now := map[string]string{}
	for i, s := range last {
		ids[i], now[s.ID] = s.ID, credit.NormalizeName(s.Name)
	}
	old, err := ByIDs(ctx, q, ids)
	if err != nil {
		return err
	}
	var args []any
	keep := func(id, name string) {
		if norm := credit.NormalizeName(name); norm != "" && norm != now[id] {
			args = append(args, id, norm, name)
		}
	}
	for _, s := range slices.Concat(old, subjects) {
		keep(s.ID, s.Name)
		keep(s.ID, s.Former)
	}
	if len(args) == 0 {
		return nil
	}
	_, err = q.ExecContext(ctx, `INSERT INTO enterprise_name (enterprise_id, norm, name) VALUES `+db.Values(len(args)/3, 3)+`
		ON CONFLICT (enterprise_id, norm) DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("enterprise: put names: %w", err)
	}
	return nil
}
