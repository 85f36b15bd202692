package merger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/casework"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// other is what follows a subject beside its facts.
type other string

const (
	anEntry     other = "entry"
	aCase       other = "case"
	aPaper      other = "paper"
	aHide       other = "hide" // of a page
	aJudgement  other = "judgement"
	aFormerSelf other = "former" // a subject that had turned out to be the same before
)

// carryOut moves what an act says. Facts are stated again; entries, cases, papers, hides and judgements go along under their ids; the
// registry and the measures are worked out anew. What was known before stays told of whom it was known.
func (a Act) carryOut(ctx context.Context, q db.Q, by org.Actor, at time.Time) error {
	from, err := sideOf(ctx, q, a.From)
	if err != nil {
		return err
	}
	leaf, others := LeafSplit, map[other][]string{}
	chosen := a.chosen()
	if a.Kind == Merge {
		leaf, chosen, others = LeafMerged, nil, from.others()
	}
	if a.Leaf, err = audit.Add(ctx, q, by, at, leaf, a.Into, a.body(a.Reason)); err != nil {
		return err
	}
	var facts []record.Moving
	for _, r := range from.facts {
		if chosen == nil || chosen[r.ID] {
			facts = append(facts, record.Moving{Department: r.Department, Kind: r.Kind, Source: r.SourceKey, To: r.KeyFor(a.Into), From: a.From, Into: a.Into})
		}
	}
	moved, err := record.Move(ctx, q, by, at, a.ID, a.Reason, facts)
	if err != nil {
		return err
	}
	if err := a.keep(ctx, q, moved, others); err != nil {
		return err
	}
	if err := follow(ctx, q, by, at, a.Leaf, a.From, a.Into, plain(moved), others); err != nil {
		return err
	}
	if a.Kind == Merge {
		if err := enterprise.SetMerged(ctx, q, a.Into, append(others[aFormerSelf], a.From)); err != nil {
			return err
		}
	}
	a.State, a.DecidedBy, a.DecidedAt = Done, by.Who(), at
	return a.update(ctx, q, Proposed)
}

// moveBack undoes an act: everything that it moved, and what was stated of that since, is again with whom it was.
func (a Act) moveBack(ctx context.Context, q db.Q, by org.Actor, at time.Time) error {
	moved, others, err := a.kept(ctx, q)
	if err != nil {
		return err
	}
	leaf, err := audit.Add(ctx, q, by, at, LeafUndone, a.Into, a.body(a.UndoReason))
	if err != nil {
		return err
	}
	if err := record.MoveBack(ctx, q, by, at, a.ID, a.UndoReason, moved); err != nil {
		return err
	}
	back := plain(moved)
	for i, f := range back {
		back[i] = record.Moving{Department: f.Department, Kind: f.Kind, Source: f.To, To: f.Source, From: f.Into, Into: f.From}
	}
	if a.Kind == Merge {
		if err := enterprise.SetMerged(ctx, q, "", []string{a.From}); err != nil {
			return err
		}
		if former := others[aFormerSelf]; len(former) > 0 {
			if err := enterprise.SetMerged(ctx, q, a.From, former); err != nil {
				return err
			}
		}
	}
	if err := follow(ctx, q, by, at, leaf, a.Into, a.From, back, others); err != nil {
		return err
	}
	a.State, a.UndoneBy, a.UndoneAt = Undone, by.Who(), at
	return a.update(ctx, q, Undoing)
}

// follow lets everything follow facts that were moved, and works the registry and the measures of both subjects out anew.
func follow(ctx context.Context, q db.Q, by org.Actor, at time.Time, leaf, from, into string, facts []record.Moving, others map[other][]string) error {
	if err := publicity.MoveHides(ctx, q, from, into, facts, others[aHide]); err != nil {
		return err
	}
	if err := lists.Move(ctx, q, leaf, from, into, others[anEntry]); err != nil {
		return err
	}
	if err := casework.Move(ctx, q, from, into, others[aCase]); err != nil {
		return err
	}
	if err := document.Move(ctx, q, from, into, others[aPaper]); err != nil {
		return err
	}
	if err := intake.MoveJudgements(ctx, q, into, others[aJudgement]); err != nil {
		return err
	}
	if err := intake.Follow(ctx, q, facts, []string{from, into}); err != nil {
		return err
	}
	book, err := policy.Load(ctx, q)
	if err != nil {
		return err
	}
	_, err = sanction.Refresh(ctx, q, by, at, book, []string{from, into})
	return err
}

func plain(moved []record.Moved) []record.Moving {
	out := make([]record.Moving, len(moved))
	for i, m := range moved {
		out[i] = m.Moving
	}
	return out
}

// others returns what follows a subject beside its facts, by ids.
func (s side) others() map[other][]string {
	out := map[other][]string{aJudgement: s.judgements}
	for _, e := range s.entries {
		out[anEntry] = append(out[anEntry], e.ID)
	}
	for _, c := range s.cases {
		out[aCase] = append(out[aCase], c.ID)
	}
	for _, p := range s.papers {
		out[aPaper] = append(out[aPaper], p.ID)
	}
	for _, h := range s.hides {
		if h.Page() {
			out[aHide] = append(out[aHide], h.ID)
		}
	}
	for _, f := range s.formers {
		out[aFormerSelf] = append(out[aFormerSelf], f.ID)
	}
	return out
}

// keep notes what an act moved.
func (a Act) keep(ctx context.Context, q db.Q, moved []record.Moved, others map[other][]string) error {
	for _, m := range moved {
		_, err := q.ExecContext(ctx, `INSERT INTO merger_fact (act, department, kind, source_key, to_key, own, last) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.ID, m.Department, m.Kind, m.Source, m.To, m.Own, m.Last)
		if err != nil {
			return fmt.Errorf("merger: keep what %s moved: %w", a.ID, err)
		}
	}
	for what, ids := range others {
		for _, id := range ids {
			if _, err := q.ExecContext(ctx, `INSERT INTO merger_other (act, what, id) VALUES ($1, $2, $3)`, a.ID, what, id); err != nil {
				return fmt.Errorf("merger: keep what %s moved: %w", a.ID, err)
			}
		}
	}
	return nil
}

// kept returns what an act moved.
func (a Act) kept(ctx context.Context, q db.Q) (moved []record.Moved, others map[other][]string, err error) {
	facts, err := q.QueryContext(ctx, `SELECT department, kind, source_key, to_key, own, last FROM merger_fact WHERE act = $1
		ORDER BY department, kind, source_key`, a.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("merger: what %s moved: %w", a.ID, err)
	}
	defer func() { err = errors.Join(err, facts.Close()) }()
	for facts.Next() {
		m := record.Moved{Moving: record.Moving{From: a.From, Into: a.Into}}
		if err := facts.Scan(&m.Department, &m.Kind, &m.Source, &m.To, &m.Own, &m.Last); err != nil {
			return nil, nil, fmt.Errorf("merger: what %s moved: %w", a.ID, err)
		}
		moved = append(moved, m)
	}
	if err := facts.Err(); err != nil {
		return nil, nil, fmt.Errorf("merger: what %s moved: %w", a.ID, err)
	}
	others = map[other][]string{}
	ids, err := q.QueryContext(ctx, `SELECT what, id FROM merger_other WHERE act = $1 ORDER BY what, id`, a.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("merger: what %s moved: %w", a.ID, err)
	}
	defer func() { err = errors.Join(err, ids.Close()) }()
	for ids.Next() {
		var what other
		var id string
		if err := ids.Scan(&what, &id); err != nil {
			return nil, nil, fmt.Errorf("merger: what %s moved: %w", a.ID, err)
		}
		others[what] = append(others[what], id)
	}
	return moved, others, ids.Err()
}
