package work

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/testcity"
)

func TestStationsAreReassignedInOneActAndPutBackByAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		officer := o.as(t, "officer")
		officer.has("the way there", officer.get("/work/enterprises"), `href="/work/stations"`)
		o.as(t, "admin").has("an administrator's way there", o.as(t, "admin").get("/work/admin"), `href="/work/stations"`)
		officer.has("none yet", officer.get("/work/stations"), "还没有办理过", `multipart/form-data`, "未分配")
		if a := officer.send("/work/stations", "", nil, "division", ""); a.status != http.StatusBadRequest || !strings.Contains(a.body, "请选择行政区划") {
			t.Errorf("nothing chosen: %d %s", a.status, a.body)
		}
		plan := officer.send("/work/stations", "", nil, "division", "340802", "name", "机械")
		officer.has("a plan", plan, "属地所调整：3 户", "现属地所", "未分配", "迎江区 · 机械", "调整 3 户")
		other := officer.send("/work/stations", "代码.csv", []byte("代码\n"+testcity.Code(0)+"\n"+testcity.Code(77)+"\n"), "codes", testcity.Code(1)+"，"+strings.ToLower(testcity.Code(0)))
		officer.has("codes in a file and pasted", other, "属地所调整：2 户", "1 个代码没有找到", testcity.Code(77))
		if a := officer.post(plan.at+"/assign", url.Values{"station": {"ST-340802-1"}, "reason": {""}}); a.status != http.StatusBadRequest {
			t.Errorf("without a reason: %d", a.status)
		}
		done := officer.post(plan.at+"/assign", url.Values{"station": {"ST-340802-1"}, "reason": {"辖区调整"}})
		officer.has("done", done, "已办理", "辖区调整", "撤回这次调整", "调整前的属地所")
		officer.has("its enterprise", officer.get("/work/enterprises/"+testcity.Code(0)), "属地所")
		officer.has("the list", officer.get("/work/stations"), "辖区调整", "已办理", plan.at)
		stations := func() (out string) {
			o.View(func(q db.Q) error {
				for n := range 3 {
					s, err := enterprise.ByUSCC(t.Context(), q, testcity.Code(n))
					if err != nil {
						return err
					}
					out += s.Station + ";"
				}
				return nil
			})
			return out
		}
		if got := stations(); got != "ST-340802-1;ST-340802-1;ST-340802-1;" {
			t.Errorf("after: %s", got)
		}
		if n := len(o.Leaves(enterprise.LeafStations)); n != 1 {
			t.Errorf("%d leaves", n)
		}
		officer.has("put back", officer.post(plan.at+"/undo", url.Values{"reason": {"调整有误"}}), "恢复原属地所", "调整有误", plan.at)
		if got := stations(); got != ";;;" {
			t.Errorf("put back: %s", got)
		}
		if n := len(o.Leaves(enterprise.LeafStations)); n != 2 {
			t.Errorf("%d leaves", n)
		}
		if a := officer.post(plan.at+"/undo", url.Values{"reason": {"再次"}}); a.status != http.StatusConflict {
			t.Errorf("put back twice: %d", a.status)
		}
		for login, want := range map[string]int{"counter": http.StatusForbidden, "approver": http.StatusForbidden, "away": http.StatusNotFound, "admin": http.StatusOK} {
			if a := o.as(t, login).get(plan.at); a.status != want {
				t.Errorf("%s: %d, want %d", login, a.status, want)
			}
		}
	})
}
