package work

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/names"
	"zhixin/internal/sanction"
	"zhixin/internal/web"
)

// gatePage is the counter's question.
type gatePage struct {
	web.Page
	Who, Ref, On string
	Matters      []web.Choice
	Today        credit.Date
	Problem      string
	Several      []hitRow // enterprises of that name, to choose from
}

type hitRow struct {
	USCC, Name string
	State      web.Badge
}

// answerPage is the gate's answer with all that it rests on.
type answerPage struct {
	web.Page
	Name, USCC, Public string
	State              web.Badge
	Matter, Ref        string
	On                 credit.Date
	Verdict            web.Badge
	Means              string // what the counter is to do
	Doubt              string
	Hits               []hitLine
	AsOf               string
	LogSize            int64
	Body               string // of the answer, for the receipt
	Again              string
}

type hitLine struct {
	Verdict                     web.Badge
	Measure, Scope, List, Basis string
	Authority, DocumentNo       string
	Since, Until                credit.Date
}

func (w *work) gate(c *web.View) (web.Answer, error) {
	return w.face.Page(w.question(c.Request, c.Query)), nil
}

// question is the form with what is known already.
func (w *work) question(c *web.Request, field func(string) string) *gatePage {
	return &gatePage{Page: web.Page{Title: c.Say("work.gate_title")}, Who: field("who"), Ref: field("ref"), On: field("on"),
		Matters: matters(c, field("matter")), Today: c.Today}
}

// ask asks the gate for a code, or finds the code of a name first.
func (w *work) ask(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	page, err := w.answer(c)
	if err == nil && page != nil {
		return w.face.Page(page), nil
	}
	form := w.question(c.Request, c.Field)
	if err == nil {
		if form.Several, err = w.several(c); err != nil {
			return web.Answer{}, err
		}
		if len(form.Several) == 0 {
			form.Problem = c.Say("work.gate_nobody", form.Who)
		}
		return w.face.Page(form), nil
	}
	kind, _ := fault.Of(err)
	if form.Problem, err = c.Explain(err); err != nil {
		return web.Answer{}, err
	}
	return w.face.PageStatus(web.Status(kind), form), nil
}

// answer returns nothing where the name does not lead to exactly one enterprise.
func (w *work) answer(c *web.Stream) (*answerPage, error) {
	on := credit.Date(0) // today, by the gate's own clock
	if text := c.Field("on"); text != "" {
		var err error
		if on, err = credit.ParseDate(text); err != nil {
			return nil, err
		}
	}
	code := credit.NormalizeCode(c.Field("who"))
	if _, err := credit.ParseUSCC(code); err != nil {
		found, err := w.several(c)
		if err != nil || len(found) != 1 || credit.NormalizeName(found[0].Name) != credit.NormalizeName(c.Field("who")) {
			return nil, err
		}
		code = found[0].USCC
	}
	body, err := w.Gate.Ask(c.Ctx, c.By, code, credit.Matter(c.Field("matter")), on, c.Field("ref"), sanction.Durable)
	if err != nil {
		return nil, err
	}
	return answerOf(c.Request, body)
}

func (w *work) several(c *web.Stream) (out []hitRow, err error) {
	err = c.DB.View(c.Ctx, func(q db.Q) error {
		found, _, err := w.Find.Find(c.Ctx, q, names.Query{Text: c.Field("who"), Personal: true, Limit: 10}, "")
		out = nil
		for _, f := range found {
			out = append(out, hitRow{f.USCC, f.Name, web.StateBadge(f.State)})
		}
		return err
	})
	if err != nil || len(out) < 2 {
		return out, err
	}
	// A name that is given in full is one enterprise, even where longer names hold it.
	var exact []hitRow
	for _, h := range out {
		if credit.NormalizeName(h.Name) == credit.NormalizeName(c.Field("who")) {
			exact = append(exact, h)
		}
	}
	if len(exact) == 1 {
		return exact, nil
	}
	return out, nil
}

func answerOf(c *web.Request, body []byte) (*answerPage, error) {
	var a sanction.Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("work: answer of the gate: %w", err)
	}
	page := &answerPage{Page: web.Page{Title: c.Say("work.answer_title"), Lead: true, NoIndex: true}, Name: a.Name, USCC: a.USCC, Public: "/e/" + a.USCC,
		State: web.StateBadge(a.State), Matter: c.Say(web.MatterCode(a.Matter)), Ref: a.Ref, On: a.On, Verdict: web.VerdictBadge(a.Verdict),
		Means: c.Say("work.means_" + string(a.Verdict)), AsOf: minute(a.AsOf), LogSize: a.LogSize, Body: base64.StdEncoding.EncodeToString(body),
		Again: address("/work/gate", "matter", string(a.Matter))}
	if a.Doubt != "" {
		page.Doubt = c.Say(a.Doubt)
	}
	for _, h := range a.Hits {
		page.Hits = append(page.Hits, hitLine{Verdict: web.VerdictBadge(h.Verdict), Measure: c.Pick(h.Measure, h.English), Scope: h.Scope,
			List: c.Say("standing.list_" + h.List), Basis: h.Basis, Authority: h.Authority, DocumentNo: h.DocumentNo, Since: h.Since, Until: h.Until})
	}
	return page, nil
}

// receipt hands the receipt of an answer out as the file that everybody can verify. The answer comes back from the page:
// nothing is kept for it, and a changed one makes no valid receipt.
func (w *work) receipt(c *web.Stream) (web.Answer, error) {
	c.Body = http.MaxBytesReader(nil, c.Body, 1<<20)
	if err := c.ParseForm(); err != nil {
		return web.Answer{}, fault.New(fault.Invalid, "web.bad_form")
	}
	body, err := base64.StdEncoding.DecodeString(strings.TrimSpace(c.PostForm.Get("body")))
	if err != nil {
		return web.Answer{}, fault.New(fault.Invalid, "sanction.no_receipt")
	}
	raw, err := sanction.Receipt(bytes.TrimSpace(body))
	return web.Saved("receipt-"+c.Today.String()+".json", "application/json", raw), err
}
