package work

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestAChangeOfTheRegistrationIsToldToItsCase: at the top of the case, in the to-dos and in the history of the enterprise.
func TestAChangeOfTheRegistrationIsToldToItsCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer := o.as(t, "officer")
		cases := casesOf(t, officer)
		if len(cases) != 3 {
			t.Fatalf("%d cases", len(cases))
		}
		const told = "立案后登记发生变更"
		for _, url := range append(cases, "/work", "/work/cases") {
			if a := officer.get(url); strings.Contains(a.body, told) || strings.Contains(a.body, "登记有变更") {
				t.Errorf("%s before anything has changed", url)
			}
		}
		o.At = o.At.Add(time.Hour)
		o.Register(testcity.Code(0), "安庆新机械有限公司", map[string]string{"ESTDATE": "2025-03-01", "DOM": "人民路2号"})
		o.Number()
		if err := o.flow.CatchUp(t.Context(), o.At); err != nil {
			t.Fatal(err)
		}
		officer.has("to-dos", officer.get("/work"), "1 户登记有变更")
		officer.has("cases", officer.get("/work/cases"), told)
		n := 0
		for _, url := range cases {
			if a := officer.get(url); strings.Contains(a.body, told) {
				n++
				officer.has("the case", a, "名称变更", "安庆甲机械有限公司 → 安庆新机械有限公司", "2026-07-01")
			}
		}
		if n != 1 {
			t.Errorf("%d cases tell of it", n)
		}
		officer.has("its history", officer.get("/work/enterprises/"+testcity.Code(0)), "登记变更", "名称变更", "登记入库")
		// Who is deregistered is let go: the case is closed, and still says why.
		o.At = o.At.Add(time.Hour)
		o.Register(testcity.Code(0), "安庆新机械有限公司", map[string]string{"ESTDATE": "2025-03-01", "REGSTATE": "deregistered", "ENDDATE": "2026-07-01"})
		o.Number()
		if err := o.flow.CatchUp(t.Context(), o.At); err != nil {
			t.Fatal(err)
		}
		if a := officer.get("/work"); strings.Contains(a.body, "登记有变更") {
			t.Error("a case that was let go is still among the to-dos")
		}
	})
}

var caseURL = regexp.MustCompile(`/work/cases/[0-9A-Za-z]{8,}`)

// casesOf returns the addresses of the cases that an officer sees.
func casesOf(t *testing.T, b browser) []string {
	t.Helper()
	found := caseURL.FindAllString(b.get("/work/cases").body, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
