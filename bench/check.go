package main

import (
	"context"
	"fmt"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/sanction"
)

// inProcess compares the gate's decision with that of an OPA query, both in this process and one after another.
func inProcess(ctx context.Context, b *bench) error {
	c := b.city
	return c.with(ctx, func(d *db.DB) error {
		g := sanction.NewGate(d, nil, c.now)
		if err := g.Load(ctx); err != nil {
			return err
		}
		data, err := policyData(ctx, d, c)
		if err != nil {
			return err
		}
		query, err := prepare(ctx, data)
		if err != nil {
			return err
		}
		verdicts, err := agree(ctx, g, query, c)
		if err != nil {
			return err
		}
		b.note("the gate and OPA give the same answers about all %d enterprises at the procurement counter: %s", len(c.subjects), tell(verdicts))
		on := c.today()
		day := on.String()
		l := line{what: "gate decision in process, sanction.Gate.Check", unit: "decisions/s", anchorName: "OPA prepared query", least: 100}
		for range b.rounds {
			ours, err := repeat(b.slice/2, func(i int) error {
				_, err := g.Check(c.subjects[i%len(c.subjects)].USCC, credit.Procurement, on)
				return err
			})
			if err != nil {
				return err
			}
			theirs, err := repeat(b.slice/2, func(i int) error {
				_, err := decide(ctx, query, c.subjects[i%len(c.subjects)].USCC, credit.Procurement, day)
				return err
			})
			if err != nil {
				return err
			}
			l.ours, l.anchor = append(l.ours, ours), append(l.anchor, theirs)
		}
		b.add(l)
		return nil
	})
}

// repeat calls f again and again for a while and returns how often a second.
func repeat(d time.Duration, f func(i int) error) (float64, error) {
	const between = 64 // calls between two looks at the clock
	began := time.Now()
	for i := 0; ; i += between {
		for k := range between {
			if err := f(i + k); err != nil {
				return 0, err
			}
		}
		if spent := time.Since(began); spent >= d {
			return float64(i+between) / spent.Seconds(), nil
		}
	}
}

func tell(verdicts map[credit.Verdict]int) string {
	out := ""
	for _, v := range []credit.Verdict{credit.Pass, credit.Remind, credit.Manual, credit.Restrict, credit.Bar} {
		if n := verdicts[v]; n > 0 {
			out += fmt.Sprintf("%d %s, ", n, v)
		}
	}
	return out[:max(0, len(out)-2)]
}
