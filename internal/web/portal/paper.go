package portal

import (
	"encoding/json"
	"strings"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

type paperPage struct {
	web.Page
	Number      string
	Paper       web.Paper
	PDF         string
	PublishedOn credit.Date
	Enterprise  string // where its page is; "" for a paper that goes to many
	ProofURL    string
	Hash        string
}

// paper shows a published paper, as a page or, with .pdf behind its id, as it is printed.
func (p *portal) paper(c *web.View) (web.Answer, error) {
	id, printed := strings.CutSuffix(c.PathValue("id"), ".pdf")
	d, err := publicity.PublicPaper(c.Ctx, c.Q, id, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	if printed {
		raw, err := document.PDF(d, c.Absolute("/papers/"+d.ID))
		return web.Shown("application/pdf", raw), err
	}
	page := &paperPage{Page: web.Page{Title: d.Title, NoIndex: true, Lead: true}, Number: d.Number, Paper: web.PaperOf(d),
		PDF: "/papers/" + d.ID + ".pdf", PublishedOn: d.PublishedOn, ProofURL: proofURL(d.Leaf), Hash: d.Hash}
	return p.face.Page(page), nil
}

type verifyPage struct {
	web.Page
	Receipt     string // what was pasted
	Tried       bool
	Problem     string // why it does not hold
	Fingerprint string
	Item        []fieldRow
	Checkpoint  string
	VKey        string
	Node        string // this node as the public calls it
	Number      string // of a paper that was looked for
	NoPaper     string // why it is not shown
}

// verify offers the check of a receipt, and leads to the paper whose number is asked for.
func (p *portal) verify(c *web.View) (web.Answer, error) {
	page, err := p.verifyPage(c.Request, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	if page.Number = c.Query("number"); page.Number == "" {
		return p.face.Page(page), nil
	}
	d, err := publicity.PaperByNumber(c.Ctx, c.Q, page.Number, c.Today)
	if err == nil {
		return web.Redirect("/papers/"+d.ID, ""), nil
	}
	kind, _ := fault.Of(err)
	if page.NoPaper, err = c.Explain(err); err != nil {
		return web.Answer{}, err
	}
	return p.face.PageStatus(web.Status(kind), page), nil
}

// verified checks a receipt that was pasted. It stores nothing, so it takes no turn among those who write.
func (p *portal) verified(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	var page *verifyPage
	err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = p.verifyPage(c.Request, q)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	page.Receipt, page.Tried = strings.TrimSpace(c.PostForm.Get("receipt")), true
	item, fingerprint, err := p.Deps.Check([]byte(page.Receipt), p.Key.Verifier)
	if err != nil {
		page.Problem, err = c.Explain(err)
		return p.face.Page(page), err
	}
	page.Fingerprint = fingerprint
	page.Item, err = itemRows(c.Request, item)
	return p.face.Page(page), err
}

func (p *portal) verifyPage(c *web.Request, q db.Q) (*verifyPage, error) {
	page := &verifyPage{Page: web.Page{Title: c.Say("portal.verify_title")}, VKey: p.Key.Verifier, Node: c.Absolute("")}
	raw, err := audit.Checkpoint(c.Ctx, q, 0)
	if fault.Is(err, "audit.no_checkpoint") {
		return page, nil
	}
	page.Checkpoint = string(raw)
	return page, err
}

// itemRows shows what a receipt proves, in words.
func itemRows(c *web.Request, item json.RawMessage) ([]fieldRow, error) {
	var a struct {
		AsOf    string         `json:"as_of"`
		Matter  credit.Matter  `json:"matter"`
		Name    string         `json:"name"`
		On      string         `json:"on"`
		Ref     string         `json:"ref"`
		USCC    string         `json:"uscc"`
		Verdict credit.Verdict `json:"verdict"`
		LogSize int64          `json:"log_size"`
	}
	if err := json.Unmarshal(item, &a); err != nil {
		return nil, fault.New(fault.Invalid, "audit.bad_receipt")
	}
	rows := []fieldRow{
		{c.Say("portal.item_name"), a.Name}, {c.Say("portal.item_uscc"), a.USCC},
		{c.Say("portal.item_matter"), c.Say(web.MatterCode(a.Matter))}, {c.Say("portal.item_verdict"), c.Say(web.VerdictBadge(a.Verdict).Code)},
		{c.Say("portal.item_on"), a.On}, {c.Say("portal.item_as_of"), a.AsOf}, {c.Say("portal.item_log_size"), web.Number(a.LogSize)},
	}
	if a.Ref != "" {
		rows = append(rows, fieldRow{c.Say("portal.item_ref"), a.Ref})
	}
	return rows, nil
}
