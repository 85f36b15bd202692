package intake_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/catalog"
	"zhixin/internal/catalog/template"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
)

// filled is the template of a kind, filled in for a subject and our authority below its example row, which is left in as most leave it.
func filled(t testing.TB, k catalog.Kind, subject string, row map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := template.Write(&b, k); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(template.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	columns, _ := k.Columns(rows[0])
	for i, code := range columns {
		value := row[code]
		switch code {
		case k.Roles.USCC:
			value = subject
		case k.Roles.Name:
			value = firm(subject, 0)
		case k.Roles.Authority:
			value = authority
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err == nil {
			err = f.SetCellStr(template.Sheet, name+"3", value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Reset()
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheTemplateOfEveryKindIsAccepted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		for i, k := range catalog.All() {
			subject := uscc(1)
			if k.Name == "enterprise" {
				subject = uscc(100 + i)
			}
			b := take(t, d, k.Name, filled(t, k, subject, k.Example()))
			if b.State != intake.Done || b.Counts != (intake.Counts{Accepted: 1}) {
				t.Errorf("%s: %s %+v %v", k.Name, b.State, b.Counts, b.Failure())
			}
			for _, p := range problems(t, d, b.ID) {
				t.Errorf("%s: %+v", k.Name, p)
			}
			if len(b.Notes) > 0 {
				t.Errorf("%s: %v", k.Name, b.Notes)
			}
			if n := count(t, d, `SELECT COUNT(*) FROM record_record WHERE kind = '`+k.Name+`' AND batch = '`+b.ID+`'`); n != 1 {
				t.Errorf("%s: %d records", k.Name, n)
			}
		}
	})
}

func problems(t testing.TB, d *db.DB, id string) (out []intake.ProblemRow) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) (err error) {
		out, err = intake.ProblemsPage(ctx, q, everyone, id, 0, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestATemplateWithItsExampleOnlyHasNoRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, err := catalog.Of("honour")
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := template.Write(&b, k); err != nil {
			t.Fatal(err)
		}
		if got := take(t, d, "honour", b.Bytes()); got.State != intake.Failed || !fault.Is(got.Failure(), "intake.no_rows") {
			t.Errorf("%s %v", got.State, got.Failure())
		}
	})
}

func TestEveryKindIsSupersededAndHeldLikeAPenalty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		for i, k := range catalog.All() {
			if k.Name == "enterprise" {
				continue
			}
			row := k.Example()
			nobody := uscc(700 + i)
			take(t, d, k.Name, filled(t, k, uscc(1), row))
			take(t, d, k.Name, filled(t, k, nobody, row))
			changed := map[string]string{}
			for code, v := range row {
				changed[code] = v
			}
			changed["BZ"], changed["ADDR"] = "更正", "安庆市迎江区人民路2号"
			got := take(t, d, k.Name, filled(t, k, uscc(1), changed))
			if got.Counts != (intake.Counts{Superseded: 1}) {
				t.Errorf("%s, sent again with a change: %+v %v", k.Name, got.Counts, problems(t, d, got.ID))
			}
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_held`); n != len(catalog.All())-1 {
			t.Fatalf("%d rows are held", n)
		}
		take(t, d, "enterprise", registry(700, 700+len(catalog.All())))
		var ids []string
		for i := range catalog.All() {
			ids = append(ids, subjectOf(t, d, uscc(700+i)))
		}
		if err := intake.Rematch(ctx, d, clock, ids); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_held`); n != 0 {
			t.Errorf("%d rows are still held", n)
		}
	})
}

func subjectOf(t testing.TB, d *db.DB, code string) (id string) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error {
		return q.QueryRowContext(ctx, `SELECT enterprise_id FROM enterprise_identifier WHERE value = $1`, code).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// fieldList is the list of fields of a kind that somebody adds; more are rows of further fields.
func fieldList(from string, more ...[]string) [][]string {
	rows := [][]string{{"数据类别代码", "lab-report"}, {"数据类别名称", "检验检测报告"}, {"英文名称", "Laboratory reports"}, {"依据", "本地标准"}, {"报送部门", from},
		{"字段代码", "字段名称", "英文名称", "类型", "必填", "公开属性", "用途"},
		{"UNISCID", "统一社会信用代码", "Identifier", "代码", "是", "公开", "主体代码"}, {"ENTNAME", "企业名称", "Name", "文本", "是", "公开", "主体名称"},
		{"REPNO", "报告编号", "Number", "文本", "是", "公开", "业务主键"}, {"REPDATE", "报告日期", "Day", "日期", "是", "公开", "日期"}}
	return append(rows, more...)
}

// addKind adds a kind as the administrator does, through a file.
func addKind(t testing.TB, d *db.DB, rows [][]string) (k catalog.Kind) {
	t.Helper()
	read, err := intake.Rows(bytes.NewReader(workbook(t, rows)))
	if err != nil {
		t.Fatal(err)
	}
	s, wrong := catalog.ReadFieldList(read)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	err = d.Tx(ctx, func(q db.Q) (err error) {
		p, err := catalog.Propose(ctx, q, clerk, noon, s)
		if err == nil {
			k, err = catalog.Approve(ctx, q, credit.Actor{User: "u2", Department: "SCJG", Role: credit.Administrator}, noon, p.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAnAddedKindIsSentAtOnceAndBecomesRecords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		k := addKind(t, d, fieldList("各部门"))
		row := func(n int, day string) []string {
			return []string{uscc(n), fmt.Sprintf("安庆市第%d贸易有限公司", n), "AQ-" + strconv.Itoa(n), day}
		}
		body := file([][]string{{"统一社会信用代码", "企业名称", "报告编号", "报告日期"}, row(0, "2026-03-05"), row(1, "2026年3月5日"), row(9, "20260305"), row(2, "去年")})
		b := take(t, d, "lab-report", body)
		if b.Counts != (intake.Counts{Accepted: 2, Unmatched: 1, Rejected: 1}) {
			t.Errorf("%s %+v %v", b.State, b.Counts, b.Failure())
		}
		if n := count(t, d, `SELECT COUNT(*) FROM record_record WHERE kind = 'lab-report'`); n != 2 {
			t.Errorf("%d records", n)
		}
		example := map[string]string{"ENTNAME": "安庆市第2贸易有限公司", "REPNO": "AQ-2", "REPDATE": "2026-03-05"}
		if b := take(t, d, "lab-report", filled(t, k, uscc(2), example)); b.Counts != (intake.Counts{Accepted: 1}) {
			t.Errorf("its template: %+v %v", b.Counts, b.Failure())
		}
	})
}

// TestAFileIsReadByTheStandardUnderWhichItCame: an import goes on after a kill and must make the same records.
func TestAFileIsReadByTheStandardUnderWhichItCame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		addKind(t, d, fieldList("各部门"))
		body := file([][]string{{"统一社会信用代码", "企业名称", "报告编号", "报告日期"}, {uscc(0), "安庆市第0贸易有限公司", "AQ-0", "2026-03-05"}})
		b := receive(t, d, "lab-report", body)
		addKind(t, d, fieldList("各部门", []string{"RESULT", "结论", "Result", "文本", "是", "公开", ""}))
		if err := intake.Check(ctx, d, clock, b.ID); err != nil {
			t.Fatal(err)
		}
		if got := get(t, d, b.ID); got.Accepted != 1 {
			t.Errorf("%s %+v %v", got.State, got.Counts, got.Failure())
		}
		later := take(t, d, "lab-report", file([][]string{{"统一社会信用代码", "企业名称", "报告编号", "报告日期"}, {uscc(1), "安庆市第1贸易有限公司", "AQ-1", "2026-03-05"}}))
		if later.State != intake.Failed || !strings.Contains(fmt.Sprint(later.Failure()), "missing_columns") {
			t.Errorf("the next file: %s %v", later.State, later.Failure())
		}
	})
}

func TestOnlyTheDepartmentsOfAStandardStateIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		addKind(t, d, fieldList("GGZY"))
		send := func(kind string, by credit.Actor) error {
			_, err := intake.Receive(ctx, d, by, noon, intake.Upload{Kind: kind, Department: by.Department, Body: strings.NewReader("x")})
			return err
		}
		other := credit.Actor{User: "u2", Department: "GGZY", Role: credit.Reporter}
		if err := send("lab-report", clerk); !fault.Is(err, "intake.others_only") {
			t.Error(err)
		}
		if err := send("lab-report", other); err != nil {
			t.Error(err)
		}
		if err := send("recall", other); !fault.Is(err, "intake.regulators_only") {
			t.Error(err)
		}
		if err := send("licence", other); err != nil {
			t.Error(err)
		}
	})
}

func TestAPersonsLicenceIsKeptOfNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, err := catalog.Of("licence")
		if err != nil {
			t.Fatal(err)
		}
		row := k.Example()
		row["XK_XDR_LB"], row["XK_XDR_MC"], row["XK_FRDB"], row["XK_XDR_ZJLX"], row["XK_XDR_ZJHM"] = "自然人", "李四", "", "身份证", citizen
		b := take(t, d, "licence", filled(t, k, "", row))
		if b.Counts != (intake.Counts{Unmatched: 1}) {
			t.Errorf("%+v %v", b.Counts, problems(t, d, b.ID))
		}
		if got := fmt.Sprint(problems(t, d, b.ID)); strings.Contains(got, citizen) {
			t.Errorf("the number is kept: %s", got)
		}
	})
}
