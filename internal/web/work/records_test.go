package work

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
)

func TestARecordIsFoundAndWithdrawnWithItsClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.Penalise(enterprise.Key(testcity.Code(0)), "宜市监罚〔2026〕1号", nil)
		b := o.as(t, "reporter")
		list := b.get("/work/records?kind=penalty&q=" + testcity.Code(0))
		b.has("the list", list, "宜市监罚", "安庆甲机械有限公司", "有效", "/work/records/withdraw?")
		to := "/work/records/withdraw?kind=penalty&key=" + url.QueryEscape("宜市监罚〔2026〕1号")
		b.has("the form", b.get(to), "经复议或者诉讼撤销", "不必撤回", `href="/work/batches?kind=penalty"`)
		form := url.Values{"kind": {"penalty"}, "key": {"宜市监罚〔2026〕1号"}, "reason": {"revoked"}, "learnt": {"2026-06-22"}, "note": {"复议决定"}}
		b.has("after it", b.post("/work/records/withdraw", form), "2026-06-25", "已逾期", "已撤回", "逾期")
		if got := b.get(to); got.status != http.StatusConflict {
			t.Errorf("the form for what is withdrawn: %d", got.status)
		}
		if got := o.as(t, "away").get("/work/records?kind=penalty"); strings.Contains(got.body, "宜市监罚") {
			t.Error("another department sees it")
		}
	})
}

func TestABatchIsTakenBackAfterItsPreview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		rows := "统一社会信用代码,企业名称,企业类型,法定代表人,成立日期,登记机关,住所,登记状态,档案盒号\n" +
			testcity.Code(1) + ",安庆改名有限公司,有限责任公司,张三,2015-03-05,SCJG,人民路1号,存续,乙-73\n" +
			testcity.Code(9) + ",安庆新来有限公司,有限责任公司,张三,2015-03-05,SCJG,人民路1号,存续,乙-73\n"
		by := org.Actor{User: "u", Department: "SCJG", Role: credit.Reporter}
		sent, err := intake.Receive(t.Context(), d, by, july, intake.Upload{Kind: "enterprise", Department: "SCJG", Name: "登记.csv", Body: strings.NewReader(rows)})
		if err == nil {
			err = intake.Check(t.Context(), d, func() time.Time { return july }, sent.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		b := o.as(t, "reporter")
		url0 := "/work/batches/" + sent.ID
		b.has("the batch", b.get(url0), "整批撤回", "/work/records?batch=")
		b.has("its records", b.get("/work/records?batch="+sent.ID), "安庆新来有限公司", "/work/records/one?")
		b.has("the column of its own", b.get(url0), "仅本部门可见的列：档案盒号")
		one := recordURL("enterprise", enterprise.Key(testcity.Code(9)))
		b.has("a record", b.get(one), "人民路1号", "档案盒号", "乙-73", "登记.csv", "/work/records/withdraw?")
		b.has("a record in English", b.get(one+"&lang=en"), "Only this department sees it", "乙-73")
		b.get(one + "&lang=zh")
		if got := o.as(t, "away").get(one); got.status != http.StatusNotFound {
			t.Errorf("another department's record: %d", got.status)
		}
		page := b.get(url0 + "/recall")
		b.has("the preview", page, "安庆新来有限公司", "尚未作任何更改", sent.Sure())
		if n := regexp.MustCompile(`<dd>2</dd>`).FindAllString(page.body, -1); len(n) < 2 {
			t.Errorf("two records of two subjects are withdrawn: %s", page.body)
		}
		if got := b.post(url0+"/recall", url.Values{"reason": {"错"}, "sure": {"x"}}); got.status != http.StatusBadRequest {
			t.Errorf("not sure: %d", got.status)
		}
		if got := o.as(t, "approver").get(url0 + "/recall"); got.status != http.StatusForbidden {
			t.Errorf("an approver: %d", got.status)
		}
		b.has("asked", b.post(url0+"/recall", url.Values{"reason": {"报送错误"}, "sure": {sent.Sure()}}), "正在撤回", "报送错误")
		if err := intake.Recall(t.Context(), d, func() time.Time { return july }, sent.ID); err != nil {
			t.Fatal(err)
		}
		b.has("done", b.get(url0), "已整批撤回", "撤回 2 条")
	})
}

func TestAPageIsHiddenByOneAndConfirmedByAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		a, second := o.as(t, "officer"), o.as(t, "approver")
		done := a.post("/work/hides", url.Values{"uscc": {testcity.Code(2)}, "reason": {"主体有误"}})
		a.has("hidden", done, "2026-07-06", "主体有误", "恢复公示")
		confirm := regexp.MustCompile(`/work/hides/[^"/]+/confirm`)
		if confirm.MatchString(done.body) {
			t.Error("who hid it may confirm it")
		}
		second.has("the desk", second.get("/work"), "确认停止公示", "安庆丙机械有限公司")
		found := confirm.FindString(second.get("/work/hides").body)
		second.has("confirmed", second.post(found, nil), "已确认停止公示")
		second.has("lifted", second.post(strings.Replace(found, "confirm", "lift", 1), nil), "没有停止公示的内容")
		if got := o.as(t, "reporter").get("/work/hides"); got.status != http.StatusForbidden {
			t.Errorf("a reporter: %d", got.status)
		}
	})
}
