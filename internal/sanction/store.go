package sanction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// The kinds of leaves; their subject is the enterprise.
const (
	LeafApplied = "sanction.applied"
	LeafLifted  = "sanction.lifted"
)

// words are what a measure has from its row of policy. They are kept once, not with each of a hundred thousand measures.
type words struct {
	Matter       credit.Matter  `json:"matter"`
	List         string         `json:"list"`
	Measure      string         `json:"measure"`
	English      string         `json:"english"`
	Scope        string         `json:"scope,omitempty"`
	ScopeEnglish string         `json:"scope_english,omitempty"`
	Table        string         `json:"table"`
	Key          string         `json:"key"`
	From         credit.Date    `json:"from"`
	Version      int64          `json:"version"`
	Basis        []policy.Basis `json:"basis"`
}

func (m Measure) words() words {
	return words{m.Matter, m.List, m.Measure, m.English, m.Scope, m.ScopeEnglish, m.PolicyTable, m.PolicyKey, m.PolicyFrom, m.PolicyVersion, m.Basis}
}

func (w words) fill(m *Measure) {
	m.Matter, m.List, m.Measure, m.English, m.Scope, m.ScopeEnglish = w.Matter, w.List, w.Measure, w.English, w.Scope, w.ScopeEnglish
	m.PolicyTable, m.PolicyKey, m.PolicyFrom, m.PolicyVersion, m.Basis = w.Table, w.Key, w.From, w.Version, w.Basis
}

// few is how many subjects are read at a time.
const few = 200

// Refresh works out the measures of subjects anew and stores what differs: new ones are applied, those whose source, window
// or row of policy has gone are lifted. Run twice, it finds nothing to do. It returns how many measures changed.
func Refresh(ctx context.Context, q db.Q, by credit.Actor, at time.Time, book *policy.Book, enterpriseIDs []string) (changed int, err error) {
	rules, err := Read(book)
	if err != nil {
		return 0, err
	}
	for ids := range slices.Chunk(enterpriseIDs, few) {
		had, err := kept(ctx, q, ids)
		if err != nil {
			return 0, err
		}
		for i, id := range ids {
			if slices.Contains(ids[:i], id) {
				continue
			}
			n, err := refresh(ctx, q, by, at, rules, id, had[id])
			if err != nil {
				return 0, err
			}
			changed += n
		}
	}
	return changed, nil
}

func refresh(ctx context.Context, q db.Q, by credit.Actor, at time.Time, rules Rules, id string, had []round) (int, error) {
	facts, err := record.FactsOf(ctx, q, id, -1)
	if kind, _ := fault.Of(err); err != nil && kind != fault.NotFound { // a registration that was withdrawn leaves no facts
		return 0, err
	}
	entries, err := lists.History(ctx, q, id, -1)
	if err != nil {
		return 0, err
	}
	want, err := rules.Judge(facts, entries)
	if err != nil {
		return 0, err
	}
	var gone []string
	for _, r := range had {
		if r.standing && !slices.ContainsFunc(want, func(m Measure) bool { return m.ID == r.id }) {
			gone = append(gone, r.id)
		}
	}
	fresh := slices.DeleteFunc(want, func(m Measure) bool {
		return slices.ContainsFunc(had, func(r round) bool { return r.standing && r.id == m.ID })
	})
	if err := lift(ctx, q, by, at, id, gone); err != nil {
		return 0, err
	}
	return len(gone) + len(fresh), apply(ctx, q, by, at, id, fresh, had)
}

// Concerned returns those of the subjects that have, or had, a measure or a penalty: all others need no [Refresh].
func Concerned(ctx context.Context, q db.Q, ids []string) ([]string, error) {
	var out []string
	for some := range slices.Chunk(ids, few) {
		found, err := concerned(ctx, q, some)
		if err != nil {
			return nil, fmt.Errorf("sanction: concerned: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func concerned(ctx context.Context, q db.Q, ids []string) (out []string, err error) {
	args := []any{penaltyKind}
	in := db.In(&args, ids)
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id FROM sanction_measure WHERE enterprise_id IN `+in+`
		UNION SELECT enterprise_id FROM record_record WHERE kind = $1 AND enterprise_id IN `+in+` ORDER BY enterprise_id`, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

type lifted struct {
	Measures []string `json:"measures"`
}

func lift(ctx context.Context, q db.Q, by credit.Actor, at time.Time, enterprise string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	leaf, err := audit.Add(ctx, q, by, at, LeafLifted, enterprise, lifted{ids})
	if err != nil {
		return err
	}
	args := []any{enterprise, leaf, db.Time{Time: at}}
	in := db.In(&args, ids)
	_, err = q.ExecContext(ctx, `UPDATE sanction_measure SET ended_leaf = $2, ended_at = $3
		WHERE enterprise_id = $1 AND ended_leaf IS NULL AND id IN `+in, args...)
	if err != nil {
		return fmt.Errorf("sanction: lift: %w", err)
	}
	return nil
}

// applied is one measure in the body of a leaf: enough for a follower to know what it is about; the row holds the rest.
type applied struct {
	ID      string         `json:"id"`
	Matter  credit.Matter  `json:"matter"`
	Verdict credit.Verdict `json:"verdict"`
	Since   credit.Date    `json:"since"`
	Until   credit.Date    `json:"until,omitempty"`
	Policy  string         `json:"policy"`
	Source  string         `json:"source"`
}

func apply(ctx context.Context, q db.Q, by credit.Actor, at time.Time, enterprise string, fresh []Measure, had []round) error {
	if len(fresh) == 0 {
		return nil
	}
	var body struct {
		Measures []applied `json:"measures"`
	}
	for _, m := range fresh {
		body.Measures = append(body.Measures, applied{m.ID, m.Matter, m.Verdict, m.Since, m.Until, m.PolicyKey, m.SourceID})
	}
	leaf, err := audit.Add(ctx, q, by, at, LeafApplied, enterprise, body)
	if err != nil {
		return err
	}
	for ms := range slices.Chunk(fresh, 50) {
		var args []any
		for _, m := range ms {
			rule, err := keepWords(ctx, q, m.words())
			if err != nil {
				return err
			}
			args = append(args, enterprise, m.ID, next(had, m.ID), rule, m.Verdict, m.Authority, m.DocumentNo, m.SourceKind, m.SourceID,
				m.Since, m.Until, leaf, db.Time{Time: at})
		}
		_, err := q.ExecContext(ctx, `INSERT INTO sanction_measure (enterprise_id, id, round, rule, verdict, authority, document_no,
			source_kind, source_id, since, until, leaf, at) VALUES `+db.Values(len(ms), 13), args...)
		if err != nil {
			return fmt.Errorf("sanction: apply: %w", err)
		}
	}
	return nil
}

func keepWords(ctx context.Context, q db.Q, w words) (string, error) {
	raw, err := canon.Bytes(w)
	if err != nil {
		return "", fmt.Errorf("sanction: spell rule: %w", err)
	}
	id := db.Key("sanction.rule", string(raw))
	_, err = q.ExecContext(ctx, `INSERT INTO sanction_rule (id, body) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, string(raw))
	if err != nil {
		return "", fmt.Errorf("sanction: keep rule: %w", err)
	}
	return id, nil
}

// round is one stored life of a measure.
type round struct {
	id       string
	n        int64
	standing bool
}

func next(had []round, id string) int64 {
	n := int64(0)
	for _, r := range had {
		if r.id == id {
			n = max(n, r.n)
		}
	}
	return n + 1
}

func kept(ctx context.Context, q db.Q, ids []string) (out map[string][]round, err error) {
	var args []any
	in := db.In(&args, ids)
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, id, round, ended_leaf IS NULL FROM sanction_measure
		WHERE enterprise_id IN `+in+` ORDER BY enterprise_id, id, round`, args...)
	if err != nil {
		return nil, fmt.Errorf("sanction: read measures: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string][]round{}
	for rows.Next() {
		var enterprise string
		var r round
		if err := rows.Scan(&enterprise, &r.id, &r.n, &r.standing); err != nil {
			return nil, fmt.Errorf("sanction: read measures: %w", err)
		}
		out[enterprise] = append(out[enterprise], r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sanction: read measures: %w", err)
	}
	return out, nil
}

// Stored returns the measures against a subject that are not lifted, as they are stored: those that the gate knows.
func Stored(ctx context.Context, q db.Q, enterpriseID string) ([]Measure, error) {
	return measures(ctx, q, `WHERE m.enterprise_id = $1 AND m.ended_leaf IS NULL`, enterpriseID)
}

const measureQuery = `SELECT m.enterprise_id, m.id, r.body, m.verdict, m.authority, m.document_no, m.source_kind, m.source_id,
	m.since, m.until FROM sanction_measure m JOIN sanction_rule r ON r.id = m.rule `

// measures reads stored measures in the order of [Judge].
func measures(ctx context.Context, q db.Q, where string, args ...any) (out []Measure, err error) {
	rows, err := q.QueryContext(ctx, measureQuery+where, args...)
	if err != nil {
		return nil, fmt.Errorf("sanction: read measures: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	read := map[string]words{}
	for rows.Next() {
		var m Measure
		var rule string
		err := rows.Scan(&m.EnterpriseID, &m.ID, &rule, &m.Verdict, &m.Authority, &m.DocumentNo, &m.SourceKind, &m.SourceID, &m.Since, &m.Until)
		if err != nil {
			return nil, fmt.Errorf("sanction: read measures: %w", err)
		}
		w, ok := read[rule]
		if !ok {
			if err := canon.Decode([]byte(rule), &w); err != nil {
				return nil, fmt.Errorf("sanction: rule of measure %s: %w", m.ID, err)
			}
			read[rule] = w
		}
		w.fill(&m)
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sanction: read measures: %w", err)
	}
	arrange(out)
	return out, nil
}
