package publicity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/testcity"
)

func hider(name string) org.Actor {
	return org.Actor{User: name, Department: "SCJG", Role: credit.Officer, Division: "340800"}
}

// surfaces are all answers in which the public could read of a subject.
func surfaces(c *testcity.City, uscc, paper string) string {
	c.Helper()
	day := credit.DateOf(c.At)
	var out strings.Builder
	find := c.Finder()
	c.View(func(q db.Q) error {
		say := func(v any, err error) {
			if kind, _ := fault.Of(err); err != nil && kind != fault.NotFound {
				c.Fatal(err)
			}
			if err == nil {
				_ = json.NewEncoder(&out).Encode(v)
			}
		}
		page, err := publicity.Page(c.Context(), q, uscc, day)
		say(page, err)
		s, err := publicity.Standing(c.Context(), q, uscc, day, -1, day)
		say(s, err)
		s, err = publicity.Standing(c.Context(), q, uscc, day-3, 5, day)
		say(s, err)
		for _, term := range []string{uscc, "甲"} {
			found, err := publicity.SearchIn(find).Search(c.Context(), q, publicity.SearchOptions{Term: term, Today: day})
			say(found, err)
		}
		list, err := publicity.Abnormal(c.Context(), q, publicity.AbnormalFilter{}, day)
		say(list, err)
		if home, err := publicity.Home(c.Context(), q, day); err != nil || home.Listed != list.Total || list.Total != len(list.Items) {
			c.Errorf("counted %d and %d, shown %d: %v", home.Listed, list.Total, len(list.Items), err)
		}
		p, err := publicity.PublicPaper(c.Context(), q, paper, day)
		say(p, err)
		return nil
	})
	return out.String()
}

func TestHiddenIsShownNowhereUntilItIsLiftedOrLapses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, flow.FirstPolicy)
		uscc, cal := testcity.Code(1), calendar.Builtin()
		id := c.Register(uscc, "安庆甲食品有限公司", nil)
		c.Penalise(id, "宜市监罚〔2025〕8877号", nil)
		c.List(id, "2023", "2025-01-06")
		c.Refresh(id)
		hide := func(by org.Actor, n publicity.Hiding) (h publicity.Hidden, err error) {
			n.USCC = uscc
			err = c.D.Tx(c.Context(), func(q db.Q) (err error) {
				h, err = publicity.Hide(c.Context(), q, cal, by, c.At, n)
				return err
			})
			return h, err
		}
		act := func(f func(q db.Q) error) error { return c.D.Tx(c.Context(), f) }
		code := func(what string, err error, want string) {
			t.Helper()
			if !fault.Is(err, want) {
				t.Errorf("%s: %v, want %s", what, err, want)
			}
		}
		record := ""
		c.View(func(q db.Q) error {
			p, err := publicity.Page(c.Context(), q, uscc, credit.DateOf(c.At))
			record = p.Penalties[0].ID
			return err
		})
		one, err := hide(hider("a"), publicity.Hiding{RecordID: record, Reason: "个人信息"})
		if err != nil || one.Due == 0 {
			t.Fatal(one, err)
		}
		if got := surfaces(c, uscc, ""); strings.Contains(got, "8877号") || !strings.Contains(got, "甲食品") {
			t.Errorf("a hidden penalty is told of: %s", got)
		}
		c.Penalise(id, "宜市监罚〔2025〕8877号", map[string]string{"CF_NR": "吊销许可证"}) // corrected: it is the same fact
		c.Refresh(id)
		if got := surfaces(c, uscc, ""); strings.Contains(got, "8877号") {
			t.Error("a corrected version brings a hidden penalty back")
		}
		if a, err := c.Gate().Check(uscc, credit.Procurement, credit.DateOf(c.At)); err != nil || a.Verdict != credit.Bar {
			t.Errorf("the gate says %s: %v", a.Verdict, err)
		}
		_, err = hide(hider("a"), publicity.Hiding{Reason: " "})
		code("no reason", err, "publicity.hide_reason")
		counter := hider("c")
		counter.Role = credit.Counter
		_, err = hide(counter, publicity.Hiding{Reason: "x"})
		code("a counter", err, "org.may_not")
		page, err := hide(hider("a"), publicity.Hiding{Reason: "错误主体"})
		if err != nil {
			t.Fatal(err)
		}
		if got := surfaces(c, uscc, ""); strings.Contains(got, uscc) || strings.Contains(got, "甲食品") {
			t.Errorf("a hidden page is told of: %s", got)
		}
		code("the same again", func() error { _, err := hide(hider("b"), publicity.Hiding{Reason: "x"}); return err }(), "publicity.hidden_already")
		code("by the same person", act(func(q db.Q) error { return publicity.ConfirmHide(c.Context(), q, hider("a"), c.At, page.ID) }), "publicity.hide_second")
		if err := act(func(q db.Q) error { return publicity.ConfirmHide(c.Context(), q, hider("b"), c.At, page.ID) }); err != nil {
			t.Fatal(err)
		}
		c.At = one.Due.Time().Add(34 * time.Hour) // the day after
		if got := surfaces(c, uscc, ""); strings.Contains(got, uscc) {
			t.Error("what was confirmed lapsed")
		}
		if err := act(func(q db.Q) error { return publicity.LiftHide(c.Context(), q, hider("b"), c.At, page.ID) }); err != nil {
			t.Fatal(err)
		}
		if got := surfaces(c, uscc, ""); !strings.Contains(got, uscc) || !strings.Contains(got, "8877号") {
			t.Error("what was lifted, or not confirmed in time, is still hidden")
		}
		if err := act(func(q db.Q) error { return publicity.LapseHides(c.Context(), q, cal, credit.System("flow"), c.At) }); err != nil {
			t.Fatal(err)
		}
		want := "publicity.hidden publicity.hidden publicity.hide_confirmed publicity.hide_lifted publicity.hide_lapsed "
		got := ""
		for _, l := range c.Leaves("publicity.") {
			got += strings.Fields(l)[0] + " "
		}
		if got != want {
			t.Errorf("leaves %s, want %s", got, want)
		}
	})
}
