package portal

import (
	"zhixin/internal/credit"
	"zhixin/internal/web"
)

// tables are the rules that concern the public, in the order in which a reader meets them.
var tables = []string{"lists.grounds", "sanction.facts", "sanction.effects", "publicity.terms", "publicity.portal", "casework.kinds", "duty.clocks"}

type policyPage struct {
	web.Page
	On      credit.Date
	Today   credit.Date
	Version int64
	Tables  []web.RuleTable
}

// policy shows the rules of a day, today's where none is asked for, each with its articles.
func (p *portal) policy(c *web.View) (web.Answer, error) {
	page := &policyPage{Page: web.Page{Title: c.Say("portal.policy_title")}, On: c.Today, Today: c.Today}
	if on := c.Query("on"); on != "" {
		day, err := credit.ParseDate(on)
		if err != nil {
			return web.Answer{}, err
		}
		page.On = day
	}
	var err error
	page.Tables, page.Version, err = c.RulesOn(c.Q, tables, page.On)
	return p.face.Page(page), err
}
