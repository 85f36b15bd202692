package intake_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
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

// mendBook returns the workbook of a batch's problems, opened.
func mendBook(t testing.TB, d *db.DB, id string, tag lang.Tag) *excelize.File {
	t.Helper()
	var out bytes.Buffer
	err := d.View(ctx, func(q db.Q) error {
		return intake.Workbook(ctx, q, everyone, id, catalogue(t), tag, &out)
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func rowsOf(t testing.TB, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func saved(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// headed returns the row of headings of a sheet, from 0, and where each column is.
func headed(t testing.TB, rows [][]string) (at int, column map[string]int) {
	t.Helper()
	column = map[string]int{}
	for at, row := range rows {
		if len(row) > 4 && strings.HasPrefix(row[0], "【质信】") {
			for i, h := range row {
				column[h] = i
			}
			return at, column
		}
	}
	t.Fatalf("no headings in %q", rows)
	return 0, nil
}

// put writes a cell by its row and heading.
func put(t testing.TB, f *excelize.File, sheet string, row, column int, value string) {
	t.Helper()
	cell, err := excelize.CoordinatesToCellName(column+1, row+1)
	if err == nil {
		err = f.SetCellStr(sheet, cell, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// dirty are rows with every kind of fate: 2 and 3 good, 4 to 8 to be mended, 9 nobody's, 10 taken with a remark.
func dirty() [][]string {
	rows := [][]string{penaltyHead}
	for n := range 9 {
		rows = append(rows, penalty(n, uscc(n%5)))
	}
	rows[3][12] = "不详"
	rows[4][2], rows[4][3] = uscc(3)[:17]+"?", ""
	rows[5][1] = "外星人"
	rows[6][6], rows[6][9], rows[6][12] = "=HYPERLINK(\"http://x\",\"a\")", "-罚款", "+1"
	rows[7][8], rows[7][4] = "", "012345678901234567"
	rows[8][2] = uscc(88)
	rows[9][3] = ""
	return rows
}

var dirtyCounts = intake.Counts{Accepted: 3, Rejected: 5, Unmatched: 1}

// mended puts what is right into the workbook of dirty rows.
func mended(t testing.TB, f *excelize.File) {
	rows := rowsOf(t, f, "须改")
	at, column := headed(t, rows)
	for i := at + 1; i < len(rows); i++ {
		for heading, value := range map[string]map[string]string{
			"4": {penaltyHead[12]: "2026-03-05"},
			"5": {penaltyHead[2]: uscc(3)},
			"6": {penaltyHead[1]: "法人及非法人组织"},
			"7": {penaltyHead[12]: "2026-03-05"},
			"8": {penaltyHead[8]: "罚款"},
			"9": {penaltyHead[2]: uscc(2)},
		}[rows[i][0]] {
			put(t, f, "须改", i, column[heading], value)
		}
	}
}

func TestTheWorkbookSaysWhatIsWrongBesideTheRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file(dirty()))
		if b.Counts != dirtyCounts || b.Warned != 1 {
			t.Fatalf("%+v %d %v", b.Counts, b.Warned, said(t, d, b.ID))
		}
		f := mendBook(t, d, b.ID, lang.ZH)
		if got := fmt.Sprint(f.GetSheetList()); got != "[须改 【质信】提醒]" {
			t.Fatal(got)
		}
		rows := rowsOf(t, f, "须改")
		at, column := headed(t, rows)
		if !slices.Equal(rows[at], append([]string{"【质信】原行号", "【质信】处理结果", "【质信】须改", "【质信】提醒"}, penaltyHead...)) {
			t.Fatalf("%q", rows[at])
		}
		var numbers, fates []string
		for i, r := range rows[at+1:] {
			numbers, fates = append(numbers, r[0]), append(fates, r[1])
			if r[2] == "" {
				t.Errorf("nothing is said about row %s", r[0])
			}
			for j, want := range dirty()[3+i] {
				if j+4 < len(r) && r[j+4] != want {
					t.Errorf("row %s, %s: %q, sent %q", r[0], penaltyHead[j], r[j+4], want)
				}
			}
		}
		if fmt.Sprint(numbers, fates) != "[4 5 6 7 8 9] [退回 退回 退回 退回 退回 暂存]" {
			t.Error(numbers, fates)
		}
		bad, note := rows[at+2][2], rows[at+2][3]
		if !strings.HasPrefix(bad, penaltyHead[2]+"：") || strings.Contains(bad, "法定代表人") || !strings.HasPrefix(note, "法定代表人：") {
			t.Errorf("errors %q, remarks %q", bad, note)
		}
		style := func(row, column int) string {
			cell, _ := excelize.CoordinatesToCellName(column+1, row+1)
			id, err := f.GetCellStyle("须改", cell)
			if err != nil {
				t.Fatal(err)
			}
			s, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(s.NumFmt, s.Fill.Color)
		}
		if got := style(at+2, column[penaltyHead[2]]) + style(at+2, column["法定代表人"]) + style(at+2, column[penaltyHead[0]]); got != "49 [FFC7CE]49 [FFEB9C]49 []" {
			t.Errorf("cells at fault, to look at, and good: %s", got)
		}
		for _, cell := range []string{"K", "N", "Q"} { // facts, content, day of the row with what begins like formulas
			if formula, err := f.GetCellFormula("须改", fmt.Sprint(cell, at+5)); err != nil || formula != "" {
				t.Errorf("%s is the formula %q, %v", cell, formula, err)
			}
		}
		if kind, err := f.GetCellType("须改", fmt.Sprint("I", at+6)); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("a long number is of type %v, %v", kind, err)
		}
		taken := rowsOf(t, f, "【质信】提醒")
		at, _ = headed(t, taken)
		if len(taken) != at+2 || taken[at+1][0] != "10" || taken[at+1][1] != "已收下" || taken[at+1][2] != "" || taken[at+1][3] == "" {
			t.Errorf("taken with a remark: %q", taken)
		}
		en := mendBook(t, d, b.ID, lang.EN)
		if got := fmt.Sprint(en.GetSheetList()); got != "[To mend 【质信】To note]" {
			t.Error(got)
		}
	})
}

// TestTheWorkbookIsMendedAndSentBack in every state in which it may come back. The workbook holds six rows that were not taken.
func TestTheWorkbookIsMendedAndSentBack(t *testing.T) {
	noColumn := func(f *excelize.File, names ...string) {
		for _, name := range names {
			if err := f.RemoveCol("须改", name); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		change func(t *testing.T, f *excelize.File)
		want   intake.Counts
	}{
		{"as it is", func(*testing.T, *excelize.File) {}, intake.Counts{Rejected: 5, Unmatched: 1}},
		{"mended", func(t *testing.T, f *excelize.File) { mended(t, f) }, intake.Counts{Accepted: 6}},
		{"our columns removed", func(t *testing.T, f *excelize.File) {
			mended(t, f)
			noColumn(f, "A", "A", "A", "A")
		}, intake.Counts{Accepted: 6}},
		{"some of our columns and the headings of others removed", func(t *testing.T, f *excelize.File) {
			mended(t, f)
			noColumn(f, "B")
			at, _ := headed(t, rowsOf(t, f, "须改"))
			put(t, f, "须改", at, 1, "")
		}, intake.Counts{Accepted: 6}},
		{"columns moved", func(t *testing.T, f *excelize.File) {
			mended(t, f)
			rows := rowsOf(t, f, "须改")
			at, column := headed(t, rows)
			for i := at; i < len(rows); i++ {
				order := slices.Clone(rows[i])
				for len(order) < len(column) {
					order = append(order, "")
				}
				slices.Reverse(order)
				for j, v := range order {
					put(t, f, "须改", i, j, v)
				}
			}
		}, intake.Counts{Accepted: 6}},
		{"instructions removed, rows emptied", func(t *testing.T, f *excelize.File) {
			mended(t, f)
			rows := rowsOf(t, f, "须改")
			at, column := headed(t, rows)
			for j := 4; j < len(column); j++ {
				put(t, f, "须改", at+1, j, "")
			}
			for range at {
				if err := f.RemoveRow("须改", 1); err != nil {
					t.Fatal(err)
				}
			}
		}, intake.Counts{Accepted: 5}},
		{"our sheet first", func(t *testing.T, f *excelize.File) {
			mended(t, f)
			if err := f.MoveSheet("【质信】提醒", "须改"); err != nil {
				t.Fatal(err)
			}
		}, intake.Counts{Accepted: 6}},
		{"our sheet alone", func(t *testing.T, f *excelize.File) {
			if err := f.DeleteSheet("须改"); err != nil {
				t.Fatal(err)
			}
		}, intake.Counts{Duplicate: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				take(t, d, "enterprise", registry(0, 5))
				sent := take(t, d, "penalty", file(dirty()))
				f := mendBook(t, d, sent.ID, lang.ZH)
				tt.change(t, f)
				b := take(t, d, "penalty", saved(t, f))
				if b.State != intake.Done || b.Counts != tt.want || b.Received != b.Total {
					t.Errorf("%s %v: %+v of %d, want %+v: %v", b.State, b.Failure(), b.Counts, b.Total, tt.want, said(t, d, b.ID))
				}
				for _, h := range b.Header {
					if strings.Contains(h, "质信") {
						t.Errorf("our column is taken for the sender's: %q", b.Header)
					}
				}
				for _, n := range b.Notes {
					if n.Code != "intake.remarks_sheet" {
						t.Errorf("noted: %v", n)
					}
				}
				if tt.want.Rejected == 0 {
					return
				}
				again := mendBook(t, d, b.ID, lang.ZH)
				first, second := rowsOf(t, f, "须改"), rowsOf(t, again, "须改")
				for i := range first {
					for j := range first[i] {
						if j > 0 && (i >= len(second) || j >= len(second[i]) || second[i][j] != first[i][j]) {
							t.Errorf("row %d, column %d: %q is no more what it was", i, j, first[i][j])
						}
					}
				}
			})
		})
	}
	if n := strings.Count(fmt.Sprint(dirty()), "="); n == 0 {
		t.Error("no cell begins like a formula")
	}
}

func TestTextsComeBackFromTheWorkbookAsTheyWere(t *testing.T) {
	odd := penalty(1, uscc(1))
	odd[6], odd[9], odd[7], odd[4], odd[12] = "=1+1", "@罚款\n第二行", " '-依据_x000D_<&>\"", "012345678901234567", "不详"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		f := mendBook(t, d, take(t, d, "penalty", file([][]string{penaltyHead, odd})).ID, lang.ZH)
		at, column := headed(t, rowsOf(t, f, "须改"))
		put(t, f, "须改", at+1, column[penaltyHead[12]], "2026-03-05")
		if b := take(t, d, "penalty", saved(t, f)); b.Accepted != 1 {
			t.Fatalf("%+v %v", b.Counts, said(t, d, b.ID))
		}
		odd := slices.Clone(odd)
		odd[12] = "2026-03-05"
		if b := take(t, d, "penalty", file([][]string{penaltyHead, odd})); b.Duplicate != 1 {
			t.Errorf("what came back is not what was sent: %+v", b.Counts)
		}
	})
}

// TestWhatCouldNotBeReadIsNotTakenWhenItComesBack: #N/A is a blank where it is typed, and a rounded number is a text.
func TestWhatCouldNotBeReadIsNotTakenWhenItComesBack(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(workbook(t, [][]string{penaltyHead, penalty(1, uscc(1)), penalty(2, uscc(2)), penalty(3, uscc(3))})))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellFloat("Sheet1", "E3", 340803199001011230, 0, 64); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellFormula("Sheet1", "D4", "1/0"); err != nil {
		t.Fatal(err)
	}
	one, two := strings.Join(penalty(1, uscc(1)), ","), strings.Join(penalty(2, uscc(2)), ",")
	quote := strings.Join(penaltyHead, ",") + "\n\"" + one + "\n\"" + strings.Replace(two, ",", "\",", 1) + "\n"
	wide := file([][]string{penaltyHead, append(penalty(1, uscc(1)), "", "多余")})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		for name, body := range map[string][]byte{"cells": saved(t, f), "row": []byte(quote), "too wide": wide} {
			b := take(t, d, "penalty", body)
			if b.Rejected == 0 {
				t.Fatalf("%s: %+v %v", name, b.Counts, b.Failure())
			}
			again := take(t, d, "penalty", saved(t, mendBook(t, d, b.ID, lang.ZH)))
			if again.Rejected != b.Rejected || again.Received != b.Rejected {
				t.Errorf("%s: %+v, sent back as it was: %+v", name, b.Counts, again.Counts)
			}
			if _, csv := problemsFile(t, d, b.ID, lang.ZH); take(t, d, "penalty", file(csv)).Rejected != b.Rejected {
				t.Errorf("%s: the CSV is taken as it was", name)
			}
		}
	})
}

func TestManyProblemsAreWrittenInBoundedMemory(t *testing.T) {
	rows := [][]string{penaltyHead}
	for i := range intake.ProblemLimit {
		row := penalty(i, uscc(i%5))
		row[12] = "不详"
		rows = append(rows, row)
	}
	body := file(rows)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "penalty", body)
		if b.Listed != intake.ProblemLimit {
			t.Fatalf("%+v %v", b.Counts, b.Failure())
		}
		var most uint64
		words := catalogue(t)
		err := d.View(ctx, func(q db.Q) error {
			runtime.GC()
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			watch := &watched{see: func() {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
			}}
			return intake.Workbook(ctx, q, everyone, b.ID, words, lang.ZH, watch)
		})
		if err != nil || most == 0 || most > 64<<20 {
			t.Errorf("%d MiB held, %v", most>>20, err)
		}
		t.Logf("%d rows: %.1f MiB held", b.Listed, float64(most)/(1<<20))
		stranger := everyone
		stranger.All = false
		err = d.View(ctx, func(q db.Q) error {
			return intake.Workbook(ctx, q, stranger, b.ID, words, lang.ZH, io.Discard)
		})
		if !fault.Is(err, "intake.no_batch") {
			t.Errorf("a stranger's workbook: %v", err)
		}
	})
}

// watched looks at the memory while a file is written, the first time.
type watched struct {
	see  func()
	once bool
}

func (w *watched) Write(p []byte) (int, error) {
	if !w.once {
		w.once = true
		w.see()
	}
	return len(p), nil
}
