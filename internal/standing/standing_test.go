package standing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/lists"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

func day(s string) credit.Date { return credit.MustDate(s) }

func newCity(t *testing.T, d *db.DB) *testcity.City {
	return testcity.New(t, d, lists.FirstPolicy, sanction.FirstPolicy)
}

func of(c *testcity.City, uscc string, on credit.Date, known int64) (s standing.Standing) {
	c.Helper()
	c.View(func(q db.Q) (err error) {
		s, err = standing.Of(c.Context(), q, uscc, on, known)
		return err
	})
	return s
}

// agrees fails where the standing of an enterprise and the gate say different things at a counter.
func agrees(c *testcity.City, g *sanction.Gate, uscc string, on credit.Date) {
	c.Helper()
	s := of(c, uscc, on, -1)
	for _, counter := range s.Counters {
		a, err := g.Check(uscc, counter.Matter, on)
		if err != nil {
			c.Fatal(err)
		}
		var hits, held []string
		for _, h := range a.Hits {
			hits = append(hits, h.ID)
		}
		for _, m := range s.Measures {
			if m.Matter == counter.Matter {
				held = append(held, m.ID)
			}
		}
		if a.Verdict != counter.Verdict || fmt.Sprint(hits) != fmt.Sprint(held) {
			c.Errorf("%s on %s at %s: the gate says %s by %v, the standing %s by %v", uscc, on, counter.Matter, a.Verdict, hits, counter.Verdict, held)
		}
	}
}

// history makes things happen to a few enterprises, by chance but repeatably.
type history struct {
	*testcity.City
	rng     *rand.Rand
	ids     []string
	entries []lists.Entry
	numbers []string // of penalties that stand
	n       int
}

func (h *history) chance(days int) string {
	return (day("2015-06-01") + credit.Date(h.rng.IntN(days))).String()
}

func (h *history) step() {
	h.n++
	h.At = h.At.Add(time.Hour)
	id := h.ids[h.rng.IntN(len(h.ids))]
	switch h.rng.IntN(6) {
	case 0, 1:
		number := fmt.Sprintf("罚%d", h.n)
		kinds := []string{"吊销许可证件", "罚款", "暂扣或者吊销执照", "警告", "责令停产停业"}
		h.Penalise(id, number, map[string]string{"CF_JDRQ": h.chance(3600), "CF_SDRQ": h.chance(3600), "CF_CFLB": kinds[h.rng.IntN(len(kinds))],
			"CF_NR_FK": "200000000", "CF_NR": []string{"", "吊销", "暂扣"}[h.rng.IntN(3)]})
		h.numbers = append(h.numbers, number)
	case 2:
		if len(h.numbers) > 0 {
			h.Withdraw(h.numbers[0])
			h.numbers = h.numbers[1:]
		}
	case 3, 4:
		h.entries = append(h.entries, h.List(id, fmt.Sprint(2016+h.n), h.chance(3000)))
	case 5:
		if len(h.entries) == 0 {
			return
		}
		e := h.entries[0]
		h.entries = h.entries[1:]
		if since, _ := e.Window(); h.rng.IntN(3) > 0 {
			h.Remove(e, (since + credit.Date(h.rng.IntN(900))).String())
		} else {
			h.Rescind(e, (since + 30).String())
		}
	}
	h.Refresh(h.ids...)
}

func newHistory(t *testing.T, d *db.DB, seed uint64) *history {
	h := &history{City: newCity(t, d), rng: rand.New(rand.NewPCG(seed, 7))}
	for n := range 4 {
		h.ids = append(h.ids, h.Register(testcity.Code(n), fmt.Sprintf("安庆第%d机械有限公司", n), nil))
	}
	return h
}

func TestStandingEqualsTheGate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHistory(t, d, 1)
		g := h.Gate()
		for range 40 {
			h.step()
			h.Load(g)
			for n := range h.ids {
				agrees(h.City, g, testcity.Code(n), day(h.chance(4200)))
			}
		}
		fresh := h.Gate() // one that reads everything instead of following
		for n := range h.ids {
			agrees(h.City, fresh, testcity.Code(n), day("2026-10-12"))
		}
	})
}

// told is what a standing says, without what is only about the asking.
func told(t testing.TB, s standing.Standing) string {
	t.Helper()
	s.Known = 0
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestThePastIsToldAsItWasKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHistory(t, d, 3)
		type memory struct {
			size int64
			uscc string
			on   credit.Date
			said string
		}
		var memories []memory
		for range 25 {
			h.step()
			size := h.Number()
			for n := range h.ids {
				on := day(h.chance(4200))
				memories = append(memories, memory{size, testcity.Code(n), on, told(t, of(h.City, testcity.Code(n), on, -1))})
			}
		}
		for _, m := range memories {
			if got := told(t, of(h.City, m.uscc, m.on, m.size)); got != m.said {
				t.Errorf("%s on %s as known at %d:\n%s\nbut then it was\n%s", m.uscc, m.on, m.size, got, m.said)
			}
		}
	})
}

func TestWhatWasNotKnownThenHasNoStanding(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		before := c.Number()
		c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Number()
		c.View(func(q db.Q) error {
			if _, err := standing.Of(c.Context(), q, testcity.Code(1), day("2025-06-01"), before); !fault.Is(err, "standing.not_known_then") {
				t.Errorf("got %v", err)
			}
			_, err := standing.Of(c.Context(), q, testcity.Code(2), day("2025-06-01"), -1)
			if kind, _ := fault.Of(err); kind != fault.NotFound {
				t.Errorf("got %v", err)
			}
			return nil
		})
	})
}

func TestEveryReasonLeadsToItsRowAndItsFact(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		words, err := lang.Load()
		if err != nil {
			t.Fatal(err)
		}
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.List(id, "2023", "2024-07-10")
		s := of(c, testcity.Code(1), day("2025-06-01"), -1)
		if len(s.Reasons) != 1+1+6 {
			t.Fatalf("%d reasons", len(s.Reasons))
		}
		for _, r := range s.Reasons[1:] {
			if r.PolicyKey == "" || r.PolicyVersion != 1 || len(r.Records) == 0 && r.Absent == "" || r.Since == 0 {
				t.Errorf("%+v leads nowhere", r)
			}
		}
		for _, tag := range lang.Tags {
			for _, line := range s.Explain(words, tag) {
				if strings.Contains(line, "standing.") || strings.Contains(line, "{") {
					t.Errorf("%s: %s", tag, line)
				}
			}
		}
		want := "政府采购：禁入，自 2025-03-20 起至 2028-03-11 前。"
		if got := strings.Join(s.Explain(words, lang.ZH), "\n"); !strings.Contains(got, want) || !strings.Contains(got, "因未按期公示 2023 年度报告") {
			t.Errorf("got %s", got)
		}
	})
}

func TestTheRegistrationIsToldForTheDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Register(testcity.Code(1), "安庆振风机械有限公司", map[string]string{"REGSTATE": "deregistered", "ENDDATE": "2023-05-04"})
		for _, tt := range []struct{ on, want string }{
			{"2015-05-31", "standing.not_yet_registered"}, {"2015-06-01", "standing.registered"}, {"2023-05-03", "standing.registered"},
			{"2023-05-04", "standing.ended"},
		} {
			s := of(c, testcity.Code(1), day(tt.on), -1)
			if got := s.Reasons[0].Code; got != tt.want {
				t.Errorf("on %s: %s, want %s", tt.on, got, tt.want)
			}
			if last := s.Reasons[len(s.Reasons)-1].Code; last != "standing.nothing" {
				t.Errorf("on %s: %s", tt.on, last)
			}
		}
	})
}
