package catalog

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// longTerm is the day that files write where there is no end.
const longTerm = "2099-12-31"

// blank are the spellings of an empty cell. In free text they may be an answer, so only the first rows count there.
var blank = []string{"", "N/A", "#N/A", "NULL", "(NULL)", "NONE", "NIL", `\N`, "-", "--", "—", "——", "/", "\\",
	"无", "暂无", "没有", "空", "未知", "不详", "."}

const blankInText = 14 // so many of blank

// isBlank reports whether a value says that there is none.
func isBlank(v string, text bool) bool {
	if len(v) > 12 {
		return false
	}
	list := blank
	if text {
		list = blank[:blankInText]
	}
	return slices.Contains(list, strings.ToUpper(half(v)))
}

// half brings full-width letters, digits and signs to half width.
func half(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == '　' || '！' <= r && r <= '～' }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '　':
			return ' '
		case '！' <= r && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s)
}

// tidy takes away what nobody sees: blanks around, invisible and control characters inside; lines end with \n, and a value of
// one line has none. damaged: it holds characters that only a broken file has, so what it said is lost. changed: control
// characters were taken away.
func tidy(s string, lines bool) (out string, changed, damaged bool) {
	if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\ufffd") {
		return "", false, true
	}
	if strings.ContainsRune(s, '\r') {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	}
	odd := func(r rune) bool { return r < ' ' || r >= 0x7f && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }
	if strings.IndexFunc(s, odd) >= 0 {
		s = strings.Map(func(r rune) rune {
			switch {
			case !odd(r):
				return r
			case r == '\n' && lines:
				return r
			case r == '\n' || r == '\t':
				return ' '
			}
			changed = changed || unicode.IsControl(r)
			return -1
		}, s)
	}
	return strings.TrimSpace(s), changed, false
}

var (
	civil   = regexp.MustCompile(`^([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})[日号]?$`)
	clock   = regexp.MustCompile(`^(上午|下午)? ?[0-9]{1,2}[:时][0-9]{1,2}([:分][0-9]{1,2}(\.[0-9]+)?秒?|分)?( ?[AP]M)?$`)
	weekday = regexp.MustCompile(` ?\(?(?:星期|周)[一二三四五六日天]\)?$`)
	digits  = regexp.MustCompile(`^[0-9]{1,13}$`)
	endless = regexp.MustCompile(`^9999([-/.年]12[-/.月]31日?|1231)`)
	serial  = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)
)

// ParseDate reads a day in the forms in which files state it: 2006-01-02, 2006/1/2, 2006.1.2, 20060102, 2006年1月2日, 二〇〇六年一月二日,
// each perhaps with a time behind it; an instant of RFC 3339; a spreadsheet's day number; Unix seconds or milliseconds. A year of
// two digits is not guessed at. Days lie between 1900 and 2150; 长期 and the end of 9999 are read as 2099-12-31.
func ParseDate(s string) (credit.Date, error) {
	if len(s) == 10 && s[4] == '-' && s[:4] < beyond {
		if d, err := credit.ParseDate(s); err == nil && plausible(d) {
			return d, nil
		}
	}
	bad := fault.New(fault.Invalid, "catalog.bad_date", s)
	if len(s) > 60 {
		return 0, bad
	}
	v := spelled(s)
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return accept(credit.DateOf(t), bad)
	}
	if v == "长期" || v == "长期有效" || endless.MatchString(v) {
		return credit.MustDate(longTerm), nil
	}
	if at := strings.IndexAny(v, " T"); at > 0 {
		if !clock.MatchString(strings.TrimSpace(v[at+1:])) {
			return 0, bad
		}
		v = v[:at]
	}
	if m := civil.FindStringSubmatch(v); m != nil {
		return civilDay(m[1], m[2], m[3], bad)
	}
	if serial.MatchString(v) {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || n < 20000 || n >= 80000 { // 1954 to 2119: a smaller number is no day of our files
			return 0, bad
		}
		return credit.Date(int(n) - 1), nil // day 1 was 1900-01-01, and day 60 a 29 February that never was
	}
	if !digits.MatchString(v) {
		return 0, bad
	}
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err != nil:
	case len(v) == 8:
		return civilDay(v[:4], v[4:6], v[6:], bad)
	case len(v) == 10:
		return accept(credit.DateOf(time.Unix(n, 0)), bad)
	case len(v) >= 12:
		return accept(credit.DateOf(time.UnixMilli(n)), bad)
	}
	return 0, bad
}

// dashes are what is typed for the hyphen of a day, and for its full stop.
// unbracket takes what stands around a unit away.
var unbracket = strings.NewReplacer("(", "", ")", "", " ", "")

var dashes = strings.NewReplacer("—", "-", "–", "-", "−", "-", "‐", "-", "、", ".", "。", ".")

// spelled brings the ways to write one day together: widths, dashes, a weekday behind it, blanks inside, words for digits.
func spelled(s string) string {
	v := strings.ToUpper(strings.TrimSpace(half(s)))
	if v == "" || v[0] < utf8.RuneSelf && strings.IndexFunc(v, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return v
	}
	v = weekday.ReplaceAllString(dashes.Replace(v), "")
	if at := strings.LastIndex(v, "日"); at > 0 {
		v = strings.ReplaceAll(v[:at], " ", "") + v[at:]
		if rest := strings.TrimSpace(v[strings.LastIndex(v, "日")+len("日"):]); rest != "" {
			v = v[:strings.LastIndex(v, "日")+len("日")] + " " + rest
		}
	}
	return arabic(v)
}

// civilDay reads a day that must exist: 2026-02-30 is refused, not moved.
func civilDay(y, m, d string, bad error) (credit.Date, error) {
	if y >= beyond {
		return 0, bad
	}
	pad := func(s string) string { return strings.Repeat("0", 2-len(s)) + s }
	out, err := credit.ParseDate(y + "-" + pad(m) + "-" + pad(d))
	if err != nil {
		return 0, bad
	}
	return accept(out, bad)
}

func accept(d credit.Date, bad error) (credit.Date, error) {
	if !plausible(d) {
		return 0, bad
	}
	return d, nil
}

func plausible(d credit.Date) bool { return d > 0 && d.Year() <= 2150 }

// beyond is the first year that is taken for a slip of the pen.
const beyond = "2151"

var (
	figure = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?(E[-+]?[0-9]{1,2})?`)
	groups = regexp.MustCompile(`^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?`)
)

// units are the words behind an amount, brackets and blanks taken away, and how many fen one is. fen is our own clean form.
var units = map[string]int64{
	"": 1e6, "万": 1e6, "万元": 1e6, "万人民币": 1e6, "万元人民币": 1e6, "万人民币元": 1e6, "人民币万元": 1e6, "万圆": 1e6, "万元整": 1e6, "W": 1e6, "万元RMB": 1e6,
	"元": 100, "圆": 100, "元整": 100, "元人民币": 100, "人民币元": 100, "人民币": 100, "RMB": 100, "CNY": 100,
	"FEN": 1, "亿": 1e10, "亿元": 1e10, "亿元人民币": 1e10, "亿人民币": 1e10, "亿人民币元": 1e10,
}

var foreign = regexp.MustCompile(`^[万亿]?(美元|美金|港元|港币|香港元|香港港元|欧元|日元|日圆|英镑|新台币|台币|澳门元|新加坡元|加拿大元|加元|澳大利亚元|澳元|瑞士法郎|韩元|韩国元|卢布|泰国铢|马克|USD|HKD|EUR|JPY|GBP)元?$`)

// Money is an amount as read.
type Money struct {
	Fen     credit.Fen
	Foreign bool // of another currency: Fen is 0, it is not converted
	Rounded bool // it was stated more exactly than to the fen
	Worded  bool // text stood around it: what was read should be looked at
}

// most is the largest amount of DECIMAL(18,6) 万元.
const most credit.Fen = 1e18

// longestAmount is how long the text of an amount may be, in bytes. In words, the largest takes some 150.
const longestAmount = 240

// ParseAmount reads an amount that is stated in 万元 unless a unit stands behind it: 2,600(万元), 75万元人民币, 3000元, 4E-05, 贰万元.
// Text around it is passed over only where it is certain what is meant: 罚款人民币零元(0元).
func ParseAmount(s string) (Money, error) {
	if len(s) > longestAmount {
		return Money{}, fault.New(fault.Invalid, "catalog.bad_amount", s)
	}
	v := strings.TrimSpace(strings.ToUpper(half(s)))
	m, err := stated(v, s)
	if fault.Is(err, "catalog.bad_amount") {
		return worded(v, s)
	}
	return m, err
}

// stated reads a number and its unit. given is what the sender wrote.
func stated(v, given string) (Money, error) {
	bad := fault.New(fault.Invalid, "catalog.bad_amount", given)
	signed := v
	for _, sign := range []string{"￥", "¥", "人民币"} {
		v = strings.TrimPrefix(strings.TrimSpace(v), sign)
	}
	v = strings.TrimSpace(v)
	if m := groups.FindString(v); m != "" && strings.IndexAny(v[len(m):], "0123456789,") != 0 {
		v = strings.ReplaceAll(m, ",", "") + v[len(m):]
	}
	number := figure.FindString(v)
	if number == "" {
		return Money{}, bad
	}
	unit := unbracket.Replace(v[len(number):])
	if foreign.MatchString(unit) {
		return Money{Foreign: true}, nil
	}
	each, ok := units[unit]
	value, readable := new(big.Rat).SetString(number)
	switch {
	case !ok || !readable:
		return Money{}, bad
	case value.Sign() < 0:
		return Money{}, fault.New(fault.Invalid, "catalog.negative_amount", given)
	case unit == "" && !strings.HasPrefix(signed, number[:1]): // ￥3000 is as likely to be in 元
		return Money{}, fault.New(fault.Invalid, "catalog.amount_without_unit", given)
	}
	value.Mul(value, new(big.Rat).SetInt64(each))
	return round(value, given)
}

// round brings an amount to whole fen. What a spreadsheet's binary fractions add (0.30000000000000004) is not worth a word.
func round(value *big.Rat, s string) (Money, error) {
	nearest := new(big.Int).Div(new(big.Int).Add(new(big.Int).Lsh(value.Num(), 1), value.Denom()), new(big.Int).Lsh(value.Denom(), 1))
	if nearest.Cmp(big.NewInt(int64(most))) > 0 {
		return Money{}, fault.New(fault.Invalid, "catalog.amount_too_large", s)
	}
	off := new(big.Rat).Sub(value, new(big.Rat).SetInt(nearest))
	return Money{Fen: credit.Fen(nearest.Int64()), Rounded: off.Abs(off).Cmp(big.NewRat(1, 1000)) > 0}, nil
}

// wan writes clean fen as 万元 with as many decimals as it needs.
func wan(clean string) string {
	n, err := strconv.ParseInt(strings.TrimSuffix(clean, "fen"), 10, 64)
	if err != nil {
		return clean
	}
	whole, part := strconv.FormatInt(n/1e6, 10), strconv.FormatInt(1e6+n%1e6, 10)[1:]
	return strings.TrimSuffix(whole+"."+strings.TrimRight(part, "0"), ".")
}
