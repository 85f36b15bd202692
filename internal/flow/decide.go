package flow

import (
	"context"
	"fmt"
	"strconv"
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
// opened is not approved: fault flow.ground_gone; nor is a case of an authority that is not competent any more: fault
// flow.authority_changed.
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
	competent, err := org.CompetentOn(ctx, q, facts.Subject.Authority, day)
	if err != nil {
		return document.Paper{}, err
	}
	called, err := f.judge(l, facts, entries, day)
	if err != nil {
		return document.Paper{}, err
	}
	p, still := calls(called, c)
	switch {
	case !still:
		return document.Paper{}, fault.New(fault.Conflict, groundGone, facts.Subject.Name)
	case competent != c.Authority:
		return document.Paper{}, fault.New(fault.Conflict, authorityChanged, facts.Subject.Name)
	}
	paper, err := f.paper(ctx, q, by, at, c, facts, p)
	if err != nil {
		return document.Paper{}, err
	}
	carry := lists.Carry{Case: c.ID, Paper: paper.ID, PaperNo: paper.Number, Authority: c.Authority, Effect: paper.PublishedOn}
	if p.Removal {
		_, err = lists.Remove(ctx, q, by, at, p, carry)
	} else {
		_, err = lists.List(ctx, q, by, at, p, carry)
	}
	if err != nil {
		return document.Paper{}, err
	}
	_, err = sanction.Refresh(ctx, q, by, at, l.book, []string{c.EnterpriseID})
	return paper, err
}

// paper issues the decision and publishes it: publication is the day from which it binds (handbook 12.3).
func (f *Flow) paper(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case, facts record.Facts, p lists.Proposal) (document.Paper, error) {
	fields := map[string]string{"name": facts.Subject.Name, "uscc": facts.Subject.USCC, "year": p.Detail,
		"workdays": strconv.Itoa(p.Rule.Body.ToRemove)}
	template := document.AbnormalListing
	if p.Removal {
		template = document.AbnormalRemoval
		fields["listed_no"], fields["listed_on"] = p.ListedNo, p.ListedOn.String()
	}
	return f.publish(ctx, q, by, at, c, document.Draft{
		Template: template, Authority: c.Authority, EnterpriseID: c.EnterpriseID, Case: c.ID, Day: credit.DateOf(at), Fields: fields, Basis: p.Basis(), Duty: p.Rule.Body.Violated,
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
