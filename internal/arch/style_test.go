package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fixed are the calls whose result is never changed and may stand in a package-level variable.
var fixed = []string{
	"regexp.MustCompile", "errors.New", "fault.New", "fmt.Errorf", "fmt.Sprintf", "strings.NewReplacer", "time.Date", "time.FixedZone",
	"credit.System", "credit.NewDate", "credit.MustDate", "template.Must", "sync.OnceValue", "sync.OnceValues", "base64.RawURLEncoding.Strict",
}

// state may have package-level variables that are made otherwise, with the reason.
var state = map[string]string{
	"catalog.made": "kinds by the hash of their standard: the same bytes give the same kind, whoever asks first",
}

// globals finds package-level variables that could change: they would be an input that no signature names.
func globals(h *house) []string {
	var found []string
	vars := map[string]map[string]bool{} // room → name
	for _, s := range h.program() {
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					found = append(found, s.at(d)+": func init: nothing happens before main")
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					found = append(found, declared(s, d, vars)...)
				}
			}
		}
	}
	for _, s := range h.program() {
		found = append(found, changed(s, vars[s.room])...)
	}
	return found
}

// declared finds fault with the variables of d and notes the names of the others.
func declared(s *source, d *ast.GenDecl, vars map[string]map[string]bool) []string {
	var found []string
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || embedded(d, v) {
			continue
		}
		for i, name := range v.Names {
			if name.Name == "_" || state[s.room+"."+name.Name] != "" {
				continue
			}
			if len(v.Values) <= i || !isFixed(v.Values[i]) {
				found = append(found, fmt.Sprintf("%s: var %s is state: pass it, or make it a table that nobody changes", s.at(name), name.Name))
				continue
			}
			if vars[s.room] == nil {
				vars[s.room] = map[string]bool{}
			}
			vars[s.room][name.Name] = true
		}
	}
	return found
}

func embedded(d *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{d.Doc, v.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return true
		}
	}
	return false
}

// isFixed reports whether e is a table, a literal, or a call that makes something unchangeable.
func isFixed(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		return !strings.HasPrefix(dotted(e.Type), "sync.") && !strings.HasPrefix(dotted(e.Type), "atomic.")
	case *ast.BasicLit, *ast.Ident, *ast.SelectorExpr, *ast.FuncLit:
		return true
	case *ast.BinaryExpr:
		return isFixed(e.X) && isFixed(e.Y)
	case *ast.ParenExpr:
		return isFixed(e.X)
	case *ast.CallExpr:
		switch fun := e.Fun.(type) {
		case *ast.FuncLit, *ast.ArrayType: // a computed table; []byte("…")
			return true
		case *ast.Ident, *ast.SelectorExpr:
			return slices.Contains(fixed, dotted(fun))
		case *ast.IndexExpr: // sync.OnceValue[T]
			return slices.Contains(fixed, dotted(fun.X))
		}
	}
	return false
}

// dotted returns a.b.c for a selector, a for a name.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	}
	return ""
}

// changed finds statements that change one of the package's variables, or an exported one of another of our packages.
func changed(s *source, vars map[string]bool) []string {
	var found []string
	ours := map[string]bool{}
	for name, path := range s.imports() {
		ours[name] = strings.HasPrefix(path, module+"/")
	}
	for _, d := range s.file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		local := locals(fn)
		complain := func(e ast.Expr, how string) {
			id, depth := rootOf(e)
			if id == nil || local[id.Name] || !vars[id.Name] && (!ours[id.Name] || depth == 0) {
				return
			}
			found = append(found, fmt.Sprintf("%s: %s is %s: package-level variables never change", s.at(e), id.Name, how))
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						complain(e, "assigned to")
					}
				}
			case *ast.IncDecStmt:
				complain(n.X, "counted with")
			case *ast.CallExpr:
				name := dotted(n.Fun)
				if len(n.Args) > 0 && (name == "delete" || name == "clear" || name == "copy" || strings.HasPrefix(name, "slices.Sort") || strings.HasPrefix(name, "sort.")) {
					complain(n.Args[0], "changed by "+name)
				}
			}
			return true
		})
	}
	return found
}

// rootOf returns the name at the left of x.f[i].g and how many steps lead from it.
func rootOf(e ast.Expr) (*ast.Ident, int) {
	for depth := 0; ; depth++ {
		switch x := e.(type) {
		case *ast.Ident:
			return x, depth
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil, 0
		}
	}
}

// locals returns every name that fn declares itself: such a name is not taken for the package's variable.
func locals(fn *ast.FuncDecl) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				out[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					out[id.Name] = true
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					out[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				out[name.Name] = true
			}
		}
		return true
	})
	return out
}

func TestNoGlobalsNoInit(t *testing.T) { report(t, globals(read(t))) }

func TestNoGlobalsNoInitCatches(t *testing.T) {
	file := func(text string) string { return "package lists\n" + text + "\n" }
	catches(t, globals, []breach{
		{"a table", "internal/lists/a.go", file(`var a = map[string]int{"x": 1}`), ""},
		{"a pattern", "internal/lists/a.go", file("import \"regexp\"\nvar a = regexp.MustCompile(`x`)"), ""},
		{"an embedded file", "internal/lists/a.go", file("import _ \"embed\"\n//go:embed x\nvar a []byte"), ""},
		{"a lock", "internal/lists/a.go", file("import \"sync\"\nvar a sync.Mutex"), "a is state"},
		{"a cache", "internal/lists/a.go", file("import \"sync\"\nvar a = sync.Map{}"), "a is state"},
		{"a made map", "internal/lists/a.go", file("var a = make(map[string]int)"), "a is state"},
		{"a pointer", "internal/lists/a.go", file("type t struct{}\nvar a = &t{}"), "a is state"},
		{"a table that is changed", "internal/lists/a.go", file("var a = map[string]int{}\nfunc f() { a[\"x\"] = 1 }"), "a is assigned to"},
		{"a counter", "internal/lists/a.go", file("var a = 0\nfunc f() { a++ }"), "a is counted with"},
		{"a table that is sorted", "internal/lists/a.go", file("import \"slices\"\nvar a = []int{2}\nfunc f() { slices.Sort(a) }"), "a is changed by slices.Sort"},
		{"another package's table", "internal/lists/a.go", file("import \"zhixin/internal/lang\"\nfunc f() { lang.Tags[0] = lang.EN }"), "lang is assigned to"},
		{"a local of the same name", "internal/lists/a.go", file("var a = 0\nfunc f() { a := 1; a++; _ = a }"), ""},
		{"init", "internal/lists/a.go", file("func init() {}"), "func init"},
	})
}

// comments finds packages and exported things without a comment, and comments that put work off.
func comments(h *house) []string {
	var found []string
	described := map[string]bool{}
	rooms := map[string]string{}
	later := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	for _, s := range h.sources {
		for _, group := range s.file.Comments {
			if word := later.FindString(group.Text()); word != "" {
				found = append(found, fmt.Sprintf("%s: %s: do it now, or open an issue", s.at(group), word))
			}
		}
		if s.test {
			continue
		}
		rooms[s.room] = s.name
		start := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			start = "Command " + path.Base(s.room) + " "
		}
		described[s.room] = described[s.room] || strings.HasPrefix(s.file.Doc.Text(), start)
		found = append(found, undocumented(s)...)
	}
	for room, name := range rooms {
		if !described[room] {
			found = append(found, fmt.Sprintf("%s: %s has no package comment", name, room))
		}
	}
	return found
}

func undocumented(s *source) []string {
	var found []string
	missing := func(n *ast.Ident, docs ...*ast.CommentGroup) {
		if n.IsExported() && !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d.Text() != "" }) {
			found = append(found, fmt.Sprintf("%s: %s is exported and has no comment", s.at(n), n.Name))
		}
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || exportedReceiver(d) && d.Name.Name != "Error" && d.Name.Name != "String" {
				missing(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					missing(spec.Name, d.Doc, spec.Doc, spec.Comment)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						missing(name, d.Doc, spec.Doc, spec.Comment)
					}
				}
			}
		}
	}
	return found
}

func exportedReceiver(d *ast.FuncDecl) bool {
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if index, ok := of.(*ast.IndexExpr); ok {
		of = index.X
	}
	id, ok := of.(*ast.Ident)
	return ok && id.IsExported()
}

func TestEverythingExportedIsDocumented(t *testing.T) { report(t, comments(read(t))) }

func TestEverythingExportedIsDocumentedCatches(t *testing.T) {
	catches(t, comments, []breach{
		{"no package comment", "internal/lists/a.go", "package lists\n", "no package comment"},
		{"a function", "internal/lists/a.go", "// Package lists lists.\npackage lists\nfunc F() {}\n", "F is exported"},
		{"a method of a private type", "internal/lists/a.go", "// Package lists lists.\npackage lists\ntype t struct{}\nfunc (t) F() {}\n", ""},
		{"put off", "internal/lists/a.go", "// Package lists lists.\npackage lists\n// TODO: all of it\n", "TODO"},
		{"a command", "cmd/zhixin/main.go", "// Command zhixin runs a node.\npackage main\n", ""},
	})
}

// longest is how many lines a file may have.
const longest = 500

func long(h *house) []string {
	var found []string
	check := func(name, text string) {
		if n := strings.Count(text, "\n"); n >= longest {
			found = append(found, fmt.Sprintf("%s has %d lines: a file has fewer than %d", name, n, longest))
		}
	}
	for _, s := range h.sources {
		check(s.name, s.text)
	}
	for name, text := range h.texts {
		if slices.Contains([]string{".html", ".css", ".js", ".sql"}, path.Ext(name)) {
			check(name, text)
		}
	}
	return found
}

func TestFilesAreShort(t *testing.T) { report(t, long(read(t))) }
