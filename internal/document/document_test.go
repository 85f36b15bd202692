package document

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 7, 9, 12, 0, 0, 0, credit.Shanghai)
	day  = credit.DateOf(noon)
	duty = credit.System("test")
)

// city puts in a bureau that changed its name in 2019, and a county bureau below it.
func city(t *testing.T, d *db.DB) {
	t.Helper()
	old := org.Department{Code: "SCJG", Level: org.City, Division: "340800", Name: "安庆市工商行政和质量技术监督管理局", Short: "市工商质监局",
		Prefix: "宜工商质监", Reconsideration: "安庆市人民政府", Court: "安庆市迎江区人民法院", From: credit.MustDate("2014-01-01")}
	now := old
	now.Name, now.Short, now.Prefix, now.From = "安庆市市场监督管理局", "市市场监管局", "宜市监", credit.MustDate("2019-02-01")
	county := now
	county.Code, county.Level, county.Division, county.Parent = "SCJG-340881", org.County, "340881", "SCJG"
	county.Name, county.Short, county.Prefix, county.Reconsideration, county.Court = "桐城市市场监督管理局", "桐城局", "桐市监", "桐城市人民政府", "桐城市人民法院"
	must(t, d.Tx(ctx, func(q db.Q) error {
		for _, one := range []org.Department{old, now, county} {
			if err := org.PutDepartment(ctx, q, duty, noon, one); err != nil {
				return err
			}
		}
		return nil
	}))
}

func draft(template, authority, id string, on credit.Date) Draft {
	return Draft{Template: template, Authority: authority, EnterpriseID: "e" + id, Case: "case" + id, Day: on,
		Basis: []policy.Basis{{Law: "《名录办法》", Article: "第六条"}}, Duty: []policy.Basis{{Law: "《公示条例》", Article: "第八条"}},
		Fields: map[string]string{"name": "安庆振风机械有限公司", "uscc": "91340811MA2N1KXG3T", "year": "2025", "wrong": "宜市监异入〔2026〕第1号",
			"count": "3", "deadline": "2026-06-30", "workdays": "10"}}
}

func issue(t *testing.T, d *db.DB, dr Draft) Paper {
	t.Helper()
	var p Paper
	must(t, d.Tx(ctx, func(q db.Q) (err error) {
		p, err = Issue(ctx, q, duty, dr.Day.Time().Add(9*time.Hour), dr)
		return err
	}))
	return p
}

func TestNumbersRunPerAuthorityWordAndYear(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		next := credit.MustDate("2027-01-05")
		for i, c := range []struct {
			template, authority string
			day                 credit.Date
			want                string
		}{
			{AbnormalListing, "SCJG", day, "宜市监异入〔2026〕第1号"},
			{AbnormalListing, "SCJG", day, "宜市监异入〔2026〕第2号"},
			{AbnormalRemoval, "SCJG", day, "宜市监异出〔2026〕第1号"},
			{AbnormalListing, "SCJG-340881", day, "桐市监异入〔2026〕第1号"},
			{AbnormalListing, "SCJG", next, "宜市监异入〔2027〕第1号"},
			{AbnormalRescission, "SCJG", day, "宜市监异更〔2026〕第1号"},
			{AbnormalListing, "SCJG", day, "宜市监异入〔2026〕第3号"},
			{AbnormalListing, "SCJG", credit.MustDate("2018-07-05"), "宜工商质监异入〔2018〕第1号"},
		} {
			if got := issue(t, d, draft(c.template, c.authority, fmt.Sprint(i), c.day)); got.Number != c.want {
				t.Errorf("%d: number %s, want %s", i, got.Number, c.want)
			}
		}
	})
}

func TestFailedIssueLeavesNoGap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		bad := draft(AbnormalListing, "SCJG", "1", day)
		bad.Fields = map[string]string{"name": "甲"}
		err := d.Tx(ctx, func(q db.Q) error { _, err := Issue(ctx, q, duty, noon, bad); return err })
		if !fault.Is(err, "document.field_missing") {
			t.Fatalf("a paper without a code was issued: %v", err)
		}
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				if err := d.Tx(ctx, func(q db.Q) error {
					_, err := Issue(ctx, q, duty, noon, draft(AbnormalListing, "SCJG", fmt.Sprint(i), day))
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		must(t, d.View(ctx, func(q db.Q) error {
			for n := 1; n <= 6; n++ {
				if _, err := ByNumber(ctx, q, fmt.Sprintf("宜市监异入[2026] 第%d号", n)); err != nil {
					t.Errorf("number %d: %v", n, err)
				}
			}
			return nil
		}))
	})
}

func TestSecondPaperForACaseIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		dr := draft(AbnormalListing, "SCJG", "1", day)
		issue(t, d, dr)
		err := d.Tx(ctx, func(q db.Q) error { _, err := Issue(ctx, q, duty, noon, dr); return err })
		if !fault.Is(err, "document.already_issued") {
			t.Errorf("second paper: %v", err)
		}
		dr.Part = 2
		if got := issue(t, d, dr); got.Number != "宜市监异入〔2026〕第2号" {
			t.Errorf("the second part is %s", got.Number)
		}
	})
}

// What is stated again for another day contradicts what is kept: it is refused, not swallowed.
func TestAnotherDayForWhatHappenedIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		p := issue(t, d, draft(AbnormalListing, "SCJG", "1", day))
		must(t, d.Tx(ctx, func(q db.Q) error { return Serve(ctx, q, duty, noon, p.ID, day+1, "邮寄") }))
		must(t, d.Tx(ctx, func(q db.Q) error { return Serve(ctx, q, duty, noon, p.ID, day+1, "邮寄") }))
		err := d.Tx(ctx, func(q db.Q) error { return Serve(ctx, q, duty, noon, p.ID, day+2, "邮寄") })
		if !fault.Is(err, "document.already_happened") {
			t.Errorf("served on another day: %v", err)
		}
	})
}

func TestBatchChildrenCarryTheParentsNumber(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		parent := issue(t, d, draft(AbnormalAnnouncement, "SCJG", "0", day))
		for k := 1; k <= 3; k++ {
			child := draft(AbnormalListing, "SCJG", fmt.Sprint(k), day)
			child.Parent = parent.ID
			if got, want := issue(t, d, child).Number, fmt.Sprintf("宜市监异告〔2026〕第1号-%d", k); got != want {
				t.Errorf("child %s, want %s", got, want)
			}
		}
		if got := issue(t, d, draft(AbnormalListing, "SCJG", "9", day)).Number; got != "宜市监异入〔2026〕第1号" {
			t.Errorf("children used up numbers of the series: %s", got)
		}
	})
}

func TestPublishServeAndSealAreEventsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		p := issue(t, d, draft(AbnormalListing, "SCJG", "1", day))
		must(t, d.Tx(ctx, func(q db.Q) error {
			for range 2 {
				if err := Publish(ctx, q, duty, noon, p.ID); err != nil {
					return err
				}
			}
			if err := Serve(ctx, q, duty, noon, p.ID, day+3, "邮寄"); err != nil {
				return err
			}
			return Seal(ctx, q, duty, noon, p.ID, day, "electronic")
		}))
		err := d.Tx(ctx, func(q db.Q) error {
			other, err := Issue(ctx, q, duty, noon, draft(AbnormalRemoval, "SCJG", "1", day))
			if err != nil {
				return err
			}
			return Serve(ctx, q, duty, noon, other.ID, day-1, "")
		})
		if !fault.Is(err, "document.before_its_day") {
			t.Errorf("served before it was written: %v", err)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			got, err := ByID(ctx, q, p.ID)
			if got.PublishedOn != day || got.ServedOn != day+3 || got.SealedOn != day || got.SealedHow != "electronic" {
				t.Errorf("got %v %v %v %q", got.PublishedOn, got.ServedOn, got.SealedOn, got.SealedHow)
			}
			if err != nil {
				return err
			}
			leaves, err := audit.Pending(ctx, q)
			count := map[string]int{}
			for _, l := range leaves {
				if l.Subject == p.EnterpriseID {
					count[l.Kind]++
				}
			}
			if count[LeafIssued] != 1 || count[LeafPublished] != 1 || count[LeafServed] != 1 || count[LeafSealed] != 1 {
				t.Errorf("leaves %v", count)
			}
			of, err2 := OfCase(ctx, q, p.Case)
			if len(of) != 1 || of[0].ID != p.ID {
				t.Errorf("papers of the case: %v, %v", of, err2)
			}
			return err
		}))
	})
}

func TestOnlyTheAuthoritysPeopleActInItsName(t *testing.T) {
	person := func(role credit.Role, department string) credit.Actor {
		return credit.Actor{User: "u", Post: "p", Department: department, Role: role}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		for i, c := range []struct {
			by   credit.Actor
			want string
		}{
			{person(credit.Officer, "SCJG-340881"), "org.may_not"}, {person(credit.Reporter, "SCJG"), "org.may_not"}, {credit.Actor{}, "org.may_not"},
			{credit.Actor{Key: "k", Department: "SCJG"}, "org.may_not"}, {person(credit.Officer, "SCJG"), ""}, {person(credit.Approver, "SCJG"), ""},
		} {
			err := d.Tx(ctx, func(q db.Q) error {
				p, err := Issue(ctx, q, c.by, noon, draft(AbnormalListing, "SCJG", fmt.Sprint(i), day))
				if err != nil {
					return err
				}
				return Serve(ctx, q, c.by, noon, p.ID, day, "直接送达")
			})
			if _, got := fault.Of(err); got != c.want || c.want == "" && err != nil {
				t.Errorf("%d: %v, want %q", i, err, c.want)
			}
		}
	})
}

func TestChangedBodyIsNotShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		p := issue(t, d, draft(AbnormalListing, "SCJG", "1", day))
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `UPDATE document_paper SET body = $1`, []byte(`{"blocks":[]}`))
			return err
		}))
		err := d.View(ctx, func(q db.Q) error { _, err := ByID(ctx, q, p.ID); return err })
		if err == nil || fault.Is(err, "document.no_paper") {
			t.Errorf("an altered paper was read: %v", err)
		}
	})
}

func TestWordingFollowsTheDay(t *testing.T) {
	o := office{Department: org.Department{Name: "桐城市市场监督管理局", Reconsideration: "桐城市人民政府", Court: "桐城市人民法院"}, above: "安庆市市场监督管理局"}
	for _, c := range []struct {
		name, day    string
		want, refuse []string
	}{
		{"2014", "2015-04-01", []string{"3个月", "或者安庆市市场监督管理局", "严重违法失信企业名单"}, []string{"第二十四条"}},
		{"2018", "2018-07-06", []string{"6个月", "桐城市人民政府或者", "通过企业信用信息公示系统"}, []string{"国家企业"}},
		{"2022", "2022-07-06", []string{"或者安庆市市场监督管理局"}, []string{"严重违法失信"}},
		{"2024", "2024-07-05", []string{"第二十四条", "国家企业信用信息公示系统"}, []string{"或者安庆市"}},
		{"2026", "2026-07-09", []string{"第二十四条的规定向桐城市人民政府"}, []string{"严重违法"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, body, err := write(draft(AbnormalListing, "SCJG", "1", credit.MustDate(c.day)), o, "号")
			must(t, err)
			text := plainText(body)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %s: %s", want, text)
				}
			}
			for _, no := range c.refuse {
				if strings.Contains(text, no) {
					t.Errorf("has %s: %s", no, text)
				}
			}
		})
	}
}

func TestPolicysArticlesAreCited(t *testing.T) {
	o := office{Department: org.Department{Name: "局", Reconsideration: "府", Court: "院"}}
	dr := draft(AbnormalListing, "SCJG", "1", day)
	dr.Basis = []policy.Basis{{Law: "《甲法》", Article: "第一条"}, {Law: "《甲法》", Article: "第二条"}, {Law: "《乙法》", Article: "第三条"}}
	_, body, err := write(dr, o, "号")
	must(t, err)
	if text := plainText(body); !strings.Contains(text, "依据《甲法》第一条、第二条、《乙法》第三条的规定") || strings.Contains(text, "第六条") {
		t.Error(text)
	}
}

// No template knows an article, a day of the year or a number of working days: all of them come with the draft.
func TestPaperSaysOnlyWhatTheDraftBrings(t *testing.T) {
	o := office{Department: org.Department{Name: "局", Reconsideration: "府", Court: "院"}}
	for _, template := range []string{AbnormalAnnouncement, AbnormalListing, AbnormalRemoval, AbnormalRescission} {
		dr := draft(template, "SCJG", "1", day)
		dr.Fields["deadline"], dr.Fields["workdays"] = "2026-05-31", "7"
		_, body, err := write(dr, o, "号")
		must(t, err)
		text := plainText(body)
		if strings.Contains(text, "第十") || strings.Contains(text, "第四条") || strings.Contains(text, "6月30日") || strings.Contains(text, "10个工作日") ||
			strings.Contains(text, "5个工作日") || !strings.Contains(text, "《名录办法》第六条") {
			t.Errorf("%s: %s", template, text)
		}
		dr.Basis = nil
		if _, _, err := write(dr, o, "号"); !fault.Is(err, "document.no_basis") {
			t.Errorf("%s without an article: %v", template, err)
		}
	}
}

func TestDecisionWithoutRemedyIsRefused(t *testing.T) {
	for _, template := range []string{AbnormalListing, AbnormalRemoval, AbnormalRescission} {
		_, _, err := write(draft(template, "SCJG", "1", day), office{Department: org.Department{Name: "局", Court: "院"}}, "号")
		if !fault.Is(err, "document.no_remedy") {
			t.Errorf("%s: %v", template, err)
		}
	}
}

func TestNumbersAreFoundHoweverTheyAreTyped(t *testing.T) {
	const want = "宜市监异入〔2026〕第12号-3"
	for _, in := range []string{want, "宜市监异入[2026]第12号-3", " 宜市监异入 (2026) 第 12 号-3", "宜市监异入\uff082026\uff09第\uff11\uff12号\uff0d3", "宜市监异入【2026】第12号—3"} {
		if got := NormalizeNumber(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func plainText(b Body) string {
	var lines []string
	for _, block := range b.Blocks {
		lines = append(lines, block.Text)
	}
	return strings.Join(lines, "\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
