package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"zhixin/internal/fault"
)

// rec writes one record of an old workbook: numbers of two bytes, texts and bytes one after the other.
func rec(kind int, parts ...any) []byte {
	var data []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			data = binary.LittleEndian.AppendUint16(data, uint16(p))
		case string: // with its length and the flag of wide characters
			units := utf16.Encode([]rune(p))
			data = append(binary.LittleEndian.AppendUint16(data, uint16(len(units))), 1)
			for _, u := range units {
				data = binary.LittleEndian.AppendUint16(data, u)
			}
		case []byte:
			data = append(data, p...)
		}
	}
	out := binary.LittleEndian.AppendUint16(nil, uint16(kind))
	return append(binary.LittleEndian.AppendUint16(out, uint16(len(data))), data...)
}

// oldBook is the stream of a workbook with one sheet of these records.
func oldBook(records ...[]byte) []byte {
	begin := func(kind int) []byte { return rec(recBegin, 0x0600, kind, make([]byte, 12)) }
	head, end := begin(5), rec(recEnd)
	sheet := rec(recSheet, make([]byte, 6), []byte{1, 0, 'a'})
	binary.LittleEndian.PutUint32(sheet[4:], uint32(len(head)+len(sheet)+len(end)))
	return bytes.Join(append([][]byte{head, sheet, end, begin(16)}, append(records, end)...), nil)
}

// oldFile puts a stream into a compound file, a small one where it belongs.
func oldFile(name string, stream []byte) []byte {
	const each, free, last = 512, 0xffffffff, 0xfffffffe
	small := len(stream) < miniCutoff
	body := append(bytes.Clone(stream), make([]byte, (each-len(stream)%each)%each)...)
	n := len(body) / each
	tables := (n+3)/(each/4) + 1
	next := make([]byte, 0, tables*each)
	u32 := func(v ...int) {
		for _, v := range v {
			next = binary.LittleEndian.AppendUint32(next, uint32(v))
		}
	}
	chainOf := func(from, n int) { // of n sectors
		for i := range n {
			if i == n-1 {
				u32(last)
			} else {
				u32(from + i + 1)
			}
		}
	}
	chainOf(0, n)
	u32(last, last) // directory, small table
	for range tables {
		u32(0xfffffffd)
	}
	for len(next) < tables*each {
		u32(free)
	}
	head := make([]byte, each)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	put := func(at, v int) { binary.LittleEndian.PutUint32(head[at:], uint32(v)) }
	head[0x1e], head[0x20] = 9, 6
	put(0x2c, tables)
	put(0x30, n)
	put(0x38, miniCutoff)
	put(0x3c, n+1)
	put(0x44, last)
	for i := range 109 {
		put(0x4c+4*i, free)
		if i < tables {
			put(0x4c+4*i, n+2+i)
		}
	}
	item := func(name string, kind byte, first, size int) []byte {
		e := make([]byte, 128)
		for i, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*i:], u)
		}
		e[64], e[66] = byte(2*len(name)+2), kind
		binary.LittleEndian.PutUint32(e[116:], uint32(first))
		binary.LittleEndian.PutUint32(e[120:], uint32(size))
		return e
	}
	dir := append(item("Root Entry", 5, 0, len(body)), item(name, 2, 0, len(stream))...)
	dir = append(dir, make([]byte, each-len(dir))...)
	table := bytes.Repeat([]byte{0xff}, each)
	if small {
		pieces := (len(stream) + miniSector - 1) / miniSector
		for i := range pieces {
			v := i + 1
			if i == pieces-1 {
				v = last
			}
			binary.LittleEndian.PutUint32(table[4*i:], uint32(v))
		}
	}
	return bytes.Join([][]byte{head, body, dir, table, next}, nil)
}

func TestOldWorkbookIsReadAsTheNewOne(t *testing.T) {
	raw, err := os.ReadFile("testdata/libreoffice.xls")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := all(t, raw, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{No: 1, Cells: []string{"样例登记表"}},
		{No: 2, Cells: []string{"名称", "代码", "日期", "金额", "公式", "备注"}},
		{No: 3, Cells: []string{"甲样例有限公司", "91340800MA00000017", "2026-03-05", "0.3", "3", "链接"}},
		{No: 4, Cells: []string{"甲样例有限公司", "340800000012345", "2026-03-05 10:30:00", "1234.5", "甲乙", "1"}},
		{No: 5, Cells: []string{"𠮷样例厂<&", "9.13408e+17", "43713", "1", "#DIV/0!", "é"}, Problems: []Problem{
			{Col: 1, Code: "sheet.number_rounded", Args: []any{"9.13408e+17"}}, {Col: 4, Code: "sheet.cell_error", Args: []any{"#DIV/0!"}}}},
	}
	for i, w := range want {
		if !reflect.DeepEqual(rows[i], w) {
			t.Errorf("got  %+v\nwant %+v", rows[i], w)
		}
	}
	if len(rows) != 45 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, r := range rows[5:] {
		if r.Cells[0] != fmt.Sprintf("乙%d号样例", i)+strings.Repeat("长", 20*i) || r.Cells[3] != strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(i)/100), "0"), ".") {
			t.Errorf("row %d: %v", r.No, r.Cells)
		}
	}
	r, err := Open(bytes.NewReader(raw), int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Notes(nil); len(n) != 1 || n[0].Args[0] != "二月" || n[0].Args[1] != "登记" {
		t.Errorf("%v", n)
	}
}

func TestSmallOldWorkbookAndOneOfMergedCells(t *testing.T) {
	cells := [][]byte{rec(recLabel, 0, 0, 0, "甲"), rec(recLabel, 0, 1, 0, "一"), rec(recLabel, 1, 1, 0, "二"), rec(recMerged, 1, 0, 1, 0, 0)}
	for pad, name := range map[int]string{0: "Workbook", 5000: "Workbook", 10: "WORKBOOK"} {
		raw := oldFile(name, oldBook(append(cells, rec(0x1234, make([]byte, pad)))...))
		rows, err := all(t, raw, Limits{})
		if err != nil || len(rows) != 2 || fmt.Sprint(rows[0].Cells, rows[1].Cells) != "[甲 一] [甲 二]" {
			t.Errorf("%d: %v, %v", pad, rows, err)
		}
	}
}

func TestOldFileThatCannotBeReadSaysWhy(t *testing.T) {
	good := oldBook(rec(recLabel, 0, 0, 0, "甲"), rec(recLabel, 1, 0, 0, "乙"))
	locked := append(rec(recBegin, 0x0600, 5, make([]byte, 12)), rec(recPassword, 1)...)
	tests := []struct {
		name, stream string
		body         []byte
		code         string
	}{
		{"password", "Workbook", locked, "sheet.encrypted"},
		{"new and encrypted", "EncryptedPackage", good, "sheet.encrypted"},
		{"Excel 95", "Book", good, "sheet.old_unreadable"},
		{"Excel 95 by its mark", "Workbook", rec(recBegin, 0x0500, 5, make([]byte, 4)), "sheet.old_unreadable"},
		{"Word", "WordDocument", good, "sheet.not_a_table"},
		{"something else", "Contents", good, "sheet.damaged"},
		{"nothing in it", "Workbook", oldBook(), "sheet.empty"},
		{"rows in disorder", "Workbook", oldBook(rec(recLabel, 5, 0, 0, "甲"), rec(recLabel, 1, 0, 0, "乙")), "sheet.old_unreadable"},
		{"broken off", "Workbook", good[:len(good)-5], "sheet.damaged"},
		{"text broken off", "Workbook", oldBook(rec(recFormula, 0, 0, 0, []byte{0, 0, 0, 0, 0, 0, 0xff, 0xff}, 0), rec(recLabel, 0, 1, 0, "a")), "sheet.damaged"},
		{"more columns than allowed", "Workbook", oldBook(rec(recLabel, 0, 200, 0, "a")), "sheet.too_many_columns"},
	}
	for _, tt := range tests {
		if _, err := all(t, oldFile(tt.stream, tt.body), Limits{Columns: 100}); !fault.Is(err, tt.code) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
		}
	}
	whole := oldFile("Workbook", oldBook(rec(recLabel, 0, 0, 0, "甲"), rec(0x1234, make([]byte, 8000))))
	for n := 8; n < len(whole)-1; n += 97 {
		if _, err := all(t, whole[:n], Limits{}); err != nil && !fault.Is(err, "sheet.damaged") && !fault.Is(err, "sheet.old_unreadable") {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestOldWorkbookThatLiesTakesNoMemory(t *testing.T) {
	lies := map[string][]byte{}
	texts := append(rec(recBegin, 0x0600, 5, make([]byte, 12)), rec(recTexts, 0xffff, 0xffff, 0xffff, 0xffff, bytes.Repeat([]byte{0xff, 0xff, 8, 0xff, 0xff}, 1600))...)
	lies["a text without end"] = oldFile("Workbook", texts)
	round := oldFile("Workbook", make([]byte, 1<<20))
	binary.LittleEndian.PutUint32(round[len(round)-512*17:], 0) // the first sector follows itself
	lies["a chain in a circle"] = round
	size := oldFile("Workbook", oldBook(rec(recLabel, 0, 0, 0, "甲")))
	at := bytes.Index(size, []byte("W\x00o\x00r\x00k\x00b\x00"))
	binary.LittleEndian.PutUint32(size[at+120:], 0xffffffff)
	lies["a stream of 4 GiB"] = size
	for name, raw := range lies {
		grown := peak(func(look func()) {
			_, err := all(t, raw, Limits{})
			look()
			if err == nil && name != "a stream of 4 GiB" { // all there is of it can be read
				t.Errorf("%s was read", name)
			}
		})
		if grown > 16<<20 {
			t.Errorf("%s took %d MiB", name, grown>>20)
		}
	}
}

func FuzzXLS(f *testing.F) {
	raw, err := os.ReadFile("testdata/libreoffice.xls")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(oldFile("Workbook", oldBook(rec(recLabel, 0, 0, 0, "甲"), rec(recMultipleRK, 1, 0, 0, 0, 0, 0, 0, 0, 1), rec(recMerged, 1, 0, 1, 0, 0))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := all(t, raw, Limits{Rows: 1000, Unzipped: 1 << 20})
		if kind, _ := fault.Of(err); err != nil && kind == fault.Internal {
			t.Fatal(err)
		}
	})
}

// FuzzOldRecords leaves the compound file whole and spoils what is in it.
func FuzzOldRecords(f *testing.F) {
	f.Add(oldBook(rec(recLabel, 0, 0, 0, "甲"), rec(recNumber, 0, 1, 0, make([]byte, 8)), rec(recMultipleRK, 1, 0, 0, 0, 0, 0, 0, 0, 1)))
	f.Add(oldBook(rec(recFormula, 0, 0, 0, []byte{0, 0, 0, 0, 0, 0, 0xff, 0xff}, 0), rec(recString, "乙"), rec(recBoolean, 0, 1, 0, []byte{7, 1})))
	f.Add(append(rec(recBegin, 0x0600, 5, make([]byte, 12)), rec(recTexts, 1, 0, 2, 0, "甲", []byte{3, 0, 0, 'a'})...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 40_000 {
			return
		}
		_, err := all(t, oldFile("Workbook", stream), Limits{Rows: 1000})
		if kind, _ := fault.Of(err); err != nil && kind == fault.Internal {
			t.Fatal(err)
		}
	})
}
