package credit

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// NormalizeCode brings an identifier that arrived into the form in which it is checked, stored and matched: half-width,
// upper case, without blanks and invisible characters, without the apostrophe that a spreadsheet puts before a number, and
// without hyphens unless the number is one in words. It repairs nothing that would be a guess (O is not made 0).
func NormalizeCode(s string) string {
	if isCode(s) {
		return s
	}
	var b strings.Builder
	words := false
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			continue
		}
		r = halfWidth(r)
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		words = words || unicode.Is(unicode.Han, r)
		b.WriteRune(r)
	}
	code := b.String()
	if !words {
		code = strings.Map(func(r rune) rune {
			if strings.ContainsRune("-‐‑‒–—―−_", r) {
				return -1
			}
			return r
		}, code)
	}
	return strings.TrimLeft(code, "'`’‘")
}

// isCode reports whether s is already in normal form, as almost every code of a good feed is.
func isCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func halfWidth(r rune) rune {
	switch {
	case '！' <= r && r <= '～':
		return r - '！' + '!'
	case r == '　':
		return ' '
	}
	return r
}

// nothing are the words that feeds write where there is no identifier.
var nothing = []string{"", "无", "暂无", "没有", "空", "未知", "不详", "/", "\\", ".", "NULL", "NONE", "NIL", "N/A", "NA"}

// IsPlaceholder reports whether s says that there is no identifier: nothing, 无, zeros only, or zeros and an X, of which
// disclosure files carry seventeen and one for those who have none. It is never matched on: it would join strangers.
func IsPlaceholder(s string) bool {
	code := NormalizeCode(s)
	return slices.Contains(nothing, code) || strings.Trim(strings.TrimSuffix(code, "X"), "0") == ""
}

// IsMasked reports whether s was made unreadable before it reached us, such as 913302******531452. It is kept in
// quarantine and never matched on.
func IsMasked(s string) bool { return strings.ContainsAny(s, "*＊×●") }

// NormalizeName brings a name into the form in which names are compared: half-width with one kind of brackets and of dot,
// upper case, no blanks. It is not the name to be shown.
func NormalizeName(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			continue
		}
		switch r = halfWidth(r); r {
		case '〔', '【', '[', '〈', '﹙':
			r = '('
		case '〕', '】', ']', '〉', '﹚':
			r = ')'
		case '•', '・', '‧', '･', '∙':
			r = '·'
		}
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// simplified gives the simplified form of each traditional character.
var simplified = sync.OnceValue(func() map[rune]rune {
	out := map[rune]rune{}
	pairs := []rune(traditional)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
})

// Simplify writes the traditional characters that are met in names as simplified ones. It is for comparing: 後 and 后 are both
// in names, and which a name has is not told any more.
func Simplify(s string) string {
	table := simplified()
	return strings.Map(func(r rune) rune {
		if to, ok := table[r]; ok {
			return to
		}
		return r
	}, s)
}

// compound are the surnames of two characters that are met today.
var compound = []string{"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯", "独孤", "南宫",
	"端木", "轩辕", "长孙", "宇文", "申屠", "钟离", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "呼延", "东郭", "西门", "闻人",
	"赫连", "拓跋", "百里", "东门", "公羊", "万俟", "仲孙", "鲜于", "闾丘", "司空", "亓官", "司寇", "巫马", "公西", "第五", "欧陽"}

// MaskName returns a person's name as the public may see it: the surname, and a star for each character after it (张*,
// 欧阳**). A single character becomes a star.
func MaskName(name string) string {
	runes := []rune(strings.TrimSpace(name))
	keep := min(1, len(runes)-1)
	if len(runes) > 2 && slices.Contains(compound, string(runes[:2])) {
		keep = 2
	}
	if len(runes) == 0 {
		return ""
	}
	return string(runes[:keep]) + strings.Repeat("*", len(runes)-keep)
}
