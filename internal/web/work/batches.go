package work

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

func (w *work) batchPages(s *web.Server) {
	s.View("GET /work/batches", web.Access(org.BatchRead), w.batches)
	s.Stream("POST /work/batches", web.Access(org.BatchSubmit), w.upload)
	s.Stream("POST /work/batches/paste", web.Access(org.BatchSubmit), w.paste)
	s.Act("POST /work/batches/{id}/confirm", web.Access(org.BatchSubmit), w.confirmBatch)
	s.Act("POST /work/batches/{id}/discard", web.Access(org.BatchSubmit), w.discardBatch)
	s.View("GET /work/batches/{id}", web.Access(org.BatchRead), w.batch)
	s.View("GET /work/batches/{id}/problems.csv", web.Access(org.BatchRead), w.problems)
	s.View("GET /work/batches/{id}/problems.xlsx", web.Access(org.BatchRead), w.problemBook)
}

type batchesPage struct {
	web.Page
	Submits     bool
	Department  string
	Kinds       []kindChoice // that this department may state, the most used first
	Problem     string       // why what was pasted was not taken
	Pasted      string       // what was pasted, given back
	PasteKB     int
	Batches     []batchRow
	Next, First string
	LimitMB     int
}

// kindChoice is a kind of record that may be sent, with its template.
type kindChoice struct {
	web.Choice
	Template string
	Headings string // of the template, separated by tabs
	Known    string // every heading that is understood
}

type batchRow struct {
	URL, Name, Kind, Department, At string
	State                           web.Badge
	Received, Rejected, Unmatched   int
}

const batchesOfPage = 30

func (w *work) batches(c *web.View) (web.Answer, error) {
	page, err := batchesPageOf(c.Request, c.Q, c.Query("kind"))
	return w.face.Page(page), err
}

// batchesPageOf is the page with a kind chosen.
func batchesPageOf(c *web.Request, q db.Q, kind string) (*batchesPage, error) {
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	page := &batchesPage{Page: web.Page{Title: c.Say("work.nav_batches"), Grid: true}, Submits: org.Can(c.By, org.BatchSubmit),
		Department: names.Department(c.By.Department), LimitMB: intake.FileLimit >> 20, PasteKB: intake.PasteLimit >> 10}
	if page.Submits {
		set, err := catalog.Load(c.Ctx, q)
		if err != nil {
			return nil, err
		}
		kinds, err := intake.Offered(c.Ctx, q, set, c.By.Department, c.Today)
		if err != nil {
			return nil, err
		}
		for _, k := range kinds {
			page.Kinds = append(page.Kinds, kindChoice{web.Choice{Value: k.Name, Text: c.Pick(k.Title, k.English), Chosen: k.Name == kind},
				"/work/templates/" + k.Name + ".xlsx", strings.Join(k.Headings(), "\t"), strings.Join(known(k), "\t")})
		}
	}
	after := c.Query("after")
	got, err := intake.List(c.Ctx, q, org.ScopeOf(c.By, org.BatchRead), after, batchesOfPage)
	if err != nil {
		return nil, err
	}
	if len(got) == batchesOfPage {
		page.Next = address("/work/batches", "after", got[len(got)-1].Place)
	}
	if after != "" {
		page.First = "/work/batches"
	}
	page.Batches, err = batchRows(c, q, got)
	return page, err
}

// known returns every heading of a kind that is understood.
func known(k catalog.Kind) (out []string) {
	for _, f := range k.Fields {
		out = append(append(out, f.Code, f.Name), f.Aliases...)
	}
	return out
}

func batchRows(c *web.Request, q db.Q, batches []intake.Batch) ([]batchRow, error) {
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	set, err := catalog.Load(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	var out []batchRow
	for _, b := range batches {
		out = append(out, batchRow{URL: "/work/batches/" + b.ID, Name: b.Name, Kind: kindOf(c, set, b.Kind), Department: names.Short(b.Department),
			At: minute(b.ReceivedAt), State: batchBadge(b.State), Received: b.Received, Rejected: b.Rejected, Unmatched: b.Unmatched})
	}
	return out, nil
}

func kindOf(c *web.Request, set catalog.Set, name string) string {
	k, err := set.Of(name)
	if err != nil {
		return name
	}
	return c.Pick(k.Title, k.English)
}

func batchBadge(s intake.State) web.Badge {
	switch s {
	case intake.Read:
		return web.Badge{Code: "work.batch_read", Shape: "◇", Tone: "warn"}
	case intake.Discarded:
		return web.Badge{Code: "work.batch_discarded", Shape: "✕", Tone: "none"}
	case intake.Done:
		return web.Badge{Code: "work.batch_done", Shape: "●", Tone: "good"}
	case intake.Failed:
		return web.Badge{Code: "work.batch_failed", Shape: "■", Tone: "bad"}
	case intake.Recalling:
		return web.Badge{Code: "work.batch_recalling", Shape: "◐", Tone: "note"}
	case intake.TakenBack:
		return web.Badge{Code: "work.batch_recalled", Shape: "○", Tone: "none"}
	case intake.Checking:
		return web.Badge{Code: "work.batch_checking", Shape: "◐", Tone: "note"}
	}
	return web.Badge{Code: "work.batch_received", Shape: "○", Tone: "none"}
}

// upload takes a file as it comes; the answer is the page on which it is shown how it was read.
func (w *work) upload(c *web.Stream) (web.Answer, error) {
	fields, name, body, err := c.File()
	if err != nil {
		return web.Answer{}, err
	}
	return receive(c, intake.Upload{Kind: fields.Get("kind"), Takeover: fields.Get("takeover"), Name: name, Body: body})
}

// pasteBack is how much of what was pasted is given back where it is not taken, in bytes.
const pasteBack = 256 << 10

// paste takes a table as it comes from a spreadsheet program; it is a file like any other. What is not taken is given back in the form
// with the reason: nobody has to copy it again.
func (w *work) paste(c *web.Stream) (web.Answer, error) {
	err := c.ReadLongForm(pasteBack)
	switch {
	case fault.Is(err, "web.form_too_large"):
		err = fault.New(fault.TooLarge, "work.paste_lost", pasteBack>>10)
	case err == nil:
		var a web.Answer
		if a, err = w.pasted(c, c.Field("kind"), c.Text("text")); err == nil {
			return a, nil
		}
	}
	kind, _ := fault.Of(err)
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *batchesPage
	err = c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = batchesPageOf(c.Request, q, c.Field("kind"))
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	page.Problem, page.Pasted, page.NoStore = problem, c.Text("text"), true
	return w.face.PageStatus(web.Status(kind), page), nil
}

func (w *work) pasted(c *web.Stream, kind, text string) (web.Answer, error) {
	var file string
	err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		file, err = intake.Pasted(c.Ctx, q, kind, text)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	return receive(c, intake.Upload{Kind: kind, Name: c.Say("work.pasted_name"), Body: strings.NewReader(file)})
}

// receive keeps a file of the person's department until somebody has seen how it is read.
func receive(c *web.Stream, u intake.Upload) (web.Answer, error) {
	u.Department, u.Confirm = c.By.Department, true
	b, err := intake.Receive(c.Ctx, c.DB, c.By, c.At, u)
	if err != nil {
		return web.Answer{}, err
	}
	notice := "work.batch_resent"
	switch {
	case b.State == intake.Failed:
		notice = ""
	case b.State == intake.Read && b.Resent:
		notice = "work.batch_waits"
	case b.State == intake.Read:
		notice = "work.batch_look"
	}
	return web.Redirect("/work/batches/"+b.ID, notice), nil
}

// batchPage shows how far a batch is and what was wrong with it. While it is not finished the part with the bar is
// refreshed by itself, and without scripts the whole page is.
type batchPage struct {
	web.Page
	URL, Name, Kind, Department, At string
	State                           web.Badge
	Busy                            bool
	Counted                         bool // how many rows there are is known
	Rows, Total, Percent            int
	Rate, Left                      string
	Failure                         string
	Notes                           []string
	Accepted, Duplicate, Superseded int
	Rejected, Unmatched, Received   int
	Problems                        []problemRow
	More                            string // where the next problems are
	First                           string
	Book                            string // the problem rows as a workbook, "" where there are none, or too many
	Sheet                           string // the same as CSV, "" where there is nothing to mend
	Warned                          int
	Preview                         previewPart
	Waits                           bool   // for somebody to confirm it; the preview is all there is
	Discarded                       bool   // somebody did not want it
	Records                         string // where its records are
	Extra                           string // columns that were kept with them beside the standard
	Origin, Takeover                string // the old system whose past it is, and its page; "" for what is sent as it happens
	Recall                          string // where it is taken back, "" where it cannot be
	Recalled, RecallWhy             string
	Recalling                       bool
	RecallPercent                   int
}

type problemRow struct {
	Row    int
	Fate   web.Badge
	Call   web.Badge // whether it must be mended, or is only worth a look
	Column string
	Text   string
	Mend   string
}

const problemsOfPage = 50

func (w *work) batch(c *web.View) (web.Answer, error) {
	scope := org.ScopeOf(c.By, org.BatchRead)
	b, err := intake.Get(c.Ctx, c.Q, scope, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	url, kind := "/work/batches/"+b.ID, kindOf(c.Request, set, b.Kind)
	page := &batchPage{Page: web.Page{Title: c.Say("work.batch_title", kind)}, URL: url, Name: b.Name, Kind: kind,
		Department: names.Department(b.Department), At: minute(b.ReceivedAt), State: batchBadge(b.State),
		Busy: b.State == intake.Received || b.State == intake.Checking, Accepted: b.Accepted, Duplicate: b.Duplicate,
		Superseded: b.Superseded, Rejected: b.Rejected, Unmatched: b.Unmatched, Received: b.Received, Warned: b.Warned,
		Waits: b.State == intake.Read, Discarded: b.State == intake.Discarded}
	if b.Takeover != "" {
		origins, err := intake.Origins(c.Ctx, c.Q, []string{b.ID})
		if err != nil {
			return web.Answer{}, err
		}
		page.Origin, page.Takeover = origins[b.ID], "/work/takeovers/"+b.Takeover
	}
	if page.Waits {
		p, err := intake.PreviewOf(c.Ctx, c.Q, scope, b.ID)
		if err != nil {
			return web.Answer{}, err
		}
		page.Preview, page.NoStore = previewOf(c.Request, b, p), true
		return w.face.Page(page), nil
	}
	if err := b.Failure(); err != nil {
		if page.Failure, err = c.Explain(err); err != nil {
			return web.Answer{}, err
		}
	}
	for _, n := range b.Notes {
		page.Notes = append(page.Notes, c.Say(n.Code, n.Args...))
	}
	if c.By.Department == b.Department {
		names, err := intake.ExtraColumnsOf(c.Ctx, c.Q, b)
		if err != nil {
			return web.Answer{}, err
		}
		page.Extra = strings.Join(names, c.Say("work.list_comma"))
	}
	page.progress(c.Request, b)
	if b.Accepted+b.Superseded > 0 {
		page.Records = address("/work/records", "batch", b.ID)
	}
	if err := page.recalled(c.Request, c.Q, b); err != nil {
		return web.Answer{}, err
	}
	from, _ := strconv.Atoi(c.Query("row")) // what is no number begins at the front
	rows, err := intake.ProblemsPage(c.Ctx, c.Q, scope, b.ID, from, problemsOfPage)
	if err != nil {
		return web.Answer{}, err
	}
	for _, r := range rows {
		page.Problems = append(page.Problems, problemRows(c.Request, r)...)
	}
	if b.Rejected+b.Unmatched > 0 { // rows that were taken with a warning are not in it
		page.Sheet = url + "/problems.csv"
	}
	if told := b.Listed + b.Unmatched; told > 0 && told <= intake.WorkbookRows {
		page.Book = url + "/problems.xlsx"
	}
	if len(rows) == problemsOfPage {
		page.More = address(url, "row", strconv.Itoa(rows[len(rows)-1].Row))
	}
	if from > 0 {
		page.First = url
	}
	return w.face.Page(page), nil
}

func (page *batchPage) progress(c *web.Request, b intake.Batch) {
	if !page.Busy {
		return
	}
	page.Refresh = 3
	p := b.Progress(c.At)
	page.Rows, page.Total, page.Percent, page.Counted = p.Rows, p.Total, p.Percent, p.Total >= 0
	if p.Rate > 0 {
		page.Rate = c.Say("work.rate", web.Number(int64(p.Rate)))
	}
	if p.Left > 0 {
		page.Left = c.Say("work.left_seconds", web.Number(int64((p.Left+time.Second-1)/time.Second)))
	}
}

func fateBadge(f intake.Fate) web.Badge {
	fate := web.Badge{Code: "work.fate_" + string(f), Shape: "■", Tone: "bad"}
	switch f {
	case intake.Held:
		fate.Shape, fate.Tone = "◐", "note"
	case intake.Warned:
		fate.Shape, fate.Tone = "△", "note"
	}
	return fate
}

func problemRows(c *web.Request, r intake.ProblemRow) []problemRow {
	fate := fateBadge(r.Fate)
	var out []problemRow
	for _, p := range r.Problems {
		column := p.Column
		if column == "" {
			column = p.Field
		}
		call := web.Badge{Code: "work.to_mend", Shape: "■", Tone: "bad"}
		if p.Warning {
			call = web.Badge{Code: "work.to_note", Shape: "△", Tone: "note"}
		}
		out = append(out, problemRow{r.Row, fate, call, column, c.Say(p.Code, p.Args...), p.Mend(c.Words(), c.Lang)})
	}
	return out
}

// problems is the sheet of the rows that were not taken, to be mended and sent again.
func (w *work) problems(c *web.View) (web.Answer, error) {
	return problemFile(c, ".csv", web.SheetType, intake.Problems)
}

// problemBook is the workbook of the rows about which there is something to say.
func (w *work) problemBook(c *web.View) (web.Answer, error) {
	return problemFile(c, ".xlsx", xlsxType, intake.Workbook)
}

type writer func(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag, w io.Writer) error

func problemFile(c *web.View, ending, kind string, write writer) (web.Answer, error) {
	scope := org.ScopeOf(c.By, org.BatchRead)
	b, err := intake.Get(c.Ctx, c.Q, scope, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	name := "problems-" + credit.DateOf(b.ReceivedAt).String() + "-" + b.ID[:min(8, len(b.ID))] + ending
	return web.Download(name, kind, func(out io.Writer) error {
		return write(c.Ctx, c.Q, scope, b.ID, c.Words(), c.Lang, out)
	}), nil
}
