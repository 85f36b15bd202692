package org

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

func TestWhatIsGuessedFirstIsNoPassword(t *testing.T) {
	tests := []struct{ in, want string }{
		{"correct horse", ""},
		{"宜城江畔振风古塔夜色", ""},
		{"宜城江畔振风古塔夜", "org.password_short"},
		{"short pwd", "org.password_short"},
		{"", "org.password_short"},
		{"1234567890", "org.password_common"},
		{"Password123", "org.password_common"},
		{"１２３４５６７８９０", "org.password_common"}, // typed full-width
		{"aaaaaaaaaaaa", "org.password_common"},
		{strings.Repeat("ab", 128), ""},
		{strings.Repeat("ab", 128) + "c", "org.password_long"},
		{"bad \xff\xfe bytes", "org.password_long"},
	}
	for _, tt := range tests {
		if _, got := fault.Of(checkPassword(foldWidth(tt.in))); got != tt.want {
			t.Errorf("%.20q: %q, want %q", tt.in, got, tt.want)
		}
	}
	for line := range strings.Lines(common) {
		if w := strings.TrimSpace(line); w != strings.ToLower(w) || len(w) < minPassword {
			t.Errorf("%q in the list can never match", w)
		}
	}
}

func TestAHashHoldsItsParametersAndOnlyItsPassword(t *testing.T) {
	p, err := HashPassword("correct horse")
	must(t, err)
	if !strings.HasPrefix(p.hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(fmt.Sprintf("%v %s", p, p), "argon2") {
		t.Errorf("%s", p.hash)
	}
	other, err := HashPassword("correct horse")
	must(t, err)
	if other.hash == p.hash {
		t.Error("two hashes of one password are equal: no salt")
	}
	tests := []struct {
		name, password, hash string
		ok, stale, fails     bool
	}{
		{"right", "correct horse", p.hash, true, false, false},
		{"wrong", "correct horsf", p.hash, false, false, false},
		{"empty", "", p.hash, false, false, false},
		{"older parameters", "correct horse", quick.hash, true, true, false},
		{"nobody's", "correct horse", decoy, false, false, false},
		{"not a hash", "correct horse", "correct horse", false, false, true},
		{"another kind", "correct horse", strings.Replace(p.hash, "argon2id", "argon2i", 1), false, false, true},
		{"no passes", "correct horse", strings.Replace(p.hash, "t=2", "t=0", 1), false, false, true},
	}
	for _, tt := range tests {
		ok, stale, err := verify(tt.password, tt.hash)
		if ok != tt.ok || stale != tt.stale || (err != nil) != tt.fails {
			t.Errorf("%s: %v %v %v", tt.name, ok, stale, err)
		}
	}
}

func TestWaitingDoubles(t *testing.T) {
	s := time.Second
	tests := []struct {
		failures int
		after    time.Duration // since the last failure
		want     time.Duration
	}{
		{0, 0, 0}, {4, 0, 0}, {5, 0, s}, {6, 0, 2 * s}, {7, 0, 4 * s}, {8, 0, 8 * s}, {14, 0, 512 * s},
		{15, 0, 15 * time.Minute}, {16, 0, 15 * time.Minute}, {1 << 40, 0, 15 * time.Minute},
		{6, s, s}, {6, 2 * s, 0}, {6, time.Hour, 0},
		{16, 14 * time.Minute, time.Minute}, {16, 24 * time.Hour, 0},
		{6, -time.Hour, 2 * s}, // the clock went back
	}
	for _, tt := range tests {
		if got := throttle(tt.failures, freeLogin, noon, noon.Add(tt.after)); got != tt.want {
			t.Errorf("%d failures, %v later: %v, want %v", tt.failures, tt.after, got, tt.want)
		}
	}
	if throttle(49, freeRemote, noon, noon) != 0 || throttle(50, freeRemote, noon, noon) != s {
		t.Error("a remote address is not allowed 50")
	}
}

func TestLoginNeedsTheRightPasswordOfAPersonWhoIsLetIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u, gone := person(t, d, "wanglei"), person(t, d, "zhangmin")
		must(t, d.Tx(ctx, func(q db.Q) error { return DisableUser(ctx, q, admin, noon, gone.ID) }))
		tests := []struct{ name, login, password, want string }{
			{"right", "wanglei", "correct horse", ""},
			{"login in capitals and blanks", " WANGLEI ", "correct horse", ""},
			{"password full-width", "wanglei", "ｃｏｒｒｅｃｔ horse", ""},
			{"wrong password", "wanglei", "correct horsf", "org.bad_login"},
			{"no password", "wanglei", "", "org.bad_login"},
			{"unknown login", "nobody", "correct horse", "org.bad_login"},
			{"unknown login, no password", "nobody", "", "org.bad_login"},
			{"an endless password", "wanglei", strings.Repeat("x", 1<<20), "org.bad_login"},
			{"disabled", "zhangmin", "correct horse", "org.user_disabled"},
			{"disabled, wrong password", "zhangmin", "correct horsf", "org.bad_login"},
		}
		for _, tt := range tests {
			got, err := Login(ctx, d, noon, tt.login, tt.password, "10.0.0.1")
			if _, code := fault.Of(err); code != tt.want || err == nil && got.ID != u.ID {
				t.Errorf("%s: %+v, %v, want %q", tt.name, got, err, tt.want)
			}
		}
		must(t, d.Tx(ctx, func(q db.Q) error { return EnableUser(ctx, q, admin, noon, gone.ID) }))
		if _, err := Login(ctx, d, noon, "zhangmin", "correct horse", "10.0.0.1"); err != nil {
			t.Errorf("let in again: %v", err)
		}
		if n := leaves(t, d, LeafLoggedIn); n != 4 {
			t.Errorf("%d logins logged, want 4", n)
		}
	})
}

func TestFiveFailuresWaitAndTheSixthIsNotEvenCompared(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		person(t, d, "wanglei")
		at := noon
		try := func(login, password, remote string) string {
			_, err := Login(ctx, d, at, login, password, remote)
			_, code := fault.Of(err)
			return code
		}
		for _, login := range []string{"wanglei", "nobody"} { // a login that does not exist behaves the same
			for i := range 5 {
				if got := try(login, "wrong", "10.0.0.1"); got != "org.bad_login" {
					t.Errorf("%s, attempt %d: %s", login, i+1, got)
				}
			}
			if got := try(login, "correct horse", "10.0.0.2"); got != "org.wait" {
				t.Errorf("%s: the right password from elsewhere did not wait: %s", login, got)
			}
		}
		if n := leaves(t, d, LeafLoginFailed); n != 2 {
			t.Errorf("%d leaves for two logins that began to wait", n)
		}
		at = noon.Add(time.Second)
		if got := try("wanglei", "correct horse", "10.0.0.1"); got != "" {
			t.Errorf("after the wait: %s", got)
		}
		if got := try("wanglei", "wrong", "10.0.0.1"); got != "org.bad_login" {
			t.Errorf("the count did not begin anew: %s", got)
		}
	})
}

func TestAnAddressThatTriesManyLoginsWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		person(t, d, "wanglei")
		for i := range freeRemote {
			// What a right login takes back is its own attempt only.
			if i%25 == 0 {
				if _, err := Login(ctx, d, noon, "wanglei", "correct horse", "10.0.0.1"); err != nil {
					t.Fatal(err)
				}
			}
			has, err := begin(ctx, d, noon, fmt.Sprintf("user%d", i), "10.0.0.1")
			if err != nil || has.remotes != i+1 {
				t.Fatalf("attempt %d: counted %d, %v", i, has.remotes, err)
			}
		}
		if _, err := Login(ctx, d, noon, "wanglei", "correct horse", "10.0.0.1"); !fault.Is(err, "org.wait") {
			t.Errorf("the address did not wait: %v", err)
		}
		if _, err := Login(ctx, d, noon, "wanglei", "correct horse", "10.0.0.2"); err != nil {
			t.Errorf("another address had to wait: %v", err)
		}
	})
}

func TestManyAttemptsAtOnceDoNotGetPastTheCount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		person(t, d, "wanglei")
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := Login(ctx, d, noon, "wanglei", "wrong", "10.0.0.1")
				_, code := fault.Of(err)
				mu.Lock()
				defer mu.Unlock()
				got[code]++
			})
		}
		wg.Wait()
		if got["org.bad_login"] != freeLogin || got["org.wait"] != 20-freeLogin {
			t.Errorf("got %v", got)
		}
	})
}

func TestOldHashesAreRenewedAtLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := person(t, d, "wanglei")
		for range 2 {
			if _, err := Login(ctx, d, noon, "wanglei", "correct horse", "r"); err != nil {
				t.Fatal(err)
			}
		}
		var hash string
		must(t, d.View(ctx, func(q db.Q) error {
			return q.QueryRowContext(ctx, `SELECT password FROM org_user WHERE id = $1`, u.ID).Scan(&hash)
		}))
		if ok, stale, err := verify("correct horse", hash); !ok || stale || err != nil {
			t.Errorf("%v %v %v", ok, stale, err)
		}
	})
}

func TestNobodyLogsInWithAPasswordJustReplaced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		person(t, d, "wanglei")
		has, err := begin(ctx, d, noon, "wanglei", "r")
		must(t, err)
		other := Password{hash: phc("other horse", make([]byte, saltLen), params{memory: 8, time: 1, threads: 1})}
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := PutUser(ctx, q, admin, noon, User{Login: "wanglei", Name: "王磊"}, other)
			return err
		}))
		err = d.Tx(ctx, func(q db.Q) error { return letIn(ctx, q, noon, has, "wanglei", "r", "") })
		if !fault.Is(err, "org.bad_login") {
			t.Errorf("let in: %v", err)
		}
	})
}

func TestAPersonChoosesANewPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := person(t, d, "wanglei-longer")
		s := NewSessions(d, func() time.Time { return noon })
		for _, token := range []string{"here", "elsewhere"} {
			must(t, s.CommitCtx(ctx, token, sessionOf(t, u.ID), noon.Add(time.Hour)))
		}
		change := func(old, chosen string) error {
			return ChangePassword(ctx, d, noon, Actor{User: u.ID}, old, chosen, "r", "here")
		}
		tests := []struct{ old, chosen, want string }{
			{"wrong", "battery staple", "org.bad_login"},
			{"correct horse", "short", "org.password_short"},
			{"correct horse", "WangLei-Longer", "org.password_login"},
			{"correct horse", "correct horse", "org.password_same"},
			{"correct horse", "battery staple", ""},
		}
		for _, tt := range tests {
			if _, got := fault.Of(change(tt.old, tt.chosen)); got != tt.want {
				t.Errorf("%s → %s: %q, want %q", tt.old, tt.chosen, got, tt.want)
			}
		}
		if _, err := Login(ctx, d, noon, u.Login, "battery staple", "r"); err != nil {
			t.Error(err)
		}
		for token, want := range map[string]bool{"here": true, "elsewhere": false} {
			if _, found, err := s.FindCtx(ctx, token); found != want || err != nil {
				t.Errorf("session %s: %v, %v", token, found, err)
			}
		}
		again, err := HashPassword("WangLei-Longer")
		must(t, err)
		err = d.Tx(ctx, func(q db.Q) error {
			_, err := PutUser(ctx, q, admin, noon, User{Login: u.Login, Name: "王磊"}, again)
			return err
		})
		if !fault.Is(err, "org.password_login") {
			t.Errorf("the administrator gave the login as password: %v", err)
		}
	})
}

func TestTheLogHoldsNoPasswordAndNoHash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		person(t, d, "wanglei")
		for _, password := range []string{"correct horse", "wrong secret", "w", "w", "w", "w", "w"} {
			_, _ = Login(ctx, d, noon, "wanglei", password, "r")
		}
		_, _ = Login(ctx, d, noon, "typed secret as login", "x", "r")
		must(t, d.View(ctx, func(q db.Q) error {
			rows, err := q.QueryContext(ctx, `SELECT subject, body FROM audit_leaf`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var subject string
				var body []byte
				if err := rows.Scan(&subject, &body); err != nil {
					return err
				}
				for _, never := range []string{"correct horse", "secret", "argon2"} {
					if strings.Contains(subject, never) || bytes.Contains(body, []byte(never)) {
						t.Errorf("%s stands in %s %s", never, subject, body)
					}
				}
			}
			return rows.Close()
		}))
	})
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		phc("correct horse", make([]byte, saltLen), standard)
	}
}
