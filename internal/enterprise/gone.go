package enterprise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Rebuild makes the projection of subjects anew from the registrations of each that were stated and not taken back, in their order,
// of which the last is the one that holds. Without any a subject is gone: no search and no number finds it any more.
func Rebuild(ctx context.Context, q db.Q, ids []string, registrations map[string][]Subject) error {
	for part := range slices.Chunk(ids, 100) {
		given, err := assignedTo(ctx, q, part)
		if err != nil {
			return err
		}
		var lost []string
		var people []*profile
		for _, id := range part {
			if len(registrations[id]) == 0 {
				lost = append(lost, id)
				continue
			}
			people = append(people, rebuilt(id, registrations[id], given[id]))
		}
		if err := keepGone(ctx, q, lost); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM enterprise_subject WHERE id IN `,
			`DELETE FROM enterprise_identifier WHERE enterprise_id IN `,
			`DELETE FROM enterprise_name WHERE enterprise_id IN `,
			`DELETE FROM enterprise_change WHERE enterprise_id IN `,
		} {
			var args []any
			in := db.In(&args, part)
			if _, err := q.ExecContext(ctx, statement+in, args...); err != nil {
				return fmt.Errorf("enterprise: rebuild: %w", err)
			}
		}
		for some := range slices.Chunk(people, 50) {
			if err := write(ctx, q, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuilt returns what registrations make known of a subject, and which station acts gave it in between.
func rebuilt(id string, registrations []Subject, given []assigned) *profile {
	p := &profile{Subject: Subject{ID: id}}
	for i, s := range registrations {
		p.take(s)
		for _, a := range given {
			if a.follows(registrations, i) {
				p.Station = a.station
			}
		}
	}
	return p
}

// follows reports whether a station was given after the registration i, the last that was accepted by then.
func (a assigned) follows(registrations []Subject, i int) bool {
	accepted := func(s Subject) bool { return !s.At.After(a.at) }
	return accepted(registrations[i]) && !slices.ContainsFunc(registrations[i+1:], accepted)
}

// keepGone keeps who the subjects are that are about to go.
func keepGone(ctx context.Context, q db.Q, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var args []any
	_, err := q.ExecContext(ctx, `INSERT INTO enterprise_gone (id, uscc, name, kind, division, authority)
		SELECT id, uscc, name, kind, division, authority FROM enterprise_subject WHERE id IN `+db.In(&args, ids)+`
		ON CONFLICT (id) DO UPDATE SET uscc = excluded.uscc, name = excluded.name, kind = excluded.kind, division = excluded.division,
		authority = excluded.authority`, args...)
	if err != nil {
		return fmt.Errorf("enterprise: keep who is gone: %w", err)
	}
	return nil
}

// Known returns the subject with a code also where it is gone: for those who look into its past.
func Known(ctx context.Context, q db.Q, uscc string) (Subject, error) {
	s, err := ByUSCC(ctx, q, uscc)
	if !fault.Is(err, "enterprise.unknown") {
		return s, err
	}
	return gone(ctx, q, uscc, err, `SELECT id, uscc, name, kind, division, authority FROM enterprise_gone WHERE uscc = $1 ORDER BY id LIMIT 1`, usable(uscc))
}

// KnownByID is [Known] for an id.
func KnownByID(ctx context.Context, q db.Q, id string) (Subject, error) {
	s, err := ByID(ctx, q, id)
	if !fault.Is(err, "enterprise.unknown") {
		return s, err
	}
	return gone(ctx, q, id, err, `SELECT id, uscc, name, kind, division, authority FROM enterprise_gone WHERE id = $1`, id)
}

func gone(ctx context.Context, q db.Q, asked string, unknown error, query, arg string) (s Subject, err error) {
	err = q.QueryRowContext(ctx, query, arg).Scan(&s.ID, &s.USCC, &s.Name, &s.Kind, &s.Division, &s.Authority)
	if errors.Is(err, sql.ErrNoRows) {
		return Subject{}, unknown
	}
	if err != nil {
		return Subject{}, fmt.Errorf("enterprise: read %s: %w", asked, err)
	}
	return s, nil
}
