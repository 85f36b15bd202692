package work

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/merger"
	"zhixin/internal/testcity"
)

func TestSubjectsAreJoinedOnPagesByTwoPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		const old = "340800000000010"
		id := o.Register(old, "安庆市老字号机械有限公司", nil)
		o.Penalise(id, "宜市监罚〔2026〕77号", nil)
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		officer.has("the way there", officer.get("/work/enterprises/"+old), `/work/merges/new?from=`+old)
		officer.has("the list", officer.get("/work/merges"), "还没有办理过", "/work/merges/new")
		if a := officer.get("/work/merges/new?kind=merge&from=" + testcity.Code(1) + "&into=" + testcity.Code(0)); !strings.Contains(a.body, "各有有效的统一社会信用代码") || strings.Contains(a.body, `name="reason"`) {
			t.Errorf("two codes: %d %s", a.status, a.body)
		}
		if a := officer.get("/work/merges/new?kind=merge&from=" + old + "&into=" + testcity.Code(77)); a.status != http.StatusNotFound {
			t.Errorf("nobody: %d", a.status)
		}
		officer.has("a preview", officer.get("/work/merges/new?kind=merge&from="+old+"&into="+testcity.Code(0)), "老字号", old, "提出，交另一人确认")
		officer.has("in English", officer.get("/work/merges/new?lang=en&kind=merge&from="+old+"&into="+testcity.Code(0)), "Propose, for another person to confirm")
		officer.get("/work/merges?lang=zh")
		officer.has("what can be parted", officer.get("/work/merges/new?kind=split&from="+old+"&into="+testcity.Code(0)), "77号", `type="checkbox"`)
		form := url.Values{"kind": {"merge"}, "from": {old}, "into": {testcity.Code(0)}, "reason": {""}}
		if a := officer.post("/work/merges", form); a.status != http.StatusBadRequest {
			t.Errorf("without a reason: %d", a.status)
		}
		form.Set("reason", "换照时未关联")
		at := officer.post("/work/merges", form)
		officer.has("proposed", at, "待确认", "换照时未关联", "收回")
		if strings.Contains(at.body, "/confirm") {
			t.Error("who proposed may confirm")
		}
		approver.has("the desk", approver.get("/work"), "1 件主体合并或者拆分待确认")
		approver.has("for the second person", approver.get(at.at), "将移动的内容", "/confirm")
		if a := officer.post(at.at+"/confirm", nil); a.status != http.StatusForbidden {
			t.Errorf("the officer confirms: %d", a.status)
		}
		approver.has("carried out", approver.post(at.at+"/confirm", nil), "已办理")
		if n := len(o.Leaves(merger.LeafMerged)); n != 1 {
			t.Errorf("%d leaves", n)
		}
		officer.has("the old number leads to the one that is left", officer.get("/work/enterprises/"+old), testcity.Code(0), "安庆市老字号机械有限公司", at.at)
		officer.has("the undoing", officer.post(at.at+"/undo", url.Values{"reason": {"是两家"}}), "待确认撤销", "是两家")
		approver.has("undone", approver.post(at.at+"/undone", nil), "已撤销")
		officer.has("each by itself", officer.get("/work/enterprises/"+old), "安庆市老字号机械有限公司", `/work/merges/new?from=`+old)
		for login, want := range map[string]int{"counter": http.StatusForbidden, "admin": http.StatusForbidden, "away": http.StatusNotFound} {
			if a := o.as(t, login).get(at.at); a.status != want {
				t.Errorf("%s: %d, want %d", login, a.status, want)
			}
		}
	})
}
