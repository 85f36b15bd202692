package sheet

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhixin/internal/fault"
)

// next reads one row element. After the last it reads the part to its end, where its checksum is.
func (x *xlsxFile) next() (Row, error) {
	row, err := x.nextRow()
	return row, x.explain(err)
}

func (x *xlsxFile) nextRow() (Row, error) {
	for !x.done {
		k, err := x.scan.next()
		switch {
		case err != nil:
			return Row{}, err
		case k == end && x.scan.is("sheetData"):
			x.done = true
		case k == start && x.scan.is("row"):
			return x.readRow()
		case k == start:
			if err := x.scan.skip(); err != nil {
				return Row{}, err
			}
		}
	}
	for {
		if _, err := x.scan.next(); err != nil {
			return Row{}, err // io.EOF where all is well
		}
	}
}

// readRow reads the cells of a row whose start was read. Rows and cells stand in order; a file in which they do not was
// written by no program, and nobody could say which of two is meant.
func (x *xlsxFile) readRow() (Row, error) {
	no := x.row + 1
	if r := x.scan.attr("r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < no {
			return Row{}, errDamaged
		}
		no = n
	}
	x.row = no
	row := Row{No: no}
	last, size := -1, 0
	for {
		k, err := x.scan.next()
		if err != nil {
			return Row{}, err
		}
		switch {
		case k == end:
			x.merges.fill(&row)
			return row, nil
		case !x.scan.is("c"):
			if err := x.scan.skip(); err != nil {
				return Row{}, err
			}
			continue
		}
		c, err := x.readCell(last + 1)
		if err != nil {
			return Row{}, err
		}
		if c.col <= last {
			return Row{}, errDamaged
		}
		last = c.col
		text, problem := x.value(c)
		if text == "" && problem == "" {
			continue // styled and empty, perhaps to the sheet's last column
		}
		if c.col >= x.lim.Columns {
			return Row{}, fault.New(fault.TooLarge, "sheet.too_many_columns", no, x.lim.Columns)
		}
		if size += len(text); size > x.lim.RowBytes {
			return Row{}, errTooLong
		}
		for len(row.Cells) < c.col {
			row.Cells = append(row.Cells, "")
		}
		row.Cells = append(row.Cells, text)
		if problem != "" {
			row.Problems = append(row.Problems, Problem{Col: c.col, Code: problem, Args: []any{text}})
		}
	}
}

// cell is a cell as it stands in the file.
type cell struct {
	col     int
	kind    string // s shared text, inlineStr, str text of a formula, b, e, d, n
	style   int
	value   string
	formula bool
}

// readCell reads a cell whose start was read. next is its column where the cell does not say.
func (x *xlsxFile) readCell(next int) (cell, error) {
	c := cell{col: next, kind: "n"}
	bad := false
	x.scan.attrs(func(name, value []byte) {
		switch string(name) {
		case "r":
			c.col = column(value)
			bad = bad || c.col < 0
		case "t":
			c.kind = string(value)
		case "s":
			c.style, _ = strconv.Atoi(string(value))
		}
	})
	if bad {
		return c, errDamaged
	}
	for {
		k, err := x.scan.next()
		switch {
		case err != nil:
			return c, err
		case k == end && x.scan.is("v"):
			c.value, x.scan.keep = string(x.scan.text), false
		case k == end:
			return c, nil
		case x.scan.is("v"):
			x.scan.keep = true
		case x.scan.is("is"):
			text, err := richText(x.scan, x.lim.RowBytes)
			if err != nil {
				return c, err
			}
			c.value = string(text)
		default:
			c.formula = c.formula || x.scan.is("f")
			if err := x.scan.skip(); err != nil {
				return c, err
			}
		}
	}
}

// column returns the column of a reference such as AB12, from 0; -1 where it is none.
func column(ref []byte) int {
	n, i := 0, 0
	for ; i < len(ref) && i < 4 && 'A' <= ref[i] && ref[i] <= 'Z'; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	if i == 0 || i > 3 || i == len(ref) || ref[i] < '1' || ref[i] > '9' {
		return -1
	}
	return n - 1
}

// value returns a cell's text and the code of what is wrong with it. Formulas are never evaluated: what the sender's
// program saw last is the value.
func (x *xlsxFile) value(c cell) (text, problem string) {
	switch c.kind {
	case "s":
		if c.value == "" {
			return "", ""
		}
		n, err := strconv.Atoi(c.value)
		text, ok := x.strings.get(n)
		if err != nil || !ok {
			return c.value, "sheet.cell_unreadable"
		}
		return clean(text)
	case "inlineStr":
		return clean(c.value)
	case "str":
		if c.value == "" && c.formula {
			return "", "" // a formula that shows nothing
		}
		return clean(c.value)
	case "b":
		return map[string]string{"1": "TRUE", "0": "FALSE"}[c.value], ""
	case "e":
		return c.value, "sheet.cell_error"
	case "d":
		return strings.TrimSuffix(strings.TrimSuffix(c.value, "Z"), "T00:00:00"), ""
	}
	switch {
	case c.value == "" && c.formula:
		return "", "sheet.formula_without_value"
	case c.value == "":
		return "", ""
	case c.style >= 0 && c.style < len(x.dates) && x.dates[c.style]:
		if day, ok := dayOf(c.value, x.date1904); ok {
			return day, ""
		}
	}
	return number(c.value)
}

// clean undoes the writing of control characters as _x000D_, and marks what no text holds.
func clean(s string) (text, problem string) {
	for i := 0; ; i++ {
		at := strings.Index(s[i:], "_x")
		if at < 0 {
			break
		}
		if i += at; len(s) < i+7 || s[i+6] != '_' {
			continue
		}
		if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
			s = s[:i] + string(rune(n)) + s[i+7:]
		}
	}
	switch {
	case strings.ContainsRune(s, 0):
		return strings.ReplaceAll(s, "\x00", "\u2400"), "sheet.nul"
	case !utf8.ValidString(s):
		return strings.ToValidUTF8(s, "\ufffd"), "sheet.bad_encoding"
	}
	return s, ""
}

// number returns a number as the sender saw it. A spreadsheet keeps 15 digits: a longer code that was typed as a number has
// lost its end for good.
func number(s string) (text, problem string) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" {
		return s, ""
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		text, _ = clean(s)
		return text, "sheet.cell_unreadable"
	}
	if math.Abs(f) >= 1e15 {
		return strconv.FormatFloat(f, 'g', -1, 64), "sheet.number_rounded"
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64), ""
}

// dayOf returns the day, and the time where there is one, of a serial number. The calendar of 1900 has a 29 February.
func dayOf(s string, date1904 bool) (string, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 1 && f < 2958466) { // up to 9999-12-31; NaN is neither
		return "", false
	}
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case f < 60:
		base = base.AddDate(0, 0, 1)
	}
	whole, part := math.Modf(f)
	t := base.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	if t.Year() > 9999 {
		return "", false
	}
	if part*86400 < 0.5 {
		return t.Format(time.DateOnly), true
	}
	return t.Format(time.DateTime), true
}

// isBuiltinDate knows the formats that need no definition, with those of Chinese Excel.
func isBuiltinDate(id int) bool {
	return 14 <= id && id <= 17 || id == 22 || 27 <= id && id <= 31 || id == 36 || 50 <= id && id <= 54 || id == 57 || id == 58
}

// isDateFormat says whether a format shows a day: outside quotation marks, escapes and brackets it has a y or a d.
func isDateFormat(code string) bool {
	b := []byte(strings.ToLower(code))
	for len(b) > 0 {
		skip := 1
		switch b[0] {
		case '\\', '_', '*':
			skip = 2
		case '"':
			skip = 2 + max(bytes.IndexByte(b[1:], '"'), 0)
		case '[':
			skip = 1 + max(bytes.IndexByte(b, ']'), 0)
		case 'y', 'd':
			return true
		}
		b = b[min(skip, len(b)):]
	}
	return false
}
