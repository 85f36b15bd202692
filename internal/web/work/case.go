package work

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/flow"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/web"
)

// casePage shows the facts at the left, the paper at the right, the next step as one button, and who did what when.
type casePage struct {
	web.Page
	URL, Name, USCC, Kind, Authority, Division string
	Public                                     string // the enterprise's public page
	State                                      string
	Open                                       bool
	Due                                        credit.Date
	Clock                                      clockMark
	Opened                                     string
	Changes                                    []changedRow // of the registration, since the case was opened
	Why                                        string       // what called for the case
	Articles                                   []web.Article
	Facts                                      []factRow
	Group, GroupURL                            string
	Given                                      string // the number of the paper that gave notice
	GivenURL                                   string
	Paper                                      *web.Paper // of the decision
	PaperURL                                   string
	Planned                                    string // the title of the paper that an approval would issue; "" once it is decided
	Next                                       step
	Default                                    string // the opinion that is proposed
	Wait                                       string // who has to act, where it is not the reader
	Again                                      step   // what can be done about a decision: rescind a wrong listing, reopen what was refused
	Steps                                      []stepRow
}

type factRow struct{ Name, Value string }

type stepRow struct {
	What, Who, At, Opinion, Paper, PaperURL string
}

func (w *work) oneCase(c *web.View) (web.Answer, error) {
	k, err := casework.Get(c.Ctx, c.Q, c.By, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &casePage{Page: web.Page{Title: k.Name, Lead: true}, URL: "/work/cases/" + k.ID, Name: k.Name, USCC: k.USCC, Kind: kindTitle(c.Request, book, k.Kind),
		Authority: names.Department(k.Authority), Division: names.Division(k.Division), Public: "/e/" + k.USCC, State: c.Say(string(k.State.Code())),
		Open: k.State.Undecided(), Due: k.Due, Opened: minute(k.Opened), Next: nextStep(c.By, k)}
	if k.Group != "" {
		page.Group, page.GroupURL = c.Say("work.group_name", casework.Group{ID: k.Group}.Year()), "/work/groups/"+k.Group
	}
	if page.Open {
		page.Clock = markOf(c.Request, k.Clock(w.Flow.Cal, c.Today))
	}
	page.words(c.Request, k)
	if page.Open {
		page.Planned = c.Say("work.paper_" + strings.ReplaceAll(k.Kind, ".", "_"))
	}
	for _, fill := range []func(context.Context, *web.View, casework.Case) error{page.changed, page.evidence, page.facts, page.papers, page.again} {
		if err := fill(c.Ctx, c, k); err != nil {
			return web.Answer{}, err
		}
	}
	return w.face.Page(page), page.timeline(c, k, names)
}

// changed tells what has become of the registration since the case was opened: a case that has to go goes by itself, and whether
// another is still right its officer must see.
func (page *casePage) changed(ctx context.Context, c *web.View, k casework.Case) error {
	since, err := enterprise.ChangesSince(ctx, c.Q, k.EnterpriseID, k.Opened)
	if err != nil {
		return err
	}
	names, err := c.NamesOn(ctx, c.Q, c.Today)
	for _, ch := range since {
		if ch.Kind != enterprise.ChangedRegistered {
			page.Changes = append(page.Changes, changedOf(c.Request, ch, names))
		}
	}
	return err
}

// words proposes an opinion, or says for whom the case waits.
func (page *casePage) words(c *web.Request, k casework.Case) {
	switch {
	case page.Next == examine && k.Kind == casework.AbnormalRescission:
		page.Default = c.Say("work.opinion_rescission")
	case page.Next == examine && k.Kind == casework.AbnormalRemoval:
		page.Default = c.Say("work.opinion_removal", yearOf(k))
	case page.Next == examine:
		page.Default = c.Say("work.opinion_examine", yearOf(k))
	case page.Next == approve:
		page.Default = c.Say("work.opinion_approve")
	case k.State == casework.Examined && examined(c.By, k):
		page.Wait = c.Say("work.wait_other")
	case k.State == casework.Examined:
		page.Wait = c.Say("work.wait_approver")
	case k.State == casework.Opened && k.WantsNotice:
		page.Wait = c.Say("work.wait_notice")
	case page.Open:
		page.Wait = c.Say("work.wait_officer")
	}
}

// yearOf returns the report year of a case about one, "" for others.
func yearOf(k casework.Case) string {
	if _, year, ok := strings.Cut(k.Detail, "/"); ok {
		return year
	}
	return ""
}

// evidence says what called for the case, and by which articles.
func (page *casePage) evidence(_ context.Context, c *web.View, k casework.Case) error {
	if k.Kind == casework.AbnormalRescission {
		var wrong flow.Wrong
		if err := json.Unmarshal(k.Facts, &wrong); err != nil {
			return fmt.Errorf("work: facts of case %s: %w", k.ID, err)
		}
		page.Why = c.Say("work.why_wrong", wrong.Number, wrong.Reason)
		return nil
	}
	if len(k.Facts) == 0 {
		return nil
	}
	var e lists.Evidence
	if err := json.Unmarshal(k.Facts, &e); err != nil {
		return fmt.Errorf("work: facts of case %s: %w", k.ID, err)
	}
	kind, year, _ := strings.Cut(e.Absent, "/")
	switch {
	case kind == record.AnnualReportKind:
		page.Why = c.Say("work.why_no_report", year)
	case e.Removal:
		page.Why = c.Say("work.why_reported", e.Detail)
	}
	for _, b := range e.Basis {
		page.Articles = append(page.Articles, web.Article{Law: b.Law, Article: b.Article, Text: b.Text})
	}
	return nil
}

// again says what an officer of the authority can still do about a case that was decided.
func (page *casePage) again(ctx context.Context, c *web.View, k casework.Case) error {
	if org.May(c.By, org.CaseExamine, k.Authority, k.Division) != nil {
		return nil
	}
	switch {
	case k.State == casework.Refused:
		page.Again = reopen
	case k.State == casework.Approved && k.Kind == casework.AbnormalListing:
		entry, err := entryOf(ctx, c.Q, k)
		if err != nil {
			return err
		}
		if entry.State() != lists.Rescinded {
			page.Again = rescind
		}
	}
	return nil
}

// facts lists what is known of the subject now and matters here.
func (page *casePage) facts(ctx context.Context, c *web.View, k casework.Case) error {
	f, err := record.FactsOf(ctx, c.Q, k.EnterpriseID, -1)
	if err != nil {
		return err
	}
	s := f.Subject
	page.Facts = []factRow{
		{c.Say("work.fact_state"), c.Say(web.StateBadge(s.State).Code)}, {c.Say("work.fact_registered"), s.Registered.String()},
		{c.Say("work.fact_rep"), s.LegalRep}, {c.Say("work.fact_address"), s.Address},
	}
	if err := page.reports(c, f.Records); err != nil {
		return err
	}
	entries, err := lists.History(ctx, c.Q, k.EnterpriseID, -1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		since, until := e.Window()
		text := c.Say("work.fact_listed", since, e.PaperNo())
		switch e.State() {
		case lists.Rescinded:
			text = c.Say("work.fact_rescinded", e.PaperNo())
		case lists.Ended:
			text = c.Say("work.fact_ended", since, until, e.PaperNo())
		case lists.Removed:
			text = c.Say("work.fact_removed", since, until, e.PaperNo())
		}
		page.Facts = append(page.Facts, factRow{c.Say(web.EntryBadge(e.List, s.Kind).Code) + " " + e.Detail, text})
	}
	return nil
}

// reportsShown is how many annual reports stand among the facts; the public page has them all.
const reportsShown = 4

// reports adds the annual reports, the latest year first.
func (page *casePage) reports(c *web.View, records []record.Record) error {
	var all []record.AnnualReport
	for _, r := range records {
		if r.Kind != record.AnnualReportKind {
			continue
		}
		a, err := r.AnnualReport()
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b record.AnnualReport) int { return cmp.Compare(b.Year, a.Year) })
	for _, a := range all[:min(len(all), reportsShown)] {
		page.Facts = append(page.Facts, factRow{c.Say("work.fact_report", a.Year), c.Say("work.fact_published", a.Published)})
	}
	return nil
}

// papers shows the notice, and the decision where there is one.
func (page *casePage) papers(ctx context.Context, c *web.View, k casework.Case) error {
	if k.Notice != "" {
		n, err := document.ByID(ctx, c.Q, k.Notice)
		if err != nil {
			return err
		}
		page.Given, page.GivenURL = n.Number, paperURL(n.ID)
	}
	if k.Paper == "" {
		return nil
	}
	d, err := document.ByID(ctx, c.Q, k.Paper)
	if err != nil {
		return err
	}
	p := web.PaperOf(d)
	page.Paper, page.PaperURL = &p, paperURL(d.ID)
	return nil
}

// paperURL is where colleagues see a paper, also one that the public does not see any more.
func paperURL(id string) string { return "/work/papers/" + id }

// paper shows a paper as it is printed.
func (w *work) paper(c *web.View) (web.Answer, error) {
	d, err := document.ByID(c.Ctx, c.Q, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	if err := org.May(c.By, org.CaseRead, d.Authority, ""); err != nil {
		return web.Answer{}, err
	}
	raw, err := document.PDF(d, c.Absolute("/papers/"+d.ID))
	return web.Shown("application/pdf", raw), err
}

func (page *casePage) timeline(c *web.View, k casework.Case, names web.Names) error {
	numbers := map[string]string{}
	for _, s := range k.Steps {
		row := stepRow{What: c.Say("work.step_" + string(s.Kind)), At: minute(s.At), Opinion: s.Opinion, Who: who(c.Request, s.By, names)}
		if s.Kind == casework.StepMoot && s.Opinion != "" {
			row.Opinion = c.Say(s.Opinion, k.Name)
		}
		if s.Paper != "" {
			number, err := numberOf(c.Ctx, c.Q, numbers, s.Paper)
			if err != nil {
				return err
			}
			row.Paper, row.PaperURL = number, paperURL(s.Paper)
		}
		page.Steps = append(page.Steps, row)
	}
	return nil
}

func numberOf(ctx context.Context, q db.Q, known map[string]string, paper string) (string, error) {
	if n := known[paper]; n != "" {
		return n, nil
	}
	d, err := document.ByID(ctx, q, paper)
	known[paper] = d.Number
	return d.Number, err
}

// who names an actor for colleagues: a person with the department, a key by its department, or the system.
func who(c *web.Request, by credit.Actor, names web.Names) string {
	switch {
	case by.User != "":
		return c.Say("work.who_person", by.Name, names.Short(by.Department))
	case by.Key != "":
		return c.Say("work.who_key", names.Short(by.Department))
	}
	return c.Say("work.who_system")
}
