package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

var ctx = context.Background()

func TestValuesComeBackAsTheyWent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 3, 1, 8, 30, 0, 123456000, credit.Shanghai)
		day := credit.MustDate("2026-10-12")
		err := d.Tx(ctx, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `INSERT INTO db_probe (id, n, flag, at, day, body) VALUES ($1, $2, $3, $4, $5, $6)`,
				"a", 7, true, db.Time{Time: at}, day, []byte{0, 1})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var gotAt db.Time
		var gotDay, none credit.Date
		var flag bool
		err = d.View(ctx, func(q db.Q) error {
			return q.QueryRowContext(ctx, `SELECT at, day, flag, NULL FROM db_probe WHERE day = $1`, day).Scan(&gotAt, &gotDay, &flag, &none)
		})
		if err != nil || !gotAt.Equal(at) || gotDay != day || !flag || none != 0 {
			t.Errorf("got %v %v %v %v, %v", gotAt, gotDay, flag, none, err)
		}
	})
}

func TestWrongTypeIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(ctx, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `INSERT INTO db_probe (id, n) VALUES ('x', CAST($1 AS TEXT))`, "abc")
			return err
		})
		if err == nil {
			t.Error("a word went into a column of numbers")
		}
	})
}

func TestFailedActLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stop := errors.New("stop")
		err := d.Tx(ctx, func(q db.Q) error {
			if err := put(q, "a", 1); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if n := rows(t, d); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// Two acts that each check that another one is left must not both take theirs away.
func TestActsRunAsIfAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must(t, d.Tx(ctx, func(q db.Q) error { return errors.Join(put(q, "a", 1), put(q, "b", 1)) }))
		var wg sync.WaitGroup
		for _, id := range []string{"a", "b"} {
			wg.Go(func() {
				_ = d.Tx(ctx, func(q db.Q) error {
					var n int
					if err := q.QueryRowContext(ctx, `SELECT count(*) FROM db_probe WHERE n = 1`).Scan(&n); err != nil || n < 2 {
						return err
					}
					time.Sleep(5 * time.Millisecond)
					_, err := q.ExecContext(ctx, `UPDATE db_probe SET n = 0 WHERE id = $1`, id)
					return err
				})
			})
		}
		wg.Wait()
		var left int
		must(t, d.View(ctx, func(q db.Q) error {
			return q.QueryRowContext(ctx, `SELECT count(*) FROM db_probe WHERE n = 1`).Scan(&left)
		}))
		if left != 1 {
			t.Errorf("%d left, want 1", left)
		}
	})
}

func TestViewNeverWaitsForAWriter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		inside, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = d.Tx(ctx, func(q db.Q) error {
				if err := put(q, "a", 1); err != nil {
					return err
				}
				close(inside)
				<-release
				return nil
			})
		})
		<-inside
		if n := rows(t, d); n != 0 { // would hang here if it waited
			t.Errorf("a view saw %d rows that are not committed", n)
		}
		close(release)
		wg.Wait()
	})
}

func TestWritersOfOneProcessGoInTurn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Engine() != db.SQLite {
			return // PostgreSQL's writers do not queue
		}
		var mu sync.Mutex
		var order []int
		hold := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { _ = d.Tx(ctx, func(db.Q) error { <-hold; return nil }) })
		time.Sleep(10 * time.Millisecond)
		for i := range 8 {
			wg.Go(func() {
				_ = d.Tx(ctx, func(db.Q) error { mu.Lock(); order = append(order, i); mu.Unlock(); return nil })
			})
			time.Sleep(5 * time.Millisecond)
		}
		close(hold)
		wg.Wait()
		if fmt.Sprint(order) != "[0 1 2 3 4 5 6 7]" {
			t.Errorf("order %v", order)
		}
	})
}

func TestBulkLetsOthersIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var strides, i int
		other := make(chan error, 1)
		err := d.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
			strides++
			if strides == 2 {
				go func() { other <- d.Tx(ctx, func(q db.Q) error { return put(q, "other", 1) }) }()
			}
			for more() && i < 60 {
				time.Sleep(time.Millisecond)
				i++
			}
			return i >= 60, nil
		})
		must(t, err)
		must(t, <-other)
		if strides < 3 {
			t.Errorf("%d strides for 60 ms", strides)
		}
	})
}

func TestMigrateTwiceIsQuietAndEditedFileRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must(t, d.Migrate(ctx))
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `UPDATE db_migration SET sum = 'edited' WHERE name = '0001_db_probe.sql'`)
			return err
		}))
		if err := d.Migrate(ctx); err == nil {
			t.Error("an edited migration was accepted")
		}
	})
}

func TestIDsGrowWhateverTheClocksSay(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		a, b := dbtest.Open(t, where), dbtest.Open(t, where)
		now := time.Date(2026, 10, 12, 9, 0, 0, 0, credit.Shanghai)
		var last string
		for i := range 100 {
			d, at := a, now
			if i%2 == 1 {
				d, at = b, now.Add(-time.Hour) // the other machine's clock is an hour slow
			}
			must(t, d.View(ctx, func(q db.Q) error {
				id := q.IDAfter(at, last)
				if id[:16] <= last[:min(16, len(last))] && last != "" {
					t.Errorf("%s after %s", id, last)
				}
				last = id
				return nil
			}))
		}
	})
}

func put(q db.Q, id string, n int) error {
	_, err := q.ExecContext(ctx, `INSERT INTO db_probe (id, n) VALUES ($1, $2)`, id, n)
	return err
}

func rows(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	must(t, d.View(ctx, func(q db.Q) error { return q.QueryRowContext(ctx, `SELECT count(*) FROM db_probe`).Scan(&n) }))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
