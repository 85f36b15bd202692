package credit

import (
	"strings"

	"zhixin/internal/fault"
)

// USCC is a unified social credit identifier 统一社会信用代码 (GB 32100-2015) that [ParseUSCC] accepted.
type USCC string

// alphabet holds the 31 characters of an identifier in the order of their values: no I, O, S, V, Z.
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// weights are 3^(i-1) mod 31.
var weights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// ParseUSCC normalises what arrived and checks its form and its check character. It does not refuse a category that is
// missing in our table, because amendments add some, nor an organisation code that fails its own check (a warning:
// [CheckOrgCode]).
func ParseUSCC(s string) (USCC, error) {
	code := NormalizeCode(s)
	runes := []rune(code)
	switch {
	case IsPlaceholder(code):
		return "", fault.New(fault.Invalid, "credit.no_identifier", s)
	case IsMasked(code):
		return "", fault.New(fault.Invalid, "credit.masked_code", s)
	case len(runes) != 18:
		return "", fault.New(fault.Invalid, "credit.uscc_length", s, len(runes))
	}
	sum := 0
	for i, r := range runes {
		value := strings.IndexRune(alphabet, r)
		if value < 0 || 2 <= i && i < 8 && value > 9 {
			return "", fault.New(fault.Invalid, "credit.uscc_character", s, i+1, string(r))
		}
		if i < len(weights) {
			sum += value * weights[i]
		}
	}
	if check := alphabet[(31-sum%31)%31]; code[17] != check {
		return "", fault.New(fault.Invalid, "credit.uscc_check", s)
	}
	return USCC(code), nil
}

// part returns the characters from to of u, "" where u never was parsed.
func (u USCC) part(from, to int) string {
	if len(u) != 18 {
		return ""
	}
	return string(u[from:to])
}

// Division returns the registering authority's division, as it was called when the code was given: it may have been
// renamed or moved since.
func (u USCC) Division() string { return u.part(2, 8) }

// OrgCode returns the organisation code 组织机构代码, 9 characters without hyphen.
func (u USCC) OrgCode() string { return u.part(8, 17) }

// Kind returns the kind of subject as far as the code tells it. A branch has the code of an enterprise.
func (u USCC) Kind() SubjectKind {
	switch u.part(0, 2) {
	case "91":
		return Enterprise
	case "92":
		return Individual
	case "93":
		return Cooperative
	}
	return OtherBody
}

// Category says who registers a body and what it is, from the first two characters of its code.
type Category struct{ Authority, Body string }

// Category returns u's category; its parts are empty where our table does not know them.
func (u USCC) Category() Category {
	of, known := categories[u.part(0, 1)]
	if !known {
		return Category{}
	}
	return Category{Authority: of.name, Body: of.bodies[u.part(1, 2)]}
}

type authority struct {
	name   string
	bodies map[string]string
}

// categories is the table of GB 32100-2015 with amendment 1 of 2016.
var categories = map[string]authority{
	"1": {"机构编制", map[string]string{"1": "机关", "2": "事业单位", "3": "编办直接管理机构编制的群众团体", "9": "其他"}},
	"2": {"外交", map[string]string{"1": "外国常驻新闻机构", "9": "其他"}},
	"3": {"司法行政", map[string]string{"1": "律师执业机构", "2": "公证处", "3": "基层法律服务所", "4": "司法鉴定机构", "5": "仲裁委员会", "9": "其他"}},
	"4": {"文化", map[string]string{"1": "外国在华文化中心", "9": "其他"}},
	"5": {"民政", map[string]string{"1": "社会团体", "2": "民办非企业单位", "3": "基金会", "4": "村民委员会", "5": "居民委员会", "9": "其他"}},
	"6": {"旅游", map[string]string{"1": "外国旅游部门常驻代表机构", "2": "港澳台地区旅游部门常驻内地（大陆）代表机构", "9": "其他"}},
	"7": {"宗教", map[string]string{"1": "宗教活动场所", "2": "宗教院校", "9": "其他"}},
	"8": {"工会", map[string]string{"1": "基层工会", "9": "其他"}},
	"9": {"市场监督管理", map[string]string{"1": "企业", "2": "个体工商户", "3": "农民专业合作社"}},
	"A": {"中央军委改革和编制办公室", map[string]string{"1": "军队事业单位", "9": "其他"}},
	"N": {"农业", map[string]string{"1": "组级集体经济组织", "2": "村级集体经济组织", "3": "乡镇级集体经济组织", "9": "其他"}},
	"Y": {"其他", map[string]string{"1": "其他"}},
}
