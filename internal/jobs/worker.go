package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"zhixin/internal/db"
)

// Handler carries a job out, outside of any transaction. Its context ends when the worker stops or loses the job to
// another; what it has done then stays, and the job is begun again later.
type Handler func(ctx context.Context, j Job) error

// Worker carries out jobs of the kinds it has handlers for. The fields may be changed before Run.
type Worker struct {
	Lease    time.Duration // after which the job of a worker that died is begun again; renewed while it lives
	Poll     time.Duration // between looks for work that another process has asked for
	Parallel int           // jobs at a time

	d        *db.DB
	now      func() time.Time
	holder   string
	handlers map[string]Handler
}

// NewWorker returns a worker that holds jobs under the name holder. The name tells people who has a job; another worker of the
// same name, such as this process begun anew, does no harm, because a hold counts by its attempt as well.
func NewWorker(d *db.DB, now func() time.Time, holder string, handlers map[string]Handler) *Worker {
	return &Worker{Lease: 30 * time.Second, Poll: time.Second, Parallel: 2, d: d, now: now, holder: holder, handlers: handlers}
}

// Run carries out jobs until ctx ends and the handlers under way have returned.
func (w *Worker) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range w.Parallel {
		wg.Go(func() { w.run(ctx) })
	}
	wg.Wait()
}

func (w *Worker) run(ctx context.Context) {
	_ = w.d.Watch(ctx, min(w.Poll, 20*time.Millisecond), w.Poll, func(ctx context.Context) (more bool) {
		ran, err := w.Once(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "the queue of background work", "err", err)
		}
		return ran && err == nil
	})
}

// Once carries out the job that has waited longest and says whether there was one. The failure of a job is kept with the
// job; the error returned is one of the queue itself.
func (w *Worker) Once(ctx context.Context) (ran bool, err error) {
	var id string
	err = w.d.View(ctx, func(q db.Q) (err error) {
		id, err = due(ctx, q, w.now())
		return err
	})
	if err != nil || id == "" {
		return false, err
	}
	var j Job
	err = w.d.Tx(ctx, func(q db.Q) (err error) {
		now := w.now()
		j, err = claim(ctx, q, now, id, w.holder, now.Add(w.Lease))
		return err
	})
	if err != nil || j.ID == "" {
		return err == nil, err // another worker took it: there may be more
	}
	failure := w.handle(ctx, j)
	// The attempt's end is written also while the worker stops.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return true, w.d.Tx(end, func(q db.Q) error {
		switch {
		case failure == nil:
			return finish(end, q, w.now(), j, w.holder)
		case ctx.Err() != nil: // stopped, not failed
			return free(end, q, j, w.holder, j.RunAt, j.Attempts-1, "")
		}
		return fail(end, q, w.now(), j, w.holder, failure.Error())
	})
}

// handle runs the handler of j while it renews the lease.
func (w *Worker) handle(ctx context.Context, j Job) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { w.keep(ctx, cancel, j) })
	defer wg.Wait()
	defer cancel(nil)
	h, ok := w.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("jobs: nobody here carries out %q", j.Kind)
	}
	if j.Attempts > most {
		return errors.New("jobs: the process ended during every attempt")
	}
	return safely(ctx, h, j)
}

// keep renews the lease of j until ctx ends, and ends ctx when j is lost or the lease could not be renewed in time.
func (w *Worker) keep(ctx context.Context, cancel context.CancelCauseFunc, j Job) {
	renewed := time.Duration(0) // how long ago
	for {
		db.Wait(ctx, nil, w.Lease/3)
		if ctx.Err() != nil {
			return
		}
		var ours bool
		err := w.d.Tx(ctx, func(q db.Q) (err error) {
			ours, err = renew(ctx, q, j, w.holder, w.now().Add(w.Lease))
			return err
		})
		renewed += w.Lease / 3
		switch {
		case err == nil && ours:
			renewed = 0
		case err == nil, renewed >= w.Lease:
			cancel(fmt.Errorf("jobs: %s %s was lost to another worker", j.Kind, j.Arg))
			return
		}
	}
}

// safely makes an error of a panic: one bad job must not stop the node.
func safely(ctx context.Context, h Handler, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "a job panicked", "kind", j.Kind, "arg", j.Arg, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("jobs: panic: %v", p)
		}
	}()
	return h(ctx, j)
}
