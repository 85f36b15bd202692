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
	"zhixin/internal/org"
)

var (
	ctx        = context.Background()
	now        = credit.MustDate("2026-10-12")
	everywhere = org.Scope{All: true}
)

// built is a city with the parts that it was made by.
type built struct {
	d    *db.DB
	flow *flow.Flow
	log  *audit.Sequencer
	root string
	size int64
}

// build makes a small city at where.
func build(t *testing.T, where string, seed uint64, scale float64) built {
	t.Helper()
	d, err := db.Open(ctx, where, db.Options{Rand: demo.Rand(seed), Hasty: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	key, err := audit.LoadKey(filepath.Join(t.TempDir(), "log.key"), "zhixin.test", true)
	if err != nil {
		t.Fatal(err)
	}
	b := built{d: d, flow: &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: slog.Default()}, log: audit.NewSequencer(d, key, "demo")}
	began := time.Now()
	err = demo.Build(ctx, b.flow, b.log, demo.Options{Scale: scale, Seed: seed, Now: now, Password: "anqing-demo-2026", Progress: func(string, int, int) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %v", time.Since(began))
	err = d.View(ctx, func(q db.Q) error {
		if b.size, err = audit.Size(ctx, q); err != nil {
			return err
		}
		h, err := audit.Root(ctx, q, b.size)
		b.root = h.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// settle lets the log be numbered and everything follow, as a node does.
func (b built) settle(t *testing.T) func(at time.Time) {
	return func(at time.Time) {
		t.Helper()
		for {
			n, err := b.log.Once(ctx, at)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
			if err := b.flow.CatchUp(ctx, at); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The proofs about one city, on each engine; the engines' logs have the same root.
func TestDemoCityProvesItself(t *testing.T) {
	var first string
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		b := build(t, dbtest.Fresh(t, engine), 7, 0.01)
		if b.size < 500 {
			t.Errorf("only %d leaves", b.size)
		}
		if first != "" && first != b.root {
			t.Errorf("the engines differ: %s and %s", first, b.root)
		}
		first = b.root
		c := live(t, b.d)
		for name, proof := range map[string]func(lived){
			"every measure and hit joins to its row and its source": everyMeasureJoins,
			"every listing is lawful":                               everyListingIsLawful,
			"every series of numbers is whole":                      everySeriesIsWhole,
			"the standing equals the replay":                        standingEqualsTheReplay,
			"the gate equals the standing":                          gateEqualsStanding,
		} {
			t.Run(name, func(t *testing.T) { proof(lived{t, c.d, c.log, c.firm}) })
		}
		t.Run("nothing personal is public", func(t *testing.T) {
			c := lived{t, c.d, c.log, c.firm}
			c.carelessFiles(b.flow, b.settle(t), c.firm[0])
			nothingPersonalIsPublic(c)
		})
	})
}

func TestSameSeedSameLogRoot(t *testing.T) {
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		const small = 0.002
		one, again := build(t, dbtest.Fresh(t, engine), 7, small), build(t, dbtest.Fresh(t, engine), 7, small)
		if one.root != again.root {
			t.Errorf("two cities of one seed: %s and %s", one.root, again.root)
		}
		if other := build(t, dbtest.Fresh(t, engine), 8, small); one.root == other.root {
			t.Error("two seeds, one city")
		}
	})
}
