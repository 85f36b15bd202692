package api

import (
	"archive/zip"
	"bytes"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// workbook returns an xlsx file with one sheet of these rows.
func workbook(t *testing.T, rows string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestACodeThatLostItsDigitsIsNotAskedFor(t *testing.T) {
	tests := []struct {
		name string
		raw  []byte
		want string
	}{
		{"a good one", []byte("uscc\n91340800MA20000014\n"), ""},
		{"a power of ten", []byte("uscc\n9.13408E+17\n"), "catalog.spoiled_number"},
		{"a number of a spreadsheet", workbook(t, `<row r="1"><c r="A1" t="str"><v>uscc</v></c></row><row r="2"><c r="A2"><v>913408001234567890</v></c></row>`),
			"sheet.number_rounded"},
		{"the same in a column that nobody reads", workbook(t, `<row r="1"><c r="A1" t="str"><v>uscc</v></c></row>`+
			`<row r="2"><c r="A2" t="str"><v>91340800MA20000014</v></c><c r="B2"><v>913408001234567890</v></c></row>`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked, err := checksOfTable(tt.raw, credit.Procurement)
			if err != nil || len(asked) != 1 {
				t.Fatalf("%+v, %v", asked, err)
			}
			if _, code := fault.Of(asked[0].wrong); asked[0].wrong == nil && tt.want != "" || asked[0].wrong != nil && code != tt.want {
				t.Errorf("got %v, want %q", asked[0].wrong, tt.want)
			}
		})
	}
}
