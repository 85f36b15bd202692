package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"zhixin/internal/fault"
)

// xlsxFile reads the first visible sheet of a workbook that holds anything.
//
// excelize, which writes our workbooks, is not used to read strangers': it takes a sheet that breaks off for one that
// ends, shows dates as the sender's locale would, and holds a row of any width.
type xlsxFile struct {
	lim   Limits
	parts map[string]*zip.File
	left  int64 // what the parts may still unpack to, each as often as it is read

	search int64 // the same of the search for merged cells

	sheets   []worksheet // visible ones; after choose, those in which anything stands
	date1904 bool
	strings  *pool
	dates    []bool // whether a cell style shows a date
	merges   merges

	part   io.ReadCloser
	scan   *scanner
	chosen int
	row    int
	done   bool
}

type worksheet struct{ name, part string }

// Bounds of what stands beside the rows. Excel itself allows names of 31 characters.
const (
	mostSheets = 1000
	nameRunes  = 31
	besideMost = 32 << 20 // of the workbook's part, of the styles, of the relations
	searchMost = 64 << 20 // in the search for sheets that hold anything
)

func damaged() error { return fault.New(fault.Invalid, "sheet.damaged") }

func openXLSX(f io.ReaderAt, size int64, lim Limits) (_ *xlsxFile, err error) {
	x := &xlsxFile{lim: lim, left: lim.Unzipped, search: 2 * lim.Unzipped, parts: map[string]*zip.File{}, strings: &pool{}}
	defer func() {
		if err != nil {
			_ = x.close()
		}
	}()
	if err := plausible(f, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, damaged()
	}
	var sum uint64
	for _, p := range z.File {
		if p.Flags&1 != 0 {
			return nil, fault.New(fault.Invalid, "sheet.encrypted")
		}
		if sum += min(p.UncompressedSize64, 1<<40); sum > uint64(lim.Unzipped) {
			return nil, x.tooLarge()
		}
		x.parts[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(p.Name, `\`, "/"), "/"))] = p
	}
	if err := x.workbook(); err != nil {
		return nil, x.explain(err)
	}
	return x, x.explain(x.choose())
}

// directory bounds the list of parts at the end of a zip: archive/zip reads all of it into memory.
const directory = 1 << 20

// plausible looks at the end record of a zip before archive/zip does.
func plausible(f io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 22+1<<16))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for i := len(tail) - 22; i >= 0; i-- {
		record := tail[i:]
		if !bytes.HasPrefix(record, []byte("PK\x05\x06")) || int(binary.LittleEndian.Uint16(record[20:]))+22 > len(record) {
			continue
		}
		at := size - int64(len(record))
		length, offset := int64(binary.LittleEndian.Uint32(record[12:])), int64(binary.LittleEndian.Uint32(record[16:]))
		if length > directory || offset > at || at-offset > directory {
			return damaged()
		}
		return nil
	}
	return damaged()
}

func (x *xlsxFile) tooLarge() error {
	return fault.New(fault.TooLarge, "sheet.unpacks_too_large", x.lim.Unzipped>>20)
}

// explain turns what unzipping and scanning may say into faults; other errors are those of our own disk. The end of the file
// is one only where it is due.
func (x *xlsxFile) explain(err error) error {
	switch {
	case err == nil || err == io.EOF && x.done:
		return err
	case errors.Is(err, errTooLong):
		return fault.New(fault.TooLarge, "sheet.row_too_long", x.row, x.lim.RowBytes>>10)
	case errors.Is(err, errBudget):
		return x.tooLarge()
	}
	if kind, _ := fault.Of(err); kind != fault.Internal {
		return err
	}
	var own *poolError
	if errors.As(err, &own) {
		return err
	}
	return damaged()
}

var (
	errBudget = errors.New("sheet: unpacks to too much")
	errSearch = errors.New("sheet: too much beside the rows")
)

// budget counts what a part really unpacks to: its stated size may be a lie. own is what this reading of it may take.
type budget struct {
	io.ReadCloser
	left *int64
	own  *int64
}

func (b *budget) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if *b.left -= int64(n); *b.left < 0 {
		return 0, errBudget
	}
	if *b.own -= int64(n); *b.own < 0 {
		return 0, errSearch
	}
	return n, err
}

// open returns a scanner over at most so much of a part; ok is false where there is no such part.
func (x *xlsxFile) open(name string, most *int64) (s *scanner, c io.Closer, ok bool, err error) {
	b, ok, err := x.unpack(name, &x.left, most)
	if err != nil || !ok {
		return nil, nil, ok, err
	}
	return newScanner(b, x.lim.RowBytes), b, true, nil
}

// unpack opens a part; ok is false where there is none.
func (x *xlsxFile) unpack(name string, left, most *int64) (r *budget, ok bool, err error) {
	p := x.parts[strings.ToLower(name)]
	if p == nil {
		return nil, false, nil
	}
	part, err := p.Open()
	if err != nil {
		return nil, true, err
	}
	return &budget{ReadCloser: part, left: left, own: most}, true, nil
}

// beside calls f at every start tag of a part that holds no rows.
func (x *xlsxFile) beside(name string, f func(s *scanner) error) error {
	most := int64(besideMost)
	return x.each(name, &most, f)
}

// each calls f at every start tag of a part, and does nothing where there is no such part.
func (x *xlsxFile) each(name string, most *int64, f func(s *scanner) error) error {
	s, c, ok, err := x.open(name, most)
	if err != nil || !ok {
		return err
	}
	defer func() { _ = c.Close() }()
	for {
		k, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if k == start {
			if err := f(s); err != nil {
				return err
			}
		}
	}
}

// related is one line of a part's relations.
type related struct{ kind, target string }

// relations returns the relations of a part by id.
func (x *xlsxFile) relations(part string) (map[string]related, error) {
	dir, file := path.Split(part)
	out := map[string]related{}
	err := x.beside(dir+"_rels/"+file+".rels", func(s *scanner) error {
		if !s.is("Relationship") || len(out) > 4096 {
			return nil
		}
		target := s.attr("Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(dir, target)
		}
		out[s.attr("Id")] = related{kind: path.Base(s.attr("Type")), target: target}
		return nil
	})
	return out, err
}

// workbook reads what stands beside the sheets: their names and order, the shared texts, which styles are dates.
func (x *xlsxFile) workbook() error {
	main := "xl/workbook.xml"
	top, err := x.relations("")
	if err != nil {
		return err
	}
	for _, r := range top {
		if r.kind == "officeDocument" {
			main = r.target
		}
	}
	if x.parts[strings.ToLower(main)] == nil || !strings.HasPrefix(path.Base(main), "workbook") || strings.HasSuffix(main, ".bin") {
		return x.other(main)
	}
	rels, err := x.relations(main)
	if err != nil {
		return err
	}
	for _, r := range rels {
		switch r.kind {
		case "sharedStrings":
			err = x.sharedStrings(r.target)
		case "styles":
			err = x.styles(r.target)
		}
		if err != nil {
			return err
		}
	}
	count := 0
	return x.beside(main, func(s *scanner) error {
		switch {
		case s.is("workbookPr"):
			x.date1904 = isTrue(s.attr("date1904"))
		case s.is("sheet"):
			if count++; count > mostSheets {
				return fault.New(fault.TooLarge, "sheet.too_many_sheets", mostSheets)
			}
			r := rels[s.attr("id")]
			if state := s.attr("state"); r.kind == "worksheet" && (state == "" || state == "visible") {
				x.sheets = append(x.sheets, worksheet{name: brief(s.attr("name")), part: r.target})
			}
		}
		return nil
	})
}

// other says what a zip is that is no workbook.
func (x *xlsxFile) other(main string) error {
	name := "ZIP"
	switch {
	case x.parts["word/document.xml"] != nil:
		name = "Word"
	case x.parts["ppt/presentation.xml"] != nil:
		name = "PowerPoint"
	case strings.HasSuffix(main, ".bin"):
		return fault.New(fault.Invalid, "sheet.other_workbook", "XLSB")
	case x.parts["content.xml"] != nil && x.parts["mimetype"] != nil:
		return fault.New(fault.Invalid, "sheet.other_workbook", "ODS")
	}
	return fault.New(fault.Invalid, "sheet.not_a_table", name)
}

// brief cuts the name of a sheet to what Excel allows.
func brief(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), nameRunes)])
}

func isTrue(s string) bool { return s == "1" || s == "true" }

// sharedStrings reads the texts that cells refer to by number.
func (x *xlsxFile) sharedStrings(part string) error {
	most := x.lim.Unzipped
	s, c, ok, err := x.open(part, &most)
	if err != nil || !ok {
		return err
	}
	defer func() { _ = c.Close() }()
	for {
		k, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if k == start && s.is("si") {
			text, err := richText(s, x.lim.RowBytes)
			if err == nil {
				err = x.strings.add(text)
			}
			if err != nil {
				return err
			}
		}
	}
}

// richText joins the texts of an element up to its end; phonetic guides are left out.
func richText(s *scanner, limit int) ([]byte, error) {
	var out []byte
	for depth := 1; depth > 0; {
		k, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case k == start && s.is("rPh"):
			if err := s.skip(); err != nil {
				return nil, err
			}
		case k == start:
			depth++
			s.keep = s.is("t")
		default:
			if depth--; s.keep {
				if out = append(out, s.text...); len(out) > limit {
					return nil, errTooLong
				}
			}
			s.keep = false
		}
	}
	return out, nil
}

// styles finds out which cell styles show a number as a date.
func (x *xlsxFile) styles(part string) error {
	custom := map[int]bool{}
	inside := false
	return x.beside(part, func(s *scanner) error {
		switch {
		case s.is("numFmt") && len(custom) < 1<<16:
			if id, err := strconv.Atoi(s.attr("numFmtId")); err == nil {
				custom[id] = isDateFormat(s.attr("formatCode"))
			}
		case s.is("cellXfs"):
			inside = true
		case s.is("cellStyles"), s.is("dxfs"):
			inside = false
		case s.is("xf") && inside && len(x.dates) < 1<<16:
			id, _ := strconv.Atoi(s.attr("numFmtId"))
			is, known := custom[id]
			x.dates = append(x.dates, is || !known && isBuiltinDate(id))
		}
		return nil
	})
}

// choose finds the visible sheets in which something stands.
func (x *xlsxFile) choose() error {
	var found []worksheet
	most := int64(searchMost)
	for _, sheet := range x.sheets {
		filled, err := x.filled(sheet.part, &most)
		switch {
		case errors.Is(err, errSearch) && len(found) > 0: // perhaps there is something in it: the sender is told
			found = append(found, sheet)
		case err != nil:
			return err
		case filled:
			found = append(found, sheet)
		}
	}
	if x.sheets = found; len(found) == 0 {
		return fault.New(fault.Invalid, "sheet.empty")
	}
	return x.enter(0)
}

func (x *xlsxFile) names() []string {
	names := make([]string, len(x.sheets))
	for i, sheet := range x.sheets {
		names[i] = sheet.name
	}
	return names
}

func (x *xlsxFile) how() How { return How{Format: "XLSX"} }

func (x *xlsxFile) turn(n int) error { return x.explain(x.enter(n)) }

// enter goes to the first row of a sheet.
func (x *xlsxFile) enter(n int) error {
	if x.part != nil {
		_ = x.part.Close()
	}
	x.chosen, x.row, x.done, x.merges = n, 0, false, merges{}
	if err := x.findMerges(x.sheets[n].part); err != nil {
		return err
	}
	most := x.lim.Unzipped
	s, c, ok, err := x.open(x.sheets[n].part, &most)
	if err != nil {
		return err
	}
	if !ok {
		return errDamaged
	}
	x.scan, x.part = s, c.(*budget)
	for {
		k, err := s.next()
		if err != nil {
			return err
		}
		if k == start && s.is("sheetData") {
			return nil
		}
	}
}

var errEnough = errors.New("sheet: enough")

// filled says whether any cell of a sheet has a value. It reads no further than the first.
func (x *xlsxFile) filled(part string, most *int64) (bool, error) {
	err := x.each(part, most, func(s *scanner) error {
		if s.is("v") || s.is("is") {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

func (x *xlsxFile) close() error {
	if x.part != nil {
		_ = x.part.Close() // it repeats what reading said already
	}
	if err := x.strings.close(); err != nil {
		return fmt.Errorf("sheet: close: %w", err)
	}
	return nil
}
