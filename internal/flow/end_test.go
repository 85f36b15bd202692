package flow_test

import (
	"testing"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/lists"
	"zhixin/internal/record"
)

// openRescission opens the case that an entry was wrong, as an officer does.
func (w *town) openRescission(e lists.Entry) (c casework.Case) {
	w.Helper()
	w.Tx(func(q db.Q) (err error) {
		c, err = w.AskRescission(ctx, q, officer(e.Authority), w.At, e.EnterpriseID, e.ID, "年度报告已按期公示，系统漏采。")
		return err
	})
	return c
}

func TestLateReportLeadsOffTheList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.listed(id)
		w.catchUp()
		w.At = at("2026-08-20", 9)
		w.report(1, id, 2025, "2026-08-19")
		w.catchUp()
		c := w.caseOf(id)
		if c.Kind != casework.AbnormalRemoval || c.State != casework.Opened || c.Due != credit.MustDate("2026-08-26") {
			t.Fatalf("case %s %s, due %s", c.Kind, c.State, c.Due)
		}
		if v := w.verdict(1, credit.Honour); v != credit.Restrict {
			t.Errorf("the report alone lifts: %s", v)
		}
		w.At = at("2026-08-24", 16)
		p := w.settle(c)
		if p.Number != "宜市监异出〔2026〕第1号" || p.PublishedOn != credit.MustDate("2026-08-24") {
			t.Errorf("paper %+v", p)
		}
		entries := w.history(id)
		if len(entries) != 1 || entries[0].State() != lists.Removed || entries[0].On(credit.MustDate("2026-08-24")) || !entries[0].On(credit.MustDate("2026-08-23")) {
			t.Errorf("entries %+v", entries)
		}
		if v := w.verdict(1, credit.Honour); v != credit.Pass {
			t.Errorf("after the removal: %s", v)
		}
		once := state(t, d)
		w.catchUp()
		w.due("2026-08-25", 8)
		w.catchUp()
		if got := state(t, d); got != once {
			t.Errorf("something follows from a removal:\n%s", differs(got, once))
		}
	})
}

func TestRescindedEntryNeverStood(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.listed(id)
		w.At = at("2026-07-30", 10)
		p := w.settle(w.openRescission(w.history(id)[0]))
		if p.Number != "宜市监异更〔2026〕第1号" || p.PublishedOn == 0 {
			t.Errorf("paper %+v", p)
		}
		e := w.history(id)[0]
		if e.State() != lists.Rescinded || e.On(credit.MustDate("2026-07-15")) {
			t.Errorf("entry %+v", e)
		}
		if v := w.verdict(1, credit.Honour); v != credit.Pass {
			t.Errorf("after the rescission: %s", v)
		}
		w.due("2026-07-31", 8)
		if n := len(w.cases(casework.AbnormalListing)); n != 0 {
			t.Error("listed again for the same year")
		}
	})
}

// A removal that waits has nothing left to remove once the entry is rescinded.
func TestRescissionEndsTheRemovalThatWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.listed(id)
		w.At = at("2026-07-30", 10)
		w.report(1, id, 2025, "2026-07-30")
		w.catchUp()
		removal := w.caseOf(id)
		w.settle(w.openRescission(w.history(id)[0]))
		w.catchUp()
		w.due("2026-07-31", 8)
		if got := w.get(removal); got.State.Undecided() {
			t.Errorf("the removal is still %s", got.State)
		}
	})
}

// A report that was withdrawn and sent again, or a removal that was refused and is called for by a corrected report, must
// lead to a case again: nobody stays on the list for ever by a slip.
func TestRemovalIsAskedForAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		withdrawn, refused := w.firm(1, nil), w.firm(2, nil)
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 15)
		w.settle(w.caseOf(withdrawn))
		w.settle(w.caseOf(refused))
		w.At = at("2026-07-30", 10)
		w.report(1, withdrawn, 2025, "2026-07-29")
		w.report(2, refused, 2025, "2026-07-29")
		w.catchUp()
		w.caseOf(withdrawn)
		c := w.caseOf(refused)
		w.must(w.examine(c, officer("SCJG")))
		if _, err := w.decide(c, approver("SCJG"), casework.Refuse); err != nil {
			t.Fatal(err)
		}
		w.Tx(func(q db.Q) error {
			return record.Withdraw(ctx, q, officer("SCJG"), w.At, "SCJG", "annual-report", codeYear(1), "误报")
		})
		w.catchUp()
		if n := len(w.cases(casework.AbnormalRemoval)); n != 0 {
			t.Fatalf("%d removal cases after the withdrawal and the refusal", n)
		}
		w.At = at("2026-08-10", 10)
		w.report(1, withdrawn, 2025, "2026-08-09")
		w.report(2, refused, 2025, "2026-08-09")
		w.catchUp()
		for _, id := range []string{withdrawn, refused} {
			found := false
			for _, c := range w.cases(casework.AbnormalRemoval) {
				found = found || c.EnterpriseID == id
			}
			if !found {
				t.Errorf("%s (withdrawn: %t) can never leave the list", id, id == withdrawn)
			}
		}
	})
}

// A registration that is withdrawn takes the subject away; what follows from all later leaves must follow nevertheless.
func TestWithdrawnRegistrationDoesNotStopTheFlow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id, other := w.firm(1, nil), w.firm(2, nil)
		w.catchUp()
		w.listed(id)
		w.catchUp()
		w.Tx(func(q db.Q) error {
			return record.Withdraw(ctx, q, officer("SCJG"), w.At, "SCJG", "enterprise", code(1), "登记信息报送有误")
		})
		w.Penalise(other, "宜市监处罚〔2026〕9号", map[string]string{"CF_JDRQ": "2026-07-08", "CF_SDRQ": "2026-07-09"})
		w.Number()
		if err := w.CatchUp(ctx, w.At); err != nil {
			t.Errorf("catch up: %v", err)
		}
		w.Number()
		if v := w.verdict(2, credit.Procurement); v != credit.Bar {
			t.Errorf("another's revoked licence: %s", v)
		}
	})
}
