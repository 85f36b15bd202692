package sanction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
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
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

// says asks about procurement on a day.
func (c city) says(g *sanction.Gate, uscc, on string) string {
	c.Helper()
	a, err := g.Check(uscc, credit.Procurement, day(on))
	if err != nil {
		_, code := fault.Of(err)
		return code
	}
	return string(a.Verdict)
}

func TestTheGateFollowsEveryChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		old := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(old, "罚〔2025〕1号", nil)
		c.Refresh(old)
		c.Number()
		g := c.Gate()
		const today = "2025-06-01"
		fresh := testcity.Code(2)
		var id string
		steps := []struct {
			name string
			act  func()
			code string
			want string
		}{
			{"what was there at the start", func() {}, testcity.Code(1), "bar"},
			{"a code that nobody bears", func() {}, fresh, "sanction.unknown_code"},
			{"a new enterprise", func() { id = c.Register(fresh, "安庆大观包装有限公司", nil) }, fresh, "pass"},
			{"a listing, not numbered yet", func() { c.List(id, "2023", "2025-05-01"); c.Refresh(id) }, fresh, "remind"},
			{"the same, numbered", func() { c.Number() }, fresh, "remind"},
			{"a penalty", func() { c.Penalise(id, "罚〔2025〕2号", nil); c.Refresh(id) }, fresh, "bar"},
			{"its withdrawal", func() { c.Withdraw("罚〔2025〕2号"); c.Refresh(id) }, fresh, "remind"},
			{"the other one is as before", func() {}, testcity.Code(1), "bar"},
		}
		for _, s := range steps {
			s.act()
			c.Load(g)
			if got := c.says(g, s.code, today); got != s.want {
				t.Errorf("%s: %s, want %s", s.name, got, s.want)
			}
		}
		size := c.Number()
		c.Load(g)
		if s := g.State(); s.LogSize != size || !s.Loaded || s.Stale || s.Err != nil {
			t.Errorf("state %+v at a log of %d", s, size)
		}
	})
}

func TestAHitNamesItsAuthorityAsItWasCalledThen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Tx(func(q db.Q) error {
			for _, n := range []struct{ name, from string }{{"安庆市工商行政管理局", "2010-01-01"}, {"安庆市市场监督管理局", "2019-01-01"}} {
				err := org.PutDepartment(t.Context(), q, testcity.Officer, c.At, org.Department{Code: "SCJG", Level: org.City, Division: "340800",
					Name: n.name, Short: n.name, From: day(n.from)})
				if err != nil {
					return err
				}
			}
			return nil
		})
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.List(id, "2017", "2018-07-10")
		c.Refresh(id)
		g := c.Gate()
		for on, want := range map[string]string{"2018-08-01": "安庆市工商行政管理局", "2025-08-01": "安庆市市场监督管理局"} {
			a, err := g.Check(testcity.Code(1), credit.Honour, day(on))
			if err != nil || len(a.Hits) != 1 || a.Hits[0].Authority != want || a.Hits[0].DocumentNo == "" {
				t.Errorf("on %s: %+v, %v", on, a.Hits, err)
			}
		}
	})
}

func TestACodeStaysKnownWhenItChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		g := c.Gate()
		c.Tx(func(q db.Q) error {
			body := map[string]string{"UNISCID": testcity.Code(2), "ENTNAME": "安庆振风机械有限公司", "SUBJKIND": "enterprise", "REGSTATE": "active"}
			_, err := record.PutAll(t.Context(), q, testcity.Officer, c.At, []record.New{{EnterpriseID: id, Kind: "enterprise", Department: "SCJG", SourceKey: "x",
				Day: day("2024-06-01"), Body: body}})
			if err != nil {
				return err
			}
			s, err := record.Registration(id, body)
			if err != nil {
				return err
			}
			return enterprise.PutAll(t.Context(), q, []enterprise.Subject{s})
		})
		c.Load(g)
		for _, g := range []*sanction.Gate{g, c.Gate()} {
			for _, asked := range []string{testcity.Code(1), testcity.Code(2), strings.ToLower(testcity.Code(2)), " " + testcity.Code(2) + "\n"} {
				a, err := g.Check(asked, credit.LandTransfer, day("2025-06-01"))
				if err != nil || a.USCC != testcity.Code(2) {
					t.Errorf("%q: %s, %v", asked, a.USCC, err)
				}
			}
		}
	})
}

func TestTheGateRefusesWhatItCannotAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		g := c.Gate()
		tests := []struct {
			name, uscc string
			matter     credit.Matter
			ref        string
			kind       fault.Kind
			code       string
		}{
			{"a code that nobody bears", testcity.Code(9), credit.Procurement, "", fault.NotFound, "sanction.unknown_code"},
			{"a code with a wrong check character", "91340800MA2000001Z", credit.Procurement, "", fault.NotFound, "sanction.malformed_code"},
			{"no code", "", credit.Procurement, "", fault.NotFound, "sanction.malformed_code"},
			{"a long text", strings.Repeat("9", 5000), credit.Procurement, "", fault.NotFound, "sanction.malformed_code"},
			{"not UTF-8", "\xff\xfe", credit.Procurement, "", fault.NotFound, "sanction.malformed_code"},
			{"a counter that is none", testcity.Code(1), "weather", "", fault.Invalid, "sanction.unknown_matter"},
			{"a long business number", testcity.Code(1), credit.Procurement, strings.Repeat("号", 43), fault.Invalid, "sanction.bad_ref"},
			{"a business number with a line end", testcity.Code(1), credit.Procurement, "a\nb", fault.Invalid, "sanction.bad_ref"},
			{"a business number that is not UTF-8", testcity.Code(1), credit.Procurement, "\xff", fault.Invalid, "sanction.bad_ref"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				_, err := g.Ask(t.Context(), testcity.Officer, tt.uscc, tt.matter, day("2025-06-01"), tt.ref, sanction.Durable)
				if kind, code := fault.Of(err); kind != tt.kind || code != tt.code {
					t.Errorf("got %v", err)
				}
			})
		}
	})
}

func TestAGateThatCannotBeSureSaysByHandAndNeverBars(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.Refresh(id)
		var now atomic.Int64
		now.Store(c.At.UnixNano())
		g := sanction.NewGate(d, nil, func() time.Time { return time.Unix(0, now.Load()) })
		if _, err := g.Check(testcity.Code(1), credit.Procurement, day("2025-06-01")); !fault.Is(err, "sanction.gate_loading") {
			t.Errorf("before it has read anything: %v", err)
		}
		g.Bound = 20 * time.Millisecond
		c.Load(g)
		if got := c.says(g, testcity.Code(1), "2025-06-01"); got != "bar" {
			t.Fatalf("current: %s", got)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		now.Add(int64(time.Second))
		if err := g.Load(gone); err == nil {
			t.Fatal("the database could be read through an ended context")
		}
		a, err := g.Check(testcity.Code(1), credit.Procurement, day("2025-06-01"))
		if err != nil || a.Verdict != credit.Manual || a.Doubt != "sanction.gate_behind" || len(a.Hits) != 1 {
			t.Errorf("behind: %+v, %v", a, err)
		}
		if got := c.says(g, testcity.Code(2), "2025-06-01"); got != "sanction.gate_behind" {
			t.Errorf("behind, an unknown code: %s", got)
		}
		if s := g.State(); !s.Stale || s.Err == nil || s.Lag < time.Second {
			t.Errorf("%+v", s)
		}
		c.Load(g)
		if got := c.says(g, testcity.Code(1), "2025-06-01"); got != "bar" || g.State().Stale {
			t.Errorf("current again: %s", got)
		}
	})
}

func TestACounterMayNotAskForThePast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		g := c.Gate()
		today := credit.DateOf(c.At)
		for on, want := range map[credit.Date]string{today - 1: "sanction.past_day", day("2018-08-01"): "sanction.past_day", 0: "", today: "", today + 400: ""} {
			raw, err := g.Ask(t.Context(), testcity.Officer, testcity.Code(1), credit.Procurement, on, "", sanction.NoReceipt)
			if _, code := fault.Of(err); code != want {
				t.Errorf("on %s: %v, want %q", on, err, want)
			}
			var a sanction.Answer
			if err == nil && (json.Unmarshal(raw, &a) != nil || a.On < today || on != 0 && a.On != on) {
				t.Errorf("on %s: %s", on, raw)
			}
		}
	})
}

func TestRunKeepsTheGateCurrent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		g := sanction.NewGate(d, nil, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.Run(ctx) }()
		wait := func(uscc, want string) {
			t.Helper()
			got := ""
			for range 3000 {
				if got = c.says(g, uscc, "2025-06-01"); got == want {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Fatalf("%s: %s, want %s", uscc, got, want)
		}
		wait(testcity.Code(1), "sanction.unknown_code")
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		wait(testcity.Code(1), "pass")
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.Refresh(id)
		wait(testcity.Code(1), "bar")
		stop()
		<-done
		wait(testcity.Code(1), "manual") // nobody keeps it current any more
	})
}

func TestAnswersAreSpelledCanonically(t *testing.T) {
	text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\"\\\n\x00\x1f<&\u2028质"))))
	date := rapid.Map(rapid.Int32Range(1, 60000), func(n int32) credit.Date { return credit.Date(n) })
	rapid.Check(t, func(t *rapid.T) {
		a := sanction.Answer{
			AsOf: time.UnixMilli(rapid.Int64Range(0, 1<<41).Draw(t, "as of")).UTC(), Doubt: text.Draw(t, "doubt"),
			By: sanction.Asker{Department: text.Draw(t, "department"), Duty: text.Draw(t, "duty"), Key: text.Draw(t, "key"),
				Post: text.Draw(t, "post"), User: text.Draw(t, "user")},
			Hits: []sanction.Hit{}, Incentives: []string{}, LogSize: rapid.Int64().Draw(t, "size"), Matter: credit.Matter(text.Draw(t, "matter")),
			Name: text.Draw(t, "name"), On: date.Draw(t, "on"), Ref: text.Draw(t, "ref"), State: credit.RegState(text.Draw(t, "state")),
			USCC: text.Draw(t, "uscc"), Verdict: credit.Verdict(text.Draw(t, "verdict")),
		}
		for range rapid.IntRange(0, 3).Draw(t, "hits") {
			a.Hits = append(a.Hits, sanction.Hit{
				Authority: text.Draw(t, "authority"), Basis: text.Draw(t, "basis"), DocumentNo: text.Draw(t, "no"), English: text.Draw(t, "english"),
				ID: text.Draw(t, "id"), List: text.Draw(t, "list"), Measure: text.Draw(t, "measure"), PolicyKey: text.Draw(t, "policy"),
				PolicyVersion: rapid.Int64().Draw(t, "version"), Scope: text.Draw(t, "scope"), Since: date.Draw(t, "since"),
				Until: rapid.OneOf(date, rapid.Just(credit.Date(0))).Draw(t, "until"), Verdict: credit.Verdict(text.Draw(t, "v")),
			})
			a.Incentives = append(a.Incentives, text.Draw(t, "incentive"))
		}
		want, err := canon.Bytes(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.AppendJSON(nil); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAReceiptProvesTheAnswerAndWhoAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.Refresh(id)
		g := c.Gate()
		clerk := credit.Actor{User: "u7", Post: "p7", Department: "CGB"}
		var bodies [3][]byte
		for i, mode := range []sanction.Mode{sanction.Durable, sanction.Async, sanction.NoReceipt} {
			var err error
			if bodies[i], err = g.Ask(t.Context(), clerk, testcity.Code(1), credit.Procurement, day("2025-06-01"), "招2025-\"18\"号", mode); err != nil {
				t.Fatal(err)
			}
			again, err := canon.Bytes(json.RawMessage(bodies[i]))
			if err != nil || !bytes.Equal(again, bodies[i]) {
				t.Errorf("mode %d is not canonical (%v): %s", mode, err, bodies[i])
			}
		}
		file, err := sanction.Receipt(bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		item, _, err := audit.VerifyReceipt(file, c.Key.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(item, bodies[2]) {
			t.Errorf("the receipt proves\n%s\nnot\n%s", item, bodies[2])
		}
		var a sanction.Answer
		if err := canon.Decode(item, &a); err != nil {
			t.Fatal(err)
		}
		if want := (sanction.Asker{User: "u7", Post: "p7", Department: "CGB"}); a.By != want || a.Ref != "招2025-\"18\"号" ||
			a.Matter != credit.Procurement || a.Verdict != credit.Bar || len(a.Hits) != 1 || a.Hits[0].DocumentNo != "罚〔2025〕1号" {
			t.Errorf("%+v", a)
		}
		c.Number()
		c.proveLater(bodies[1], bodies[2])
	})
}

// proveLater fetches the receipt of an answer that was given at once.
func (c city) proveLater(body, item []byte) {
	c.Helper()
	var later struct {
		Receipt struct {
			Leaf    string
			Index   int
			Pending bool
		}
	}
	if err := json.Unmarshal(body, &later); err != nil || !later.Receipt.Pending {
		c.Fatalf("%s: %v", body, err)
	}
	var err error
	for range 100 {
		var sealed audit.Sealed
		if err = c.D.View(c.Context(), func(q db.Q) (err error) {
			sealed, err = audit.ProveItem(c.Context(), q, later.Receipt.Leaf, later.Receipt.Index)
			return err
		}); err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		file, err := sanction.Complete(body, sanction.ProofOf(sealed, c.Key))
		if err != nil {
			c.Fatal(err)
		}
		got, _, err := audit.VerifyReceipt(file, c.Key.Verifier)
		if err != nil || !bytes.Equal(got, item) {
			c.Errorf("%s: %v", got, err)
		}
		c.noByteMayChange(body, sanction.ProofOf(sealed, c.Key))
		return
	}
	c.Fatal(err)
}

// noByteMayChange changes each byte of an answer that is completed later.
func (c city) noByteMayChange(body []byte, p sanction.Proof) {
	c.Helper()
	body = append(bytes.Clone(body), '\n')
	for at := range body {
		for _, bit := range []byte{0x01, 0x02, 0x04, 0x20, 0x2a, 0x40} { // 0x2a makes a line end a blank
			changed := bytes.Clone(body)
			changed[at] ^= bit
			file, err := sanction.Complete(changed, p)
			if err == nil {
				_, _, err = audit.VerifyReceipt(file, c.Key.Verifier)
			}
			if err == nil {
				c.Errorf("byte %d changed from %q to %q is accepted", at, body[at], changed[at])
			}
		}
	}
}

func TestNoByteOfAnAnswerCanBeChanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		c.Refresh(id)
		g := c.Gate()
		var body []byte
		var mu sync.Mutex
		var wg sync.WaitGroup
		for n := range 5 { // a block of several, so that there is a path
			wg.Go(func() {
				b, err := g.Ask(t.Context(), testcity.Officer, testcity.Code(1), credit.Procurement, day("2025-06-01"), fmt.Sprint(n), sanction.Durable)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				body = b
			})
		}
		wg.Wait()
		holds := func(b []byte) bool {
			file, err := sanction.Receipt(b)
			if err != nil {
				return false
			}
			_, _, err = audit.VerifyReceipt(file, c.Key.Verifier)
			return err == nil
		}
		if !holds(body) || !holds(append(bytes.Clone(body), '\n')) {
			t.Fatalf("the answer itself is refused: %s", body)
		}
		var kept struct {
			Receipt string `json:"receipt"`
		}
		if err := json.Unmarshal(body, &kept); err != nil {
			t.Fatal(err)
		}
		file, _ := sanction.Receipt(body)
		var loose bytes.Buffer
		if err := json.Indent(&loose, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string]string{"the receipt alone": kept.Receipt, "quoted": `"` + kept.Receipt + "\"\n", "the file": string(file),
			"indented": loose.String(), "with a line end of Windows": string(body) + "\r\n"} {
			if !holds([]byte(b)) {
				t.Errorf("%s is refused: %s", name, b)
			}
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 1000 {
			changed := bytes.Clone(body)
			at := rng.IntN(len(body))
			changed[at] ^= byte(1 + rng.IntN(255))
			if holds(changed) {
				t.Errorf("byte %d changed from %q to %q is accepted", at, body[at], changed[at])
			}
		}
		for _, end := range []string{" ", "\r", "\t", "\n\n", " \n", "\n\r"} {
			for _, b := range []string{string(body), kept.Receipt, strings.TrimSuffix(string(file), "\n")} {
				if holds([]byte(b + end)) {
					t.Errorf("accepted with %q behind it: %.40s…", end, b)
				}
			}
		}
	})
}
