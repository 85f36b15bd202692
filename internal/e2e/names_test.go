package e2e_test

import (
	"net/url"
	"strings"
	"testing"
)

// Somebody types a name with one character wrong, sees while typing whom he may mean, and finds the enterprise first, with the reason.
func aSlipIsForgiven(t *testing.T, s stage) {
	party := blameless(s.city)
	runes := []rune(party.Name)
	runes[len(runes)/2] = '啊'
	typed := string(runes)
	v := s.visitor(t, s.city)
	v.open("/?lang=zh")
	v.fill(".zx-search input", strings.TrimSuffix(party.Name, "有限公司"))
	v.awaits("names are suggested", `document.querySelector("#suggestions a") !== null`)
	v.look("suggestions")
	if got := v.text("#suggestions a"); !strings.HasPrefix(got, party.Name) {
		t.Errorf("suggested first: %s, want %s", got, party.Name)
	}
	v.choose(".zx-search input", typed)
	v.loading("search", evaluateNothing(`document.querySelector(".zx-search").requestSubmit()`))
	v.reads("一字之差")
	v.look("search-slip")
	if got := v.text("main .zx-list .zx-lead"); got != party.Name {
		t.Errorf("first is %s, want %s", got, party.Name)
	}
	v.open("/search?q=" + url.QueryEscape("有限公司"))
	v.click(".zx-filters summary")
	v.loading("narrow", evaluateNothing(`const kind = document.querySelector("#kind"); kind.value = "branch"; kind.dispatchEvent(new Event("change"))`))
	for _, name := range v.texts("main .zx-list .zx-lead") {
		if !strings.Contains(name, "公司") {
			t.Errorf("among branches: %s", name)
		}
	}
	v.look("search-filtered")
}

// A penalty has the code of one and the name of another. It is nobody's until a clerk says whom it means, by keyboard; she sees what her
// word made and takes it back.
func aRowIsJudged(t *testing.T, s stage) {
	party := blameless(s.city)
	var other enterprise
	for _, hit := range api[struct{ Items []enterprise }](s.city, "/api/v1/enterprises?limit=50&division=340800&q="+url.QueryEscape("有限公司")).Items {
		if hit.USCC != party.USCC && strings.HasPrefix(hit.USCC, "91") {
			other = hit
		}
	}
	mixed := other
	mixed.USCC = party.USCC
	clerk := s.employee(t, s.city, "chenjing")
	clerk.open("/work/batches")
	upload(clerk, save(t, "行政处罚（两家）.csv", sheet(penaltyColumns, penaltyRow(mixed, "宜市监处罚〔2026〕90301号", "罚款", "", "2026-09-15"))))
	counted(clerk, map[string]string{"新入库": "0", "更新原有": "0", "与原有相同": "0", "退回": "0", "未匹配到主体": "1"})
	clerk.reads("两者不是同一名称")
	clerk.open("/work")
	clerk.reads("待判定归属")
	clerk.follow(".zx-nav a[href='/work/judgements']")
	clerk.look("judgements")
	waits := len(clerk.texts("main tbody tr"))
	clerk.open(sees[string](clerk, `[...document.querySelectorAll("main tbody a")].find(a => a.innerText.trim() === `+quoted(other.Name)+`).getAttribute("href")`))
	clerk.look("judgement")
	clerk.reads(party.USCC, other.USCC, "王小明")
	key := sees[string](clerk, `[...document.querySelectorAll("[data-key]")].find(i => i.closest("section").innerText.includes(`+quoted(other.USCC)+`)).dataset.key`)
	clerk.press(key)
	clerk.loading("decide", enter())
	clerk.open("/work/judgements")
	if left := len(clerk.texts("main section:first-of-type tbody tr")); left != waits-1 {
		t.Errorf("%d groups wait, of %d one was decided", left, waits)
	}
	if got := api[enterprise](s.city, "/api/v1/enterprises/"+other.USCC); len(got.Penalties) == 0 {
		t.Error("the enterprise has no penalty")
	}
	clerk.scripts(false)
	clerk.follow("main .zx-list a")
	clerk.reads("90301号", "新入库")
	clerk.look("judgement-made")
	clerk.do("say why", evaluateNothing(`document.querySelector("#reason").value = "看错了"`))
	clerk.follow("main form button")
	clerk.scripts(true)
	clerk.reads("看错了", other.Name)
	clerk.look("judgement-undone")
	if got := api[enterprise](s.city, "/api/v1/enterprises/"+other.USCC); len(got.Penalties) != 0 {
		t.Error("the enterprise still has the penalty")
	}
}

func quoted(s string) string { return `"` + s + `"` }
