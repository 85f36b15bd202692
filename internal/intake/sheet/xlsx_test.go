package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/fault"
)

// book returns a workbook as Excel would save it.
func book(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parts zips parts of a workbook by hand.
func parts(t testing.TB, sheet string, more ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	write("[Content_Types].xml", `<Types/>`)
	write("_rels/.rels", `<Relationships><Relationship Id="r1" Type="`+rel+`officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	write("xl/workbook.xml", `<workbook><sheets><sheet name="一" sheetId="1" r:id="r1"/></sheets></workbook>`)
	write("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="`+rel+`worksheet" Target="worksheets/sheet1.xml"/>`+
		`<Relationship Id="r2" Type="`+rel+`sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`)
	write("xl/worksheets/sheet1.xml", sheet)
	for i := 0; i+1 < len(more); i += 2 {
		write(more[i], more[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

func TestCellsAreReadAsTheSenderSawThem(t *testing.T) {
	day := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	raw := book(t, func(f *excelize.File) {
		chinese, _ := f.NewStyle(&excelize.Style{CustomNumFmt: ptr(`yyyy"年"m"月"d"日";@`)})
		plain, _ := f.NewStyle(&excelize.Style{CustomNumFmt: ptr(`0.00" yd"`)})
		builtin, _ := f.NewStyle(&excelize.Style{NumFmt: 57})
		set(t, f, "Sheet1", "A1", " 安庆<&>\"公司\" ")
		set(t, f, "Sheet1", "B1", 0.1+0.2)
		set(t, f, "Sheet1", "C1", day)
		set(t, f, "Sheet1", "D1", day.Add(13*time.Hour+30*time.Minute))
		set(t, f, "Sheet1", "F1", true)
		set(t, f, "Sheet1", "G1", 340800000012345)
		set(t, f, "Sheet1", "H1", 46086)
		_ = f.SetCellStyle("Sheet1", "H1", "H1", chinese)
		set(t, f, "Sheet1", "I1", 3.5)
		_ = f.SetCellStyle("Sheet1", "I1", "I1", plain)
		set(t, f, "Sheet1", "J1", 46086)
		_ = f.SetCellStyle("Sheet1", "J1", "J1", builtin)
		_ = f.SetCellRichText("Sheet1", "K1", []excelize.RichTextRun{{Text: "大风"}, {Text: "公司"}})
		set(t, f, "Sheet1", "L1", "两\n行")
		_ = f.SetCellStyle("Sheet1", "XFD1", "XFD1", plain) // an empty cell at the very end
	})
	rows, err := all(t, raw, Limits{})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	want := []string{" 安庆<&>\"公司\" ", "0.3", "2026-03-05", "2026-03-05 13:30:00", "", "TRUE", "340800000012345", "2026-03-05", "3.5", "2026-03-05",
		"大风公司", "两\n行"}
	if !reflect.DeepEqual(rows[0].Cells, want) || rows[0].Problems != nil {
		t.Errorf("got  %q %v\nwant %q", rows[0].Cells, rows[0].Problems, want)
	}
}

func ptr[T any](v T) *T { return &v }

func TestCellThatCannotBeTrustedIsAProblem(t *testing.T) {
	tests := []struct{ name, cell, text, code string }{
		{"long number", `<c r="A1"><v>9.1340800151300877E+17</v></c>`, "9.134080015130088e+17", "sheet.number_rounded"},
		{"18 digits", `<c r="A1"><v>340800000012345678</v></c>`, "3.4080000001234566e+17", "sheet.number_rounded"},
		{"error", `<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "#DIV/0!", "sheet.cell_error"},
		{"formula never calculated", `<c r="A1"><f>B1&amp;C1</f></c>`, "", "sheet.formula_without_value"},
		{"formula", `<c r="A1" t="str"><f>B1&amp;C1</f><v>安庆</v></c>`, "安庆", ""},
		{"text that is not there", `<c r="A1" t="s"><v>7</v></c>`, "7", "sheet.cell_unreadable"},
		{"no number", `<c r="A1"><v>一</v></c>`, "一", "sheet.cell_unreadable"},
		{"NUL", `<c r="A1" t="inlineStr"><is><t>a_x0000_b</t></is></c>`, "a\u2400b", "sheet.nul"},
		{"no text", "<c r=\"A1\" t=\"inlineStr\"><is><t>a\xffb</t></is></c>", "a\ufffdb", "sheet.bad_encoding"},
		{"escapes", `<c r="A1" t="inlineStr"><is><t>a_x000D_b &#x5b89;<![CDATA[<&]]><!-- > -->c</t><rPh><t>x</t></rPh></is></c>`, "a\rb 安<&c", ""},
		{"prefixes", `<x:c r="A1" t="str"><x:v>安庆</x:v></x:c>`, "安庆", ""},
	}
	for _, tt := range tests {
		raw := parts(t, `<worksheet><sheetData><row r="1">`+tt.cell+`<c r="B1"><v>1</v></c></row></sheetData></worksheet>`)
		rows, err := all(t, raw, Limits{})
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v %v", tt.name, rows, err)
			continue
		}
		var code string
		for _, p := range rows[0].Problems {
			code += p.Code
		}
		if rows[0].Cells[0] != tt.text || code != tt.code {
			t.Errorf("%s: %q %q, want %q %q", tt.name, rows[0].Cells[0], code, tt.text, tt.code)
		}
	}
}

func TestFirstVisibleSheetWithAnythingIsReadAndTheOthersNamed(t *testing.T) {
	raw := book(t, func(f *excelize.File) {
		for _, name := range []string{"隐藏", "空", "数据", "填写说明"} {
			_, _ = f.NewSheet(name)
		}
		set(t, f, "隐藏", "A1", "不")
		_ = f.SetSheetVisible("隐藏", false)
		set(t, f, "数据", "B3", "是")
		set(t, f, "填写说明", "A1", "说明")
	})
	r, err := Open(bytes.NewReader(raw), int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	row, err := r.Next()
	if err != nil || row.No != 3 || !reflect.DeepEqual(row.Cells, []string{"", "是"}) {
		t.Errorf("%+v, %v", row, err)
	}
	if n := r.Notes(nil); len(n) != 1 || n[0].Code != "sheet.other_sheets" || n[0].Args[0] != "填写说明" {
		t.Errorf("notes: %v", n)
	}
}

func TestDaysOfBothCalendars(t *testing.T) {
	tests := []struct {
		serial string
		old    bool
		want   string
	}{
		{"1", false, "1900-01-01"}, {"59", false, "1900-02-28"}, {"61", false, "1900-03-01"}, {"46086", false, "2026-03-05"},
		{"44624", true, "2026-03-05"}, {"46086.5", false, "2026-03-05 12:00:00"}, {"2958465", false, "9999-12-31"}, {"2958466", false, ""},
		{"-1", false, ""}, {"NaN", false, ""},
	}
	for _, tt := range tests {
		if got, _ := dayOf(tt.serial, tt.old); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.serial, got, tt.want)
		}
	}
}

func TestDamagedWorkbookIsRefusedAsAWhole(t *testing.T) {
	good := book(t, func(f *excelize.File) {
		for i := range 200 {
			set(t, f, "Sheet1", fmt.Sprintf("A%d", i+1), fmt.Sprint("公司", i))
		}
	})
	for _, n := range []int{len(good) - 1, len(good) / 2, 100, 4} {
		if _, err := all(t, good[:n], Limits{}); !fault.Is(err, "sheet.damaged") {
			t.Errorf("cut to %d of %d bytes: %v", n, len(good), err)
		}
	}
	const row = `<row r="1"><c r="A1"><v>1</v></c></row>`
	for name, sheet := range map[string]string{
		"breaks off":       `<worksheet><sheetData>` + row,
		"breaks off after": `<worksheet><sheetData>` + row + `</sheetData>`,
		"wrong end":        `<worksheet><sheetData>` + row + `</sheetDat></worksheet>`,
		"rows go back":     `<worksheet><sheetData>` + row + row + `</sheetData></worksheet>`,
		"cells go back":    `<worksheet><sheetData><row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row></sheetData></worksheet>`,
		"no reference":     `<worksheet><sheetData><row r="1"><c r="1A"><v>1</v></c></row></sheetData></worksheet>`,
		"document type":    `<!DOCTYPE a [<!ENTITY b "c">]><worksheet><sheetData>` + row + `</sheetData></worksheet>`,
		"entity":           `<worksheet><sheetData><row r="1"><c r="A1"><v>&b;</v></c></row></sheetData></worksheet>`,
		"too deep":         `<worksheet><sheetData>` + strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000) + row + `</sheetData></worksheet>`,
	} {
		if _, err := all(t, parts(t, sheet), Limits{}); !fault.Is(err, "sheet.damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	flip := bytes.Clone(good)
	for i := 60; i < len(flip); i += 97 {
		flip[i] ^= 0x55
	}
	if _, err := all(t, flip, Limits{}); !fault.Is(err, "sheet.damaged") {
		t.Errorf("bits flipped: %v", err)
	}
}

func TestHostileWorkbookTakesNoMemory(t *testing.T) {
	row := func(cells string) string {
		return `<worksheet><sheetData><row>` + cells + `</row></sheetData></worksheet>`
	}
	texts := `<sst>` + strings.Repeat(`<si/>`, mostTexts+1) + `</sst>`
	tests := []struct {
		name string
		raw  []byte
		code string
	}{
		{"300,000 columns", parts(t, row(strings.Repeat(`<c><v>1</v></c>`, 300000))), "sheet.too_many_columns"},
		{"column far out", parts(t, row(`<c r="XFD1"><v>1</v></c>`)), "sheet.too_many_columns"},
		{"endless text", parts(t, row(`<c t="inlineStr"><is><t>`+strings.Repeat("x", 80<<20)+`</t></is></c>`)), "sheet.row_too_long"},
		{"endless value", parts(t, row(`<c><v>`+strings.Repeat("1", 80<<20)+`</v></c>`)), "sheet.row_too_long"},
		{"endless tag", parts(t, row(`<c `+strings.Repeat("x", 80<<20)+`/>`)), "sheet.row_too_long"},
		{"many runs", parts(t, row(`<c t="inlineStr"><is>`+strings.Repeat("<t>0123456789</t>", 4<<20)+`</is></c>`)), "sheet.row_too_long"},
		{"bomb", parts(t, row(strings.Repeat(" ", 200<<20))), "sheet.unpacks_too_large"},
		{"bomb that lies", lie(parts(t, row(strings.Repeat(" ", 200<<20)))), "sheet."},
		{"endless texts", parts(t, row(`<c t="s"><v>0</v></c>`), "xl/sharedStrings.xml", texts), "sheet.too_many_texts"},
	}
	for _, tt := range tests {
		got := peak(func(look func()) {
			_, err := all(t, tt.raw, Limits{Unzipped: 150 << 20})
			if _, code := fault.Of(err); !strings.HasPrefix(code, tt.code) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
			}
			look()
		})
		if got > 64<<20 {
			t.Errorf("%s: the heap grew by %d MiB", tt.name, got>>20)
		}
	}
}

// lie makes every part of a zip state that it unpacks to one byte.
func lie(raw []byte) []byte {
	for i := range raw {
		if bytes.HasPrefix(raw[i:], []byte("PK\x01\x02")) {
			binary.LittleEndian.PutUint32(raw[i+24:], 1)
		}
	}
	return raw
}

func TestDirectoryOfAZipIsBounded(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 30000 {
		if _, err := z.Create(fmt.Sprint("xl/", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := all(t, b.Bytes(), Limits{}); !fault.Is(err, "sheet.damaged") {
		t.Errorf("30,000 parts: %v", err)
	}
	b.Reset()
	z = zip.NewWriter(&b)
	_, _ = z.Create("photo.jpg")
	_ = z.Close()
	if _, err := all(t, b.Bytes(), Limits{}); !fault.Is(err, "sheet.not_a_table") {
		t.Errorf("a zip of photos: %v", err)
	}
}

func TestEncryptedPartIsNamedAsSuch(t *testing.T) {
	raw := parts(t, `<worksheet/>`)
	for i := range raw {
		if bytes.HasPrefix(raw[i:], []byte("PK\x01\x02")) {
			raw[i+8] |= 1
		}
	}
	if _, err := all(t, raw, Limits{}); !fault.Is(err, "sheet.encrypted") {
		t.Errorf("%v", err)
	}
}

// big returns a workbook of n rows, each with a text of its own.
func big(t testing.TB, n int) []byte {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		text := fmt.Sprint("安庆市大风贸易有限公司第", i, "分公司")
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), []any{i, text, "罚款", 0.3, "2026-03-05", "违法事实违法事实违法事实"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func Test100000RowsAreReadInLittleMemory(t *testing.T) {
	const n = 100_000
	raw := big(t, n)
	count := 0
	got := peak(func(look func()) {
		r, err := Open(bytes.NewReader(raw), int64(len(raw)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		for {
			row, err := r.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprint("安庆市大风贸易有限公司第", count, "分公司"); row.Cells[1] != want || row.No != count+1 {
				t.Fatalf("row %d: %q", row.No, row.Cells)
			}
			if count++; count%10000 == 0 {
				look()
			}
		}
	})
	if count != n || got > 8<<20 {
		t.Errorf("%d rows, the heap grew by %d MiB", count, got>>20)
	}
}

func TestManySharedTextsGoToTheDisk(t *testing.T) {
	const n = 60_000
	var sst, rows strings.Builder
	pad := strings.Repeat("长", 200)
	for i := range n {
		fmt.Fprintf(&sst, "<si><t>%d %s</t></si>", i, pad)
		fmt.Fprintf(&rows, `<row><c t="s"><v>%d</v></c></row>`, n-1-i)
	}
	raw := parts(t, "<worksheet><sheetData>"+rows.String()+"</sheetData></worksheet>", "xl/sharedStrings.xml", "<sst>"+sst.String()+"</sst>")
	got, err := all(t, raw, Limits{})
	if err != nil || len(got) != n {
		t.Fatal(len(got), err)
	}
	for i, r := range got {
		if want := fmt.Sprint(n-1-i, " ", pad); r.Cells[0] != want {
			t.Fatalf("row %d: %.20q", i, r.Cells[0])
		}
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add(parts(f, `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`, "xl/sharedStrings.xml", `<sst><si><t>a</t></si></sst>`))
	f.Add(book(f, func(b *excelize.File) { _ = b.SetCellValue("Sheet1", "A1", time.Unix(0, 0)) }))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := all(t, raw, Limits{Columns: 20, RowBytes: 4096, Unzipped: 1 << 20})
		var why *fault.Error
		if err != nil && !errors.As(err, &why) {
			t.Fatalf("not a fault: %v", err)
		}
	})
}

// FuzzSheetXML fuzzes what is inside the zip, which FuzzXLSX rarely gets through.
func FuzzSheetXML(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><r><t>a&amp;</t></r></is></c><c><f>1</f><v>2</v></c></row></sheetData></worksheet>`,
		`<sst><si><t>a</t></si><si><r><t>b</t></r><rPh><t>c</t></rPh></si></sst>`)
	f.Add(`<?xml version="1.0"?><!-- x > --><a><sheetData><row><c s="1"><v>1E5</v></c><c t="d"><v>2026-01-01T00:00:00Z</v></c></row></sheetData></a>`, `<sst/>`)
	f.Fuzz(func(t *testing.T, sheet, texts string) {
		_, err := all(t, parts(t, sheet, "xl/sharedStrings.xml", texts), Limits{Columns: 20, RowBytes: 4096, Unzipped: 1 << 20})
		var why *fault.Error
		if err != nil && !errors.As(err, &why) {
			t.Fatalf("not a fault: %v", err)
		}
	})
}

func BenchmarkXLSX(b *testing.B) {
	raw := big(b, 20000)
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := all(b, raw, Limits{}); err != nil || len(rows) != 20000 {
			b.Fatal(len(rows), err)
		}
	}
}
