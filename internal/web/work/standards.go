package work

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/catalog/template"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

// xlsxType is the media type of an xlsx file.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (w *work) standardPages(s *web.Server) {
	manage := web.Access(org.OrgManage)
	s.View("GET /work/templates/{file}", web.Signed, w.template)
	s.View("GET /work/admin/standards", manage, w.standards)
	s.Stream("POST /work/admin/standards", manage, w.proposeStandard)
	s.Act("POST /work/admin/standards/{id}/approve", manage, w.approveStandard)
	s.Act("POST /work/admin/standards/{id}/discard", manage, w.discardStandard)
	s.View("GET /work/admin/standards/{file}", manage, w.fieldList)
}

// fileOf returns the kind whose name the last part of the address is, with .xlsx behind it.
func fileOf(c *web.View) (catalog.Kind, error) {
	name, ok := strings.CutSuffix(c.PathValue("file"), ".xlsx")
	if !ok {
		return catalog.Kind{}, fault.New(fault.NotFound, "web.no_such_page")
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return catalog.Kind{}, err
	}
	k, err := set.Of(name)
	if err != nil {
		return k, fault.New(fault.NotFound, "web.no_such_page")
	}
	return k, nil
}

// template is the spreadsheet to be filled in for a kind of record.
func (w *work) template(c *web.View) (web.Answer, error) {
	k, err := fileOf(c)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Download(k.Name+".xlsx", xlsxType, func(out io.Writer) error { return template.Write(out, k) }), nil
}

// fieldList is the list of fields of a kind: a beginning for the list of another.
func (w *work) fieldList(c *web.View) (web.Answer, error) {
	k, err := fileOf(c)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Download("fields-"+k.Name+".xlsx", xlsxType, func(out io.Writer) error { return template.FieldList(out, k.FieldList()) }), nil
}

type standardsPage struct {
	web.Page
	Tabs      []web.Link
	Proposals []proposedStandard
	Kinds     []standardRow
	Problems  []listProblem // of the list that was sent
}

// proposedStandard is a standard that waits for another person, with all that it says.
type proposedStandard struct {
	ID, URL, Title, Name, Version, Proposer, At, Hash string
	Mine                                              bool // somebody else has to decide
	About                                             []said
	Columns                                           []string
	Fields                                            []proposedField
	Gone                                              string // fields of the version in force that it has no more
}

type proposedField struct {
	Badge web.Badge // what it is to the version in force
	Cells []string
}

type standardRow struct {
	Name, Title, Basis, Version, URL, Fields, Template string
	Added                                              bool
}

type listProblem struct {
	Row         int
	Field, Text string
}

func (w *work) standards(c *web.View) (web.Answer, error) {
	page, err := w.standardsPage(c.Request, c.Q)
	return w.face.Page(page), err
}

func (w *work) standardsPage(c *web.Request, q db.Q) (*standardsPage, error) {
	set, err := catalog.Load(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	page := &standardsPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true}, Tabs: tabs(c)}
	for _, k := range set.All() {
		row := standardRow{Name: k.Name, Title: c.Pick(k.Title, k.English), Basis: c.Pick(k.Basis, k.BasisEnglish), URL: "/standards/" + k.Name,
			Fields: "/work/admin/standards/" + k.Name + ".xlsx", Template: "/work/templates/" + k.Name + ".xlsx", Added: k.Added}
		if k.Added {
			row.Version = strconv.Itoa(k.Version())
		}
		page.Kinds = append(page.Kinds, row)
	}
	page.Proposals, err = proposedStandards(c, q, set)
	return page, err
}

// proposedStandards shows what waits as the list of fields that it came as, set against the version in force.
func proposedStandards(c *web.Request, q db.Q, set catalog.Set) (out []proposedStandard, err error) {
	waiting, err := catalog.Proposals(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, p := range waiting {
		ids = append(ids, p.ProposedBy)
	}
	people, err := org.UserNames(c.Ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range waiting {
		s := p.Standard
		one := proposedStandard{ID: p.ID, URL: "/work/admin/standards/" + p.ID, Title: c.Pick(s.Title, s.English), Name: s.Name,
			Version: strconv.Itoa(p.Version), Proposer: person(c, people, p.ProposedBy), At: minute(p.ProposedAt), Hash: p.Hash, Mine: p.ProposedBy == c.By.User}
		var now [][]string
		if had, err := set.Of(s.Name); err == nil {
			_, now = had.FieldTable()
		}
		about, fields := s.FieldTable()
		for _, line := range about {
			one.About = append(one.About, said{line[0], line[1]})
		}
		one.Columns = catalog.ListColumns
		for _, cells := range fields {
			one.Fields = append(one.Fields, proposedField{compareField(now, cells), cells})
		}
		var gone []string
		for _, cells := range now {
			if !slices.ContainsFunc(fields, func(f []string) bool { return f[0] == cells[0] }) {
				gone = append(gone, cells[1])
			}
		}
		one.Gone = strings.Join(gone, c.Say("work.list_comma"))
		out = append(out, one)
	}
	return out, nil
}

// compareField says what a field is to those of the version in force.
func compareField(now [][]string, cells []string) web.Badge {
	i := slices.IndexFunc(now, func(f []string) bool { return f[0] == cells[0] })
	switch {
	case i < 0:
		return web.Badge{Code: "work.field_new", Shape: "◇", Tone: "note"}
	case !slices.Equal(now[i], cells):
		return web.Badge{Code: "work.field_changed", Shape: "△", Tone: "warn"}
	}
	return web.Badge{Code: "work.field_same", Shape: "●", Tone: "none"}
}

// proposeStandard puts a list of fields before another person. What is wrong with the list is shown row by row, and nothing is stored.
func (w *work) proposeStandard(c *web.Stream) (web.Answer, error) {
	_, _, body, err := c.File()
	if err != nil {
		return web.Answer{}, err
	}
	rows, err := intake.Rows(body)
	if err != nil {
		return web.Answer{}, err
	}
	std, problems := catalog.ReadFieldList(rows)
	if len(problems) > 0 {
		return w.badList(c, problems)
	}
	err = c.DB.Tx(c.Ctx, func(q db.Q) error {
		_, err := catalog.Propose(c.Ctx, q, c.By, c.At, std)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	return web.Redirect("/work/admin/standards", "work.standard_proposed", std.Title, std.Name), nil
}

func (w *work) approveStandard(c *web.Act) (web.Answer, error) {
	k, err := catalog.Approve(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
	return web.Redirect("/work/admin/standards", "work.standard_added", k.Title, k.Name), err
}

func (w *work) discardStandard(c *web.Act) (web.Answer, error) {
	p, err := catalog.Discard(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("reason"))
	return web.Redirect("/work/admin/standards", "work.standard_discarded", p.Standard.Title), err
}

func (w *work) badList(c *web.Stream, problems []catalog.Problem) (web.Answer, error) {
	var page *standardsPage
	err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = w.standardsPage(c.Request, q)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	for _, p := range problems {
		page.Problems = append(page.Problems, listProblem{p.Row, p.Field, c.Say(p.Code, p.Args...)})
	}
	return w.face.PageStatus(web.Status(fault.Invalid), page), nil
}
