package portal

import (
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/fault"
	"zhixin/internal/web"
)

type standardsPage struct {
	web.Page
	Kinds []standardRow
}

type standardRow struct {
	URL, Title, Basis, From, Name string
	Fields                        int
}

// standards is the data dictionary: which kinds of record there are, and by which standard.
func (p *portal) standards(c *web.View) (web.Answer, error) {
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page := &standardsPage{Page: web.Page{Title: c.Say("portal.standards_title")}}
	for _, e := range set.Dictionary() {
		page.Kinds = append(page.Kinds, standardRow{"/standards/" + e.Name, c.Pick(e.Title, e.English), c.Pick(e.Basis, e.BasisEnglish), from(c.Request, e),
			e.Name, len(e.Fields)})
	}
	return p.face.Page(page), nil
}

func from(c *web.Request, e catalog.Entry) string {
	switch {
	case e.Regulators:
		return c.Say("portal.from_regulators")
	case len(e.Departments) > 0:
		return strings.Join(e.Departments, "、")
	}
	return c.Say("portal.from_any")
}

type standardPage struct {
	web.Page
	Name, Basis, From string
	Fields            []dictionaryField
	Rules             []dictionaryRule
	Editions          []dictionaryEdition
}

type dictionaryField struct {
	Code, Name, English, Type, Need, Condition, Class, Codes, Aliases, Help string
	Length                                                                  int
}

type dictionaryRule struct{ Name, Text, Source string }

type dictionaryEdition struct {
	Name     string
	Headings []catalog.EntryHeading
}

// standard shows the fields and rules of a kind.
func (p *portal) standard(c *web.View) (web.Answer, error) {
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	k, err := set.Of(c.PathValue("kind"))
	if err != nil {
		return web.Answer{}, fault.New(fault.NotFound, "web.no_such_page")
	}
	e := k.Entry()
	page := &standardPage{Page: web.Page{Title: c.Pick(e.Title, e.English), Wide: true}, Name: e.Name, Basis: c.Pick(e.Basis, e.BasisEnglish),
		From: from(c.Request, e)}
	for _, f := range e.Fields {
		page.Fields = append(page.Fields, dictionaryField{Code: f.Code, Name: f.Name, English: f.English, Type: c.Say("portal.type_" + string(f.Type)),
			Need: c.Say("portal.need_" + string(f.Need)), Condition: c.Pick(f.When, f.WhenEnglish), Class: c.Say("portal.class_" + string(f.Class)),
			Codes: strings.Join(f.Codes, "、"), Aliases: strings.Join(f.Aliases, "、"), Help: c.Pick(f.Help, f.HelpEnglish), Length: f.Length})
	}
	for _, r := range e.Rules {
		page.Rules = append(page.Rules, dictionaryRule{r.Rule, c.Pick(r.Text, r.English), r.Source})
	}
	for _, d := range e.Editions {
		page.Editions = append(page.Editions, dictionaryEdition{c.Pick(d.Name, d.English), d.Headings})
	}
	return p.face.Page(page), nil
}
