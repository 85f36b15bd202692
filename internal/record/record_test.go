package record_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/record"
)

var (
	noon   = time.Date(2026, 10, 12, 4, 0, 0, 0, time.UTC)
	sender = credit.Actor{User: "u1", Department: "YJJ"}
)

// city is a database with a few subjects, whose log is numbered when a test says so.
type city struct {
	*testing.T
	d   *db.DB
	seq *audit.Sequencer
}

func newCity(t *testing.T, d *db.DB) *city {
	t.Helper()
	key, err := audit.NewKey("zhixin.test")
	if err != nil {
		t.Fatal(err)
	}
	c := &city{t, d, audit.NewSequencer(d, key, "test")}
	for i, code := range []string{"91340800MA2X00019Q", "91340802MA2X00027G"} {
		c.register(code, fmt.Sprintf("安庆市长江船舶%d厂", i+1))
	}
	return c
}

func (c *city) tx(f func(q db.Q) error) {
	c.Helper()
	if err := c.d.Tx(c.Context(), f); err != nil {
		c.Fatal(err)
	}
}

func (c *city) put(facts ...record.New) []record.Outcome {
	c.Helper()
	var out []record.Outcome
	c.tx(func(q db.Q) (err error) {
		out, err = record.PutAll(c.Context(), q, sender, noon, facts)
		return err
	})
	return out
}

func (c *city) register(code, name string) {
	c.Helper()
	body := map[string]string{"UNISCID": code, "ENTNAME": name, "SUBJKIND": "enterprise", "REGSTATE": "active", "ESTDATE": "2015-06-01", "REGCAP": "100000000fen"}
	c.put(record.New{EnterpriseID: enterprise.Key(code), Kind: record.EnterpriseKind, Department: "SCJG", SourceKey: code, Day: credit.MustDate("2015-06-01"), Body: body, Batch: "r"})
	c.tx(func(q db.Q) error {
		s, err := record.Registration(enterprise.Key(code), body)
		if err != nil {
			return err
		}
		return enterprise.PutAll(c.Context(), q, []enterprise.Subject{s})
	})
}

// number gives every leaf its place and returns the size of the log.
func (c *city) number() (size int64) {
	c.Helper()
	for {
		n, err := c.seq.Once(c.Context(), noon)
		if err != nil {
			c.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	c.tx(func(q db.Q) (err error) {
		size, err = audit.Size(c.Context(), q)
		return err
	})
	return size
}

func (c *city) facts(id string, known int64) record.Facts {
	c.Helper()
	var f record.Facts
	c.tx(func(q db.Q) (err error) {
		f, err = record.FactsOf(c.Context(), q, id, known)
		return err
	})
	return f
}

// penalties lists number, version and content of the penalties that are known of a subject.
func (c *city) penalties(id string, known int64) string {
	c.Helper()
	var out []string
	for _, r := range c.facts(id, known).Records {
		if r.Kind == record.PenaltyKind {
			p, err := r.Penalty()
			if err != nil {
				c.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s v%d %s", p.DecisionNo, r.Version, p.Content))
		}
	}
	return fmt.Sprint(out)
}

var (
	first  = enterprise.Key("91340800MA2X00019Q")
	second = enterprise.Key("91340802MA2X00027G")
)

func penalty(id, number, content string) record.New {
	return record.New{EnterpriseID: id, Kind: record.PenaltyKind, Department: "YJJ", SourceKey: number, Day: credit.MustDate("2026-03-05"), From: credit.MustDate("2026-03-09"),
		Body:  map[string]string{"CF_WSH": number, "CF_NR": content, "CF_CFLB": "警告;罚款", "CF_NR_FK": "300000fen", "CF_JDRQ": "2026-03-05", "CF_SDRQ": "2026-03-09", "BZ": ""},
		Batch: "b1", Row: 1}
}

func TestTheSameSaidAgainIsADuplicate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		a, b := penalty(first, "甲", "罚款三千元"), penalty(first, "乙", "罚款三千元")
		changed := penalty(first, "甲", "罚款五千元")
		steps := []struct {
			put  []record.New
			want string
		}{
			{[]record.New{a, b, a}, "[accepted accepted duplicate]"},
			{[]record.New{b, a}, "[duplicate duplicate]"},
			{[]record.New{changed, a, a}, "[superseded superseded duplicate]"},
			{nil, "[]"},
		}
		for i, s := range steps {
			if got := fmt.Sprint(c.put(s.put...)); got != s.want {
				t.Errorf("step %d: got %s, want %s", i, got, s.want)
			}
		}
		if got := c.penalties(first, -1); got != "[乙 v1 罚款三千元 甲 v3 罚款三千元]" && got != "[甲 v3 罚款三千元 乙 v1 罚款三千元]" {
			t.Errorf("known: %s", got)
		}
	})
}

func TestEmptyValuesSayNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		a := penalty(first, "甲", "罚款三千元")
		c.put(a)
		delete(a.Body, "BZ")
		if got := c.put(a); got[0] != record.Duplicate {
			t.Errorf("an empty remark made it %s", got)
		}
	})
}

func TestOneBlockLeafStandsForWhatIsNew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		before := c.number()
		c.put(penalty(second, "甲", "警告"), penalty(first, "乙", "警告"), penalty(second, "丙", "警告"))
		c.put(penalty(second, "甲", "警告"))
		if got := c.number() - before; got != 1 {
			t.Fatalf("%d leaves", got)
		}
		var events []audit.Event
		c.tx(func(q db.Q) (err error) {
			events, err = audit.Read(t.Context(), q, before, 10)
			return err
		})
		var said record.Block
		if err := canon.Decode(events[0].Body, &said); err != nil {
			t.Fatal(err)
		}
		whom := []string{first, second}
		slices.Sort(whom)
		if events[0].Kind != record.AcceptedLeaf || events[0].Subject != "b1" || said.Kind != record.PenaltyKind || said.Department != "YJJ" || !slices.Equal(said.Enterprises, whom) {
			t.Errorf("the leaf says %+v, %+v", events[0], said)
		}
		for _, r := range c.facts(second, -1).Records {
			c.tx(func(q db.Q) error {
				_, err := audit.ProveItem(t.Context(), q, r.Leaf, r.Item)
				return err
			})
		}
	})
}

func TestWhatWasKnownThenDoesNotChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.put(penalty(first, "甲", "罚款三千元"))
		then := c.number()
		c.put(penalty(first, "甲", "罚款五千元"), penalty(first, "乙", "警告"))
		if got := c.penalties(first, then); got != "[甲 v1 罚款三千元]" {
			t.Errorf("by what has a place: %s", got)
		}
		if got := len(c.facts(first, -1).Records); got != 3 {
			t.Errorf("with what has no place yet: %d records", got)
		}
		now := c.number()
		if got := len(c.facts(first, now).Records); got != 3 {
			t.Errorf("now: %d records", got)
		}
		if got := c.penalties(first, then); got != "[甲 v1 罚款三千元]" {
			t.Errorf("then, asked again: %s", got)
		}
	})
}

func TestNobodyIsKnownBeforeTheRegistration(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		for _, tt := range []struct {
			id    string
			known int64
		}{{first, 0}, {"nobody", -1}} {
			err := d.View(t.Context(), func(q db.Q) error {
				_, err := record.FactsOf(t.Context(), q, tt.id, tt.known)
				return err
			})
			if !fault.Is(err, "enterprise.unknown") {
				t.Errorf("%s at %d: %v", tt.id, tt.known, err)
			}
		}
		if s := c.facts(first, -1).Subject; s.Name != "安庆市长江船舶1厂" || s.Authority != "SCJG" || s.Capital != 100000000 || s.Registered.String() != "2015-06-01" {
			t.Errorf("the subject is %+v", s)
		}
	})
}

func TestAWithdrawnFactIsNoLongerKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.put(penalty(first, "甲", "罚款三千元"))
		then := c.number()
		withdraw := func(key string) error {
			return d.Tx(t.Context(), func(q db.Q) error {
				return record.Withdraw(t.Context(), q, sender, noon, "YJJ", record.PenaltyKind, key, "复议撤销")
			})
		}
		if err := withdraw("甲"); err != nil {
			t.Fatal(err)
		}
		if got := c.penalties(first, -1); got != "[]" {
			t.Errorf("still known: %s", got)
		}
		c.number()
		if got := c.penalties(first, then); got != "[甲 v1 罚款三千元]" {
			t.Errorf("what was known then: %s", got)
		}
		if err := withdraw("甲"); !fault.Is(err, "record.withdrawn") {
			t.Errorf("twice: %v", err)
		}
		if err := withdraw("乙"); !fault.Is(err, "record.unknown") {
			t.Errorf("what never was: %v", err)
		}
		if got := c.put(penalty(first, "甲", "罚款三千元")); got[0] != record.Superseded || c.penalties(first, -1) != "[甲 v3 罚款三千元]" {
			t.Errorf("said again after it was withdrawn: %s, %s", got, c.penalties(first, -1))
		}
	})
}

func TestAFactThatIsAboutSomebodyElseLeavesTheFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.put(penalty(first, "甲", "警告"))
		then := c.number()
		if got := c.put(penalty(second, "甲", "警告")); got[0] != record.Superseded {
			t.Errorf("got %s", got)
		}
		if a, b := c.penalties(first, -1), c.penalties(second, -1); a != "[]" || b != "[甲 v3 警告]" {
			t.Errorf("the first has %s, the second %s", a, b)
		}
		c.number()
		if got := c.penalties(first, then); got != "[甲 v1 警告]" {
			t.Errorf("then: %s", got)
		}
		if got := c.put(penalty(second, "甲", "警告")); got[0] != record.Duplicate {
			t.Errorf("again: %s", got)
		}
	})
}

func TestDepartmentsDoNotSpeakForEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		a, b := penalty(first, "甲", "警告"), penalty(first, "甲", "警告")
		b.Department = "SCJG"
		if got := fmt.Sprint(c.put(a), c.put(b)); got != "[accepted] [accepted]" {
			t.Errorf("got %s", got)
		}
		if err := d.Tx(t.Context(), func(q db.Q) error {
			_, err := record.PutAll(t.Context(), q, sender, noon, []record.New{a, b})
			return err
		}); err == nil {
			t.Error("one call took two departments")
		}
	})
}

func TestFactsRangeFoldsOverEverybody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		for i := range 10 {
			c.register(fmt.Sprintf("34080000000%04d", i), fmt.Sprintf("安庆市第%d厂", i))
		}
		c.put(penalty(first, "甲", "警告"), penalty(second, "乙", "警告"))
		for i := range 4 {
			c.tx(func(q db.Q) error {
				return record.Withdraw(t.Context(), q, sender, noon, "SCJG", record.EnterpriseKind, fmt.Sprintf("34080000000%04d", i), "登记撤销")
			})
		}
		for _, kinds := range [][]string{nil, {record.PenaltyKind}, {record.AnnualReportKind}} {
			for _, limit := range []int{1, 3, 100} {
				subjects, penalties, after := 0, 0, ""
				for {
					var page []record.Facts
					c.tx(func(q db.Q) (err error) {
						page, err = record.FactsRange(t.Context(), q, after, limit, kinds)
						return err
					})
					if len(page) == 0 {
						break
					}
					for _, f := range page {
						if f.Subject.ID <= after {
							t.Fatalf("%s comes after %s", f.Subject.ID, after)
						}
						after = f.Subject.ID
						subjects++
						penalties += len(f.Records) - 1
					}
				}
				want := 2
				if len(kinds) > 0 && kinds[0] == record.AnnualReportKind {
					want = 0
				}
				if subjects != 8 || penalties != want {
					t.Errorf("kinds %v, pages of %d: %d subjects, %d penalties", kinds, limit, subjects, penalties)
				}
			}
		}
	})
}

func TestTypedViews(t *testing.T) {
	r := record.Record{ID: "1", Kind: record.PenaltyKind, Body: []byte(`{"CF_CFLB":"罚款;吊销许可证件","CF_JDRQ":"2026-03-05","CF_NR_FK":"300000fen","CF_WSH":"甲"}`)}
	p, err := r.Penalty()
	if err != nil || p.Fine != 300000 || !slices.Equal(p.Types, []string{"罚款", "吊销许可证件"}) || p.DecisionDate.String() != "2026-03-05" || p.ServedOn != 0 {
		t.Errorf("a penalty: %+v, %v", p, err)
	}
	if _, err := r.AnnualReport(); err == nil {
		t.Error("a penalty is read as a report")
	}
	r.Body = []byte(`{"CF_JDRQ":"gestern"}`)
	if _, err := r.Penalty(); err == nil {
		t.Error("a day that is none is read")
	}
	r = record.Record{ID: "2", Kind: record.AnnualReportKind, Body: []byte(`{"ANCHEDATE":"2026-06-30","ANCHEYEAR":"2025","TEL":"13800000000"}`)}
	if a, err := r.AnnualReport(); err != nil || a.Year != 2025 || a.Published.String() != "2026-06-30" {
		t.Errorf("a report: %+v, %v", a, err)
	}
}

// TestAnyOrderOfSayingEndsWithWhatWasSaidLast compares random histories with a map.
func TestAnyOrderOfSayingEndsWithWhatWasSaidLast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		round := 0
		rapid.Check(t, func(t *rapid.T) {
			round++
			last := map[string]string{}
			for range rapid.IntRange(1, 4).Draw(t, "calls") {
				var facts []record.New
				var want []record.Outcome
				for range rapid.IntRange(1, 5).Draw(t, "facts") {
					number := fmt.Sprintf("%d-%d", round, rapid.IntRange(1, 3).Draw(t, "number"))
					content := rapid.SampledFrom([]string{"警告", "罚款"}).Draw(t, "content")
					facts = append(facts, penalty(first, number, content))
					switch had, ok := last[number]; {
					case !ok:
						want = append(want, record.Accepted)
					case had == content:
						want = append(want, record.Duplicate)
					default:
						want = append(want, record.Superseded)
					}
					last[number] = content
				}
				if got := c.put(facts...); !slices.Equal(got, want) {
					t.Fatalf("got %s, want %s", got, want)
				}
			}
			have := map[string]string{}
			for _, r := range c.facts(first, -1).Records {
				if p, err := r.Penalty(); err == nil {
					have[p.DecisionNo] = p.Content
				}
			}
			for number := range maps.Keys(last) {
				if have[number] != last[number] {
					t.Fatalf("%s: got %s, want %s", number, have[number], last[number])
				}
			}
		})
	})
}

func TestEarlierStatementDoesNotSupersede(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		fact := func(place, content string) record.New {
			n := penalty(first, "宜市监罚〔2026〕1号", content)
			if place != "" {
				n.Place = "0000000000000000000" + place
			}
			return n
		}
		steps := []struct {
			place, content string
			want           record.Outcome
		}{
			{"2", "乙", record.Accepted}, {"1", "甲", record.Duplicate}, {"2", "丙", record.Superseded}, {"5", "丙", record.Duplicate},
			{"4", "丁", record.Duplicate}, {"", "戊", record.Superseded}, {"4", "己", record.Duplicate}, {"6", "己", record.Superseded},
		}
		for _, s := range steps {
			if got := c.put(fact(s.place, s.content)); got[0] != s.want {
				t.Errorf("%s at %q: %s, want %s", s.content, s.place, got[0], s.want)
			}
		}
		c.tx(func(q db.Q) error {
			return record.Withdraw(t.Context(), q, sender, noon, "YJJ", record.PenaltyKind, "宜市监罚〔2026〕1号", "复议撤销")
		})
		if got := c.put(fact("6", "庚")); got[0] != record.Duplicate {
			t.Errorf("what was stated before the withdrawal: %s", got[0])
		}
	})
}
