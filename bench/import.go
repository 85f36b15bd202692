package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// importPath compares the whole way of a file, from the upload to the last record and leaf, with a raw upsert of the same rows by the
// same driver, on each engine that is here.
func importPath(ctx context.Context, b *bench) error {
	return errors.Join(b.importForm(ctx, licenceForm), b.importForm(ctx, penaltyForm))
}

func (b *bench) importForm(ctx context.Context, f form) error {
	engines := []engine{{name: "SQLite", driver: "sqlite"}}
	if server := os.Getenv("ZHIXIN_TEST_POSTGRES"); server != "" {
		engines = append(engines, engine{"PostgreSQL", "pgx", server})
	} else {
		b.note("no PostgreSQL (ZHIXIN_TEST_POSTGRES): the import path was measured on SQLite alone")
	}
	lines := make([]line, len(engines))
	rows := f.rows(b.city, b.rows, 0)
	file := f.sheet(rows)
	for round := range b.rounds {
		for i, e := range engines {
			b.say("import of %s: round %d of %d, %s", f.what, round+1, b.rounds, e.name)
			lines[i].what, lines[i].unit = "import of "+f.what+", upload to leaf, "+e.name, "rows/s"
			lines[i].anchorName, lines[i].least = "raw prepared upsert of the rows", 0.4
			theirs, err := b.fresh(ctx, e, func(where string) (float64, error) { return upsert(ctx, e, where, f, rows) })
			if err != nil {
				return err
			}
			ours, err := b.fresh(ctx, e, func(where string) (float64, error) { return b.city.importAll(ctx, where, f.kind, file, len(rows)) })
			if err != nil {
				return err
			}
			lines[i].ours, lines[i].anchor = append(lines[i].ours, ours), append(lines[i].anchor, theirs)
		}
	}
	for _, l := range lines {
		b.add(l)
	}
	return nil
}

// engine is a database engine; server is the URL of its server, where it has one.
type engine struct{ name, driver, server string }

// fresh runs f with a new, empty database, which is gone afterwards.
func (b *bench) fresh(ctx context.Context, e engine, f func(where string) (float64, error)) (rate float64, err error) {
	if e.server == "" {
		dir, err := os.MkdirTemp(b.room, "import-")
		if err != nil {
			return 0, err
		}
		rate, err = f(filepath.Join(dir, "bench.db"))
		return rate, errors.Join(err, os.RemoveAll(dir))
	}
	u, err := url.Parse(e.server)
	if err != nil {
		return 0, err
	}
	server, err := sql.Open(e.driver, e.server)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	u.Path = fmt.Sprintf("/zhixin_bench_%d", os.Getpid())
	name := strings.TrimPrefix(u.Path, "/")
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return 0, err
	}
	defer func() {
		_, gone := server.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		err = errors.Join(err, gone)
	}()
	return f(u.String())
}

// importAll imports the file into a city that knows its enterprises, and returns rows a second.
func (c *city) importAll(ctx context.Context, where, kind string, file []byte, rows int) (float64, error) {
	d, err := db.Open(ctx, where, db.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(ctx); err != nil {
		return 0, err
	}
	for some := range slices.Chunk(c.subjects, 1000) {
		if err := d.Tx(ctx, func(q db.Q) error { return enterprise.PutAll(ctx, q, some) }); err != nil {
			return 0, err
		}
	}
	departments, err := org.FirstCity()
	if err != nil {
		return 0, err
	}
	err = d.Tx(ctx, func(q db.Q) error {
		for _, one := range departments {
			if err := org.PutDepartment(ctx, q, credit.System("bench"), time.Now(), one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	batch, err := c.importFile(ctx, d, kind, file)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	err = d.View(ctx, func(q db.Q) error {
		batch, err = intake.Get(ctx, q, org.Scope{All: true}, batch.ID)
		return err
	})
	if err == nil && batch.Accepted != rows {
		err = fmt.Errorf("of %d rows only %d were accepted: %+v", rows, batch.Accepted, batch.Counts)
	}
	return float64(rows) / took.Seconds(), err
}

// upsert puts the same rows into one table with an index on the code and a unique one on the number: one prepared
// statement a row, a thousand rows a transaction, the same settings of the driver. It returns rows a second.
func upsert(ctx context.Context, e engine, where string, f form, rows [][]string) (rate float64, err error) {
	if e.driver == "sqlite" {
		where = "file:" + where + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-32000)"
	}
	d, err := sql.Open(e.driver, where)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	cols := "id, " + strings.ToLower(strings.Join(f.head, ", "))
	var marks, set []string
	for i, col := range strings.Split(cols, ", ") {
		marks = append(marks, fmt.Sprintf("$%d", i+1))
		if i > 0 {
			set = append(set, col+" = excluded."+col)
		}
	}
	for _, ddl := range []string{
		"CREATE TABLE raw (" + strings.ReplaceAll(cols, ", ", " TEXT, ") + " TEXT, PRIMARY KEY (id))",
		"CREATE INDEX raw_party ON raw (" + f.party + ")",
		"CREATE UNIQUE INDEX raw_number ON raw (" + strings.Join(f.unique, ", ") + ")",
	} {
		if _, err := d.ExecContext(ctx, ddl); err != nil {
			return 0, err
		}
	}
	insert := "INSERT INTO raw (" + cols + ") VALUES (" + strings.Join(marks, ", ") + ") ON CONFLICT (id) DO UPDATE SET " + strings.Join(set, ", ")
	began := time.Now()
	for some := range slices.Chunk(rows, 1000) {
		if err := upsertSome(ctx, d, insert, f, some); err != nil {
			return 0, err
		}
	}
	return float64(len(rows)) / time.Since(began).Seconds(), nil
}

func upsertSome(ctx context.Context, d *sql.DB, insert string, f form, rows [][]string) error {
	number := slices.Index(f.head, f.unique[0])
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	s, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	for _, row := range rows {
		args := []any{db.Key(f.kind, row[number])}
		for _, cell := range row {
			args = append(args, cell)
		}
		if _, err := s.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
