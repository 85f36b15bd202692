package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A list of fields is a worksheet from which an administrator makes a standard: a few lines that name the kind (a word in the
// first column, its value in the second), then a heading row that holds 字段代码, then a row for each field. docs/standards.md
// describes it for those who fill it in.

// The words of the lines above the heading row.
const (
	listName         = "数据类别代码"
	listTitle        = "数据类别名称"
	listEnglish      = "英文名称"
	listBasis        = "依据"
	listBasisEnglish = "英文依据"
	listFrom         = "报送部门"
)

// The columns of the list.
const (
	colCode    = "字段代码"
	colName    = "字段名称"
	colEnglish = "英文名称"
	colType    = "类型"
	colLength  = "长度"
	colNeed    = "必填"
	colWhen    = "条件"
	colCodes   = "代码集"
	colClass   = "公开属性"
	colAliases = "其他表头"
	colUse     = "用途"
	colHelp    = "说明"
	colHelpEN  = "英文说明"
	colExample = "示例"
)

// ListColumns are the columns of a list of fields in their order.
var ListColumns = []string{colCode, colName, colEnglish, colType, colLength, colNeed, colWhen, colCodes, colClass, colAliases, colUse, colHelp,
	colHelpEN, colExample}

// word is a word of the list and what it stands for.
type word[T any] struct {
	zh string
	is T
}

var (
	typeWords = []word[Type]{{"文本", Text}, {"代码", Code}, {"日期", Date}, {"金额（万元）", Wan}, {"整数", Number}, {"单选", Choice}, {"多选", Kinds}}
	needWords = []word[Need]{{"是", Must}, {"否", May}, {"建议", Should}}
	classWord = []word[Class]{{"公开", Public}, {"政务共享", Internal}, {"本部门", Department}, {"个人信息", Personal}}
	useWords  = []word[string]{{"主体代码", "uscc"}, {"注册号", "regno"}, {"组织机构代码", "orgcode"}, {"主体名称", "name"}, {"业务主键", "key"}, {"日期", "day"},
		{"有效期自", "from"}, {"有效期至", "until"}}
)

// defaultLength is the length of a field where the list states none.
var defaultLength = map[Type]int{Text: 200, Code: 50, Date: 60, Wan: 80, Number: 20, Choice: 60, Kinds: 256}

// The words for who may state a kind.
const (
	fromAny        = "各部门"
	fromRegulators = "市场监管部门"
)

// ListWords returns what may stand in a column of the list, nil where that is free.
func ListWords(column string) []string {
	switch column {
	case colType:
		return wordsOf(typeWords)
	case colNeed:
		return wordsOf(needWords)
	case colClass:
		return wordsOf(classWord)
	case colUse:
		return wordsOf(useWords)
	}
	return nil
}

func wordsOf[T any](list []word[T]) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.zh
	}
	return out
}

// listReader reads a list of fields.
type listReader struct {
	std     Standard
	columns map[string]int
	row     int
	rows    map[string]int // field code → row
	found   []Problem
}

func (l *listReader) fail(field, code string, args ...any) {
	l.found = append(l.found, Problem{Field: field, Code: code, Args: args, Row: l.row})
}

// ReadFieldList makes a standard of the rows of a worksheet. The problems say row by row what keeps it from being one; with
// none the standard is ready for [Propose].
func ReadFieldList(rows [][]string) (Standard, []Problem) {
	l := &listReader{rows: map[string]int{}}
	for i, cells := range rows {
		l.row = i + 1
		switch {
		case IsExample(cells) || strings.TrimSpace(strings.Join(cells, "")) == "":
		case l.columns != nil:
			l.field(cells)
		case strings.TrimSpace(cells[0]) == colCode:
			l.heading(cells)
		case len(cells) > 1:
			l.about(strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1]))
		}
	}
	if l.row = 0; l.columns == nil {
		l.fail("", "catalog.list_no_table")
		return l.std, l.found
	}
	l.std.BasisEnglish = cmp.Or(l.std.BasisEnglish, l.std.Basis)
	l.complete()
	for _, p := range l.std.Validate() {
		p.Row = l.rows[p.Field]
		l.found = append(l.found, p)
	}
	slices.SortStableFunc(l.found, func(a, b Problem) int { return cmp.Compare(a.Row, b.Row) })
	return l.std, l.found
}

// about reads a line above the heading row.
func (l *listReader) about(what, value string) {
	switch what {
	case listName:
		l.std.Name = value
	case listTitle:
		l.std.Title = value
	case listEnglish:
		l.std.English = value
	case listBasis:
		l.std.Basis = value
	case listBasisEnglish:
		l.std.BasisEnglish = value
	case listFrom:
		switch value {
		case "", fromAny:
		case fromRegulators:
			l.std.Regulators = true
		default:
			l.std.Departments = several(value)
		}
	}
}

func (l *listReader) heading(cells []string) {
	l.columns = map[string]int{}
	for i, c := range cells {
		if c = strings.TrimSpace(c); slices.Contains(ListColumns, c) {
			l.columns[c] = i
		}
	}
}

// cell returns what stands in a column of a row.
func (l *listReader) cell(cells []string, column string) string {
	if i, ok := l.columns[column]; ok && i < len(cells) {
		return strings.TrimSpace(cells[i])
	}
	return ""
}

// several splits a list: at semicolons, bars and line ends, or, where there are none, at commas.
func several(v string) []string {
	sep := ";；|\n"
	if !strings.ContainsAny(v, sep) {
		sep = "、，,"
	}
	var out []string
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(sep, r) }) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}

// pick reads a word of a column; the first word stands for an empty cell where that may be.
func pick[T any](l *listReader, cells []string, column string, list []word[T], empty T) T {
	v := l.cell(cells, column)
	if v == "" {
		return empty
	}
	for _, w := range list {
		if fold(w.zh) == fold(v) {
			return w.is
		}
	}
	l.fail(l.cell(cells, colCode), "catalog.list_column", column, v, strings.Join(wordsOf(list), "、"))
	return empty
}

// field reads the row of a field.
func (l *listReader) field(cells []string) {
	f := Field{Code: l.cell(cells, colCode), Name: l.cell(cells, colName), English: l.cell(cells, colEnglish),
		Help: l.cell(cells, colHelp), Example: l.cell(cells, colExample), Aliases: several(l.cell(cells, colAliases))}
	f.HelpEnglish = cmp.Or(l.cell(cells, colHelpEN), f.Help)
	l.rows[f.Code] = l.row
	f.Type = pick(l, cells, colType, typeWords, Text)
	f.Class = pick(l, cells, colClass, classWord, Department)
	need := pick(l, cells, colNeed, needWords, May)
	f.Mandatory, f.Expected = need == Must, need == Should
	f.Length = defaultLength[f.Type]
	if v := l.cell(cells, colLength); v != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(v, ".0"))
		if err != nil || n <= 0 {
			l.fail(f.Code, "catalog.list_number", v)
			n = 1
		}
		f.Length = n
	}
	for _, c := range several(l.cell(cells, colCodes)) {
		code, shown, both := strings.Cut(strings.ReplaceAll(c, "＝", "="), "=")
		if code = strings.TrimSpace(code); both {
			if f.Shown == nil {
				f.Shown = map[string]string{}
			}
			f.Shown[code] = strings.TrimSpace(shown)
		}
		f.Codes = append(f.Codes, code)
	}
	if v := l.cell(cells, colWhen); v != "" {
		f.When = l.condition(f.Code, v)
	}
	l.std.Fields = append(l.std.Fields, f)
	for _, use := range several(l.cell(cells, colUse)) {
		l.use(f.Code, use)
	}
}

func (l *listReader) condition(field, v string) *When {
	name, values, _ := strings.Cut(strings.ReplaceAll(v, "＝", "="), "=")
	if name = strings.TrimSpace(name); name == "" || strings.Contains(values, "=") {
		l.fail(field, "catalog.list_condition", v)
		return nil
	}
	return &When{Field: name, Is: several(values)}
}

// use gives a field its role.
func (l *listReader) use(field, use string) {
	r := &l.std.Roles
	i := slices.IndexFunc(useWords, func(w word[string]) bool { return w.zh == use })
	if i < 0 {
		l.fail(field, "catalog.list_column", colUse, use, strings.Join(wordsOf(useWords), "、"))
		return
	}
	only := map[string]*string{"uscc": &r.USCC, "regno": &r.RegNo, "orgcode": &r.OrgCode, "name": &r.Name, "until": &r.Until}
	switch is := useWords[i].is; is {
	case "key":
		r.Key = append(r.Key, field)
	case "day":
		r.Day = append(r.Day, field)
	case "from":
		r.From = append(r.From, field)
	default:
		if *only[is] != "" {
			l.fail(field, "catalog.list_use_twice", use)
		}
		*only[is] = field
	}
}

// complete adds what follows from the list: conditions by the names of fields, the columns a file needs, and the rules that
// hold for every subject, day and list of kinds.
func (l *listReader) complete() {
	s := &l.std
	r := &s.Roles
	l.conditions()
	slices.Sort(r.Key) // so that rows may change places in the list
	if len(r.Key) == 0 {
		l.fail("", "catalog.list_no_key")
	}
	if len(r.Day) == 0 {
		l.fail("", "catalog.list_no_day")
	}
	if len(r.From) == 0 {
		r.From = slices.Clone(r.Day)
	}
	numbers := slices.DeleteFunc([]string{r.USCC, r.RegNo, r.OrgCode}, func(code string) bool { return code == "" })
	add := func(name string, fields ...string) { s.Rules = append(s.Rules, Rule{name, fields}) }
	if r.USCC != "" && r.RegNo != "" {
		add("party", r.USCC, r.RegNo)
	}
	if len(numbers) > 0 {
		s.Needs = append(s.Needs, numbers)
		add("subject", numbers...)
	}
	if r.Name != "" {
		add("name", r.Name)
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		switch {
		case f.Code == r.USCC && r.RegNo == "":
			f.Check = "uscc"
		case f.Code == r.RegNo:
			f.Check, f.Soft = "regno", true
		case f.Code == r.OrgCode:
			f.Check, f.Soft = "orgcode", true
		case f.Type == Kinds:
			add("R11", f.Code)
		}
		if f.Mandatory && !slices.Contains(numbers, f.Code) {
			s.Needs = append(s.Needs, []string{f.Code})
		}
	}
	for days := range slices.Chunk(r.Day, 4) {
		add("R07", days...)
	}
	if r.Until != "" && len(r.From) > 0 {
		add("R07-order", r.From[0], r.Until)
	}
}

// conditions finds the fields and codes that conditions name in words.
func (l *listReader) conditions() {
	for i := range l.std.Fields {
		w := l.std.Fields[i].When
		if w == nil {
			continue
		}
		at := slices.IndexFunc(l.std.Fields, func(f Field) bool { return f.Code == w.Field || f.Name == w.Field })
		if at < 0 {
			continue // Validate says so
		}
		on := l.std.Fields[at]
		w.Field = on.Code
		for j, v := range w.Is {
			for code, shown := range on.Shown {
				if shown == v {
					w.Is[j] = code
				}
			}
		}
	}
}

// FieldList returns the rows of a list of fields that says what s says, apart from rules of its own: a beginning for another.
func (s Standard) FieldList() [][]string {
	from := fromAny
	if s.Regulators {
		from = fromRegulators
	} else if len(s.Departments) > 0 {
		from = strings.Join(s.Departments, ";")
	}
	rows := [][]string{{listName, s.Name}, {listTitle, s.Title}, {listEnglish, s.English}, {listBasis, s.Basis}, {listBasisEnglish, s.BasisEnglish},
		{listFrom, from}, {}, slices.Clone(ListColumns)}
	for _, f := range s.Fields {
		need := May
		if f.Mandatory {
			need = Must
		} else if f.Expected {
			need = Should
		}
		rows = append(rows, []string{f.Code, f.Name, f.English, said(typeWords, f.Type), strconv.Itoa(f.Length), said(needWords, need), f.When.list(),
			f.codeList(), said(classWord, f.Class), strings.Join(f.Aliases, ";"), strings.Join(s.uses(f.Code), ";"), f.Help, f.HelpEnglish, f.Example})
	}
	return rows
}

// FieldTable returns the list in two parts: the lines about the kind, and the rows of the fields by [ListColumns].
func (s Standard) FieldTable() (about, fields [][]string) {
	for _, row := range s.FieldList() {
		switch {
		case len(row) == 2:
			about = append(about, row)
		case len(row) == len(ListColumns) && row[0] != colCode:
			fields = append(fields, row)
		}
	}
	return about, fields
}

func said[T comparable](list []word[T], is T) string {
	i := slices.IndexFunc(list, func(w word[T]) bool { return w.is == is })
	return list[max(i, 0)].zh
}

func (w *When) list() string {
	switch {
	case w == nil:
		return ""
	case len(w.Is) == 0:
		return w.Field
	}
	return w.Field + "=" + strings.Join(w.Is, ";")
}

func (f Field) codeList() string {
	out := make([]string, len(f.Codes))
	for i, c := range f.Codes {
		if out[i] = c; f.Shown[c] != "" {
			out[i] += "=" + f.Shown[c]
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return strings.Join(out, ";")
}

// uses returns the roles of a field in words.
func (s Standard) uses(code string) []string {
	r := s.Roles
	playing := [][]string{{r.USCC}, {r.RegNo}, {r.OrgCode}, {r.Name}, r.Key, r.Day, r.From, {r.Until}}
	var out []string
	for i, fields := range playing {
		if slices.Contains(fields, code) {
			out = append(out, useWords[i].zh)
		}
	}
	return out
}
