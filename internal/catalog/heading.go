package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// Columns says which field each column holds, by its heading: a code, a name or an alias, whatever its case, width and blanks.
// A column that the standard does not know is passed over: the file itself is kept, and a record holds no more about anybody
// than the standard asks for. The problems are those of the file as a whole, and each makes it useless.
func (k Kind) Columns(headings []string) (map[int]string, []Problem) {
	known := k.headings()
	out := map[int]string{}
	var problems []Problem
	taken := map[string]int{}
	for i, h := range headings {
		h, _, _ = tidy(h, false)
		if p, wrong := k.inYuan(h, known); wrong {
			problems = append(problems, p)
		}
		code, ok := known[fold(h)]
		if !ok {
			continue
		}
		if before, twice := taken[code]; twice {
			problems = append(problems, Problem{Field: code, Code: "catalog.duplicate_heading", Args: []any{headings[before], h, before + 1, i + 1}})
			continue
		}
		out[i], taken[code] = code, i
	}
	return out, append(problems, k.missing(taken)...)
}

// headings returns which field each folded heading names.
func (k Kind) headings() map[string]string {
	out := map[string]string{}
	for _, f := range k.Fields {
		for _, h := range append([]string{f.Code, f.Name}, f.Aliases...) {
			out[fold(h)] = f.Code
		}
	}
	return out
}

// missing finds the columns without which no row can be accepted.
func (k Kind) missing(taken map[string]int) []Problem {
	var problems []Problem
	for _, group := range k.columns {
		if slices.ContainsFunc(group, func(code string) bool { _, ok := taken[code]; return ok }) {
			continue
		}
		f, _ := k.Field(group[0])
		problems = append(problems, Problem{Field: f.Code, Code: "catalog.missing_heading", Args: []any{f.Name}})
	}
	return problems
}

// inYuan finds a column of amounts whose heading says 元: read as 万元 it would be ten thousand times too much.
func (k Kind) inYuan(heading string, known map[string]string) (Problem, bool) {
	name, unit, _ := strings.Cut(strings.TrimSuffix(fold(heading), ")"), "(")
	if unit != "元" {
		return Problem{}, false
	}
	code, ok := known[name]
	if !ok {
		code, ok = known[name+"(万元)"]
	}
	if f, _ := k.Field(code); !ok || f.Type != Wan {
		return Problem{}, false
	}
	return Problem{Field: code, Code: "catalog.heading_in_yuan", Args: []any{heading}}, true
}

// fold brings a heading into the form in which headings are compared.
func fold(h string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(`_*'":：＊“”`, r):
			return -1
		case r == '【' || r == '〔' || r == '[':
			return '('
		case r == '】' || r == '〕' || r == ']':
			return ')'
		}
		return r
	}, strings.ToUpper(half(h)))
}
