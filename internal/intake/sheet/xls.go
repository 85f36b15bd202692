package sheet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"zhixin/internal/fault"
)

// xlsFile reads workbooks of Excel 97 to 2003, and those of WPS in the same format (.xls, .et), record by record. The
// libraries there are hold a workbook whole, allocate what a length in the file says, and panic at what they do not know.
type xlsFile struct {
	lim    Limits
	stream *chain
	book   bookOfXLS

	sheets []oldSheet // visible ones in which anything stands
	rec    *records
	merges merges
	looked int64    // bytes read in the search for sheets that hold anything
	held   *oldCell // read already: the first cell of the next row
	row    int
	done   bool
}

type oldSheet struct {
	name string
	at   int64
}

// bookOfXLS is what stands before the sheets.
type bookOfXLS struct {
	strings  *pool
	custom   map[int]bool // number formats that are dates
	dates    []bool       // by cell style
	formats  []int
	date1904 bool
}

// The records that matter.
const (
	recFormula    = 0x0006
	recEnd        = 0x000a
	rec1904       = 0x0022
	recPassword   = 0x002f
	recContinue   = 0x003c
	recSheet      = 0x0085
	recMultipleRK = 0x00bd
	recRichLabel  = 0x00d6
	recStyle      = 0x00e0
	recMerged     = 0x00e5
	recTexts      = 0x00fc
	recSharedText = 0x00fd
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolean    = 0x0205
	recString     = 0x0207
	recRK         = 0x027e
	recFormat     = 0x041e
	recBegin      = 0x0809
)

// records goes through a stream record by record.
type records struct {
	r    *bufio.Reader
	kind int
	data []byte // valid until the next record
	buf  [1 << 16]byte
}

func newRecords(s *chain, at int64) *records {
	return &records{r: bufio.NewReaderSize(io.NewSectionReader(s, at, max(0, s.size-at)), 32<<10)}
}

// next goes to the next record. A workbook has its end stated, so the end of the stream is damage.
func (r *records) next() error {
	var head [4]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return broken(err)
	}
	r.kind = int(binary.LittleEndian.Uint16(head[:]))
	r.data = r.buf[:binary.LittleEndian.Uint16(head[2:])]
	_, err := io.ReadFull(r.r, r.data)
	return broken(err)
}

func broken(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errDamaged
	}
	return err
}

// continued says whether the next record continues this one, and goes there.
func (r *records) continued() (bool, error) {
	head, err := r.r.Peek(2)
	if err != nil || binary.LittleEndian.Uint16(head) != recContinue {
		return false, nil
	}
	return true, r.next()
}

func (r *records) u16(at int) int {
	if at+2 > len(r.data) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(r.data[at:]))
}

func (r *records) u32(at int) uint32 {
	if at+4 > len(r.data) {
		return 0
	}
	return binary.LittleEndian.Uint32(r.data[at:])
}

func tooOld() error { return fault.New(fault.Invalid, "sheet.old_unreadable") }

func openXLS(f io.ReaderAt, size int64, lim Limits) (_ rows, err error) {
	c, err := openCompound(f, size)
	if err != nil {
		return nil, explainOld(err)
	}
	has := func(name string) bool { _, ok := c.streams[strings.ToLower(name)]; return ok }
	switch {
	case has("EncryptedPackage"):
		return nil, fault.New(fault.Invalid, "sheet.encrypted")
	case has("Workbook"):
	case has("Book"): // Excel 5 and 95
		return nil, tooOld()
	case has("WordDocument"):
		return nil, fault.New(fault.Invalid, "sheet.not_a_table", "Word")
	case has("PowerPoint Document"):
		return nil, fault.New(fault.Invalid, "sheet.not_a_table", "PowerPoint")
	default:
		return nil, damaged()
	}
	x := &xlsFile{lim: lim, book: bookOfXLS{strings: &pool{}, custom: map[int]bool{}}}
	if x.stream, err = c.stream(c.streams["workbook"]); err == nil {
		err = x.open()
	}
	if err != nil {
		_ = x.close()
		return nil, explainOld(err)
	}
	return x, nil
}

// explainOld turns damage into a fault; other errors are those of our own disk, or faults already.
func explainOld(err error) error {
	if errors.Is(err, errDamaged) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged()
	}
	return err
}

// open reads what stands before the sheets and finds those in which something stands.
func (x *xlsFile) open() error {
	all, err := x.globals()
	if err != nil {
		return err
	}
	for _, s := range all {
		filled, err := x.survey(s.at, true)
		if err != nil {
			return err
		}
		if filled {
			x.sheets = append(x.sheets, s)
		}
	}
	if len(x.sheets) == 0 {
		return fault.New(fault.Invalid, "sheet.empty")
	}
	return x.enter(0)
}

// globals reads the first part of the stream.
func (x *xlsFile) globals() (sheets []oldSheet, err error) {
	r := newRecords(x.stream, 0)
	if err := r.next(); err != nil {
		return nil, err
	}
	if r.kind != recBegin || r.u16(0) != 0x0600 {
		return nil, tooOld()
	}
	for {
		if err := r.next(); err != nil {
			return nil, err
		}
		switch r.kind {
		case recEnd:
			x.book.settle()
			return sheets, nil
		case recPassword:
			return nil, fault.New(fault.Invalid, "sheet.encrypted")
		case rec1904:
			x.book.date1904 = r.u16(0) == 1
		case recFormat:
			if code, _, ok := plainText(r.data[min(2, len(r.data)):], 2); ok && len(x.book.custom) < 1<<16 {
				x.book.custom[r.u16(0)] = isDateFormat(code)
			}
		case recStyle:
			if len(x.book.formats) < 1<<16 {
				x.book.formats = append(x.book.formats, r.u16(2))
			}
		case recSheet:
			if len(sheets) == mostSheets {
				return nil, fault.New(fault.TooLarge, "sheet.too_many_sheets", mostSheets)
			}
			if len(r.data) > 8 && r.data[4]&3 == 0 && r.data[5] == 0 {
				name, _, _ := plainText(r.data[6:], 1)
				sheets = append(sheets, oldSheet{brief(name), int64(r.u32(0))})
			}
		case recTexts:
			if err := x.book.texts(r); err != nil {
				return nil, err
			}
		}
	}
}

// settle finds out which styles are dates, once all formats are known.
func (b *bookOfXLS) settle() {
	for _, id := range b.formats {
		is, known := b.custom[id]
		b.dates = append(b.dates, is || !known && isBuiltinDate(id))
	}
}

// survey goes through a sheet and says whether anything stands in it; looking stops at the first cell. Otherwise it takes
// the merged cells in and sees that the cells stand row by row, as Excel and WPS write them.
func (x *xlsFile) survey(at int64, looking bool) (filled bool, err error) {
	r := newRecords(x.stream, at)
	last, depth := 0, 0
	for {
		if err := r.next(); err != nil {
			return false, err
		}
		if x.looked += int64(len(r.data) + 4); looking && x.looked > searchMost {
			return false, tooOld()
		}
		switch r.kind {
		case recBegin:
			depth++
		case recEnd:
			if depth--; depth <= 0 {
				return filled, nil
			}
		case recMerged:
			for i := 2; depth == 1 && i+8 <= len(r.data); i += 8 {
				x.merges.add(merged{top: r.u16(i) + 1, bottom: r.u16(i+2) + 1, left: r.u16(i + 4)}, x.lim.Columns)
			}
		case recSharedText, recLabel, recRichLabel, recNumber, recRK, recMultipleRK, recFormula, recBoolean:
			if depth != 1 {
				continue
			}
			if filled = true; looking {
				return true, nil
			}
			if r.u16(0) < last {
				return false, tooOld()
			}
			last = r.u16(0)
		}
	}
}

func (x *xlsFile) names() []string {
	names := make([]string, len(x.sheets))
	for i, s := range x.sheets {
		names[i] = s.name
	}
	return names
}

func (x *xlsFile) how() How { return How{Format: "XLS"} }

func (x *xlsFile) turn(n int) error { return explainOld(x.enter(n)) }

func (x *xlsFile) enter(n int) error {
	x.merges, x.held, x.row, x.done = merges{}, nil, 0, false
	if _, err := x.survey(x.sheets[n].at, false); err != nil {
		return err
	}
	x.merges.start()
	x.rec = newRecords(x.stream, x.sheets[n].at)
	if err := x.rec.next(); err != nil {
		return err
	}
	if x.rec.kind != recBegin {
		return errDamaged
	}
	return nil
}

func (x *xlsFile) close() error {
	if err := x.book.strings.close(); err != nil {
		return fmt.Errorf("sheet: close: %w", err)
	}
	return nil
}

// oldCell is one cell; a record may hold several.
type oldCell struct {
	row, col      int
	text, problem string
}

func (x *xlsFile) next() (Row, error) {
	row, err := x.nextRow()
	return row, explainOld(err)
}

func (x *xlsFile) nextRow() (Row, error) {
	var row Row
	size := 0
	for {
		c := x.held
		if x.held = nil; c == nil {
			var err error
			if c, err = x.nextCell(); err != nil && (err != io.EOF || row.No == 0) {
				return Row{}, err
			}
		}
		if c == nil || row.No != 0 && c.row+1 != row.No {
			x.held = c
			x.merges.fill(&row)
			return row, nil
		}
		row.No = c.row + 1
		if c.col >= x.lim.Columns {
			return Row{}, fault.New(fault.TooLarge, "sheet.too_many_columns", row.No, x.lim.Columns)
		}
		if size += len(c.text); size > x.lim.RowBytes {
			return Row{}, fault.New(fault.TooLarge, "sheet.row_too_long", row.No, x.lim.RowBytes>>10)
		}
		for len(row.Cells) <= c.col {
			row.Cells = append(row.Cells, "")
		}
		row.Cells[c.col] = c.text
		if c.problem != "" {
			row.Problems = append(row.Problems, Problem{Col: c.col, Code: c.problem, Args: []any{c.text}})
		}
	}
}
