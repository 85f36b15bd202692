package document

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

const verifyURL = "https://zhixin.example/verify?paper=3f2a9c01d4e5b6a7c8d9"

func paper(t *testing.T, template, name string) Paper {
	t.Helper()
	if _, err := fs.Stat(fonts, "font/NotoSansSC-Regular.ttf"); errors.Is(err, fs.ErrNotExist) {
		dbtest.Skip(t, "no fonts: run make assets")
	}
	o := office{Department: org.Department{Name: "安庆市市场监督管理局", Reconsideration: "安庆市人民政府", Court: "安庆市迎江区人民法院"}}
	dr := draft(template, "SCJG", "1", day)
	dr.Fields["name"] = name
	title, body, err := write(dr, o, "宜市监异入〔2026〕第12号")
	must(t, err)
	return Paper{ID: "x", Title: title, Number: body.Text(Number), Day: day, Body: body, Hash: strings.Repeat("4f", 32), Issued: noon}
}

func TestPDFIsTheSameEveryTime(t *testing.T) {
	p := paper(t, AbnormalListing, "安庆振风机械有限公司")
	first, err := PDF(p, verifyURL)
	must(t, err)
	time.Sleep(time.Second) // a clock that crept in would show
	again, err := PDF(p, verifyURL)
	must(t, err)
	if !bytes.Equal(first, again) {
		t.Error("the same paper printed twice differs")
	}
}

func TestPDFSaysWhatThePaperSays(t *testing.T) {
	for _, template := range []string{AbnormalAnnouncement, AbnormalListing, AbnormalRemoval, AbnormalRescission} {
		p := paper(t, template, "安庆振风ABC机械(集团)有限公司")
		if got := strings.ReplaceAll(printed(t, p), "（此处用印）", ""); !strings.Contains(got, squeeze(plainText(p.Body))) {
			t.Errorf("%s: printed %s\nwant %s", template, got, squeeze(plainText(p.Body)))
		}
	}
}

func TestMissingCharacterIsNamedNotLost(t *testing.T) {
	got := printed(t, paper(t, AbnormalListing, "安庆\U00020BB7野餐饮有限公司"))
	if !strings.Contains(got, "安庆〓野餐饮有限公司") || !strings.Contains(got, "U+20BB7") {
		t.Errorf("printed %s", got)
	}
}

func TestSealedPaperSaysSo(t *testing.T) {
	p := paper(t, AbnormalListing, "甲")
	if got := printed(t, p); !strings.Contains(got, "此处用印") {
		t.Errorf("printed %s", got)
	}
	p.SealedOn, p.SealedHow = credit.MustDate("2026-07-10"), "electronic"
	if got := printed(t, p); strings.Contains(got, "此处用印") || !strings.Contains(got, "已于2026年7月10日加盖电子印章") {
		t.Errorf("printed %s", got)
	}
}

func TestAnnexRunsOverPages(t *testing.T) {
	p := paper(t, AbnormalAnnouncement, "甲")
	rows := [][]string{{"序号", "企业名称", "统一社会信用代码"}}
	for range 120 {
		rows = append(rows, []string{"1", strings.Repeat("安庆市某某机械制造", 4) + "有限公司", "91340811MA2N1KXG3T"})
	}
	p.Body.Blocks = append(p.Body.Blocks, Block{Role: Annex, Text: "附件", Rows: rows})
	got := printed(t, p)
	if n := strings.Count(got, "91340811MA2N1KXG3T"); n != 120 {
		t.Errorf("%d of 120 rows", n)
	}
	if n := strings.Count(got, "企业名称"); n < 4 {
		t.Errorf("the heading stands on %d pages", n)
	}
}

func TestWithoutFontsThereIsAFaultNotAnEmptyPaper(t *testing.T) {
	if _, err := fs.Stat(fonts, "font/NotoSansSC-Regular.ttf"); err == nil {
		return // this build has them
	}
	if _, err := PDF(Paper{}, verifyURL); !fault.Is(err, "document.no_font") {
		t.Error(err)
	}
}

// printed returns the text of the printed paper without blanks and without what stands below every page.
func printed(t *testing.T, p Paper) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		dbtest.Skip(t, "no pdftotext")
	}
	raw, err := PDF(p, verifyURL)
	must(t, err)
	path := filepath.Join(t.TempDir(), "p.pdf")
	must(t, os.WriteFile(path, raw, 0o600))
	out, err := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", path, "-").Output()
	must(t, err)
	return squeeze(string(out))
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestWrappingLosesNothing(t *testing.T) {
	pieces := []string{"市", "场", "监", "。", "\uff0c", "《", "》", "\uff08", "\uff09", "〔2026〕", "第12号", " ", "ABC", "91340811MA2N1KXG3T", "https://a.b/c", "6", "、", "——", "“", "”", "\u3000"}
	measure := func(s string) float64 {
		w := 0.0
		for _, r := range s {
			if r < 0x2000 {
				w += 5
			} else {
				w += 10
			}
		}
		return w
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 80).Draw(t, "text"), "")
		width := rapid.Float64Range(20, 300).Draw(t, "width")
		lines := wrap(text, width, measure)
		if got := strings.Join(lines, ""); got != text {
			t.Fatalf("%q became %q", text, got)
		}
		for _, line := range lines {
			if measure(strings.TrimRight(line, " \u3000")) > width+1e-9 {
				t.Fatalf("%q is wider than %v", line, width)
			}
		}
	})
}

func TestLinesBreakAsChineseDoes(t *testing.T) {
	measure := func(s string) float64 { return float64(len([]rune(s))) }
	for _, c := range []struct {
		name, in string
		width    float64
		want     []string
	}{
		{"no stop begins a line", "一二三四五。六", 5, []string{"一二三四", "五。六"}},
		{"no bracket ends a line", "一二三四《五六》", 5, []string{"一二三四", "《五六》"}},
		{"a word stays whole", "一二ABC三", 4, []string{"一二", "ABC三"}},
		{"a number stays whole", "于2026年", 4, []string{"于", "2026", "年"}},
		{"too long is cut", "ABCDEFGHIJ", 4, []string{"ABCD", "EFGH", "IJ"}},
		{"nothing", "", 4, nil},
	} {
		if got := wrap(c.in, c.width, measure); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
