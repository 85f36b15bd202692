package catalog

import (
	"regexp"
	"strings"

	"zhixin/internal/credit"
)

// enterprise is the registration record, with the field names of the national publicity system.
var enterprise = Kind{
	Name: "enterprise", Title: "市场主体登记信息", English: "Registrations", Regulators: true,
	columns: [][]string{{"UNISCID", "REGNO"}, {"ENTNAME"}},
	rules:   registration,
	Fields: []Field{
		{Code: "UNISCID", Name: "统一社会信用代码", English: "Unified social credit identifier", Type: Code, Length: 30, Class: Public,
			Aliases: []string{"uscc", "信用代码", "社会信用代码", "统一代码", "统一社会信用代码/注册号", "creditcode", "SHXYM"}},
		{Code: "ENTNAME", Name: "企业名称", English: "Name", Type: Text, Length: 200, Mandatory: true, Class: Public,
			Aliases: []string{"name", "名称", "市场主体名称", "单位名称", "主体名称", "字号名称", "经营主体名称", "企业（机构）名称"}},
		{Code: "REGNO", Name: "注册号", English: "Registration number (before 2015)", Type: Code, Length: 50, Class: Public, check: credit.CheckRegNo, soft: true,
			Aliases: []string{"工商注册号", "营业执照注册号", "reg_no", "登记证号"}},
		{Code: "ENTTYPE", Name: "企业类型", English: "Type", Type: Text, Length: 100, Class: Public,
			Aliases: []string{"type", "类型", "市场主体类型", "主体类型", "企业（机构）类型", "公司类型", "经济性质"}},
		{Code: "LEREP", Name: "法定代表人", English: "Legal representative", Type: Text, Length: 100, Class: Public,
			Aliases: []string{"法定代表人姓名", "法人代表", "法人", "负责人", "经营者", "投资人", "法定代表人（负责人）", "法定代表人/负责人", "执行事务合伙人"}},
		{Code: "REGCAP", Name: "注册资本", English: "Registered capital (10,000 yuan)", Type: Wan, Length: 80, Class: Public, soft: true,
			Aliases: []string{"capital", "注册资本（万元）", "注册资金", "注册资金（万元）", "出资额", "成员出资总额", "资金数额", "注册资本（金）"}},
		{Code: "REGCAPTEXT", Name: "注册资本（外币）", English: "Registered capital in another currency", Type: Text, Length: 80, Class: Public},
		{Code: "ESTDATE", Name: "成立日期", English: "Registered on", Type: Date, Length: 60, Class: Public, Expected: true,
			Aliases: []string{"reg_date", "注册日期", "登记日期", "成立时间", "设立日期", "注册时间", "开业日期"}},
		{Code: "REGORG", Name: "登记机关", English: "Registering authority", Type: Text, Length: 100, Class: Internal,
			Aliases: []string{"登记机关代码", "发照机关", "注册机关"}},
		{Code: "REGORGNAME", Name: "登记机关名称", English: "Name of the registering authority", Type: Text, Length: 200, Class: Public},
		{Code: "DOM", Name: "住所", English: "Address", Type: Text, Length: 500, Class: Public,
			Aliases: []string{"address", "地址", "注册地址", "经营场所", "企业地址", "住所（经营场所）", "营业场所", "主要经营场所", "企业住所"}},
		{Code: "REGSTATE", Name: "登记状态", English: "State", Type: Choice, Length: 40, Class: Public, Expected: true,
			Codes:   []string{string(credit.Active), string(credit.Annulled), string(credit.Revoked), string(credit.Deregistered), string(credit.MovedOut)},
			Aliases: []string{"企业状态", "经营状态", "主体状态", "市场主体状态", "状态", "存续状态"}, words: states},
		{Code: "APPRDATE", Name: "核准日期", English: "Approved on", Type: Date, Length: 60, Class: Public,
			Aliases: []string{"发照日期", "核准时间", "最近核准日期"}},
		{Code: "OPSCOPE", Name: "经营范围", English: "Scope of business", Type: Text, Length: 8000, Class: Public,
			Aliases: []string{"scope", "业务范围", "经营（业务）范围", "主营范围"}},
		{Code: "INDUSTRY", Name: "行业代码", English: "Industry", Type: Code, Length: 10, Class: Public,
			Aliases: []string{"国民经济行业代码", "行业", "所属行业", "industryco", "行业类别"}},
		{Code: "DIVISION", Name: "行政区划", English: "Division", Type: Code, Length: 12, Class: Internal,
			Aliases: []string{"行政区划代码", "所属区划", "区划代码", "所在区划", "DFBM", "地方编码"}},
		{Code: "STATION", Name: "属地所", English: "Station", Type: Code, Length: 40, Class: Internal,
			Aliases: []string{"所属市场监管所", "监管所", "属地监管所", "市场监管所", "管辖单位"}},
		{Code: "OLDNAME", Name: "曾用名", English: "Former name", Type: Text, Length: 200, Class: Public,
			Aliases: []string{"曾用名称", "原名称", "变更前名称"}},
		{Code: "SUBJKIND", Name: "主体类别", English: "Kind of subject", Type: Choice, Length: 40, Class: Internal,
			Codes: []string{string(credit.Enterprise), string(credit.Individual), string(credit.Cooperative), string(credit.Branch), string(credit.OtherBody)},
			words: subjects},
		{Code: "ENDDATE", Name: "注销日期", English: "Ended on", Type: Date, Length: 60, Class: Public,
			Aliases: []string{"注吊销日期", "注销（吊销）日期", "吊销日期", "注销时间", "终止日期", "注销或吊销日期"}},
	},
}

// states are the spellings of the registration states: the letters of CA19 (handbook 1.7) and the words of feeds. 歇业 is a
// registered pause, the subject lives.
var states = map[string]string{
	"存续": "active", "A": "active", "B": "active", "K": "active", "Q": "active", "X": "active", "Z": "active", "开业": "active", "在业": "active", "在营": "active",
	"在册": "active", "正常": "active", "备案中": "active", "变更中": "active", "注销中": "active", "迁出中": "active", "歇业": "active",
	"存续(在营、开业、在册)": "active", "在营(开业)": "active", "在营(开业)企业": "active", "登记成立": "active", "正常经营": "active", "仍注册": "active",
	"撤销": "annulled", "撤消": "annulled", "C": "annulled", "撤销登记": "annulled", "已撤销": "annulled",
	"吊销": "revoked", "D": "revoked", "DA": "revoked", "吊销未注销": "revoked", "吊销,未注销": "revoked", "吊销企业": "revoked", "已吊销": "revoked", "已吊销企业备案中": "revoked",
	"注销": "deregistered", "XX": "deregistered", "DX": "deregistered", "已注销": "deregistered", "吊销已注销": "deregistered", "吊销,已注销": "deregistered", "注销企业": "deregistered",
	"迁出": "moved-out", "QX": "moved-out", "已迁出": "moved-out", "迁往市外": "moved-out",
}

// stateWords are the words in which files state the codes of [credit].
var stateWords = map[string]string{
	"active": "存续", "annulled": "撤销", "revoked": "吊销", "deregistered": "注销", "moved-out": "迁出",
	"enterprise": "企业", "individual": "个体工商户", "cooperative": "农民专业合作社", "branch": "分支机构", "other": "其他",
}

var subjects = map[string]string{
	"企业": "enterprise", "公司": "enterprise", "法人": "enterprise", "个体工商户": "individual", "个体": "individual", "个体户": "individual",
	"农民专业合作社": "cooperative", "合作社": "cooperative", "农民专业合作社(联合社)": "cooperative", "分支机构": "branch", "分公司": "branch",
	"其他": "other", "机关": "other", "事业单位": "other", "社会组织": "other",
}

// departmentCode is the form of a code of ours; what else stands under 登记机关 is a name.
var departmentCode = regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)

// registration holds the rules of a registration record. What it does not say is derived from what it does.
func registration(r *row) {
	r.party("UNISCID", "REGNO")
	r.name("ENTNAME", 2)
	if !r.has("UNISCID") && !r.has("REGNO") || credit.IsMasked(r.clean["UNISCID"]) {
		r.fail("UNISCID", "catalog.no_code")
	}
	r.past("ESTDATE", "APPRDATE", "ENDDATE")
	r.order("ESTDATE", "ENDDATE")
	r.order("ESTDATE", "APPRDATE")
	if org := r.clean["REGORG"]; org != "" && !departmentCode.MatchString(credit.NormalizeCode(org)) && !departmentCode.MatchString(strings.ToUpper(org)) {
		r.clean["REGORGNAME"] = org
		delete(r.clean, "REGORG")
	} else if org != "" {
		r.clean["REGORG"] = strings.ToUpper(strings.ReplaceAll(half(org), " ", ""))
	}
	r.state()
	r.division()
	if !r.has("SUBJKIND") {
		r.clean["SUBJKIND"] = string(kindOf(r.clean))
	}
}

func (r *row) state() {
	if !r.has("REGSTATE") && !r.failed["REGSTATE"] {
		if _, column := r.given["REGSTATE"]; column {
			r.warn("REGSTATE", "catalog.state_assumed")
		}
		r.clean["REGSTATE"] = string(credit.Active)
	}
	switch ended := r.clean["REGSTATE"] != string(credit.Active); {
	case r.failed["REGSTATE"]:
	case ended && !r.has("ENDDATE"):
		r.warn("ENDDATE", "catalog.end_missing")
	case !ended && r.has("ENDDATE"):
		r.warn("REGSTATE", "catalog.ended_but_active", r.clean["ENDDATE"])
	}
}

// kindOf tells the kind of subject from its type, name and code.
func kindOf(clean map[string]string) credit.SubjectKind {
	typ, name := clean["ENTTYPE"], clean["ENTNAME"]
	for _, word := range []string{"分公司", "分支机构", "分厂", "办事处", "分社", "代表处", "代表机构"} {
		if strings.Contains(typ, word) || strings.HasSuffix(name, word) {
			return credit.Branch
		}
	}
	switch {
	case strings.Contains(typ, "个体"):
		return credit.Individual
	case strings.Contains(typ, "合作社"):
		return credit.Cooperative
	}
	if code, err := credit.ParseUSCC(clean["UNISCID"]); err == nil {
		return code.Kind()
	}
	if no := clean["REGNO"]; len(no) == 15 && no[6] >= '6' && no[6] <= '9' { // GS 15-2006: the sequence begins with 6 to 9
		return credit.Individual
	}
	return credit.Enterprise
}

// renamed are divisions that were replaced, with the first day of the new one (handbook 1.5): old codes of subjects and old
// files still carry them.
var renamed = map[string]struct {
	now  string
	from credit.Date
}{
	"340801": {"340800", credit.MustDate("1988-08-17")}, // 市辖区: a statistical part, the city itself
	"340821": {"340881", credit.MustDate("1996-08-20")}, // 桐城县 became 桐城市
	"340823": {"340722", credit.MustDate("2016-01-01")}, // 枞阳县 went to 铜陵
	"340824": {"340882", credit.MustDate("2018-07-02")}, // 潜山县 became 潜山市
}

// Division returns today's code of a division that had another one.
func Division(code string) string { return divisionOn(code, credit.MustDate(longTerm)) }

// divisionOn returns what a division is called on a day.
func divisionOn(code string, on credit.Date) string {
	if next, ok := renamed[code]; ok && on >= next.from {
		return next.now
	}
	return code
}

// division derives the division from the code where the file does not say it, and brings an old one up to date.
func (r *row) division() {
	stated := r.clean["DIVISION"]
	if len(stated) > 6 && strings.Trim(stated[6:], "0") == "" { // 340802000000, as statistics write it
		stated = stated[:6]
	}
	if stated != "" && (len(stated) != 6 || strings.Trim(stated, "0123456789") != "") {
		r.warn("DIVISION", "catalog.bad_division", r.clean["DIVISION"])
		stated = ""
	}
	from := stated
	if from == "" {
		if code, err := credit.ParseUSCC(r.clean["UNISCID"]); err == nil {
			from = code.Division()
		} else if no := r.clean["REGNO"]; len(no) >= 13 && strings.Trim(no[:6], "0123456789") == "" {
			from = no[:6]
		}
	}
	now := divisionOn(from, r.today)
	if stated != "" && now != stated {
		r.warn("DIVISION", "catalog.division_renamed", stated, now)
	}
	if now == "" {
		delete(r.clean, "DIVISION")
		return
	}
	r.clean["DIVISION"] = now
}
