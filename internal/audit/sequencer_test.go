package audit_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// broken is a transaction whose statements fail from some point on, as when the database goes away.
type broken struct {
	db.Q
	left *int
}

const fails = `SELECT broken FROM nowhere`

func (b broken) ok() bool { *b.left--; return *b.left >= 0 }

func (b broken) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if b.ok() {
		return b.Q.ExecContext(ctx, query, args...)
	}
	return b.Q.ExecContext(ctx, fails)
}

func (b broken) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if b.ok() {
		return b.Q.QueryContext(ctx, query, args...)
	}
	return b.Q.QueryContext(ctx, fails)
}

func (b broken) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if b.ok() {
		return b.Q.QueryRowContext(ctx, query, args...)
	}
	return b.Q.QueryRowContext(ctx, fails)
}

// seeded opens where with reproducible ids and salts.
func seeded(t *testing.T, where string) *db.DB {
	t.Helper()
	d, err := db.Open(ctx, where, db.Options{Rand: rand.NewChaCha8([32]byte{1})})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// dump writes everything that audit keeps.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	var out strings.Builder
	view(t, d, func(q db.Q) error {
		for _, query := range []string{
			`SELECT id, COALESCE(seq, -1), kind, subject, head, salt, body FROM audit_leaf ORDER BY id`,
			`SELECT level, n, '', '', hashes, NULL, NULL FROM audit_tile ORDER BY level, n`,
			`SELECT size, 0, '', '', note, NULL, NULL FROM audit_checkpoint ORDER BY size`,
			`SELECT size, 0, vkey, holder, NULL, NULL, NULL FROM audit_log`,
		} {
			rows, err := q.QueryContext(ctx, query)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id, kind, subject any
				var seq int64
				var a, b, c []byte
				if err := rows.Scan(&id, &seq, &kind, &subject, &a, &b, &c); err != nil {
					return err
				}
				fmt.Fprintf(&out, "%v %d %v %v %x %x %x\n", id, seq, kind, subject, a, b, c)
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	return out.String()
}

// The sequencer breaks at its first statement, at its second, and so on; after each break it is started anew. What it
// leaves in the end equals what an uninterrupted run leaves, byte by byte.
func TestBreakAtEveryStatementChangesNothing(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		d, calm := seeded(t, where), seeded(t, filepath.Join(t.TempDir(), "calm.db"))
		must(t, calm.Migrate(ctx))
		key := newKey(t)
		for n := 0; ; n++ {
			for i := range 61 + 97*(n%3) { // over the ends of tiles
				at := noon.Add(time.Duration(n) * time.Minute)
				add(t, d, at, "a.b", fmt.Sprint(i%7), i)
				add(t, calm, at, "a.b", fmt.Sprint(i%7), i)
			}
			before := dump(t, d)
			left := n
			s := audit.NewSequencer(d, key, "node")
			s.Wrap(func(q db.Q) db.Q { return broken{q, &left} })
			done, err := s.Once(ctx, noon)
			if err != nil {
				if after := dump(t, d); after != before {
					t.Fatalf("break at statement %d left something", n)
				}
				done, err = audit.NewSequencer(d, key, "node").Once(ctx, noon)
				left = -1
			}
			if err != nil || done != 61+97*(n%3) {
				t.Fatalf("break at statement %d: %d numbered, %v", n, done, err)
			}
			_, err = audit.NewSequencer(calm, key, "node").Once(ctx, noon)
			must(t, err)
			if left >= 0 {
				if n < 8 {
					t.Errorf("only %d statements were broken", n)
				}
				break
			}
		}
		if got, want := dump(t, d), dump(t, calm); got != want {
			t.Error("the interrupted run and the calm one differ")
		}
		if _, err := audit.VerifyLog(bytes.NewReader(export(t, d)), key.Verifier, nil); err != nil {
			t.Error(err)
		}
	})
}

// Two processes write and number on one database, with clocks an hour apart, and a follower in each listens.
func TestTwoProcessesNumberEachLeafOnce(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		a, b := dbtest.Open(t, where), dbtest.Open(t, where)
		key := newKey(t)
		const writers, each = 3, 40
		running, stop := context.WithCancel(ctx)
		var numbers, writing sync.WaitGroup
		var seen [2][]audit.Event
		var total, heard atomic.Int64
		for i, d := range []*db.DB{a, b} {
			now := func() time.Time { return noon.Add(-time.Duration(i) * time.Hour) }
			numbers.Go(func() {
				s := audit.NewSequencer(d, key, fmt.Sprint("node", i))
				for running.Err() == nil {
					// A clock that jumps makes both believe that the lease is theirs.
					n, err := s.Once(running, now().Add(time.Duration(rand.IntN(60))*time.Second))
					if err != nil && running.Err() == nil {
						t.Errorf("sequencer %d: %v", i, err)
						return
					}
					total.Add(int64(n))
				}
			})
			numbers.Go(func() {
				_ = follow(running, d, 0, func(batch []audit.Event) error {
					seen[i] = append(seen[i], batch...)
					heard.Add(int64(len(batch)))
					return nil
				})
			})
			for w := range writers {
				writing.Go(func() {
					for k := range each {
						subject := fmt.Sprint("s", (w+k)%5)
						err := d.Tx(ctx, func(q db.Q) error { return addCounted(q, now(), subject) })
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		writing.Wait()
		const all = 2 * writers * each
		for range 2000 { // until both followers have heard of every leaf
			if total.Load() >= all && heard.Load() >= 2*all {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		numbers.Wait()
		checkCounted(t, readAll(t, a), all)
		for i := range seen {
			checkCounted(t, seen[i], all)
		}
		sum, err := audit.VerifyLog(bytes.NewReader(export(t, a)), key.Verifier, nil)
		if err != nil || sum.Size != all {
			t.Errorf("log: %+v, %v", sum, err)
		}
	})
}

// addCounted adds a leaf that says the how-manieth of its subject it is.
func addCounted(q db.Q, at time.Time, subject string) error {
	var n int
	err := q.QueryRowContext(ctx, `INSERT INTO db_probe (id, n) VALUES ($1, 1)
		ON CONFLICT (id) DO UPDATE SET n = db_probe.n + 1 RETURNING n`, subject).Scan(&n)
	if err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, li, at, "a.b", subject, n)
	return err
}

// checkCounted wants each leaf once, without gaps, and each subject's in order.
func checkCounted(t *testing.T, events []audit.Event, want int) {
	t.Helper()
	if len(events) != want {
		t.Errorf("%d leaves, want %d", len(events), want)
	}
	counts, last := map[string]int{}, map[string]string{}
	for i, e := range events {
		counts[e.Subject]++
		if e.Seq != int64(i) || string(e.Body) != fmt.Sprint(counts[e.Subject]) || e.Leaf <= last[e.Subject] {
			t.Fatalf("place %d: %+v, after %s", i, e, last[e.Subject])
		}
		last[e.Subject] = e.Leaf
	}
}

func TestLeaseKeepsOthersAwayUntilTheHolderIsDead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		once := func(s *audit.Sequencer, at time.Time, want int) {
			t.Helper()
			if n, err := s.Once(ctx, at); err != nil || n != want {
				t.Errorf("numbered %d, %v; want %d", n, err, want)
			}
		}
		a, b := audit.NewSequencer(d, key, "a"), audit.NewSequencer(d, key, "b")
		add(t, d, noon, "a.b", "", 1)
		once(a, noon, 1)
		add(t, d, noon, "a.b", "", 2)
		once(b, noon.Add(audit.Lease-time.Second), 0)
		once(b, noon.Add(audit.Lease), 1) // a is dead
		add(t, d, noon, "a.b", "", 3)
		once(a, noon.Add(audit.Lease), 0) // and has lost the lease
		// b's clock is an hour ahead, and b dies: its lease would end in an hour.
		once(b, noon.Add(time.Hour), 1)
		add(t, d, noon, "a.b", "", 4)
		start := noon.Add(2 * audit.Lease)
		once(a, start, 0)
		once(a, start.Add(audit.Lease/2), 0)
		once(a, start.Add(audit.Lease), 1)
	})
}

func TestRunLetsTheLeaseGo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		running, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { audit.NewSequencer(d, key, "a").Run(running, func() time.Time { return noon }) })
		add(t, d, noon, "a.b", "", 1)
		for range 500 {
			if len(readAll(t, d)) == 1 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		wg.Wait()
		add(t, d, noon, "a.b", "", 2)
		if n, err := audit.NewSequencer(d, key, "b").Once(ctx, noon); n != 1 || err != nil {
			t.Errorf("after the holder stopped: %d, %v", n, err)
		}
	})
}

func TestAnotherKeyIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add(t, d, noon, "a.b", "", 1)
		numberAll(t, d, newKey(t))
		add(t, d, noon, "a.b", "", 2)
		if _, err := audit.NewSequencer(d, newKey(t), "test").Once(ctx, noon); !fault.Is(err, "audit.other_key") {
			t.Errorf("sequencer: %v", err)
		}
		if _, err := audit.NewGrouper(ctx, d, newKey(t), time.Now, "a.b", li); !fault.Is(err, "audit.other_key") {
			t.Errorf("grouper: %v", err)
		}
	})
}

func TestOfABusyMinuteOneCheckpointIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		s := audit.NewSequencer(d, key, "one")
		for _, after := range []time.Duration{0, 50 * time.Millisecond, time.Second, 59 * time.Second, 60 * time.Second, 61 * time.Second, 62 * time.Second, 3 * time.Minute, 181 * time.Second} {
			add(t, d, noon, "a.b", "", nil)
			_, err := s.Once(ctx, noon.Add(after))
			must(t, err)
		}
		var sizes []int64
		view(t, d, func(q db.Q) error {
			for size := range int64(10) {
				if _, err := audit.Checkpoint(ctx, q, size); err == nil {
					sizes = append(sizes, size)
				} else if !fault.Is(err, "audit.no_checkpoint") {
					return err
				}
			}
			return nil
		})
		if got := fmt.Sprint(sizes); got != "[0 1 5 8 9]" { // 0 is the latest, 9
			t.Errorf("kept are %s", got)
		}
		if _, err := audit.VerifyLog(bytes.NewReader(export(t, d)), key.Verifier, nil); err != nil {
			t.Error(err)
		}
	})
}
