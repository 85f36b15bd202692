package db_test

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// Two handles on one file are as two processes: an import in the one must not starve the acts of the other.
func TestProcessesTakeTurns(t *testing.T) {
	where := dbtest.Fresh(t, db.SQLite)
	node, beside := dbtest.Open(t, where), dbtest.Open(t, where)
	var strides atomic.Int64
	var stop atomic.Bool
	ended := make(chan error, 1)
	go func() {
		n := 0
		ended <- beside.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
			strides.Add(1)
			for ; more(); n++ {
				if err := put(q, "import"+strconv.Itoa(n), n); err != nil {
					return false, err
				}
			}
			return stop.Load(), nil
		})
	}()
	for strides.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	for i := range 40 {
		before := strides.Load()
		must(t, node.Tx(ctx, func(q db.Q) error { return put(q, "act"+strconv.Itoa(i), i) }))
		if passed := strides.Load() - before; passed > 30 {
			t.Errorf("act %d waited for %d strides of another process", i, passed)
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop.Store(true)
	must(t, <-ended)
}

func TestTwoProcessesMayFoundOneDatabase(t *testing.T) {
	for range 5 {
		where := filepath.Join(t.TempDir(), "new.db")
		const n = 4
		errs := make(chan error, n)
		for range n {
			go func() {
				d, err := db.Open(ctx, where, db.Options{})
				if err == nil {
					err = d.Migrate(ctx)
				}
				if err == nil {
					err = d.Close()
				}
				errs <- err
			}()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
}
