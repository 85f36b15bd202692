package sheet

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
)

// merged is a range of cells shown as one; rows from 1, columns from 0, both ends in it.
type merged struct{ top, bottom, left int }

// merges carries the value of a range over several rows to each row of it. There is one range at a time in a column, so a
// file of ranges that lie on each other takes neither memory nor time.
type merges struct {
	all    []merged
	active map[int]carried // by column
}

type carried struct {
	bottom int
	text   string
}

// mostMerges bounds the ranges of a sheet.
const mostMerges = 100_000

// add takes a range in where it covers several rows.
func (m *merges) add(r merged, columns int) {
	if r.bottom > r.top && r.left < columns && len(m.all) < mostMerges {
		m.all = append(m.all, r)
	}
}

// start sorts the ranges; they are then met row by row.
func (m *merges) start() {
	slices.SortStableFunc(m.all, func(a, b merged) int { return cmp.Compare(a.top, b.top) })
	m.active = map[int]carried{}
}

// fill puts into the row what ranges that began above it say, and remembers what begins in it. A row in which nothing else
// stands remains blank.
func (m *merges) fill(row *Row) {
	if len(m.all) == 0 && len(m.active) == 0 {
		return
	}
	own := slices.ContainsFunc(row.Cells, func(s string) bool { return s != "" })
	for col, c := range m.active {
		switch {
		case c.bottom < row.No:
			delete(m.active, col)
		case own:
			for len(row.Cells) <= col {
				row.Cells = append(row.Cells, "")
			}
			if row.Cells[col] == "" {
				row.Cells[col] = c.text
			}
		}
	}
	for len(m.all) > 0 && m.all[0].top <= row.No {
		r := m.all[0]
		m.all = m.all[1:]
		bad := slices.ContainsFunc(row.Problems, func(p Problem) bool { return p.Col == r.left })
		if r.top == row.No && r.left < len(row.Cells) && row.Cells[r.left] != "" && !bad {
			m.active[r.left] = carried{r.bottom, row.Cells[r.left]}
		}
	}
}

// findMerges looks for the merged cells of a worksheet, which stand behind its rows. It is a plain search, because the rows
// are parsed anyhow afterwards; what is wrong with the part is found then.
func (x *xlsxFile) findMerges(part string) error {
	most := x.lim.Unzipped
	src, ok, err := x.unpack(part, &x.search, &most)
	if err != nil || !ok {
		return nil
	}
	defer func() { _ = src.Close() }()
	const tag, longestTag = "mergeCell ", 256
	buf, kept := make([]byte, 256<<10), 0
	for {
		n, err := io.ReadFull(src, buf[kept:])
		window := buf[:kept+n]
		for {
			at := bytes.Index(window, []byte(tag))
			if at < 0 || len(window)-at < longestTag && err == nil {
				break
			}
			x.merges.add(mergeOf(window[at:]), x.lim.Columns)
			window = window[at+len(tag):]
		}
		if errors.Is(err, errBudget) {
			return err
		}
		if err != nil {
			break
		}
		kept = copy(buf, window[max(0, len(window)-longestTag):])
	}
	x.merges.start()
	return nil
}

// mergeOf reads the range of a tag.
func mergeOf(tag []byte) merged {
	if stop := bytes.IndexByte(tag, '>'); stop >= 0 {
		tag = tag[:stop]
	}
	_, ref, _ := bytes.Cut(tag, []byte("ref="))
	from, to, ok := bytes.Cut(bytes.Trim(ref, "\"'/ "), []byte(":"))
	left, top := place(from)
	_, bottom := place(bytes.TrimRight(to, "\"'/ "))
	if !ok || left < 0 {
		return merged{}
	}
	return merged{top: top, bottom: bottom, left: left}
}

// place reads a reference such as AB12.
func place(ref []byte) (col, row int) {
	if col = column(ref); col < 0 {
		return -1, 0
	}
	row, err := strconv.Atoi(string(bytes.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
	if err != nil {
		return -1, 0
	}
	return col, row
}
