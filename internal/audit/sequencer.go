package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

const (
	// lease is how long a sequencer that does nothing keeps others away. It only saves work: what keeps two from
	// numbering is that the one row of audit_log moves from the size that was read, or nothing happens.
	lease = 3 * time.Second
	// stretch bounds the leaves of one transaction, so that a counter's receipt does not wait long behind it.
	stretch = 1024
	// rest is the time between two checkpoints of a busy log; look is how often another process's leaves are looked for.
	rest = 200 * time.Millisecond
	look = 250 * time.Millisecond
)

// Sequencer numbers committed leaves, grows the tree and signs its root. Every node runs one; one of them works.
type Sequencer struct {
	d      *db.DB
	key    *Key
	holder string

	stuckSize int64     // the size at which another holder was seen with leaves waiting,
	stuckAt   time.Time // and when by our own clock

	wrap func(db.Q) db.Q // tests break statements here
}

// NewSequencer returns a sequencer that works under the name holder, which is the node's own and best the same after a
// restart. It is for one goroutine.
func NewSequencer(d *db.DB, key *Key, holder string) *Sequencer {
	return &Sequencer{d: d, key: key, holder: holder, wrap: func(q db.Q) db.Q { return q }}
}

// logRow is the row of audit_log.
type logRow struct {
	size   int64
	vkey   string
	holder string
	until  time.Time
}

func readLog(ctx context.Context, q db.Q) (logRow, error) {
	var l logRow
	var until db.Time
	err := q.QueryRowContext(ctx, `SELECT size, vkey, holder, until FROM audit_log WHERE one = 1`).
		Scan(&l.size, &l.vkey, &l.holder, &until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return logRow{}, fmt.Errorf("audit: log: %w", err)
	}
	l.until = until.Time
	return l, nil
}

// work is what one numbering is going to write, all of it known before its transaction begins.
type work struct {
	was    logRow
	leaves []string
	tree   *tree
	note   []byte
	spent  int64 // size of the checkpoint that this one replaces, 0 where it stays
}

// Once numbers what is committed, at most 1024 leaves, and returns how many. It returns 0 while another sequencer holds
// the lease. Everything is read in a view and written in one transaction that begins by moving the log from the size
// that was read: if anything failed or anybody was faster, nothing has happened.
func (s *Sequencer) Once(ctx context.Context, at time.Time) (numbered int, err error) {
	var w work
	err = s.d.View(ctx, func(q db.Q) (err error) {
		w, err = s.plan(ctx, s.wrap(q), at)
		return err
	})
	if err != nil || len(w.leaves) == 0 {
		return 0, err
	}
	root, err := w.tree.root()
	if err != nil {
		return 0, err
	}
	if w.note, err = s.key.sign(checkpointText(s.key.Origin, w.tree.size, root)); err != nil {
		return 0, err
	}
	err = s.d.Tx(ctx, func(q db.Q) (err error) {
		numbered, err = s.write(ctx, s.wrap(q), at, w)
		return err
	})
	if err != nil {
		return 0, err
	}
	return numbered, nil
}

func (s *Sequencer) plan(ctx context.Context, q db.Q, at time.Time) (work, error) {
	was, err := readLog(ctx, q)
	if err != nil {
		return work{}, err
	}
	if was.vkey != "" && was.vkey != s.key.Verifier {
		return work{}, fault.New(fault.Conflict, "audit.other_key", s.key.Verifier, was.vkey)
	}
	if was.holder != s.holder && was.until.After(at) {
		some, _, err := waiting(ctx, q, 1)
		if err != nil || len(some) == 0 || !s.stuck(was.size, at) {
			return work{}, err
		}
	}
	w := work{was: was}
	var hashes []tlog.Hash
	if w.leaves, hashes, err = waiting(ctx, q, stretch); err != nil || len(w.leaves) == 0 {
		return work{}, err
	}
	if w.tree, err = loadTree(ctx, q, was.size); err != nil {
		return work{}, err
	}
	for _, h := range hashes {
		w.tree.push(0, h)
	}
	w.spent, err = spent(ctx, q, was.size)
	return w, err
}

// spent returns size where the checkpoint at it may go with the next: a busy log signs twenty a second, and one for each
// minute is kept. Nothing that was handed out needs it: a proof carries its own checkpoint, and the root of any size
// follows from the tiles.
func spent(ctx context.Context, q db.Q, size int64) (int64, error) {
	rows, err := q.QueryContext(ctx, `SELECT at FROM audit_checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 2`, size)
	if err != nil {
		return 0, fmt.Errorf("audit: last checkpoints: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var at [2]db.Time
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(&at[n]); err != nil {
			return 0, fmt.Errorf("audit: last checkpoints: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("audit: last checkpoints: %w", err)
	}
	if n < 2 || !at[0].Truncate(time.Minute).Equal(at[1].Truncate(time.Minute)) {
		return 0, nil // the first of its minute
	}
	return size, nil
}

// stuck says whether the holder of a lease that has not ended must be dead all the same: its clock may have been ahead,
// and the lease end far in the future. So it is also over when the log, with leaves waiting, has stood still for the
// length of a lease by our own clock.
func (s *Sequencer) stuck(size int64, at time.Time) bool {
	if s.stuckAt.IsZero() || s.stuckSize != size {
		s.stuckSize, s.stuckAt = size, at
	}
	return at.Sub(s.stuckAt) >= lease
}

// waiting returns the first leaves without a place, by id, with the hashes of their heads. It is read in a view, where a
// leaf that is seen is never seen without an earlier leaf of its subject.
func waiting(ctx context.Context, q db.Q, limit int) (leaves []string, hashes []tlog.Hash, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, head FROM audit_leaf WHERE seq IS NULL ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("audit: waiting leaves: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var head []byte
		if err := rows.Scan(&id, &head); err != nil {
			return nil, nil, fmt.Errorf("audit: waiting leaves: %w", err)
		}
		leaves, hashes = append(leaves, id), append(hashes, tlog.RecordHash(head))
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("audit: waiting leaves: %w", err)
	}
	return leaves, hashes, nil
}

// write carries w out. It returns 0 and changes nothing when the log is no longer as w found it.
func (s *Sequencer) write(ctx context.Context, q db.Q, at time.Time, w work) (int, error) {
	var one int
	err := q.QueryRowContext(ctx, `INSERT INTO audit_log (one, size, vkey, holder, until) VALUES (1, $1, $2, $3, $4)
		ON CONFLICT (one) DO UPDATE SET size = $1, holder = $3, until = $4 WHERE audit_log.size = $5 AND audit_log.holder = $6
		RETURNING 1`, w.tree.size, s.key.Verifier, s.holder, db.Time{Time: at.Add(lease)}, w.was.size, w.was.holder).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("audit: move the log to %d: %w", w.tree.size, err)
	}
	if err := number(ctx, q, w.was.size, w.leaves); err != nil {
		return 0, err
	}
	if err := w.tree.store(ctx, q); err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO audit_checkpoint (size, at, note) VALUES ($1, $2, $3)`,
		w.tree.size, db.Time{Time: at}, w.note)
	if err != nil {
		return 0, fmt.Errorf("audit: checkpoint %d: %w", w.tree.size, err)
	}
	if w.spent > 0 {
		if _, err := q.ExecContext(ctx, `DELETE FROM audit_checkpoint WHERE size = $1`, w.spent); err != nil {
			return 0, fmt.Errorf("audit: drop checkpoint %d: %w", w.spent, err)
		}
	}
	return len(w.leaves), nil
}

// number gives leaves their places from first on. The rows go in powers of two, so that there are few statements to keep.
func number(ctx context.Context, q db.Q, first int64, leaves []string) error {
	for len(leaves) > 0 {
		n := 256
		for n > len(leaves) {
			n /= 2
		}
		args := make([]any, 0, 2*n)
		for i, id := range leaves[:n] {
			args = append(args, id, first+int64(i))
		}
		r, err := q.ExecContext(ctx, numberSQL(n), args...)
		if err != nil {
			return fmt.Errorf("audit: number leaves from %d: %w", first, err)
		}
		if done, err := r.RowsAffected(); err != nil || done != int64(n) {
			return fmt.Errorf("audit: number leaves from %d: %d of %d rows, %w", first, done, n, err)
		}
		first, leaves = first+int64(n), leaves[n:]
	}
	return nil
}

func numberSQL(n int) string {
	values := db.Values(n, 2)
	const head = "($1, $2)" // PostgreSQL takes the types of the list from its first row
	return `WITH v (id, seq) AS (VALUES (CAST($1 AS TEXT), CAST($2 AS BIGINT))` + values[len(head):] + `)
		UPDATE audit_leaf SET seq = v.seq FROM v WHERE audit_leaf.id = v.id AND audit_leaf.seq IS NULL`
}

// loadTree reads the edge of the tree at size.
func loadTree(ctx context.Context, q db.Q, size int64) (*tree, error) {
	t := emptyTree()
	t.size = size
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		count := size >> (tileHeight * level)
		var data []byte
		if w := int(count % tileWidth); w > 0 {
			var err error
			if data, err = readTile(ctx, q, tileAt{level, count / tileWidth}); err != nil {
				return nil, err
			}
			if len(data) != w*tlog.HashSize {
				return nil, fmt.Errorf("audit: the tree's edge at level %d has %d bytes, want %d hashes", level, len(data), w)
			}
		}
		t.edge = append(t.edge, slices.Clip(data))
	}
	return t, nil
}

// store writes the tiles that have changed.
func (t *tree) store(ctx context.Context, q db.Q) error {
	for _, at := range t.places() {
		_, err := q.ExecContext(ctx, `INSERT INTO audit_tile (level, n, hashes) VALUES ($1, $2, $3)
			ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes`, at.level, at.n, t.changed[at])
		if err != nil {
			return fmt.Errorf("audit: store tile %d/%d: %w", at.level, at.n, err)
		}
	}
	return nil
}

// Run numbers leaves until ctx ends, and then lets the lease go.
func (s *Sequencer) Run(ctx context.Context, now func() time.Time) {
	_ = s.d.Watch(ctx, rest, look, func(ctx context.Context) (more bool) {
		n, err := s.Once(ctx, now())
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "the log cannot be numbered", "err", err)
		}
		if n > 0 {
			db.Wait(ctx, nil, rest) // so that one checkpoint stands for many acts
		}
		return n > 0
	})
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.Release(free); err != nil {
		slog.WarnContext(free, "the sequencer's lease was not let go, it ends by itself", "err", err)
	}
}

// Release lets the lease go, so that the next process need not wait for its end.
func (s *Sequencer) Release(ctx context.Context) error {
	return s.d.Tx(ctx, func(q db.Q) error {
		if _, err := q.ExecContext(ctx, `UPDATE audit_log SET holder = '' , until = $2 WHERE holder = $1`,
			s.holder, db.Time{Time: time.Unix(0, 0)}); err != nil {
			return fmt.Errorf("audit: release the lease: %w", err)
		}
		return nil
	})
}
