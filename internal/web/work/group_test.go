package work

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"zhixin/internal/calendar"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/testcity"
)

func TestRunIsExaminedByOneAndDecidedByAnotherAfterAsking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		officer.has("to-dos", officer.get("/work"), run, "2025 年度未年报批次（3 户）", "剩 9 个工作日")
		officer.has("look", officer.get(run), "一并核查 3 件", "安庆甲机械有限公司")
		if strings.Contains(officer.get(run).body, `name="opinion"`) {
			t.Error("one click would do it")
		}
		officer.has("ask", officer.get(run+"?do=examine"), "将为 3 件案件", `name="opinion"`)
		if a := approver.get(run + "?do=examine"); strings.Contains(a.body, `name="opinion"`) {
			t.Error("the approver is offered to examine")
		}
		officer.has("done", officer.post(run, url.Values{"do": {"examine"}, "opinion": {"经核查，建议列入。"}}), "已提交 3 件")
		if a := officer.post(run, url.Values{"do": {"approve"}, "opinion": {"同意。"}}); a.status != 403 {
			t.Errorf("the officer decides: %d", a.status)
		}
		approver.has("ask", approver.get(run+"?do=approve"), "此操作不能撤回")
		approver.has("done", approver.post(run, url.Values{"do": {"approve"}, "opinion": {"同意。"}}), "已批准 3 件")
		approver.has("nothing left", approver.get("/work"), "没有等待您办理的事项")
		approver.has("what changed", approver.get("/work"), "列入经营异常名录（2025 年度）")
	})
}

func TestNoticeIsGivenByTheOfficerAfterAsking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		if err := o.flow.Due(t.Context(), july); err != nil {
			t.Fatal(err)
		}
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		officer.has("to-dos", officer.get("/work"), run, "2025 年度未年报批次（3 户）", "发布公告")
		officer.has("look", officer.get(run), "发布公告，告知 3 户")
		officer.has("ask", officer.get(run+"?do=notice"), "名单列明 3 户", "确认发布公告，告知 3 户")
		if a := approver.get(run + "?do=notice"); strings.Contains(a.body, "确认发布公告") {
			t.Error("the approver is offered to give notice")
		}
		if a := approver.post(run, url.Values{"do": {"notice"}}); a.status != 403 {
			t.Errorf("the approver gives notice: %d", a.status)
		}
		officer.has("done", officer.post(run, url.Values{"do": {"notice"}}), "公告已发布，已告知 3 户", "一并核查 3 件")
		if a := officer.post(run, url.Values{"do": {"notice"}}); a.status != 409 {
			t.Errorf("a second notice: %d", a.status)
		}
	})
}

// An approver who has examined one case of the run decides the others, and reads what was left and why.
func TestPageSaysWhatOfARunWasLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		both, officer := o.as(t, "both"), o.as(t, "officer")
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(both.get("/work/cases").body)
		both.has("examined", both.post(link+"/examine", url.Values{"opinion": {"查实"}}))
		officer.has("the others", officer.post(run, url.Values{"do": {"examine"}, "opinion": {"查实"}}), "已提交 2 件")
		other := regexp.MustCompile(`name="post" value="([^"]+)"`).FindStringSubmatch(both.get("/work").body)
		both.post("/work/post", url.Values{"post": {other[1]}})
		both.has("left", both.post(run, url.Values{"do": {"approve"}, "opinion": {"同意。"}}), "已批准 2 件", "1 件您提出或者核查过")
		both.has("afterwards", both.get(run), "须由另一名审批人审批")
	})
}

// A wrong listing is taken back from its case: an officer says why, another examines, a third person decides, a paper says it.
func TestWrongListingIsRescindedFromItsCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		officer.post(run, url.Values{"do": {"examine"}, "opinion": {"查实"}})
		approver.post(run, url.Values{"do": {"approve"}, "opinion": {"同意。"}})
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(officer.get("/work/cases?state=approved").body)
		officer.has("the listing", officer.get(link), "这次列入有误")
		if a := approver.get(link); strings.Contains(a.body, "这次列入有误") {
			t.Error("an approver is offered to ask for it")
		}
		if a := officer.post(link+"/rescind", url.Values{"reason": {" "}}); a.status != 400 {
			t.Errorf("without a reason: %d", a.status)
		}
		opened := officer.post(link+"/rescind", url.Values{"reason": {"年度报告已按期公示，系统漏采"}})
		officer.has("opened", opened, "已立案", "撤销列入经营异常名录", "年度报告已按期公示，系统漏采", "提交核查意见")
		wrong := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(opened.at)
		officer.has("examined", officer.post(wrong+"/examine", url.Values{"opinion": {"属实"}}), "须由另一名审批人审批")
		done := approver.post(wrong+"/decide", url.Values{"verdict": {"approve"}, "opinion": {"同意。"}})
		approver.has("decided", done, "宜市监异更〔2026〕第1号", "年度报告已按期公示，系统漏采", "第十六条")
		officer.has("the listing afterwards", officer.get(link), "已撤销（宜市监异入〔2026〕第")
		if a := officer.get(link); strings.Contains(a.body, "这次列入有误") {
			t.Error("it can be rescinded twice")
		}
		if a := officer.post(link+"/rescind", url.Values{"reason": {"再次"}}); a.status != 409 {
			t.Errorf("rescinded twice: %d", a.status)
		}
	})
}

func TestRefusedCaseIsReopenedWithAReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(officer.get("/work/cases").body)
		officer.post(link+"/examine", url.Values{"opinion": {"查实"}})
		approver.post(link+"/decide", url.Values{"verdict": {"refuse"}, "opinion": {"证据不足"}})
		officer.has("refused", officer.get(link), "重新办理这个事项")
		again := officer.post(link+"/reopen", url.Values{"reason": {"已补充证据"}})
		officer.has("again", again, "已重新立案", "已补充证据", "等待公告告知")
		officer.has("its notice", officer.get(run), "发布公告，告知 1 户")
	})
}

func TestClosedCaseSaysWhyByName(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer := o.as(t, "officer")
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(officer.get("/work/cases?q=" + testcity.Code(0)).body)
		o.Register(testcity.Code(0), "安庆甲机械有限公司", map[string]string{"ESTDATE": "2025-03-01", "REGSTATE": "deregistered", "ENDDATE": "2026-07-01"})
		o.Number()
		if err := o.flow.CatchUp(t.Context(), o.At); err != nil {
			t.Fatal(err)
		}
		officer.has("closed", officer.get(link), "终结，未作决定", "安庆甲机械有限公司的事由已不存在")
	})
}

// Without the holidays of a year the desk still opens, and says which year is missing.
func TestDeskOpensWithoutHolidays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		none, err := calendar.Load(strings.NewReader("year,date,name,is_off_day\n"))
		if err != nil {
			t.Fatal(err)
		}
		o.flow.Cal = none
		o.due(t)
		officer := o.as(t, "officer")
		const open = "期限待定：2026 年节假日安排尚未导入"
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(officer.get("/work/cases").body)
		for _, page := range []string{"/work", "/work/cases", run, link} {
			officer.has(page, officer.get(page), open)
		}
	})
}
