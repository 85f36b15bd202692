// Package flow tells what follows from what, what is due on a day, and carries out decisions.
//
// It keeps neighbours apart: records do not know lists, lists do not know measures; here one story is told in order. It
// follows the audit log with a cursor. A consequence names its subjects, is worked out from the facts as they stand, and
// finds what an earlier run has made; so it may be run again after a crash and leaves the same behind.
package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	duties "zhixin/internal/duty"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

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
		duties.FirstPolicy,
	} {
		some, err := rows()
		if err != nil {
			return nil, fmt.Errorf("flow: first policy: %w", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// PolicyFrom returns [FirstPolicy] for a city that begins on day. Reports of that very year are the first of which it holds
// all: they come from the next January on. For an earlier year the absence of a report proves nothing here.
func PolicyFrom(day credit.Date) ([]policy.Row, error) {
	rows, err := FirstPolicy()
	if err != nil {
		return nil, err
	}
	return lists.Since(rows, day.Year())
}

// Follow works off the log and what falls due until ctx ends. A failure is logged and tried again: the cursor stands
// before what failed. What falls due on a day does not wait for that: it is read from the facts, not from the log.
func (f *Flow) Follow(ctx context.Context, now func() time.Time) {
	var done credit.Date
	_ = f.DB.Watch(ctx, pause, time.Second, func(ctx context.Context) (more bool) {
		err := f.CatchUp(ctx, now())
		if day := credit.DateOf(now()); day != done {
			due := f.Due(ctx, now())
			if due == nil {
				done = day
			}
			err = errors.Join(err, due)
		}
		if err != nil && ctx.Err() == nil {
			f.Log.Error("flow", "err", err)
			db.Wait(ctx, nil, 2*time.Second)
		}
		return false
	})
}

// branch is one line of consequences with its own place in the log, so that what stands still in one does not hold up another.
type branch struct {
	cursor string
	follow func(ctx context.Context, at time.Time, e audit.Event) (matters bool, err error)
}

func (f *Flow) branches() []branch {
	return []branch{{sanction.FlowCursor, f.measures}, {"flow.lists", f.cases}}
}

// CatchUp works out the consequences of everything numbered in the log so far, as of at: first the measures, then the cases.
// It returns when nothing is left, or when what is left fails.
func (f *Flow) CatchUp(ctx context.Context, at time.Time) error {
	var errs []error
	for _, b := range f.branches() {
		errs = append(errs, f.catchUp(ctx, at, b))
	}
	return errors.Join(errs...)
}

func (f *Flow) catchUp(ctx context.Context, at time.Time, b branch) error {
	for {
		var events []audit.Event
		var pos int64
		err := f.DB.View(ctx, func(q db.Q) (err error) {
			if pos, err = audit.Cursor(ctx, q, b.cursor); err != nil {
				return err
			}
			events, err = audit.Read(ctx, q, pos, page)
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		quiet, moved := pos, false
		for _, e := range events {
			matters, err := b.follow(ctx, at, e)
			if err != nil {
				return fmt.Errorf("flow: what follows from leaf %d (%s): %w", e.Seq, e.Kind, err)
			}
			if quiet, moved = e.Seq+1, true; matters {
				if err := keep(ctx, f.DB.Tx, b, quiet); err != nil {
					return err
				}
				moved = false
			}
		}
		if moved {
			// Nobody waits for a place beyond leaves from which nothing follows. To wake the others for it would make them number
			// and read as often as the gate gives receipts.
			if err := keep(ctx, f.DB.Aside, b, quiet); err != nil {
				return err
			}
		}
	}
}

func keep(ctx context.Context, tx func(context.Context, func(db.Q) error) error, b branch, pos int64) error {
	return tx(ctx, func(q db.Q) error { return audit.SetCursor(ctx, q, b.cursor, pos) })
}

// measures follows the log for what binds at a gate: a penalty may be a statutory fact, a registration that was withdrawn or
// came back takes what stood on it along. A registry that grew lets held rows find their subject.
func (f *Flow) measures(ctx context.Context, at time.Time, e audit.Event) (matters bool, err error) {
	if e.Kind == policy.LeafApproved {
		return true, f.refreshAll(ctx, at)
	}
	b, err := record.BlockOf(e)
	if err != nil {
		return false, err
	}
	switch b.Kind {
	case record.EnterpriseKind:
		if err := intake.Rematch(ctx, f.DB, func() time.Time { return at }, b.Enterprises); err != nil {
			return true, err
		}
	case record.PenaltyKind:
	default:
		return false, nil
	}
	return true, f.each(ctx, b.Enterprises, func(q db.Q, l law, ids []string) (err error) {
		if b.Kind == record.EnterpriseKind { // of seventy thousand registrations few have anything to do with a gate
			if ids, err = sanction.Concerned(ctx, q, ids); err != nil {
				return err
			}
		}
		_, err = sanction.Refresh(ctx, q, duty, at, l.book, ids)
		return err
	})
}

// cases follows the log for what people have to decide: a registration that changed, or a report that came, may end a case or
// call for a removal; a policy may end what called for one.
func (f *Flow) cases(ctx context.Context, at time.Time, e audit.Event) (matters bool, err error) {
	if e.Kind == policy.LeafApproved {
		return true, f.reviewUndecided(ctx, at)
	}
	b, err := record.BlockOf(e)
	if err != nil || b.Kind != record.EnterpriseKind && b.Kind != record.AnnualReportKind {
		return false, err
	}
	return true, f.each(ctx, b.Enterprises, func(q db.Q, l law, ids []string) error { return f.review(ctx, q, at, l, ids) })
}

// each runs do over ids, a few at a time, in strides that let others in between.
func (f *Flow) each(ctx context.Context, ids []string, do func(q db.Q, l law, ids []string) error) error {
	const few = 10
	return db.Strides(ctx, f.DB, ids, func(q db.Q, left []string, more func() bool) ([]string, bool, error) {
		l, err := load(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for len(left) > 0 && more() {
			n := min(few, len(left))
			if err := do(q, l, left[:n]); err != nil {
				return nil, false, err
			}
			left = left[n:]
		}
		return left, len(left) == 0, nil
	})
}

// refreshAll works out everybody's measures anew under the policy that has just been approved.
func (f *Flow) refreshAll(ctx context.Context, at time.Time) error {
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
