package db_test

import (
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// No commit copies pages any more; beside the writers it is done, and the file of the log is used again.
func TestTheLogOfPagesBeginsAnew(t *testing.T) {
	where := dbtest.Fresh(t, db.SQLite)
	d := dbtest.Open(t, where)
	length := func() int64 {
		f, err := os.Stat(where + "-wal")
		must(t, err)
		return f.Size()
	}
	fill := func(round int) {
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `INSERT INTO db_probe (id, n, body) VALUES ($1, 0, $2)`, string(rune('a'+round)), make([]byte, 6<<20))
			return err
		}))
	}
	fill(0)
	if length() < 6<<20 {
		t.Fatalf("the log has %d bytes: somebody copied already", length())
	}
	for round := range 4 {
		must(t, d.CopyPages(ctx))
		fill(round + 1)
	}
	if length() > 9<<20 {
		t.Errorf("the log has grown to %d bytes", length())
	}
}

// A turn each is not enough: a long stride rests while acts come one after another.
func TestStridesGiveWayToActs(t *testing.T) {
	d := dbtest.Open(t, dbtest.Fresh(t, db.SQLite))
	var strides atomic.Int64
	var stop atomic.Bool
	ended := make(chan error, 1)
	go func() {
		ended <- d.Bulk(ctx, func(_ db.Q, more func() bool) (bool, error) {
			strides.Add(1)
			for more() {
				time.Sleep(time.Millisecond)
			}
			return stop.Load(), nil
		})
	}()
	const acts = 200
	for i := range acts {
		must(t, d.Tx(ctx, func(q db.Q) error { return put(q, "act"+strconv.Itoa(i), i) }))
	}
	stop.Store(true)
	must(t, <-ended)
	if n := strides.Load(); n > acts/2 {
		t.Errorf("%d strides went between %d acts", n, acts)
	}
}
