package enterprise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Rebuild makes the projection of one subject anew from the registrations that were stated and not taken back, in their order,
// of which the last is the one that holds. Without any the subject is gone: no search and no number finds it any more.
func Rebuild(ctx context.Context, q db.Q, id string, registrations []Subject) error {
	had, err := ByID(ctx, q, id)
	if err != nil && !fault.Is(err, "enterprise.unknown") {
		return err
	}
	if err == nil && len(registrations) == 0 {
		_, err := q.ExecContext(ctx, `INSERT INTO enterprise_gone (id, uscc, name, kind, division, authority) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET uscc = excluded.uscc, name = excluded.name, kind = excluded.kind, division = excluded.division,
			authority = excluded.authority`, had.ID, had.USCC, had.Name, had.Kind, had.Division, had.Authority)
		if err != nil {
			return fmt.Errorf("enterprise: keep who is gone: %w", err)
		}
	}
	for _, statement := range []string{
		`DELETE FROM enterprise_subject WHERE id = $1`,
		`DELETE FROM enterprise_identifier WHERE enterprise_id = $1`,
		`DELETE FROM enterprise_name WHERE enterprise_id = $1`,
	} {
		if _, err := q.ExecContext(ctx, statement, id); err != nil {
			return fmt.Errorf("enterprise: rebuild %s: %w", id, err)
		}
	}
	return PutAll(ctx, q, registrations)
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
