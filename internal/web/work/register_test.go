package work

import (
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/testcity"
)

func TestAnOfficerSeesByWhatAnEnterpriseIsKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.Register(testcity.Code(0), "安庆新机械有限公司", map[string]string{"REGNO": "340800000000010", "TAXNO": "340800MA2X00019", "APPRDATE": "2026-06-30"})
		o.Number()
		at := "/work/enterprises/" + testcity.Code(0)
		o.as(t, "officer").has("the registry", o.as(t, "officer").get(at), "安庆新机械有限公司", "安庆甲机械有限公司", "2025-03-01 起，至 2026-06-30 前", "注册号", "340800000000010",
			"组织机构代码", testcity.Code(0)[8:17], "340800MA2X00019", at+"/past")
		for login, want := range map[string]int{"away": 403, "counter": 403, "audit": 200} {
			if a := o.as(t, login).get(at); a.status != want {
				t.Errorf("%s: %d, want %d", login, a.status, want)
			}
		}
	})
}
