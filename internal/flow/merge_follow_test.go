package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/merger"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/testcity"
)

func TestABatchThatStatedAMovedRecordIsRecalledAfterTheMerge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, old, now := twice(t, d)
		w.At = w.At.Add(time.Minute)
		fixed := oldPenalty(barred(0, 1))
		fixed[9] = "吊销食品经营许可证（更正）"
		second := w.send("penalty", [][]string{decisionHead, fixed})
		w.merge(oldNo, testcity.Code(0))
		if got := w.contents(now); !strings.Contains(got, "更正") {
			t.Fatalf("the corrected penalty did not come: %s", got)
		}
		w.At = w.At.Add(time.Minute)
		again := w.send("penalty", [][]string{decisionHead, fixed, oldPenalty(fined(0, 2))})
		if again.Duplicate != 2 || again.Accepted+again.Superseded+again.Unmatched != 0 {
			t.Errorf("rows that are sent again: %+v", again.Counts)
		}
		registry := w.send("enterprise", [][]string{registryHead, oldRegistration(), registered(0, firmName(0))})
		if registry.Duplicate != 2 {
			t.Errorf("registrations that are sent again: %+v", registry.Counts)
		}
		changed := oldRegistration()
		changed[6] = "人民路9号"
		if b := w.send("enterprise", [][]string{registryHead, changed}); b.Superseded != 1 {
			t.Errorf("the old registration corrected: %+v", b.Counts)
		}
		w.View(func(q db.Q) error {
			s, err := enterprise.ByID(ctx, q, now)
			if s.USCC != testcity.Code(0) || s.Name != firmName(0) || s.Address != "人民路1号" {
				t.Errorf("what is stated of the old number makes it %+v", s)
			}
			return err
		})
		w.At = w.At.Add(time.Minute)
		w.recall(again) // says the same once more: without it the second batch is the last again
		w.At = w.At.Add(time.Minute)
		if r := w.recall(second); r.Facts["restored"] != 1 {
			t.Errorf("recalled %v", r.Facts)
		}
		w.catchUp()
		if got := w.contents(now); strings.Contains(got, "更正") || !strings.Contains(got, "吊销食品经营许可证") {
			t.Errorf("what was stated first does not hold again: %s", got)
		}
		if got := w.contents(old); got != "" {
			t.Errorf("something came back to who is gone: %s", got)
		}
	})
}

// contents are the contents of the penalties of a subject.
func (w *town) contents(id string) string {
	w.Helper()
	var out []string
	w.View(func(q db.Q) error {
		facts, err := record.FactsOf(ctx, q, id, -1)
		if fault.Is(err, "enterprise.unknown") {
			return nil
		}
		for _, r := range facts.Records {
			if p, err := r.Penalty(); err == nil {
				out = append(out, p.DecisionNo+p.Content)
			}
		}
		slices.Sort(out)
		return err
	})
	return strings.Join(out, " ")
}

func TestAFactThatBothHadIsOneAndCanBeParted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, old, now := twice(t, d)
		w.send("penalty", [][]string{decisionHead, fined(0, 2)})
		ofOld, ofNow := w.contents(old), w.contents(now)
		a := w.merge(oldNo, testcity.Code(0))
		if got := w.contents(now); strings.Count(got, "〔2026〕2号") != 1 {
			t.Errorf("stated about both, it is there %d times: %s", strings.Count(got, "〔2026〕2号"), got)
		}
		w.must(w.undo(a))
		if got := w.contents(old); got != ofOld {
			t.Errorf("of the old number: %s, want %s", got, ofOld)
		}
		if got := w.contents(now); got != ofNow {
			t.Errorf("of the code: %s, want %s", got, ofNow)
		}
	})
}

func TestWhatWasStatedSinceCannotBeToldApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, old, now := twice(t, d)
		a := w.merge(oldNo, testcity.Code(0))
		fixed := oldPenalty(barred(0, 1))
		fixed[9] = "吊销食品经营许可证（更正）"
		w.send("penalty", [][]string{decisionHead, fixed}) // of a fact that was moved: it goes back with it
		w.must(w.undo(a))
		if got := w.contents(old); !strings.Contains(got, "更正") {
			t.Errorf("what was stated of a moved fact since: %s", got)
		}
		a = w.merge(oldNo, testcity.Code(0))
		w.send("penalty", [][]string{decisionHead, fined(0, 8)})
		w.wantCode("a new fact", w.undo(a), "merger.stated_since")
		if got := w.contents(now); !strings.Contains(got, "〔2026〕8号") {
			t.Errorf("the refused undoing left %s", got)
		}
	})
}

func TestSplitRecordsGoToWhomTheyAreAbout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.send("enterprise", [][]string{registryHead, registered(0, firmName(0)), registered(1, firmName(1))})
		wrong := barred(1, 1)
		wrong[0], wrong[2] = firmName(0), testcity.Code(0)
		w.send("penalty", [][]string{decisionHead, wrong, fined(0, 2)})
		before := w.face(2)
		from := w.idOf(testcity.Code(0))
		var chosen, registrations []string
		w.View(func(q db.Q) error {
			facts, err := record.FactsOf(ctx, q, from, -1)
			for _, r := range facts.Records {
				if strings.Contains(string(r.Body), "〔2026〕1号") {
					chosen = append(chosen, r.ID)
				}
				if r.Kind == record.EnterpriseKind {
					registrations = append(registrations, r.ID)
				}
			}
			return err
		})
		n := merger.New{Kind: merger.Split, From: testcity.Code(0), Into: testcity.Code(1), Reason: "报送时填错代码"}
		_, err := w.propose2(n)
		w.wantCode("nothing chosen", err, "merger.choose")
		n.Chosen = registrations
		_, err = w.propose2(n)
		w.wantCode("a registration", err, "merger.registration")
		n.Chosen = chosen
		a, err := w.propose2(n)
		w.must(err)
		w.confirm(a)
		w.catchUp()
		if x, y := w.verdict(0, credit.Procurement), w.verdict(1, credit.Procurement); x != credit.Pass || y != credit.Bar {
			t.Errorf("after the split: %s and %s", x, y)
		}
		w.At = w.At.Add(time.Minute)
		if again := w.send("penalty", [][]string{decisionHead, wrong}); again.Duplicate != 1 {
			t.Errorf("the wrong row once more: %+v", again.Counts)
		}
		w.must(w.undo(a))
		if d := differs(w.face(2), before); d != "" {
			t.Errorf("after the undoing:\n%s", d)
		}
	})
}

// TestWhatIsKeptOfMovedFactsFollowsThem: why a record was withdrawn, by which judgement one was made, and that a page is hidden.
func TestWhatIsKeptOfMovedFactsFollowsThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, old, now := twice(t, d)
		odd := oldPenalty(fined(0, 5))
		odd[0] = "安庆市完全不同的名称商行"
		if b := w.send("penalty", [][]string{decisionHead, odd}); b.Unmatched != 1 {
			t.Fatalf("a row that contradicts itself: %+v", b.Counts)
		}
		var j intake.Judgement
		w.Tx(func(q db.Q) error {
			waiting, _, err := intake.UndecidedRows(ctx, q, everywhere, "", 10)
			if err != nil || len(waiting) != 1 {
				t.Fatalf("waiting %+v, %v", waiting, err)
			}
			j, err = intake.Judge(ctx, q, clerk, w.At, waiting[0].Pattern, old, "电话核实")
			return err
		})
		w.Tx(func(q db.Q) error {
			_, err := intake.Withdraw(ctx, q, w.Cal, clerk, w.At, intake.Withdrawal{Department: "SCJG", Kind: "penalty", USCC: oldNo, Number: "宜市监罚〔2026〕1号",
				Reason: "revoked", Note: "复议撤销", Learnt: credit.DateOf(w.At)})
			return err
		})
		w.Tx(func(q db.Q) error {
			_, err := publicity.Hide(ctx, q, w.Cal, officer("SCJG"), w.At, publicity.Hiding{USCC: oldNo, Reason: "核查中"})
			return err
		})
		w.catchUp()
		withdrawn := func(code string) (out []string) {
			w.View(func(q db.Q) error {
				found, err := intake.Records(ctx, q, everywhere, intake.StatedFilter{Department: "SCJG", Kind: "penalty", Text: code})
				for _, r := range found {
					if r.Withdrawn && r.Withdrawal != nil {
						out = append(out, intake.Shown(r.SourceKey)+" "+r.Withdrawal.Note)
					}
				}
				return err
			})
			return out
		}
		want := withdrawn(oldNo)
		a := w.merge(oldNo, testcity.Code(0))
		if got := withdrawn(testcity.Code(0)); len(want) != 1 || !slices.Equal(got, want) {
			t.Errorf("what was withdrawn: %v, want %v", got, want)
		}
		w.At = w.At.Add(time.Minute)
		if b := w.send("penalty", [][]string{decisionHead, odd, fined(0, 3)}); b.Duplicate != 2 {
			t.Errorf("the judged row sent again: %+v", b.Counts)
		}
		shown := func(code string) (code2 string) {
			w.View(func(q db.Q) error {
				_, err := publicity.Page(ctx, q, code, credit.DateOf(w.At))
				_, code2 = fault.Of(err)
				return nil
			})
			return code2
		}
		if x, y := shown(oldNo), shown(testcity.Code(0)); x != "publicity.not_shown" || y != "publicity.not_shown" {
			t.Errorf("a hidden page is shown by being joined: %q and %q", x, y)
		}
		if got := w.contents(now); !strings.Contains(got, "〔2026〕5号") {
			t.Errorf("the judged record: %s", got)
		}
		w.must(w.undo(a))
		if x, y := shown(oldNo), shown(testcity.Code(0)); x != "publicity.not_shown" || y != "" {
			t.Errorf("after the undoing: %q and %q", x, y)
		}
		if got := withdrawn(oldNo); !slices.Equal(got, want) {
			t.Errorf("what was withdrawn, after the undoing: %v, want %v", got, want)
		}
		w.merge(oldNo, testcity.Code(0))
		w.Tx(func(q db.Q) error {
			_, err := intake.Unjudge(ctx, q, clerk, w.At, j.ID, "核实有误")
			return err
		})
		if got := w.contents(now); strings.Contains(got, "〔2026〕5号") {
			t.Errorf("what a judgement made stays without it: %s", got)
		}
	})
}
