package catalog

import (
	"regexp"
	"strconv"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// hanDigits are the digits in words, plain and in the capitals of cheques.
var hanDigits = map[rune]int64{'零': 0, '〇': 0, '○': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '貳': 2, '叁': 3, '叄': 3, '參': 3, '肆': 4, '伍': 5, '陆': 6, '陸': 6, '柒': 7, '捌': 8, '玖': 9}

// hanUnits are the units below 万.
var hanUnits = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

var hanSpelling = strings.NewReplacer("萬", "万", "億", "亿", "圆", "元", "圓", "元", " ", "", "\n", "")

// numeral reads a whole number in words below 10^16; digits may stand among them (3万5千). Only what can be read in one way is
// read: 一万五 is fifteen thousand to a speaker and ten thousand and five to a cashier.
func numeral(s string) (int64, bool) { return above(s, "亿", 1e8, tenThousands) }

func tenThousands(s string) (int64, bool) { return above(s, "万", 1e4, section) }

// above reads a number around a unit that is a power of 10^4; part reads what stands on either side of it.
func above(s, unit string, each int64, part func(string) (int64, bool)) (int64, bool) {
	at := strings.LastIndex(s, unit)
	if at < 0 {
		return part(s)
	}
	head, tail := s[:at], s[at+len(unit):]
	high, ok := part(head)
	if !ok || high == 0 || high >= each {
		return 0, false
	}
	if tail == "" {
		return high * each, true
	}
	low, ok := part(tail)
	lone := low < 10 && !strings.HasPrefix(tail, "零") && !strings.HasPrefix(tail, "〇")
	return high*each + low, ok && low < each && !lone
}

// section reads a number below ten thousand.
func section(s string) (sum int64, ok bool) {
	last, digit, zero := int64(10000), int64(-1), false
	for rest := []rune(s); len(rest) > 0; {
		r := rest[0]
		unit, isUnit := hanUnits[r]
		value, isDigit := hanDigits[r]
		switch {
		case isUnit:
			if digit < 0 && unit == 10 { // 十五, 一百十五
				digit = 1
			}
			if digit < 1 || digit > 9 || unit >= last {
				return 0, false
			}
			sum, last, digit, zero = sum+digit*unit, unit, -1, false
		case digit >= 0:
			return 0, false
		case isDigit && value == 0:
			zero = true
		case isDigit:
			digit = value
		default:
			n := 0
			for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
				n++
			}
			if n == 0 || n > 4 {
				return 0, false
			}
			digit, _ = strconv.ParseInt(string(rest[:n]), 10, 64)
			rest = rest[n-1:]
		}
		rest = rest[1:]
	}
	if digit < 0 {
		return sum, sum > 0 || zero
	}
	lone := digit < 10 && last < 10000 && last > 10 && !zero
	return sum + digit, !lone && digit < last
}

// smallChange is what stands behind 元.
var smallChange = regexp.MustCompile(`^[零〇]?(?:([^零〇])角)?[零〇]?(?:([^零〇])分)?[整正]?$`)

// words reads an amount in words: 贰万元, 肆万捌仟元, 壹佰贰拾叁元捌角玖分整, 3万5千元. ok is false for anything else.
func words(s string) (fen int64, ok bool) {
	whole, change, yuan := strings.Cut(s, "元")
	switch {
	case whole == "" || !yuan && !strings.ContainsAny(s, "角分"):
		return 0, false
	case !yuan:
		whole, change = "零", s
	}
	n, ok := numeral(whole)
	m := smallChange.FindStringSubmatch(change)
	if !ok || n > int64(most/100) || m == nil {
		return 0, false
	}
	tenth, ok1 := oneDigit(m[1])
	hundredth, ok2 := oneDigit(m[2])
	return n*100 + tenth*10 + hundredth, ok1 && ok2
}

// oneDigit reads a digit; none is 0.
func oneDigit(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	if '0' <= s[0] && s[0] <= '9' {
		return int64(s[0] - '0'), true
	}
	n, ok := hanDigits[[]rune(s)[0]]
	return n, ok
}

var (
	// aroundFine are the words that say no more than that the amount is a fine. Others may say what it is not (没收, 以下, 免予).
	aroundFine = regexp.MustCompile(`^(?:(?:并处以?|处以?|给予|合计|共计)?(?:罚款|罚金|罚没款)(?:金额|数额)?(?:为|合计|共计|计)?[:,]?)?(?:人民币|RMB)?(?:大写|\(大写\))?[:]?(?:人民币)?[￥¥]?`)
	inBrackets = regexp.MustCompile(`^([^()]+)\((?:即|计|合)?(?:大写|小写|人民币)*[:]?(?:人民币)?([^()]+)\)$`)
	bare       = regexp.MustCompile(`^(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?$`)
	plainYuan  = regexp.MustCompile(`^[￥¥]?(\.[0-9]+|[0-9][0-9.,]*)(万|亿)?元?[整正]?$`)
)

// worded reads an amount of which text stands around: 罚款.15元, 罚款人民币零元(0元), 贰万元整（20000元）. v is in capitals and half
// width. What could mean two things is refused with what is unclear about it.
func worded(v, given string) (Money, error) {
	v = strings.TrimRight(hanSpelling.Replace(v), "。.;,")
	before := aroundFine.FindString(v)
	rest := v[len(before):]
	first, second := rest, ""
	if m := inBrackets.FindStringSubmatch(rest); m != nil {
		first, second = m[1], m[2]
	}
	fen, err := certain(first, given)
	if err != nil {
		return Money{}, err
	}
	if second != "" {
		if bare.MatchString(strings.TrimLeft(second, "￥¥")) && strings.ContainsAny(second, "￥¥") {
			second += "元"
		}
		again, err := certain(second, given)
		if err != nil {
			return Money{}, err
		}
		if again != fen {
			return Money{}, fault.New(fault.Invalid, "catalog.amounts_differ", given)
		}
	}
	return Money{Fen: fen, Worded: strings.Contains(before, "罚") || second != ""}, nil
}

// certain reads an amount that states its unit.
func certain(s, given string) (credit.Fen, error) {
	if fen, ok := words(s); ok {
		return credit.Fen(fen), nil
	}
	if _, ok := numeral(s); ok || bare.MatchString(s) {
		return 0, fault.New(fault.Invalid, "catalog.amount_without_unit", given)
	}
	if strings.Count(s, "元") > 1 {
		return 0, fault.New(fault.Invalid, "catalog.several_amounts", given)
	}
	bad := fault.New(fault.Invalid, "catalog.bad_amount", given)
	m := plainYuan.FindStringSubmatch(s)
	if m == nil || !strings.Contains(s, "元") {
		return 0, bad
	}
	if m[1][0] == '.' {
		m[1] = "0" + m[1]
	}
	read, err := stated(m[1]+m[2]+"元", given)
	if err == nil && read.Rounded {
		return 0, bad
	}
	return read.Fen, err
}

// hanDate is a day in words.
var hanDate = regexp.MustCompile(`^([〇○零O0-9一二三四五六七八九壹贰叁肆伍陆柒捌玖]{4})年([^年月日]{1,3})月([^年月日]{1,3})日$`)

// arabic writes a day in words in digits; other text comes back as it is.
func arabic(v string) string {
	m := hanDate.FindStringSubmatch(v)
	if m == nil {
		return v
	}
	year := strings.Map(func(r rune) rune {
		if r == 'O' {
			return '0'
		}
		if n, ok := hanDigits[r]; ok {
			return '0' + rune(n)
		}
		return r
	}, m[1])
	month, ok1 := section(m[2])
	date, ok2 := section(m[3])
	if !ok1 || !ok2 || month > 12 || date > 31 {
		return v
	}
	return year + "-" + strconv.FormatInt(month, 10) + "-" + strconv.FormatInt(date, 10)
}
