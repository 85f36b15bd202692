// Package db is the only room that knows which database there is.
//
// One literal SQL text with $1 serves SQLite (embedded default) and PostgreSQL. There are three ways in and nothing else:
// [DB.View] for pages (a snapshot that never waits for a writer), [DB.Tx] for acts (serializable, retried, so the function
// may run twice and must not leave the database), and [DB.Bulk] for long work in short strides, so that an import and a
// counter's answer live side by side.
package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"golang.org/x/sync/semaphore"
	sqlite "modernc.org/sqlite"
)

// Engine names a database.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgresql"
)

// One transaction of [DB.Bulk] lasts up to long, which makes it cheap, and up to short where another writer waits, so that a
// counter's receipt behind it is not felt.
const (
	long  = 20 * time.Millisecond
	short = 4 * time.Millisecond
)

// tries bounds the retries of a transaction that lost a serialization race.
const tries = 25

// Q is what a storage function works on: one transaction.
type Q interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	// ID returns a new id, in order of time: greater than all this process made before. 20 lower-case hex digits.
	ID(at time.Time) string
	// IDAfter returns a new id that is also greater than last, whatever the clocks of the machines say.
	IDAfter(at time.Time, last string) string
	// Salt returns 16 random bytes for a commitment.
	Salt() []byte
	// Memo keeps what never changes under its key, such as a version that is named by its hash, for all transactions of
	// this process. What depends on anything else must not be put there: the transaction may yet be undone.
	Memo() *sync.Map
	// Engine names the database, for the very few statements that need a word of their own.
	Engine() Engine
}

// Options are the settings of a database; the zero value is right for production.
type Options struct {
	Rand io.Reader // source of ids and salts; nil is crypto/rand. A demo passes a seeded one, so that its log is reproducible
	// Hasty lets SQLite commit without waiting for the disk: for a database that is being made anew and is thrown away
	// when the machine stops before it is done. Close makes it durable.
	Hasty bool
}

// DB is an open database.
type DB struct {
	engine Engine
	dsn    string // of the writer
	read   *sql.DB
	write  *sql.DB // PostgreSQL: the same pool as read
	writer *writer // SQLite only
	fence  *fence  // SQLite only
	turn   *semaphore.Weighted
	bulk   *semaphore.Weighted
	ids    *clock

	waiting atomic.Int32 // writers who wait for the turn
	acts    atomic.Int64 // that the writer has begun
	stop    func()       // ends the copying back of pages; SQLite only
	memo    sync.Map

	mu   sync.Mutex
	wake chan struct{}
}

// Open opens the database at where: a postgres:// URL, or the path of an SQLite file, which is made when absent.
// It does not migrate: see [DB.Migrate].
func Open(ctx context.Context, where string, opt Options) (*DB, error) {
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	d := &DB{wake: make(chan struct{}), ids: newClock(opt.Rand), turn: semaphore.NewWeighted(1), bulk: semaphore.NewWeighted(1)}
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		return d, d.openPostgres(ctx, where)
	}
	return d, d.openSQLite(ctx, where, opt)
}

func (d *DB) openPostgres(ctx context.Context, where string) (err error) {
	d.engine, d.dsn = PostgreSQL, where
	if d.read, err = sql.Open("pgx", where); err != nil {
		return fmt.Errorf("db: open postgresql: %w", err)
	}
	d.read.SetMaxOpenConns(24)
	d.read.SetMaxIdleConns(24)
	d.write = d.read
	if err := d.read.PingContext(ctx); err != nil {
		return fmt.Errorf("db: reach postgresql: %w", err)
	}
	return nil
}

// openSQLite opens one connection that writes and a pool that cannot. Inside the process the writers queue, first come first
// served; between processes (an import beside a running node) the fence gives the turn, and busy_timeout is for strangers.
// Only the writer has a big cache: sixteen readers would each take as much.
func (d *DB) openSQLite(ctx context.Context, path string, opt Options) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("db: make folder: %w", err)
	}
	pragmas := "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(" + emergency + ")"
	if opt.Hasty {
		pragmas += "&_pragma=synchronous(OFF)"
	} else {
		pragmas += "&_pragma=synchronous(FULL)"
	}
	escaped := (&url.URL{Path: path}).EscapedPath() // a # or ? in the path would silently name another file
	d.engine, d.dsn = SQLite, "file:"+escaped+pragmas+"&_pragma=cache_size(-32000)&_txlock=immediate"
	if d.fence, err = openFence(path); err != nil {
		return err
	}
	if err := d.fence.enter(ctx); err != nil { // the first connection makes the file
		return err
	}
	defer d.fence.leave()
	if d.write, err = sql.Open("sqlite", d.dsn); err != nil {
		return fmt.Errorf("db: open sqlite: %w", err)
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("db: open %s: %w", path, err)
	}
	d.writer = &writer{conn: conn, stmts: map[string]*sql.Stmt{}}
	if d.read, err = sql.Open("sqlite", "file:"+escaped+pragmas+"&_pragma=cache_size(-4000)&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("db: open sqlite for reading: %w", err)
	}
	d.read.SetMaxOpenConns(16)
	d.read.SetMaxIdleConns(16)
	d.stop = d.copyBack()
	return nil
}

// Engine names the database.
func (d *DB) Engine() Engine { return d.engine }

// Close closes the database after the transactions under way.
func (d *DB) Close() error {
	if d.stop != nil {
		d.stop()
	}
	if err := d.turn.Acquire(context.Background(), 1); err != nil {
		return fmt.Errorf("db: close: %w", err)
	}
	defer d.turn.Release(1)
	var errs []error
	if d.writer != nil {
		errs = append(errs, d.writer.close())
		errs = append(errs, d.write.Close())
	}
	errs = append(errs, d.read.Close())
	if d.fence != nil {
		errs = append(errs, d.fence.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("db: close: %w", err)
	}
	return nil
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.read.PingContext(ctx); err != nil {
		return fmt.Errorf("db: ping: %w", err)
	}
	return nil
}

// Changed returns a channel that is closed at the next commit of this process that is not made by [DB.Aside]. It only wakes followers earlier: other
// processes commit too, so followers poll as well.
func (d *DB) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wake
}

func (d *DB) committed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.wake)
	d.wake = make(chan struct{})
}

// View runs f in a read-only transaction on one snapshot. It never waits for a writer.
func (d *DB) View(ctx context.Context, f func(q Q) error) error {
	opt := &sql.TxOptions{ReadOnly: true}
	if d.engine == PostgreSQL {
		opt.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, opt)
	if err != nil {
		return fmt.Errorf("db: begin view: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return f(&view{Tx: tx, d: d})
}

// Tx runs f as one act: all of it or nothing, as if no other act ran at the same time. On a lost race it is run again, so f
// must not do anything outside the database, and after a statement has failed f must return.
func (d *DB) Tx(ctx context.Context, f func(q Q) error) error {
	err := d.Aside(ctx, f)
	if err == nil {
		d.committed()
	}
	return err
}

// Aside is [DB.Tx] for what nobody has to act on: followers are not woken and find it at their next look. A busy gate commits
// hundreds of blocks of receipts a second.
func (d *DB) Aside(ctx context.Context, f func(q Q) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, f)
		if err == nil {
			return nil
		}
		if !isRace(err) || try == tries || ctx.Err() != nil {
			return err
		}
		pause := time.Duration(mrand.Int64N(int64(2*time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return fmt.Errorf("db: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (d *DB) once(ctx context.Context, f func(q Q) error) error {
	if d.engine == SQLite {
		return d.inTurn(ctx, func() error {
			d.acts.Add(1)
			return d.writer.run(ctx, d, f)
		})
	}
	tx, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return fmt.Errorf("db: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(&view{Tx: tx, d: d}); err != nil {
		return err
	}
	switch err := tx.Commit(); {
	case errors.Is(err, sql.ErrTxDone): // rolled back because the caller went away before
		return fmt.Errorf("db: commit: %w", errors.Join(ctx.Err(), err))
	case err != nil:
		return fmt.Errorf("db: commit: %w", err)
	}
	return nil
}

// inTurn runs f while nobody else writes to the SQLite file.
func (d *DB) inTurn(ctx context.Context, f func() error) error {
	d.waiting.Add(1)
	err := d.turn.Acquire(ctx, 1)
	d.waiting.Add(-1)
	if err != nil {
		return fmt.Errorf("db: wait for the writer: %w", err)
	}
	defer d.turn.Release(1)
	if err := d.fence.enter(ctx); err != nil {
		return err
	}
	defer d.fence.leave()
	return f()
}

// Bulk runs step again and again, each time in a transaction of its own, until it says that it is done. step works until
// more() is false, keeps its place in the database, and returns: other writers go in between.
func (d *DB) Bulk(ctx context.Context, step func(q Q, more func() bool) (done bool, err error)) error {
	return Strides(ctx, d, struct{}{}, func(q Q, none struct{}, more func() bool) (struct{}, bool, error) {
		done, err := step(q, more)
		return none, done, err
	})
}

// Strides is [DB.Bulk] for work whose place is not in the database. step begins at place and returns where it has come to;
// that counts only when the stride is committed, and a stride that lost a race begins again at the same place.
func Strides[P any](ctx context.Context, d *DB, place P, step func(q Q, place P, more func() bool) (next P, done bool, err error)) error {
	for {
		var next P
		var done bool
		err := d.stride(ctx, func(q Q, more func() bool) (err error) {
			next, done, err = step(q, place, more)
			return err
		})
		if err != nil || done {
			return err
		}
		place = next
	}
}

// stride runs f in one transaction of about 20 ms, or of a few where somebody waits. On SQLite one stride at a time asks for
// the turn, so that an act never waits for two.
func (d *DB) stride(ctx context.Context, f func(q Q, more func() bool) error) error {
	if d.engine == SQLite {
		if err := d.bulk.Acquire(ctx, 1); err != nil {
			return fmt.Errorf("db: wait for bulk work: %w", err)
		}
		defer d.bulk.Release(1)
		defer d.giveWay(ctx, time.Now())
	}
	return d.Tx(ctx, func(q Q) error {
		began, first := time.Now(), true
		return f(q, func() bool {
			if first { // whoever waits, each stride gets something done
				first = false
				return true
			}
			gone := time.Since(began)
			return gone < short || gone < long && d.waiting.Load() == 0 && !(d.fence != nil && d.fence.wanted())
		})
	})
}

// giveWay rests after a stride that began at an instant while acts come one after another, as long as the stride took at most.
// A turn each is not fair where one lasts ten times as long as the other: a counter would wait for a stride every time.
func (d *DB) giveWay(ctx context.Context, began time.Time) {
	const breath = 2 * time.Millisecond
	end := time.Now().Add(min(time.Since(began), long))
	for acts := int64(-1); time.Now().Before(end); {
		now := d.acts.Load()
		if d.waiting.Load() == 0 && (acts < 0 || acts == now) {
			return
		}
		acts = now
		Wait(ctx, nil, breath)
	}
}

// view is a transaction of database/sql.
type view struct {
	*sql.Tx
	d *DB
}

func (v *view) ID(at time.Time) string                   { return v.d.ids.next(at, "") }
func (v *view) IDAfter(at time.Time, last string) string { return v.d.ids.next(at, last) }
func (v *view) Salt() []byte                             { return v.d.ids.salt() }
func (v *view) Engine() Engine                           { return v.d.engine }
func (v *view) Memo() *sync.Map                          { return &v.d.memo }

// isRace says whether a transaction failed only because another one was faster.
func isRace(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code()&0xff == 5 || lite.Code()&0xff == 6) // SQLITE_BUSY, SQLITE_LOCKED
}

// IsUnique says whether err is a breach of a unique key. Inside a transaction it is only for reporting: say
// ON CONFLICT DO NOTHING RETURNING where it is expected.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code() == 2067 || lite.Code() == 1555)
}
