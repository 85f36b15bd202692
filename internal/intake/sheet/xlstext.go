package sheet

import (
	"encoding/binary"
	"io"
)

// plainText reads a text that lies within one record: its length in characters in so many bytes, a flag, the characters.
func plainText(b []byte, lengthBytes int) (text string, rest []byte, ok bool) {
	if len(b) < lengthBytes+1 {
		return "", nil, false
	}
	n := int(b[0])
	if lengthBytes == 2 {
		n = int(binary.LittleEndian.Uint16(b))
	}
	flags := b[lengthBytes]
	if b = b[lengthBytes+1:]; flags&8 != 0 {
		b = b[min(2, len(b)):]
	}
	if flags&4 != 0 {
		b = b[min(4, len(b)):]
	}
	if flags&1 == 0 {
		n = min(n, len(b))
		return latin(b[:n]), b[n:], true
	}
	n = min(2*n, len(b)&^1)
	return utf16le(b[:n]), b[n:], true
}

// latin widens characters that are stored without their upper byte.
func latin(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// texts reads the shared texts. One may be cut by the end of a record; where characters go on, their width is said again.
func (b *bookOfXLS) texts(r *records) error {
	t := &textReader{rec: r, left: r.data[min(8, len(r.data)):]}
	for n := r.u32(4); n > 0; n-- {
		text, err := t.text()
		if err == io.EOF { // fewer than stated: a cell that asks for one will not find it
			return nil
		}
		if err != nil {
			return err
		}
		if err := b.strings.add([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

type textReader struct {
	rec  *records
	left []byte
}

// more goes on in the next record when this one is used up; io.EOF where none continues it.
func (t *textReader) more() error {
	for len(t.left) == 0 {
		ok, err := t.rec.continued()
		if err != nil {
			return err
		}
		if !ok {
			return io.EOF
		}
		t.left = t.rec.data
	}
	return nil
}

func (t *textReader) number(bytes int) (n uint32, err error) {
	for i := range bytes {
		if err := t.more(); err != nil {
			return 0, err
		}
		n |= uint32(t.left[0]) << (8 * i)
		t.left = t.left[1:]
	}
	return n, nil
}

func (t *textReader) skip(n int64) error {
	for n > 0 {
		if err := t.more(); err != nil {
			return err
		}
		step := min(n, int64(len(t.left)))
		t.left, n = t.left[step:], n-step
	}
	return nil
}

// text reads one text with its formats, which are passed over.
func (t *textReader) text() (string, error) {
	n, err := t.number(2)
	if err != nil {
		return "", err
	}
	flags, err := t.number(1)
	if err != nil {
		return "", err
	}
	var runs, extra uint32
	if flags&8 != 0 {
		if runs, err = t.number(2); err != nil {
			return "", err
		}
	}
	if flags&4 != 0 {
		if extra, err = t.number(4); err != nil {
			return "", err
		}
	}
	text, err := t.characters(int(n), flags&1 != 0)
	if err != nil {
		return "", err
	}
	return text, t.skip(4*int64(runs) + int64(extra))
}

func (t *textReader) characters(n int, wide bool) (string, error) {
	var units []byte
	for n > 0 {
		if len(t.left) == 0 {
			if err := t.more(); err != nil {
				return "", err
			}
			wide, t.left = t.left[0]&1 != 0, t.left[1:]
			continue
		}
		switch {
		case !wide:
			units = append(units, t.left[0], 0)
			t.left = t.left[1:]
		case len(t.left) == 1:
			return "", errDamaged
		default:
			units = append(units, t.left[:2]...)
			t.left = t.left[2:]
		}
		n--
	}
	return utf16le(units), nil
}
