package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Examine records an officer's examination of a case.
func (f *Flow) Examine(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, opinion string) (casework.Case, error) {
	return casework.Examine(ctx, q, by, at, id, opinion)
}

// Decide settles a case and, where it is approved, carries out its kind: the entry, the numbered paper, its publication and
// the measures are one act. It is the only switch from a decision to its effect. A ground that has gone since the case was
// opened is not approved: fault flow.ground_gone.
func (f *Flow) Decide(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, v casework.Verdict, opinion string) (document.Paper, error) {
	c, err := casework.Settle(ctx, q, by, at, id, v, opinion)
	if err != nil || v != casework.Approve {
		return document.Paper{}, err
	}
	switch c.Kind {
	case casework.AbnormalListing, casework.AbnormalRemoval:
		return f.carryOut(ctx, q, by, at, c)
	case casework.AbnormalRescission:
		return f.rescind(ctx, q, by, at, c)
	}
	return document.Paper{}, fmt.Errorf("flow: no way to carry out %s", c.Kind)
}

// carryOut lists or removes: what the law calls for is judged again on the day of the decision.
func (f *Flow) carryOut(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case) (document.Paper, error) {
	day := credit.DateOf(at)
	l, err := load(ctx, q)
	if err != nil {
		return document.Paper{}, err
	}
	facts, err := record.FactsOf(ctx, q, c.EnterpriseID, -1)
	if err != nil {
		return document.Paper{}, err
	}
	entries, err := lists.History(ctx, q, c.EnterpriseID, -1)
	if err != nil {
		return document.Paper{}, err
	}
	called, err := f.judge(l, facts, entries, day)
	if err != nil {
		return document.Paper{}, err
	}
	i := slices.IndexFunc(called, func(p lists.Proposal) bool { return kindOf(p) == c.Kind && p.Ground+"/"+p.Detail == c.Detail })
	if i < 0 {
		return document.Paper{}, fault.New(fault.Conflict, "flow.ground_gone", facts.Subject.Name)
	}
	paper, err := f.paper(ctx, q, by, at, c, facts, called[i])
	if err != nil {
		return document.Paper{}, err
	}
	carry := lists.Carry{Case: c.ID, Paper: paper.ID, PaperNo: paper.Number, Authority: c.Authority, Effect: paper.PublishedOn}
	if called[i].Removal {
		_, err = lists.Remove(ctx, q, by, at, called[i], carry)
	} else {
		_, err = lists.List(ctx, q, by, at, called[i], carry)
	}
	if err != nil {
		return document.Paper{}, err
	}
	_, err = sanction.Refresh(ctx, q, by, at, l.book, []string{c.EnterpriseID})
	return paper, err
}

// paper issues the decision and publishes it: publication is the day from which it binds (handbook 12.3).
func (f *Flow) paper(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case, facts record.Facts, p lists.Proposal) (document.Paper, error) {
	fields := map[string]string{"name": facts.Subject.Name, "uscc": facts.Subject.USCC, "year": p.Detail}
	template := document.AbnormalListing
	if p.Removal {
		template = document.AbnormalRemoval
		fields["listed_no"], fields["listed_on"] = p.ListedNo, p.ListedOn.String()
	}
	return f.publish(ctx, q, by, at, c, document.Draft{
		Template: template, Authority: c.Authority, EnterpriseID: c.EnterpriseID, Case: c.ID, Day: credit.DateOf(at), Fields: fields, Basis: p.Basis(),
	})
}

func (f *Flow) publish(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case, d document.Draft) (document.Paper, error) {
	paper, err := document.Issue(ctx, q, by, at, d)
	if err != nil {
		return document.Paper{}, err
	}
	if err := document.Publish(ctx, q, by, at, paper.ID); err != nil {
		return document.Paper{}, err
	}
	paper.PublishedOn = credit.DateOf(at)
	return paper, casework.Attach(ctx, q, c.ID, paper.ID)
}

// rescind takes back an entry that should not have been made; it is shown as rescinded, not as removed.
func (f *Flow) rescind(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case) (document.Paper, error) {
	l, err := load(ctx, q)
	if err != nil {
		return document.Paper{}, err
	}
	facts, err := record.FactsOf(ctx, q, c.EnterpriseID, -1)
	if err != nil {
		return document.Paper{}, err
	}
	entry, err := lists.ByID(ctx, q, c.EnterpriseID, c.Detail)
	if err != nil {
		return document.Paper{}, err
	}
	paper, err := f.publish(ctx, q, by, at, c, document.Draft{
		Template: document.AbnormalRescission, Authority: c.Authority, EnterpriseID: c.EnterpriseID, Case: c.ID, Day: credit.DateOf(at),
		Fields: map[string]string{"name": facts.Subject.Name, "uscc": facts.Subject.USCC, "year": entry.Detail, "wrong": entry.PaperNo()},
	})
	if err != nil {
		return document.Paper{}, err
	}
	carry := lists.Carry{Case: c.ID, Paper: paper.ID, PaperNo: paper.Number, Authority: c.Authority, Effect: paper.PublishedOn}
	if _, err := lists.Rescind(ctx, q, by, at, entry, carry); err != nil {
		return document.Paper{}, err
	}
	if _, err := sanction.Refresh(ctx, q, by, at, l.book, []string{c.EnterpriseID}); err != nil {
		return document.Paper{}, err
	}
	return paper, f.review(ctx, q, at, l, []string{c.EnterpriseID})
}

// ExamineGroup examines all cases of a group that wait for it, in strides, and returns how many.
func (f *Flow) ExamineGroup(ctx context.Context, by org.Actor, at time.Time, group, opinion string) (int, error) {
	return f.group(ctx, group, casework.Noticed, func(q db.Q, id string) error {
		_, err := f.Examine(ctx, q, by, at, id, opinion)
		return err
	})
}

// DecideGroup settles all examined cases of a group alike, in strides, and returns how many. Cases whose ground has gone
// meanwhile are closed by the flow before, never listed.
func (f *Flow) DecideGroup(ctx context.Context, by org.Actor, at time.Time, group string, v casework.Verdict, opinion string) (int, error) {
	return f.group(ctx, group, casework.Examined, func(q db.Q, id string) error {
		_, err := f.Decide(ctx, q, by, at, id, v, opinion)
		return err
	})
}

// group does one thing to all cases of a group in a state, in strides, and returns how many. What is done takes a case out of
// the state, so each stride finds the next ones.
func (f *Flow) group(ctx context.Context, group string, state casework.State, do func(q db.Q, id string) error) (n int, err error) {
	err = db.Strides(ctx, f.DB, 0, func(q db.Q, before int, more func() bool) (int, bool, error) {
		for more() {
			ids, err := casework.InGroup(ctx, q, group, state, 5)
			if err != nil {
				return 0, false, err
			}
			if len(ids) == 0 {
				n = before
				return before, true, nil
			}
			for _, id := range ids {
				if err := do(q, id); err != nil {
					return 0, false, err
				}
				before++
			}
		}
		return before, false, nil
	})
	return n, err
}
