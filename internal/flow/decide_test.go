package flow_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/document"
	"zhixin/internal/flow"
	"zhixin/internal/lists"
)

func TestMakerIsNotChecker(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		c := w.caseOf(id)
		maker := officer("SCJG")
		w.must(w.examine(c, maker))
		before := state(t, d)

		other := approver("SCJG")
		other.User = maker.User // the same person in the approver's post
		_, err := w.decide(c, other, casework.Approve)
		w.wantCode("maker in another post", err, "casework.second_officer")
		deputy := approver("SCJG")
		deputy.OnBehalf = maker.User
		_, err = w.decide(c, deputy, casework.Approve)
		w.wantCode("on the maker's behalf", err, "casework.second_officer")
		_, err = w.decide(c, maker, casework.Approve)
		w.wantCode("an officer", err, "org.may_not")
		_, err = w.decide(c, approver("SCJG-340881"), casework.Approve)
		w.wantCode("another authority's approver", err, "casework.no_case")
		_, err = w.decide(c, credit.System("flow"), casework.Approve)
		w.wantCode("the system", err, "casework.no_case")
		if out, err := w.DecideGroup(ctx, other, w.At, c.Group, casework.Approve, ""); err != nil || out != (flow.Outcome{Skipped: 1}) {
			t.Errorf("maker for the group: %+v, %v", out, err)
		}

		if got := state(t, d); got != before {
			t.Errorf("a refused approver left something:\n%s", differs(got, before))
		}
		if _, err = w.decide(c, approver("SCJG"), casework.Approve); err != nil {
			t.Errorf("another person: %v", err)
		}
	})
}

func TestReportBetweenNoticeAndDecisionEndsTheCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		noticed, examined := w.firm(1, nil), w.firm(2, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		a, b := w.caseOf(noticed), w.caseOf(examined)
		w.At = at("2026-07-06", 9)
		w.must(w.examine(b, officer("SCJG")))
		w.report(1, noticed, 2025, "2026-07-06")
		w.report(2, examined, 2025, "2026-07-06")

		// The report is there, its consequence not yet: the approver must not get through.
		_, err := w.decide(b, approver("SCJG"), casework.Approve)
		w.wantCode("approval without ground", err, "flow.ground_gone")
		w.catchUp()
		for _, c := range []casework.Case{w.get(a), w.get(b)} {
			last := c.Steps[len(c.Steps)-1]
			if c.State != casework.Moot || last.Kind != casework.StepMoot || last.Opinion != "flow.ground_gone" || last.By.Duty == "" {
				t.Errorf("case %s ends with %+v", c.State, last)
			}
		}
		_, err = w.decide(b, approver("SCJG"), casework.Approve)
		w.wantCode("approval of a moot case", err, "casework.moved_on")
		w.due("2026-07-07", 8)
		if n := len(w.cases(casework.AbnormalListing)) + len(w.papers(document.AbnormalListing)) + len(w.history(noticed)) + len(w.history(examined)); n != 0 {
			t.Errorf("%d things follow from a report that came in time for the decision", n)
		}
	})
}

func TestDeregistrationBeforeTheDecisionEndsTheCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		c := w.caseOf(id)
		w.At = at("2026-07-03", 9)
		w.firm(1, map[string]string{"REGSTATE": "deregistered", "ENDDATE": "2026-07-02"})
		w.catchUp()
		if got := w.get(c); got.State != casework.Moot {
			t.Errorf("the case is %s", got.State)
		}
	})
}

func TestApprovalListsNumbersPublishesAndMeasuresAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		if v := w.verdict(1, credit.Honour); v != credit.Pass {
			t.Fatalf("before: %s", v)
		}
		w.due("2026-07-01", 8)
		if v := w.verdict(1, credit.Honour); v != credit.Pass {
			t.Errorf("a notice binds: %s", v)
		}
		w.At = at("2026-07-09", 15)
		c := w.caseOf(id)
		p := w.settle(c)
		day := credit.MustDate("2026-07-09")
		if p.Number != "宜市监异入〔2026〕第1号" || p.PublishedOn != day || p.Case != c.ID || p.EnterpriseID != id {
			t.Errorf("paper %+v", p)
		}
		entries := w.history(id)
		if len(entries) != 1 || len(entries[0].Events) != 1 {
			t.Fatalf("entries %+v", entries)
		}
		e := entries[0].Events[0]
		if e.Effect < p.PublishedOn || e.Effect != day || e.Case != c.ID || e.Paper != p.ID || e.PaperNo != p.Number ||
			e.Absent != "annual-report/2025" || e.PolicyKey != lists.AnnualReport || e.PolicyVersion != 1 {
			t.Errorf("event %+v", e)
		}
		for matter, want := range map[credit.Matter]credit.Verdict{credit.Procurement: credit.Remind, credit.Tendering: credit.Remind,
			credit.LandTransfer: credit.Remind, credit.Honour: credit.Restrict, credit.CreditGranting: credit.Remind, credit.ProductionLicence: credit.Pass} {
			if got := w.verdict(1, matter); got != want {
				t.Errorf("%s: %s, want %s", matter, got, want)
			}
		}
		got := w.get(c)
		if got.State != casework.Approved || got.Paper != p.ID || got.Examiner == got.Approver || got.Examiner == "" || got.Approver == "" {
			t.Errorf("case %+v", got)
		}
		_, err := w.decide(c, approver("SCJG"), casework.Approve)
		w.wantCode("a second approval", err, "casework.moved_on")
	})
}

// failing is a transaction that breaks at one statement, as when the database goes away.
type failing struct {
	db.Q
	left *int
}

func (f failing) sql(query string) string {
	if *f.left--; *f.left == -1 {
		return `SELECT broken FROM nowhere`
	}
	return query
}

func (f failing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if q := f.sql(query); q != query {
		return f.Q.ExecContext(ctx, q)
	}
	return f.Q.ExecContext(ctx, query, args...)
}

func (f failing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if q := f.sql(query); q != query {
		return f.Q.QueryContext(ctx, q)
	}
	return f.Q.QueryContext(ctx, query, args...)
}

func (f failing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if q := f.sql(query); q != query {
		return f.Q.QueryRowContext(ctx, q)
	}
	return f.Q.QueryRowContext(ctx, query, args...)
}

// A decision breaks at its first statement, at its second, and so on: each time nothing of it is left, and no number lost.
func TestDecisionBreaksAtEveryStatementAndLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		c := w.caseOf(id)
		broken := func(what string, least int, act func(q db.Q) error) {
			t.Helper()
			before := state(t, d)
			for n := 0; ; n++ {
				left := n
				err := d.Tx(ctx, func(q db.Q) error { return act(failing{q, &left}) })
				if err == nil {
					t.Logf("%s: %d statements", what, n)
					if n < least {
						t.Errorf("%s: only %d statements were broken", what, n)
					}
					return
				}
				if got := state(t, d); got != before {
					t.Fatalf("%s, broken at statement %d, left\n%s", what, n, differs(got, before))
				}
			}
		}
		broken("examination", 3, func(q db.Q) error {
			_, err := w.Examine(ctx, q, officer("SCJG"), w.At, c.ID, "属实。")
			return err
		})
		approve := func(q db.Q) error {
			_, err := w.Decide(ctx, q, approver("SCJG"), w.At, w.caseOf(id).ID, casework.Approve, "")
			return err
		}
		broken("listing", 15, approve)
		w.report(1, id, 2025, "2026-07-20")
		w.At = at("2026-07-20", 9)
		w.catchUp()
		w.must(w.examine(w.caseOf(id), officer("SCJG")))
		broken("removal", 15, approve)
		rescission := w.openRescission(w.history(id)[0])
		w.must(w.examine(rescission, officer("SCJG")))
		broken("rescission", 10, approve)
		wantSeries(w, map[string]int{"宜市监异入〔2026〕第%d号": 1})
	})
}

// The one who asked goes away in the middle: the same, from outside.
func TestDecisionOfWhoGoesAwayLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		c := w.caseOf(id)
		w.must(w.examine(c, officer("SCJG")))
		before := state(t, d)
		going, leave := context.WithCancel(ctx)
		err := d.Tx(going, func(q db.Q) error {
			_, err := w.Decide(going, q, approver("SCJG"), w.At, c.ID, casework.Approve, "")
			leave()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before the commit: %v", err)
		}
		if got := state(t, d); got != before {
			t.Errorf("left\n%s", differs(got, before))
		}
		if _, err := w.decide(c, approver("SCJG"), casework.Approve); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// Two approvers of one authority and one of another decide at the same time, some cases twice.
func TestConcurrentApprovalsTakeEachNumberOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		const each = 12
		for n := range 2 * each {
			more := map[string]string{}
			if n%2 == 1 {
				more = map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"}
			}
			w.firm(n, more)
		}
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		cases := w.cases(casework.AbnormalListing)
		for _, c := range cases {
			w.must(w.examine(c, officer(c.Authority)))
		}
		second := approver("SCJG")
		second.User = "another approver"
		var wg sync.WaitGroup
		var mu sync.Mutex
		done := map[string]int{}
		decide := func(by credit.Actor, list []casework.Case) {
			for _, c := range list {
				if c.Authority != by.Department {
					continue
				}
				_, err := w.decide(c, by, casework.Approve)
				mu.Lock()
				if err == nil {
					done[c.ID]++
				} else if !strings.Contains(fmt.Sprint(err), "casework.moved_on") {
					t.Errorf("%s decides: %v", by.User, err)
				}
				mu.Unlock()
			}
		}
		back := make([]casework.Case, len(cases))
		for i, c := range cases {
			back[len(cases)-1-i] = c
		}
		wg.Go(func() { decide(approver("SCJG"), cases) })
		wg.Go(func() { decide(second, back) })
		wg.Go(func() { decide(approver("SCJG-340881"), cases) })
		wg.Wait()
		for _, c := range cases {
			if done[c.ID] != 1 || len(w.history(c.EnterpriseID)) != 1 {
				t.Errorf("case of %s: approved %d times, %d entries", c.Name, done[c.ID], len(w.history(c.EnterpriseID)))
			}
		}
		wantSeries(w, map[string]int{"宜市监异入〔2026〕第%d号": each, "桐市监异入〔2026〕第%d号": each})
	})
}

func TestReturnedCaseIsExaminedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		c := w.caseOf(id)
		w.must(w.examine(c, officer("SCJG")))
		if p, err := w.decide(c, approver("SCJG"), casework.Return); err != nil || p.Number != "" {
			t.Fatalf("return: %v, %+v", err, p)
		}
		_, err := w.decide(c, approver("SCJG"), casework.Approve)
		w.wantCode("approval of a returned case", err, "casework.moved_on")
		other := officer("SCJG")
		other.User = "another officer"
		w.must(w.examine(c, other))
		first := approver("SCJG")
		first.User = officer("SCJG").User // who examined the first time
		_, err = w.decide(c, first, casework.Approve)
		w.wantCode("the first round's examiner", err, "casework.second_officer")
		if p, err := w.decide(c, approver("SCJG"), casework.Approve); err != nil || p.Number != "宜市监异入〔2026〕第1号" {
			t.Errorf("approve: %v, %s", err, p.Number)
		}
	})
}

func TestRefusedCaseListsNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		c := w.caseOf(id)
		w.must(w.examine(c, officer("SCJG")))
		if _, err := w.decide(c, approver("SCJG"), casework.Refuse); err != nil {
			t.Fatal(err)
		}
		w.catchUp()
		if got := w.get(c); got.State != casework.Refused || got.Paper != "" || len(w.history(id)) != 0 ||
			len(w.papers(document.AbnormalListing)) != 0 || w.verdict(1, credit.Honour) != credit.Pass {
			t.Errorf("a refused case: %s, %d entries", got.State, len(w.history(id)))
		}
	})
}
