package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// modes are what an answer of the gate can wait for, each with the aim against the bare handler.
var modes = []struct {
	name, query string
	least       float64
}{
	{"receipt=none", "&receipt=none", 0.85},
	{"receipt=async", "&receipt=async", 0.7},
	{"receipt durable (default)", "", 0.4},
}

// asked is somebody who is asked over HTTP, with what was measured in each round.
type asked struct {
	name string
	to   *node
	with requests
	rate series
	cost series
}

// overHTTP compares the gate over HTTP with a handler that answers the same bytes, and with OPA's server.
func overHTTP(ctx context.Context, b *bench) error {
	c, err := b.city.copy(filepath.Join(b.room, "gate"))
	if err != nil {
		return err
	}
	var data []byte
	if err := c.with(ctx, func(d *db.DB) (err error) {
		data, err = policyData(ctx, d, c)
		return err
	}); err != nil {
		return err
	}
	gate, err := b.serve(ctx, c)
	if err != nil {
		return err
	}
	defer gate.stop()
	var all []*asked
	for i, m := range modes {
		with, err := b.requests(fmt.Sprintf("gate-%d", i), c.secret, c.questions(m.query))
		if err != nil {
			return err
		}
		handler, err := b.bareFor(ctx, i, gate, c, m.query)
		if err != nil {
			return err
		}
		defer handler.stop()
		all = append(all, &asked{name: "bare handler, the same bytes", to: handler, with: with}, &asked{name: "gate over HTTP, " + m.name, to: gate, with: with})
	}
	opa, err := b.opaServer(ctx, data)
	if err != nil {
		return err
	}
	defer opa.stop()
	with, err := b.requests("opa", "", c.policyQuestions())
	if err != nil {
		return err
	}
	all = append(all, &asked{name: "OPA server", to: opa, with: with})
	if err := b.rotate(ctx, all); err != nil {
		return err
	}
	for i, m := range modes {
		b.add(line{what: all[2*i+1].name, unit: "answers/s", ours: all[2*i+1].rate, anchorName: all[2*i].name, anchor: all[2*i].rate, least: m.least})
	}
	for i := range modes {
		b.add(line{what: all[2*i+1].name + ": processor time", unit: "µs/answer", ours: all[2*i+1].cost, anchorName: all[2*i].name, anchor: all[2*i].cost})
	}
	last := len(all) - 1
	b.add(line{what: all[1].name, unit: "answers/s", ours: all[1].rate, anchorName: all[last].name, anchor: all[last].rate, least: 3})
	b.add(line{what: all[5].name, unit: "answers/s", ours: all[5].rate, anchorName: all[last].name, anchor: all[last].rate})
	return nil
}

// rotate measures everybody in every round. Each round begins with another one, so that nobody always follows the same.
func (b *bench) rotate(ctx context.Context, all []*asked) error {
	for _, a := range all {
		if _, err := a.with.wrk(ctx, a.to, time.Second); err != nil { // to warm up
			return err
		}
	}
	for round := range b.rounds {
		b.say("gate over HTTP: round %d of %d", round+1, b.rounds)
		for i := range all {
			a := all[(i+round)%len(all)]
			l, err := a.with.wrk(ctx, a.to, b.slice)
			if err != nil {
				return err
			}
			if l.bad > 0 {
				b.note("%s, round %d: %d requests were not answered well and do not count", a.name, round+1, l.bad)
			}
			a.rate, a.cost = append(a.rate, l.rate), append(a.cost, l.cost)
			time.Sleep(200 * time.Millisecond) // what is left to be done of one must not be paid by the next
		}
	}
	return nil
}

func (c *city) path(uscc, query string) string {
	return "/api/v1/gate/" + uscc + "?matter=" + string(credit.Procurement) + query
}

// questions asks about everybody in turn.
func (c *city) questions(query string) []request {
	var all []request
	for _, s := range c.subjects {
		all = append(all, request{http.MethodGet, c.path(s.USCC, query), ""})
	}
	return all
}

// policyQuestions is the same for OPA.
func (c *city) policyQuestions() []request {
	var all []request
	for _, s := range c.subjects {
		all = append(all, request{http.MethodPost, decisionPath, fmt.Sprintf(`{"input":{"uscc":%q,"matter":%q,"on":%q}}`, s.USCC, credit.Procurement, c.today())})
	}
	return all
}

// bareFor starts a bare handler with a real answer of the gate: of those that 64 askers at once are given about many
// enterprises, the one whose length comes nearest to the mean.
func (b *bench) bareFor(ctx context.Context, i int, gate *node, c *city, query string) (*node, error) {
	const sample = 16 * connections
	bodies := make([][]byte, sample)
	errs := make([]error, connections)
	var wg sync.WaitGroup
	for w := range connections {
		wg.Go(func() {
			for n := w; n < sample && errs[w] == nil; n += connections {
				bodies[n], errs[w] = answer(ctx, gate, c, c.subjects[n%len(c.subjects)].USCC, query)
			}
		})
	}
	wg.Wait()
	total := 0
	for _, body := range bodies {
		total += len(body)
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	mean := total / sample
	typical := slices.MinFunc(bodies, func(a, b []byte) int { return cmp.Compare(abs(len(a)-mean), abs(len(b)-mean)) })
	b.note("%s: the bare handler answers %d bytes", modes[i].name, len(typical))
	file := filepath.Join(b.room, fmt.Sprintf("answer-%d.json", i))
	if err := os.WriteFile(file, typical, 0o600); err != nil {
		return nil, err
	}
	return b.anchor(ctx, fmt.Sprintf("bare-%d", i), "/", "bare", file)
}

func answer(ctx context.Context, gate *node, c *city, uscc, query string) ([]byte, error) {
	status, body, err := get(ctx, gate.url+c.path(uscc, query), c.secret)
	if err == nil && (status != http.StatusOK || !json.Valid(body)) {
		err = fmt.Errorf("the gate answers %d: %s", status, bytes.TrimSpace(body))
	}
	return body, err
}

func abs(n int) int { return max(n, -n) }

// opaServer starts OPA's server and gives it the rule and the data.
func (b *bench) opaServer(ctx context.Context, data []byte) (*node, error) {
	n, err := b.anchor(ctx, "opa", "/health", "opa")
	if err != nil {
		return nil, err
	}
	for _, put := range []struct {
		path string
		body []byte
	}{{"/v1/policies/rule", []byte(rule)}, {"/v1/data", data}} {
		status, body, err := call(ctx, http.MethodPut, n.url+put.path, "", put.body)
		if err != nil || status >= http.StatusBadRequest {
			n.stop()
			return nil, fmt.Errorf("OPA takes no %s (%d %s): %w", put.path, status, body, err)
		}
	}
	return n, nil
}
