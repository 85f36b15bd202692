package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
)

// The kinds of party 行政相对人类别.
const (
	Organisation   = "法人及非法人组织"
	NaturalPerson  = "自然人"
	IndividualShop = "个体工商户"
)

// penalty is the penalty record of the 2018 edition of 双公示 (发改办财金〔2018〕424号; handbook 2.3), with two local fields:
// 送达日期, from which a penalty binds, and 案件名称. The headings of the 2015 edition are aliases where they say what they
// mean: a bare 行政相对人代码_2 is not one, because the two editions mean different numbers by it.
var penalty = Kind{
	Name: "penalty", Title: "行政处罚信息", English: "Penalties",
	columns: [][]string{{"CF_XDR_MC"}, {"CF_XDR_SHXYM", "CF_XDR_GSZC", "CF_XDR_ZZJG", "CF_XDR_ZJHM"}, {"CF_WSH"}, {"CF_CFLB"}, {"CF_JDRQ"}},
	rules:   decision,
	Fields: []Field{
		{Code: "CF_XDR_MC", Name: "行政相对人名称", English: "Party", Type: Text, Length: 200, Mandatory: true, Class: Public,
			Aliases: []string{"CF_XDR", "party_name_as_listed", "当事人名称", "当事人", "相对人名称", "被处罚人", "被处罚单位", "企业名称"}},
		{Code: "CF_XDR_LB", Name: "行政相对人类别", English: "Kind of party", Type: Choice, Length: 16, Mandatory: true, Class: Public,
			Codes: []string{Organisation, NaturalPerson, IndividualShop}, Aliases: []string{"party_kind", "相对人类别"},
			words: map[string]string{"法人": Organisation, "法人及其他组织": Organisation, "非法人组织": Organisation, "企业": Organisation, "单位": Organisation,
				"个人": NaturalPerson, "公民": NaturalPerson, "个体": IndividualShop, "个体户": IndividualShop}},
		{Code: "CF_XDR_SHXYM", Name: "行政相对人代码_1（统一社会信用代码）", English: "Unified social credit identifier", Type: Code, Length: 30, Class: Public,
			Aliases: []string{"行政相对人代码_1", "统一社会信用代码", "信用代码", "uscc"}},
		{Code: "CF_XDR_GSZC", Name: "行政相对人代码_2（工商注册号）", English: "Registration number (before 2015)", Type: Code, Length: 50, Class: Public, check: credit.CheckRegNo, soft: true,
			Aliases: []string{"CF_XDR_GSDJ", "行政相对人代码_3（工商登记码）", "工商注册号", "工商登记码", "注册号", "reg_no"}},
		{Code: "CF_XDR_ZZJG", Name: "行政相对人代码_3（组织机构代码）", English: "Organisation code", Type: Code, Length: 12, Class: Public, check: credit.CheckOrgCode, soft: true,
			Aliases: []string{"CF_XDR_ZDM", "行政相对人代码_2（组织机构代码）", "组织机构代码"}},
		{Code: "CF_XDR_SWDJ", Name: "行政相对人代码_4（税务登记号）", English: "Tax number", Type: Code, Length: 20, Class: Internal, Aliases: []string{"税务登记号"}},
		{Code: "CF_XDR_SYDW", Name: "行政相对人代码_5（事业单位证书号）", English: "Certificate of an institution", Type: Code, Length: 12, Class: Public, Aliases: []string{"事业单位证书号"}},
		{Code: "CF_XDR_SHZZ", Name: "行政相对人代码_6（社会组织登记证号）", English: "Certificate of a social organisation", Type: Code, Length: 50, Class: Public, Aliases: []string{"社会组织登记证号"}},
		{Code: "CF_FRDB", Name: "法定代表人", English: "Legal representative", Type: Text, Length: 50, Class: Public,
			Aliases: []string{"CF_FR", "法定代表人姓名", "法定代表人（负责人）", "经营者", "负责人"}},
		{Code: "CF_FR_ZJLX", Name: "法定代表人证件类型", English: "Representative's kind of certificate", Type: Text, Length: 64, Class: Internal},
		{Code: "CF_FR_ZJHM", Name: "法定代表人证件号码", English: "Representative's certificate number", Type: Code, Length: 64, Class: Personal,
			Aliases: []string{"CF_FR_SFZH", "法定代表人身份证号", "法定代表人身份证号码"}},
		{Code: "CF_XDR_ZJLX", Name: "自然人证件类型", English: "Person's kind of certificate", Type: Text, Length: 64, Class: Internal, Aliases: []string{"证件类型"}},
		{Code: "CF_XDR_ZJHM", Name: "自然人证件号码", English: "Person's certificate number", Type: Code, Length: 64, Class: Personal,
			Aliases: []string{"CF_XDR_SFZ", "证件号码", "居民身份证号", "行政相对人代码_5（居民身份证号）", "身份证号"}},
		{Code: "CF_WSH", Name: "行政处罚决定书文号", English: "Number of the decision", Type: Text, Length: 128, Mandatory: true, Class: Public,
			Aliases: []string{"处罚决定书文号", "决定书文号", "文号", "处罚文号"}},
		{Code: "CF_WFXW", Name: "违法行为类型", English: "Kind of violation", Type: Text, Length: 2000, Expected: true, Class: Public, Aliases: []string{"violation_type", "案件类型"}},
		{Code: "CF_SY", Name: "违法事实", English: "Facts", Type: Text, Length: 5000, Mandatory: true, Class: Public, Aliases: []string{"处罚事由", "主要违法事实"}},
		{Code: "CF_YJ", Name: "处罚依据", English: "Legal basis", Type: Text, Length: 2048, Mandatory: true, Class: Public, Aliases: []string{"legal_basis", "行政处罚依据", "法律依据"}},
		{Code: "CF_CFLB", Name: "处罚类别", English: "Kinds of penalty", Type: Kinds, Length: 256, Mandatory: true, Class: Public, Codes: kindsOfLaw,
			Aliases: []string{"penalty_types", "CF_CFLB_TEXT", "CF_CFLB1", "处罚类别1", "处罚种类", "行政处罚种类", "处罚类型"}},
		{Code: "CF_NR", Name: "处罚内容", English: "Content", Type: Text, Length: 4000, Mandatory: true, Class: Public, Aliases: []string{"CF_JG", "处罚结果", "penalty_result", "行政处罚内容"}},
		{Code: "CF_NR_FK", Name: "罚款金额（万元）", English: "Fine (10,000 yuan)", Type: Wan, Length: 80, Class: Public,
			Aliases: []string{"罚款金额", "fine_wan_yuan", "罚款（万元）", "罚没金额（万元）"}},
		{Code: "CF_NR_WFFF", Name: "没收违法所得、没收非法财物的金额（万元）", English: "Confiscated (10,000 yuan)", Type: Wan, Length: 80, Class: Public,
			Aliases: []string{"没收违法所得、没收非法财物的金额", "confiscated_wan_yuan", "没收金额", "没收金额（万元）", "没收违法所得金额（万元）", "没收违法所得（万元）"}},
		{Code: "CF_NR_ZKDX", Name: "暂扣或吊销证照名称及编号", English: "Licence suspended or revoked", Type: Text, Length: 200, Class: Public, Aliases: []string{"暂扣或吊销证照名称", "吊销证照名称及编号"}},
		{Code: "CF_JDRQ", Name: "处罚决定日期", English: "Decided on", Type: Date, Length: 60, Mandatory: true, Class: Public,
			Aliases: []string{"decision_date", "决定日期", "处罚日期", "作出处罚决定日期", "行政处罚决定日期"}},
		{Code: "CF_YXQ", Name: "处罚有效期", English: "Holds until", Type: Date, Length: 60, Expected: true, Class: Public, Aliases: []string{"CF_JZRQ", "处罚截止日期"}},
		{Code: "CF_GSJZQ", Name: "公示截止期", English: "Shown until, as typed", Type: Date, Length: 60, Class: Internal, Aliases: []string{"公示截止日期", "公示期限"}},
		{Code: "CF_CFJG", Name: "处罚机关", English: "Authority", Type: Text, Length: 255, Expected: true, Class: Public, Aliases: []string{"CF_XZJG", "作出处罚决定机关", "决定机关", "行政处罚机关"}},
		{Code: "CF_CFJGDM", Name: "处罚机关统一社会信用代码", English: "Code of the authority", Type: Code, Length: 30, Expected: true, Class: Public, check: usccOnly, soft: true, Aliases: []string{"处罚机关代码"}},
		{Code: "CF_SJLY", Name: "数据来源单位", English: "Source", Type: Text, Length: 200, Expected: true, Class: Public},
		{Code: "CF_SJLYDM", Name: "数据来源单位统一社会信用代码", English: "Code of the source", Type: Code, Length: 30, Expected: true, Class: Public, check: usccOnly, soft: true},
		{Code: "BZ", Name: "备注", English: "Remark", Type: Text, Length: 512, Class: Internal},
		{Code: "CF_SDRQ", Name: "送达日期", English: "Served on", Type: Date, Length: 60, Class: Internal, Aliases: []string{"送达时间", "处罚决定书送达日期", "served_on"}},
		{Code: "CF_AJMC", Name: "案件名称", English: "Case", Type: Text, Length: 500, Class: Internal, Aliases: []string{"case_name", "CF_CFMC", "处罚名称"}},
	},
}

func usccOnly(code string) error {
	_, err := credit.ParseUSCC(code)
	return err
}

// decision holds the rules between the fields (handbook 2.3).
func decision(r *row) {
	r.party("CF_XDR_SHXYM", "CF_XDR_GSZC")
	if !r.has("CF_SY") && r.has("CF_AJMC") {
		r.clean["CF_SY"] = r.clean["CF_AJMC"]
		r.warn("CF_SY", "catalog.facts_from_title")
	}
	r.partyKind()
	r.kinds()
	r.amounts()
	if types := r.clean["CF_CFLB"]; (strings.Contains(types, "暂扣") || strings.Contains(types, "吊销")) && !r.has("CF_NR_ZKDX") { // R10
		r.warn("CF_NR_ZKDX", "catalog.licence_missing")
	}
	r.past("CF_JDRQ", "CF_SDRQ") // R07
	r.order("CF_JDRQ", "CF_SDRQ")
	r.order("CF_JDRQ", "CF_YXQ")
	r.order("CF_JDRQ", "CF_GSJZQ")
	r.publicity()
	if v := r.clean["CF_XDR_MC"]; v != "" && credit.NormalizeName(v) == credit.NormalizeName(r.clean["CF_CFJG"]) { // R06
		r.fail("CF_XDR_MC", "catalog.name_is_authority", v)
	}
}

// partyKind holds rules R01 to R06 on who the party is.
func (r *row) partyKind() {
	code := r.clean["CF_XDR_SHXYM"]
	if !r.has("CF_XDR_LB") && code != "" && !credit.IsMasked(code) {
		r.clean["CF_XDR_LB"] = Organisation
		if strings.HasPrefix(code, "92") {
			r.clean["CF_XDR_LB"] = IndividualShop
		}
		r.warn("CF_XDR_LB", "catalog.party_kind_derived", r.clean["CF_XDR_LB"])
	}
	switch r.clean["CF_XDR_LB"] {
	case NaturalPerson:
		r.person()
		return
	case Organisation:
		r.name("CF_XDR_MC", 4)
		if strings.HasPrefix(code, "92") { // R02
			r.warn("CF_XDR_LB", "catalog.party_kind_code", code, IndividualShop)
		}
	case IndividualShop:
		r.name("CF_XDR_MC", 2)
		if code != "" && !credit.IsMasked(code) && !strings.HasPrefix(code, "92") {
			r.warn("CF_XDR_LB", "catalog.party_kind_code", code, Organisation)
		}
	default:
		return
	}
	r.identified()
	if !r.has("CF_FRDB") { // R05
		r.warn("CF_FRDB", "catalog.representative_missing")
	}
	if r.has("CF_FR_ZJHM") && !r.has("CF_FR_ZJLX") {
		r.warn("CF_FR_ZJLX", "catalog.certificate_kind_missing")
	}
	r.certificate("CF_FR_ZJLX", "CF_FR_ZJHM", true)
}

// identified holds R01 and R03: without any number nobody can say whom the decision is about. An individual business that has
// none yet says so with seventeen zeros and an X.
func (r *row) identified() {
	if r.has("CF_XDR_SHXYM") || r.failed["CF_XDR_SHXYM"] {
		return
	}
	stated := credit.NormalizeCode(r.given["CF_XDR_SHXYM"])
	switch {
	case r.has("CF_XDR_GSZC") || r.has("CF_XDR_ZZJG") || r.has("CF_XDR_SYDW") || r.has("CF_XDR_SHZZ"):
		if !slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Field == "CF_XDR_SHXYM" }) {
			r.warn("CF_XDR_SHXYM", "catalog.code_missing")
		}
	case r.clean["CF_XDR_LB"] == IndividualShop && strings.HasPrefix(stated, "00000000"):
		r.warn("CF_XDR_SHXYM", "catalog.no_code_yet")
	case r.clean["CF_XDR_LB"] == IndividualShop:
		r.fail("CF_XDR_SHXYM", "catalog.individual_code_needed")
	default:
		r.fail("CF_XDR_SHXYM", "catalog.code_needed")
	}
}

// person holds R04. What is wrong with a person's number is said without repeating it.
func (r *row) person() {
	r.name("CF_XDR_MC", 2)
	for _, f := range []string{"CF_XDR_SHXYM", "CF_XDR_GSZC", "CF_XDR_ZZJG", "CF_XDR_SYDW", "CF_XDR_SHZZ"} {
		if r.has(f) {
			r.fail(f, "catalog.person_with_code")
		}
	}
	if !r.has("CF_XDR_ZJHM") {
		r.fail("CF_XDR_ZJHM", "catalog.person_number_needed")
	}
	if !r.has("CF_XDR_ZJLX") {
		r.warn("CF_XDR_ZJLX", "catalog.certificate_kind_missing")
	}
	r.certificate("CF_XDR_ZJLX", "CF_XDR_ZJHM", false)
}

func (r *row) certificate(kind, number string, soft bool) {
	no := r.clean[number]
	if no == "" || credit.IsMasked(no) || r.has(kind) && !strings.Contains(r.clean[kind], "身份证") || strings.Contains(r.clean[kind], "外国人") {
		return
	}
	r.fault(number, credit.CheckCitizenID(no), soft)
}

// amounts holds R08 and R09. A fine without its amount could pass a gate that bars large ones, so it is refused.
func (r *row) amounts() {
	types := strings.Split(r.clean["CF_CFLB"], ";")
	fined, fine := slices.Contains(types, "罚款"), r.clean["CF_NR_FK"]
	switch {
	case r.failed["CF_CFLB"] || !r.has("CF_CFLB"):
	case fined && (fine == "" || fine == "0fen"):
		r.fail("CF_NR_FK", "catalog.fine_missing")
	case !fined && fine != "" && fine != "0fen":
		r.fail("CF_CFLB", "catalog.fine_not_named", wan(fine))
	}
	if strings.Contains(r.clean["CF_CFLB"], "没收") && !r.has("CF_NR_WFFF") {
		r.warn("CF_NR_WFFF", "catalog.confiscation_missing")
	}
}

// publicity holds R16: how long a decision is shown is computed by the rules of the day; a typed day may shorten it, but none
// may lie beyond the longest term there is: five years until the rule of 2021-09-01, three since.
func (r *row) publicity() {
	decided, end := day(r.clean["CF_JDRQ"]), day(r.clean["CF_GSJZQ"])
	if decided == 0 || end == 0 {
		return
	}
	years := 3
	if decided < credit.NewDate(2021, 9, 1) {
		years = 5
	}
	if limit := decided.AddYears(years); end > limit {
		r.fail("CF_GSJZQ", "catalog.shown_too_long", end.String(), limit.String())
	}
}

// kindsOfLaw are the kinds of penalty of 行政处罚法 (2021) art. 9, in its order, then the two of the 2018 standard that do not
// say which of two they mean. 吊销营业执照 is told apart from 吊销许可证件, because sector rules do.
var kindsOfLaw = []string{"警告", "通报批评", "罚款", "没收违法所得", "没收非法财物", "暂扣许可证件", "降低资质等级", "吊销许可证件", "吊销营业执照",
	"限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业", "行政拘留", "暂扣或者吊销许可证", "暂扣或者吊销执照"}

// kindWords are other spellings of them.
var kindWords = map[string]string{
	"予以警告": "警告", "警告处罚": "警告", "行政警告": "警告", "没收非法所得": "没收违法所得", "没收违法财物": "没收非法财物", "没收财物": "没收非法财物", "处以罚款": "罚款", "罚金": "罚款",
	"暂扣许可证": "暂扣许可证件", "降低资质": "降低资质等级", "吊销许可证": "吊销许可证件", "吊销许可": "吊销许可证件", "吊销许可证照": "吊销许可证件",
	"吊销执照": "吊销营业执照", "暂扣或吊销许可证": "暂扣或者吊销许可证", "暂扣或吊销执照": "暂扣或者吊销执照", "暂扣或者吊销许可证件": "暂扣或者吊销许可证", "暂扣、吊销许可证": "暂扣或者吊销许可证",
	"责令停业": "责令停产停业", "停产停业": "责令停产停业", "责令停产": "责令停产停业", "限制生产经营活动": "限制开展生产经营活动", "拘留": "行政拘留",
}

// groupsOfLaw are points of art. 9 that a clerk may copy whole. What was really imposed is then unknown, and a licence must
// not count as revoked because the list was copied.
var groupsOfLaw = []string{"暂扣许可证件、降低资质等级、吊销许可证件", "限制开展生产经营活动、责令停产停业、责令关闭、限制从业",
	"暂扣或者吊销许可证、暂扣或者吊销执照", "暂扣或者吊销许可证、执照"}

const other = "其他"

// kinds brings the kinds of penalty into one spelling and order, joined by ;.
func (r *row) kinds() {
	given := r.clean["CF_CFLB"]
	if given == "" {
		return
	}
	delete(r.clean, "CF_CFLB")
	spelled := strings.ReplaceAll(half(given), " ", "")
	for _, g := range groupsOfLaw {
		if strings.Contains(strings.ReplaceAll(spelled, ",", "、"), g) {
			r.fail("CF_CFLB", "catalog.penalty_group", g)
			return
		}
	}
	var out []string
	for _, part := range strings.FieldsFunc(spelled, func(c rune) bool { return strings.ContainsRune(";、,/|\n\t+。", c) }) {
		kind, ok := penaltyKindOf(part)
		switch {
		case ok && kind == other:
			r.fail("CF_CFLB", "catalog.other_unexplained") // R11
			return
		case ok && !slices.Contains(out, kind):
			out = append(out, kind)
		case !ok && len(out) > 0 && strings.HasPrefix(out[len(out)-1], other+"-"): // the explanation itself is a list
			out[len(out)-1] += "和" + part
		case !ok:
			r.fail("CF_CFLB", "catalog.unknown_penalty", part)
			return
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	joined := strings.Join(out, ";")
	if n := utf8.RuneCountInString(joined); n > 256 {
		r.fail("CF_CFLB", "catalog.too_long", n, 256)
		return
	}
	r.clean["CF_CFLB"] = joined
}

// rank orders the kinds as the law does; 其他 comes last.
func rank(kind string) int {
	if i := slices.Index(kindsOfLaw, kind); i >= 0 {
		return i
	}
	return len(kindsOfLaw)
}

// penaltyKindOf reads one kind of penalty. What stands behind 其他 is a kind of the law where it is one: the old standard had
// no other place for 通报批评 and its likes.
func penaltyKindOf(part string) (string, bool) {
	if slices.Contains(kindsOfLaw, part) {
		return part, true
	}
	if kind, ok := kindWords[part]; ok {
		return kind, true
	}
	rest, ok := strings.CutPrefix(part, other)
	if !ok {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "行政处罚")
	rest = strings.Trim(rest, "-—–_:()")
	if rest == "" {
		return other, true
	}
	if kind, ok := penaltyKindOf(rest); ok {
		return kind, true
	}
	return other + "-" + rest, true
}
