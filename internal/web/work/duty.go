package work

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"zhixin/internal/casework"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/duty"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

func (w *work) dutyPages(s *web.Server) {
	s.View("GET /work/duty", web.Access(org.DutyRead), w.duty)
	s.View("GET /work/duty/figures.csv", web.Access(org.DutyRead), w.figures)
	s.Act("POST /work/duty/nil", web.Access(org.BatchSubmit), w.reportNil)
	s.Act("POST /work/duty/duties", web.Access(org.DutyManage), w.putDuty)
	s.Act("POST /work/duty/findings", web.Access(org.DutyAudit), w.find)
	s.Act("POST /work/duty/findings/{id}/strike", web.Access(org.DutyAudit), w.strike)
}

// dutyPage shows what departments owe, how well they delivered in a year, and what audits found.
type dutyPage struct {
	web.Page
	Kinds       []string // the columns
	Owed        []owedRow
	Year        int
	Before      string // the page of the year before
	After       string
	CSV         string
	All         string // where all departments are shown, "" where they are
	Figures     []figureRow
	Months      []figureRow // of the one department that is shown
	Of          string
	Findings    []findingRow
	Manages     bool
	Audits      bool
	Departments []web.Choice
	KindChoices []web.Choice
	Cycles      []web.Choice
	Sharings    []web.Choice
	Today       credit.Date
}

type owedRow struct {
	Department, URL string
	Cells           []owedCell
}

// owedCell is one department's duty of one kind; not all departments owe all.
type owedCell struct {
	Owes               bool
	Kind, Name         string // code and what it is called
	Cycle, Terms, Late string
	Last, Due          credit.Date
	Clock              clockMark
	Nil                bool // a nil report can be made here
}

type figureRow struct {
	Name, URL                                        string
	Files, Unreadable, Rows, Rejected                int
	Compliance, InTime, Late, Publicity, Concealment string
	Unknown                                          int
}

type findingRow struct {
	URL, Department, Kind, Note string
	Day                         credit.Date
	Found, Missing              int
}

func (w *work) duty(c *web.View) (web.Answer, error) {
	page := &dutyPage{Page: web.Page{Title: c.Say("work.duty_title"), Wide: true}, Year: askedYear(c), Manages: org.Can(c.By, org.DutyManage),
		Audits: org.Can(c.By, org.DutyAudit), Today: c.Today}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	owed, err := w.owed(c, org.ScopeOf(c.By, org.DutyRead))
	if err != nil {
		return web.Answer{}, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page.matrix(c.Request, w, names, kinds, owed)
	if err := w.yearFigures(c, page, names, kinds); err != nil {
		return web.Answer{}, err
	}
	if page.Manages || page.Audits {
		if page.Departments, err = departmentChoices(c.Request, c.Q, ""); err != nil {
			return web.Answer{}, err
		}
		page.choices(c.Request, kinds)
	}
	return w.face.Page(page), nil
}

// askedYear returns the year that is asked for, this one otherwise.
func askedYear(c *web.View) int {
	if year, err := strconv.Atoi(c.Query("year")); err == nil && year >= 2000 && year <= c.Today.Year() {
		return year
	}
	return c.Today.Year()
}

func (w *work) owed(c *web.View, scope org.Scope) ([]duty.Debt, error) {
	duties, err := duty.On(c.Ctx, c.Q, scope, c.Today)
	if err != nil || len(duties) == 0 {
		return nil, err
	}
	heard, err := duty.HeardOf(c.Ctx, c.Q, scope)
	if err != nil {
		return nil, err
	}
	return duty.Owed(duties, heard, w.Flow.Cal, c.Today)
}

// matrix puts what is owed into rows of departments and columns of kinds.
func (page *dutyPage) matrix(c *web.Request, w *work, names web.Names, set catalog.Set, owed []duty.Debt) {
	var kinds []string
	for _, d := range owed {
		if !slices.Contains(kinds, d.Kind) {
			kinds = append(kinds, d.Kind)
		}
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		page.Kinds = append(page.Kinds, kindOf(c, set, k))
	}
	last := ""
	for _, d := range owed {
		if d.Department != last {
			last = d.Department
			row := owedRow{Department: names.Short(d.Department), URL: address("/work/duty", "department", d.Department), Cells: make([]owedCell, len(kinds))}
			for i := range kinds {
				row.Cells[i].Name = page.Kinds[i]
			}
			page.Owed = append(page.Owed, row)
		}
		page.Owed[len(page.Owed)-1].Cells[slices.Index(kinds, d.Kind)] = w.owedCell(c, set, d)
	}
}

func (w *work) owedCell(c *web.Request, kinds catalog.Set, d duty.Debt) owedCell {
	cell := owedCell{Owes: true, Kind: d.Kind, Name: kindOf(c, kinds, d.Kind), Cycle: c.Say("work.duty_every_"+string(d.Cycle), d.Days), Due: d.Due,
		Last: max(d.Batch, d.Heard.Nil), Clock: markOf(c, casework.ClockAt(w.Flow.Cal, d.Due, c.Today)),
		Nil: org.May(c.By, org.BatchSubmit, d.Department, "") == nil}
	cell.Terms = c.Say("work.duty_terms", d.Source, c.Say("work.duty_share_"+string(d.Sharing)))
	if d.Sharing == duty.Conditional {
		cell.Terms = c.Say("work.duty_terms_for", d.Source, c.Say("work.duty_share_"+string(d.Sharing)), d.Purpose, d.Approval)
	}
	if d.Due == 0 && d.Period > c.Today {
		cell.Clock = clockMark{"none", "○", c.Say("work.duty_not_ended", d.Period.String())} // no reason to worry yet
	}
	if d.Late {
		cell.Late = c.Say("work.duty_late_since", d.Since.String())
	}
	if d.Overdue > 1 {
		cell.Late = c.Say("work.duty_late_periods", d.Since.String(), d.Overdue)
	}
	return cell
}

// yearFigures fills in the figures of the year and what audits found in it.
func (w *work) yearFigures(c *web.View, page *dutyPage, names web.Names, kinds catalog.Set) error {
	scope, of := org.ScopeOf(c.By, org.DutyRead), c.Query("department")
	if !scope.All {
		of = c.By.Department
	}
	months, err := w.figuresOf(c, page.Year)
	if err != nil {
		return err
	}
	for _, f := range duty.Year(months) {
		row := figureRowOf(f, names.Short(f.Department))
		row.URL = address("/work/duty", "year", strconv.Itoa(page.Year), "department", f.Department)
		page.Figures = append(page.Figures, row)
	}
	for _, f := range months {
		if f.Department == of {
			page.Months = append(page.Months, figureRowOf(f, f.Month.String()[:7]))
		}
	}
	if page.Of = names.Department(of); of != "" && scope.All {
		page.All = address("/work/duty", "year", strconv.Itoa(page.Year))
	}
	page.Before = address("/work/duty", "year", strconv.Itoa(page.Year-1), "department", c.Query("department"))
	if page.Year < c.Today.Year() {
		page.After = address("/work/duty", "year", strconv.Itoa(page.Year+1), "department", c.Query("department"))
	}
	page.CSV = address("/work/duty/figures.csv", "year", strconv.Itoa(page.Year))
	found, err := duty.Findings(c.Ctx, c.Q, scope, page.Year)
	if err != nil {
		return err
	}
	for _, f := range found {
		page.Findings = append(page.Findings, findingRow{"/work/duty/findings/" + f.ID + "/strike", names.Short(f.Department), kindOf(c.Request, kinds, f.Kind),
			f.Note, f.Day, f.Found, f.Missing})
	}
	return nil
}

func (w *work) figuresOf(c *web.View, year int) ([]duty.Figures, error) {
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return nil, err
	}
	return duty.FiguresOf(c.Ctx, c.Q, org.ScopeOf(c.By, org.DutyRead), book, w.Flow.Cal, year)
}

func figureRowOf(f duty.Figures, name string) figureRow {
	return figureRow{Name: name, Files: f.Files, Unreadable: f.Unreadable, Rows: f.Rows, Rejected: f.Rejected,
		Compliance: percent(f.Rows-f.Rejected, f.Rows), InTime: percent(f.Credit.InTime, f.Credit.Told()), Late: percent(f.Credit.Late, f.Credit.Told()),
		Publicity: percent(f.Publicity.InTime, f.Publicity.Told()), Concealment: percent(f.Missing, f.Found), Unknown: f.Credit.Unknown + f.Publicity.Unknown}
}

// percent writes a share with one decimal; a dash where there is nothing of which it could be one.
func percent(part, whole int) string {
	tenths, ok := duty.Rate(part, whole)
	if !ok {
		return "—"
	}
	return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10) + "%"
}

func (page *dutyPage) choices(c *web.Request, kinds catalog.Set) {
	page.KindChoices = kindChoices(c, kinds)
	for _, y := range duty.Cycles {
		page.Cycles = append(page.Cycles, web.Choice{Value: string(y), Text: c.Say("work.duty_cycle_" + string(y))})
	}
	for _, s := range duty.Sharings {
		page.Sharings = append(page.Sharings, web.Choice{Value: string(s), Text: c.Say("work.duty_share_" + string(s))})
	}
}

// kindChoices offers the kinds of record that can be sent.
func kindChoices(c *web.Request, kinds catalog.Set) (out []web.Choice) {
	for _, k := range kinds.All() {
		out = append(out, web.Choice{Value: k.Name, Text: c.Pick(k.Title, k.English)})
	}
	return out
}

// figures is the table of a year for Excel: a line for each department and month, and one for its year.
func (w *work) figures(c *web.View) (web.Answer, error) {
	year := askedYear(c)
	months, err := w.figuresOf(c, year)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	var head []string
	for _, code := range []string{"code", "department", "month", "files", "unreadable", "rows", "rejected", "compliance", "in_time", "late", "unknown", "timeliness",
		"lateness", "publicity_in_time", "publicity_late", "publicity_unknown", "found", "missing", "concealment"} {
		head = append(head, c.Say("work.duty_col_"+code))
	}
	var lines [][]string
	for _, f := range append(months, duty.Year(months)...) {
		lines = append(lines, figureLine(f, names, year))
	}
	slices.SortStableFunc(lines, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return web.Download("duty-"+strconv.Itoa(year)+".csv", web.SheetType, func(out io.Writer) error {
		return web.Sheet(out, head, func() ([]string, error) {
			if len(lines) == 0 {
				return nil, nil
			}
			line := lines[0]
			lines = lines[1:]
			return line, nil
		})
	}), nil
}

func figureLine(f duty.Figures, names web.Names, year int) []string {
	when := strconv.Itoa(year)
	if f.Month != 0 {
		when = f.Month.String()[:7]
	}
	line := []string{f.Department, names.Department(f.Department), when}
	count := func(n ...int) {
		for _, n := range n {
			line = append(line, strconv.Itoa(n))
		}
	}
	count(f.Files, f.Unreadable, f.Rows, f.Rejected)
	line = append(line, percent(f.Rows-f.Rejected, f.Rows))
	count(f.Credit.InTime, f.Credit.Late, f.Credit.Unknown)
	line = append(line, percent(f.Credit.InTime, f.Credit.Told()), percent(f.Credit.Late, f.Credit.Told()))
	count(f.Publicity.InTime, f.Publicity.Late, f.Publicity.Unknown, f.Found, f.Missing)
	return append(line, percent(f.Missing, f.Found))
}

func (w *work) reportNil(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/duty", "work.duty_nil_said"), duty.ReportNil(c.Ctx, c.Q, c.By, c.At, c.By.Department, c.Field("kind"))
}

func (w *work) putDuty(c *web.Act) (web.Answer, error) {
	d := duty.Duty{Department: c.Field("department"), Kind: c.Field("kind"), Source: c.Field("source"), Cycle: duty.Cycle(c.Field("cycle")),
		Sharing: duty.Sharing(c.Field("sharing")), Purpose: c.Field("purpose"), Approval: c.Field("approval")}
	d.Days, _ = strconv.Atoi(c.Field("days")) // what is no number is refused as a term
	if err := knownKinds(c, d.Kind); err != nil {
		return web.Answer{}, err
	}
	if err := dates(c, map[string]*credit.Date{"from": &d.From, "until": &d.Until}); err != nil {
		return web.Answer{}, err
	}
	return web.Redirect("/work/duty", "work.duty_set"), duty.Put(c.Ctx, c.Q, c.By, c.At, d)
}

// knownKinds is a fault where one of names is no kind of record.
func knownKinds(c *web.Act, names ...string) error {
	kinds, err := catalog.Load(c.Ctx, c.Q)
	for _, name := range names {
		if err == nil {
			_, err = kinds.Of(name)
		}
	}
	return err
}

// dates reads fields with days; empty ones stay open.
func dates(c *web.Act, fields map[string]*credit.Date) (err error) {
	for name, day := range fields {
		if text := c.Field(name); text != "" {
			if *day, err = credit.ParseDate(text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) find(c *web.Act) (web.Answer, error) {
	f := duty.Finding{Department: c.Field("department"), Kind: c.Field("kind"), Note: c.Field("note")}
	var err error
	if f.Found, err = strconv.Atoi(c.Field("found")); err != nil {
		f.Found = -1 // refused with the words for it
	}
	if f.Missing, err = strconv.Atoi(c.Field("missing")); err != nil {
		f.Missing = -1
	}
	if err := knownKinds(c, f.Kind); err != nil {
		return web.Answer{}, err
	}
	if err := dates(c, map[string]*credit.Date{"day": &f.Day}); err != nil {
		return web.Answer{}, err
	}
	_, err = duty.Find(c.Ctx, c.Q, c.By, c.At, f)
	return web.Redirect("/work/duty", "work.duty_found"), err
}

func (w *work) strike(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/duty", "work.duty_struck"), duty.Strike(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"), c.Field("reason"))
}

// reminders are what the department still has to send, for the desk of its reporter.
func (w *work) reminders(c *web.View) ([]owedRow, int, error) {
	debts, err := w.owed(c, org.Scope{Department: c.By.Department})
	if err != nil {
		return nil, 0, err
	}
	kinds, err := catalog.Load(c.Ctx, c.Q)
	if err != nil {
		return nil, 0, err
	}
	var out []owedRow
	late := 0
	for _, d := range debts {
		if k := casework.ClockAt(w.Flow.Cal, d.Due, c.Today).Colour; k == casework.Red || k == casework.Over {
			late++
		}
		out = append(out, owedRow{Department: kindOf(c.Request, kinds, d.Kind), URL: address("/work/batches", "kind", d.Kind), Cells: []owedCell{w.owedCell(c.Request, kinds, d)}})
	}
	return out, late, nil
}
