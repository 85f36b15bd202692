package portal

import (
	"zhixin/internal/credit"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

type homePage struct {
	web.Page
	Enterprises, Individuals, Cooperative int
	Reports, Penalties, Listed            int
	Today                                 credit.Date
	Latest                                []listedRow
	Announcements                         []paperRow
}

// listedRow is one standing on the list of abnormal operations.
type listedRow struct {
	URL, Name, USCC, Division, Ground, Year string
	Marked                                  bool
	Since                                   credit.Date
	Authority, PaperNo, PaperURL            string
}

// paperRow is one published paper.
type paperRow struct {
	URL, Title, Number, Authority string
	Day                           credit.Date
}

func (p *portal) home(c *web.View) (web.Answer, error) {
	counts, err := publicity.Home(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	latest, err := publicity.Abnormal(c.Ctx, c.Q, publicity.AbnormalFilter{Limit: 6}, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	papers, err := publicity.Announcements(c.Ctx, c.Q, c.Today, 6)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &homePage{Page: web.Page{Title: c.Say("portal.home"), Lead: true}, Enterprises: counts.Enterprises,
		Individuals: counts.Individuals, Cooperative: counts.Cooperative,
		Reports: counts.Reports, Penalties: counts.Penalties, Listed: counts.Listed, Today: c.Today}
	for _, l := range latest.Items {
		page.Latest = append(page.Latest, rowOf(c.Request, l, names))
	}
	for _, d := range papers {
		page.Announcements = append(page.Announcements, paperRow{"/papers/" + d.ID, d.Title, d.Number, d.Body.Text("head"), d.Day})
	}
	return p.face.Page(page), nil
}

func rowOf(c *web.Request, l publicity.Listed, names web.Names) listedRow {
	return listedRow{URL: "/e/" + l.USCC, Name: l.Name, USCC: l.USCC, Division: names.Division(l.Division),
		Ground: c.Pick(l.Title, l.English), Year: l.Detail, Marked: l.Marked, Since: l.Since, Authority: l.AuthorityName, PaperNo: l.PaperNo,
		PaperURL: "/papers/" + l.PaperID}
}
