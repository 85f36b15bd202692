package db

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// SQLite copies the pages of its log back into the database in the commit that makes the log longer than a thousand pages: tens
// of milliseconds for which every counter waits, again and again during an import. So that is done here, beside the writers.
// Only a log that has become long, because they always added more meanwhile, is copied to its end in a turn of its own, so that
// it begins anew. Where even this does not keep up, the commit that makes it as long as emergency does it after all.
const (
	copyEvery = 3 * time.Second
	tooLong   = 20_000   // pages, 80 MB
	emergency = "100000" // pages, 400 MB
)

// copyBack keeps the log of pages from growing until stop is called.
func (d *DB) copyBack() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for last := int64(0); ctx.Err() == nil; Wait(ctx, nil, copyEvery) {
			now := d.acts.Load()
			if now == last {
				continue // nobody wrote here; other processes look after themselves
			}
			last = now
			if err := d.copyPages(ctx); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "the log of pages could not be copied back: will try again", "err", err)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (d *DB) copyPages(ctx context.Context) error {
	const query = "PRAGMA wal_checkpoint(PASSIVE)"
	var busy, length, copied int
	if err := d.read.QueryRowContext(ctx, query).Scan(&busy, &length, &copied); err != nil {
		return fmt.Errorf("db: copy pages: %w", err)
	}
	if length < tooLong {
		return nil
	}
	return d.inTurn(ctx, func() error {
		if err := d.writer.conn.QueryRowContext(ctx, query).Scan(&busy, &length, &copied); err != nil {
			return fmt.Errorf("db: copy pages in turn: %w", err)
		}
		return nil
	})
}
