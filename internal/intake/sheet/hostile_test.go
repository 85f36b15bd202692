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
	if n := r.Notes(); len(n) != 1 || n[0].Args[0] != strings.Repeat("名", 31) {
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
