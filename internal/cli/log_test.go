package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// verify runs 'zhixin verify' and returns what it said and how it ended.
func verify(t *testing.T, args ...string) (said string, exit int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"verify"}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=en")
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestALogIsComparedWithAKeptCheckpoint(t *testing.T) {
	eachCity(t, func(t *testing.T, fresh func() city) {
		c := fresh()
		older := write(t, "older.txt", []byte(c.run(0, "log")))
		d := c.open()
		err := d.Tx(t.Context(), func(q db.Q) error {
			_, err := audit.Add(t.Context(), q, credit.System("test"), time.Now(), "test.act", "", nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		log := write(t, "log.txt", []byte(c.run(0, "log")))
		if said, exit := verify(t, "log", "--since", older, log); exit != 0 || !strings.Contains(said, "begins with all") {
			t.Errorf("exit %d: %s", exit, said)
		}
		if said, exit := verify(t, "log", "--since", log, older); exit != 1 || !strings.Contains(said, "History was rewritten") {
			t.Errorf("a log that was cut: exit %d: %s", exit, said)
		}
	})
}

func TestADatabaseWithALogGetsNoNewKey(t *testing.T) {
	eachCity(t, func(t *testing.T, fresh func() city) {
		c := fresh()
		c.run(0, "log")
		key := filepath.Join(c.data, "log.key")
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		out, err := c.command("log").CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.data) || !strings.Contains(string(out), "audit.key_missing") {
			t.Errorf("%v: %s", err, out)
		}
		if _, err := os.Stat(key); !os.IsNotExist(err) {
			t.Errorf("a key was made: %v", err)
		}
	})
}
