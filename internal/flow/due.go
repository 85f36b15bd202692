package flow

import (
	"context"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/canon"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/record"
)

// Due opens what is due on the day of at: for each enterprise whose annual report has not come by the deadline a case, then
// for each authority one announcement that names the year and gives notice, and the notice in each case (办法 §6: the
// listing follows within ten working days). Run twice on a day, or on every day, it adds only what is missing.
func (f *Flow) Due(ctx context.Context, at time.Time) error {
	day := credit.DateOf(at)
	err := f.population(ctx, []string{"annual-report"}, func(q db.Q, l law, facts []record.Facts) error {
		for _, one := range facts {
			if err := f.dueFor(ctx, q, at, day, l, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.announce(ctx, at)
}

// dueFor opens the listing cases of one subject. The few that lack a report are judged again with their history.
func (f *Flow) dueFor(ctx context.Context, q db.Q, at time.Time, day credit.Date, l law, facts record.Facts) error {
	called, err := f.judge(l, facts, nil, day)
	if err != nil || len(called) == 0 {
		return err
	}
	entries, err := lists.History(ctx, q, facts.Subject.ID, -1)
	if err != nil {
		return err
	}
	if called, err = f.judge(l, facts, entries, day); err != nil {
		return err
	}
	for _, p := range called {
		if p.Removal {
			continue
		}
		if _, err := f.open(ctx, q, at, facts, p, groupOf(p, facts.Subject.Authority)); err != nil {
			return err
		}
	}
	return nil
}

// groupOf names the yearly run of one authority: "abnormal.annual-report/2025/SCJG-340881". Its cases are decided together,
// by that authority's own people, with its own numbers (handbook 12.8).
func groupOf(p lists.Proposal, authority string) string {
	return p.Ground + "/" + p.Detail + "/" + authority
}

func kindOf(p lists.Proposal) string {
	if p.Removal {
		return casework.AbnormalRemoval
	}
	return casework.AbnormalListing
}

// open makes the case that p calls for; where it exists already, that one.
func (f *Flow) open(ctx context.Context, q db.Q, at time.Time, facts record.Facts, p lists.Proposal, group string) (casework.Case, error) {
	body, err := canon.Bytes(p.Evidence())
	if err != nil {
		return casework.Case{}, err
	}
	s := facts.Subject
	return casework.Open(ctx, q, duty, at, casework.New{
		Kind: kindOf(p), EnterpriseID: s.ID, Detail: p.Ground + "/" + p.Detail, Cause: strings.Join(p.Records, " "), Authority: s.Authority, Division: s.Division, Station: s.Station,
		Group: group, Due: p.Due, Facts: body,
	})
}

// announce issues the announcement of each group that has cases without notice, and gives them notice by it.
func (f *Flow) announce(ctx context.Context, at time.Time) error {
	var groups []casework.Group
	err := f.DB.View(ctx, func(q db.Q) (err error) {
		groups, err = casework.Unnoticed(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		err := f.announceGroup(ctx, at, g)
		if kind, _ := fault.Of(err); kind != fault.Internal {
			// An authority that cannot issue papers, because it is unknown or has no numbers, does not hold up the others.
			f.Log.Warn("flow: a run waits for its authority to be set up", "group", g.ID, "err", err)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *Flow) announceGroup(ctx context.Context, at time.Time, g casework.Group) error {
	var paper document.Paper
	return f.DB.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
		var err error
		if paper, err = document.IssueOnce(ctx, q, duty, at, document.Draft{
			Template: document.AbnormalAnnouncement, Authority: g.Authority, Case: g.ID, Day: credit.DateOf(at),
			Fields: map[string]string{"year": g.Year(), "count": strconv.Itoa(g.Open)},
		}); err != nil {
			return false, err
		}
		if err := document.Publish(ctx, q, duty, at, paper.ID); err != nil {
			return false, err
		}
		for more() {
			ids, err := casework.OpenIn(ctx, q, g.ID, 20)
			if err != nil || len(ids) == 0 {
				return true, err
			}
			for _, id := range ids {
				if _, err := casework.Notice(ctx, q, duty, at, id, paper.ID); err != nil {
					return false, err
				}
			}
		}
		return false, nil
	})
}
