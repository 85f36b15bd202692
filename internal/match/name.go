package match

import (
	"slices"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
)

// Name is a name taken apart, each part in the form in which parts are compared: place (行政区划), brand (字号), trade (行业),
// form (组织形式), and for the branch of a company its own part behind the company's name.
type Name struct {
	Whole  string   // the name in its normal form, in simplified characters
	Places []string // without 省, 市, 县, 区; in the order in which they stand
	Brand  string
	Trade  string
	Form   string
	Branch string // 安庆市第一支公司; "" for a head office

	class   string
	note    string // what stands in brackets at the end, such as the person behind a shop
	without string // the name without places and brackets
}

// Parse takes a name apart. It never fails: what it cannot tell is part of the brand.
func Parse(name string) Name {
	n := Name{Whole: normal(name)}
	rest := n.Whole
	rest, n.note = cutNote(rest)
	if head, tail, ok := cutBranch(rest); ok {
		rest, n.Branch = head, tail
	}
	rest = n.bracketedPlaces(rest)
	rest = n.leadingPlaces(rest)
	n.without = rest
	if form, class, ok := forms.suffix(rest); ok {
		rest, n.Form, n.class = strings.TrimSuffix(rest, form), form, class
	}
	for {
		body, trade, ok := cutTrade(rest)
		if !ok {
			break
		}
		rest, n.Trade = body, trade+n.Trade
	}
	n.Brand = rest
	return n
}

// says reports whether a name says more than who the person behind it is, and where: 张伟, 怀宁县张伟 and 个体工商户 do not.
func (n Name) says(person string) bool {
	const least = 3
	rest := n.without
	if rest == "" {
		rest = n.Whole
	}
	rest = whatItIs.Replace(rest)
	if person = normal(person); person != "" {
		rest = strings.ReplaceAll(rest, person, "")
	}
	return utf8.RuneCountInString(rest) >= least
}

var whatItIs = strings.NewReplacer("个体工商户", "", "个体户", "", "个体", "")

// normal brings a name into the form in which it is compared.
func normal(name string) string { return credit.Simplify(credit.NormalizeName(name)) }

// cutNote takes off brackets at the end that are no form: the person behind a shop, a remark.
func cutNote(s string) (rest, note string) {
	if _, _, form := forms.suffix(s); form || !strings.HasSuffix(s, ")") {
		return s, ""
	}
	i := strings.LastIndexByte(s, '(')
	if i <= 0 {
		return s, ""
	}
	return s[:i], s[i+1 : len(s)-1]
}

// cutBranch parts a branch from the company to which it belongs.
func cutBranch(s string) (head, branch string, ok bool) {
	if _, _, ok := tails.suffix(s); !ok {
		return s, "", false
	}
	at := -1
	for _, h := range heads {
		if i := strings.Index(s, h); i > 0 && i+len(h) < len(s) && (at < 0 || i+len(h) > at) {
			at = i + len(h)
			break // the longest form is tried first
		}
	}
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at:], true
}

// bracketedPlaces takes out places in brackets: 中建信恒(北京)建设, 安徽安庆(集团) stays.
func (n *Name) bracketedPlaces(s string) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '(')
		if i < 0 {
			return s
		}
		i += from
		j := strings.IndexByte(s[i:], ')')
		if j < 0 {
			return s
		}
		inside := s[i+1 : i+j]
		if left := n.leadingPlaces(inside); left == "" {
			s = s[:i] + s[i+j+1:]
			from = i
			continue
		}
		from = i + j
	}
}

// leadingPlaces takes places off the beginning, but never the whole of a name: 太湖 may be all the brand there is.
func (n *Name) leadingPlaces(s string) string {
	for s != "" {
		place, rest := leadingPlace(s)
		if place == "" {
			return s
		}
		if !slices.Contains(n.Places, place) {
			n.Places = append(n.Places, place)
		}
		s = rest
	}
	return s
}

// leadingPlace returns the place that s begins with, a known one or a town, and what is behind it and its unit.
func leadingPlace(s string) (place, rest string) {
	if place, ok := places.prefix(s); ok {
		rest = s[len(place):]
		for _, unit := range []string{"省", "市", "县", "区", "镇", "乡"} {
			if cut, ok := strings.CutPrefix(rest, unit); ok {
				return place, cut
			}
		}
		return place, rest
	}
	for _, unit := range []string{"镇", "乡", "街道"} {
		i := strings.Index(s, unit)
		if n := utf8.RuneCountInString(s[:max(i, 0)]); n >= 2 && n <= 3 && i+len(unit) < len(s) {
			return s[:i], s[i+len(unit):]
		}
	}
	return "", s
}

// cutTrade takes a trade off the end, but never the whole.
func cutTrade(s string) (body, trade string, ok bool) {
	_, first := utf8.DecodeRuneInString(s)
	trade, _, ok = trades.suffix(s[min(first, len(s)):])
	return strings.TrimSuffix(s, trade), trade, ok
}
