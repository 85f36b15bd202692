package lists_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/calendar"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

func grounds(t rapid.TB) []policy.Rule[lists.Ground] {
	t.Helper()
	rows, err := lists.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Rules[lists.Ground](book, lists.Table)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func firm(registered string) record.Facts {
	return record.Facts{Subject: enterprise.Subject{ID: "e1", USCC: "91340811MA2N1KXG3T", Name: "安庆振风机械有限公司", Kind: credit.Enterprise,
		Division: "340811", Authority: "SCJG", State: credit.Active, Registered: credit.MustDate(registered)}}
}

func reported(t rapid.TB, f record.Facts, year int, published string) record.Facts {
	t.Helper()
	body, err := canon.Bytes(map[string]string{"ANCHEYEAR": strconv.Itoa(year), "ANCHEDATE": published})
	if err != nil {
		t.Fatal(err)
	}
	f.Records = append(slices.Clone(f.Records), record.Record{EnterpriseID: f.Subject.ID, ID: fmt.Sprintf("r%d-%s", year, published),
		Kind: record.AnnualReportKind, Day: credit.MustDate(published), Body: body})
	return f
}

// all reports every year from the first of the policy up to upto in time.
func all(t rapid.TB, f record.Facts, upto int) record.Facts {
	for year := 2017; year <= upto; year++ {
		f = reported(t, f, year, fmt.Sprintf("%d-05-10", year+1))
	}
	return f
}

func entry(year int, kinds ...lists.EventKind) lists.Entry {
	e := lists.Entry{EnterpriseID: "e1", ID: fmt.Sprintf("entry%d", year), List: credit.AbnormalList, Ground: lists.AnnualReport, Detail: strconv.Itoa(year)}
	for i, kind := range append([]lists.EventKind{lists.Listed}, kinds...) {
		e.Events = append(e.Events, lists.Event{Kind: kind, Effect: credit.NewDate(year+1, 7, 9+i), PaperNo: "宜市监异入〔2026〕第1号"})
	}
	return e
}

// say names proposals as "+2025" for a listing and "-2025" for a removal.
func say(ps []lists.Proposal) string {
	var out []string
	for _, p := range ps {
		out = append(out, map[bool]string{false: "+", true: "-"}[p.Removal]+p.Detail)
	}
	return strings.Join(out, " ")
}

func TestMissingReportIsListedAndArrivedReportRemoved(t *testing.T) {
	base := all(t, firm("2015-03-02"), 2024)
	change := func(f func(*enterprise.Subject)) record.Facts {
		c := base
		f(&c.Subject)
		return c
	}
	for _, c := range []struct {
		name  string
		facts record.Facts
		had   []lists.Entry
		day   string
		want  string
	}{
		{"the deadline is today", base, nil, "2026-06-30", ""},
		{"the day after it", base, nil, "2026-07-01", "+2025"},
		{"reported in time", reported(t, base, 2025, "2026-06-30"), nil, "2026-07-01", ""},
		{"reported late but before the day", reported(t, base, 2025, "2026-07-03"), nil, "2026-07-04", ""},
		{"reported after the day", reported(t, base, 2025, "2026-07-05"), nil, "2026-07-04", "+2025"},
		{"a report of another year", reported(t, base, 2026, "2026-07-01"), nil, "2026-07-04", "+2025"},
		{"two years missing", all(t, firm("2015-03-02"), 2023), nil, "2026-07-01", "+2024 +2025"},
		{"years before the platform held reports prove nothing", firm("2005-03-02"), nil, "2018-07-01", "+2017"},
		{"founded in the report year", firm("2025-12-31"), nil, "2026-07-01", "+2025"},
		{"founded after the report year", firm("2026-01-01"), nil, "2026-07-01", ""},
		{"day of registration unknown", change(func(s *enterprise.Subject) { s.Registered = 0 }), nil, "2026-07-01", ""},
		{"individual business", change(func(s *enterprise.Subject) { s.Kind = credit.Individual }), nil, "2026-07-01", ""},
		{"cooperative", change(func(s *enterprise.Subject) { s.Kind = credit.Cooperative }), nil, "2026-07-01", ""},
		{"branch", change(func(s *enterprise.Subject) { s.Kind = credit.Branch }), nil, "2026-07-01", "+2025"},
		{"deregistered", change(func(s *enterprise.Subject) { s.State = credit.Deregistered }), nil, "2026-07-01", ""},
		{"revoked", change(func(s *enterprise.Subject) { s.State = credit.Revoked }), nil, "2026-07-01", ""},
		{"moved out", change(func(s *enterprise.Subject) { s.State = credit.MovedOut }), nil, "2026-07-01", ""},
		{"ended", change(func(s *enterprise.Subject) { s.Ended = credit.MustDate("2026-07-01") }), nil, "2026-07-01", ""},
		{"listed already", base, []lists.Entry{entry(2025)}, "2026-07-20", ""},
		{"removed already: not twice for one year", base, []lists.Entry{entry(2025, lists.Removed)}, "2026-08-20", ""},
		{"rescinded already", base, []lists.Entry{entry(2025, lists.Rescinded)}, "2026-08-20", ""},
		{"an entry for another year", all(t, firm("2015-03-02"), 2024), []lists.Entry{entry(2020, lists.Removed)}, "2026-07-20", "+2025"},
		{"report came for an entry", reported(t, base, 2025, "2026-08-03"), []lists.Entry{entry(2025)}, "2026-08-04", "-2025"},
		{"report came for one of two entries", reported(t, all(t, firm("2015-03-02"), 2023), 2024, "2026-08-03"),
			[]lists.Entry{entry(2024), entry(2025)}, "2026-08-04", "-2024"},
		{"report came for a removed entry", reported(t, base, 2025, "2026-08-03"), []lists.Entry{entry(2025, lists.Removed)}, "2026-08-14", ""},
		{"a deregistered one is still removed", reported(t, change(func(s *enterprise.Subject) { s.State = credit.Deregistered }), 2025, "2026-08-03"),
			[]lists.Entry{entry(2025)}, "2026-08-04", "-2025"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := lists.Judge(c.facts, c.had, grounds(t), calendar.Builtin(), credit.MustDate(c.day))
			if err != nil || say(got) != c.want {
				t.Errorf("got %q, %v, want %q", say(got), err, c.want)
			}
		})
	}
}

func TestProposalNamesItsDeadlineItsArticleAndWhatFulfilsIt(t *testing.T) {
	f := all(t, firm("2015-03-02"), 2024)
	got, err := lists.Judge(f, nil, grounds(t), calendar.Builtin(), credit.MustDate("2026-07-01"))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	p := got[0]
	if p.Due != credit.MustDate("2026-07-14") || p.Absent != "annual-report/2025" || len(p.Records) != 0 {
		t.Errorf("listing: due %s, absent %q, records %v", p.Due, p.Absent, p.Records)
	}
	if p.Rule.From != credit.MustDate("2025-04-01") || p.Basis()[1].Law != "《企业经营异常名录管理办法》" {
		t.Errorf("listing rests on %v of %s", p.Basis(), p.Rule.From)
	}
	got, err = lists.Judge(reported(t, f, 2025, "2026-08-03"), []lists.Entry{entry(2025)}, grounds(t), calendar.Builtin(), credit.MustDate("2026-08-04"))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	p = got[0]
	if p.Due != credit.MustDate("2026-08-10") || len(p.Records) != 1 || p.Records[0] != "r2025-2026-08-03" || p.EntryID != "entry2025" ||
		p.ListedOn != credit.MustDate("2026-07-09") || p.ListedNo == "" || p.Basis()[1].Article != "第十一条" {
		t.Errorf("removal %+v", p)
	}
	if raw, err := canon.Bytes(p.Evidence()); err != nil || !strings.Contains(string(raw), `"policy_version":1`) {
		t.Errorf("evidence %s, %v", raw, err)
	}
}

func TestRowOfTheDayIsCited(t *testing.T) {
	for day, law := range map[string]string{"2018-07-02": "《企业经营异常名录管理暂行办法》", "2024-07-01": "《企业经营异常名录管理暂行办法》", "2025-07-01": "《企业经营异常名录管理办法》"} {
		on := credit.MustDate(day)
		got, err := lists.Judge(all(t, firm("2015-03-02"), on.Year()-2), nil, grounds(t), calendar.Builtin(), on)
		if err != nil || len(got) != 1 || !got[0].Rule.On(on) || got[0].Basis()[1].Law != law {
			t.Errorf("%s: %s, %v", day, say(got), err)
		}
	}
}

func TestDutyMustHaveExisted(t *testing.T) {
	rules := grounds(t)
	for i := range rules {
		rules[i].Body.First = 2013
	}
	got, err := lists.Judge(firm("2005-01-01"), nil, rules, calendar.Builtin(), credit.MustDate("2015-07-01"))
	if err != nil || say(got) != "+2014" { // the deadline of 2013 passed before the rule was there
		t.Errorf("%s, %v", say(got), err)
	}
}

// A year whose holidays are not loaded leaves the last day unknown; what is called for is called for all the same.
func TestDeadlineIsNeverGuessedAndStopsNothing(t *testing.T) {
	got, err := lists.Judge(all(t, firm("2015-03-02"), 2027), nil, grounds(t), calendar.Builtin(), credit.MustDate("2029-07-02"))
	if err != nil || say(got) != "+2028" || got[0].Due != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

// A city that begins in a year holds the reports of that year as the first: they come in the next one.
func TestNobodyIsAccusedForTheTimeBeforeTheCityBegan(t *testing.T) {
	rows, err := lists.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if rows, err = lists.Since(rows, 2025); err != nil {
		t.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Rules[lists.Ground](book, lists.Table)
	if err != nil {
		t.Fatal(err)
	}
	got, err := lists.Judge(firm("2015-03-02"), nil, rules, calendar.Builtin(), credit.MustDate("2026-07-01"))
	if err != nil || say(got) != "+2025" {
		t.Errorf("%s, %v", say(got), err)
	}
}

// Whatever the history: never two proposals for one ground and year, none whose report is there, none for whom the ground
// is not made, and every proposal goes away when what it calls for has been done.
func TestProposalsHoldTogether(t *testing.T) {
	rules, cal := grounds(t), calendar.Builtin()
	rapid.Check(t, func(t *rapid.T) {
		day := credit.MustDate("2018-01-01") + credit.Date(rapid.IntRange(0, 3200).Draw(t, "day"))
		f := firm("2012-01-01")
		f.Subject.Registered += credit.Date(rapid.IntRange(0, 5300).Draw(t, "registered"))
		f.Subject.Kind = rapid.SampledFrom([]credit.SubjectKind{credit.Enterprise, credit.Branch, credit.Individual, credit.Cooperative}).Draw(t, "kind")
		f.Subject.State = rapid.SampledFrom([]credit.RegState{credit.Active, credit.Active, credit.Deregistered, credit.Revoked}).Draw(t, "state")
		came := map[string]bool{}
		for year := 2016; year <= 2026; year++ {
			if rapid.Bool().Draw(t, "report") {
				on := credit.NewDate(year+1, 1, 1) + credit.Date(rapid.IntRange(0, 900).Draw(t, "published"))
				f = reported(t, f, year, on.String())
				came[strconv.Itoa(year)] = on <= day
			}
		}
		var had []lists.Entry
		for year := 2017; year <= 2026; year++ {
			switch rapid.IntRange(0, 5).Draw(t, "entry") {
			case 0:
				had = append(had, entry(year))
			case 1:
				had = append(had, entry(year, lists.Removed))
			}
		}
		got, err := lists.Judge(f, had, rules, cal, day)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, p := range got {
			key := p.Ground + p.Detail
			switch {
			case seen[key]:
				t.Fatalf("%s stands twice", key)
			case p.Removal != came[p.Detail]:
				t.Fatalf("%s is proposed with report %v", say(got), came[p.Detail])
			case !p.Removal && (f.Subject.State != credit.Active || f.Subject.Kind == credit.Individual || f.Subject.Kind == credit.Cooperative):
				t.Fatalf("%s %s is to be listed", f.Subject.State, f.Subject.Kind)
			case !p.Rule.On(day):
				t.Fatalf("cites a row of %s on %s", p.Rule.From, day)
			case !p.Removal && strconv.Itoa(f.Subject.Registered.Year()) > p.Detail:
				t.Fatalf("%s for one registered on %s", p.Detail, f.Subject.Registered)
			case !p.Removal && slices.ContainsFunc(had, func(e lists.Entry) bool { return e.Detail == p.Detail }):
				t.Fatalf("%s a second time", p.Detail)
			}
			seen[key] = true
		}
		for _, p := range got {
			after := f
			if !p.Removal {
				after = reported(t, f, atoi(p.Detail), day.String())
			}
			had := slices.DeleteFunc(slices.Clone(had), func(e lists.Entry) bool { return e.ID == p.EntryID })
			rest, err := lists.Judge(after, had, rules, cal, day)
			if err != nil || slices.ContainsFunc(rest, func(q lists.Proposal) bool { return q.Detail == p.Detail && q.Ground == p.Ground }) {
				t.Fatalf("%s is still called for: %s, %v", p.Detail, say(rest), err)
			}
		}
	})
}

func TestEntryHoldsFromItsEffectToItsRemoval(t *testing.T) {
	for _, c := range []struct {
		name  string
		entry lists.Entry
		day   string
		want  bool
	}{
		{"before", entry(2025), "2026-07-08", false},
		{"from its effect", entry(2025), "2026-07-09", true},
		{"for long", entry(2025), "2029-07-09", true},
		{"the day before removal", entry(2024, lists.Removed), "2025-07-09", true},
		{"the day of removal", entry(2024, lists.Removed), "2025-07-10", false},
		{"rescinded: never", entry(2024, lists.Rescinded), "2025-07-09", false},
		{"removed, then rescinded: never", entry(2024, lists.Removed, lists.Rescinded), "2025-07-09", false},
	} {
		if got := c.entry.On(credit.MustDate(c.day)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFirstPolicyKnowsAllFourCausesAtAnyTime(t *testing.T) {
	for _, day := range []string{"2014-10-01", "2025-03-31", "2025-04-01", "2026-10-12"} {
		causes := map[int]bool{}
		for _, r := range grounds(t) {
			if r.On(credit.MustDate(day)) {
				causes[r.Body.Cause] = r.Body.Carried
			}
		}
		if len(causes) != 4 || !causes[1] || causes[2] || causes[3] || causes[4] {
			t.Errorf("%s: %v", day, causes)
		}
	}
}

func TestUnsoundGroundIsRefused(t *testing.T) {
	rows, err := lists.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"individuals", `["enterprise","branch"]`, `["individual"]`},
		{"nobody", `["enterprise","branch"]`, `[]`},
		{"31 June", `"due_day":30`, `"due_day":31`},
		{"no deadline", `"workdays_to_list":10`, `"workdays_to_list":0`},
		{"unknown field", `"cause":1`, `"cause":1,"x":1`},
		{"another list", `"list":"abnormal"`, `"list":"red"`},
	} {
		bad := slices.Clone(rows)
		bad[0].Body = []byte(strings.Replace(string(bad[0].Body), c.old, c.new, 1))
		if string(bad[0].Body) == string(rows[0].Body) {
			t.Fatalf("%s: nothing was changed in %s", c.name, bad[0].Body)
		}
		if err := lists.Validate(bad); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
