// Package sheet reads tables as people send them, row by row and in bounded memory: CSV in the encodings and with the
// separators that are met, JSON lines, xlsx and the old xls. What a file is, its content says, never its name.
//
// What is wrong with one row is a [Problem] of that row. What makes the rows of a file uncertain (it is damaged, a
// quotation mark is never closed, a limit is passed) is a fault of the whole file, because nobody could say which rows were
// lost. So a caller reads a file to its end once before it acts on any row.
package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"zhixin/internal/blob"
	"zhixin/internal/fault"
)

// Limits bound what a file may hold; a zero field is the default, which is far beyond any honest table.
type Limits struct {
	Rows      int   // 1,100,000: all that a worksheet can hold
	Columns   int   // 500
	RowBytes  int   // 1 MiB
	CellBytes int   // 128 KiB: 32,767 Chinese characters
	Unzipped  int64 // 1 GiB: what the parts of an xlsx unpack to, taken together
}

func (l Limits) orDefault() Limits {
	set := func(v *int, n int) {
		if *v == 0 {
			*v = n
		}
	}
	set(&l.Rows, 1_100_000)
	set(&l.Columns, 500)
	set(&l.RowBytes, 1<<20)
	set(&l.CellBytes, 128<<10)
	if l.Unzipped == 0 {
		l.Unzipped = 1 << 30
	}
	return l
}

// Problem is what is wrong with one row or one of its cells.
type Problem struct {
	Col  int // from 0; -1 where it is the row as a whole
	Code string
	Args []any
}

// Row is one row that is not blank. Where a cell could not be read, what could be read of it stands in Cells.
type Row struct {
	No       int // as a spreadsheet program numbers it, from 1; the headings of JSON lines, which stand in no line, are 0
	Cells    []string
	Problems []Problem
}

// Note is something the sender should know about the file as a whole.
type Note struct {
	Code string
	Args []any
}

// How is how a file is read, as people call it.
type How struct {
	Format    string `json:"format"`              // CSV, JSON, XLSX or XLS
	Encoding  string `json:"encoding,omitempty"`  // of a text
	Separator string `json:"separator,omitempty"` // of its cells
	Sheet     string `json:"sheet,omitempty"`     // of a workbook
}

// rows is a source of rows, blank ones included.
type rows interface {
	next() (Row, error) // io.EOF after the last
	names() []string    // of the sheets in which something stands; of a file without sheets, one without a name
	turn(n int) error   // to the first row of the sheet n
	how() How           // of the file; the sheet is left out
	close() error
}

// Reader reads the rows of one file.
type Reader struct {
	rows  rows
	lim   Limits
	count int
	sheet int
}

// Open looks at the size bytes of f and returns a reader of its rows. A file that is no table is a fault that says what it is
// and what to do.
func Open(f io.ReaderAt, size int64, lim Limits) (*Reader, error) {
	lim = lim.orDefault()
	head := make([]byte, min(size, 64<<10))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r := &Reader{lim: lim}
	var err error
	switch kind := blob.Sniff(head); kind {
	case blob.Text:
		r.rows, err = openText(f, size, head, lim)
	case blob.XLSX, blob.Zip: // the names in a zip may come late
		r.rows, err = openXLSX(f, size, lim)
	case blob.OLE:
		r.rows, err = openXLS(f, size, lim)
	case blob.HTML:
		err = fault.New(fault.Invalid, "sheet.web_page")
	case blob.UTF16:
		r.rows, err = openUTF16(f, size, lim)
	default:
		err = fault.New(fault.Invalid, "sheet.not_a_table", strings.ToUpper(kind))
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// openText tells the kinds of text apart by how they begin.
func openText(f io.ReaderAt, size int64, head []byte, lim Limits) (rows, error) {
	begin := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	upper := bytes.ToUpper(begin[:min(len(begin), 2000)])
	holds := func(tag string) bool { return bytes.Contains(upper, []byte(tag)) }
	switch {
	case bytes.HasPrefix(begin, []byte("[")) && bytes.HasPrefix(bytes.TrimLeft(begin[1:], " \t\r\n"), []byte("{")):
		return nil, fault.New(fault.Invalid, "sheet.json_not_lines", 1)
	case bytes.HasPrefix(upper, []byte("MIME-VERSION:")), bytes.HasPrefix(upper, []byte("<")) && (holds("<HTML") || holds("<TABLE") || holds("<META")):
		return nil, fault.New(fault.Invalid, "sheet.web_page")
	case bytes.HasPrefix(upper, []byte("<?XML")), bytes.HasPrefix(upper, []byte("<WORKBOOK")):
		return nil, fault.New(fault.Invalid, "sheet.xml")
	case bytes.HasPrefix(upper, []byte(`{\RTF`)):
		return nil, fault.New(fault.Invalid, "sheet.not_a_table", "RTF")
	case bytes.HasPrefix(begin, []byte("{")):
		return openJSON(f, size, lim)
	}
	return openCSV(func() io.Reader { return io.NewSectionReader(f, 0, size) }, lim)
}

// openUTF16 reads what Excel calls Unicode text.
func openUTF16(f io.ReaderAt, size int64, lim Limits) (rows, error) {
	c, err := openCSV(func() io.Reader {
		return transform.NewReader(io.NewSectionReader(f, 0, size), unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	}, lim)
	if err != nil {
		return nil, err
	}
	c.text.name = "UTF-16"
	return c, nil
}

// Next returns the next row that is not blank, and io.EOF after the last.
func (r *Reader) Next() (Row, error) {
	for {
		row, err := r.rows.next()
		if err == io.EOF && r.count == 0 {
			return Row{}, fault.New(fault.Invalid, "sheet.empty")
		}
		if err != nil {
			return Row{}, err
		}
		if blank(row) {
			continue
		}
		if r.count++; r.count > r.lim.Rows {
			return Row{}, fault.New(fault.TooLarge, "sheet.too_many_rows", r.lim.Rows)
		}
		r.shorten(&row)
		return row, nil
	}
}

// Sheets returns how many sheets of the file hold anything. The reader is at the first.
func (r *Reader) Sheets() int { return len(r.rows.names()) }

// Turn goes to the first row of a sheet.
func (r *Reader) Turn(n int) error {
	if n == r.sheet && r.count == 0 {
		return nil
	}
	r.sheet, r.count = n, 0
	return r.rows.turn(n)
}

// Names returns the names of those sheets; a file without sheets has one without a name.
func (r *Reader) Names() []string { return r.rows.names() }

// How returns how the file, and which sheet of it, is read.
func (r *Reader) How() How {
	h := r.rows.how()
	h.Sheet = r.rows.names()[r.sheet]
	return h
}

// Notes returns what the sender should know about the file: which sheets are not read. It says nothing of those that except
// is true of; except may be nil.
func (r *Reader) Notes(except func(name string) bool) []Note {
	var others []string
	for i, name := range r.rows.names() {
		if i != r.sheet && (except == nil || !except(name)) {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return []Note{{Code: "sheet.other_sheets", Args: []any{strings.Join(others, "、"), r.rows.names()[r.sheet]}}}
}

// Close releases what the reader holds.
func (r *Reader) Close() error { return r.rows.close() }

func blank(row Row) bool {
	for _, cell := range row.Cells {
		if cell != "" && strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return len(row.Problems) == 0
}

// shown is how much of an overlong cell is kept, for the sender to recognise it.
const shown = 1000

// shorten cuts cells that are too long and says so.
func (r *Reader) shorten(row *Row) {
	for i, cell := range row.Cells {
		if len(cell) > r.lim.CellBytes {
			row.Cells[i] = strings.ToValidUTF8(cell[:shown], "") + "…"
			row.Problems = append(row.Problems, Problem{Col: i, Code: "sheet.cell_too_long", Args: []any{r.lim.CellBytes >> 10}})
		}
	}
}
