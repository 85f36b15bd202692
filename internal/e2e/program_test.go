package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// password opens every account of a demo city; `zhixin serve --demo` prints it.
const password = "anqing-demo-2026"

// binary builds the program once per test run; the people meet the program, never its packages.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "zhixin-e2e-")
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

// city is a demo city, and the node that serves it while it runs.
type city struct {
	t    *testing.T // the test that is looking at it now
	data string
	url  string // of the database; "" is SQLite in the folder
	node *exec.Cmd
	base string // http://127.0.0.1:PORT
	log  *journal
}

// demo makes and serves a small city in which now is today. Both engines get the same one.
func demo(t *testing.T, engine db.Engine, scale, now string) *city {
	t.Helper()
	c := &city{t: t, data: t.TempDir()}
	if engine == db.PostgreSQL {
		c.url = dbtest.Fresh(t, engine)
	}
	c.run(0, "demo", "--scale", scale, "--now", now)
	c.serve()
	t.Cleanup(func() {
		c.t = t
		c.stop()
	})
	return c
}

// command puts a call of the program together; where a command opens a place, it is this city's.
func (c *city) command(args ...string) *exec.Cmd {
	c.t.Helper()
	path, err := binary()
	if err != nil {
		c.t.Fatal(err)
	}
	if args[0] != "verify" {
		place := []string{args[0], "--data", c.data}
		if c.url != "" {
			place = append(place, "--database-url", c.url)
		}
		args = append(place, args[1:]...)
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Env = append(os.Environ(), "LANG=en")
	return cmd
}

// run runs the program to its end and returns what it printed; another exit code than want fails the test.
func (c *city) run(want int, args ...string) string {
	c.t.Helper()
	cmd := c.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != want {
		c.t.Fatalf("zhixin %s: exit %d, want %d (%v)\n%s", strings.Join(args, " "), got, want, err, errs.String())
	}
	return out.String() + errs.String()
}

// serve starts the node and waits until it is ready.
func (c *city) serve() {
	c.t.Helper()
	c.log = &journal{}
	c.node = c.command("serve", "--listen", "127.0.0.1:0", "--demo")
	c.node.Stdout, c.node.Stderr = io.Discard, c.log
	if err := c.node.Start(); err != nil {
		c.t.Fatal(err)
	}
	within(c.t, "the node says where it serves", func() bool {
		c.base = c.log.field("serving", "url")
		return c.base != ""
	})
	within(c.t, "the node is ready", func() bool {
		resp, err := http.Get(c.base + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// stop ends the node as a service manager does. It must end well and must not have met an error it did not expect.
func (c *city) stop() {
	c.t.Helper()
	if c.node == nil {
		return
	}
	_ = c.node.Process.Signal(syscall.SIGTERM)
	if err := c.node.Wait(); err != nil {
		c.t.Errorf("the node ended with %v\n%s", err, c.log.tail())
	}
	c.node = nil
	for _, line := range c.log.errors() {
		c.t.Errorf("the node logged %s", line)
	}
}

// fetch reads a path of the node as any program does.
func (c *city) fetch(path string) []byte {
	c.t.Helper()
	resp, err := http.Get(c.base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("GET %s: %s\n%s", path, resp.Status, raw)
	}
	return raw
}

// api reads an answer of the API.
func api[T any](c *city, path string) T {
	c.t.Helper()
	var v T
	if err := json.Unmarshal(c.fetch(path), &v); err != nil {
		c.t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

// journal is what a node logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what the node writes.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Split(strings.TrimSpace(j.text.String()), "\n")
}

// field returns a field of the first line with this message, "" before there is one.
func (j *journal) field(msg, name string) string {
	for _, line := range j.lines() {
		var m map[string]any
		if json.Unmarshal([]byte(line), &m) == nil && m["msg"] == msg {
			s, _ := m[name].(string)
			return s
		}
	}
	return ""
}

// errors returns the lines that a person on duty would have to look at.
func (j *journal) errors() []string {
	var out []string
	for _, line := range j.lines() {
		var m map[string]any
		if json.Unmarshal([]byte(line), &m) != nil || m["level"] == "ERROR" {
			out = append(out, line)
		}
	}
	return out
}

func (j *journal) tail() string {
	lines := j.lines()
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// within looks again and again until ok, and fails the test when patience has ended.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// save puts content into a file of its own and returns where it is.
func save(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
