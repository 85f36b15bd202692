package policy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
)

var (
	day   = credit.MustDate
	basis = []policy.Basis{{Law: "《企业信息公示暂行条例》", Article: "第十七条"}}
)

func row(key, from, until, body string) policy.Row {
	r := policy.Row{Table: "lists.grounds", Key: key, From: day(from), Basis: basis, Body: json.RawMessage(body)}
	if until != "" {
		r.Until = day(until)
	}
	return r
}

func book(t *testing.T, rows ...policy.Row) *policy.Book {
	t.Helper()
	b, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnsoundRowIsRefused(t *testing.T) {
	good := row("abnormal.annual-report", "2014-10-01", "", `{"n":1}`)
	tests := []struct {
		name string
		in   func(r *policy.Row)
		want string
	}{
		{"sound", func(*policy.Row) {}, ""},
		{"no article at all", func(r *policy.Row) { r.Basis = nil }, "policy.no_article"},
		{"a law without article", func(r *policy.Row) { r.Basis = []policy.Basis{{Law: "《条例》", Article: " "}} }, "policy.no_article"},
		{"an article without law", func(r *policy.Row) { r.Basis = []policy.Basis{{Article: "第一条"}} }, "policy.no_article"},
		{"no first day", func(r *policy.Row) { r.From = 0 }, "policy.bad_period"},
		{"ends before it begins", func(r *policy.Row) { r.Until = r.From - 1 }, "policy.bad_period"},
		{"never holds", func(r *policy.Row) { r.Until = r.From }, "policy.bad_period"},
		{"no table", func(r *policy.Row) { r.Table = "" }, "policy.bad_name"},
		{"a key in capitals", func(r *policy.Row) { r.Key = "Abnormal" }, "policy.bad_name"},
		{"a key that ends in a dot", func(r *policy.Row) { r.Key = "abnormal." }, "policy.bad_name"},
		{"no body", func(r *policy.Row) { r.Body = nil }, "policy.bad_body"},
		{"a list for a body", func(r *policy.Row) { r.Body = json.RawMessage(`[1]`) }, "policy.bad_body"},
		{"a fraction in the body", func(r *policy.Row) { r.Body = json.RawMessage(`{"n":0.5}`) }, "policy.bad_body"},
		{"a name twice in the body", func(r *policy.Row) { r.Body = json.RawMessage(`{"n":1,"n":2}`) }, "policy.bad_body"},
		{"half a body", func(r *policy.Row) { r.Body = json.RawMessage(`{"n":`) }, "policy.bad_body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := good
			tt.in(&r)
			_, err := policy.NewBook(1, []policy.Row{r})
			if _, got := fault.Of(err); got != tt.want || err != nil && got == "" {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTwoRowsOfOneKeyNeverHoldOnTheSameDay(t *testing.T) {
	tests := []struct {
		name       string
		from, till string // of the second row; the first holds from 2018-01-01 until 2021-09-01
		want       string
	}{
		{"right after", "2021-09-01", "", ""},
		{"right before", "2017-01-01", "2018-01-01", ""},
		{"with a gap", "2022-01-01", "2023-01-01", ""},
		{"one day too early", "2021-08-31", "", "policy.overlap"},
		{"one day too long", "2017-01-01", "2018-01-02", "policy.overlap"},
		{"open before", "2017-01-01", "", "policy.overlap"},
		{"inside", "2019-01-01", "2019-02-01", "policy.overlap"},
		{"around", "2017-01-01", "2025-01-01", "policy.overlap"},
		{"the same day", "2018-01-01", "2019-01-01", "policy.twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := []policy.Row{row("a", "2018-01-01", "2021-09-01", `{}`), row("a", tt.from, tt.till, `{"n":2}`), row("b", "2018-01-01", "", `{}`)}
			for range 2 {
				_, err := policy.NewBook(1, rows)
				if _, got := fault.Of(err); got != tt.want {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				slices.Reverse(rows) // the order in which rows are written does not matter
			}
		})
	}
}

func TestARowHoldsFromItsFirstDayUntilTheDayBeforeItsEnd(t *testing.T) {
	b := book(t, row("a", "2018-01-01", "2021-09-01", `{"n":1}`), row("a", "2021-09-01", "", `{"n":2}`), row("b", "2020-01-01", "2020-02-01", `{"n":3}`))
	tests := []struct {
		day  string
		want []string
	}{
		{"2017-12-31", nil},
		{"2018-01-01", []string{`{"n":1}`}},
		{"2020-01-31", []string{`{"n":1}`, `{"n":3}`}},
		{"2020-02-01", []string{`{"n":1}`}},
		{"2021-08-31", []string{`{"n":1}`}},
		{"2021-09-01", []string{`{"n":2}`}},
		{"2099-01-01", []string{`{"n":2}`}},
	}
	for _, tt := range tests {
		set := b.On(day(tt.day))
		var got, ruled []string
		for _, r := range set.Rows("lists.grounds") {
			got = append(got, string(r.Body))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: rows %v, want %v", tt.day, got, tt.want)
		}
		rules, err := policy.Rules[body](set, "lists.grounds")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			raw, _ := json.Marshal(r.Body)
			ruled = append(ruled, string(raw))
		}
		if !slices.Equal(ruled, tt.want) {
			t.Errorf("%s: rules %v, want %v", tt.day, ruled, tt.want)
		}
	}
}

type body struct {
	N int `json:"n"`
}

type other struct {
	M int `json:"m"`
}

// bare is a source of rows that is neither Book nor Set.
type bare []policy.VersionedRow

func (b bare) Rows(string) []policy.VersionedRow { return b }

func TestABodyIsReadWholeOrNotAtAll(t *testing.T) {
	b := book(t, row("a", "2018-01-01", "", `{"n":7}`))
	rules, err := policy.Rules[body](b, "lists.grounds")
	if err != nil || len(rules) != 1 || rules[0].Body.N != 7 || rules[0].Version != 1 || rules[0].Basis[0].Article != "第十七条" {
		t.Errorf("got %+v, %v", rules, err)
	}
	if _, err := policy.Rules[other](b, "lists.grounds"); err == nil || !strings.Contains(err.Error(), "lists.grounds a") {
		t.Errorf("an unknown field was read: %v", err)
	}
	trailing := bare{{Row: row("a", "2018-01-01", "", `{"n":7} {}`)}}
	if _, err := policy.Rules[body](trailing, ""); err == nil {
		t.Error("what stands after the body was left out silently")
	}
	if rules, err := policy.Rules[body](b, "nothing"); err != nil || len(rules) != 0 {
		t.Errorf("an empty table: %v, %v", rules, err)
	}
}

func TestALaterVersionEndsCorrectsAndWithdraws(t *testing.T) {
	first := book(t, row("a", "2018-01-01", "", `{"n":1}`), row("b", "2018-01-01", "", `{"n":1}`), row("c", "2018-01-01", "", `{"n":1}`))
	ended, corrected, withdrawn := row("a", "2018-01-01", "2026-01-01", `{"n":1}`), row("b", "2018-01-01", "", `{"n":2}`), row("c", "2018-01-01", "2018-01-01", `{"n":1}`)
	added := row("a", "2026-01-01", "", `{"n":5}`)
	second, err := first.With(2, []policy.Row{added, withdrawn, corrected, ended})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range policy.Diff(first, second) {
		got = append(got, string(c.Kind)+" "+c.Old.Key+"→"+c.New.Key+" v"+string(rune('0'+c.Old.Version))+"→v"+string(rune('0'+c.New.Version)))
	}
	want := []string{"ended a→a v1→v1", "added →a v0→v2", "corrected b→b v1→v2", "withdrawn c→ v1→v0"}
	if !slices.Equal(got, want) {
		t.Errorf("diff\n%v, want\n%v", got, want)
	}
	if n := len(first.All()); n != 3 || first.Version() != 1 {
		t.Errorf("the older book has changed: %d rows", n)
	}
	if len(policy.Diff(second, second)) != 0 {
		t.Error("a book differs from itself")
	}
	if _, err := second.With(3, []policy.Row{ended}); !fault.Is(err, "policy.nothing_changes") {
		t.Errorf("a change that changes nothing: %v", err)
	}
	if _, err := second.With(3, []policy.Row{row("a", "2025-12-31", "2026-01-01", `{}`)}); !fault.Is(err, "policy.overlap") {
		t.Errorf("overlap with an older version: %v", err)
	}
}

func TestSpellingOfABodyDoesNotMatter(t *testing.T) {
	rows, err := policy.ParseRows([]byte(`[{"table": "t", "key": "k", "from": "2018-01-01", "basis": [{"law": "《法》", "article": "第一条"}],
		"body": {"n": 1, "a": "\u8d28" }}]`))
	if err != nil || string(rows[0].Body) != `{"a":"质","n":1}` {
		t.Errorf("got %s, %v", rows[0].Body, err)
	}
	for _, bad := range []string{``, `{}`, `[{"tabel":"t"}]`, `[] []`, `[{"table":"t","key":"k","from":"2018-02-30","basis":[],"body":{}}]`,
		`[{"table":"t","key":"k","from":"2018-02-01","basis":[],"body":{}}]`} {
		if _, err := policy.ParseRows([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
