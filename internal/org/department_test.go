package org

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

var (
	ctx   = context.Background()
	noon  = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)
	today = credit.DateOf(noon)
	admin = Actor{User: "u-admin", Role: credit.Administrator, Department: Regulator, Division: "340800"}
	day   = credit.MustDate
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// city puts the first city's departments in.
func city(t *testing.T, d *db.DB) {
	t.Helper()
	first, err := FirstCity()
	must(t, err)
	must(t, d.Tx(ctx, func(q db.Q) error {
		for _, dep := range first {
			if err := PutDepartment(ctx, q, admin, noon, dep); err != nil {
				return err
			}
		}
		return nil
	}))
}

// leaves counts the leaves of a kind.
func leaves(t *testing.T, d *db.DB, kind string) (n int) {
	t.Helper()
	must(t, d.View(ctx, func(q db.Q) error {
		all, err := audit.Pending(ctx, q)
		for _, l := range all {
			if l.Kind == kind {
				n++
			}
		}
		return err
	}))
	return n
}

func TestTheFirstCityIsWhole(t *testing.T) {
	first, err := FirstCity()
	must(t, err)
	codes, prefixes, usccs := map[string]Level{}, map[string]string{}, map[string]string{}
	for _, d := range first {
		if err := d.check(); err != nil {
			t.Errorf("%s %s: %v", d.Code, d.Name, err)
		}
		codes[d.Code] = d.Level
		if d.Level != Station {
			if had := usccs[d.USCC]; d.USCC == "" || had != "" && had != d.Code {
				t.Errorf("%s has the identifier %q of %s", d.Code, d.USCC, had)
			}
			usccs[d.USCC] = d.Code
		}
		if strings.HasPrefix(d.Code, Regulator) {
			if d.Prefix == "" || d.Reconsideration == "" || d.Court == "" {
				t.Errorf("%s decides, and lacks prefix or remedy: %+v", d.Code, d)
			}
			if had := prefixes[d.Prefix]; had != "" && had != d.Code {
				t.Errorf("%s and %s both number as %s", d.Code, had, d.Prefix)
			}
			prefixes[d.Prefix] = d.Code
		}
		if d.Parent != "" && codes[d.Parent] == "" {
			t.Errorf("%s stands before its parent %s", d.Code, d.Parent)
		}
	}
	count := map[Level]int{}
	for _, l := range codes {
		count[l]++
	}
	if count[City] != 31 || count[County] != 11 || count[Station] != 33 {
		t.Errorf("got %v", count)
	}
}

func TestOldPapersKeepTheOldName(t *testing.T) {
	tests := []struct{ code, day, name, prefix string }{
		{"SCJG", "2018-07-17", "安庆市工商行政和质量技术监督管理局", "宜工商质监"},
		{"SCJG", "2019-01-31", "安庆市工商行政和质量技术监督管理局", "宜工商质监"},
		{"SCJG", "2019-02-01", "安庆市市场监督管理局", "宜市监"},
		{"SCJG", "2026-10-12", "安庆市市场监督管理局", "宜市监"},
		{"SCJG-340802", "2018-01-01", "安庆市迎江区市场监督管理局", "宜迎市监"},
		{"SCJG-340882", "2018-08-31", "潜山县市场监督管理局", "潜市监"},
		{"SCJG-340882", "2018-09-01", "潜山市市场监督管理局", "潜市监"},
		{"SCJG-340871", "2018-01-01", "安庆市工商行政和质量技术监督管理局经济技术开发区分局", "宜经开市监"},
		{"SCJG-340871", "2026-01-01", "安庆市市场监督管理局经济技术开发区分局", "宜经开市监"},
		{"ST-340881-1", "2026-10-12", "桐城市文昌市场监督管理所", ""},
		{"ST-340882-1", "2018-01-01", "潜山县梅城市场监督管理所", ""},
		{"STHJ", "2018-01-01", "安庆市环境保护局", ""},
		{"STHJ", "2020-01-01", "安庆市生态环境局", ""},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		must(t, d.View(ctx, func(q db.Q) error {
			for _, tt := range tests {
				got, err := DepartmentOn(ctx, q, tt.code, day(tt.day))
				if err != nil || got.Name != tt.name || got.Prefix != tt.prefix {
					t.Errorf("%s on %s: %s %s, %v", tt.code, tt.day, got.Name, got.Prefix, err)
				}
			}
			if _, err := DepartmentOn(ctx, q, "SCJG", day("2013-12-31")); !fault.Is(err, "org.no_department") {
				t.Errorf("before it was there: %v", err)
			}
			for _, on := range []string{"2018-01-01", "2026-10-12"} {
				all, err := Departments(ctx, q, day(on))
				if err != nil || len(all) != 31+11+33 {
					t.Errorf("%d departments on %s, %v", len(all), on, err)
				}
			}
			return nil
		}))
	})
}

func TestTheSameDepartmentAgainLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		n := leaves(t, d, LeafDepartment)
		city(t, d)
		if again := leaves(t, d, LeafDepartment); n == 0 || again != n {
			t.Errorf("%d leaves, then %d", n, again)
		}
	})
}

func TestANewNameEndsTheOldOneOnItsDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put := func(name, from, until string) error {
			dep := Department{Code: "DSJ", Level: City, Division: "340800", Name: name, Short: name, From: day(from)}
			if until != "" {
				dep.Until = day(until)
			}
			return d.Tx(ctx, func(q db.Q) error { return PutDepartment(ctx, q, admin, noon, dep) })
		}
		must(t, put("安庆市数据资源管理局", "2019-02-01", ""))
		must(t, put("安庆市数据局", "2024-03-01", ""))
		must(t, d.View(ctx, func(q db.Q) error {
			before, err := DepartmentOn(ctx, q, "DSJ", day("2024-02-29"))
			must(t, err)
			after, err := DepartmentOn(ctx, q, "DSJ", day("2024-03-01"))
			if before.Name != "安庆市数据资源管理局" || before.Until != day("2024-03-01") || after.Name != "安庆市数据局" {
				t.Errorf("%+v, %+v", before, after)
			}
			return err
		}))
		if err := put("别名", "2020-01-01", "2021-01-01"); !fault.Is(err, "org.overlap") {
			t.Errorf("two names on one day: %v", err)
		}
		if err := put("别名", "2018-01-01", ""); !fault.Is(err, "org.overlap") {
			t.Errorf("an open name before another: %v", err)
		}
		must(t, put("安庆市信息办", "2018-01-01", "2019-02-01"))
	})
}

func TestUnsoundDepartmentIsRefused(t *testing.T) {
	good := Department{Code: "FGW", Level: City, Division: "340800", Name: "发改委", Short: "发改委", From: today}
	tests := []struct {
		name string
		in   func(*Department)
		want string
	}{
		{"sound", func(*Department) {}, ""},
		{"lower case", func(d *Department) { d.Code = "fgw" }, "org.bad_department_code"},
		{"a blank in the code", func(d *Department) { d.Code = "F W" }, "org.bad_department_code"},
		{"no name", func(d *Department) { d.Name = " " }, "org.name_needed"},
		{"no short name", func(d *Department) { d.Short = "" }, "org.name_needed"},
		{"no level", func(d *Department) { d.Level = "" }, "org.bad_level"},
		{"half a division", func(d *Department) { d.Division = "3408" }, "org.bad_division"},
		{"no first day", func(d *Department) { d.From = 0 }, "org.bad_period"},
		{"ends on its first day", func(d *Department) { d.Until = d.From }, "org.bad_period"},
	}
	for _, tt := range tests {
		d := good
		tt.in(&d)
		if _, got := fault.Of(d.check()); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	d := good
	d.USCC = "911100001000012345"
	if d.check() == nil {
		t.Error("a wrong identifier was taken")
	}
}
