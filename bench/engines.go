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
	"strconv"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk" // registers the analyser
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// anchors are the search engines beside which the index of names is measured.
func (b *bench) anchors(ctx context.Context) ([]finder, error) {
	sqlite, err := b.fts5()
	if err != nil {
		return nil, err
	}
	out := []finder{sqlite, b.bleve()}
	server := os.Getenv("ZHIXIN_TEST_POSTGRES")
	if server == "" {
		b.note("no PostgreSQL (ZHIXIN_TEST_POSTGRES): names were searched without pg_trgm as an anchor")
		return out, nil
	}
	trgm, err := pgTrgm(ctx, server)
	return append(out, trgm), err
}

// ids reads the first column of all rows.
func ids(ctx context.Context, d *sql.DB, text string, args ...any) (out []int, err error) {
	rows, err := d.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// fts5 is SQLite's full-text index with its trigram tokenizer, by the driver that the node has.
func (b *bench) fts5() (finder, error) {
	file := filepath.Join(b.room, "names.db")
	d, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-256000)")
	if err != nil {
		return finder{}, err
	}
	return finder{
		name: "SQLite FTS5",
		build: func(ctx context.Context, all []string) (time.Duration, error) {
			began := time.Now()
			if _, err := d.ExecContext(ctx, `CREATE VIRTUAL TABLE names USING fts5(name, content='', tokenize='trigram')`); err != nil {
				return 0, err
			}
			tx, err := d.BeginTx(ctx, nil)
			if err != nil {
				return 0, err
			}
			defer func() { _ = tx.Rollback() }()
			insert, err := tx.PrepareContext(ctx, `INSERT INTO names (rowid, name) VALUES ($1, $2)`)
			if err != nil {
				return 0, err
			}
			for i, name := range all {
				if _, err := insert.ExecContext(ctx, i, name); err != nil {
					return 0, err
				}
			}
			return time.Since(began), tx.Commit()
		},
		find: func(ctx context.Context, how asking, text string) ([]int, error) {
			if how != withTypo {
				return ids(ctx, d, `SELECT rowid FROM names WHERE names MATCH $1 LIMIT 20`, strconv.Quote(text))
			}
			var threes []string
			for r := []rune(text); len(r) >= 3; r = r[1:] {
				threes = append(threes, strconv.Quote(string(r[:3])))
			}
			return ids(ctx, d, `SELECT rowid FROM names WHERE names MATCH $1 ORDER BY rank LIMIT 20`, strings.Join(threes, " OR "))
		},
		close: func(context.Context) error { return d.Close() },
	}, nil
}

// bleve is the Go library of that name, on disk, with its analyser for Chinese.
func (b *bench) bleve() finder {
	var x bleve.Index
	return finder{
		name: "bleve",
		build: func(_ context.Context, all []string) (time.Duration, error) {
			field := mapping.NewTextFieldMapping()
			field.Analyzer, field.Store, field.IncludeInAll, field.DocValues = "cjk", false, false, false
			m := mapping.NewIndexMapping()
			m.DefaultMapping = mapping.NewDocumentStaticMapping()
			m.DefaultMapping.AddFieldMappingsAt("name", field)
			var err error
			began := time.Now()
			if x, err = bleve.New(filepath.Join(b.room, "bleve"), m); err != nil {
				return 0, err
			}
			id := 0
			for some := range slices.Chunk(all, 10_000) {
				batch := x.NewBatch()
				for _, name := range some {
					if err := batch.Index(strconv.Itoa(id), map[string]any{"name": name}); err != nil {
						return 0, err
					}
					id++
				}
				if err := x.Batch(batch); err != nil {
					return 0, err
				}
			}
			return time.Since(began), nil
		},
		find: func(ctx context.Context, how asking, text string) (out []int, err error) {
			var q query.FieldableQuery = bleve.NewMatchPhraseQuery(text)
			if how == withTypo {
				q = bleve.NewMatchQuery(text)
			}
			q.SetField("name")
			r, err := x.SearchInContext(ctx, bleve.NewSearchRequestOptions(q, 20, 0, false))
			if err != nil {
				return nil, err
			}
			for _, hit := range r.Hits {
				id, err := strconv.Atoi(hit.ID)
				if err != nil {
					return nil, err
				}
				out = append(out, id)
			}
			return out, nil
		},
		close: func(context.Context) error {
			if x == nil {
				return nil
			}
			return x.Close()
		},
	}
}

// pgTrgm is PostgreSQL with pg_trgm, in a database of its own with the locale C.UTF-8: in the locale C it makes no trigrams of Chinese.
func pgTrgm(ctx context.Context, server string) (finder, error) {
	u, err := url.Parse(server)
	if err != nil {
		return finder{}, err
	}
	all, err := sql.Open("pgx", server)
	if err != nil {
		return finder{}, err
	}
	u.Path = fmt.Sprintf("/zhixin_names_%d", os.Getpid())
	name := strings.TrimPrefix(u.Path, "/")
	if _, err := all.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"); err != nil {
		return finder{}, errors.Join(err, all.Close())
	}
	d, err := sql.Open("pgx", u.String())
	if err != nil {
		return finder{}, errors.Join(err, all.Close())
	}
	d.SetMaxOpenConns(1)
	return finder{
		name:  "PostgreSQL pg_trgm",
		build: func(ctx context.Context, all []string) (time.Duration, error) { return trgmIndex(ctx, d, all) },
		find: func(ctx context.Context, how asking, text string) ([]int, error) {
			switch how {
			case exactly:
				return ids(ctx, d, `SELECT id FROM names WHERE name = $1 LIMIT 20`, text)
			case byPart:
				return ids(ctx, d, `SELECT id FROM names WHERE name LIKE '%' || $1 || '%' LIMIT 20`, text)
			}
			return ids(ctx, d, `SELECT id FROM names WHERE name % $1 ORDER BY similarity(name, $1) DESC LIMIT 20`, text)
		},
		bytes: func(ctx context.Context) (n float64, err error) {
			err = d.QueryRowContext(ctx, `SELECT pg_total_relation_size('names')`).Scan(&n)
			return n, err
		},
		close: func(ctx context.Context) error {
			err := d.Close()
			_, gone := all.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
			return errors.Join(err, gone, all.Close())
		},
	}, nil
}

// trgmIndex fills the table and makes its indexes; the time is that of the indexes alone.
func trgmIndex(ctx context.Context, d *sql.DB, all []string) (time.Duration, error) {
	for _, ddl := range []string{`CREATE EXTENSION pg_trgm`, `CREATE TABLE names (id INTEGER NOT NULL, name TEXT NOT NULL)`, `SET maintenance_work_mem = '512MB'`} {
		if _, err := d.ExecContext(ctx, ddl); err != nil {
			return 0, err
		}
	}
	conn, err := d.Conn(ctx)
	if err != nil {
		return 0, err
	}
	err = conn.Raw(func(c any) error {
		rows := pgx.CopyFromSlice(len(all), func(i int) ([]any, error) { return []any{i, all[i]}, nil })
		_, err := c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{"names"}, []string{"id", "name"}, rows)
		return err
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		return 0, err
	}
	began := time.Now()
	for _, ddl := range []string{`CREATE INDEX names_trgm ON names USING gin (name gin_trgm_ops)`, `CREATE INDEX names_name ON names (name)`} {
		if _, err := d.ExecContext(ctx, ddl); err != nil {
			return 0, err
		}
	}
	took := time.Since(began)
	_, err = d.ExecContext(ctx, `ANALYZE names`)
	return took, err
}
