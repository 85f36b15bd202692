package takeover

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// The kinds of leaves; their subject is the take-over.
const (
	LeafOpened     = "takeover.opened"
	LeafExplained  = "takeover.explained"
	LeafReconciled = "takeover.reconciled"
	LeafReturned   = "takeover.returned"
	LeafSigned     = "takeover.signed"
	LeafWithdrawn  = "takeover.withdrawn"
)

type openedBody struct {
	System     string      `json:"system"`
	Department string      `json:"department"`
	Day        credit.Date `json:"day"`
	Stated     []Stated    `json:"stated"`
}

// Start opens a take-over with the sums that the old system states. A department takes over a system of a name once; one that was
// withdrawn does not count.
func Start(ctx context.Context, q db.Q, by org.Actor, at time.Time, t Takeover, stated []Stated) (Takeover, error) {
	if err := org.May(by, org.TakeoverOpen, t.Department, ""); err != nil {
		return t, err
	}
	t.System = strings.TrimSpace(t.System)
	today := credit.DateOf(at)
	switch {
	case t.System == "" || len([]rune(t.System)) > 100:
		return t, fault.New(fault.Invalid, "takeover.no_name", 100)
	case t.Day == 0 || t.Day > today:
		return t, fault.New(fault.Invalid, "takeover.bad_day", today)
	case len(stated) == 0:
		return t, fault.New(fault.Invalid, "takeover.nothing_stated")
	}
	if _, err := org.DepartmentOn(ctx, q, t.Department, today); err != nil {
		return t, err
	}
	t.ID, t.State, t.OpenedBy, t.OpenedAt = q.ID(at), Open, by.Who(), at
	res, err := q.ExecContext(ctx, `INSERT INTO takeover_takeover (id, department, system, day, state, opened_by, opened_at, reconciled_by,
		signed_by, returned, sums, leaf, withdrawn_by, withdrawn_for) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', '', '', '', '')
		ON CONFLICT (department, system) WHERE state <> 'withdrawn' DO NOTHING`,
		t.ID, t.Department, t.System, t.Day, t.State, t.OpenedBy, db.Time{Time: at})
	if err != nil {
		return t, fmt.Errorf("takeover: open: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return t, errors.Join(err, fault.New(fault.Conflict, "takeover.there_already", t.System))
	}
	for _, s := range stated {
		_, err := q.ExecContext(ctx, `INSERT INTO takeover_stated (takeover, kind, year, count, fines) VALUES ($1, $2, $3, $4, $5)`, t.ID, s.Kind,
			s.Year, s.Count, sql.NullInt64{Int64: int64(s.Fines), Valid: s.HasFines})
		if err != nil {
			return t, fmt.Errorf("takeover: state: %w", err)
		}
	}
	if err := t.gate(ctx, q, true); err != nil {
		return t, err
	}
	_, err = audit.Add(ctx, q, by, at, LeafOpened, t.ID, openedBody{t.System, t.Department, t.Day, stated})
	return t, err
}

// gate lets files in, or no more.
func (t Takeover) gate(ctx context.Context, q db.Q, open bool) error {
	return intake.PutLegacy(ctx, q, intake.Legacy{ID: t.ID, System: t.System, Department: t.Department, Day: t.Day, Open: open})
}

const cols = `id, department, system, day, state, opened_by, opened_at, reconciled_by, reconciled_at, signed_by, signed_at, returned, sums, leaf,
	withdrawn_by, withdrawn_at, withdrawn_for`

func (t *Takeover) scan(row interface{ Scan(...any) error }) error {
	var opened, reconciled, signed, withdrawn db.Time
	err := row.Scan(&t.ID, &t.Department, &t.System, &t.Day, &t.State, &t.OpenedBy, &opened, &t.ReconciledBy, &reconciled, &t.SignedBy, &signed,
		&t.Returned, &t.sums, &t.Leaf, &t.WithdrawnBy, &withdrawn, &t.WithdrawnFor)
	t.OpenedAt, t.ReconciledAt, t.SignedAt, t.WithdrawnAt = opened.Time, reconciled.Time, signed.Time, withdrawn.Time
	return err
}

// Get returns a take-over; one outside the scope is not there.
func Get(ctx context.Context, q db.Q, scope org.Scope, id string) (t Takeover, err error) {
	err = t.scan(q.QueryRowContext(ctx, `SELECT `+cols+` FROM takeover_takeover WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !scope.Has(t.Department, "") {
		return Takeover{}, fault.New(fault.NotFound, "intake.no_takeover", id)
	}
	if err != nil {
		return t, fmt.Errorf("takeover: %s: %w", id, err)
	}
	return t, nil
}

// List returns the take-overs in the scope, the newest first.
func List(ctx context.Context, q db.Q, scope org.Scope) (out []Takeover, err error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT `+cols+` FROM takeover_takeover WHERE `+scope.Where(&args, "department", "")+`
		ORDER BY id DESC LIMIT 500`, args...)
	if err != nil {
		return nil, fmt.Errorf("takeover: list: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t Takeover
		if err := t.scan(rows); err != nil {
			return nil, fmt.Errorf("takeover: list: %w", err)
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("takeover: list: %w", err)
	}
	return out, nil
}

// Sums are the lines of a take-over as they are now.
type Sums struct {
	Lines      []Line
	Unfinished int  // batches that are not dealt with to their end
	Moved      bool // they are no longer those that were submitted: a held row found its subject, or a batch was taken back
}

// Open returns how many lines differ and are not explained.
func (s Sums) Open() (n int) {
	for _, l := range s.Lines {
		if !l.Settled() {
			n++
		}
	}
	return n
}

// SumsOf sets what came against what was stated.
func SumsOf(ctx context.Context, q db.Q, t Takeover) (Sums, error) {
	n, err := CountOf(ctx, q, t)
	if err != nil {
		return Sums{}, err
	}
	return n.against(ctx, q, t)
}

// Count is what came into a take-over. To count it goes through every record of its batches, so an act is given one that was made in
// a reading transaction and keeps no counter waiting: it only looks whether anything has moved since.
type Count struct {
	takeover   string
	brought    []intake.Brought
	unfinished int
	mark       string
}

// CountOf counts what came into a take-over.
func CountOf(ctx context.Context, q db.Q, t Takeover) (n Count, err error) {
	n.takeover = t.ID
	if n.mark, err = intake.MarkOf(ctx, q, t.Department); err != nil {
		return n, err
	}
	n.brought, n.unfinished, err = intake.BroughtBy(ctx, q, t.ID)
	return n, err
}

// against sets what was counted against what was stated, with the words of now.
func (n Count) against(ctx context.Context, q db.Q, t Takeover) (s Sums, err error) {
	stated, err := statedOf(ctx, q, t.ID)
	if err != nil {
		return s, err
	}
	s.Lines, s.Unfinished = Reconcile(stated, n.brought), n.unfinished
	if err := explain(ctx, q, t.ID, s.Lines); err != nil {
		return s, err
	}
	if t.sums == "" {
		return s, nil
	}
	now, err := canon.Bytes(s.Lines)
	s.Moved = string(now) != t.sums
	return s, err
}

// still is against for an act: what was counted must be what is there.
func (n Count) still(ctx context.Context, q db.Q, t Takeover) (Sums, error) {
	mark, err := intake.MarkOf(ctx, q, t.Department)
	if err != nil {
		return Sums{}, err
	}
	if n.takeover != t.ID || n.mark != mark {
		return Sums{}, fault.New(fault.Conflict, "takeover.look_again", t.System)
	}
	return n.against(ctx, q, t)
}

// Submitted returns the lines as they were submitted, none before.
func (t Takeover) Submitted() (lines []Line, err error) {
	if t.sums == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(t.sums), &lines); err != nil {
		return nil, fmt.Errorf("takeover: sums of %s: %w", t.ID, err)
	}
	return lines, nil
}

func statedOf(ctx context.Context, q db.Q, id string) (out []Stated, err error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, year, count, fines FROM takeover_stated WHERE takeover = $1 ORDER BY kind, year`, id)
	if err != nil {
		return nil, fmt.Errorf("takeover: stated: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s Stated
		var fines sql.NullInt64
		if err := rows.Scan(&s.Kind, &s.Year, &s.Count, &fines); err != nil {
			return nil, fmt.Errorf("takeover: stated: %w", err)
		}
		s.Fines, s.HasFines = credit.Fen(fines.Int64), fines.Valid
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("takeover: stated: %w", err)
	}
	return out, nil
}

// explain gives lines the words that were found for the difference that they have now.
func explain(ctx context.Context, q db.Q, id string, lines []Line) (err error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, year, missing, fines, words FROM takeover_explained WHERE takeover = $1`, id)
	if err != nil {
		return fmt.Errorf("takeover: explained: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var kind, words string
		var year, missing int
		var fines credit.Fen
		if err := rows.Scan(&kind, &year, &missing, &fines, &words); err != nil {
			return fmt.Errorf("takeover: explained: %w", err)
		}
		for i, l := range lines {
			if l.Kind == kind && l.Year == year && l.Differs() && l.Missing() == missing && l.MissingFines() == fines {
				lines[i].Words = words
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("takeover: explained: %w", err)
	}
	return nil
}

// forAct returns a take-over for an act on it, which its state must allow.
func forAct(ctx context.Context, q db.Q, by org.Actor, act org.Act, id string, want State) (Takeover, error) {
	t, err := Get(ctx, q, org.ScopeOf(by, org.TakeoverRead), id)
	if err != nil {
		return t, err
	}
	if err := org.May(by, act, t.Department, ""); err != nil {
		return t, err
	}
	switch {
	case t.State == want:
		return t, nil
	case t.State == Withdrawn:
		return t, fault.New(fault.Conflict, "takeover.withdrawn_already", t.System)
	case t.State == Signed:
		return t, fault.New(fault.Conflict, "takeover.signed_already", t.System)
	case want == Open:
		return t, fault.New(fault.Conflict, "takeover.submitted", t.System)
	}
	return t, fault.New(fault.Conflict, "takeover.not_submitted", t.System)
}

type explainedBody struct {
	Kind    string     `json:"kind"`
	Year    int        `json:"year"`
	Missing int        `json:"missing"`
	Fines   credit.Fen `json:"fines"`
	Words   string     `json:"words"`
}

// Explain says in words why a line differs. It holds for that difference: when the line changes it has to be explained anew.
func Explain(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, n Count, kind string, year int, words string) error {
	t, err := forAct(ctx, q, by, org.TakeoverReconcile, id, Open)
	if err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	if long := len([]rune(words)); long == 0 || long > 500 {
		return fault.New(fault.Invalid, "takeover.no_words", 500)
	}
	s, err := n.still(ctx, q, t)
	if err != nil {
		return err
	}
	for _, l := range s.Lines {
		if l.Kind != kind || l.Year != year || !l.Differs() {
			continue
		}
		_, err := q.ExecContext(ctx, `INSERT INTO takeover_explained (takeover, kind, year, missing, fines, words, person, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (takeover, kind, year) DO UPDATE SET missing = excluded.missing,
			fines = excluded.fines, words = excluded.words, person = excluded.person, at = excluded.at`,
			id, kind, year, l.Missing(), l.MissingFines(), words, by.Who(), db.Time{Time: at})
		if err != nil {
			return fmt.Errorf("takeover: explain: %w", err)
		}
		_, err = audit.Add(ctx, q, by, at, LeafExplained, id, explainedBody{kind, year, l.Missing(), l.MissingFines(), words})
		return err
	}
	return fault.New(fault.Conflict, "takeover.no_difference")
}

type sumsBody struct {
	System       string `json:"system"`
	Department   string `json:"department"`
	ReconciledBy string `json:"reconciled_by,omitempty"`
	Lines        []Line `json:"lines"`
}

// Submit says that every difference is mended or explained, and closes the take-over for files until somebody else has decided.
func Submit(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, n Count) error {
	t, err := forAct(ctx, q, by, org.TakeoverReconcile, id, Open)
	if err != nil {
		return err
	}
	s, err := n.still(ctx, q, t)
	switch {
	case err != nil:
		return err
	case s.Unfinished > 0:
		return fault.New(fault.Conflict, "takeover.unfinished", s.Unfinished)
	case s.Open() > 0:
		return fault.New(fault.Conflict, "takeover.unexplained", s.Open())
	}
	sums, err := canon.Bytes(s.Lines)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE takeover_takeover SET state = $2, reconciled_by = $3, reconciled_at = $4, sums = $5, returned = ''
		WHERE id = $1`, id, Reconciled, by.Who(), db.Time{Time: at}, string(sums))
	if err != nil {
		return fmt.Errorf("takeover: submit: %w", err)
	}
	if err := t.gate(ctx, q, false); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafReconciled, id, sumsBody{t.System, t.Department, "", s.Lines})
	return err
}

// Return sends submitted sums back, with the reason: files can be sent again.
func Return(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	t, err := forAct(ctx, q, by, org.TakeoverSign, id, Reconciled)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n == 0 || n > 500 {
		return fault.New(fault.Invalid, "takeover.no_words", 500)
	}
	_, err = q.ExecContext(ctx, `UPDATE takeover_takeover SET state = $2, reconciled_by = '', reconciled_at = NULL, sums = '', returned = $3
		WHERE id = $1`, id, Open, reason)
	if err != nil {
		return fmt.Errorf("takeover: return: %w", err)
	}
	if err := t.gate(ctx, q, true); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafReturned, id, map[string]string{"reason": reason})
	return err
}

// Sign signs another's sums off, exactly as they were submitted, and closes the take-over for good.
func Sign(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, n Count) error {
	t, err := forAct(ctx, q, by, org.TakeoverSign, id, Reconciled)
	if err != nil {
		return err
	}
	if by.User == t.ReconciledBy || by.OnBehalf == t.ReconciledBy {
		return fault.New(fault.Forbidden, "takeover.same_person", t.System)
	}
	s, err := n.still(ctx, q, t)
	switch {
	case err != nil:
		return err
	case s.Moved || s.Unfinished > 0:
		return fault.New(fault.Conflict, "takeover.moved", t.System)
	}
	leaf, err := audit.Add(ctx, q, by, at, LeafSigned, id, sumsBody{t.System, t.Department, t.ReconciledBy, s.Lines})
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE takeover_takeover SET state = $2, signed_by = $3, signed_at = $4, leaf = $5 WHERE id = $1`, id, Signed,
		by.Who(), db.Time{Time: at}, leaf)
	if err != nil {
		return fmt.Errorf("takeover: sign: %w", err)
	}
	return nil
}

// Withdraw ends a take-over that was opened by mistake, with the reason: one into which nothing was sent. The name of its system is free
// again.
func Withdraw(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	t, err := forAct(ctx, q, by, org.TakeoverOpen, id, Open)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if long := len([]rune(reason)); long == 0 || long > 500 {
		return fault.New(fault.Invalid, "takeover.no_words", 500)
	}
	sent, err := intake.SentInto(ctx, q, id)
	if err != nil {
		return err
	}
	if sent > 0 {
		return fault.New(fault.Conflict, "takeover.sent_into", t.System, sent)
	}
	_, err = q.ExecContext(ctx, `UPDATE takeover_takeover SET state = $2, withdrawn_by = $3, withdrawn_at = $4, withdrawn_for = $5 WHERE id = $1`, id,
		Withdrawn, by.Who(), db.Time{Time: at}, reason)
	if err != nil {
		return fmt.Errorf("takeover: withdraw: %w", err)
	}
	if err := t.gate(ctx, q, false); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafWithdrawn, id, map[string]string{"system": t.System, "department": t.Department, "reason": reason})
	return err
}
