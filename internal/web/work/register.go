package work

import (
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

// registerPage is what the registry knows of an enterprise, for the officers who have it in scope: also what the public has no
// use for.
type registerPage struct {
	web.Page
	Name, USCC, KindCode         string
	State                        web.Badge
	Public, Past                 string
	Division, Authority, Station string
	Registered, Ended            credit.Date
	Numbers                      []numberRow
	Names                        []nameRow // today's first
	Parent                       string    // code of the head office, where it is not registered here
	Head                         *foundRow
	Branches                     []foundRow
	Changes                      []changedRow // the latest first
	Merges                       bool         // this person may propose to join it with another
	Merged                       []mergeRow
}

// numberRow is a number by which it is or was known.
type numberRow struct {
	Scheme      string // code of the word
	Value       string
	From, Until credit.Date
}

// nameRow is a name that it has or had.
type nameRow struct {
	Name        string
	From, Until credit.Date
}

func registerOf(uscc string) string { return "/work/enterprises/" + uscc }

func (w *work) register(c *web.View) (web.Answer, error) {
	e, err := enterprise.Known(c.Ctx, c.Q, credit.NormalizeCode(c.PathValue("uscc")))
	if err != nil {
		return web.Answer{}, err
	}
	if err := org.May(c.By, org.StandingFull, e.Authority, e.Division); err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &registerPage{Page: web.Page{Title: e.Name, Lead: true, NoStore: true}, Name: e.Name, USCC: e.USCC, KindCode: "portal.kind_" + string(e.Kind),
		State: web.StateBadge(e.State), Public: "/e/" + e.USCC, Past: pastOf(e.USCC), Division: names.Division(e.Division),
		Authority: names.Department(e.Authority), Station: names.Department(e.Station), Registered: e.Registered, Ended: e.Ended,
		Names: []nameRow{{e.Name, e.Named, 0}}}
	if err := page.known(c, e.ID, names); err != nil {
		return web.Answer{}, err
	}
	if err := page.related(c, e, names); err != nil {
		return web.Answer{}, err
	}
	if err := page.merged(c, e); err != nil {
		return web.Answer{}, err
	}
	return w.face.Page(page), nil
}

// changedRow is something that a registration changed.
type changedRow struct {
	What, How, Day, At string
}

func changedOf(c *web.Request, ch enterprise.Change, names web.Names) changedRow {
	row := changedRow{What: c.Say("work.registry_" + strings.ReplaceAll(string(ch.Kind), "-", "_")), Day: ch.Day.String(), At: minute(ch.At)}
	was, is := ch.Was, ch.Is
	if ch.Kind == enterprise.ChangedAuthority {
		was, is = names.Department(was), names.Department(is)
	}
	switch {
	case was != "":
		row.How = c.Say("work.change_from_to", was, is)
	case is != "":
		row.How = is
	}
	return row
}

// known adds by which numbers and names the enterprise is or was known, and how its registration came about.
func (page *registerPage) known(c *web.View, id string, dayNames web.Names) error {
	numbers, err := enterprise.NumbersOf(c.Ctx, c.Q, id)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		page.Numbers = append(page.Numbers, numberRow{"work.scheme_" + n.Scheme, n.Value, n.From, n.Until})
	}
	former, err := enterprise.NamesOf(c.Ctx, c.Q, id)
	if err != nil {
		return err
	}
	changes, err := enterprise.ChangesOf(c.Ctx, c.Q, id)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		page.Changes = append(page.Changes, changedOf(c.Request, ch, dayNames))
	}
	for _, n := range former {
		page.Names = append(page.Names, nameRow(n))
	}
	return nil
}

// branchesShown is how many branches stand on the page.
const branchesShown = 200

// related adds head office and branches. They are only named: what is decided against one does not reach the other.
func (page *registerPage) related(c *web.View, e enterprise.Subject, names web.Names) error {
	row := func(s enterprise.Subject) foundRow {
		return foundRow{registerOf(s.USCC), s.Name, s.USCC, names.Division(s.Division), web.StateBadge(s.State)}
	}
	head, known, err := enterprise.HeadOf(c.Ctx, c.Q, e)
	if err != nil {
		return err
	}
	if page.Parent = e.Parent; known {
		r := row(head)
		page.Head = &r
	}
	branches, err := enterprise.BranchesOf(c.Ctx, c.Q, e.ID, branchesShown)
	for _, b := range branches {
		page.Branches = append(page.Branches, row(b))
	}
	return err
}
