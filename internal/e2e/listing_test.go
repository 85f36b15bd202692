package e2e_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// After 30 June those without an annual report are a run of cases. The people of each authority give notice to their own,
// examine and approve them, together; each case gets a paper of its own, numbered without a gap, and the list shows it.
func missedReportsAreListed(t *testing.T, s stage) {
	before := len(listed(s, "2026"))
	officer, chief := s.employee(t, s.city, "zhangmin"), s.employee(t, s.city, "liqiang")
	officer.look("desk-run")
	group := "/work/groups/abnormal.annual-report/2025/SCJG"
	officer.follow("main table a[href='" + group + "']")
	officer.look("group")
	officer.reads("2025", "安庆市市场监督管理局", "工作日")
	names := officer.texts("main table tbody td:first-child a")
	if len(names) < 2 {
		officer.fail("a run of %d cases", len(names))
	}
	county := s.employee(t, s.city, "officer340881")
	county.refused(group)
	county.open(group)
	county.reads("没有找到这个批次，或者它不归您所在的机关办理")

	together(officer, "notice", fmt.Sprintf("确认发布公告，告知 %d 户", len(names)), fmt.Sprintf("公告已发布，已告知 %d 户", len(names)))
	together(officer, "examine", fmt.Sprintf("确认核查 %d 件", len(names)), fmt.Sprintf("已提交 %d 件案件的核查意见", len(names)))
	officer.look("group-examined")
	if officer.has("main form[action='" + group + "']") {
		t.Error("she who examined the run is offered its approval")
	}
	chief.open("/work")
	chief.look("desk-run-approver")
	chief.follow("main table a[href='" + group + "']")
	together(chief, "approve", fmt.Sprintf("确认批准并公示 %d 件", len(names)), fmt.Sprintf("已批准 %d 件", len(names)))
	chief.look("group-approved")

	within(t, "the list shows the run", func() bool { return len(listed(s, "2026")) == before+len(names) })
	rows := listed(s, "2026")
	var numbers []int
	for _, r := range rows {
		if r["决定机关"] == "安庆市市场监督管理局" {
			numbers = append(numbers, numbered(t, r["文书号"]))
		}
		if !slices.Contains(names, r["企业名称"]) {
			t.Errorf("%s is listed and was not in the run", r["企业名称"])
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Errorf("the numbers have a gap: %v", numbers)
			break
		}
	}
	listIsPublic(t, s, rows[0])
	asks(officer, rows[0]["统一社会信用代码"], "提示")
}

// together takes the two steps of an act on a run: look, then confirm.
func together(p *person, act, confirm, done string) {
	p.t.Helper()
	if !p.has("form input[name='do'][value='" + act + "']") {
		p.fail("nothing to %s", act)
	}
	p.follow("main .zx-next button")
	p.look("group-" + act)
	if got := p.text("main .zx-next button"); got != confirm {
		p.t.Errorf("the button says %q, want %q", got, confirm)
	}
	p.follow("main .zx-next button")
	p.reads(done)
}

// listed reads the public list of a year as it is downloaded.
func listed(s stage, year string) []map[string]string {
	s.t.Helper()
	raw := bytes.TrimPrefix(s.fetch("/lists/abnormal.csv?year="+year), []byte("\ufeff"))
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(lines) == 0 {
		s.t.Fatalf("the list of %s: %v", year, err)
	}
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		out = append(out, row)
	}
	return out
}

func numbered(t *testing.T, number string) int {
	t.Helper()
	m := regexp.MustCompile(`^宜市监异入〔2026〕第([1-9]\d*)号$`).FindStringSubmatch(number)
	if m == nil {
		t.Errorf("a paper is numbered %q", number)
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// listIsPublic looks at the list, the enterprise and the paper as a citizen does.
func listIsPublic(t *testing.T, s stage, row map[string]string) {
	t.Helper()
	citizen := s.visitor(t, s.city)
	citizen.open("/lists/abnormal?year=2026")
	citizen.look("list")
	citizen.reads(row["企业名称"], row["文书号"], "2026-07-02", "未按规定期限公示年度报告")
	paper := sees[string](citizen, fmt.Sprintf(`[...document.querySelectorAll("main table a")].find(a => a.innerText.trim() === %q).getAttribute("href")`, row["文书号"]))
	citizen.follow("main table a[href='/e/" + row["统一社会信用代码"] + "']")
	citizen.look("enterprise-listed-today")
	citizen.reads("列入经营异常名录", "2025", row["文书号"], "提示", "如何移出", "补报 2025 年度报告")
	paperIsPublic(t, s, strings.TrimPrefix(paper, "/papers/"), "列入经营异常名录决定书", row["企业名称"], row["统一社会信用代码"], row["文书号"],
		"行政复议", "提起行政诉讼")
}

// Who was listed in 2018 and still is stood restricted at the five counters of the article then, and is a reminder today.
func policyOfTheDay(t *testing.T, s stage) {
	rows := listed(s, "2018")
	if len(rows) == 0 {
		t.Fatal("nobody of 2018 is still on the list")
	}
	five := []string{"procurement", "tendering", "land", "honour", "credit"}
	uscc := rows[0]["统一社会信用代码"]
	for _, tt := range []struct {
		on       string
		counters []string
		want     string
	}{
		{"2018-07-08", five, "pass"},
		{"2018-08-01", five, "restrict"},
		{"2018-08-01", []string{"production-licence"}, "pass"},
		{"2020-12-17", five, "restrict"},
		{"2020-12-18", []string{"procurement", "tendering", "land"}, "remind"},
		{"2026-07-02", []string{"procurement", "tendering", "land"}, "remind"},
	} {
		got := map[string]string{}
		for _, c := range api[standing](s.city, "/api/v1/enterprises/"+uscc+"/standing?on="+tt.on).Counters {
			got[c.Matter] = c.Verdict
		}
		for _, matter := range tt.counters {
			if got[matter] != tt.want {
				t.Errorf("%s at %s on %s: %q, want %q", uscc, matter, tt.on, got[matter], tt.want)
			}
		}
	}
}

type standing struct {
	Counters []struct{ Matter, Verdict string }
}
