package names

import "slices"

// within returns where text stands in name for the first time, -1 where it does not.
func within(text, name []rune) int {
	for i := 0; i+len(text) <= len(name); i++ {
		if name[i] == text[0] && slices.Equal(text, name[i:i+len(text)]) {
			return i
		}
	}
	return -1
}

// slip is how two texts differ by one edit: one character wrong, missing or too many, or two neighbours swapped.
type slip struct{ a, b []rune } // what stands in the one and in the other at the place where they differ

// slipped returns the one edit by which a and b differ.
func slipped(a, b []rune) (slip, bool) {
	p := 0
	for p < len(a) && p < len(b) && a[p] == b[p] {
		p++
	}
	a, b = a[p:], b[p:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case len(a) == 1 && len(b) <= 1, len(a) == 0 && len(b) == 1, len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]:
		return slip{a, b}, true
	}
	return slip{}, false
}

// counts reports whether all that differs are characters that count or tell apart: 第一支公司 is not 第二支公司 mistyped.
func (s slip) counts() bool {
	for _, r := range s.a {
		if !isNumber(r) {
			return false
		}
	}
	for _, r := range s.b {
		if !isNumber(r) {
			return false
		}
	}
	return true
}

// nearly returns where a part of name begins and ends that differs from text by one edit.
func nearly(text, name []rune) (from, to int, ok bool) {
	for i := range name {
		rest, p := name[i:], 0
		for p < len(text) && p < len(rest) && text[p] == rest[p] {
			p++
		}
		for _, step := range [...]struct{ text, name int }{{1, 1}, {1, 0}, {0, 1}} { // wrong, too many, missing
			if p+step.text <= len(text) && p+step.name <= len(rest) && begins(rest[p+step.name:], text[p+step.text:]) {
				return i, i + len(text) - step.text + step.name, true
			}
		}
		if p+2 <= len(text) && p+2 <= len(rest) && text[p] == rest[p+1] && text[p+1] == rest[p] && begins(rest[p+2:], text[p+2:]) {
			return i, i + len(text), true
		}
	}
	return 0, 0, false
}

func begins(name, text []rune) bool {
	return len(text) <= len(name) && slices.Equal(text, name[:len(text)])
}

// What bounds the search for words: how many a query is cut into, and how many places are tried, because texts such as
// 公司公司公司 fit each other in more ways than can be tried.
const (
	mostWords  = 4
	mostPlaces = 500
)

// tiling is a way to cut a text into words under trial.
type tiling struct {
	name []rune
	used [longest]bool // characters of the name
	left int           // places that may still be tried
}

// tiled reports whether text can be cut into few words of at least two characters that all stand in name, each at a place of its
// own. So 双建科技安庆有限公司 finds 安庆双建科技有限公司, and no dictionary is needed.
func tiled(text, name []rune) bool {
	t := tiling{name: name, left: mostPlaces}
	return len(name) <= longest && t.place(text, mostWords)
}

// place finds places for the words of text, at most so many; it tries the longest first word first.
func (t *tiling) place(text []rune, words int) bool {
	if len(text) == 0 || words == 0 {
		return len(text) == 0
	}
	for n := min(len(text), len(t.name)); n >= 2; n-- {
		if n == len(text)-1 {
			continue // one character would be left
		}
		for at := 0; at+n <= len(t.name); at++ {
			if t.name[at] != text[0] || !slices.Equal(t.name[at:at+n], text[:n]) || slices.Contains(t.used[at:at+n], true) {
				continue
			}
			if t.left--; t.left < 0 {
				return false
			}
			t.mark(at, n, true)
			if t.place(text[n:], words-1) {
				return true
			}
			t.mark(at, n, false)
		}
	}
	return false
}

func (t *tiling) mark(at, n int, used bool) {
	for i := range n {
		t.used[at+i] = used
	}
}

// bare appends the characters of a folded name that are no fillers to buf.
func bare(name, buf []rune) []rune {
	for _, r := range name {
		if !isFiller(r) {
			buf = append(buf, r)
		}
	}
	return buf
}
