package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// profile is what registrations have made known of a subject, up to one of them.
type profile struct {
	Subject
	known bool // anything at all

	names   []Name // that it had before, in the order in which they were learnt
	renamed bool   // names have been added that are not stored

	numbers  []Number
	numbered bool // numbers have changed

	stated string // the station that a registration stated last

	changes []Change // that are not stored
	changed int      // how many are stored
}

// take brings the profile up to the next registration. The same again changes nothing.
func (p *profile) take(s Subject) {
	p.takeChanges(s)
	p.takeName(s)
	p.takeNumbers(s)
	s.Station, p.stated = p.takeStation(s)
	s.Named, s.Approved = p.Named, cmp.Or(s.Approved, p.Approved)
	p.Subject, p.known = s, true
}

// PutAll brings the projection up to the accepted registrations: subjects, their numbers and names. A name that changed stays
// known as a former one. Putting the same again changes nothing.
func PutAll(ctx context.Context, q db.Q, subjects []Subject) error {
	for part := range slices.Chunk(subjects, 50) {
		people, err := profiles(ctx, q, part)
		if err != nil {
			return err
		}
		if err := write(ctx, q, people); err != nil {
			return err
		}
	}
	return nil
}

// profiles returns the profiles of those whom registrations are about, brought up to them, each once.
func profiles(ctx context.Context, q db.Q, registrations []Subject) ([]*profile, error) {
	var out []*profile
	byID := map[string]*profile{}
	for _, s := range registrations {
		if byID[s.ID] == nil {
			byID[s.ID] = &profile{Subject: Subject{ID: s.ID}}
			out = append(out, byID[s.ID])
		}
	}
	ids := make([]string, len(out))
	for i, p := range out {
		ids[i] = p.ID
	}
	had, err := ByIDs(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, s := range had {
		byID[s.ID].Subject, byID[s.ID].known = s, true
	}
	if len(had) > 0 {
		names, err := namesOf(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		numbers, err := numbersOf(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		stated, err := statedOf(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		changed, err := countChanges(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		for _, p := range out {
			p.names, p.numbers, p.stated, p.changed = names[p.ID], numbers[p.ID], stated[p.ID], changed[p.ID]
		}
	}
	for _, s := range registrations {
		byID[s.ID].take(s)
	}
	return out, nil
}

// statedOf returns which station registrations stated last, by subject.
func statedOf(ctx context.Context, q db.Q, ids []string) (map[string]string, error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT id, stated FROM enterprise_subject WHERE id IN `+db.In(&args, ids), args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var id, stated string
		if err := rows.Scan(&id, &stated); err != nil {
			return nil, fmt.Errorf("enterprise: stations: %w", err)
		}
		out[id] = stated
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	return out, nil
}

func write(ctx context.Context, q db.Q, people []*profile) error {
	if err := putSubjects(ctx, q, people); err != nil {
		return err
	}
	if err := putNames(ctx, q, people); err != nil {
		return err
	}
	if err := putNumbers(ctx, q, people); err != nil {
		return err
	}
	return putChanges(ctx, q, people)
}

func putSubjects(ctx context.Context, q db.Q, people []*profile) error {
	const width = 20
	args := make([]any, 0, width*len(people))
	for _, p := range people {
		s := p.Subject
		args = append(args, s.ID, s.USCC, s.Name, credit.NormalizeName(s.Name), s.Kind, s.Division, s.Station, s.Authority, s.State, s.Registered,
			s.Ended, s.LegalRep, s.Address, s.Industry, s.Scope, s.Capital, s.Approved, s.Named, usable(s.Parent), p.stated)
	}
	_, err := q.ExecContext(ctx, `INSERT INTO enterprise_subject (id, uscc, name, norm, kind, division, station, authority, state, registered,
		ended, legal_rep, address, industry, scope, capital, approved, named, parent, stated) VALUES `+db.Values(len(people), width)+`
		ON CONFLICT (id) DO UPDATE SET uscc = excluded.uscc, name = excluded.name, norm = excluded.norm, kind = excluded.kind,
		division = excluded.division, station = excluded.station, authority = excluded.authority, state = excluded.state,
		registered = excluded.registered, ended = excluded.ended, legal_rep = excluded.legal_rep, address = excluded.address,
		industry = excluded.industry, scope = excluded.scope, capital = excluded.capital, approved = excluded.approved, named = excluded.named,
		parent = excluded.parent, stated = excluded.stated`, args...)
	if err != nil {
		return fmt.Errorf("enterprise: put: %w", err)
	}
	return nil
}
