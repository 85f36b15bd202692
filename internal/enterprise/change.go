package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// ChangeKind is what a registration changed.
type ChangeKind string

// The kinds of change.
const (
	ChangedRegistered   ChangeKind = "registered"
	ChangedRenamed      ChangeKind = "renamed"
	ChangedMoved        ChangeKind = "moved"     // address or division
	ChangedAuthority    ChangeKind = "authority" // another registering authority
	ChangedRevoked      ChangeKind = "revoked"
	ChangedDeregistered ChangeKind = "deregistered"
	ChangedAnnulled     ChangeKind = "annulled"
	ChangedMovedOut     ChangeKind = "moved-out"
	ChangedRestored     ChangeKind = "restored" // it does business again, after any of those
)

// Change is something that is otherwise since a registration.
type Change struct {
	EnterpriseID string
	At           time.Time   // when the registration was accepted
	Day          credit.Date // from which it holds, 0 where nobody says
	Kind         ChangeKind
	Was, Is      string // names, places, authorities; "" of states
}

// ended are the changes into a state that is not active.
var ended = map[credit.RegState]ChangeKind{credit.Revoked: ChangedRevoked, credit.Deregistered: ChangedDeregistered,
	credit.Annulled: ChangedAnnulled, credit.MovedOut: ChangedMovedOut}

// takeChanges notes what a registration changes of what was known. What it leaves out it does not change.
func (p *profile) takeChanges(s Subject) {
	day := s.Heard
	if !p.known || s.Approved > p.Approved {
		day = cmp.Or(s.Approved, s.Heard)
	}
	note := func(kind ChangeKind, day credit.Date, was, is string) {
		p.changes = append(p.changes, Change{s.ID, s.At, day, kind, was, is})
	}
	if !p.known {
		note(ChangedRegistered, cmp.Or(s.Registered, day), "", s.Name)
		return
	}
	if !sameName(s.Name, p.Name) {
		note(ChangedRenamed, day, p.Name, s.Name)
	}
	otherDivision := s.Division != "" && p.Division != "" && credit.DivisionNow(s.Division) != credit.DivisionNow(p.Division)
	if otherDivision || s.Address != "" && p.Address != "" && !sameName(s.Address, p.Address) {
		note(ChangedMoved, day, p.place(day, otherDivision), s.place(day, otherDivision))
	}
	if s.Authority != "" && p.Authority != "" && s.Authority != p.Authority {
		note(ChangedAuthority, day, p.Authority, s.Authority)
	}
	switch {
	case s.State == p.State || s.State == "" || p.State == "":
	case s.State == credit.Active:
		note(ChangedRestored, day, "", "")
	default:
		note(ended[s.State], cmp.Or(s.Ended, day), "", "")
	}
}

// place says where a subject is, with its division where that matters.
func (s Subject) place(day credit.Date, division bool) string {
	if !division {
		return s.Address
	}
	return strings.TrimSpace(cmp.Or(credit.DivisionName(s.Division, day), s.Division) + " " + s.Address)
}

const changeCols = `enterprise_id, at, day, kind, was, now`

// ChangesOf returns how the registration of a subject came about, the latest change first.
func ChangesOf(ctx context.Context, q db.Q, id string) ([]Change, error) {
	return changes(ctx, q, `SELECT `+changeCols+` FROM enterprise_change WHERE enterprise_id = $1 ORDER BY place DESC`, id)
}

// ChangesSince returns what registrations that were accepted after an instant changed of a subject, the earliest first.
func ChangesSince(ctx context.Context, q db.Q, id string, at time.Time) ([]Change, error) {
	return changes(ctx, q, `SELECT `+changeCols+` FROM enterprise_change WHERE enterprise_id = $1 AND at > $2 ORDER BY place`, id, db.Time{Time: at})
}

// ChangesAt returns what the registrations that were accepted at an instant changed of some subjects, in the order of their ids.
func ChangesAt(ctx context.Context, q db.Q, ids []string, at time.Time) (out []Change, err error) {
	for part := range slices.Chunk(ids, 300) {
		args := []any{db.Time{Time: at}}
		some, err := changes(ctx, q, `SELECT `+changeCols+` FROM enterprise_change WHERE at = $1 AND enterprise_id IN `+db.In(&args, part)+`
			ORDER BY enterprise_id, place`, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func changes(ctx context.Context, q db.Q, query string, args ...any) ([]Change, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: changes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Change
	for rows.Next() {
		var c Change
		var at db.Time
		if err := rows.Scan(&c.EnterpriseID, &at, &c.Day, &c.Kind, &c.Was, &c.Is); err != nil {
			return nil, fmt.Errorf("enterprise: changes: %w", err)
		}
		c.At = at.Time
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: changes: %w", err)
	}
	return out, nil
}

// countChanges returns how many changes of some subjects are stored.
func countChanges(ctx context.Context, q db.Q, ids []string) (map[string]int, error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, count(*) FROM enterprise_change WHERE enterprise_id IN `+db.In(&args, ids)+`
		GROUP BY enterprise_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: count changes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, fmt.Errorf("enterprise: count changes: %w", err)
		}
		out[id] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: count changes: %w", err)
	}
	return out, nil
}

// putChanges stores the changes that are new, behind those that are there.
func putChanges(ctx context.Context, q db.Q, people []*profile) error {
	const width = 7
	var args []any
	for _, p := range people {
		for i, c := range p.changes {
			args = append(args, c.EnterpriseID, p.changed+i, db.Time{Time: c.At}, c.Day, c.Kind, c.Was, c.Is)
		}
	}
	for part := range slices.Chunk(args, 50*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO enterprise_change (enterprise_id, place, at, day, kind, was, now) VALUES `+
			db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("enterprise: put changes: %w", err)
		}
	}
	return nil
}
