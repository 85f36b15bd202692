// Package flow tells what follows from what, what is due on a day, and carries out decisions.
//
// It keeps neighbours apart: records do not know lists, lists do not know measures; here one story is told in order. It
// follows the audit log with a cursor. A consequence names its subjects, is worked out from the facts as they stand, and
// finds what an earlier run has made; so it may be run again after a crash and leaves the same behind.
package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// cursor names flow's place in the log.
const cursor = sanction.FlowCursor

// pause is the least time between two looks at the log.
const pause = 50 * time.Millisecond

// page is how many leaves are read at a time.
const page = 256

// duty is who acts where a consequence follows by itself.
var duty = credit.System("flow")

// Flow works on one database. It holds no state of its own: two nodes may both run it, what they make is the same.
type Flow struct {
	DB  *db.DB
	Cal *calendar.Calendar
	Log *slog.Logger
}

// FirstPolicy returns the policy that the software is shipped with: every package's dated rows, each with its article.
func FirstPolicy() ([]policy.Row, error) {
	var all []policy.Row
	for _, rows := range []func() ([]policy.Row, error){
		lists.FirstPolicy, casework.FirstPolicy, sanction.FirstPolicy, publicity.FirstPolicy,
	} {
		some, err := rows()
		if err != nil {
			return nil, fmt.Errorf("flow: first policy: %w", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// Follow works off the log and what falls due until ctx ends. A failure is logged and tried again: the cursor stands
// before what failed.
func (f *Flow) Follow(ctx context.Context, now func() time.Time) {
	var done credit.Date
	for ctx.Err() == nil {
		changed := f.DB.Changed()
		err := f.CatchUp(ctx, now())
		if day := credit.DateOf(now()); err == nil && day != done {
			if err = f.Due(ctx, now()); err == nil {
				done = day
			}
		}
		if err != nil && ctx.Err() == nil {
			f.Log.Error("flow", "err", err)
			sleep(ctx, nil, 2*time.Second)
			continue
		}
		sleep(ctx, nil, pause) // a busy gate commits hundreds of times a second
		sleep(ctx, changed, time.Second)
	}
}

// sleep waits for a commit of this process, at most d: other processes commit too.
func sleep(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-changed:
	case <-time.After(d):
	}
}

// CatchUp works out the consequences of everything numbered in the log so far, as of at. It returns when nothing is left.
func (f *Flow) CatchUp(ctx context.Context, at time.Time) error {
	for {
		var events []audit.Event
		var pos int64
		err := f.DB.View(ctx, func(q db.Q) (err error) {
			if pos, err = audit.Cursor(ctx, q, cursor); err != nil {
				return err
			}
			events, err = audit.Read(ctx, q, pos, page)
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		quiet := pos
		for _, e := range events {
			matters, err := f.follow(ctx, at, e)
			if err != nil {
				return fmt.Errorf("flow: what follows from leaf %d (%s): %w", e.Seq, e.Kind, err)
			}
			if quiet = e.Seq + 1; matters {
				if err := f.keep(ctx, quiet); err != nil {
					return err
				}
			}
		}
		if err := f.keep(ctx, quiet); err != nil {
			return err
		}
	}
}

func (f *Flow) keep(ctx context.Context, pos int64) error {
	return f.DB.Tx(ctx, func(q db.Q) error { return audit.SetCursor(ctx, q, cursor, pos) })
}

// follow carries out what follows from one leaf and says whether anything could.
func (f *Flow) follow(ctx context.Context, at time.Time, e audit.Event) (matters bool, err error) {
	switch e.Kind {
	case "record.accepted", "record.withdrawn":
		return true, f.onRecords(ctx, at, e)
	case "policy.approved":
		return true, f.onPolicy(ctx, at)
	}
	return false, nil
}

// accepted is what the leaf of a block of records says about them.
type accepted struct {
	Kind        string   `json:"kind"`
	Enterprises []string `json:"enterprises"`
}

// onRecords follows a block of records, kind by kind: a registry that grew lets held rows find their subject; a penalty may
// be a statutory fact at a gate; an annual report that came may end a case or call for a removal.
func (f *Flow) onRecords(ctx context.Context, at time.Time, e audit.Event) error {
	var block accepted
	if err := json.Unmarshal(e.Body, &block); err != nil {
		return fmt.Errorf("flow: read leaf: %w", err)
	}
	switch block.Kind {
	case "enterprise":
		if err := intake.Rematch(ctx, f.DB, func() time.Time { return at }, block.Enterprises); err != nil {
			return err
		}
		return f.each(ctx, block.Enterprises, func(q db.Q, l law, ids []string) error {
			return f.review(ctx, q, at, l, ids)
		})
	case "penalty":
		return f.each(ctx, block.Enterprises, func(q db.Q, l law, ids []string) error {
			_, err := sanction.Refresh(ctx, q, duty, at, l.book, ids)
			return err
		})
	case "annual-report":
		return f.each(ctx, block.Enterprises, func(q db.Q, l law, ids []string) error {
			return f.review(ctx, q, at, l, ids)
		})
	}
	return nil
}

// each runs do over ids, a few at a time, in strides that let others in between.
func (f *Flow) each(ctx context.Context, ids []string, do func(q db.Q, l law, ids []string) error) error {
	const few = 20
	return db.Strides(ctx, f.DB, ids, func(q db.Q, left []string, more func() bool) ([]string, bool, error) {
		l, err := load(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for len(left) > 0 && more() {
			n := min(few, len(left))
			known, err := registered(ctx, q, left[:n])
			if err != nil {
				return nil, false, err
			}
			if err := do(q, l, known); err != nil {
				return nil, false, err
			}
			left = left[n:]
		}
		return left, len(left) == 0, nil
	})
}

// registered leaves out whom no registration stands behind any more: it was withdrawn, and nothing follows from what is
// left until another comes.
func registered(ctx context.Context, q db.Q, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		_, err := record.FactsOf(ctx, q, id, -1)
		switch {
		case err == nil:
			out = append(out, id)
		case !fault.Is(err, "enterprise.unknown"):
			return nil, err
		}
	}
	return out, nil
}

// onPolicy works out everybody's measures anew under the policy that has just been approved.
func (f *Flow) onPolicy(ctx context.Context, at time.Time) error {
	return f.population(ctx, nil, func(q db.Q, l law, facts []record.Facts) error {
		ids := make([]string, len(facts))
		for i, one := range facts {
			ids[i] = one.Subject.ID
		}
		_, err := sanction.Refresh(ctx, q, duty, at, l.book, ids)
		return err
	})
}

// population runs do over all subjects in the order of their ids, with their records of kinds, in strides.
func (f *Flow) population(ctx context.Context, kinds []string, do func(q db.Q, l law, facts []record.Facts) error) error {
	return db.Strides(ctx, f.DB, "", func(q db.Q, after string, more func() bool) (string, bool, error) {
		l, err := load(ctx, q)
		if err != nil {
			return "", false, err
		}
		for more() {
			facts, err := record.FactsRange(ctx, q, after, 100, kinds)
			if err != nil {
				return "", false, err
			}
			if len(facts) == 0 {
				return after, true, nil
			}
			if err := do(q, l, facts); err != nil {
				return "", false, err
			}
			after = facts[len(facts)-1].Subject.ID
		}
		return after, false, nil
	})
}

// law is the policy of a transaction, the grounds of listing read out once.
type law struct {
	book    *policy.Book
	grounds []policy.Rule[lists.Ground]
}

func load(ctx context.Context, q db.Q) (law, error) {
	book, err := policy.Load(ctx, q)
	if err != nil {
		return law{}, err
	}
	grounds, err := policy.Rules[lists.Ground](book, lists.Table)
	return law{book, grounds}, err
}

// judge asks the lists what the law calls for in the light of these facts on day.
func (f *Flow) judge(l law, facts record.Facts, entries []lists.Entry, day credit.Date) ([]lists.Proposal, error) {
	return lists.Judge(facts, entries, l.grounds, f.Cal, day)
}

// review looks at subjects whose facts have changed: cases whose ground has gone are closed, removals that are now called
// for become cases. New listings do not follow from a fact that came but from a day that passed: see [Flow.Due].
func (f *Flow) review(ctx context.Context, q db.Q, at time.Time, l law, ids []string) error {
	ids, err := touched(ctx, q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		facts, err := record.FactsOf(ctx, q, id, -1)
		if err != nil {
			return err
		}
		entries, err := lists.History(ctx, q, id, -1)
		if err != nil {
			return err
		}
		called, err := f.judge(l, facts, entries, credit.DateOf(at))
		if err != nil {
			return err
		}
		if err := f.closeMoot(ctx, q, at, id, called); err != nil {
			return err
		}
		for _, p := range called {
			if !p.Removal {
				continue
			}
			if _, err := f.open(ctx, q, at, facts, p, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// touched returns those of ids that have an undecided case or stand on a list: of six thousand reports that come in a
// night, only these few can change anything.
func touched(ctx context.Context, q db.Q, ids []string) ([]string, error) {
	open, err := casework.HavingUndecided(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	listed, err := lists.Standing(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !open[id] && !listed[id] }), nil
}

// closeMoot closes the open listing and removal cases of a subject that nothing calls for any more.
func (f *Flow) closeMoot(ctx context.Context, q db.Q, at time.Time, id string, called []lists.Proposal) error {
	open, err := casework.Undecided(ctx, q, id)
	if err != nil {
		return err
	}
	for _, c := range open {
		still := slices.ContainsFunc(called, func(p lists.Proposal) bool { return kindOf(p) == c.Kind && p.Ground+"/"+p.Detail == c.Detail })
		if still || c.Kind == casework.AbnormalRescission {
			continue
		}
		if err := casework.Close(ctx, q, duty, at, c.ID, "flow.ground_gone"); err != nil {
			return err
		}
	}
	return nil
}
