package flow_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

var ctx = context.Background()

// town is a city in the summer of 2026 with its departments, its whole first policy and a flow.
type town struct {
	*testcity.City
	*flow.Flow
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	c := testcity.New(t, d, flow.FirstPolicy)
	c.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		if err != nil {
			return err
		}
		for _, one := range all {
			if err := org.PutDepartment(ctx, q, credit.System("test"), c.At, one); err != nil {
				return err
			}
		}
		return nil
	})
	c.At = at("2026-06-20", 9)
	return &town{c, &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: slog.New(slog.DiscardHandler)}}
}

func at(day string, hour int) time.Time {
	return credit.MustDate(day).Time().Add(time.Duration(hour) * time.Hour)
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// person returns somebody of the authority in a role.
func person(authority string, role credit.Role) credit.Actor {
	return credit.Actor{User: string(role) + "@" + authority, Post: "post of " + string(role), Department: authority, Role: role, Division: "340800"}
}

func officer(authority string) credit.Actor  { return person(authority, credit.Officer) }
func approver(authority string) credit.Actor { return person(authority, credit.Approver) }

// firm registers the n-th enterprise in the spring of 2025, so that 2025 is its first report year, and returns its id.
func (w *town) firm(n int, more map[string]string) string {
	w.Helper()
	body := map[string]string{"ESTDATE": "2025-03-02"}
	for k, v := range more {
		body[k] = v
	}
	return w.Register(testcity.Code(n), fmt.Sprintf("安庆市甲%03d有限公司", n), body)
}

// report puts in the n-th enterprise's annual report of a year.
func (w *town) report(n int, id string, year int, published string) {
	w.Helper()
	code := testcity.Code(n)
	w.Put(id, "annual-report", fmt.Sprintf("%s/%d", code, year), published,
		map[string]string{"UNISCID": code, "ANCHEYEAR": fmt.Sprint(year), "ANCHEDATE": published})
}

// catchUp numbers what there is and lets everything follow.
func (w *town) catchUp() {
	w.Helper()
	w.Number()
	w.must(w.CatchUp(ctx, w.At))
	w.Number()
}

// due runs what is due at the hour, and the officers give notice to whom it concerns.
func (w *town) due(day string, hour int) {
	w.Helper()
	w.open(day, hour)
	var groups []casework.Group
	w.View(func(q db.Q) (err error) {
		groups, err = casework.Unnoticed(ctx, q)
		return err
	})
	for _, g := range groups {
		_, err := w.Announce(ctx, officer(g.Authority), w.At, g.ID, false)
		w.must(err)
	}
}

// open runs what is due at the hour; nobody gives notice.
func (w *town) open(day string, hour int) {
	w.Helper()
	w.At = at(day, hour)
	w.must(w.Due(ctx, w.At))
}

// cases returns the undecided cases of a kind.
func (w *town) cases(kind string) (out []casework.Case) {
	w.Helper()
	w.View(func(q db.Q) (err error) {
		out, err = casework.OpenOf(ctx, q, kind)
		return err
	})
	return out
}

// caseOf returns the one undecided case of an enterprise, with its steps.
func (w *town) caseOf(id string) (c casework.Case) {
	w.Helper()
	w.View(func(q db.Q) error {
		open, err := casework.Undecided(ctx, q, id)
		if err != nil {
			return err
		}
		if len(open) != 1 {
			w.Fatalf("%d undecided cases of %s", len(open), id)
		}
		c, err = casework.Get(ctx, q, officer(open[0].Authority), open[0].ID)
		return err
	})
	return c
}

func (w *town) get(c casework.Case) (out casework.Case) {
	w.Helper()
	w.View(func(q db.Q) (err error) {
		out, err = casework.Get(ctx, q, officer(c.Authority), c.ID)
		return err
	})
	return out
}

func (w *town) examine(c casework.Case, by credit.Actor) error {
	return w.D.Tx(ctx, func(q db.Q) error {
		_, err := w.Examine(ctx, q, by, w.At, c.ID, "属实，建议办理。")
		return err
	})
}

func (w *town) decide(c casework.Case, by credit.Actor, v casework.Verdict) (p document.Paper, err error) {
	opinion := ""
	if v != casework.Approve {
		opinion = "理由不足。"
	}
	err = w.D.Tx(ctx, func(q db.Q) (err error) {
		p, err = w.Decide(ctx, q, by, w.At, c.ID, v, opinion)
		return err
	})
	return p, err
}

// settle examines and approves a case by two people of its authority.
func (w *town) settle(c casework.Case) document.Paper {
	w.Helper()
	w.must(w.examine(c, officer(c.Authority)))
	p, err := w.decide(c, approver(c.Authority), casework.Approve)
	w.must(err)
	return p
}

// listed lists an enterprise for not reporting 2025, from the announcement to the decision on 2026-07-09.
func (w *town) listed(id string) document.Paper {
	w.Helper()
	w.due("2026-07-01", 8)
	w.At = at("2026-07-09", 15)
	return w.settle(w.caseOf(id))
}

func (w *town) history(id string) (out []lists.Entry) {
	w.Helper()
	w.View(func(q db.Q) (err error) {
		out, err = lists.History(ctx, q, id, -1)
		return err
	})
	return out
}

// verdict asks a gate that has just read everything and compares it with the standing.
func (w *town) verdict(n int, m credit.Matter) credit.Verdict {
	w.Helper()
	day := credit.DateOf(w.At)
	a, err := w.Gate().Check(testcity.Code(n), m, day)
	w.must(err)
	w.View(func(q db.Q) error {
		s, err := standing.Of(ctx, q, testcity.Code(n), day, -1)
		if err == nil && s.Verdict(m) != a.Verdict {
			w.Errorf("gate says %s, standing %s", a.Verdict, s.Verdict(m))
		}
		return err
	})
	return a.Verdict
}

// wantCode fails where err is not the fault.
func (w *town) wantCode(what string, err error, code string) {
	w.Helper()
	if !fault.Is(err, code) {
		w.Errorf("%s: %v, want %s", what, err, code)
	}
}

// rows reads a query as lines.
func rows(t testing.TB, d *db.DB, query string) (out []string) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error {
		found, err := q.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var line string
			if err := found.Scan(&line); err != nil {
				return err
			}
			out = append(out, line)
		}
		return found.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// state is everything that flow makes, without ids of leaves, salts and times.
func state(t testing.TB, d *db.DB) string {
	t.Helper()
	var all []string
	for _, query := range []string{
		`SELECT 'entry ' || enterprise_id || ' ' || id || ' ' || ground || ' ' || detail || ' ' || authority FROM lists_entry ORDER BY 1`,
		`SELECT 'event ' || enterprise_id || ' ' || entry_id || ' ' || kind || ' ' || CAST(effect AS TEXT) || ' ' || case_id || ' ' || paper || ' ' || paper_no
			|| ' ' || records || ' ' || absent FROM lists_event ORDER BY 1`,
		`SELECT 'case ' || enterprise_id || ' ' || id || ' ' || kind || ' ' || authority || ' ' || run || ' ' || detail || ' ' || state || ' '
			|| CAST(due AS TEXT) || ' ' || facts || ' ' || examiner || ' ' || approver || ' ' || notice || ' ' || paper FROM casework_case ORDER BY 1`,
		`SELECT 'step ' || enterprise_id || ' ' || case_id || ' ' || kind || ' ' || person || ' ' || duty || ' ' || opinion || ' ' || paper
			FROM casework_step ORDER BY enterprise_id, case_id, leaf`,
		`SELECT 'paper ' || enterprise_id || ' ' || id || ' ' || template || ' ' || authority || ' ' || number || ' ' || case_id || ' ' || hash FROM document_paper ORDER BY 1`,
		`SELECT 'paper event ' || paper || ' ' || kind || ' ' || CAST(day AS TEXT) FROM document_event ORDER BY 1`,
		`SELECT 'series ' || authority || ' ' || prefix || ' ' || word || ' ' || CAST(year AS TEXT) || ' ' || CAST(last AS TEXT) FROM document_number ORDER BY 1`,
		`SELECT 'measure ' || enterprise_id || ' ' || id || ' ' || CAST(round AS TEXT) || ' ' || verdict || ' ' || document_no || ' ' || source_id || ' '
			|| CAST(since AS TEXT) || ' ' || COALESCE(CAST(until AS TEXT), '-') || ' ' || CASE WHEN ended_leaf IS NULL THEN 'stands' ELSE 'ended' END
			FROM sanction_measure ORDER BY 1`,
		`SELECT 'record ' || enterprise_id || ' ' || id || ' ' || CAST(version AS TEXT) || ' ' || body FROM record_record ORDER BY 1`,
		`SELECT 'held ' || body FROM intake_held ORDER BY 1`,
		`SELECT 'leaf ' || CASE WHEN kind LIKE 'intake.%' OR kind LIKE 'record.%' THEN '' ELSE subject END || ' ' || kind FROM audit_leaf ORDER BY 1`,
	} {
		all = append(all, rows(t, d, query)...)
	}
	return strings.Join(all, "\n")
}

// differs shows the first lines in which two states differ.
func differs(got, want string) string {
	counts := map[string]int{}
	for _, line := range strings.Split(got, "\n") {
		counts[line]++
	}
	for _, line := range strings.Split(want, "\n") {
		counts[line]--
	}
	var out []string
	for _, line := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[line]; n != 0 {
			out = append(out, fmt.Sprintf("%+d %s", n, line))
		}
	}
	return strings.Join(out[:min(len(out), 12)], "\n")
}

// papers returns a template's papers in the order in which they were issued.
func (w *town) papers(template string) (out []document.Paper) {
	w.Helper()
	for _, id := range rows(w.City, w.D, `SELECT id FROM document_paper WHERE template = '`+template+`' ORDER BY leaf`) {
		w.View(func(q db.Q) error {
			p, err := document.ByID(ctx, q, id)
			out = append(out, p)
			return err
		})
	}
	return out
}
