package demo_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/demo"
	"zhixin/internal/flow"
)

var ctx = context.Background()

// build makes a small city at where and returns the root of its log.
func build(t *testing.T, where string, seed uint64) (size int64, root string) {
	t.Helper()
	d, err := db.Open(ctx, where, db.Options{Rand: demo.Rand(seed), Hasty: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	key, err := audit.LoadKey(filepath.Join(t.TempDir(), "log.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	f := &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: slog.Default()}
	began := time.Now()
	err = demo.Build(ctx, f, audit.NewSequencer(d, key, "demo"), demo.Options{
		Scale: 0.01, Seed: seed, Now: credit.MustDate("2026-10-12"), Password: "anqing-demo-2026", Progress: func(string, int, int) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %v", time.Since(began))
	err = d.View(ctx, func(q db.Q) error {
		size, err = audit.Size(ctx, q)
		if err != nil {
			return err
		}
		h, err := audit.Root(ctx, q, size)
		root = h.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size, root
}

func TestSameSeedSameLogRoot(t *testing.T) {
	var first string
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		size, root := build(t, dbtest.Fresh(t, engine), 7)
		_, again := build(t, dbtest.Fresh(t, engine), 7)
		_, other := build(t, dbtest.Fresh(t, engine), 8)
		if size < 500 {
			t.Errorf("only %d leaves", size)
		}
		if root != again {
			t.Errorf("two cities of one seed: %s and %s", root, again)
		}
		if root == other {
			t.Error("two seeds, one city")
		}
		if first != "" && first != root {
			t.Errorf("the engines differ: %s and %s", first, root)
		}
		first = root
	})
}
