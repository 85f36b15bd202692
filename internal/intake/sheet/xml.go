package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner walks through an XML part in bounded memory. encoding/xml would do it ten times slower and would hold a text of
// any length; the parts of a workbook need neither its name spaces nor its entities. What it cannot follow is errDamaged.
type scanner struct {
	r     *bufio.Reader
	limit int    // of one text and of one tag
	keep  bool   // whether text is wanted
	text  []byte // the text since the last tag, where wanted
	tag   []byte // the tag without its brackets; valid until the next one
	open  [][]byte
	empty bool // the start tag just returned ends at once: its end is returned next
}

// kind of a tag.
type kind int

const (
	start kind = iota + 1
	end
)

var (
	errDamaged = errors.New("sheet: not well-formed")
	errTooLong = errors.New("sheet: text too long")
)

const deepest = 64

func newScanner(r io.Reader, limit int) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// next goes to the next start or end tag; io.EOF after the root element.
func (s *scanner) next() (kind, error) {
	if s.empty {
		s.empty, s.text = false, s.text[:0]
		return end, s.pop(s.name())
	}
	s.text = s.text[:0]
	for {
		if err := s.readText(); err != nil {
			return 0, err
		}
		if err := s.readTag(); err != nil {
			return 0, err
		}
		switch {
		case len(s.tag) == 0:
			return 0, errDamaged
		case s.tag[0] == '?':
		case s.tag[0] == '!':
			if err := s.special(); err != nil {
				return 0, err
			}
		case s.tag[0] == '/':
			s.tag = bytes.TrimRight(s.tag[1:], " \t\r\n")
			return end, s.pop(s.tag)
		default:
			s.empty = s.tag[len(s.tag)-1] == '/'
			if s.empty {
				s.tag = s.tag[:len(s.tag)-1]
			}
			if len(s.open) == deepest {
				return 0, errDamaged
			}
			s.push(s.name())
			return start, nil
		}
	}
}

func (s *scanner) push(name []byte) {
	if len(s.open) < cap(s.open) { // the names of earlier elements are overwritten, so deep nesting costs nothing
		s.open = s.open[:len(s.open)+1]
		s.open[len(s.open)-1] = append(s.open[len(s.open)-1][:0], name...)
		return
	}
	s.open = append(s.open, bytes.Clone(name))
}

func (s *scanner) pop(name []byte) error {
	top := len(s.open) - 1
	if top < 0 || !bytes.Equal(s.open[top], name) {
		return errDamaged
	}
	s.open = s.open[:top]
	return nil
}

// readText reads up to the next bracket.
func (s *scanner) readText() error {
	from := len(s.text)
	for {
		piece, err := s.r.ReadSlice('<')
		if err == io.EOF {
			if len(s.open) > 0 {
				return io.ErrUnexpectedEOF
			}
			return io.EOF
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if s.keep {
			if s.text = append(s.text, bytes.TrimSuffix(piece, []byte{'<'})...); len(s.text) > s.limit {
				return errTooLong
			}
		}
		if err == nil {
			break
		}
	}
	text, err := unescape(s.text[from:])
	s.text = s.text[:from+len(text)]
	return err
}

// readTag reads up to the bracket that closes the tag; one in quotation marks does not.
func (s *scanner) readTag() error {
	s.tag = s.tag[:0]
	var quote byte
	for {
		piece, err := s.r.ReadSlice('>')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return brokenOff(err)
		}
		from := len(s.tag)
		if s.tag = append(s.tag, piece...); len(s.tag) > s.limit {
			return errTooLong
		}
		if s.tag[0] != '!' { // comments and CDATA have their own ends
			for _, b := range s.tag[from:] {
				switch {
				case quote == 0 && (b == '"' || b == '\''):
					quote = b
				case b == quote:
					quote = 0
				}
			}
		}
		if err == nil && quote == 0 {
			s.tag = s.tag[:len(s.tag)-1]
			return nil
		}
	}
}

// brokenOff tells an end inside a tag from the end of a part.
func brokenOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// special skips a comment and takes CDATA into the text. A document type is refused: no spreadsheet program writes one,
// and entities are declared there.
func (s *scanner) special() error {
	if bytes.HasPrefix(s.tag, []byte("!--")) {
		return s.upTo("--", 5, func([]byte) error { return nil })
	}
	if !bytes.HasPrefix(s.tag, []byte("![CDATA[")) {
		return errDamaged
	}
	return s.upTo("]]", 10, func(b []byte) error {
		if s.keep {
			s.text = append(s.text, b[len("![CDATA["):]...)
		}
		return nil
	})
}

// upTo reads on until the tag ends with mark and is at least least long, and gives it, without the mark, to done.
func (s *scanner) upTo(mark string, least int, done func([]byte) error) error {
	for len(s.tag) < least || !bytes.HasSuffix(s.tag, []byte(mark)) {
		s.tag = append(s.tag, '>')
		for {
			piece, err := s.r.ReadSlice('>')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return brokenOff(err)
			}
			if s.tag = append(s.tag, piece...); len(s.tag) > s.limit {
				return errTooLong
			}
			if err == nil {
				break
			}
		}
		s.tag = s.tag[:len(s.tag)-1]
	}
	return done(bytes.TrimSuffix(s.tag, []byte(mark)))
}

// name returns the tag's name as written, with its prefix.
func (s *scanner) name() []byte {
	if i := bytes.IndexAny(s.tag, " \t\r\n"); i >= 0 {
		return s.tag[:i]
	}
	return s.tag
}

// is says whether the tag's name is local, whatever its prefix.
func (s *scanner) is(local string) bool {
	name := s.name()
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return string(name) == local
}

// longest is how much of an attribute is looked at, in bytes. What a workbook says beside its cells is shorter.
const longest = 600

// attr returns the value of an attribute of the start tag, "" where it has none or one that is too long. r:id is found as "id".
func (s *scanner) attr(local string) string {
	var found string
	s.attrs(func(name, value []byte) {
		if string(name) == local && found == "" && len(value) <= longest {
			if plain, err := unescape(bytes.Clone(value)); err == nil {
				found = string(plain)
			}
		}
	})
	return found
}

// attrs calls f with the local name and the value, as written, of each attribute.
func (s *scanner) attrs(f func(name, value []byte)) {
	rest := s.tag[len(s.name()):]
	for {
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			return
		}
		name := bytes.Trim(rest[:i], " \t\r\n")
		if colon := bytes.IndexByte(name, ':'); colon >= 0 {
			name = name[colon+1:]
		}
		rest = bytes.TrimLeft(rest[i+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return
		}
		stop := bytes.IndexByte(rest[1:], rest[0])
		if stop < 0 {
			return
		}
		f(name, rest[1:1+stop])
		rest = rest[2+stop:]
	}
}

// skip goes to the end of the element whose start was read.
func (s *scanner) skip() error {
	keep := s.keep
	s.keep = false
	for depth := 1; depth > 0; {
		k, err := s.next()
		if err != nil {
			return err
		}
		if k == start {
			depth++
		} else {
			depth--
		}
	}
	s.keep = keep
	return nil
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// unescape replaces the entities of b in place.
func unescape(b []byte) ([]byte, error) {
	from := bytes.IndexByte(b, '&')
	if from < 0 {
		return b, nil
	}
	out := b[:from]
	for rest := b[from:]; len(rest) > 0; {
		if rest[0] != '&' {
			out, rest = append(out, rest[0]), rest[1:]
			continue
		}
		stop := bytes.IndexByte(rest, ';')
		if stop < 0 || stop > 12 {
			return nil, errDamaged
		}
		r, known := entities[string(rest[1:stop])]
		if !known {
			var ok bool
			if r, ok = numbered(string(rest[1:stop])); !ok {
				return nil, errDamaged
			}
		}
		out, rest = utf8.AppendRune(out, r), rest[stop+1:]
	}
	return out, nil
}

func numbered(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, is := strings.CutPrefix(digits, "x"); is {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), ok && err == nil
}
