package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/jobs"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is a clock that stands until it is moved.
type clock struct{ past atomic.Int64 }

func (c *clock) now() time.Time       { return noon.Add(time.Duration(c.past.Load())) }
func (c *clock) move(d time.Duration) { c.past.Add(int64(d)) }

func add(t testing.TB, d *db.DB, at time.Time, kind, arg string) {
	t.Helper()
	must(t, d.Tx(ctx, func(q db.Q) error { return jobs.Add(ctx, q, at, kind, arg) }))
}

func waiting(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	must(t, d.View(ctx, func(q db.Q) (err error) { n, err = jobs.Waiting(ctx, q); return err }))
	return n
}

func dead(t testing.TB, d *db.DB) (all []jobs.Failed) {
	t.Helper()
	must(t, d.View(ctx, func(q db.Q) (err error) { all, err = jobs.Dead(ctx, q, 10); return err }))
	must(t, d.View(ctx, func(q db.Q) error {
		if n, err := jobs.GivenUp(ctx, q); err != nil || n != len(all) {
			t.Errorf("%d given up, %d listed: %v", n, len(all), err)
		}
		return nil
	}))
	return all
}

func once(t testing.TB, w *jobs.Worker, want bool) {
	t.Helper()
	if ran, err := w.Once(ctx); ran != want || err != nil {
		t.Fatalf("ran %v, %v; want %v", ran, err, want)
	}
}

func TestJobIsDoneOnceAndInTheActsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		var done []string
		w := jobs.NewWorker(d, c.now, "w", map[string]jobs.Handler{"check": func(_ context.Context, j jobs.Job) error {
			done = append(done, j.Arg)
			return nil
		}})
		_ = d.Tx(ctx, func(q db.Q) error {
			must(t, jobs.Add(ctx, q, noon, "check", "undone"))
			return errors.New("stop")
		})
		add(t, d, noon.Add(time.Second), "check", "later")
		add(t, d, noon, "check", "a")
		add(t, d, noon, "check", "a") // waits already
		once(t, w, true)
		once(t, w, false)
		c.move(time.Second)
		once(t, w, true)
		add(t, d, noon.Add(time.Hour), "check", "sooner")
		once(t, w, false)
		add(t, d, noon, "check", "sooner")
		once(t, w, true)
		once(t, w, false)
		if got := strings.Join(done, " "); got != "a later sooner" || waiting(t, d) != 0 {
			t.Errorf("done %q, %d wait", got, waiting(t, d))
		}
		add(t, d, noon, "check", "a") // what was done may be asked for again
		once(t, w, true)
	})
}

func TestWorkAskedForWhileItRunsIsDoneOnceMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		runs := 0
		w := jobs.NewWorker(d, c.now, "w", map[string]jobs.Handler{"check": func(_ context.Context, j jobs.Job) error {
			if runs++; runs == 1 {
				add(t, d, noon, "check", j.Arg)
				add(t, d, noon, "check", j.Arg)
			}
			if j.Attempts != 1 {
				t.Errorf("attempt %d", j.Attempts)
			}
			return nil
		}})
		add(t, d, noon, "check", "a")
		once(t, w, true)
		once(t, w, true)
		once(t, w, false)
		if runs != 2 || waiting(t, d) != 0 {
			t.Errorf("%d runs, %d wait", runs, waiting(t, d))
		}
	})
}

func TestFailingJobWaitsLongerAndIsGivenUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		fail := true
		w := jobs.NewWorker(d, c.now, "w", map[string]jobs.Handler{"check": func(_ context.Context, j jobs.Job) error {
			switch {
			case !fail:
				return nil
			case j.Attempts%2 == 0:
				panic("hostile file")
			}
			return fmt.Errorf("attempt %d", j.Attempts)
		}})
		add(t, d, noon, "check", "a")
		for n := range 20 {
			once(t, w, true)
			pause := min(time.Second<<n, 10*time.Minute)
			c.move(pause - time.Millisecond)
			once(t, w, false)
			c.move(time.Millisecond)
		}
		once(t, w, false)
		given := dead(t, d)
		if len(given) != 1 || given[0].Attempts != 20 || given[0].Arg != "a" || given[0].Error != "jobs: panic: hostile file" || waiting(t, d) != 0 {
			t.Fatalf("given up: %+v", given)
		}
		add(t, d, c.now(), "check", "a") // a dead job is in nobody's way
		if waiting(t, d) != 1 {
			t.Error("the same work cannot be asked for again")
		}
		fail = false
		once(t, w, true)
		must(t, d.Tx(ctx, func(q db.Q) error { return jobs.Retry(ctx, q, credit.System("test"), c.now(), given[0].ID) }))
		once(t, w, true)
		once(t, w, false)
		if len(dead(t, d)) != 0 {
			t.Error("still dead after it was done")
		}
		err := d.Tx(ctx, func(q db.Q) error { return jobs.Retry(ctx, q, credit.System("test"), noon, given[0].ID) })
		if !fault.Is(err, "jobs.not_dead") {
			t.Errorf("retry of what is done: %v", err)
		}
	})
}

func TestUnknownKindIsNotLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		add(t, d, noon, "newer", "a")
		once(t, jobs.NewWorker(d, c.now, "old", nil), true)
		c.move(time.Second)
		ran := false
		once(t, jobs.NewWorker(d, c.now, "new", map[string]jobs.Handler{"newer": func(context.Context, jobs.Job) error { ran = true; return nil }}), true)
		if !ran {
			t.Error("the newer node did not run it")
		}
	})
}

// Six workers of two processes: no job is ever in two hands, and each is done once.
func TestNoJobIsInTwoHands(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		const all = 60
		var mu sync.Mutex
		hands, done := map[string]int{}, map[string]int{}
		running, stop := context.WithTimeout(ctx, time.Minute)
		defer stop()
		handler := func(_ context.Context, j jobs.Job) error {
			mu.Lock()
			if hands[j.Arg]++; hands[j.Arg] > 1 {
				t.Errorf("%s is in two hands", j.Arg)
			}
			mu.Unlock()
			time.Sleep(3 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			hands[j.Arg]--
			if done[j.Arg]++; len(done) == all {
				stop()
			}
			return nil
		}
		first := dbtest.Open(t, where)
		for i := range all {
			add(t, first, noon, "check", fmt.Sprint(i))
		}
		var wg sync.WaitGroup
		for i, d := range []*db.DB{first, dbtest.Open(t, where)} {
			w := jobs.NewWorker(d, func() time.Time { return noon }, fmt.Sprint("w", i), map[string]jobs.Handler{"check": handler})
			w.Parallel, w.Poll = 3, 5*time.Millisecond
			wg.Go(func() { w.Run(running) })
		}
		wg.Wait()
		if len(done) != all {
			t.Errorf("%d of %d done", len(done), all)
		}
		for arg, n := range done {
			if n != 1 {
				t.Errorf("%s was done %d times", arg, n)
			}
		}
		if n := waiting(t, first); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

func TestLeaseIsRenewedWhileTheWorkerLives(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		d, other := dbtest.Open(t, where), dbtest.Open(t, where)
		add(t, d, time.Now(), "long", "a")
		begun, release := make(chan struct{}), make(chan struct{})
		w := jobs.NewWorker(d, time.Now, "w1", map[string]jobs.Handler{"long": func(ctx context.Context, _ jobs.Job) error {
			close(begun)
			<-release
			return ctx.Err()
		}})
		w.Lease = 600 * time.Millisecond
		ended := make(chan error, 1)
		go func() { _, err := w.Once(ctx); ended <- err }()
		<-begun
		second := jobs.NewWorker(other, time.Now, "w2", map[string]jobs.Handler{"long": func(context.Context, jobs.Job) error {
			t.Error("the job was taken from a worker that lives")
			return nil
		}})
		for end := time.Now().Add(3 * w.Lease); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			once(t, second, false)
		}
		close(release)
		must(t, <-ended)
		if waiting(t, d) != 0 {
			t.Error("the job is not done")
		}
	})
}

// A worker that died holds its job for a lease and no longer; what it writes when it wakes up again changes nothing.
func TestJobOfADeadWorkerIsTakenOver(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		d, other := dbtest.Open(t, where), dbtest.Open(t, where)
		var c clock
		add(t, d, noon, "check", "a")
		begun, release := make(chan struct{}), make(chan struct{})
		sleeper := jobs.NewWorker(d, c.now, "w1", map[string]jobs.Handler{"check": func(context.Context, jobs.Job) error {
			close(begun)
			<-release
			return nil
		}})
		sleeper.Lease = time.Hour // its clock stands, and it does not renew within this test
		ended := make(chan error, 1)
		go func() { _, err := sleeper.Once(ctx); ended <- err }()
		<-begun
		var attempt int
		taker := jobs.NewWorker(other, c.now, "w2", map[string]jobs.Handler{"check": func(_ context.Context, j jobs.Job) error {
			attempt = j.Attempts
			close(release)
			must(t, <-ended) // the sleeper believes that it has finished the job
			return errors.New("not yet")
		}})
		c.move(time.Hour - time.Second)
		once(t, taker, false)
		c.move(time.Second)
		once(t, taker, true)
		if attempt != 2 || waiting(t, d) != 1 {
			t.Errorf("attempt %d, %d wait", attempt, waiting(t, d))
		}
	})
}

func TestStoppedJobGoesBackAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add(t, d, noon, "check", "a")
		running, stop := context.WithCancel(ctx)
		var c clock
		w := jobs.NewWorker(d, c.now, "w", map[string]jobs.Handler{"check": func(ctx context.Context, j jobs.Job) error {
			if j.Attempts != 1 {
				t.Errorf("attempt %d: a stop counts as a failure", j.Attempts)
			}
			stop()
			<-ctx.Done()
			return ctx.Err()
		}})
		w.Run(running)
		fresh := false
		w2 := jobs.NewWorker(d, c.now, "w2", map[string]jobs.Handler{"check": func(_ context.Context, j jobs.Job) error {
			fresh = j.Attempts == 1
			return nil
		}})
		once(t, w2, true)
		if !fresh {
			t.Error("the stopped job was not begun again as if new")
		}
	})
}
