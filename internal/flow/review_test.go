package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/flow"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// A year whose holidays nobody has loaded leaves last days unknown. It stops neither the cases nor the measures, and the days
// are set when it is loaded.
func TestMissingHolidaysStopNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id, listed := w.firm(1, nil), w.firm(2, nil)
		w.catchUp()
		w.listed(listed)
		none, err := calendar.Load(strings.NewReader("year,date,name,is_off_day\n"))
		w.must(err)
		w.Cal = none
		late := w.firm(3, nil)
		w.report(2, listed, 2025, "2026-07-20")
		w.Penalise(id, "宜市监处罚〔2026〕1号", map[string]string{"CF_JDRQ": "2026-07-10", "CF_SDRQ": "2026-07-15"})
		w.At = at("2026-07-20", 9)
		w.catchUp()
		w.due("2026-07-20", 10)
		if v := w.verdict(1, credit.Procurement); v != credit.Bar {
			t.Errorf("the penalty after it: %s", v)
		}
		for _, of := range []string{late, listed} {
			if c := w.caseOf(of); c.Due != 0 {
				t.Errorf("a deadline was guessed: %s %s", c.Kind, c.Due)
			}
		}
		w.Cal = calendar.Builtin()
		w.due("2026-07-21", 8)
		for of, want := range map[string]string{late: "2026-07-14", listed: "2026-07-27"} {
			c := w.caseOf(of)
			if c.Due != credit.MustDate(want) || c.Steps[len(c.Steps)-1].Kind != casework.StepTimed {
				t.Errorf("%s: due %s, want %s", c.Kind, c.Due, want)
			}
		}
		once := state(t, d)
		w.due("2026-07-22", 8)
		if got := state(t, d); got != once {
			t.Errorf("timed twice:\n%s", differs(got, once))
		}
	})
}

// An enterprise that moves to another authority is listed by that one, in its own run and series.
func TestCaseFollowsTheEnterpriseToItsNewAuthority(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		c := w.caseOf(id)
		w.must(w.examine(c, officer("SCJG")))
		w.At = at("2026-07-02", 9)
		w.firm(1, map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"})
		_, err := w.decide(c, approver("SCJG"), casework.Approve) // before the flow has seen it
		w.wantCode("an authority that is not competent", err, "flow.authority_changed")
		w.catchUp()
		old := w.get(c)
		if last := old.Steps[len(old.Steps)-1]; old.State != casework.Moot || last.Opinion != "flow.authority_changed" {
			t.Errorf("the old case: %s, %+v", old.State, last)
		}
		w.due("2026-07-03", 8)
		next := w.caseOf(id)
		if next.Authority != "SCJG-340881" || next.Group != "abnormal.annual-report/2025/SCJG-340881" || next.State != casework.Noticed {
			t.Errorf("the new case: %+v", next)
		}
		if p := w.settle(next); !strings.HasPrefix(p.Number, "桐市监异入") {
			t.Errorf("paper %s", p.Number)
		}
	})
}

// A department that ends hands its cases to its successor on that day; without one they stay.
func TestCasesGoToTheSuccessorOfADepartment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"})
		w.catchUp()
		w.due("2026-07-01", 8)
		w.Tx(func(q db.Q) error {
			county, err := org.DepartmentOn(ctx, q, "SCJG-340881", credit.MustDate("2026-07-01"))
			if err != nil {
				return err
			}
			county.From, county.Until, county.Successor = credit.MustDate("2026-07-02"), credit.MustDate("2026-07-05"), "SCJG"
			return org.PutDepartment(ctx, q, credit.System("test"), w.At, county)
		})
		w.due("2026-07-04", 8)
		if c := w.caseOf(id); c.Authority != "SCJG-340881" {
			t.Errorf("handed over too early: %s", c.Authority)
		}
		w.due("2026-07-05", 8)
		c := w.caseOf(id)
		if c.Authority != "SCJG" || c.State != casework.Noticed {
			t.Fatalf("case %+v", c)
		}
		if p := w.settle(c); !strings.HasPrefix(p.Number, "宜市监异入") {
			t.Errorf("paper %s", p.Number)
		}
	})
}

// One case that cannot be decided now does not hold up the others of its run: what has gone is closed, what the approver has
// examined himself is left to another.
func TestOneCaseDoesNotBlockARun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		var ids []string
		for n := range 12 {
			ids = append(ids, w.firm(n, nil))
		}
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 9)
		group := w.caseOf(ids[0]).Group
		both := officer("SCJG")
		both.User = "both"
		own := w.caseOf(ids[4])
		w.must(w.examine(own, both))
		if out, err := w.ExamineGroup(ctx, officer("SCJG"), w.At, group, "属实。"); err != nil || out != (flow.Outcome{Done: 11}) {
			t.Fatalf("examined %+v, %v", out, err)
		}
		w.report(7, ids[7], 2025, "2026-07-08") // the flow has not seen it yet
		gone := w.caseOf(ids[7])
		both.Role = credit.Approver
		out, err := w.DecideGroup(ctx, both, w.At, group, casework.Approve, "")
		if err != nil || out != (flow.Outcome{Done: 10, Closed: 1, Skipped: 1}) {
			t.Errorf("decided %+v, %v", out, err)
		}
		if got := w.get(gone); got.State != casework.Moot || len(w.history(ids[7])) != 0 {
			t.Errorf("the one that reported: %s", got.State)
		}
		if got := w.get(own); got.State != casework.Examined {
			t.Errorf("his own: %s", got.State)
		}
		if out, err := w.DecideGroup(ctx, approver("SCJG"), w.At, group, casework.Approve, ""); err != nil || out != (flow.Outcome{Done: 1}) {
			t.Errorf("the other approver: %+v, %v", out, err)
		}
		wantSeries(w, map[string]int{"宜市监异入〔2026〕第%d号": 11})
	})
}

// A ground that a new policy ends closes the cases that rest on it.
func TestEndedGroundClosesItsCases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		c := w.caseOf(id)
		var row policy.Row
		w.View(func(q db.Q) error {
			book, err := policy.Load(ctx, q)
			for _, r := range book.Rows(lists.Table) {
				if r.Key == lists.AnnualReport && r.Until == 0 {
					row = r.Row
				}
			}
			return err
		})
		row.Until = credit.MustDate("2026-07-02")
		w.Tx(func(q db.Q) error {
			version, err := policy.Propose(ctx, q, credit.Actor{User: "first"}, w.At, "停用", []policy.Row{row}, lists.Validate)
			if err != nil {
				return err
			}
			return policy.Approve(ctx, q, credit.Actor{User: "second"}, w.At, version)
		})
		w.At = at("2026-07-03", 8)
		w.catchUp()
		if got := w.get(c); got.State != casework.Moot {
			t.Errorf("the case is %s", got.State)
		}
	})
}

// Who is deregistered or loses the licence leaves the list on that day, by law: without a case, a decision and a paper.
func TestEntryEndsWithTheEnterprise(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		gone, revoked, moved := w.firm(1, nil), w.firm(2, nil), w.firm(3, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		for _, id := range []string{gone, revoked, moved} {
			w.settle(w.caseOf(id))
		}
		w.At = at("2026-08-10", 9)
		w.firm(1, map[string]string{"REGSTATE": "deregistered", "ENDDATE": "2026-08-03"})
		w.firm(2, map[string]string{"REGSTATE": "revoked", "ENDDATE": "2026-08-03"})
		w.firm(3, map[string]string{"REGSTATE": "moved-out", "ENDDATE": "2026-08-03"})
		w.catchUp()
		for id, want := range map[string]lists.EventKind{gone: lists.Ended, revoked: lists.Ended, moved: lists.Listed} {
			e := w.history(id)[0]
			if e.State() != want || e.On(credit.MustDate("2026-08-03")) != (want == lists.Listed) || !e.On(credit.MustDate("2026-08-02")) {
				t.Errorf("entry %+v, want %s", e, want)
			}
			if end, ok := e.Event(lists.Ended); ok && end.Case+end.Paper+end.PaperNo != "" {
				t.Errorf("somebody decided it: %+v", end)
			}
		}
		if v := w.verdict(1, credit.Honour); v != credit.Pass {
			t.Errorf("at the gate: %s", v)
		}
		w.View(func(q db.Q) error {
			for state, want := range map[lists.EventKind]int{lists.Listed: 1, lists.Ended: 2, lists.Removed: 0} {
				rows, _, err := lists.Page(ctx, q, org.Scope{All: true}, lists.Filter{State: state})
				if err != nil || len(rows) != want || want > 0 && rows[0].State != state {
					t.Errorf("%s: %+v, %v", state, rows, err)
				}
			}
			return nil
		})
		once := state(t, d)
		w.due("2026-08-11", 8)
		w.catchUp()
		if got := state(t, d); got != once {
			t.Errorf("something follows from an end:\n%s", differs(got, once))
		}
	})
}

// A leaf whose body was erased has nothing left that could follow; those behind it do.
func TestErasedLeafDoesNotStopTheFlow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.firm(1, nil)
		other := w.firm(2, nil)
		w.Number()
		w.Tx(func(q db.Q) error {
			events, err := audit.Read(ctx, q, 0, 1000)
			if err != nil {
				return err
			}
			for _, e := range events {
				if e.Kind == record.AcceptedLeaf {
					_, err = audit.Erase(ctx, q, officer("SCJG"), w.At, e.Leaf, "依法删除")
					break
				}
			}
			return err
		})
		w.Penalise(other, "宜市监处罚〔2026〕9号", map[string]string{"CF_JDRQ": "2026-06-08", "CF_SDRQ": "2026-06-09"})
		w.catchUp()
		if v := w.verdict(2, credit.Procurement); v != credit.Bar {
			t.Errorf("behind the erased leaf: %s", v)
		}
	})
}

// A penalty that is withdrawn while the registration is withdrawn too does not stay in force.
func TestPenaltyIsLiftedWhoeverIsRegistered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.Penalise(id, "宜市监处罚〔2026〕1号", map[string]string{"CF_JDRQ": "2026-06-10", "CF_SDRQ": "2026-06-15"})
		w.catchUp()
		standing := func() int {
			return len(rows(t, d, fmt.Sprintf(`SELECT id FROM sanction_measure WHERE enterprise_id = '%s' AND ended_leaf IS NULL`, id)))
		}
		all := standing()
		if all == 0 {
			t.Fatal("no measure")
		}
		withdrawn := func() {
			t.Helper()
			w.Tx(func(q db.Q) error {
				return record.Withdraw(ctx, q, officer("SCJG"), w.At, "SCJG", "enterprise", code(1), "登记信息报送有误")
			})
			w.catchUp()
		}
		withdrawn()
		w.At = w.At.Add(time.Hour)
		w.firm(1, map[string]string{"LEREP": "赵大"})
		w.catchUp()
		if n := standing(); n != all {
			t.Errorf("%d of %d measures after it is registered again", n, all)
		}
		withdrawn()
		w.Withdraw("宜市监处罚〔2026〕1号")
		w.catchUp()
		if n := standing(); n != 0 {
			t.Errorf("%d measures are left", n)
		}
	})
}

// What stands still on the side of the cases does not hold up what binds at the gate, nor the other way round.
func TestCasesDoNotHoldUpMeasures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id, other := w.firm(1, nil), w.firm(2, nil)
		w.catchUp()
		w.listed(id)
		w.Put(id, "annual-report", "unreadable", "2026-07-12", map[string]string{"UNISCID": code(1), "ANCHEYEAR": "二〇二五", "ANCHEDATE": "2026-07-12"})
		w.Penalise(other, "宜市监处罚〔2026〕9号", map[string]string{"CF_JDRQ": "2026-07-08", "CF_SDRQ": "2026-07-09"})
		w.Number()
		if err := w.CatchUp(ctx, w.At); err == nil {
			t.Error("the record that nobody can read is passed over in silence")
		}
		w.Number()
		if v := w.verdict(2, credit.Procurement); v != credit.Bar {
			t.Errorf("the penalty behind it: %s", v)
		}
	})
}
