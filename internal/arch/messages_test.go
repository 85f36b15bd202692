package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zhixin/internal/lang"
)

// use is a message code where the program says it; args is the number of its arguments, -1 where they cannot be counted.
type use struct {
	code, at string
	args     int
}

// codeForm is a whole code; a code ending in joined is a family, such as "casework.state_" + string(s).
var codeForm = regexp.MustCompile(`^[a-z]+\.[a-z0-9_]+$`)

// uses returns the codes of faults, problems and sentences in the program and in its templates.
func uses(h *house) []use {
	var out []use
	takes := codeTakers(h)
	for _, s := range h.program() {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if i, some := codeArgument(s, n, takes); some && i < len(n.Args) {
					if code, ok := literal(n.Args[i]); ok && (codeForm.MatchString(code) || dotted(n.Fun) == "fault.New") {
						out = append(out, use{code, s.at(n), arguments(n, i)})
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
					if code, ok := literal(n.Value); ok && codeForm.MatchString(code) {
						out = append(out, use{code, s.at(n), -1})
					}
				}
			}
			return true
		})
	}
	called := regexp.MustCompile(`\bT "([^"]*)"`)
	for name, text := range h.texts {
		if path.Ext(name) == ".html" {
			for _, m := range called.FindAllStringSubmatch(text, -1) {
				if !strings.HasSuffix(m[1], "_") { // printf-built families end so
					out = append(out, use{m[1], name, -1})
				}
			}
		}
	}
	return out
}

// codeTakers returns, for each room, its functions with a parameter "code string", and which parameter that is: helpers
// around fault.New.
func codeTakers(h *house) map[string]map[string]int {
	out := map[string]map[string]int{}
	note := func(s *source, name string, t *ast.FuncType) {
		i := 0
		for _, f := range t.Params.List {
			for _, p := range f.Names {
				if p.Name == "code" && dotted(f.Type) == "string" {
					if out[s.room] == nil {
						out[s.room] = map[string]int{}
					}
					out[s.room][name] = i
				}
				i++
			}
		}
	}
	for _, s := range h.program() {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				note(s, n.Name.Name, n.Type)
			case *ast.AssignStmt:
				if fn, ok := n.Rhs[0].(*ast.FuncLit); ok && len(n.Lhs) == 1 {
					note(s, dotted(n.Lhs[0]), fn.Type)
				}
			}
			return true
		})
	}
	return out
}

// codeArgument says which argument of call is a message code.
func codeArgument(s *source, call *ast.CallExpr, takes map[string]map[string]int) (int, bool) {
	name := dotted(call.Fun)
	if name == "fault.New" || strings.HasSuffix(name, ".Say") {
		return 1, true
	}
	if name == "fault.Is" {
		return 1, true
	}
	if name == "lang.Code" {
		return 0, true
	}
	parts := strings.Split(name, ".")
	i, some := takes[s.room][parts[len(parts)-1]]
	return i, some && name != ""
}

// arguments counts what fills a sentence; only for fault.New are those after the code surely that.
func arguments(call *ast.CallExpr, code int) int {
	if dotted(call.Fun) != "fault.New" || call.Ellipsis.IsValid() {
		return -1
	}
	return len(call.Args) - code - 1
}

// holes returns how many arguments a sentence needs.
func holes(sentence string) int {
	most := 0
	for _, m := range regexp.MustCompile(`\{([0-9]+)\}`).FindAllStringSubmatch(sentence, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			most = max(most, n+1)
		}
	}
	return most
}

// unsaid finds codes without a sentence, with too few arguments for it, and such as no package of that name has.
func unsaid(h *house, sentences map[string]map[lang.Tag]string) []string {
	var found []string
	for _, u := range uses(h) {
		says, ok := sentences[u.code]
		if !ok {
			found = append(found, fmt.Sprintf("%s: %s has no sentence in internal/lang/messages", u.at, u.code))
			continue
		}
		for _, tag := range lang.Tags {
			if says[tag] == "" {
				found = append(found, fmt.Sprintf("%s: %s has no sentence in %s", u.at, u.code, tag))
			}
			if n := holes(says[tag]); u.args >= 0 && n > u.args {
				found = append(found, fmt.Sprintf("%s: %s is given %d arguments, its sentence in %s takes %d", u.at, u.code, u.args, tag, n))
			}
		}
	}
	return found
}

// unused finds sentences that nothing in the program can say. A code may be put together: "casework.state_" + state, or
// code + "_mend" beside a code of its own.
func unused(h *house, sentences map[string]map[lang.Tag]string) []string {
	said := map[string]bool{}
	var families, endings []string
	var texts strings.Builder
	for _, s := range h.program() {
		s.strings(func(value string, _ ast.Node) {
			said[value] = true
			cut := len(value)
			for _, end := range []string{joined, "%"} {
				if i := strings.Index(value, end); i >= 0 {
					cut = min(cut, i)
				}
			}
			if family := value[:cut]; cut < len(value) && strings.Contains(family, ".") {
				families = append(families, family)
			}
			if ending, ok := strings.CutPrefix(value, joined+"_"); ok {
				endings = append(endings, "_"+ending)
			}
		})
	}
	for name, text := range h.texts {
		if !strings.HasPrefix(name, "internal/lang/messages/") {
			texts.WriteString(text)
		}
		if path.Ext(name) == ".html" {
			for _, m := range regexp.MustCompile(`printf "([a-z]+\.[a-z_0-9]*)%`).FindAllStringSubmatch(text, -1) {
				families = append(families, m[1])
			}
		}
	}
	var found []string
	for code := range sentences {
		family := slices.ContainsFunc(families, func(f string) bool { return codeForm.MatchString(f+"x") && strings.HasPrefix(code, f) })
		of := slices.ContainsFunc(endings, func(e string) bool {
			return strings.HasSuffix(code, e) && sentences[strings.TrimSuffix(code, e)] != nil
		})
		if !said[code] && !family && !of && !strings.Contains(texts.String(), `"`+code+`"`) {
			found = append(found, fmt.Sprintf("%s: nothing says it any more", code))
		}
	}
	return found
}

// misplaced finds codes in the catalogue of another package.
func misplaced(h *house) []string {
	var found []string
	for name, text := range h.texts {
		if of, ok := strings.CutPrefix(name, "internal/lang/messages/"); ok {
			of = strings.TrimSuffix(of, ".json")
			for _, m := range regexp.MustCompile(`(?m)^\s*"([^"]+)":\s*\{`).FindAllStringSubmatch(text, -1) {
				if !strings.HasPrefix(m[1], of+".") {
					found = append(found, fmt.Sprintf("%s: %s belongs in another file", name, m[1]))
				}
			}
		}
	}
	return found
}

func catalogue(t *testing.T) map[string]map[lang.Tag]string {
	t.Helper()
	c, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[lang.Tag]string{}
	c.Codes(func(code string, says map[lang.Tag]string) { out[code] = says })
	return out
}

func TestEveryCodeHasItsSentence(t *testing.T)        { report(t, unsaid(read(t), catalogue(t))) }
func TestEverySentenceIsSaid(t *testing.T)            { report(t, unused(read(t), catalogue(t))) }
func TestSentencesStandWithTheirPackage(t *testing.T) { report(t, misplaced(read(t))) }

func TestEveryCodeHasItsSentenceCatches(t *testing.T) {
	both := func(s string) map[lang.Tag]string { return map[lang.Tag]string{lang.ZH: s, lang.EN: s} }
	sentences := map[string]map[lang.Tag]string{"lists.a": both("x {0}"), "lists.state_on": both("x"), "lists.half": {lang.ZH: "x"}}
	rule := func(h *house) []string { return unsaid(h, sentences) }
	file := func(text string) string { return "package lists\nimport \"zhixin/internal/fault\"\n" + text + "\n" }
	catches(t, rule, []breach{
		{"good", "internal/lists/a.go", file(`var e = fault.New("", "lists.a", 1)`), ""},
		{"no sentence", "internal/lists/a.go", file(`var e = fault.New("", "lists.b")`), "lists.b has no sentence"},
		{"one language", "internal/lists/a.go", file(`var e = fault.New("", "lists.half")`), "no sentence in en"},
		{"too few arguments", "internal/lists/a.go", file(`var e = fault.New("", "lists.a")`), "is given 0 arguments"},
		{"through a helper", "internal/lists/a.go", file("func bad(n int, code string) {}\nfunc f() { bad(1, \"lists.b\") }"), "lists.b has no sentence"},
		{"through a closure", "internal/lists/a.go", file("func f() { bad := func(code string) {}; bad(\"lists.b\") }"), "lists.b has no sentence"},
		{"a problem", "internal/lists/a.go", file(`var p = problem{Code: "lists.b"}`), "lists.b has no sentence"},
		{"a page", "internal/web/a.html", `<p>{{T "lists.b"}}</p>`, "lists.b has no sentence"},
	})
	h := small(t, "internal/lists/a.go", file(`func f(s string) { _ = "lists.state_" + s; _ = "lists.half" }`))
	if got := unused(h, sentences); !slices.Equal(got, []string{"lists.a: nothing says it any more"}) {
		t.Errorf("got %v", got)
	}
}
