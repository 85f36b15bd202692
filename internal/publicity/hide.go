package publicity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// The leaves of hiding; their subject is the enterprise.
const (
	LeafHidden    = "publicity.hidden"
	LeafConfirmed = "publicity.hide_confirmed"
	LeafLifted    = "publicity.hide_lifted"
	LeafLapsed    = "publicity.hide_lapsed"
)

// confirmWithin is how many working days another person has to confirm a hide.
const confirmWithin = 3

// Hidden is something that was taken away from the public at once.
type Hidden struct {
	ID, EnterpriseID            string
	Department, Kind, SourceKey string // of the fact; empty where the whole page is hidden
	Reason                      string
	By                          string // id of the person
	At                          time.Time
	Due                         credit.Date // last day for the confirmation; 0 while it cannot be told
	ConfirmedBy                 string
	Confirmed                   time.Time
	USCC, Name, Division        string // of the subject as registered now
}

// Page reports whether the whole page is hidden.
func (h Hidden) Page() bool { return h.Kind == "" }

// stands reports whether h hides anything on a day: one that nobody confirmed in time lapses by itself.
func (h Hidden) stands(today credit.Date) bool {
	return !h.Confirmed.IsZero() || h.Due == 0 || today <= h.Due
}

// Hiding is what is to be hidden, and why.
type Hiding struct {
	USCC     string
	RecordID string // "" is the whole page
	Reason   string
}

// Hide takes a record, or the whole page of a subject, away from every public surface in the moment in which the act is
// committed. The gate is not touched: it informs authorities. Another person confirms within three working days.
func Hide(ctx context.Context, q db.Q, cal *calendar.Calendar, by org.Actor, at time.Time, n Hiding) (Hidden, error) {
	s, err := enterprise.ByUSCC(ctx, q, credit.NormalizeCode(n.USCC))
	if err != nil {
		return Hidden{}, err
	}
	if err := mayHide(by, s.Division); err != nil {
		return Hidden{}, err
	}
	h := Hidden{ID: q.ID(at), EnterpriseID: s.ID, Reason: strings.TrimSpace(n.Reason), By: by.User, At: at}
	if h.Reason == "" {
		return Hidden{}, fault.New(fault.Invalid, "publicity.hide_reason")
	}
	if n.RecordID != "" {
		facts, err := record.FactsOf(ctx, q, s.ID, -1)
		if err != nil {
			return Hidden{}, err
		}
		for _, r := range facts.Records {
			if r.ID == n.RecordID {
				h.Department, h.Kind, h.SourceKey = r.Department, r.Kind, r.SourceKey
			}
		}
		if h.Kind == "" {
			return Hidden{}, fault.New(fault.NotFound, "publicity.no_record", n.RecordID)
		}
	}
	old, err := hides(ctx, q, `AND h.enterprise_id = $1 AND h.kind = $2 AND h.department = $3 AND h.source_key = $4`, s.ID, h.Kind, h.Department, h.SourceKey)
	if err != nil {
		return Hidden{}, err
	}
	for _, o := range old {
		if o.stands(credit.DateOf(at)) {
			return Hidden{}, fault.New(fault.Conflict, "publicity.hidden_already")
		}
	}
	if h.Due, err = cal.Deadline(credit.DateOf(at), confirmWithin); err != nil {
		return Hidden{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO publicity_hide (id, enterprise_id, department, kind, source_key, reason, person, at, due, confirmed_by,
		confirmed_at, lifted_by, lifted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', NULL, '', NULL)`, h.ID, h.EnterpriseID, h.Department,
		h.Kind, h.SourceKey, h.Reason, h.By, db.Time{Time: at}, h.Due)
	if err != nil {
		return Hidden{}, fmt.Errorf("publicity: hide: %w", err)
	}
	return h, h.log(ctx, q, by, at, LeafHidden, h.Reason)
}

// mayHide checks the right; only a person takes something away from the public.
func mayHide(by org.Actor, division string) error {
	if err := org.May(by, org.PublicityHide, "", division); err != nil {
		return err
	}
	if by.User == "" {
		return fault.New(fault.Forbidden, "publicity.person_needed")
	}
	return nil
}

func (h Hidden) log(ctx context.Context, q db.Q, by org.Actor, at time.Time, leaf, reason string) error {
	_, err := audit.Add(ctx, q, by, at, leaf, h.EnterpriseID, map[string]string{"hide": h.ID, "department": h.Department, "kind": h.Kind,
		"source": h.SourceKey, "reason": reason})
	return err
}

// ConfirmHide confirms what another person hid, in time: from then on it stays hidden until it is lifted.
func ConfirmHide(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	h, err := openHide(ctx, q, by, at, id)
	switch {
	case err != nil:
		return err
	case !h.Confirmed.IsZero():
		return fault.New(fault.Conflict, "publicity.hide_confirmed_already")
	case h.By == by.User || h.By == by.OnBehalf:
		return fault.New(fault.Forbidden, "publicity.hide_second")
	}
	_, err = q.ExecContext(ctx, `UPDATE publicity_hide SET confirmed_by = $2, confirmed_at = $3 WHERE id = $1`, id, by.User, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("publicity: confirm: %w", err)
	}
	return h.log(ctx, q, by, at, LeafConfirmed, "")
}

// LiftHide shows again what was hidden. Whoever has the right may, who hid it too.
func LiftHide(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	h, err := openHide(ctx, q, by, at, id)
	if err != nil {
		return err
	}
	return h.end(ctx, q, by, at, LeafLifted)
}

func (h Hidden) end(ctx context.Context, q db.Q, by org.Actor, at time.Time, leaf string) error {
	_, err := q.ExecContext(ctx, `UPDATE publicity_hide SET lifted_by = $2, lifted_at = $3 WHERE id = $1`, h.ID, by.User, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("publicity: lift: %w", err)
	}
	return h.log(ctx, q, by, at, leaf, "")
}

// openHide returns a hide that still stands, to who may touch it.
func openHide(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) (Hidden, error) {
	found, err := hides(ctx, q, `AND h.id = $1`, id)
	if err != nil {
		return Hidden{}, err
	}
	if len(found) == 0 || !found[0].stands(credit.DateOf(at)) {
		return Hidden{}, fault.New(fault.NotFound, "publicity.no_hide")
	}
	return found[0], mayHide(by, found[0].Division)
}

// LapseHides ends the hides that nobody confirmed in time, and sets last days that could not be told before.
func LapseHides(ctx context.Context, q db.Q, cal *calendar.Calendar, by credit.Actor, at time.Time) error {
	open, err := hides(ctx, q, `AND h.confirmed_at IS NULL`)
	if err != nil {
		return err
	}
	for _, h := range open {
		if h.Due == 0 {
			if h.Due, err = cal.Deadline(credit.DateOf(h.At), confirmWithin); err != nil {
				return err
			}
			if _, err := q.ExecContext(ctx, `UPDATE publicity_hide SET due = $2 WHERE id = $1`, h.ID, h.Due); err != nil {
				return fmt.Errorf("publicity: last day: %w", err)
			}
		}
		if !h.stands(credit.DateOf(at)) {
			if err := h.end(ctx, q, by, at, LeafLapsed); err != nil {
				return err
			}
		}
	}
	return nil
}

// Hides returns what is hidden today within scope, the newest first.
func Hides(ctx context.Context, q db.Q, scope org.Scope, today credit.Date) ([]Hidden, error) {
	found, err := hides(ctx, q, ``)
	out := []Hidden{}
	for _, h := range found {
		if h.stands(today) && scope.Has("", h.Division) {
			out = append(out, h)
		}
	}
	return out, err
}

// hides reads what was not lifted; there is never much of it.
func hides(ctx context.Context, q db.Q, where string, args ...any) (out []Hidden, err error) {
	rows, err := q.QueryContext(ctx, `SELECT h.id, h.enterprise_id, h.department, h.kind, h.source_key, h.reason, h.person, h.at, h.due, h.confirmed_by,
		h.confirmed_at, COALESCE(s.uscc, ''), COALESCE(s.name, ''), COALESCE(s.division, '') FROM publicity_hide h
		LEFT JOIN enterprise_subject s ON s.id = h.enterprise_id WHERE h.lifted_at IS NULL `+where+` ORDER BY h.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("publicity: hidden: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var h Hidden
		var at, confirmed db.Time
		if err := rows.Scan(&h.ID, &h.EnterpriseID, &h.Department, &h.Kind, &h.SourceKey, &h.Reason, &h.By, &at, &h.Due, &h.ConfirmedBy, &confirmed,
			&h.USCC, &h.Name, &h.Division); err != nil {
			return nil, fmt.Errorf("publicity: hidden: %w", err)
		}
		h.At, h.Confirmed = at.Time, confirmed.Time
		out = append(out, h)
	}
	return out, rows.Err()
}

// veil is what is hidden on a day.
type veil struct {
	pages map[string]bool    // by subject
	facts map[[4]string]bool // by subject, department, kind and source key
}

func veilOn(ctx context.Context, q db.Q, today credit.Date) (veil, error) {
	v := veil{map[string]bool{}, map[[4]string]bool{}}
	found, err := hides(ctx, q, ``)
	for _, h := range found {
		switch {
		case !h.stands(today):
		case h.Page():
			v.pages[h.EnterpriseID] = true
		default:
			v.facts[[4]string{h.EnterpriseID, h.Department, h.Kind, h.SourceKey}] = true
		}
	}
	return v, err
}

func (v veil) hides(r record.Record) bool {
	return v.pages[r.EnterpriseID] || v.facts[[4]string{r.EnterpriseID, r.Department, r.Kind, r.SourceKey}]
}

// CountShown returns how many of these records, the latest versions of their facts, the public sees today.
func CountShown(ctx context.Context, q db.Q, rs []record.Record, today credit.Date) (n int, err error) {
	v, err := veilOn(ctx, q, today)
	if err != nil {
		return 0, err
	}
	book, err := policy.Load(ctx, q)
	if err != nil {
		return 0, err
	}
	terms, err := ReadTerms(book, today)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(rs, 500) {
		ids := make([]string, len(some))
		for i, r := range some {
			ids[i] = r.EnterpriseID
		}
		subjects, err := enterprise.ByIDs(ctx, q, ids)
		if err != nil {
			return 0, err
		}
		by := map[string]enterprise.Subject{}
		for _, s := range subjects {
			by[s.ID] = s
		}
		for _, r := range some {
			s, known := by[r.EnterpriseID]
			if !known || v.hides(r) {
				continue
			}
			shown, err := terms.Shown(r, s, today)
			if err != nil {
				return 0, err
			}
			if shown.Visible {
				n++
			}
		}
	}
	return n, nil
}
