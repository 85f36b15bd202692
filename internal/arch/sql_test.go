package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// statement tells SQL from other strings: our SQL is written with capital keywords.
var statement = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE [a-z_]+|DELETE FROM|FROM [a-z_]+|WHERE|ORDER BY|RETURNING|CREATE TABLE|CREATE INDEX|CREATE UNIQUE INDEX)\b`)

// forbidden are the words that only one engine knows, or that both know differently.
var forbidden = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(`(?i)\bnow\s*\(|\bCURRENT_(TIMESTAMP|DATE|TIME)\b`), "the time is an argument"},
	{regexp.MustCompile(`(?i)\b(date|datetime|julianday|strftime|unixepoch|to_char|to_date|date_trunc|age)\s*\(|\bEXTRACT\s*\(|\bINTERVAL\s+'`), "no date functions"},
	{regexp.MustCompile(`(?i)\bILIKE\b`), "SQLite has no ILIKE"},
	{regexp.MustCompile(`(?i)\bANY\s*\(`), "SQLite has no ANY"},
	{regexp.MustCompile(`(?i)\bSELECT\s+(DISTINCT\s+)?([a-z]+\.)?\*`), "name the columns"},
	{regexp.MustCompile(`[=<>(, ]\?([ ,)\n]|$)`), "placeholders are $1, $2, …"},
	{regexp.MustCompile(`->[^>]|(^|[^(a-z_.])[a-z_.]+\s*->>|->>\s*[^' ]`), "JSON is read by CAST(j->>'k' AS …) only"},
	{regexp.MustCompile(`(?i)\bREPLACE INTO\b|\bINSERT OR\b|\bON DUPLICATE\b`), "say ON CONFLICT"},
	{regexp.MustCompile(`(?i)\bpg_[a-z_]+\b|\bsqlite_[a-z]+\b|\bPRAGMA\b`), "only one engine knows that"},
	{regexp.MustCompile(`(?i)\b(AUTOINCREMENT|SERIAL|BIGSERIAL|NEXTVAL|CREATE SEQUENCE|CREATE TRIGGER|LISTEN|NOTIFY|pg_advisory_lock)\b`), "no sequences, triggers, notifications"},
}

// engineFiles may use the words of one engine, with the reason.
var engineFiles = map[string]string{}

var (
	writes = regexp.MustCompile(`\b(INSERT INTO|UPDATE|DELETE FROM)\s+(` + joined + `|[a-z][a-z0-9_]*)`)
	reads  = regexp.MustCompile(`\b(?:FROM|JOIN)\s+([a-z][a-z0-9_]*)`)
	casts  = regexp.MustCompile(`CAST\(\s*[a-z_.]+\s*->>\s*'[A-Za-z_]+'\s+AS\b`)
)

// sqlRules finds SQL that one of the engines would not take or would read differently, and SQL where there should be none.
func sqlRules(h *house) []string {
	var found []string
	for _, s := range h.program() {
		s.strings(func(value string, n ast.Node) {
			if !statement.MatchString(value) || engineFiles[s.name] != "" {
				return
			}
			found = append(found, dialect(s.at(n), value)...)
		})
	}
	for name, text := range h.texts {
		if path.Ext(name) == ".sql" {
			found = append(found, dialect(name, withoutRemarks(text))...)
		}
	}
	return found
}

func dialect(where, text string) []string {
	var found []string
	plain := casts.ReplaceAllString(text, "CAST(j AS")
	for _, f := range forbidden {
		if at := f.pattern.FindString(plain); at != "" {
			found = append(found, fmt.Sprintf("%s: %q: %s", where, strings.TrimSpace(at), f.why))
		}
	}
	return found
}

func withoutRemarks(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		before, _, _ := strings.Cut(line, "--")
		b.WriteString(before + "\n")
	}
	return b.String()
}

// tables finds a package that writes another's tables, or reads tables of a room that it may not import.
func tables(h *house) []string {
	var found []string
	rank, ground := ranks()
	for _, s := range h.program() {
		own := path.Base(s.room) + "_"
		s.strings(func(value string, n ast.Node) {
			for _, m := range writes.FindAllStringSubmatch(value, -1) {
				if !strings.HasPrefix(m[2], own) {
					found = append(found, fmt.Sprintf("%s: %s %s: %s writes tables called %s… only", s.at(n), m[1], m[2], s.room, own))
				}
			}
			if !statement.MatchString(value) {
				return
			}
			for _, m := range reads.FindAllStringSubmatch(value, -1) {
				of, _, some := strings.Cut(m[1], "_")
				list, narrowed := narrow[s.room]
				switch {
				case !some || rank[of] == 0 || of == path.Base(s.room):
				case rank[of] >= rank[s.room] || narrowed && !ground[of] && !slices.Contains(list, of):
					found = append(found, fmt.Sprintf("%s: %s: %s may not read the tables of %s", s.at(n), m[0], s.room, of))
				}
			}
		})
	}
	return found
}

// storeless are the rooms that have no SQL: they call what a user, or the law, would.
var storeless = []string{"demo", "web", "web/portal", "web/work", "api", "flow", "cli", "standing", "cmd/zhixin"}

func noSQL(h *house) []string {
	var found []string
	for _, s := range h.program() {
		s.selectors(func(from, name string, n ast.Node) {
			if from == "database/sql" && (name == "Open" || name == "OpenDB") && s.room != "db" {
				found = append(found, fmt.Sprintf("%s: sql.%s: only db opens databases", s.at(n), name))
			}
		})
		if !slices.Contains(storeless, s.room) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"ExecContext", "QueryContext", "QueryRowContext", "Exec", "QueryRow"}, sel.Sel.Name) {
				found = append(found, fmt.Sprintf("%s: %s: %s has no SQL", s.at(n), sel.Sel.Name, s.room))
			}
			return true
		})
	}
	return found
}

// migrations finds tables that are not named after the package of their file.
func migrations(h *house) []string {
	var found []string
	name := regexp.MustCompile(`^internal/db/migrations/[0-9]{4}_([a-z]+)(_[a-z_]+)?\.sql$`)
	made := regexp.MustCompile(`(?:CREATE TABLE|ALTER TABLE|DROP TABLE|CREATE (?:UNIQUE )?INDEX [a-z0-9_]+ ON)\s+([a-z0-9_]+)`)
	for file, text := range h.texts {
		if path.Ext(file) != ".sql" {
			continue
		}
		m := name.FindStringSubmatch(file)
		if m == nil || !strings.HasPrefix(text, "-- +goose Up\n") {
			found = append(found, file+": a migration is internal/db/migrations/00NN_<package>.sql and begins with -- +goose Up")
			continue
		}
		for _, table := range made.FindAllStringSubmatch(withoutRemarks(text), -1) {
			if !strings.HasPrefix(table[1], m[1]+"_") {
				found = append(found, fmt.Sprintf("%s: table %s: its name begins with %s_", file, table[1], m[1]))
			}
		}
	}
	return found
}

func TestSQLIsOneTextForBothEngines(t *testing.T) {
	h, seen := read(t), 0
	for _, s := range h.program() {
		s.strings(func(value string, _ ast.Node) { seen += len(statement.FindAllString(value, -1)) })
	}
	if seen < 100 {
		t.Errorf("the rule sees only %d pieces of SQL: it has gone blind", seen)
	}
	report(t, sqlRules(h))
}
func TestAPackageWritesOnlyItsOwnTables(t *testing.T)  { report(t, tables(read(t))) }
func TestEdgesAndFlowHaveNoSQL(t *testing.T)           { report(t, noSQL(read(t))) }
func TestTablesAreNamedAfterTheirPackage(t *testing.T) { report(t, migrations(read(t))) }
func sqlIn(room, text string) (name, source string) {
	return "internal/" + room + "/a.go", "package " + path.Base(room) + "\nconst a = `" + text + "`\n"
}

func TestSQLIsOneTextForBothEnginesCatches(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT id, name FROM lists_entry WHERE id = $1 AND CAST(body->>'k' AS TEXT) = $2": "",
		"SELECT count(*) FROM lists_entry":                                                 "",
		"Please SELECT one? Or now (or never).":                                            "the time is an argument",
		"SELECT * FROM lists_entry":                                                        "name the columns",
		"SELECT e.* FROM lists_entry e":                                                    "name the columns",
		"UPDATE lists_entry SET at = now()":                                                "the time is an argument",
		"SELECT id FROM lists_entry WHERE name ILIKE $1":                                   "ILIKE",
		"SELECT id FROM lists_entry WHERE id = ANY($1)":                                    "ANY",
		"SELECT id FROM lists_entry WHERE id = ?":                                          "placeholders",
		"INSERT INTO lists_entry (id, name) VALUES (?, ?)":                                 "placeholders",
		"SELECT body->>'k' FROM lists_entry":                                               "CAST",
		"SELECT CAST(body->'k' AS TEXT) FROM lists_entry":                                  "CAST",
		"SELECT id FROM lists_entry WHERE date(at) = $1":                                   "date functions",
		"INSERT OR IGNORE INTO lists_entry (id) SELECT $1 FROM lists_case":                 "ON CONFLICT",
	} {
		name, source := sqlIn("lists", text)
		catches(t, sqlRules, []breach{{text, name, source, want}})
	}
}

func TestAPackageWritesOnlyItsOwnTablesCatches(t *testing.T) {
	for text, want := range map[string]string{
		"INSERT INTO lists_entry (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = $1":                   "",
		"INSERT INTO record_row (id) VALUES ($1)":                                                           "lists writes tables called lists_",
		"UPDATE record_row SET id = $1":                                                                     "lists writes tables called lists_",
		"SELECT id FROM lists_entry JOIN record_row r ON r.id = $1":                                         "",
		"SELECT id FROM lists_entry JOIN sanction_measure m ON m.id = $1":                                   "may not read the tables of sanction",
		"WITH due AS (SELECT id FROM lists_entry) DELETE FROM lists_entry WHERE id IN (SELECT id FROM due)": "",
	} {
		name, source := sqlIn("lists", text)
		catches(t, tables, []breach{{text, name, source, want}})
	}
	catches(t, tables, []breach{{"a table by variable", "internal/lists/a.go", "package lists\nfunc f(t string) string { return \"DELETE FROM \" + t + \" WHERE id = $1\" }\n", "DELETE FROM " + joined}})
	catches(t, noSQL, []breach{
		{"demo", "internal/demo/a.go", "package demo\nfunc f(q interface{ ExecContext() }) { q.ExecContext() }\n", "demo has no SQL"},
		{"lists", "internal/lists/a.go", "package lists\nfunc f(q interface{ ExecContext() }) { q.ExecContext() }\n", ""},
		{"a second database", "internal/lists/a.go", "package lists\nimport \"database/sql\"\nvar open = sql.Open\n", "only db opens"},
	})
	catches(t, migrations, []breach{
		{"own", "internal/db/migrations/0010_lists.sql", "-- +goose Up\nCREATE TABLE lists_entry (\n);\n", ""},
		{"another's", "internal/db/migrations/0010_lists.sql", "-- +goose Up\nCREATE TABLE entry (\n);\n", "lists_"},
		{"no head", "internal/db/migrations/0010_lists.sql", "CREATE TABLE lists_entry (\n);\n", "goose Up"},
	})
}
