package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// binary builds the program once per test run. It is the program that is killed and asked here, never the test.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "zhixin-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "zhixin")
	out, err := exec.Command("go", "build", "-o", path, "zhixin/cmd/zhixin").CombinedOutput() // with the GOFLAGS of the tests
	if err != nil {
		os.Stderr.Write(out)
	}
	return path, err
})

// city is a place for the program: a data folder, and a database of one engine.
type city struct {
	t    *testing.T
	data string
	url  string // "" is SQLite in the folder
}

// eachCity runs f with an empty city on each engine.
func eachCity(t *testing.T, f func(t *testing.T, fresh func() city)) {
	t.Helper()
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		f(t, func() city {
			c := city{t: t, data: t.TempDir()}
			if engine == db.PostgreSQL {
				c.url = dbtest.Fresh(t, engine)
			}
			return c
		})
	})
}

func (c city) where() string {
	if c.url != "" {
		return c.url
	}
	return filepath.Join(c.data, "zhixin.db")
}

func (c city) command(args ...string) *exec.Cmd {
	c.t.Helper()
	path, err := binary()
	if err != nil {
		c.t.Fatal(err)
	}
	flags := []string{"--data", c.data}
	if c.url != "" {
		flags = append(flags, "--database-url", c.url)
	}
	at := 1
	if args[0] == "config" {
		at = 2
	}
	cmd := exec.CommandContext(context.Background(), path, append(append(append([]string{}, args[:at]...), flags...), args[at:]...)...)
	cmd.Env = append(os.Environ(), "LANG=en")
	return cmd
}

// run runs the program to its end and returns what it printed; any other exit code than want fails the test.
func (c city) run(want int, args ...string) string {
	c.t.Helper()
	cmd := c.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != want {
		c.t.Fatalf("zhixin %s: exit %d, want %d (%v)\n%s", strings.Join(args, " "), got, want, err, errs.String())
	}
	return out.String()
}

// imported runs an import to its end and returns its counts.
func (c city) imported(kind, department, file string) map[string]any {
	c.t.Helper()
	cmd := c.command("import", "--kind", kind, "--department", department, file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	var m map[string]any
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		c.t.Fatalf("import %s: %v\n%s", file, err, errs.String())
	}
	return m
}

// open opens the city's database beside the program.
func (c city) open() *db.DB { return dbtest.Open(c.t, c.where()) }

// write puts content into a file of a temporary folder.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
