package intake_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
)

func catalogue(t testing.TB) *lang.Catalogue {
	t.Helper()
	c, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bomb is a workbook that unpacks to n bytes.
func bomb(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="a"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="sheet.xml"/></Relationships>`},
		{"xl/sheet.xml", ""},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
		for blanks := bytes.Repeat([]byte(" "), 1<<20); part[1] == "" && n > 0; n -= len(blanks) {
			if _, err := w.Write(blanks); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipped is a zip of one part.
func zipped(t testing.TB, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFileThatCannotBeReadFailsAsAWholeAndSaysWhy(t *testing.T) {
	good := string(file([][]string{penaltyHead, penalty(1, uscc(1)), penalty(2, uscc(2))}))
	head := strings.Join(penaltyHead, ",")
	sheet := workbook(t, [][]string{penaltyHead, penalty(1, uscc(1)), penalty(2, uscc(2))})
	twice := append([]string{"统一社会信用代码"}, penaltyHead...)
	tests := []struct {
		name, code string
		body       []byte
	}{
		{"empty", "sheet.empty", nil},
		{"truncated workbook", "sheet.damaged", sheet[:len(sheet)*2/3]},
		{"bomb", "sheet.unpacks_too_large", bomb(t, 1100<<20)},
		{"old workbook, broken", "sheet.damaged", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 EncryptedPackage")},
		{"PDF", "sheet.not_a_table", []byte("%PDF-1.7\n")},
		{"Word file", "sheet.not_a_table", zipped(t, "word/document.xml")},
		{"Excel's own web page", "sheet.web_page", []byte("<meta charset=gb2312><table><tr><td>行政相对人名称")},
		{"page", "sheet.web_page", []byte("<html><table></table></html>")},
		{"mark never closed", "sheet.unclosed_quote", []byte(good + "\"x,1\n" + good)},
		{"300,000 columns in a row", "sheet.too_many_columns", []byte(good + strings.Repeat("1,", 300000) + "\n")},
		{"no headings", "intake.no_header", []byte("1,2,3\n4,5,6\n")},
		{"headings only", "intake.no_rows", []byte(head + "\n")},
		{"heading twice", "catalog.duplicate_heading", file([][]string{twice, twice})},
		{"column missing", "intake.missing_columns", []byte("行政相对人名称,处罚机关\na,b\n")},
	}
	c := catalogue(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
		take(t, d, "enterprise", registry(0, 5))
		before := count(t, d, `SELECT COUNT(*) FROM record_record`)
		for _, tt := range tests {
			b := take(t, d, "penalty", tt.body)
			if b.State != intake.Failed || !fault.Is(b.Failure(), tt.code) || b.Received != 0 {
				t.Errorf("%s: %s, %v, %+v; want %s", tt.name, b.State, b.Failure(), b.Counts, tt.code)
				continue
			}
			for _, tag := range lang.Tags {
				if says := c.Fault(tag, b.Failure()); says == tt.code || strings.Contains(says, "{") {
					t.Errorf("%s in %s: %s", tt.name, tag, says)
				}
			}
			if again := take(t, d, "penalty", tt.body); again.ID != b.ID || again.State != intake.Failed {
				t.Errorf("%s sent again: %+v", tt.name, again)
			}
		}
		if n := count(t, d, `SELECT COUNT(*) FROM record_record`) - before; n != 0 {
			t.Errorf("%d records of files that failed", n)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'batch.failed'`); n != 2*len(tests) { // each was sent twice
			t.Errorf("%d leaves of failure, want %d", n, 2*len(tests))
		}
	})
}

func TestBadRowDoesNotSpoilTheOthers(t *testing.T) {
	row := func(change func(r []string)) []string {
		r := penalty(3, uscc(3))
		change(r)
		return r
	}
	tests := []struct {
		name, code string
		fate       intake.Fate
		row        []string
	}{
		{"NUL", "sheet.nul", intake.Rejected, row(func(r []string) { r[6] = "发布\x00广告" })},
		{"other encoding", "sheet.mixed_encoding", intake.Rejected, row(func(r []string) { r[6] = "\xb7\xa2\xb2\xbc\xd0\xe9\xbc\xd9\xb9\xe3\xb8\xe6" })},
		{"no text", "sheet.bad_encoding", intake.Rejected, row(func(r []string) { r[6] = "\xff\xff" })},
		{"no day", "catalog.bad_date", intake.Rejected, row(func(r []string) { r[12] = "去年" })},
		{"unknown code", "catalog.unknown_code", intake.Rejected, row(func(r []string) { r[1] = "外星人" })},
		{"wrong check character", "credit.uscc_check", intake.Rejected, row(func(r []string) { r[2] = uscc(3)[:17] + "0" })},
		{"slipped", "intake.row_too_wide", intake.Rejected, append(penalty(3, uscc(3)), "", "多余")},
		{"masked", "intake.subject_masked", intake.Held, row(func(r []string) { r[2] = "913408******000003" })},
		{"nobody's", "intake.subject_unknown", intake.Held, row(func(r []string) { r[2] = uscc(77) })},
		{"shop without code yet", "intake.subject_without_code", intake.Held, row(func(r []string) {
			r[0], r[1], r[2] = "安庆市未登记小吃店", "个体工商户", "00000000000000000X"
		})},
		{"person", "intake.natural_person", intake.Held, person(3, " 自然人")},
	}
	c := catalogue(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		for _, tt := range tests {
			b := take(t, d, "penalty", file([][]string{{"行政处罚信息报送表"}, penaltyHead, penalty(1, uscc(1)), tt.row, penalty(2, uscc(2))}))
			if b.State != intake.Done || b.Received != 3 || b.Accepted+b.Duplicate != 2 {
				t.Errorf("%s: %s, %v, %+v", tt.name, b.State, b.Failure(), b.Counts)
				continue
			}
			err := d.View(ctx, func(q db.Q) error {
				page, err := intake.ProblemsPage(ctx, q, everyone, b.ID, 0, 10)
				if err != nil {
					return err
				}
				if len(page) != 1 || page[0].Row != 4 || page[0].Fate != tt.fate {
					t.Errorf("%s: %+v", tt.name, page)
					return nil
				}
				var codes []string
				for _, p := range page[0].Problems {
					codes = append(codes, p.Code)
					for _, tag := range lang.Tags {
						if says := p.Say(c, tag) + p.Mend(c, tag); strings.Contains(says, "{") || strings.Contains(says, p.Code) {
							t.Errorf("%s in %s: %s", tt.name, tag, says)
						}
					}
				}
				if !strings.Contains(" "+strings.Join(codes, " ")+" ", " "+tt.code+" ") {
					t.Errorf("%s: %v, want %s", tt.name, codes, tt.code)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOfTooManyProblemsTheRestIsOnlyCounted(t *testing.T) {
	const n = intake.ProblemLimit + 1234
	var body strings.Builder
	body.WriteString("统一社会信用代码,企业名称,年报年度,年报日期\n")
	for i := range n {
		fmt.Fprintf(&body, "x%d,某某公司,2025,2026-03-05\n", i)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "annual-report", []byte(body.String()))
		if b.State != intake.Done || b.Rejected != n || b.Listed != intake.ProblemLimit || b.Unlisted != 1234 {
			t.Errorf("%s %v: %+v, %d listed, %d not", b.State, b.Failure(), b.Counts, b.Listed, b.Unlisted)
		}
		if got := count(t, d, `SELECT COUNT(*) FROM intake_problem`); got != intake.ProblemLimit {
			t.Errorf("%d are kept", got)
		}
		if len(b.Notes) != 1 || b.Notes[0].Code != "intake.too_many_problems" {
			t.Errorf("the batch does not say so: %v", b.Notes)
		}
	})
}

func TestSheetsThatWereNotReadAreNamed(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(workbook(t, [][]string{penaltyHead, penalty(1, uscc(1))})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("二月"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("二月", "A1", "行政相对人名称"); err != nil {
		t.Fatal(err)
	}
	body, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "penalty", body.Bytes())
		if len(b.Notes) != 1 || b.Notes[0].Code != "sheet.other_sheets" || b.Notes[0].Args[0] != "二月" {
			t.Errorf("%s %v: %+v", b.State, b.Failure(), b.Notes)
		}
	})
}
