package sheet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

func TestMergedCellAppliesToEachRowItCovers(t *testing.T) {
	raw := book(t, func(f *excelize.File) {
		for cell, v := range map[string]string{"A1": "处罚信息表", "A2": "名称", "B2": "文号", "A3": "甲公司", "B3": "1号", "B4": "2号", "B6": "4号", "A7": "乙公司", "B7": "5号", "A9": "丙公司"} {
			set(t, f, "Sheet1", cell, v)
		}
		for _, r := range [][2]string{{"A1", "B1"}, {"A3", "A6"}, {"A9", "A10"}, {"B9", "B10"}} {
			if err := f.MergeCell("Sheet1", r[0], r[1]); err != nil {
				t.Fatal(err)
			}
		}
	})
	rows, err := all(t, raw, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%d%s", r.No, r.Cells))
	}
	want := "1[处罚信息表] 2[名称 文号] 3[甲公司 1号] 4[甲公司 2号] 6[甲公司 4号] 7[乙公司 5号] 9[丙公司]"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestRangesOnEachOtherTakeNoTime(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString(`<worksheet><sheetData>`)
	for i := range 20_000 {
		fmt.Fprintf(&sheet, `<row r="%d"><c r="A%d"><v>1</v></c></row>`, i+1, i+1)
	}
	sheet.WriteString(`</sheetData><mergeCells>` + strings.Repeat(`<mergeCell ref="A1:XFD1048576"/>`, 300_000) + `</mergeCells></worksheet>`)
	began := time.Now()
	if rows, err := all(t, parts(t, sheet.String()), Limits{}); err != nil || len(rows) != 20_000 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestMergesAreFoundAcrossPiecesOfAPart(t *testing.T) {
	for pad := 262_000; pad < 262_200; pad++ {
		sheet := `<worksheet><sheetData><row r="1"><c r="A1"><v>7</v></c><c r="B1"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row></sheetData>` +
			strings.Repeat(" ", pad) + `<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells></worksheet>`
		rows, err := all(t, parts(t, sheet), Limits{})
		if err != nil || len(rows) != 2 || rows[1].Cells[0] != "7" {
			t.Fatalf("%d: %v, %v", pad, rows, err)
		}
	}
}
