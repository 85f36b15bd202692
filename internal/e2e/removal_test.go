package e2e_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// Two people and nobody less take an enterprise off the list: the officer who examined the case cannot approve it. The
// approval numbers a paper that everybody can read, and page and gate follow it.
func twoPeopleRemove(t *testing.T, s stage) {
	officer := s.employee(t, s.city, "zhangmin")
	officer.look("desk-officer")
	row := officer.texts("main table tbody tr")
	if len(row) == 0 || !strings.Contains(row[0], "移出经营异常名录") || !strings.Contains(row[0], "核查") || !strings.Contains(row[0], "工作日") {
		officer.fail("no removal waits with its clock: %q", row)
	}
	url, name, uscc := onlyOnce(officer, s.city)
	officer.look("case-examine")
	officer.reads(name, "已补报并公示", "立案", "下一步", "移出")

	citizen := s.visitor(t, s.city)
	citizen.open("/e/" + uscc)
	citizen.reads("列入经营异常名录", "如何移出", "提示")
	citizen.look("enterprise-listed")
	asks(officer, uscc, "提示")
	officer.look("answer-remind")

	officer.open(url)
	officer.fill("#opinion", "经核查，年度报告已于10月补报并公示，情形消除，建议移出。")
	officer.follow("form[action$='/examine'] button")
	officer.reads("核查意见已提交，等待审批。", "情形消除", "张敏")
	if officer.has("form[action$='/decide']") {
		t.Error("she who examined is offered the decision")
	}
	officer.refused(url + "/decide")
	if got := post(officer, url+"/decide", "verdict=approve&opinion=同意"); got != 403 {
		t.Errorf("she who examined decides: %d", got)
	}
	officer.open("/work")
	if got := strings.Join(officer.texts("main table tbody a"), " "); strings.Contains(got, name) {
		t.Errorf("what she has done still waits for her: %s", got)
	}

	paper := approved(t, s, name, url)
	within(t, "the public page follows", func() bool {
		return len(api[enterprise](s.city, "/api/v1/enterprises/"+uscc).Lists) == 0
	})
	citizen.open("/e/" + uscc)
	citizen.look("enterprise-removed")
	if got := citizen.text(".zx-verdict"); strings.Contains(got, "列入经营异常名录") && !strings.Contains(got, "没有列入") {
		t.Errorf("the public page still says: %s", got)
	}
	asks(officer, uscc, "通过")

	citizen.refused("/papers/" + paper) // with the removal all of it is forgotten
	citizen.open("/papers/" + paper)
	citizen.reads("没有可以公示的文书")
}

// paperIsPublic opens a published paper as anybody may who has seen its QR code, as a page and as it is printed.
func paperIsPublic(t *testing.T, s stage, id string, words ...string) {
	t.Helper()
	citizen := s.visitor(t, s.city)
	citizen.open("/papers/" + id)
	citizen.look("paper")
	citizen.reads(words...)
	if href := sees[string](citizen, `document.querySelector("main a[href$='.pdf']")?.getAttribute("href") || ""`); href != "/papers/"+id+".pdf" {
		t.Errorf("the page of the paper leads to %q", href)
		return
	}
	if pdf := s.fetch("/papers/" + id + ".pdf"); !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf[len(pdf)-64:], []byte("%%EOF")) {
		t.Errorf("the printed paper is no PDF: %.60q", pdf)
	}
}

// onlyOnce opens the first waiting case whose enterprise is listed for nothing else: the last removal is what sets it free.
func onlyOnce(p *person, c *city) (url, name, uscc string) {
	p.t.Helper()
	for _, url := range sees[[]string](p, `[...document.querySelectorAll("main table tbody a[href^='/work/cases/']")].map(a => a.getAttribute("href"))`) {
		p.follow("main table tbody a[href='" + url + "']")
		uscc = regexp.MustCompile(`9[0-9A-Z]{17}`).FindString(p.text(".zx-sub"))
		if e := api[enterprise](c, "/api/v1/enterprises/"+uscc); len(e.Lists) == 1 {
			return url, e.Name, uscc
		}
		p.open("/work")
	}
	p.fail("no case of an enterprise that is listed once")
	return "", "", ""
}

// approved lets the chief decide the case and returns the id of the paper.
func approved(t *testing.T, s stage, name, url string) string {
	t.Helper()
	chief := s.employee(t, s.city, "liqiang")
	chief.look("desk-approver")
	if got := strings.Join(chief.texts("main table tbody tr"), "\n"); !strings.Contains(got, name) || !strings.Contains(got, "审批") {
		chief.fail("the case does not wait for the approver: %s", got)
	}
	chief.follow("main table tbody a[href='" + url + "']")
	chief.look("case-decide")
	chief.reads("移出经营异常名录决定书", "情形消除")
	chief.fill("#opinion", "同意移出。")
	chief.follow("form[action$='/decide'] button")
	chief.look("case-decided")
	chief.reads("已批准，文书已出具并公示。", "李强", "同意移出。")
	number := regexp.MustCompile(`^宜市监异出〔2026〕第\d+号$`)
	if got := chief.text(".zx-paper-no"); !number.MatchString(got) {
		t.Errorf("the paper is numbered %q", got)
	}
	id := sees[string](chief, `[...document.querySelectorAll("a[href^='/work/papers/']")].pop().getAttribute("href").split("/").pop()`)
	if got := printed(chief, "/work/papers/"+id); got != "200 application/pdf %PDF-" {
		t.Errorf("the printed paper: %s", got)
	}
	if got := post(chief, url+"/decide", "verdict=approve&opinion=又"); got != 409 {
		t.Errorf("the case is decided twice: %d", got)
	}
	return id
}

// printed fetches a file from the page and says its status, its type and how it begins.
func printed(p *person, path string) string {
	p.t.Helper()
	p.do("fetch "+path, evaluateNothing(fmt.Sprintf(`document.body.dataset.file = "", fetch(%q).then(async r => {
		document.body.dataset.file = r.status + " " + r.headers.get("Content-Type") + " " + (await r.text()).slice(0, 5) })`, path)))
	p.awaits("the file", `document.body.dataset.file !== ""`)
	return sees[string](p, `document.body.dataset.file`)
}

// post sends a form from the page, as somebody does who does not wait for the button; it returns the status.
func post(p *person, path, form string) int {
	p.t.Helper()
	p.refused(path)
	p.do("post", evaluateNothing(fmt.Sprintf(`document.body.dataset.status = "", fetch(%q, {method: "POST", body: new URLSearchParams(%q)}).then(r => { document.body.dataset.status = r.status })`, path, form)))
	p.awaits("the answer", `document.body.dataset.status !== ""`)
	return sees[int](p, `+document.body.dataset.status`)
}

// asks asks the gate about procurement until it says want: it stands where it says it stands, and that moves on.
func asks(p *person, uscc, want string) {
	p.t.Helper()
	within(p.t, "the gate says "+want, func() bool {
		p.open("/work/gate")
		p.fill("#who", uscc)
		p.choose("#matter", "procurement")
		p.follow("main form button")
		return strings.Contains(p.text(".zx-verdict .zx-word"), want)
	})
}
