package work

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

func TestTheFullPastNeedsAPurposeAndLeavesALeaf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		id := db.Key("enterprise", testcity.Code(0))
		e := o.List(id, "2023", "2024-07-10")
		size := o.Number()
		o.Remove(e, "2025-04-01")
		o.Refresh(id)
		o.Number()
		b := o.as(t, "officer")
		b.has("found", b.get("/work/enterprises?q="+url.QueryEscape("甲机械")), testcity.Code(0))
		at := "/work/enterprises/" + testcity.Code(0) + "/past"
		b.has("asked", b.get(at), "用途")
		if a := b.post(at, url.Values{"on": {"2024-08-01"}, "purpose": {" "}}); a.status != 400 || strings.Contains(a.body, e.PaperNo()) {
			t.Errorf("without a purpose: %d", a.status)
		}
		if n := len(o.Leaves(standing.LeafRead)); n != 0 {
			t.Errorf("%d leaves before anything was shown", n)
		}
		b.has("shown", b.post(at, url.Values{"on": {"2024-08-01"}, "purpose": {"行政复议"}}), e.PaperNo(), "按现在所知", "限制")
		b.has("as known then", b.post(at, url.Values{"on": {"2025-08-01"}, "known": {strconv.FormatInt(size, 10)}, "purpose": {"行政复议"}}), e.PaperNo())
		if n := len(o.Leaves(standing.LeafRead)); n != 2 {
			t.Errorf("%d leaves about two looks", n)
		}
		for _, known := range []string{"x", "-3", "99999999"} {
			if a := b.post(at, url.Values{"on": {"2024-08-01"}, "known": {known}, "purpose": {"行政复议"}}); a.status != 400 {
				t.Errorf("as known at %s: %d", known, a.status)
			}
		}
		r, err := b.Get(b.base + at)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control: %s", got)
		}
		for _, login := range []string{"away", "counter", "admin"} {
			if a := o.as(t, login).post(at, url.Values{"on": {"2024-08-01"}, "purpose": {"行政复议"}}); a.status != 403 {
				t.Errorf("%s: %d", login, a.status)
			}
		}
	})
}
