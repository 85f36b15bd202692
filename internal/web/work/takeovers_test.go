package work

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/testcity"
)

func TestATakeoverFromItsSumsToTheSignature(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		admin, clerk, chief := o.as(t, "admin"), o.as(t, "reporter"), o.as(t, "approver")
		admin.has("none yet", admin.get("/work/takeovers"), "还没有登记接管", "/work/takeovers/new")
		admin.has("the form", admin.get("/work/takeovers/new"), "旧系统截止日期", "市场主体", `multipart/form-data`)
		if got := clerk.get("/work/takeovers/new"); got.status != http.StatusForbidden {
			t.Errorf("a reporter opens one: %d", got.status)
		}
		wrong := admin.send("/work/takeovers", "", nil, "system", "信用监管一期", "department", "SCJG", "day", "2026-05-31", "sums", "enterprise\t\t9")
		admin.has("by mistake", wrong, "撤销登记")
		if got := clerk.post(wrong.at+"/withdraw", url.Values{"reason": {"写错了"}}); got.status != http.StatusForbidden || strings.Contains(clerk.get(wrong.at).body, "撤销登记") {
			t.Errorf("a reporter withdraws it: %d", got.status)
		}
		admin.has("withdrawn", admin.post(wrong.at+"/withdraw", url.Values{"reason": {"总数取错了"}}), "已撤销", "总数取错了")
		entered := []string{"system", "信用监管一期", "department", "SCJG", "day", "2026-05-31", "sums"}
		bad := admin.send("/work/takeovers", "", nil, append(entered, "主体,,3")...)
		if bad.status != http.StatusBadRequest || !strings.Contains(bad.body, "没有名为“主体”的数据类型") || !strings.Contains(bad.body, "主体,,3</textarea>") {
			t.Errorf("bad sums: %d %s", bad.status, bad.body)
		}
		opened := admin.send("/work/takeovers", "", nil, append(entered, "enterprise\t\t3\n行政处罚\t2024\t1\t3000")...)
		admin.has("opened", opened, "接收中", "3,000", "少 1 件", "有差额")
		at := opened.at
		id := at[strings.LastIndex(at, "/")+1:]
		admin.has("in English", admin.get(at+"?lang=en"), "Take-over of", "1 fewer", "Reconciliation")
		admin.get(at + "?lang=zh")
		if strings.Contains(opened.body, `name="takeover"`) {
			t.Error("who may not send is offered to")
		}
		clerk.has("who may", clerk.get(at), `name="takeover" value="`+id+`"`)
		rows := "统一社会信用代码,企业名称,企业类型,法定代表人,成立日期,登记机关,住所,登记状态\n" +
			testcity.Code(7) + ",安庆旧一有限公司,有限责任公司,张三,2015-03-05,SCJG,人民路1号,存续\n" +
			testcity.Code(8) + ",安庆旧二有限公司,有限责任公司,张三,2015-03-05,SCJG,人民路1号,存续\n"
		sent := clerk.send("/work/batches", "登记.csv", []byte(rows), "kind", "enterprise", "takeover", id)
		clerk.has("sent", sent, "接管“信用监管一期”", at)
		clerk.has("waiting", clerk.get(at), "待确认", "登记.csv")
		clerk.post(sent.at+"/confirm", nil)
		clerk.has("on its way", clerk.get(at), "有批次正在处理", "登记.csv")
		if err := intake.Check(t.Context(), d, func() time.Time { return o.At }, sent.at[strings.LastIndex(sent.at, "/")+1:]); err != nil {
			t.Fatal(err)
		}
		clerk.has("taken", clerk.get(at), "还有 2 行有差额", "登记.csv", "少 1 件")
		if got := admin.post(at+"/submit", nil); got.status != http.StatusConflict {
			t.Errorf("submitted with differences: %d", got.status)
		}
		clerk.has("explained", clerk.post(at+"/explain", url.Values{"kind": {"enterprise"}, "year": {"0"}, "words": {"一户已在外市迁出"}}), "一户已在外市迁出", "已说明")
		admin.has("all explained", admin.post(at+"/explain", url.Values{"kind": {"penalty"}, "year": {"2024"}, "words": {"卷宗遗失"}}), "提交核对结果")
		admin.has("submitted", admin.post(at+"/submit", nil), "待签收", "须由另一人签收")
		if got := admin.post(at+"/sign", nil); got.status != http.StatusForbidden {
			t.Errorf("signed by who submitted: %d", got.status)
		}
		chief.has("waits for the chief", chief.get(at), "确认签收", "退回")
		signed := chief.post(at+"/sign", nil)
		chief.has("signed", signed, "已签收", "/log/proof?leaf=")
		if regexp.MustCompile(`action="[^"]*/(sign|explain|submit|return)"|name="takeover"`).MatchString(signed.body) {
			t.Error("something can still be done with it")
		}
		if got := clerk.send("/work/batches", "更多.csv", []byte(rows+"\n"), "kind", "enterprise", "takeover", id); got.status != http.StatusConflict {
			t.Errorf("sent after the signature: %d", got.status)
		}
		if got := o.as(t, "away").get(at); got.status != http.StatusNotFound {
			t.Errorf("another department: %d", got.status)
		}
	})
}
