package intake

import (
	"context"
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
	"zhixin/internal/jobs"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// JudgeJob is the kind of job that goes on with a judgement, or with its undoing, of more rows than one act deals with; its argument
// is the judgement's id, its handler calls [FollowJudgement].
const JudgeJob = "intake.judge"

// actRows is about how many rows a person's act deals with itself: a counter waits for it.
const actRows = 4 * blockRows

// Effect is a row that became a record by a judgement.
type Effect struct {
	Batch, Kind, Department string
	Row                     int
	SourceKey               string
	Outcome                 record.Outcome
	Undone                  bool // it waits again, or its batch was taken back
	body                    map[string]string
}

// EffectsOf returns what a judgement made, up to limit rows; those that were not undone come first.
func EffectsOf(ctx context.Context, q db.Q, judgement string, limit int) ([]Effect, error) {
	rows, err := q.QueryContext(ctx, `SELECT d.batch, b.kind, b.department, d.body, d.row_no, d.source_key, d.outcome, d.undone FROM intake_judged d
		JOIN intake_batch b ON b.id = d.batch WHERE d.judgement = $1 ORDER BY d.undone, d.batch, d.row_no LIMIT $2`, judgement, limit)
	if err != nil {
		return nil, fmt.Errorf("intake: judged rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Effect
	for rows.Next() {
		var e Effect
		var body string
		if err := rows.Scan(&e.Batch, &e.Kind, &e.Department, &body, &e.Row, &e.SourceKey, &e.Outcome, &e.Undone); err != nil {
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
	n, err := takeBack(ctx, q, by, at, j, actRows)
	if err != nil {
		return j, err
	}
	if j.More = n < j.Rows; j.More {
		if err := jobs.Add(ctx, q, at, JudgeJob, j.ID); err != nil {
			return j, err
		}
	}
	_, err = audit.Add(ctx, q, by, at, UnjudgedLeaf, j.Pattern, map[string]any{"judgement": j.ID, "enterprise": j.EnterpriseID, "rows": j.Rows, "reason": reason})
	return j, err
}

// takeBack takes the next rows that a judgement made back, up to limit, and returns how many they were.
func takeBack(ctx context.Context, q db.Q, by org.Actor, at time.Time, j Judgement, limit int) (int, error) {
	effects, err := EffectsOf(ctx, q, j.ID, limit)
	if err != nil {
		return 0, err
	}
	recalls := map[string]record.Recall{} // by kind: all rows of a judgement are of one department
	for n, e := range effects {
		if e.Undone {
			return n, nil
		}
		b, err := load(ctx, q, e.Batch)
		if err != nil {
			return n, err
		}
		c, known := recalls[b.Kind]
		if !known {
			if c, err = batchesOf(ctx, q, b.Department, b.Kind, j.Why); err != nil {
				return n, err
			}
		}
		recalls[b.Kind] = c
		if err := unmake(ctx, q, by, at, b, c, e); err != nil {
			return n, err
		}
		_, err = q.ExecContext(ctx, `UPDATE intake_judged SET undone = true WHERE judgement = $1 AND batch = $2 AND row_no = $3`, j.ID, e.Batch, e.Row)
		if err != nil {
			return n, fmt.Errorf("intake: undo a judgement: %w", err)
		}
	}
	return len(effects), nil
}

// FollowJudgement goes on with what [Judge] or [Unjudge] began, in strides. It may be killed anywhere and called again: what was
// done is found done.
func FollowJudgement(ctx context.Context, d *db.DB, now func() time.Time, id string) error {
	return d.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
		for first := true; first || more(); first = false {
			goes, err := followJudgement(ctx, q, now(), id)
			if err != nil || !goes {
				return true, err
			}
		}
		return false, nil
	})
}

// followJudgement takes one step and says whether there are more.
func followJudgement(ctx context.Context, q db.Q, at time.Time, id string) (more bool, err error) {
	j, err := JudgementBy(ctx, q, org.Scope{All: true}, id)
	if err != nil {
		return false, err
	}
	if j.UndoneAt.IsZero() {
		return j.release(ctx, q, at, 1)
	}
	by := credit.System(JudgeJob)
	by.OnBehalf = j.UndoneBy
	if n, err := takeBack(ctx, q, by, at, j, blockRows); err != nil || n == blockRows {
		return err == nil, err
	}
	// Meanwhile somebody may have decided otherwise: what waits again is his.
	next, err := standing(ctx, q, []string{j.Pattern})
	if j, ok := next[j.Pattern]; err == nil && ok {
		return j.release(ctx, q, at, 1)
	}
	return false, err
}

// unmake takes one row of b back to those that wait.
func unmake(ctx context.Context, q db.Q, by org.Actor, at time.Time, b Batch, c record.Recall, e Effect) error {
	if b.State == Recalling || b.State == TakenBack {
		return nil // what it stated is gone already
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return err
	}
	if e.Outcome != record.Duplicate {
		c.Batch, c.Place = b.ID, b.stated()
		if _, err := record.Disown(ctx, q, by, at, c, e.SourceKey, e.Row); err != nil {
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
	t.warned = -1 // every row that was judged bears the remark that a person had decided
	if len(told) == 0 {
		t.unlisted = -1
	} else {
		t.listed = -1
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
