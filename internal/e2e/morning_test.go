package e2e_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A clerk's morning: she takes the template of licences, fills two rows in, sends the file, looks at how it was read, mends what came
// back, sends the mended file, and withdraws a licence that was revoked; by the telephone's page too she finds what she has sent.
func clerksMorning(t *testing.T, s stage) {
	party := blameless(s.city)
	clerk := s.employee(t, s.city, "chenjing")
	clerk.follow(".zx-nav a[href='/work/batches']")
	clerk.click("main details summary")
	name, blank := clerk.downloads("a[href='/work/templates/licence.xlsx']")
	if name != "licence.xlsx" {
		t.Errorf("the template is called %q", name)
	}
	first := licence(party, "宜市监许准〔2026〕90101号", "2026-09-21")
	second := licence(party, "宜市监许准〔2026〕90102号", "2026-09-31")
	sent := func(file string) {
		clerk.open("/work/batches")
		send(clerk, "licence", file)
	}
	sent(save(t, "行政许可.xlsx", filled(t, blank, first, second)))
	clerk.reads("共 2 行", "将退回 1 行", "2026-09-31")
	confirm(clerk)
	counted(clerk, map[string]string{"新入库": "1", "更新原有": "0", "与原有相同": "0", "退回": "1", "未匹配到主体": "0"})

	_, problems := clerk.downloads("a[href$='/problems.xlsx']")
	sent(save(t, "行政许可（改）.xlsx", replaced(t, problems, "2026-09-31", "2026-09-30")))
	confirm(clerk)
	counted(clerk, map[string]string{"新入库": "1", "更新原有": "0", "与原有相同": "0", "退回": "0", "未匹配到主体": "0"})
	sent(save(t, "行政许可（全）.xlsx", filled(t, blank, first, licence(party, "宜市监许准〔2026〕90102号", "2026-09-30"))))
	confirm(clerk)
	counted(clerk, map[string]string{"新入库": "0", "更新原有": "0", "与原有相同": "2", "退回": "0", "未匹配到主体": "0"})

	clerk.open("/work/records?kind=licence")
	clerk.fill("#q", "90101")
	clerk.follow(".zx-filter button")
	clerk.reads("宜市监许准(2026)90101号", party.Name, "有效")
	clerk.look("records-licence")
	clerk.follow("main table a[href^='/work/records/withdraw']")
	clerk.look("withdraw")
	clerk.choose("#reason", "revoked")
	clerk.do("say why", evaluateNothing(`document.querySelector("#note").value = "许可决定已撤销"`))
	clerk.follow("main form button")
	clerk.reads("宜市监许准(2026)90101号", "已撤回")
	clerk.look("withdrawn")
	if clerk.has("main table a[href^='/work/records/withdraw']") {
		t.Error("what is withdrawn can be withdrawn again")
	}
}

// licence is a row of the template by its headings.
func licence(party enterprise, number, decided string) map[string]string {
	return map[string]string{"行政相对人名称": party.Name, "行政相对人类别": "法人及非法人组织", "行政相对人代码_1（统一社会信用代码）": party.USCC, "法定代表人": "王小明",
		"行政许可决定文书名称": "准予行政许可决定书", "行政许可决定文书号": number, "许可类别": "普通", "许可证书名称": "全国工业产品生产许可证", "许可编号": "XK06-001-90101",
		"许可内容": "危险化学品包装物、容器", "许可决定日期": decided, "有效期自": "2026-10-01", "有效期至": "2031-09-30", "许可机关": "安庆市市场监督管理局", "当前状态": "有效",
		"数据来源单位": "安庆市市场监督管理局"}
}

// filled fills rows into a template, below its example, as a person would.
func filled(t *testing.T, template []byte, rows ...map[string]string) []byte {
	t.Helper()
	return edited(t, template, func(f *excelize.File) error {
		sheet := f.GetSheetList()[0]
		have, err := f.GetRows(sheet)
		if err != nil {
			return err
		}
		for i, row := range rows {
			for heading, value := range row {
				column := slices.Index(have[0], heading)
				if column < 0 {
					return fmt.Errorf("the template has no column %q: %q", heading, have[0])
				}
				at, err := excelize.CoordinatesToCellName(column+1, len(have)+1+i)
				if err != nil {
					return err
				}
				if err := f.SetCellStr(sheet, at, value); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// replaced replaces every cell of a workbook that holds old.
func replaced(t *testing.T, book []byte, old, with string) []byte {
	t.Helper()
	return edited(t, book, func(f *excelize.File) error {
		sheet := f.GetSheetList()[0]
		found, err := f.SearchSheet(sheet, old)
		if err != nil || len(found) == 0 {
			return fmt.Errorf("no cell holds %q: %w", old, err)
		}
		for _, at := range found {
			if err := f.SetCellStr(sheet, at, with); err != nil {
				return err
			}
		}
		return nil
	})
}

func edited(t *testing.T, book []byte, edit func(*excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := edit(f); err != nil {
		t.Fatal(err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
