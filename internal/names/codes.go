package names

import (
	"strings"
	"unicode/utf8"
)

// codes finds exactly this code.
func (s *search) codes(code string) {
	if code == "" {
		return
	}
	for i, in := range s.parts {
		row, ok := in.byCode.find(hashOf([]byte(code)), func(row uint32) bool { return in.codes.of(row) == code })
		for n := 0; ok && n < s.need; {
			if s.addCode(i, row, find{score: worthExact, why: Code, to: utf8.RuneCountInString(code)}) {
				n++
			}
			row, ok = in.byCode.twins[row]
		}
	}
}

func (s *search) addCode(part int, row uint32, f find) (added bool) {
	in := s.parts[part]
	f.place, f.row, f.code = place{part, in.holder[row]}, row, true
	s.names = in.folded(f.entry, s.names)
	f.length = len(s.names)
	return s.admits(f.place) && s.add(f)
}

// codeParts finds codes that begin with or hold at least four letters and digits.
func (s *search) codeParts(code string) {
	if len(code) < 4 || strings.ContainsFunc(code, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		return
	}
	for i, in := range s.parts {
		var keys []uint32
		for j := range len(code) - 2 {
			keys = append(keys, three(code[j], code[j+1], code[j+2]))
		}
		s.codePart(i, code, shortest(&in.codeThrees, keys))
	}
}

func (s *search) codePart(part int, code string, l list) {
	begins := 0
	for row := range l.all() {
		if s.left--; s.left < 0 {
			return
		}
		at := strings.Index(s.parts[part].codes.of(row), code)
		if at < 0 {
			continue
		}
		f := find{score: worthCodePart, why: CodePart, from: at, to: at + len(code)}
		if at == 0 {
			f.score = worthCodeBegin
		}
		if s.addCode(part, row, f) && at == 0 {
			if begins++; begins >= s.need {
				return
			}
		}
	}
}
