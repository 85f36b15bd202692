package intake_test

import (
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
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
