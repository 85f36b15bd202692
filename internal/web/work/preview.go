package work

import (
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

// previewPart shows how the beginning of a file was read, and asks whether it is to be taken in.
type previewPart struct {
	Badge            web.Badge
	Confirm, Discard string // "" where this person may not say
	Unshown          bool
	How, Heads       string // sentences
	Total, Tally     string
	Notes            []string
	Lacks, Perhaps   string // fields that no row, or perhaps some rows, will have
	Columns          []previewColumn
	Extra            string // columns that are passed over
	Fields           []string
	Rows             []previewRow
}

type previewColumn struct{ Heading, Letter, Name, Code string }

type previewRow struct {
	Row      int
	Fate     web.Badge
	Problems []previewProblem
	Cells    []previewCell
}

// previewProblem is an error or, with Warning, something to look at.
type previewProblem struct {
	Badge        web.Badge
	Column, Text string
}

type previewCell struct {
	Label, As, Read string
	Bad             bool // an error of the row is about it
}

func previewOf(c *web.Request, b intake.Batch, p intake.Preview) previewPart {
	out := previewPart{Badge: batchBadge(b.State), Unshown: p.Unshown}
	if org.May(c.By, org.BatchSubmit, b.Department, "") == nil {
		out.Confirm, out.Discard = "/work/batches/"+b.ID+"/confirm", "/work/batches/"+b.ID+"/discard"
	}
	if p.Unshown {
		return out
	}
	out.read(c, p)
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, c.Say(n.Code, n.Args...))
	}
	out.Lacks, out.Perhaps = lacksOf(c, p, catalog.Must), lacksOf(c, p, catalog.Sometimes)
	var read []intake.Column
	var extra []string
	for _, col := range p.Columns {
		if col.Field == "" {
			extra = append(extra, c.Say("work.preview_extra_one", col.Heading, col.Letter))
			continue
		}
		read = append(read, col)
		name := c.Pick(col.Name, col.English)
		out.Columns = append(out.Columns, previewColumn{col.Heading, col.Letter, name, col.Field})
		out.Fields = append(out.Fields, name)
	}
	out.Extra = strings.Join(extra, c.Say("work.list_comma"))
	for _, r := range p.Rows {
		out.Rows = append(out.Rows, previewRowOf(c, read, r))
	}
	return out
}

// read says in sentences what the reader found.
func (part *previewPart) read(c *web.Request, p intake.Preview) {
	switch {
	case p.How.Sheet != "":
		part.How = c.Say("work.preview_sheet", p.How.Sheet)
	case p.How.Format == "JSON":
		part.How = c.Say("work.preview_json", p.How.Encoding)
	default:
		separator := map[string]string{"\t": "work.preview_tab", ";": "work.preview_semicolon"}[p.How.Separator]
		if separator == "" {
			separator = "work.preview_comma"
		}
		part.How = c.Say("work.preview_text", p.How.Encoding, c.Say(separator))
	}
	switch {
	case len(p.Heads) == 2:
		part.Heads = c.Say("work.preview_two_heads", p.Heads[0], p.Heads[1])
	case len(p.Heads) == 1 && p.Heads[0] > 0:
		part.Heads = c.Say("work.preview_head", p.Heads[0])
	}
	if p.Above > 0 {
		part.Heads += c.Say("work.preview_above", p.Above)
	}
	part.Total = c.Say("work.preview_many")
	if p.Total >= 0 {
		part.Total = c.Say("work.n_rows", web.Number(int64(p.Total)))
	}
	var bad, held, warned int
	for _, r := range p.Rows {
		switch r.Fate {
		case intake.Rejected:
			bad++
		case intake.Held:
			held++
		case intake.Warned:
			warned++
		}
	}
	part.Tally = c.Say("work.preview_tally", len(p.Rows), len(p.Rows)-bad-held, warned, bad, held)
}

func lacksOf(c *web.Request, p intake.Preview, need catalog.Need) string {
	var names []string
	for _, l := range p.Lacks {
		if l.Need == need {
			names = append(names, c.Pick(l.Name, l.English))
		}
	}
	return strings.Join(names, c.Say("work.list_comma"))
}

func previewRowOf(c *web.Request, read []intake.Column, r intake.PreviewRow) previewRow {
	out := previewRow{Row: r.No, Fate: web.Badge{Code: "work.preview_good", Shape: "●", Tone: "good"}}
	if r.Fate != "" {
		out.Fate = fateBadge(r.Fate)
		out.Fate.Code = "work.preview_" + string(r.Fate) // nothing has been done with it yet
	}
	bad := map[string]bool{}
	for _, p := range r.Problems {
		bad[p.Field] = bad[p.Field] || !p.Warning && r.Fate == intake.Rejected
		said := previewProblem{web.Badge{Code: "work.preview_error", Shape: "■", Tone: "bad"}, p.Column, p.Say(c.Words(), c.Lang)}
		if p.Warning || r.Fate == intake.Held {
			said.Badge = web.Badge{Code: "work.preview_warning", Shape: "△", Tone: "note"}
		}
		out.Problems = append(out.Problems, said)
	}
	for i, cell := range r.Cells {
		shown := previewCell{Label: read[i].Heading, As: cell.As, Bad: bad[read[i].Field]}
		if cell.Read != "" {
			shown.Read = c.Say("work.preview_read", cell.Read)
			if read[i].Type == catalog.Wan {
				shown.Read = c.Say("work.preview_read_wan", cell.Read)
			}
		}
		out.Cells = append(out.Cells, shown)
	}
	return out
}

func (w *work) confirmBatch(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect("/work/batches/"+id, "work.batch_taken"), intake.Confirm(c.Ctx, c.Q, c.By, c.At, id)
}

func (w *work) discardBatch(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect("/work/batches/"+id, "work.batch_not_taken"), intake.Discard(c.Ctx, c.Q, c.By, c.At, id)
}
