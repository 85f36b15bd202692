package intake_test

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
)

func rematch(t testing.TB, d *db.DB) {
	t.Helper()
	var ids []string
	err := d.View(ctx, func(q db.Q) error {
		all, err := enterprise.Range(ctx, q, "", 10000)
		for _, s := range all {
			ids = append(ids, s.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := intake.Rematch(ctx, d, clock, ids); err != nil {
		t.Fatal(err)
	}
}

func TestHeldRowsFindTheirSubjectWhenTheRegistryGrows(t *testing.T) {
	const n = 520
	rows := [][]string{penaltyHead}
	for i := range n {
		rows = append(rows, penalty(i, uscc(i)))
	}
	rows = append(rows, penalty(n, "913408******000001"))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "penalty", file(rows))
		if b.Counts != (intake.Counts{Unmatched: n + 1}) {
			t.Fatalf("%+v", b.Counts)
		}
		rematch(t, d)
		if b = get(t, d, b.ID); b.Unmatched != n+1 {
			t.Errorf("matched nobody: %+v", b.Counts)
		}
		take(t, d, "enterprise", registry(100, 450))
		rematch(t, d)
		rematch(t, d)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: 350, Unmatched: n + 1 - 350}) {
			t.Errorf("after 350 came: %+v", b.Counts)
		}
		take(t, d, "enterprise", registry(0, n))
		rematch(t, d)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: n, Unmatched: 1}) || b.Received != n+1 {
			t.Errorf("after all came: %+v", b.Counts)
		}
		for _, table := range []string{"intake_held", "intake_problem"} {
			if got := count(t, d, `SELECT COUNT(*) FROM `+table); got != 1 {
				t.Errorf("%d rows are left in %s, want the masked one", got, table)
			}
		}
		if got := count(t, d, `SELECT COUNT(*) FROM record_record WHERE kind = 'penalty' AND batch = '`+b.ID+`'`); got != n {
			t.Errorf("%d records, want %d", got, n)
		}
	})
}

func TestHeldRowSentAgainAndThenMatchedIsADuplicate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one := take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1))}))
		two := take(t, d, "penalty", file([][]string{penaltyHead, penalty(1, uscc(1)), penalty(2, uscc(2))}))
		take(t, d, "enterprise", registry(0, 5))
		rematch(t, d)
		got := get(t, d, one.ID).Counts
		for i, c := range []int{get(t, d, two.ID).Accepted, get(t, d, two.ID).Duplicate} {
			if i == 0 {
				got.Accepted += c
			} else {
				got.Duplicate += c
			}
		}
		if got != (intake.Counts{Accepted: 2, Duplicate: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestOneSubjectUnderOldAndNewNumberIsOne(t *testing.T) {
	head := []string{"统一社会信用代码", "注册号", "企业名称", "成立日期", "登记状态"}
	const old = "340800000012345"
	row := func(code, no, name string) []string { return []string{code, no, name, "2010-01-02", "存续"} }
	files := map[string][][]string{
		"old number first": {row("", regNo(old), "安庆市大风公司"), row(uscc(1), regNo(old), "安庆市大风公司")},
		"both, then each":  {row(uscc(1), regNo(old), "安庆市大风公司"), row(uscc(1), "", "安庆市大风集团"), row("", regNo(old), "安庆市大风集团")},
	}
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		for name, rows := range files {
			var got []int
			for _, together := range []bool{true, false} {
				d := dbtest.Open(t, dbtest.Fresh(t, engine))
				if together {
					take(t, d, "enterprise", file(append([][]string{head}, rows...)))
				} else {
					for _, r := range rows {
						take(t, d, "enterprise", file([][]string{head, r}))
					}
				}
				got = append(got, count(t, d, `SELECT COUNT(*) FROM enterprise_subject`), count(t, d, `SELECT COUNT(DISTINCT enterprise_id) FROM record_record`))
			}
			if !reflect.DeepEqual(got, []int{1, 1, 1, 1}) {
				t.Errorf("%s: subjects and subjects of records %v, in one file and in several", name, got)
			}
		}
	})
}

// regNo puts the check digit of GS15-2006 behind the first fourteen digits.
func regNo(s string) string {
	p := 10
	for _, r := range s[:14] {
		p = (p + int(r-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return s[:14] + string(rune('0'+(11-p)%10))
}

// problemsFile returns the problems file of a batch, as text and parsed.
func problemsFile(t testing.TB, d *db.DB, id string, tag lang.Tag) (string, [][]string) {
	t.Helper()
	var out bytes.Buffer
	err := d.View(ctx, func(q db.Q) error {
		return intake.Problems(ctx, q, everyone, id, catalogue(t), tag, &out)
	})
	if err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	if !marked {
		t.Error("without a mark Excel takes it for GB18030")
	}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), rows
}

func TestProblemsFileIsMendedAndSentAgain(t *testing.T) {
	rows := [][]string{penaltyHead}
	for i := range 700 {
		row := penalty(i, uscc(i%5))
		switch {
		case i%2 == 0:
			row[12] = "不详"
		case i == 1:
			row[2] = uscc(88)
		case i == 3:
			row[3] = "" // only a warning
		}
		if i%100 == 0 {
			row[6], row[9] = `=HYPERLINK("http://x","a")`, "-罚款"
		}
		rows = append(rows, row)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file(rows))
		want := intake.Counts{Accepted: 349, Rejected: 350, Unmatched: 1}
		if b.Counts != want {
			t.Fatalf("%+v, want %+v", b.Counts, want)
		}
		text, got := problemsFile(t, d, b.ID, lang.ZH)
		ours := []string{"【质信】原行号", "【质信】处理结果", "【质信】须改", "【质信】提醒"}
		if len(got) != 352 || !slices.Equal(got[0], append(slices.Clone(ours), penaltyHead...)) {
			t.Fatalf("%d rows below %q", len(got), got[0])
		}
		if got[1][0] != "2" || got[2][0] != "3" || got[1][1] != "退回" || got[2][1] != "暂存" || !strings.HasPrefix(got[1][2], "处罚决定日期：") || got[1][3] != "" {
			t.Errorf("first rows: %q", got[1:3])
		}
		if strings.Contains(text, ",=") || strings.Contains(text, ",\"=") || got[1][4+6] != `'=HYPERLINK("http://x","a")` || got[1][4+9] != "'-罚款" {
			t.Errorf("a formula is left: %q", got[1])
		}
		if _, en := problemsFile(t, d, b.ID, lang.EN); en[0][0] != "【质信】row" || len(en) != len(got) {
			t.Errorf("in English: %q", en[0])
		}
		for _, r := range got[1:] {
			if r[4+12] == "不详" {
				r[4+12] = "2026-03-05"
			}
		}
		mended := take(t, d, "penalty", append([]byte("\ufeff"), file(got)...))
		if mended.Counts != (intake.Counts{Accepted: 350, Unmatched: 1}) {
			t.Errorf("mended: %+v %v", mended.Counts, mended.Failure())
		}
		if n := count(t, d, `SELECT COUNT(*) FROM record_record WHERE body LIKE '%"=HYPERLINK%' AND body LIKE '%"-罚款"%'`); n != 7 {
			t.Errorf("%d facts came back as they were written, want 7", n)
		}
	})
}

func TestWarningsAreShownButNotSentBack(t *testing.T) {
	warned := penalty(1, uscc(1))
	warned[3] = ""
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, warned, penalty(2, uscc(2))}))
		if b.Counts != (intake.Counts{Accepted: 2}) || b.Warned != 1 {
			t.Fatalf("%+v, %d with a warning", b.Counts, b.Warned)
		}
		if _, rows := problemsFile(t, d, b.ID, lang.ZH); len(rows) != 1 {
			t.Errorf("the file holds %q", rows[1:])
		}
		err := d.View(ctx, func(q db.Q) error {
			page, err := intake.ProblemsPage(ctx, q, everyone, b.ID, 0, 100)
			if len(page) != 1 || page[0].Fate != intake.Warned || !page[0].Problems[0].Warning {
				t.Errorf("the page shows %+v", page)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
