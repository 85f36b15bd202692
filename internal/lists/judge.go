package lists

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// Judge returns what p calls for on day, given the subject's facts and its history on the lists: a listing for each report
// year whose report is missing (办法 §6), and the removal of each entry whose missing report has come (办法 §11). It reads
// nothing and writes nothing.
//
// Three days decide about a report year. The duty must have existed: a row of the ground was in force on the day after its
// deadline. The deadline must have passed on day. And the row that is cited is the one in force on day. Years before the
// row's first_year are left alone: this platform does not hold their reports, so that none is there proves nothing. Of a subject
// that was taken over, so are the years for which the old system answers: what it listed or let be is not done again. Where the
// calendar does not reach to the last day for the decision, that day is unknown, and nothing else is.
func Judge(f record.Facts, h []Entry, p []policy.Rule[Ground], cal *calendar.Calendar, day credit.Date) ([]Proposal, error) {
	reports, err := reportsBy(f, day)
	if err != nil {
		return nil, err
	}
	var out []Proposal
	for _, rule := range p {
		if !rule.On(day) || !rule.Body.Carried || rule.Body.Absence != record.AnnualReportKind {
			continue
		}
		listings, err := listings(f, h, p, rule, reports, cal, day)
		if err != nil {
			return nil, err
		}
		removals, err := removals(f, h, rule, reports, cal, day)
		if err != nil {
			return nil, err
		}
		out = append(append(out, listings...), removals...)
	}
	return out, nil
}

// report is the earliest publication of the report of a year.
type report struct {
	id        string
	published credit.Date
}

// reportsBy returns the annual reports published on or before day, by report year.
func reportsBy(f record.Facts, day credit.Date) (map[int]report, error) {
	out := map[int]report{}
	for _, r := range f.Records {
		if r.Kind != record.AnnualReportKind {
			continue
		}
		a, err := r.AnnualReport()
		if err != nil {
			return nil, fmt.Errorf("lists: annual report %s: %w", r.ID, err)
		}
		if a.Published == 0 || a.Published > day {
			continue
		}
		if old, ok := out[a.Year]; !ok || a.Published < old.published || a.Published == old.published && r.ID < old.id {
			out[a.Year] = report{r.ID, a.Published}
		}
	}
	return out, nil
}

// obliged reports whether the subject had the duties of g on day at all: an active one of the right kind. Whose day of
// registration is not known is left alone: a listing must not rest on a guess.
func obliged(f record.Facts, g Ground, day credit.Date) bool {
	s := f.Subject
	return s.State == credit.Active && slices.Contains(g.Subjects, s.Kind) && s.Registered != 0 &&
		(s.Ended == 0 || s.Ended > day)
}

// Deadline returns the last day on which the duty of a report year could be done.
func (g Ground) Deadline(year int) credit.Date {
	return credit.NewDate(year+1, time.Month(g.DueMonth), g.DueDay)
}

func listings(f record.Facts, h []Entry, p []policy.Rule[Ground], rule policy.Rule[Ground], reports map[int]report, cal *calendar.Calendar, day credit.Date) ([]Proposal, error) {
	g := rule.Body
	if !obliged(f, g, day) {
		return nil, nil
	}
	var out []Proposal
	for year := max(g.First, f.Subject.Registered.Year()); g.Deadline(year) < day; year++ {
		detail := strconv.Itoa(year)
		if _, came := reports[year]; came || g.Deadline(year) < f.Past || !inForce(p, rule.Key, g.Deadline(year)+1) || known(h, g.List, rule.Key, detail) {
			continue
		}
		due, err := cal.Deadline(g.Deadline(year), g.ToList)
		if err != nil {
			return nil, err
		}
		out = append(out, Proposal{
			EnterpriseID: f.Subject.ID, Ground: rule.Key, Detail: detail, Rule: rule, Absent: absent(g.Absence, year), Due: due,
		})
	}
	return out, nil
}

// inForce reports whether a row of the ground held on day.
func inForce(p []policy.Rule[Ground], key string, day credit.Date) bool {
	return slices.ContainsFunc(p, func(r policy.Rule[Ground]) bool { return r.Key == key && r.On(day) })
}

// known reports whether there is or was an entry for the same year: nobody is listed twice for one report year, also not
// after a removal or a rescission.
func known(h []Entry, list credit.List, ground, detail string) bool {
	return slices.ContainsFunc(h, func(e Entry) bool { return e.List == list && e.Ground == ground && e.Detail == detail })
}

func removals(f record.Facts, h []Entry, rule policy.Rule[Ground], reports map[int]report, cal *calendar.Calendar, day credit.Date) ([]Proposal, error) {
	var out []Proposal
	for _, e := range h {
		if e.Ground != rule.Key || e.List != rule.Body.List || e.State() != Listed {
			continue
		}
		year, err := strconv.Atoi(e.Detail)
		if err != nil {
			return nil, fmt.Errorf("lists: entry %s is for the report year %q", e.ID, e.Detail)
		}
		came, ok := reports[year]
		since, _ := e.Window()
		if !ok || since > day {
			continue
		}
		due, err := cal.Deadline(max(came.published, since), rule.Body.ToRemove)
		if err != nil {
			return nil, err
		}
		out = append(out, Proposal{
			EnterpriseID: f.Subject.ID, Ground: rule.Key, Detail: e.Detail, Rule: rule, Records: []string{came.id}, Due: due,
			Removal: true, EntryID: e.ID, ListedOn: since, ListedNo: e.PaperNo(),
		})
	}
	return out, nil
}
