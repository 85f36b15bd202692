package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the name of the Go module; root is its folder as seen from this package.
const (
	module = "zhixin"
	root   = "../.."
)

// source is one parsed Go file.
type source struct {
	name string // internal/lists/judge.go
	room string // the package's path in the module without "internal/": lists, web/portal, cmd/zhixin
	test bool
	text string
	fset *token.FileSet
	file *ast.File
}

func parse(name, text string) (*source, error) {
	s := &source{name: name, room: strings.TrimPrefix(path.Dir(name), "internal/"), test: strings.HasSuffix(name, "_test.go"), text: text,
		fset: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// at names the place of n for a finding.
func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, s.fset.Position(n.Pos()).Line)
}

// imports returns what s imports, by local name: the last part of the path unless the import is renamed.
func (s *source) imports() map[string]string {
	out := map[string]string{}
	for _, imp := range s.file.Imports {
		of, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			continue
		}
		parts := strings.Split(of, "/")
		name := parts[len(parts)-1]
		if len(parts) > 1 && len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
			name = parts[len(parts)-2]
		}
		if imp.Name != nil {
			name = imp.Name.Name
			if name == "_" || name == "." {
				name += of
			}
		}
		out[name] = of
	}
	return out
}

// selectors calls f with every use of something from an imported package, such as time.Now.
func (s *source) selectors(f func(from, name string, n ast.Node)) {
	imports := s.imports()
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imports[x.Name] != "" {
				f(imports[x.Name], sel.Sel.Name, sel)
			}
		}
		return true
	})
}

// joined is what a part that is not a literal becomes in a concatenated string.
const joined = "‹›"

// strings calls f with every string of the program, those put together with + as one.
func (s *source) strings(f func(value string, n ast.Node)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field: // not its tag
			return true
		case *ast.BinaryExpr:
			if value, some := concatenated(n); some {
				f(value, n)
				return false
			}
		case *ast.BasicLit:
			if value, ok := literal(n); ok {
				f(value, n)
			}
		}
		return true
	})
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(lit.Value)
	return value, err == nil
}

func concatenated(e ast.Expr) (value string, some bool) {
	if value, ok := literal(e); ok {
		return value, true
	}
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		left, some1 := concatenated(sum.X)
		right, some2 := concatenated(sum.Y)
		return left + right, some1 || some2
	}
	return joined, false
}

// house is all that the rules look at.
type house struct {
	sources []*source         // every Go file, in order of name
	texts   map[string]string // templates, scripts, SQL and other text of the packages, by name
}

// program returns the sources that are not tests.
func (h *house) program() []*source {
	return slices.DeleteFunc(slices.Clone(h.sources), func(s *source) bool { return s.test })
}

// read reads the module's tree. The tests see its files through package os only, so that go test knows when to run again.
func read(t *testing.T) *house {
	t.Helper()
	h := &house{texts: map[string]string{}}
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				if err == nil && slices.Contains([]string{"testdata", "vendor", "font"}, d.Name()) {
					return fs.SkipDir
				}
				return err
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			return h.add(filepath.ToSlash(rel), string(raw))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *house) add(name, text string) error {
	if !strings.HasSuffix(name, ".go") {
		h.texts[name] = text
		return nil
	}
	s, err := parse(name, text)
	h.sources = append(h.sources, s)
	return err
}

// report fails t with every finding, in order.
func report(t *testing.T, findings []string) {
	t.Helper()
	slices.Sort(findings)
	for _, f := range slices.Compact(findings) {
		t.Error(f)
	}
}

// small returns a house of one or more made-up files, for the tests of the rules themselves: "name", "text", …
func small(t *testing.T, files ...string) *house {
	t.Helper()
	h := &house{texts: map[string]string{}}
	for i := 0; i < len(files); i += 2 {
		if err := h.add(files[i], files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// breach is a made-up file that a rule must find fault with (or must not, where want is "").
type breach struct{ name, file, text, want string }

// catches runs rule over each made-up file.
func catches(t *testing.T, rule func(*house) []string, tests []breach) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(rule(small(t, tt.file, tt.text)), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
