package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// LeafLooked says that an officer gave notice although reports of nobody known lay there, having looked at them; its subject is
// the announcement.
const LeafLooked = "flow.held_reports_seen"

type lookedBody struct {
	Group string `json:"group"`
	Held  int    `json:"held"`
}

// Announce gives notice to the parties of a run: it issues and publishes a numbered announcement that lists those who have
// none yet, and takes the step in each of their cases. It is an officer's act, and returns how many it gave notice to. A case
// has notice only by a paper that lists it, so whoever is found later gets a further paper.
//
// While annual reports are still being received nobody is accused of one that is missing. Reports that belong to nobody known
// may be those of the accused: the officer has to look at them, and looked says so.
func (f *Flow) Announce(ctx context.Context, by org.Actor, at time.Time, group string, looked bool) (int, error) {
	err := f.DB.Tx(ctx, func(q db.Q) error { return f.issueNotice(ctx, q, by, at, group, looked) })
	if err != nil {
		return 0, err
	}
	return f.takeNotice(ctx, by, at, group)
}

// issueNotice issues the announcement to those of a group whom none lists yet, and notes it in their cases.
func (f *Flow) issueNotice(ctx context.Context, q db.Q, by org.Actor, at time.Time, group string, looked bool) error {
	waiting, err := casework.Unnamed(ctx, q, group)
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		begun, err := casework.Named(ctx, q, group, 1)
		if err == nil && len(begun) == 0 {
			err = fault.New(fault.Conflict, "flow.nobody_to_notice")
		}
		return err // what was broken off is gone on with
	}
	first := waiting[0]
	if err := org.May(by, org.CaseExamine, first.Authority, first.Division); err != nil {
		return err
	}
	held, err := reportsAreIn(ctx, q, group, looked)
	if err != nil {
		return err
	}
	d, err := noticeDraft(ctx, q, at, group, waiting)
	if err != nil {
		return err
	}
	paper, err := document.Issue(ctx, q, by, at, d)
	if err != nil {
		return err
	}
	if err := document.Publish(ctx, q, by, at, paper.ID); err != nil {
		return err
	}
	if held > 0 {
		if _, err := audit.Add(ctx, q, by, at, LeafLooked, paper.ID, lookedBody{group, held}); err != nil {
			return err
		}
	}
	return casework.NameIn(ctx, q, group, paper.ID)
}

// OnTheWay returns what annual reports of a run's year are still on their way in: files that are not checked to their end, and
// rows that wait for their subject.
func OnTheWay(ctx context.Context, q db.Q, group string) (intake.Unfinished, error) {
	return intake.UnfinishedOf(ctx, q, record.AnnualReportKind, map[string]string{"ANCHEYEAR": casework.Group{ID: group}.Year()})
}

// reportsAreIn refuses a notice while reports are on their way in, and returns how many rows and waiting files were looked at instead.
func reportsAreIn(ctx context.Context, q db.Q, group string, looked bool) (held int, err error) {
	left, err := OnTheWay(ctx, q, group)
	switch {
	case err != nil:
		return 0, err
	case left.Batches > 0:
		return 0, fault.New(fault.Conflict, "flow.reports_unfinished", left.Batches)
	case left.Held > 0 && !looked:
		return 0, fault.New(fault.Conflict, "flow.reports_held", left.Held)
	case left.Waiting > 0 && !looked:
		return 0, fault.New(fault.Conflict, "flow.reports_waiting", left.Waiting)
	}
	return left.Held + left.Waiting, nil
}

// noticeDraft is the announcement of a part of a run, with the rule on which its cases rest and an annex that names them.
func noticeDraft(ctx context.Context, q db.Q, at time.Time, group string, cases []casework.Case) (document.Draft, error) {
	day, run := credit.DateOf(at), casework.Group{ID: group}
	l, err := load(ctx, q)
	if err != nil {
		return document.Draft{}, err
	}
	rule, err := groundOn(l, run.Ground(), day)
	if err != nil {
		return document.Draft{}, err
	}
	year, err := strconv.Atoi(run.Year())
	if err != nil {
		return document.Draft{}, fault.New(fault.Invalid, "document.bad_year", run.Year())
	}
	before, err := document.OfCase(ctx, q, group)
	if err != nil {
		return document.Draft{}, err
	}
	annex := [][]string{{"序号", "企业名称", "统一社会信用代码"}}
	for i, c := range cases {
		annex = append(annex, []string{strconv.Itoa(i + 1), c.Name, c.USCC})
	}
	return document.Draft{
		Template: document.AbnormalAnnouncement, Authority: cases[0].Authority, Case: group, Part: len(before) + 1, Day: day, Annex: annex,
		Basis: rule.Basis, Duty: rule.Body.Violated,
		Fields: map[string]string{"year": run.Year(), "count": strconv.Itoa(len(cases)), "deadline": rule.Body.Deadline(year).String(),
			"workdays": strconv.Itoa(rule.Body.ToList)},
	}, nil
}

func groundOn(l law, key string, day credit.Date) (policy.Rule[lists.Ground], error) {
	i := slices.IndexFunc(l.grounds, func(r policy.Rule[lists.Ground]) bool { return r.Key == key && r.On(day) })
	if i < 0 {
		return policy.Rule[lists.Ground]{}, fmt.Errorf("flow: no ground %q on %s", key, day)
	}
	return l.grounds[i], nil
}

// takeNotice takes the step of notice in the cases of a group that an announcement lists, in strides, and returns in how many.
func (f *Flow) takeNotice(ctx context.Context, by org.Actor, at time.Time, group string) (n int, err error) {
	err = db.Strides(ctx, f.DB, 0, func(q db.Q, before int, more func() bool) (int, bool, error) {
		n = before // of the strides that are committed
		for more() {
			cases, err := casework.Named(ctx, q, group, 20)
			if err != nil || len(cases) == 0 {
				n = before
				return before, err == nil, err
			}
			for _, c := range cases {
				if _, err := casework.Notice(ctx, q, by, at, c.ID, c.Notice); err != nil {
					return 0, false, err
				}
				before++
			}
		}
		return before, false, nil
	})
	return n, err
}

// goOn takes the steps of notices that broke off after their paper was published.
func (f *Flow) goOn(ctx context.Context, at time.Time) error {
	var groups []casework.Group
	err := f.DB.View(ctx, func(q db.Q) (err error) {
		groups, err = casework.HalfNoticed(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if _, err := f.takeNotice(ctx, duty, at, g.ID); err != nil {
			return err
		}
	}
	return nil
}
