package names

import (
	"sync"
	"unicode/utf16"

	"zhixin/internal/credit"
)

// longest bounds how many characters of a query are looked at, and so the work of a search; of a longer name only the beginning
// can be found.
const longest = 256

// folding says for each character of the basic plane what it is compared as, 0 for nothing: [credit.NormalizeName], then
// traditional characters as simplified ones and no wildcards, which people type out of habit. A query typed with them finds what
// the same query without them finds.
var folding = sync.OnceValue(func() *[1 << 16]uint16 {
	var t [1 << 16]uint16
	for r := range rune(len(t)) {
		for _, f := range credit.Simplify(credit.NormalizeName(string(r))) {
			t[r] = uint16(f)
		}
		if f := t[r]; f == '*' || f == '%' || f == '?' || f == '_' {
			t[r] = 0
		}
	}
	return &t
})

// foldText folds what a reader typed; it stops when it has as many characters as are looked at.
func foldText(s string) []rune {
	t, out := folding(), make([]rune, 0, 32)
	for i, r := range s {
		if len(out) == longest || i > 16*longest {
			break
		}
		if r < int32(len(t)) {
			r = rune(t[r])
		}
		if r != 0 {
			out = append(out, r)
		}
	}
	return out
}

// foldUnits appends the folded characters of a name to buf.
func foldUnits(t *[1 << 16]uint16, name []uint16, buf []rune) []rune {
	for i := 0; i < len(name); i++ {
		r := rune(name[i])
		if utf16.IsSurrogate(r) && i+1 < len(name) { // rare characters and emoji; names are whole UTF-16
			i++
			buf = append(buf, utf16.DecodeRune(r, rune(name[i])))
		} else if f := t[r]; f != 0 {
			buf = append(buf, rune(f))
		}
	}
	return buf
}

// unfold says where the folded characters from, to stand in the name as it is written.
func unfold(name string, from, to int) (int, int) {
	if to == 0 {
		return 0, 0
	}
	t, n, first, last := folding(), 0, 0, 0
	for i, r := range []rune(name) {
		if r < int32(len(t)) && t[r] == 0 {
			continue
		}
		if n == from {
			first = i
		}
		if n < to {
			last = i + 1
		}
		n++
	}
	return first, last
}

// Before the first character of a name and behind its last one stand these, for the lists of names that begin or end so.
const (
	begin rune = 0xfffe
	end   rune = 0xffff
)

// pair is the key of two characters that follow each other. Those beyond the basic plane share its private area: a list may hold
// names that do not have the two, never lack one that has.
func pair(a, b rune) uint32 {
	if a > 0xffff {
		a = 0xe000 + a%0x1900
	}
	if b > 0xffff {
		b = 0xe000 + b%0x1900
	}
	return uint32(a)<<16 | uint32(b)
}

// isNumber reports whether a character counts or tells apart what else is alike: branches, shops, factories.
func isNumber(r rune) bool {
	switch r {
	case '一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '〇', '零', '两', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖', '拾',
		'甲', '乙', '丙', '丁', '东', '南', '西', '北':
		return true
	}
	return '0' <= r && r <= '9'
}

// isFiller reports whether a character may be left out without another name being meant: brackets and dots, and the last one of
// a division's name.
func isFiller(r rune) bool {
	switch r {
	case '(', ')', '·', '-', '.', ',', '、', '"', '“', '”', '《', '》', '省', '市', '县', '区':
		return true
	}
	return false
}
