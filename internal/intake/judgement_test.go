package intake_test

import (
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// judge is who may say whom a record of the department is about.
var judge = org.Actor{User: "u-judge", Post: "p", Department: "SCJG", Role: credit.Officer}

// undecided returns the groups that wait for a person's word.
func undecided(t testing.TB, d *db.DB) (out []intake.Undecided) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) (err error) {
		out, _, err = intake.UndecidedRows(ctx, q, org.ScopeOf(judge, org.MatchJudge), "", 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// judged says whom a group is about, "" for nobody.
func judged(t testing.TB, d *db.DB, pattern, code string) (j intake.Judgement) {
	t.Helper()
	id := ""
	if code != "" {
		id = subjectOf(t, d, code)
	}
	err := d.Tx(ctx, func(q db.Q) (err error) {
		j, err = intake.Judge(ctx, q, judge, noon, pattern, id, "查看决定书原件")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func undo(t testing.TB, d *db.DB, id string) {
	t.Helper()
	err := d.Tx(ctx, func(q db.Q) error {
		_, err := intake.Unjudge(ctx, q, judge, noon, id, "原件是另一家")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// borne returns the decision numbers of the penalties that hold for a subject.
func borne(t testing.TB, d *db.DB, code string) string {
	t.Helper()
	var out []string
	err := d.View(ctx, func(q db.Q) error {
		f, err := record.FactsOf(ctx, q, subjectOf(t, d, code), -1)
		for _, r := range f.Records {
			if r.Kind == record.PenaltyKind {
				out = append(out, intake.Shown(r.SourceKey))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// contradicting is a penalty with the code of one and the name of another.
func contradicting(n int) []string {
	row := penalty(n, uscc(1))
	row[0], row[3] = "安庆市第2贸易有限公司", "王五"
	return row
}

func TestTheNumberOfOneAndTheNameOfAnotherIsForAPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70), contradicting(71), penalty(3, uscc(3))}))
		if b.Counts != (intake.Counts{Accepted: 1, Unmatched: 2}) || said(t, d, b.ID)[2][0] != " intake.subject_contradicts" {
			t.Fatalf("%+v %v", b.Counts, said(t, d, b.ID))
		}
		wait := undecided(t, d)
		if len(wait) != 1 || wait[0].Rows != 2 || wait[0].Said.Name != "安庆市第2贸易有限公司" || wait[0].Said.USCC != uscc(1) || wait[0].Batch != b.ID {
			t.Fatalf("%+v", wait)
		}

		j := judged(t, d, wait[0].Pattern, uscc(2))
		if j.Rows != 2 || borne(t, d, uscc(1)) != "" || borne(t, d, uscc(2)) != "宜市监罚(2026)70号 宜市监罚(2026)71号" || len(undecided(t, d)) != 0 {
			t.Fatalf("%+v: %q and %q", j, borne(t, d, uscc(1)), borne(t, d, uscc(2)))
		}
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: 3}) || b.Warned != 2 || said(t, d, b.ID)[2][0] != " intake.subject_judged" {
			t.Errorf("judged: %+v, %d with a remark, %v", b.Counts, b.Warned, said(t, d, b.ID))
		}

		later := take(t, d, "penalty", file([][]string{penaltyHead, contradicting(72)}))
		if later.Counts != (intake.Counts{Accepted: 1}) || said(t, d, later.ID)[2][0] != " intake.subject_judged" {
			t.Errorf("a row that says the same: %+v %v", later.Counts, said(t, d, later.ID))
		}

		undo(t, d, j.ID)
		if b, later = get(t, d, b.ID), get(t, d, later.ID); b.Counts != (intake.Counts{Accepted: 1, Unmatched: 2}) || b.Warned != 0 ||
			later.Counts != (intake.Counts{Unmatched: 1}) || borne(t, d, uscc(2)) != "" {
			t.Errorf("undone: %+v, %d, %+v, %q", b.Counts, b.Warned, later.Counts, borne(t, d, uscc(2)))
		}
		if got := said(t, d, b.ID)[2]; len(got) != 1 || got[0] != " intake.subject_contradicts" {
			t.Errorf("undone, it is said: %v", got)
		}
		wait = undecided(t, d)
		if len(wait) != 1 || wait[0].Rows != 3 {
			t.Fatalf("undone, %+v wait", wait)
		}
		if j := judged(t, d, wait[0].Pattern, uscc(1)); j.Rows != 3 || borne(t, d, uscc(1)) != "宜市监罚(2026)70号 宜市监罚(2026)71号 宜市监罚(2026)72号" {
			t.Errorf("judged otherwise: %+v %q", j, borne(t, d, uscc(1)))
		}
		err := d.View(ctx, func(q db.Q) error {
			js, err := intake.JudgementsOf(ctx, q, wait[0].Pattern)
			if len(js) != 2 || js[0].EnterpriseID != subjectOf(t, d, uscc(1)) || js[1].Why != "原件是另一家" || js[1].UndoneBy != "u-judge" {
				t.Errorf("history: %+v", js)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestARowWithoutANumberNeedsMoreThanAName(t *testing.T) {
	row := func(n int, name, rep string) []string {
		r := penalty(n, "")
		r[0], r[1], r[2], r[3] = name, "个体工商户", "00000000000000000X", rep
		return r
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, row(1, "安庆市第1贸易有限公司", "张三"), row(2, "安庆市第1贸易有限公司", "王五"),
			row(3, "安庆市第１贸易有限公司 ", ""), row(4, "安庆市第9贸易有限公司", "张三"), row(5, "安庆市第1贸易公司", "张三")}))
		if b.Counts != (intake.Counts{Accepted: 1, Unmatched: 4}) || borne(t, d, uscc(1)) != "宜市监罚(2026)1号" {
			t.Fatalf("%+v %q %v", b.Counts, borne(t, d, uscc(1)), said(t, d, b.ID))
		}
		if n := len(undecided(t, d)); n != 4 {
			t.Errorf("%d groups wait", n)
		}
		take(t, d, "enterprise", registry(9, 10))
		rematch(t, d)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: 2, Unmatched: 3}) || borne(t, d, uscc(9)) != "宜市监罚(2026)4号" {
			t.Errorf("its bearer was registered: %+v %q", b.Counts, borne(t, d, uscc(9)))
		}
	})
}

func TestNobodyOfTheRegistryIsAJudgementToo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, penalty(60, uscc(60)), penalty(61, uscc(61))}))
		wait := undecided(t, d)
		if len(wait) != 2 {
			t.Fatalf("%+v", wait)
		}
		j := judged(t, d, wait[0].Pattern, "")
		if again := undecided(t, d); j.Rows != 0 || len(again) != 1 || again[0].Pattern != wait[1].Pattern {
			t.Errorf("%+v, then %+v", j, again)
		}
		take(t, d, "enterprise", registry(60, 61))
		rematch(t, d)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: 1, Unmatched: 1}) {
			t.Errorf("registered after all: %+v", b.Counts)
		}
	})
}

func TestAJudgementIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70)}))
		pattern := undecided(t, d)[0].Pattern
		one := subjectOf(t, d, uscc(1))
		other := judge
		other.Department = "STHJ"
		counter := judge
		counter.Role = credit.Counter
		for name, tt := range map[string]struct {
			by                  org.Actor
			pattern, id, reason string
			code                string
		}{
			"another department": {other, pattern, one, "", "intake.not_waiting"},
			"a counter":          {counter, pattern, one, "", "intake.not_waiting"},
			"nothing waits":      {judge, "x", one, "", "intake.not_waiting"},
			"nobody's id":        {judge, pattern, "x", "", "enterprise.unknown"},
			"a long reason":      {judge, pattern, one, strings.Repeat("长", 501), "intake.judge_reason"},
		} {
			err := d.Tx(ctx, func(q db.Q) error {
				_, err := intake.Judge(ctx, q, tt.by, noon, tt.pattern, tt.id, tt.reason)
				return err
			})
			if !fault.Is(err, tt.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
		j := judged(t, d, pattern, uscc(1))
		for name, tt := range map[string]struct {
			by         org.Actor
			id, reason string
			code       string
		}{
			"another department": {other, j.ID, "错了", "intake.no_judgement"},
			"without a reason":   {judge, j.ID, " ", "intake.unjudge_reason"},
			"none":               {judge, "x", "错了", "intake.no_judgement"},
		} {
			err := d.Tx(ctx, func(q db.Q) error {
				_, err := intake.Unjudge(ctx, q, tt.by, noon, tt.id, tt.reason)
				return err
			})
			if !fault.Is(err, tt.code) {
				t.Errorf("undo, %s: %v", name, err)
			}
		}
		undo(t, d, j.ID)
		err := d.Tx(ctx, func(q db.Q) error {
			_, err := intake.Unjudge(ctx, q, judge, noon, j.ID, "错了")
			return err
		})
		if !fault.Is(err, "intake.unjudged_already") {
			t.Errorf("undone twice: %v", err)
		}
	})
}

func TestANameAloneMeansAnotherInAnotherDepartmentsMouth(t *testing.T) {
	nameless := penalty(1, "")
	nameless[1], nameless[2], nameless[3] = "个体工商户", "00000000000000000X", ""
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		take(t, d, "penalty", file([][]string{penaltyHead, nameless}))
		judged(t, d, undecided(t, d)[0].Pattern, uscc(1))
		b, err := upload(t, d, "STHJ", "penalty", file([][]string{penaltyHead, nameless}))
		if err != nil || b.Unmatched != 1 {
			t.Errorf("%+v %v", b.Counts, err)
		}
	})
}

// restated is contradicting, stated once more with another fine.
func restated(n int) []string {
	row := contradicting(n)
	row[9], row[10] = "罚款5000元", "0.5"
	return row
}

// TestNothingThatAnUndoneJudgementMadeComesBack: a judgement made two versions of one fact; neither may hold when it is undone.
func TestNothingThatAnUndoneJudgementMadeComesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		first := take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70)}))
		j := judged(t, d, undecided(t, d)[0].Pattern, uscc(2))
		second := take(t, d, "penalty", file([][]string{penaltyHead, restated(70)}))
		if second.Superseded != 1 {
			t.Fatalf("%+v", second.Counts)
		}
		undo(t, d, j.ID)
		if got := borne(t, d, uscc(2)); got != "" {
			t.Errorf("undone, and still borne: %s", got)
		}
		if a, b := get(t, d, first.ID), get(t, d, second.ID); a.Unmatched != 1 || b.Unmatched != 1 || a.Accepted+b.Superseded != 0 {
			t.Errorf("undone: %+v and %+v", a.Counts, b.Counts)
		}
		if j = judged(t, d, undecided(t, d)[0].Pattern, uscc(1)); j.Rows != 2 || borne(t, d, uscc(1)) != "宜市监罚(2026)70号" {
			t.Errorf("judged otherwise: %+v %q", j, borne(t, d, uscc(1)))
		}
	})
}

// TestARecallDoesNotBringBackWhatAnUndoneJudgementMade: the same number was rightly stated
// of the same subject in between, and that batch is taken back.
func TestARecallDoesNotBringBackWhatAnUndoneJudgementMade(t *testing.T) {
	right := penalty(70, uscc(2))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70)}))
		j := judged(t, d, undecided(t, d)[0].Pattern, uscc(2))
		b := take(t, d, "penalty", file([][]string{penaltyHead, right}))
		undo(t, d, j.ID)
		if got := borne(t, d, uscc(2)); got != "宜市监罚(2026)70号" {
			t.Fatalf("undone, what was rightly stated is %q", got)
		}
		recall(t, d, b.ID)
		if got := borne(t, d, uscc(2)); got != "" {
			t.Errorf("brought back: %s", got)
		}
	})
}

// TestAnUndoKeepsWhatTheSameFileStatedRightly: only the row that was judged is taken back, not its file.
func TestAnUndoKeepsWhatTheSameFileStatedRightly(t *testing.T) {
	right := penalty(70, uscc(2))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		take(t, d, "penalty", file([][]string{penaltyHead, right, contradicting(70)}))
		j := judged(t, d, undecided(t, d)[0].Pattern, uscc(2))
		undo(t, d, j.ID)
		if got := borne(t, d, uscc(2)); got != "宜市监罚(2026)70号" {
			t.Errorf("what was rightly stated is %q", got)
		}
	})
}

// TestNobodyDecidesForAnotherDepartment: rows of two departments say the same; each is the word of its own.
func TestNobodyDecidesForAnotherDepartment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		own := take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70)}))
		theirs, err := upload(t, d, "STHJ", "penalty", file([][]string{penaltyHead, contradicting(71)}))
		if err != nil {
			t.Fatal(err)
		}
		wait := undecided(t, d)
		if len(wait) != 1 || wait[0].Rows != 1 {
			t.Fatalf("of another department are counted: %+v", wait)
		}
		if j := judged(t, d, wait[0].Pattern, uscc(2)); j.Rows != 1 {
			t.Errorf("%d rows", j.Rows)
		}
		if own, theirs = get(t, d, own.ID), get(t, d, theirs.ID); own.Accepted != 1 || theirs.Unmatched != 1 {
			t.Errorf("%+v and %+v", own.Counts, theirs.Counts)
		}
		later, err := upload(t, d, "STHJ", "penalty", file([][]string{penaltyHead, contradicting(72)}))
		if err != nil || later.Unmatched != 1 {
			t.Errorf("a later row of theirs follows it: %+v %v", later.Counts, err)
		}
	})
}

// TestEveryGroupOfOneFileIsShown: the groups of a file are more than a page holds.
func TestEveryGroupOfOneFileIsShown(t *testing.T) {
	rows := [][]string{penaltyHead}
	for n := range 7 {
		rows = append(rows, penalty(60+n, uscc(60+n)))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		take(t, d, "penalty", file(rows))
		take(t, d, "penalty", file([][]string{penaltyHead, penalty(80, uscc(80))}))
		seen := map[string]bool{}
		for after := ""; ; {
			var page []intake.Undecided
			err := d.View(ctx, func(q db.Q) (err error) {
				page, after, err = intake.UndecidedRows(ctx, q, org.ScopeOf(judge, org.MatchJudge), after, 3)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page {
				if seen[u.Pattern] {
					t.Errorf("%s is shown twice", u.Said.Name)
				}
				seen[u.Pattern] = true
			}
			if after == "" {
				break
			}
		}
		if len(seen) != 8 {
			t.Errorf("%d groups are shown, want 8", len(seen))
		}
	})
}

// TestAJudgementAboutAVanishedSubjectSaysNothing: the registration of the one who was meant was taken back. Rows that come are for
// a person again, and the judgement holds once more when the subject is back.
func TestAJudgementAboutAVanishedSubjectSaysNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 2))
		its := take(t, d, "enterprise", registry(2, 3))
		take(t, d, "penalty", file([][]string{penaltyHead, contradicting(70)}))
		judged(t, d, undecided(t, d)[0].Pattern, uscc(2))
		recall(t, d, its.ID)
		b := take(t, d, "penalty", file([][]string{penaltyHead, contradicting(71)}))
		if wait := undecided(t, d); b.Unmatched != 1 || len(wait) != 1 {
			t.Fatalf("%+v, %d groups wait", b.Counts, len(wait))
		}
		take(t, d, "enterprise", registry(2, 3))
		rematch(t, d)
		if b = get(t, d, b.ID); b.Accepted != 1 || len(undecided(t, d)) != 0 {
			t.Errorf("registered again: %+v", b.Counts)
		}
	})
}

// TestARegistrationIsNotJudged: only a number assigns it, so nobody is asked for a word that would change nothing.
func TestARegistrationIsNotJudged(t *testing.T) {
	head := append(slices.Clone(registryHead), "注册号")
	row := func(n int) []string {
		return []string{uscc(n), firm(uscc(n), n), "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续", "3408002667072"}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		take(t, d, "enterprise", file([][]string{head, row(1), row(2)}))
		b := take(t, d, "enterprise", file([][]string{head, row(3)}))
		if wait := undecided(t, d); len(wait) != 0 || b.Unmatched != 1 {
			t.Errorf("%+v: offered is %+v, %v", b.Counts, wait, said(t, d, b.ID))
		}
	})
}

// TestACodeOfNobodyBesideTheOldNumberOfOneIsForAPerson: the code says that another is meant, the number and the name that he is.
func TestACodeOfNobodyBesideTheOldNumberOfOneIsForAPerson(t *testing.T) {
	regHead := append(slices.Clone(registryHead), "注册号")
	known := []string{uscc(1), firm(uscc(1), 1), "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续", "3408002667072"}
	head := append(slices.Clone(penaltyHead), "行政相对人代码_2(工商注册号)")
	row := append(penalty(70, uscc(60)), "3408002667072")
	row[0] = firm(uscc(1), 1)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", file([][]string{regHead, known}))
		b := take(t, d, "penalty", file([][]string{head, row}))
		if wait := undecided(t, d); b.Unmatched != 1 || len(wait) != 1 || len(b.Notes) != 0 {
			t.Errorf("%+v %+v %v", b.Counts, wait, b.Notes)
		}
	})
}

// TestARegistrationDoesNotTakeAnothersSubject: with the code of one who is new and, by a slip, the number of another, a registration
// would give the other its code and its name.
func TestARegistrationDoesNotTakeAnothersSubject(t *testing.T) {
	head := append(slices.Clone(registryHead), "注册号")
	row := func(n int, number string) []string {
		return []string{uscc(n), firm(uscc(n), n), "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续", number}
	}
	const theirs = "340800000000010"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", file([][]string{head, row(1, theirs)}))
		b := take(t, d, "enterprise", file([][]string{head, row(2, theirs), row(3, "")}))
		if b.Counts != (intake.Counts{Accepted: 1, Unmatched: 1}) || said(t, d, b.ID)[2][0] != " intake.registration_contradicts" {
			t.Errorf("%+v %v", b.Counts, said(t, d, b.ID))
		}
		err := d.View(ctx, func(q db.Q) error {
			s, err := enterprise.ByUSCC(ctx, q, uscc(1))
			if s.Name != firm(uscc(1), 1) || s.USCC != uscc(1) {
				t.Errorf("the other is now %s %s", s.Name, s.USCC)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(undecided(t, d)); n != 0 {
			t.Errorf("%d registrations wait for a judgement: who they are about is in their numbers", n)
		}
	})
}
