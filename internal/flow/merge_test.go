package flow_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/finder"
	"zhixin/internal/intake"
	"zhixin/internal/merger"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

// oldNo is the registration number under which a firm was registered before 2015 and nobody linked it with its code.
const oldNo = "340800000000010"

const oldName = "安庆市老字号贸易有限公司"

// by puts another code and name into a row.
func by(row []string, column int, code string, nameColumn int, name string) []string {
	row = slices.Clone(row)
	row[column], row[nameColumn] = code, name
	return row
}

func oldRegistration() []string { return by(registered(0, oldName), 0, oldNo, 1, oldName) }

func oldPenalty(row []string) []string { return by(row, 2, oldNo, 0, oldName) }

// twice is a town in which one firm is registered under its code, and under its old number as well; there it is barred, listed, and
// one of its penalties hidden.
func twice(t *testing.T, d *db.DB) (w *town, old, now string) {
	w = newTown(t, d)
	w.send("enterprise", [][]string{registryHead, oldRegistration()})
	w.At = w.At.Add(time.Hour)
	w.send("enterprise", [][]string{registryHead, registered(0, firmName(0)), registered(1, firmName(1))})
	w.send("annual-report", [][]string{reportHead, by(reported(0), 3, "2026-06-18", 1, firmName(0)), by(reported(1), 3, "2026-06-18", 1, firmName(1))})
	w.send("penalty", [][]string{decisionHead, oldPenalty(barred(0, 1)), oldPenalty(fined(0, 2)), fined(0, 3)})
	old, now = w.idOf(oldNo), w.idOf(testcity.Code(0))
	w.listed(old)
	w.catchUp()
	w.openRescission(w.history(old)[0])
	w.Tx(func(q db.Q) error {
		facts, err := record.FactsOf(ctx, q, old, -1)
		if err != nil {
			return err
		}
		for _, r := range facts.Records {
			if strings.Contains(string(r.Body), "〔2026〕2号") {
				_, err = publicity.Hide(ctx, q, w.Cal, officer("SCJG"), w.At, publicity.Hiding{USCC: oldNo, RecordID: r.ID, Reason: "含个人信息"})
			}
		}
		return err
	})
	w.At = w.At.Add(time.Hour)
	w.due(w.At.Format("2006-01-02"), 20)
	w.catchUp()
	return w, old, now
}

func (w *town) idOf(code string) (id string) {
	w.Helper()
	w.View(func(q db.Q) error {
		s, err := enterprise.ByUSCC(ctx, q, code)
		id = s.ID
		return err
	})
	return id
}

func (w *town) propose2(n merger.New) (a merger.Act, err error) {
	w.At = w.At.Add(time.Minute)
	err = w.D.Tx(ctx, func(q db.Q) (err error) {
		a, err = merger.Propose(ctx, q, officer("SCJG"), w.At, n)
		return err
	})
	return a, err
}

// merge joins two subjects as two people do.
func (w *town) merge(from, into string) merger.Act {
	w.Helper()
	a, err := w.propose2(merger.New{Kind: merger.Merge, From: from, Into: into, Reason: "同一企业，换照时未关联"})
	w.must(err)
	w.confirm(a)
	w.catchUp()
	return a
}

func (w *town) confirm(a merger.Act) {
	w.Helper()
	w.At = w.At.Add(time.Minute)
	w.Tx(func(q db.Q) error { return merger.Confirm(ctx, q, approver("SCJG"), w.At, a.ID) })
}

func (w *town) undo(a merger.Act) error {
	w.At = w.At.Add(time.Minute)
	if err := w.D.Tx(ctx, func(q db.Q) error { return merger.AskUndo(ctx, q, officer("SCJG"), w.At, a.ID, "是两家企业") }); err != nil {
		return err
	}
	err := w.D.Tx(ctx, func(q db.Q) error { return merger.ConfirmUndo(ctx, q, approver("SCJG"), w.At, a.ID) })
	w.catchUp()
	return err
}

var bothCodes = []string{oldNo, testcity.Code(0), testcity.Code(1)}

func TestMergedSubjectsAreOneAndCanBePartedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, old, now := twice(t, d)
		before, size := w.faceOf(bothCodes), w.Number()
		follows, finds := w.Gate(), w.Finder()
		then := w.asOf(size)
		a := w.merge(oldNo, testcity.Code(0))
		w.followersAreLikeNew(follows, finds)
		if got := w.idOf(oldNo); got != now {
			t.Errorf("the old number leads to %s, want %s", got, now)
		}
		day := credit.DateOf(w.At)
		w.View(func(q db.Q) error {
			under, err := publicity.Page(ctx, q, oldNo, day)
			w.must(err)
			page, err := publicity.Page(ctx, q, testcity.Code(0), day)
			w.must(err)
			if plain(under) != plain(page) || page.Name != firmName(0) || len(page.Penalties) != 2 || len(page.Lists) != 1 || len(page.Reports) != 1 ||
				!slices.ContainsFunc(page.Names, func(n enterprise.Name) bool { return n.Name == oldName }) {
				t.Errorf("the page under both codes: %+v", page)
			}
			gone, err := enterprise.KnownByID(ctx, q, old)
			if err != nil || gone.Name != oldName {
				t.Errorf("who is gone: %+v, %v", gone, err)
			}
			return nil
		})
		for _, code := range []string{oldNo, testcity.Code(0)} {
			answer, err := w.Gate().Check(code, credit.Procurement, day)
			if err != nil || answer.Verdict != credit.Bar || answer.USCC != testcity.Code(0) {
				t.Errorf("the gate under %s: %+v, %v", code, answer, err)
			}
		}
		// The report of the one calls for the removal of the other's entry; what was open goes on.
		if got := w.openOf(now); !slices.Equal(got, []string{casework.AbnormalRemoval, casework.AbnormalRescission}) || len(w.openOf(old)) != 0 {
			t.Errorf("undecided cases: %v, and of who is gone %v", got, w.openOf(old))
		}
		if got := w.asOf(size); got != then {
			t.Errorf("what was known before is told otherwise:\n%s", differs(got, then))
		}
		if got := w.Leaves("enterprise.merged"); !slices.Equal(got, []string{"enterprise.merged " + now}) {
			t.Errorf("leaves %v", got)
		}
		w.must(w.undo(a))
		w.followersAreLikeNew(follows, finds)
		if d := differs(w.faceOf(bothCodes), before); d != "" {
			t.Errorf("after the undoing the town is not what it was:\n%s", d)
		}
		if got := w.asOf(size); got != then {
			t.Errorf("what was known before is told otherwise after the undoing:\n%s", differs(got, then))
		}
		if got := w.openOf(old); !slices.Equal(got, []string{casework.AbnormalRescission}) || len(w.openOf(now)) != 0 {
			t.Errorf("undecided cases after the undoing: %v, and %v", got, w.openOf(now))
		}
		w.merge(oldNo, testcity.Code(0)) // and once more
		if w.idOf(oldNo) != now {
			t.Error("it cannot be joined again")
		}
	})
}

// openOf are the kinds of the undecided cases of a subject.
func (w *town) openOf(id string) (out []string) {
	w.Helper()
	w.View(func(q db.Q) error {
		open, err := casework.Undecided(ctx, q, id)
		for _, c := range open {
			out = append(out, c.Kind)
		}
		slices.Sort(out)
		return err
	})
	return out
}

// asOf is what was known of both when the log had a size.
func (w *town) asOf(size int64) string {
	w.Helper()
	var out []string
	w.View(func(q db.Q) error {
		for _, code := range bothCodes {
			s, err := standing.Of(ctx, q, code, credit.MustDate("2026-07-20"), size)
			if err != nil {
				return err
			}
			out = append(out, plain(s), fmt.Sprint(len(s.Entries), len(s.Measures)))
		}
		return nil
	})
	return strings.Join(out, "\n")
}

// followersAreLikeNew compares a gate and a finder that follow the log with those that are built anew.
func (w *town) followersAreLikeNew(g *sanction.Gate, f *finder.Finder) {
	w.Helper()
	w.Load(g)
	w.must(f.Load(ctx))
	fresh, anew := w.Gate(), w.Finder()
	say := func(g *sanction.Gate, f *finder.Finder) (out string) {
		for _, code := range bothCodes {
			for _, m := range credit.Matters {
				a, err := g.Check(code, m, credit.DateOf(w.At))
				out += fmt.Sprintln(code, m, a.USCC, a.Name, a.Verdict, a.Doubt, len(a.Hits), err)
			}
		}
		w.View(func(q db.Q) error {
			for _, term := range append(slices.Clone(bothCodes), oldName, firmName(0)) {
				found, err := publicity.SearchIn(f).Search(ctx, q, publicity.SearchOptions{Term: term})
				out += fmt.Sprintln(term, plain(found), err)
			}
			return nil
		})
		return out
	}
	if got, want := say(g, f), say(fresh, anew); got != want {
		w.Errorf("who followed the log answers otherwise than who was built anew:\n%s", differs(got, want))
	}
}

func TestTwoPeopleOfTheAuthorityMerge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, _, _ := twice(t, d)
		n := merger.New{Kind: merger.Merge, From: oldNo, Into: testcity.Code(0), Reason: "同一企业"}
		tx := func(f func(q db.Q) error) error { return w.D.Tx(ctx, f) }
		for who, by := range map[string]credit.Actor{"an approver": approver("SCJG"), "an administrator": person("SCJG", credit.Administrator), "a reporter": clerk,
			"another authority": officer("STHJ")} {
			w.wantCode(who+" proposes", tx(func(q db.Q) error { _, err := merger.Propose(ctx, q, by, w.At, n); return err }), "org.may_not")
		}
		blank := n
		blank.Reason = " "
		_, err := w.propose2(blank)
		w.wantCode("no reason", err, "merger.reason")
		a, err := w.propose2(n)
		w.must(err)
		before := w.faceOf(bothCodes)
		_, err = w.propose2(n)
		w.wantCode("twice", err, "merger.waits_already")
		confirm := func(by credit.Actor) error {
			return tx(func(q db.Q) error { return merger.Confirm(ctx, q, by, w.At, a.ID) })
		}
		same := approver("SCJG")
		same.User = officer("SCJG").User
		w.wantCode("the same person in another post", confirm(same), "merger.second_person")
		w.wantCode("an officer confirms", confirm(officer("SCJG")), "org.may_not")
		w.wantCode("an administrator confirms", confirm(person("SCJG", credit.Administrator)), "org.may_not")
		if got := w.faceOf(bothCodes); got != before {
			t.Errorf("a proposal has an effect:\n%s", differs(got, before))
		}
		w.Tx(func(q db.Q) error { return merger.Refuse(ctx, q, approver("SCJG"), w.At, a.ID, "证据不足") })
		w.wantCode("after the refusal", confirm(approver("SCJG")), "merger.decided")
		a, err = w.propose2(n)
		w.must(err)
		w.must(confirm(approver("SCJG")))
		w.wantCode("a second time", confirm(approver("SCJG")), "merger.decided")
		w.Tx(func(q db.Q) error { return merger.AskUndo(ctx, q, officer("SCJG"), w.At, a.ID, "错了") })
		w.wantCode("the same person undoes", tx(func(q db.Q) error { return merger.ConfirmUndo(ctx, q, same, w.At, a.ID) }), "merger.second_person")
	})
}

func TestWhatNoMachineCanJoinIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, _, _ := twice(t, d)
		refused := func(what, from, into, code string) {
			t.Helper()
			_, err := w.propose2(merger.New{Kind: merger.Merge, From: from, Into: into, Reason: "同一企业"})
			w.wantCode(what, err, code)
		}
		refused("two codes", testcity.Code(1), testcity.Code(0), "merger.two_codes")
		refused("itself", oldNo, oldNo, "merger.same")
		refused("nobody", oldNo, testcity.Code(9), "enterprise.unknown")
		// A third firm lacks the same report: once both have a case, and once both stand on the list.
		w.send("enterprise", [][]string{registryHead, registered(2, firmName(2))})
		third := w.idOf(testcity.Code(2))
		w.listed(third)
		w.catchUp()
		refused("both listed", oldNo, testcity.Code(2), "merger.both_listed")
		w.send("enterprise", [][]string{registryHead, by(registered(0, "安庆市更老字号贸易有限公司"), 0, "340800000000028", 1, "安庆市更老字号贸易有限公司"), registered(3, firmName(3))})
		w.must(w.Due(ctx, w.At))
		refused("both have a case", "340800000000028", testcity.Code(3), "merger.both_cases")
		// A code that was stated by mistake is withdrawn first; what is left can be joined.
		w.send("penalty", [][]string{decisionHead, fined(1, 9)})
		w.Tx(func(q db.Q) error {
			_, err := intake.Withdraw(ctx, q, w.Cal, clerk, w.At, intake.Withdrawal{Department: "SCJG", Kind: "enterprise", SourceKey: w.idOf(testcity.Code(1)),
				Reason: "mistake", Learnt: credit.DateOf(w.At)})
			return err
		})
		w.catchUp()
		w.merge(testcity.Code(1), testcity.Code(0))
		w.View(func(q db.Q) error {
			page, err := publicity.Page(ctx, q, testcity.Code(0), credit.DateOf(w.At))
			if len(page.Penalties) != 2 {
				t.Errorf("the penalty of the mistaken code did not come: %d penalties", len(page.Penalties))
			}
			return err
		})
	})
}

func TestAMergeBrokenOffAnywhereLeavesAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, _, now := twice(t, d)
		a, err := w.propose2(merger.New{Kind: merger.Merge, From: oldNo, Into: testcity.Code(0), Reason: "同一企业"})
		w.must(err)
		before, broken := state(t, d)+w.faceOf(bothCodes), 0
		for looks := 1; ; looks += 7 {
			e := endsAfter(looks)
			err := w.D.Tx(e, func(q db.Q) error { return merger.Confirm(e, q, approver("SCJG"), w.At, a.ID) })
			e.stop()
			if err == nil {
				break
			}
			if broken++; looks%5 == 0 || looks < 10 {
				if got := state(t, d) + w.faceOf(bothCodes); got != before {
					t.Fatalf("broken off after %d looks it left something:\n%s", looks, differs(got, before))
				}
			}
			if looks > math.MaxInt16 {
				t.Fatal("it never ends")
			}
		}
		if broken < 10 {
			t.Errorf("only %d breaks", broken)
		}
		if w.catchUp(); w.idOf(oldNo) != now {
			t.Error("at last it was not carried out")
		}
	})
}
