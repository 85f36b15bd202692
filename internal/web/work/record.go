package work

import (
	"zhixin/internal/catalog"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

// recordPage is one record of the own department with all that it says, also what the data standard does not know.
type recordPage struct {
	web.Page
	Kind, Batch, File string // Batch is where its file is, "" where none stated it
	Line              int
	Record            statedRow
	Fields            []said
	Extra             []said
	Withdraw          string
}

// said is what a record says in one field or column.
type said struct{ Name, Value string }

func recordURL(kind, source string) string {
	return address("/work/records/one", "kind", kind, "key", source)
}

func (w *work) record(c *web.View) (web.Answer, error) {
	r, err := intake.WholeRecord(c.Ctx, c.Q, c.By, c.Query("kind"), c.Query("key"))
	if err != nil {
		return web.Answer{}, err
	}
	set, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page := &recordPage{Page: web.Page{Title: c.Say("work.record"), NoStore: true}, Kind: kindOf(c.Request, set, r.Kind), Record: stated(c.Request, r.Stated)}
	if r.File.ID != "" {
		page.Batch, page.File, page.Line = "/work/batches/"+r.File.ID, r.File.Name, r.Row
	}
	for _, f := range r.Fields {
		page.Fields = append(page.Fields, said{c.Pick(f.Name, f.English), f.Value})
	}
	for _, x := range r.Extra {
		page.Extra = append(page.Extra, said{x.Column, x.Value})
	}
	if !r.Withdrawn && org.May(c.By, org.BatchSubmit, r.Department, "") == nil {
		page.Withdraw = address("/work/records/withdraw", "kind", r.Kind, "key", r.SourceKey)
	}
	return w.face.Page(page), nil
}
