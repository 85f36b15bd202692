package publicity

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhixin/internal/credit"
)

const hidden = "***"

// redact hides identity numbers, phone numbers, bank cards and addresses of e-mail in text that people write (handbook 2.5),
// however wide its characters are and however its digits are grouped. Codes of organisations and numbers of licences and
// decisions stay: they name no person. A long number too many is hidden rather than one too few.
func redact(text string) string {
	t := foldText(text)
	t.mails()
	t.codes()
	t.numbers()
	t.landlines()
	return t.result()
}

// redactCode is redact for a field that holds one code: a registration number whose check digit is right is what it says.
func redactCode(code string) string {
	if credit.CheckRegNo(code) == nil {
		return code
	}
	return redact(code)
}

// folded is a text with one byte for each of its characters: digits, letters and signs in their narrow form, every kind of
// blank and of hyphen as one, and other for all that numbers are not made of. What has been dealt with becomes other too.
type folded struct {
	text  string
	flat  []byte
	at    []int // at[i] is where the character i begins in text; one more for the end
	spans [][2]int
}

const other = 1

func foldText(text string) *folded {
	t := &folded{text: text, flat: make([]byte, 0, len(text)), at: make([]int, 0, len(text)+1)}
	for i, r := range text {
		if unicode.Is(unicode.Cf, r) { // invisible: no number ends at one
			continue
		}
		t.flat, t.at = append(t.flat, narrow(r)), append(t.at, i)
	}
	t.at = append(t.at, len(text))
	return t
}

func narrow(r rune) byte {
	switch {
	case '！' <= r && r <= '～':
		return narrow(r - '！' + '!')
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune("‐‑‒–—―−﹣", r):
		return '-'
	case r < utf8.RuneSelf:
		return byte(r)
	case unicode.Is(unicode.Nd, r): // digits of other scripts: each ten begins at a multiple after a non-digit
		n := r
		for r-n < 9 && unicode.Is(unicode.Nd, n-1) {
			n--
		}
		return '0' + byte(r-n)
	}
	return other
}

// hide marks the characters from to of the text as not to be shown.
func (t *folded) hide(from, to int) {
	t.spans = append(t.spans, [2]int{from, to})
	t.pass(from, to)
}

// pass takes characters out of what is still looked at.
func (t *folded) pass(from, to int) {
	for i := from; i < to; i++ {
		t.flat[i] = other
	}
}

func (t *folded) result() string {
	if len(t.spans) == 0 {
		return t.text
	}
	gone := make([]bool, len(t.flat))
	for _, s := range t.spans {
		for i := s[0]; i < s[1]; i++ {
			gone[i] = true
		}
	}
	var b strings.Builder
	for i := range t.flat {
		switch {
		case !gone[i]:
			b.WriteString(t.text[t.at[i]:t.at[i+1]])
		case i == 0 || !gone[i-1]:
			b.WriteString(hidden)
		}
	}
	return b.String()
}

var mails = regexp.MustCompile(`[0-9A-Za-z._%+-]+@[0-9A-Za-z.-]+\.[A-Za-z]{2,}`)

func (t *folded) mails() {
	for _, m := range mails.FindAllIndex(t.flat, -1) {
		t.hide(m[0], m[1])
	}
}

var (
	longWords = regexp.MustCompile(`[0-9A-Za-z]{15,}`)
	hashes    = regexp.MustCompile(`^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64})$`)
	letters   = regexp.MustCompile(`[A-Fa-f]`)
)

// codes passes the long words that name no person: codes of organisations, hashes, and registration numbers that are called so.
func (t *folded) codes() {
	for _, m := range longWords.FindAllIndex(t.flat, -1) {
		word := string(t.flat[m[0]:m[1]])
		_, err := credit.ParseUSCC(word)
		switch {
		case len(word) == 18 && err == nil && !citizen(word), // the check digits decide, and the birthday where both fit
			hashes.MatchString(word) && letters.MatchString(word),
			len(word) == 15 && credit.CheckRegNo(word) == nil && t.calledRegNo(m[0]):
			t.pass(m[0], m[1])
		}
	}
}

// calledRegNo reports whether the words before a number call it a registration number.
func (t *folded) calledRegNo(from int) bool {
	before := strings.TrimRight(t.text[:t.at[from]], " 　:：为是(（")
	return strings.HasSuffix(before, "注册号") || strings.HasSuffix(before, "登记号")
}

// digitGroups are digits that belong together: in one piece, or with blanks or hyphens between.
var digitGroups = regexp.MustCompile(`[0-9]+(?:[ -]{1,3}[0-9]+)*(?:[ -]?[Xx])?`)

func (t *folded) numbers() {
	for _, m := range digitGroups.FindAllIndex(t.flat, -1) {
		groups := t.groups(m[0], m[1])
		for i := 0; i < len(groups); {
			n := longest(groups[i:])
			if n == 0 {
				i++
				continue
			}
			from := groups[i].from
			if from > 0 && t.flat[from-1] == '+' {
				from--
			}
			t.hide(from, groups[i+n-1].to)
			i += n
		}
	}
}

// group is one piece of a number; an X at its end belongs to it.
type group struct {
	from, to int
	digits   string
}

func (t *folded) groups(from, to int) (out []group) {
	for i := from; i < to; {
		j := i
		for j < to && t.flat[j] != ' ' && t.flat[j] != '-' {
			j++
		}
		if j == i {
			i++
			continue
		}
		out = append(out, group{i, j, strings.ToUpper(string(t.flat[i:j]))})
		i = j
	}
	last := out[len(out)-1]
	if last.digits == "X" && to < len(t.flat) && alnum(t.flat[to]) { // the beginning of a word
		out = out[:len(out)-1]
	}
	return out
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// longest returns how many of the first groups together are the number of a person, 0 where none are.
func longest(groups []group) (n int) {
	const longestNumber = 20
	joined := ""
	for i, g := range groups {
		if joined += g.digits; i > 0 && len(joined) > longestNumber {
			break
		}
		if personal(joined, groups[:i+1]) {
			n = i + 1
		}
	}
	return n
}

func personal(number string, groups []group) bool {
	if len(groups) == 1 {
		return personalWord(number)
	}
	return mobile(number) && !dated(groups) && (len(prefixless(groups)) >= 3 || singles(groups)) ||
		identity(number) && (!dated(groups) || credit.CheckCitizenID(number) == nil) ||
		shape(groups, 6, 6, 3) && oldIdentity(number) ||
		card(number, groups)
}

// personalWord reports whether a run of digits, perhaps with an X behind it, may be the number of a person, a mobile phone or
// an account.
func personalWord(n string) bool {
	n18 := strings.TrimSuffix(n, "X")
	switch {
	case mobile(n):
		return true
	case len(n) == 15: // identity number of before 1999, or the registration number of an enterprise
		return oldIdentity(n) || credit.CheckRegNo(n) != nil
	case len(n) >= 16 && len(n) <= 20: // bank card, identity number
		return true
	case len(n18) < len(n): // an X that is no check digit
		return personalWord(n18)
	}
	for i := 0; i+18 <= len(n); i++ { // a number without end that holds one
		if citizen(n[i : i+18]) {
			return true
		}
	}
	const both = 18 + 11
	return len(n) == both && (identity(n[:18]) && mobile(n[18:]) || mobile(n[:11]) && identity(n[11:]))
}

var mobiles = regexp.MustCompile(`^(?:0|(?:00)?86)?0?1[3-9][0-9]{9}$`)

// mobile reports whether a number is a mobile phone's, with the prefix of the country or the trunk or without.
func mobile(n string) bool { return mobiles.MatchString(n) }

// prefixless returns the first group of a phone number after the prefixes that stand by themselves.
func prefixless(groups []group) string {
	for _, g := range groups {
		if g.digits != "86" && g.digits != "0086" && g.digits != "0" {
			return g.digits
		}
	}
	return ""
}

// singles reports whether somebody has written digit by digit.
func singles(groups []group) bool {
	for _, g := range groups {
		if len(g.digits) != 1 {
			return false
		}
	}
	return true
}

// dated reports whether a day is written among the groups, 2025-03-04, or at an end of them, 20250304.
func dated(groups []group) bool {
	for i := 0; i+2 < len(groups); i++ {
		year, month, day := groups[i].digits, groups[i+1].digits, groups[i+2].digits
		if len(year) == 4 && (year[:2] == "19" || year[:2] == "20") && len(month) <= 2 && len(day) <= 2 {
			return true
		}
	}
	return birthday(groups[0].digits) || birthday(groups[len(groups)-1].digits)
}

// identity reports whether a number has the form of an identity number with a birthday in it. Its check digit is not asked
// for: one that is mistyped still names somebody.
func identity(n string) bool {
	return len(n) == 18 && !strings.Contains(n[:17], "X") && n[0] != '0' && birthday(n[6:14])
}

// citizen is identity with the right check digit.
func citizen(n string) bool { return identity(n) && credit.CheckCitizenID(n) == nil }

func oldIdentity(n string) bool { return len(n) == 15 && n[0] != '0' && birthday("19"+n[6:12]) }

// birthday reports whether eight digits are a day on which somebody may have been born who is mentioned today.
func birthday(s string) bool {
	if len(s) != 8 || s[:2] != "19" && s[:2] != "20" {
		return false
	}
	_, err := time.Parse("20060102", s)
	return err == nil
}

// card reports whether a number is written as a bank card's is: in fours, with up to three digits more.
func card(n string, groups []group) bool {
	if len(groups) < 4 || len(groups) > 5 || n[0] < '3' || len(groups) == 5 && len(groups[4].digits) > 3 {
		return false
	}
	_, err := credit.ParseUSCC(n)
	return err != nil && shape(groups[:4], 4, 4, 4, 4)
}

func shape(groups []group, lengths ...int) bool {
	if len(groups) != len(lengths) {
		return false
	}
	for i, n := range lengths {
		if len(groups[i].digits) != n {
			return false
		}
	}
	return true
}

// landlines of seven or eight digits with the code of their area.
var landlines = regexp.MustCompile(`(?:(?:\+86[ -]?|0086[ -]?|86[ -])\(?0?[1-9][0-9]{1,2}|\(?0[1-9][0-9]{1,2})\)?[ -]?(?:[2-9][0-9]{6,7}|[2-9][0-9]{2,3}[ -][0-9]{4})`)

func (t *folded) landlines() {
	for _, m := range landlines.FindAllIndex(t.flat, -1) {
		if m[0] > 0 && alnum(t.flat[m[0]-1]) || m[0] > 1 && t.flat[m[0]-1] == '-' && alnum(t.flat[m[0]-2]) || m[1] < len(t.flat) && alnum(t.flat[m[1]]) {
			continue // a part of another number
		}
		t.hide(m[0], m[1])
	}
}
