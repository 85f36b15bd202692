package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// fence is the turn between the processes that write one SQLite file, such as an import beside a running node. SQLite itself
// lets whoever asks at the right microsecond in: one that begins again at once after each commit starves the others, who look
// only now and then. So a writer holds a lock on a file beside the database, those who wait hold a shared lock on a second
// one, and who lets go while somebody waits stays away until that one has had the chance to come in.
//
// The locks are of open files: they go with a process that dies, and two handles in one process exclude each other too.
type fence struct{ turn, wait *os.File }

const (
	glance = 200 * time.Microsecond // between two looks of one who waits
	rest   = 2 * time.Millisecond   // how long one who lets go stays away at most
)

func openFence(path string) (*fence, error) {
	turn, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("db: lock: %w", err)
	}
	wait, err := os.OpenFile(path+".wait", os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("db: lock: %w", err), turn.Close())
	}
	return &fence{turn, wait}, nil
}

// enter returns when no other process writes.
func (f *fence) enter(ctx context.Context) error {
	got, err := flock(f.turn, exclusive)
	if got || err != nil {
		return err
	}
	if _, err := flock(f.wait, shared); err != nil { // refused only in the moment in which somebody looks who waits
		return err
	}
	defer func() { _ = unlock(f.wait) }()
	for tick := time.NewTicker(glance); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return fmt.Errorf("db: wait for another process: %w", ctx.Err())
		case <-tick.C:
		}
		if got, err := flock(f.turn, exclusive); got || err != nil {
			tick.Stop()
			return err
		}
		if _, err := flock(f.wait, shared); err != nil {
			tick.Stop()
			return err
		}
	}
}

// leave lets the next in, and gives another process that waits the time to come.
func (f *fence) leave() {
	_ = unlock(f.turn)
	for began := time.Now(); f.wanted() && time.Since(began) < rest; {
		time.Sleep(glance / 2)
	}
}

// wanted says whether another process waits. It is asked only by who does not wait itself.
func (f *fence) wanted() bool {
	free, err := flock(f.wait, exclusive)
	if free {
		_ = unlock(f.wait)
	}
	return err == nil && !free
}

func (f *fence) close() error { return errors.Join(f.turn.Close(), f.wait.Close()) }
