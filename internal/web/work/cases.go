package work

import (
	"context"
	"slices"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

func (w *work) casePages(s *web.Server) {
	s.View("GET /work/cases", web.Access(org.CaseRead), w.cases)
	s.View("GET /work/cases/{id}", web.Access(org.CaseRead), w.oneCase)
	s.Act("POST /work/cases/{id}/examine", web.Access(org.CaseExamine), w.examine)
	s.Act("POST /work/cases/{id}/decide", web.Access(org.CaseApprove), w.decide)
	s.Act("POST /work/cases/{id}/rescind", web.Access(org.CaseExamine), w.rescind)
	s.Act("POST /work/cases/{id}/reopen", web.Access(org.CaseExamine), w.reopen)
	s.View("GET /work/papers/{id}", web.Access(org.CaseRead), w.paper)
	s.View("GET /work/groups/{id...}", web.Access(org.CaseRead), w.group)
	s.Stream("POST /work/groups/{id...}", web.Access(org.CaseRead), w.actOnGroup)
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
	Changed                                 string // that the registration has changed since
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
		page.Cases = append(page.Cases, w.caseRow(c.Request, book, names, k))
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

func (w *work) caseRow(c *web.Request, book *policy.Book, names web.Names, k casework.Case) caseRow {
	row := caseRow{URL: "/work/cases/" + k.ID, Name: k.Name, USCC: k.USCC, Kind: kindTitle(c, book, k.Kind), Detail: yearOf(k),
		Division: names.Division(k.Division), State: c.Say(string(k.State.Code())), Due: k.Due, Open: k.State.Undecided()}
	if row.Open {
		row.Clock = markOf(c, k.Clock(w.Flow.Cal, c.Today))
		if k.Changed > 0 {
			row.Changed = c.Say("work.changed_since")
		}
	}
	return row
}

// step is what this person can do next with a case.
type step string

const (
	noStep  step = ""
	examine step = "examine"
	approve step = "approve"
	notice  step = "notice"
	rescind step = "rescind" // say that the listing was wrong
	reopen  step = "reopen"
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

// examined reports whether by has asked for the case or examined it.
func examined(by org.Actor, k casework.Case) bool {
	return slices.ContainsFunc(k.Steps, func(s casework.Step) bool {
		return (s.Kind == casework.StepExamined || s.Kind == casework.StepOpened) && s.By.User == by.User
	})
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

// rescind opens the case that the listing which this case made was wrong.
func (w *work) rescind(c *web.Act) (web.Answer, error) {
	k, err := casework.Get(c.Ctx, c.Q, c.By, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	entry, err := entryOf(c.Ctx, c.Q, k)
	if err != nil {
		return web.Answer{}, err
	}
	opened, err := w.Flow.AskRescission(c.Ctx, c.Q, c.By, c.At, k.EnterpriseID, entry.ID, c.Field("reason"))
	return web.Redirect("/work/cases/"+opened.ID, "work.rescission_opened"), err
}

// reopen makes a new case of one that was refused.
func (w *work) reopen(c *web.Act) (web.Answer, error) {
	k, err := casework.Reopen(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("reason"))
	return web.Redirect("/work/cases/"+k.ID, "work.reopened"), err
}

// entryOf returns the entry that a case of listing made.
func entryOf(ctx context.Context, q db.Q, k casework.Case) (lists.Entry, error) {
	entries, err := lists.History(ctx, q, k.EnterpriseID, -1)
	if err != nil {
		return lists.Entry{}, err
	}
	for _, e := range entries {
		if listed, ok := e.Event(lists.Listed); ok && listed.Case == k.ID {
			return e, nil
		}
	}
	return lists.Entry{}, fault.New(fault.NotFound, "lists.no_entry")
}
