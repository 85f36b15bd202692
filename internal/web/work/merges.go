package work

import (
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/merger"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/web"
)

// Subjects that are one are joined, and records are parted from a subject whose they are not: proposed by one person with a look at
// what would move, confirmed by another, and undone by two as well.
func (w *work) mergePages(s *web.Server) {
	propose, confirm := web.Access(org.MergePropose), web.Access(org.MergeConfirm)
	s.View("GET /work/merges", web.Signed, w.merges)
	s.View("GET /work/merges/new", propose, w.mergeForm)
	s.Act("POST /work/merges", propose, w.proposeMerge)
	s.View("GET /work/merges/{id}", web.Signed, w.merge)
	s.Act("POST /work/merges/{id}/confirm", confirm, w.confirmMerge)
	s.Act("POST /work/merges/{id}/refuse", web.Signed, w.refuseMerge)
	s.Act("POST /work/merges/{id}/undo", propose, w.askUndo)
	s.Act("POST /work/merges/{id}/undone", confirm, w.confirmUndo)
}

// mergesShown is how many acts stand on a page.
const mergesShown = 100

func mergeURL(id string) string { return "/work/merges/" + id }

// mergesPage is what was proposed; what waits comes first.
type mergesPage struct {
	web.Page
	Proposes bool
	Rows     []mergeRow
}

type mergeRow struct {
	URL, What, From, Into, FromCode, IntoCode, Who, At string
	State                                              web.Badge
}

func mergeBadge(s merger.State) web.Badge {
	b := web.Badge{Code: "work.merge_state_" + string(s), Shape: "○", Tone: "none"}
	switch s {
	case merger.Proposed, merger.Undoing:
		b.Shape, b.Tone = "◐", "note"
	case merger.Done:
		b.Shape, b.Tone = "●", "good"
	case merger.Refused:
		b.Shape = "✕"
	case merger.Undone:
		b.Shape = "◇"
	}
	return b
}

func mergeRows(c *web.View, acts []merger.Act) ([]mergeRow, error) {
	people := make([]string, len(acts))
	for i, a := range acts {
		people[i] = a.ProposedBy
	}
	who, err := org.UserNames(c.Ctx, c.Q, people)
	var out []mergeRow
	for _, a := range acts {
		out = append(out, mergeRow{mergeURL(a.ID), c.Say("work.merge_is_" + string(a.Kind)), a.FromName, a.IntoName, a.FromCode, a.IntoCode,
			person(c.Request, who, a.ProposedBy), minute(a.ProposedAt), mergeBadge(a.State)})
	}
	return out, err
}

func (w *work) merges(c *web.View) (web.Answer, error) {
	scope, err := mergeScope(c.By)
	if err != nil {
		return web.Answer{}, err
	}
	page := &mergesPage{Page: web.Page{Title: c.Say("work.merges"), NoStore: true, Wide: true}, Proposes: org.Can(c.By, org.MergePropose)}
	acts, err := merger.List(c.Ctx, c.Q, scope, mergesShown)
	if err != nil {
		return web.Answer{}, err
	}
	page.Rows, err = mergeRows(c, acts)
	return w.face.Page(page), err
}

// mergeScope is how far a person sees; whoever neither proposes nor confirms sees nothing.
func mergeScope(by org.Actor) (org.Scope, error) {
	scope := merger.Scope(by)
	if scope == (org.Scope{}) {
		return scope, org.May(by, org.MergePropose, "", "")
	}
	return scope, nil
}

// movesView is what moves, as a page shows it.
type movesView struct {
	InTheWay       []string
	Counts         []countLine
	Numbers, Names []string
	Entries, Cases []string
}

type countLine struct {
	Label string
	N     int
}

func movesOf(c *web.View, set catalog.Set, a merger.Act, m merger.Moves) (v movesView, err error) {
	for _, e := range m.InTheWay {
		text, err := c.Explain(e)
		if err != nil {
			return v, err
		}
		v.InTheWay = append(v.InTheWay, text)
	}
	for _, k := range set.All() {
		if n := m.Facts[k.Name]; n > 0 {
			v.Counts = append(v.Counts, countLine{kindOf(c.Request, set, k.Name), n})
		}
	}
	for _, l := range []countLine{{"work.merge_measures", m.Measures}, {"work.merge_papers", m.Papers}, {"work.merge_hides", m.Hides},
		{"work.merge_judgements", m.Judgements}, {"work.merge_held", m.Held}} {
		if l.N > 0 {
			v.Counts = append(v.Counts, countLine{c.Say(l.Label), l.N})
		}
	}
	for _, n := range m.Numbers {
		v.Numbers = append(v.Numbers, n.Value)
	}
	for _, n := range m.Names {
		v.Names = append(v.Names, n.Name)
	}
	for _, e := range m.Entries {
		v.Entries = append(v.Entries, e.Detail+" · "+e.PaperNo())
	}
	for _, one := range m.Cases {
		v.Cases = append(v.Cases, one.Detail+" · "+c.Say(string(one.State.Code())))
	}
	return v, nil
}

// newMergePage is the form: first the two codes, then what would move and the reason.
type newMergePage struct {
	web.Page
	From, Into, Problem string
	Split               bool
	Act                 *mergeRow // nil until both are found
	Moves               movesView
	Choices             []chosenRow
	Ready               bool
}

type chosenRow struct {
	ID, Kind, Number string
	Day              credit.Date
}

func (w *work) mergeForm(c *web.View) (web.Answer, error) {
	n := merger.New{Kind: merger.Kind(c.Query("kind")), From: c.Query("from"), Into: c.Query("into")}
	page := &newMergePage{Page: web.Page{Title: c.Say("work.merge_new"), NoStore: true}, From: n.From, Into: n.Into, Split: n.Kind == merger.Split}
	if n.From == "" || n.Into == "" {
		return w.face.Page(page), nil
	}
	a, m, err := merger.Preview(c.Ctx, c.Q, c.By, c.At, n)
	if kind, _ := fault.Of(err); err != nil && kind != fault.Internal {
		page.Problem, err = c.Explain(err)
		return w.face.PageStatus(web.Status(kind), page), err
	}
	if err != nil {
		return web.Answer{}, err
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page.Act = &mergeRow{From: a.FromName, Into: a.IntoName, FromCode: a.FromCode, IntoCode: a.IntoCode}
	if !page.Split {
		page.Ready = len(m.InTheWay) == 0
		page.Moves, err = movesOf(c, set, a, m)
		return w.face.Page(page), err
	}
	page.Choices, err = choicesOf(c, set, a.From)
	page.Ready = len(page.Choices) > 0
	return w.face.Page(page), err
}

// choicesOf returns the records of a subject that can be moved by themselves.
func choicesOf(c *web.View, set catalog.Set, id string) (out []chosenRow, err error) {
	facts, err := record.Movable(c.Ctx, c.Q, id)
	for _, r := range facts {
		if !r.Withdrawn && r.Kind != record.EnterpriseKind {
			out = append(out, chosenRow{r.ID, kindOf(c.Request, set, r.Kind), intake.Shown(r.SourceKey), r.Day})
		}
	}
	return out, err
}

func (w *work) proposeMerge(c *web.Act) (web.Answer, error) {
	a, err := merger.Propose(c.Ctx, c.Q, c.By, c.At, merger.New{Kind: merger.Kind(c.Field("kind")), From: c.Field("from"), Into: c.Field("into"),
		Chosen: c.PostForm["record"], Reason: c.Field("reason")})
	return web.Redirect(mergeURL(a.ID), "work.merge_was_proposed"), err
}

// mergePage is one act with what it moves, and what can be done next.
type mergePage struct {
	web.Page
	URL, What, From, Into, FromCode, IntoCode, FromURL, IntoURL, Reason string
	State                                                               web.Badge
	Steps                                                               []string
	Split, Waits                                                        bool
	Moves                                                               movesView
	Confirms, Refuses, TakesBack, Undoes, ConfirmsUndo                  bool
}

func (w *work) merge(c *web.View) (web.Answer, error) {
	scope, err := mergeScope(c.By)
	if err != nil {
		return web.Answer{}, err
	}
	a, err := merger.Get(c.Ctx, c.Q, scope, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	proposes, confirms := org.Can(c.By, org.MergePropose), org.Can(c.By, org.MergeConfirm)
	mine := a.LastBy() == c.By.Who()
	page := &mergePage{Page: web.Page{Title: c.Say("work.merge_of", a.FromName, a.IntoName), NoStore: true}, URL: mergeURL(a.ID),
		What: c.Say("work.merge_is_" + string(a.Kind)), From: a.FromName, Into: a.IntoName, FromCode: a.FromCode, IntoCode: a.IntoCode,
		FromURL: registerOf(a.FromCode), IntoURL: registerOf(a.IntoCode), Reason: a.Reason, State: mergeBadge(a.State), Split: a.Kind == merger.Split,
		Waits: a.State == merger.Proposed}
	waits := page.Waits || a.State == merger.Undoing
	page.Confirms = page.Waits && confirms && !mine
	page.ConfirmsUndo = a.State == merger.Undoing && confirms && !mine
	page.Refuses = waits && confirms && !mine
	page.TakesBack = waits && proposes && mine
	page.Undoes = a.State == merger.Done && proposes
	if page.Steps, err = mergeSteps(c, a); err != nil || !page.Waits {
		return w.face.Page(page), err
	}
	m, err := a.Moves(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page.Moves, err = movesOf(c, set, a, m)
	page.Confirms = page.Confirms && len(m.InTheWay) == 0
	return w.face.Page(page), err
}

// mergeSteps says who did what and when.
func mergeSteps(c *web.View, a merger.Act) ([]string, error) {
	who, err := org.UserNames(c.Ctx, c.Q, []string{a.ProposedBy, a.DecidedBy, a.UndoBy, a.UndoneBy})
	if err != nil {
		return nil, err
	}
	out := []string{c.Say("work.merge_proposed_by", person(c.Request, who, a.ProposedBy), minute(a.ProposedAt))}
	switch {
	case a.RefusedFor != "":
		out = append(out, c.Say("work.merge_refused_by", person(c.Request, who, a.DecidedBy), minute(a.DecidedAt), a.RefusedFor))
	case a.DecidedBy != "":
		out = append(out, c.Say("work.merge_done_by", person(c.Request, who, a.DecidedBy), minute(a.DecidedAt)))
	}
	if a.UndoBy != "" {
		out = append(out, c.Say("work.merge_undo_by", person(c.Request, who, a.UndoBy), minute(a.UndoAt), a.UndoReason))
	}
	if a.UndoneBy != "" {
		out = append(out, c.Say("work.merge_undone_by", person(c.Request, who, a.UndoneBy), minute(a.UndoneAt)))
	}
	return out, nil
}

func (w *work) confirmMerge(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(mergeURL(id), "work.merge_was_confirmed"), merger.Confirm(c.Ctx, c.Q, c.By, c.At, id)
}

func (w *work) refuseMerge(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(mergeURL(id), "work.merge_was_refused"), merger.Refuse(c.Ctx, c.Q, c.By, c.At, id, c.Field("reason"))
}

func (w *work) askUndo(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(mergeURL(id), "work.merge_undo_asked"), merger.AskUndo(c.Ctx, c.Q, c.By, c.At, id, c.Field("reason"))
}

func (w *work) confirmUndo(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(mergeURL(id), "work.merge_was_undone"), merger.ConfirmUndo(c.Ctx, c.Q, c.By, c.At, id)
}

// merged adds to the page of an enterprise what was joined with it or parted from it, for those who do that.
func (page *registerPage) merged(c *web.View, e enterprise.Subject) error {
	page.Merges = org.May(c.By, org.MergePropose, e.Authority, e.Division) == nil
	if !page.Merges && org.May(c.By, org.MergeConfirm, e.Authority, e.Division) != nil {
		return nil
	}
	acts, err := merger.Of(c.Ctx, c.Q, e.ID)
	if err != nil {
		return err
	}
	page.Merged, err = mergeRows(c, acts)
	return err
}

// mergesWaiting adds to the desk what waits for this person's confirmation.
func (w *work) mergesWaiting(c *web.View, page *deskPage) error {
	if !org.Can(c.By, org.MergeConfirm) {
		return nil
	}
	acts, err := merger.List(c.Ctx, c.Q, merger.Scope(c.By), mergesShown)
	if err != nil {
		return err
	}
	n := 0
	for _, a := range acts {
		if (a.State == merger.Proposed || a.State == merger.Undoing) && a.LastBy() != c.By.Who() {
			n++
		}
	}
	if n > 0 {
		page.Tasks = append(page.Tasks, taskRow{URL: "/work/merges", Act: c.Say("work.act_merge"), What: c.Say("work.merges_wait", n), Kind: c.Say("work.merges"),
			Clock: clockMark{"none", "○", c.Say("work.due_open")}})
	}
	return nil
}
