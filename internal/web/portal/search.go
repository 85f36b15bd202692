package portal

import (
	"slices"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/names"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

type searchPage struct {
	web.Page
	Term                     string
	Divisions, Kinds, States []web.Choice
	Filtered                 bool
	Hits                     []hitRow
	Next, First, All         string // All is the same search without filters
}

// hitRow is one who was found, and by what.
type hitRow struct {
	URL, Name, USCC, Division string
	State                     web.Badge
	Why                       string // code of the words that say how it was found; "" where the name shows it
	As                        marked // the name or code that fits
	Shown                     bool   // As is not the name of today
}

// marked is a text of which a part stands out.
type marked struct{ Before, Fits, After string }

// The kinds and states that the public may narrow a search to.
var (
	kinds  = []credit.SubjectKind{credit.Enterprise, credit.Branch, credit.Cooperative, credit.Individual}
	states = []credit.RegState{credit.Active, credit.Revoked, credit.Deregistered, credit.Annulled, credit.MovedOut}
)

// searchOf reads what is looked for from the address.
func searchOf(c *web.Request) publicity.SearchOptions {
	o := publicity.SearchOptions{Term: strings.TrimSpace(c.Query("q")), Division: c.Query("division"), Limit: 20, Cursor: c.Query("cursor"), Today: c.Today}
	if k := credit.SubjectKind(c.Query("kind")); slices.Contains(kinds, k) {
		o.Kinds = []credit.SubjectKind{k}
	}
	if s := credit.RegState(c.Query("state")); slices.Contains(states, s) {
		o.States = []credit.RegState{s}
	}
	return o
}

func (p *portal) search(c *web.View) (web.Answer, error) {
	o := searchOf(c.Request)
	kind, state := c.Query("kind"), c.Query("state")
	page := &searchPage{Page: web.Page{Title: c.Say("portal.search_title"), NoIndex: true}, Term: o.Term, Filtered: o.Division+kind+state != "",
		All: address("/search", "q", o.Term)}
	on, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page.Divisions = on.Divisions(o.Division)
	for _, k := range kinds {
		page.Kinds = append(page.Kinds, web.Choice{Value: string(k), Text: c.Say("portal.kind_" + string(k)), Chosen: string(k) == kind})
	}
	for _, s := range states {
		page.States = append(page.States, web.Choice{Value: string(s), Text: c.Say(web.StateBadge(s).Code), Chosen: string(s) == state})
	}
	if o.Term == "" {
		return p.face.Page(page), nil
	}
	got, err := p.Find.Search(c.Ctx, c.Q, o)
	if err != nil {
		return web.Answer{}, err
	}
	// Who types or scans a whole code wants the page, not a list of one.
	if o.Cursor == "" && len(got.Hits) == 1 && got.Hits[0].Why == string(names.Code) && !page.Filtered {
		return web.Redirect("/e/"+got.Hits[0].USCC, ""), nil
	}
	page.Hits = hitRows(on, got.Hits)
	if got.Next != "" {
		page.Next = address("/search", "q", o.Term, "division", o.Division, "kind", kind, "state", state, "cursor", got.Next)
	}
	if o.Cursor != "" {
		page.First = address("/search", "q", o.Term, "division", o.Division, "kind", kind, "state", state)
	}
	return p.face.Page(page), nil
}

type suggestPage struct {
	web.Page
	Hits []hitRow
}

// suggest is what a reader who is still typing may mean: the page is fetched as he types, and its list is shown below the field.
func (p *portal) suggest(c *web.View) (web.Answer, error) {
	page := &suggestPage{Page: web.Page{Title: c.Say("portal.search_title"), NoIndex: true}}
	o := searchOf(c.Request)
	if o.Term == "" {
		return p.face.Page(page), nil
	}
	on, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	o.Limit = 8
	hits, err := p.Find.Suggest(c.Ctx, c.Q, o)
	if err != nil {
		return web.Answer{}, err
	}
	page.Hits = hitRows(on, hits)
	return p.face.Page(page), nil
}

func hitRows(on web.Names, hits []publicity.Found) []hitRow {
	var out []hitRow
	for _, h := range hits {
		out = append(out, hitRow{URL: "/e/" + h.USCC, Name: h.Name, USCC: h.USCC, Division: on.Division(h.Division), State: web.StateBadge(h.State),
			Why: whyCode(h.Why), As: mark(h.As, h.From, h.To), Shown: h.As != h.Name})
	}
	return out
}

// mark parts a text around the characters from to to.
func mark(s string, from, to int) marked {
	runes := []rune(s)
	if from < 0 || to <= from || to > len(runes) {
		return marked{Before: s}
	}
	return marked{string(runes[:from]), string(runes[from:to]), string(runes[to:])}
}

// whyCode returns the words for a reason; a name that holds what was typed needs none.
func whyCode(why string) string {
	switch names.Reason(why) {
	case names.Name, names.Prefix, names.Part:
		return ""
	}
	return "portal.why_" + strings.ReplaceAll(why, "-", "_")
}
