package audit

import (
	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/db"
)

// Wrap makes the sequencer's statements go through f, so that a test can break one of them.
func (s *Sequencer) Wrap(f func(db.Q) db.Q) { s.wrap = f }

// The limits that tests go over.
const (
	QueueItems = queueItems
	BlockItems = blockItems
	Lease      = lease
)

// Next makes leaf the id of the next block, as if another process had drawn it too.
func (g *Grouper) Next(leaf string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ready[0].leaf = leaf
}

// ItemStands says whether s proves item.
func ItemStands(item Item, s Sealed) bool {
	return tlog.CheckRecord(s.Path, int64(s.Count), s.Root, int64(s.Index), item.hash()) == nil
}
