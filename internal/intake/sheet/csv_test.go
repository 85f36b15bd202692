package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhixin/internal/fault"
)

// all reads a file to its end.
func all(t testing.TB, raw []byte, lim Limits) ([]Row, error) {
	t.Helper()
	r, err := Open(bytes.NewReader(raw), int64(len(raw)), lim)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var out []Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
}

func gb(s string) string {
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

// wide writes UTF-16 with its mark.
func wide(s string, order unicode.Endianness) string {
	out, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func TestEveryWayToWriteTheSameTable(t *testing.T) {
	want := [][]string{{"代码", "名称", "备注"}, {"01", `安庆"大风"公司,一部`, "两\n行"}, {"02", "无", ""}}
	lf := "代码,名称,备注\n01,\"安庆\"\"大风\"\"公司,一部\",\"两\n行\"\n02,无,\n"
	tests := map[string]string{
		"LF":                   lf,
		"no line end at last":  strings.TrimSuffix(lf, "\n"),
		"mark":                 "\ufeff" + lf,
		"GB18030":              gb(lf),
		"CRLF":                 "代码,名称,备注\r\n01,\"安庆\"\"大风\"\"公司,一部\",\"两\n行\"\r\n02,无,\r\n",
		"lone CR":              "代码,名称,备注\r01,\"安庆\"\"大风\"\"公司,一部\",\"两\n行\"\r02,无,\r",
		"semicolons":           "代码;名称;备注\n01;\"安庆\"\"大风\"\"公司,一部\";\"两\n行\"\n02;无;\n",
		"tabs":                 "代码\t名称\t备注\n01\t安庆\"大风\"公司,一部\t\"两\n行\"\n02\t无\t\n",
		"Unicode text":         wide("代码\t名称\t备注\r\n01\t安庆\"大风\"公司,一部\t\"两\n行\"\r\n02\t无\t\r\n", unicode.LittleEndian),
		"the other way round":  wide(lf, unicode.BigEndian),
		"separator stated":     "sep=;\r\n代码;名称;备注\r\n01;\"安庆\"\"大风\"\"公司,一部\";\"两\n行\"\r\n02;无;\r\n",
		"marks not doubled":    "代码,名称,备注\n01,\"安庆\"大风\"公司,一部\",\"两\n行\"\n02,无,\n",
		"blanks behind a mark": "代码,名称,备注\n01,\"安庆\"\"大风\"\"公司,一部\" ,\"两\n行\"   \n02,无,\n",
		"blank rows":           "\n\n代码,名称,备注\n,,\n01,\"安庆\"\"大风\"\"公司,一部\",\"两\n行\"\n  ,\u3000,\n02,无,\n\n",
	}
	for name, in := range tests {
		rows, err := all(t, []byte(in), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [][]string
		for _, r := range rows {
			got = append(got, r.Cells)
			if len(r.Problems) > 0 {
				t.Errorf("%s: row %d: %v", name, r.No, r.Problems)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestRowsAreNumberedAsInASpreadsheet(t *testing.T) {
	rows, err := all(t, []byte("a,b\n\n1,\"x\ny\"\n2,z\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, r := range rows {
		got = append(got, r.No)
	}
	if !reflect.DeepEqual(got, []int{1, 3, 4}) {
		t.Errorf("%v", got)
	}
}

func TestBadRowIsAProblemOfThatRowOnly(t *testing.T) {
	good := strings.Repeat("安庆市大风有限公司,一\n", 5)
	tests := []struct{ name, in, code string }{
		{"NUL", "名称,备注\n" + good + "安\x00庆,x\n" + good, "sheet.nul"},
		{"GB18030 in UTF-8", "名称,备注\n" + good + gb("怀宁县土产公司,x\n") + good, "sheet.mixed_encoding"},
		{"UTF-8 in GB18030", gb("名称,备注\n"+good) + "怀宁县土产公司,x\n" + gb(good), "sheet.mixed_encoding"},
		{"no text in UTF-8", "名称,备注\n" + good + "\xff\xff\xff,x\n" + good, "sheet.bad_encoding"},
		{"no text in GB18030", gb("名称,备注\n"+good) + "\xff\xff,x\n" + gb(good), "sheet.bad_encoding"},
		{"no text behind a mark", "\ufeff名称,备注\n" + gb("怀宁县土产公司,x\n"), "sheet.mixed_encoding"},
		{"too long", "名称,备注\n" + good + strings.Repeat("长", 2000) + ",x\n" + good, "sheet.cell_too_long"},
		{"two rows in one", "名称,备注\n" + good + "\"怀宁县,x\n\"望江县\",x\n" + good, "sheet.stray_quote"},
	}
	for _, tt := range tests {
		rows, err := all(t, []byte(tt.in), Limits{CellBytes: 3000})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var found []string
		for _, r := range rows {
			for _, p := range r.Problems {
				found = append(found, p.Code)
			}
		}
		if !reflect.DeepEqual(found, []string{tt.code}) {
			t.Errorf("%s: %v, want %s once", tt.name, found, tt.code)
		}
	}
}

func TestFileThatCannotBeReadSaysWhy(t *testing.T) {
	long := strings.Repeat("x", 3000)
	tests := []struct {
		name, in, code string
		lim            Limits
	}{
		{"nothing", "", "sheet.empty", Limits{}},
		{"blanks", "\n \n,,,\n", "sheet.empty", Limits{}},
		{"mark never closed", "a,b\n1,\"x\n2,y\n", "sheet.unclosed_quote", Limits{}},
		{"row too long", "a,b\n" + long + long + ",1\n", "sheet.row_too_long", Limits{RowBytes: 4096}},
		{"300,000 columns", "a,b\n" + strings.Repeat("1,", 300000) + "\n", "sheet.too_many_columns", Limits{}},
		{"too many rows", strings.Repeat("1,2\n", 12), "sheet.too_many_rows", Limits{Rows: 10}},
		{"nothing in UTF-16", "\xff\xfe\n\x00", "sheet.empty", Limits{}},
		{"PDF", "%PDF-1.7 and on", "sheet.not_a_table", Limits{}},
		{"program", "MZ\x00\x00\x03\x00\x00\x00\x04\x00", "sheet.not_a_table", Limits{}},
		{"page", "<html><table><tr><td>1</td></tr></table></html>", "sheet.web_page", Limits{}},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1and on", "sheet.damaged", Limits{}},
	}
	for _, tt := range tests {
		if _, err := all(t, []byte(tt.in), tt.lim); !fault.Is(err, tt.code) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
		}
	}
}

// endless is a file of any size that takes no memory: head, then line again and again.
type endless struct {
	head, line string
	size       int64
}

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		switch pos := at + int64(i); {
		case pos >= e.size:
			return i, io.EOF
		case pos < int64(len(e.head)):
			p[i] = e.head[pos]
		default:
			n := copy(p[i:], e.line[(pos-int64(len(e.head)))%int64(len(e.line)):])
			if n > 1 && pos+int64(n) <= e.size { // as much of the line as fits
				rest, err := e.ReadAt(p[i+n:], pos+int64(n))
				return i + n + rest, err
			}
			p[i] = e.line[(pos-int64(len(e.head)))%int64(len(e.line))]
		}
	}
	return len(p), nil
}

// peak runs f and returns by how much the heap grew at most.
func peak(f func(look func())) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, most := int64(m.HeapAlloc), int64(0)
	f(func() {
		runtime.ReadMemStats(&m)
		most = max(most, int64(m.HeapAlloc)-base)
	})
	return most
}

func Test200MegabytesAreReadInLittleMemory(t *testing.T) {
	line := "91340800151300879M,安庆市糖业烟酒公司,罚款;没收违法所得,0.3,2026-03-05," + strings.Repeat("违法事实", 300) + "\n"
	f := endless{head: "代码,名称,类别,金额,日期,事实\n", line: line, size: 200 << 20}
	count := 0
	got := peak(func(look func()) {
		r, err := Open(f, f.size, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for ; ; count++ {
			if _, err := r.Next(); err == io.EOF || fault.Is(err, "sheet.unclosed_quote") {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if count%5000 == 0 {
				look()
			}
		}
	})
	if want := int(f.size) / len(line); count < want || count > want+2 {
		t.Errorf("%d rows, want about %d", count, want)
	}
	if got > 8<<20 {
		t.Errorf("the heap grew by %d MiB", got>>20)
	}
}

func TestHostileRowTakesNoMemory(t *testing.T) {
	for name, f := range map[string]endless{
		"columns":   {head: "a,b\n", line: ",", size: 100 << 20},
		"one cell":  {head: "a,b\n", line: "x", size: 100 << 20},
		"quoted":    {head: "a,b\n\"", line: "x\n", size: 100 << 20},
		"two marks": {head: "a,b\n\"", line: `""`, size: 100 << 20},
	} {
		got := peak(func(look func()) {
			r, err := Open(f, f.size, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = r.Next()
			}
			var why *fault.Error
			if !errors.As(err, &why) || why.Kind != fault.TooLarge {
				t.Errorf("%s: %v", name, err)
			}
			look()
		})
		if got > 6<<20 {
			t.Errorf("%s: the heap grew by %d MiB", name, got>>20)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\ufeffa;b\r1;\"2\r\n\"", "sep=;\na;b", "\"", "a,\"b\" ,c\n", gb("名称,代码\n安庆,1\n"), "a\x00,b", "\"\"\"", "a\n\"b\"c\"d\n", "{\"a\":1}\n{", wide("a,b\n", unicode.LittleEndian)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := all(t, raw, Limits{Columns: 20, RowBytes: 4096, CellBytes: 1024})
		var why *fault.Error
		if err != nil && !errors.As(err, &why) {
			t.Fatalf("not a fault: %v", err)
		}
		last := -1
		for _, r := range rows {
			if r.No <= last || len(r.Cells) > 20 {
				t.Fatalf("row %d after %d with %d cells", r.No, last, len(r.Cells))
			}
			last = r.No
			for _, c := range r.Cells {
				if strings.ContainsRune(c, 0) || c != strings.ToValidUTF8(c, "") {
					t.Fatalf("row %d: %q", r.No, c)
				}
			}
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	line := "91340800151300879M,安庆市糖业烟酒公司,罚款;没收违法所得,0.3,2026-03-05," + strings.Repeat("违法事实", 30) + "\n"
	raw := []byte(strings.Repeat(line, 20000))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := all(b, raw, Limits{}); err != nil || len(rows) != 20000 {
			b.Fatal(fmt.Sprint(len(rows), err))
		}
	}
}
