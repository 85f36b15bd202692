package flow_test

import (
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/publicity"
	"zhixin/internal/testcity"
)

func TestWithdrawnRecordIsGoneAtOnceAndItsClockIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.send("enterprise", [][]string{registryHead, registered(0, firmName(0)), registered(1, firmName(1))})
		w.send("penalty", [][]string{decisionHead, barred(0, 1), fined(0, 2)})
		withdraw := func(by credit.Actor, n intake.Withdrawal) (out intake.Withdrawal, err error) {
			if n.Department == "" {
				n.Department = "SCJG"
			}
			err = d.Tx(ctx, func(q db.Q) (err error) {
				out, err = intake.Withdraw(ctx, q, w.Cal, by, w.At, n)
				return err
			})
			return out, err
		}
		good := intake.Withdrawal{Kind: "penalty", USCC: testcity.Code(0), Number: "宜市监罚[2026]1号", Reason: "revoked", Note: "复议决定",
			Learnt: credit.MustDate("2026-06-16")}
		foreign := clerk
		foreign.Department = "STHJ"
		_, err := withdraw(foreign, good)
		w.wantCode("another department", err, "org.may_not")
		theirs := good
		theirs.Department = "STHJ"
		_, err = withdraw(foreign, theirs)
		w.wantCode("another's record", err, "record.unknown")
		for code, change := range map[string]func(*intake.Withdrawal){
			"intake.withdraw_reason": func(n *intake.Withdrawal) { n.Reason = "no" },
			"intake.withdraw_learnt": func(n *intake.Withdrawal) { n.Learnt = credit.MustDate("2026-06-21") },
		} {
			bad := good
			change(&bad)
			_, err := withdraw(clerk, bad)
			w.wantCode("bad", err, code)
		}
		got, err := withdraw(clerk, good)
		w.must(err)
		if got.Due != credit.MustDate("2026-06-22") || got.Late() { // a festival lies between
			t.Errorf("last day %s, late %v", got.Due, got.Late())
		}
		w.View(func(q db.Q) error {
			p, err := publicity.Page(ctx, q, testcity.Code(0), credit.DateOf(w.At))
			if len(p.Penalties) != 1 {
				t.Errorf("%d penalties are shown", len(p.Penalties))
			}
			return err
		})
		w.catchUp()
		if v := w.verdict(0, credit.Procurement); v != credit.Pass {
			t.Errorf("the gate says %s", v)
		}
		_, err = withdraw(clerk, intake.Withdrawal{Kind: "penalty", SourceKey: got.SourceKey, Reason: "void", Learnt: good.Learnt})
		w.wantCode("twice", err, "record.withdrawn")
		w.At = at("2026-06-26", 9)
		late, err := withdraw(clerk, intake.Withdrawal{Kind: "penalty", USCC: testcity.Code(0), Number: "宜市监罚〔2026〕2号", Reason: "mistake",
			Learnt: credit.MustDate("2026-06-10")})
		w.must(err)
		if !late.Late() {
			t.Error("a late withdrawal is not called so")
		}
		_, err = withdraw(clerk, intake.Withdrawal{Kind: "enterprise", USCC: testcity.Code(1), Number: "x", SourceKey: w.keyOf("enterprise", testcity.Code(1)),
			Reason: "mistake", Learnt: credit.MustDate("2026-06-10")})
		w.must(err)
		w.View(func(q db.Q) error {
			found, err := publicity.SearchIn(w.Finder()).Search(ctx, q, publicity.SearchOptions{Term: testcity.Code(1)})
			if len(found.Hits) != 0 {
				t.Error("who has no registration left is still found")
			}
			page, err2 := intake.Records(ctx, q, everywhere, intake.StatedFilter{Department: "SCJG", Kind: "penalty", Text: "2026〕2"})
			if err2 != nil || len(page) != 1 || page[0].Withdrawal == nil || !page[0].Withdrawal.Late() || page[0].Name != firmName(0) {
				t.Errorf("found by number: %+v %v", page, err2)
			}
			first, err2 := intake.Records(ctx, q, everywhere, intake.StatedFilter{Department: "SCJG", Kind: "penalty", Text: testcity.Code(0), Limit: 1})
			if err2 != nil || len(first) != 1 {
				t.Errorf("found by code: %+v %v", first, err2)
			}
			return err
		})
	})
}

// keyOf returns by which key the department knows the only record of a kind about a subject.
func (w *town) keyOf(kind, uscc string) (key string) {
	w.Helper()
	w.View(func(q db.Q) error {
		found, err := intake.Records(ctx, q, everywhere, intake.StatedFilter{Department: "SCJG", Kind: kind, Text: uscc})
		if err == nil {
			key = found[0].SourceKey
		}
		return err
	})
	return key
}
