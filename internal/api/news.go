package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// While somebody waits for news, rest lies at least between two looks, and look at most: other processes write too.
const (
	rest = 50 * time.Millisecond
	look = time.Second
)

// maxWaiting is how many may wait for news at once: they hold a connection each, and no more than that.
const maxWaiting = 1000

// news watches the length of the log for all who wait, with one look at the database however many they are. It watches only
// while somebody waits.
type news struct {
	db  *db.DB
	log *slog.Logger

	mu      sync.Mutex
	waiting int
	size    int64         // that the log has reached
	grown   chan struct{} // closed when size grows
	stop    context.CancelFunc
}

func newNews(d Deps) *news { return &news{db: d.DB, log: d.Log, grown: make(chan struct{})} }

// join lets one more wait. leave is called when he does not any more.
func (n *news) join(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting >= maxWaiting {
		return fault.New(fault.TooMany, "api.too_many_waiting", maxWaiting)
	}
	if n.waiting++; n.waiting == 1 {
		watch, stop := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the first who waits
		n.stop = stop
		go n.watch(watch)
	}
	return nil
}

func (n *news) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting--; n.waiting == 0 {
		n.stop()
	}
}

// beyond returns whether the log is longer than size, and what is closed when it grows.
func (n *news) beyond(size int64) (bool, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.size > size, n.grown
}

func (n *news) watch(ctx context.Context) {
	_ = n.db.Watch(ctx, rest, look, func(ctx context.Context) (more bool) {
		var size int64
		err := n.db.View(ctx, func(q db.Q) (err error) {
			size, err = audit.Size(ctx, q)
			return err
		})
		switch {
		case err == nil:
			n.reach(size)
		case ctx.Err() == nil:
			n.log.Warn("api: watch the log", "err", err)
		}
		return false
	})
}

func (n *news) reach(size int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if size > n.size {
		n.size = size
		close(n.grown)
		n.grown = make(chan struct{})
	}
}
