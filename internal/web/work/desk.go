package work

import (
	"cmp"
	"slices"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

// deskPage is the first screen: what waits for this person with its legal clock, then what changed.
type deskPage struct {
	web.Page
	Hello   string
	Today   credit.Date
	Decides bool // the post has to do with cases at all
	Tasks   []taskRow
	Gate    bool // the post asks the gate
	Matters []web.Choice
	Waiting []batchRow // files whose preview nobody of the department has confirmed
	Batches []batchRow
	Submits bool
	Reads   bool // the post sees batches
	Listed  []changeRow
	Late    int // tasks and deliveries whose last day is near or past
	Owed    []owedRow
}

type taskRow struct {
	URL, Act, What, Kind string
	Changed              string // that the registration has changed since
	Due                  credit.Date
	Clock                clockMark
}

// clockMark is a legal clock: never a colour alone.
type clockMark struct {
	Tone, Shape, Text string
}

type changeRow struct {
	URL, Name, What string
	On              credit.Date
}

const deskRows = 8

func (w *work) desk(c *web.View) (web.Answer, error) {
	page := &deskPage{Page: web.Page{Title: c.Say("work.desk"), Lead: true}, Today: c.Today, Gate: org.Can(c.By, org.GateAsk),
		Decides: org.Can(c.By, org.CaseExamine) || org.Can(c.By, org.CaseApprove), Submits: org.Can(c.By, org.BatchSubmit),
		Reads: org.Can(c.By, org.BatchRead), Hello: c.Say("work.hello", c.By.Name)}
	if page.Gate {
		page.Matters = matters(c.Request, "")
	}
	if page.Decides {
		if err := w.tasks(c, page); err != nil {
			return web.Answer{}, err
		}
	}
	if page.Submits {
		owed, late, err := w.reminders(c)
		if err != nil {
			return web.Answer{}, err
		}
		page.Owed, page.Late = owed, page.Late+late
		waiting, err := intake.Waiting(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchSubmit), deskRows)
		if err != nil {
			return web.Answer{}, err
		}
		if page.Waiting, err = batchRows(c.Request, c.Q, waiting); err != nil {
			return web.Answer{}, err
		}
	}
	if org.Can(c.By, org.PublicityHide) {
		if err := w.hidden(c, page); err != nil {
			return web.Answer{}, err
		}
	}
	if err := w.undecided(c, page); err != nil {
		return web.Answer{}, err
	}
	if err := w.mergesWaiting(c, page); err != nil {
		return web.Answer{}, err
	}
	if page.Reads {
		batches, err := intake.List(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchRead), "", deskRows)
		if err != nil {
			return web.Answer{}, err
		}
		if page.Batches, err = batchRows(c.Request, c.Q, batches); err != nil {
			return web.Answer{}, err
		}
	}
	if org.Can(c.By, org.CaseRead) {
		rows, _, err := lists.Page(c.Ctx, c.Q, org.ScopeOf(c.By, org.CaseRead), lists.Filter{Limit: deskRows})
		if err != nil {
			return web.Answer{}, err
		}
		for _, r := range rows {
			row := changeRow{"/e/" + r.USCC, r.Name, c.Say("work.change_listed", r.Detail, r.ListedNo), r.ListedOn}
			if r.EndedOn != 0 {
				row.What, row.On = c.Say("work.change_"+string(r.State), r.Detail, r.EndedNo), r.EndedOn
			}
			page.Listed = append(page.Listed, row)
		}
		slices.SortStableFunc(page.Listed, func(a, b changeRow) int { return cmp.Compare(b.On, a.On) })
	}
	return w.face.Page(page), nil
}

func (w *work) tasks(c *web.View, page *deskPage) error {
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return err
	}
	todo, err := casework.Todo(c.Ctx, c.Q, c.By, w.Flow.Cal, c.Today)
	if err != nil {
		return err
	}
	for _, t := range todo {
		row := taskRow{Due: t.Due, Clock: markOf(c.Request, t.Clock), Kind: kindTitle(c.Request, book, t.Kind), Act: c.Say("work.act_examine"),
			What: t.Name, URL: "/work/cases/" + t.Case}
		if t.Act == org.CaseApprove {
			row.Act = c.Say("work.act_approve")
		}
		if t.Notice {
			row.Act = c.Say("work.act_notice")
		}
		if t.Together() {
			row.What, row.URL = c.Say("work.group_of", casework.Group{ID: t.Group}.Year(), t.Count), "/work/groups/"+t.Group
		}
		switch {
		case t.Changed > 0 && t.Together():
			row.Changed = c.Say("work.n_changed", t.Changed)
		case t.Changed > 0:
			row.Changed = c.Say("work.changed_since")
		}
		if t.Clock.Colour == casework.Red || t.Clock.Colour == casework.Over {
			page.Late++
		}
		page.Tasks = append(page.Tasks, row)
	}
	return nil
}

// markOf returns how a legal clock is shown: red at two working days.
func markOf(c *web.Request, k casework.Clock) clockMark {
	switch {
	case k.Colour == casework.Over && k.Missing != 0:
		return clockMark{"bad", "■", c.Say("work.clock_over_unsure")}
	case k.Colour == casework.Unsure, k.Missing != 0 && k.Left == 0:
		return clockMark{"bad", "▲", c.Say("work.clock_unsure", k.Missing)}
	case k.Colour == casework.Over:
		return clockMark{"bad", "■", c.Say("work.clock_over", -k.Left)}
	case k.Colour == casework.Red && k.Left == 0:
		return clockMark{"bad", "▲", c.Say("work.clock_today")}
	case k.Colour == casework.Red:
		return clockMark{"bad", "▲", c.Say("work.clock_left", k.Left)}
	}
	return clockMark{"good", "○", c.Say("work.clock_left", k.Left)}
}

// kindTitle returns what a kind of case is called by the policy of the day; its code where there is none any more.
func kindTitle(c *web.Request, book *policy.Book, kind string) string {
	k, err := casework.KindOn(book, kind, c.Today)
	if err != nil {
		return kind
	}
	return c.Pick(k.Body.Title, k.Body.English)
}

func matters(c *web.Request, chosen string) []web.Choice {
	var out []web.Choice
	for _, m := range credit.Matters {
		out = append(out, web.Choice{Value: string(m), Text: c.Say(web.MatterCode(m)), Chosen: string(m) == chosen})
	}
	return out
}

// minute writes an instant as pages show it.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(credit.Shanghai).Format("2006-01-02 15:04")
}
