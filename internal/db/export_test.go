package db

import "context"

// CopyPages copies SQLite's log of pages back at once.
func (d *DB) CopyPages(ctx context.Context) error { return d.copyPages(ctx) }
