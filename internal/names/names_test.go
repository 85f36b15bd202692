package names_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/names"
)

// town is a small index with something of everything.
func town() *names.Index {
	return names.Build(slices.Values([]names.Entry{
		{ID: "01", Name: "安庆市双建科技有限公司", Former: []string{"安庆市双建电脑经营部"}, Codes: []string{"91340800MA2N6D5U70", "340800000012345"}, Division: "340802", Kind: credit.Enterprise, State: credit.Active},
		{ID: "02", Name: "安庆市双健科贸有限公司", Division: "340803", Kind: credit.Enterprise, State: credit.Active},
		{ID: "03", Name: "中建信恒（北京）建设工程有限公司安庆市分公司", Division: "340811", Kind: credit.Branch, State: credit.Active},
		{ID: "04", Name: "重庆小面馆", Division: "340881", Kind: credit.Individual, State: credit.Active},
		{ID: "05", Name: "安庆第一支公司", Division: "340802", Kind: credit.Branch, State: credit.Active},
		{ID: "06", Name: "安庆第二支公司", Division: "340802", Kind: credit.Branch, State: credit.Active},
		{ID: "07", Name: "徽商银行股份有限公司安庆分行", Division: "340802", Kind: credit.Branch, State: credit.Active},
		{ID: "08", Name: "长江茶叶店", Division: "340802", Kind: credit.Individual, State: credit.Deregistered},
		{ID: "09", Name: "长江茶叶店", Division: "340102", Kind: credit.Individual, State: credit.Active},
		{ID: "10", Name: "张三丰", Division: "340802", Kind: credit.Individual, State: credit.Active, Codes: []string{"92340800MA2N6D5U99"}, Personal: true},
		{ID: "11", Name: "TCL王牌电器（安庆）有限公司", Division: "340802", Kind: credit.Enterprise, State: credit.Active},
		{ID: "12", Name: "𬭎宇😀文化", Division: "340802", Kind: credit.Enterprise, State: credit.Active},
	}))
}

// show writes hits as "id why score".
func show(hits []names.Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprintf("%s %s %d", h.ID, h.Why, h.Score))
	}
	return strings.Join(out, ", ")
}

func TestEachReason(t *testing.T) {
	x := town()
	for _, tt := range []struct{ name, in, first string }{
		{"exact", "安庆市双建科技有限公司", "01 name 100"},
		{"former, exact", "安庆市双建电脑经营部", "01 former-name 97"},
		{"begins so", "安庆市双建", "01 prefix 90"},
		{"a former name begins so", "安庆市双建电", "01 prefix 88"},
		{"a part", "双建科技", "01 part 80"},
		{"a part of a former name", "双建电脑", "01 part 78"},
		{"one character", "重", "04 prefix 90"},
		{"wrong character", "安庆市双建科枝有限公司", "01 typo 60"},
		{"missing character", "安庆市双建技有限公司", "01 typo 60"},
		{"extra character", "安庆市双建科科技有限公司", "01 typo 60"},
		{"swapped characters", "安庆市建双科技有限公司", "01 typo 60"},
		{"first character wrong", "宣庆市双建科技有限公司", "01 typo 60"},
		{"last character missing", "安庆市双建科技有限公", "01 prefix 90"},
		{"a slip in a part", "双建科枝有限", "01 typo 55"},
		{"two swapped in a part", "市双科建技有限", "01 typo 55"},
		{"a slip in a former name", "安庆市双健电脑经营部", "01 typo 58"},
		{"half-width brackets", "中建信恒(北京)建设工程有限公司安庆市分公司", "03 name 100"},
		{"other brackets and blanks", " 中建信恒【北京】建设工程 有限公司安庆市分公司", "03 name 100"},
		{"full-width letters", "ｔｃｌ王牌", "11 prefix 90"},
		{"traditional", "安慶市雙建科技有限公司", "01 name 99"},
		{"other order", "双建科技安庆有限公司", "01 words 70"},
		{"words", "双建 安庆", "01 words 70"},
		{"without its brackets", "TCL王牌电器安庆有限公司", "11 words 70"},
		{"a wildcard", "双建*有限公司", "01 words 70"},
		{"a wildcard at the end", "安庆市双建科技有限公司%", "01 name 99"},
		{"a code", "91340800ma2n6d5u70", "01 code 100"},
		{"a former number", "340800000012345", "01 code 100"},
		{"the beginning of a code", "91340800MA2N", "01 code-part 76"},
		{"a part of a code", "2N6D5U", "01 code-part 74"},
		{"initials with a polyphone", "cqxmg", "04 initials 45"},
		{"initials with 市", "aqssj", "01 initials 45"},
		{"initials without 市", "aqsjkj", "01 initials 45"},
		{"initials inside", "hsyhgf", "07 initials 45"},
		{"initials in the middle", "sjkj", "01 initials 40"},
		{"two initials", "cj", "09 initials 45"},
		{"a number that differs", "安庆第三支公司", "05 number 50"},
		{"rare characters", "𬭎宇", "12 prefix 90"},
		{"emoji", "😀文", "12 part 80"},
	} {
		hits, _ := x.Search(names.Query{Text: tt.in})
		if got := show(hits); got != tt.first && !strings.HasPrefix(got, tt.first+",") {
			t.Errorf("%s: %s: got %q, want %q first", tt.name, tt.in, got, tt.first)
		}
	}
}

func TestWhatFitsIsMarkedInTheNameAsItIsWritten(t *testing.T) {
	x := names.Build(slices.Values([]names.Entry{{ID: "1", Name: "安庆 市（双建）科技有限公司", Codes: []string{"91340800MA2N6D5U70"}}}))
	for in, want := range map[string]string{"市(双建)": "市（双建）", "安庆市": "安庆 市", "科技": "科技", "双建)科枝有限": "双建）科技有限", "jkj": "建）科技", "MA2N": "MA2N"} {
		hits, _ := x.Search(names.Query{Text: in})
		if len(hits) != 1 {
			t.Errorf("%s: %v", in, hits)
			continue
		}
		if got := string([]rune(hits[0].Name)[hits[0].From:hits[0].To]); got != want {
			t.Errorf("%s: marked %q in %q, want %q", in, got, hits[0].Name, want)
		}
	}
}

func TestTheBestComeFirst(t *testing.T) {
	x := names.Build(slices.Values([]names.Entry{
		{ID: "7", Name: "大双建店"}, {ID: "6", Name: "双建"}, {ID: "5", Name: "双建店"}, {ID: "4", Name: "别的", Former: []string{"双建"}},
		{ID: "3", Name: "双建百货店"}, {ID: "2", Name: "双建百货行", State: credit.Deregistered}, {ID: "1", Name: "双建百货厂"},
	}))
	hits, _ := x.Search(names.Query{Text: "双建"})
	const want = "6 name 100, 4 former-name 97, 5 prefix 90, 1 prefix 90, 3 prefix 90, 2 prefix 90, 7 part 80"
	if got := show(hits); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var pages []names.Hit
	for from := 0; ; from += 2 {
		page, more := x.Search(names.Query{Text: "双建", Limit: 2, From: from})
		pages = append(pages, page...)
		if more != (from+2 < len(hits)) {
			t.Errorf("from %d: more is %v", from, more)
		}
		if !more {
			break
		}
	}
	if got := show(pages); got != want {
		t.Errorf("page by page %s\nwant %s", got, want)
	}
}

func TestFilters(t *testing.T) {
	x := town()
	for _, tt := range []struct {
		name string
		in   names.Query
		want string
	}{
		{"the living first", names.Query{Text: "长江茶叶店"}, "09 name 100, 08 name 100"},
		{"a city", names.Query{Text: "长江茶叶店", Division: "340800"}, "08 name 100"},
		{"a province", names.Query{Text: "长江茶叶店", Division: "340000"}, "09 name 100, 08 name 100"},
		{"another province", names.Query{Text: "长江茶叶店", Division: "110000"}, ""},
		{"a state", names.Query{Text: "长江", States: []credit.RegState{credit.Deregistered}}, "08 prefix 90"},
		{"kinds", names.Query{Text: "双建", Kinds: []credit.SubjectKind{credit.Branch, credit.Individual}}, ""},
		{"no people", names.Query{Text: "张三丰"}, ""},
		{"no people by initials", names.Query{Text: "zsf"}, ""},
		{"no people by code", names.Query{Text: "92340800MA2N6D5U99"}, ""},
		{"no people by a part of their code", names.Query{Text: "2N6D5U99"}, ""},
		{"people, for whom may see them", names.Query{Text: "张三丰", Personal: true}, "10 name 100"},
	} {
		hits, _ := x.Search(tt.in)
		if got := show(hits); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		suggested := show(x.Suggest(tt.in))
		if tt.want == "" && suggested != "" {
			t.Errorf("%s: suggested %q", tt.name, suggested)
		}
	}
}

func TestSuggestionsWhileTyping(t *testing.T) {
	x := town()
	for in, want := range map[string]string{
		"安庆市双": "01 prefix 90, 02 prefix 90", "双建": "01 part 80", "cq": "04 initials 45", "9134": "01 code-part 76", "银": "", "长": "09 prefix 90, 08 prefix 90",
		"安庆市双建科枝": "", // slips wait for the search
	} {
		if got := show(x.Suggest(names.Query{Text: in})); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestCandidates(t *testing.T) {
	x := town()
	for _, tt := range []struct{ name, in, first string }{
		{"exact", "安庆市双建科技有限公司", "01 name 100"},
		{"a former name", "安庆市双建电脑经营部", "01 former-name 97"},
		{"brackets left out", "中建信恒北京建设工程有限公司安庆市分公司", "03 words 95"},
		{"a slip", "安庆市双建科枝有限公司", "01 typo 90"},
		{"another order", "双建科技安庆有限公司", "01 words 85"},
		{"another form", "安庆市双建科技有限责任公司", "01 typo 90"},
		{"two slips", "安庆双间科支有限公司", "01 typo 70"},
		{"a number is no slip", "安庆第三支公司", "05 number 50"},
		{"a person may be meant", "张三丰", "10 name 100"},
	} {
		got := show(x.Candidates(tt.in, 5))
		if got != tt.first && !strings.HasPrefix(got, tt.first+",") {
			t.Errorf("%s: %s: got %q, want %q first", tt.name, tt.in, got, tt.first)
		}
	}
	for _, in := range []string{"合肥大发商贸有限公司", "", "?", "有限公司"} {
		if got := x.Candidates(in, 5); len(got) > 0 && got[0].Score > 60 {
			t.Errorf("%s: %s", in, show(got))
		}
	}
}

func TestOnlyTheNameItselfIsAHundred(t *testing.T) {
	x := town()
	for _, in := range []string{"安庆市双建科技有限公", "安慶市雙建科技有限公司", "安庆市双建科技有限责任公司", "安庆第一支公司(原)"} {
		hits, _ := x.Search(names.Query{Text: in})
		for _, h := range append(hits, x.Candidates(in, 10)...) {
			if h.Score >= 100 {
				t.Errorf("%s: %+v", in, h)
			}
		}
	}
}

func TestBadInputIsAnsweredSensibly(t *testing.T) {
	long := strings.Repeat("安庆市双建科技", 29)[:3*200]
	var entries []names.Entry
	for i := range 3000 {
		entries = append(entries, names.Entry{ID: fmt.Sprintf("b%04d", i), Name: fmt.Sprintf("中国银行股份有限公司安庆第%d支行", i), Division: "340802"},
			names.Entry{ID: fmt.Sprintf("c%04d", i), Name: "小吃店", Former: []string{"小吃店", ""}, Division: "340802"},
			names.Entry{ID: fmt.Sprintf("d%04d", i), Name: fmt.Sprintf("安徽%c%c有限公司", '一'+rune(i), '丁'+rune(i/7)), Codes: []string{"", "无"}})
	}
	entries = append(entries, names.Entry{ID: "long", Name: long}, names.Entry{ID: "one", Name: "鑫"}, names.Entry{ID: "none"}, names.Entry{ID: "?", Name: "???"},
		names.Entry{ID: "bad", Name: "坏\xff\xfe名"})
	for i := range 300 { // of which any two fit each other in very many ways
		entries = append(entries, names.Entry{ID: fmt.Sprintf("e%03d", i), Name: strings.Repeat("公司", 50) + strings.Repeat("有限", i%50)})
	}
	x := names.Build(slices.Values(entries))
	for _, tt := range []struct{ in, first string }{
		{"鑫", "one name 100"}, {long, "long name 100"}, {long[:3*199], "long prefix 90"}, {long[3:], "long part 80"},
		{"中国银行股份有限公司安庆第77支行", "b0077 name 100"}, {"小吃店", "c0000 name 100"}, {"中国银行", "b0000 prefix 90"},
		{"", ""}, {" ", ""}, {"*", ""}, {"%", ""}, {"？", ""}, {"_%*", ""}, {"😀", ""}, {"\x00", ""}, {"\xff", ""}, {"(((((", ""}, {"龘龘龘龘", ""},
		{"银行中国", "b0000 words 70"}, {"坏\xff", "bad prefix 90"},
	} {
		hits, _ := x.Search(names.Query{Text: tt.in})
		if got := show(hits); (tt.first == "") != (got == "") || !strings.HasPrefix(got, tt.first) {
			t.Errorf("%.60q: got %.200s, want %q first", tt.in, got, tt.first)
		}
	}
	hits, _ := x.Search(names.Query{Text: "安徽有限公司"})
	if len(hits) != 20 || hits[0].Why != names.Words {
		t.Errorf("only common words: %s", show(hits))
	}
	for _, in := range []string{strings.Repeat("安徽有限公司", 1<<16), strings.Repeat("*", 1<<20), strings.Repeat("a", 1<<20), strings.Repeat("1", 300), strings.Repeat("公司", 40), strings.Repeat("司公", 31) + "龘龘"} {
		for _, q := range []names.Query{{Text: in}, {Text: in, Limit: -5, From: -1}, {Text: in, Limit: 1 << 40, From: 1 << 40}, {Text: in, Division: "34"}} {
			x.Search(q)
			x.Suggest(q)
		}
		x.Candidates(in, 1<<20)
	}
}

func TestSearchesSeeAllOfAChangeOrNothing(t *testing.T) {
	x := names.New()
	entry := func(i, version int) names.Entry {
		return names.Entry{ID: fmt.Sprint(i), Name: fmt.Sprintf("安庆市第%d版双建%d号店", version, i)}
	}
	const shops = 40
	put := func(version int) {
		var all []names.Entry
		for i := range shops {
			all = append(all, entry(i, version))
		}
		x.Change(all, nil)
	}
	put(0)
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				hits, _ := x.Search(names.Query{Text: "双建", Limit: 100})
				version := map[string]bool{}
				for _, h := range hits {
					at, _, _ := strings.Cut(h.Name, "版")
					version[at] = true
				}
				if len(hits) != shops || len(version) != 1 || x.Len() != shops {
					t.Errorf("%d hits of versions %v, %d subjects", len(hits), version, x.Len())
					return
				}
				x.Suggest(names.Query{Text: "双"})
				x.Candidates("安庆市第1版双建1号店", 5)
			}
		})
	}
	for version := range 200 {
		put(version + 1)
	}
	close(stop)
	wait.Wait()
}
