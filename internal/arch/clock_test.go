package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// clockRooms know the clock; clockFiles are the exceptions, each with its reason.
var (
	clockRooms = []string{"cmd/zhixin", "cli", "db", "dbtest"}
	clockFiles = map[string]string{
		"internal/web/web.go":     "sessions live by the wall clock, also in a demo city whose clock is its own",
		"internal/web/session.go": "as web.go",
		"internal/web/slow.go":    "a connection's deadline is the world's",
	}
)

// randomRooms may ask for randomness that nobody can repeat; randomFiles are the exceptions.
var (
	randomRooms = []string{"cmd/zhixin", "cli", "db", "dbtest"}
	randomFiles = map[string]string{
		"internal/org/password.go": "salts of passwords and secrets of keys are not part of the log",
		"internal/audit/key.go":    "a log's signing key is made once",
		"internal/web/chain.go":    "a request's id is for the log of the node only",
	}
)

// seeded may use math/rand, which is not for secrets: with a seed, or where nothing depends on it.
var seeded = []string{"db", "demo"}

func clockAndChance(h *house) []string {
	var found []string
	for _, s := range h.program() {
		s.selectors(func(from, name string, n ast.Node) {
			reads := from == "time" && (name == "Now" || name == "Since" || name == "Until")
			if reads && !slices.Contains(clockRooms, s.room) && clockFiles[s.name] == "" {
				found = append(found, fmt.Sprintf("%s: time.%s: the time is an argument", s.at(n), name))
			}
		})
		for _, path := range s.imports() {
			if path == "crypto/rand" && !slices.Contains(randomRooms, s.room) && randomFiles[s.name] == "" {
				found = append(found, fmt.Sprintf("%s: crypto/rand: ids and salts come from db.Q, or a demo could not be repeated", s.name))
			}
			if strings.HasPrefix(path, "math/rand") && !slices.Contains(seeded, s.room) {
				found = append(found, fmt.Sprintf("%s: %s: randomness that matters is drawn, its seed kept", s.name, path))
			}
		}
	}
	return found
}

func TestTimeAndChanceAreArguments(t *testing.T) { report(t, clockAndChance(read(t))) }

func TestTimeAndChanceAreArgumentsCatches(t *testing.T) {
	catches(t, clockAndChance, []breach{
		{"the clock", "internal/lists/a.go", "package lists\nimport \"time\"\nfunc f() time.Time { return time.Now() }\n", "lists/a.go:3: time.Now"},
		{"the clock by another name", "internal/lists/a.go", "package lists\nimport clock \"time\"\nvar f = clock.Since\n", "time.Since"},
		{"the clock of the command line", "internal/cli/a.go", "package cli\nimport \"time\"\nvar f = time.Now\n", ""},
		{"a duration", "internal/lists/a.go", "package lists\nimport \"time\"\nconst d = time.Second\n", ""},
		{"chance", "internal/lists/a.go", "package lists\nimport \"crypto/rand\"\nvar r = rand.Reader\n", "crypto/rand"},
		{"dice", "internal/lists/a.go", "package lists\nimport \"math/rand/v2\"\nvar n = rand.Int()\n", "math/rand/v2"},
	})
}

// TestExceptionsAreStillNeeded keeps the lists of exceptions short.
func TestExceptionsAreStillNeeded(t *testing.T) {
	h := read(t)
	needed := func(list map[string]string, uses func(s *source) bool) {
		for name := range list {
			if !slices.ContainsFunc(h.sources, func(s *source) bool { return s.name == name && uses(s) }) {
				t.Errorf("%s needs no exception any more", name)
			}
		}
	}
	needed(clockFiles, func(s *source) bool {
		return strings.Contains(s.text, "time.Now") || strings.Contains(s.text, "time.Since")
	})
	needed(randomFiles, func(s *source) bool { return strings.Contains(s.text, `"crypto/rand"`) })
}
