package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A language that was chosen stays, through both faces and the login, until another is chosen.
func languageStays(t *testing.T, s stage) {
	p := s.visitor(t, s.city)
	speaks := func(lang, words string) {
		t.Helper()
		if got := sees[string](p, `document.documentElement.lang`); !strings.HasPrefix(got, lang) {
			t.Errorf("%s speaks %s, want %s", p.at(), got, lang)
		}
		if words != "" {
			p.reads(words)
		}
	}
	p.open("/")
	p.look("home")
	speaks("zh", "查询企业质量信用")
	p.follow(".zx-lang a[lang='en']")
	speaks("en", "")
	p.look("home-en")
	for _, page := range []string{"/lists/abnormal", "/policy", "/verify", "/search?q=桐城"} {
		p.open(page)
		speaks("en", "")
		p.look(strings.Trim(strings.NewReplacer("/", "-", "?q=桐城", "").Replace(page), "-") + "-en")
	}
	p.follow(".zx-list a")
	speaks("en", "At the counters")
	p.look("enterprise-en")
	p.open("/work")
	speaks("en", "Staff login")
	p.logIn("zhangmin", password)
	speaks("en", "Waiting for you")
	p.look("desk-officer-en")
	p.open("/work/cases")
	speaks("en", "")
	p.look("cases-en")
	p.open("/work/gate")
	speaks("en", "Matter")
	p.follow(".zx-lang a[lang='zh-CN']")
	speaks("zh", "办事事项")
	p.open("/work/cases?state=all")
	speaks("zh", "")
	p.look("cases")
	p.open("/work/hides")
	p.look("hides")
	p.open("/work/records?kind=penalty")
	p.look("records")
	p.open("/work/batches")
	p.open(sees[string](p, `[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes("核验完成")).querySelector("a").pathname`) + "/recall")
	speaks("zh", "整批撤回")
	p.look("recall")
}

// Everything can be done with the keyboard: the first key leads past the menu, the next ones to the search and its answer.
func keysAreEnough(t *testing.T, s stage) {
	p := s.visitor(t, s.city)
	p.open("/")
	p.press(kb.Tab)
	if got := sees[string](p, `document.activeElement.className`); got != "zx-skip" {
		t.Errorf("the first key leads to %q", got)
	}
	p.tabTo("the search box", `document.activeElement.name === "q"`)
	p.press("桐城")
	p.loading("ask", enter())
	if !strings.HasPrefix(p.at(), "/search?q=") {
		p.fail("the search leads to %s", p.at())
	}
	p.look("search")
	p.tabTo("the first hit", `document.activeElement.matches(".zx-list a")`)
	if got := sees[float64](p, `parseFloat(getComputedStyle(document.activeElement).outlineWidth) || (getComputedStyle(document.activeElement).boxShadow !== "none" ? 1 : 0)`); got == 0 {
		t.Error("nobody sees where the keyboard is")
	}
	p.loading("open the first hit", enter())
	if !strings.HasPrefix(p.at(), "/e/") {
		p.fail("the first hit leads to %s", p.at())
	}
	p.reads("桐城", "在各窗口办事", "登记信息")
	p.look("enterprise")

	p.open("/work")
	if got := sees[string](p, `document.activeElement.id`); got != "login" {
		t.Errorf("the login begins at %q", got)
	}
	p.press("zhangmin" + kb.Tab + password)
	p.loading("log in", enter())
	p.tabTo("the first task", `document.activeElement.matches("main table a")`)
	p.loading("open the first task", enter())
	p.tabTo("the opinion", `document.activeElement.id === "opinion"`)
}

// tabTo presses the tabulator until the focus is where it should be.
func (p *person) tabTo(what, there string) {
	p.t.Helper()
	for range 60 {
		if sees[bool](p, there) {
			return
		}
		p.press(kb.Tab)
	}
	p.fail("the keyboard does not come to %s", what)
}
