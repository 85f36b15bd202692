package canon

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// writer spells the JSON of encoding/json canonically. Its input is known to be well-formed, but for raw messages only
// in syntax: their keys may be unsorted or stand twice, their strings and numbers be spelled in any way.
type writer struct {
	in  []byte
	pos int
	out []byte
}

func (w *writer) blanks() {
	for w.pos < len(w.in) && (w.in[w.pos] == ' ' || w.in[w.pos] == '\n' || w.in[w.pos] == '\t' || w.in[w.pos] == '\r') {
		w.pos++
	}
}

// value copies the next value.
func (w *writer) value() error {
	w.blanks()
	switch c := w.in[w.pos]; c {
	case '{':
		return w.object()
	case '[':
		return w.array()
	case '"':
		s, err := w.text()
		w.out = quote(w.out, s)
		return err
	case 't', 'f', 'n':
		size := len("true")
		if c == 'f' {
			size = len("false")
		}
		w.out = append(w.out, w.in[w.pos:w.pos+size]...)
		w.pos += size
		return nil
	}
	return w.number()
}

// number copies a whole number; JSON's grammar already excludes leading zeros and plus signs.
func (w *writer) number() error {
	start := w.pos
	for w.pos < len(w.in) && bytes.IndexByte([]byte("+-.0123456789Ee"), w.in[w.pos]) >= 0 {
		w.pos++
	}
	number := w.in[start:w.pos]
	if bytes.ContainsAny(number, ".eE") || string(number) == "-0" {
		return fmt.Errorf("canon: %s is not a whole number in its shortest spelling", number)
	}
	w.out = append(w.out, number...)
	return nil
}

func (w *writer) array() error {
	w.pos++
	w.out = append(w.out, '[')
	for first := true; ; first = false {
		w.blanks()
		if w.in[w.pos] == ']' {
			w.pos++
			w.out = append(w.out, ']')
			return nil
		}
		if !first {
			w.pos++ // the comma
			w.out = append(w.out, ',')
		}
		if err := w.value(); err != nil {
			return err
		}
	}
}

// member is one `"key":value` of an object, as it stands in the output.
type member struct {
	key        string
	start, end int
}

func (w *writer) object() error {
	w.pos++
	w.out = append(w.out, '{')
	from := len(w.out)
	var members []member
	for {
		w.blanks()
		if w.in[w.pos] == '}' {
			w.pos++
			break
		}
		if len(members) > 0 {
			w.pos++ // the comma
			w.blanks()
			w.out = append(w.out, ',')
		}
		key, err := w.text()
		if err != nil {
			return err
		}
		start := len(w.out)
		w.out = append(quote(w.out, key), ':')
		w.blanks()
		w.pos++ // the colon
		if err := w.value(); err != nil {
			return err
		}
		members = append(members, member{key, start, len(w.out)})
	}
	if err := w.sort(from, members); err != nil {
		return err
	}
	w.out = append(w.out, '}')
	return nil
}

// sort brings the members written since from into order.
func (w *writer) sort(from int, members []member) error {
	byKey := func(a, b member) int {
		if a.key < b.key {
			return -1
		} else if a.key > b.key {
			return 1
		}
		return 0
	}
	sorted := slices.IsSortedFunc(members, byKey)
	if !sorted {
		slices.SortFunc(members, byKey)
	}
	for i := 1; i < len(members); i++ {
		if members[i].key == members[i-1].key {
			return fmt.Errorf("canon: key %q stands twice", members[i].key)
		}
	}
	if sorted {
		return nil
	}
	was := bytes.Clone(w.out[from:])
	w.out = w.out[:from]
	for i, m := range members {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.out = append(w.out, was[m.start-from:m.end-from]...)
	}
	return nil
}

// text reads the next string.
func (w *writer) text() (string, error) {
	end := stringEnd(w.in, w.pos)
	if end < 0 {
		return "", errors.New("canon: a string has no end")
	}
	raw := w.in[w.pos+1 : end-1]
	w.pos = end
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), nil
	}
	return unescape(raw)
}

// stringEnd returns the index after the closing quote of the string that starts at pos, -1 without one.
func stringEnd(in []byte, pos int) int {
	for i := pos + 1; i < len(in); i++ {
		switch in[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// unescape undoes JSON's escapes. Half of a surrogate pair is no character and refused, where encoding/json would
// put U+FFFD in its place.
func unescape(raw []byte) (string, error) {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := raw[i+1:]
				if !bytes.HasPrefix(low, []byte(`\u`)) {
					return "", errors.New("canon: half of a surrogate pair")
				}
				if r = utf16.DecodeRune(r, hex4(low[2:])); r == utf8.RuneError {
					return "", errors.New("canon: half of a surrogate pair")
				}
				i += 6
			}
			out = utf8.AppendRune(out, r)
		default: // quote, backslash, slash
			out = append(out, c)
		}
	}
	return string(out), nil
}

func hex4(b []byte) rune {
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// quote appends s as a JSON string with the fewest escapes.
func quote(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(out, s[from:]...), '"')
}
