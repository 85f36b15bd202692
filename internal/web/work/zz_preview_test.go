package work

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/demo"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/lang"
	"zhixin/internal/sanction"
	"zhixin/internal/web"
	"zhixin/internal/web/portal"
)

type contextT = context.Context

func TestPreview(t *testing.T) {
	dir := os.Getenv("ZX_PREVIEW")
	if dir == "" {
		t.Skip()
	}
	_, err := os.Stat(dir + "/zhixin.db")
	fresh := err != nil
	d, err := db.Open(ctx, dir+"/zhixin.db", db.Options{Rand: demo.Rand(1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	key, err := audit.LoadKey(dir+"/log.key", "zhixin/demo")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	f := &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: log}
	if fresh {
		err = demo.Build(ctx, f, audit.NewSequencer(d, key, "preview"), demo.Options{Scale: 0.02, Seed: 1, Now: credit.MustDate("2026-10-12"), Password: "anqing-demo-2026",
			Progress: func(s string, a, b int) { fmt.Fprintln(os.Stderr, s, a, b) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	now := func() time.Time { return noon.Add(time.Since(began)) }
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	g, err := audit.NewGrouper(ctx, d, key, now, sanction.LeafReceipts, credit.System("sanction.gate"))
	if err != nil {
		t.Fatal(err)
	}
	gate := sanction.NewGate(d, g, now)
	go func() { fmt.Fprintln(os.Stderr, "gate", gate.Run(ctx)) }()
	go audit.NewSequencer(d, key, "preview").Run(ctx, now)
	go f.Follow(ctx, now)
	go jobs.NewWorker(d, now, "preview", map[string]jobs.Handler{intake.CheckJob: func(c2 contextT, j jobs.Job) error { return intake.Check(c2, d, now, j.Arg) }}).Run(ctx)
	if err := portal.Register(s, portal.Deps{Key: key, Check: sanction.Verify}); err != nil {
		t.Fatal(err)
	}
	if err := Register(s, Deps{Flow: f, Gate: gate}); err != nil {
		t.Fatal(err)
	}
	for i, login := range []string{"zhangmin", "liqiang", "chenjing", "zhoufang", "admin", "audit", "officer340881", "approver340881"} {
		go as(s.Handler(), login, 8101+i)
	}
	t.Fatal(http.ListenAndServe("127.0.0.1:8099", s.Handler()))
}

func as(h http.Handler, login string, port int) {
	time.Sleep(300 * time.Millisecond)
	form := url.Values{"login": {login}, "password": {"anqing-demo-2026"}}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := c.PostForm("http://127.0.0.1:8099/work/login", form)
	if err != nil || len(r.Cookies()) == 0 {
		fmt.Fprintln(os.Stderr, "login", login, err, r)
		return
	}
	k := r.Cookies()[0]
	fmt.Fprintln(os.Stderr, login, "at", port)
	_ = http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", port), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(k)
		if r.Header.Get("Accept-Language") != "" && r.URL.Query().Get("lang") == "" {
			r.Header.Set("Accept-Language", "zh")
		}
		h.ServeHTTP(w, r)
	}))
}
