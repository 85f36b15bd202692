package enterprise

import (
	"regexp"
	"strings"

	"zhixin/internal/credit"
)

// NamedPerson reports whether a name that a subject had, or that a record states of it, is a natural person's. One that is a company
// today may have been an individual business then (个转企), and the name of a person is still his.
func NamedPerson(s Subject, name string) bool {
	s.Name, s.Kind = name, credit.Individual
	return NamesPerson(s)
}

// NamesPerson reports whether a subject's name is a natural person's: an individual business without a trade name, also where
// the name says besides only where it is or what it is, 安庆市迎江区张三 or 个体工商户张三. Nothing about it is public by default
// (handbook 12.13).
func NamesPerson(s Subject) bool {
	if s.Kind != credit.Individual {
		return false
	}
	name := credit.NormalizeName(s.Name)
	if before, _, cut := strings.Cut(name, "("); cut { // 张三(个体工商户)
		name = before
	}
	rep := credit.NormalizeName(s.LegalRep)
	bare := whatItIs.Replace(name)
	if name == rep || bare == rep || bare == "" {
		return true
	}
	if strings.HasSuffix(bare, "超市") || strings.HasSuffix(bare, "门市") {
		return false
	}
	if before, after, ok := strings.Cut(bare, rep); ok && rep != "" && place(before) == "" && place(after) == "" {
		return true
	}
	const trades = "店馆厂行部坊社铺室院屋园家城吧庄楼堂场所站点摊司房斋轩阁居苑"
	longest := 4
	if rest := place(bare); rest != bare { // what is left of a place and a name is shorter than a name of its own
		bare, longest = rest, 3
	}
	left := []rune(bare)
	return len(left) <= longest && (len(left) == 0 || !strings.ContainsRune(trades, left[len(left)-1]))
}

// whatItIs takes out the words for an individual business.
var whatItIs = strings.NewReplacer("个体工商户", "", "个体户", "", "个体", "")

// places are names of divisions, the larger before the smaller.
var places = regexp.MustCompile(`^(?:\p{Han}{2,6}?(?:省|自治区))?(?:\p{Han}{2,4}?市)?(?:\p{Han}{1,4}?[区县市])?(?:\p{Han}{1,6}?(?:镇|乡|街道))?(?:\p{Han}{1,5}?(?:社区|村))?`)

// place returns what a name says after the divisions at its beginning.
func place(name string) string { return name[len(places.FindString(name)):] }
