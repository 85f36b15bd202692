package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/record"
)

// JudgedAbout returns the ids of the judgements that hold and say that rows are about a subject.
func JudgedAbout(ctx context.Context, q db.Q, enterpriseID string) (out []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id FROM intake_judgement WHERE enterprise_id = $1 AND undone_at IS NULL ORDER BY id`, enterpriseID)
	if err != nil {
		return nil, fmt.Errorf("intake: judgements: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("intake: judgements: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// HeldAbout counts the rows that wait and have a number or exactly a name of one of these subjects.
func HeldAbout(ctx context.Context, q db.Q, ids []string) (n int, err error) {
	var args []any
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM (`+heldFor(&args, ids)+`) f`, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("intake: held rows: %w", err)
	}
	return n, nil
}

// Follow lets what intake keeps of moved facts follow them: which judgement made them, why they were withdrawn, and the registry,
// which is made anew from what is left of each subject's registrations.
func Follow(ctx context.Context, q db.Q, facts []record.Moving, subjects []string) error {
	for _, f := range facts {
		_, err := q.ExecContext(ctx, `UPDATE intake_withdrawal SET enterprise_id = $1, source_key = $2, record_id = (SELECT h.record_id FROM record_head h
			WHERE h.department = $3 AND h.kind = $4 AND h.source_key = $2) WHERE enterprise_id = $5 AND department = $3 AND kind = $4 AND source_key = $6
			AND record_id = (SELECT max(x.record_id) FROM intake_withdrawal x WHERE x.enterprise_id = $5 AND x.department = $3 AND x.kind = $4
				AND x.source_key = $6 AND x.at = (SELECT max(y.at) FROM intake_withdrawal y WHERE y.enterprise_id = $5 AND y.department = $3 AND y.kind = $4
				AND y.source_key = $6))
			AND EXISTS (SELECT 1 FROM record_head h JOIN record_record r ON r.enterprise_id = h.enterprise_id AND r.id = h.record_id
				WHERE h.department = $3 AND h.kind = $4 AND h.source_key = $2 AND h.enterprise_id = $1 AND r.withdrawn)`,
			f.Into, f.To, f.Department, f.Kind, f.From, f.Source)
		if err != nil {
			return fmt.Errorf("intake: withdrawals follow: %w", err)
		}
		if f.Source == f.To {
			continue
		}
		_, err = q.ExecContext(ctx, `UPDATE intake_judged SET source_key = $1 WHERE source_key = $2 AND batch IN (SELECT id FROM intake_batch
			WHERE department = $3 AND kind = $4)`, f.To, f.Source, f.Department, f.Kind)
		if err != nil {
			return fmt.Errorf("intake: judged rows follow: %w", err)
		}
	}
	return reproject(ctx, q, subjects)
}

// MoveJudgements makes judgements say that rows are about another subject, which turned out to be the same.
func MoveJudgements(ctx context.Context, q db.Q, into string, ids []string) error {
	for part := range slices.Chunk(ids, 300) {
		args := []any{into}
		if _, err := q.ExecContext(ctx, `UPDATE intake_judgement SET enterprise_id = $1 WHERE id IN `+db.In(&args, part), args...); err != nil {
			return fmt.Errorf("intake: judgements follow: %w", err)
		}
	}
	return nil
}

// formers are the subjects that turned out to be one of some others.
type formers []enterprise.Former

// formersOf returns them for the subjects of registrations; of other kinds nobody asks.
func formersOf(ctx context.Context, q db.Q, kind catalog.Kind, who []whom) (formers, error) {
	if kind.Name != record.EnterpriseKind {
		return nil, nil
	}
	ids := make([]string, len(who))
	for i, w := range who {
		ids[i] = w.id
	}
	return enterprise.MergedInto(ctx, q, ids)
}

// keyed returns by whom a registration is known that names a subject by the code of one that turned out to be the same: it is what was
// stated of that one, and does not replace what is stated of the other.
func (f formers) keyed(subject string, said enterprise.Ident) string {
	for _, code := range []string{said.USCC, said.RegNo} {
		for _, one := range f {
			if code != "" && one.Into == subject && credit.NormalizeCode(code) == one.USCC {
				return one.ID
			}
		}
		if code != "" {
			break
		}
	}
	return subject
}

func (f formers) of(subject string) bool {
	return slices.ContainsFunc(f, func(one enterprise.Former) bool { return one.Into == subject })
}
