package duty_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/duty"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/testcity"
)

var (
	ctx      = context.Background()
	everyone = org.Scope{All: true}
	clerk    = org.Actor{User: "u1", Department: "SCJG", Role: credit.Reporter}
	auditor  = org.Actor{User: "u2", Department: "SCJG", Role: credit.Auditor}
	day      = credit.MustDate
)

// city is a city with its departments and the clocks.
func city(t *testing.T, d *db.DB) *testcity.City {
	t.Helper()
	c := testcity.New(t, d, duty.FirstPolicy)
	c.At = day("2026-10-12").Time().Add(10 * time.Hour)
	c.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		for _, dep := range all {
			if err == nil {
				err = org.PutDepartment(ctx, q, credit.System("test"), c.At, dep)
			}
		}
		return err
	})
	return c
}

func set(c *testcity.City, d duty.Duty) error {
	return c.D.Tx(ctx, func(q db.Q) error { return duty.Put(ctx, q, clerk, c.At, d) })
}

var monthly = duty.Duty{Department: "SCJG", Kind: record.PenaltyKind, Source: "3408-SCJG-01", Cycle: duty.Monthly, Days: 10, Sharing: duty.Unconditional,
	From: credit.MustDate("2026-01-01")}

func TestDutiesAreDated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := city(t, d)
		if err := set(c, monthly); err != nil {
			t.Fatal(err)
		}
		size := c.Number()
		if err := set(c, monthly); err != nil || c.Number() != size {
			t.Errorf("what is so already left a trace (%v)", err)
		}
		weekly := monthly
		weekly.Cycle, weekly.Days, weekly.From = duty.Decisions, 7, day("2026-07-01")
		if err := set(c, weekly); err != nil {
			t.Fatal(err)
		}
		between := monthly
		between.From = day("2026-03-01")
		if err := set(c, between); !fault.Is(err, "duty.overlap") {
			t.Errorf("two duties for one day: %v", err)
		}
		nobody := monthly
		nobody.Department = "NOBODY"
		if err := set(c, nobody); !fault.Is(err, "org.no_department") {
			t.Errorf("a department that is not there: %v", err)
		}
		c.View(func(q db.Q) error {
			for on, want := range map[string]duty.Cycle{"2026-06-30": duty.Monthly, "2026-07-01": duty.Decisions} {
				got, err := duty.On(ctx, q, org.Scope{Department: "SCJG"}, day(on))
				if err != nil || len(got) != 1 || got[0].Cycle != want {
					t.Errorf("on %s: %v (%v)", on, got, err)
				}
			}
			if got, err := duty.On(ctx, q, org.Scope{Department: "STHJ"}, day("2026-07-01")); err != nil || len(got) != 0 {
				t.Errorf("another department sees %v (%v)", got, err)
			}
			return nil
		})
	})
}

func TestANilReportIsHeardOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := city(t, d)
		report := func(by org.Actor, kind string) error {
			return d.Tx(ctx, func(q db.Q) error { return duty.ReportNil(ctx, q, by, c.At, "SCJG", kind) })
		}
		if err := report(clerk, record.PenaltyKind); !fault.Is(err, "duty.none") {
			t.Errorf("a nil report that nobody asked for: %v", err)
		}
		if err := set(c, monthly); err != nil {
			t.Fatal(err)
		}
		if err := report(org.Actor{User: "u3", Department: "STHJ", Role: credit.Reporter}, record.PenaltyKind); !fault.Is(err, "org.may_not") {
			t.Errorf("another department's nil report: %v", err)
		}
		size := c.Number()
		for range 2 {
			if err := report(clerk, record.PenaltyKind); err != nil {
				t.Fatal(err)
			}
		}
		if c.Number() != size+1 {
			t.Error("a nil report has not exactly one leaf")
		}
		c.View(func(q db.Q) error {
			heard, err := duty.HeardOf(ctx, q, everyone)
			if err != nil {
				return err
			}
			owed, err := duty.Owed([]duty.Duty{monthly}, heard, calendar.Builtin(), day("2026-10-12"))
			if err != nil || len(owed) != 1 || owed[0].Late || owed[0].Nil != day("2026-10-12") || owed[0].Due != day("2026-11-10") {
				t.Errorf("got %+v (%v)", owed, err)
			}
			return nil
		})
	})
}

// A file that waits for its department's word, or that it did not want, is no delivery; one that is confirmed is of that day.
func TestAFileCountsFromItsConfirmation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := city(t, d)
		if err := set(c, monthly); err != nil {
			t.Fatal(err)
		}
		lay := func(n int) string {
			t.Helper()
			b, err := intake.Receive(ctx, d, clerk, c.At, intake.Upload{Kind: record.PenaltyKind, Department: "SCJG", Name: "a.csv", Confirm: true,
				Body: strings.NewReader(head + penalty(n, "2026-10-10"))})
			if err != nil || b.State != intake.Read {
				t.Fatalf("%s %v", b.State, err)
			}
			return b.ID
		}
		heard := func(what string, want credit.Date, files int) {
			t.Helper()
			c.View(func(q db.Q) error {
				got, err := duty.HeardOf(ctx, q, everyone)
				if err != nil || got[duty.Key{Department: "SCJG", Kind: record.PenaltyKind}].Batch != want {
					t.Errorf("%s: heard %v (%v), want %s", what, got, err, want)
				}
				rows, err := policy.Load(ctx, q)
				if err != nil {
					return err
				}
				figures, err := duty.FiguresOf(ctx, q, everyone, rows, calendar.Builtin(), 2026)
				if sum := duty.Year(figures); err != nil || files > 0 && (len(sum) != 1 || sum[0].Files != files) || files == 0 && len(sum) > 0 {
					t.Errorf("%s: figures %+v (%v)", what, sum, err)
				}
				return nil
			})
		}
		unwanted, id := lay(1), lay(2)
		if err := d.Tx(ctx, func(q db.Q) error { return intake.Discard(ctx, q, clerk, c.At, unwanted) }); err != nil {
			t.Fatal(err)
		}
		heard("nobody has confirmed", 0, 0)
		c.At = day("2026-10-15").Time().Add(10 * time.Hour)
		if err := d.Tx(ctx, func(q db.Q) error { return intake.Confirm(ctx, q, clerk, c.At, id) }); err != nil {
			t.Fatal(err)
		}
		heard("confirmed", day("2026-10-15"), 1)
	})
}

// Figures come from what is stored: files, rows, first versions against their clocks, and audits' findings.
func TestFiguresAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := city(t, d)
		c.Register(testcity.Code(0), "安庆甲机械有限公司", nil)
		send := func(at string, name string, rows ...string) {
			t.Helper()
			c.At = day(at).Time().Add(10 * time.Hour)
			b, err := intake.Receive(ctx, d, clerk, c.At, intake.Upload{Kind: record.PenaltyKind, Department: "SCJG", Name: name,
				Body: strings.NewReader(head + strings.Join(rows, ""))})
			if err == nil {
				err = intake.Check(ctx, d, func() time.Time { return c.At }, b.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		send("2026-10-12", "a.csv", penalty(1, "2026-09-24"), penalty(2, "2026-09-23"), penalty(3, "2026-08-03"), penalty(4, "no day"))
		send("2026-10-13", "b.csv", penalty(5, "2026-10-13"), strings.Replace(penalty(1, "2026-09-24"), "事实", "更正的事实", 1))
		send("2026-11-02", "c.csv", penalty(6, "2026-10-30"))
		b, err := intake.Receive(ctx, d, clerk, c.At, intake.Upload{Kind: record.PenaltyKind, Department: "SCJG", Name: "d.csv", Body: strings.NewReader("no,table\n")})
		if err == nil {
			err = intake.Check(ctx, d, func() time.Time { return c.At }, b.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		find := duty.Finding{Department: "SCJG", Kind: record.PenaltyKind, Day: day("2026-11-01"), Found: 40, Missing: 3, Note: "抽查案卷"}
		if _, err := found(c, clerk, find); !fault.Is(err, "org.may_not") {
			t.Errorf("a reporter entered a finding: %v", err)
		}
		wrong, err := found(c, auditor, find)
		if err == nil {
			err = d.Tx(ctx, func(q db.Q) error { return duty.Strike(ctx, q, auditor, c.At, wrong.ID, "重复登记") })
		}
		if err == nil {
			_, err = found(c, auditor, find)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.View(func(q db.Q) error {
			book, err := policy.Load(ctx, q)
			if err != nil {
				return err
			}
			got, err := duty.FiguresOf(ctx, q, everyone, book, calendar.Builtin(), 2026)
			if err != nil {
				return err
			}
			want := []duty.Figures{
				{Department: "SCJG", Month: day("2026-10-01"), Files: 2, Rows: 6, Rejected: 1, Credit: duty.Count{InTime: 2, Late: 2},
					Publicity: duty.Count{InTime: 3, Late: 1}},
				{Department: "SCJG", Month: day("2026-11-01"), Files: 2, Unreadable: 1, Rows: 1, Credit: duty.Count{InTime: 1},
					Publicity: duty.Count{InTime: 1}, Found: 40, Missing: 3},
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			year := duty.Year(got)
			if len(year) != 1 || year[0].Rows != 7 || year[0].Credit != (duty.Count{InTime: 3, Late: 2}) || year[0].Found != 40 {
				t.Errorf("the year: %+v", year)
			}
			if got, err := duty.FiguresOf(ctx, q, org.Scope{Department: "STHJ"}, book, calendar.Builtin(), 2026); err != nil || len(got) != 0 {
				t.Errorf("another department sees %v (%v)", got, err)
			}
			return nil
		})
	})
}

func found(c *testcity.City, by org.Actor, f duty.Finding) (out duty.Finding, err error) {
	err = c.D.Tx(ctx, func(q db.Q) error {
		out, err = duty.Find(ctx, q, by, c.At, f)
		return err
	})
	return out, err
}

const head = "行政相对人名称,行政相对人类别,统一社会信用代码,法定代表人,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额(万元),处罚决定日期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码\n"

func penalty(n int, on string) string {
	return fmt.Sprintf("安庆甲机械有限公司,法人及非法人组织,%s,张三,宜市监处罚〔2026〕%d号,无照经营,事实,依据,罚款,罚款1000元,0.1,%s,安庆市市场监督管理局,,安庆市市场监督管理局,\n",
		testcity.Code(0), n, on)
}
