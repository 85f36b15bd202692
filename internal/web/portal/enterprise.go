package portal

import (
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

// enterprisePage answers in five seconds: who is it, is anything wrong, since when, says who, what can be done.
type enterprisePage struct {
	web.Page
	Name, USCC string
	State      web.Badge
	KindCode   string
	Division   string
	Registered credit.Date
	Ended      credit.Date
	Fields     []fieldRow
	Names      []nameRow // that it had before
	Head       *relatedRow
	Branches   []relatedRow

	Tone     string // of the summary: good, note, warn, bad
	Word     string // the summary in a word
	Sentence string
	Marked   bool // what stands below is the mark of an individual business
	Lists    []entryRow
	Counters []counterRow
	Measures []measureRow
	Penalty  []penaltyRow
	Reports  []publicity.Report
	Origin   string // old system of the registration, "" where it was stated here

	Today     credit.Date
	UpdatedAt time.Time
	LogSize   int64
	Fresh     bool // nothing has been found against it
}

type fieldRow struct{ Name, Value string }

// relatedRow leads to a head office or a branch.
type relatedRow struct {
	URL, Name string
	State     web.Badge
}

func relatedOf(r publicity.Related) relatedRow {
	return relatedRow{"/e/" + r.USCC, r.Name, web.StateBadge(r.State)}
}

// nameRow is a former name, with the days that are known.
type nameRow struct {
	Name        string
	From, Until credit.Date
}

// entryRow is one entry on a list, with what its subject can do.
type entryRow struct {
	Badge             web.Badge
	Ground, Year      string
	Since             credit.Date
	Authority         string
	PaperNo, PaperURL string
	ProofURL          string
	Remedy            bool // the cause is a missing report: it can be made good
}

type counterRow struct {
	Matter string
	Badge  web.Badge
}

type measureRow struct {
	Matter, Measure, Scope string
	Badge                  web.Badge
	Basis, Authority       string
	DocumentNo             string
	Since, Until           credit.Date
}

type penaltyRow struct {
	ID, DecisionNo, Authority, Types, Content string
	DecisionDate, Ends                        credit.Date
	Fields                                    []fieldRow
	Origin                                    string // old system, "" where it was stated here
	ProofURL                                  string
}

func (p *portal) enterprise(c *web.View) (web.Answer, error) {
	uscc := c.PathValue("uscc")
	if normal := credit.NormalizeCode(uscc); normal != uscc {
		return web.Redirect("/e/"+normal, ""), nil
	}
	v, err := publicity.Page(c.Ctx, c.Q, uscc, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &enterprisePage{
		Page: web.Page{Title: v.Name, Lead: true, NoIndex: len(v.Lists)+len(v.Penalties)+len(v.Measures) > 0},
		Name: v.Name, USCC: v.USCC, State: web.StateBadge(v.State), KindCode: "portal.kind_" + string(v.Kind),
		Division: names.Division(v.Division), Registered: v.Registered, Ended: v.Ended, Fields: fieldRows(c.Request, v.Fields),
		Reports: v.Reports, Origin: v.Origin, Today: v.Today, UpdatedAt: v.UpdatedAt, LogSize: v.LogSize,
	}
	page.summary(c.Request, v)
	page.detail(c.Request, v)
	return p.face.Page(page), nil
}

// summary says in a word and a sentence how it stands today.
func (page *enterprisePage) summary(c *web.Request, v publicity.View) {
	strictest := credit.Pass
	for _, n := range v.Counters {
		if n.Verdict.Rank() > strictest.Rank() {
			strictest = n.Verdict
		}
	}
	switch {
	case len(v.Lists) > 0:
		first := v.Lists[len(v.Lists)-1]
		page.Tone, page.Word = "warn", c.Say("portal.is_listed")
		page.Sentence = c.Say("portal.is_listed_since", first.Since, first.AuthorityName)
		if first.Marked {
			page.Word = c.Say("portal.is_marked")
			page.Sentence = c.Say("portal.is_marked_since", first.Since, first.AuthorityName)
		}
	case len(v.Measures) > 0:
		page.Tone, page.Word = "bad", c.Say("portal.has_measures")
		page.Sentence = c.Say("portal.has_measures_since", v.Measures[0].Since, v.Measures[0].Authority)
	case len(v.Penalties) > 0:
		page.Tone, page.Word = "note", c.Say("portal.has_penalties")
		page.Sentence = c.Say("portal.has_penalties_n", len(v.Penalties))
	default:
		page.Tone, page.Word, page.Fresh = "good", c.Say("portal.is_clean"), true
		page.Sentence = c.Say("portal.is_clean_today", v.Today)
	}
	if strictest == credit.Bar {
		page.Tone = "bad"
	}
}

func (page *enterprisePage) detail(c *web.Request, v publicity.View) {
	if v.Head != nil {
		head := relatedOf(*v.Head)
		page.Head = &head
	}
	for _, b := range v.Branches {
		page.Branches = append(page.Branches, relatedOf(b))
	}
	for _, n := range v.Names {
		page.Names = append(page.Names, nameRow(n))
	}
	for _, l := range v.Lists {
		page.Marked = page.Marked || l.Marked
		page.Lists = append(page.Lists, entryRow{Badge: web.EntryBadge(l.List, l.Kind), Ground: c.Pick(l.Title, l.English), Year: l.Detail, Since: l.Since,
			Authority: l.AuthorityName, PaperNo: l.PaperNo, PaperURL: "/papers/" + l.PaperID, ProofURL: proofURL(l.Leaf),
			Remedy: strings.HasSuffix(l.Ground, "annual-report")})
	}
	for _, n := range v.Counters {
		page.Counters = append(page.Counters, counterRow{web.MatterCode(n.Matter), web.VerdictBadge(n.Verdict)})
	}
	for _, m := range v.Measures {
		page.Measures = append(page.Measures, measureRow{Matter: web.MatterCode(m.Matter), Measure: c.Pick(m.Measure, m.English), Scope: m.Scope,
			Badge: web.VerdictBadge(m.Verdict), Basis: m.Basis, Authority: m.Authority, DocumentNo: m.DocumentNo, Since: m.Since, Until: m.Until})
	}
	for _, d := range v.Penalties {
		page.Penalty = append(page.Penalty, penaltyRow{ID: d.ID, DecisionNo: d.DecisionNo, Authority: d.Authority, Types: strings.Join(d.Types, "、"),
			Content: d.Content, DecisionDate: d.DecisionDate, Ends: d.Ends, Fields: fieldRows(c, d.Fields), Origin: d.Origin, ProofURL: proofURL(d.Leaf)})
	}
}

func fieldRows(c *web.Request, fields []publicity.Field) []fieldRow {
	var out []fieldRow
	for _, f := range fields {
		if f.Code == "OLDNAME" {
			continue // stands among the former names
		}
		out = append(out, fieldRow{c.Pick(f.Name, f.English), f.Value})
	}
	return out
}

// proofURL is where the proof of a leaf is fetched, "" where there is none.
func proofURL(leaf string) string {
	if leaf == "" {
		return ""
	}
	return "/log/proof?leaf=" + leaf
}
