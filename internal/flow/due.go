package flow

import (
	"context"
	"strings"
	"time"

	"zhixin/internal/canon"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
)

// Due opens what is due on the day of at: a case for each enterprise whose annual report has not come by the deadline (办法
// §6: the listing follows within ten working days). Cases whose ground, authority or clock a day has changed are reviewed
// before, and a notice that was broken off is gone on with. It accuses nobody in public: the notice is an officer's act, see
// [Flow.Announce]. What was hidden from the public and not confirmed in time is shown again. Run twice on a day, or on every day, it adds only what is missing.
func (f *Flow) Due(ctx context.Context, at time.Time) error {
	day := credit.DateOf(at)
	if err := f.DB.Tx(ctx, func(q db.Q) error { return publicity.LapseHides(ctx, q, f.Cal, duty, at) }); err != nil {
		return err
	}
	if err := f.reviewUndecided(ctx, at); err != nil {
		return err
	}
	err := f.population(ctx, []string{record.AnnualReportKind}, func(q db.Q, l law, facts []record.Facts) error {
		for _, one := range facts {
			if err := f.dueFor(ctx, q, at, day, l, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.goOn(ctx, at)
}

// dueFor opens the listing cases of one subject. The few that lack a report are judged again with their history.
func (f *Flow) dueFor(ctx context.Context, q db.Q, at time.Time, day credit.Date, l law, facts record.Facts) error {
	called, err := f.judge(l, facts, nil, day)
	if err != nil || len(called) == 0 {
		return err
	}
	entries, err := lists.History(ctx, q, facts.Subject.ID, -1)
	if err != nil {
		return err
	}
	if called, err = f.judge(l, facts, entries, day); err != nil {
		return err
	}
	authority, err := org.CompetentOn(ctx, q, facts.Subject.Authority, day)
	if err != nil {
		return err
	}
	for _, p := range called {
		if p.Removal {
			continue
		}
		if _, err := f.open(ctx, q, at, facts, authority, p); err != nil {
			return err
		}
	}
	return nil
}

// groupOf names the yearly run of one authority: "abnormal.annual-report/2025/SCJG-340881". Its cases are decided together,
// by that authority's own people, with its own numbers (handbook 12.8). A removal stands alone.
func groupOf(p lists.Proposal, authority string) string {
	if p.Removal {
		return ""
	}
	return p.Ground + "/" + p.Detail + "/" + authority
}

func kindOf(p lists.Proposal) string {
	if p.Removal {
		return casework.AbnormalRemoval
	}
	return casework.AbnormalListing
}

// open makes the case that p calls for; where it exists already, that one.
func (f *Flow) open(ctx context.Context, q db.Q, at time.Time, facts record.Facts, authority string, p lists.Proposal) (casework.Case, error) {
	body, err := canon.Bytes(p.Evidence())
	if err != nil {
		return casework.Case{}, err
	}
	s := facts.Subject
	if s.Station, err = enterprise.Station(ctx, q, s); err != nil {
		return casework.Case{}, err
	}
	return casework.Open(ctx, q, duty, at, casework.New{
		Kind: kindOf(p), EnterpriseID: s.ID, Detail: p.Ground + "/" + p.Detail, Cause: strings.Join(p.Records, " "), Authority: authority, Division: s.Division, Station: s.Station,
		Group: groupOf(p, authority), Due: p.Due, Facts: body,
	})
}
