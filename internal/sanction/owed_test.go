package sanction_test

import (
	"encoding/json"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

const checked = "2025-06-01"

// doubt returns verdict and doubt about one code.
func (c city) doubt(g *sanction.Gate, uscc string) string {
	c.Helper()
	a, err := g.Check(uscc, credit.Procurement, day(checked))
	if err != nil {
		c.Fatal(err)
	}
	return string(a.Verdict) + " " + a.Doubt
}

const byHand = "manual sanction.not_worked_out"

func TestTheGateSaysByHandUntilAPenaltyIsWorkedOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		one, other := testcity.Code(1), testcity.Code(2)
		id := c.Register(one, "安庆振风机械有限公司", nil)
		c.Register(other, "安庆大观包装有限公司", nil)
		c.WorkedOff()
		kept := c.Gate()
		steps := []struct {
			name string
			act  func()
			want string
		}{
			{"before", func() {}, "pass "},
			{"a penalty, pending", func() { c.Penalise(id, "罚〔2025〕1号", nil) }, byHand},
			{"the same, numbered", func() { c.Number() }, byHand},
			{"long after, while nothing is worked out", func() { c.At = c.At.Add(time.Hour) }, byHand},
			{"worked out", func() { c.Refresh(id) }, "bar "},
			{"withdrawn, pending", func() { c.Withdraw("罚〔2025〕1号") }, byHand},
			{"the withdrawal, numbered", func() { c.Number() }, byHand},
			{"worked out again", func() { c.Refresh(id) }, "pass "},
			{"a penalty from which nothing follows", func() { c.Penalise(id, "罚〔2025〕2号", map[string]string{"CF_CFLB": "警告", "CF_NR": "警告"}) }, byHand},
			{"worked out: nothing", func() { c.Refresh() }, "pass "},
		}
		for _, s := range steps {
			s.act()
			c.Load(kept)
			for name, g := range map[string]*sanction.Gate{"following": kept, "fresh": c.Gate()} {
				if got := c.doubt(g, one); got != s.want {
					t.Errorf("%s, a %s gate: %s, want %s", s.name, name, got, s.want)
				}
				if got := c.doubt(g, other); got != "pass " {
					t.Errorf("%s, a %s gate: the neighbour has %s", s.name, name, got)
				}
				if st := g.State(); (st.Doubtful > 0) != (s.want == byHand) || st.AllDoubt {
					t.Errorf("%s, a %s gate: %+v", s.name, name, st)
				}
			}
			if s.name == "long after, while nothing is worked out" {
				if st := kept.State(); st.FlowLag != time.Hour || st.Flow >= st.LogSize || st.Stale {
					t.Errorf("state %+v", st)
				}
			}
		}
	})
}

func TestANewPolicyPutsEverybodyInDoubtUntilItIsWorkedOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.WorkedOff()
		g := c.Gate()
		approve := func(table, body string) {
			t.Helper()
			c.Tx(func(q db.Q) error {
				v, err := policy.Propose(t.Context(), q, credit.Actor{User: "a"}, c.At, "新规则", []policy.Row{{Table: table, Key: "test",
					From: day("2025-07-01"), Basis: []policy.Basis{{Law: "某法", Article: "第一条"}}, Body: json.RawMessage(body)}}, nil)
				if err != nil {
					return err
				}
				return policy.Approve(t.Context(), q, credit.Actor{User: "b"}, c.At, v)
			})
			c.Load(g)
		}
		approve("other.table", `{"x":1}`)
		if got := c.doubt(g, testcity.Code(1)); got != "pass " {
			t.Errorf("rows that are about no measure: %s", got)
		}
		approve(sanction.EffectsTable, `{"list":"serious","matter":"land","verdict":"bar","measure":"禁","english":"no"}`)
		for _, g := range []*sanction.Gate{g, c.Gate()} {
			if got := c.doubt(g, testcity.Code(1)); got != byHand || !g.State().AllDoubt {
				t.Errorf("rows about measures: %s, %+v", got, g.State())
			}
		}
		c.WorkedOff()
		c.Load(g)
		if got := c.doubt(g, testcity.Code(1)); got != "pass " {
			t.Errorf("worked out: %s", got)
		}
	})
}

func TestAnErasedPenaltyThatIsNotWorkedOutPutsEverybodyInDoubt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.WorkedOff()
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.Tx(func(q db.Q) error {
			pending, err := audit.Pending(t.Context(), q)
			if err != nil {
				return err
			}
			_, err = audit.Erase(t.Context(), q, testcity.Officer, c.At, pending[0].Leaf, "依法删除")
			return err
		})
		if g := c.Gate(); c.doubt(g, testcity.Code(1)) != byHand || !g.State().AllDoubt {
			t.Errorf("%s, %+v", c.doubt(g, testcity.Code(1)), g.State())
		}
	})
}
