package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"zhixin/internal/fault"
)

// bookOf zips a workbook whose part beside the rows is head, n times repeated, and tail.
func bookOf(t testing.TB, head, repeated string, n int, tail string) []byte {
	t.Helper()
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range []struct {
		name, head, repeated string
		n                    int
		tail                 string
	}{
		{"[Content_Types].xml", `<Types/>`, "", 0, ""},
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="` + rel + `officeDocument" Target="xl/workbook.xml"/></Relationships>`, "", 0, ""},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="` + rel + `worksheet" Target="s.xml"/>` +
			`<Relationship Id="r2" Type="` + rel + `chartsheet" Target="chart.xml"/></Relationships>`, "", 0, ""},
		{"xl/s.xml", `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`, "", 0, ""},
		{"xl/chart.xml", `<chartsheet><v>1</v></chartsheet>`, "", 0, ""},
		{"xl/workbook.xml", head, repeated, n, tail},
	} {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		many := strings.Repeat(p.repeated, 1000)
		for _, s := range []string{p.head, p.tail} {
			for i := 0; s == p.tail && i < p.n/1000; i++ {
				if _, err := io.WriteString(w, many); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.WriteString(w, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatStandsBesideTheRowsIsBounded(t *testing.T) {
	const first = `<workbook><sheets><sheet name="a" r:id="r1"/>`
	tests := []struct {
		name, repeated string
		n              int
		code           string
	}{
		{"sheets of nothing", `<sheet state="visible"/>`, 2_000_000, "sheet.too_many_sheets"},
		{"one sheet many times", `<sheet name="a" r:id="r1"/>`, 2_000_000, "sheet.too_many_sheets"},
		{"other elements", `<definedName name="a"/>`, 2_000_000, "sheet.damaged"},
		{"long names", `<sheet name="` + strings.Repeat("名", 100_000) + `" r:id="r1"/>`, 0, ""},
	}
	for _, tt := range tests {
		raw := bookOf(t, first, tt.repeated, tt.n, `</sheets></workbook>`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Open(bytes.NewReader(raw), int64(len(raw)), Limits{})
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 24 {
			t.Errorf("%s: %d KiB of a file took %d MiB", tt.name, len(raw)>>10, took)
		}
		if tt.code != "" && !fault.Is(err, tt.code) || tt.code == "" && err != nil {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.code)
		}
		if err == nil {
			_ = r.Close()
		}
	}
}

func TestNamesOfOtherSheetsAreShort(t *testing.T) {
	raw := bookOf(t, `<workbook><sheets><sheet name="a" r:id="r1"/><sheet name="`+strings.Repeat("名", 100)+`" r:id="r1"/>`+
		`<sheet name="图" r:id="r2" state="visible"/>`, "", 0, `</sheets></workbook>`)
	r, err := Open(bytes.NewReader(raw), int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if n := r.Notes(nil); len(n) != 1 || n[0].Args[0] != strings.Repeat("名", 31) {
		t.Errorf("%v", n)
	}
}

// failing is a file whose disk breaks.
type failing struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("input/output error")

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if f.from >= 0 && at+int64(len(p)) > f.from {
		return 0, errDisk
	}
	return f.Reader.ReadAt(p, at)
}

func TestErrorOfReadingIsNotTheEndOfTheFile(t *testing.T) {
	raw := []byte("a,b\n" + strings.Repeat("1,2\n", 100_000))
	f := &failing{bytes.NewReader(raw), -1}
	r, err := Open(f, int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f.from = 200 << 10
	for n := 0; ; n++ {
		_, err := r.Next()
		if err == nil {
			continue
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("after %d rows: %v", n, err)
		}
		return
	}
}

// zipped makes a zip of named texts.
func zipped(t testing.TB, named ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(named); i += 2 {
		w, err := z.Create(named[i])
		if err == nil {
			_, err = io.WriteString(w, named[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFileOfAnotherKindIsCalledByItsName(t *testing.T) {
	const rel = `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="%"/></Relationships>`
	to := func(part string) string { return strings.ReplaceAll(rel, "%", part) }
	tests := []struct {
		name string
		raw  []byte
		code string
		says any
	}{
		{"Word", zipped(t, "[Content_Types].xml", "<Types/>", "_rels/.rels", to("word/document.xml"), "word/document.xml", "<w/>"), "sheet.not_a_table", "Word"},
		{"PowerPoint", zipped(t, "[Content_Types].xml", "<Types/>", "_rels/.rels", to("ppt/presentation.xml"), "ppt/presentation.xml", "<p/>"), "sheet.not_a_table", "PowerPoint"},
		{"xlsb", zipped(t, "[Content_Types].xml", "<Types/>", "_rels/.rels", to("xl/workbook.bin"), "xl/workbook.bin", "x"), "sheet.other_workbook", "XLSB"},
		{"ods", zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "sheet.other_workbook", "ODS"},
		{"zip", zipped(t, "a.txt", "a"), "sheet.not_a_table", "ZIP"},
		{"PDF", []byte("%PDF-1.7\n1 0 obj"), "sheet.not_a_table", "PDF"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00"), "sheet.not_a_table", "PNG"},
		{"Excel's own page", []byte("<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>"), "sheet.web_page", nil},
		{"page with a head", []byte("<meta http-equiv=Content-Type content=\"text/html\"><table><tr><td>1"), "sheet.web_page", nil},
		{"web archive", []byte("MIME-Version: 1.0\nX-Document-Type: Workbook\n"), "sheet.web_page", nil},
		{"XML of Excel 2003", []byte("<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook>"), "sheet.xml", nil},
	}
	for _, tt := range tests {
		_, err := all(t, tt.raw, Limits{})
		var f *fault.Error
		if !fault.Is(err, tt.code) || !errors.As(err, &f) || tt.says != nil && f.Args[0] != tt.says {
			t.Errorf("%s: %v, want %s %v", tt.name, err, tt.code, tt.says)
		}
	}
	if rows, err := all(t, []byte("名称,说明\n甲,<html><table>\n"), Limits{}); err != nil || len(rows) != 2 {
		t.Errorf("a table that speaks of pages: %v, %v", rows, err)
	}
}

func TestLinksAndFormulasAreWhatTheyShow(t *testing.T) {
	raw := parts(t, `<worksheet><sheetData><row r="1"><c r="A1" t="str"><f>HYPERLINK("http://example.org","公司")</f><v>公司</v></c><c r="B1"><f>1+2</f><v>3</v></c>`+
		`<c r="C1"><f>NOW()</f></c><c r="D1" t="inlineStr"><is><t>=1+2</t></is></c></row></sheetData><hyperlinks><hyperlink ref="A1" r:id="x"/></hyperlinks></worksheet>`)
	rows, err := all(t, raw, Limits{})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if got := strings.Join(rows[0].Cells, "|"); got != "公司|3||=1+2" {
		t.Errorf("%s", got)
	}
	if p := rows[0].Problems; len(p) != 1 || p[0].Col != 2 || p[0].Code != "sheet.formula_without_value" {
		t.Errorf("%v", p)
	}
}
