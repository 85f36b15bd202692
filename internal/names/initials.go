package names

import (
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// readings are the characters with several readings that are met in the names of companies and places, with the letters of those
// that are likely there, the usual one first: 重庆 and 重工, 长沙 and 会长, 银行 and 同行. All others have the first reading
// of go-pinyin; the rare readings that it knows would only find what nobody meant.
var readings = map[rune]string{
	'重': "cz", '长': "cz", '行': "hx", '乐': "ly", '会': "hk", '厦': "xs", '参': "cs", '调': "td", '朝': "cz", '曾': "zc", '单': "sd",
	'解': "jx", '盛': "sc", '藏': "zc", '宿': "sx", '泊': "bp", '种': "zc", '尉': "yw", '覃': "qt", '铅': "qy", '蔚': "wy", '涡': "wg",
	'枞': "zc", '歙': "sx", '圩': "wx", '番': "fp", '降': "jx", '便': "bp", '强': "q", '省': "s", '沈': "s", '查': "cz", '翟': "zd",
	'区': "qo", '郇': "xh", '晟': "sc", '系': "x", '校': "xj", '角': "j", '合': "h", '奇': "q", '期': "q", '拓': "t", '传': "cz",
	'车': "c", '厂': "c", '广': "g", '石': "s", '大': "d", '什': "s", '仇': "qc", '臭': "c", '朴': "p", '卜': "bp", '秘': "mb", '埔': "pb",
	'堡': "bp", '峒': "dt", '栎': "ly", '浒': "hx", '济': "j", '六': "l", '亳': "b", '蚌': "b", '台': "t", '丽': "l", '万': "w", '洗': "x",
	'无': "w", '说': "s", '谷': "g", '贾': "j", '都': "d", '地': "d", '的': "d", '得': "d", '为': "w", '与': "y", '间': "j", '和': "h",
	'华': "h", '色': "s", '食': "s", '氏': "s", '似': "s", '识': "s", '术': "s", '属': "s", '折': "z", '着': "z", '祭': "j", '繁': "f",
	'率': "ls", '畜': "xc", '缩': "s", '吓': "x", '咽': "y", '见': "j", '红': "h", '虹': "h", '家': "j", '价': "j", '给': "jg", '弹': "dt",
	'适': "s", '提': "t", '体': "t", '叶': "y", '其': "q", '颀': "q", '齐': "q", '茄': "q", '伽': "jg", '呷': "x", '莘': "sx", '峙': "zs", '娜': "n",
}

// letters says for each character of the basic plane, folded, with which letters its readings begin: the usual one in the low
// byte, another in the high one. A digit or Latin letter stands for itself; 0 is for all that is not read.
var letters = sync.OnceValue(func() *[1 << 16]uint16 {
	var t [1 << 16]uint16
	for r := range rune(len(t)) {
		switch {
		case '0' <= r && r <= '9', 'A' <= r && r <= 'Z':
			t[r] = uint16(r)
		case readings[r] != "":
			likely := strings.ToUpper(readings[r])
			t[r] = uint16(likely[0])
			if len(likely) > 1 {
				t[r] |= uint16(likely[1]) << 8
			}
		default:
			for _, first := range pinyin.PinyinDict[int(r)] { // its Pinyin would take a second for all
				t[r] = uint16(unaccented(first))
				break
			}
		}
	}
	return &t
})

// unaccented returns the letter with which a reading begins: an initial, or a vowel with its tone; 0 is for the few that are none.
func unaccented(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case strings.ContainsRune("āáǎà", r):
		return 'A'
	case strings.ContainsRune("ēéěèê", r):
		return 'E'
	case strings.ContainsRune("ōóǒò", r):
		return 'O'
	}
	return 0
}

// sound is a character of a name as it is read.
type sound struct {
	letters uint16
	at      int  // which folded character it is
	spare   bool // 省, 市, 县 or 区, which people leave out: 安庆市迎江 is aqsyj or aqyj
}

// spoken appends the sounds of a folded name to buf.
func spoken(t *[1 << 16]uint16, name []rune, buf []sound) []sound {
	for i, r := range name {
		if r < int32(len(t)) && t[r] != 0 {
			buf = append(buf, sound{t[r], i, isFiller(r)})
		}
	}
	return buf
}

// next gives what may be read after the i-th sound: the next one, and the one after it where the next may be left out.
func next(s []sound, i int, yield func(j int)) {
	if i+1 < len(s) {
		yield(i + 1)
	}
	if i+2 < len(s) && s[i+1].spare {
		yield(i + 2)
	}
}

// start marks the keys of names that begin with two sounds.
const start = '^'

// sounds gives the keys of the initials: any three sounds that follow each other, and the first two.
func sounds(s []sound, emit func(key uint32)) {
	for i := range s {
		next(s, i, func(j int) {
			if i == 0 {
				mixed(start, s[i].letters, s[j].letters, emit)
			}
			next(s, j, func(k int) { mixed(s[i].letters, s[j].letters, s[k].letters, emit) })
		})
	}
}

// mixed gives the keys of three sounds in each of their readings.
func mixed(a, b, c uint16, emit func(key uint32)) {
	for x := a; x != 0; x >>= 8 {
		for y := b; y != 0; y >>= 8 {
			for z := c; z != 0; z >>= 8 {
				emit(three(byte(x), byte(y), byte(z)))
			}
		}
	}
}

// three is the key of three letters.
func three(a, b, c byte) uint32 { return uint32(a)<<16 | uint32(b)<<8 | uint32(c) }

// asInitials reports whether a query can be initials: at least two characters, Latin letters and digits only, and not only digits.
func asInitials(text []rune) bool {
	some := false
	for _, r := range text {
		letter := 'A' <= r && r <= 'Z'
		if some = some || letter; !letter && (r < '0' || r > '9') {
			return false
		}
	}
	return some && len(text) >= 2
}

// has reports whether r is how one of the readings begins.
func (s sound) has(r rune) bool {
	return rune(s.letters&0xff) == r || s.letters > 0xff && rune(s.letters>>8) == r
}

// readAs reports whether text are the initials of the sounds from i on, and which sound is the last one.
func readAs(text []rune, s []sound, i int) (last int, ok bool) {
	if !s[i].has(text[0]) {
		return 0, false
	}
	if len(text) == 1 {
		return i, true
	}
	next(s, i, func(j int) {
		if !ok {
			last, ok = readAs(text[1:], s, j)
		}
	})
	return last, ok
}

// initials finds names by the first letters of their characters in pinyin: those that begin so, then, by at least three, those
// that hold them.
func (s *search) initials() {
	if !asInitials(s.text) {
		return
	}
	var keys []uint32
	for i := range len(s.text) - 2 {
		keys = append(keys, three(byte(s.text[i]), byte(s.text[i+1]), byte(s.text[i+2])))
	}
	first := append(keys, three(start, byte(s.text[0]), byte(s.text[1])))
	for i, in := range s.parts {
		s.look(i, shortest(&in.initials, first).all(), true, func(name []rune) (find, bool) { return s.readFrom(name, 1, worthInitials) })
	}
	if len(keys) == 0 || len(s.found) >= s.need {
		return
	}
	for i, in := range s.parts {
		s.look(i, shortest(&in.initials, keys).all(), true, func(name []rune) (find, bool) { return s.readFrom(name, len(name), worthInitialsIn) })
	}
}

// readFrom looks for the initials at the first places of a name.
func (s *search) readFrom(name []rune, places, worth int) (find, bool) {
	s.said = spoken(letters(), name, s.said[:0])
	for i := range s.said[:min(places, len(s.said))] {
		if last, ok := readAs(s.text, s.said, i); ok {
			return find{score: worth, why: Initials, from: s.said[i].at, to: s.said[last].at + 1}, true
		}
	}
	return find{}, false
}
