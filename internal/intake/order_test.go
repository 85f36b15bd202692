package intake_test

import (
	"bytes"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// corrected is penalty with another content.
func corrected(n int) []string {
	row := penalty(n, uscc(n))
	row[9] = "罚款3000元,限期缴纳"
	return row
}

// latest counts the facts whose latest version says text.
func latest(t testing.TB, d *db.DB, text string) int {
	t.Helper()
	return count(t, d, `SELECT COUNT(*) FROM record_head h JOIN record_record r ON r.enterprise_id = h.enterprise_id AND r.id = h.record_id
		WHERE r.body LIKE '%`+text+`%'`)
}

func TestWhatWasStatedEarlierNeverSupersedes(t *testing.T) {
	const n = 8 // of so many, some have ids of batches in the wrong order
	each := func(f func(row []string)) {
		for i := range n {
			f(penalty(i, uscc(i)))
		}
		for i := range n {
			f(corrected(i))
		}
	}
	single := func(row []string) []byte { return file([][]string{penaltyHead, row}) }
	tests := map[string]func(t *testing.T, d *db.DB){
		"both held": func(t *testing.T, d *db.DB) {
			each(func(row []string) { take(t, d, "penalty", single(row)) })
			take(t, d, "enterprise", registry(0, n))
		},
		"the first held": func(t *testing.T, d *db.DB) {
			for i := range n {
				take(t, d, "penalty", single(penalty(i, uscc(i))))
			}
			take(t, d, "enterprise", registry(0, n))
			for i := range n {
				take(t, d, "penalty", single(corrected(i)))
			}
		},
		"the second overtakes": func(t *testing.T, d *db.DB) {
			take(t, d, "enterprise", registry(0, n))
			var ids []string
			each(func(row []string) { ids = append(ids, receive(t, d, "penalty", single(row)).ID) })
			for i := range ids {
				if err := intake.Check(ctx, d, clock, ids[len(ids)-1-i]); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		for name, send := range tests {
			d := dbtest.Open(t, dbtest.Fresh(t, engine))
			send(t, d)
			rematch(t, d)
			if got := latest(t, d, "限期缴纳"); got != n {
				t.Errorf("%s: of %d decisions %d are as they were corrected", name, n, got)
			}
			if got := count(t, d, `SELECT SUM(accepted + duplicate + superseded) FROM intake_batch WHERE kind = 'penalty'`); got != 2*n {
				t.Errorf("%s: %d rows are accounted for, want %d", name, got, 2*n)
			}
		}
	})
}

// A statement that is said once more counts from then on: what was held in between is behind it.
func TestWhatIsSaidOnceMoreIsTheLatestStatement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 2))
		take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1))}))
		between := receive(t, d, "penalty", file([][]string{penaltyHead, corrected(1)}))
		take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1))}))
		if err := intake.Check(ctx, d, clock, between.ID); err != nil {
			t.Fatal(err)
		}
		if got := get(t, d, between.ID).Counts; got != (intake.Counts{Duplicate: 1}) || latest(t, d, "限期缴纳") != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// named is the registration of enterprise 1 under a name.
func named(name string) []byte {
	return file([][]string{registryHead, {uscc(1), name, "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续"}})
}

func nameOf(t testing.TB, d *db.DB) (name string) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error {
		return q.QueryRowContext(ctx, `SELECT name FROM enterprise_subject WHERE uscc = $1`, uscc(1)).Scan(&name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFormerStateSentAgainHoldsAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first := take(t, d, "enterprise", named("安庆市大风公司"))
		take(t, d, "enterprise", named("安庆市大雨公司"))
		third := take(t, d, "enterprise", named("安庆市大风公司"))
		if third.ID == first.ID || third.Counts != (intake.Counts{Superseded: 1}) || nameOf(t, d) != "安庆市大风公司" {
			t.Errorf("%+v; it is called %s", third.Counts, nameOf(t, d))
		}
		if again := receive(t, d, "enterprise", named("安庆市大风公司")); !again.Resent || again.ID != third.ID {
			t.Errorf("the latest sent again is %s, want %s", again.ID, third.ID)
		}
		take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1))})) // another kind is nobody's concern
		if again := receive(t, d, "enterprise", named("安庆市大风公司")); again.ID != third.ID {
			t.Errorf("the latest of its kind sent again is %s, want %s", again.ID, third.ID)
		}
	})
}

func TestFileUnderWayIsTheSameBatchWhateverCameSince(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first := receive(t, d, "enterprise", named("安庆市大风公司"))
		take(t, d, "enterprise", named("安庆市大雨公司"))
		if again := receive(t, d, "enterprise", named("安庆市大风公司")); !again.Resent || again.ID != first.ID {
			t.Errorf("%s, want %s", again.ID, first.ID)
		}
	})
}

func TestMendedPenaltyIsTheSameDecision(t *testing.T) {
	head := append(append([]string{}, penaltyHead...), "注册号")
	row := func(change func(r []string)) []byte {
		r := append(penalty(1, uscc(1)), "")
		change(r)
		return file([][]string{head, r})
	}
	old := regNo("340800000012345")
	tests := []struct {
		name        string
		first, then func(r []string)
	}{
		{"code of the authority", func(r []string) { r[15] = "" }, func([]string) {}},
		{"name of the authority", func(r []string) { r[14], r[15] = "市市场监管局", "" }, func(r []string) { r[15] = "" }},
		{"code of the party", func(r []string) { r[2], r[20] = "", old }, func([]string) {}},
		{"brackets", func(r []string) { r[4], r[9] = "宜市监罚【2026】 1号", "罚款" }, func([]string) {}},
	}
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		for _, tt := range tests {
			d := dbtest.Open(t, dbtest.Fresh(t, engine))
			take(t, d, "enterprise", file([][]string{append(append([]string{}, registryHead...), "注册号"),
				{uscc(1), "安庆市第1贸易有限公司", "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续", old}}))
			if b := take(t, d, "penalty", row(tt.first)); b.Accepted != 1 {
				t.Fatalf("%s: %+v", tt.name, b.Counts)
			}
			if b := take(t, d, "penalty", row(tt.then)); b.Counts != (intake.Counts{Superseded: 1}) {
				t.Errorf("%s: mended it is %+v", tt.name, b.Counts)
			}
		}
	})
}

func TestOneDecisionThatPunishesTwoIsTwoFacts(t *testing.T) {
	second := penalty(1, uscc(2))
	other := penalty(2, uscc(1))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1)), second, other}))
		if b.Counts != (intake.Counts{Accepted: 3}) {
			t.Errorf("%+v", b.Counts)
		}
	})
}

// upload sends a file of a department and sees it through.
func upload(t testing.TB, d *db.DB, department, kind string, body []byte) (intake.Batch, error) {
	t.Helper()
	found(t, d)
	by := clerk
	by.Department = department
	b, err := intake.Receive(ctx, d, by, noon, intake.Upload{Kind: kind, Department: department, Body: bytes.NewReader(body)})
	if err != nil {
		return b, err
	}
	if err := intake.Check(ctx, d, clock, b.ID); err != nil {
		t.Fatal(err)
	}
	return get(t, d, b.ID), nil
}

func TestOnlyMarketRegulatorsStateTheRegistry(t *testing.T) {
	tests := []struct{ department, kind, code string }{
		{org.Regulator, "enterprise", ""},
		{"SCJG-340881", "enterprise", ""},
		{"SCJG-340881", "annual-report", "intake.missing_columns"},
		{"SJ", "enterprise", "org.no_department"},
		{"NO-SUCH-DEPARTMENT", "penalty", "org.no_department"},
		{"STHJ", "enterprise", "intake.regulators_only"},
		{"STHJ", "annual-report", "intake.regulators_only"},
		{"ST-340881-1", "enterprise", "intake.regulators_only"},
		{"STHJ", "penalty", "intake.missing_columns"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			b, err := upload(t, d, tt.department, tt.kind, registry(0, 3))
			if err == nil {
				err = b.Failure()
			}
			if tt.code == "" && err != nil || tt.code != "" && !fault.Is(err, tt.code) {
				t.Errorf("%s of %s: %v, want %q", tt.kind, tt.department, err, tt.code)
			}
		}
	})
}

func TestRegisteringAuthorityIsADepartment(t *testing.T) {
	row := func(n int, authority string) []string {
		return []string{uscc(n), "安庆市大风公司", "有限责任公司", "张三", "2015-03-05", authority, "人民路1号", "存续"}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "enterprise", file([][]string{registryHead, row(1, "SCJG"), row(2, "XYZ"), row(3, "桐城市市场监督管理局"), row(4, ""), row(5, "scjg-340881")}))
		if b.Counts != (intake.Counts{Accepted: 4, Rejected: 1}) {
			t.Errorf("%+v", b.Counts)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_problem WHERE row_no = 3 AND problems LIKE '%intake.unknown_authority%'`); n != 1 {
			t.Error("nothing is said about XYZ")
		}
		if n := count(t, d, `SELECT COUNT(*) FROM enterprise_subject WHERE authority = 'SCJG'`); n != 3 {
			t.Errorf("%d of 3 belong to the sender", n)
		}
	})
}

func TestAnotherAuthoritysDecisionIsTakenWithAWarning(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b, err := upload(t, d, "STHJ", "penalty", file([][]string{penaltyHead, penalty(1, uscc(1))}))
		if err != nil || b.Counts != (intake.Counts{Accepted: 1}) {
			t.Fatal(b.Counts, err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_problem WHERE fate = 'warned' AND problems LIKE '%intake.another_authority%'`); n != 1 {
			t.Error("nobody is warned")
		}
		take(t, d, "penalty", file([][]string{penaltyHead, penalty(2, uscc(2))}))
		if n := count(t, d, `SELECT COUNT(*) FROM intake_problem`); n != 1 {
			t.Error("a department is warned of its own decision")
		}
	})
}

func TestRegistrationSentAgainLeavesANewerOneOfAnotherAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", named("安庆市大风公司"))
		if b, err := upload(t, d, "SCJG-340881", "enterprise", named("安庆市大雨公司")); err != nil || b.Accepted != 1 {
			t.Fatal(b.Counts, err)
		}
		again := take(t, d, "enterprise", append(named("安庆市大风公司"), '\n'))
		if again.Counts != (intake.Counts{Duplicate: 1}) || nameOf(t, d) != "安庆市大雨公司" {
			t.Errorf("%+v; it is called %s", again.Counts, nameOf(t, d))
		}
	})
}
