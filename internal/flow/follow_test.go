package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

func code(n int) string { return testcity.Code(n) }

func codeYear(n int) string { return code(n) + "/2025" }

func TestRevokedLicenceStopsABidUntilItIsWithdrawn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.firm(1, nil)
		w.firm(2, nil)
		w.catchUp()
		w.Penalise(id, "宜市监处罚〔2026〕1号", map[string]string{"CF_JDRQ": "2026-06-10", "CF_SDRQ": "2026-06-15",
			"CF_NR_ZKDX": "全国工业产品生产许可证 XK16-204-00001"})
		w.catchUp()
		for matter, want := range map[credit.Matter]credit.Verdict{credit.Procurement: credit.Bar, credit.ProductionLicence: credit.Bar, credit.Tendering: credit.Pass} {
			if got := w.verdict(1, matter); got != want {
				t.Errorf("%s: %s, want %s", matter, got, want)
			}
		}
		if got := w.verdict(2, credit.Procurement); got != credit.Pass {
			t.Errorf("the neighbour: %s", got)
		}
		a, err := w.Gate().Check(code(1), credit.Procurement, credit.MustDate("2026-06-20"))
		w.must(err)
		if h := a.Hits[0]; h.Since != credit.MustDate("2026-06-15") || h.Until != credit.MustDate("2029-06-11") || h.PolicyKey != "procurement.revoked" ||
			!strings.Contains(h.Basis, "第二十二条") || h.DocumentNo != "宜市监处罚〔2026〕1号" {
			t.Errorf("hit %+v", h)
		}
		w.At = w.At.Add(time.Hour)
		w.Withdraw("宜市监处罚〔2026〕1号")
		w.catchUp()
		for _, m := range credit.Matters {
			if got := w.verdict(1, m); got != credit.Pass {
				t.Errorf("after the withdrawal, %s: %s", m, got)
			}
		}
		if got := w.Leaves("sanction."); !slices.Equal(got, []string{"sanction.applied " + id, "sanction.lifted " + id}) {
			t.Errorf("leaves %v", got)
		}
	})
}

// A version of the rules that is approved reaches everybody, in every stride, also those who have nothing to do with lists.
func TestApprovedPolicyReachesEverybody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		const all = 230 // more than two pages of the fold
		for n := range all {
			id := w.firm(n, nil)
			if n%2 == 0 {
				w.Penalise(id, fmt.Sprintf("宜市监处罚〔2026〕%d号", n), map[string]string{"CF_JDRQ": "2026-06-10", "CF_SDRQ": "2026-06-15"})
			}
		}
		w.catchUp()
		version := w.propose(bodyOf(w, "procurement.revoked", map[string]any{"matter": "tendering", "verdict": "restrict", "measure": "限制投标", "english": "Restricted"}))
		w.catchUp()
		if got := w.verdict(0, credit.Tendering); got != credit.Pass {
			t.Errorf("a proposal has an effect: %s", got)
		}
		w.Tx(func(q db.Q) error { return policy.Approve(ctx, q, credit.Actor{User: "second"}, w.At, version) })
		w.catchUp()
		g := w.Gate()
		for n := range all {
			want := credit.Pass
			if n%2 == 0 {
				want = credit.Restrict
			}
			a, err := g.Check(code(n), credit.Tendering, credit.DateOf(w.At))
			if err != nil || a.Verdict != want {
				t.Errorf("%d: %s, %v, want %s", n, a.Verdict, err, want)
			}
			a, err = g.Check(code(n), credit.Procurement, credit.DateOf(w.At))
			if err != nil || a.Verdict == credit.Bar != (n%2 == 0) {
				t.Errorf("%d at procurement: %s, %v", n, a.Verdict, err)
			}
		}
	})
}

// bodyOf returns the row of a statutory fact under another key, with some members of its body changed.
func bodyOf(w *town, key string, change map[string]any) policy.Row {
	w.Helper()
	var row policy.Row
	w.View(func(q db.Q) error {
		book, err := policy.Load(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range book.Rows(sanction.FactsTable) {
			if r.Key == key {
				row = r.Row
			}
		}
		var body map[string]any
		if err := json.Unmarshal(row.Body, &body); err != nil {
			return err
		}
		for k, v := range change {
			body[k] = v
		}
		row.Key = "test." + key
		row.Body, err = json.Marshal(body)
		return err
	})
	return row
}

func (w *town) propose(rows ...policy.Row) (version int64) {
	w.Helper()
	w.Tx(func(q db.Q) (err error) {
		version, err = policy.Propose(ctx, q, credit.Actor{User: "first"}, w.At, "试行", rows, sanction.Validate)
		return err
	})
	return version
}

// upload sends a file of SCJG through intake.
func (w *town) upload(kind, body string) intake.Batch {
	w.Helper()
	by := credit.Actor{User: "clerk", Department: "SCJG", Role: credit.Reporter, Division: "340800"}
	b, err := intake.Receive(ctx, w.D, by, w.At, intake.Upload{Kind: kind, Department: "SCJG", Name: "a.csv", Body: strings.NewReader(body)})
	w.must(err)
	w.must(intake.Check(ctx, w.D, func() time.Time { return w.At }, b.ID))
	w.View(func(q db.Q) error {
		b, err = intake.Get(ctx, q, org.Scope{All: true}, b.ID)
		return err
	})
	w.must(b.Failure())
	return b
}

const penaltyHead = "行政相对人名称,行政相对人类别,统一社会信用代码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,处罚决定日期,处罚有效期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,送达日期\n"

// Rows whose subject nobody knows wait; when the registry grows they become records, and what follows from them follows.
func TestHeldRowsAreMatchedWhenTheRegistryGrows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		b := w.upload("penalty", penaltyHead+fmt.Sprintf(
			"安庆市甲007有限公司,法人及非法人组织,%s,宜市监处罚〔2026〕7号,产品质量违法行为,不合格,《产品质量法》第四十九条,吊销许可证件,吊销,2026-06-10,2099-12-31,安庆市市场监督管理局,11340800003X00081J,安庆市市场监督管理局,11340800003X00081J,2026-06-12\n", code(7)))
		if b.Unmatched != 1 || b.Accepted != 0 {
			t.Fatalf("batch %+v", b)
		}
		w.catchUp()
		follows := w.Gate()
		follows.Awaited = intake.Awaited
		reg := w.upload("enterprise", "统一社会信用代码,企业名称,企业类型,成立日期,登记机关,登记状态\n"+code(7)+",安庆市甲007有限公司,有限责任公司,2025-03-02,SCJG,存续\n")
		if reg.Accepted != 1 {
			t.Fatalf("registry %+v", reg)
		}
		fresh := sanction.NewGate(d, nil, w.now)
		fresh.Awaited = intake.Awaited
		for name, g := range map[string]*sanction.Gate{"following": follows, "fresh": fresh} {
			w.Load(g)
			if a, err := g.Check(code(7), credit.Procurement, credit.DateOf(w.At)); err != nil || a.Verdict != credit.Manual {
				t.Errorf("a %s gate, between the registration and what follows from it: %s, %v", name, a.Verdict, err)
			}
		}
		w.catchUp()
		w.View(func(q db.Q) (err error) {
			b, err = intake.Get(ctx, q, org.Scope{All: true}, b.ID)
			return err
		})
		if b.Unmatched != 0 || b.Accepted != 1 {
			t.Errorf("after the registry grew: %+v", b)
		}
		w.catchUp() // the record that was put is a leaf of its own
		if v := w.verdict(7, credit.Procurement); v != credit.Bar {
			t.Errorf("verdict %s", v)
		}
	})
}
