// Package dbtest gives a test a fresh, migrated database of each engine. None of our tests mocks the database.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"zhixin/internal/db"
)

// PostgresEnv names the variable with the URL of a PostgreSQL server on which the tests may make databases.
// `make test` starts one; `eval "$(scripts/postgres env)"` does so for a shell.
const PostgresEnv = "ZHIXIN_TEST_POSTGRES"

// countsEnv names the file to which each run adds a line, from which `make test` prints its last line.
const countsEnv = "ZHIXIN_TEST_COUNTS"

// Each runs f on a fresh database of each engine, as the subtests "sqlite" and "postgresql".
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachWhere(t, func(t *testing.T, where string) {
		f(t, Open(t, where))
	})
}

// EachWhere is Each for tests that open the database themselves, perhaps twice or in another process: where is a path or
// a URL for [db.Open], already migrated.
func EachWhere(t *testing.T, f func(t *testing.T, where string)) {
	t.Helper()
	EachEngine(t, func(t *testing.T, engine db.Engine) { f(t, Fresh(t, engine)) })
}

// EachEngine is Each for tests that need several databases: they ask [Fresh] for each.
func EachEngine(t *testing.T, f func(t *testing.T, engine db.Engine)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Cleanup(func() { count(t, engine) })
			if engine == db.PostgreSQL && os.Getenv(PostgresEnv) == "" {
				t.Skip("SKIPPED, LOUDLY: no PostgreSQL; set " + PostgresEnv)
			}
			f(t, engine)
		})
	}
}

// Open opens where and closes it with the test.
func Open(t *testing.T, where string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), where, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func count(t *testing.T, engine db.Engine) {
	path := os.Getenv(countsEnv)
	if path == "" {
		return
	}
	result := "pass"
	switch {
	case t.Skipped():
		result = "skip"
	case t.Failed():
		result = "fail"
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Errorf("dbtest: count: %v", err)
		return
	}
	defer func() { _ = f.Close() }()
	fmt.Fprintf(f, "%s\t%s\t%s\n", engine, result, t.Name())
}

// Skip skips a test for want of something on this machine, loudly: the last line of `make test` counts it, and CI fails.
func Skip(t *testing.T, why string) {
	t.Helper()
	if path := os.Getenv(countsEnv); path != "" {
		if f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			fmt.Fprintf(f, "other\tskip\t%s: %s\n", t.Name(), why)
			_ = f.Close()
		}
	}
	t.Skip("SKIPPED, LOUDLY: " + why)
}

// A template per process, migrated once; each test gets a copy, because migrating takes longer than most tests.
var templates = map[db.Engine]func() (string, error){
	db.SQLite:     sync.OnceValues(templateSQLite),
	db.PostgreSQL: sync.OnceValues(templatePostgres),
}

// Fresh makes a migrated database and returns where it is; it goes with the test.
func Fresh(t *testing.T, engine db.Engine) string {
	t.Helper()
	from, err := templates[engine]()
	if err != nil {
		t.Fatal(err)
	}
	if engine == db.SQLite {
		to := filepath.Join(t.TempDir(), "zhixin # 质信.db") // a hard name on purpose
		if err := os.WriteFile(to, []byte(from), 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	name := "t_" + random()
	if err := admin(`CREATE DATABASE ` + name + ` TEMPLATE ` + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return named(name)
}

// templateSQLite returns the content of the file: nothing of it stays on the disk after the process.
func templateSQLite() (content string, err error) {
	dir, err := os.MkdirTemp("", "zhixin-template-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "t.db")
	if err := migrate(path); err != nil { // closing folds the journal into the file
		return "", err
	}
	raw, err := os.ReadFile(path)
	return string(raw), err
}

func templatePostgres() (string, error) {
	name := "template_" + random()
	if err := admin(`CREATE DATABASE ` + name); err != nil {
		return "", err
	}
	return name, migrate(named(name))
}

func migrate(where string) error {
	d, err := db.Open(context.Background(), where, db.Options{})
	if err != nil {
		return err
	}
	if err := d.Migrate(context.Background()); err != nil {
		return err
	}
	return d.Close()
}

func named(name string) string {
	u, err := url.Parse(os.Getenv(PostgresEnv))
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
