package api

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
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
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
	"zhixin/internal/web"
	"zhixin/internal/web/portal"
	"zhixin/internal/web/work"
)

const password = "a long enough phrase"

// site is a node with pages and API.
type site struct {
	*testcity.City
	*httptest.Server
}

func newSite(t *testing.T, d *db.DB) site {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := testcity.New(t, d, flow.FirstPolicy)
	log, now := slog.New(slog.DiscardHandler), func() time.Time { return c.At }
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: log, Now: now})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	gate, find := c.Gate(), c.Finder()
	if err := work.Register(s, work.Deps{Flow: &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: log}, Gate: gate, Find: find}); err != nil {
		t.Fatal(err)
	}
	if err := portal.Register(s, portal.Deps{Key: c.Key, Check: sanction.Verify, Find: publicity.SearchIn(find)}); err != nil {
		t.Fatal(err)
	}
	Register(s.Mux(), Deps{DB: d, Lang: words, Log: log, Now: now, Gate: gate, Find: publicity.SearchIn(find), Key: c.Key, Metrics: s.Metrics(), Sessions: s.Sessions()})
	node := httptest.NewServer(testcity.Current(find, s.Handler()))
	t.Cleanup(node.Close)
	return site{c, node}
}

// officer puts an officer of the city's regulator in.
func (s site) officer(t *testing.T) {
	t.Helper()
	hash, err := org.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	system, day := credit.System("test"), credit.MustDate("2024-01-01")
	s.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		if err != nil {
			return err
		}
		for _, d := range all {
			if err := org.PutDepartment(t.Context(), q, system, s.At, d); err != nil {
				return err
			}
		}
		u, err := org.PutUser(t.Context(), q, system, s.At, org.User{Login: "officer", Name: "officer"}, hash)
		if err != nil {
			return err
		}
		p, err := org.PutPost(t.Context(), q, system, s.At, org.Post{Department: "SCJG", Role: credit.Officer, Title: "承办人", From: day})
		if err != nil {
			return err
		}
		return org.Assign(t.Context(), q, system, s.At, u.ID, p.ID, day, 0)
	})
}

func (s site) get(t *testing.T, c *http.Client, path string) (status int, head http.Header, body string) {
	t.Helper()
	r, err := c.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header, string(raw)
}

func TestAnOfficersBrowserReachesTheFullPast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.officer(t)
		id := s.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		e := s.List(id, "2023", "2024-07-10")
		s.Number()
		s.Remove(e, "2025-01-10")
		s.Number()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar}
		past := "/api/v1/enterprises/" + testcity.Code(1) + "/standing?on=2024-08-01&purpose=" + url.QueryEscape("行政复议")
		if status, _, body := s.get(t, c, past); status != http.StatusUnauthorized || strings.Contains(body, e.PaperNo()) {
			t.Errorf("a stranger: %d", status)
		}
		r, err := c.PostForm(s.URL+"/work/login", url.Values{"login": {"officer"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		status, head, body := s.get(t, c, past)
		if status != http.StatusOK || !strings.Contains(body, e.PaperNo()) || head.Get("Cache-Control") != "no-store" {
			t.Errorf("an officer: %d, %s, %s", status, head.Get("Cache-Control"), body)
		}
		if n := len(s.Leaves(standing.LeafRead)); n != 1 {
			t.Errorf("%d leaves about one look", n)
		}
		if status, _, body := s.get(t, c, strings.Split(past, "&")[0]); status != http.StatusOK || strings.Contains(body, e.PaperNo()) {
			t.Errorf("without a purpose: %d, %s", status, body)
		}
	})
}

func TestAllWhoWaitHearOfNewsAndNobodyWatchesForNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		size := s.Number()
		var wg sync.WaitGroup
		for range 60 { // more than there are connections to the database
			wg.Go(func() {
				var got struct {
					Events []event
					Next   int64
				}
				status, _, body := s.get(t, http.DefaultClient, "/api/v1/events?wait=20&after="+strconv.FormatInt(size-1, 10))
				if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || len(got.Events) == 0 || got.Next < size {
					t.Errorf("%d, %v: %s", status, err, body)
				}
			})
		}
		time.Sleep(300 * time.Millisecond)
		s.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		s.Number()
		wg.Wait()
		if status, _, body := s.get(t, http.DefaultClient, "/api/v1/events?wait=1&after=999999"); status != http.StatusOK || !strings.Contains(body, `"next":999999`) {
			t.Errorf("nothing new: %d, %s", status, body)
		}
	})
}

func TestWaitersAreBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNews(Deps{DB: d, Log: slog.New(slog.DiscardHandler)})
		for range maxWaiting {
			if err := n.join(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if kind, _ := fault.Of(n.join(t.Context())); kind != fault.TooMany {
			t.Errorf("one more: %v", kind)
		}
		for range maxWaiting {
			n.leave()
		}
		if err := n.join(t.Context()); err != nil || n.waiting != 1 {
			t.Errorf("after all have left: %v, %d waiting", err, n.waiting)
		}
		n.leave()
	})
}
