package work

import (
	"strconv"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/names"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/standing"
	"zhixin/internal/web"
)

// The full past of an enterprise is for officers who have it in scope and say what for; their asking is logged.
func (w *work) pastPages(s *web.Server) {
	full := web.Access(org.StandingFull)
	s.View("GET /work/enterprises", full, w.enterprises)
	s.View("GET /work/enterprises/{uscc}", full, w.register)
	s.View("GET /work/enterprises/{uscc}/past", full, w.past)
	s.Stream("POST /work/enterprises/{uscc}/past", full, w.showPast)
}

type enterprisesPage struct {
	web.Page
	Stations bool // this person may give enterprises another station
	Term     string
	Found    []foundRow
	Next     string
}

type foundRow struct {
	URL, Name, USCC, Division string
	State                     web.Badge
}

// enterprises finds whose past is to be looked at.
func (w *work) enterprises(c *web.View) (web.Answer, error) {
	page := &enterprisesPage{Page: web.Page{Title: c.Say("work.nav_past"), NoStore: true}, Term: c.Query("q"), Stations: org.Can(c.By, org.StationAssign)}
	on, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	found, next, err := w.Find.Find(c.Ctx, c.Q, names.Query{Text: page.Term, Personal: true}, c.Query("cursor"))
	if err != nil {
		return web.Answer{}, err
	}
	for _, f := range found {
		if org.ScopeOf(c.By, org.StandingFull).Has(f.Authority, f.Division) {
			page.Found = append(page.Found, foundRow{registerOf(f.USCC), f.Name, f.USCC, on.Division(f.Division), web.StateBadge(f.State)})
		}
	}
	if next != "" {
		page.Next = address("/work/enterprises", "q", page.Term, "cursor", next)
	}
	return w.face.Page(page), nil
}

func pastOf(uscc string) string { return "/work/enterprises/" + uscc + "/past" }

type pastPage struct {
	web.Page
	URL, USCC, Name    string
	On, Known, Purpose string
	Problem            string
	Shown              bool
	Size               int64
	State              web.Badge
	Reasons            []reasonRow
	Counters           []pastCounter
}

type reasonRow struct {
	Text  string
	Basis []string
}

type pastCounter struct {
	Matter string
	Badge  web.Badge
}

// past asks for the day and what for. Nothing of the past is on it yet.
func (w *work) past(c *web.View) (web.Answer, error) {
	page, err := pastForm(c.Request, c.Q)
	return w.face.Page(page), err
}

func pastForm(c *web.Request, q db.Q) (*pastPage, error) {
	e, err := enterprise.Known(c.Ctx, q, credit.NormalizeCode(c.PathValue("uscc")))
	if err != nil {
		return nil, err
	}
	if err := org.May(c.By, org.StandingFull, e.Authority, e.Division); err != nil {
		return nil, err
	}
	return &pastPage{Page: web.Page{Title: c.Say("work.past_of", e.Name), NoStore: true}, URL: pastOf(e.USCC), USCC: e.USCC, Name: e.Name, On: c.Today.String()}, nil
}

// showPast shows the standing on the page that answers. What is wrong with the question is said on the same page.
func (w *work) showPast(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	var page *pastPage
	err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = pastForm(c.Request, q)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	page.On, page.Known, page.Purpose = c.Field("on"), c.Field("known"), c.Field("purpose")
	ask, err := page.question()
	var s standing.Standing
	if err == nil {
		err = c.DB.Tx(c.Ctx, func(q db.Q) (err error) {
			s, err = standing.Full(c.Ctx, q, c.By, c.At, ask)
			return err
		})
	}
	if err != nil {
		kind, _ := fault.Of(err)
		if page.Problem, err = c.Explain(err); err != nil {
			return web.Answer{}, err
		}
		return w.face.PageStatus(web.Status(kind), page), nil
	}
	page.show(c.Request, s)
	return w.face.Page(page), nil
}

func (page *pastPage) question() (ask standing.Question, err error) {
	ask = standing.Question{USCC: page.USCC, Known: -1, Purpose: page.Purpose}
	if page.Known != "" {
		if ask.Known, err = strconv.ParseInt(page.Known, 10, 64); err != nil || ask.Known < 0 {
			return ask, fault.New(fault.Invalid, "work.bad_known", page.Known)
		}
	}
	ask.On, err = credit.ParseDate(page.On)
	return ask, err
}

func (page *pastPage) show(c *web.Request, s standing.Standing) {
	page.Shown, page.Name, page.State, page.Size = true, s.Name, web.StateBadge(s.State), s.Known
	for i, text := range s.Explain(c.Words(), c.Lang) {
		page.Reasons = append(page.Reasons, reasonRow{text, articles(s.Reasons[i].Basis)})
	}
	for _, m := range s.Counters {
		page.Counters = append(page.Counters, pastCounter{c.Say(web.MatterCode(m.Matter)), web.VerdictBadge(m.Verdict)})
	}
}

func articles(basis []policy.Basis) (out []string) {
	for _, b := range basis {
		out = append(out, b.Law+b.Article)
	}
	return out
}
