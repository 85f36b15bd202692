package catalog_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/calendar"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
)

func TestEveryShippedStandardIsComplete(t *testing.T) {
	want := []string{"enterprise", "licence", "penalty", "inspection-result", "annual-report", "honour", "sampling", "certificate", "standard",
		"metrology", "complaint", "recall", "quality-officer"}
	var got []string
	for _, k := range catalog.All() {
		got = append(got, k.Name)
		if k.Title == "" || k.English == "" || k.Basis == "" || k.BasisEnglish == "" {
			t.Errorf("%s lacks a title or its basis", k.Name)
		}
		if k.Roles.Name == "" || len(k.Roles.Day) == 0 || len(k.Roles.From) == 0 || len(k.Roles.Key) == 0 && k.Name != "enterprise" {
			t.Errorf("%s: roles %+v", k.Name, k.Roles)
		}
		for _, f := range k.Fields {
			if f.Name == "" || f.English == "" || f.Class == "" || (f.Help == "") != (f.HelpEnglish == "") {
				t.Errorf("%s of %s is not described in both languages", f.Code, k.Name)
			}
		}
		for _, r := range k.Entry().Rules {
			if r.Text == "" || r.English == "" || r.Source == "" || strings.ContainsAny(r.Text+r.English, "{}") {
				t.Errorf("%s: rule %s is not in words: %s %s", k.Name, r.Rule, r.Text, r.English)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %v", got)
	}
}

func TestAShippedStandardHasOneSpelling(t *testing.T) {
	for _, k := range catalog.All() {
		raw, err := os.ReadFile("standards/" + k.Name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		spelled, err := k.Spell()
		if err != nil {
			t.Fatal(err)
		}
		if string(raw) != string(spelled) {
			t.Errorf("%s.json is not spelled as Spell does", k.Name)
		}
	}
}

func TestAMistakeInAStandardIsFound(t *testing.T) {
	raw, err := os.ReadFile("standards/honour.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, want string }{
		{`"key":["HONNAME"`, `"key":["NONAME"`, "list_no_field"}, {`"rule":"R07-order"`, `"rule":"R99"`, "list_rule"},
		{`"class":"public"`, `"class":"secret"`, "list_class"}, {`"type":"date"`, `"type":"day"`, "list_type"},
		{`"aliases":["表彰文号"]`, `"aliases":["称号"]`, "list_heading_twice"}, {`"basis": "`, `"basics": "`, "unknown field"},
		{`{"field":"ENDDATE"}`, `{"field":"END"}`, "list_no_field"}, {`"codes":["国家级","省级","市级","县级","其他"],`, ``, "list_codes"},
	} {
		broken := strings.Replace(string(raw), tt.old, tt.new, 1)
		if broken == string(raw) {
			t.Fatalf("%s is not there", tt.old)
		}
		if _, err := catalog.Parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s for %s: %v", tt.new, tt.old, err)
		}
	}
}

func TestTheExampleOfEveryKindIsWithoutFault(t *testing.T) {
	for _, k := range catalog.All() {
		clean, problems := k.Check(k.Example(), today)
		if len(problems) > 0 {
			t.Errorf("%s: %s", k.Name, said(problems))
		}
		on, from, _ := k.Days(clean)
		if on == 0 || from == 0 || k.SourceKey(clean, "s") == "" {
			t.Errorf("%s has no day: %v", k.Name, clean)
		}
	}
}

// example returns the rows of a kind's example.
func example(k catalog.Kind) func() map[string]string {
	return func() map[string]string { return maps.Clone(k.Example()) }
}

func TestRulesOfLicences(t *testing.T) {
	person := map[string]string{"XK_XDR_LB": "自然人", "XK_XDR_SHXYM": "", "XK_FRDB": "", "XK_XDR_MC": "王五", "XK_XDR_ZJLX": "身份证", "XK_XDR_ZJHM": "11010519491231002X"}
	k := kind(t, "licence")
	try(t, k, example(k), []tested{
		{"R01 an organisation has a code", map[string]string{"XK_XDR_SHXYM": ""}, "XK_XDR_SHXYM:code_needed"},
		{"R02 the code fits", map[string]string{"XK_XDR_SHXYM": "92340825MA2X0006X0"}, "(XK_XDR_LB:party_kind_code)"},
		{"R03 no code yet", map[string]string{"XK_XDR_LB": "个体工商户", "XK_XDR_SHXYM": "00000000000000000X"}, "(XK_XDR_SHXYM:no_code_yet)"},
		{"R04 a person", person, ""},
		{"R05 a representative", map[string]string{"XK_FRDB": ""}, "(XK_FRDB:representative_missing)"},
		{"R06 a trial", map[string]string{"XK_XDR_MC": "测试公司"}, "XK_XDR_MC:trial"},
		{"R06 the authority itself", map[string]string{"XK_XDR_MC": "安庆市市场监督管理局"}, "XK_XDR_MC:name_is_authority"},
		{"R07 tomorrow", map[string]string{"XK_JDRQ": "2026-10-13", "XK_YXQZ": "2026-10-13"}, "XK_JDRQ:future"},
		{"R07 valid backwards", map[string]string{"XK_YXQZ": "2031-03-05"}, "XK_YXQZI:dates_reversed"},
		{"R07 over already", map[string]string{"XK_YXQZI": "2026-10-11"}, "(XK_YXQZI:over)"},
		{"R07 today is not over", map[string]string{"XK_YXQZI": "2026-10-12"}, ""},
		{"R11 其他 is explained", map[string]string{"XK_XKLB": "其他"}, "XK_XKLB:other_unexplained"},
		{"R11 and then taken", map[string]string{"XK_XKLB": "其他-备案"}, ""},
		{"R11 an unknown kind", map[string]string{"XK_XKLB": "口头"}, "XK_XKLB:unknown_kind_of"},
		{"R12 the licence's number will do", map[string]string{"XK_WSH": ""}, "(XK_WSH:number_of_licence)"},
		{"R12 but one there must be", map[string]string{"XK_WSH": "", "XK_XKBH": ""}, "XK_WSH:missing"},
		{"R14 an authority's code", map[string]string{"XK_XKJGDM": "91340800MA2X00019Q"}, "(XK_XKJGDM:authority_code)"},
		{"2015 revoked", map[string]string{"XK_ZT": "-", "XK_ZT15": "1"}, ""},
		{"2015 other", map[string]string{"XK_ZT": "-", "XK_ZT15": "3"}, "(XK_ZT:state_unclear)"},
	})
	for state, want := range map[string]string{"0": "1", "1": "2", "2": "1", "3": ""} {
		row := k.Example()
		delete(row, "XK_ZT")
		row["XK_ZT15"] = state
		if clean, _ := k.Check(row, today); clean["XK_ZT"] != want || clean["XK_ZT15"] != "" {
			t.Errorf("state %s of 2015 is %q", state, clean["XK_ZT"])
		}
	}
}

func TestMoreRulesOfPenalties(t *testing.T) {
	summary := func(more ...string) map[string]string {
		out := map[string]string{"CF_AJCX": "01", "CF_CFLB": "罚款", "CF_NR_ZKDX": ""}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	person := []string{"CF_XDR_LB", "自然人", "CF_XDR_SHXYM", "", "CF_XDR_MC", "王五", "CF_XDR_ZJLX", "身份证", "CF_XDR_ZJHM", "11010519491231002X"}
	try(t, kind(t, "penalty"), decision, []tested{
		{"R13 an organisation, at the limit", summary("CF_NR_FK", "0.3"), ""},
		{"R13 beyond it", summary("CF_NR_FK", "0.300001"), "(CF_NR_FK:fine_beyond_summary)"},
		{"R13 a person, at the limit", summary(append(person, "CF_NR_FK", "0.02")...), ""},
		{"R13 a person beyond it", summary(append(person, "CF_NR_FK", "0.03")...), "(CF_NR_FK:fine_beyond_summary)"},
		{"R13 the law before 2021-07-15", summary("CF_NR_FK", "0.11", "CF_JDRQ", "2021-07-14"), "(CF_NR_FK:fine_beyond_summary)"},
		{"R13 and from that day on", summary("CF_NR_FK", "0.11", "CF_JDRQ", "2021-07-15"), ""},
		{"R13 the ordinary procedure", summary("CF_AJCX", "一般程序", "CF_NR_FK", "30"), ""},
		{"R14 an enterprise decides nothing", map[string]string{"CF_CFJGDM": "91340800MA2X00019Q"}, "(CF_CFJGDM:authority_code)"},
		{"revoked", map[string]string{"CF_ZT": "1"}, "CF_ZT:decision_revoked"},
		{"disputed is not revoked", map[string]string{"CF_ZT": "2"}, ""},
	})
	row := decision()
	row["CF_CFLB"], row["CF_CFLB2"] = "罚款", "吊销许可证"
	if clean, problems := kind(t, "penalty").Check(row, today); clean["CF_CFLB"] != "罚款;吊销许可证件" || clean["CF_CFLB2"] != "" {
		t.Errorf("two kinds of the 2015 edition: %v, %v", clean, problems)
	}
}

func TestRulesOfTheOtherKinds(t *testing.T) {
	for _, tt := range []struct {
		kind string
		tested
	}{
		{"inspection-result", tested{"a result nobody knows", map[string]string{"INSRES": "很好"}, "INSRES:unknown_code"}},
		{"inspection-result", tested{"a number means different things", map[string]string{"INSRES": "2"}, "INSRES:unknown_code"}},
		{"inspection-result", tested{"tomorrow", map[string]string{"INSDATE": "2026-10-13"}, "INSDATE:future"}},
		{"inspection-result", tested{"nobody", map[string]string{"UNISCID": ""}, "UNISCID:no_code"}},
		{"inspection-result", tested{"an old number", map[string]string{"UNISCID": "340800000000010"}, "(UNISCID:old_number)"}},
		{"honour", tested{"ended without a reason", map[string]string{"ENDDATE": "2026-09-01"}, "ENDREASON:missing_with"}},
		{"honour", tested{"ended with one", map[string]string{"ENDDATE": "2026-09-01", "ENDREASON": "质量事故"}, ""}},
		{"honour", tested{"over before it began", map[string]string{"VALTO": "2026-03-04"}, "VALTO:dates_reversed"}},
		{"sampling", tested{"what failed", map[string]string{"RESULT": "不合格"}, "(FAILITEMS:failed_items_missing)"}},
		{"sampling", tested{"named", map[string]string{"RESULT": "不合格", "FAILITEMS": "浮力"}, ""}},
		{"sampling", tested{"a trial", map[string]string{"ENTNAME": "测试"}, "ENTNAME:trial"}},
		{"quality-officer", tested{"trained with what result", map[string]string{"TRAINRES": ""}, "TRAINRES:missing_with"}},
		{"quality-officer", tested{"not trained yet", map[string]string{"TRAINRES": "", "TRAINED": ""}, ""}},
		{"complaint", tested{"closed before it came", map[string]string{"CLOSEDATE": "2026-03-04"}, "CLOSEDATE:dates_reversed"}},
	} {
		k := kind(t, tt.kind)
		try(t, k, example(k), []tested{tt.tested})
	}
}

func TestALateRowIsTakenAndCounted(t *testing.T) {
	for _, tt := range []struct {
		sent string
		days int
		late bool
	}{{"2026-03-05", 0, false}, {"2026-03-16", 7, false}, {"2026-03-17", 8, true}} {
		clean, _ := kind(t, "licence").Check(kind(t, "licence").Example(), today)
		days, late, ok, err := kind(t, "licence").Lag(clean, credit.MustDate(tt.sent), calendar.Builtin())
		if err != nil || !ok || days != tt.days || late != tt.late {
			t.Errorf("sent on %s: %d working days, late %v, %v %v", tt.sent, days, late, ok, err)
		}
	}
	if _, _, ok, _ := kind(t, "honour").Lag(map[string]string{"HONDATE": "2026-03-05"}, today, calendar.Builtin()); ok {
		t.Error("an honour has no such limit")
	}
}

func TestTheSixteenRulesAreInForce(t *testing.T) {
	had := map[string]bool{}
	for _, name := range []string{"licence", "penalty"} {
		for _, r := range kind(t, name).Entry().Rules {
			had[r.Rule[:min(3, len(r.Rule))]] = true
		}
	}
	for n := 1; n <= 16; n++ {
		if name := fmt.Sprintf("R%02d", n); !had[name] {
			t.Errorf("%s is in no standard", name)
		}
	}
}
