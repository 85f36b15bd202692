package work

import (
	"io"
	"strconv"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/takeover"
	"zhixin/internal/web"
)

func (w *work) takeoverPages(s *web.Server) {
	read, reconcile, sign := web.Access(org.TakeoverRead), web.Access(org.TakeoverReconcile), web.Access(org.TakeoverSign)
	s.View("GET /work/takeovers", read, w.takeovers)
	s.View("GET /work/takeovers/new", web.Access(org.TakeoverOpen), w.takeoverForm)
	s.Stream("POST /work/takeovers", web.Access(org.TakeoverOpen), w.openTakeover)
	s.View("GET /work/takeovers/{id}", read, w.takeover)
	s.Stream("POST /work/takeovers/{id}/explain", reconcile, w.explainLine)
	s.Stream("POST /work/takeovers/{id}/submit", reconcile, w.submitTakeover)
	s.Act("POST /work/takeovers/{id}/return", sign, w.returnTakeover)
	s.Stream("POST /work/takeovers/{id}/sign", sign, w.signTakeover)
	s.Act("POST /work/takeovers/{id}/withdraw", web.Access(org.TakeoverOpen), w.withdrawTakeover)
}

type takeoversPage struct {
	web.Page
	Opens bool
	Rows  []takeoverRow
}

type takeoverRow struct {
	URL, System, Department, At string
	Day                         credit.Date
	State                       web.Badge
}

func takeoverBadge(s takeover.State) web.Badge {
	switch s {
	case takeover.Signed:
		return web.Badge{Code: "work.takeover_signed", Shape: "●", Tone: "good"}
	case takeover.Withdrawn:
		return web.Badge{Code: "work.takeover_withdrawn", Shape: "✕", Tone: "none"}
	case takeover.Reconciled:
		return web.Badge{Code: "work.takeover_submitted", Shape: "◐", Tone: "note"}
	}
	return web.Badge{Code: "work.takeover_open", Shape: "○", Tone: "none"}
}

func takeoverURL(id string) string { return "/work/takeovers/" + id }

func (w *work) takeovers(c *web.View) (web.Answer, error) {
	page := &takeoversPage{Page: web.Page{Title: c.Say("work.takeovers")}, Opens: org.Can(c.By, org.TakeoverOpen)}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	all, err := takeover.List(c.Ctx, c.Q, org.ScopeOf(c.By, org.TakeoverRead))
	if err != nil {
		return web.Answer{}, err
	}
	for _, t := range all {
		page.Rows = append(page.Rows, takeoverRow{takeoverURL(t.ID), t.System, names.Short(t.Department), minute(t.OpenedAt), t.Day, takeoverBadge(t.State)})
	}
	return w.face.Page(page), nil
}

// newTakeoverPage is the form that opens a take-over; what was entered stands in it again where something was wrong.
type newTakeoverPage struct {
	web.Page
	Problem           string
	System, Day, Sums string
	Departments       []web.Choice
	Today             credit.Date
	Kinds             []web.Choice
	Longest           int
}

// longestSums bounds what can be pasted, in bytes; forms cut longer fields off.
const longestSums = 3900

func (w *work) takeoverForm(c *web.View) (web.Answer, error) {
	page, err := newTakeover(c.Request, c.Q, "")
	return w.face.Page(page), err
}

func newTakeover(c *web.Request, q db.Q, department string) (*newTakeoverPage, error) {
	page := &newTakeoverPage{Page: web.Page{Title: c.Say("work.takeover_new")}, Today: c.Today, Longest: longestSums / 3}
	set, err := catalog.Load(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	for _, k := range set.All() {
		page.Kinds = append(page.Kinds, web.Choice{Value: k.Name, Text: c.Pick(k.Title, k.English)})
	}
	page.Departments, err = departmentChoices(c, q, department)
	return page, err
}

// openTakeover opens a take-over with the sums of a file, or those that were pasted. What is wrong is said on the same page.
func (w *work) openTakeover(c *web.Stream) (web.Answer, error) {
	fields, _, file, err := c.File()
	if fault.Is(err, "web.no_file") {
		file, err = strings.NewReader(fields.Get("sums")), nil
	}
	if err != nil {
		return web.Answer{}, err
	}
	t := takeover.Takeover{Department: fields.Get("department"), System: fields.Get("system")}
	t.Day, _ = credit.ParseDate(fields.Get("day")) // what is no day is refused with the others
	if len(fields.Get("sums")) > longestSums {
		err = fault.New(fault.Invalid, "takeover.text_too_long")
	} else {
		t, err = w.startTakeover(c, t, file)
	}
	if err == nil {
		return web.Redirect(takeoverURL(t.ID), "work.takeover_opened", t.System), nil
	}
	kind, _ := fault.Of(err)
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *newTakeoverPage
	if err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = newTakeover(c.Request, q, fields.Get("department"))
		return err
	}); err != nil {
		return web.Answer{}, err
	}
	page.Problem, page.System, page.Day, page.Sums = problem, fields.Get("system"), fields.Get("day"), fields.Get("sums")
	return w.face.PageStatus(web.Status(kind), page), nil
}

func (w *work) startTakeover(c *web.Stream, t takeover.Takeover, sums io.Reader) (takeover.Takeover, error) {
	rows, err := intake.Rows(sums)
	if err != nil {
		return t, err
	}
	err = c.DB.Tx(c.Ctx, func(q db.Q) error {
		set, err := catalog.Load(c.Ctx, q)
		if err != nil {
			return err
		}
		stated, err := takeover.ReadStated(rows, set)
		if err != nil {
			return err
		}
		t, err = takeover.Start(c.Ctx, q, c.By, c.At, t, stated)
		return err
	})
	return t, err
}

// takeoverPage sets what an old system stated against what came.
type takeoverPage struct {
	web.Page
	ID, URL, System, Department string
	Day                         credit.Date
	State                       web.Badge
	Opened, Reconciled, Signed  string // who and when, "" where it has not happened
	Withdrawn                   string // who, when and why
	Returned                    string
	Leaf                        string
	Moved, Busy                 bool
	Open                        int // lines that differ without words
	Lines                       []sumLine
	Batches                     []batchRow
	Submits                     bool // files can be sent by this person
	Kinds                       []web.Choice
	Explains, Ready             bool // this person reconciles; everything is settled
	Signs, Returns              bool
	Mine                        bool // submitted by the reader: somebody else signs
	Withdraws                   bool // nothing was sent into it, and this person may say that it was a mistake
}

type sumLine struct {
	Kind, Code, Year                         string
	YearNo                                   int
	Stated, Received, Taken                  int
	Repeated, Rejected, Held                 int
	Fines, FinesReceived, FinesTaken         credit.Fen
	HasFines                                 bool
	Badge                                    web.Badge
	Differs                                  bool
	Difference, FinesDifference, Words, Form string // Form is the id of the field
}

func (w *work) takeover(c *web.View) (web.Answer, error) {
	t, err := takeover.Get(c.Ctx, c.Q, org.ScopeOf(c.By, org.TakeoverRead), c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	s, err := takeover.SumsOf(c.Ctx, c.Q, t)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	may := func(act org.Act) bool { return org.May(c.By, act, t.Department, "") == nil }
	page := &takeoverPage{Page: web.Page{Title: c.Say("work.takeover_of", t.System), Wide: true, NoStore: true}, ID: t.ID, URL: takeoverURL(t.ID),
		System: t.System, Department: names.Department(t.Department), Day: t.Day, State: takeoverBadge(t.State), Returned: t.Returned, Leaf: t.Leaf,
		Moved: s.Moved, Busy: s.Unfinished > 0, Open: s.Open()}
	if page.Busy {
		page.Refresh = 3
	}
	open, waits := t.State == takeover.Open, t.State == takeover.Reconciled
	page.Submits = open && c.By.Department == t.Department && may(org.BatchSubmit)
	page.Explains = open && may(org.TakeoverReconcile)
	page.Ready = page.Explains && page.Open == 0 && !page.Busy
	page.Mine = waits && t.ReconciledBy == c.By.User
	page.Returns = waits && may(org.TakeoverSign)
	page.Signs = page.Returns && !page.Mine && !page.Moved && !page.Busy
	if open && may(org.TakeoverOpen) {
		sent, err := intake.SentInto(c.Ctx, c.Q, t.ID)
		if err != nil {
			return web.Answer{}, err
		}
		page.Withdraws = sent == 0
	}
	if err := page.people(c, t); err != nil {
		return web.Answer{}, err
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := intake.Offered(c.Ctx, c.Q, set, t.Department, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	for _, k := range kinds {
		page.Kinds = append(page.Kinds, web.Choice{Value: k.Name, Text: c.Pick(k.Title, k.English)})
	}
	for i, l := range s.Lines {
		page.Lines = append(page.Lines, lineOf(c.Request, set, i, l))
	}
	batches, err := intake.ListOf(c.Ctx, c.Q, org.ScopeOf(c.By, org.TakeoverRead), t.ID, 200)
	if err != nil {
		return web.Answer{}, err
	}
	page.Batches, err = batchRows(c.Request, c.Q, batches)
	return w.face.Page(page), err
}

// people says who did what of a take-over and when.
func (page *takeoverPage) people(c *web.View, t takeover.Takeover) error {
	who, err := org.UserNames(c.Ctx, c.Q, []string{t.OpenedBy, t.ReconciledBy, t.SignedBy, t.WithdrawnBy})
	if err != nil {
		return err
	}
	page.Opened = c.Say("work.takeover_opened_by", person(c.Request, who, t.OpenedBy), minute(t.OpenedAt))
	if t.ReconciledBy != "" {
		page.Reconciled = c.Say("work.takeover_submitted_by", person(c.Request, who, t.ReconciledBy), minute(t.ReconciledAt))
	}
	if t.SignedBy != "" {
		page.Signed = c.Say("work.takeover_signed_by", person(c.Request, who, t.SignedBy), minute(t.SignedAt))
	}
	if t.WithdrawnBy != "" {
		page.Withdrawn = c.Say("work.takeover_withdrawn_by", person(c.Request, who, t.WithdrawnBy), minute(t.WithdrawnAt), t.WithdrawnFor)
	}
	return nil
}

func lineOf(c *web.Request, set catalog.Set, i int, l takeover.Line) sumLine {
	b := l.Brought
	row := sumLine{Kind: kindOf(c, set, l.Kind), Code: l.Kind, Year: c.Say("work.takeover_all_years"), YearNo: l.Year, Stated: l.Count, Received: b.Received,
		Taken: b.Taken, Repeated: b.Repeated, Rejected: b.Rejected, Held: b.Held, Fines: l.Fines, FinesReceived: b.Fines.Received, FinesTaken: b.Fines.Taken,
		HasFines: l.HasFines, Differs: l.Differs(), Words: l.Words, Form: "words-" + strconv.Itoa(i),
		Badge: web.Badge{Code: "work.takeover_agrees", Shape: "●", Tone: "good"}}
	if l.Year != 0 {
		row.Year = strconv.Itoa(l.Year)
	}
	switch {
	case !l.Differs():
		return row
	case l.Words != "":
		row.Badge = web.Badge{Code: "work.takeover_explained", Shape: "◆", Tone: "note"}
	default:
		row.Badge = web.Badge{Code: "work.takeover_differs", Shape: "■", Tone: "bad"}
	}
	switch n := l.Missing(); {
	case n > 0:
		row.Difference = c.Say("work.takeover_fewer", web.Number(int64(n)))
	case n < 0:
		row.Difference = c.Say("work.takeover_more", web.Number(int64(-n)))
	}
	switch n := l.MissingFines(); {
	case n > 0:
		row.FinesDifference = c.Say("work.takeover_fines_less", web.Money(c.Lang, n))
	case n < 0:
		row.FinesDifference = c.Say("work.takeover_fines_more", web.Money(c.Lang, -n))
	}
	return row
}

// counted runs an act on what came into a take-over, which is counted before it so that nobody waits meanwhile.
func counted(c *web.Stream, notice string, act func(q db.Q, n takeover.Count) error) (web.Answer, error) {
	var n takeover.Count
	id := c.PathValue("id")
	err := c.DB.View(c.Ctx, func(q db.Q) error {
		t, err := takeover.Get(c.Ctx, q, org.ScopeOf(c.By, org.TakeoverRead), id)
		if err == nil {
			n, err = takeover.CountOf(c.Ctx, q, t)
		}
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	return web.Redirect(takeoverURL(id), notice), c.DB.Tx(c.Ctx, func(q db.Q) error { return act(q, n) })
}

func (w *work) explainLine(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	year, _ := strconv.Atoi(c.Field("year")) // what is no year is no line
	return counted(c, "work.takeover_words_kept", func(q db.Q, n takeover.Count) error {
		return takeover.Explain(c.Ctx, q, c.By, c.At, c.PathValue("id"), n, c.Field("kind"), year, c.Field("words"))
	})
}

func (w *work) submitTakeover(c *web.Stream) (web.Answer, error) {
	return counted(c, "work.takeover_was_submitted", func(q db.Q, n takeover.Count) error {
		return takeover.Submit(c.Ctx, q, c.By, c.At, c.PathValue("id"), n)
	})
}

func (w *work) returnTakeover(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(takeoverURL(id), "work.takeover_was_returned"), takeover.Return(c.Ctx, c.Q, c.By, c.At, id, c.Field("reason"))
}

func (w *work) signTakeover(c *web.Stream) (web.Answer, error) {
	return counted(c, "work.takeover_was_signed", func(q db.Q, n takeover.Count) error {
		return takeover.Sign(c.Ctx, q, c.By, c.At, c.PathValue("id"), n)
	})
}

func (w *work) withdrawTakeover(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(takeoverURL(id), "work.takeover_was_withdrawn"), takeover.Withdraw(c.Ctx, c.Q, c.By, c.At, id, c.Field("reason"))
}
