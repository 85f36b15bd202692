package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// edition is an [Edition] made ready for use.
type edition struct {
	bare  map[string]string // folded heading → field code
	proof map[string]bool   // folded headings
}

func readyEdition(e Edition) edition {
	out := edition{map[string]string{}, map[string]bool{}}
	for h, code := range e.Bare {
		out.bare[fold(h)] = code
	}
	for _, h := range e.Proof {
		out.proof[fold(h)] = true
	}
	return out
}

// RemarkMark begins the headings of our own columns in a file that goes back to be mended, and the names of our own sheets. It
// tells them from the sender's, whose standard may well have a column 问题.
const RemarkMark = "【质信】"

// IsRemark reports whether a heading, or the name of a sheet, is one of ours.
func IsRemark(heading string) bool {
	return strings.Contains(heading, "质信") && strings.HasPrefix(fold(heading), fold(RemarkMark))
}

// Columns says which field each column holds, by its heading: a code, a name or an alias, whatever its case, width and blanks.
// A column that the standard does not know is passed over: the file itself is kept, and a record holds no more about anybody
// than the standard asks for. A heading that means two things, such as 行政相对人代码_2, means what it does in the edition
// that the other headings prove. The problems are those of the file as a whole, and each makes it useless.
func (k Kind) Columns(headings []string) (map[int]string, []Problem) {
	out := map[int]string{}
	var problems []Problem
	taken := map[string]int{}
	proven := k.proven(headings)
	for i, h := range headings {
		h, _, _ = tidy(h, false)
		if p, wrong := k.inYuan(h); wrong {
			problems = append(problems, p)
		}
		code, ok := k.headings[fold(h)]
		if proven != nil && proven.bare[fold(h)] != "" {
			code, ok = proven.bare[fold(h)], true
		}
		if !ok {
			if p, wrong := k.ambiguous(h); proven == nil && wrong {
				problems = append(problems, p)
			}
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

// proven returns the one edition that the headings prove; nil where they prove none, or several.
func (k Kind) proven(headings []string) *edition {
	var found *edition
	for i := range k.editions {
		e := &k.editions[i]
		if !slices.ContainsFunc(headings, func(h string) bool { return e.proof[fold(h)] }) {
			continue
		}
		if found != nil {
			return nil
		}
		found = e
	}
	return found
}

// ambiguous finds a heading that means one thing in one edition and another in the next, and says which to write instead.
func (k Kind) ambiguous(heading string) (Problem, bool) {
	var names []string
	for _, e := range k.editions {
		if f, ok := k.Field(e.bare[fold(heading)]); ok && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return Problem{Field: heading, Code: "catalog.ambiguous_heading", Args: []any{heading, strings.Join(names, "、")}}, len(names) > 0
}

// missing finds the columns without which no row can be accepted.
func (k Kind) missing(taken map[string]int) []Problem {
	var problems []Problem
	for _, group := range k.Needs {
		if slices.ContainsFunc(group, func(code string) bool { _, ok := taken[code]; return ok }) {
			continue
		}
		f, _ := k.Field(group[0])
		problems = append(problems, Problem{Field: f.Code, Code: "catalog.missing_heading", Args: []any{f.Name}})
	}
	return problems
}

// inYuan finds a column of amounts whose heading says 元: read as 万元 it would be ten thousand times too much.
func (k Kind) inYuan(heading string) (Problem, bool) {
	name, unit, _ := strings.Cut(strings.TrimSuffix(fold(heading), ")"), "(")
	if unit != "元" {
		return Problem{}, false
	}
	code, ok := k.headings[name]
	if !ok {
		code, ok = k.headings[name+"(万元)"]
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
