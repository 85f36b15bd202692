package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/demo"
	"zhixin/internal/testcity"
)

const (
	kills    = 20
	attempts = 12 // at killing the import of one file in time
)

// The program is killed with -9 at twenty random moments of imports: while a file is received, checked, numbered in the log
// and followed up. In the end the database equals, row by row and leaf by leaf, that of imports nobody disturbed.
func TestKilledImportEndsEqual(t *testing.T) {
	var files [][2]string         // kind and path
	for seed := range uint64(3) { // the later ones are there in case the first are through too soon
		registry, penalties := demo.Sample(seed, 1500, 1200)
		files = append(files, [2]string{"enterprise", write(t, "registry.csv", registry)}, [2]string{"penalty", write(t, "penalties.csv", penalties)})
	}
	eachCity(t, func(t *testing.T, fresh func() city) {
		calm, shaken := fresh(), fresh()
		done := 0
		var dealt []int // with how many rows, after each kill
		for _, c := range []city{calm, shaken} {
			c.run(0, "migrate")
		}
		for _, f := range files {
			if done == kills {
				break
			}
			began := time.Now()
			calm.imported(f[0], "SCJG", f[1])
			took := time.Since(began)
			for try, hit := 0, 0; try < attempts && hit < kills/2 && done < kills; try++ {
				if killed(shaken, took, "import", "--kind", f[0], "--department", "SCJG", f[1]) {
					done, hit = done+1, hit+1
				}
				dealt = append(dealt, testcity.Accounted(t, shaken.open()))
			}
			shaken.imported(f[0], "SCJG", f[1])
		}
		t.Logf("killed %d times, with so many rows dealt with: %v", done, dealt)
		if slices.Max(dealt) == 0 {
			t.Error("no kill fell into the checking of a file")
		}
		if done < kills {
			t.Errorf("only %d of %d runs were killed before their end", done, kills)
		}
		want, got := dump(t, calm), dump(t, shaken)
		if len(want) < 5000 {
			t.Fatalf("only %d rows to compare", len(want))
		}
		compare(t, want, got)
	})
}

// killed starts the program, kills it after a random part of the time that an import takes, and says whether it was in time.
func killed(c city, took time.Duration, args ...string) bool {
	cmd := c.command(args...)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(30*time.Millisecond + time.Duration(rand.Int64N(int64(took)/3)))
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	return cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled()
}

// apart are the columns that tell time or chance: instants, salts and what is hashed from them.
var apart = []string{"at", "salt", "head", "note", "hashes", "until", "holder", "vkey", "run_at", "attempts", "place"}

// aside are the tables that hold nothing else: the tree over salted leaves, the leases, the jobs that are done.
var aside = []string{"audit_tile", "audit_checkpoint", "audit_log", "jobs_job", "db_probe", "db_migration"}

// dump reads every table into lines. Ids of leaves hold the time, so a leaf is named by its place in the log.
func dump(t *testing.T, c city) []string {
	t.Helper()
	d := c.open()
	var lines []string
	err := d.View(context.Background(), func(q db.Q) error {
		places, err := leaves(q)
		if err != nil {
			return err
		}
		for _, table := range tables(t) {
			if slices.Contains(aside, table) {
				continue
			}
			more, err := dumpTable(q, table, places)
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			lines = append(lines, more...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

func leaves(q db.Q) (map[string]string, error) {
	rows, err := q.QueryContext(context.Background(), `SELECT id, seq FROM audit_leaf ORDER BY seq`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	places := map[string]string{}
	for rows.Next() {
		var id string
		var seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			return nil, err
		}
		places[id] = fmt.Sprintf("leaf %d", seq)
	}
	return places, rows.Err()
}

func tables(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../db/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	create := regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range create.FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
	}
	return out
}

func dumpTable(q db.Q, table string, places map[string]string) ([]string, error) {
	rows, err := q.QueryContext(context.Background(), `SELECT * FROM `+table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		line := table
		for i, name := range columns {
			if slices.Contains(apart, name) || strings.HasSuffix(name, "_at") {
				continue
			}
			line += " " + name + "=" + plain(*values[i].(*any), places)
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// plain shows a value; JSON without the times in it.
func plain(v any, places map[string]string) string {
	var text string
	switch v := v.(type) {
	case []byte:
		text = string(v)
	default:
		text = fmt.Sprint(v)
	}
	if place, ok := places[text]; ok {
		return place
	}
	if strings.HasPrefix(text, "{") {
		var m map[string]any
		if json.Unmarshal([]byte(text), &m) == nil {
			delete(m, "at")
			raw, _ := json.Marshal(m)
			return string(raw)
		}
	}
	return text
}

// compare reports the first lines that only one side has.
func compare(t *testing.T, want, got []string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	t.Errorf("%d lines, want %d", len(got), len(want))
	in := func(lines []string) map[string]bool {
		m := map[string]bool{}
		for _, l := range lines {
			m[l] = true
		}
		return m
	}
	w, g := in(want), in(got)
	shown := 0
	for _, l := range want {
		if !g[l] && shown < 10 {
			t.Errorf("missing: %.300s", l)
			shown++
		}
	}
	for _, l := range got {
		if !w[l] && shown < 20 {
			t.Errorf("too much: %.300s", l)
			shown++
		}
	}
}
