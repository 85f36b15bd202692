// Package canon spells a value as JSON in exactly one way, so that what is signed or hashed can be written again and
// compared byte by byte.
//
// The spelling: object keys sorted by their UTF-8 bytes and never twice, no blanks, no HTML escaping, strings with the
// fewest bytes ("\n" but never "\u000a", and "/" as it is), whole numbers only, valid UTF-8 only. It is RFC 8785 for the
// values of this program, which have neither fractions nor keys outside the basic plane.
package canon

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// errSpelling is what every reader of bytes that are not the one spelling gets.
var errSpelling = errors.New("canon: not the canonical spelling")

// Bytes returns the canonical JSON of v. Names and omissions follow encoding/json's tags; a floating-point value, text
// that is not UTF-8 and a raw message with a key that stands twice are errors.
func Bytes(v any) ([]byte, error) {
	if m, ok := v.(map[string]string); ok {
		return stringMap(m)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("canon: %w", err)
	}
	if err := check(reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	w := writer{in: buf.Bytes(), out: make([]byte, 0, buf.Len())}
	if err := w.value(); err != nil {
		return nil, err
	}
	if !utf8.Valid(w.out) {
		return nil, errors.New("canon: text is not UTF-8")
	}
	return w.out, nil
}

// Decode reads canonical JSON into v, a pointer to a zero value. It refuses unknown fields, trailing bytes and every
// text that is not exactly what [Bytes] writes for the value read: no value has two accepted spellings. A field that is
// added to a stored type later must therefore be one that is left out while empty (omitempty, omitzero).
func Decode(raw []byte, v any) error {
	if m, ok := v.(*map[string]string); ok {
		return decodeStringMap(raw, m)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("canon: %w", err)
	}
	again, err := Bytes(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, raw) {
		return errSpelling
	}
	return nil
}

// stringMap is Bytes for the commonest value, the fields of a record.
func stringMap(m map[string]string) ([]byte, error) {
	if m == nil {
		return []byte("null"), nil
	}
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	size := 2
	for _, k := range keys {
		size += len(k) + len(m[k]) + 6
	}
	out := append(make([]byte, 0, size), '{')
	for i, k := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(quote(out, k), ':')
		out = quote(out, m[k])
	}
	if !utf8.Valid(out) {
		return nil, errors.New("canon: text is not UTF-8")
	}
	return append(out, '}'), nil
}

// decodeStringMap is Decode for the fields of a record: it accepts only what stringMap writes.
func decodeStringMap(raw []byte, m *map[string]string) error {
	if string(raw) == "null" {
		*m = nil
		return nil
	}
	if !utf8.Valid(raw) || len(raw) < 2 || raw[0] != '{' {
		return errSpelling
	}
	if string(raw) == "{}" {
		*m = map[string]string{}
		return nil
	}
	read := make(map[string]string, bytes.Count(raw, []byte(`":"`)))
	last, text := "", raw[1:]
	for first := true; ; first = false {
		key, rest, ok := cutString(text)
		if !ok || !first && key <= last || len(rest) == 0 || rest[0] != ':' {
			return errSpelling
		}
		value, rest, ok := cutString(rest[1:])
		if !ok || len(rest) == 0 {
			return errSpelling
		}
		read[key], last = value, key
		switch {
		case rest[0] == ',':
			text = rest[1:]
		case rest[0] == '}' && len(rest) == 1:
			*m = read
			return nil
		default:
			return errSpelling
		}
	}
}

// cutString reads the canonical string at the start of text.
func cutString(text []byte) (value string, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return "", nil, false
	}
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return string(text[1:i]), text[i+1:], true
		case c < 0x20:
			return "", nil, false
		case c == '\\':
			return cutEscaped(text)
		}
	}
	return "", nil, false
}

// cutEscaped is cutString for a string with escapes, which must be the escapes that quote writes.
func cutEscaped(text []byte) (string, []byte, bool) {
	end := stringEnd(text, 0)
	if end < 0 {
		return "", nil, false
	}
	var value string
	if json.Unmarshal(text[:end], &value) != nil || !bytes.Equal(quote(nil, value), text[:end]) {
		return "", nil, false
	}
	return value, text[end:], true
}

// check refuses what encoding/json would write but a reader could not rely on: floating-point numbers, whose spelling
// depends on the value, and text that is not UTF-8, which it would mend silently. v is known to have no cycle.
func check(v reflect.Value) error {
	if !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("canon: %s is not a whole number", v.Type())
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return errors.New("canon: text is not UTF-8")
		}
	case reflect.Pointer, reflect.Interface:
		return check(v.Elem())
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := check(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := errors.Join(check(it.Key()), check(it.Value())); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return checkStruct(v)
	}
	return nil
}

func checkStruct(v reflect.Value) error {
	if v.CanInterface() {
		switch v.Interface().(type) {
		case json.Marshaler, encoding.TextMarshaler:
			return nil // it spells itself; the writer sees the result
		}
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
			continue
		}
		if err := check(v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}
