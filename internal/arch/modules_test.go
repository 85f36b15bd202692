package arch

import (
	"bufio"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed reads modules.txt: a module and why the program links it, a line each.
func allowed(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, why, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if strings.TrimSpace(why) == "" {
			t.Errorf("modules.txt: %s has no reason", name)
		}
		out[name] = why
	}
	return out
}

// linked returns the modules whose code is in the program, by a package of each.
func linked(t *testing.T) map[string]string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil { // so that go test runs again when it changes
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{$.ImportPath}}{{end}}{{end}}", "./cmd/zhixin")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if name, pkg, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out[name] = pkg
		}
	}
	return out
}

func TestEveryModuleHasAReason(t *testing.T) {
	list, used := allowed(t), linked(t)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if list[name] == "" {
			t.Errorf("%s (by %s) is not in internal/arch/modules.txt: a dependency is a decision, say there what it is for", name, used[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if used[name] == "" {
			t.Errorf("%s is in internal/arch/modules.txt but not in the program any more", name)
		}
	}
}
