package intake

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
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/finder"
	"zhixin/internal/match"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// The kinds of leaves of judgements. Their subject is the pattern.
const (
	JudgedLeaf   = "match.judged"
	UnjudgedLeaf = "match.unjudged"
)

// Judgement is a person's word on whom the rows of a pattern are about: those that wait, and those that come.
type Judgement struct {
	ID, Pattern   string
	Said          enterprise.Ident // what the rows said
	Department    string           // that sent them
	EnterpriseID  string           // "" for nobody of the registry
	Reason        string
	By            string // id of the person
	At            time.Time
	UndoneBy, Why string // who took it back, and the reason; "" while it stands
	UndoneAt      time.Time
	Rows          int // that became records by it, or waited again when it was undone
}

// pattern names all rows that say the same of whom they are about. Where no number is said, a name means somebody else in
// another department's mouth: a county's 惠民超市 is not the next county's.
func pattern(id enterprise.Ident, department string) string {
	numbers := codes(id)
	masked := ""
	if credit.IsMasked(id.USCC) {
		masked = credit.NormalizeCode(id.USCC)
	}
	parts := append([]string{"pattern", credit.NormalizeName(id.Name), masked}, numbers...)
	if len(numbers) == 0 {
		parts = append(parts, department, id.Division, credit.NormalizeName(id.LegalRep))
	}
	return db.Key(parts...)
}

// standing returns the judgements that hold for patterns.
func standing(ctx context.Context, q db.Q, patterns []string) (map[string]Judgement, error) {
	out := map[string]Judgement{}
	for part := range slices.Chunk(patterns, 200) {
		var args []any
		js, err := judgements(ctx, q, `pattern IN `+db.In(&args, part)+` AND undone_at IS NULL ORDER BY at, id`, args...)
		if err != nil {
			return nil, err
		}
		for _, j := range js {
			out[j.Pattern] = j
		}
	}
	return out, nil
}

func judgements(ctx context.Context, q db.Q, where string, binds ...any) ([]Judgement, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, pattern, said, department, enterprise_id, reason, person, at, undone_by, undone_reason, undone_at,
		(SELECT count(*) FROM intake_judged d WHERE d.judgement = intake_judgement.id) FROM intake_judgement WHERE `+where, binds...)
	if err != nil {
		return nil, fmt.Errorf("intake: judgements: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Judgement
	for rows.Next() {
		var j Judgement
		var said string
		var at, undone db.Time
		if err := rows.Scan(&j.ID, &j.Pattern, &said, &j.Department, &j.EnterpriseID, &j.Reason, &j.By, &at, &j.UndoneBy, &j.Why, &undone, &j.Rows); err != nil {
			return nil, fmt.Errorf("intake: judgements: %w", err)
		}
		if err := json.Unmarshal([]byte(said), &j.Said); err != nil {
			return nil, fmt.Errorf("intake: judgement %s: %w", j.ID, err)
		}
		j.At, j.UndoneAt = at.Time, undone.Time
		out = append(out, j)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: judgements: %w", err)
	}
	return out, nil
}

// JudgementsOf returns what has been decided about a pattern, the latest first, also what was undone.
func JudgementsOf(ctx context.Context, q db.Q, pattern string) ([]Judgement, error) {
	return judgements(ctx, q, `pattern = $1 ORDER BY at DESC, id DESC`, pattern)
}

// Judged returns up to limit judgements within scope, the latest first, of those before a moment.
func Judged(ctx context.Context, q db.Q, scope org.Scope, before time.Time, limit int) ([]Judgement, error) {
	args := []any{db.Time{Time: before}, limit}
	return judgements(ctx, q, `at < $1 AND `+scope.Where(&args, "department", "")+` ORDER BY at DESC, id DESC LIMIT $2`, args...)
}

// Undecided is a group of held rows that say the same of whom they are about.
type Undecided struct {
	Pattern    string
	Said       enterprise.Ident
	Department string // of the first of them
	Kind       string
	Batch      string
	Row        int
	Rows       int
	Since      time.Time         // when the first of them was sent
	Body       map[string]string // of the first of them
}

// UndecidedRows returns up to limit groups of rows that wait for a person's word, within scope, of those whose first batch came after a
// place; what has waited longest comes first. Those about whom it was judged that nobody of the registry is meant are not among them.
func UndecidedRows(ctx context.Context, q db.Q, scope org.Scope, after string, limit int) (out []Undecided, next string, err error) {
	args := []any{after, limit + 1}
	rows, err := q.QueryContext(ctx, `SELECT h.pattern, min(b.place || ' ' || h.batch), count(*) FROM intake_held h JOIN intake_batch b ON b.id = h.batch
		WHERE `+scope.Where(&args, "b.department", "")+` AND NOT EXISTS (SELECT 1 FROM intake_judgement j WHERE j.pattern = h.pattern
		AND j.undone_at IS NULL) GROUP BY h.pattern HAVING min(b.place || ' ' || h.batch) > $1 ORDER BY 2, 1 LIMIT $2`, args...)
	if err != nil {
		return nil, "", fmt.Errorf("intake: waiting rows: %w", err)
	}
	var firsts []string
	for rows.Next() {
		var w Undecided
		var first string
		if err := rows.Scan(&w.Pattern, &first, &w.Rows); err != nil {
			return nil, "", fmt.Errorf("intake: waiting rows: %w", errors.Join(err, rows.Close()))
		}
		out, firsts = append(out, w), append(firsts, first)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("intake: waiting rows: %w", err)
	}
	if len(out) > limit {
		// Those of one batch stand together, so a page may end within them: it goes on behind the last whole place.
		next, out = firsts[limit-1], out[:limit]
	}
	for i := range out {
		if out[i], err = UndecidedOf(ctx, q, scope, out[i].Pattern); err != nil {
			return nil, "", err
		}
	}
	return out, next, nil
}

// UndecidedOf returns the group of a pattern within scope; none is fault intake.not_waiting.
func UndecidedOf(ctx context.Context, q db.Q, scope org.Scope, pattern string) (Undecided, error) {
	w := Undecided{Pattern: pattern}
	args := []any{pattern}
	var body string
	var at db.Time
	var standard int
	err := q.QueryRowContext(ctx, `SELECT h.batch, h.row_no, h.body, b.department, b.kind, b.standard, b.received_at, (SELECT count(*) FROM intake_held x
		WHERE x.pattern = $1) FROM intake_held h JOIN intake_batch b ON b.id = h.batch WHERE h.pattern = $1 AND `+scope.Where(&args, "b.department", "")+`
		ORDER BY b.place, h.row_no LIMIT 1`, args...).Scan(&w.Batch, &w.Row, &body, &w.Department, &w.Kind, &standard, &at, &w.Rows)
	if errors.Is(err, sql.ErrNoRows) {
		return w, fault.New(fault.NotFound, "intake.not_waiting")
	}
	if err != nil {
		return w, fmt.Errorf("intake: waiting rows: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &w.Body); err != nil {
		return w, fmt.Errorf("intake: held row %d of %s: %w", w.Row, w.Batch, err)
	}
	kind, err := catalog.Version(ctx, q, w.Kind, standard)
	if err != nil {
		return w, err
	}
	w.Said, w.Since = ident(kind, w.Body), at.Time
	return w, nil
}

// Judge says whom the rows of a pattern are about; enterpriseID "" is nobody of the registry. The rows that wait become records in
// the same act, and rows that come later follow it.
func Judge(ctx context.Context, q db.Q, by org.Actor, at time.Time, pattern, enterpriseID, reason string) (Judgement, error) {
	reason = strings.TrimSpace(reason)
	w, err := UndecidedOf(ctx, q, org.ScopeOf(by, org.MatchJudge), pattern)
	if err != nil {
		return Judgement{}, err
	}
	if len([]rune(reason)) > reasonLimit {
		return Judgement{}, fault.New(fault.Invalid, "intake.judge_reason", reasonLimit)
	}
	had, err := standing(ctx, q, []string{pattern})
	if err != nil {
		return Judgement{}, err
	}
	if j, ok := had[pattern]; ok {
		return j, fault.New(fault.Conflict, "intake.judged_already")
	}
	if enterpriseID != "" {
		if _, err := enterprise.ByID(ctx, q, enterpriseID); err != nil {
			return Judgement{}, err
		}
	}
	j := Judgement{ID: q.ID(at), Pattern: pattern, Said: w.Said, Department: w.Department, EnterpriseID: enterpriseID, Reason: reason, By: by.Who(), At: at}
	_, err = q.ExecContext(ctx, `INSERT INTO intake_judgement (id, pattern, said, department, enterprise_id, reason, person, at, undone_by, undone_reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '')`, j.ID, j.Pattern, jsonOf(j.Said), j.Department, j.EnterpriseID, j.Reason, j.By, db.Time{Time: at})
	if err != nil {
		return j, fmt.Errorf("intake: judge: %w", err)
	}
	for enterpriseID != "" {
		places, err := heldOf(ctx, q, pattern)
		if err != nil {
			return j, err
		}
		if len(places) == 0 {
			break
		}
		n, err := release(ctx, q, at, places)
		if err != nil {
			return j, err
		}
		if j.Rows += n; n == 0 {
			break
		}
	}
	_, err = audit.Add(ctx, q, by, at, JudgedLeaf, pattern, map[string]any{"judgement": j.ID, "enterprise": enterpriseID, "rows": j.Rows})
	return j, err
}

// reasonLimit is how many characters a reason may have.
const reasonLimit = 500

// heldOf returns the next rows of a pattern that wait, of one batch.
func heldOf(ctx context.Context, q db.Q, pattern string) ([]place, error) {
	rows, err := q.QueryContext(ctx, `SELECT b.place, h.batch, h.row_no FROM intake_held h JOIN intake_batch b ON b.id = h.batch WHERE h.pattern = $1
		ORDER BY b.place, h.row_no LIMIT $2`, pattern, blockRows)
	if err != nil {
		return nil, fmt.Errorf("intake: held rows: %w", err)
	}
	return oneBatch(rows)
}

// remember notes which rows became records by judgements.
func remember(ctx context.Context, q db.Q, b Batch, rows []row, who []whom, facts []record.New, outcomes []record.Outcome) error {
	var args []any
	for i, w := range who {
		if w.judgement != "" {
			args = append(args, w.judgement, b.ID, rows[i].no, jsonOf(rows[i].clean), facts[i].SourceKey, outcomes[i])
		}
	}
	const width = 6
	for part := range slices.Chunk(args, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_judged (judgement, batch, row_no, body, source_key, outcome) VALUES `+
			db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("intake: judged rows: %w", err)
		}
	}
	return nil
}

// Effect is a row that became a record by a judgement.
type Effect struct {
	Batch, Kind, Department string
	Row                     int
	SourceKey               string
	Outcome                 record.Outcome
	body                    map[string]string
}

// EffectsOf returns what a judgement made, up to limit rows.
func EffectsOf(ctx context.Context, q db.Q, judgement string, limit int) ([]Effect, error) {
	rows, err := q.QueryContext(ctx, `SELECT d.batch, b.kind, b.department, d.body, d.row_no, d.source_key, d.outcome FROM intake_judged d
		JOIN intake_batch b ON b.id = d.batch WHERE d.judgement = $1 ORDER BY d.batch, d.row_no LIMIT $2`, judgement, limit)
	if err != nil {
		return nil, fmt.Errorf("intake: judged rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Effect
	for rows.Next() {
		var e Effect
		var body string
		if err := rows.Scan(&e.Batch, &e.Kind, &e.Department, &body, &e.Row, &e.SourceKey, &e.Outcome); err != nil {
			return nil, fmt.Errorf("intake: judged rows: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &e.body); err != nil {
			return nil, fmt.Errorf("intake: judged row %d of %s: %w", e.Row, e.Batch, err)
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: judged rows: %w", err)
	}
	return out, nil
}

// remark tells of each row about which a person has decided whom it was judged to be about.
func remark(ctx context.Context, q db.Q, kind catalog.Kind, rows []row, who []whom) error {
	var ids []string
	for _, w := range who {
		if w.judgement != "" && !slices.Contains(ids, w.id) {
			ids = append(ids, w.id)
		}
	}
	names := map[string]string{}
	for part := range slices.Chunk(ids, 200) {
		subjects, err := enterprise.ByIDs(ctx, q, part)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			names[s.ID] = s.Name
		}
	}
	for i, w := range who {
		if w.judgement != "" {
			rows[i].problems = append(slices.Clone(rows[i].problems), Problem{Code: "intake.subject_judged",
				Args: args{rows[i].clean[kind.Roles.Name], names[w.id]}, Warning: true})
		}
	}
	return nil
}

// Unjudge takes a judgement back: what it made is withdrawn, or what was stated before holds again, and the rows wait as before.
func Unjudge(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) (Judgement, error) {
	reason = strings.TrimSpace(reason)
	j, err := JudgementBy(ctx, q, org.ScopeOf(by, org.MatchJudge), id)
	if err != nil {
		return Judgement{}, err
	}
	switch {
	case !j.UndoneAt.IsZero():
		return j, fault.New(fault.Conflict, "intake.unjudged_already")
	case reason == "" || len([]rune(reason)) > reasonLimit:
		return j, fault.New(fault.Invalid, "intake.unjudge_reason", reasonLimit)
	}
	j.UndoneBy, j.Why, j.UndoneAt = by.Who(), reason, at
	_, err = q.ExecContext(ctx, `UPDATE intake_judgement SET undone_by = $2, undone_reason = $3, undone_at = $4 WHERE id = $1`, j.ID, j.UndoneBy, j.Why,
		db.Time{Time: at})
	if err != nil {
		return j, fmt.Errorf("intake: undo a judgement: %w", err)
	}
	effects, err := EffectsOf(ctx, q, j.ID, effectLimit)
	if err != nil {
		return j, err
	}
	for _, e := range effects {
		if err := unmake(ctx, q, by, at, j, e); err != nil {
			return j, err
		}
	}
	_, err = audit.Add(ctx, q, by, at, UnjudgedLeaf, j.Pattern, map[string]any{"judgement": j.ID, "enterprise": j.EnterpriseID, "rows": len(effects), "reason": reason})
	return j, err
}

// effectLimit bounds what is undone in one act.
const effectLimit = 2000

// unmake takes one row back to those that wait.
func unmake(ctx context.Context, q db.Q, by org.Actor, at time.Time, j Judgement, e Effect) error {
	b, err := load(ctx, q, e.Batch)
	if err != nil {
		return err
	}
	if b.State == Recalling || b.State == TakenBack {
		return nil // what it stated is gone already
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return err
	}
	if e.Outcome != record.Duplicate {
		if _, err := record.Disown(ctx, q, by, at, e.Department, e.Kind, e.SourceKey, e.Batch, e.Row, j.Why); err != nil {
			return err
		}
	}
	r := row{no: e.Row, clean: e.body, fate: Held}
	r.weight = weigh(kind, r.clean)
	told, err := problems(ctx, q, `batch = $1 AND row_no = $2`, e.Batch, e.Row)
	if err != nil {
		return err
	}
	t := tally{Counts: Counts{Unmatched: 1}}
	t.add(e.Outcome, -1)
	t.lay(b, r, Fate(e.Outcome), -1)
	t.lay(b, r, Held, 1)
	if len(told) > 0 { // the remark that a person had decided
		t.warned, t.listed = -1, -1
		r.cells, r.problems = told[0].Cells, slices.DeleteFunc(told[0].Problems, func(p Problem) bool { return p.Code == "intake.subject_judged" })
		if _, err := q.ExecContext(ctx, `DELETE FROM intake_problem WHERE batch = $1 AND row_no = $2`, e.Batch, e.Row); err != nil {
			return fmt.Errorf("intake: undo a judgement: %w", err)
		}
	}
	who, err := identify(ctx, q, kind, b.Department, []row{{no: r.no, clean: r.clean}})
	if err != nil {
		return err
	}
	why := who[0].why
	if why.Code == "" {
		why = unknown(ident(kind, r.clean), enterprise.Matched{})
	}
	r.problems = append(r.problems, why)
	if err := hold(ctx, q, kind, b, []row{r}); err != nil {
		return err
	}
	if err := tell(ctx, q, b, []row{r}, &t); err != nil {
		return err
	}
	if moved, err := advance(ctx, q, b, t, b.cursor); err != nil || !moved {
		return errors.Join(err, errMoved)
	}
	return nil
}

// Meant returns who may be meant by what rows say: those who have one of their numbers, those who bear exactly their name, and those
// whose name is like it, best first, each with what speaks for it. Before f has loaded it is fault finder.loading.
func Meant(ctx context.Context, q db.Q, f *finder.Finder, said enterprise.Ident, also []string) ([]match.Candidate, error) {
	const alike, most = 12, 9
	found, err := enterprise.Match(ctx, q, []enterprise.Ident{said})
	if err != nil {
		return nil, err
	}
	ids := append(slices.Clone(also), found[0].Among...)
	if found[0].EnterpriseID != "" {
		ids = append(ids, found[0].EnterpriseID)
	}
	norm := credit.NormalizeName(said.Name)
	bearers, err := enterprise.Bearers(ctx, q, []string{norm})
	if err != nil {
		return nil, err
	}
	like, err := f.Alike(said.Name, alike)
	if err != nil {
		return nil, err
	}
	ids = slices.Concat(ids, bearers[norm], like)
	slices.Sort(ids)
	sides, err := enterprise.Sides(ctx, q, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	stated := match.Read(said.Side())
	out := match.Decide(stated, sides).Candidates
	for _, s := range sides { // whom a person looked up is shown whatever speaks against him
		if slices.Contains(also, s.ID) && !slices.ContainsFunc(out, func(c match.Candidate) bool { return c.ID == s.ID }) {
			out = append([]match.Candidate{{Side: s, Verdict: match.Compare(stated, s)}}, out...)
		}
	}
	return out[:min(most, len(out))], nil
}

// CountUndecided counts the groups that wait for a person's word within scope, up to most.
func CountUndecided(ctx context.Context, q db.Q, scope org.Scope, most int) (n int, err error) {
	args := []any{most}
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT DISTINCT h.pattern FROM intake_held h JOIN intake_batch b ON b.id = h.batch
		WHERE `+scope.Where(&args, "b.department", "")+` AND NOT EXISTS (SELECT 1 FROM intake_judgement j WHERE j.pattern = h.pattern
		AND j.undone_at IS NULL) LIMIT $1) w`, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("intake: waiting rows: %w", err)
	}
	return n, nil
}

// JudgementBy returns one judgement within scope; none is fault intake.no_judgement.
func JudgementBy(ctx context.Context, q db.Q, scope org.Scope, id string) (Judgement, error) {
	args := []any{id}
	js, err := judgements(ctx, q, `id = $1 AND `+scope.Where(&args, "department", ""), args...)
	if err == nil && len(js) == 0 {
		err = fault.New(fault.NotFound, "intake.no_judgement")
	}
	if err != nil {
		return Judgement{}, err
	}
	return js[0], nil
}
