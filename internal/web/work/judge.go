package work

import (
	"net/url"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/match"
	"zhixin/internal/names"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

func (w *work) judgePages(s *web.Server) {
	s.View("GET /work/judgements", web.Access(org.MatchJudge), w.judgements)
	s.View("GET /work/judgements/{pattern}", web.Access(org.MatchJudge), w.judgement)
	s.Act("POST /work/judgements/{pattern}", web.Access(org.MatchJudge), w.judge)
	s.View("GET /work/judgements/made/{id}", web.Access(org.MatchJudge), w.judgementMade)
	s.Act("POST /work/judgements/made/{id}/undo", web.Access(org.MatchJudge), w.unjudge)
}

// judgementsPage is what waits for a person's word, and what was decided last.
type judgementsPage struct {
	web.Page
	Waiting     []waitingRow
	Made        []madeRow
	Next, First string
}

type waitingRow struct {
	URL, Name, Code, Kind, Department, Since string
	Rows                                     int
	Best                                     []string  // the names of the two who are meant most likely
	Badge                                    web.Badge // how likely
}

type madeRow struct {
	URL, Name, Whom, By, At, Reason string
	Rows                            int
	Undone                          string // when and why, "" while it stands
}

const judgementsOfPage = 20

func (w *work) judgements(c *web.View) (web.Answer, error) {
	scope := org.ScopeOf(c.By, org.MatchJudge)
	page := &judgementsPage{Page: web.Page{Title: c.Say("work.judgements"), NoStore: true, Wide: true}}
	waiting, next, err := intake.UndecidedRows(c.Ctx, c.Q, scope, c.Query("after"), judgementsOfPage)
	if err != nil {
		return web.Answer{}, err
	}
	on, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	for _, u := range waiting {
		row := waitingRow{URL: judgementURL(u.Pattern), Name: u.Said.Name, Code: u.Said.USCC, Kind: kindOf(c.Request, kinds, u.Kind),
			Department: on.Short(u.Department), Since: minute(u.Since), Rows: u.Rows, Badge: bandBadge(match.None, false)}
		meant, err := intake.Meant(c.Ctx, c.Q, w.Find, u.Said, nil)
		if err != nil {
			return web.Answer{}, err
		}
		if len(meant) > 0 {
			row.Badge = bandBadge(meant[0].Band, meant[0].Likely)
			for _, m := range meant[:min(2, len(meant))] {
				row.Best = append(row.Best, m.Side.Name)
			}
		}
		page.Waiting = append(page.Waiting, row)
	}
	if next != "" {
		page.Next = address("/work/judgements", "after", next)
	}
	if c.Query("after") != "" {
		page.First = "/work/judgements"
	}
	made, err := intake.Judged(c.Ctx, c.Q, scope, c.At.AddDate(1, 0, 0), judgementsOfPage)
	if err != nil {
		return web.Answer{}, err
	}
	page.Made, err = w.made(c, made)
	return w.face.Page(page), err
}

func judgementURL(pattern string) string { return "/work/judgements/" + url.PathEscape(pattern) }

// made returns judgements as rows.
func (w *work) made(c *web.View, js []intake.Judgement) ([]madeRow, error) {
	var ids, people []string
	for _, j := range js {
		people = append(people, j.By, j.UndoneBy)
		if j.EnterpriseID != "" {
			ids = append(ids, j.EnterpriseID)
		}
	}
	who, err := org.UserNames(c.Ctx, c.Q, people)
	if err != nil {
		return nil, err
	}
	subjects, err := enterprise.ByIDs(c.Ctx, c.Q, ids)
	if err != nil {
		return nil, err
	}
	called := map[string]string{"": c.Say("work.judge_nobody")}
	for _, s := range subjects {
		called[s.ID] = s.Name + " " + s.USCC
	}
	var out []madeRow
	for _, j := range js {
		row := madeRow{URL: "/work/judgements/made/" + j.ID, Name: strings.TrimSpace(j.Said.Name + " " + j.Said.USCC), Whom: called[j.EnterpriseID], By: person(c.Request, who, j.By), At: minute(j.At),
			Reason: j.Reason, Rows: j.Rows}
		if !j.UndoneAt.IsZero() {
			row.Undone = c.Say("work.judge_undone_line", minute(j.UndoneAt), person(c.Request, who, j.UndoneBy), j.Why)
		}
		out = append(out, row)
	}
	return out, nil
}

// bandBadge returns the mark of how likely somebody is meant.
func bandBadge(b match.Band, likely bool) web.Badge {
	switch {
	case b == match.Sure:
		return web.Badge{Code: "work.band_sure", Shape: "●", Tone: "good"}
	case likely:
		return web.Badge{Code: "work.band_likely", Shape: "◐", Tone: "note"}
	case b == match.Ask:
		return web.Badge{Code: "work.band_ask", Shape: "▲", Tone: "warn"}
	}
	return web.Badge{Code: "work.band_none", Shape: "○", Tone: "none"}
}

// judgementPage sets what rows say beside those who may be meant.
type judgementPage struct {
	web.Page
	URL, Kind, Department, Since, Batch string
	Rows                                int
	Said                                []saidLine
	Candidates                          []candidateRow
	History                             []madeRow
	Term                                string
}

type saidLine struct{ Label, Text string }

type candidateRow struct {
	ID, USCC, URL string
	Key           int // the digit that chooses it
	Chosen        bool
	Badge         web.Badge
	State         web.Badge
	Score         int
	Lines         []comparedLine
	Parts         []partLine
}

// comparedLine is one thing that both sides say, with the characters in which they differ marked.
type comparedLine struct {
	Label       string
	Here, There differing
	Fits        web.Badge
}

type differing struct{ Before, Differs, After string }

type partLine struct {
	Label, Left, Right string
	Points, Of         int
}

func (w *work) judgement(c *web.View) (web.Answer, error) {
	u, err := intake.UndecidedOf(c.Ctx, c.Q, org.ScopeOf(c.By, org.MatchJudge), c.PathValue("pattern"))
	if err != nil {
		return web.Answer{}, err
	}
	on, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page := &judgementPage{Page: web.Page{Title: c.Say("work.judge_title", u.Said.Name), NoStore: true, Wide: true}, URL: judgementURL(u.Pattern),
		Kind: kindOf(c.Request, kinds, u.Kind), Department: on.Department(u.Department), Since: minute(u.Since), Batch: "/work/batches/" + u.Batch, Rows: u.Rows,
		Term: c.Query("q")}
	for _, l := range []saidLine{{"work.judge_name", u.Said.Name}, {"work.judge_code", u.Said.USCC}, {"work.judge_regno", u.Said.RegNo},
		{"work.judge_orgcode", u.Said.OrgCode}, {"work.judge_taxno", u.Said.TaxNo}, {"work.judge_person", u.Said.LegalRep},
		{"work.judge_address", u.Said.Address}, {"work.judge_division", on.Division(u.Said.Division)}} {
		if l.Text != "" {
			page.Said = append(page.Said, saidLine{c.Say(l.Label), l.Text})
		}
	}
	var also []string
	if strings.TrimSpace(page.Term) != "" {
		found, _, err := w.Find.Find(c.Ctx, c.Q, names.Query{Text: page.Term, Personal: true, Limit: 5}, "")
		if err != nil {
			return web.Answer{}, err
		}
		for _, f := range found {
			also = append(also, f.ID)
		}
	}
	meant, err := intake.Meant(c.Ctx, c.Q, w.Find, u.Said, also)
	if err != nil {
		return web.Answer{}, err
	}
	for i, m := range meant {
		page.Candidates = append(page.Candidates, candidate(c.Request, on, u.Said, m, i+1, i == 0 && m.Likely))
	}
	made, err := intake.JudgementsOf(c.Ctx, c.Q, u.Pattern)
	if err != nil {
		return web.Answer{}, err
	}
	page.History, err = w.made(c, made)
	return w.face.Page(page), err
}

// candidate compares what rows say with one who may be meant.
func candidate(c *web.Request, on web.Names, said enterprise.Ident, m match.Candidate, key int, chosen bool) candidateRow {
	row := candidateRow{ID: m.ID, USCC: m.USCC, URL: registerOf(m.USCC), Key: key, Chosen: chosen, Badge: bandBadge(m.Band, m.Likely), State: web.StateBadge(m.State),
		Score: m.Score}
	line := func(label, here, there string, fit match.Fit) {
		if here == "" && there == "" {
			return
		}
		l := comparedLine{Label: c.Say(label), Here: differing{Before: here}, There: differing{Before: there}, Fits: fitBadge(fit)}
		if here != "" && there != "" && fit != match.Same {
			l.Here, l.There = differ(here, there)
		}
		row.Lines = append(row.Lines, l)
	}
	name := match.Other
	switch {
	case m.Score == 100:
		name = match.Same
	case m.Score >= 70:
		name = match.Near
	}
	line("work.judge_name", said.Name, m.Verdict.Name, name)
	if m.Verdict.Former {
		line("work.judge_name_now", "", m.Side.Name, match.Silent)
	}
	line("work.judge_code", said.USCC, m.USCC, m.Number)
	line("work.judge_person", said.LegalRep, m.LegalRep, m.Person)
	line("work.judge_address", said.Address, m.Address, m.Place)
	line("work.judge_division", on.Division(said.Division), on.Division(m.Division), match.Silent)
	for _, p := range m.Parts {
		row.Parts = append(row.Parts, partLine{c.Say(p.Code), p.Left, p.Right, p.Points, p.Of})
	}
	return row
}

func fitBadge(f match.Fit) web.Badge {
	switch f {
	case match.Same:
		return web.Badge{Code: "work.fit_same", Shape: "●", Tone: "good"}
	case match.Near:
		return web.Badge{Code: "work.fit_near", Shape: "◐", Tone: "note"}
	case match.Other:
		return web.Badge{Code: "work.fit_other", Shape: "■", Tone: "bad"}
	}
	return web.Badge{}
}

// differ parts two texts into what they begin with in common, where they differ, and what they end with in common.
func differ(a, b string) (x, y differing) {
	here, there := []rune(a), []rune(b)
	from := 0
	for from < len(here) && from < len(there) && here[from] == there[from] {
		from++
	}
	back := 0
	for back < len(here)-from && back < len(there)-from && here[len(here)-1-back] == there[len(there)-1-back] {
		back++
	}
	part := func(r []rune) differing {
		return differing{string(r[:from]), string(r[from : len(r)-back]), string(r[len(r)-back:])}
	}
	return part(here), part(there)
}

// judge takes a person's word and goes on to the next group that waits.
func (w *work) judge(c *web.Act) (web.Answer, error) {
	whom := c.Field("whom")
	if whom == "nobody" {
		whom = ""
	} else if whom == "" {
		return web.Answer{}, fault.New(fault.Invalid, "work.judge_choose")
	}
	j, err := intake.Judge(c.Ctx, c.Q, c.By, c.At, c.PathValue("pattern"), whom, c.Field("reason"))
	if err != nil {
		return web.Answer{}, err
	}
	next := "/work/judgements"
	if left, _, err := intake.UndecidedRows(c.Ctx, c.Q, org.ScopeOf(c.By, org.MatchJudge), "", 1); err != nil {
		return web.Answer{}, err
	} else if len(left) > 0 {
		next = judgementURL(left[0].Pattern)
	}
	if whom == "" {
		return web.Redirect(next, "work.judged_nobody", j.Said.Name), nil
	}
	if j.More {
		return web.Redirect(next, "work.judged_more", j.Said.Name, j.Rows), nil
	}
	return web.Redirect(next, "work.judged", j.Said.Name, j.Rows), nil
}

// madePage is a judgement with all that it made.
type madePage struct {
	web.Page
	Made    []madeRow // one
	Effects []effectRow
	Undo    string // where it is taken back, "" where it was
}

type effectRow struct {
	URL, Batch, Kind, Number, Outcome string
	Row                               int
}

const effectsShown = 200

func (w *work) judgementMade(c *web.View) (web.Answer, error) {
	j, err := intake.JudgementBy(c.Ctx, c.Q, org.ScopeOf(c.By, org.MatchJudge), c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	page := &madePage{Page: web.Page{Title: c.Say("work.judgement_made"), NoStore: true}}
	if j.UndoneAt.IsZero() {
		page.Undo = "/work/judgements/made/" + j.ID + "/undo"
	}
	if page.Made, err = w.made(c, []intake.Judgement{j}); err != nil {
		return web.Answer{}, err
	}
	effects, err := intake.EffectsOf(c.Ctx, c.Q, j.ID, effectsShown)
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	for _, e := range effects {
		outcome := c.Say("work.n_" + string(e.Outcome))
		if e.Undone {
			outcome = c.Say("work.judge_effect_undone")
		}
		page.Effects = append(page.Effects, effectRow{URL: "/work/batches/" + e.Batch, Batch: e.Batch, Kind: kindOf(c.Request, kinds, e.Kind),
			Number: intake.Shown(e.SourceKey), Outcome: outcome, Row: e.Row})
	}
	return w.face.Page(page), nil
}

func (w *work) unjudge(c *web.Act) (web.Answer, error) {
	j, err := intake.Unjudge(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("reason"))
	if j.More {
		return web.Redirect("/work/judgements", "work.unjudged_more", j.Said.Name), err
	}
	return web.Redirect("/work/judgements", "work.unjudged", j.Said.Name), err
}

// undecided adds to the desk that rows wait for this person's word.
func (w *work) undecided(c *web.View, page *deskPage) error {
	if !org.Can(c.By, org.MatchJudge) {
		return nil
	}
	const most = 100
	n, err := intake.CountUndecided(c.Ctx, c.Q, org.ScopeOf(c.By, org.MatchJudge), most)
	if err != nil || n == 0 {
		return err
	}
	page.Tasks = append(page.Tasks, taskRow{URL: "/work/judgements", Act: c.Say("work.act_judge"), What: c.Say("work.judgements_wait", n), Kind: c.Say("work.judgements"),
		Clock: clockMark{"none", "○", c.Say("work.due_open")}})
	return nil
}
