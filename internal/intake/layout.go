package intake

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
)

// headings are the headings of a table as one row, and where the table begins below them.
type headings struct {
	names   []string
	columns map[int]string
	skip    int // rows up to the last of the headings
	rows    int // how many of them are the headings: one or two
}

// headingRows is within how many rows the headings are looked for: titles and remarks often stand above them.
const headingRows = 15

// mostTried is how many sheets of a workbook are looked at for headings.
const mostTried = 20

// findHeadings goes to the sheet, and finds the row or the two rows in it, with most headings of the standard. A sheet of
// instructions may stand before the one that is filled. A sheet of our remarks is not read while there is another.
func (s *source) findHeadings(kind catalog.Kind) (headings, error) {
	var best headings
	var sheetOf int
	var first error
	names := s.Names()
	others := slices.ContainsFunc(names, func(name string) bool { return !catalog.IsRemark(name) })
	for n, name := range names[:min(len(names), mostTried)] {
		if others && catalog.IsRemark(name) {
			continue
		}
		if err := s.turn(n); err != nil {
			return best, err
		}
		h, err := s.headingsHere(kind)
		if err != nil && s.Sheets() == 1 {
			return best, err
		}
		if first == nil {
			first = err
		}
		if len(h.columns) > len(best.columns) {
			best, sheetOf = h, n
		}
		if _, err := understand(kind, h.names); err == nil {
			break
		}
	}
	switch {
	case len(best.columns) == 0 && first != nil:
		return best, first
	case len(best.columns) == 0:
		return best, fault.New(fault.Invalid, "intake.no_header", kind.Title)
	}
	if s.at == sheetOf {
		return best, nil
	}
	if err := s.turn(sheetOf); err != nil {
		return best, err
	}
	s.peek(headingRows + 1)
	return best, nil
}

// headingsHere looks for headings in the first rows of the sheet at hand. Two rows are taken together where they hold more
// than each does alone: a heading over several columns, and under it what each of them holds.
func (s *source) headingsHere(kind catalog.Kind) (best headings, err error) {
	rows := s.peek(headingRows + 1)
	known := memo(kind)
	try := func(names []string, skip, rows int, instead bool) {
		columns, _ := kind.Columns(names)
		if len(columns) > len(best.columns) || instead && len(columns) == len(best.columns) {
			best = headings{names, columns, skip, rows}
		}
	}
	for i, row := range rows[:min(len(rows), headingRows)] {
		try(row.Cells, i+1, 1, false)
	}
	for i := 0; i+1 < len(rows) && i < headingRows; i++ {
		if names, some := joined(rows[i].Cells, rows[i+1].Cells, known); some {
			try(names, i+2, 2, best.skip == i+1) // under 处罚内容 may stand 罚款金额: no row of records begins so
		}
	}
	if s.err != nil && s.err != io.EOF && len(rows) <= headingRows {
		return best, s.err
	}
	return best, nil
}

// memo says whether a heading is one of the standard.
func memo(kind catalog.Kind) func(string) bool {
	seen := map[string]bool{}
	return func(h string) bool {
		is, asked := seen[h]
		if !asked && len(h) <= headingKept {
			columns, _ := kind.Columns([]string{h})
			is = len(columns) > 0
			seen[h] = is
		}
		return is
	}
}

// joined makes one row of headings out of two. A heading stands over the columns right of it up to the next. Both together
// may be one of the standard (处罚机关 over 代码); otherwise the lower one counts where the standard has it, and else both.
// some is false where nothing is gained by it.
func joined(upper, lower []string, known func(string) bool) (names []string, some bool) {
	names = make([]string, max(len(upper), len(lower)))
	over := ""
	for i := range names {
		up, low := cellAt(upper, i), cellAt(lower, i)
		if up != "" {
			over = up
		}
		switch {
		case low == "":
			names[i] = up
		case up == low || over == "":
			names[i] = low
		case known(over + low):
			names[i], some = over+low, true
		case known(over + "（" + low + "）"):
			names[i], some = over+"（"+low+"）", true
		case strings.HasSuffix(over, low) && known(over): // 内容 under 处罚内容
			names[i], some = over, true
		case known(low):
			names[i], some = low, true
		default:
			names[i] = over + low
		}
	}
	return names, some
}

func cellAt(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[i])
}

var (
	totalWord  = regexp.MustCompile(`^(?:本页|本月|本季|本季度|本年|本年度|本表|全部|全市|全县|全区|全局|以上)?(?:合计|总计|小计|共计|总数|累计)(?:$|[:：(（]|[0-9共]|[一二三四五六七八九十百千万]+[条件户家项])`)
	totalCount = regexp.MustCompile(`^(?:总|合|以上)?(?:共|计)(?:有)?[0-9,一二三四五六七八九十百千万]+(?:条|件|户|家|项|宗|个|行)`)
	remarkWord = regexp.MustCompile(`^(?:备?注|说明|填[表报写]说明|填[表报]须知|注意事项|填[表报](?:人|单位|部门|日期|时间)|制表人?|审[核批签]人?|复核人?|经办人?|负责人|单位负责人|部门负责人|分管领导|联系人|联系电话|报送(?:人|单位|部门|日期|时间)|数据来源|单位[（(]?(?:盖章|公章)[）)]?)(?:[（(](?:签字|签名|盖章|签章)[）)])?[0-9]*[:：]`)
)

// longestAside is how long the cell may be that says so, in bytes.
const longestAside = 1500

// aside says whether a row stands beside the records: a total, a remark under the table, the headings once more. A row that
// states a code or a day is a record, whatever its first word.
func (t *table) aside(row sheet.Row) string {
	first, filled := -1, 0
	for i, cell := range row.Cells {
		if strings.TrimSpace(cell) == "" {
			continue
		}
		if filled++; first < 0 {
			first = i
		}
	}
	switch {
	case first < 0:
		return ""
	case t.again(row):
		return againRow
	}
	if len(row.Cells[first]) > longestAside {
		return ""
	}
	word := strings.Join(strings.Fields(row.Cells[first]), "")
	total := totalWord.MatchString(word) || totalCount.MatchString(word)
	remark := remarkWord.MatchString(word) || t.remarked && filled == 1
	if !total && !remark {
		return ""
	}
	for i, f := range t.fields {
		if i != first && (f.Type == catalog.Code || f.Type == catalog.Date) {
			if v := cellAt(row.Cells, i); v != "" && !(remark && remarkWord.MatchString(v)) {
				return ""
			}
		}
	}
	if total {
		return totalRow
	}
	t.remarked = true
	return remarkRow
}

// again says whether a row repeats the headings, as printed pages do, or numbers the columns.
func (t *table) again(row sheet.Row) bool {
	same, numbered, filled := 0, 0, 0
	for i, cell := range row.Cells {
		v := strings.TrimSpace(cell)
		if v == "" {
			continue
		}
		filled++
		if i < len(t.header) && v == strings.TrimSpace(t.header[i]) {
			same++
		}
		if v == strconv.Itoa(filled) {
			numbered++
		}
	}
	return filled >= 3 && (same == filled || numbered == filled)
}

// The kinds of rows that stand beside the records, as codes of what the sender is told.
const (
	totalRow  = "intake.totals_passed"
	remarkRow = "intake.remarks_passed"
	againRow  = "intake.headings_passed"
)

// rowsNamed is how many rows a note names.
const rowsNamed = 20

// next returns the next row that is a record. The example row of a template, which many leave in, is passed over in silence.
func (t *table) next() (sheet.Row, error) {
	for {
		row, err := t.rows.Next()
		if err != nil {
			return row, err
		}
		if catalog.IsExample(row.Cells) {
			continue
		}
		kind := t.aside(row)
		if kind == "" {
			t.remarked = false
			return row, nil
		}
		if t.passed == nil {
			t.passed = map[string]*passed{}
		}
		p := t.passed[kind]
		if p == nil {
			p = &passed{}
			t.passed[kind] = p
		}
		if p.count++; len(p.rows) < rowsNamed {
			p.rows = append(p.rows, strconv.Itoa(row.No))
		}
	}
}

// passed are the rows of one kind that were passed over.
type passed struct {
	count int
	rows  []string
}

// passedNotes says which rows were passed over.
func (t *table) passedNotes() []sheet.Note {
	var out []sheet.Note
	for _, code := range []string{totalRow, remarkRow, againRow} {
		if p := t.passed[code]; p != nil {
			rows := strings.Join(p.rows, "、")
			if p.count > len(p.rows) {
				rows += "…"
			}
			out = append(out, sheet.Note{Code: code, Args: []any{p.count, rows}})
		}
	}
	return out
}

// shiftRows is from how many rows it is judged whether the columns are shifted, and shiftLeast how many must speak for it.
const (
	shiftRows  = 50
	shiftLeast = 5
)

// shifted finds a column that does not hold what its heading says while the one beside it does: the columns have slipped. A
// million problems of rows would not say so. Only numbers of parties and days are certain enough to tell.
func (t *table) shifted(rows []sheet.Row) error {
	for i, heading := range t.header {
		f, mapped := t.fields[i]
		var is func(v string, sure bool) bool
		var other []string // words in the heading of another column that holds the same
		switch {
		case mapped && f.Type == catalog.Date:
			is, other = isDay, []string{"日期", "时间", "期", "DATE"}
		case mapped && f.Type == catalog.Code && strings.Contains(f.Name, "信用代码"):
			is, other = isPartyCode, []string{"码", "号", "CODE"}
		default:
			continue
		}
		if fit, of := holds(rows, i, is, false); of < shiftLeast || fit*5 > of {
			continue
		}
		for _, beside := range []int{i + 1, i - 1} {
			name := strings.ToUpper(cellAt(t.header, beside))
			if beside < 0 || t.fields[beside].Type == f.Type || slices.ContainsFunc(other, func(w string) bool { return strings.Contains(name, w) }) {
				continue
			}
			if fit, of := holds(rows, beside, is, true); of >= shiftLeast && fit*5 >= of*4 {
				return fault.New(fault.Invalid, "intake.shifted", strings.TrimSpace(heading), letters(i), letters(beside))
			}
		}
	}
	return nil
}

// noContent are the ways to fill a cell with nothing.
var noContent = []string{"", "无", "空", "/", "-", "--", "—", "——", "暂无", "没有", "不详", "未知", "N/A", "NULL"}

// holds counts how many of the rows that fill a column fill it with what is says.
func holds(rows []sheet.Row, column int, is func(v string, sure bool) bool, sure bool) (fit, of int) {
	for _, row := range rows {
		v := cellAt(row.Cells, column)
		if slices.Contains(noContent, strings.ToUpper(v)) {
			continue
		}
		of++
		if is(v, sure) {
			fit++
		}
	}
	return fit, of
}

// isDay says whether a value is a day; sure: and nothing else, as a mere number might be.
func isDay(v string, sure bool) bool {
	_, err := catalog.ParseDate(v)
	return err == nil && !(sure && strings.Trim(v, "0123456789.") == "" && strings.Count(v, ".") < 2)
}

// isPartyCode says whether a value looks like the number of a party; sure: and is one.
func isPartyCode(v string, sure bool) bool {
	code := credit.NormalizeCode(v)
	if sure {
		_, err := credit.ParseUSCC(code)
		return err == nil
	}
	return len(code) >= 9 && len(code) <= 20 && strings.ContainsAny(code, "0123456789") && utf8.RuneCountInString(code) == len(code)
}

// letters is how a spreadsheet program names a column.
func letters(i int) string {
	name := ""
	for n := i + 1; n > 0; n = (n - 1) / 26 {
		name = fmt.Sprintf("%c", 'A'+(n-1)%26) + name
	}
	return name
}
