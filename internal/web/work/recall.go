package work

import (
	"zhixin/internal/casework"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/web"
)

// recallPage shows what the recall of a batch would touch before anybody asks for it.
type recallPage struct {
	web.Page
	URL, Back, Name, Kind, Sure     string
	Cleared, Restored, Kept, Gone   int
	Held, Subjects, Shown, Measures int
	Papers                          int
	First                           []web.Link
	Opened, Closed, Decided         []web.Link
}

func (w *work) recallForm(c *web.View) (web.Answer, error) {
	b, err := intake.Get(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchRead), c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	if err := org.May(c.By, org.BatchRecall, b.Department, ""); err != nil {
		return web.Answer{}, err
	}
	if b.State != intake.Done {
		return web.Answer{}, fault.New(fault.Conflict, "intake.recall_unfinished")
	}
	t, err := flow.PreviewRecall(c.Ctx, c.Q, b, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	back := "/work/batches/" + b.ID
	page := &recallPage{Page: web.Page{Title: c.Say("work.recall"), NoStore: true}, URL: back + "/recall", Back: back, Name: b.Name,
		Kind: kindOf(c.Request, kinds, b.Kind), Sure: b.Sure(), Cleared: t.Facts[record.Cleared], Restored: t.Facts[record.Restored],
		Kept: t.Facts[record.Kept], Gone: t.Facts[record.Gone], Held: t.Held, Subjects: t.Subjects, Shown: t.Shown, Measures: t.Measures,
		Papers: t.Papers, Opened: caseLinks(t.Opened), Closed: caseLinks(t.Closed), Decided: caseLinks(t.Decided)}
	for _, s := range t.First {
		page.First = append(page.First, web.Link{URL: "/e/" + s.USCC, Text: s.Name})
	}
	return w.face.Page(page), nil
}

func caseLinks(cases []casework.Case) (out []web.Link) {
	const most = 30
	for _, c := range cases[:min(len(cases), most)] {
		out = append(out, web.Link{URL: "/work/cases/" + c.ID, Text: c.Name})
	}
	return out
}

func (w *work) recall(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect("/work/batches/"+id, "work.recall_asked"), intake.AskRecall(c.Ctx, c.Q, c.By, c.At, id, c.Field("reason"), c.Field("sure"))
}

// recalled shows how far the recall of a batch is, and what came of it.
func (page *batchPage) recalled(c *web.Request, q db.Q, b intake.Batch) error {
	if b.State == intake.Done && org.May(c.By, org.BatchRecall, b.Department, "") == nil {
		page.Recall = page.URL + "/recall"
	}
	if b.State != intake.Recalling && b.State != intake.TakenBack {
		return nil
	}
	r, err := intake.RecallOf(c.Ctx, q, b.ID)
	if err != nil {
		return err
	}
	page.Recalled = c.Say("work.recall_did", r.Facts[record.Cleared], r.Facts[record.Restored], r.Facts[record.Kept]+r.Facts[record.Gone], r.Forgotten)
	page.RecallWhy = c.Say("work.recall_why", minute(r.At), r.Reason)
	if page.Recalling = b.State == intake.Recalling; page.Recalling {
		page.Refresh, page.RecallPercent = 3, r.Percent()
	}
	return nil
}

// hidesPage is what is hidden from the public at the moment, and where something is hidden.
type hidesPage struct {
	web.Page
	Hides                []hideRow
	USCC, RecordID, What string
}

type hideRow struct {
	Name, USCC, What, Reason, By, At string
	Confirmed                        bool
	Due                              credit.Date
	Confirm, Lift                    string // "" where this person may not
}

func (w *work) hides(c *web.View) (web.Answer, error) {
	page := &hidesPage{Page: web.Page{Title: c.Say("work.hides"), NoStore: true}, USCC: c.Query("uscc"), RecordID: c.Query("record")}
	if page.USCC != "" {
		e, err := enterprise.ByUSCC(c.Ctx, c.Q, credit.NormalizeCode(page.USCC))
		if err != nil {
			return web.Answer{}, err
		}
		page.What = e.Name
	}
	found, err := publicity.Hides(c.Ctx, c.Q, org.ScopeOf(c.By, org.PublicityHide), c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	ids := make([]string, 0, len(found))
	for _, h := range found {
		ids = append(ids, h.By)
	}
	people, err := org.UserNames(c.Ctx, c.Q, ids)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	for _, h := range found {
		row := hideRow{Name: h.Name, USCC: h.USCC, What: c.Say("work.hide_page"), Reason: h.Reason, By: person(c.Request, people, h.By), At: minute(h.At),
			Confirmed: !h.Confirmed.IsZero(), Due: h.Due, Lift: "/work/hides/" + h.ID + "/lift"}
		if !h.Page() {
			row.What = c.Say("work.hide_record", kindOf(c.Request, kinds, h.Kind), intake.Shown(h.SourceKey))
		}
		if !row.Confirmed && h.By != c.By.User {
			row.Confirm = "/work/hides/" + h.ID + "/confirm"
		}
		page.Hides = append(page.Hides, row)
	}
	return w.face.Page(page), nil
}

func (w *work) hide(c *web.Act) (web.Answer, error) {
	h, err := publicity.Hide(c.Ctx, c.Q, w.Flow.Cal, c.By, c.At, publicity.Hiding{USCC: c.Field("uscc"), RecordID: c.Field("record"), Reason: c.Field("reason")})
	if h.Due == 0 {
		return web.Redirect("/work/hides", "work.hidden_unsure"), err
	}
	return web.Redirect("/work/hides", "work.hidden", h.Due), err
}

func (w *work) confirmHide(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/hides", "work.hide_confirmed"), publicity.ConfirmHide(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}

func (w *work) liftHide(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/hides", "work.hide_lifted"), publicity.LiftHide(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}

// hidden adds to the desk what somebody else hid and this person can confirm.
func (w *work) hidden(c *web.View, page *deskPage) error {
	found, err := publicity.Hides(c.Ctx, c.Q, org.ScopeOf(c.By, org.PublicityHide), c.Today)
	if err != nil {
		return err
	}
	for _, h := range found {
		if !h.Confirmed.IsZero() || h.By == c.By.User {
			continue
		}
		clock := casework.ClockAt(w.Flow.Cal, h.Due, c.Today)
		if clock.Colour == casework.Red || clock.Colour == casework.Over {
			page.Late++
		}
		page.Tasks = append(page.Tasks, taskRow{URL: "/work/hides", Act: c.Say("work.act_confirm"), What: h.Name, Kind: c.Say("work.hides"), Due: h.Due,
			Clock: markOf(c.Request, clock)})
	}
	return nil
}
