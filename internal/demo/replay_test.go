package demo_test

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
)

// This file is a second implementation of the standing, written from the law's text, slow and simple on purpose. It shares no
// code with lists, sanction and standing: it reads the log leaf by leaf, the rows that a leaf stands for, and nothing else.
// Days are texts like 2026-07-09; their order is that of the alphabet.

// fact is one version of a record as its leaf brought it.
type fact struct {
	enterprise, id, kind, department, source string
	version                                  int
	withdrawn                                bool
	body                                     map[string]string
	known                                    string // day of the leaf
	first                                    string // day of the leaf of its first version
}

// rule is one row of policy.
type rule struct {
	Table string          `json:"table"`
	Key   string          `json:"key"`
	From  string          `json:"from"`
	Until string          `json:"until"`
	Body  json.RawMessage `json:"body"`
}

// decision is one event of a list as its leaf tells it.
type decision struct {
	Entry, List, Ground, Detail, Effect, Absent, Case, Paper, Number string
	PolicyKey                                                        string `json:"policy_key"`
	PolicyVersion                                                    int64  `json:"policy_version"`
	Records                                                          []string
}

// page is one leaf with what it stands for.
type leaf struct {
	seq       int64
	kind      string
	subject   string
	facts     []fact
	decision  decision
	rules     []rule
	committed string // day
}

// chronicle reads the whole log.
func chronicle(t *testing.T, d *db.DB) (all []leaf) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error {
		for {
			events, err := audit.Read(ctx, q, int64(len(all)), 500)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, e := range events {
				l := leaf{seq: e.Seq, kind: e.Kind, subject: e.Subject, committed: e.At.UTC().Add(8 * time.Hour).Format(time.DateOnly)}
				switch {
				case e.Kind == "record.accepted" || e.Kind == "record.withdrawn":
					l.facts, err = factsOf(q, e.Leaf, l.committed)
				case strings.HasPrefix(e.Kind, "lists."):
					err = json.Unmarshal(e.Body, &l.decision)
				case e.Kind == "policy.approved":
					l.rules, err = rulesOf(q, e.Leaf)
				}
				if err != nil {
					return err
				}
				all = append(all, l)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func factsOf(q db.Q, id, known string) (out []fact, err error) {
	rows, err := q.QueryContext(ctx, `SELECT enterprise_id, id, kind, department, source_key, version, withdrawn, body FROM record_record
		WHERE leaf = $1 ORDER BY item`, id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		f := fact{known: known}
		var body string
		if err := rows.Scan(&f.enterprise, &f.id, &f.kind, &f.department, &f.source, &f.version, &f.withdrawn, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &f.body); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

func rulesOf(q db.Q, id string) ([]rule, error) {
	var raw sql.RawBytes
	var content struct{ Rows []rule }
	rows, err := q.QueryContext(ctx, `SELECT content FROM policy_version WHERE decided_leaf = $1`, id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &content); err != nil {
			return nil, err
		}
	}
	return content.Rows, rows.Err()
}

// world is what is known after some leaves.
type world struct {
	facts   map[string]fact // by who stated it, its kind and its source
	entries map[string]*entry
	rules   map[string]rule
}

type entry struct {
	enterprise, list, id   string
	listed, removed        string
	rescinded              bool
	number, absent, detail string
}

// after replays the first known leaves.
func after(all []leaf, known int64) world {
	w := world{map[string]fact{}, map[string]*entry{}, map[string]rule{}}
	for _, l := range all[:known] {
		for _, f := range l.facts {
			key := f.department + "|" + f.kind + "|" + f.source
			if f.first = f.known; w.facts[key].enterprise == f.enterprise {
				f.first = w.facts[key].first
			}
			w.facts[key] = f
		}
		for _, r := range l.rules {
			w.rules[r.Table+"|"+r.Key+"|"+r.From] = r
		}
		d := l.decision
		switch l.kind {
		case "lists.listed":
			w.entries[d.Entry] = &entry{enterprise: l.subject, list: d.List, id: d.Entry, listed: d.Effect, number: d.Number, absent: d.Absent, detail: d.Detail}
		case "lists.removed", "lists.ended":
			w.entries[d.Entry].removed = d.Effect
		case "lists.rescinded":
			w.entries[d.Entry].rescinded = true
		}
	}
	return w
}

// registration returns the registration of an enterprise that was stated last, nil where none is known.
func (w world) registration(enterprise string) map[string]string {
	var last *fact
	for _, f := range w.facts {
		if f.kind == "enterprise" && f.enterprise == enterprise && !f.withdrawn && (last == nil || f.known > last.known) {
			last = &f
		}
	}
	if last == nil {
		return nil
	}
	return last.body
}

// reported returns the day on which a report year was published, "" where it was not.
func (w world) reported(enterprise, year string) string {
	day := ""
	for _, f := range w.facts {
		if f.kind == "annual-report" && f.enterprise == enterprise && !f.withdrawn && f.body["ANCHEYEAR"] == year && (day == "" || f.body["ANCHEDATE"] < day) {
			day = f.body["ANCHEDATE"]
		}
	}
	return day
}

// listedOn returns the ids of the entries that stand on a day: from the effect of the listing up to the day before that of
// the removal. What was rescinded never stood.
func (w world) listedOn(enterprise, day string) (out []string) {
	for _, e := range w.entries {
		if e.enterprise == enterprise && !e.rescinded && e.listed <= day && (e.removed == "" || day < e.removed) {
			out = append(out, e.id)
		}
	}
	slices.Sort(out)
	return out
}

// hit is one measure in force.
type hit struct{ matter, verdict, key, document string }

// measures returns what is in force on a day.
func (w world) measures(t *testing.T, enterprise, day string) (out []hit) {
	t.Helper()
	for _, r := range w.rules {
		if r.From > day || r.Until != "" && r.Until <= day {
			continue // the row does not hold on the day
		}
		switch r.Table {
		case "sanction.effects":
			var b struct{ List, Matter, Verdict string }
			if err := json.Unmarshal(r.Body, &b); err != nil {
				t.Fatal(err)
			}
			for _, id := range w.listedOn(enterprise, day) {
				if w.entries[id].list == b.List {
					out = append(out, hit{b.Matter, b.Verdict, r.Key, w.entries[id].number})
				}
			}
		case "sanction.facts":
			var b statutoryFact
			if err := json.Unmarshal(r.Body, &b); err != nil {
				t.Fatal(err)
			}
			for _, f := range w.facts {
				if f.kind == "penalty" && f.enterprise == enterprise && !f.withdrawn && b.fulfilled(t, f) && b.holds(t, f, day) {
					out = append(out, hit{b.Matter, b.Verdict, r.Key, f.body["CF_WSH"]})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b hit) int {
		return strings.Compare(a.matter+a.key+a.document, b.matter+b.key+b.document)
	})
	return out
}

type statutoryFact struct {
	Matter, Verdict string
	Months          int
	Types           []string
	UnclearTypes    []string `json:"unclear_types"`
	Licences        []string
	FineFloor       int64 `json:"fine_floor"`
}

// fulfilled says whether a penalty is the fact: a fine as high as the row says, or one of its types, of one of its licences.
func (b statutoryFact) fulfilled(t *testing.T, f fact) bool {
	if text := f.body["CF_NR_FK"]; text != "" && b.FineFloor > 0 {
		fen, err := strconv.ParseInt(strings.TrimSuffix(text, "fen"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if fen >= b.FineFloor {
			return true
		}
	}
	licence := len(b.Licences) == 0
	for _, mark := range b.Licences {
		licence = licence || strings.Contains(f.body["CF_NR_ZKDX"]+f.body["CF_NR"], mark)
	}
	for _, kind := range strings.Split(f.body["CF_CFLB"], ";") {
		if slices.Contains(b.UnclearTypes, kind) {
			t.Fatalf("the demo has a type that a person must read: %s", kind)
		}
		if licence && slices.Contains(b.Types, kind) {
			return true
		}
	}
	return false
}

// holds says whether the bar is in force: from the service of the decision, and for so many months from the decision, their
// last day included.
func (b statutoryFact) holds(t *testing.T, f fact, day string) bool {
	decided, served := f.body["CF_JDRQ"], f.body["CF_SDRQ"]
	if served == "" {
		served = f.first
	}
	return max(served, decided) <= day && day <= monthsLater(t, decided, b.Months)
}

// monthsLater returns the corresponding day of a later month, or its last day where there is none.
func monthsLater(t *testing.T, day string, n int) string {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d.Day(), last)-1).Format(time.DateOnly)
}

// strictest returns the strictest verdict at a counter.
func strictest(hits []hit, matter string) string {
	order := []string{"pass", "remind", "manual", "restrict", "bar"}
	at := 0
	for _, h := range hits {
		if h.matter == matter {
			at = max(at, slices.Index(order, h.verdict))
		}
	}
	return order[at]
}
