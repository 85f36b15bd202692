// Package enterprise keeps the subjects of the platform: who they are, by which numbers and names they are known, and finds
// them. A subject's own id is opaque and comes first in every key; its code may change, its id does not.
package enterprise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Subject is a market entity as registered.
type Subject struct {
	ID         string
	USCC       string // or the old registration number, where it has no code yet
	Name       string
	Kind       credit.SubjectKind
	Division   string // administrative division code
	Station    string // 属地所, code of a department
	Authority  string // 登记机关, code of a department: whose listings it is subject to
	State      credit.RegState
	Registered credit.Date
	Ended      credit.Date // of deregistration or revocation, 0 while it lives
	LegalRep   string
	Address    string
	Industry   string // GB/T 4754, letter and digits
	Scope      string // 经营范围
	Capital    credit.Fen
	Approved   credit.Date // 核准日期 of the registration as it is now, 0 where it does not say
	Parent     string      // code of the head office 隶属企业, of a branch
	Named      credit.Date // since when it has its name, 0 where that is not known

	// What a registration says beside, which is kept apart from the subject and not read back with it.
	RegNo   string      // 15 digits, where known
	OrgCode string      // 9 characters
	TaxNo   string      // 15 or 18 characters
	Former  string      // a former name
	At      time.Time   // when it was accepted
	Heard   credit.Date // the day for which it was stated: that of its acceptance, or the last day of an old system
}

// Stated returns a registration as it was accepted at an instant, or stated for a past day where that is not 0.
func (s Subject) Stated(at time.Time, past credit.Date) Subject {
	s.At = at
	if s.Heard = past; past == 0 && !at.IsZero() {
		s.Heard = credit.DateOf(at)
	}
	return s
}

// Key returns the id of the subject that first comes with this code.
func Key(code string) string { return db.Key("enterprise", code) }

const subjectCols = `id, uscc, name, kind, division, station, authority, state, registered, ended, legal_rep, address, industry, scope, capital,
	approved, named, parent`

func (s *Subject) fields() []any {
	return []any{&s.ID, &s.USCC, &s.Name, &s.Kind, &s.Division, &s.Station, &s.Authority, &s.State, &s.Registered, &s.Ended,
		&s.LegalRep, &s.Address, &s.Industry, &s.Scope, &s.Capital, &s.Approved, &s.Named, &s.Parent}
}

// ByUSCC returns the subject with a code, also one that it had before, or with a registration number of before 2015. A code
// nobody has is fault enterprise.unknown.
func ByUSCC(ctx context.Context, q db.Q, uscc string) (Subject, error) {
	return one(ctx, q, uscc, `SELECT `+subjectCols+` FROM enterprise_subject WHERE id =
		(SELECT min(enterprise_id) FROM enterprise_identifier WHERE scheme IN ('uscc', 'regno') AND value = $1)`, usable(uscc))
}

// ByID returns the subject with an id.
func ByID(ctx context.Context, q db.Q, id string) (Subject, error) {
	return one(ctx, q, id, `SELECT `+subjectCols+` FROM enterprise_subject WHERE id = $1`, id)
}

func one(ctx context.Context, q db.Q, asked, query string, arg string) (Subject, error) {
	var s Subject
	err := q.QueryRowContext(ctx, query, arg).Scan(s.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "enterprise.unknown", asked)
	}
	if err != nil {
		return s, fmt.Errorf("enterprise: read %s: %w", asked, err)
	}
	return s, nil
}

// Range returns up to limit subjects whose ids come after after, in order: the pages of a fold over everybody.
func Range(ctx context.Context, q db.Q, after string, limit int) ([]Subject, error) {
	return many(ctx, q, `SELECT `+subjectCols+` FROM enterprise_subject WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// ByIDs returns the subjects with these ids, at most 900, in the order of their ids.
func ByIDs(ctx context.Context, q db.Q, ids []string) ([]Subject, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var args []any
	in := db.In(&args, ids)
	return many(ctx, q, `SELECT `+subjectCols+` FROM enterprise_subject WHERE id IN `+in+` ORDER BY id`, args...)
}

func many(ctx context.Context, q db.Q, query string, args ...any) ([]Subject, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Subject
	for rows.Next() {
		var s Subject
		if err := rows.Scan(s.fields()...); err != nil {
			return nil, fmt.Errorf("enterprise: read: %w", err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: read: %w", err)
	}
	return out, nil
}

// Count returns how many subjects there are of each kind.
func Count(ctx context.Context, q db.Q) (map[credit.SubjectKind]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, count(*) FROM enterprise_subject GROUP BY kind`)
	if err != nil {
		return nil, fmt.Errorf("enterprise: count: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[credit.SubjectKind]int{}
	for rows.Next() {
		var kind credit.SubjectKind
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("enterprise: count: %w", err)
		}
		out[kind] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: count: %w", err)
	}
	return out, nil
}
