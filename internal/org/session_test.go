package org

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

var _ scs.CtxStore = (*Sessions)(nil)
var _ scs.Codec = SessionCodec{}

func sessionOf(t *testing.T, user string) []byte {
	t.Helper()
	raw, err := SessionCodec{}.Encode(noon.Add(time.Hour), map[string]any{SessionUser: user, SessionRemote: "10.0.0.1", SessionAgent: "Firefox"})
	must(t, err)
	return raw
}

func sessions(t *testing.T, d *db.DB, user string, at time.Time) (out []Session) {
	t.Helper()
	must(t, d.View(ctx, func(q db.Q) (err error) {
		out, err = SessionsOf(ctx, q, user, at)
		return err
	}))
	return out
}

func TestASessionEndsByExpiryIdlenessLogoutAndRevocation(t *testing.T) {
	tests := []struct {
		name string
		do   func(d *db.DB, s *Sessions) error
		at   time.Duration
		want bool
	}{
		{"alive", nil, time.Minute, true},
		{"just before it is idle", nil, idle - time.Second, true},
		{"idle", nil, idle, false},
		{"expired", func(_ *db.DB, s *Sessions) error {
			return s.CommitCtx(ctx, "token", []byte(`{"deadline":"2026-10-12T05:00:00Z","values":{"user":"u1"}}`), noon.Add(time.Hour))
		}, time.Hour, false},
		{"logged out", func(_ *db.DB, s *Sessions) error { return s.DeleteCtx(ctx, "token") }, time.Minute, false},
		{"ended by the person elsewhere", func(d *db.DB, _ *Sessions) error {
			return d.Tx(ctx, func(q db.Q) error { return EndSession(ctx, q, Actor{User: "u1"}, noon, "u1", sessionID("token")) })
		}, time.Minute, false},
		{"all of the person's ended", func(d *db.DB, _ *Sessions) error {
			return d.Tx(ctx, func(q db.Q) error { return endSessions(ctx, q, noon, "u1", "") })
		}, time.Minute, false},
		{"somebody else's ended", func(d *db.DB, _ *Sessions) error {
			return d.Tx(ctx, func(q db.Q) error { return endSessions(ctx, q, noon, "u2", "") })
		}, time.Minute, true},
		{"an unknown one logged out", func(_ *db.DB, s *Sessions) error { return s.DeleteCtx(ctx, "other") }, time.Minute, true},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			must(t, d.Tx(ctx, func(q db.Q) error { _, err := q.ExecContext(ctx, `DELETE FROM org_session`); return err }))
			at := noon
			s := NewSessions(d, func() time.Time { return at })
			must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(12*time.Hour)))
			if tt.do != nil {
				must(t, tt.do(d, s))
			}
			at = noon.Add(tt.at)
			if data, found, err := s.FindCtx(ctx, "token"); found != tt.want || err != nil || found && len(data) == 0 {
				t.Errorf("%s: %v %s %v", tt.name, found, data, err)
			}
			if tt.want {
				continue
			}
			// A request that was under way when it ended must not bring it back.
			if !strings.Contains(tt.name, "idle") && tt.name != "expired" {
				must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(12*time.Hour)))
				if _, found, err := s.FindCtx(ctx, "token"); found || err != nil {
					t.Errorf("%s: it came back, %v", tt.name, err)
				}
			}
			if got := sessions(t, d, "u1", at); len(got) != 0 {
				t.Errorf("%s: still listed: %+v", tt.name, got)
			}
		}
	})
}

func TestDisablingAPersonEndsEverySession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := person(t, d, "wanglei")
		s := NewSessions(d, func() time.Time { return noon })
		for _, token := range []string{"a", "b"} {
			must(t, s.CommitCtx(ctx, token, sessionOf(t, u.ID), noon.Add(time.Hour)))
		}
		if got := sessions(t, d, u.ID, noon); len(got) != 2 || got[0].Remote != "10.0.0.1" || got[0].Agent != "Firefox" {
			t.Errorf("%+v", got)
		}
		must(t, d.Tx(ctx, func(q db.Q) error { return DisableUser(ctx, q, admin, noon, u.ID) }))
		if got := sessions(t, d, u.ID, noon); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if _, err := actor(d, noon, u.ID, ""); !fault.Is(err, "org.user_disabled") {
			t.Errorf("still acting: %v", err)
		}
	})
}

func TestNobodyEndsAnothersSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := NewSessions(d, func() time.Time { return noon })
		must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(time.Hour)))
		err := d.Tx(ctx, func(q db.Q) error { return EndSession(ctx, q, Actor{User: "u2"}, noon, "u2", sessionID("token")) })
		if !fault.Is(err, "org.no_session") || len(sessions(t, d, "u1", noon)) != 1 {
			t.Errorf("ended: %v", err)
		}
	})
}

func TestTheDatabaseHoldsNoToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := NewSessions(d, func() time.Time { return noon })
		must(t, s.Commit("the-secret-token", sessionOf(t, "u1"), noon.Add(time.Hour)))
		var id string
		must(t, d.View(ctx, func(q db.Q) error { return q.QueryRowContext(ctx, `SELECT id FROM org_session`).Scan(&id) }))
		if len(id) != 64 || strings.Contains(id, "secret") {
			t.Errorf("stored under %q", id)
		}
		if _, found, err := s.Find(id); found || err != nil {
			t.Errorf("the stored id opens the session: %v", err)
		}
		must(t, s.Delete("the-secret-token"))
	})
}

// Looking at a thousand pages writes nothing; when the session was last seen is written once a minute.
func TestLookingAtPagesDoesNotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := noon
		s := NewSessions(d, func() time.Time { return at })
		must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(12*time.Hour)))
		quiet := d.Changed()
		for range 1000 {
			at = at.Add(time.Second)
			if _, found, err := s.FindCtx(ctx, "token"); !found || err != nil {
				t.Fatal(found, err)
			}
		}
		select {
		case <-quiet:
			t.Error("a page wrote")
		default:
		}
		must(t, s.Flush(ctx))
		if got := sessions(t, d, "u1", at); len(got) != 1 || !got[0].Seen.Equal(at) || !got[0].Created.Equal(noon) {
			t.Errorf("%+v, want seen %v", got, at)
		}
		at = at.Add(idle - time.Second)
		if _, found, _ := s.FindCtx(ctx, "token"); !found {
			t.Error("what was seen did not count")
		}
		at = noon.Add(13 * time.Hour)
		must(t, s.Flush(ctx))
		var n int
		must(t, d.View(ctx, func(q db.Q) error { return q.QueryRowContext(ctx, `SELECT count(*) FROM org_session`).Scan(&n) }))
		if n != 0 {
			t.Errorf("%d expired rows are left", n)
		}
	})
}

func TestWhatCannotBeWrittenNowIsWrittenLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := noon
		s := NewSessions(d, func() time.Time { return at })
		must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(12*time.Hour)))
		at = noon.Add(time.Hour)
		if _, found, err := s.FindCtx(ctx, "token"); !found || err != nil {
			t.Fatal(found, err)
		}
		stopped, stop := contextStopped()
		defer stop()
		if err := s.Flush(stopped); err == nil {
			t.Fatal("written on a stopped context")
		}
		must(t, s.Flush(ctx))
		if got := sessions(t, d, "u1", at); len(got) != 1 || !got[0].Seen.Equal(at) {
			t.Errorf("%+v", got)
		}
	})
}

func TestRunFlushesOnceMoreAtTheEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var out bytes.Buffer
		at := noon
		s := NewSessions(d, func() time.Time { return at })
		must(t, s.CommitCtx(ctx, "token", sessionOf(t, "u1"), noon.Add(12*time.Hour)))
		at = noon.Add(time.Hour)
		if _, found, err := s.FindCtx(ctx, "token"); !found || err != nil {
			t.Fatal(found, err)
		}
		stopped, stop := contextStopped()
		defer stop()
		s.Run(stopped, slog.New(slog.NewTextHandler(&out, nil)))
		if got := sessions(t, d, "u1", at); len(got) != 1 || !got[0].Seen.Equal(at) || out.Len() != 0 {
			t.Errorf("%+v, %s", got, out.String())
		}
	})
}

// The store with the real session manager, over HTTP.
func TestScsKeepsItsSessionsHere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := scs.New()
		m.Store, m.Codec, m.Lifetime = NewSessions(d, time.Now), SessionCodec{}, 12*time.Hour
		mux := http.NewServeMux()
		mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
			must(t, m.RenewToken(r.Context()))
			m.Put(r.Context(), SessionUser, "u1")
		})
		mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(m.GetString(r.Context(), SessionUser)))
		})
		mux.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) { must(t, m.Destroy(r.Context())) })
		h := m.LoadAndSave(mux)
		var cookie *http.Cookie
		visit := func(path string) string {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
			if cookie != nil {
				r.AddCookie(cookie)
			}
			h.ServeHTTP(w, r)
			if set := w.Result().Cookies(); len(set) > 0 && set[0].Value != "" {
				cookie = set[0]
			}
			return w.Body.String()
		}
		if visit("/who") != "" || cookie != nil {
			t.Error("a visitor has a session")
		}
		visit("/login")
		if got := visit("/who"); got != "u1" {
			t.Errorf("logged in as %q", got)
		}
		if got := sessions(t, d, "u1", time.Now()); len(got) != 1 {
			t.Errorf("%+v", got)
		}
		visit("/logout")
		if got := visit("/who"); got != "" {
			t.Errorf("logged out, but still %q", got)
		}
	})
}

func TestASessionHoldsTextsAndTruthsOnly(t *testing.T) {
	values := map[string]any{"user": "u1", "remember": true}
	raw, err := SessionCodec{}.Encode(noon, values)
	must(t, err)
	for range 20 {
		again, err := SessionCodec{}.Encode(noon, values)
		if err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("%s, then %s, %v", raw, again, err)
		}
	}
	deadline, got, err := SessionCodec{}.Decode(raw)
	if err != nil || !deadline.Equal(noon) || got["user"] != "u1" || got["remember"] != true {
		t.Errorf("%v %v %v", deadline, got, err)
	}
	if _, err := (SessionCodec{}).Encode(noon, map[string]any{"n": 1}); err == nil {
		t.Error("a number was kept; it would come back as another type")
	}
	if _, _, err := (SessionCodec{}).Decode([]byte("gob?")); err == nil {
		t.Error("nonsense was read")
	}
}

func TestANewPasswordEndsEverySession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := person(t, d, "wanglei")
		s := NewSessions(d, func() time.Time { return noon })
		must(t, s.CommitCtx(ctx, "a", sessionOf(t, u.ID), noon.Add(time.Hour)))
		again, err := HashPassword("battery staple")
		must(t, err)
		put := func(name string, password Password) {
			must(t, d.Tx(ctx, func(q db.Q) error {
				_, err := PutUser(ctx, q, admin, noon, User{Login: u.Login, Name: name}, password)
				return err
			}))
		}
		put("王小磊", Password{})
		if _, found, err := s.FindCtx(ctx, "a"); !found || err != nil {
			t.Errorf("a new name ended the session: %v", err)
		}
		put("王小磊", again)
		if _, found, err := s.FindCtx(ctx, "a"); found || err != nil {
			t.Errorf("the session outlived its password: %v", err)
		}
	})
}
