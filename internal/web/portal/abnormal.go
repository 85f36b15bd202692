package portal

import (
	"io"
	"strconv"

	"zhixin/internal/credit"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

// firstYear is the first in which anybody was listed (条例 of 2014).
const firstYear = 2014

// rowsOfPage is how many rows a page of a list has.
const rowsOfPage = 50

type abnormalPage struct {
	web.Page
	Text, Division, Year string
	Divisions            []web.Choice
	Years                []web.Choice
	Items                []listedRow
	Total                int
	Sheet                string // where exactly this is downloaded
	Filtered             bool
	Next, First          string
	Today                credit.Date
}

// abnormalFilter reads the filter from the address; year is kept as it stands there, "" for all.
func abnormalFilter(c *web.Request) (f publicity.AbnormalFilter, year string) {
	f = publicity.AbnormalFilter{Text: c.Query("q"), Division: c.Query("division"), Cursor: c.Query("cursor"), Limit: rowsOfPage}
	n, err := strconv.Atoi(c.Query("year"))
	if err == nil && n > 0 {
		f.Year, year = n, strconv.Itoa(n)
	}
	return f, year
}

func (p *portal) abnormal(c *web.View) (web.Answer, error) {
	f, year := abnormalFilter(c.Request)
	got, err := publicity.Abnormal(c.Ctx, c.Q, f, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &abnormalPage{
		Page: web.Page{Title: c.Say("portal.abnormal_title"), NoIndex: true, Wide: true}, Text: f.Text, Division: f.Division, Year: year, Divisions: names.Divisions(f.Division),
		Total: got.Total, Today: c.Today, Filtered: f.Text+f.Division+year != "",
		Sheet: address("/lists/abnormal.csv", "q", f.Text, "division", f.Division, "year", year),
	}
	for n := c.Today.Year(); n >= firstYear; n-- {
		text := strconv.Itoa(n)
		page.Years = append(page.Years, web.Choice{Value: text, Text: text, Chosen: text == year})
	}
	for _, l := range got.Items {
		page.Items = append(page.Items, rowOf(c.Request, l, names))
	}
	if got.Next != "" {
		page.Next = address("/lists/abnormal", "q", f.Text, "division", f.Division, "year", year, "cursor", got.Next)
	}
	if f.Cursor != "" {
		page.First = address("/lists/abnormal", "q", f.Text, "division", f.Division, "year", year)
	}
	return p.face.Page(page), nil
}

// abnormalSheet writes exactly what is filtered, page by page from one snapshot.
func (p *portal) abnormalSheet(c *web.View) (web.Answer, error) {
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	f, _ := abnormalFilter(c.Request)
	f.Cursor, f.Limit = "", 200
	head := make([]string, 0, 9)
	for _, code := range []string{"name", "uscc", "division", "ground", "year", "since", "authority", "paper", "how"} {
		head = append(head, c.Say("portal.col_"+code))
	}
	return web.Download("abnormal-"+c.Today.String()+".csv", web.SheetType, func(w io.Writer) error {
		var rows []publicity.Listed
		done := false
		return web.Sheet(w, head, func() ([]string, error) {
			if len(rows) == 0 && !done {
				got, err := publicity.Abnormal(c.Ctx, c.Q, f, c.Today)
				if err != nil {
					return nil, err
				}
				rows, f.Cursor, done = got.Items, got.Next, got.Next == ""
			}
			if len(rows) == 0 {
				return nil, nil
			}
			l := rowOf(c.Request, rows[0], names)
			rows = rows[1:]
			how := "portal.how_listed"
			if l.Marked {
				how = "portal.how_marked"
			}
			return []string{l.Name, l.USCC, l.Division, l.Ground, l.Year, l.Since.String(), l.Authority, l.PaperNo, c.Say(how)}, nil
		})
	}), nil
}
