package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

const (
	blockItems = 512             // the most items of one block leaf
	queueItems = 16 * blockItems // the most items that wait; more are refused
	atOnce     = 8               // the most blocks of one transaction
	spare      = 24              // ids kept ready, more than blocks can wait
	attempts   = 4               // at committing a group
	many       = 8               // items of a commit after which the next lets others join
	moment     = time.Millisecond
)

// Sealed says where an item stands: in which block, on which path to its signed root.
type Sealed struct {
	Origin string
	VKey   string
	Salt   []byte // of the item; empty from [ProveItem], which does not know it
	Leaf   string
	Index  int
	Count  int
	Path   []tlog.Hash
	Root   tlog.Hash
	Note   string // signed: "<origin>/block", leaf, count, root

	quoted []byte // the note as JSON, shared by the items of a block
}

// Ticket names an item whose block is not durable yet: [ProveItem] knows it when it is.
type Ticket struct {
	Leaf  string
	Index int
	Salt  []byte
}

// Grouper makes many small items durable with few commits: what arrives while one commit runs becomes the block of the
// next. An item costs its caller two hashes; signature, tree and fsync are shared.
type Grouper struct {
	d    *db.DB
	key  *Key
	now  func() time.Time
	kind string
	by   credit.Actor

	secret  []byte // the items' salts are derived from it and never from anything that is kept
	counter atomic.Uint64

	mu      sync.Mutex
	waiting []*group // in order; the last one is still being filled
	items   int      // in them
	ready   []slot
	closed  bool

	carried int // items of the last commit; of the goroutine that commits

	wake chan struct{}
	done chan struct{}
}

// slot is the id and the salt of a block leaf to come: an item knows its leaf before the block is written.
type slot struct {
	leaf string
	salt []byte
}

// group is a block that is being collected or committed.
type group struct {
	slot
	hashes []tlog.Hash
	async  int // items for which nobody waits
	tree   blockTree
	sealed Sealed // what all items share
	head   Head
	body   []byte
	done   chan struct{}
	err    error
}

// NewGrouper starts a grouper whose block leaves are of kind, written in the name of by. It must be closed.
func NewGrouper(ctx context.Context, d *db.DB, key *Key, now func() time.Time, kind string, by credit.Actor) (*Grouper, error) {
	g := &Grouper{d: d, key: key, now: now, kind: kind, by: by, wake: make(chan struct{}, 1), done: make(chan struct{})}
	err := d.View(ctx, func(q db.Q) error {
		l, err := readLog(ctx, q)
		if err != nil {
			return err
		}
		if l.vkey != "" && l.vkey != key.Verifier {
			return fault.New(fault.Conflict, "audit.other_key", key.Verifier, l.vkey)
		}
		g.secret = append(q.Salt(), q.Salt()...)
		g.ready = slots(q, now(), spare)
		return nil
	})
	if err != nil {
		return nil, err
	}
	go g.run()
	return g, nil
}

func slots(q db.Q, at time.Time, n int) []slot {
	s := make([]slot, n)
	for i := range s {
		s[i] = slot{leaf: q.ID(at), salt: q.Salt()}
	}
	return s
}

// Put returns when the block that holds the item is committed and signed. An item without salt gets one. When ctx ends
// first, the item may still become durable.
func (g *Grouper) Put(ctx context.Context, item Item) (Sealed, error) {
	item = g.salted(item)
	into, ticket, err := g.enter(item.hash(), false)
	if err != nil {
		return Sealed{}, err
	}
	select {
	case <-ctx.Done():
		return Sealed{}, fmt.Errorf("audit: wait for a receipt: %w", ctx.Err())
	case <-into.done:
	}
	if into.err != nil {
		return Sealed{}, into.err
	}
	s := into.sealed
	s.Salt, s.Index, s.Path = item.Salt, ticket.Index, into.tree.path(ticket.Index)
	return s, nil
}

// PutAsync returns at once. A crash loses what was not committed yet: the last few milliseconds.
func (g *Grouper) PutAsync(item Item) (Ticket, error) {
	item = g.salted(item)
	_, ticket, err := g.enter(item.hash(), true)
	ticket.Salt = item.Salt
	return ticket, err
}

func (g *Grouper) salted(item Item) Item {
	if len(item.Salt) == 0 {
		var buf [40]byte
		copy(buf[:], g.secret)
		binary.BigEndian.PutUint64(buf[32:], g.counter.Add(1))
		sum := sha256.Sum256(buf[:])
		item.Salt = append([]byte(nil), sum[:16]...)
	}
	return item
}

// enter puts a hash into the group that is being filled.
func (g *Grouper) enter(h tlog.Hash, async bool) (*group, Ticket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, Ticket{}, fault.New(fault.Unavailable, "audit.closing")
	}
	if g.items >= queueItems {
		return nil, Ticket{}, fault.New(fault.TooMany, "audit.queue_full")
	}
	last := len(g.waiting) - 1
	if last < 0 || len(g.waiting[last].hashes) == blockItems {
		if len(g.ready) == 0 { // only while the database cannot be reached
			g.signal()
			return nil, Ticket{}, fault.New(fault.TooMany, "audit.queue_full")
		}
		g.waiting = append(g.waiting, &group{slot: g.ready[0], done: make(chan struct{})})
		g.ready = g.ready[1:]
		last++
	}
	into := g.waiting[last]
	into.hashes = append(into.hashes, h)
	if async {
		into.async++
	}
	g.items++
	g.signal()
	return into, Ticket{Leaf: into.leaf, Index: len(into.hashes) - 1}, nil
}

func (g *Grouper) signal() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// take returns the groups for the next commit, oldest first.
func (g *Grouper) take() []*group {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), atOnce)
	groups := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.carried = 0
	for _, group := range groups {
		g.carried += len(group.hashes)
	}
	g.items -= g.carried
	return groups
}

// linger lets a block fill before it is committed: up to 8 ms while nobody waits for it, since askers who do not wait were told
// that a crash may lose the last 10 ms; and a moment where the last commit carried many, because one for sixty costs hardly more
// than one for twenty.
func (g *Grouper) linger(ctx context.Context) {
	if g.carried >= many {
		time.Sleep(moment)
	}
	for range 8 {
		g.mu.Lock()
		async := 0
		for _, w := range g.waiting {
			async += w.async
		}
		nobody := !g.closed && g.items > 0 && async == g.items && g.items < blockItems
		g.mu.Unlock()
		if !nobody {
			return
		}
		db.Wait(ctx, nil, time.Millisecond)
	}
}

// run commits group after group until the grouper is closed and empty. It never stops for a caller's context: what it
// has taken it carries to the end.
func (g *Grouper) run() {
	defer close(g.done)
	ctx := context.Background()
	for open := true; open; {
		_, open = <-g.wake
		for {
			g.linger(ctx)
			groups := g.take()
			if len(groups) == 0 {
				break
			}
			g.settle(ctx, groups)
		}
		g.refill(ctx, nil)
	}
}

// settle commits groups, several times if need be, and tells those who wait.
func (g *Grouper) settle(ctx context.Context, groups []*group) {
	at := g.now()
	var err error
	for _, group := range groups {
		if err = g.seal(group, at); err != nil {
			break
		}
	}
	for try := 1; err == nil; try++ {
		if err = g.commit(ctx, groups, at); err == nil || try == attempts {
			break
		}
		slog.WarnContext(ctx, "receipts are not durable yet: will try again", "err", err)
		var taken takenError
		if errors.As(err, &taken) {
			if err = g.rename(ctx, taken.group, at); err != nil {
				break
			}
			continue
		}
		err = nil
		db.Wait(ctx, nil, time.Duration(try*try)*50*time.Millisecond)
	}
	for _, group := range groups {
		if err != nil && group.async > 0 {
			slog.ErrorContext(ctx, "receipts for which nobody waited are lost", "leaf", group.leaf, "items", group.async, "err", err)
		}
		group.err = err
		close(group.done)
	}
}

// takenError says that another process's leaf bears the id of a group.
type takenError struct{ group *group }

func (e takenError) Error() string {
	return "audit: the id " + e.group.leaf + " is taken by another leaf"
}

// rename gives a group another id. Those who wait get it with their receipts; who did not wait holds a ticket for an id that
// is another's, and will see that it proves nothing.
func (g *Grouper) rename(ctx context.Context, b *group, at time.Time) error {
	if b.async > 0 {
		slog.ErrorContext(ctx, "receipts for which nobody waited are lost", "leaf", b.leaf, "items", b.async)
	}
	if err := g.d.View(ctx, func(q db.Q) error {
		b.slot = slots(q, at, 1)[0]
		return nil
	}); err != nil {
		return fmt.Errorf("audit: another id for receipts: %w", err)
	}
	return g.seal(b, at)
}

// seal computes what the items of a group share. It depends on nothing that changes between two attempts.
func (g *Grouper) seal(b *group, at time.Time) (err error) {
	b.tree = newBlockTree(b.hashes)
	root, n := b.tree.root(), len(b.hashes)
	msg, err := g.key.sign(blockText(g.key.Origin, b.leaf, n, root))
	if err != nil {
		return err
	}
	b.head = Head{ID: b.leaf, Kind: g.kind, N: n, Root: root.String()}
	if b.body, err = commit(&b.head, g.by, at, "", b.salt, nil); err != nil {
		return err
	}
	quoted, err := quoteNote(msg)
	if err != nil {
		return err
	}
	b.sealed = Sealed{Origin: g.key.Origin, VKey: g.key.Verifier, Leaf: b.leaf, Count: n, Root: root, Note: string(msg), quoted: quoted}
	return nil
}

// commit writes the groups in one transaction. A commit whose answer was lost may be repeated: then each leaf is there
// already, with the same head. With another head it is the leaf of another process that drew the same id.
func (g *Grouper) commit(ctx context.Context, groups []*group, at time.Time) error {
	var fresh []slot
	err := g.d.Aside(ctx, func(q db.Q) error {
		for _, b := range groups {
			if err := g.insert(ctx, q, b, at); err != nil {
				return err
			}
			_, err := q.ExecContext(ctx, `INSERT INTO audit_block (leaf, n, note, hashes)
				VALUES ($1, $2, $3, $4) ON CONFLICT (leaf) DO NOTHING`,
				b.leaf, len(b.hashes), []byte(b.sealed.Note), join(b.hashes))
			if err != nil {
				return fmt.Errorf("audit: keep block %s: %w", b.leaf, err)
			}
		}
		fresh = slots(q, at, len(groups))
		return nil
	})
	if err == nil {
		g.refill(ctx, fresh)
	}
	return err
}

// insert writes a group's leaf, or finds it written.
func (g *Grouper) insert(ctx context.Context, q db.Q, b *group, at time.Time) error {
	done, err := q.ExecContext(ctx, `INSERT INTO audit_leaf (id, kind, subject, at, head, salt, body)
		VALUES ($1, $2, '', $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
		b.leaf, g.kind, db.Time{Time: at}, b.head.bytes(), b.salt, b.body)
	if err != nil {
		return fmt.Errorf("audit: add %s: %w", g.kind, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return err
	}
	var head []byte
	if err := q.QueryRowContext(ctx, `SELECT head FROM audit_leaf WHERE id = $1`, b.leaf).Scan(&head); err != nil {
		return fmt.Errorf("audit: leaf %s: %w", b.leaf, err)
	}
	if !bytes.Equal(head, b.head.bytes()) {
		return takenError{b}
	}
	return nil
}

// refill keeps ids ready. With none given it makes those that are missing, which happens only after a failed commit.
func (g *Grouper) refill(ctx context.Context, fresh []slot) {
	g.mu.Lock()
	g.ready = append(g.ready, fresh...)
	missing := spare - len(g.ready) - len(g.waiting)
	g.mu.Unlock()
	if fresh != nil || missing <= 0 {
		return
	}
	err := g.d.View(ctx, func(q db.Q) error {
		fresh = slots(q, g.now(), missing)
		return nil
	})
	if err != nil {
		slog.WarnContext(ctx, "no ids for receipts", "err", err)
		return
	}
	g.refill(ctx, fresh)
}

// Close makes durable what waits and ends the grouper; what comes later is refused.
func (g *Grouper) Close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.wake)
	}
	g.mu.Unlock()
	<-g.done
}

func quoteNote(msg []byte) ([]byte, error) {
	quoted, err := json.Marshal(string(msg)) // base64, a dash, line ends and a name without <, > and &
	if err != nil {
		return nil, fmt.Errorf("audit: quote: %w", err)
	}
	return quoted, nil
}
