package work

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
	"zhixin/internal/web"
)

const reportHead = "统一社会信用代码,企业名称,年报年度,年报日期,企业经营状态\r\n"

// upload sends a file of annual reports.
func (b browser) upload(file string) answer {
	b.Helper()
	return b.send("/work/batches", "年报.csv", []byte(file), "kind", "annual-report")
}

// checked sees the batch of a page through.
func (o *office) checked(t *testing.T, page string) {
	t.Helper()
	if err := intake.Check(t.Context(), o.D, func() time.Time { return o.At }, strings.TrimPrefix(page, "/work/batches/")); err != nil {
		t.Fatal(err)
	}
}

func TestUploadIsSeenThroughWithItsProblems(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "reporter")
		file := reportHead + testcity.Code(0) + ",安庆甲机械有限公司,2025,2026-06-20,开业\r\n91340800MA2BAD0000,安庆坏机械有限公司,2025,2026-06-20,开业\r\n"
		a := b.upload(file)
		b.has("received", a, "尚未接收", "年报.csv")
		o.checked(t, a.at)
		b.has("still waiting", b.get(a.at), "待确认")
		taken := b.post(a.at+"/confirm", nil)
		b.has("taken", taken, "正在核验", `hx-trigger="every 1s"`, `<noscript><meta http-equiv="refresh" content="3"></noscript>`)
		o.checked(t, a.at)
		done := b.get(a.at)
		b.has("done", done, "核验完成", "共 2 行", "第 3 行", "下载问题行（Excel）", "下载 CSV", "■</span> 须改")
		book := b.get(a.at + "/problems.xlsx")
		if book.status != 200 || book.kind != xlsxType {
			t.Errorf("the workbook: %d %s", book.status, book.kind)
		}
		if strings.Contains(done.body, "hx-trigger") {
			t.Error("a finished batch is asked for again and again")
		}
		sheet := b.get(a.at + "/problems.csv")
		b.has("sheet", sheet, "91340800MA2BAD0000")
		if strings.Contains(sheet.body, testcity.Code(0)) || sheet.kind != web.SheetType {
			t.Errorf("the sheet holds good rows: %s", sheet.body)
		}
		b.has("sent again", b.upload(file), "没有重复计算")
		a = b.upload(reportHead + testcity.Code(1) + ",,2025,2026-06-20,开业\r\n")
		b.post(a.at+"/confirm", nil)
		o.checked(t, a.at)
		warned := b.get(a.at)
		b.has("only a warning", warned, "核验完成", "第 2 行", "有 1 行带提醒", "没有须改的行", "problems.xlsx", "△</span> 提醒")
		if strings.Contains(warned.body, "须改</span>") {
			t.Error("a remark is shown as an error")
		}
		if strings.Contains(warned.body, "problems.csv") {
			t.Error("a sheet without rows is offered")
		}
		if a := b.post("/work/batches", nil); a.status != 400 {
			t.Errorf("an upload without a file: %d", a.status)
		}
	})
}

func TestWhatWasReadIsShownBeforeItCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "reporter")
		file := "安庆市年报报送表,,,,,\r\n统一社会信用代码,企业名称,年报年度,年报日期,企业经营状态,经办人\r\n" +
			testcity.Code(0) + ",安庆甲机械有限公司,2025,2026年6月20日,开业,王<b>五\r\n" +
			"91340800MA2BAD0000,安庆坏机械有限公司,2025,2026-06-20,开业,王五\r\n合计,2,,,,\r\n"
		a := b.upload(file)
		b.has("preview", a, "文本，UTF-8 编码，以逗号分隔", "第 2 行。其上 1 行为标题或说明", "前 2 行中，可接收 1 行", "将退回 1 行", "读作 2026-06-20", "UNISCID",
			"经办人（F 列）", "有 1 行是合计或小计", "共 2 行")
		if strings.Contains(a.body, "王<b>五") {
			t.Error("a column that nobody reads is shown, and not even escaped")
		}
		english := b.get(a.at + "?lang=en")
		b.has("in English", english, "read as 2026-06-20", "take it in", "Unified social credit")
		b.get(a.at + "?lang=zh")
		b.has("to-dos", b.get("/work"), "待确认的文件", a.at)
		b.has("list", b.get("/work/batches"), "待确认", a.at)
		b.has("sent again", b.upload(file), "仍在等待确认", a.at+"/confirm")

		auditor := o.as(t, "audit")
		if got := auditor.get(a.at); got.status == 200 && strings.Contains(got.body, "/confirm") {
			t.Error("an auditor is asked to confirm")
		}
		for _, login := range []string{"audit", "counter"} {
			if got := o.as(t, login).post(a.at+"/confirm", nil); got.status != 403 {
				t.Errorf("%s confirms: %d", login, got.status)
			}
		}
		if got := b.post("/work/batches/nothing/confirm", nil); got.status != 404 {
			t.Errorf("what is not there is confirmed: %d", got.status)
		}

		gone := b.post(a.at+"/discard", nil)
		b.has("discarded", gone, "未接收", "任何内容都没有入库")
		if got := b.post(a.at+"/confirm", nil); got.status != 409 {
			t.Errorf("confirmed after that: %d", got.status)
		}
		if strings.Contains(b.get("/work").body, "待确认的文件") {
			t.Error("it is still to be done")
		}
		b.has("unreadable", b.upload("a,b\n1,2\n"), "无法读取", "找不到“年度报告”的表头", "没有入库")
	})
}

func TestTableIsPastedFromASpreadsheet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "reporter")
		b.has("the page", b.get("/work/batches"), `action="/work/batches/paste"`, `data-headings="统一社会信用代码`)
		paste := func(text string) answer {
			return b.post("/work/batches/paste", url.Values{"kind": {"annual-report"}, "text": {text}})
		}
		row := testcity.Code(0) + "\t\"安庆甲\r\n机械有限公司\"\t2025\t2026-06-20\t开业"
		a := paste(strings.ReplaceAll(strings.TrimSpace(reportHead), ",", "\t") + "\r\n" + row)
		b.has("pasted", a, "粘贴的表格.tsv", "以制表符分隔", "共 1 行", "安庆甲\n机械有限公司", "可接收")
		b.post(a.at+"/confirm", nil)
		o.checked(t, a.at)
		b.has("done", b.get(a.at), "核验完成", "共 1 行")
		if got := paste(" \r\n"); got.status != 400 || !strings.Contains(got.body, "没有粘贴任何内容") {
			t.Errorf("nothing pasted: %d", got.status)
		}
		long := strings.Repeat("一\t", 20_000)
		if got := paste(long); got.status != 413 || !strings.Contains(got.body, "超过 64 KB") || !strings.Contains(got.body, strings.TrimSpace(long)+"\t</textarea>") ||
			!strings.Contains(got.body, `value="annual-report" selected`) {
			t.Errorf("too much pasted is not given back: %d", got.status)
		}
		if got := paste(strings.Repeat("一\t", 1_000_000)); got.status != 413 || !strings.Contains(got.body, "您的原表不受影响") || strings.Contains(got.body, "一\t一") {
			t.Errorf("far too much pasted: %d %.300s", got.status, got.body)
		}
	})
}

func TestOnlyWhatADepartmentMayStateIsOfferedMostUsedFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.Tx(func(q db.Q) error {
			hash, err := org.HashPassword(password)
			if err != nil {
				return err
			}
			u, err := org.PutUser(t.Context(), q, credit.System("test"), o.At, org.User{Login: "tax", Name: "tax"}, hash)
			if err != nil {
				return err
			}
			day := credit.MustDate("2026-01-01")
			p, err := org.PutPost(t.Context(), q, credit.System("test"), o.At, org.Post{Department: "GGZY", Role: credit.Reporter, Title: "报送员", From: day})
			if err != nil {
				return err
			}
			return org.Assign(t.Context(), q, credit.System("test"), o.At, u.ID, p.ID, day, 0)
		})
		b := o.as(t, "tax")
		options := regexp.MustCompile(`<option value="([a-z-]+)"`)
		first := func() string { return options.FindStringSubmatch(b.get("/work/batches").body)[1] }
		for _, k := range catalog.All() {
			if offered := strings.Contains(b.get("/work/batches").body, `<option value="`+k.Name+`"`); offered != k.States("GGZY", false) {
				t.Errorf("%s is offered: %v", k.Name, offered)
			}
		}
		refused := b.post("/work/batches/paste", url.Values{"kind": {"annual-report"}, "text": {"统一社会信用代码\t年度\n" + testcity.Code(0) + "\t2025"}})
		if refused.status != 403 || !strings.Contains(refused.body, "由市场监督管理部门报送") || !strings.Contains(refused.body, testcity.Code(0)+"\t2025</textarea>") {
			t.Errorf("a kind of others: %d", refused.status)
		}
		if strings.Contains(b.get("/work/batches").body, testcity.Code(0)) {
			t.Error("something of it was kept")
		}
		if first() == "honour" {
			t.Fatal("honour is the first one as it is")
		}
		b.send("/work/batches", "荣誉.csv", []byte("a,b\n1,2\n"), "kind", "honour")
		if got := first(); got != "honour" {
			t.Errorf("the most used is not the first: %s", got)
		}
	})
}
