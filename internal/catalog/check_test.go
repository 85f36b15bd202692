package catalog_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/catalog"
)

// decision is a penalty without fault.
func decision() map[string]string {
	return map[string]string{
		"CF_XDR_MC": "安庆市迎江区长风锅炉厂", "CF_XDR_LB": "法人及非法人组织", "CF_XDR_SHXYM": "91340802MA2X00027G", "CF_FRDB": "张三",
		"CF_WSH": "宜市监罚〔2026〕12号", "CF_WFXW": "特种设备违法行为", "CF_SY": "使用未经检验的锅炉", "CF_YJ": "《特种设备安全法》第八十四条",
		"CF_CFLB": "罚款;吊销许可证件", "CF_NR": "罚款30000元,吊销许可证", "CF_NR_FK": "3", "CF_NR_ZKDX": "特种设备生产许可证 TS2034001", "CF_JDRQ": "2026/3/5",
		"CF_YXQ": "2099/12/31", "CF_CFJG": "安庆市市场监督管理局", "CF_CFJGDM": "11340800003X00081J", "CF_SJLY": "安庆市市场监督管理局", "CF_SJLYDM": "11340800003X00081J",
	}
}

func registration() map[string]string {
	return map[string]string{
		"UNISCID": "91340882MA2X00051W", "ENTNAME": "潜山县天柱茶业有限公司", "ENTTYPE": "有限责任公司", "LEREP": "李四", "REGCAP": "100", "ESTDATE": "2015-06-01",
		"REGORG": "SCJG", "REGSTATE": "存续", "APPRDATE": "2020-01-02", "OPSCOPE": "茶叶种植、加工", "INDUSTRY": "C153",
	}
}

func annualReport() map[string]string {
	return map[string]string{"UNISCID": "91340800MA2X00019Q", "ENTNAME": "安庆市长江船舶有限公司", "ANCHEYEAR": "2025", "ANCHEDATE": "2026-06-30", "BUSST": "1", "TEL": "13800000000"}
}

// said lists the problems as field:code, warnings in brackets.
func said(problems []catalog.Problem) string {
	var out []string
	for _, p := range problems {
		_, code, _ := strings.Cut(p.Code, ".")
		s := p.Field + ":" + code
		if p.Warning {
			s = "(" + s + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// tested is a row that differs from a good one, and what must be said about it.
type tested struct {
	name   string
	change map[string]string // "-" takes the column away
	want   string
}

func try(t *testing.T, k catalog.Kind, good func() map[string]string, tests []tested) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := good()
			for code, v := range tt.change {
				if row[code] = v; v == "-" {
					delete(row, code)
				}
			}
			clean, problems := k.Check(row, today)
			if got := said(problems); got != tt.want {
				t.Errorf("got %s, want %s\n%v", got, tt.want, problems)
			}
			for code, v := range clean {
				if v == "" {
					t.Errorf("%s is empty in the clean row", code)
				}
			}
		})
	}
}

func TestRulesOfPenalties(t *testing.T) {
	person := map[string]string{"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": "", "CF_FRDB": "", "CF_XDR_MC": "王五", "CF_XDR_ZJLX": "身份证", "CF_XDR_ZJHM": "11010519491231002X"}
	with := func(of map[string]string, more ...string) map[string]string {
		out := maps.Clone(of)
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	try(t, kind(t, "penalty"), decision, []tested{
		{"nothing is wrong", nil, ""},
		{"R01 an organisation has a code", map[string]string{"CF_XDR_SHXYM": ""}, "CF_XDR_SHXYM:code_needed"},
		{"R01 no column for it", map[string]string{"CF_XDR_SHXYM": "-"}, "CF_XDR_SHXYM:code_needed"},
		{"R01 a placeholder is none", map[string]string{"CF_XDR_SHXYM": "00000000000000000X"}, "CF_XDR_SHXYM:code_needed"},
		{"R01 the code is checked", map[string]string{"CF_XDR_SHXYM": "91340802MA2X00027H"}, "CF_XDR_SHXYM:uscc_check"},
		{"R01 another number will do", map[string]string{"CF_XDR_SHXYM": "", "CF_XDR_GSZC": "340800000000010"}, "(CF_XDR_SHXYM:code_missing)"},
		{"an old number in the code's column", map[string]string{"CF_XDR_SHXYM": "340800000000010"}, "(CF_XDR_SHXYM:old_number)"},
		{"a masked code is kept, for nobody", map[string]string{"CF_XDR_SHXYM": "913408******00027G"}, ""},
		{"a code that a spreadsheet spoiled", map[string]string{"CF_XDR_SHXYM": "9.13408E+17"}, "CF_XDR_SHXYM:spoiled_number"},
		{"R02 the code of an individual business", map[string]string{"CF_XDR_SHXYM": "92340825MA2X0006X0"}, "(CF_XDR_LB:party_kind_code)"},
		{"R02 an individual business with an enterprise's code", map[string]string{"CF_XDR_LB": "个体工商户"}, "(CF_XDR_LB:party_kind_code)"},
		{"R03 an individual business without code says so", map[string]string{"CF_XDR_LB": "个体户", "CF_XDR_SHXYM": "00000000000000000X"}, "(CF_XDR_SHXYM:no_code_yet)"},
		{"R03 or is refused", map[string]string{"CF_XDR_LB": "个体工商户", "CF_XDR_SHXYM": ""}, "CF_XDR_SHXYM:individual_code_needed"},
		{"the kind of party is derived", map[string]string{"CF_XDR_LB": ""}, "(CF_XDR_LB:party_kind_derived)"},
		{"an unknown kind of party", map[string]string{"CF_XDR_LB": "其他"}, "CF_XDR_LB:unknown_code"},
		{"R04 a person", person, ""},
		{"R04 a person has no code", with(person, "CF_XDR_SHXYM", "91340802MA2X00027G"), "CF_XDR_SHXYM:person_with_code"},
		{"R04 a person has a number", with(person, "CF_XDR_ZJHM", ""), "CF_XDR_ZJHM:person_number_needed"},
		{"R04 a valid one", with(person, "CF_XDR_ZJHM", "110105194912310021"), "CF_XDR_ZJHM:citizen_check"},
		{"a passport is not checked", with(person, "CF_XDR_ZJLX", "护照号", "CF_XDR_ZJHM", "E12345678"), ""},
		{"R05 a representative", map[string]string{"CF_FRDB": "无"}, "(CF_FRDB:representative_missing)"},
		{"R05 a number without its kind", map[string]string{"CF_FR_ZJHM": "11010519491231002X"}, "(CF_FR_ZJLX:certificate_kind_missing)"},
		{"R06 a trial", map[string]string{"CF_XDR_MC": "测试公司"}, "CF_XDR_MC:trial"},
		{"R06 a real name may hold 测试", map[string]string{"CF_XDR_MC": "安庆市华测测试技术有限公司"}, ""},
		{"R06 too short for an organisation", map[string]string{"CF_XDR_MC": "锅炉厂"}, "CF_XDR_MC:name_short"},
		{"R06 the authority itself", map[string]string{"CF_XDR_MC": "安庆市 市场监督管理局"}, "CF_XDR_MC:name_is_authority"},
		{"R06 a web page's code", map[string]string{"CF_XDR_MC": "长风<br/>锅炉厂"}, "CF_XDR_MC:markup"},
		{"R07 tomorrow", map[string]string{"CF_JDRQ": "2026-10-13"}, "CF_JDRQ:future"},
		{"R07 served before it was decided", map[string]string{"CF_SDRQ": "2026-03-04"}, "CF_SDRQ:dates_reversed"},
		{"R07 ended before it was decided", map[string]string{"CF_YXQ": "2026-03-04"}, "CF_YXQ:dates_reversed"},
		{"R08 a fine has an amount", map[string]string{"CF_NR_FK": ""}, "CF_NR_FK:fine_missing"},
		{"R08 above zero", map[string]string{"CF_NR_FK": "0"}, "CF_NR_FK:fine_missing"},
		{"R08 an amount is named", map[string]string{"CF_CFLB": "吊销许可证件"}, "CF_CFLB:fine_not_named"},
		{"R08 one word about a bad amount", map[string]string{"CF_NR_FK": "若干"}, "CF_NR_FK:bad_amount"},
		{"a fine in dollars", map[string]string{"CF_NR_FK": "3万美元"}, "CF_NR_FK:foreign_currency"},
		{"R09 a confiscation has an amount", map[string]string{"CF_CFLB": "罚款;没收违法所得;吊销许可证件"}, "(CF_NR_WFFF:confiscation_missing)"},
		{"R09 which may be zero", map[string]string{"CF_CFLB": "罚款;没收违法所得;吊销许可证件", "CF_NR_WFFF": "0"}, ""},
		{"R10 which licence", map[string]string{"CF_NR_ZKDX": "无"}, "(CF_NR_ZKDX:licence_missing)"},
		{"R11 其他 is explained", map[string]string{"CF_CFLB": "罚款;其他"}, "CF_CFLB:other_unexplained"},
		{"an unknown kind of penalty", map[string]string{"CF_CFLB": "罚款;口头批评"}, "CF_CFLB:unknown_penalty"},
		{"a point of the law copied whole", map[string]string{"CF_CFLB": "罚款；暂扣许可证件、降低资质等级、吊销许可证件"}, "CF_CFLB:penalty_group"},
		{"R16 shown too long", map[string]string{"CF_GSJZQ": "2029-03-06"}, "CF_GSJZQ:shown_too_long"},
		{"R16 the longest term", map[string]string{"CF_GSJZQ": "2029-03-05"}, ""},
		{"mandatory", map[string]string{"CF_WSH": " ", "CF_YJ": "NULL"}, "CF_WSH:missing CF_YJ:missing"},
		{"expected", map[string]string{"CF_WFXW": "", "CF_CFJG": "-"}, "(CF_WFXW:expected)"},
		{"the case's title for the facts", map[string]string{"CF_SY": "", "CF_AJMC": "使用未经检验的锅炉案"}, "(CF_SY:facts_from_title)"},
		{"an authority's bad code", map[string]string{"CF_CFJGDM": "11340800003X00081K"}, "(CF_CFJGDM:uscc_check)"},
		{"NUL", map[string]string{"CF_SY": "使用\x00锅炉"}, "CF_SY:damaged"},
		{"not UTF-8", map[string]string{"CF_XDR_MC": "\xb0\xb2\xc7\xec"}, "CF_XDR_MC:damaged"},
		{"a control character", map[string]string{"CF_SY": "使用\x0b锅炉"}, "(CF_SY:control_characters)"},
		{"too long", map[string]string{"CF_XDR_MC": strings.Repeat("锅", 201)}, "CF_XDR_MC:too_long"},
		{"just not too long", map[string]string{"CF_XDR_MC": strings.Repeat("锅", 200)}, ""},
		{"no field of ours", map[string]string{"CF_NEU": "x"}, "(CF_NEU:unknown_field)"},
	})
}

func TestRulesOfRegistrations(t *testing.T) {
	try(t, kind(t, "enterprise"), registration, []tested{
		{"nothing is wrong", nil, ""},
		{"only an old number", map[string]string{"UNISCID": "", "REGNO": "340800000000010"}, ""},
		{"an old number in the code's column", map[string]string{"UNISCID": "340800000000010"}, "(UNISCID:old_number)"},
		{"an old number that fails its check", map[string]string{"REGNO": "340800000000011"}, "(REGNO:regno_check)"},
		{"nobody", map[string]string{"UNISCID": "无"}, "UNISCID:no_code"},
		{"a masked code registers nobody", map[string]string{"UNISCID": "913408******00027G"}, "UNISCID:no_code"},
		{"a bad code", map[string]string{"UNISCID": "91340882MA2X000511"}, "UNISCID:uscc_check"},
		{"no name", map[string]string{"ENTNAME": "N/A"}, "ENTNAME:missing"},
		{"the state in words", map[string]string{"REGSTATE": "存续（在营、开业、在册）"}, ""},
		{"the state in letters", map[string]string{"REGSTATE": "k"}, ""},
		{"no column for the state", map[string]string{"REGSTATE": "-"}, ""},
		{"no state", map[string]string{"REGSTATE": ""}, "(REGSTATE:state_assumed)"},
		{"an unknown state", map[string]string{"REGSTATE": "休眠"}, "REGSTATE:unknown_code"},
		{"ended without a day", map[string]string{"REGSTATE": "已注销"}, "(ENDDATE:end_missing)"},
		{"ended", map[string]string{"REGSTATE": "注销", "ENDDATE": "2025-01-01"}, ""},
		{"ended before it began", map[string]string{"REGSTATE": "注销", "ENDDATE": "2015-05-31"}, "ENDDATE:dates_reversed"},
		{"ended and alive", map[string]string{"ENDDATE": "2025-01-01"}, "(REGSTATE:ended_but_active)"},
		{"not yet registered", map[string]string{"ESTDATE": "2026-10-13", "APPRDATE": ""}, "ESTDATE:future"},
		{"no day", map[string]string{"ESTDATE": ""}, "(ESTDATE:expected)"},
		{"capital in dollars", map[string]string{"REGCAP": "50(万美元)"}, ""},
		{"capital that is none", map[string]string{"REGCAP": "若干"}, "(REGCAP:bad_amount)"},
		{"a division that is none", map[string]string{"DIVISION": "安庆"}, "(DIVISION:bad_division)"},
		{"a division that was renamed", map[string]string{"DIVISION": "340824"}, "(DIVISION:division_renamed)"},
	})
}

func TestRulesOfAnnualReports(t *testing.T) {
	try(t, kind(t, "annual-report"), annualReport, []tested{
		{"nothing is wrong", nil, ""},
		{"no year", map[string]string{"ANCHEYEAR": ""}, "ANCHEYEAR:missing"},
		{"a year in words", map[string]string{"ANCHEYEAR": "二五"}, "ANCHEYEAR:bad_number"},
		{"before there were any", map[string]string{"ANCHEYEAR": "2012"}, "ANCHEYEAR:report_too_old"},
		{"before the year was over", map[string]string{"ANCHEYEAR": "2026"}, "ANCHEYEAR:report_too_early"},
		{"tomorrow", map[string]string{"ANCHEDATE": "2026-10-13"}, "ANCHEDATE:future"},
		{"nobody", map[string]string{"UNISCID": ""}, "UNISCID:no_code"},
		{"a state nobody knows", map[string]string{"BUSST": "忙"}, "(BUSST:unknown_code)"},
		{"staff in words", map[string]string{"EMPNUM": "很多"}, "(EMPNUM:bad_number)"},
	})
}

func TestWhatARegistrationLeavesOutIsDerived(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string
		field  string
		want   string
	}{
		{"the division from the code, in its name of today", map[string]string{"UNISCID": "91340824MA2X00051W"}, "DIVISION", "340882"},
		{"枞阳 went to 铜陵", map[string]string{"UNISCID": "", "REGNO": "340823000000014"}, "DIVISION", "340722"},
		{"a division elsewhere stays", map[string]string{"UNISCID": "91350100M000100Y43"}, "DIVISION", "350100"},
		{"what is stated wins", map[string]string{"DIVISION": "340802000000"}, "DIVISION", "340802"},
		{"an individual business by its code", map[string]string{"UNISCID": "92340825MA2X0006X0", "ENTTYPE": ""}, "SUBJKIND", "individual"},
		{"a cooperative by its type", map[string]string{"ENTTYPE": "农民专业合作社"}, "SUBJKIND", "cooperative"},
		{"a branch by its name", map[string]string{"ENTNAME": "安徽天柱茶业有限公司安庆分公司", "ENTTYPE": ""}, "SUBJKIND", "branch"},
		{"an individual business by its old number", map[string]string{"UNISCID": "", "REGNO": "340800600000027", "ENTTYPE": ""}, "SUBJKIND", "individual"},
		{"the kind in words", map[string]string{"SUBJKIND": "合作社"}, "SUBJKIND", "cooperative"},
		{"the state", map[string]string{"REGSTATE": "吊销，未注销", "ENDDATE": "2025-01-01"}, "REGSTATE", "revoked"},
		{"capital", nil, "REGCAP", "100000000fen"},
		{"capital in another currency is kept as stated", map[string]string{"REGCAP": "50(万美元)"}, "REGCAPTEXT", "50(万美元)"},
		{"the authority's name is no code", map[string]string{"REGORG": "安庆市市场监督管理局"}, "REGORGNAME", "安庆市市场监督管理局"},
		{"a code in small letters", map[string]string{"REGORG": "scjg-340881"}, "REGORG", "SCJG-340881"},
		{"a station's code", map[string]string{"STATION": " st-340802-1"}, "STATION", "ST-340802-1"},
		{"a station's name", map[string]string{"STATION": "人民路市场监管所"}, "STATION", "人民路市场监管所"},
		{"a tax number", map[string]string{"TAXNO": "340800-ma2x00019"}, "TAXNO", "340800MA2X00019"},
		{"a person's number is no tax number", map[string]string{"TAXNO": "11010519491231002X"}, "TAXNO", ""},
		{"blanks in a name", map[string]string{"ENTNAME": " \u3000天柱茶业\t有限公司\u200b "}, "ENTNAME", "天柱茶业 有限公司"},
	}
	k := kind(t, "enterprise")
	for _, tt := range tests {
		row := registration()
		maps.Copy(row, tt.change)
		if clean, problems := k.Check(row, today); clean[tt.field] != tt.want {
			t.Errorf("%s: got %q, want %q; %v", tt.name, clean[tt.field], tt.want, problems)
		}
	}
}

func TestADivisionHasItsNameOfTheDay(t *testing.T) {
	row := registration()
	row["UNISCID"], row["ESTDATE"], row["APPRDATE"] = "91340824MA2X00051W", "2015-06-01", ""
	before, _ := kind(t, "enterprise").Check(row, today.AddYears(-9))
	if before["DIVISION"] != "340824" {
		t.Errorf("in 2017: %s", before["DIVISION"])
	}
}

func TestTheSenderIsTheAuthorityWhereNoneIsNamed(t *testing.T) {
	k := kind(t, "enterprise")
	for _, tt := range []struct{ stated, want string }{{"", "SCJG-340881"}, {"桐城市市场监督管理局", "SCJG-340881"}, {"SCJG", "SCJG"}} {
		row := registration()
		row["REGORG"] = tt.stated
		clean, _ := k.Check(row, today)
		if k.Complete(clean, "SCJG-340881"); clean["REGORG"] != tt.want {
			t.Errorf("%q: got %s", tt.stated, clean["REGORG"])
		}
	}
}

func TestKindsOfPenaltyAreReadInAnySpellingAndOrder(t *testing.T) {
	tests := []struct{ in, want string }{
		{"罚款;没收违法所得", "罚款;没收违法所得"}, {"没收违法所得、罚款", "罚款;没收违法所得"}, {"没收非法财物；警告, 罚款", "警告;罚款;没收非法财物"},
		{"罚款;罚款", "罚款"}, {"罚款，吊销许可证", "罚款;吊销许可证件"}, {"罚款；吊销营业执照", "罚款;吊销营业执照"}, {"罚款;暂扣或者吊销许可证", "罚款;暂扣或者吊销许可证"},
		{"其他-通报批评;罚款", "通报批评;罚款"}, {"罚款;其他：责令改正", "罚款;其他-责令改正"}, {"其他-责令改正、限期整改；罚款", "罚款;其他-责令改正和限期整改"},
		{"罚款\n警告", "警告;罚款"}, {"其他（责令关闭）；罚款", "罚款;责令关闭"}, {"罚款。", "罚款"},
	}
	for _, tt := range tests {
		row := decision()
		row["CF_CFLB"] = tt.in
		if clean, problems := kind(t, "penalty").Check(row, today); clean["CF_CFLB"] != tt.want {
			t.Errorf("%q: got %q, want %q; %v", tt.in, clean["CF_CFLB"], tt.want, problems)
		}
	}
}

func TestAPersonsNumberIsNeverRepeated(t *testing.T) {
	row := decision()
	maps.Copy(row, map[string]string{"CF_FR_ZJLX": "身份证", "CF_FR_ZJHM": "110105194912310021", "CF_XDR_LB": "自然人", "CF_XDR_ZJHM": "110105194912310021"})
	_, problems := kind(t, "penalty").Check(row, today)
	if len(problems) == 0 || strings.Contains(fmt.Sprint(problems), "1949") {
		t.Errorf("said: %v", problems)
	}
}

func TestNumbersOfPersonsArePersonal(t *testing.T) {
	for _, k := range catalog.All() {
		for _, f := range k.Fields {
			personal := strings.HasSuffix(f.Code, "ZJHM") || slices.Contains([]string{"TEL", "EMAIL"}, f.Code)
			if personal != (f.Class == catalog.Personal) {
				t.Errorf("%s of %s is %s", f.Code, k.Name, f.Class)
			}
		}
	}
}

func TestTheSameDecisionHasOneKey(t *testing.T) {
	k := kind(t, "penalty")
	key := func(change ...string) string {
		row := decision()
		for i := 0; i < len(change); i += 2 {
			row[change[i]] = change[i+1]
		}
		clean, _ := k.Check(row, today)
		return k.SourceKey(clean, "party")
	}
	same := key()
	for _, no := range []string{"宜市监罚【2026】12号", "宜市监罚[2026] 12 号", "宜市监罚（2026）12号", "宜市监罚〔２０２６〕12号", "宜市监罚〔2026〕12号\n"} {
		if got := key("CF_WSH", no); got != same {
			t.Errorf("%q: got %s, want %s", no, got, same)
		}
	}
	if key("CF_NR", "改正后的内容", "CF_JDRQ", "20260306", "CF_CFJGDM", "", "CF_XDR_SHXYM", "", "CF_XDR_GSZC", "340800000012346") != same {
		t.Error("a corrected decision has another key")
	}
	if key("CF_WSH", "宜市监罚〔2026〕112号") == same {
		t.Error("another decision has the same key")
	}
	clean, _ := k.Check(decision(), today)
	if k.SourceKey(clean, "another party") == same {
		t.Error("a decision that punishes two is one fact")
	}
}

func TestDaysOfARow(t *testing.T) {
	row := decision()
	row["CF_SDRQ"] = "2026-03-09"
	k := kind(t, "penalty")
	clean, _ := k.Check(row, today)
	if on, from, until := k.Days(clean); on.String() != "2026-03-05" || from.String() != "2026-03-09" || until != 0 {
		t.Errorf("a penalty: %s, %s, %s", on, from, until)
	}
	k = kind(t, "enterprise")
	clean, _ = k.Check(registration(), today)
	if on, from, until := k.Days(clean); on.String() != "2020-01-02" || from.String() != "2015-06-01" || until != 0 {
		t.Errorf("a registration: %s, %s, %s", on, from, until)
	}
}

// TestACleanRowIsClean holds so that a row that was kept can be checked again, and a spreadsheet that was written from records
// can be sent back.
func TestACleanRowIsClean(t *testing.T) {
	goods := map[string]func() map[string]string{"penalty": decision, "enterprise": registration, "annual-report": annualReport}
	junk := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "-", "无", "N/A", "2019/9/5", "43713", "4E-05", "50万美元", "1,200(万元)", "00000000000000000X", "340800000000010",
		"92340825MA2X0006X0", "913408******00027G", "其他-责令改正、整改", "罚款", "个体户", "自然人", "存续", "注销", "１２３", "<b>", "安庆\u200b市\r\n", "长期", "340824", "scjg"}))
	for _, k := range catalog.All() {
		t.Run(k.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				row := k.Example()
				if good := goods[k.Name]; good != nil {
					row = good()
				}
				for range rapid.IntRange(0, 4).Draw(t, "changes") {
					row[k.Fields[rapid.IntRange(0, len(k.Fields)-1).Draw(t, "field")].Code] = junk.Draw(t, "value")
				}
				clean, problems := k.Check(row, today)
				if catalog.Bad(problems) {
					return
				}
				again, more := k.Check(clean, today)
				if !maps.Equal(clean, again) {
					t.Fatalf("%v\nis %v\nand that is %v", row, clean, again)
				}
				if catalog.Bad(more) {
					t.Fatalf("%v is accepted, but its clean form is not: %v", row, more)
				}
				if k.SourceKey(clean, "s") != k.SourceKey(again, "s") {
					t.Fatalf("the key moves: %s, %s", k.SourceKey(clean, "s"), k.SourceKey(again, "s"))
				}
			})
		})
	}
}

func BenchmarkCheckPenalty(b *testing.B) {
	k, row := kind(b, "penalty"), decision()
	for b.Loop() {
		k.Check(row, today)
	}
}
