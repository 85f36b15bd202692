package work

import (
	"context"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

type groupPage struct {
	web.Page
	URL, Year, Authority, Kind string
	States                     []countRow
	Acts                       []groupAct
	Due                        credit.Date
	Clock                      clockMark
	Open                       bool // something is left to do, so the clock runs
	Cases                      []caseRow
	All                        string
}

// groupAct is what can be done together now.
type groupAct struct {
	Do      step
	Begin   string // the button that asks
	Sure    string // the button that does it
	Confirm bool   // the first has been pressed: this is the page that asks
	Warning string // what the act does that cannot be taken back
	Opinion string // the label of the opinion, "" where none is wanted
	Default string // the opinion that is proposed
	Wait    string // why it cannot be done now, or not by this person
	Look    string // what the person confirms to have looked at, "" for nothing
}

type countRow struct {
	State string
	Count int
}

const casesOfGroup = 50

// group shows the cases of one yearly run of one authority, which are decided together.
func (w *work) group(c *web.View) (web.Answer, error) {
	g := casework.Group{ID: c.PathValue("id")}
	scope := org.ScopeOf(c.By, org.CaseRead)
	got, next, err := casework.List(c.Ctx, c.Q, scope, casework.Filter{Group: g.ID, Limit: casesOfGroup})
	if err != nil {
		return web.Answer{}, err
	}
	if len(got) == 0 {
		return web.Answer{}, noGroup()
	}
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	first := got[0]
	page := &groupPage{Page: web.Page{Title: c.Say("work.group_title", g.Year(), kindTitle(c.Request, book, first.Kind)), Wide: true}, URL: "/work/groups/" + g.ID,
		Year: g.Year(), Authority: names.Department(first.Authority), Kind: kindTitle(c.Request, book, first.Kind), Due: first.Due}
	counts, err := w.counts(c.Ctx, c, scope, g.ID, page)
	if err != nil {
		return web.Answer{}, err
	}
	if err := page.offer(c, g.ID, first, counts); err != nil {
		return web.Answer{}, err
	}
	page.Clock = markOf(c.Request, first.Clock(w.Flow.Cal, c.Today))
	for _, k := range got {
		page.Cases = append(page.Cases, w.caseRow(c.Request, book, names, k))
	}
	if next != "" {
		page.All = address("/work/cases", "group", g.ID, "state", "all")
	}
	return w.face.Page(page), nil
}

func (w *work) counts(ctx context.Context, c *web.View, scope org.Scope, group string, page *groupPage) (map[casework.State]int, error) {
	counts := map[casework.State]int{}
	for _, s := range casework.States {
		n, err := casework.Count(ctx, c.Q, scope, casework.Filter{Group: group, State: s})
		if err != nil {
			return nil, err
		}
		page.Open = page.Open || n > 0 && s.Undecided()
		if counts[s] = n; n > 0 {
			page.States = append(page.States, countRow{c.Say(string(s.Code())), n})
		}
	}
	return counts, nil
}

// offer says which acts can be done together now: notice, examination and decision, as far as cases wait for each.
func (page *groupPage) offer(c *web.View, group string, first casework.Case, counts map[casework.State]int) error {
	may := func(act org.Act) bool { return org.May(c.By, act, first.Authority, first.Division) == nil }
	if n := counts[casework.Opened]; n > 0 && first.WantsNotice && may(org.CaseExamine) {
		act := groupAct{Do: notice, Begin: c.Say("work.group_notice", n), Sure: c.Say("work.group_do_notice", n), Warning: c.Say("work.group_notice_warning", n)}
		left, err := flow.OnTheWay(c.Ctx, c.Q, group)
		if err != nil {
			return err
		}
		switch {
		case left.Batches > 0:
			act.Wait = c.Say("flow.reports_unfinished", left.Batches)
		case left.Waiting > 0:
			act.Look = c.Say("work.group_looked_waiting", left.Held, left.Waiting)
		case left.Held > 0:
			act.Look = c.Say("work.group_looked", left.Held)
		}
		page.add(c, act)
	}
	if n := counts[casework.Noticed]; n > 0 && may(org.CaseExamine) {
		page.add(c, groupAct{Do: examine, Begin: c.Say("work.group_examine", n), Sure: c.Say("work.group_do_examine", n),
			Warning: c.Say("work.group_examine_warning", n), Opinion: c.Say("work.opinion_of_examine"), Default: c.Say("work.opinion_examine", page.Year)})
	}
	if n := counts[casework.Examined]; n > 0 && may(org.CaseApprove) {
		act := groupAct{Do: approve, Begin: c.Say("work.group_approve", n), Sure: c.Say("work.group_do_approve", n),
			Warning: c.Say("work.group_approve_warning", n), Opinion: c.Say("work.opinion_of_decide"), Default: c.Say("work.opinion_approve")}
		mine, err := onlyMine(c, group)
		if err != nil {
			return err
		}
		if mine {
			act.Wait = c.Say("work.wait_other")
		}
		page.add(c, act)
	}
	return nil
}

func (page *groupPage) add(c *web.View, act groupAct) {
	act.Confirm = act.Wait == "" && c.Query("do") == string(act.Do)
	page.Acts = append(page.Acts, act)
}

// onlyMine reports whether of a run's examined cases none is left that another person has examined.
func onlyMine(c *web.View, group string) (bool, error) {
	ids, err := casework.InGroup(c.Ctx, c.Q, group, casework.Examined, "", casesOfGroup)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		k, err := casework.Get(c.Ctx, c.Q, c.By, id)
		if err != nil || !examined(c.By, k) {
			return false, err
		}
	}
	return len(ids) < casesOfGroup, nil
}

func noGroup() error { return fault.New(fault.NotFound, "work.no_group") }

// actOnGroup carries out what was confirmed: hundreds of cases, in strides, each with its own step, paper and leaf.
func (w *work) actOnGroup(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	id, do := c.PathValue("id"), step(c.Field("do"))
	acts := map[step]org.Act{notice: org.CaseExamine, examine: org.CaseExamine, approve: org.CaseApprove}
	act, known := acts[do]
	if !known {
		return web.Answer{}, fault.New(fault.Invalid, "web.bad_form")
	}
	if err := w.mayGroup(c, id, act); err != nil {
		return web.Answer{}, err
	}
	to := "/work/groups/" + id
	switch do {
	case notice:
		n, err := w.Flow.Announce(c.Ctx, c.By, c.At, id, c.Field("looked") != "")
		return web.Redirect(to, "work.group_noticed", n), err
	case examine:
		out, err := w.Flow.ExamineGroup(c.Ctx, c.By, c.At, id, c.Field("opinion"))
		return ended(c, to, "work.group_examined", out, err)
	}
	out, err := w.Flow.DecideGroup(c.Ctx, c.By, c.At, id, casework.Approve, c.Field("opinion"))
	return ended(c, to, "work.group_decided", out, err)
}

// ended says how many cases were dealt with, how many were not and why; also where something stopped it on the way.
func ended(c *web.Stream, to, code string, out flow.Outcome, err error) (web.Answer, error) {
	rest := out.Closed + out.Skipped
	switch {
	case err != nil && out.Done+rest > 0:
		why, err := c.Explain(err)
		return web.Redirect(to, "work.group_stopped", out.Done, out.Closed, out.Skipped, why), err
	case err != nil:
		return web.Answer{}, err
	case rest > 0:
		return web.Redirect(to, code+"_partly", out.Done, out.Closed, out.Skipped), nil
	}
	return web.Redirect(to, code, out.Done), nil
}

// mayGroup refuses who may not act for the run's authority, before the first of its cases is touched.
func (w *work) mayGroup(c *web.Stream, id string, act org.Act) error {
	return c.DB.View(c.Ctx, func(q db.Q) error {
		got, _, err := casework.List(c.Ctx, q, org.ScopeOf(c.By, org.CaseRead), casework.Filter{Group: id, Limit: 1})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			return noGroup()
		}
		return org.May(c.By, act, got[0].Authority, got[0].Division)
	})
}
