package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
)

// said returns the codes of what is said about the rows of a batch, by row.
func said(t testing.TB, d *db.DB, id string) map[int][]string {
	t.Helper()
	out := map[int][]string{}
	err := d.View(ctx, func(q db.Q) error {
		page, err := intake.ProblemsPage(ctx, q, everyone, id, 0, 1000)
		for _, r := range page {
			for _, p := range r.Problems {
				out[r.Row] = append(out[r.Row], p.Field+" "+p.Code)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAmountOutOfTextIsTakenWithAWarning(t *testing.T) {
	worded, capitals := penalty(1, uscc(1)), penalty(2, uscc(2))
	worded[10], capitals[10] = "罚款人民币叁仟元（3000元）", "叁仟元整"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{penaltyHead, worded, capitals}))
		if b.Accepted != 2 {
			t.Fatalf("%s %v %+v: %v", b.State, b.Failure(), b.Counts, said(t, d, b.ID))
		}
		if got := said(t, d, b.ID); len(got) != 1 || len(got[2]) != 1 || got[2][0] != "CF_NR_FK catalog.amount_worded" {
			t.Errorf("%v", got)
		}
	})
}

// noted returns the notes of a batch, as code and arguments.
func noted(b intake.Batch) []string {
	var out []string
	for _, n := range b.Notes {
		out = append(out, fmt.Sprint(n.Code, n.Args))
	}
	return out
}

// twoRows splits headings into groups and what stands under them.
func twoRows() (upper, lower []string) {
	upper, lower = slices.Clone(penaltyHead), make([]string, len(penaltyHead))
	group := func(from int, over string, under ...string) {
		for i, u := range under {
			upper[from+i], lower[from+i] = "", u
		}
		upper[from] = over
	}
	group(0, "行政相对人", "名称", "类别", "统一社会信用代码", "法定代表人")
	group(9, "处罚结果情况", "处罚内容", "罚款金额(万元)", "没收金额(万元)")
	group(14, "处罚机关", "名称", "统一社会信用代码")
	upper[16], lower[16] = "数据来源单位", "名称"
	lower[17], upper[17] = "统一社会信用代码", ""
	lower[14], lower[16] = "", ""
	return upper, lower
}

func TestTableIsFoundAsDepartmentsLayItOut(t *testing.T) {
	upper, lower := twoRows()
	blank := make([]string, len(penaltyHead))
	numbers := make([]string, len(penaltyHead))
	for i := range numbers {
		numbers[i] = fmt.Sprint(i + 1)
	}
	wide := func(rows ...[]string) (out [][]string) { // a numbering column and a blank one in front
		for i, r := range rows {
			no := "序号"
			if i > 0 {
				no = fmt.Sprint(i)
			}
			out = append(out, append([]string{no, ""}, r...))
		}
		return out
	}
	sum := slices.Clone(blank)
	sum[0], sum[10] = "合 计", "0.6"
	one, two := penalty(1, uscc(1)), penalty(2, uscc(2))
	over, under := slices.Clone(penaltyHead), slices.Clone(blank) // a group that is itself a heading of the standard
	over[9], over[10], under[9], under[10] = "处罚内容", "", "罚款金额（万元）", "内容"
	turned := func(row []string) []string {
		row = slices.Clone(row)
		row[9], row[10] = row[10], row[9]
		return row
	}
	tests := []struct {
		name  string
		rows  [][]string
		notes []string
	}{
		{"a group of the standard's own name", [][]string{over, under, turned(one), turned(two)}, nil},
		{"title rows", [][]string{{"安庆市行政处罚信息报送表"}, {"", "填报单位：市场监督管理局", "单位：万元"}, blank, penaltyHead, one, two}, nil},
		{"two rows of headings", [][]string{{"报送表"}, upper, lower, one, two}, nil},
		{"numbering column", wide(penaltyHead, one, two), nil},
		{"numbered columns", [][]string{penaltyHead, numbers, one, two}, []string{"intake.headings_passed[1 2]"}},
		{"total", [][]string{penaltyHead, one, two, sum}, []string{"intake.totals_passed[1 4]"}},
		{"totals between", [][]string{penaltyHead, one, {"小计：1 条"}, two, {"小计"}, {"", "总计"}, {"共2条"}}, []string{"intake.totals_passed[4 3、5、6、7]"}},
		{"remarks under it", [][]string{penaltyHead, one, two, blank, {"注：1.金额以万元为单位。"}, {"2.代码填十八位。"}, {"填表人：张三", "", "审核人：李四"}},
			[]string{"intake.remarks_passed[3 5、6、7]"}},
		{"headings again", [][]string{penaltyHead, one, penaltyHead, two}, []string{"intake.headings_passed[1 3]"}},
	}
	c := catalogue(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		for _, tt := range tests {
			for form, body := range map[string][]byte{"csv": file(tt.rows), "xlsx": workbook(t, tt.rows)} {
				b := take(t, d, "penalty", body)
				if b.State != intake.Done || b.Received != 2 || b.Accepted+b.Duplicate != 2 {
					t.Errorf("%s as %s: %s %v, %+v, %v", tt.name, form, b.State, b.Failure(), b.Counts, said(t, d, b.ID))
				}
				if got := noted(b); form == "csv" && !slices.Equal(got, tt.notes) {
					t.Errorf("%s as %s: %v, want %v", tt.name, form, got, tt.notes)
				}
				for _, n := range b.Notes {
					for _, tag := range lang.Tags {
						if says := c.Say(tag, n.Code, n.Args...); strings.Contains(says, "{") || says == n.Code {
							t.Errorf("%s: %s", tt.name, says)
						}
					}
				}
			}
		}
	})
}

func TestRecordIsNoTotalWhateverItsName(t *testing.T) {
	odd := penalty(1, uscc(1))
	odd[0] = "合计"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		if b := take(t, d, "penalty", file([][]string{penaltyHead, odd, penalty(2, uscc(2))})); b.Received != 2 || len(b.Notes) != 0 {
			t.Errorf("%+v %v", b.Counts, b.Notes)
		}
	})
}

func TestSheetWithTheTableIsReadNotTheInstructions(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(workbook(t, [][]string{{"填报说明"}, {"请在“数据”表中填写。"}})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("数据"); err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]string{penaltyHead, penalty(1, uscc(1)), penalty(2, uscc(2))} {
		if err := f.SetSheetRow("数据", fmt.Sprint("A", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	body, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", body.Bytes())
		if b.Accepted != 2 || len(b.Notes) != 1 || b.Notes[0].Code != "sheet.other_sheets" || b.Notes[0].Args[1] != "数据" {
			t.Errorf("%s %v %+v %v", b.State, b.Failure(), b.Counts, b.Notes)
		}
	})
}

func TestColumnsThatSlippedAreSaidOnce(t *testing.T) {
	slip := func(from, by int) []byte {
		rows := [][]string{penaltyHead}
		for n := range 60 {
			row := penalty(n, uscc(n))
			if by > 0 {
				row = slices.Insert(row, from, "多余的内容")[:len(penaltyHead)]
			} else {
				row = append(slices.Delete(row, from, from+1), "")
			}
			rows = append(rows, row)
		}
		return file(rows)
	}
	swapped := [][]string{penaltyHead}
	for n := range 6 {
		row := penalty(n, uscc(n))
		row[1], row[2] = row[2], row[1]
		swapped = append(swapped, row)
	}
	few := [][]string{penaltyHead, append([]string{"多余的内容"}, penalty(1, uscc(1))[:len(penaltyHead)-1]...)}
	tests := []struct {
		name, heading, column, beside string
		body                          []byte
	}{
		{"right", penaltyHead[2], "C", "D", slip(0, 1)},
		{"left", penaltyHead[2], "C", "B", slip(1, -1)},
		{"behind the party", penaltyHead[15], "P", "Q", slip(8, 1)},
		{"two for each other", penaltyHead[2], "C", "B", file(swapped)},
		{"one row proves nothing", "", "", "", file(few)},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			b := take(t, d, "penalty", tt.body)
			if tt.heading == "" {
				if b.State != intake.Done {
					t.Errorf("%s: %v", tt.name, b.Failure())
				}
				continue
			}
			f, _ := b.Failure().(*fault.Error)
			if !fault.Is(b.Failure(), "intake.shifted") || !slices.Equal(f.Args, []any{tt.heading, tt.column, tt.beside}) {
				t.Errorf("%s: %s %v", tt.name, b.State, b.Failure())
			}
		}
	})
}

func TestJSONLinesAreTakenByCodeOrName(t *testing.T) {
	var lines strings.Builder
	for n := range 3 {
		row := penalty(n, uscc(n))
		fields := map[string]any{}
		for i, h := range penaltyHead {
			fields[h] = row[i]
		}
		delete(fields, penaltyHead[0])
		fields["CF_XDR_MC"], fields[penaltyHead[10]] = row[0], 0.3
		if n == 2 {
			fields["处罚内容"] = map[string]string{"罚款": "3000元"}
		}
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(raw, '\n'))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", []byte(lines.String()))
		if got := said(t, d, b.ID); b.Accepted != 2 || b.Rejected != 1 || !slices.Contains(got[3], "CF_NR sheet.json_nested") {
			t.Errorf("%s %v %+v %v", b.State, b.Failure(), b.Counts, got)
		}
	})
}

func TestOldWorkbookIsTaken(t *testing.T) {
	body, err := os.ReadFile("testdata/penalties.xls")
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", body)
		if b.Accepted != 3 || !slices.Equal(noted(b), []string{"intake.totals_passed[1 7]", "intake.remarks_passed[1 8]"}) {
			t.Errorf("%s %v %+v %v %v", b.State, b.Failure(), b.Counts, b.Notes, said(t, d, b.ID))
		}
	})
}
