// Package testcity gives tests of the upper rooms a small city, into which they put facts and decisions by hand.
package testcity

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/finder"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// City is a database with a policy, whose log is numbered when a test says so. A test that needs another time sets At.
type City struct {
	testing.TB
	D   *db.DB
	Key *audit.Key
	At  time.Time // of the next act
	seq *audit.Sequencer
}

// Officer is who acts.
var Officer = credit.Actor{User: "u1", Department: "SCJG"}

// New installs the rows of first and returns a city without enterprises.
func New(t testing.TB, d *db.DB, first ...func() ([]policy.Row, error)) *City {
	t.Helper()
	key, err := audit.NewKey("zhixin.test")
	if err != nil {
		t.Fatal(err)
	}
	c := &City{TB: t, D: d, Key: key, At: credit.MustDate("2025-03-20").Time().Add(10 * time.Hour), seq: audit.NewSequencer(d, key, "test")}
	c.Tx(func(q db.Q) error {
		var all []policy.Row
		for _, rows := range first {
			some, err := rows()
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return policy.Install(t.Context(), q, c.At, all)
	})
	c.WorkedOff()
	return c
}

// WorkedOff numbers the log and says that package flow has worked out what follows from all of it.
func (c *City) WorkedOff() {
	c.Helper()
	size := c.Number()
	c.Tx(func(q db.Q) error { return audit.SetCursor(c.Context(), q, sanction.FlowCursor, size) })
}

// Tx runs an act that must succeed.
func (c *City) Tx(f func(q db.Q) error) {
	c.Helper()
	if err := c.D.Tx(c.Context(), f); err != nil {
		c.Fatal(err)
	}
}

// View reads, which must succeed.
func (c *City) View(f func(q db.Q) error) {
	c.Helper()
	if err := c.D.View(c.Context(), f); err != nil {
		c.Fatal(err)
	}
}

// Number gives every leaf its place and returns the size of the log.
func (c *City) Number() (size int64) {
	c.Helper()
	for {
		n, err := c.seq.Once(c.Context(), c.At)
		if err != nil {
			c.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	c.View(func(q db.Q) (err error) {
		size, err = audit.Size(c.Context(), q)
		return err
	})
	return size
}

// Code returns the n-th valid code of the city.
func Code(n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for i := range alphabet {
		s := fmt.Sprintf("91340800MA2%06d%c", n, alphabet[i])
		if _, err := credit.ParseUSCC(s); err == nil {
			return s
		}
	}
	panic("no check character fits")
}

// Register puts an enterprise in, with more fields or others than the usual ones, and returns its id.
func (c *City) Register(uscc, name string, more map[string]string) string {
	c.Helper()
	id := enterprise.Key(uscc)
	body := map[string]string{"UNISCID": uscc, "ENTNAME": name, "SUBJKIND": "enterprise", "REGSTATE": "active", "DIVISION": "340802",
		"REGORG": "SCJG", "ESTDATE": "2015-06-01"}
	for k, v := range more {
		body[k] = v
	}
	c.Tx(func(q db.Q) error { // in one, as intake does: who follows the log reads both
		if err := c.put(q, id, "enterprise", uscc, "2015-06-01", body); err != nil {
			return err
		}
		s, err := record.Registration(id, body)
		if err != nil {
			return err
		}
		return enterprise.PutAll(c.Context(), q, []enterprise.Subject{s.Stated(c.At, 0)})
	})
	return id
}

// Finder returns a finder that knows the city as it is now; see [Current] for one that goes on knowing it.
func (c *City) Finder() *finder.Finder {
	c.Helper()
	f := finder.New(c.D, func() time.Time { return c.At })
	if err := f.Load(c.Context()); err != nil {
		c.Fatal(err)
	}
	return f
}

// Current lets a finder read what is new before each request, so that a test need not wait for it.
func Current(f *finder.Finder, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f.Load(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Put puts one record in.
func (c *City) Put(id, kind, source, on string, body map[string]string) {
	c.Helper()
	c.Tx(func(q db.Q) error { return c.put(q, id, kind, source, on, body) })
}

func (c *City) put(q db.Q, id, kind, source, on string, body map[string]string) error {
	_, err := record.PutAll(c.Context(), q, Officer, c.At, []record.New{{EnterpriseID: id, Kind: kind, Department: "SCJG", SourceKey: source,
		Day: credit.MustDate(on), Body: body, Batch: "b"}})
	return err
}

// Penalise puts in a penalty that revokes a licence, with more fields or others.
func (c *City) Penalise(id, number string, more map[string]string) {
	c.Helper()
	body := map[string]string{"CF_WSH": number, "CF_CFJG": "安庆市市场监督管理局", "CF_CFLB": "吊销许可证件", "CF_NR": "吊销", "CF_NR_ZKDX": "食品经营许可证", "CF_JDRQ": "2025-03-10",
		"CF_XDR_LB": "法人及非法人组织"}
	for k, v := range more {
		body[k] = v
	}
	c.Put(id, "penalty", number, body["CF_JDRQ"], body)
}

// Withdraw takes a penalty back.
func (c *City) Withdraw(number string) {
	c.Helper()
	c.Tx(func(q db.Q) error {
		return record.Withdraw(c.Context(), q, Officer, c.At, "SCJG", "penalty", number, "处罚决定已撤销")
	})
}

// List puts an enterprise on the list of abnormal operations for a report year.
func (c *City) List(id, year, effect string) lists.Entry {
	c.Helper()
	return c.list(id, year, carry(id, year, "列入", effect))
}

// ListBy is List by a paper that was issued.
func (c *City) ListBy(id, year, effect string, p document.Paper) lists.Entry {
	c.Helper()
	return c.list(id, year, lists.Carry{Case: p.Case, Paper: p.ID, PaperNo: p.Number, Authority: p.Authority, Effect: credit.MustDate(effect)})
}

func (c *City) list(id, year string, by lists.Carry) (e lists.Entry) {
	c.Helper()
	c.Tx(func(q db.Q) error {
		book, err := policy.Load(c.Context(), q)
		if err != nil {
			return err
		}
		rules, err := policy.Rules[lists.Ground](book.On(by.Effect), lists.Table)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rules, func(r policy.Rule[lists.Ground]) bool { return r.Key == lists.AnnualReport })
		e, err = lists.List(c.Context(), q, Officer, c.At, lists.Proposal{EnterpriseID: id, Ground: lists.AnnualReport, Detail: year, Rule: rules[i],
			Absent: "annual-report/" + year}, by)
		return err
	})
	return e
}

// Remove ends an entry.
func (c *City) Remove(e lists.Entry, effect string) {
	c.Helper()
	c.Tx(func(q db.Q) error {
		_, err := lists.Remove(c.Context(), q, Officer, c.At, lists.Proposal{EnterpriseID: e.EnterpriseID, Ground: e.Ground, Detail: e.Detail, Removal: true,
			EntryID: e.ID}, carry(e.EnterpriseID, e.Detail, "移出", effect))
		return err
	})
}

// Rescind takes an entry back.
func (c *City) Rescind(e lists.Entry, effect string) {
	c.Helper()
	c.Tx(func(q db.Q) error {
		_, err := lists.Rescind(c.Context(), q, Officer, c.At, e, carry(e.EnterpriseID, e.Detail, "撤销", effect))
		return err
	})
}

// carry names the case and the paper of a decision.
func carry(id, year, word, effect string) lists.Carry {
	return lists.Carry{Case: id + year + word, Paper: id + year + word, PaperNo: "宜市监" + word + "〔" + effect[:4] + "〕第" + year + id[:4] + "号",
		Authority: "SCJG", Effect: credit.MustDate(effect)}
}

// Refresh works out measures, as package flow does it from the numbered log, and returns how many changed. The leaves that
// say so have no place yet.
func (c *City) Refresh(ids ...string) (n int) {
	c.Helper()
	size := c.Number()
	c.Tx(func(q db.Q) error {
		book, err := policy.Load(c.Context(), q)
		if err != nil {
			return err
		}
		if n, err = sanction.Refresh(c.Context(), q, credit.System("flow"), c.At, book, ids); err != nil {
			return err
		}
		return audit.SetCursor(c.Context(), q, sanction.FlowCursor, size)
	})
	return n
}

// Gate returns a gate with a grouper, current as of now.
func (c *City) Gate() *sanction.Gate {
	c.Helper()
	now := func() time.Time { return c.At }
	log, err := audit.NewGrouper(c.Context(), c.D, c.Key, now, sanction.LeafReceipts, credit.System("sanction.gate"))
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(log.Close)
	g := sanction.NewGate(c.D, log, now)
	c.Load(g)
	return g
}

// Load brings a gate to the end of the log.
func (c *City) Load(g *sanction.Gate) {
	c.Helper()
	if err := g.Load(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// Leaves returns kind and subject of the numbered leaves whose kind begins with prefix.
func (c *City) Leaves(prefix string) (out []string) {
	c.Helper()
	c.Number()
	c.View(func(q db.Q) error {
		events, err := audit.Read(c.Context(), q, 0, 10000)
		for _, e := range events {
			if strings.HasPrefix(e.Kind, prefix) {
				out = append(out, e.Kind+" "+e.Subject)
			}
		}
		return err
	})
	return out
}
