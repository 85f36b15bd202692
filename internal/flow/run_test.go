package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/document"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
)

// who is one enterprise of the table of the run.
type who struct {
	name string
	more map[string]string
	on   string // day of its report of 2025, "" where there is none
	want bool   // a case on 1 July 2026
}

var run = []who{
	{"missing", nil, "", true},
	{"missing, of a county", map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"}, "", true},
	{"missing, a branch", map[string]string{"SUBJKIND": "branch"}, "", true},
	{"missing, a second of the county", map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"}, "", true},
	{"reported in time", nil, "2026-05-02", false},
	{"reported on the last day", nil, "2026-06-30", false},
	{"an individual business", map[string]string{"SUBJKIND": "individual"}, "", false},
	{"a cooperative", map[string]string{"SUBJKIND": "cooperative"}, "", false},
	{"deregistered", map[string]string{"REGSTATE": "deregistered", "ENDDATE": "2026-02-03"}, "", false},
	{"revoked", map[string]string{"REGSTATE": "revoked", "ENDDATE": "2026-02-03"}, "", false},
	{"registered after the report year", map[string]string{"ESTDATE": "2026-01-01"}, "", false},
	{"registered on the last day of the report year", map[string]string{"ESTDATE": "2025-12-31"}, "", true},
	{"of unknown age", map[string]string{"ESTDATE": ""}, "", false},
}

// settleRun registers the enterprises of the table; the n-th is the n-th code.
func settleRun(w *town) (ids []string) {
	w.Helper()
	for n, one := range run {
		id := w.firm(n, one.more)
		ids = append(ids, id)
		if one.on != "" {
			w.report(n, id, 2025, one.on)
		}
	}
	w.catchUp()
	return ids
}

func TestDueOpensOneCaseForEachMissingReport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		ids := settleRun(w)
		w.due("2026-06-30", 23)
		if n := len(w.cases(casework.AbnormalListing)); n != 0 {
			t.Fatalf("%d cases on the last day of the term", n)
		}
		w.due("2026-07-01", 8)
		got := map[string][]casework.Case{}
		for _, c := range w.cases(casework.AbnormalListing) {
			got[c.EnterpriseID] = append(got[c.EnterpriseID], c)
		}
		for n, one := range run {
			cases := got[ids[n]]
			switch {
			case !one.want && len(cases) > 0:
				t.Errorf("%s: a case", one.name)
			case one.want && len(cases) != 1:
				t.Errorf("%s: %d cases", one.name, len(cases))
			case one.want && (cases[0].State != casework.Noticed || cases[0].Detail != "abnormal.annual-report/2025" || cases[0].Notice == ""):
				t.Errorf("%s: %+v", one.name, cases[0])
			case one.want && cases[0].Due != credit.MustDate("2026-07-14"): // ten working days after 30 June
				t.Errorf("%s: due %s", one.name, cases[0].Due)
			}
		}
	})
}

func TestOneAnnouncementForEachAuthorityGivesNotice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		settleRun(w)
		w.due("2026-07-01", 8)
		papers := w.papers(document.AbnormalAnnouncement)
		var authorities []string
		for _, p := range papers {
			authorities = append(authorities, p.Authority)
			if p.PublishedOn != credit.MustDate("2026-07-01") || p.Number == "" || p.EnterpriseID != "" {
				t.Errorf("announcement %+v", p)
			}
			count := 0
			for _, c := range w.cases(casework.AbnormalListing) {
				if c.Authority == p.Authority {
					count++
					if c.Notice != p.ID {
						t.Errorf("case of %s has notice by %s", c.Authority, c.Notice)
					}
				}
			}
			if text := fmt.Sprint(p.Body); !strings.Contains(text, "2025年度") || !strings.Contains(text, fmt.Sprintf("%d户", count)) ||
				p.Authority == "SCJG" && !strings.Contains(text, code(0)) {
				t.Errorf("announcement to %d: %s", count, text)
			}
		}
		slices.Sort(authorities)
		if want := []string{"SCJG", "SCJG-340881"}; !slices.Equal(authorities, want) {
			t.Errorf("announcements of %v, want %v", authorities, want)
		}
		for _, c := range w.cases(casework.AbnormalListing) {
			kinds := ""
			for _, s := range w.get(c).Steps {
				kinds += string(s.Kind) + " "
			}
			if kinds != "opened noticed " {
				t.Errorf("steps %s", kinds)
			}
		}
	})
}

func TestDueAgainAddsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		ids := settleRun(w)
		w.due("2026-07-01", 8)
		once := state(t, d)
		w.due("2026-07-01", 8)
		w.due("2026-07-02", 8)
		w.due("2026-12-31", 8)
		if got := state(t, d); got != once {
			t.Errorf("a second run:\n%s", differs(got, once))
		}
		// Not after the decisions either: nobody is listed twice, nobody refused is asked again.
		w.At = at("2026-07-09", 9)
		w.settle(w.caseOf(ids[0]))
		refused := w.caseOf(ids[2])
		w.must(w.examine(refused, officer("SCJG")))
		if _, err := w.decide(refused, approver("SCJG"), casework.Refuse); err != nil {
			t.Fatal(err)
		}
		decided := state(t, d)
		w.due("2026-07-10", 8)
		if got := state(t, d); got != decided {
			t.Errorf("a run after decisions:\n%s", differs(got, decided))
		}
	})
}

// Who is registered late is found by the next day's run, and has notice only by a further paper that lists it.
func TestWhoIsFoundLaterGetsAPaperThatListsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		settleRun(w)
		w.due("2026-07-01", 8)
		late := w.firm(90, nil)
		w.catchUp()
		w.open("2026-07-02", 8)
		if c := w.caseOf(late); c.State != casework.Opened || c.Notice != "" {
			t.Errorf("it has notice by a paper that was published before: %+v", c)
		}
		w.due("2026-07-02", 9)
		c := w.caseOf(late)
		papers := w.papers(document.AbnormalAnnouncement)
		if c.State != casework.Noticed || len(papers) != 3 || c.Notice != papers[2].ID || papers[2].PublishedOn != credit.MustDate("2026-07-02") {
			t.Fatalf("case %+v, %d announcements", c, len(papers))
		}
		if text := fmt.Sprint(papers[2].Body); !strings.Contains(text, code(90)) || !strings.Contains(text, "有1户") || strings.Contains(text, code(0)) ||
			!strings.Contains(papers[2].Title, "第2批") {
			t.Errorf("the further paper: %s", text)
		}
	})
}

// Nothing is said in public before an officer of the authority says it, and not while reports are still coming in.
func TestNoticeIsAnOfficersActAfterTheReportsAreIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.catchUp()
		w.open("2026-07-01", 8)
		if n := len(w.papers(document.AbnormalAnnouncement)); n != 0 || w.caseOf(id).State != casework.Opened {
			t.Fatalf("%d announcements by nobody, case %s", n, w.caseOf(id).State)
		}
		const group = "abnormal.annual-report/2025/SCJG"
		announce := func(by credit.Actor, looked bool) error {
			_, err := w.Announce(ctx, by, w.At, group, looked)
			return err
		}
		w.wantCode("an approver", announce(approver("SCJG"), true), "org.may_not")
		w.wantCode("another authority's officer", announce(officer("SCJG-340881"), true), "org.may_not")
		const head = "统一社会信用代码,企业名称,年报年度,年报日期,企业经营状态,从业人数\n"
		clerk := credit.Actor{User: "clerk", Department: "SCJG", Role: credit.Reporter, Division: "340800"}
		b, err := intake.Receive(ctx, d, clerk, w.At, intake.Upload{Kind: "annual-report", Department: "SCJG", Name: "a.csv",
			Body: strings.NewReader(head + code(77) + ",安庆无名有限公司,2025,2026-06-30,开业,3\n")})
		w.must(err)
		w.wantCode("a file is not checked", announce(officer("SCJG"), true), "flow.reports_unfinished")
		w.must(intake.Check(ctx, d, func() time.Time { return w.At }, b.ID))
		w.wantCode("a report is of nobody known", announce(officer("SCJG"), false), "flow.reports_held")
		w.must(announce(officer("SCJG"), true))
		c := w.get(w.caseOf(id))
		if last := c.Steps[len(c.Steps)-1]; c.State != casework.Noticed || last.By.User != officer("SCJG").User {
			t.Errorf("case %+v", c)
		}
		w.wantCode("again", announce(officer("SCJG"), true), "flow.nobody_to_notice")
		if got := w.Leaves("flow."); !slices.Equal(got, []string{flow.LeafLooked + " " + c.Notice}) {
			t.Errorf("that he looked is not on record: %v", got)
		}
	})
}

// An enterprise whose registering authority this city does not know, or that numbers no papers, must not keep the others'
// run from going on.
func TestUnknownAuthorityDoesNotStopTheRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.firm(1, map[string]string{"REGORG": "340800"}) // a division typed where its bureau was meant
		w.firm(2, map[string]string{"REGORG": "GAJ"})
		fine := w.firm(3, nil)
		w.catchUp()
		w.open("2026-07-01", 8)
		if _, err := w.Announce(ctx, officer("GAJ"), w.At, "abnormal.annual-report/2025/GAJ", false); err == nil {
			t.Error("an authority without numbers gave notice")
		}
		_, err := w.Announce(ctx, officer("SCJG"), w.At, "abnormal.annual-report/2025/SCJG", false)
		if c := w.caseOf(fine); c.State != casework.Noticed {
			t.Errorf("the case of another authority is %s: %v", c.State, err)
		}
	})
}

// The whole run of two authorities is decided in groups by their own people, with their own numbers without gaps.
func TestGroupsAreDecidedByTheirOwnPeopleInTheirOwnSeries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		for n := range 30 {
			more := map[string]string{}
			if n%3 == 0 {
				more = map[string]string{"REGORG": "SCJG-340881", "DIVISION": "340881"}
			}
			w.firm(n, more)
		}
		w.catchUp()
		w.due("2026-07-01", 8)
		w.At = at("2026-07-09", 9)
		city, county := "abnormal.annual-report/2025/SCJG", "abnormal.annual-report/2025/SCJG-340881"
		if n, err := w.ExamineGroup(ctx, officer("SCJG-340881"), w.At, city, "属实。"); err == nil || n != (flow.Outcome{}) {
			t.Errorf("the county's officer examined %+v of the city's cases: %v", n, err)
		}
		for group, of := range map[string]string{city: "SCJG", county: "SCJG-340881"} {
			if n, err := w.DecideGroup(ctx, approver(of), w.At, group, casework.Approve, ""); err != nil || n.Done != 0 {
				t.Errorf("decided %+v unexamined cases: %v", n, err)
			}
			want := 20
			if of != "SCJG" {
				want = 10
			}
			if n, err := w.ExamineGroup(ctx, officer(of), w.At, group, "属实。"); err != nil || n.Done != want {
				t.Fatalf("examined %+v: %v", n, err)
			}
			if n, err := w.DecideGroup(ctx, approver(of), w.At, group, casework.Approve, ""); err != nil || n.Done != want {
				t.Fatalf("decided %+v: %v", n, err)
			}
		}
		if n := len(w.cases(casework.AbnormalListing)); n != 0 {
			t.Errorf("%d cases are left", n)
		}
		wantSeries(w, map[string]int{"宜市监异入〔2026〕第%d号": 20, "桐市监异入〔2026〕第%d号": 10})
	})
}

// wantSeries wants the numbers of listing papers to be 1…n in each series.
func wantSeries(w *town, series map[string]int) {
	w.Helper()
	var got, want []string
	for _, p := range w.papers(document.AbnormalListing) {
		got = append(got, p.Number)
	}
	for format, n := range series {
		for i := range n {
			want = append(want, fmt.Sprintf(format, i+1))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("numbers %v\nwant %v", got, want)
	}
}
