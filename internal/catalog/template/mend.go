package template

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/catalog"
)

// MendWords are what stands in a workbook of rows to be mended beside the rows, in the reader's language.
type MendWords struct {
	Row, Fate, Wrong, Note string // headings of our columns, each with [catalog.RemarkMark] before it
}

// Marked is a row as it came, with what is said about it.
type Marked struct {
	No                int // of the original file
	Fate, Wrong, Note string
	Cells             []string
	Bad, Doubtful     []int // columns of cells that must be mended, and that are worth a look
}

// Mend writes a workbook of rows that go back to be mended: on the left our remarks, which are passed over when the file comes
// back, and beside them the columns as they came, the cells at fault coloured. Every cell is text, or a spreadsheet would round
// long numbers and reckon with what begins like a formula. Rows go to the disk as they come, so there may be many.
type Mend struct {
	*book
	header []string
	words  MendWords
	styles mendStyles
	sheets int
	out    *excelize.StreamWriter
	row    int
}

type mendStyles struct{ text, how, ours, heading, remark, bad, doubtful int }

// widths are how wide our columns are, in characters of half width.
var widths = [...]int{10, 12, 52, 32}

// remarks is how many columns are ours, and others how wide those of the sender are.
const (
	remarks = len(widths)
	others  = 22
)

// NewMend returns a workbook of rows under a header.
func NewMend(header []string, words MendWords) *Mend {
	m := &Mend{book: newBook(), header: header, words: words}
	fill := func(colour string, bold bool) int {
		return m.style(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: bold}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}})
	}
	m.styles = mendStyles{text: m.text, how: m.style(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Color: "1F4E79"}}), ours: fill("D9D9D9", true),
		heading: fill("DDEBF7", true), remark: fill("F2F2F2", false), bad: fill("FFC7CE", false), doubtful: fill("FFEB9C", false)}
	return m
}

// Sheet begins a sheet: lines that say what to do, and the headings below them.
func (m *Mend) Sheet(name string, how ...string) {
	if m.end(); m.sheets == 0 {
		m.do(m.SetSheetName(Sheet, name))
	} else {
		_, err := m.NewSheet(name)
		m.do(err)
	}
	m.sheets++
	var err error
	if m.out, err = m.NewStreamWriter(name); err != nil {
		m.do(err)
		return
	}
	width := remarks + len(m.header)
	m.do(m.out.SetColStyle(1, width, m.styles.text))
	for i, w := range widths {
		m.do(m.out.SetColWidth(i+1, i+1, float64(w)))
	}
	if len(m.header) > 0 {
		m.do(m.out.SetColWidth(remarks+1, width, others))
	}
	top := len(how) + 1
	m.do(m.out.SetPanes(&excelize.Panes{Freeze: true, XSplit: 3, YSplit: top, TopLeftCell: fmt.Sprintf("D%d", top+1), ActivePane: "bottomRight"}))
	m.row = 0
	for _, line := range how {
		m.put(1, excelize.Cell{StyleID: m.styles.how, Value: held(line)})
	}
	var cells []any
	for _, h := range []string{m.words.Row, m.words.Fate, m.words.Wrong, m.words.Note} {
		cells = append(cells, excelize.Cell{StyleID: m.styles.ours, Value: catalog.RemarkMark + h})
	}
	for _, h := range m.header {
		cells = append(cells, excelize.Cell{StyleID: m.styles.heading, Value: held(h)})
	}
	m.put(3, cells...)
}

// Add writes a row of the sheet.
func (m *Mend) Add(r Marked) error {
	cells := make([]any, 0, remarks+len(r.Cells))
	for i, said := range []string{fmt.Sprint(r.No), r.Fate, r.Wrong, r.Note} {
		style := m.styles.remark
		switch {
		case said == "":
		case i == 2:
			style = m.styles.bad
		case i == 3:
			style = m.styles.doubtful
		}
		cells = append(cells, excelize.Cell{StyleID: style, Value: held(said)})
	}
	style := make([]int, len(r.Cells))
	for _, marks := range []struct {
		columns []int
		style   int
	}{{r.Doubtful, m.styles.doubtful}, {r.Bad, m.styles.bad}} {
		for _, i := range marks.columns {
			if i < len(style) {
				style[i] = marks.style
			}
		}
	}
	for i, s := range style {
		cells = append(cells, excelize.Cell{StyleID: cmp.Or(s, m.styles.text), Value: held(r.Cells[i])})
	}
	m.put(max(linesIn(r.Wrong, widths[2]), linesIn(r.Note, widths[3])), cells...)
	return m.err
}

// put writes a row that is so many lines high. Not every program finds out by itself how high a row must be.
func (m *Mend) put(high int, cells ...any) {
	const line, most = 15, 409
	if m.row++; m.err == nil {
		m.do(m.out.SetRow(fmt.Sprintf("A%d", m.row), cells, excelize.RowOpts{Height: min(most, line*float64(max(1, high)))}))
	}
}

// linesIn returns how many lines a text takes in a column.
func linesIn(s string, width int) (n int) {
	for line := range strings.SplitSeq(s, "\n") {
		wide := 0
		for _, r := range line {
			if wide++; r >= 0x2e80 {
				wide++
			}
		}
		n += max(1, (wide+width-1)/width)
	}
	return n
}

func (m *Mend) end() {
	if m.out != nil && m.err == nil {
		m.do(m.out.Flush())
	}
}

// Write ends the workbook and writes it.
func (m *Mend) Write(w io.Writer) error {
	m.end()
	return m.write(w)
}

// Close lets go of a workbook that is not written after all.
func (m *Mend) Close() { _ = m.File.Close() }

// held returns what of a text a workbook holds: control characters are none of it. The checks take them out as well.
func held(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
