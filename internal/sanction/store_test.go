package sanction_test

import (
	"fmt"
	"slices"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

// city is a test's city.
type city struct{ *testcity.City }

func newCity(t *testing.T, d *db.DB) city {
	return city{testcity.New(t, d, lists.FirstPolicy, sanction.FirstPolicy)}
}

func (c city) stored(id string) (out []sanction.Measure) {
	c.Helper()
	c.View(func(q db.Q) (err error) {
		out, err = sanction.Stored(c.Context(), q, id)
		return err
	})
	return out
}

func TestMeasuresFollowTheirSourceAndAreNeverDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		if n := c.Refresh(id, id); n != 1 {
			t.Fatalf("a revoked licence changed %d measures", n)
		}
		if n := c.Refresh(id); n != 0 {
			t.Errorf("a second refresh changed %d measures", n)
		}
		got := c.stored(id)
		if want := "procurement.revoked bar 2025-03-20..2028-03-11\n"; keys(got) != want {
			t.Fatalf("got %s, want %s", keys(got), want)
		}
		if m := got[0]; m.DocumentNo != "罚〔2025〕1号" || m.SourceKind != sanction.FromRecord || len(m.Basis) != 2 || m.EnterpriseID != id {
			t.Errorf("%+v", m)
		}
		c.Withdraw("罚〔2025〕1号")
		if n := c.Refresh(id); n != 1 || len(c.stored(id)) != 0 {
			t.Errorf("after the withdrawal %d changed, %s is left", n, keys(c.stored(id)))
		}
		c.Penalise(id, "罚〔2025〕1号", map[string]string{"BZ": "重新作出"})
		c.Refresh(id)
		if got := c.stored(id); len(got) != 1 {
			t.Errorf("at the end: %d measures", len(got))
		}
		c.View(func(q db.Q) error {
			var kept, ended int
			err := q.QueryRowContext(t.Context(), `SELECT count(*), count(ended_leaf) FROM sanction_measure WHERE enterprise_id = $1`, id).Scan(&kept, &ended)
			if kept != 2 || ended != 1 {
				t.Errorf("%d measures are kept, %d of them ended", kept, ended)
			}
			return err
		})
		want := []string{"sanction.applied " + id, "sanction.lifted " + id, "sanction.applied " + id}
		if got := c.Leaves("sanction."); !slices.Equal(got, want) {
			t.Errorf("leaves %v, want %v", got, want)
		}
	})
}

func TestACorrectionDoesNotMoveTheFirstDayOfABar(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		const want = "procurement.revoked bar 2025-03-20..2028-03-11\n"
		for _, step := range []struct {
			name string
			act  func()
		}{
			{"first", func() { c.Penalise(id, "罚〔2025〕1号", nil) }},
			{"with a remark", func() { c.Penalise(id, "罚〔2025〕1号", map[string]string{"BZ": "更正"}) }},
			{"withdrawn and stated again", func() {
				c.Withdraw("罚〔2025〕1号")
				c.Penalise(id, "罚〔2025〕1号", map[string]string{"BZ": "重新报送"})
			}},
		} {
			step.act()
			c.Refresh(id)
			if got := keys(c.stored(id)); got != want {
				t.Errorf("%s: got %s, want %s", step.name, got, want)
			}
			c.At = c.At.AddDate(0, 1, 0)
		}
		c.Penalise(id, "罚〔2025〕1号", map[string]string{"CF_SDRQ": "2025-03-12"})
		c.Refresh(id)
		if got, want := keys(c.stored(id)), "procurement.revoked bar 2025-03-12..2028-03-11\n"; got != want {
			t.Errorf("with the day of service: got %s, want %s", got, want)
		}
		other := c.Register(testcity.Code(2), "安庆大观包装有限公司", nil)
		c.Penalise(other, "罚〔2025〕1号", nil)
		c.Refresh(id, other)
		if got, want := keys(c.stored(other)), "procurement.revoked bar 2025-06-20..2028-03-11\n"; got != want || len(c.stored(id)) > 0 {
			t.Errorf("it turned out to be about somebody else: got %s, want %s", got, want)
		}
	})
}

func TestAMeasureThatComesBackGetsAnotherRound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.List(id, "2023", "2024-07-10")
		c.Refresh(id)
		with := c.stored(id)
		book := func(drop bool) *policy.Book { // a policy that is withdrawn and then put back
			rows, err := sanction.FirstPolicy()
			if err != nil {
				t.Fatal(err)
			}
			b, err := policy.NewBook(1, slices.DeleteFunc(rows, func(r policy.Row) bool { return drop && r.Key == "today.abnormal.land" }))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		for _, drop := range []bool{true, false, true, false} {
			c.Tx(func(q db.Q) error {
				n, err := sanction.Refresh(t.Context(), q, testcity.Officer, c.At, book(drop), []string{id})
				if n != 1 {
					t.Errorf("drop %t: %d changed", drop, n)
				}
				return err
			})
		}
		if got := c.stored(id); keys(got) != keys(with) || got[0].ID != with[0].ID {
			t.Errorf("got\n%swant\n%s", keys(got), keys(with))
		}
	})
}

func TestRemovalClosesAndRescissionLifts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		e := c.List(id, "2023", "2024-07-10")
		c.Refresh(id)
		if got := sanction.InForce(c.stored(id), day("2024-07-10")); len(got) != 5 || got[0].Verdict != credit.Restrict {
			t.Fatalf("listed: %s", keys(got))
		}
		c.Remove(e, "2024-09-02")
		c.Refresh(id)
		got := c.stored(id)
		if len(sanction.InForce(got, day("2024-09-01"))) != 5 || len(sanction.InForce(got, day("2024-09-02"))) != 0 {
			t.Errorf("removed: %s", keys(got))
		}
		c.Rescind(e, "2024-10-08")
		c.Refresh(id)
		if got := c.stored(id); len(got) != 0 {
			t.Errorf("rescinded: %s", keys(got))
		}
	})
}

func TestRefreshOfManyLeavesTheSameBehind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		var ids []string
		for n := range 12 {
			id := c.Register(testcity.Code(n), fmt.Sprintf("安庆第%d机械有限公司", n), nil)
			if n%3 == 0 {
				c.Penalise(id, fmt.Sprintf("罚〔2025〕%d号", n), nil)
			}
			if n%4 == 0 {
				c.List(id, "2023", "2024-07-10")
			}
			ids = append(ids, id)
		}
		if n, again := c.Refresh(ids...), c.Refresh(ids...); n != 4+3*5 || again != 0 {
			t.Errorf("%d measures, then %d", n, again)
		}
	})
}
