package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"zhixin/internal/fault"
)

// csvFile reads comma-separated values as they are met: any of three separators, quotation marks around a cell, doubled
// inside it, line ends of every kind. A quotation mark in the middle of a cell stands for itself.
type csvFile struct {
	src  io.Reader
	lim  Limits
	sep  byte
	text encoding

	buf  []byte // window of the file
	pos  int
	eof  bool
	err  error  // of reading, once there was one: that is not the end of the file
	no   int    // of the record
	raw  []byte // contents of the record's cells, one after the other
	ends []int  // where in raw each cell ends
	odd  bool   // a cell over several lines held a lone quotation mark: perhaps two rows became one
}

// openCSV opens what source gives, which is asked twice: for the encoding, and for the rows.
func openCSV(source func() io.Reader, lim Limits) (*csvFile, error) {
	text, err := detect(source())
	if err != nil {
		return nil, err
	}
	c := &csvFile{src: source(), lim: lim, text: text, buf: make([]byte, 0, 64<<10)}
	if c.fill(); c.err != nil {
		return nil, c.err
	}
	if bytes.HasPrefix(c.buf, []byte("\ufeff")) {
		c.pos = 3
	}
	c.sep = c.separator()
	return c, nil
}

// separator returns what separates the cells of the header; the line "sep=;" with which Excel states it is skipped.
func (c *csvFile) separator() byte {
	head := c.buf[c.pos:]
	if len(head) > 5 && strings.EqualFold(string(head[:4]), "sep=") && (head[5] == '\r' || head[5] == '\n') {
		c.pos += 5
		c.lineEnd()
		c.no++
		return head[4]
	}
	var counts [256]int
	quoted, something := false, false
	for _, b := range head {
		if b == '"' {
			quoted = !quoted
		}
		if (b == '\n' || b == '\r') && !quoted && something {
			break
		}
		something = something || b > ' '
		if !quoted {
			counts[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return best
}

func (c *csvFile) names() []string { return []string{""} }

func (c *csvFile) how() How {
	return How{Format: "CSV", Encoding: c.text.name, Separator: string(rune(c.sep))}
}

func (c *csvFile) turn(int) error { return nil }

func (c *csvFile) close() error { return nil }

func (c *csvFile) next() (Row, error) {
	err := c.record()
	if c.err != nil {
		err = c.err
	}
	if err != nil {
		return Row{}, err
	}
	row := Row{No: c.no}
	row.Cells, row.Problems = c.text.cells(c.raw, c.ends)
	if c.odd {
		row.Problems = append(row.Problems, Problem{Col: -1, Code: "sheet.stray_quote"})
	}
	return row, nil
}

// fill reads on; it reports false at the end of the file, and where nothing more can be read.
func (c *csvFile) fill() bool {
	if c.pos < len(c.buf) {
		return true
	}
	for !c.eof {
		n, err := c.src.Read(c.buf[:cap(c.buf)])
		c.buf, c.pos, c.eof = c.buf[:n], 0, err != nil
		if err != nil && err != io.EOF {
			c.err = fmt.Errorf("sheet: read: %w", err)
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// record reads one record into raw and ends.
func (c *csvFile) record() error {
	c.raw, c.ends, c.odd = c.raw[:0], c.ends[:0], false
	if !c.fill() {
		return io.EOF
	}
	c.no++
	for {
		if c.fill() && c.buf[c.pos] == '"' {
			c.pos++
			if err := c.quoted(); err != nil {
				return err
			}
		} else if err := c.plain(); err != nil {
			return err
		}
		if len(c.ends) == c.lim.Columns {
			return fault.New(fault.TooLarge, "sheet.too_many_columns", c.no, c.lim.Columns)
		}
		c.ends = append(c.ends, len(c.raw))
		if !c.fill() {
			return nil
		}
		if c.buf[c.pos] != c.sep {
			c.lineEnd()
			return nil
		}
		c.pos++
	}
}

// lineEnd skips one line end of any kind.
func (c *csvFile) lineEnd() {
	cr := c.buf[c.pos] == '\r'
	c.pos++
	if cr && c.fill() && c.buf[c.pos] == '\n' {
		c.pos++
	}
}

func (c *csvFile) take(b []byte) error {
	if len(c.raw)+len(b) > c.lim.RowBytes {
		return fault.New(fault.TooLarge, "sheet.row_too_long", c.no, c.lim.RowBytes>>10)
	}
	c.raw = append(c.raw, b...)
	return nil
}

// plain reads a cell up to its separator or line end.
func (c *csvFile) plain() error {
	for c.fill() {
		window := c.buf[c.pos:]
		i := 0
		for i < len(window) && window[i] != c.sep && window[i] != '\n' && window[i] != '\r' {
			i++
		}
		if err := c.take(window[:i]); err != nil {
			return err
		}
		c.pos += i
		if i < len(window) {
			return nil
		}
	}
	return nil
}

// quoted reads a cell whose opening mark was read, up to what follows its closing mark. A mark that neither is doubled nor
// stands at the cell's end is taken for itself.
func (c *csvFile) quoted() error {
	start, lone := len(c.raw), false
	for c.fill() {
		window := c.buf[c.pos:]
		i := bytes.IndexByte(window, '"')
		if i < 0 {
			i = len(window)
		}
		if err := c.take(window[:i]); err != nil {
			return err
		}
		if c.pos += i; i == len(window) {
			continue
		}
		c.pos++
		if !c.fill() || c.closes() {
			c.odd = c.odd || lone && bytes.ContainsAny(c.raw[start:], "\r\n")
			return nil
		}
		if err := c.take([]byte{'"'}); err != nil {
			return err
		}
		if c.buf[c.pos] == '"' {
			c.pos++
		} else {
			lone = true
		}
	}
	return fault.New(fault.Invalid, "sheet.unclosed_quote", c.no)
}

// closes says whether a separator or line end follows, blanks before it allowed, and goes there.
func (c *csvFile) closes() bool {
	i := c.pos
	for i < len(c.buf) && c.buf[i] == ' ' && c.sep != ' ' {
		i++
	}
	switch {
	case i == len(c.buf) && i > c.pos: // blanks to the end of the window; whatever follows, they do not matter
		c.pos = i
		return !c.fill() || c.closes()
	case c.buf[i] == c.sep, c.buf[i] == '\n', c.buf[i] == '\r':
		c.pos = i
		return true
	}
	return false
}
