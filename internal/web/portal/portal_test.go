package portal

import (
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/document"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
	"zhixin/internal/web"
)

var noon = credit.MustDate("2026-10-12").Time().Add(12 * time.Hour)

// town is a city with its public pages.
type town struct {
	*testcity.City
	handler http.Handler
}

// newTown returns the pages of an empty city. Without the assets the test is skipped, and counted as skipped.
func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	c := testcity.New(t, d, func() ([]policy.Row, error) { return flow.FirstPolicy() })
	find := c.Finder()
	if err := Register(s, Deps{Key: c.Key, Check: sanction.Verify, Find: publicity.SearchIn(find)}); err != nil {
		t.Fatal(err)
	}
	c.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		for _, one := range all {
			if err == nil {
				err = org.PutDepartment(t.Context(), q, credit.System("test"), c.At, one)
			}
		}
		return err
	})
	return &town{City: c, handler: testcity.Current(find, s.Handler())}
}

func (w *town) get(path string) *httptest.ResponseRecorder {
	return w.ask(httptest.NewRequest(http.MethodGet, path, nil))
}

func (w *town) ask(r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

// has reports what of the wanted texts an answer lacks.
func has(t *testing.T, what string, w *httptest.ResponseRecorder, want ...string) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Errorf("%s: status %d: %s", what, w.Code, w.Body)
	}
	for _, text := range want {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: nothing of %q", what, text)
		}
	}
}

func TestEmptyCityHasAllItsPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		for _, lang := range []string{"zh", "en"} {
			for _, path := range []string{"/", "/search", "/search?q=x", "/lists/abnormal", "/lists/abnormal.csv", "/verify", "/policy", "/policy?on=2015-03-01", "/standards", "/standards/penalty",
				"/standards/licence", "/standards/complaint"} {
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				has(t, path, w.get(path+sep+"lang="+lang))
			}
		}
		for path, want := range map[string]int{"/e/" + testcity.Code(1): 404, "/papers/x": 404, "/papers/x.pdf": 404, "/standards/x": 404, "/policy?on=tomorrow": 400} {
			if got := w.get(path).Code; got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
		}
	})
}

func TestEnterprisePageAnswersWhoWhatSinceWhenAndSaysWho(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.At = noon
		code := testcity.Code(1)
		id := w.Register(code, "安庆甲机械有限公司", nil)
		clean := w.get("/e/" + code)
		has(t, "clean", clean, "安庆甲机械有限公司", code, "没有公示中的不良信息")
		if strings.Contains(clean.Body.String(), "noindex") || clean.Header().Get("X-Robots-Tag") != "" {
			t.Error("a page without anything bad is hidden from search engines")
		}
		w.List(id, "2025", "2026-07-09")
		w.Refresh(id)
		listed := w.get("/e/" + code)
		has(t, "listed", listed, "列入经营异常名录", "自 2026-07-09 起", "安庆市市场监督管理局", "未按规定期限公示年度报告", "补报 2025 年度报告", "/log/proof?leaf=", "提示")
		if !strings.Contains(listed.Body.String(), `content="noindex"`) || listed.Header().Get("X-Robots-Tag") != "noindex" {
			t.Error("a page that says something bad may be indexed")
		}
	})
}

func TestRemovedEntryIsNowhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.At = noon
		code := testcity.Code(1)
		id := w.Register(code, "安庆甲机械有限公司", nil)
		e := w.List(id, "2025", "2026-07-09")
		w.Remove(e, "2026-09-01")
		w.Refresh(id)
		has(t, "page", w.get("/e/"+code), "没有公示中的不良信息")
		for _, path := range []string{"/e/" + code, "/lists/abnormal", "/lists/abnormal.csv", "/"} {
			if strings.Contains(w.get(path).Body.String(), "2026-07-09") {
				t.Errorf("%s still tells of the entry", path)
			}
		}
	})
}

func TestSheetHoldsExactlyWhatIsFiltered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.At = noon
		for i := range 230 {
			division := []string{"340802", "340881"}[i%2]
			id := w.Register(testcity.Code(i), fmt.Sprintf("安庆第%03d机械有限公司", i), map[string]string{"DIVISION": division})
			w.List(id, "2025", "2026-07-09")
		}
		tests := []struct {
			filter string
			want   int
		}{{"", 230}, {"?division=340881", 115}, {"?division=340800", 230}, {"?q=" + url.QueryEscape("第007"), 1}, {"?year=2025", 0}, {"?year=2026&division=340802", 115}}
		for _, x := range tests {
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.get("/lists/abnormal.csv"+x.filter).Body.String(), "\ufeff"))).ReadAll()
			if err != nil || len(rows) != x.want+1 {
				t.Errorf("%q: %d rows, %v, want %d", x.filter, len(rows)-1, err, x.want)
			}
			if !strings.Contains(w.get("/lists/abnormal"+x.filter).Body.String(), fmt.Sprintf("共 %d 条", x.want)) {
				t.Errorf("%q: the page counts otherwise", x.filter)
			}
		}
		seen := map[string]bool{}
		for path := "/lists/abnormal"; path != ""; {
			body := w.get(path).Body.String()
			for _, link := range strings.Split(body, `<a href="/e/`)[1:] {
				seen[link[:18]] = true
			}
			_, next, more := strings.Cut(body, `<a class="btn" href="/lists/abnormal?cursor=`)
			path = ""
			if more {
				path = "/lists/abnormal?cursor=" + next[:strings.Index(next, `"`)]
			}
		}
		if len(seen) != 230 {
			t.Errorf("the pages show %d of 230", len(seen))
		}
	})
}

func TestWholeCodeLeadsToThePage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		code := testcity.Code(1)
		w.Register(code, "安庆甲机械有限公司", nil)
		for _, term := range []string{code, strings.ToLower(code), " " + code + " "} {
			if got := w.get("/search?q=" + url.QueryEscape(term)); got.Code != 303 || got.Header().Get("Location") != "/e/"+code {
				t.Errorf("%q: %d %s", term, got.Code, got.Header().Get("Location"))
			}
		}
		if got := w.get("/e/" + strings.ToLower(code)); got.Code != 303 {
			t.Errorf("a code in small letters: %d", got.Code)
		}
		has(t, "name", w.get("/search?q="+url.QueryEscape("甲机械")), "安庆<mark>甲机械</mark>有限公司")
		has(t, "suggested", w.get("/suggest?q="+url.QueryEscape("安庆甲")), "<mark>安庆甲</mark>机械有限公司", `href="/e/`+code)
		has(t, "one character apart", w.get("/search?q="+url.QueryEscape("安庆甲机诫有限公司")), code, "一字之差")
		has(t, "filtered away", w.get("/search?division=340881&q="+url.QueryEscape("甲机械")), "去掉筛选条件")
		has(t, "nothing", w.get("/search?q="+url.QueryEscape("<script>")), "没有找到“&lt;script&gt;”")
	})
}

func TestPaperIsShownAsPageAndAsPDF(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.At = noon
		by := credit.Actor{User: "u", Department: "SCJG", Division: "340800", Role: credit.Approver}
		var p document.Paper
		w.Tx(func(q db.Q) (err error) {
			p, err = document.Issue(t.Context(), q, by, noon, document.Draft{Template: document.AbnormalAnnouncement, Authority: "SCJG", Case: "run",
				Day: credit.DateOf(noon), Fields: map[string]string{"year": "2025", "count": "3", "deadline": "2026-06-30", "workdays": "10"},
				Basis: []policy.Basis{{Law: "《企业经营异常名录管理办法》", Article: "第六条"}}})
			return err
		})
		if got := w.get("/papers/" + p.ID).Code; got != 404 {
			t.Errorf("a paper that was not published: %d", got)
		}
		byNumber := "/verify?number=" + url.QueryEscape(p.Number)
		if got := w.get(byNumber); got.Code != 404 || !strings.Contains(got.Body.String(), `value="`+p.Number) {
			t.Errorf("its number: %d", got.Code)
		}
		w.Tx(func(q db.Q) error { return document.Publish(t.Context(), q, by, noon, p.ID) })
		has(t, "page", w.get("/papers/"+p.ID), p.Title, p.Number, "安庆市市场监督管理局", p.Hash)
		if got := w.get(byNumber); got.Code != 303 || got.Header().Get("Location") != "/papers/"+p.ID {
			t.Errorf("its number, once published: %d %s", got.Code, got.Header().Get("Location"))
		}
		has(t, "home", w.get("/"), p.Title)
		pdf := w.get("/papers/" + p.ID + ".pdf")
		if pdf.Header().Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.Body.String(), "%PDF-") {
			t.Errorf("PDF: %d %s", pdf.Code, pdf.Header().Get("Content-Type"))
		}
	})
}

func TestReceiptHoldsAndAChangedOneDoesNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		code := testcity.Code(1)
		w.Register(code, "安庆甲机械有限公司", nil)
		w.Number()
		body, err := w.Gate().Ask(t.Context(), credit.Actor{Key: "k", Department: "GGZY"}, code, credit.Procurement, credit.DateOf(noon), "CG-1", sanction.Durable)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := sanction.Receipt(body)
		if err != nil {
			t.Fatal(err)
		}
		check := func(text string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, "/verify", strings.NewReader(url.Values{"receipt": {text}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return w.ask(r)
		}
		has(t, "whole", check(string(raw)), "回执真实，内容未被改动", "安庆甲机械有限公司", "CG-1", "政府采购")
		for name, text := range map[string]string{"changed": strings.Replace(string(raw), "CG-1", "CG-2", 1), "cut": string(raw[:200]), "nonsense": "{}", "empty": ""} {
			has(t, name, check(text), "核验未通过")
		}
	})
}

func TestADissolvedDivisionHasTheNameOfItsSuccessor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.Register(testcity.Code(1), "安庆甲机械有限公司", map[string]string{"DIVISION": "340824"})
		w.Register(testcity.Code(2), "枞阳乙机械有限公司", map[string]string{"DIVISION": "340823"})
		has(t, "a county that became a city", w.get("/e/"+testcity.Code(1)), "潜山市")
		has(t, "a county that went to another city", w.get("/e/"+testcity.Code(2)), "安徽省铜陵市枞阳县")
	})
}

// TestABranchAnswersForItself: the pages lead to each other, and no measure goes over, neither up nor down.
func TestABranchAnswersForItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		head := w.Register(testcity.Code(1), "安庆甲机械有限公司", nil)
		branch := w.Register(testcity.Code(2), "安庆甲机械有限公司桐城分公司", map[string]string{"SUBJKIND": "branch", "PARENT": testcity.Code(1)})
		for barred, free := range map[string]string{head: testcity.Code(2), branch: testcity.Code(1)} {
			w.Penalise(barred, "宜市监罚〔2026〕"+barred[:4]+"号", map[string]string{"CF_JDRQ": "2026-09-10", "CF_SDRQ": "2026-09-11"})
			w.Refresh(head, branch)
			own := map[string]string{head: testcity.Code(1), branch: testcity.Code(2)}[barred]
			has(t, "its own page", w.get("/e/"+own), "吊销许可证件")
			page := w.get("/e/" + free)
			has(t, "the other's page", page, "隶属关系", "不及于另一方")
			if strings.Contains(page.Body.String(), "吊销许可证件") {
				t.Errorf("%s bears what was decided against %s", free, barred)
			}
			w.Withdraw("宜市监罚〔2026〕" + barred[:4] + "号")
			w.Refresh(head, branch)
		}
		has(t, "the branch", w.get("/e/"+testcity.Code(2)), "隶属企业", `href="/e/`+testcity.Code(1))
		has(t, "the head office", w.get("/e/"+testcity.Code(1)), "分支机构", "桐城分公司", `href="/e/`+testcity.Code(2))
	})
}

// TestIndividualBusinessesAreCountedApartAndMarked: they are no enterprises and are on no list, and one without a trade name is nowhere.
func TestIndividualBusinessesAreCountedApartAndMarked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.Register(testcity.Code(1), "安庆甲机械有限公司", nil)
		w.Register(testcity.Code(2), "安庆乙机械有限公司", nil)
		w.Register(testcity.Code(3), "安庆甲机械有限公司桐城分公司", map[string]string{"SUBJKIND": "branch"})
		shop := w.Register(testcity.Code(4), "迎江区老张面馆", map[string]string{"SUBJKIND": "individual", "LEREP": "张三"})
		person := w.Register(testcity.Code(5), "欧阳小明", map[string]string{"SUBJKIND": "individual", "LEREP": "欧阳小明"})
		for _, id := range []string{shop, person} {
			w.List(id, "2024", "2025-07-10")
		}
		w.Number()
		home := w.get("/")
		has(t, "home", home, "企业（户）</dt><dd>3<", "个体工商户（户）</dt><dd>2<", "现列入经营异常名录（条）</dt><dd>1<")
		has(t, "the list", w.get("/lists/abnormal"), "老张面馆", "经营异常状态标记")
		has(t, "the sheet", w.get("/lists/abnormal.csv"), "老张面馆", "标记为经营异常状态")
		page := w.get("/e/" + testcity.Code(4))
		has(t, "its page", page, "标记为经营异常状态", "经营异常状态标记", "由安庆市市场监督管理局标记")
		if strings.Contains(page.Body.String(), "列入经营异常名录<") {
			t.Error("the shop is called listed")
		}
		for path, said := range map[string]string{"/": "小明", "/lists/abnormal": "小明", "/lists/abnormal.csv": "小明", "/e/" + testcity.Code(5): "小明",
			"/search?q=" + testcity.Code(5): "小明", "/search?q=" + url.QueryEscape("小明"): "/e/"} { // a search says what was asked
			if strings.Contains(w.get(path).Body.String(), said) {
				t.Errorf("%s names a person", path)
			}
		}
	})
}
