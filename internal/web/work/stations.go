package work

import (
	"io"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

// Which station enterprises belong to is changed for many in one act: chosen, looked at, done, and undone by a second one.
func (w *work) stationPages(s *web.Server) {
	assign := web.Access(org.StationAssign)
	s.View("GET /work/stations", assign, w.stations)
	s.Stream("POST /work/stations", assign, w.planStations)
	s.View("GET /work/stations/{id}", assign, w.reassignment)
	s.Act("POST /work/stations/{id}/assign", assign, w.reassign)
	s.Act("POST /work/stations/{id}/undo", assign, w.undoStations)
}

// reassignmentsShown is how many acts stand on the page.
const reassignmentsShown = 30

type stationsPage struct {
	web.Page
	Problem             string
	Name, Codes         string
	Divisions, Stations []web.Choice
	Acts                []reassignmentRow
}

type reassignmentRow struct {
	URL, Station, Reason, Who, At string
	Count                         int
	State                         web.Badge
}

func (w *work) stations(c *web.View) (web.Answer, error) {
	page, err := stationsForm(c.Request, c.Q, "", "")
	return w.face.Page(page), err
}

func stationsForm(c *web.Request, q db.Q, division, station string) (*stationsPage, error) {
	page := &stationsPage{Page: web.Page{Title: c.Say("work.stations")}}
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	page.Divisions = names.Divisions(division)
	page.Stations = append([]web.Choice{{Value: enterprise.NoStation, Text: c.Say("work.station_none"), Chosen: station == enterprise.NoStation}}, names.Stations(station)...)
	acts, err := enterprise.Reassignments(c.Ctx, q, org.ScopeOf(c.By, org.StationAssign), reassignmentsShown)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(acts))
	for _, r := range acts {
		ids = append(ids, r.By)
	}
	people, err := org.UserNames(c.Ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range acts {
		page.Acts = append(page.Acts, reassignmentRow{stationsURL(r.ID), stationOf(c, names, r), r.Reason, person(c, people, r.By), minute(r.At), r.Count, reassignmentBadge(r)})
	}
	return page, nil
}

func stationsURL(id string) string { return "/work/stations/" + id }

// stationOf says where an act brought its enterprises.
func stationOf(c *web.Request, names web.Names, r enterprise.Reassignment) string {
	if r.Undoes != "" {
		return c.Say("work.station_back")
	}
	return names.Department(r.Station)
}

func reassignmentBadge(r enterprise.Reassignment) web.Badge {
	switch {
	case r.State == enterprise.Planned:
		return web.Badge{Code: "work.station_planned", Shape: "○", Tone: "none"}
	case r.State == enterprise.Undone:
		return web.Badge{Code: "work.station_undone", Shape: "◇", Tone: "none"}
	case r.Undoes != "":
		return web.Badge{Code: "work.station_undoing", Shape: "◐", Tone: "note"}
	}
	return web.Badge{Code: "work.station_done", Shape: "●", Tone: "good"}
}

// planStations looks for those who are chosen, by conditions, a file of codes or codes that were pasted. What is wrong is said on
// the same page.
func (w *work) planStations(c *web.Stream) (web.Answer, error) {
	fields, _, file, err := c.File()
	if fault.Is(err, "web.no_file") {
		file, err = nil, nil
	}
	if err != nil {
		return web.Answer{}, err
	}
	chosen := enterprise.Chosen{Division: fields.Get("division"), Station: fields.Get("station"), Name: fields.Get("name")}
	id := ""
	if chosen.Codes, err = codesIn(fields.Get("codes"), file); err == nil {
		err = c.DB.Tx(c.Ctx, func(q db.Q) (err error) {
			id, err = enterprise.Plan(c.Ctx, q, c.By, c.At, chosen)
			return err
		})
	}
	if err == nil {
		return web.Redirect(stationsURL(id), ""), nil
	}
	kind, _ := fault.Of(err)
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *stationsPage
	if err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = stationsForm(c.Request, q, chosen.Division, chosen.Station)
		return err
	}); err != nil {
		return web.Answer{}, err
	}
	page.Problem, page.Name, page.Codes = problem, chosen.Name, fields.Get("codes")
	return w.face.PageStatus(web.Status(kind), page), nil
}

// stationPlanPage shows whom a reassignment is about and where they are now, with the form that carries it out; or what was done.
type stationPlanPage struct {
	web.Page
	URL, What, Station, Reason, Who, At string
	Missing                             []string
	Count                               int
	From                                []stationCount
	Planned, CanUndo                    bool
	State                               web.Badge
	Stations                            []web.Choice
	Undoes                              string
}

type stationCount struct {
	Station string
	Count   int
}

func (w *work) reassignment(c *web.View) (web.Answer, error) {
	r, err := enterprise.ReassignmentOf(c.Ctx, c.Q, c.By, c.PathValue("id"))
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	people, err := org.UserNames(c.Ctx, c.Q, []string{r.By})
	if err != nil {
		return web.Answer{}, err
	}
	page := &stationPlanPage{Page: web.Page{Title: c.Say("work.station_plan", r.Count), NoStore: true}, URL: stationsURL(r.ID), What: chosenAs(c.Request, names, r.What), Station: stationOf(c.Request, names, r),
		Reason: r.Reason, Who: person(c.Request, people, r.By), At: minute(r.At), Missing: strings.Fields(r.Missing), Count: r.Count,
		Planned: r.State == enterprise.Planned, CanUndo: r.State == enterprise.Done && r.Undoes == "", State: reassignmentBadge(r), Stations: names.Stations("")}
	if r.Undoes != "" {
		page.Undoes = stationsURL(r.Undoes)
	}
	for _, s := range r.From {
		name := c.Say("work.station_none")
		if s.Station != "" {
			name = names.Department(s.Station)
		}
		page.From = append(page.From, stationCount{name, s.Count})
	}
	return w.face.Page(page), nil
}

// chosenAs says in names how the enterprises were chosen.
func chosenAs(c *web.Request, names web.Names, what string) string {
	const between = " · "
	parts := strings.Split(what, between)
	for i, part := range parts {
		switch {
		case part == enterprise.NoStation:
			parts[i] = c.Say("work.station_none")
		case len(part) == 6 && strings.Trim(part, "0123456789") == "":
			parts[i] = names.Division(part)
		default:
			parts[i] = names.Department(part)
		}
	}
	return strings.Join(parts, between)
}

func (w *work) reassign(c *web.Act) (web.Answer, error) {
	id := c.PathValue("id")
	return web.Redirect(stationsURL(id), "work.station_reassigned"), enterprise.Reassign(c.Ctx, c.Q, c.By, c.At, id, c.Field("station"), c.Field("reason"))
}

func (w *work) undoStations(c *web.Act) (web.Answer, error) {
	id, err := enterprise.Undo(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("reason"))
	return web.Redirect(stationsURL(id), "work.station_put_back"), err
}

// codesIn reads the codes in a pasted text and a small table: whatever cell may be a number of an enterprise.
func codesIn(pasted string, file io.Reader) ([]string, error) {
	var rows [][]string
	if file != nil {
		var err error
		if rows, err = intake.Rows(file); err != nil {
			return nil, err
		}
	}
	rows = append(rows, strings.FieldsFunc(pasted, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、", r) }))
	var out []string
	seen := map[string]bool{}
	for _, row := range rows {
		for _, cell := range row {
			code := credit.NormalizeCode(cell)
			if number := len(code) == 15 || len(code) == 18; number && !seen[code] && strings.ContainsAny(code, "0123456789") {
				seen[code] = true
				out = append(out, code)
			}
		}
	}
	return out, nil
}
