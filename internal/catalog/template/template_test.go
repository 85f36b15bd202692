package template_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/catalog"
	"zhixin/internal/catalog/template"
)

// book writes a workbook and opens it again.
func book(t *testing.T, write func(b *bytes.Buffer) error) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestATemplateSaysWhatEveryColumnMeans(t *testing.T) {
	for _, k := range catalog.All() {
		f := book(t, func(b *bytes.Buffer) error { return template.Write(b, k) })
		rows, err := f.GetRows(template.Sheet)
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %d rows, %v", k.Name, len(rows), err)
		}
		columns, problems := k.Columns(rows[0])
		if len(problems) > 0 || len(columns) != len(rows[0]) {
			t.Errorf("%s: the headings are not the standard's own: %v %v", k.Name, problems, rows[0])
		}
		if !catalog.IsExample(rows[1]) {
			t.Errorf("%s: the example is not marked: %s", k.Name, rows[1][0])
		}
		said, err := f.GetComments(template.Sheet)
		if err != nil || len(said) != len(rows[0]) {
			t.Errorf("%s: %d comments on %d headings, %v", k.Name, len(said), len(rows[0]), err)
		}
		rules, err := f.GetDataValidations(template.Sheet)
		choices := 0
		for _, field := range k.Fields {
			if field.Type == catalog.Choice && !field.Old {
				choices++
			}
		}
		if err != nil || len(rules) != choices {
			t.Errorf("%s: %d drop-downs for %d code lists, %v", k.Name, len(rules), choices, err)
		}
	}
}

func TestACommentTellsLengthNeedAndClass(t *testing.T) {
	k, err := catalog.Of("licence")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range k.Entry().Fields {
		text := template.Remark(item)
		switch item.Code {
		case "XK_WSH":
			for _, want := range []string{"必填 mandatory", "不超过 128 个字", "公开 public", "没有文书号的填许可编号。"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %s", want, text)
				}
			}
		case "XK_XDR_SHXYM":
			if !strings.Contains(text, "有条件必填") {
				t.Errorf("R01 makes it mandatory: %s", text)
			}
		case "XK_XDR_ZJHM":
			if !strings.Contains(text, "never public") {
				t.Errorf("a person's number: %s", text)
			}
		}
	}
}

func TestALongCodeListStandsInItsOwnSheet(t *testing.T) {
	k, err := catalog.Of("honour")
	if err != nil {
		t.Fatal(err)
	}
	var long []string
	for i := range 60 {
		long = append(long, strings.Repeat("市", 5)+string(rune('一'+i)))
	}
	i := slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Code == "HONLEVEL" })
	k.Fields = slices.Clone(k.Fields)
	k.Fields[i].Codes = long
	f := book(t, func(b *bytes.Buffer) error { return template.Write(b, k) })
	rules, err := f.GetDataValidations(template.Sheet)
	if err != nil || len(rules) != 1 || !strings.Contains(rules[0].Formula1, "代码集") {
		t.Errorf("%v %v", rules, err)
	}
}

func TestAFieldListIsReadAsItIsWritten(t *testing.T) {
	for _, k := range catalog.All() {
		f := book(t, func(b *bytes.Buffer) error { return template.FieldList(b, k.FieldList()) })
		rows, err := f.GetRows(template.Sheet)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := catalog.ReadFieldList(rows)
		if len(problems) > 0 && k.Name != "enterprise" { // which has no key: a subject has one registration
			t.Errorf("%s: %v", k.Name, problems)
		}
		key := slices.Sorted(slices.Values(k.Roles.Key))
		if s.Name != k.Name || len(s.Fields) != len(k.Fields) || !slices.Equal(s.Roles.Key, key) || s.Regulators != k.Regulators {
			t.Errorf("%s is read as %s with %d fields, %+v", k.Name, s.Name, len(s.Fields), s.Roles)
		}
		for i, field := range s.Fields {
			was := k.Fields[i]
			if field.Code != was.Code || field.Type != was.Type || field.Length != was.Length || field.Mandatory != was.Mandatory ||
				field.Class != was.Class || !slices.Equal(field.Codes, was.Codes) || (field.When == nil) != (was.When == nil) {
				t.Errorf("%s: %+v is read as %+v", k.Name, was, field)
			}
		}
	}
}
