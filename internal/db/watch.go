package db

import (
	"context"
	"time"
)

// Watch calls look at once, after every commit of this process, and at the latest every poll, because other processes commit
// too, until ctx ends; it returns the reason for which ctx ended. Between two looks lies at least breath: an import commits a
// hundred times a second. A look that says more is followed by the next without waiting for anything.
func (d *DB) Watch(ctx context.Context, breath, poll time.Duration, look func(context.Context) (more bool)) error {
	for ctx.Err() == nil {
		changed := d.Changed()
		if look(ctx) {
			continue
		}
		Wait(ctx, nil, breath)
		Wait(ctx, changed, poll)
	}
	return context.Cause(ctx)
}

// Wait returns when changed is closed (see [DB.Changed]; nil never is), after most, or with ctx.
func Wait(ctx context.Context, changed <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer.C:
	}
}
