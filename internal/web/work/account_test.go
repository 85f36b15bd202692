package work

import (
	"net/url"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/testcity"
)

func TestAPasswordOfSomebodyElseOpensTheAccountPageOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "admin")
		const given, own = "another long phrase", "a phrase of my own"
		b.has("made", b.post("/work/admin/users", url.Values{"login": {"new"}, "name": {"新人"}, "password": {given}, "department": {"SCJG"},
			"role": {"officer"}, "title": {"承办人"}}))
		fresh := o.browser(t)
		fresh.post(loginAt, url.Values{"login": {"new"}, "password": {given}})
		for _, path := range []string{"/work", "/work/batches", "/work/cases", "/work/gate"} {
			if a := fresh.get(path); a.at != "/work/account" {
				t.Errorf("%s leads to %s", path, a.at)
			}
		}
		if a := fresh.post("/work/gate", url.Values{"code": {testcity.Code(0)}}); a.status != 403 || !strings.Contains(a.body, "您的密码由他人设置") {
			t.Errorf("a question at the gate: %d", a.status)
		}
		fresh.has("changed", fresh.post("/work/account/password", url.Values{"old": {given}, "chosen": {own}, "again": {own}}), "密码已修改")
		fresh.has("let in", fresh.get("/work/cases"))
	})
}

func TestPasswordIsChangedWithTheOldOneOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b, elsewhere := o.as(t, "officer"), o.as(t, "officer")
		change := func(old, chosen, again string) answer {
			return b.post("/work/account/password", url.Values{"old": {old}, "chosen": {chosen}, "again": {again}})
		}
		if a := change(password, "one new phrase", "another new phrase"); a.status != 400 || !strings.Contains(a.body, "两次输入的新密码不一致") {
			t.Errorf("two different ones: %d", a.status)
		}
		if a := change("not the old one", "one new phrase", "one new phrase"); a.status != 400 {
			t.Errorf("without the old one: %d", a.status)
		}
		b.has("changed", change(password, "one new phrase", "one new phrase"), "密码已修改")
		b.has("still in", b.get("/work"), "officer，您好")
		if a := elsewhere.get("/work"); a.at != loginAt {
			t.Errorf("the other session goes on: %s", a.at)
		}
	})
}
