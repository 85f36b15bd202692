package work

import (
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

func (w *work) recordPages(s *web.Server) {
	s.View("GET /work/records", web.Access(org.BatchRead), w.records)
	s.View("GET /work/records/one", web.Access(org.BatchRead), w.record)
	s.View("GET /work/records/withdraw", web.Access(org.BatchSubmit), w.withdrawForm)
	s.Act("POST /work/records/withdraw", web.Access(org.BatchSubmit), w.withdraw)
	s.View("GET /work/batches/{id}/recall", web.Access(org.BatchRecall), w.recallForm)
	s.Act("POST /work/batches/{id}/recall", web.Access(org.BatchRecall), w.recall)
	s.View("GET /work/hides", web.Access(org.PublicityHide), w.hides)
	s.Act("POST /work/hides", web.Access(org.PublicityHide), w.hide)
	s.Act("POST /work/hides/{id}/confirm", web.Access(org.PublicityHide), w.confirmHide)
	s.Act("POST /work/hides/{id}/lift", web.Access(org.PublicityHide), w.liftHide)
}

// recordsPage is what the own department has stated, found by number or code.
type recordsPage struct {
	web.Page
	Department, Term, Batch string
	Kinds                   []web.Choice
	Records                 []statedRow
	Next, First             string
}

type statedRow struct {
	Number, Name, USCC, URL string // URL is where all of it is shown, "" for another department's
	Day                     credit.Date
	State                   web.Badge
	Why, At, Withdraw       string // Withdraw is where it is withdrawn, "" where it cannot be
	Late                    bool
}

const recordsOfPage = 30

func (w *work) records(c *web.View) (web.Answer, error) {
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	department, kind := c.By.Department, c.Query("kind")
	page := &recordsPage{Page: web.Page{Title: c.Say("work.records"), NoStore: true}, Term: c.Query("q"), Batch: c.Query("batch")}
	if page.Batch != "" {
		b, err := intake.Get(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchRead), page.Batch)
		if err != nil {
			return web.Answer{}, err
		}
		department, kind = b.Department, b.Kind
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := kinds.Of(kind); err != nil {
		kind = kinds.All()[0].Name
	}
	page.Department = names.Department(department)
	for _, k := range kinds.All() {
		page.Kinds = append(page.Kinds, web.Choice{Value: k.Name, Text: c.Pick(k.Title, k.English), Chosen: k.Name == kind})
	}
	found, err := intake.Records(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchRead), intake.StatedFilter{Department: department, Kind: kind, Text: page.Term,
		Batch: page.Batch, After: c.Query("after"), Limit: recordsOfPage})
	if err != nil {
		return web.Answer{}, err
	}
	may := org.May(c.By, org.BatchSubmit, department, "") == nil
	for _, r := range found {
		row := stated(c.Request, r)
		if department == c.By.Department {
			row.URL = recordURL(kind, r.SourceKey)
		}
		if may && !r.Withdrawn {
			row.Withdraw = address("/work/records/withdraw", "kind", kind, "key", r.SourceKey)
		}
		page.Records = append(page.Records, row)
	}
	if len(found) == recordsOfPage {
		page.Next = address("/work/records", "kind", kind, "q", page.Term, "batch", page.Batch, "after", found[len(found)-1].SourceKey)
	}
	if c.Query("after") != "" {
		page.First = address("/work/records", "kind", kind, "q", page.Term, "batch", page.Batch)
	}
	return w.face.Page(page), nil
}

func stated(c *web.Request, r intake.Stated) statedRow {
	row := statedRow{Number: intake.Shown(r.SourceKey), Name: r.Name, USCC: r.USCC, Day: r.Day,
		State: web.Badge{Code: "work.record_stated", Shape: "●", Tone: "good"}}
	if r.SourceKey == r.EnterpriseID { // a registration is known by its subject
		row.Number = r.USCC
	}
	if r.Withdrawn {
		row.State, row.At = web.Badge{Code: "work.record_withdrawn", Shape: "○", Tone: "none"}, minute(r.At)
		row.Why = c.Say("work.record_recalled")
		if r.Withdrawal != nil {
			row.Why, row.Late = c.Say(string(r.Withdrawal.Reason.Code())), r.Withdrawal.Late()
		}
	}
	return row
}

// withdrawPage asks why one record is withdrawn; what is only wrong is corrected by sending it again.
type withdrawPage struct {
	web.Page
	Kind, KindTitle, Key string
	Record               statedRow
	Reasons              []web.Choice
	Today                credit.Date
	Correct              string // where it is sent again
}

func (w *work) withdrawForm(c *web.View) (web.Answer, error) {
	kind := c.Query("kind")
	r, err := intake.RecordBy(c.Ctx, c.Q, org.ScopeOf(c.By, org.BatchSubmit), c.By.Department, kind, c.Query("key"))
	if err != nil {
		return web.Answer{}, err
	}
	if r.Withdrawn {
		return web.Answer{}, fault.New(fault.Conflict, "record.withdrawn", intake.Shown(r.SourceKey))
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page := &withdrawPage{Page: web.Page{Title: c.Say("work.withdraw"), NoStore: true}, Kind: kind, KindTitle: kindOf(c.Request, kinds, kind), Key: r.SourceKey,
		Record: stated(c.Request, r), Today: c.Today, Correct: address("/work/batches", "kind", kind)}
	for _, reason := range intake.Reasons {
		page.Reasons = append(page.Reasons, web.Choice{Value: string(reason), Text: c.Say(string(reason.Code()))})
	}
	return w.face.Page(page), nil
}

func (w *work) withdraw(c *web.Act) (web.Answer, error) {
	learnt, err := credit.ParseDate(c.Field("learnt"))
	if err != nil {
		return web.Answer{}, err
	}
	n, err := intake.Withdraw(c.Ctx, c.Q, w.Flow.Cal, c.By, c.At, intake.Withdrawal{Department: c.By.Department, Kind: c.Field("kind"),
		SourceKey: c.Field("key"), Reason: intake.Reason(c.Field("reason")), Note: c.Field("note"), Learnt: learnt})
	if err != nil {
		return web.Answer{}, err
	}
	to := address("/work/records", "kind", n.Kind, "q", intake.Shown(n.SourceKey))
	switch {
	case n.Late():
		return web.Redirect(to, "work.withdrawn_late", n.Due), nil
	case n.Due == 0:
		return web.Redirect(to, "work.withdrawn_unsure"), nil
	}
	return web.Redirect(to, "work.withdrawn_in_time", n.Due), nil
}
