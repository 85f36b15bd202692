package e2e_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// Anybody can check the log: as a file without a network, and of the node that is running; not one byte may be another.
func logIsVerified(t *testing.T, s stage) {
	key := strings.TrimSpace(string(s.fetch("/log/key")))
	for _, args := range [][]string{{"verify", "log", s.base}, {"verify", "log", "--key", key, s.base + "/"}} {
		if got := s.run(0, args...); !strings.Contains(got, "holds") {
			t.Errorf("the running node: %s", got)
		}
	}
	file := save(t, "log.txt", []byte(s.run(0, "log")))
	if got := s.run(0, "verify", "log", "--key", key, file); !strings.Contains(got, "holds") {
		t.Errorf("the saved log: %s", got)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{3, len(raw) / 3, len(raw) / 2, bytes.LastIndexByte(raw[:len(raw)-1], '\n') - 4, len(raw) - 3} {
		changed := slices.Clone(raw)
		changed[at] ^= 1
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		s.run(1, "verify", "log", "--key", key, file)
	}
}
