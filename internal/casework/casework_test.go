package casework_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

var (
	ctx      = context.Background()
	noon     = time.Date(2026, 7, 1, 12, 0, 0, 0, credit.Shanghai)
	duty     = credit.System("flow")
	officer  = person("officer", "SCJG", credit.Officer)
	approver = person("approver", "SCJG", credit.Approver)
	county   = person("county", "SCJG-340881", credit.Officer)
	clerk    = person("clerk", "SCJG", credit.Reporter)
)

func person(user, department string, role credit.Role) credit.Actor {
	return credit.Actor{User: user, Name: user, Post: "post-" + user, Department: department, Role: role, Division: "340800"}
}

func city(t *testing.T, d *db.DB) {
	t.Helper()
	rows, err := casework.FirstPolicy()
	must(t, err)
	var firms []enterprise.Subject
	for i := range 8 {
		firms = append(firms, enterprise.Subject{ID: fmt.Sprintf("e%d", i), USCC: fmt.Sprintf("9134080000000000%02d", i), Name: fmt.Sprintf("安庆%d_号%%厂", i),
			Kind: credit.Enterprise, Division: "340802", Authority: "SCJG", State: credit.Active})
	}
	tx(t, d, func(q db.Q) error {
		if err := policy.Install(ctx, q, noon.Add(-time.Hour), rows); err != nil {
			return err
		}
		return enterprise.PutAll(ctx, q, firms)
	})
}

func matter(kind string, i int, authority, group string) casework.New {
	return casework.New{Kind: kind, EnterpriseID: fmt.Sprintf("e%d", i), Detail: "abnormal.annual-report/2025", Authority: authority, Division: "340802",
		Group: group, Due: credit.MustDate("2026-07-14") + credit.Date(i), Facts: json.RawMessage(`{"b": 1, "a": "x"}`)}
}

func open(t *testing.T, d *db.DB, n casework.New) casework.Case {
	t.Helper()
	var c casework.Case
	tx(t, d, func(q db.Q) (err error) { c, err = casework.Open(ctx, q, duty, noon, n); return err })
	return c
}

// try runs one act and returns its fault code, "" where it went through.
func try(t *testing.T, d *db.DB, f func(q db.Q) error) string {
	t.Helper()
	err := d.Tx(ctx, f)
	kind, code := fault.Of(err)
	if err != nil && kind == fault.Internal {
		t.Fatal(err)
	}
	return code
}

func notice(c casework.Case, by credit.Actor) func(db.Q) error {
	return func(q db.Q) error { _, err := casework.Notice(ctx, q, by, noon, c.ID, "paper1"); return err }
}

func examine(c casework.Case, by credit.Actor) func(db.Q) error {
	return func(q db.Q) error { _, err := casework.Examine(ctx, q, by, noon, c.ID, "建议列入"); return err }
}

func settle(c casework.Case, by credit.Actor, v casework.Verdict) func(db.Q) error {
	return func(q db.Q) error { _, err := casework.Settle(ctx, q, by, noon, c.ID, v, "意见"); return err }
}

func TestListingGoesThroughNoticeExaminationAndASecondPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalListing, 1, "SCJG", "g/2025/SCJG"))
		for i, s := range []struct {
			name string
			do   func(db.Q) error
			want string
		}{
			{"examined before notice", examine(c, officer), "casework.notice_first"},
			{"decided before examination", settle(c, approver, casework.Approve), "casework.moved_on"},
			{"notice without a paper", func(q db.Q) error { _, err := casework.Notice(ctx, q, duty, noon, c.ID, ""); return err }, "casework.no_paper"},
			{"notice", notice(c, duty), ""},
			{"notice again", notice(c, duty), "casework.moved_on"},
			{"examined without opinion", func(q db.Q) error { _, err := casework.Examine(ctx, q, officer, noon, c.ID, " "); return err }, "casework.no_opinion"},
			{"examined by the system", examine(c, duty), "casework.no_case"},
			{"examined by an approver", examine(c, approver), "org.may_not"},
			{"examined", examine(c, officer), ""},
			{"examined again", examine(c, officer), "casework.moved_on"},
			{"decided by an officer", settle(c, person("other", "SCJG", credit.Officer), casework.Approve), "org.may_not"},
			{"an unknown verdict", settle(c, approver, "maybe"), "casework.unknown_verdict"},
			{"approved", settle(c, approver, casework.Approve), ""},
			{"decided again", settle(c, approver, casework.Refuse), "casework.moved_on"},
		} {
			if got := try(t, d, s.do); got != s.want {
				t.Errorf("%d %s: %q, want %q", i, s.name, got, s.want)
			}
		}
		got := read(t, d, approver, c.ID)
		var steps []string
		for _, s := range got.Steps {
			steps = append(steps, string(s.Kind)+":"+s.By.Who())
		}
		if want := "opened:flow noticed:flow examined:officer approved:approver"; strings.Join(steps, " ") != want {
			t.Errorf("timeline %v, want %s", steps, want)
		}
		if got.State != casework.Approved || got.Examiner != "officer" || got.Approver != "approver" || got.Notice != "paper1" || got.Settled.IsZero() ||
			string(got.Facts) != `{"a":"x","b":1}` || got.Name == "" {
			t.Errorf("case %+v", got)
		}
	})
}

func TestSecondOfficerMustDiffer(t *testing.T) {
	both := person("both", "SCJG", credit.Officer)
	otherPost := both
	otherPost.Post, otherPost.Role = "post2", credit.Approver
	standIn := person("standin", "SCJG", credit.Approver)
	standIn.OnBehalf = "both"
	deputy := person("deputy", "SCJG", credit.Officer)
	deputy.OnBehalf = "approver"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		for i, c := range []struct {
			name            string
			maker, approver credit.Actor
			want            string
		}{
			{"the same person in another post", both, otherPost, "casework.second_officer"},
			{"somebody on the maker's behalf", both, standIn, "casework.second_officer"},
			{"made on the approver's behalf", deputy, approver, "casework.second_officer"},
			{"another person", both, approver, ""},
		} {
			one := open(t, d, matter(casework.AbnormalRemoval, i, "SCJG", ""))
			if got := try(t, d, examine(one, c.maker)); got != "" {
				t.Fatal(got)
			}
			if got := try(t, d, settle(one, c.approver, casework.Approve)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	})
}

func TestMakerOfAnEarlierRoundDoesNotDecideTheNext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		first := person("first", "SCJG", credit.Officer)
		promoted := first
		promoted.Role = credit.Approver
		for _, s := range []struct {
			do   func(db.Q) error
			want string
		}{
			{examine(c, first), ""},
			{func(q db.Q) error {
				_, err := casework.Settle(ctx, q, approver, noon, c.ID, casework.Return, "")
				return err
			}, "casework.no_opinion"},
			{settle(c, approver, casework.Return), ""},
			{examine(c, officer), ""},
			{settle(c, promoted, casework.Approve), "casework.second_officer"},
			{settle(c, approver, casework.Refuse), ""},
		} {
			if got := try(t, d, s.do); got != s.want {
				t.Errorf("%q, want %q", got, s.want)
			}
		}
		if got := read(t, d, officer, c.ID); got.State != casework.Refused || len(got.Steps) != 5 {
			t.Errorf("%s after %d steps", got.State, len(got.Steps))
		}
	})
}

func TestAnotherAuthoritysCaseDoesNotExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		for name, by := range map[string]credit.Actor{"county": county, "reporter": clerk, "nobody": {}} {
			if got := try(t, d, examine(c, by)); got != "casework.no_case" {
				t.Errorf("%s examines: %q", name, got)
			}
			err := d.View(ctx, func(q db.Q) error { _, err := casework.Get(ctx, q, by, c.ID); return err })
			if kind, _ := fault.Of(err); kind != fault.NotFound {
				t.Errorf("%s reads: %v", name, err)
			}
			must(t, d.View(ctx, func(q db.Q) error {
				list, _, err := casework.List(ctx, q, org.ScopeOf(by, org.CaseRead), casework.Filter{})
				if len(list) != 0 {
					t.Errorf("%s sees %d cases", name, len(list))
				}
				return err
			}))
		}
	})
}

func TestOpeningTwiceIsOpeningOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		a := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		if same := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", "")); same.ID != a.ID {
			t.Errorf("%s, then %s", a.ID, same.ID)
		}
		if got := try(t, d, func(q db.Q) error { return casework.Close(ctx, q, duty, noon, a.ID, "flow.ground_gone") }); got != "" {
			t.Fatal(got)
		}
		b := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		if a.ID == b.ID || b.State != casework.Opened { // what called for the moot one has gone and come again
			t.Errorf("%s %s, then %s %s", a.ID, a.State, b.ID, b.State)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			leaves, err := audit.Pending(ctx, q)
			n := 0
			for _, l := range leaves {
				if l.Subject == "e1" {
					n++
				}
			}
			if n != 3 {
				t.Errorf("%d leaves for opened, moot and opened", n)
			}
			return err
		}))
		if got := try(t, d, func(q db.Q) error { return casework.Close(ctx, q, duty, noon, a.ID, "flow.ground_gone") }); got != "casework.moved_on" {
			t.Errorf("closed twice: %q", got)
		}
		if got := try(t, d, func(q db.Q) error {
			_, err := casework.Open(ctx, q, duty, noon, casework.New{Kind: "x", EnterpriseID: "e1", Detail: "d", Authority: "SCJG", Due: 1})
			return err
		}); got != "casework.no_kind" {
			t.Errorf("unknown kind: %q", got)
		}
	})
}

func TestAtTheSameTimeOnlyOneDecides(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		must(t, d.Tx(ctx, examine(c, officer)))
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for i := range 4 {
			wg.Go(func() {
				_, code := fault.Of(d.Tx(ctx, settle(c, person(fmt.Sprint("approver", i), "SCJG", credit.Approver), casework.Approve)))
				mu.Lock()
				codes[code]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if codes[""] != 1 || codes["casework.moved_on"] != 3 {
			t.Errorf("%v", codes)
		}
	})
}

func TestYearlyRunIsOneLineOfToDos(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		const run = "abnormal.annual-report/2025/SCJG"
		var cases []casework.Case
		for i := range 4 {
			cases = append(cases, open(t, d, matter(casework.AbnormalListing, i, "SCJG", run)))
		}
		open(t, d, matter(casework.AbnormalListing, 5, "SCJG-340881", "abnormal.annual-report/2025/SCJG-340881"))
		single := open(t, d, matter(casework.AbnormalRemoval, 6, "SCJG", ""))
		if got, want := todo(t, d, officer), "notice "+run+" 4; examine "+single.ID+" 1"; got != want {
			t.Errorf("before notice: %s, want %s", got, want)
		}
		for _, c := range cases {
			must(t, d.Tx(ctx, notice(c, duty)))
		}
		if got, want := todo(t, d, officer), "examine "+run+" 4; examine "+single.ID+" 1"; got != want {
			t.Errorf("officer: %s, want %s", got, want)
		}
		if got := todo(t, d, approver); got != "" {
			t.Errorf("approver: %s", got)
		}
		two := person("two", "SCJG", credit.Officer)
		must(t, d.Tx(ctx, examine(cases[0], two)))
		must(t, d.Tx(ctx, examine(cases[1], officer)))
		if got, want := todo(t, d, approver), "approve "+run+" 2"; got != want {
			t.Errorf("approver: %s, want %s", got, want)
		}
		two.Role = credit.Approver
		if got, want := todo(t, d, two), "approve "+cases[1].ID+" 1"; got != want {
			t.Errorf("one who examined the other: %s, want %s", got, want)
		}
		must(t, d.Tx(ctx, settle(cases[0], approver, casework.Return)))
		if got, want := todo(t, d, officer), "examine "+cases[0].ID+" 1; examine "+run+" 2; examine "+single.ID+" 1"; got != want {
			t.Errorf("after a return: %s, want %s", got, want)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			groups, err := casework.Groups(ctx, q, casework.Noticed)
			if len(groups) != 1 || groups[0].ID != run || groups[0].Open != 2 || groups[0].Year() != "2025" || groups[0].Due != credit.MustDate("2026-07-16") {
				t.Errorf("groups %+v", groups)
			}
			if err != nil {
				return err
			}
			ids, err := casework.InGroup(ctx, q, run, casework.Noticed, "", 10)
			if len(ids) != 2 || !slices.IsSorted(ids) {
				t.Errorf("in group: %v", ids)
			}
			if err != nil {
				return err
			}
			waiting, err := casework.Unnoticed(ctx, q)
			if len(waiting) != 1 || waiting[0].Authority != "SCJG-340881" {
				t.Errorf("unnoticed: %+v", waiting)
			}
			if err != nil {
				return err
			}
			having, err := casework.HavingUndecided(ctx, q, []string{"e0", "e6", "e7"})
			if !having["e0"] || !having["e6"] || having["e7"] {
				t.Errorf("undecided: %v", having)
			}
			return err
		}))
	})
}

func TestPagesOfCasesJoinWithoutGapOrOverlap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		for i := range 7 {
			n := matter(casework.AbnormalRemoval, i, "SCJG", "")
			n.Due = credit.MustDate("2026-07-14") + credit.Date(i/3) // several share a day
			open(t, d, n)
		}
		must(t, d.View(ctx, func(q db.Q) error {
			scope := org.ScopeOf(officer, org.CaseRead)
			seen, f := map[string]bool{}, casework.Filter{Limit: 2, Open: true, Division: "340800", DueBy: credit.MustDate("2026-07-31")}
			for pages := 1; ; pages++ {
				list, next, err := casework.List(ctx, q, scope, f)
				if err != nil {
					return err
				}
				for _, c := range list {
					if seen[c.ID] {
						t.Errorf("%s twice", c.ID)
					}
					seen[c.ID] = true
				}
				if f.Cursor = next; next == "" {
					break
				}
			}
			n, err := casework.Count(ctx, q, scope, casework.Filter{Open: true})
			if len(seen) != 7 || n != 7 {
				t.Errorf("%d on pages, %d counted", len(seen), n)
			}
			if err != nil {
				return err
			}
			for text, want := range map[string]int{"安庆3": 1, "_号%": 7, "3%厂": 0, "913408000000000004": 1, "无": 0} {
				list, _, err := casework.List(ctx, q, scope, casework.Filter{Text: text})
				if err != nil || len(list) != want {
					t.Errorf("%q: %d, want %d, %v", text, len(list), want, err)
				}
			}
			if _, _, err := casework.List(ctx, q, scope, casework.Filter{Cursor: "x"}); !fault.Is(err, "casework.bad_cursor") {
				t.Errorf("bad cursor: %v", err)
			}
			return nil
		}))
	})
}

func TestPaperIsAttachedToAnApprovedCaseOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		city(t, d)
		c := open(t, d, matter(casework.AbnormalRemoval, 1, "SCJG", ""))
		attach := func(paper string) func(db.Q) error {
			return func(q db.Q) error { return casework.Attach(ctx, q, c.ID, paper) }
		}
		if got := try(t, d, attach("p1")); got != "casework.not_approved" {
			t.Errorf("open: %q", got)
		}
		must(t, d.Tx(ctx, examine(c, officer)))
		must(t, d.Tx(ctx, settle(c, approver, casework.Approve)))
		for _, s := range []struct{ paper, want string }{{"p1", ""}, {"p1", ""}, {"p2", "casework.not_approved"}} {
			if got := try(t, d, attach(s.paper)); got != s.want {
				t.Errorf("%s: %q, want %q", s.paper, got, s.want)
			}
		}
	})
}

func TestUnsoundKindIsRefused(t *testing.T) {
	rows, err := casework.FirstPolicy()
	must(t, err)
	for _, c := range []struct{ name, old, new string }{
		{"approved by nobody", `["notice","examine","approve"]`, `["notice","examine"]`},
		{"examined by nobody", `["notice","examine","approve"]`, `["notice","approve"]`},
		{"a clock beside the ground's", `"workdays":0`, `"workdays":10`},
		{"led elsewhere, which is not built", `"lead":"we"`, `"lead":"they"`},
		{"no leader", `"lead":"we"`, `"lead":"you"`},
		{"another word than its paper", `"word":"异入"`, `"word":"异出"`},
		{"no paper", `"template":"abnormal.listing"`, `"template":"letter"`},
	} {
		bad := slices.Clone(rows)
		bad[0].Body = []byte(strings.Replace(string(bad[0].Body), c.old, c.new, 1))
		if err := casework.Validate(bad); err == nil || string(bad[0].Body) == string(rows[0].Body) {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func todo(t *testing.T, d *db.DB, by credit.Actor) string {
	t.Helper()
	var out []string
	must(t, d.View(ctx, func(q db.Q) error {
		tasks, err := casework.Todo(ctx, q, by, calendar.Builtin(), credit.DateOf(noon))
		for _, k := range tasks {
			what := k.Case
			if k.Together() {
				what = k.Group
			}
			if (k.Name == "") != k.Together() || k.Clock.Colour != casework.Green {
				t.Errorf("task %+v", k)
			}
			act := strings.TrimPrefix(string(k.Act), "case.")
			if k.Notice {
				act = "notice"
			}
			out = append(out, fmt.Sprintf("%s %s %d", act, what, k.Count))
		}
		return err
	}))
	return strings.Join(out, "; ")
}

func read(t *testing.T, d *db.DB, by credit.Actor, id string) casework.Case {
	t.Helper()
	var c casework.Case
	must(t, d.View(ctx, func(q db.Q) (err error) { c, err = casework.Get(ctx, q, by, id); return err }))
	return c
}

func tx(t *testing.T, d *db.DB, f func(q db.Q) error) {
	t.Helper()
	must(t, d.Tx(ctx, f))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
