package sheet

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
)

var errorNames = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0f: "#VALUE!", 0x17: "#REF!", 0x1d: "#NAME?", 0x24: "#NUM!", 0x2a: "#N/A"}

// nextCell returns the next cell in which something stands.
func (x *xlsFile) nextCell() (*oldCell, error) {
	for r := x.rec; !x.done; {
		if r.kind == recMultipleRK && len(r.data) >= 12 { // the rest of several numbers: the first is cut off below
			c := &oldCell{row: r.u16(0), col: r.u16(2)}
			c.text, c.problem = x.number(r.u16(4), rk(r.u32(6)))
			binary.LittleEndian.PutUint16(r.data[8:], uint16(c.col+1))
			copy(r.data[6:8], r.data[0:2])
			r.data = r.data[6:]
			return c, nil
		}
		if err := x.record(); err != nil {
			return nil, err
		}
		c := &oldCell{row: r.u16(0), col: r.u16(2)}
		switch r.kind {
		case recSharedText:
			text, ok := x.book.strings.get(int(r.u32(6)))
			if c.text, c.problem = clean(text); !ok {
				c.text, c.problem = strconv.Itoa(int(r.u32(6))), "sheet.cell_unreadable"
			}
		case recLabel, recRichLabel:
			text, _, _ := plainText(r.data[min(6, len(r.data)):], 2)
			c.text, c.problem = clean(text)
		case recNumber:
			c.text, c.problem = x.number(r.u16(4), x.float(6))
		case recRK:
			c.text, c.problem = x.number(r.u16(4), rk(r.u32(6)))
		case recBoolean:
			c.text, c.problem = boolean(r.data, 6)
		case recFormula:
			if err := x.formula(c); err != nil {
				return nil, err
			}
		default:
			continue
		}
		if c.text != "" || c.problem != "" {
			return c, nil
		}
	}
	return nil, io.EOF
}

// record goes to the next record of the sheet itself, charts in it left out.
func (x *xlsFile) record() error {
	for depth := 0; ; {
		if err := x.rec.next(); err != nil {
			return err
		}
		switch {
		case x.rec.kind == recBegin:
			depth++
		case x.rec.kind == recEnd && depth == 0:
			x.done = true
			return nil
		case x.rec.kind == recEnd:
			depth--
		case depth == 0:
			return nil
		}
	}
}

// boolean reads a truth value or an error.
func boolean(b []byte, at int) (text, problem string) {
	switch {
	case len(b) < at+2:
		return "", "sheet.cell_unreadable"
	case b[at+1] != 0:
		return errorNames[b[at]], "sheet.cell_error"
	case b[at] != 0:
		return "TRUE", ""
	}
	return "FALSE", ""
}

// formula reads what a formula showed last. A text stands in a record of its own behind it.
func (x *xlsFile) formula(c *oldCell) error {
	r := x.rec
	if len(r.data) < 14 {
		c.problem = "sheet.formula_without_value"
		return nil
	}
	if r.u16(12) != 0xffff {
		c.text, c.problem = x.number(r.u16(4), x.float(6))
		return nil
	}
	switch r.data[6] {
	case 1, 2:
		c.text, c.problem = boolean([]byte{r.data[8], r.data[6] - 1}, 0)
	case 0:
		for range 4 { // what a shared formula is may stand between
			if err := x.record(); err != nil {
				return err
			}
			if r.kind == recString {
				break
			}
			if x.done || r.kind != 0x04bc && r.kind != 0x0221 && r.kind != 0x0236 {
				return errDamaged
			}
		}
		if r.kind != recString {
			return errDamaged
		}
		t := &textReader{rec: r, left: r.data}
		text, err := t.text()
		if err != nil {
			return broken(err)
		}
		c.text, c.problem = clean(text)
	}
	return nil
}

func (x *xlsFile) float(at int) float64 {
	if at+8 > len(x.rec.data) {
		return math.NaN()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(x.rec.data[at:]))
}

// rk unpacks a number of four bytes.
func rk(v uint32) float64 {
	var f float64
	if v&2 != 0 {
		f = float64(int32(v) >> 2)
	} else {
		f = math.Float64frombits(uint64(v&^3) << 32)
	}
	if v&1 != 0 {
		f /= 100
	}
	return f
}

// number returns a number as the sender saw it, a day where its style shows one.
func (x *xlsFile) number(style int, f float64) (text, problem string) {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if style < len(x.book.dates) && x.book.dates[style] {
		if day, ok := dayOf(s, x.book.date1904); ok {
			return day, ""
		}
	}
	return number(s)
}
