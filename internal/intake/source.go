package intake

import (
	"slices"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/intake/sheet"
)

// source gives the rows of a file, of which it can look at the first ones ahead.
type source struct {
	*sheet.Reader
	seen []sheet.Row
	err  error // what came after seen
	at   int   // the sheet at hand
	ours []int // columns of our own remarks, in a file that comes back mended
}

// read returns the next row as the sender states it. One that holds nothing but our remarks was emptied by the sender.
func (s *source) read() (sheet.Row, error) {
	for {
		row, err := s.Reader.Next()
		if err != nil || len(s.ours) == 0 {
			return row, err
		}
		if row = s.without(row); len(row.Problems) > 0 || slices.ContainsFunc(row.Cells, filled) {
			return row, nil
		}
	}
}

func filled(cell string) bool { return strings.TrimSpace(cell) != "" }

// without returns a row without the columns of our remarks.
func (s *source) without(row sheet.Row) sheet.Row {
	out := sheet.Row{No: row.No}
	for i, cell := range row.Cells {
		if !slices.Contains(s.ours, i) {
			out.Cells = append(out.Cells, cell)
		}
	}
	for _, p := range row.Problems {
		if slices.Contains(s.ours, p.Col) {
			continue
		}
		left := 0
		for _, i := range s.ours {
			if i < p.Col {
				left++
			}
		}
		p.Col -= left
		out.Problems = append(out.Problems, p)
	}
	return out
}

// stands returns where column i of what is read stands in the file.
func (s *source) stands(i int) int {
	for _, ours := range s.ours { // in order
		if ours <= i {
			i++
		}
	}
	return i
}

// leave passes over the columns of our remarks from the next row on, and returns the other headings.
func (s *source) leave(names []string) []string {
	s.ours = nil
	for i, name := range names {
		if catalog.IsRemark(name) {
			s.ours = append(s.ours, i)
		}
	}
	if len(s.ours) == 0 {
		return names
	}
	rest := s.seen[:0]
	for _, row := range s.seen {
		if row = s.without(row); len(row.Problems) > 0 || slices.ContainsFunc(row.Cells, filled) {
			rest = append(rest, row)
		}
	}
	s.seen = rest
	return s.without(sheet.Row{Cells: names}).Cells
}

// notes returns what the sender should know about the file: which sheets are not read. Of ours it is said what is in it.
func (s *source) notes() []sheet.Note {
	out := s.Notes(catalog.IsRemark)
	for n, name := range s.Names() {
		if n != s.at && catalog.IsRemark(name) {
			out = append(out, sheet.Note{Code: "intake.remarks_sheet", Args: []any{name}})
		}
	}
	return out
}

// peek returns up to n rows that come next. What goes wrong behind them shows when it is met.
func (s *source) peek(n int) []sheet.Row {
	for len(s.seen) < n && s.err == nil {
		row, err := s.read()
		if err != nil {
			s.err = err
			break
		}
		s.seen = append(s.seen, row)
	}
	return s.seen[:min(n, len(s.seen))]
}

// Next returns the next row.
func (s *source) Next() (sheet.Row, error) {
	if len(s.seen) > 0 {
		row := s.seen[0]
		s.seen[0] = sheet.Row{}
		s.seen = s.seen[1:]
		return row, nil
	}
	if s.err != nil {
		return sheet.Row{}, s.err
	}
	return s.read()
}

// turn goes to another sheet.
func (s *source) turn(n int) error {
	s.seen, s.err, s.at, s.ours = nil, nil, n, nil
	return s.Reader.Turn(n)
}
