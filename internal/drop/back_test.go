package drop

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that was written over at the moment in which it was moved comes back, beside another that has taken its place.
func TestAFileThatChangedWhileItWasMovedComesBack(t *testing.T) {
	dir := t.TempDir()
	const at = "SCJG/enterprise"
	if err := os.MkdirAll(filepath.Join(dir, at), 0o750); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	f := New(nil, dir, nil, time.Now, slog.New(slog.DiscardHandler))
	lay := func(body string) {
		if err := os.WriteFile(filepath.Join(dir, at, "a.csv"), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lay("what nobody has read yet")
	old := &seen{size: 3, key: "0123456789"}
	if err := f.finish(root, "SCJG", "enterprise", "a.csv", old, doneFolder, result{}, nil); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, at, "a.csv")); err != nil || string(raw) != "what nobody has read yet" {
		t.Errorf("%q (%v)", raw, err)
	}
	if err := root.Rename(at+"/a.csv", at+"/done/01234567-a.csv"); err != nil {
		t.Fatal(err)
	}
	lay("another")
	if err := giveBack(root, at+"/done/01234567-a.csv", at+"/a.csv", at+"/01234567-a.csv"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.csv": "another", "01234567-a.csv": "what nobody has read yet"} {
		if raw, err := os.ReadFile(filepath.Join(dir, at, name)); err != nil || string(raw) != want {
			t.Errorf("%s: %q (%v)", name, raw, err)
		}
	}
}
