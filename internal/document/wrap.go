package document

import (
	"strings"
	"unicode"
)

// Characters that must not begin a line (避头), and those that must not end one (避尾).
const (
	noStart = "、。〕】》〉」』”’％‰℃…—～·\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\uff09,.:;?!)]}%"
	noEnd   = "〔【《〈「『“‘￥＄\uff08([{$"
)

// wrap breaks text into lines no wider than width. It loses nothing: the lines put together are the text. Chinese breaks
// between any two characters but for noStart and noEnd; Latin words and numbers stay whole where they fit on a line. Blanks
// at a line's end hang over it.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	line, used := "", 0.0
	for _, unit := range units(text) {
		w := measure(unit)
		if strings.TrimSpace(unit) == "" {
			line, used = line+unit, used+w
			continue
		}
		if line != "" && used+w > width {
			lines, line, used = append(lines, line), "", 0
		}
		if w > width {
			var full []string
			full, unit = split(unit, width, measure)
			lines, w = append(lines, full...), measure(unit)
		}
		line, used = line+unit, used+w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// units cuts text into the pieces that stay together.
func units(text string) []string {
	var out []string
	var last rune
	for _, r := range text {
		if n := len(out); n > 0 && together(last, r) {
			out[n-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		last = r
	}
	return out
}

// together reports whether no line may end between a and b.
func together(a, b rune) bool {
	switch {
	case unicode.IsSpace(a) || unicode.IsSpace(b):
		return false
	case strings.ContainsRune(noStart, b) || strings.ContainsRune(noEnd, a):
		return true
	}
	return word(a) && word(b)
}

// word reports whether r is part of a Latin word, a number, an address.
func word(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_/.@&#+='%:", r))
}

// split cuts a piece that is wider than a line where the line is full, for want of a better place.
func split(s string, width float64, measure func(string) float64) (full []string, rest string) {
	line, used := "", 0.0
	for _, r := range s {
		w := measure(string(r))
		if line != "" && used+w > width {
			full, line, used = append(full, line), "", 0
		}
		line, used = line+string(r), used+w
	}
	return full, line
}
