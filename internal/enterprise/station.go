package enterprise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// LeafStations says that enterprises were given another station 属地所; its subject is the reassignment.
const LeafStations = "enterprise.stations_assigned"

// PlanState is where a reassignment stands.
type PlanState string

// The states of a reassignment.
const (
	Planned PlanState = "planned" // only looked at
	Done    PlanState = "done"
	Undone  PlanState = "undone" // by a later one
)

// Reassignment gives many enterprises another station in one act. It is planned first, so that what is done is what was looked at.
type Reassignment struct {
	ID         string
	State      PlanState
	By         string      // the person
	Department string      // whose act it is
	At         time.Time   // of the plan, then of the act
	What       string      // how the enterprises were chosen
	Missing    string      // codes that were asked for and are not there, or not in scope
	Station    string      // the new one; "" of an act that put back what was before
	Reason     string      // "" of a plan
	Count      int         // of enterprises
	Undoes     string      // the reassignment whose enterprises it put back
	From       []StationOf // where they are, or were
}

// StationOf counts the enterprises of a station, "" where they have none.
type StationOf struct {
	Station string
	Count   int
}

// Chosen is whom a reassignment is to be about: all for whom everything holds that is stated.
type Chosen struct {
	Division string
	Station  string // [NoStation] is none
	Name     string // a part of the name
	Codes    []string
}

// NoStation stands for having no station.
const NoStation = "-"

// The most that one act may be about, and how long a plan is kept.
const (
	mostReassigned = 5000
	planKept       = 24 * time.Hour
)

// takeStation returns the station of a subject after a registration. One that names no station leaves it, and one that only names
// what the last one did says nothing against a reassignment.
func (p *profile) takeStation(s Subject) (station, stated string) {
	switch {
	case s.Station == "":
		return p.Station, p.stated
	case p.known && s.Station == p.stated:
		return p.Station, p.stated
	}
	return s.Station, s.Station
}

// assigned is a station that was given to one subject.
type assigned struct {
	station string
	at      time.Time
}

// Plan finds the enterprises that by may give another station, and keeps them as a plan. Nothing else changes.
func Plan(ctx context.Context, q db.Q, by org.Actor, at time.Time, c Chosen) (string, error) {
	if !org.Can(by, org.StationAssign) {
		return "", org.May(by, org.StationAssign, "", "")
	}
	ids, missing, err := choose(ctx, q, org.ScopeOf(by, org.StationAssign), c)
	if err != nil {
		return "", err
	}
	switch {
	case len(ids) == 0:
		return "", fault.New(fault.NotFound, "enterprise.nobody_chosen")
	case len(ids) > mostReassigned:
		return "", fault.New(fault.TooLarge, "enterprise.too_many_chosen", mostReassigned)
	}
	old := db.Time{Time: at.Add(-planKept)}
	for _, statement := range []string{
		`DELETE FROM enterprise_assigned WHERE act IN (SELECT id FROM enterprise_reassignment WHERE state = 'planned' AND at < $1)`,
		`DELETE FROM enterprise_reassignment WHERE state = 'planned' AND at < $1`,
	} {
		if _, err := q.ExecContext(ctx, statement, old); err != nil {
			return "", fmt.Errorf("enterprise: forget plans: %w", err)
		}
	}
	r := Reassignment{ID: q.ID(at), State: Planned, By: by.User, Department: by.Department, At: at, What: c.String(), Missing: strings.Join(missing, " "), Count: len(ids)}
	return r.ID, r.write(ctx, q, ids)
}

// String says how enterprises were chosen, for the record of the act.
func (c Chosen) String() string {
	var out []string
	for _, s := range []string{c.Division, c.Station, c.Name} {
		if s != "" {
			out = append(out, s)
		}
	}
	if len(c.Codes) > 0 {
		out = append(out, fmt.Sprintf("×%d", len(c.Codes)))
	}
	return strings.Join(out, " · ")
}

// choose returns the ids of the enterprises that fit, in order and one more than may be at most, and the codes nobody in scope has.
func choose(ctx context.Context, q db.Q, scope org.Scope, c Chosen) (ids, missing []string, err error) {
	if c.Division+c.Station+c.Name == "" && len(c.Codes) == 0 {
		return nil, nil, fault.New(fault.Invalid, "enterprise.nothing_asked")
	}
	var args []any
	where := scope.Where(&args, "authority", "division")
	and := func(cond string, v any) {
		args = append(args, v)
		where += fmt.Sprintf(cond, len(args))
	}
	if c.Division != "" {
		where += ` AND ` + org.Scope{Division: c.Division}.Where(&args, "", "division")
	}
	switch c.Station {
	case "":
	case NoStation:
		where += ` AND station = ''`
	default:
		and(` AND station = $%d`, c.Station)
	}
	if name := credit.NormalizeName(c.Name); name != "" {
		and(` AND norm LIKE $%d ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(name)+"%")
	}
	if len(c.Codes) == 0 {
		args = append(args, mostReassigned+1)
		subjects, err := many(ctx, q, `SELECT `+subjectCols+` FROM enterprise_subject WHERE `+where+fmt.Sprintf(` ORDER BY id LIMIT $%d`, len(args)), args...)
		for _, s := range subjects {
			ids = append(ids, s.ID)
		}
		return ids, nil, err
	}
	asked := make([]Ident, len(c.Codes))
	for i, code := range c.Codes {
		asked[i] = Ident{USCC: code}
	}
	whom, err := Match(ctx, q, asked)
	if err != nil {
		return nil, nil, err
	}
	fits, err := fitting(ctx, q, where, args, whom)
	if err != nil {
		return nil, nil, err
	}
	for i, m := range whom {
		if !fits[m.EnterpriseID] {
			missing = append(missing, c.Codes[i])
		}
	}
	return slices.Sorted(maps.Keys(fits)), missing, nil
}

// fitting returns which of those who were matched a condition holds for.
func fitting(ctx context.Context, q db.Q, where string, args []any, whom []Matched) (map[string]bool, error) {
	var ids []string
	for _, m := range whom {
		if m.EnterpriseID != "" {
			ids = append(ids, m.EnterpriseID)
		}
	}
	out := map[string]bool{}
	for part := range slices.Chunk(ids, 300) {
		some := slices.Clone(args)
		subjects, err := many(ctx, q, `SELECT `+subjectCols+` FROM enterprise_subject WHERE `+where+` AND id IN `+db.In(&some, part), some...)
		if err != nil {
			return nil, err
		}
		for _, s := range subjects {
			out[s.ID] = true
		}
	}
	return out, nil
}

// Reassign carries a plan out: all its enterprises belong to station from now on, whatever a registration stated before. A later
// one that states another station than the last one did moves the enterprise again.
func Reassign(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, station, reason string) error {
	r, err := ReassignmentOf(ctx, q, by, id)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch d, err := org.DepartmentOn(ctx, q, station, credit.DateOf(at)); {
	case r.State != Planned:
		return fault.New(fault.Conflict, "enterprise.reassigned_already")
	case reason == "":
		return fault.New(fault.Invalid, "enterprise.reassign_reason")
	case fault.Is(err, "org.no_department") || err == nil && d.Level != org.Station:
		return fault.New(fault.Invalid, "enterprise.no_station", station)
	case err != nil:
		return err
	}
	r.State, r.At, r.Station, r.Reason = Done, at, station, reason
	return r.carryOut(ctx, q, by, func(string) string { return station })
}

// Undo puts the enterprises of a reassignment back to where they were, those that have been moved again since excepted, by an act of
// its own. It returns that.
func Undo(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) (string, error) {
	r, err := ReassignmentOf(ctx, q, by, id)
	if err != nil {
		return "", err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case r.State != Done || r.Undoes != "":
		return "", fault.New(fault.Conflict, "enterprise.not_to_undo")
	case reason == "":
		return "", fault.New(fault.Invalid, "enterprise.reassign_reason")
	}
	was, err := before(ctx, q, id)
	if err != nil {
		return "", err
	}
	if len(was) == 0 {
		return "", fault.New(fault.Conflict, "enterprise.nothing_to_undo")
	}
	if _, err := q.ExecContext(ctx, `UPDATE enterprise_reassignment SET state = 'undone' WHERE id = $1`, id); err != nil {
		return "", fmt.Errorf("enterprise: undo %s: %w", id, err)
	}
	back := Reassignment{ID: q.ID(at), State: Planned, By: by.User, Department: by.Department, At: at, What: r.What, Count: len(was), Undoes: id}
	if err := back.write(ctx, q, slices.Sorted(maps.Keys(was))); err != nil {
		return "", err
	}
	back.State, back.Reason = Done, reason
	return back.ID, back.carryOut(ctx, q, by, func(one string) string { return was[one] })
}

// before returns where the enterprises of an act were before it, of those that are still where it brought them.
func before(ctx context.Context, q db.Q, act string) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT a.enterprise_id, a.was FROM enterprise_assigned a JOIN enterprise_subject s ON s.id = a.enterprise_id
		WHERE a.act = $1 AND s.station = a.station`, act)
	if err != nil {
		return nil, fmt.Errorf("enterprise: undo %s: %w", act, err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var id, was string
		if err := rows.Scan(&id, &was); err != nil {
			return nil, fmt.Errorf("enterprise: undo %s: %w", act, err)
		}
		out[id] = was
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: undo %s: %w", act, err)
	}
	return out, nil
}

// reassignedBody is the body of [LeafStations].
type reassignedBody struct {
	Station     string   `json:"station"`
	Reason      string   `json:"reason"`
	Undoes      string   `json:"undoes,omitempty"`
	Enterprises []string `json:"enterprises"` // that were elsewhere before
}

// carryOut moves the enterprises of a plan, each to where to says, and leaves a leaf.
func (r Reassignment) carryOut(ctx context.Context, q db.Q, by org.Actor, to func(id string) string) error {
	ids, err := membersOf(ctx, q, r.ID)
	if err != nil {
		return err
	}
	moved := []string{}
	for part := range slices.Chunk(ids, 300) {
		subjects, err := ByIDs(ctx, q, part)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			if err := org.May(by, org.StationAssign, s.Authority, s.Division); err != nil {
				return err
			}
			if s.Station == to(s.ID) {
				continue
			}
			moved = append(moved, s.ID)
			if _, err := q.ExecContext(ctx, `UPDATE enterprise_subject SET station = $2 WHERE id = $1`, s.ID, to(s.ID)); err != nil {
				return fmt.Errorf("enterprise: reassign %s: %w", s.ID, err)
			}
			_, err := q.ExecContext(ctx, `UPDATE enterprise_assigned SET was = $3, station = $4, at = $5 WHERE enterprise_id = $1 AND act = $2`, s.ID, r.ID,
				s.Station, to(s.ID), db.Time{Time: r.At})
			if err != nil {
				return fmt.Errorf("enterprise: reassign %s: %w", s.ID, err)
			}
		}
	}
	if len(moved) == 0 {
		return fault.New(fault.Conflict, "enterprise.there_already", len(ids))
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM enterprise_assigned WHERE act = $1 AND at IS NULL`, r.ID); err != nil {
		return fmt.Errorf("enterprise: reassign: %w", err)
	}
	_, err = q.ExecContext(ctx, `UPDATE enterprise_reassignment SET state = $2, at = $3, station = $4, reason = $5, count = $6 WHERE id = $1`, r.ID, r.State,
		db.Time{Time: r.At}, r.Station, r.Reason, len(moved))
	if err != nil {
		return fmt.Errorf("enterprise: reassign: %w", err)
	}
	_, err = audit.Add(ctx, q, by, r.At, LeafStations, r.ID, reassignedBody{r.Station, r.Reason, r.Undoes, moved})
	return err
}

func membersOf(ctx context.Context, q db.Q, act string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id FROM enterprise_assigned WHERE act = $1 ORDER BY enterprise_id`, act)
	if err != nil {
		return nil, fmt.Errorf("enterprise: reassignment %s: %w", act, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("enterprise: reassignment %s: %w", act, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: reassignment %s: %w", act, err)
	}
	return ids, nil
}

// write keeps a plan with its enterprises.
func (r Reassignment) write(ctx context.Context, q db.Q, ids []string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO enterprise_reassignment (id, state, person, department, at, what, missing, station, reason, count, undoes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', $8, $9)`, r.ID, r.State, r.By, r.Department, db.Time{Time: r.At}, r.What, r.Missing, r.Count, r.Undoes)
	if err != nil {
		return fmt.Errorf("enterprise: plan: %w", err)
	}
	const width = 2
	for part := range slices.Chunk(ids, 200) {
		args := make([]any, 0, width*len(part))
		for _, id := range part {
			args = append(args, id, r.ID)
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO enterprise_assigned (enterprise_id, act) VALUES `+db.Values(len(part), width), args...); err != nil {
			return fmt.Errorf("enterprise: plan: %w", err)
		}
	}
	return nil
}

const reassignmentCols = `id, state, person, department, at, what, missing, station, reason, count, undoes`

// ReassignmentOf returns a reassignment to somebody of the department whose act it is, or who may do it everywhere; to everybody
// else it does not exist.
func ReassignmentOf(ctx context.Context, q db.Q, by org.Actor, id string) (Reassignment, error) {
	found, err := reassignments(ctx, q, `WHERE id = $1`, id)
	if err != nil {
		return Reassignment{}, err
	}
	if len(found) == 0 || !org.ScopeOf(by, org.StationAssign).Has(found[0].Department, "") {
		return Reassignment{}, fault.New(fault.NotFound, "enterprise.no_reassignment")
	}
	r := found[0]
	r.From, err = stationsOf(ctx, q, r)
	return r, err
}

// Reassignments returns the latest acts in scope, up to limit, without plans.
func Reassignments(ctx context.Context, q db.Q, scope org.Scope, limit int) ([]Reassignment, error) {
	args := []any{limit}
	return reassignments(ctx, q, `WHERE state <> 'planned' AND `+scope.Where(&args, "department", "")+` ORDER BY at DESC, id DESC LIMIT $1`, args...)
}

func reassignments(ctx context.Context, q db.Q, where string, args ...any) ([]Reassignment, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+reassignmentCols+` FROM enterprise_reassignment `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: reassignments: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Reassignment
	for rows.Next() {
		var r Reassignment
		var at db.Time
		if err := rows.Scan(&r.ID, &r.State, &r.By, &r.Department, &at, &r.What, &r.Missing, &r.Station, &r.Reason, &r.Count, &r.Undoes); err != nil {
			return nil, fmt.Errorf("enterprise: reassignments: %w", err)
		}
		r.At = at.Time
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: reassignments: %w", err)
	}
	return out, nil
}

// stationsOf counts the enterprises of a reassignment by the station that they have, or had before it was done.
func stationsOf(ctx context.Context, q db.Q, r Reassignment) ([]StationOf, error) {
	from := `CASE WHEN a.at IS NULL THEN s.station ELSE a.was END`
	rows, err := q.QueryContext(ctx, `SELECT `+from+`, count(*) FROM enterprise_assigned a JOIN enterprise_subject s ON s.id = a.enterprise_id
		WHERE a.act = $1 GROUP BY 1 ORDER BY 2 DESC, 1`, r.ID)
	if err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []StationOf
	for rows.Next() {
		var s StationOf
		if err := rows.Scan(&s.Station, &s.Count); err != nil {
			return nil, fmt.Errorf("enterprise: stations: %w", err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	return out, nil
}

// assignedTo returns the stations that acts gave to some subjects, the earliest first.
func assignedTo(ctx context.Context, q db.Q, ids []string) (map[string][]assigned, error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, station, at FROM enterprise_assigned WHERE at IS NOT NULL AND enterprise_id IN `+
		db.In(&args, ids)+` ORDER BY enterprise_id, at, act`, args...)
	if err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]assigned{}
	for rows.Next() {
		var id string
		var a assigned
		var at db.Time
		if err := rows.Scan(&id, &a.station, &at); err != nil {
			return nil, fmt.Errorf("enterprise: stations: %w", err)
		}
		a.at = at.Time
		out[id] = append(out[id], a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("enterprise: stations: %w", err)
	}
	return out, nil
}

// Station returns the station of a subject: that which the registry knows, as acts may have given it another than was stated.
func Station(ctx context.Context, q db.Q, s Subject) (string, error) {
	var station string
	err := q.QueryRowContext(ctx, `SELECT station FROM enterprise_subject WHERE id = $1`, s.ID).Scan(&station)
	if errors.Is(err, sql.ErrNoRows) {
		return s.Station, nil
	}
	if err != nil {
		return "", fmt.Errorf("enterprise: station of %s: %w", s.ID, err)
	}
	return station, nil
}
