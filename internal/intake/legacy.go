package intake

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// Legacy is an old system whose past a department hands over. Its files are checked, matched and put as any others, but they are
// history: they never overwrite what was stated here, are no delivery in any cycle, and are in the log under a leaf of their own.
type Legacy struct {
	ID, System, Department string      // System is its name
	Day                    credit.Date // the last day for which it answers
	Open                   bool        // files are taken in
}

// PutLegacy keeps an old system.
func PutLegacy(ctx context.Context, q db.Q, l Legacy) error {
	_, err := q.ExecContext(ctx, `INSERT INTO intake_legacy (id, system, department, day, open) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET open = excluded.open`, l.ID, l.System, l.Department, l.Day, l.Open)
	if err != nil {
		return fmt.Errorf("intake: old system %s: %w", l.ID, err)
	}
	return nil
}

// openLegacy returns the old system into which a department may send. Another department's is not told from one that does not exist.
func openLegacy(ctx context.Context, q db.Q, id, department string) (l Legacy, err error) {
	err = q.QueryRowContext(ctx, `SELECT id, system, department, day, open FROM intake_legacy WHERE id = $1`, id).Scan(&l.ID, &l.System,
		&l.Department, &l.Day, &l.Open)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && l.Department != department:
		return l, fault.New(fault.NotFound, "intake.no_takeover", id)
	case err != nil:
		return l, fmt.Errorf("intake: old system %s: %w", id, err)
	case !l.Open:
		return l, fault.New(fault.Conflict, "intake.takeover_closed", l.System)
	}
	return l, nil
}

// ListOf returns up to limit batches that came from an old system, the newest first, as [List] does.
func ListOf(ctx context.Context, q db.Q, scope org.Scope, id string, limit int) ([]Batch, error) {
	args := []any{limit, id}
	return list(ctx, q, `takeover = $2 AND `+scope.Where(&args, "department", ""), args)
}

// Origins returns the names of the old systems from which batches came, by batch; others are not in it.
func Origins(ctx context.Context, q db.Q, batches []string) (map[string]string, error) {
	out := map[string]string{}
	if len(batches) == 0 {
		return out, nil
	}
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT b.id, l.system FROM intake_batch b JOIN intake_legacy l ON l.id = b.takeover WHERE b.id IN `+
		db.In(&args, batches), args...)
	if err != nil {
		return nil, fmt.Errorf("intake: origins: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, system string
		if err := rows.Scan(&id, &system); err != nil {
			return nil, fmt.Errorf("intake: origins: %w", err)
		}
		out[id] = system
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: origins: %w", err)
	}
	return out, nil
}

// stated returns the place of a batch among statements: a past one is before all that were made here, so it never supersedes one,
// and of two old systems the one that ended later spoke last.
func (b Batch) stated() string {
	if b.Takeover != "" {
		return record.PastPlace + b.Past.String() + b.Place
	}
	return b.Place
}

// weight is what rows are reconciled by: how many they are, and their fines.
type weight struct {
	year  int // of the legal day, 0 where none can be read
	count int
	fines credit.Fen
}

// fineField is the field of a penalty that states its fine.
const fineField = "CF_NR_FK"

// weigh returns the weight of one row by its clean values, of which a bad row may have few.
func weigh(kind catalog.Kind, clean map[string]string) weight {
	w := weight{count: 1}
	if day, _, _ := kind.Days(clean); day != 0 {
		w.year = day.Year()
	}
	if kind.Name == record.PenaltyKind {
		fen, err := strconv.ParseInt(strings.TrimSuffix(clean[fineField], "fen"), 10, 64)
		if err == nil { // an amount that is not there, or was not read, weighs nothing
			w.fines = credit.Fen(fen)
		}
	}
	return w
}

// bin is where rows of a past batch are counted.
type bin struct {
	year int
	fate Fate
}

// lay counts a row of a past batch times times. A good row that states no day counts for the last day of the old system, as its
// fact does.
func (t *tally) lay(b Batch, r row, fate Fate, times int) {
	if b.Takeover == "" {
		return
	}
	if t.past == nil {
		t.past = map[bin]weight{}
	}
	at := bin{r.weight.year, fate}
	if at.year == 0 && fate != Rejected {
		at.year = b.Past.Year()
	}
	w := t.past[at]
	w.count, w.fines = w.count+times, w.fines+credit.Fen(times)*r.weight.fines
	t.past[at] = w
}

// pile adds what was counted to a batch.
func pile(ctx context.Context, q db.Q, batch string, past map[bin]weight) error {
	order := func(a, b bin) int { return cmp.Or(cmp.Compare(a.year, b.year), cmp.Compare(a.fate, b.fate)) }
	for _, h := range slices.SortedFunc(maps.Keys(past), order) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_tally (batch, year, fate, count, fines) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (batch, year, fate) DO UPDATE SET count = intake_tally.count + excluded.count, fines = intake_tally.fines + excluded.fines`,
			batch, h.year, h.fate, past[h].count, past[h].fines)
		if err != nil {
			return fmt.Errorf("intake: tally of %s: %w", batch, err)
		}
	}
	return nil
}

// project brings the registry up to registrations. Who was registered here keeps what was stated here, and of the past only gets
// the names and numbers that it had; who was not is put in as the past says.
func project(ctx context.Context, q db.Q, b Batch, registered []enterprise.Subject) error {
	if b.Takeover == "" || len(registered) == 0 {
		return enterprise.PutAll(ctx, q, registered)
	}
	here, err := registeredHere(ctx, q, registered)
	if err != nil {
		return err
	}
	var fresh []enterprise.Subject
	var ids []string
	for _, s := range registered {
		if here[s.ID] {
			ids = append(ids, s.ID)
		} else {
			fresh = append(fresh, s)
		}
	}
	if err := enterprise.PutAll(ctx, q, fresh); err != nil || len(ids) == 0 {
		return err
	}
	return reproject(ctx, q, ids)
}

// registeredHere returns the ids of those subjects that the registry has.
func registeredHere(ctx context.Context, q db.Q, subjects []enterprise.Subject) (map[string]bool, error) {
	ids := make([]string, len(subjects))
	for i, s := range subjects {
		ids[i] = s.ID
	}
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT id FROM enterprise_subject WHERE id IN `+db.In(&args, ids), args...)
	if err != nil {
		return nil, fmt.Errorf("intake: who is registered: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("intake: who is registered: %w", err)
		}
		out[id] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: who is registered: %w", err)
	}
	return out, nil
}

// Fines are the fines of rows and facts, penalties only.
type Fines struct {
	Received credit.Fen `json:"received"`
	Repeated credit.Fen `json:"repeated"`
	Rejected credit.Fen `json:"rejected"`
	Held     credit.Fen `json:"held"`
	Taken    credit.Fen `json:"taken"`
}

// Brought is what came of one kind and year from an old system, without the batches that were taken back. All but Taken are rows;
// the repeated ones said again, or otherwise, what had been said.
type Brought struct {
	Kind     string `json:"kind"`
	Year     int    `json:"year"` // of the legal day, 0 where none could be read
	Received int    `json:"received"`
	Repeated int    `json:"repeated"`
	Rejected int    `json:"rejected"`
	Held     int    `json:"held"`
	Taken    int    `json:"taken"` // facts that hold
	Fines    Fines  `json:"fines"`
}

// Add adds what came of the same kind.
func (b *Brought) Add(o Brought) {
	b.Received, b.Repeated, b.Rejected, b.Held, b.Taken = b.Received+o.Received, b.Repeated+o.Repeated, b.Rejected+o.Rejected, b.Held+o.Held,
		b.Taken+o.Taken
	f, g := &b.Fines, o.Fines
	f.Received, f.Repeated, f.Rejected, f.Held, f.Taken = f.Received+g.Received, f.Repeated+g.Repeated, f.Rejected+g.Rejected, f.Held+g.Held,
		f.Taken+g.Taken
}

// BroughtBy returns what came from an old system, in order of kind and year, and how many of its batches are not dealt with to
// their end. One that waits for its sender's word was not sent, and cannot be any more once the take-over is closed.
func BroughtBy(ctx context.Context, q db.Q, id string) (out []Brought, unfinished int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM intake_batch WHERE takeover = $1 AND state IN ($2, $3, $4)`, id, Received, Checking,
		Recalling).Scan(&unfinished)
	if err != nil {
		return nil, 0, fmt.Errorf("intake: brought: %w", err)
	}
	lines := map[Brought]*Brought{}
	at := func(kind string, year int) *Brought {
		k := Brought{Kind: kind, Year: year}
		if lines[k] == nil {
			lines[k] = &Brought{Kind: kind, Year: year}
		}
		return lines[k]
	}
	if err := rowsBrought(ctx, q, id, at); err != nil {
		return nil, 0, err
	}
	if err := factsBrought(ctx, q, id, at); err != nil {
		return nil, 0, err
	}
	for _, line := range lines {
		out = append(out, *line)
	}
	slices.SortFunc(out, func(a, b Brought) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Year, b.Year)) })
	return out, unfinished, nil
}

// MarkOf is a cheap mark of what [BroughtBy] can count for a department: where two are equal, nothing of it has moved in between. Batches
// only go on, and whatever makes a fact hold no more adds a version that withdraws.
func MarkOf(ctx context.Context, q db.Q, department string) (string, error) {
	var batches, recalls string
	var withdrawn int
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(place), '') || ' ' || CAST(count(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(cursor), 0) AS TEXT)
		|| ' ' || CAST(COALESCE(SUM(accepted), 0) AS TEXT) || ' ' || CAST(COALESCE(SUM(superseded), 0) AS TEXT) || ' ' || CAST(COALESCE(SUM(duplicate), 0) AS TEXT)
		|| ' ' || CAST(count(CASE WHEN state = $2 THEN 1 END) AS TEXT) || ' ' || CAST(count(CASE WHEN state = $3 THEN 1 END) AS TEXT)
		|| ' ' || CAST(count(CASE WHEN state = $4 THEN 1 END) AS TEXT) || ' ' || CAST(count(CASE WHEN state = $5 THEN 1 END) AS TEXT)
		FROM intake_batch WHERE department = $1`, department, Received, Checking, Recalling, TakenBack).Scan(&batches)
	if err == nil {
		err = q.QueryRowContext(ctx, `SELECT CAST(count(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(r.row_no), 0) AS TEXT) FROM intake_recall r
			JOIN intake_batch b ON b.id = r.batch WHERE b.department = $1`, department).Scan(&recalls)
	}
	if err == nil {
		err = q.QueryRowContext(ctx, `SELECT count(*) FROM record_record WHERE withdrawn`).Scan(&withdrawn)
	}
	if err != nil {
		return "", fmt.Errorf("intake: mark of %s: %w", department, err)
	}
	return batches + " " + recalls + " " + strconv.Itoa(withdrawn), nil
}

// SentInto returns how many batches were sent into an old system, also those that wait for their sender's word. What was discarded, or
// could not be read, was not sent.
func SentInto(ctx context.Context, q db.Q, id string) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM intake_batch WHERE takeover = $1 AND state NOT IN ($2, $3)`, id, Discarded, Failed).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("intake: sent into %s: %w", id, err)
	}
	return n, nil
}

func rowsBrought(ctx context.Context, q db.Q, id string, at func(string, int) *Brought) error {
	rows, err := q.QueryContext(ctx, `SELECT b.kind, t.year, t.fate, SUM(t.count), SUM(t.fines) FROM intake_batch b JOIN intake_tally t
		ON t.batch = b.id WHERE b.takeover = $1 AND b.state NOT IN ($2, $3) GROUP BY b.kind, t.year, t.fate`, id, Recalling, TakenBack)
	if err != nil {
		return fmt.Errorf("intake: brought: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind string
		var year, count int
		var fines credit.Fen
		var fate Fate
		if err := rows.Scan(&kind, &year, &fate, &count, &fines); err != nil {
			return fmt.Errorf("intake: brought: %w", err)
		}
		b := at(kind, year)
		b.Received, b.Fines.Received = b.Received+count, b.Fines.Received+fines
		switch fate {
		case Rejected:
			b.Rejected, b.Fines.Rejected = b.Rejected+count, b.Fines.Rejected+fines
		case Held:
			b.Held, b.Fines.Held = b.Held+count, b.Fines.Held+fines
		case Fate(record.Duplicate), Fate(record.Superseded):
			b.Repeated, b.Fines.Repeated = b.Repeated+count, b.Fines.Repeated+fines
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("intake: brought: %w", err)
	}
	return nil
}

// factsBrought counts the facts that hold and that the old system stated: each by the last of its versions from there, whatever was
// stated about it here since.
func factsBrought(ctx context.Context, q db.Q, id string, at func(string, int) *Brought) error {
	rows, err := q.QueryContext(ctx, `WITH brought AS (SELECT r.department, r.kind, r.source_key, r.version, r.day, r.body
			FROM intake_batch b JOIN record_record r ON r.batch = b.id
			WHERE b.takeover = $1 AND b.state NOT IN ($2, $3) AND NOT r.withdrawn),
		latest AS (SELECT department, kind, source_key, MAX(version) AS version FROM brought GROUP BY department, kind, source_key)
		SELECT b.kind, b.day, CASE WHEN b.kind = $4 THEN b.body ELSE '' END, count(*)
		FROM brought b JOIN latest l ON l.department = b.department AND l.kind = b.kind AND l.source_key = b.source_key AND l.version = b.version
		JOIN record_head h ON h.department = b.department AND h.kind = b.kind AND h.source_key = b.source_key
		JOIN record_record now ON now.enterprise_id = h.enterprise_id AND now.id = h.record_id
		WHERE NOT now.withdrawn GROUP BY 1, 2, 3`, id, Recalling, TakenBack, record.PenaltyKind)
	if err != nil {
		return fmt.Errorf("intake: brought: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind, body string
		var day credit.Date
		var count int
		if err := rows.Scan(&kind, &day, &body, &count); err != nil {
			return fmt.Errorf("intake: brought: %w", err)
		}
		b := at(kind, day.Year())
		b.Taken += count
		if kind != record.PenaltyKind {
			continue
		}
		p, err := record.Record{Kind: kind, Body: []byte(body)}.Penalty()
		if err != nil {
			return fmt.Errorf("intake: brought: %w", err)
		}
		b.Fines.Taken += credit.Fen(count) * p.Fine
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("intake: brought: %w", err)
	}
	return nil
}
