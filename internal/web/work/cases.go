package work

import (
	"context"
	"slices"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

func (w *work) casePages(s *web.Server) {
	s.View("GET /work/cases", web.Access(org.CaseRead), w.cases)
	s.View("GET /work/cases/{id}", web.Access(org.CaseRead), w.oneCase)
	s.Act("POST /work/cases/{id}/examine", web.Access(org.CaseExamine), w.examine)
	s.Act("POST /work/cases/{id}/decide", web.Access(org.CaseApprove), w.decide)
	s.View("GET /work/papers/{id}", web.Access(org.CaseRead), w.paper)
	s.View("GET /work/groups/{id...}", web.Access(org.CaseRead), w.group)
	s.Stream("POST /work/groups/{id...}", web.Access(org.CaseRead), w.decideGroup)
}

type casesPage struct {
	web.Page
	Text                     string
	Kinds, States, Divisions []web.Choice
	Cases                    []caseRow
	Total                    int
	Filtered                 bool
	Next, First              string
}

type caseRow struct {
	URL, Name, USCC, Kind, Detail, Division string
	State                                   string
	Due                                     credit.Date
	Clock                                   clockMark
	Open                                    bool
}

// openCases is the filter's word for all undecided ones.
const openCases = "open-all"

func (w *work) cases(c *web.View) (web.Answer, error) {
	f := casework.Filter{Kind: c.Query("kind"), Division: c.Query("division"), Text: c.Query("q"), Cursor: c.Query("cursor"), Group: c.Query("group")}
	state := c.Query("state")
	switch state {
	case "":
		state, f.Open = openCases, true
	case openCases:
		f.Open = true
	case "all":
	default:
		f.State = casework.State(state)
	}
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	scope := org.ScopeOf(c.By, org.CaseRead)
	got, next, err := casework.List(c.Ctx, c.Q, scope, f)
	if err != nil {
		return web.Answer{}, err
	}
	page := &casesPage{Page: web.Page{Title: c.Say("work.nav_cases"), Wide: true}, Text: f.Text, Divisions: names.Divisions(f.Division),
		Filtered: f.Kind+f.Division+f.Text+f.Group != "" || state != openCases, States: stateChoices(c.Request, state)}
	if page.Total, err = casework.Count(c.Ctx, c.Q, scope, f); err != nil {
		return web.Answer{}, err
	}
	for _, kind := range []string{casework.AbnormalListing, casework.AbnormalRemoval, casework.AbnormalRescission} {
		page.Kinds = append(page.Kinds, web.Choice{Value: kind, Text: kindTitle(c.Request, book, kind), Chosen: kind == f.Kind})
	}
	for _, k := range got {
		row, err := w.caseRow(c.Request, book, names, k)
		if err != nil {
			return web.Answer{}, err
		}
		page.Cases = append(page.Cases, row)
	}
	here := func(cursor string) string {
		return address("/work/cases", "q", f.Text, "kind", f.Kind, "state", state, "division", f.Division, "group", f.Group, "cursor", cursor)
	}
	if next != "" {
		page.Next = here(next)
	}
	if f.Cursor != "" {
		page.First = here("")
	}
	return w.face.Page(page), nil
}

func stateChoices(c *web.Request, chosen string) []web.Choice {
	out := []web.Choice{
		{Value: openCases, Text: c.Say("work.state_open_all"), Chosen: chosen == openCases},
		{Value: "all", Text: c.Say("work.state_all"), Chosen: chosen == "all"},
	}
	for _, s := range casework.States {
		out = append(out, web.Choice{Value: string(s), Text: c.Say(string(s.Code())), Chosen: string(s) == chosen})
	}
	return out
}

func (w *work) caseRow(c *web.Request, book *policy.Book, names web.Names, k casework.Case) (caseRow, error) {
	row := caseRow{URL: "/work/cases/" + k.ID, Name: k.Name, USCC: k.USCC, Kind: kindTitle(c, book, k.Kind), Detail: yearOf(k),
		Division: names.Division(k.Division), State: c.Say(string(k.State.Code())), Due: k.Due, Open: k.State.Undecided()}
	if row.Open {
		clock, err := k.Clock(w.Flow.Cal, c.Today)
		if err != nil {
			return caseRow{}, err
		}
		row.Clock = markOf(c, clock)
	}
	return row, nil
}

// step is what this person can do next with a case.
type step string

const (
	noStep  step = ""
	examine step = "examine"
	approve step = "approve"
)

// nextStep says what by can do next, by rights and state. That the second person is another one casework holds itself;
// here it only keeps a button from being offered that would be refused.
func nextStep(by org.Actor, k casework.Case) step {
	waits := k.State == casework.Noticed || k.State == casework.Returned || k.State == casework.Opened && !k.WantsNotice
	switch {
	case waits && org.May(by, org.CaseExamine, k.Authority, k.Division) == nil:
		return examine
	case k.State == casework.Examined && org.May(by, org.CaseApprove, k.Authority, k.Division) == nil && !examined(by, k):
		return approve
	}
	return noStep
}

func examined(by org.Actor, k casework.Case) bool {
	return slices.ContainsFunc(k.Steps, func(s casework.Step) bool { return s.Kind == casework.StepExamined && s.By.User == by.User })
}

func (w *work) examine(c *web.Act) (web.Answer, error) {
	k, err := w.Flow.Examine(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("opinion"))
	return web.Redirect("/work/cases/"+k.ID, "work.examined"), err
}

func (w *work) decide(c *web.Act) (web.Answer, error) {
	verdict := casework.Verdict(c.Field("verdict"))
	id := c.PathValue("id")
	_, err := w.Flow.Decide(c.Ctx, c.Q, c.By, c.At, id, verdict, c.Field("opinion"))
	return web.Redirect("/work/cases/"+id, "work.decided_"+string(verdict)), err
}

type groupPage struct {
	web.Page
	URL, Year, Authority, Kind string
	States                     []countRow
	Act                        step   // what can be done together now, and how many it concerns
	Count                      int    //
	Confirm                    bool   // the button has been pressed once: this is the page that asks
	Warning                    string // what the act does that cannot be taken back
	Default                    string // the opinion that is proposed
	Due                        credit.Date
	Clock                      clockMark
	Open                       bool // something is left to do, so the clock runs
	Cases                      []caseRow
	All                        string
	Mine                       bool // examined by this person, so another one has to decide
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
	page.offer(c.Request, first, counts)
	if page.Act == approve {
		if page.Mine, err = w.examinedByMe(c, g.ID); err != nil {
			return web.Answer{}, err
		}
	}
	clock, err := first.Clock(w.Flow.Cal, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page.Clock = markOf(c.Request, clock)
	for _, k := range got {
		row, err := w.caseRow(c.Request, book, names, k)
		if err != nil {
			return web.Answer{}, err
		}
		page.Cases = append(page.Cases, row)
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

// offer says which act can be done together now.
func (page *groupPage) offer(c *web.Request, first casework.Case, counts map[casework.State]int) {
	switch {
	case counts[casework.Noticed] > 0 && org.May(c.By, org.CaseExamine, first.Authority, first.Division) == nil:
		page.Act, page.Count, page.Default = examine, counts[casework.Noticed], c.Say("work.opinion_examine", page.Year)
		page.Warning = c.Say("work.group_examine_warning", page.Count)
	case counts[casework.Examined] > 0 && org.May(c.By, org.CaseApprove, first.Authority, first.Division) == nil:
		page.Act, page.Count, page.Default = approve, counts[casework.Examined], c.Say("work.opinion_approve")
		page.Warning = c.Say("work.group_approve_warning", page.Count)
	}
	page.Confirm = page.Act != noStep && c.Query("do") == string(page.Act)
}

// examinedByMe reports whether the run's first examined case was examined by who looks: then all of them were.
func (w *work) examinedByMe(c *web.View, group string) (bool, error) {
	ids, err := casework.InGroup(c.Ctx, c.Q, group, casework.Examined, 1)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	k, err := casework.Get(c.Ctx, c.Q, c.By, ids[0])
	return examined(c.By, k), err
}
