package work

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
	"zhixin/internal/web"
)

// july is the morning after the reporting period of 2025 has ended.
var july = credit.MustDate("2026-07-01").Time().Add(9 * time.Hour)

const password = "a long enough phrase"

// office is a city with its workbench, served as a node serves it.
type office struct {
	*testcity.City
	flow *flow.Flow
	node *httptest.Server
}

// newOffice returns an office in July with departments and one person for each role. Without the assets the test is
// skipped, and counted as skipped.
func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := testcity.New(t, d, func() ([]policy.Row, error) { return flow.FirstPolicy() })
	c.At = july
	log := slog.New(slog.DiscardHandler)
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: log, Now: func() time.Time { return c.At }})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &office{City: c, flow: &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: log}}
	o.people(t)
	for i := range 3 {
		c.Register(testcity.Code(i), fmt.Sprintf("安庆%s机械有限公司", []string{"甲", "乙", "丙"}[i]), map[string]string{"ESTDATE": "2025-03-01"})
	}
	c.Number()
	find := c.Finder()
	if err := Register(s, Deps{Flow: o.flow, Gate: c.Gate(), Find: find}); err != nil {
		t.Fatal(err)
	}
	o.node = httptest.NewServer(testcity.Current(find, s.Handler()))
	t.Cleanup(o.node.Close)
	return o
}

// run is the address of the run of the city's own bureau.
const run = "/work/groups/abnormal.annual-report/2025/SCJG"

// due opens what is due, and an officer gives notice.
func (o *office) due(t *testing.T) {
	t.Helper()
	if err := o.flow.Due(t.Context(), july); err != nil {
		t.Fatal(err)
	}
	by := credit.Actor{User: "somebody", Name: "somebody", Department: "SCJG", Role: credit.Officer, Division: "340800"}
	if _, err := o.flow.Announce(t.Context(), by, july, strings.TrimPrefix(run, "/work/groups/"), false); err != nil {
		t.Fatal(err)
	}
	o.Number()
}

func (o *office) people(t *testing.T) {
	t.Helper()
	hash, err := org.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	system, day := credit.System("test"), credit.MustDate("2026-01-01")
	o.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		if err != nil {
			return err
		}
		for _, d := range all {
			if err := org.PutDepartment(t.Context(), q, system, o.At, d); err != nil {
				return err
			}
		}
		for _, p := range []struct {
			login, department string
			roles             []credit.Role
		}{
			{"officer", "SCJG", []credit.Role{credit.Officer}}, {"approver", "SCJG", []credit.Role{credit.Approver}},
			{"both", "SCJG", []credit.Role{credit.Officer, credit.Approver}}, {"reporter", "SCJG", []credit.Role{credit.Reporter}},
			{"counter", "GGZY", []credit.Role{credit.Counter}}, {"admin", "SCJG", []credit.Role{credit.Administrator}},
			{"second", "SCJG", []credit.Role{credit.Administrator}},
			{"away", "SCJG-340881", []credit.Role{credit.Officer}}, {"audit", "SCJG", []credit.Role{credit.Auditor}},
		} {
			u, err := org.PutUser(t.Context(), q, system, o.At, org.User{Login: p.login, Name: p.login}, hash)
			if err != nil {
				return err
			}
			for i, role := range p.roles {
				post, err := org.PutPost(t.Context(), q, system, o.At, org.Post{Department: p.department, Role: role, Title: p.login + " " + string(role), From: day})
				if err != nil {
					return err
				}
				if err := org.Assign(t.Context(), q, system, o.At, u.ID, post.ID, day+credit.Date(i), 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// browser is a person at a desk.
type browser struct {
	testing.TB
	*http.Client
	base string
}

type answer struct {
	status   int
	body, at string
	kind     string
}

func (o *office) browser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{Jar: jar}, o.node.URL}
}

// as logs somebody in.
func (o *office) as(t *testing.T, login string) browser {
	t.Helper()
	b := o.browser(t)
	if a := b.post("/work/login", url.Values{"login": {login}, "password": {password}}); a.status != 200 || a.at != "/work" {
		t.Fatalf("%s cannot log in: %d at %s: %s", login, a.status, a.at, a.body)
	}
	return b
}

func (b browser) get(path string) answer { return b.done(b.Get(b.base + path)) }

func (b browser) post(path string, form url.Values) answer {
	return b.done(b.PostForm(b.base+path, form))
}

func (b browser) done(r *http.Response, err error) answer {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{r.StatusCode, string(body), r.Request.URL.Path, r.Header.Get("Content-Type")}
}

// has reports what of the wanted texts a page lacks.
func (b browser) has(what string, a answer, want ...string) {
	b.Helper()
	if a.status != http.StatusOK {
		b.Errorf("%s: status %d: %s", what, a.status, a.body)
	}
	for _, text := range want {
		if !strings.Contains(a.body, text) {
			b.Errorf("%s: nothing of %q in %s", what, text, a.body)
		}
	}
}

func TestNobodyIsServedWithoutLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.browser(t)
		for _, path := range []string{"/work", "/work/batches", "/work/cases", "/work/cases/x", "/work/groups/a/b/c", "/work/gate", "/work/account", "/work/admin",
			"/work/admin/users", "/work/admin/keys", "/work/admin/policy", "/work/papers/x", "/work/batches/x/problems.csv",
			"/work/duty", "/work/duty/figures.csv", "/work/takeovers", "/work/takeovers/new", "/work/takeovers/x"} {
			if a := b.get(path); a.at != loginAt {
				t.Errorf("%s leads to %s", path, a.at)
			}
		}
		for _, path := range []string{"/work/batches", "/work/batches/paste", "/work/batches/x/confirm", "/work/batches/x/discard", "/work/cases/x/examine", "/work/cases/x/decide", "/work/groups/a/b/c", "/work/gate", "/work/gate/receipt",
			"/work/admin/users", "/work/admin/keys", "/work/admin/policy/1/approve", "/work/account/password", "/work/post",
			"/work/duty/nil", "/work/duty/duties", "/work/duty/findings", "/work/duty/findings/x/strike", "/work/takeovers",
			"/work/takeovers/x/explain", "/work/takeovers/x/submit", "/work/takeovers/x/return", "/work/takeovers/x/sign"} {
			if a := b.post(path, nil); a.status != http.StatusUnauthorized {
				t.Errorf("POST %s: %d", path, a.status)
			}
		}
	})
}

const loginAt = "/work/login"

func TestLoginSaysOneThingForUnknownAndWrong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.browser(t)
		wrong := b.post(loginAt, url.Values{"login": {"officer"}, "password": {"not this phrase"}})
		unknown := b.post(loginAt, url.Values{"login": {"nobody"}, "password": {"not this phrase"}})
		if wrong.status != 401 || strings.Replace(wrong.body, "officer", "nobody", 1) != unknown.body {
			t.Errorf("%d\n%s\n%s", wrong.status, wrong.body, unknown.body)
		}
	})
}

func TestOnlyPagesOfOursFollowTheLogin(t *testing.T) {
	for next, want := range map[string]string{
		"/work/cases?state=all": "/work/cases?state=all", "": "/work", "/": "/work", "https://evil.example/work": "/work", "//evil.example/work": "/work",
		"/workers": "/work", "/work/login": "/work", `/\evil.example`: "/work", "/work/../e/x": "/work/../e/x",
	} {
		if got := ours(next); got != want {
			t.Errorf("ours(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestMenuOffersWhatThePostMayAndTheDoorsAgree(t *testing.T) {
	doors := []string{"/work/batches", "/work/cases", "/work/gate", "/work/admin", "/work/enterprises", "/work/duty"}
	tests := []struct {
		login string
		open  string // one letter for each door
	}{
		{"officer", "yyynyy"}, {"approver", "yyynyy"}, {"reporter", "ynnnny"}, {"counter", "nnynnn"}, {"admin", "nnnyny"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		for _, x := range tests {
			b := o.as(t, x.login)
			desk := b.get("/work")
			for i, door := range doors {
				want := x.open[i] == 'y'
				if offered := strings.Contains(desk.body, `<li><a href="`+door+`"`); offered != want {
					t.Errorf("%s: %s in the menu: %v", x.login, door, offered)
				}
				if a := b.get(door); (a.status == 200) != want || !want && a.status != 403 {
					t.Errorf("%s: %s: %d", x.login, door, a.status)
				}
			}
		}
	})
}

func TestPersonWithSeveralPostsActsInOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "both")
		desk := b.get("/work")
		b.has("desk", desk, "both officer", "切换到：市市场监管局 · both approver")
		other := regexp.MustCompile(`name="post" value="([^"]+)"`).FindStringSubmatch(desk.body)
		if len(other) != 2 {
			t.Fatal("no other post is offered")
		}
		b.has("after", b.post("/work/post", url.Values{"post": {other[1]}}), "现以“both approver”岗位办理", "切换到：市市场监管局 · both officer")
		if a := b.post("/work/post", url.Values{"post": {"not-mine"}}); a.status != 403 {
			t.Errorf("a post of nobody's: %d", a.status)
		}
	})
}

func TestCaseShowsFactsPaperNextStepAndWho(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		officer, approver := o.as(t, "officer"), o.as(t, "approver")
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(officer.get("/work/cases").body)
		officer.has("open", officer.get(link), "期限届满，没有收到 2025 年度报告", "《企业信息公示暂行条例》", "提交核查意见", "列入经营异常名录决定书", "公告告知", "somebody（市市场监管局）")
		if a := officer.post(link+"/examine", url.Values{"opinion": {""}}); a.status != 400 {
			t.Errorf("an examination without opinion: %d", a.status)
		}
		officer.has("examined", officer.post(link+"/examine", url.Values{"opinion": {"查实<b>未报</b>"}}), "查实&lt;b&gt;未报&lt;/b&gt;", "须由另一名审批人审批", "officer（市市场监管局）")
		if a := officer.post(link+"/decide", url.Values{"verdict": {"approve"}, "opinion": {"同意。"}}); a.status != 403 {
			t.Errorf("the officer decides: %d", a.status)
		}
		approver.has("to decide", approver.get(link), "批准并公示", "退回或者不予同意")
		approver.has("returned", approver.post(link+"/decide", url.Values{"verdict": {"return"}, "opinion": {"补充住所核查"}}), "已退回承办人", "补充住所核查")
		officer.has("again", officer.post(link+"/examine", url.Values{"opinion": {"已补充"}}), "等待审批")
		done := approver.post(link+"/decide", url.Values{"verdict": {"approve"}, "opinion": {"同意。"}})
		approver.has("decided", done, "已批准，文书已出具并公示", "宜市监异入〔2026〕第1号", "依据《企业信息公示暂行条例》")
		paper := approver.get(regexp.MustCompile(`/work/papers/[0-9a-z]+`).FindString(done.body))
		if paper.kind != "application/pdf" {
			t.Errorf("the paper: %d %s", paper.status, paper.kind)
		}
		if a := o.as(t, "away").get(link); a.status != 404 {
			t.Errorf("another authority's officer sees the case: %d", a.status)
		}
	})
}

func TestMakerIsNotCheckerAlsoWithTwoPosts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		b := o.as(t, "both")
		link := regexp.MustCompile(`/work/cases/[0-9a-f]+`).FindString(b.get("/work/cases").body)
		b.has("examined", b.post(link+"/examine", url.Values{"opinion": {"查实"}}))
		other := regexp.MustCompile(`name="post" value="([^"]+)"`).FindStringSubmatch(b.get("/work").body)
		b.post("/work/post", url.Values{"post": {other[1]}})
		b.has("as approver", b.get(link), "须由另一名审批人审批")
		if a := b.post(link+"/decide", url.Values{"verdict": {"approve"}, "opinion": {"同意。"}}); a.status != 403 {
			t.Errorf("he decided his own: %d", a.status)
		}
	})
}

func TestCounterGetsAnAnswerWithItsReceipt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "counter")
		ask := func(who string) answer {
			return b.post("/work/gate", url.Values{"who": {who}, "matter": {"procurement"}, "ref": {"CG-1"}})
		}
		a := ask(testcity.Code(0))
		b.has("by code", a, "安庆甲机械有限公司", "通过", "CG-1")
		b.has("by whole name", ask("安庆乙机械有限公司"), testcity.Code(1), "通过")
		b.has("by part of the name", ask("机械"), "有多家企业符合", testcity.Code(0), testcity.Code(2))
		b.has("unknown", ask("没有这家"), "没有找到“没有这家”")
		if got := ask(testcity.Code(77)); got.status != 404 {
			t.Errorf("an unknown code: %d", got.status)
		}
		body := regexp.MustCompile(`name="body" value="([^"]+)"`).FindStringSubmatch(a.body)
		if len(body) != 2 {
			t.Fatal("no receipt is offered")
		}
		receipt := b.post("/work/gate/receipt", url.Values{"body": {strings.ReplaceAll(body[1], "&#43;", "+")}})
		if _, _, err := sanction.Verify([]byte(receipt.body), o.Key.Verifier); err != nil || receipt.kind != "application/json" {
			t.Errorf("%v %s", err, receipt.body)
		}
	})
}

func TestAdministratorMakesPeopleAndKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "admin")
		for _, page := range []string{"/work/admin", "/work/admin/users", "/work/admin/keys", "/work/admin/policy", "/work/account"} {
			b.has(page, b.get(page))
			b.has(page, b.get(page+"?lang=en"))
			b.get(page + "?lang=zh")
		}
		form := url.Values{"login": {"new"}, "name": {"新人"}, "password": {"another long phrase"}, "department": {"SCJG"}, "role": {"officer"}, "title": {"承办人"}}
		b.has("made", b.post("/work/admin/users", form), "已新增 new", "新人")
		if a := b.post("/work/admin/users", form); a.status != 409 || !strings.Contains(a.body, "登录名 new 已有人使用") {
			t.Errorf("a login twice: %d", a.status)
		}
		form.Set("password", "short")
		if a := b.post("/work/admin/users", form); a.status != 400 || !strings.Contains(a.body, `value="新人"`) {
			t.Errorf("a short password: %d", a.status)
		}
		fresh := o.browser(t)
		fresh.has("first login", fresh.post(loginAt, url.Values{"login": {"new"}, "password": {"another long phrase"}}), "初始密码", "修改密码")

		made := b.post("/work/admin/keys", url.Values{"department": {"STHJ"}, "label": {"处罚推送"}, "act": {"batch.submit"}, "kind": {"penalty"}})
		b.has("its kinds", made, "仅限：")
		secret := regexp.MustCompile(`zx_[0-9a-f]+_[0-9a-f]+`).FindString(made.body)
		b.has("key", made, "只显示这一次")
		if secret == "" || strings.Contains(b.get("/work/admin/keys").body, secret) {
			t.Error("the secret is not shown once and only once")
		}
		if a := o.as(t, "officer").post("/work/admin/keys", url.Values{"department": {"STHJ"}}); a.status != 403 {
			t.Errorf("an officer makes keys: %d", a.status)
		}
	})
}

func TestLegalClockIsRedAtTwoWorkingDays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.due(t)
		for day, want := range map[string]string{"2026-07-09": "剩 3 个工作日", "2026-07-10": "剩 2 个工作日", "2026-07-14": "今日到期", "2026-07-15": "已超期 1 个工作日"} {
			o.At = credit.MustDate(day).Time().Add(9 * time.Hour)
			b := o.as(t, "officer")
			desk := b.get("/work")
			red := strings.Contains(desk.body, "zx-clock zx-bad")
			if !strings.Contains(desk.body, want) || red != (day != "2026-07-09") {
				t.Errorf("%s: red %v, want %s", day, red, want)
			}
		}
	})
}
