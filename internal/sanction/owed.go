package sanction

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// FlowCursor names the place in the log up to which package flow, which lies above this one, has worked out what follows.
const FlowCursor = "flow"

// debt is a leaf that bears on the gate's answers and from which what follows may not have been worked out yet.
type debt struct {
	seq       int64 // -1 while it is pending
	at        time.Time
	everybody bool
	subjects  []string
}

// owe appends those of events that are debts: penalties that came or went, the registration of a subject whose penalties were
// here before it, and a policy with other rows about measures. Other registrations and reports bind nobody by themselves, and
// decisions about lists bring their measures with them.
func (g *Gate) owe(ctx context.Context, q db.Q, debts []debt, events []audit.Event) ([]debt, error) {
	for _, e := range events {
		switch e.Kind {
		case record.AcceptedLeaf, record.TakenOverLeaf, record.WithdrawnLeaf:
			block, err := record.BlockOf(e)
			if err != nil {
				return nil, err
			}
			whom := block.Enterprises
			switch {
			case e.Body == nil || block.Kind == record.PenaltyKind: // an erased leaf does not say any more whom it is about
			case block.Kind == record.EnterpriseKind && g.Awaited != nil:
				if whom, err = g.Awaited(ctx, q, whom); err != nil {
					return nil, err
				}
			default:
				continue
			}
			if e.Body == nil || len(whom) > 0 {
				debts = append(debts, debt{e.Seq, e.At, e.Body == nil, whom})
			}
		case policy.LeafApproved:
			ours, err := aboutMeasures(ctx, q, e)
			if err != nil {
				return nil, err
			}
			if ours {
				debts = append(debts, debt{seq: e.Seq, at: e.At, everybody: true})
			}
		}
	}
	return debts, nil
}

// aboutMeasures says whether a version of the policy changes a row of this package.
func aboutMeasures(ctx context.Context, q db.Q, e audit.Event) (bool, error) {
	if e.Body == nil {
		return true, nil
	}
	var body struct {
		Version int64 `json:"version"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return false, fmt.Errorf("read leaf %s: %w", e.Leaf, err)
	}
	v, err := policy.ByNumber(ctx, q, body.Version)
	return slices.ContainsFunc(v.Rows, func(r policy.Row) bool { return r.Table == FactsTable || r.Table == EffectsTable }), err
}

// owed is about whom the gate cannot be sure although it has read everything.
type owed struct {
	from      int64     // leaves that were worked out
	since     time.Time // of the oldest debt; zero where there is none
	everybody bool
	subjects  map[string]bool
}

func (o *owed) doubts(id string) bool { return o.everybody || len(o.subjects) > 0 && o.subjects[id] }

// readDebts reads the debts from the place where the flow stands.
func (g *Gate) readDebts(ctx context.Context, q db.Q, pending []audit.Event) ([]debt, owed, error) {
	from, err := audit.Cursor(ctx, q, FlowCursor)
	if err != nil {
		return nil, owed{}, err
	}
	var debts []debt
	_, err = audit.ReadAll(ctx, q, from, func(events []audit.Event) (err error) {
		debts, err = g.owe(ctx, q, debts, events)
		return err
	})
	if err != nil {
		return nil, owed{}, err
	}
	return g.sum(ctx, q, debts, from, pending)
}

// sum forgets the debts before from, where the flow stands, and adds up the rest and the pending ones.
func (g *Gate) sum(ctx context.Context, q db.Q, debts []debt, from int64, pending []audit.Event) ([]debt, owed, error) {
	debts = slices.Clip(slices.DeleteFunc(debts, func(d debt) bool { return d.seq < from }))
	all, err := g.owe(ctx, q, debts, pending)
	if err != nil {
		return nil, owed{}, err
	}
	o := owed{from: from}
	for _, d := range all {
		if o.since.IsZero() || d.at.Before(o.since) {
			o.since = d.at
		}
		o.everybody = o.everybody || d.everybody
		for _, id := range d.subjects {
			if o.subjects == nil {
				o.subjects = map[string]bool{}
			}
			o.subjects[id] = true
		}
	}
	return debts, o, nil
}
