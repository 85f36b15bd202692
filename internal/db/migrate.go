package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"regexp"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to date. Migrations go forward only; a file that was applied and then edited is refused, so
// that two installations with the same version have the same schema.
func (d *DB) Migrate(ctx context.Context) error {
	pool, opts, dialect := d.write, []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler))}, goose.DialectPostgres
	if d.engine == SQLite {
		// The writing connection is kept by the writer; goose gets one of its own, and turn and fence keep writers away.
		if err := d.turn.Acquire(ctx, 1); err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		defer d.turn.Release(1)
		if err := d.fence.enter(ctx); err != nil { // goose has no locker for SQLite
			return err
		}
		defer d.fence.leave()
		own, err := sql.Open("sqlite", d.dsn)
		if err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		defer func() { _ = own.Close() }()
		own.SetMaxOpenConns(1)
		pool, dialect = own, goose.DialectSQLite3
	} else {
		locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(200*time.Millisecond, 300))
		if err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		opts = append(opts, goose.WithLocker(locker))
	}
	if err := checkSums(ctx, pool); err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, pool, dialectFS{d.engine}, opts...)
	if err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	return keepSums(ctx, pool)
}

// checkSums compares the files with what was applied before.
func checkSums(ctx context.Context, pool *sql.DB) error {
	const table = `CREATE TABLE IF NOT EXISTS db_migration (name TEXT PRIMARY KEY, sum TEXT NOT NULL)`
	if _, err := pool.ExecContext(ctx, table); err != nil && !IsUnique(err) {
		return fmt.Errorf("db: migrate: %w", err)
	}
	return eachMigration(func(name, sum string) error {
		var had string
		err := pool.QueryRowContext(ctx, `SELECT sum FROM db_migration WHERE name = $1`, name).Scan(&had)
		switch {
		case err == sql.ErrNoRows:
			return nil
		case err != nil:
			return fmt.Errorf("db: migrate: %w", err)
		case had != sum:
			return fmt.Errorf("db: migration %s was edited after it was applied; write a new one instead", name)
		}
		return nil
	})
}

func keepSums(ctx context.Context, pool *sql.DB) error {
	return eachMigration(func(name, sum string) error {
		_, err := pool.ExecContext(ctx, `INSERT INTO db_migration (name, sum) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, sum)
		if err != nil {
			return fmt.Errorf("db: migrate: %w", err)
		}
		return nil
	})
}

func eachMigration(f func(name, sum string) error) error {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return fmt.Errorf("db: migrations: %w", err)
	}
	for _, e := range entries {
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return fmt.Errorf("db: migrations: %w", err)
		}
		h := sha256.Sum256(text)
		if err := f(e.Name(), hex.EncodeToString(h[:])); err != nil {
			return err
		}
	}
	return nil
}

// dialectFS shows the migrations in the words of an engine. They are written in PostgreSQL's types; SQLite gets seven words
// mapped and STRICT, so that it too refuses a word in a column of numbers.
type dialectFS struct{ engine Engine }

var words = []struct {
	pg   *regexp.Regexp
	lite string
}{
	{regexp.MustCompile(`\bTIMESTAMPTZ\b`), "TEXT"},
	{regexp.MustCompile(`\bDATE\b`), "TEXT"},
	{regexp.MustCompile(`\bJSONB\b`), "TEXT"},
	{regexp.MustCompile(`\bBOOLEAN\b`), "INTEGER"},
	{regexp.MustCompile(`\bBIGINT\b`), "INTEGER"},
	{regexp.MustCompile(`\bBYTEA\b`), "BLOB"},
	{regexp.MustCompile(`\bDOUBLE PRECISION\b`), "REAL"},
	{regexp.MustCompile(`(?m)^\);`), ") STRICT;"},
}

func (d dialectFS) Open(name string) (fs.File, error) {
	if name == "." {
		return migrations.Open("migrations")
	}
	text, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		return nil, err
	}
	if d.engine == SQLite {
		for _, w := range words {
			text = w.pg.ReplaceAll(text, []byte(w.lite))
		}
	}
	f, err := migrations.Open("migrations/" + name)
	if err != nil {
		return nil, err
	}
	return &mapped{File: f, text: bytes.NewReader(text)}, nil
}

// Glob implements [fs.GlobFS], which goose asks for.
func (d dialectFS) Glob(pattern string) ([]string, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return fs.Glob(sub, pattern)
}

type mapped struct {
	fs.File
	text *bytes.Reader
}

func (m *mapped) Read(b []byte) (int, error) { return m.text.Read(b) }

func (m *mapped) Seek(offset int64, whence int) (int64, error) { return m.text.Seek(offset, whence) }

var _ io.Seeker = (*mapped)(nil)
