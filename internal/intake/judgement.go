package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/finder"
	"zhixin/internal/jobs"
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
	Rows          int  // that became records by it
	More          bool // of what [Judge] and [Unjudge] return: there are more rows, which the job deals with
}

// pattern names all rows of a department that say the same of whom they are about: nobody decides about another department's rows,
// and nobody undoes what another has decided. Where no number is said, whatever else is said tells one bearer of a name from the next.
func pattern(id enterprise.Ident, department string) string {
	numbers := codes(id)
	masked := ""
	if credit.IsMasked(id.USCC) {
		masked = credit.NormalizeCode(id.USCC)
	}
	parts := append([]string{"pattern", department, credit.NormalizeName(id.Name), masked}, numbers...)
	if len(numbers) == 0 {
		parts = append(parts, id.Division, credit.NormalizeName(id.LegalRep), credit.NormalizeName(id.Address))
	}
	return db.Key(parts...)
}

// stands is the condition under which a judgement j holds: one about a subject that is not registered any more says nothing.
const stands = `j.undone_at IS NULL AND (j.enterprise_id = '' OR EXISTS (SELECT 1 FROM enterprise_subject s WHERE s.id = j.enterprise_id))`

// standing returns the judgements that hold for patterns.
func standing(ctx context.Context, q db.Q, patterns []string) (map[string]Judgement, error) {
	out := map[string]Judgement{}
	for part := range slices.Chunk(patterns, 200) {
		var args []any
		js, err := judgements(ctx, q, `pattern IN `+db.In(&args, part)+` AND `+stands+` ORDER BY at, id`, args...)
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
		(SELECT count(*) FROM intake_judged d WHERE d.judgement = j.id) FROM intake_judgement j WHERE `+where, binds...)
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

// forAPerson is the condition under which a row h of a batch b waits for a person's word; it binds the kind of registrations, which a
// number alone assigns. Rows about which it was judged that nobody of the registry is meant wait for none.
func forAPerson(args *[]any) string {
	*args = append(*args, record.EnterpriseKind)
	return fmt.Sprintf(`b.kind <> $%d AND NOT EXISTS (SELECT 1 FROM intake_judgement j WHERE j.pattern = h.pattern AND `+stands+`)`, len(*args))
}

// UndecidedRows returns up to limit groups of rows that wait for a person's word, within scope, behind the place where the page before
// ended; what has waited longest comes first. A group stands where its first row does, so a page ends when it is full, however many wait.
func UndecidedRows(ctx context.Context, q db.Q, scope org.Scope, after string, limit int) (out []Undecided, next string, err error) {
	came, row, _ := strings.Cut(after, " ")
	number, _ := strconv.Atoi(row)
	args := []any{came, number, limit + 1, record.EnterpriseKind}
	rows, err := q.QueryContext(ctx, `SELECT h.pattern, b.place, h.row_no FROM intake_batch b JOIN intake_held h ON h.batch = b.id
		WHERE `+scope.Where(&args, "b.department", "")+` AND b.place >= $1 AND (b.place > $1 OR h.row_no > $2) AND `+forAPerson(&args)+`
		AND NOT EXISTS (SELECT 1 FROM intake_held x JOIN intake_batch y ON y.id = x.batch WHERE x.pattern = h.pattern AND y.kind <> $4
			AND (y.place < b.place OR y.id = b.id AND x.row_no < h.row_no))
		ORDER BY b.place, h.row_no LIMIT $3`, args...)
	if err != nil {
		return nil, "", fmt.Errorf("intake: waiting rows: %w", err)
	}
	var places []string
	for rows.Next() {
		var w Undecided
		var came string
		var number int
		if err := rows.Scan(&w.Pattern, &came, &number); err != nil {
			return nil, "", fmt.Errorf("intake: waiting rows: %w", errors.Join(err, rows.Close()))
		}
		out, places = append(out, w), append(places, came+" "+strconv.Itoa(number))
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("intake: waiting rows: %w", err)
	}
	if len(out) > limit {
		next, out = places[limit-1], out[:limit]
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
	args := []any{pattern, record.EnterpriseKind}
	var body string
	var at db.Time
	var standard int
	err := q.QueryRowContext(ctx, `SELECT h.batch, h.row_no, h.body, b.department, b.kind, b.standard, b.received_at, (SELECT count(*) FROM intake_held x
		WHERE x.pattern = $1) FROM intake_held h JOIN intake_batch b ON b.id = h.batch WHERE h.pattern = $1 AND `+scope.Where(&args, "b.department", "")+`
		AND b.kind <> $2 ORDER BY b.place, h.row_no LIMIT 1`, args...).Scan(&w.Batch, &w.Row, &body, &w.Department, &w.Kind, &standard, &at, &w.Rows)
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
// the same act, or where they are many in the job that it asks for, and rows that come later follow it.
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
	more, err := j.release(ctx, q, at, actRows)
	if err == nil && more {
		err = jobs.Add(ctx, q, at, JudgeJob, j.ID)
	}
	if err != nil {
		return j, err
	}
	j.More = more
	_, err = audit.Add(ctx, q, by, at, JudgedLeaf, pattern, map[string]any{"judgement": j.ID, "enterprise": enterpriseID, "rows": j.Rows})
	return j, err
}

// release makes records of rows that wait for j, a block at a time and about most of them, and says whether more wait.
func (j *Judgement) release(ctx context.Context, q db.Q, at time.Time, most int) (more bool, err error) {
	if j.EnterpriseID == "" {
		return false, nil
	}
	for done := 0; ; {
		places, err := heldOf(ctx, q, j.Pattern)
		if err != nil || len(places) == 0 {
			return false, err
		}
		if done >= most {
			return true, nil
		}
		n, err := release(ctx, q, at, places)
		if err != nil || n == 0 {
			return false, err
		}
		done, j.Rows = done+n, j.Rows+n
	}
}

// reasonLimit is how many characters a reason may have.
const reasonLimit = 500

// heldOf returns the next rows of a pattern that wait, of one batch.
func heldOf(ctx context.Context, q db.Q, pattern string) ([]place, error) {
	rows, err := q.QueryContext(ctx, `SELECT b.place, h.batch, h.row_no FROM intake_held h JOIN intake_batch b ON b.id = h.batch WHERE h.pattern = $1
		AND b.kind <> $2 ORDER BY b.place, h.row_no LIMIT $3`, pattern, record.EnterpriseKind, blockRows)
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
			args = append(args, w.judgement, b.ID, rows[i].no, jsonOf(rows[i].clean), facts[i].SourceKey, outcomes[i], false)
		}
	}
	const width = 7
	for part := range slices.Chunk(args, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_judged (judgement, batch, row_no, body, source_key, outcome, undone) VALUES `+
			db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("intake: judged rows: %w", err)
		}
	}
	return nil
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

// Meant returns who may be meant by what rows say: those who have one of their numbers, those who bear exactly their name, and those
// whose name is like it, best first, each with what speaks for it. Before f has loaded it is fault finder.loading.
func Meant(ctx context.Context, q db.Q, f *finder.Finder, said enterprise.Ident, also []string) ([]match.Candidate, error) {
	const alike, most = 10, 9
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
		WHERE `+scope.Where(&args, "b.department", "")+` AND `+forAPerson(&args)+` LIMIT $1) w`, args...).Scan(&n)
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
