package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
)

// batch is what the API says about a file.
type batch struct {
	Batch, State, Failure                                          string
	Received, Accepted, Duplicate, Superseded, Rejected, Unmatched int
}

// counter serves a copy of the city and returns it with the questions that wait for a durable receipt.
func (b *bench) counter(ctx context.Context, name string) (*city, *node, requests, error) {
	c, err := b.city.copy(filepath.Join(b.room, name))
	if err != nil {
		return nil, nil, requests{}, err
	}
	with, err := b.requests(name, c.secret, c.questions(""))
	if err != nil {
		return nil, nil, requests{}, err
	}
	n, err := b.serve(ctx, c)
	return c, n, with, err
}

// besideImport measures how long askers wait for a durable receipt while a file of penalties is imported on the same node.
func besideImport(ctx context.Context, b *bench) error {
	c, n, with, err := b.counter(ctx, "busy")
	if err != nil {
		return err
	}
	defer n.stop()
	if _, err := with.wrk(ctx, n, time.Second); err != nil {
		return err
	}
	wait := line{what: "gate, durable receipt, while an import runs: p99", unit: "ms", anchorName: "the same without import", below: 60}
	rate := line{what: "gate, durable receipt, while an import runs", unit: "answers/s", anchorName: wait.anchorName}
	rounds := (b.rounds + 1) / 2 // each waits for the end of an import
	for round := range rounds {
		b.say("gate beside an import: round %d of %d", round+1, rounds)
		if err := c.settled(ctx); err != nil {
			return err
		}
		alone, err := with.wrk(ctx, n, 2*b.slice)
		if err != nil {
			return err
		}
		beside, rows, err := b.loadBeside(ctx, n, c, with, round)
		if err != nil {
			return err
		}
		if bad := alone.bad + beside.bad; bad > 0 {
			b.note("beside an import, round %d: %d requests were not answered well", round+1, bad)
		}
		b.note("round %d: %d rows were dealt with during the %v of load", round+1, rows, 2*b.slice)
		wait.ours, wait.anchor = append(wait.ours, beside.p99), append(wait.anchor, alone.p99)
		rate.ours, rate.anchor = append(rate.ours, beside.rate), append(rate.anchor, alone.rate)
	}
	b.add(wait)
	b.add(rate)
	return nil
}

// loadBeside hands a file in, measures while it is checked, and waits for its end. rows is how many rows were dealt with
// meanwhile.
func (b *bench) loadBeside(ctx context.Context, n *node, c *city, with requests, round int) (l load, rows int, err error) {
	file := penaltyForm.sheet(penalties(c, b.busy, round*b.busy))
	var sent batch
	if err := c.api(ctx, n, http.MethodPost, "/api/v1/batches?kind=penalty", file, &sent); err != nil {
		return l, 0, err
	}
	before, err := c.until(ctx, n, sent.Batch, func(s batch) bool { return s.Received > 0 })
	if err != nil {
		return l, 0, err
	}
	if l, err = with.wrk(ctx, n, 2*b.slice); err != nil {
		return l, 0, err
	}
	after, err := c.until(ctx, n, sent.Batch, func(batch) bool { return true })
	if err != nil {
		return l, 0, err
	}
	if after.State == "done" {
		b.note("round %d: the import of %d rows ended before the load did", round+1, b.busy)
	}
	last, err := c.until(ctx, n, sent.Batch, func(s batch) bool { return s.State == "done" })
	if err == nil && last.Accepted != b.busy {
		err = fmt.Errorf("of %d rows only %d were accepted: %+v", b.busy, last.Accepted, last)
	}
	return l, after.Received - before.Received, err
}

// settled waits until the node has drawn every consequence of what is in its log, two minutes at most: what is measured next must
// not pay for what was before.
func (c *city) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return c.with(ctx, func(d *db.DB) error {
		for {
			var drawn, size int64
			if err := d.View(ctx, func(q db.Q) (err error) {
				if drawn, err = audit.Cursor(ctx, q, "flow"); err != nil {
					return err
				}
				size, err = audit.Size(ctx, q)
				return err
			}); err != nil {
				return err
			}
			if drawn >= size {
				return nil
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
}

// api calls the node's API with the department's key.
func (c *city) api(ctx context.Context, n *node, method, path string, in []byte, out any) error {
	status, body, err := call(ctx, method, n.url+path, c.secret, in)
	if err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %s", method, path, status, body)
	}
	return json.Unmarshal(body, out)
}

// until asks how a batch is until ok, for four minutes at most.
func (c *city) until(ctx context.Context, n *node, id string, ok func(batch) bool) (batch, error) {
	for end := time.Now().Add(4 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var s batch
		if err := c.api(ctx, n, http.MethodGet, "/api/v1/batches/"+id, nil, &s); err != nil {
			return s, err
		}
		switch {
		case s.State == "failed":
			return s, fmt.Errorf("the import failed: %s", s.Failure)
		case ok(s):
			return s, nil
		case time.Now().After(end):
			return s, fmt.Errorf("the import takes too long: %+v", s)
		}
	}
}
