package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// writer is SQLite's one writing connection. It speaks BEGIN and COMMIT itself instead of through sql.Tx, because
// statements prepared on a connection can then be kept: preparing costs more than running most of ours.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// keep bounds the prepared statements; multi-row inserts come in a few lengths each.
const keep = 400

// act is one transaction on the writer.
type act struct {
	w *writer
	view
}

// run is called by the holder of the turn only.
func (w *writer) run(ctx context.Context, d *DB, f func(q Q) error) error {
	done := false
	defer func() { // also on a panic in f, and where ctx ended while BEGIN was taking effect
		if !done {
			_, _ = w.exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("db: begin: %w", err)
	}
	if err := f(&act{w: w, view: view{d: d}}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("db: %w", err)
	}
	if _, err := w.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("db: commit: %w", err)
	}
	done = true
	return nil
}

func (w *writer) exec(ctx context.Context, query string) (sql.Result, error) {
	s, err := w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx)
}

func (w *writer) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := w.stmts[query]; ok {
		return s, nil
	}
	if len(w.stmts) >= keep {
		for old, s := range w.stmts {
			_ = s.Close()
			delete(w.stmts, old)
		}
	}
	s, err := w.conn.PrepareContext(ctx, anonymous(query))
	if err != nil {
		return nil, err
	}
	w.stmts[query] = s
	return s, nil
}

func (w *writer) close() error {
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (a *act) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := a.w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (a *act) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := a.w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (a *act) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := a.w.prepare(ctx, query)
	if err != nil {
		return a.w.conn.QueryRowContext(ctx, query, args...) // carries the same error to Scan
	}
	return s.QueryRowContext(ctx, args...)
}

// anonymous writes ? for $1, $2, … where each stands once and in order, as in an insert of many rows: the driver looks the
// name of every parameter up in a list, so 850 of them cost 850²/2 steps.
func anonymous(query string) string {
	var b strings.Builder
	rest, n := query, 0
	for {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			break
		}
		j := i + 1
		for j < len(rest) && '0' <= rest[j] && rest[j] <= '9' {
			j++
		}
		if n++; rest[i+1:j] != strconv.Itoa(n) {
			return query
		}
		b.WriteString(rest[:i])
		b.WriteByte('?')
		rest = rest[j:]
	}
	b.WriteString(rest)
	return b.String()
}
