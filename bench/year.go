package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The licences and penalties that the departments of the article's city hand in within a year.
const (
	yearLicences  = 76_000
	yearPenalties = 10_600
)

// aYear hands a year's licences and penalties to a node at once, while askers at its gate wait for durable receipts. The anchor of the
// time is a raw upsert of the same licences and penalties, that of the wait the same askers without any import.
func aYear(ctx context.Context, b *bench) error {
	part := 1
	if b.quick {
		part = 10
	}
	forms := []form{licenceForm, penaltyForm}
	rows := [][][]string{licences(b.city, yearLicences/part, 0), penalties(b.city, yearPenalties/part, 0)}
	total := (yearLicences + yearPenalties) / part
	raw := 0.0
	for i, f := range forms {
		rate, err := b.fresh(ctx, engine{name: "SQLite", driver: "sqlite"}, func(where string) (float64, error) {
			return upsert(ctx, engine{driver: "sqlite"}, where, f, rows[i])
		})
		if err != nil {
			return err
		}
		raw += float64(len(rows[i])) / rate
	}
	c, n, with, err := b.counter(ctx, "year")
	if err != nil {
		return err
	}
	defer n.stop()
	with.askers = 8
	if err := c.settled(ctx); err != nil {
		return err
	}
	alone, err := with.wrk(ctx, n, 2*b.slice)
	if err != nil {
		return err
	}
	b.say("%d rows beside %d askers", total, with.askers)
	began := time.Now()
	var ids []string
	for i, f := range forms {
		var sent batch
		if err := c.api(ctx, n, http.MethodPost, "/api/v1/batches?kind="+f.kind, f.sheet(rows[i]), &sent); err != nil {
			return err
		}
		ids = append(ids, sent.Batch)
	}
	ended := make(chan error, 1)
	var took time.Duration
	go func() {
		for i, id := range ids {
			s, err := c.until(ctx, n, id, func(s batch) bool { return s.State == "done" })
			if err == nil && s.Accepted != len(rows[i]) {
				err = fmt.Errorf("of %d rows only %d were accepted: %+v", len(rows[i]), s.Accepted, s)
			}
			if err != nil {
				ended <- err
				return
			}
		}
		took = time.Since(began)
		ended <- nil
	}()
	wait := line{what: fmt.Sprintf("gate, durable receipt, %d askers, while they are imported: p99", with.askers), unit: "ms",
		anchorName: "the same without import", below: 60}
	for done := false; !done; {
		l, err := with.wrk(ctx, n, 2*b.slice)
		if err != nil {
			return err
		}
		wait.ours, wait.anchor = append(wait.ours, l.p99), append(wait.anchor, alone.p99)
		select {
		case err := <-ended:
			if err != nil {
				return err
			}
			done = true
		default:
		}
	}
	b.add(line{what: fmt.Sprintf("%d licences and penalties, upload to leaf, beside %d askers, SQLite", total, with.askers), unit: "s",
		anchorName: "raw prepared upsert of the rows", ours: series{took.Seconds()}, anchor: series{raw}, below: 60 / float64(part)})
	b.add(wait)
	return nil
}
