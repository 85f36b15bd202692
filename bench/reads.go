package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/intake"
	"zhixin/internal/publicity"
)

// patience is one stride of a bulk writer: a reader that waited for writers would wait as long (see db.Bulk).
const patience = 20 // ms

// pageReads measures how long a page takes to read: alone, while an import runs, and while a writer keeps its transaction
// open all the time.
func pageReads(ctx context.Context, b *bench) error {
	c, err := b.city.copy(filepath.Join(b.room, "reads"))
	if err != nil {
		return err
	}
	return c.with(ctx, func(d *db.DB) error {
		const what, alone = "page read in a View", "the same read alone"
		imported := line{what: what + " while an import runs: p99", unit: "ms", anchorName: alone, below: patience}
		half := line{what: what + " while an import runs: p50", unit: "ms", anchorName: alone}
		held := line{what: what + " while a writer keeps its transaction open: p99", unit: "ms", anchorName: alone, below: patience}
		for round := range b.rounds {
			b.say("page reads: round %d of %d", round+1, b.rounds)
			calm, err := c.read(ctx, d, b.slice)
			if err != nil {
				return err
			}
			beside, err := c.readBeside(ctx, d, b.slice, func(ctx context.Context) error { return c.keepImporting(ctx, d, round) })
			if err != nil {
				return err
			}
			open, err := c.readBeside(ctx, d, b.slice, func(ctx context.Context) error { return holdWriter(ctx, d) })
			if err != nil {
				return err
			}
			imported.ours, imported.anchor = append(imported.ours, beside.at(99)), append(imported.anchor, calm.at(99))
			half.ours, half.anchor = append(half.ours, beside.at(50)), append(half.anchor, calm.at(50))
			held.ours, held.anchor = append(held.ours, open.at(99)), append(held.anchor, calm.at(99))
		}
		b.add(imported)
		b.add(half)
		b.add(held)
		return nil
	})
}

// times are how long reads took, in milliseconds, sorted.
type times []float64

func (t times) at(percent int) float64 { return t[min(len(t)-1, len(t)*percent/100)] }

// read reads the pages of one enterprise after another for a while.
func (c *city) read(ctx context.Context, d *db.DB, long time.Duration) (times, error) {
	var took times
	today := c.today()
	for end, i := time.Now().Add(long), 0; time.Now().Before(end); i++ {
		began := time.Now()
		if err := d.View(ctx, func(q db.Q) error {
			_, err := publicity.Page(ctx, q, c.subjects[i*31%len(c.subjects)].USCC, today)
			return err
		}); err != nil {
			return nil, err
		}
		took = append(took, float64(time.Since(began))/float64(time.Millisecond))
	}
	slices.Sort(took)
	return took, nil
}

// readBeside reads while other is at work. other is told to stop by its context.
func (c *city) readBeside(ctx context.Context, d *db.DB, long time.Duration, other func(context.Context) error) (times, error) {
	beside, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- other(beside) }()
	time.Sleep(100 * time.Millisecond) // until it has begun
	took, err := c.read(ctx, d, long)
	stop()
	if other := <-failed; !errors.Is(other, context.Canceled) {
		err = errors.Join(err, other)
	}
	return took, err
}

// keepImporting imports penalties until ctx ends.
func (c *city) keepImporting(ctx context.Context, d *db.DB, round int) error {
	const rows = 20_000
	for n := 0; ; n++ {
		if _, err := c.importFile(ctx, d, penaltyForm.kind, penaltyForm.sheet(penalties(c, rows, (round*100+n)*rows))); err != nil {
			return err
		}
	}
}

// importFile sees a file of penalties through, as an upload and the job after it would.
func (c *city) importFile(ctx context.Context, d *db.DB, kind string, file []byte) (b intake.Batch, err error) {
	by := credit.Actor{Key: "bench", Department: reporter, Role: "key batch.submit", Division: c.department.Division}
	b, err = intake.Receive(ctx, d, by, c.now(), intake.Upload{Kind: kind, Department: reporter, Name: "bench.csv", Body: bytes.NewReader(file)})
	if err != nil {
		return b, err
	}
	return b, intake.Check(ctx, d, c.now, b.ID)
}

// holdWriter writes something and stays in its transaction until ctx ends; then it goes back.
func holdWriter(ctx context.Context, d *db.DB) error {
	return d.Tx(ctx, func(q db.Q) error {
		if _, err := q.ExecContext(ctx, `UPDATE org_key SET label = 'held' WHERE label = 'bench'`); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Canceled
	})
}
