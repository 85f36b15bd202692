package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

var noon = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)

// site is a server with a few pages of its own, and what it logs.
type site struct {
	*Server
	logged *lockedBuffer
}

// lockedBuffer is written by many requests at once.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// log returns what has been logged so far.
func (s site) log() string {
	s.logged.mu.Lock()
	defer s.logged.mu.Unlock()
	return s.logged.String()
}

type plainPage struct {
	Page
	Text string
}

func newSite(t *testing.T, d *db.DB) site {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	logged := &lockedBuffer{}
	s, err := New(Deps{DB: d, Lang: words, Log: slog.New(slog.NewTextHandler(logged, nil)), Now: func() time.Time { return noon }})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"templates/plain.html": {Data: []byte(`{{define "content"}}<p>{{.Text}}</p>{{T "web.language"}}{{end}}`)}}
	face, err := s.Face(FaceOptions{Prefix: "/", Layout: "portal", Files: files, Pages: map[string]any{"plain": &plainPage{}}})
	if err != nil {
		t.Fatal(err)
	}
	s.View("GET /plain", Anyone, func(c *View) (Answer, error) {
		return face.Page(&plainPage{Page: Page{Title: "t"}, Text: c.Query("text")}), nil
	})
	s.View("GET /closed", Signed, func(*View) (Answer, error) { return Answer{}, errors.New("never reached") })
	return site{s, logged}
}

// ask sends a request through the whole chain.
func (s site) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func (s site) get(path string) *httptest.ResponseRecorder {
	return s.ask(httptest.NewRequest(http.MethodGet, path, nil))
}

func (s site) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.ask(r)
}

func TestEachKindOfFaultHasItsStatusAndSentence(t *testing.T) {
	kinds := []struct {
		kind fault.Kind
		want int
	}{
		{fault.Invalid, 400}, {fault.NotFound, 404}, {fault.Conflict, 409}, {fault.Forbidden, 403}, {fault.TooLarge, 413}, {fault.TooMany, 429},
		{fault.Unavailable, 503},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.View("GET /fails/{kind}", Anyone, func(c *View) (Answer, error) {
			return Answer{}, fault.New(fault.Kind(c.PathValue("kind")), "web.no_file")
		})
		for _, k := range kinds {
			w := s.get("/fails/" + string(k.kind))
			if w.Code != k.want || !strings.Contains(w.Body.String(), "请选择要上传的文件") {
				t.Errorf("%s: status %d, want %d", k.kind, w.Code, k.want)
			}
		}
		if strings.Contains(s.logged.String(), "level=ERROR") {
			t.Error("a fault was logged as an error")
		}
	})
}

func TestInternalErrorIsLoggedOnceAndNotShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.View("GET /broken", Anyone, func(*View) (Answer, error) { return Answer{}, errors.New("secret detail") })
		s.View("GET /panics", Anyone, func(*View) (Answer, error) { panic("secret detail") })
		for _, path := range []string{"/broken", "/panics"} {
			s.logged.Reset()
			w := s.get(path)
			body, id := w.Body.String(), w.Header().Get("X-Request-Id")
			if w.Code != 500 || strings.Contains(body, "secret") || !strings.Contains(body, "系统繁忙") {
				t.Errorf("%s: %d %s", path, w.Code, body)
			}
			if n := strings.Count(s.logged.String(), "level=ERROR"); n != 1 || !strings.Contains(s.logged.String(), id) {
				t.Errorf("%s: %d errors in the log: %s", path, n, s.logged)
			}
		}
	})
}

func TestActWritesItsAnswerAfterTheCommitAndAFailedOneLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		put := func(c *Act) error {
			_, err := c.Q.ExecContext(c.Ctx, `INSERT INTO db_probe (id, n) VALUES ($1, 1)`, c.Field("id"))
			return err
		}
		s.Act("POST /good", Anyone, func(c *Act) (Answer, error) { return Redirect("/plain", "web.no_file"), put(c) })
		s.Act("POST /bad", Anyone, func(c *Act) (Answer, error) {
			return Redirect("/plain", ""), errors.Join(put(c), fault.New(fault.Conflict, "web.no_file"))
		})
		if w := s.post("/good", url.Values{"id": {"a"}}); w.Code != 303 || w.Header().Get("Location") != "/plain" {
			t.Errorf("a good act: %d", w.Code)
		}
		if w := s.post("/bad", url.Values{"id": {"b"}}); w.Code != 409 || w.Header().Get("Location") != "" {
			t.Errorf("a bad act: %d", w.Code)
		}
		var ids string
		err := d.View(t.Context(), func(q db.Q) error {
			return q.QueryRowContext(t.Context(), `SELECT min(id) || max(id) FROM db_probe`).Scan(&ids)
		})
		if err != nil || ids != "aa" {
			t.Errorf("rows %q, %v", ids, err)
		}
	})
}

func TestLargeFormIsRefusedBeforeTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.Act("POST /act", Anyone, func(*Act) (Answer, error) { t.Error("the act ran"); return Redirect("/plain", ""), nil })
		if w := s.post("/act", url.Values{"text": {strings.Repeat("x", maxForm)}}); w.Code != 413 {
			t.Errorf("status %d", w.Code)
		}
	})
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		for _, path := range []string{"/plain", "/nowhere", "/healthz", s.assets.url("app.css"), "/api/nowhere"} {
			h := s.get(path).Header()
			if h.Get("Content-Security-Policy") != policyHeader || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", path, h)
			}
		}
	})
}

// A page with anything inline would be dead under our policy, silently.
func TestTemplatesHaveNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\sstyle=|\son[a-z]+=|javascript:|https?://[^{]`)
	for _, dir := range []string{"templates", "portal/templates", "work/templates"} {
		names, err := filepath.Glob(dir + "/*.html")
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if hit := inline.Find(raw); hit != nil {
				t.Errorf("%s has %q", name, hit)
			}
		}
	}
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.Act("POST /act", Anyone, func(*Act) (Answer, error) { return Redirect("/plain", ""), nil })
		s.mux.HandleFunc("POST /api/act", func(http.ResponseWriter, *http.Request) { t.Error("reached") })
		for path, kind := range map[string]string{"/act": "text/html; charset=utf-8", "/api/act": "application/problem+json"} {
			r := httptest.NewRequest(http.MethodPost, path, nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			w := s.ask(r)
			if w.Code != 403 || w.Header().Get("Content-Type") != kind {
				t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
			}
		}
		if w := s.post("/act", nil); w.Code != 303 {
			t.Errorf("our own page: %d", w.Code)
		}
	})
}

func TestUnknownPathsAndMethodsAreAnsweredInKind(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/nowhere", 404, "text/html; charset=utf-8"},
		{"POST", "/plain", 405, "text/html; charset=utf-8"},
		{"GET", "/api/nowhere", 404, "application/problem+json"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		for _, x := range tests {
			w := s.ask(httptest.NewRequest(x.method, x.path, nil))
			if w.Code != x.status || w.Header().Get("Content-Type") != x.kind {
				t.Errorf("%s %s: %d %s", x.method, x.path, w.Code, w.Header().Get("Content-Type"))
			}
		}
		var p struct{ Type, Detail string }
		if err := json.Unmarshal(s.get("/api/nowhere").Body.Bytes(), &p); err != nil || p.Type != "urn:zhixin:problem:web.no_such_page" || p.Detail == "" {
			t.Errorf("%+v %v", p, err)
		}
	})
}

func TestChosenLanguageStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		tests := []struct{ name, path, accept, cookie, want string }{
			{"nothing asked", "/plain", "", "", "zh-CN"},
			{"the browser's", "/plain", "en-GB,en;q=0.9", "", "en"},
			{"a language we do not have", "/plain", "fr", "", "zh-CN"},
			{"chosen before", "/plain", "zh", "en", "en"},
			{"chosen now", "/plain?lang=zh", "en", "en", "zh-CN"},
			{"nonsense", "/plain?lang=xx", "", "yy", "zh-CN"},
		}
		for _, x := range tests {
			r := httptest.NewRequest(http.MethodGet, x.path, nil)
			r.Header.Set("Accept-Language", x.accept)
			if x.cookie != "" {
				r.AddCookie(&http.Cookie{Name: langCookie, Value: x.cookie})
			}
			w := s.ask(r)
			if got := w.Header().Get("Content-Language"); got != x.want || !strings.Contains(w.Body.String(), `<html lang="`+x.want+`">`) {
				t.Errorf("%s: %s, want %s", x.name, got, x.want)
			}
			if set := len(w.Result().Cookies()) > 0; set != (x.path == "/plain?lang=zh") {
				t.Errorf("%s: cookie set: %v", x.name, set)
			}
		}
	})
}

func TestNoticeIsShownOnceAndOnlyInOurWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.Act("POST /act", Anyone, func(*Act) (Answer, error) { return Redirect("/plain", "web.act_as", "<b>甲</b>", "乙"), nil })
		left := s.post("/act", nil).Result().Cookies()
		r := httptest.NewRequest(http.MethodGet, "/plain", nil)
		r.AddCookie(left[0])
		w := s.ask(r)
		if !strings.Contains(w.Body.String(), "切换到：&lt;b&gt;甲&lt;/b&gt; · 乙") || w.Result().Cookies()[0].MaxAge >= 0 {
			t.Errorf("the notice: %s", w.Body)
		}
		r = httptest.NewRequest(http.MethodGet, "/plain", nil)
		r.AddCookie(&http.Cookie{Name: noticeCookie, Value: "eyJjIjoi5Yir5Lq655qE6K-dIn0"}) // {"c":"别人的话"}
		if strings.Contains(s.ask(r).Body.String(), "别人的话") {
			t.Error("somebody put words into our mouth")
		}
	})
}

func TestWhoIsNotLoggedInIsSentToTheLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newSite(t, d).get("/closed?a=1")
		if w.Code != 303 || w.Header().Get("Location") != "/work/login?next=%2Fclosed%3Fa%3D1" {
			t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
		}
	})
}

func TestAssetsAreKeptForEverUnderTheirHashOnly(t *testing.T) {
	a, err := loadAssets()
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{hash}/{path...}", a.serve)
	ask := func(path, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	fresh, old := ask(a.url("vendor/tabler.min.css"), "gzip"), ask("/assets/000000000000/vendor/tabler.min.css", "")
	if h := fresh.Header(); !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Encoding") != "gzip" || h.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v", h)
	}
	if h := old.Header(); h.Get("Cache-Control") != "no-cache" || h.Get("Content-Encoding") != "" || old.Body.Len() <= fresh.Body.Len() {
		t.Errorf("an old address: %v", h)
	}
	if w := ask(a.url("../web.go"), ""); w.Code == 200 {
		t.Error("a file that is no asset")
	}
}

func TestMistakesInTemplatesStopTheStart(t *testing.T) {
	type row struct{ Name string }
	type page struct {
		Page
		Rows []row
		More bool
	}
	tests := []struct{ name, text, want string }{
		{"all right", `{{range .Rows}}{{.Name}}{{$.More}}{{end}}{{T "web.language"}}`, ""},
		{"a misspelt field in a branch that is rare", `{{if .More}}{{.Nmae}}{{end}}`, "no field Nmae"},
		{"a field of a row", `{{range $i, $r := .Rows}}{{$r.More}}{{end}}`, "no field More"},
		{"a field in a template that is called", `{{define "sub"}}{{.Title}}{{end}}{{range .Rows}}{{template "sub" .}}{{end}}`, "no field Title"},
		{"a list that is none", `{{range .More}}{{.}}{{end}}`, "cannot range"},
		{"a sentence that is missing", `{{T "web.no_such_sentence"}}`, "web.no_sentence"},
		{"a function we do not offer", `{{html .Title}}`, "do not call html"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		type hiding struct {
			Page
			Notice string
		}
		blank := fstest.MapFS{"templates/x.html": {Data: []byte(`{{define "content"}}{{end}}`)}}
		_, err := s.Face(FaceOptions{Prefix: "/x", Layout: "portal", Files: blank, Pages: map[string]any{"x": &hiding{}}})
		if err == nil || !strings.Contains(err.Error(), "Notice hides") {
			t.Errorf("a field that hides the frame's: %v", err)
		}
		for _, x := range tests {
			files := fstest.MapFS{"templates/x.html": {Data: []byte(`{{define "content"}}` + strings.Replace(x.text, `{{define "sub"}}{{.Title}}{{end}}`, "", 1) + `{{end}}` + sub(x.text))}}
			_, err := s.Face(FaceOptions{Prefix: "/x", Layout: "portal", Files: files, Pages: map[string]any{"x": &page{}}})
			if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
				t.Errorf("%s: %v, want %q", x.name, err, x.want)
			}
		}
	})
}

// sub moves a template that is called out of the one that calls it.
func sub(text string) string {
	if strings.HasPrefix(text, `{{define "sub"}}`) {
		return `{{define "sub"}}{{.Title}}{{end}}`
	}
	return ""
}

func TestNumbersDaysAndMoneyAreWrittenAsOfficialsDo(t *testing.T) {
	for _, x := range []struct {
		n    int64
		want string
	}{{0, "0"}, {999, "999"}, {1000, "1,000"}, {-70200, "-70,200"}, {1234567, "1,234,567"}} {
		if got := Number(x.n); got != x.want {
			t.Errorf("Number(%d) = %s, want %s", x.n, got, x.want)
		}
	}
	for _, x := range []struct {
		f    credit.Fen
		tag  lang.Tag
		want string
	}{{200000000, lang.ZH, "2,000,000 元"}, {12345, lang.ZH, "123.45 元"}, {5, lang.EN, "CNY 0.05"}, {-5, lang.ZH, "-0.05 元"}, {-12345, lang.EN, "CNY -123.45"}} {
		if got := Money(x.tag, x.f); got != x.want {
			t.Errorf("Money(%d) = %s, want %s", x.f, got, x.want)
		}
	}
	late := time.Date(2026, 10, 12, 17, 30, 0, 0, time.UTC) // half past one in the night in China
	for _, x := range []struct {
		v    any
		want string
	}{{credit.MustDate("2026-10-12"), "2026-10-12"}, {credit.Date(0), ""}, {late, "2026-10-13 01:30"}, {time.Time{}, ""}} {
		if got, err := date(x.v); got != x.want || err != nil {
			t.Errorf("date(%v) = %s, %v, want %s", x.v, got, err, x.want)
		}
	}
}

func TestSheetHasNoFormulas(t *testing.T) {
	var b bytes.Buffer
	rows := [][]string{{"=1+1", "甲,乙"}, {"'=1", "x"}, nil}
	err := Sheet(&b, []string{"a", "b"}, func() ([]string, error) { r := rows[0]; rows = rows[1:]; return r, nil })
	if want := "\ufeffa,b\r\n'=1+1,\"甲,乙\"\r\n''=1,x\r\n"; err != nil || b.String() != want {
		t.Errorf("%q, %v, want %q", b.String(), err, want)
	}
}

func TestNodeIsReadyOnlyWhenEverythingHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		if w := s.get("/readyz"); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
		s.Check("gate", func(context.Context) error { return errors.New("loading") })
		if w := s.get("/readyz"); w.Code != 503 {
			t.Errorf("with a gate that is loading: %d", w.Code)
		}
		if w := s.get("/metrics"); w.Code != 200 || !strings.Contains(w.Body.String(), `zhixin_http_requests_total{route="GET /readyz",status="503"} 1`) {
			t.Errorf("metrics: %d", w.Code)
		}
	})
}

func TestVendorFolderIsThereForABareBuild(t *testing.T) {
	if _, err := fs.Stat(embedded, "assets/vendor/.gitignore"); err != nil {
		t.Error(err)
	}
}
