package enterprise_test

import (
	"fmt"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
)

func TestWhatARegistrationChangesIsTold(t *testing.T) {
	first := version("甲厂", "", "", "2018-01-01")
	first.Address, first.Authority, first.Division = "人民路1号", "SCJG", "340824"
	change := func(do func(s *enterprise.Subject)) enterprise.Subject {
		s := first
		s.Heard = credit.MustDate("2020-02-03")
		do(&s)
		return s
	}
	tests := []struct {
		name string
		next enterprise.Subject
		want string
	}{
		{"nothing", change(func(*enterprise.Subject) {}), ""},
		{"only blanks", change(func(s *enterprise.Subject) { s.Name, s.Address = "甲 厂", "人民路１号" }), ""},
		{"what is left out", change(func(s *enterprise.Subject) { s.Address, s.Division, s.Authority = "", "", "" }), ""},
		{"its division became a city", change(func(s *enterprise.Subject) { s.Division = "340882" }), ""},
		{"its name", change(func(s *enterprise.Subject) { s.Name, s.Approved = "乙厂", credit.MustDate("2020-01-02") }), "renamed 2020-01-02 甲厂>乙厂"},
		{"its address", change(func(s *enterprise.Subject) { s.Address = "人民路2号" }), "moved 2020-02-03 人民路1号>人民路2号"},
		{"its division", change(func(s *enterprise.Subject) { s.Division = "340802" }), "moved 2020-02-03 安徽省安庆市潜山市 人民路1号>安徽省安庆市迎江区 人民路1号"},
		{"its authority", change(func(s *enterprise.Subject) { s.Authority = "SCJG-340881" }), "authority 2020-02-03 SCJG>SCJG-340881"},
		{"its end", change(func(s *enterprise.Subject) { s.State, s.Ended = credit.Deregistered, credit.MustDate("2020-01-31") }), "deregistered 2020-01-31 >"},
		{"revoked", change(func(s *enterprise.Subject) { s.State = credit.Revoked }), "revoked 2020-02-03 >"},
		{"annulled", change(func(s *enterprise.Subject) { s.State = credit.Annulled }), "annulled 2020-02-03 >"},
		{"moved out", change(func(s *enterprise.Subject) { s.State = credit.MovedOut }), "moved-out 2020-02-03 >"},
		{"two at once", change(func(s *enterprise.Subject) { s.Name, s.State = "乙厂", credit.Revoked }), "revoked 2020-02-03 >; renamed 2020-02-03 甲厂>乙厂"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			rebuild(t, d, nil)
			put(t, d, first)
			put(t, d, tt.next)
			if got := told(t, d); got != strings.TrimPrefix(tt.want+"; registered 2015-06-01 >甲厂", "; ") {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		}
		gone := change(func(s *enterprise.Subject) { s.State = credit.Revoked })
		rebuild(t, d, []enterprise.Subject{first, gone, first})
		if got, want := told(t, d), "restored 2018-01-01 >; revoked 2020-02-03 >; registered 2015-06-01 >甲厂"; got != want {
			t.Errorf("back again: %s, want %s", got, want)
		}
	})
}

// told are the changes of the ship yard, the latest first.
func told(t *testing.T, d *db.DB) string {
	t.Helper()
	var out []string
	view(t, d, func(q db.Q) error {
		all, err := enterprise.ChangesOf(t.Context(), q, enterprise.Key(ship))
		for _, c := range all {
			out = append(out, fmt.Sprintf("%s %s %s>%s", c.Kind, c.Day, c.Was, c.Is))
		}
		return err
	})
	return strings.Join(out, "; ")
}
