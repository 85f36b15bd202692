package catalog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
)

// rule is a rule between fields. A standard names it with the fields that it holds between; what each place means stands in
// the comment of the function.
type rule struct {
	least, most int // fields
	apply       func(r *row, f []string)
	zh, en      string // for the data dictionary; {0}, {1}, … are the names of the fields
	source      string
}

// rules are all rules by name: R01 to R16 of handbook 2.3, and those of ours that other kinds of record need. Those without
// a function are not about one row: R12 is held by the source key, R15 by [Kind.Lag].
var rules = map[string]rule{
	"party": {2, 2, party, "{0}应符合 GB 32100；填了旧注册号的，按{1}接收。", "{0} follows GB 32100; an old registration number in its place is taken as {1}.",
		"GB 32100-2015"},
	"party-kind": {2, 2, partyKind, "未填{0}的，按{1}认定。", "Where {0} is empty it is taken from {1}.", "GB 32100-2015"},
	"subject": {1, 3, anyCode, "{0}不能都空；占位或隐去的代码不能识别主体。", "One of {0} must be given; placeholders and masked codes identify nobody.",
		"GB 32100-2015"},
	"fallback": {2, 2, fallback, "未填{0}的，以{1}代替。", "Where {0} is empty, {1} is taken instead.", "本平台规则"},
	"join":     {2, 2, join, "{1}并入{0}。", "{1} is added to {0}.", "2015年版双公示数据标准"},
	"name":     {1, 1, nameOfTwo, "{0}应为全称，不得为测试内容。", "{0} is a full name and no trial.", "发改办财金〔2018〕424号"},

	"R01": {3, 8, organisationCode, "{0}为法人及非法人组织的，应填{1}。", "Where {0} is an organisation, {1} is given.", "发改办财金〔2018〕424号"},
	"R02": {2, 2, codeFitsKind, "{0}应与{1}相符：个体工商户的代码以 92 开头，其他的不以 92 开头。", "{0} fits {1}: the code of an individual business begins with 92, no other does.",
		"GB 32100-2015"},
	"R03": {3, 8, individualCode, "{0}为个体工商户的，应填{1}；尚未取得的填 17 个 0 加 X。", "Where {0} is an individual business, {1} is given, or seventeen zeros and an X while there is none.",
		"发改办财金〔2018〕424号"},
	"R04": {4, 9, person, "{0}为自然人的，应填{1}和{2}，不填单位代码。", "Where {0} is a natural person, {1} and {2} are given and no code of an organisation.",
		"发改办财金〔2018〕424号"},
	"R05": {4, 4, representative, "{0}不是自然人的，应填{1}；填了{3}的应填{2}。", "Where {0} is no natural person, {1} is given; {3} comes with {2}.", "发改办财金〔2018〕424号"},
	"R06": {2, 2, partyName, "{1}应为全称：单位至少 4 个字，其他至少 2 个字，不得为测试内容。", "{1} is a full name, of four characters for an organisation and two otherwise, and no trial.",
		"发改办财金〔2018〕424号"},
	"R06-authority": {2, 2, notTheAuthority, "{0}不得与{1}相同。", "{0} is not {1} itself.", "发改办财金〔2018〕424号"},
	"R07":           {1, 4, past, "{0}不得晚于报送当日。", "{0} is not after the day of sending.", "发改办财金〔2018〕424号"},
	"R07-order":     {2, 2, inOrder, "{1}不得早于{0}。", "{1} is not before {0}.", "发改办财金〔2018〕424号"},
	"R07-over":      {1, 1, over, "{0}早于报送当日的，给予提示。", "{0} before the day of sending is remarked on.", "发改办财金〔2018〕424号"},
	"R08": {2, 2, fined, "{0}有罚款的，{1}应大于零；{1}大于零的，{0}应有罚款。", "Where {0} names a fine, {1} is above zero, and the other way round.",
		"发改办财金〔2018〕424号"},
	"R09": {2, 2, confiscated, "{0}有没收的，应填{1}，无价值的填 0。", "Where {0} names a confiscation, {1} is given, 0 where it is worth nothing.", "发改办财金〔2018〕424号"},
	"R10": {2, 2, licenceNamed, "{0}有暂扣或吊销的，应填{1}。", "Where {0} names a suspension or revocation, {1} is given.", "发改办财金〔2018〕424号"},
	"R11": {1, 1, severalKinds, "{0}可填多项，以分号分隔；填“其他”的应写明内容。", "{0} may hold several, joined by semicolons; 其他 says what it is.",
		"发改办财金〔2018〕424号"},
	"R11-penalty": {1, 1, penaltyKinds, "{0}应为法定的处罚种类，可填多项，以分号分隔；填“其他”的应写明内容。",
		"{0} holds kinds of penalty of the law, several joined by semicolons; 其他 says what it is.", "行政处罚法（2021年修订）第九条"},
	"R12": {2, 2, licenceNumber, "同一文号、同一相对人、同一决定日期的为同一条；没有{0}的，以{1}代替。",
		"One number, party and day of decision make one record; where there is no {0}, {1} is taken.", "发改办财金〔2018〕424号"},
	"R13": {4, 4, summaryFine, "{0}为简易程序的，{1}对公民不超过二百元，对单位不超过三千元。", "Under the summary procedure ({0}), {1} is at most 200 yuan for a citizen and 3,000 for an organisation.",
		"行政处罚法（2021年修订）第五十一条；此前为第三十三条"},
	"R14": {1, 1, authorityCode, "{0}一般以 1 开头（机关、事业单位）。", "{0} usually begins with 1 (organs and institutions).", "GB 32100-2015"},
	"R15": {1, 1, nil, "自{0}起 7 个工作日内报送；超过的照常接收，计为迟报。", "Sent within 7 working days of {0}; later rows are taken and counted as late.",
		"发改办财金〔2018〕424号"},
	"R16": {2, 2, publicity, "公示截止期由平台计算；填写的{1}不得超过自{0}起最长的公示期。", "The end of publicity is computed; a typed {1} does not lie beyond the longest term from {0}.",
		"市场监督管理行政处罚信息公示规定第十三条"},

	"revoked": {1, 1, revoked, "{0}为撤销的决定不再报送，应撤回原记录。", "A decision whose {0} is revoked is not sent but withdrawn.", "行政处罚法（2021年修订）第四十八条"},
	"state-2015": {2, 2, oldState, "2015年版的{0}换算为{1}：正常为有效，撤销为无效。", "{0} of the 2015 edition becomes {1}: normal is valid, revoked is invalid.",
		"2015年版双公示数据标准"},

	"authority":    {2, 2, registrar, "{0}填的不是部门代码的，作为{1}接收。", "What is no code of a department in {0} is taken as {1}.", "本平台规则"},
	"state":        {2, 2, registrationState, "{0}为存续以外的，应填{1}。", "Where {0} is not active, {1} is given.", "市场主体登记管理条例"},
	"station":      {1, 1, station, "{0}填部门代码，也可以填名称。", "{0} is a code of a department, or a name.", "本平台规则"},
	"tax-number":   {1, 1, taxNumber, "{0}只收单位的：15 位含组织机构代码，18 位为统一社会信用代码；含个人证件号码的不入库。", "{0} is taken of organisations only: 15 characters with the organisation code, or the unified identifier. One that holds a person's number is left out.", "本平台规则"},
	"division":     {3, 3, division, "未填{0}的，从{1}或{2}中取得；停用的区划代码换为现行代码。", "Where {0} is empty it is taken from {1} or {2}; codes out of use become those of today.", "GB/T 2260"},
	"subject-kind": {5, 5, subjectKind, "未填{0}的，按{1}、{2}和代码认定。", "Where {0} is empty it is told from {1}, {2} and the code.", "本平台规则"},
	"report-year": {2, 2, reportYear, "{0}不早于 2013 年度，{1}在次年或以后。", "{0} is 2013 or later, and {1} in the year after it or later.",
		"企业信息公示暂行条例第八条"},
	"tested-failed": {2, 2, failedItems, "{0}为不合格的，应填{1}。", "Where {0} is a failure, {1} is given.", "产品质量监督抽查管理暂行办法"},
}

// party holds for the code of the party and the old registration number: the code is a valid one (GB 32100), and an old
// registration number in its column is taken for what it is.
func party(r *row, f []string) {
	uscc, regNo := f[0], f[1]
	code := r.clean[uscc]
	if code == "" || credit.IsMasked(code) {
		return
	}
	if (len(code) == 15 || len(code) == 13) && credit.CheckRegNo(code) == nil {
		delete(r.clean, uscc)
		if r.clean[regNo] == "" {
			r.clean[regNo] = code
		}
		r.warn(uscc, "catalog.old_number", code)
		return
	}
	parsed, err := credit.ParseUSCC(code)
	if err != nil {
		r.fault(uscc, err, false)
		delete(r.clean, uscc)
		return
	}
	if credit.CheckOrgCode(parsed.OrgCode()) != nil {
		r.warn(uscc, "catalog.orgcode_part", code)
	}
}

// anyCode holds where only organisations are meant: the code, or one of the other numbers, is there.
func anyCode(r *row, f []string) {
	if !slices.ContainsFunc(f, r.has) || credit.IsMasked(r.clean[f[0]]) {
		r.fail(f[0], "catalog.no_code")
	}
}

// fallback takes the second field for the first where that is empty.
func fallback(r *row, f []string) {
	if !r.has(f[0]) && r.has(f[1]) {
		r.clean[f[0]] = r.clean[f[1]]
		r.warn(f[0], "catalog.facts_from_title")
	}
}

// join adds the second field, in which the 2015 edition states a second kind, to the first.
func join(r *row, f []string) {
	if r.has(f[1]) {
		r.clean[f[0]] = strings.TrimPrefix(r.clean[f[0]]+";"+r.clean[f[1]], ";")
		delete(r.clean, f[1])
	}
}

// trials are the names that are typed to try a form. Real names hold 测试 too, so only the whole name counts.
var trials = []string{"测试", "测试1", "测试数据", "测试企业", "测试公司", "测试有限公司", "TEST", "TEST1", "XXX", "XXXX", "XXX公司", "XX公司", "ABC", "AAA", "111", "1111"}

func (r *row) name(field string, least int) {
	v := r.clean[field]
	if v == "" {
		return
	}
	if n := utf8.RuneCountInString(v); n < least {
		r.fail(field, "catalog.name_short", v, least)
	}
	if slices.Contains(trials, credit.NormalizeName(v)) {
		r.fail(field, "catalog.trial", v)
	}
}

func nameOfTwo(r *row, f []string) { r.name(f[0], 2) }

// The kinds of party 行政相对人类别.
const (
	Organisation   = "法人及非法人组织"
	NaturalPerson  = "自然人"
	IndividualShop = "个体工商户"
)

// partyKind derives the kind of party (first field) from the code (second) where a file does not state it.
func partyKind(r *row, f []string) {
	code := r.clean[f[1]]
	if r.has(f[0]) || code == "" || credit.IsMasked(code) {
		return
	}
	r.clean[f[0]] = Organisation
	if strings.HasPrefix(code, "92") {
		r.clean[f[0]] = IndividualShop
	}
	r.warn(f[0], "catalog.party_kind_derived", r.clean[f[0]])
}

// partyName holds R06 (424号): the name (second field) of a party of this kind (first) is a name, and not a trial.
func partyName(r *row, f []string) {
	switch r.clean[f[0]] {
	case Organisation:
		r.name(f[1], 4)
	case NaturalPerson, IndividualShop:
		r.name(f[1], 2)
	}
}

// codeFitsKind holds R02 (GB 32100): the code (second field) of an individual business begins with 92, no other's does.
func codeFitsKind(r *row, f []string) {
	code := r.clean[f[1]]
	individual := strings.HasPrefix(code, "92")
	switch kind := r.clean[f[0]]; {
	case kind == Organisation && individual:
		r.warn(f[0], "catalog.party_kind_code", code, IndividualShop)
	case kind == IndividualShop && code != "" && !credit.IsMasked(code) && !individual:
		r.warn(f[0], "catalog.party_kind_code", code, Organisation)
	}
}

// organisationCode holds R01 (424号): without any number nobody can say whom the decision is about. Fields: kind of party,
// code, other numbers.
func organisationCode(r *row, f []string) {
	if r.clean[f[0]] == Organisation && !r.identified(f[1:]) {
		r.fail(f[1], "catalog.code_needed")
	}
}

// individualCode holds R03 (424号): an individual business that has no code yet says so with seventeen zeros and an X.
// Fields: kind of party, code, other numbers.
func individualCode(r *row, f []string) {
	switch {
	case r.clean[f[0]] != IndividualShop || r.identified(f[1:]):
	case strings.HasPrefix(credit.NormalizeCode(r.given[f[1]]), "00000000"):
		r.warn(f[1], "catalog.no_code_yet")
	default:
		r.fail(f[1], "catalog.individual_code_needed")
	}
}

// identified reports whether the first of the numbers or another is there, and says so where it is only another.
func (r *row) identified(numbers []string) bool {
	code := numbers[0]
	if r.has(code) || r.failed[code] {
		return true
	}
	if !slices.ContainsFunc(numbers[1:], r.has) {
		return false
	}
	if !slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Field == code }) {
		r.warn(code, "catalog.code_missing")
	}
	return true
}

// person holds R04 (424号): a person has a certificate and no code of an organisation. What is wrong with a person's number
// is said without repeating it. Fields: kind of party, kind and number of the certificate, the codes of organisations.
func person(r *row, f []string) {
	if r.clean[f[0]] != NaturalPerson {
		return
	}
	for _, code := range f[3:] {
		if r.has(code) {
			r.fail(code, "catalog.person_with_code")
		}
	}
	if !r.has(f[2]) {
		r.fail(f[2], "catalog.person_number_needed")
	}
	if !r.has(f[1]) {
		r.warn(f[1], "catalog.certificate_kind_missing")
	}
	r.certificate(f[1], f[2], false)
}

// representative holds R05 (424号). Fields: kind of party, representative, kind and number of the certificate.
func representative(r *row, f []string) {
	if kind := r.clean[f[0]]; kind != Organisation && kind != IndividualShop {
		return
	}
	if !r.has(f[1]) {
		r.warn(f[1], "catalog.representative_missing")
	}
	if r.has(f[3]) && !r.has(f[2]) {
		r.warn(f[2], "catalog.certificate_kind_missing")
	}
	r.certificate(f[2], f[3], true)
}

func (r *row) certificate(kind, number string, soft bool) {
	no := r.clean[number]
	if no == "" || credit.IsMasked(no) || r.has(kind) && !strings.Contains(r.clean[kind], "身份证") || strings.Contains(r.clean[kind], "外国人") {
		return
	}
	r.fault(number, credit.CheckCitizenID(no), soft)
}

// notTheAuthority holds R06 (424号): the party (first field) is not the authority (second).
func notTheAuthority(r *row, f []string) {
	if v := r.clean[f[0]]; v != "" && credit.NormalizeName(v) == credit.NormalizeName(r.clean[f[1]]) {
		r.fail(f[0], "catalog.name_is_authority", v)
	}
}

// past holds R07 (424号) for each of the days: what is decided has happened.
func past(r *row, f []string) {
	for _, field := range f {
		if d := day(r.clean[field]); d > r.today {
			r.fail(field, "catalog.future", d.String(), r.today.String())
		}
	}
}

// inOrder holds R07 (424号): the second day is not before the first.
func inOrder(r *row, f []string) {
	a, b := r.clean[f[0]], r.clean[f[1]]
	if a != "" && b != "" && b < a {
		earlier, _ := r.kind.Field(f[0])
		r.fail(f[1], "catalog.dates_reversed", b, earlier.Name, a)
	}
}

// over holds R07 (424号): a new licence has not ended yet. An old one may be sent for its history, so it is only remarked on.
func over(r *row, f []string) {
	if d := day(r.clean[f[0]]); d != 0 && d < r.today {
		r.warn(f[0], "catalog.over", d.String(), r.today.String())
	}
}
