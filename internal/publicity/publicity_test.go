package publicity_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

func newCity(t *testing.T, d *db.DB) *testcity.City {
	c := testcity.New(t, d, lists.FirstPolicy, sanction.FirstPolicy, publicity.FirstPolicy)
	c.Tx(func(q db.Q) error {
		return org.PutDepartment(c.Context(), q, testcity.Officer, c.At, org.Department{Code: "SCJG", Level: org.City, Division: "340800",
			Name: "安庆市市场监督管理局", Short: "市市场监管局", Prefix: "宜市监", Reconsideration: "安庆市人民政府", Court: "安庆市迎江区人民法院", From: day("2014-01-01")})
	})
	return c
}

// page returns the public page; "" where there is none.
func page(c *testcity.City, uscc, today string) (v publicity.View, text string) {
	c.Helper()
	c.View(func(q db.Q) (err error) {
		v, err = publicity.Page(c.Context(), q, uscc, day(today))
		if fault.Is(err, "publicity.no_enterprise") {
			return nil
		}
		raw, _ := json.Marshal(v)
		text = string(raw)
		return err
	})
	return v, text
}

// everything returns all that the public can get to know on a day, about each code and each day of the past.
func everything(c *testcity.City, today string, codes []string, sizes []int64) string {
	c.Helper()
	var b strings.Builder
	add := func(v any, err error) error {
		if kind, _ := fault.Of(err); kind == fault.NotFound {
			return nil
		}
		raw, _ := json.Marshal(v)
		b.Write(raw)
		b.WriteByte('\n')
		return err
	}
	find := c.Finder()
	c.View(func(q db.Q) error {
		ctx := c.Context()
		for _, uscc := range codes {
			v, err := publicity.Page(ctx, q, uscc, day(today))
			if err := add(v, err); err != nil {
				return err
			}
			for _, on := range []string{"2018-08-01", "2022-08-01", "2024-08-01", "2025-06-01", today} {
				for _, known := range append(sizes, -1) {
					s, err := publicity.Standing(ctx, q, uscc, day(on), known, day(today))
					if err := add(s, err); err != nil {
						return err
					}
				}
			}
			found, err := publicity.SearchIn(find).Search(ctx, q, publicity.SearchOptions{Term: uscc})
			if err := add(found, err); err != nil {
				return err
			}
			papers, err := document.Of(ctx, q, idOf(uscc))
			if err != nil {
				return err
			}
			for _, p := range papers {
				shown, err := publicity.PublicPaper(ctx, q, p.ID, day(today))
				if err := add(shown, err); err != nil {
					return err
				}
				shown, err = publicity.PaperByNumber(ctx, q, p.Number, day(today))
				if err := add(shown, err); err != nil {
					return err
				}
			}
		}
		list, err := publicity.Abnormal(ctx, q, publicity.AbnormalFilter{}, day(today))
		return add(list, err)
	})
	return b.String()
}

func idOf(uscc string) string { return db.Key("enterprise", uscc) }

func TestThePageShowsWhatHoldsAndSinceWhen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", map[string]string{"LEREP": "赵大", "STATION": "ST-340802-1", "DOM": "安庆市迎江区人民路1号"})
		c.Penalise(id, "罚〔2025〕1号", map[string]string{"CF_FR_ZJHM": "34080319900101101X", "CF_FR_ZJLX": "身份证",
			"CF_SY": "当事人(负责人电话13855561234)无证生产", "BZ": "内部备注"})
		c.Put(id, "annual-report", testcity.Code(1)+"/2024", "2025-02-01", map[string]string{"UNISCID": testcity.Code(1), "ENTNAME": "安庆振风机械有限公司",
			"ANCHEYEAR": "2024", "ANCHEDATE": "2025-02-01", "TEL": "13855565678", "EMAIL": "a@b.cn", "EMPNUM": "12"})
		c.List(id, "2023", "2024-07-10")
		size := c.Number()
		v, text := page(c, testcity.Code(1), "2025-06-01")
		if v.Name != "安庆振风机械有限公司" || v.LogSize != size || !v.UpdatedAt.Equal(c.At.UTC()) {
			t.Errorf("%s, log %d of %d, updated %s", v.Name, v.LogSize, size, v.UpdatedAt)
		}
		if len(v.Penalties) != 1 || v.Penalties[0].Ends != day("2028-03-11") || v.Penalties[0].DecisionNo != "罚〔2025〕1号" {
			t.Errorf("penalties %+v", v.Penalties)
		}
		if len(v.Lists) != 1 || v.Lists[0].AuthorityName != "安庆市市场监督管理局" || v.Lists[0].PaperNo == "" || v.Lists[0].Title == "" {
			t.Errorf("lists %+v", v.Lists)
		}
		if len(v.Measures) != 6 || v.Counters[0] != (standing.Counter{Matter: credit.Procurement, Verdict: credit.Bar}) {
			t.Errorf("measures %+v, counters %+v", v.Measures, v.Counters)
		}
		if len(v.Reports) != 1 || v.Reports[0] != (publicity.Report{Year: 2024, Published: day("2025-02-01")}) {
			t.Errorf("reports %+v", v.Reports)
		}
		for _, secret := range []string{"34080319900101101X", "身份证", "13855561234", "13855565678", "a@b.cn", "ST-340802-1", "内部备注", `"12"`} {
			if strings.Contains(text, secret) {
				t.Errorf("the page shows %s", secret)
			}
		}
		for _, known := range []string{"赵大", "人民路1号", "无证生产"} {
			if !strings.Contains(text, known) {
				t.Errorf("the page lacks %s", known)
			}
		}
	})
}

func TestWhatIsOverLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		codes := []string{testcity.Code(1)}
		id := c.Register(codes[0], "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚过期", map[string]string{"CF_JDRQ": "2020-03-10", "CF_SDRQ": "2020-03-10", "CF_CFLB": "责令停产停业"})
		c.Penalise(id, "罚撤回", nil)
		c.Penalise(id, "罚更正", map[string]string{"CF_NR": "错误的内容"})
		removed := c.List(id, "2022", "2023-07-10")
		rescinded := c.List(id, "2023", "2024-07-10")
		c.Refresh(id)
		sizes := []int64{c.Number()}
		const before, today = "2020-06-01", "2026-10-12"
		if all := everything(c, before, codes, nil); !strings.Contains(all, "罚过期") {
			t.Fatalf("the first penalty was never public: %s", all)
		}
		c.At = c.At.Add(24 * time.Hour)
		c.Withdraw("罚撤回")
		c.Penalise(id, "罚更正", map[string]string{"CF_NR": "正确的内容"})
		c.Remove(removed, "2025-04-01")
		c.Rescind(rescinded, "2025-04-02")
		c.Refresh(id)
		sizes = append(sizes, c.Number())
		all := everything(c, today, codes, sizes)
		for _, gone := range []string{"罚过期", "罚撤回", "错误的内容", removed.ID, rescinded.ID, removed.PaperNo(), rescinded.PaperNo(), "abnormal"} {
			if strings.Contains(all, gone) {
				t.Errorf("%s is still told", gone)
			}
		}
		if !strings.Contains(all, "正确的内容") {
			t.Errorf("the corrected penalty is not told: %s", all)
		}
	})
}

func TestThePublicPastIsFilteredByToday(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		e := c.List(id, "2017", "2018-07-10")
		size := c.Number()
		ask := func(on string, known int64, today string) credit.Verdict {
			var s standing.Standing
			c.View(func(q db.Q) (err error) {
				s, err = publicity.Standing(c.Context(), q, testcity.Code(1), day(on), known, day(today))
				return err
			})
			if (len(s.Lists) > 0) != (s.Verdict(credit.Tendering) != credit.Pass) || (len(s.Lists) > 0) != (len(s.Measures) > 0) {
				t.Errorf("half forgotten: %+v", s)
			}
			return s.Verdict(credit.Tendering)
		}
		for _, tt := range []struct {
			on    string
			known int64
			want  credit.Verdict
		}{{"2018-07-09", -1, credit.Pass}, {"2018-07-10", -1, credit.Restrict}, {"2018-07-10", size, credit.Restrict}, {"2026-10-12", -1, credit.Remind}} {
			if got := ask(tt.on, tt.known, "2026-10-12"); got != tt.want {
				t.Errorf("while it stands: on %s known at %d: %s, want %s", tt.on, tt.known, got, tt.want)
			}
		}
		c.Remove(e, "2026-09-01")
		c.Number()
		for _, on := range []string{"2018-07-10", "2026-08-31", "2026-10-12"} {
			for _, known := range []int64{-1, size} {
				if got := ask(on, known, "2026-10-12"); got != credit.Pass {
					t.Errorf("after the removal: on %s known at %d: %s", on, known, got)
				}
			}
		}
	})
}

func TestAPastStandingKeepsWhatWasCorrectedSince(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		c.Penalise(id, "罚〔2025〕1号", nil)
		then := c.Number()
		c.Penalise(id, "罚〔2025〕1号", map[string]string{"BZ": "更正"})
		c.Number()
		told := func() (n int) {
			c.View(func(q db.Q) error {
				s, err := publicity.Standing(c.Context(), q, testcity.Code(1), day("2025-06-01"), then, day("2025-06-01"))
				n = len(s.Measures)
				return err
			})
			return n
		}
		if told() != 1 {
			t.Error("what was known then is not told although the penalty is still public")
		}
		c.Withdraw("罚〔2025〕1号")
		if told() != 0 {
			t.Error("what was withdrawn is told as a past")
		}
	})
}

// TestForgettingHoldsForAnyHistory makes things happen by chance and checks that what is told is exactly what stands.
func TestForgettingHoldsForAnyHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		rng := rand.New(rand.NewPCG(5, 6))
		codes := []string{testcity.Code(1), testcity.Code(2)}
		ids := []string{c.Register(codes[0], "安庆振风机械有限公司", nil), c.Register(codes[1], "安庆大观包装有限公司", nil)}
		stands := map[string]bool{} // by a word that is told as long as it stands
		entries := map[string]lists.Entry{}
		var sizes []int64
		const today = "2026-10-12"
		for n := range 20 {
			c.At = c.At.Add(time.Hour)
			id := ids[rng.IntN(2)]
			switch rng.IntN(4) {
			case 0, 1:
				word := fmt.Sprintf("罚号%02d", n)
				decided := day("2023-01-01") + credit.Date(rng.IntN(1300))
				c.Penalise(id, word, map[string]string{"CF_JDRQ": decided.String(), "CF_SDRQ": decided.String()})
				stands[word] = decided.AddMonths(36) >= day(today)
			case 2:
				e := c.List(id, fmt.Sprint(2000+n), "2024-07-10")
				stands[e.PaperNo()], entries[e.PaperNo()] = true, e
			case 3:
				for _, word := range slices.Sorted(maps.Keys(stands)) {
					if !stands[word] {
						continue
					}
					if e, ok := entries[word]; ok {
						c.Remove(e, "2025-01-10")
					} else {
						c.Withdraw(word)
					}
					stands[word] = false
					break
				}
			}
			c.Refresh(ids...)
			if n%7 == 0 {
				sizes = append(sizes, c.Number())
			}
		}
		c.Number()
		all := everything(c, today, codes, sizes)
		for _, word := range slices.Sorted(maps.Keys(stands)) {
			if strings.Contains(all, word) != stands[word] {
				t.Errorf("%s: told %t, stands %t", word, !stands[word], stands[word])
			}
		}
	})
}

func TestPersonsAreNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		person := c.Register(testcity.Code(1), "张三", map[string]string{"SUBJKIND": "individual", "LEREP": "张三"})
		shop := c.Register(testcity.Code(2), "迎江区张三面馆", map[string]string{"SUBJKIND": "individual", "LEREP": "张三", "DOM": "人民路1号3幢201室"})
		c.Penalise(person, "罚1", nil)
		c.Penalise(shop, "罚2", map[string]string{"CF_XDR_LB": "个体工商户"})
		c.View(func(q db.Q) error {
			found, err := publicity.SearchIn(c.Finder()).Search(c.Context(), q, publicity.SearchOptions{Term: "张三"})
			if err != nil || len(found.Hits) != 1 || found.Hits[0].USCC != testcity.Code(2) {
				t.Errorf("found %+v, %v", found, err)
			}
			_, err = publicity.Standing(c.Context(), q, testcity.Code(1), day("2025-06-01"), -1, day("2025-06-01"))
			if !fault.Is(err, "publicity.no_enterprise") {
				t.Errorf("standing of a person: %v", err)
			}
			return nil
		})
		if _, text := page(c, testcity.Code(1), "2025-06-01"); text != "" {
			t.Errorf("page of a person: %s", text)
		}
		if v, text := page(c, testcity.Code(2), "2025-06-01"); len(v.Penalties) != 1 || strings.Contains(text, "201室") {
			t.Errorf("page of a shop: %s", text)
		}
	})
}

func TestAPaperIsPublicAsLongAsItsEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "安庆振风机械有限公司", nil)
		const today = "2025-06-01"
		approver := credit.Actor{User: "u2", Department: "SCJG", Role: credit.Approver, Division: "340800"}
		var listing, notice document.Paper
		c.Tx(func(q db.Q) (err error) {
			draft := document.Draft{Template: document.AbnormalListing, Authority: "SCJG", EnterpriseID: id, Case: id + "2023列入", Day: credit.DateOf(c.At),
				Fields: map[string]string{"name": "安庆振风机械有限公司", "uscc": testcity.Code(1), "year": "2023", "representative": "赵大", "workdays": "5"},
				Basis:  []policy.Basis{{Law: "《企业经营异常名录管理办法》", Article: "第六条"}}}
			if listing, err = document.Issue(c.Context(), q, approver, c.At, draft); err != nil {
				return err
			}
			notice, err = document.Issue(c.Context(), q, approver, c.At, document.Draft{Template: document.AbnormalAnnouncement, Authority: "SCJG",
				Case: "run", Day: credit.DateOf(c.At), Fields: map[string]string{"year": "2023", "count": "1", "deadline": "2024-06-30", "workdays": "10"},
				Basis: []policy.Basis{{Law: "《企业经营异常名录管理办法》", Article: "第六条"}},
				Annex: [][]string{{"名称"}, {"安庆振风机械有限公司"}}})
			return err
		})
		shown := func(p document.Paper) (ok bool) {
			c.View(func(q db.Q) error {
				a, errA := publicity.PublicPaper(c.Context(), q, p.ID, day(today))
				b, errB := publicity.PaperByNumber(c.Context(), q, p.Number, day(today))
				if (errA == nil) != (errB == nil) || a.ID != b.ID || errA != nil && !fault.Is(errA, "publicity.no_paper") {
					t.Errorf("by id %v, by number %v", errA, errB)
				}
				ok = errA == nil
				return nil
			})
			return ok
		}
		if shown(listing) || shown(notice) {
			t.Error("shown before it was published")
		}
		for _, p := range []document.Paper{listing, notice} {
			c.Tx(func(q db.Q) error { return document.Publish(c.Context(), q, approver, c.At, p.ID) })
		}
		if shown(listing) {
			t.Error("shown without an entry that it decides")
		}
		e := c.ListBy(id, "2023", "2025-03-20", listing)
		if !shown(listing) || !shown(notice) {
			t.Error("not shown while the entry stands")
		}
		c.View(func(q db.Q) error {
			papers, err := publicity.Announcements(c.Context(), q, day(today), 5)
			if err != nil || len(papers) != 1 || papers[0].ID != notice.ID || fmt.Sprint(papers[0].Body) == fmt.Sprint(notice.Body) {
				t.Errorf("announcements %+v, %v: the names in the annex are not for ever", papers, err)
			}
			return nil
		})
		c.Remove(e, "2025-04-01")
		if shown(listing) {
			t.Error("shown after the removal")
		}
	})
}

func TestTheListAndTheFiguresAreThoseOfToday(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		var entries []lists.Entry
		for n := range 5 {
			id := c.Register(testcity.Code(n), fmt.Sprintf("安庆第%d机械有限公司", n), map[string]string{"DIVISION": []string{"340802", "340881"}[n%2]})
			entries = append(entries, c.List(id, "2023", fmt.Sprintf("2024-07-%d", 10+n)))
		}
		c.Remove(entries[0], "2024-09-02")
		c.Rescind(entries[1], "2024-09-03")
		c.Penalise(entries[2].EnterpriseID, "罚1", nil)
		list := func(f publicity.AbnormalFilter) (p publicity.AbnormalPage) {
			c.View(func(q db.Q) (err error) {
				p, err = publicity.Abnormal(c.Context(), q, f, day("2025-06-01"))
				return err
			})
			return p
		}
		first := list(publicity.AbnormalFilter{Limit: 2})
		rest := list(publicity.AbnormalFilter{Limit: 2, Cursor: first.Next})
		if first.Total != 3 || len(first.Items) != 2 || len(rest.Items) != 1 || rest.Next != "" || first.Items[0].USCC != testcity.Code(4) {
			t.Errorf("%+v then %+v", first, rest)
		}
		if p := list(publicity.AbnormalFilter{Division: "340881"}); p.Total != 1 || p.Items[0].USCC != testcity.Code(3) {
			t.Errorf("of one division: %+v", p)
		}
		if p := list(publicity.AbnormalFilter{Text: "第2"}); p.Total != 1 || p.Items[0].Title == "" {
			t.Errorf("by name: %+v", p)
		}
		size := c.Number()
		c.View(func(q db.Q) error {
			got, err := publicity.Home(c.Context(), q, day("2025-06-01"))
			want := publicity.Counts{Enterprises: 5, Penalties: 1, Records: 6, Departments: 1, Listed: 3, LogSize: size}
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			return nil
		})
	})
}

// TestANameOfThePastIsNotTold: what an individual business was called before it had a trade name is a person's name.
func TestANameOfThePastIsNotTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		id := c.Register(testcity.Code(1), "李四", map[string]string{"SUBJKIND": "individual", "LEREP": "李四"})
		c.Penalise(id, "罚1", map[string]string{"CF_XDR_LB": "个体工商户", "CF_XDR_MC": "李四", "CF_CFLB": "警告;其他-电话+8613855561234通知",
			"CF_NR_ZKDX": "证件３４０８０３１９９００１０１１０１５"})
		size := c.Number()
		c.At = c.At.Add(time.Hour)
		c.Register(testcity.Code(1), "李四面馆", map[string]string{"SUBJKIND": "individual", "LEREP": "王五", "OLDNAME": "李四"})
		c.Number()
		all := everything(c, "2025-06-01", []string{testcity.Code(1)}, []int64{size})
		for _, secret := range []string{`"李四"`, "13855561234", "３４０８０３"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s is told: %s", secret, all)
			}
		}
		c.Register(testcity.Code(2), "王小二", map[string]string{"SUBJKIND": "individual", "LEREP": "王小二"})
		c.At = c.At.Add(time.Hour)
		c.Register(testcity.Code(2), "迎江区好味面馆", map[string]string{"SUBJKIND": "individual", "LEREP": "赵六", "OLDNAME": "王小二"})
		c.View(func(q db.Q) error {
			found, err := publicity.SearchIn(c.Finder()).Search(c.Context(), q, publicity.SearchOptions{Term: "王小二"})
			if err != nil || len(found.Hits) != 0 {
				t.Errorf("found by a person's name: %+v, %v", found, err)
			}
			return nil
		})
		if !strings.Contains(all, "李四面馆") || !strings.Contains(all, "其他-电话***通知") {
			t.Errorf("the shop is not told: %s", all)
		}
	})
}

// TestThePublicListCountsWhatItShows also where persons stand on it and a listing that takes effect later.
func TestThePublicListCountsWhatItShows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		for n := range 9 {
			name, kind := fmt.Sprintf("安庆第%d机械有限公司", n), "enterprise"
			if n%3 == 1 {
				name, kind = []string{"张三", "李四", "王五"}[n/3], "individual"
			}
			id := c.Register(testcity.Code(n), name, map[string]string{"SUBJKIND": kind, "LEREP": "赵大"})
			c.List(id, "2023", []string{"2024-07-10", "2024-07-11", "2024-07-12", "2025-12-01"}[min(3, n/2)])
		}
		var seen []string
		f := publicity.AbnormalFilter{Limit: 2}
		for {
			var p publicity.AbnormalPage
			c.View(func(q db.Q) (err error) {
				p, err = publicity.Abnormal(c.Context(), q, f, day("2025-06-01"))
				return err
			})
			if p.Next != "" && len(p.Items) != 2 || p.Total != 4 {
				t.Errorf("a page of %d of %d", len(p.Items), p.Total)
			}
			for _, l := range p.Items {
				seen = append(seen, l.Name)
			}
			if f.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		slices.Sort(seen)
		if want := []string{"安庆第0机械有限公司", "安庆第2机械有限公司", "安庆第3机械有限公司", "安庆第5机械有限公司"}; !slices.Equal(seen, want) {
			t.Errorf("got %v, want %v", seen, want)
		}
	})
}
