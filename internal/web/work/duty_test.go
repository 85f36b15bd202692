package work

import (
	"net/url"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

func TestDutiesAreSetKeptAndAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		admin, reporter, officer, audit := o.as(t, "admin"), o.as(t, "reporter"), o.as(t, "officer"), o.as(t, "audit")
		form := url.Values{"department": {"SCJG"}, "kind": {"penalty"}, "source": {"3408-SCJG-01"}, "cycle": {"month"}, "days": {"10"},
			"sharing": {"conditional"}, "from": {"2026-01-01"}}
		if a := admin.post("/work/duty/duties", form); a.status != 400 || !strings.Contains(a.body, "批准文号") {
			t.Errorf("sharing on conditions without an approval: %d", a.status)
		}
		form.Set("purpose", "信用监管")
		form.Set("approval", "宜数资〔2026〕3号")
		admin.has("a duty", admin.post("/work/duty/duties", form), "报送责任已设定", "3408-SCJG-01", "宜数资〔2026〕3号")
		form.Set("department", "STHJ")
		admin.has("another", admin.post("/work/duty/duties", form), "市生态环境局")
		if a := officer.post("/work/duty/duties", form); a.status != 403 {
			t.Errorf("an officer set a duty: %d", a.status)
		}
		reporter.has("the desk reminds", reporter.get("/work"), "本部门应报送", "自 2026-02-11 起迟报，共 5 期")
		officer.has("the overview", officer.get("/work/duty"), "市生态环境局", "市市场监管局", "从未报送")
		if a := reporter.get("/work/duty"); strings.Contains(a.body, "市生态环境局") || !strings.Contains(a.body, "零报告") {
			t.Error("a reporter sees another department's duties, or cannot report nil")
		}
		a := reporter.post("/work/duty/nil", url.Values{"kind": {"penalty"}})
		if reporter.has("a nil report", a, "已记录", "2026-08-10"); strings.Contains(a.body, "迟报，共") {
			t.Error("it is late after its nil report")
		}
		found := url.Values{"department": {"STHJ"}, "kind": {"penalty"}, "day": {"2026-06-30"}, "found": {"20"}, "missing": {"1"}, "note": {"抽查案卷"}}
		audit.has("a finding", audit.post("/work/duty/findings", found), "抽查案卷", "5.0%")
		if a := admin.post("/work/duty/findings", found); a.status != 403 {
			t.Errorf("an administrator entered a finding: %d", a.status)
		}
		csv := officer.get("/work/duty/figures.csv?year=2026")
		if !strings.Contains(csv.body, "STHJ,安庆市生态环境局,2026-06,0,0,0,0,—,0,0,0,—,—,0,0,0,20,1,5.0%") {
			t.Errorf("the sheet: %s", csv.body)
		}
	})
}
