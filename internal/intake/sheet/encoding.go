package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// encoding is how the text of a file is written: UTF-8, or GB18030 where gb decodes it.
type encoding struct {
	name string
	gb   transform.Transformer
	dst  []byte
}

// detect reads a text to its end and says how it is written. A mark at its beginning settles it; otherwise the lines that
// are not ASCII vote, because one line from elsewhere must not spoil all the others.
func detect(src io.Reader) (encoding, error) {
	r := bufio.NewReaderSize(src, 64<<10)
	if mark, err := r.Peek(3); err == nil && string(mark) == "\ufeff" {
		return encoding{name: utf8Name}, nil
	}
	var utf, gb int
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && err != io.EOF {
			return encoding{}, err
		}
		switch {
		case !high(line):
		case validPart(line):
			utf++
		default:
			gb++
		}
		if err == io.EOF {
			break
		}
	}
	if gb > utf {
		return encoding{name: "GB18030", gb: simplifiedchinese.GB18030.NewDecoder()}, nil
	}
	return encoding{name: utf8Name}, nil
}

const utf8Name = "UTF-8"

func high(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// validPart is utf8.Valid for a piece that may have been cut inside a character at either end.
func validPart(b []byte) bool {
	for i := 0; i < 3 && len(b) > 0 && !utf8.RuneStart(b[0]); i++ {
		b = b[1:]
	}
	for i := 1; i <= 3 && i <= len(b); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				b = b[:len(b)-i]
			}
			break
		}
	}
	return utf8.Valid(b)
}

// cells turns the bytes of a record into text and says which cells are not what they should be.
func (e *encoding) cells(raw []byte, ends []int) (cells []string, problems []Problem) {
	cells = make([]string, len(ends))
	if good := bytes.IndexByte(raw, 0) < 0 && (!high(raw) || e.gb == nil && utf8.Valid(raw) && wholeRunes(raw, ends)); good {
		all, start := string(raw), 0
		for i, end := range ends {
			cells[i], start = all[start:end], end
		}
		return cells, nil
	}
	start := 0
	for i, end := range ends {
		var code string
		if cells[i], code = e.cell(raw[start:end]); code != "" {
			problems = append(problems, Problem{Col: i, Code: code})
		}
		start = end
	}
	return cells, problems
}

// wholeRunes says whether no cell ends inside a character: what two cells hold together may be one by chance.
func wholeRunes(raw []byte, ends []int) bool {
	for _, end := range ends {
		if end < len(raw) && !utf8.RuneStart(raw[end]) {
			return false
		}
	}
	return true
}

// cell returns the text of one cell and the code of what is wrong with it.
func (e *encoding) cell(b []byte) (text, code string) {
	zero := bytes.IndexByte(b, 0) >= 0
	switch {
	case e.gb == nil && utf8.Valid(b):
		text = string(b)
	case e.gb == nil:
		if text, code = strings.ToValidUTF8(string(b), "\ufffd"), "sheet.bad_encoding"; isGB(b) {
			code = "sheet.mixed_encoding"
		}
	case isHanUTF8(b):
		text, code = string(b), "sheet.mixed_encoding"
	default:
		if text = e.decode(b); strings.ContainsRune(text, utf8.RuneError) {
			code = "sheet.bad_encoding"
		}
	}
	if zero {
		text, code = strings.ReplaceAll(text, "\x00", "\u2400"), "sheet.nul"
	}
	return text, code
}

func (e *encoding) decode(b []byte) string {
	if need := 3 * (len(b) + 1); cap(e.dst) < need { // GB18030 never grows by more than half; a bad byte becomes three
		e.dst = make([]byte, need)
	}
	e.gb.Reset()
	n, _, err := e.gb.Transform(e.dst[:cap(e.dst)], b, true)
	if err != nil {
		return string(e.dst[:n]) + "\ufffd"
	}
	return string(e.dst[:n])
}

func isGB(b []byte) bool {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return err == nil && !bytes.ContainsRune(out, utf8.RuneError)
}

// isHanUTF8 says whether b can hardly be anything but Chinese in UTF-8: it is valid, holds at least two Chinese
// characters, and nothing else that is not ASCII but their punctuation.
func isHanUTF8(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	han := 0
	for _, r := range string(b) {
		switch {
		case r < utf8.RuneSelf, 0x3000 <= r && r < 0x3040, 0xff00 <= r && r < 0xff5f, 0x2010 <= r && r < 0x2030:
		case unicode.Is(unicode.Han, r):
			han++
		default:
			return false
		}
	}
	return han >= 2
}
