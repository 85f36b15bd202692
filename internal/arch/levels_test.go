package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// levels are the rooms of the house from the ground up (docs/design.md). A package may import those of the steps below its
// own, never one of its own step. A package that is not here has no place in the house yet.
var levels = []struct {
	name  string
	steps [][]string
}{
	{"ground", [][]string{{"fault"}, {"lang", "canon", "credit"}, {"db", "calendar", "config", "names", "match"}, {"blob", "dbtest"}}},
	{"who", [][]string{{"audit"}, {"jobs", "catalog"}, {"policy", "catalog/template"}, {"org"}, {"enterprise"}}},
	{"facts", [][]string{{"record"}, {"finder"}}},
	{"work", [][]string{{"document"}, {"casework"}}},
	{"in", [][]string{{"intake/sheet"}, {"intake"}, {"duty", "drop", "front", "takeover"}}},
	{"judge", [][]string{{"lists"}}},
	{"effect", [][]string{{"sanction"}}},
	{"whole", [][]string{{"standing"}}},
	{"out", [][]string{{"publicity"}}},
	{"flow", [][]string{{"merger"}, {"flow"}}},
	{"edges", [][]string{{"web", "demo"}, {"web/portal", "web/work", "api"}, {"cli"}, {"cmd/zhixin"}}},
	{"tests", [][]string{{"testcity"}, {"arch", "e2e"}}},
}

// narrow says less than the order of the steps: what of the rooms above the ground these packages may import.
var narrow = map[string][]string{
	"catalog":          {"audit"}, // kinds are data; adding one leaves a leaf
	"catalog/template": {"catalog"},
	"intake/sheet":     {},                                                                         // files are read without knowing what they say
	"record":           {"enterprise", "catalog", "audit"},                                         // facts know nothing of people's rights and rules
	"web/portal":       {"web", "publicity", "standing", "audit", "document", "policy", "catalog"}, // what the public may see is decided in publicity; standards are public
	"cmd/zhixin":       {"cli"},
}

// only says which rooms may import a package from outside the module (or of the library, where it opens a door).
var only = []struct {
	path, why string
	rooms     []string
}{
	{"modernc.org/sqlite", "only db knows which database there is", []string{"db"}},
	{"github.com/jackc/pgx/", "only db knows which database there is", []string{"db", "dbtest"}},
	{"github.com/xuri/excelize/v2", "spreadsheets that people fill in or mend are written by catalog/template, and read by intake/sheet without it", []string{"catalog/template"}},
	{"net/http", "HTTP is the business of the edges", []string{"web", "web/", "api", "cli", "push", "exchange", "testcity"}},
	{"html/template", "pages are the business of the edges", []string{"web", "web/", "api"}},
	{"testing", "tests only", testRooms},
}

// testRooms help tests and are imported by nothing else.
var testRooms = []string{"dbtest", "testcity"}

// generators make data. What is judged by made data must not know how it was made: package match, its tests among it, is
// judged by the frozen pairs of tools/pairs.
var generators = []string{"demo", "testcity", "tools/pairs", "bench"}

func judgedByStrangers(h *house) []string {
	var found []string
	for _, s := range h.sources {
		if s.room != "match" && !strings.HasPrefix(s.room, "match/") {
			continue
		}
		for _, path := range s.imports() {
			to, ours := strings.CutPrefix(path, module+"/")
			to = strings.TrimPrefix(to, "internal/")
			if ours && slices.ContainsFunc(generators, func(g string) bool { return to == g || strings.HasPrefix(to, g+"/") }) {
				found = append(found, fmt.Sprintf("%s: %s may not import the generator %s, not in a test either: it would be judged by what it knows", s.name, s.room, to))
			}
		}
	}
	return found
}

func TestTheMatcherKnowsNoGenerator(t *testing.T) { report(t, judgedByStrangers(read(t))) }

func TestTheMatcherKnowsNoGeneratorCatches(t *testing.T) {
	file := func(pkg, path string) string { return "package " + pkg + "\nimport \"" + path + "\"\n" }
	catches(t, judgedByStrangers, []breach{
		{"the demo", "internal/match/a.go", file("match", "zhixin/internal/demo"), "match may not import the generator demo"},
		{"in a test", "internal/match/a_test.go", file("match_test", "zhixin/internal/testcity"), "generator testcity"},
		{"the maker of the pairs", "internal/match/a_test.go", file("match_test", "zhixin/tools/pairs"), "generator tools/pairs"},
		{"what is under a generator", "internal/match/a_test.go", file("match_test", "zhixin/internal/demo/names"), "generator demo/names"},
		{"in a room under it", "internal/match/sound/a.go", file("sound", "zhixin/internal/demo"), "generator demo"},
		{"the ground", "internal/match/a_test.go", file("match_test", "zhixin/internal/credit"), ""},
		{"another room", "internal/lists/a_test.go", file("lists", "zhixin/internal/testcity"), ""},
	})
}

// rank returns the step of each room, and whether it lies on the ground.
func ranks() (rank map[string]int, ground map[string]bool) {
	rank, ground = map[string]int{}, map[string]bool{}
	step := 0
	for _, l := range levels {
		for _, rooms := range l.steps {
			step++
			for _, room := range rooms {
				rank[room] = step
				ground[room] = l.name == "ground"
			}
		}
	}
	return rank, ground
}

func importsGoDown(h *house) []string {
	var found []string
	rank, ground := ranks()
	for _, s := range h.program() {
		if rank[s.room] == 0 {
			found = append(found, fmt.Sprintf("%s: package %s has no place in the levels of internal/arch", s.name, s.room))
			continue
		}
		for _, path := range s.imports() {
			to, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				found = append(found, opens(s, path)...)
				continue
			}
			to = strings.TrimPrefix(to, "internal/")
			list, narrowed := narrow[s.room]
			switch {
			case slices.Contains(testRooms, to) && !slices.Contains(testRooms, s.room):
				found = append(found, fmt.Sprintf("%s: %s is for tests only", s.name, to))
			case rank[to] >= rank[s.room]:
				found = append(found, fmt.Sprintf("%s: %s may not import %s: imports go down", s.name, s.room, to))
			case narrowed && !ground[to] && !slices.Contains(list, to):
				found = append(found, fmt.Sprintf("%s: %s may import only %v and the ground, not %s", s.name, s.room, list, to))
			}
		}
	}
	return found
}

// opens finds an import of something that only some rooms may have.
func opens(s *source, path string) []string {
	for _, o := range only {
		if path != o.path && !(strings.HasSuffix(o.path, "/") && strings.HasPrefix(path, o.path)) {
			continue
		}
		allowed := slices.ContainsFunc(o.rooms, func(room string) bool {
			return s.room == room || strings.HasSuffix(room, "/") && strings.HasPrefix(s.room, room)
		})
		if !allowed {
			return []string{fmt.Sprintf("%s: %s may not import %s: %s", s.name, s.room, path, o.why)}
		}
	}
	return nil
}

func TestImportsGoDown(t *testing.T) { report(t, importsGoDown(read(t))) }

func TestImportsGoDownCatches(t *testing.T) {
	file := func(pkg, path string) string { return "package " + pkg + "\nimport \"" + path + "\"\n" }
	catches(t, importsGoDown, []breach{
		{"down", "internal/lists/a.go", file("lists", "zhixin/internal/record"), ""},
		{"up", "internal/record/a.go", file("record", "zhixin/internal/lists"), "record may not import lists"},
		{"beside", "internal/canon/a.go", file("canon", "zhixin/internal/credit"), "canon may not import credit"},
		{"a room that nobody planned", "internal/util/a.go", "package util\n", "no place"},
		{"more than is good", "internal/web/portal/a.go", file("portal", "zhixin/internal/record"), "web/portal may import only"},
		{"a driver", "internal/lists/a.go", file("lists", "github.com/jackc/pgx/v5"), "only db"},
		{"the network", "internal/audit/a.go", file("audit", "net/http"), "edges"},
		{"the network at the edge", "internal/web/work/a.go", file("work", "net/http"), ""},
		{"test code", "internal/lists/a.go", file("lists", "zhixin/internal/dbtest"), "tests only"},
		{"test code in a test", "internal/lists/a_test.go", file("lists", "zhixin/internal/dbtest"), ""},
	})
}
