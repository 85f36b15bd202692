package merger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// The kinds of leaves; their subject is the enterprise that is left, or to which records went.
const (
	LeafProposed    = "enterprise.merge_proposed"
	LeafRefused     = "enterprise.merge_refused"
	LeafMerged      = "enterprise.merged"
	LeafSplit       = "enterprise.split"
	LeafUndoAsked   = "enterprise.merge_undo_asked"
	LeafUndoRefused = "enterprise.merge_undo_refused"
	LeafUndone      = "enterprise.merge_undone"
)

// body is what a leaf says.
type body struct {
	Act     string   `json:"act"`
	Kind    Kind     `json:"kind"`
	From    string   `json:"from"`
	Into    string   `json:"into"`
	Records []string `json:"records,omitempty"`
	Reason  string   `json:"reason,omitempty"`
}

func (a Act) body(reason string) body {
	return body{Act: a.ID, Kind: a.Kind, From: a.From, Into: a.Into, Records: a.Chosen, Reason: reason}
}

// longestReason is how many characters a reason may have, mostChosen how many records a split moves.
const (
	longestReason = 500
	mostChosen    = 500
)

// New is what a person proposes.
type New struct {
	Kind       Kind
	From, Into string // codes
	Chosen     []string
	Reason     string
}

// Preview tells what a proposal would move, to who may make or confirm it. It changes nothing.
func Preview(ctx context.Context, q db.Q, by org.Actor, at time.Time, n New) (Act, Moves, error) {
	a, err := n.act(ctx, q)
	if err != nil {
		return a, Moves{}, err
	}
	if err := a.may(ctx, q, by, at, org.MergePropose); err != nil {
		return a, Moves{}, err
	}
	m, err := a.Moves(ctx, q, credit.DateOf(at))
	return a, m, err
}

// act finds the two subjects. The one that goes may have lost its registration already: what was stated about it is still there.
func (n New) act(ctx context.Context, q db.Q) (Act, error) {
	if n.Kind != Merge && n.Kind != Split {
		return Act{}, fault.New(fault.Invalid, "merger.bad_kind")
	}
	into, err := enterprise.ByUSCC(ctx, q, credit.NormalizeCode(n.Into))
	if err != nil {
		return Act{}, err
	}
	from, err := enterprise.Known(ctx, q, credit.NormalizeCode(n.From))
	if err != nil {
		return Act{}, err
	}
	if from.ID == into.ID {
		return Act{}, fault.New(fault.Conflict, "merger.same", into.Name)
	}
	slices.Sort(n.Chosen)
	return Act{Kind: n.Kind, From: from.ID, FromCode: from.USCC, FromName: from.Name, Into: into.ID, IntoCode: into.USCC, IntoName: into.Name,
		Authority: into.Authority, Chosen: slices.Compact(n.Chosen), Reason: strings.TrimSpace(n.Reason)}, nil
}

// may checks the right: both subjects must be registered by the department of who acts, or by one to which it succeeded.
func (a Act) may(ctx context.Context, q db.Q, by org.Actor, at time.Time, what org.Act) error {
	if by.User == "" {
		return fault.New(fault.Forbidden, "merger.person_needed")
	}
	for _, id := range []string{a.From, a.Into} {
		s, err := enterprise.KnownByID(ctx, q, id)
		if err != nil {
			return err
		}
		authority, err := org.CompetentOn(ctx, q, s.Authority, credit.DateOf(at))
		if err != nil {
			return err
		}
		if err := org.May(by, what, authority, s.Division); err != nil {
			return err
		}
	}
	return nil
}

// sideOf reads all that is kept of a subject.
func sideOf(ctx context.Context, q db.Q, id string) (s side, err error) {
	s.Subject, err = enterprise.ByID(ctx, q, id)
	if s.registered = err == nil; fault.Is(err, "enterprise.unknown") {
		s.Subject, err = enterprise.KnownByID(ctx, q, id)
	}
	read := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	read(func() (err error) { s.facts, err = record.Movable(ctx, q, id); return err })
	read(func() (err error) { s.numbers, err = enterprise.NumbersOf(ctx, q, id); return err })
	read(func() (err error) { s.names, err = enterprise.NamesOf(ctx, q, id); return err })
	read(func() (err error) { s.formers, err = enterprise.MergedInto(ctx, q, []string{id}); return err })
	read(func() (err error) { s.entries, err = lists.History(ctx, q, id, -1); return err })
	read(func() (err error) { s.cases, err = casework.Of(ctx, q, id); return err })
	read(func() (err error) { s.papers, err = document.Of(ctx, q, id); return err })
	read(func() (err error) { s.hides, err = publicity.HidesOf(ctx, q, id); return err })
	read(func() (err error) { s.measures, err = sanction.Stored(ctx, q, id); return err })
	read(func() (err error) { s.judgements, err = intake.JudgedAbout(ctx, q, id); return err })
	return s, err
}

// Moves tells what an act would move today, and what stands in its way.
func (a Act) Moves(ctx context.Context, q db.Q, today credit.Date) (Moves, error) {
	from, into, err := a.sides(ctx, q)
	if err != nil {
		return Moves{}, err
	}
	if a.Kind == Split {
		m := from.moves(a.chosen(), today)
		if err := a.choosable(from); err != nil {
			m.InTheWay = append(m.InTheWay, err)
		}
		return m, nil
	}
	m := from.moves(nil, today)
	m.InTheWay = mergeable(from, into)
	m.Held, err = intake.HeldAbout(ctx, q, []string{a.From})
	return m, err
}

func (a Act) sides(ctx context.Context, q db.Q) (from, into side, err error) {
	if from, err = sideOf(ctx, q, a.From); err != nil {
		return from, into, err
	}
	into, err = sideOf(ctx, q, a.Into)
	return from, into, err
}

func (a Act) chosen() map[string]bool {
	out := map[string]bool{}
	for _, id := range a.Chosen {
		out[id] = true
	}
	return out
}

// choosable refuses records that cannot be moved by themselves: a registration says who a subject is, its department corrects it.
func (a Act) choosable(from side) error {
	if len(a.Chosen) == 0 || len(a.Chosen) > mostChosen {
		return fault.New(fault.Invalid, "merger.choose", mostChosen)
	}
	there := map[string]record.Record{}
	for _, r := range from.facts {
		if !r.Withdrawn {
			there[r.ID] = r
		}
	}
	for _, id := range a.Chosen {
		switch r, ok := there[id]; {
		case !ok:
			return fault.New(fault.NotFound, "merger.no_record", id)
		case r.Kind == record.EnterpriseKind:
			return fault.New(fault.Conflict, "merger.registration")
		}
	}
	return nil
}

// Propose proposes an act; nothing moves before another person confirms it.
func Propose(ctx context.Context, q db.Q, by org.Actor, at time.Time, n New) (Act, error) {
	a, m, err := Preview(ctx, q, by, at, n)
	switch {
	case err != nil:
		return a, err
	case a.Reason == "" || len([]rune(a.Reason)) > longestReason:
		return a, fault.New(fault.Invalid, "merger.reason", longestReason)
	case len(m.InTheWay) > 0:
		return a, m.InTheWay[0]
	}
	waiting, err := query(ctx, q, `state IN ('proposed', 'undoing') AND (from_id IN ($1, $2) OR into_id IN ($1, $2))`, a.From, a.Into)
	if err != nil {
		return a, err
	}
	if len(waiting) > 0 {
		return a, fault.New(fault.Conflict, "merger.waits_already", waiting[0].FromName, waiting[0].IntoName)
	}
	a.ID, a.State, a.ProposedBy, a.ProposedAt = q.ID(at), Proposed, by.Who(), at
	chosen, err := canon.Bytes(append([]string{}, a.Chosen...))
	if err != nil {
		return a, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO merger_act (id, kind, from_id, into_id, from_code, from_name, into_code, into_name, authority, chosen, reason,
		state, proposed_by, proposed_at, decided_by, refused_for, undo_by, undo_reason, undone_by, leaf)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', '', '', '', '')`, a.ID, a.Kind, a.From, a.Into, a.FromCode, a.FromName,
		a.IntoCode, a.IntoName, a.Authority, string(chosen), a.Reason, a.State, a.ProposedBy, db.Time{Time: at})
	if err != nil {
		return a, fmt.Errorf("merger: propose: %w", err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafProposed, a.Into, a.body(a.Reason))
	return a, err
}

// Refuse ends a proposal, or leaves an act standing of which somebody proposed that it was wrong. Who proposed it may take it back so.
func Refuse(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	a, err := byID(ctx, q, id)
	if err != nil {
		return err
	}
	what := org.MergeConfirm
	if a.LastBy() == by.Who() {
		what = org.MergePropose
	}
	if err := a.may(ctx, q, by, at, what); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len([]rune(reason)) > longestReason {
		return fault.New(fault.Invalid, "merger.reason", longestReason)
	}
	leaf := LeafRefused
	switch was := a.State; was {
	case Proposed:
		a.State, a.DecidedBy, a.DecidedAt, a.RefusedFor = Refused, by.Who(), at, reason
		err = a.update(ctx, q, was)
	case Undoing:
		leaf = LeafUndoRefused
		a.State, a.UndoBy, a.UndoAt, a.UndoReason = Done, "", time.Time{}, ""
		err = a.update(ctx, q, was)
	default:
		err = fault.New(fault.Conflict, "merger.decided")
	}
	if err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, leaf, a.Into, a.body(reason))
	return err
}

// LastBy returns who proposed what waits now: somebody else confirms it.
func (a Act) LastBy() string {
	if a.State == Undoing {
		return a.UndoBy
	}
	return a.ProposedBy
}

// Confirm carries an act out. Whoever proposed it does not confirm it.
func Confirm(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	a, err := byID(ctx, q, id)
	if err != nil {
		return err
	}
	if err := a.second(ctx, q, by, at, Proposed, a.ProposedBy); err != nil {
		return err
	}
	m, err := a.Moves(ctx, q, credit.DateOf(at))
	if err != nil {
		return err
	}
	if len(m.InTheWay) > 0 {
		return m.InTheWay[0]
	}
	return a.carryOut(ctx, q, by, at)
}

func (a Act) second(ctx context.Context, q db.Q, by org.Actor, at time.Time, want State, first string) error {
	if err := a.may(ctx, q, by, at, org.MergeConfirm); err != nil {
		return err
	}
	switch {
	case a.State != want:
		return fault.New(fault.Conflict, "merger.decided")
	case first == by.User || first == by.OnBehalf || first == by.Who():
		return fault.New(fault.Forbidden, "merger.second_person")
	}
	return nil
}

// AskUndo proposes that an act was wrong.
func AskUndo(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	a, err := byID(ctx, q, id)
	if err != nil {
		return err
	}
	if err := a.may(ctx, q, by, at, org.MergePropose); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case a.State != Done:
		return fault.New(fault.Conflict, "merger.decided")
	case reason == "" || len([]rune(reason)) > longestReason:
		return fault.New(fault.Invalid, "merger.reason", longestReason)
	}
	if err := a.undoable(ctx, q); err != nil {
		return err
	}
	a.State, a.UndoBy, a.UndoAt, a.UndoReason = Undoing, by.Who(), at, reason
	if err := a.update(ctx, q, Done); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafUndoAsked, a.Into, a.body(reason))
	return err
}

// undoable refuses to undo what cannot be told apart any more: facts that were stated about the joined subject since, and decisions
// about it. What belongs to which of the two only a person can say then, by a split.
func (a Act) undoable(ctx context.Context, q db.Q) error {
	if _, err := enterprise.ByID(ctx, q, a.Into); fault.Is(err, "enterprise.unknown") {
		return fault.New(fault.Conflict, "merger.into_gone", a.IntoName)
	} else if err != nil || a.Kind == Split {
		return err
	}
	n, err := record.FreshSince(ctx, q, a.Into, a.Leaf)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "merger.stated_since", n)
	}
	cases, err := casework.Since(ctx, q, []string{a.Into}, a.DecidedAt)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.State == casework.Approved && !c.Settled.Before(a.DecidedAt) {
			return fault.New(fault.Conflict, "merger.decided_since", c.Paper)
		}
	}
	return nil
}

// ConfirmUndo moves everything back. Whoever proposed it does not confirm it.
func ConfirmUndo(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	a, err := byID(ctx, q, id)
	if err != nil {
		return err
	}
	if err := a.second(ctx, q, by, at, Undoing, a.UndoBy); err != nil {
		return err
	}
	if err := a.undoable(ctx, q); err != nil {
		return err
	}
	return a.moveBack(ctx, q, by, at)
}

const cols = `id, kind, from_id, into_id, from_code, from_name, into_code, into_name, authority, chosen, reason, state, proposed_by, proposed_at,
	decided_by, decided_at, refused_for, undo_by, undo_at, undo_reason, undone_by, undone_at, leaf`

func query(ctx context.Context, q db.Q, where string, args ...any) (out []Act, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+cols+` FROM merger_act WHERE `+where+` ORDER BY id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("merger: read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a Act
		var chosen string
		var proposed, decided, asked, undone db.Time
		if err := rows.Scan(&a.ID, &a.Kind, &a.From, &a.Into, &a.FromCode, &a.FromName, &a.IntoCode, &a.IntoName, &a.Authority, &chosen, &a.Reason, &a.State,
			&a.ProposedBy, &proposed, &a.DecidedBy, &decided, &a.RefusedFor, &a.UndoBy, &asked, &a.UndoReason, &a.UndoneBy, &undone, &a.Leaf); err != nil {
			return nil, fmt.Errorf("merger: read: %w", err)
		}
		if err := json.Unmarshal([]byte(chosen), &a.Chosen); err != nil {
			return nil, fmt.Errorf("merger: records of %s: %w", a.ID, err)
		}
		a.ProposedAt, a.DecidedAt, a.UndoAt, a.UndoneAt = proposed.Time, decided.Time, asked.Time, undone.Time
		out = append(out, a)
	}
	return out, rows.Err()
}

func byID(ctx context.Context, q db.Q, id string) (Act, error) {
	found, err := query(ctx, q, `id = $1`, id)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "merger.no_act")
	}
	if err != nil {
		return Act{}, err
	}
	return found[0], nil
}

// Scope is how far a person sees acts: who proposes or confirms them sees those of his department.
func Scope(by org.Actor) org.Scope {
	if s := org.ScopeOf(by, org.MergePropose); s != (org.Scope{}) {
		return s
	}
	return org.ScopeOf(by, org.MergeConfirm)
}

// Get returns an act within scope; one that is not there is fault merger.no_act.
func Get(ctx context.Context, q db.Q, scope org.Scope, id string) (Act, error) {
	a, err := byID(ctx, q, id)
	if err == nil && !scope.Has(a.Authority, "") {
		return Act{}, fault.New(fault.NotFound, "merger.no_act")
	}
	return a, err
}

// List returns up to limit acts within scope, those that wait first, then the newest.
func List(ctx context.Context, q db.Q, scope org.Scope, limit int) ([]Act, error) {
	var args []any
	found, err := query(ctx, q, scope.Where(&args, "authority", ""), args...)
	slices.SortStableFunc(found, func(a, b Act) int {
		switch {
		case a.waits() == b.waits():
			return 0
		case a.waits():
			return -1
		}
		return 1
	})
	return found[:min(limit, len(found))], err
}

func (a Act) waits() bool { return a.State == Proposed || a.State == Undoing }

// Of returns the acts about a subject, the newest first.
func Of(ctx context.Context, q db.Q, enterpriseID string) ([]Act, error) {
	return query(ctx, q, `from_id = $1 OR into_id = $1`, enterpriseID)
}

// update writes what a step changed, where the act still stands in the state from which it was taken.
func (a Act) update(ctx context.Context, q db.Q, was State) error {
	res, err := q.ExecContext(ctx, `UPDATE merger_act SET state = $3, decided_by = $4, decided_at = $5, refused_for = $6, undo_by = $7, undo_at = $8,
		undo_reason = $9, undone_by = $10, undone_at = $11, leaf = $12 WHERE id = $1 AND state = $2`, a.ID, was, a.State, a.DecidedBy,
		db.Time{Time: a.DecidedAt}, a.RefusedFor, a.UndoBy, db.Time{Time: a.UndoAt}, a.UndoReason, a.UndoneBy, db.Time{Time: a.UndoneAt}, a.Leaf)
	if err != nil {
		return fmt.Errorf("merger: update %s: %w", a.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("merger: update %s: %d rows: %w", a.ID, n, errors.Join(err, sql.ErrNoRows))
	}
	return nil
}
