package flow

import (
	"context"
	"maps"
	"slices"
	"strings"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Touched is what the recall of a batch would touch, as it is known now.
type Touched struct {
	intake.Touched
	Subjects int
	First    []enterprise.Subject // some of them
	Shown    int                  // facts that the public sees today
	Measures int                  // in force from what would go
	Opened   []casework.Case      // undecided cases that rest on the batch: they are closed
	Closed   []casework.Case      // cases that were closed since the batch came and that may have to be opened again
	Decided  []casework.Case      // decisions that rest on it: no machine undoes them, each needs a rescission
	Papers   int                  // that were issued in these cases
}

// PreviewRecall tells what the recall of a batch would touch. It changes nothing.
func PreviewRecall(ctx context.Context, q db.Q, b intake.Batch, today credit.Date) (t Touched, err error) {
	if t.Touched, err = intake.PreviewRecall(ctx, q, b); err != nil {
		return t, err
	}
	whom, going := map[string]bool{}, []record.Record{}
	rests := map[string]bool{}
	for _, ch := range t.Changes {
		if ch.Return == record.Cleared || ch.Return == record.Restored {
			whom[ch.Head.EnterpriseID] = true
			going = append(going, ch.Head)
			rests[ch.Head.ID] = true
		}
	}
	ids := slices.Sorted(maps.Keys(whom))
	t.Subjects = len(ids)
	if t.First, err = enterprise.ByIDs(ctx, q, ids[:min(len(ids), 30)]); err != nil {
		return t, err
	}
	if t.Shown, err = publicity.CountShown(ctx, q, going, today); err != nil {
		return t, err
	}
	if b.Kind == record.PenaltyKind {
		for _, id := range ids {
			stored, err := sanction.Stored(ctx, q, id)
			if err != nil {
				return t, err
			}
			for _, m := range sanction.InForce(stored, today) {
				if m.SourceKind == sanction.FromRecord && rests[m.SourceID] {
					t.Measures++
				}
			}
		}
	}
	cases, err := casework.Since(ctx, q, ids, b.ReceivedAt)
	t.sort(cases, rests)
	return t, err
}

// sort tells the cases of the subjects since the batch came apart.
func (t *Touched) sort(cases []casework.Case, rests map[string]bool) {
	papers := map[string]bool{}
	for _, c := range cases {
		on := false
		for _, word := range strings.FieldsFunc(string(c.Facts), func(r rune) bool { return strings.ContainsRune(`"[]{},: `, r) }) {
			on = on || rests[word]
		}
		switch {
		case c.State == casework.Moot:
			t.Closed = append(t.Closed, c)
			continue
		case !on:
			continue
		case c.State.Undecided():
			t.Opened = append(t.Opened, c)
		case c.State == casework.Approved:
			t.Decided = append(t.Decided, c)
		}
		papers[c.Notice], papers[c.Paper] = true, true
	}
	delete(papers, "")
	t.Papers = len(papers)
}
