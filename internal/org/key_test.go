package org

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

func contextStopped() (context.Context, context.CancelFunc) {
	stopped, stop := context.WithCancel(ctx)
	stop()
	return stopped, stop
}

func newKey(d *db.DB, k Key) (secret string, made Key, err error) {
	err = d.Tx(ctx, func(q db.Q) (err error) {
		secret, made, err = NewKey(ctx, q, admin, noon, k)
		return err
	})
	return secret, made, err
}

func keyActor(d *db.DB, at time.Time, secret string) (a Actor, err error) {
	err = d.Tx(ctx, func(q db.Q) (err error) {
		a, err = KeyActor(ctx, q, at, secret)
		return err
	})
	return a, err
}

func TestAKeyActsForItsDepartmentUntilItIsRevoked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		secret, k, err := newKey(d, Key{Department: "STHJ", Label: "执法平台", Acts: []Act{GateAsk, BatchSubmit, GateAsk}})
		must(t, err)
		if !strings.HasPrefix(secret, "zx_"+k.ID+"_") || len(secret) < len("zx_")+20+1+64 {
			t.Errorf("secret %q", secret)
		}
		a, err := keyActor(d, noon, secret)
		if err != nil || a.Key != k.ID || a.Department != "STHJ" || a.Name != "执法平台" || a.User != "" || a.Who() != k.ID {
			t.Errorf("%+v, %v", a, err)
		}
		for act, want := range map[Act]bool{BatchSubmit: true, GateAsk: true, BatchRead: false, OrgManage: false, CaseApprove: false} {
			if got := May(a, act, "STHJ", "340800") == nil; got != want {
				t.Errorf("key may %s: %v", act, got)
			}
		}
		if May(a, BatchSubmit, "SCJG", "340800") == nil {
			t.Error("the key submits for another department")
		}
		must(t, d.Tx(ctx, func(q db.Q) error { return RevokeKey(ctx, q, admin, noon, k.ID) }))
		if _, err := keyActor(d, noon, secret); !fault.Is(err, "org.bad_key") {
			t.Errorf("a revoked key acts: %v", err)
		}
		if err := d.Tx(ctx, func(q db.Q) error { return RevokeKey(ctx, q, admin, noon, k.ID) }); !fault.Is(err, "org.no_key") {
			t.Errorf("revoked twice: %v", err)
		}
		if made, revoked := leaves(t, d, LeafKeyMade), leaves(t, d, LeafKeyRevoked); made != 1 || revoked != 1 {
			t.Errorf("%d and %d leaves", made, revoked)
		}
	})
}

func TestOnlyTheWholeSecretOpens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		secret, k, err := newKey(d, Key{Department: "STHJ", Label: "x", Acts: []Act{GateAsk}})
		must(t, err)
		other, _, err := newKey(d, Key{Department: "FGW", Label: "x", Acts: []Act{GateAsk}})
		must(t, err)
		_, otherRandom, _ := strings.Cut(strings.TrimPrefix(other, keyPrefix), "_")
		bad := []string{"", "zx_", "zx__", "zx_" + k.ID, "zx_" + k.ID + "_", secret[:len(secret)-1], secret + "0", secret[3:], " " + secret,
			strings.ToUpper(secret), "zx_" + k.ID + "_" + otherRandom, "zx_00000000000000000000_" + otherRandom, "zx_" + strings.Repeat("a", 1000) + "_b"}
		for _, s := range bad {
			if _, err := keyActor(d, noon, s); !fault.Is(err, "org.bad_key") {
				t.Errorf("%.60q opened: %v", s, err)
			}
		}
		_, random, _ := strings.Cut(strings.TrimPrefix(secret, keyPrefix), "_")
		must(t, d.View(ctx, func(q db.Q) error {
			var stored string
			if err := q.QueryRowContext(ctx, `SELECT secret FROM org_key WHERE id = $1`, k.ID).Scan(&stored); err != nil {
				return err
			}
			if stored == random || strings.Contains(stored, random) {
				t.Error("the secret itself is stored")
			}
			var body []byte
			if err := q.QueryRowContext(ctx, `SELECT body FROM audit_leaf WHERE kind = $1 AND subject = 'STHJ'`, LeafKeyMade).Scan(&body); err != nil {
				return err
			}
			if bytes.Contains(body, []byte(random)) || bytes.Contains(body, []byte(stored)) {
				t.Errorf("the secret stands in the log: %s", body)
			}
			return nil
		}))
	})
}

func TestAKeyIsNotGivenWhatOnlyPeopleDo(t *testing.T) {
	tests := []struct {
		name string
		in   Key
		want string
	}{
		{"sound", Key{Department: "STHJ", Label: "x", Acts: KeyActs()}, ""},
		{"approving", Key{Department: "STHJ", Label: "x", Acts: []Act{GateAsk, CaseApprove}}, "org.not_for_keys"},
		{"an unknown act", Key{Department: "STHJ", Label: "x", Acts: []Act{"gate.ask case.approve"}}, "org.not_for_keys"},
		{"nothing", Key{Department: "STHJ", Label: "x"}, "org.key_needs"},
		{"no label", Key{Department: "STHJ", Label: " ", Acts: []Act{GateAsk}}, "org.key_needs"},
		{"no department", Key{Department: "XYZ", Label: "x", Acts: []Act{GateAsk}}, "org.no_department"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		for _, tt := range tests {
			if _, _, err := newKey(d, tt.in); err == nil && tt.want != "" || err != nil && !fault.Is(err, tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
		}
	})
}

func TestTheUseOfAKeyIsWrittenOnceAMinute(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		secret, _, err := newKey(d, Key{Department: "STHJ", Label: "x", Acts: []Act{GateAsk}})
		must(t, err)
		if _, _, err := newKey(d, Key{Department: "FGW", Label: "y", Acts: []Act{GateAsk, BatchRead}}); err != nil {
			t.Fatal(err)
		}
		used := func(scope Scope) (keys []Key) {
			must(t, d.View(ctx, func(q db.Q) (err error) {
				keys, err = Keys(ctx, q, scope)
				return err
			}))
			return keys
		}
		for _, tt := range []struct{ after, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {100 * time.Second, time.Minute}, {2 * time.Minute, 2 * time.Minute}} {
			if _, err := keyActor(d, noon.Add(tt.after), secret); err != nil {
				t.Fatal(err)
			}
			if got := used(Scope{Department: "STHJ"}); len(got) != 1 || !got[0].Used.Equal(noon.Add(tt.want)) {
				t.Errorf("after %v: %+v", tt.after, got)
			}
		}
		all := used(Scope{All: true})
		if len(all) != 2 || all[0].Department != "FGW" || len(all[0].Acts) != 2 || !all[0].Used.IsZero() || all[0].CreatedBy != admin.User {
			t.Errorf("%+v", all)
		}
		if len(used(Scope{})) != 0 {
			t.Error("keys are seen without a scope")
		}
	})
}

// A key that was made for penalties sends nothing else; one without kinds sends all.
func TestAKeyMayBeForSomeKindsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		limited, made, err := newKey(d, Key{Department: "STHJ", Label: "执法平台", Acts: []Act{BatchSubmit, BatchRead}, Kinds: []string{"penalty", "licence", "penalty"}})
		must(t, err)
		if len(made.Kinds) != 2 {
			t.Errorf("kinds %q", made.Kinds)
		}
		free, _, err := newKey(d, Key{Department: "STHJ", Label: "全部", Acts: []Act{BatchSubmit}})
		must(t, err)
		for secret, want := range map[string]bool{limited: false, free: true} {
			a, err := keyActor(d, noon, secret)
			must(t, err)
			if May(a, BatchSubmit, "STHJ", "") != nil || MaySend(a, "penalty") != nil || (MaySend(a, "annual-report") == nil) != want {
				t.Errorf("%s: penalty %v, annual report %v", a.Role, MaySend(a, "penalty"), MaySend(a, "annual-report"))
			}
		}
		if MaySend(Actor{User: "u", Role: "reporter"}, "annual-report") != nil {
			t.Error("a person is limited")
		}
		for want, k := range map[string]Key{
			"org.kinds_without_sending": {Department: "STHJ", Label: "x", Acts: []Act{GateAsk}, Kinds: []string{"penalty"}},
			"org.bad_key_kind":          {Department: "STHJ", Label: "x", Acts: []Act{BatchSubmit}, Kinds: []string{"penalty gate.ask"}},
		} {
			if _, _, err := newKey(d, k); !fault.Is(err, want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}
