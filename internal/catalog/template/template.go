// Package template writes the spreadsheets that people fill in: for each kind of record its columns with drop-downs, comments
// and an example; the list of fields from which an administrator makes a new kind; and the rows of a file that go back to be
// mended. What may stand in a column comes from the standard.
package template

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/catalog"
)

// Sheet is the name of the worksheet that is filled in; codes is the one with code lists too long for a cell's rule.
const (
	Sheet = "填报"
	codes = "代码集"
)

// last is the last row that drop-downs cover, and formatted as text where a spreadsheet would spoil numbers.
const last = 20000

// asText is the built-in format @.
const asText = 49

// dropMost is how long, in characters, a list may be that a rule holds itself.
const dropMost = 255

// book is a workbook on its way.
type book struct {
	*excelize.File
	sheet string
	head  map[catalog.Need]int // styles of headings
	text  int
	grey  int
	lists int // columns used in the sheet of code lists
	err   error
}

func newBook() *book {
	b := &book{File: excelize.NewFile(), sheet: Sheet, head: map[catalog.Need]int{}}
	b.do(b.SetSheetName("Sheet1", Sheet))
	colours := map[catalog.Need]string{catalog.Must: "F8CBAD", catalog.Sometimes: "FFE699", catalog.Should: "DDEBF7", catalog.May: "F2F2F2"}
	for need, colour := range colours {
		b.head[need] = b.style(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	}
	b.text = b.style(&excelize.Style{NumFmt: asText})
	b.grey = b.style(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Italic: true, Color: "7F7F7F"}})
	return b
}

// do keeps the first error, so that the writing of a sheet reads as what it writes.
func (b *book) do(err error) {
	if b.err == nil && err != nil {
		b.err = fmt.Errorf("template: %w", err)
	}
}

func (b *book) style(s *excelize.Style) int {
	id, err := b.NewStyle(s)
	b.do(err)
	return id
}

func (b *book) column(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	b.do(err)
	return name
}

// drop offers a list of words in the cells of a column.
func (b *book) drop(column string, from int, words []string, strict bool) {
	rule := excelize.NewDataValidation(true)
	rule.SetSqref(fmt.Sprintf("%s%d:%s%d", column, from, column, last))
	if list := strings.Join(words, ","); utf8.RuneCountInString(list) <= dropMost && !strings.ContainsAny(list, "\"&<>") && !commas(words) {
		b.do(rule.SetDropList(words))
	} else {
		rule.SetSqrefDropList(b.list(words))
	}
	if strict {
		rule.SetError(excelize.DataValidationErrorStyleStop, "不在可填范围 / Not in the list", "请从下拉列表中选择。Please choose from the list.")
	}
	b.do(b.AddDataValidation(b.sheet, rule))
}

func commas(words []string) bool {
	for _, w := range words {
		if strings.Contains(w, ",") {
			return true
		}
	}
	return false
}

// list writes words into the hidden sheet of code lists and returns where they are.
func (b *book) list(words []string) string {
	if b.lists == 0 {
		_, err := b.NewSheet(codes)
		b.do(err)
		b.do(b.SetSheetVisible(codes, false))
	}
	column := b.column(b.lists)
	b.lists++
	for i, w := range words {
		b.do(b.SetCellStr(codes, column+strconv.Itoa(i+1), w))
	}
	return fmt.Sprintf("'%s'!$%s$1:$%s$%d", codes, column, column, len(words))
}

// heading writes a heading with its comment.
func (b *book) heading(cell, name string, need catalog.Need, remark string) {
	b.do(b.SetCellStr(b.sheet, cell, name))
	b.do(b.SetCellStyle(b.sheet, cell, cell, b.head[need]))
	if remark != "" {
		b.do(b.AddComment(b.sheet, excelize.Comment{Cell: cell, Author: "质信", Text: remark, Width: 320, Height: 160}))
	}
}

func (b *book) write(w io.Writer) error {
	if b.err == nil {
		b.do(b.File.Write(w))
	}
	b.do(b.Close())
	return b.err
}

// Write writes the template of a kind: a heading row with what each column means, an example row that intake passes over, and
// drop-downs below it. Columns of numbers are text, or a spreadsheet would turn codes into powers of ten.
func Write(w io.Writer, k catalog.Kind) error {
	b := newBook()
	at := 0
	for i, item := range k.Entry().Fields {
		if k.Fields[i].Old {
			continue
		}
		column, width := b.column(at), 2*float64(min(utf8.RuneCountInString(item.Name), 14))+4
		at++
		b.do(b.SetColStyle(b.sheet, column, b.text))
		b.do(b.SetColWidth(b.sheet, column, column, max(width, 14)))
		b.heading(column+"1", item.Name, item.Need, Remark(item))
		b.do(b.SetCellStr(b.sheet, column+"2", item.Example))
		b.do(b.SetCellStyle(b.sheet, column+"2", column+"2", b.grey))
		if item.Type == catalog.Choice {
			b.drop(column, 3, item.Codes, true)
		}
	}
	first, err := b.GetCellValue(b.sheet, "A2")
	b.do(err)
	b.do(b.SetCellStr(b.sheet, "A2", catalog.ExampleMark+first))
	b.do(b.SetPanes(b.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	return b.write(w)
}

// The words of types and needs, Chinese and English: a template is read by both.
var (
	typeWords = map[catalog.Type]string{catalog.Text: "文本 text", catalog.Code: "号码 identifier", catalog.Date: "日期 date，如 2026-03-05",
		catalog.Wan: "金额 amount（万元）", catalog.Number: "整数 whole number", catalog.Choice: "单选 one of", catalog.Kinds: "多选 one or several of"}
	needWords = map[catalog.Need]string{catalog.Must: "必填 mandatory", catalog.Sometimes: "有条件必填 mandatory under a condition", catalog.Should: "应填 expected",
		catalog.May: "选填 optional"}
	classWords = map[catalog.Class]string{catalog.Public: "公开 public", catalog.Internal: "政务共享 shared in government", catalog.Department: "本部门 own department",
		catalog.Personal: "个人信息，不公开 personal, never public"}
)

// Remark returns the comment on a heading: what the field is, how long, whether mandatory, who sees it.
func Remark(item catalog.EntryItem) string {
	lines := []string{item.Name + " " + item.English + "（" + item.Code + "）", needWords[item.Need] + " · " + typeWords[item.Type]}
	switch item.Type {
	case catalog.Text, catalog.Code:
		lines = append(lines, fmt.Sprintf("不超过 %d 个字 at most %d characters", item.Length, item.Length))
	case catalog.Choice, catalog.Kinds:
		lines = append(lines, strings.Join(item.Codes, "；"))
	}
	lines = append(lines, classWords[item.Class])
	for _, more := range []string{item.When, item.WhenEnglish, item.Help, item.HelpEnglish} {
		if more != "" && more != lines[len(lines)-1] {
			lines = append(lines, more)
		}
	}
	return strings.Join(lines, "\n")
}

// FieldList writes rows of a list of fields (catalog.ReadFieldList) with drop-downs for the words that its columns know. With
// rows of an existing standard it is a beginning for another.
func FieldList(w io.Writer, rows [][]string) error {
	b := newBook()
	for i, row := range rows {
		heading := len(row) > 2 && row[0] == catalog.ListColumns[0]
		for j, cell := range row {
			at := b.column(j) + strconv.Itoa(i+1)
			if heading {
				b.heading(at, cell, catalog.May, "")
				if words := catalog.ListWords(cell); words != nil {
					b.drop(b.column(j), i+2, words, cell != catalog.ListColumns[10]) // uses may be several
				}
				continue
			}
			b.do(b.SetCellStr(b.sheet, at, cell))
		}
	}
	b.do(b.SetColWidth(b.sheet, "A", b.column(len(catalog.ListColumns)-1), 18))
	return b.write(w)
}
