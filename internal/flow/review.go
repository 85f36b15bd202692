package flow

import (
	"context"
	"slices"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Why the flow closes a case before anybody decided.
const (
	groundGone       = "flow.ground_gone"
	authorityChanged = "flow.authority_changed"
)

// reviewUndecided reviews every subject with an undecided case, in strides.
func (f *Flow) reviewUndecided(ctx context.Context, at time.Time) error {
	return db.Strides(ctx, f.DB, "", func(q db.Q, after string, more func() bool) (string, bool, error) {
		l, err := load(ctx, q)
		if err != nil {
			return "", false, err
		}
		for more() {
			ids, err := casework.HavingUndecidedAfter(ctx, q, after, 20)
			if err != nil {
				return "", false, err
			}
			if len(ids) == 0 {
				return after, true, nil
			}
			if err := f.review(ctx, q, at, l, ids); err != nil {
				return "", false, err
			}
			after = ids[len(ids)-1]
		}
		return after, false, nil
	})
}

// review looks at subjects whose facts, or whose law, have changed: entries of a subject that has ended end with it, cases
// whose ground has gone or whose authority is no longer competent are closed, removals that are now called for become cases,
// and last days that were unknown are set. New listings do not follow from a fact that came but from a day that passed: see
// [Flow.Due].
func (f *Flow) review(ctx context.Context, q db.Q, at time.Time, l law, ids []string) error {
	ids, err := touched(ctx, q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := f.reviewOne(ctx, q, at, l, id); err != nil {
			return err
		}
	}
	return nil
}

func (f *Flow) reviewOne(ctx context.Context, q db.Q, at time.Time, l law, id string) error {
	day := credit.DateOf(at)
	facts, err := record.FactsOf(ctx, q, id, -1)
	if fault.Is(err, "enterprise.unknown") { // its registration was withdrawn: nothing calls for anything until another comes
		return f.closeMoot(ctx, q, at, id, "", nil)
	}
	if err != nil {
		return err
	}
	authority, err := org.CompetentOn(ctx, q, facts.Subject.Authority, day)
	if err != nil {
		return err
	}
	entries, err := f.endEntries(ctx, q, at, l, facts)
	if err != nil {
		return err
	}
	called, err := f.judge(l, facts, entries, day)
	if err != nil {
		return err
	}
	if err := f.closeMoot(ctx, q, at, id, authority, called); err != nil {
		return err
	}
	for _, p := range called {
		if p.Removal {
			if _, err := f.open(ctx, q, at, facts, authority, p); err != nil {
				return err
			}
		}
	}
	return f.complete(ctx, q, at, l, id, called)
}

// endEntries returns a subject's entries, of which those that stand are ended first where it was deregistered or revoked: who
// is no more leaves the list by law, from the day of the end (handbook 4.2).
func (f *Flow) endEntries(ctx context.Context, q db.Q, at time.Time, l law, facts record.Facts) ([]lists.Entry, error) {
	s := facts.Subject
	entries, err := lists.History(ctx, q, s.ID, -1)
	if err != nil || s.State != credit.Deregistered && s.State != credit.Revoked {
		return entries, err
	}
	day := credit.DateOf(at)
	if s.Ended != 0 {
		day = s.Ended
	}
	ended := false
	for i, e := range entries {
		if e.State() != lists.Listed {
			continue
		}
		if entries[i], err = lists.End(ctx, q, duty, at, e, day); err != nil {
			return nil, err
		}
		ended = true
	}
	if !ended {
		return entries, nil
	}
	_, err = sanction.Refresh(ctx, q, duty, at, l.book, []string{s.ID})
	return entries, err
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

// closeMoot closes the undecided cases of a subject that nothing calls for any more, and those of an authority that is not
// competent any more: the competent one gets its own. A rescission is called for by a person; it stays with the authority that
// listed while there is one.
func (f *Flow) closeMoot(ctx context.Context, q db.Q, at time.Time, id, authority string, called []lists.Proposal) error {
	open, err := casework.Undecided(ctx, q, id)
	if err != nil {
		return err
	}
	for _, c := range open {
		reason := ""
		if c.Kind == casework.AbnormalRescission {
			now, err := org.CompetentOn(ctx, q, c.Authority, credit.DateOf(at))
			if err != nil {
				return err
			}
			if now != c.Authority {
				reason = authorityChanged
			}
		} else if _, still := calls(called, c); !still {
			reason = groundGone
		} else if c.Authority != authority {
			reason = authorityChanged
		}
		if reason == "" {
			continue
		}
		if err := casework.Close(ctx, q, duty, at, c.ID, reason); err != nil {
			return err
		}
	}
	return nil
}

// calls returns the proposal for which a case was opened, where it is still called for.
func calls(called []lists.Proposal, c casework.Case) (lists.Proposal, bool) {
	i := slices.IndexFunc(called, func(p lists.Proposal) bool { return kindOf(p) == c.Kind && p.Ground+"/"+p.Detail == c.Detail })
	if i < 0 {
		return lists.Proposal{}, false
	}
	return called[i], true
}

// complete sets the last days of a subject's cases that could not be told when they were opened and can be now.
func (f *Flow) complete(ctx context.Context, q db.Q, at time.Time, l law, id string, called []lists.Proposal) error {
	open, err := casework.Undecided(ctx, q, id)
	if err != nil {
		return err
	}
	for _, c := range open {
		if c.Due != 0 {
			continue
		}
		p, _ := calls(called, c)
		due := p.Due
		if c.Kind == casework.AbnormalRescission {
			if due, err = f.rescissionDue(l, credit.DateOf(c.Opened)); err != nil {
				return err
			}
		}
		if due == 0 {
			continue
		}
		if _, err := casework.SetDue(ctx, q, duty, at, c, due); err != nil {
			return err
		}
	}
	return nil
}
