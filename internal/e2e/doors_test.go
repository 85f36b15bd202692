package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Who is not logged in is led to the login and from there to where he wanted to go; what a post may not do is refused in
// words, and the node holds it also against who knows the address.
func doorsAreGuarded(t *testing.T, s stage) {
	p := s.visitor(t, s.city)
	for _, path := range []string{"/work", "/work/cases", "/work/batches", "/work/gate", "/work/account", "/work/admin/users"} {
		p.open(path)
		if got := p.at(); !strings.HasPrefix(got, "/work/login?next=") {
			t.Errorf("%s without login leads to %s", path, got)
		}
	}
	p.open("/work/batches?kind=penalty")
	p.look("login")
	p.logIn("chenjing", password)
	if got := p.at(); got != "/work/batches?kind=penalty" {
		t.Errorf("after the login she is at %s", got)
	}
	for _, path := range []string{"/work/cases", "/work/gate", "/work/admin", "/work/admin/users", "/work/admin/keys", "/work/admin/policy",
		"/work/groups/abnormal.annual-report/2025/SCJG"} {
		p.refused(path)
		p.open(path)
		p.reads("无权办理", "您当前的岗位", "不能办理此事项")
		if p.has("main table") {
			t.Errorf("%s shows something to a reporter", path)
		}
	}
	p.look("refused")
	for _, page := range []string{"", "/duty"} {
		p.open("/work" + page)
		p.reads("零报告")
		p.look("reporter" + strings.ReplaceAll(page, "/", "-"))
	}
	p.refused("/work/no-such-page")
	p.open("/work/no-such-page")
	p.reads("没有找到", "没有这个页面")
	p.look("no-such-page")
}

// The session ends with the logout, also for who has kept its cookie.
func logoutEnds(t *testing.T, s stage) {
	p := s.employee(t, s.city, "admin")
	p.look("desk-admin")
	for _, page := range []string{"account", "duty", "admin", "admin/users", "admin/keys", "admin/policy"} {
		p.open("/work/" + page)
		p.look(strings.ReplaceAll(page, "/", "-"))
	}
	p.open("/work/takeovers/new")
	p.fill("#system", "信用监管系统（一期）")
	p.choose("#department", "SCJG")
	p.do("give sums and day", chromedp.SetValue("#sums", "行政处罚,2024,3,12000\n行政处罚,2023,1,\n市场主体登记信息,,76400"),
		chromedp.SetValue("#day", "2026-09-30"))
	p.look("takeover-new")
	p.follow("form.zx-form button")
	p.reads("接收中", "有差额", "12,000")
	p.look("takeover")
	p.open("/work/takeovers")
	p.look("takeovers")
	cookies, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{s.base + "/work"}})
	if err != nil || len(cookies.Cookies) == 0 {
		t.Fatalf("no cookie of the session: %v", err)
	}
	kept, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/work", nil)
	for _, k := range cookies.Cookies {
		if strings.Contains(k.Name, "session") && (!k.HTTPOnly || k.SameSite == "") {
			t.Errorf("the cookie %s is open to scripts or other sites", k.Name)
		}
		kept.AddCookie(&http.Cookie{Name: k.Name, Value: k.Value})
	}
	if got := status(t, kept); got != http.StatusOK {
		t.Fatalf("with the cookie: %d", got)
	}
	p.click(".zx-person summary")
	p.follow("form[action='/work/logout'] button")
	p.reads("已退出登录")
	p.open("/work")
	if got := p.at(); !strings.HasPrefix(got, "/work/login") {
		t.Errorf("after the logout she is at %s", got)
	}
	if got := status(t, kept); got != http.StatusSeeOther {
		t.Errorf("the cookie that was kept still opens the door: %d", got)
	}
}

func status(t *testing.T, r *http.Request) int {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// After five wrong passwords whoever tries has to wait, and is told so; after that the right one opens.
func guessingIsSlow(t *testing.T, s stage) {
	p := s.visitor(t, s.city)
	p.refused("/work/login")
	p.open("/work/login")
	wrong := 0
	for ; wrong < 12; wrong++ {
		p.logIn("wanglei", "not-his-password")
		said := p.text(".alert-danger")
		if strings.Contains(said, "秒后再试") {
			p.look("login-wait")
			break
		}
		if !strings.Contains(said, "登录名或者密码") && !strings.Contains(said, "登录名或密码") {
			p.fail("a wrong password is answered with %q", said)
		}
		if got := sees[string](p, `document.querySelector("#login").value`); got != "wanglei" {
			t.Errorf("the login has to be typed again: %q", got)
		}
	}
	if wrong < 5 || wrong == 12 {
		p.fail("waiting began after %d wrong passwords", wrong)
	}
	within(t, "the right password opens after the wait", func() bool {
		p.logIn("wanglei", password)
		return !p.has("#login")
	})
}
