package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"zhixin/internal/fault"
)

// jsonFile reads JSON lines: one object a line, whose keys are the headings. A first pass collects the keys, because a line
// need not have all of them; the row of headings then comes first, as in any table.
type jsonFile struct {
	file   io.ReaderAt
	size   int64
	lim    Limits
	text   encoding
	keys   []string
	column map[string]int

	src  *bufio.Reader
	line []byte
	no   int
	told bool // the headings were given
}

func openJSON(f io.ReaderAt, size int64, lim Limits) (*jsonFile, error) {
	text, err := detect(io.NewSectionReader(f, 0, size))
	if err != nil {
		return nil, err
	}
	j := &jsonFile{file: f, size: size, lim: lim, text: text, column: map[string]int{}}
	if err := j.turn(0); err != nil {
		return nil, err
	}
	for first := true; ; {
		line, err := j.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		text, damage := j.text.cell(line)
		if damage == "" {
			err = j.learn(text)
		}
		if first && errors.Is(err, errNoObject) {
			return nil, fault.New(fault.Invalid, "sheet.json_not_lines", j.no)
		}
		if err != nil && !errors.Is(err, errNoObject) {
			return nil, err
		}
		first = false
	}
	return j, j.turn(0)
}

func (j *jsonFile) names() []string { return []string{""} }

func (j *jsonFile) how() How { return How{Format: "JSON", Encoding: j.text.name} }

func (j *jsonFile) turn(int) error {
	j.src, j.no, j.told = bufio.NewReaderSize(io.NewSectionReader(j.file, 0, j.size), 64<<10), 0, false
	if mark, err := j.src.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = j.src.Discard(3)
	}
	return nil
}

func (j *jsonFile) close() error { return nil }

// learn takes the keys of a line in, if it is one whole object.
func (j *jsonFile) learn(line string) error {
	var keys []string
	err := j.object(line, func(key string, _ json.Token, _ bool) error {
		if _, known := j.column[shortKey(key)]; !known {
			keys = append(keys, shortKey(key))
		}
		return nil
	})
	for _, key := range keys {
		if _, twice := j.column[key]; twice || err != nil {
			continue
		}
		if len(j.keys) == j.lim.Columns {
			return fault.New(fault.TooLarge, "sheet.too_many_columns", j.no, j.lim.Columns)
		}
		j.column[key] = len(j.keys)
		j.keys = append(j.keys, key)
	}
	return err
}

// read returns the next line without what is blank around it; it is valid until the next call.
func (j *jsonFile) read() ([]byte, error) {
	j.line = j.line[:0]
	for {
		piece, err := j.src.ReadSlice('\n')
		if j.line = append(j.line, piece...); len(j.line) > j.lim.RowBytes {
			return nil, fault.New(fault.TooLarge, "sheet.row_too_long", j.no+1, j.lim.RowBytes>>10)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(j.line) == 0:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("sheet: read: %w", err)
		}
		j.no++
		return bytes.TrimSpace(j.line), nil
	}
}

// shortKey bounds a key, in bytes; headings are shorter.
func shortKey(key string) string {
	if len(key) <= shown {
		return key
	}
	return strings.ToValidUTF8(key[:shown], "")
}

var errNoObject = errors.New("sheet: no JSON object")

// object calls f with each key of an object and its value; nested says that the value is an object or a list.
func (j *jsonFile) object(line string, f func(key string, value json.Token, nested bool) error) error {
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errNoObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errNoObject
		}
		value, err := d.Token()
		if err != nil {
			return errNoObject
		}
		_, nested := value.(json.Delim)
		for depth := 1; nested && depth > 0; {
			t, err := d.Token()
			if err != nil {
				return errNoObject
			}
			switch t {
			case json.Delim('{'), json.Delim('['):
				depth++
			case json.Delim('}'), json.Delim(']'):
				depth--
			}
		}
		if err := f(key.(string), value, nested); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errNoObject
	}
	if _, err := d.Token(); err != io.EOF {
		return errNoObject
	}
	return nil
}

func (j *jsonFile) next() (Row, error) {
	if !j.told && len(j.keys) > 0 {
		j.told = true
		return Row{Cells: append([]string(nil), j.keys...)}, nil
	}
	line, err := j.read()
	if err != nil {
		return Row{}, err
	}
	row := Row{No: j.no}
	if len(line) == 0 {
		return row, nil
	}
	text, code := j.text.cell(line)
	if code != "" {
		row.Problems = append(row.Problems, Problem{Col: -1, Code: code})
	}
	row.Cells = make([]string, len(j.keys))
	set := make([]bool, len(j.keys))
	err = j.object(text, func(key string, value json.Token, nested bool) error {
		i, known := j.column[shortKey(key)]
		switch {
		case !known: // only in a line that is damaged anyhow
		case nested:
			row.Problems = append(row.Problems, Problem{Col: i, Code: "sheet.json_nested", Args: []any{key}})
		case set[i]:
			row.Problems = append(row.Problems, Problem{Col: i, Code: "sheet.json_twice", Args: []any{key}})
		default:
			var problem string
			if row.Cells[i], problem = scalar(value); problem != "" {
				row.Problems = append(row.Problems, Problem{Col: i, Code: problem})
			}
		}
		if known {
			set[i] = true
		}
		return nil
	})
	if err != nil {
		row.Problems = append(row.Problems, Problem{Col: -1, Code: "sheet.json_line"})
	}
	return row, nil
}

// scalar writes a value as a cell would hold it.
func scalar(v json.Token) (text, problem string) {
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			return strings.ReplaceAll(v, "\x00", "\u2400"), "sheet.nul"
		}
		return v, ""
	case json.Number:
		return v.String(), ""
	case bool:
		return strings.ToUpper(fmt.Sprint(v)), ""
	}
	return "", ""
}
