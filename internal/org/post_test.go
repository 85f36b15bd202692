package org

import (
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// quick is a hash of "correct horse" that costs next to nothing, for tests that are not about hashing.
var quick = Password{hash: phc("correct horse", make([]byte, saltLen), params{memory: 8, time: 1, threads: 1})}

// person puts a person in.
func person(t *testing.T, d *db.DB, login string) (u User) {
	t.Helper()
	must(t, d.Tx(ctx, func(q db.Q) (err error) {
		u, err = PutUser(ctx, q, admin, noon, User{Login: login, Name: "王磊"}, quick)
		return err
	}))
	return u
}

func putPost(d *db.DB, p Post) (out Post, err error) {
	err = d.Tx(ctx, func(q db.Q) (err error) {
		out, err = PutPost(ctx, q, admin, noon, p)
		return err
	})
	return out, err
}

func actor(d *db.DB, at time.Time, user, post string) (a Actor, err error) {
	err = d.View(ctx, func(q db.Q) (err error) {
		a, err = ActorOf(ctx, q, at, user, post)
		return err
	})
	return a, err
}

func TestAPersonActsInAPostHeldThatDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		u := person(t, d, "wanglei")
		first, err := putPost(d, Post{User: u.ID, Department: "STHJ", Role: credit.Reporter, Title: "法规科 填报员", From: day("2018-01-02"), Until: day("2026-10-01")})
		must(t, err)
		second, err := putPost(d, Post{User: u.ID, Department: "SCJG-340881", Role: credit.Officer, Title: "承办人", From: day("2026-06-01")})
		must(t, err)
		at := func(s string) time.Time { return day(s).Time().Add(9 * time.Hour) }
		tests := []struct {
			name string
			at   time.Time
			post string
			want string // post, or fault
		}{
			{"before the first", at("2018-01-01"), "", "org.no_post"},
			{"the first by itself", at("2018-01-02"), "", first.ID},
			{"both: the older one by itself", at("2026-07-01"), "", first.ID},
			{"both: the one chosen", at("2026-07-01"), second.ID, second.ID},
			{"chosen, not held yet", at("2026-05-31"), second.ID, "org.no_post"},
			{"the last day", at("2026-09-30"), first.ID, first.ID},
			{"midnight in China, not in London", time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC), first.ID, "org.no_post"},
			{"only the second is left", at("2026-10-01"), "", second.ID},
			{"somebody else's", at("2026-10-01"), "no-such-post", "org.no_post"},
		}
		for _, tt := range tests {
			a, err := actor(d, tt.at, u.ID, tt.post)
			if _, code := fault.Of(err); a.Post != tt.want && code != tt.want {
				t.Errorf("%s: %+v, %v, want %s", tt.name, a, err, tt.want)
			}
		}
		a, err := actor(d, noon, u.ID, "")
		if err != nil || a != (Actor{User: u.ID, Name: "王磊", Post: second.ID, Department: "SCJG-340881", Role: credit.Officer, Division: "340881"}) {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestTheSamePostAgainLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		u, v := person(t, d, "wanglei"), person(t, d, "zhangmin")
		p := Post{User: u.ID, Department: "SCJG", Role: credit.Officer, Title: "承办人", From: day("2018-01-02")}
		first, err := putPost(d, p)
		must(t, err)
		for _, from := range []string{"2018-01-02", "2026-10-12"} { // as when the command is run again years later
			p.From = day(from)
			again, err := putPost(d, p)
			if err != nil || again.ID != first.ID {
				t.Errorf("%+v, %v", again, err)
			}
		}
		if posts, assigned := leaves(t, d, LeafPost), leaves(t, d, LeafAssigned); posts != 1 || assigned != 1 {
			t.Errorf("%d and %d leaves", posts, assigned)
		}
		p.User, p.From = v.ID, day("2026-10-12") // a second holder takes nothing from the first
		if _, err := putPost(d, p); err != nil {
			t.Fatal(err)
		}
		if _, err := actor(d, day("2018-06-01").Time(), u.ID, ""); err != nil {
			t.Errorf("the first holder lost his time: %v", err)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			all, err := Posts(ctx, q, "SCJG", today)
			if len(all) != 1 || all[0].From != day("2018-01-02") {
				t.Errorf("%+v", all)
			}
			if every, err2 := Posts(ctx, q, "", today); err2 != nil || len(every) != 1 {
				t.Errorf("%+v, %v", every, err2)
			}
			return err
		}))
	})
}

func TestAnAssignmentEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		u := person(t, d, "wanglei")
		p, err := putPost(d, Post{User: u.ID, Department: "SCJG", Role: credit.Officer, Title: "承办人", From: day("2018-01-02")})
		must(t, err)
		assign := func(from, until credit.Date) error {
			return d.Tx(ctx, func(q db.Q) error { return Assign(ctx, q, admin, noon, u.ID, p.ID, from, until) })
		}
		must(t, assign(day("2018-01-02"), day("2020-01-01")))
		if _, err := actor(d, noon, u.ID, ""); !fault.Is(err, "org.no_post") {
			t.Errorf("still acting: %v", err)
		}
		if err := assign(day("2019-01-01"), 0); !fault.Is(err, "org.holds_already") {
			t.Errorf("overlapping: %v", err)
		}
		must(t, assign(day("2020-01-01"), 0))
		if _, err := actor(d, noon, u.ID, p.ID); err != nil {
			t.Error(err)
		}
		if err := d.Tx(ctx, func(q db.Q) error { return Assign(ctx, q, admin, noon, u.ID, "nix", today, 0) }); !fault.Is(err, "org.no_such_post") {
			t.Errorf("no such post: %v", err)
		}
		if err := d.Tx(ctx, func(q db.Q) error { return Assign(ctx, q, admin, noon, "nix", p.ID, today, 0) }); !fault.Is(err, "org.no_user") {
			t.Errorf("no such person: %v", err)
		}
	})
}

func TestUnsoundPostIsRefused(t *testing.T) {
	good := Post{Department: "SCJG", Role: credit.Officer, Title: "承办人", From: today}
	tests := []struct {
		name string
		in   func(*Post)
		want string
	}{
		{"sound", func(*Post) {}, ""},
		{"unknown role", func(p *Post) { p.Role = "director" }, "org.bad_role"},
		{"the role of a key", func(p *Post) { p.Role = keyRole + "batch.submit" }, "org.bad_role"},
		{"no title", func(p *Post) { p.Title = "" }, "org.bad_post"},
		{"no first day", func(p *Post) { p.From = 0 }, "org.bad_post"},
		{"unknown department", func(p *Post) { p.Department = "XYZ" }, "org.no_department"},
		{"bad division", func(p *Post) { p.Division = "34" }, "org.bad_division"},
		{"unknown person", func(p *Post) { p.User = "nix" }, "org.no_user"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		for _, tt := range tests {
			p := good
			tt.in(&p)
			if _, err := putPost(d, p); err == nil && tt.want != "" || err != nil && !fault.Is(err, tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
		}
	})
}

func TestUsersAreNamedByTheirLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := person(t, d, " WangLei ")
		if u.Login != "wanglei" {
			t.Errorf("login %q", u.Login)
		}
		put := func(in User, p Password) (out User, err error) {
			err = d.Tx(ctx, func(q db.Q) (err error) {
				out, err = PutUser(ctx, q, admin, noon.Add(time.Hour), in, p)
				return err
			})
			return out, err
		}
		renamed, err := put(User{Login: "wanglei", Name: "王磊磊"}, Password{})
		if err != nil || renamed.ID != u.ID || !renamed.Created.Equal(noon) {
			t.Errorf("%+v, %v", renamed, err)
		}
		if _, err := put(User{Login: "wanglei", Name: "王磊磊"}, Password{}); err != nil || leaves(t, d, LeafUser) != 2 {
			t.Errorf("nothing changed, and it was logged: %v", err)
		}
		for _, tt := range []struct{ login, name, want string }{
			{"zhang min", "张敏", "org.bad_login_name"}, {"", "张敏", "org.bad_login_name"}, {"张敏", "张敏", "org.bad_login_name"},
			{"zhangmin", " ", "org.name_needed"}, {"zhangmin", "张敏", "org.password_needed"}} {
			if _, err := put(User{Login: tt.login, Name: tt.name}, Password{}); !fault.Is(err, tt.want) {
				t.Errorf("%q %q: %v, want %s", tt.login, tt.name, err, tt.want)
			}
		}
		must(t, d.View(ctx, func(q db.Q) error {
			all, err := Users(ctx, q)
			if len(all) != 1 || all[0].Name != "王磊磊" {
				t.Errorf("%+v", all)
			}
			names, err2 := UserNames(ctx, q, []string{u.ID, "nix"})
			if err2 != nil || len(names) != 1 || names[u.ID] != "王磊磊" {
				t.Errorf("%v, %v", names, err2)
			}
			if by, err := UserByLogin(ctx, q, "WANGLEI"); err != nil || by.ID != u.ID {
				t.Errorf("%+v, %v", by, err)
			}
			if _, err := UserNames(ctx, q, nil); err != nil {
				t.Error(err)
			}
			return err
		}))
	})
}
