package demo_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
)

// lived is a demo city with what the proofs need of it.
type lived struct {
	*testing.T
	d    *db.DB
	log  []leaf
	firm []enterprise.Subject
}

func (c lived) view(f func(q db.Q) error) {
	c.Helper()
	if err := c.d.View(ctx, f); err != nil {
		c.Fatal(err)
	}
}

func live(t *testing.T, d *db.DB) lived {
	t.Helper()
	c := lived{T: t, d: d, log: chronicle(t, d)}
	c.view(func(q db.Q) error {
		for after := ""; ; after = c.firm[len(c.firm)-1].ID {
			some, err := enterprise.Range(ctx, q, after, 500)
			if err != nil || len(some) == 0 {
				return err
			}
			c.firm = append(c.firm, some...)
		}
	})
	return c
}

// rowOf returns the row of policy that something rests on; it must be there in the version that is named.
func (c lived) rowOf(book *policy.Book, table, key string, version int64, day credit.Date) policy.VersionedRow {
	c.Helper()
	for _, r := range book.Rows(table) {
		if r.Key == key && r.Version == version && r.From <= day && (r.Until == 0 || day < r.Until) && len(r.Basis) > 0 {
			return r
		}
	}
	c.Errorf("no row %s %s of version %d holds on %s", table, key, version, day)
	return policy.VersionedRow{}
}

// Every measure, and so every hit of the gate, joins to a row of policy that holds on its days, and to the record or the
// entry that fulfils it.
func everyMeasureJoins(c lived) {
	book, today := c.book(), after(c.log, int64(len(c.log)))
	facts := map[string]fact{}
	for _, f := range today.facts {
		facts[f.id] = f
	}
	measures := map[string]sanction.Measure{}
	c.view(func(q db.Q) error {
		for _, f := range c.firm {
			some, err := sanction.Stored(ctx, q, f.ID)
			if err != nil {
				return err
			}
			for _, m := range some {
				measures[m.ID] = m
				row := c.rowOf(book, m.PolicyTable, m.PolicyKey, m.PolicyVersion, m.Since)
				if row.Until != 0 && (m.Until == 0 || m.Until > row.Until) {
					c.Errorf("%s outlives its row: until %s, the row until %s", m.PolicyKey, m.Until, row.Until)
				}
				switch m.SourceKind {
				case sanction.FromRecord:
					source, ok := facts[m.SourceID]
					if !ok || source.enterprise != f.ID || source.kind != "penalty" || source.body["CF_WSH"] != m.DocumentNo || source.withdrawn {
						c.Errorf("measure %s rests on the record %+v", m.PolicyKey, source)
					}
				case sanction.FromEntry:
					source := today.entries[m.SourceID]
					if source == nil || source.enterprise != f.ID || source.number != m.DocumentNo || m.Since.String() < source.listed {
						c.Errorf("measure %s rests on the entry %+v", m.PolicyKey, source)
					}
				default:
					c.Errorf("measure %s has the source %q", m.PolicyKey, m.SourceKind)
				}
			}
		}
		return nil
	})
	hits := 0
	g := c.gate()
	for _, f := range c.firm {
		for _, matter := range credit.Matters {
			for _, day := range []credit.Date{credit.MustDate("2019-08-01"), credit.MustDate("2020-12-17"), credit.MustDate("2020-12-18"), now} {
				a, err := g.Check(f.USCC, matter, day)
				if err != nil {
					c.Fatal(err)
				}
				for _, h := range a.Hits {
					hits++
					m, ok := measures[h.ID]
					if !ok || m.EnterpriseID != f.ID || m.Matter != matter || !m.On(day) || m.PolicyKey != h.PolicyKey || m.PolicyVersion != h.PolicyVersion {
						c.Errorf("hit %+v is the measure %+v", h, m)
					}
					c.rowOf(book, m.PolicyTable, h.PolicyKey, h.PolicyVersion, day)
				}
			}
		}
	}
	if c.Logf("%d measures, %d hits on four days", len(measures), hits); len(measures) < 50 || hits < 50 {
		c.Errorf("too few to prove anything: %d measures, %d hits", len(measures), hits)
	}
}

func (c lived) book() (book *policy.Book) {
	c.Helper()
	c.view(func(q db.Q) (err error) {
		book, err = policy.LoadKnown(ctx, q, int64(len(c.log)))
		return err
	})
	return book
}

func (c lived) gate() *sanction.Gate {
	c.Helper()
	g := sanction.NewGate(c.d, nil, func() time.Time { return now.Time() })
	if err := g.Load(ctx); err != nil {
		c.Fatal(err)
	}
	return g
}

// Every event of a list rests on a row that holds on its day, on the record that fulfils it or an absence that was one as
// known then, and on a case with notice, two people, and a paper with a number that was published before it binds.
func everyListingIsLawful(c lived) {
	book := c.book()
	listed, removed, ended := 0, 0, 0
	for i, l := range c.log {
		if !strings.HasPrefix(l.kind, "lists.") {
			continue
		}
		d, day := l.decision, credit.MustDate(l.decision.Effect)
		row := c.rowOf(book, "lists.grounds", d.PolicyKey, d.PolicyVersion, day)
		if row.Key != d.Ground {
			c.Errorf("%s rests on %s", d.Ground, row.Key)
		}
		then := after(c.log, int64(i))
		switch l.kind {
		case "lists.listed":
			listed++
			c.wantAbsence(then, l)
		case "lists.ended": // by law: no case, no paper, but a subject that is no more
			ended++
			reg := then.registration(l.subject)
			if reg["REGSTATE"] != "deregistered" || d.Effect != max(reg["ENDDATE"], then.entries[d.Entry].listed) || d.Case+d.Paper != "" {
				c.Errorf("ended on %s: %v, %+v", d.Effect, reg, d)
			}
			continue
		case "lists.removed":
			removed++
			if came := then.reported(l.subject, d.Detail); came == "" || came > d.Effect || len(d.Records) != 1 || !c.isReport(then, l.subject, d) {
				c.Errorf("removed by %v, published %q, on %s", d.Records, came, d.Effect)
			}
		}
		c.wantCase(l)
	}
	if c.Logf("%d listings, %d removals, %d ended", listed, removed, ended); listed < 30 || removed < 10 || ended == 0 {
		c.Errorf("too few to prove anything")
	}
}

// wantAbsence checks that the report was missing when the listing was decided, and that it was owed.
func (c lived) wantAbsence(then world, l leaf) {
	c.Helper()
	d := l.decision
	year, err := strconv.Atoi(d.Detail)
	if err != nil || d.Absent != "annual-report/"+d.Detail || len(d.Records) != 0 {
		c.Errorf("listing for %q by the absence of %q", d.Detail, d.Absent)
	}
	if came := then.reported(l.subject, d.Detail); came != "" && came <= d.Effect {
		c.Errorf("listed on %s for a report of %s that came on %s", d.Effect, d.Detail, came)
	}
	if deadline := fmt.Sprintf("%d-06-30", year+1); d.Effect <= deadline {
		c.Errorf("listed on %s, the term ended on %s", d.Effect, deadline)
	}
	reg := then.registration(l.subject)
	if reg["REGSTATE"] != "active" || reg["ESTDATE"] == "" || reg["ESTDATE"][:4] > d.Detail || reg["SUBJKIND"] != "enterprise" && reg["SUBJKIND"] != "branch" {
		c.Errorf("listed for %s: %v", d.Detail, reg)
	}
}

func (c lived) isReport(then world, subject string, d decision) bool {
	for _, f := range then.facts {
		if f.id == d.Records[0] {
			return f.kind == "annual-report" && f.enterprise == subject && f.body["ANCHEYEAR"] == d.Detail
		}
	}
	return false
}

func (c lived) wantCase(l leaf) {
	c.Helper()
	d, effect := l.decision, credit.MustDate(l.decision.Effect)
	c.view(func(q db.Q) error {
		k, err := casework.Get(ctx, q, credit.Actor{User: "auditor", Role: credit.Auditor}, d.Case)
		if err != nil {
			return err
		}
		var examined, approved credit.Actor
		for _, s := range k.Steps {
			switch s.Kind {
			case casework.StepExamined:
				examined = s.By
			case casework.StepApproved:
				approved = s.By
			}
		}
		if k.EnterpriseID != l.subject || k.State != casework.Approved || k.Paper != d.Paper || examined.User == "" || approved.User == "" ||
			examined.User == approved.User || examined.Department != k.Authority || approved.Department != k.Authority {
			c.Errorf("case %+v: examined by %+v, approved by %+v", k, examined, approved)
		}
		p, err := document.ByID(ctx, q, d.Paper)
		if err != nil {
			return err
		}
		if p.Number == "" || p.Number != d.Number || p.PublishedOn == 0 || effect < p.PublishedOn || p.Authority != k.Authority || p.Case != k.ID {
			c.Errorf("paper %s of %s, published %s, binds from %s", p.Number, p.Authority, p.PublishedOn, effect)
		}
		if l.kind != "lists.listed" {
			return nil
		}
		notice, err := document.ByID(ctx, q, k.Notice)
		if err == nil && (notice.PublishedOn == 0 || notice.PublishedOn >= effect || notice.Authority != k.Authority) {
			c.Errorf("notice %s published %s, listed %s", notice.Number, notice.PublishedOn, effect)
		}
		if err == nil && !strings.Contains(fmt.Sprint(notice.Body), k.USCC) {
			c.Errorf("notice %s does not list %s", notice.Number, k.Name)
		}
		return err
	})
}

// Every series of numbers runs from 1 without a gap, and each number stands once.
func everySeriesIsWhole(c lived) {
	series := map[string][]int{}
	c.view(func(q db.Q) error {
		rows, err := q.QueryContext(ctx, `SELECT authority, number FROM document_paper`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var authority, number string
			if err := rows.Scan(&authority, &number); err != nil {
				return err
			}
			name, rest, ok := strings.Cut(number, "第")
			n, err := strconv.Atoi(strings.TrimSuffix(rest, "号"))
			if !ok || err != nil {
				c.Errorf("number %s", number)
			}
			series[authority+" "+name] = append(series[authority+" "+name], n)
		}
		return rows.Err()
	})
	for name, numbers := range series {
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != i+1 {
				c.Errorf("series %s: %v", name, numbers)
				break
			}
		}
	}
	if c.Logf("%d series", len(series)); len(series) < 20 {
		c.Error("too few series")
	}
}

// The standing on a past day as known at a past length of the log equals the slow replay of that prefix.
func standingEqualsTheReplay(c lived) {
	const samples = 120
	dice := rand.New(rand.NewPCG(11, 12))
	var busy []enterprise.Subject // those about whom there is something to say
	end := after(c.log, int64(len(c.log)))
	for _, f := range c.firm {
		if slices.ContainsFunc(c.log, func(l leaf) bool { return l.subject == f.ID && strings.HasPrefix(l.kind, "sanction.") }) {
			busy = append(busy, f)
		}
	}
	unknown, hits, listed := 0, 0, 0
	for i := range samples {
		f := c.firm[dice.IntN(len(c.firm))]
		if i%3 > 0 {
			f = busy[dice.IntN(len(busy))]
		}
		on := credit.MustDate("2018-01-10") + credit.Date(dice.IntN(int(now-credit.MustDate("2018-01-10"))+400))
		known := dice.Int64N(int64(len(c.log)) + 1)
		w := end
		if i%4 == 0 {
			known = int64(len(c.log))
		} else {
			w = after(c.log, known)
		}
		c.view(func(q db.Q) error {
			s, err := standing.Of(ctx, q, f.USCC, on, known)
			if w.registration(f.ID) == nil {
				unknown++
				if !fault.Is(err, "standing.not_known_then") {
					c.Errorf("%s on %s at %d, before it was known: %v", f.USCC, on, known, err)
				}
				return nil
			}
			if err != nil {
				return err
			}
			got, want := hitsOf(s), w.measures(c.T, f.ID, on.String())
			hits += len(want)
			if !slices.Equal(got, want) {
				c.Errorf("%s on %s at %d:\n got %v\nwant %v", f.USCC, on, known, got, want)
			}
			var on2 []string
			for _, e := range s.Entries {
				on2 = append(on2, e.ID)
			}
			slices.Sort(on2)
			ids := w.listedOn(f.ID, on.String())
			listed += len(ids)
			if !slices.Equal(on2, ids) || len(s.Lists) != len(ids) {
				c.Errorf("%s on %s at %d: entries %v, want %v", f.USCC, on, known, on2, ids)
			}
			for _, m := range credit.Matters {
				if got, want := string(s.Verdict(m)), strictest(want, string(m)); got != want {
					c.Errorf("%s on %s at %d, %s: %s, want %s", f.USCC, on, known, m, got, want)
				}
			}
			if reg := w.registration(f.ID); s.Name != reg["ENTNAME"] || string(s.State) != reg["REGSTATE"] {
				c.Errorf("%s on %s at %d: %s %s, want %s", f.USCC, on, known, s.Name, s.State, reg)
			}
			return nil
		})
	}
	if c.Logf("%d samples: %d not known yet, %d hits, %d entries", samples, unknown, hits, listed); samples-unknown < 60 || hits < 30 || listed < 10 {
		c.Error("too few to prove anything")
	}
}

func hitsOf(s standing.Standing) []hit {
	var out []hit
	for _, m := range s.Measures {
		out = append(out, hit{string(m.Matter), string(m.Verdict), m.PolicyKey, m.DocumentNo})
	}
	slices.SortFunc(out, func(a, b hit) int { return strings.Compare(a.matter+a.key+a.document, b.matter+b.key+b.document) })
	return out
}

// The gate's memory and the standing say the same of everybody at every counter today.
func gateEqualsStanding(c lived) {
	g := c.gate()
	strict := map[credit.Verdict]int{}
	c.view(func(q db.Q) error {
		for _, f := range c.firm {
			s, err := standing.Of(ctx, q, f.USCC, now, -1)
			if err != nil {
				return err
			}
			for _, m := range credit.Matters {
				a, err := g.Check(f.USCC, m, now)
				if err != nil || a.Verdict != s.Verdict(m) {
					c.Errorf("%s at %s: gate %s, standing %s, %v", f.USCC, m, a.Verdict, s.Verdict(m), err)
				}
				strict[a.Verdict]++
			}
		}
		return nil
	})
	if c.Logf("%d enterprises: %v", len(c.firm), strict); strict[credit.Bar] == 0 || strict[credit.Remind] == 0 || strict[credit.Restrict] == 0 {
		c.Error("a verdict is missing")
	}
}
