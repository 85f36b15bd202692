package sanction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/record"
)

// pause is the least time between two looks at the log: each group of receipts is a commit that wakes the follower.
const pause = 25 * time.Millisecond

// Run keeps the gate current until ctx ends, and returns the reason for which it ended. A failure is logged and tried
// again; meanwhile the gate answers as of its stated position, and "by hand" once that is older than the bound.
func (g *Gate) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { g.watch(ctx) })
	defer func() { // last of all, when nobody is left who would say that it is current
		end()
		watch.Wait()
		g.stale.Store(true)
	}()
	return g.d.Watch(ctx, pause, g.Poll, func(ctx context.Context) (more bool) {
		if err := g.Load(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "the gate cannot follow: will try again", "err", err)
		}
		return false
	})
}

// watch marks the gate as stale when the follower hangs: Check itself reads no clock.
func (g *Gate) watch(ctx context.Context) {
	for ctx.Err() == nil {
		db.Wait(ctx, nil, g.Bound/4)
		g.judgeAge()
	}
}

func (g *Gate) judgeAge() {
	at := g.at.Load()
	g.stale.Store(at == nil || g.now().Sub(at.asOf) > g.Bound)
}

// Load brings the gate to the end of the log, pending leaves included, and returns when it is there: the first time by
// reading everything, later by following.
func (g *Gate) Load(ctx context.Context) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	err := g.d.View(ctx, func(q db.Q) error {
		if g.at.Load() == nil {
			return g.snapshot(ctx, q)
		}
		return g.follow(ctx, q)
	})
	if err != nil {
		err = fmt.Errorf("sanction: gate: %w", err)
		g.failed.Store(&failure{err})
		g.judgeAge()
		return err
	}
	g.failed.Store(nil)
	g.stale.Store(false)
	return nil
}

// snapshot reads everything there is.
func (g *Gate) snapshot(ctx context.Context, q db.Q) error {
	now := g.now()
	size, err := audit.Size(ctx, q)
	if err != nil {
		return err
	}
	pending, err := audit.Pending(ctx, q)
	if err != nil {
		return err
	}
	debts, doubtful, err := g.readDebts(ctx, q, pending)
	if err != nil {
		return err
	}
	all, err := measures(ctx, q, `WHERE m.ended_leaf IS NULL`)
	if err != nil {
		return err
	}
	against := bySubject(all)
	if g.codes, err = formerCodes(ctx, q); err != nil {
		return err
	}
	names, err := readNames(ctx, q)
	if err != nil {
		return err
	}
	shared := map[string]*texts{}
	for after := ""; ; {
		page, err := enterprise.Range(ctx, q, after, 1000)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		in := make([]*subject, 0, len(page))
		for _, s := range page {
			in = append(in, g.remember(s, against[s.ID], names, shared))
		}
		g.put(in, nil)
		after = page[len(page)-1].ID
	}
	g.seen = map[string]bool{}
	for _, e := range pending {
		g.seen[e.Leaf] = true
	}
	g.debts = debts
	g.at.Store(&position{size, asOf(now), doubtful})
	return nil
}

// asOf is the instant as an answer states it, in milliseconds.
func asOf(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// formerCodes returns the codes under which subjects were known before, by enterprise.
func formerCodes(ctx context.Context, q db.Q) (out map[string][]string, err error) {
	return codes(ctx, q, `JOIN enterprise_subject s ON s.id = i.enterprise_id WHERE i.scheme IN ('uscc', 'regno') AND i.value <> s.uscc`)
}

// codes returns the codes that a query of identifiers finds, by enterprise.
func codes(ctx context.Context, q db.Q, where string, args ...any) (out map[string][]string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT i.enterprise_id, i.value FROM enterprise_identifier i `+where+` ORDER BY i.value, i.enterprise_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string][]string{}
	for rows.Next() {
		var id, code string
		if err := rows.Scan(&id, &code); err != nil {
			return nil, fmt.Errorf("read codes: %w", err)
		}
		out[id] = append(out[id], code)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	return out, nil
}

// names are what departments were called, by code.
type names map[string][]named

type named struct {
	name        string
	from, until credit.Date
}

// on returns what a department was called on a day: a listing keeps the name of its day. An authority that is no department
// of ours is given by its name already.
func (n names) on(code string, day credit.Date) string {
	for _, d := range n[code] {
		if day >= d.from && (d.until == 0 || day < d.until) {
			return d.name
		}
	}
	return code
}

func readNames(ctx context.Context, q db.Q) (out names, err error) {
	rows, err := q.QueryContext(ctx, `SELECT department, name, valid_from, valid_until FROM org_department_name ORDER BY department, valid_from`)
	if err != nil {
		return nil, fmt.Errorf("read names of departments: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = names{}
	for rows.Next() {
		var code string
		var d named
		if err := rows.Scan(&code, &d.name, &d.from, &d.until); err != nil {
			return nil, fmt.Errorf("read names of departments: %w", err)
		}
		out[code] = append(out[code], d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read names of departments: %w", err)
	}
	return out, nil
}

// remember makes what the gate keeps of a subject. Its code stays known when it gets another one.
func (g *Gate) remember(s enterprise.Subject, ms []Measure, n names, shared map[string]*texts) *subject {
	if !slices.Contains(g.codes[s.ID], s.USCC) {
		g.codes[s.ID] = append(g.codes[s.ID], s.USCC)
	}
	return &subject{id: s.ID, code: s.USCC, name: s.Name, state: s.State, kept: press(ms, n, shared)}
}

// follow reads the leaves that came since and then the subjects they are about, in the same snapshot.
func (g *Gate) follow(ctx context.Context, q db.Q) error {
	now, size := g.now(), g.at.Load().size
	from, err := audit.Cursor(ctx, q, FlowCursor)
	if err != nil {
		return err
	}
	touched := map[string]bool{}
	debts := slices.Clone(g.debts) // the look may fail, or be repeated
	size, err = audit.ReadAll(ctx, q, size, func(events []audit.Event) (err error) {
		for _, e := range events {
			if err := g.note(e, touched); err != nil {
				return err
			}
		}
		debts, err = g.owe(ctx, q, debts, events)
		return err
	})
	if err != nil {
		return err
	}
	pending, err := audit.Pending(ctx, q)
	if err != nil {
		return err
	}
	debts, doubtful, err := g.sum(ctx, q, debts, from, pending)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(pending))
	for _, e := range pending {
		if err := g.note(e, touched); err != nil {
			return err
		}
		seen[e.Leaf] = true
	}
	if err := g.reread(ctx, q, slices.Sorted(maps.Keys(touched))); err != nil {
		return err
	}
	g.seen, g.debts = seen, debts
	g.at.Store(&position{size, asOf(now), doubtful})
	return nil
}

// note adds the subjects that a leaf is about, unless it was read already while it was pending.
func (g *Gate) note(e audit.Event, touched map[string]bool) error {
	if g.seen[e.Leaf] {
		return nil
	}
	switch e.Kind {
	case LeafApplied, LeafLifted:
		touched[e.Subject] = true
	case record.AcceptedLeaf, record.TakenOverLeaf, record.WithdrawnLeaf:
		block, err := record.BlockOf(e)
		if err != nil {
			return err
		}
		if block.Kind == record.EnterpriseKind { // of an erased leaf nothing is read: what it brought has been read long ago
			for _, id := range block.Enterprises {
				touched[id] = true
			}
		}
	}
	return nil
}

// reread replaces what the gate remembers of subjects.
func (g *Gate) reread(ctx context.Context, q db.Q, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	names, err := readNames(ctx, q)
	if err != nil {
		return err
	}
	shared := map[string]*texts{}
	for some := range slices.Chunk(ids, few) {
		subjects, err := enterprise.ByIDs(ctx, q, some)
		if err != nil {
			return err
		}
		var args []any
		in := db.In(&args, some)
		all, err := measures(ctx, q, `WHERE m.ended_leaf IS NULL AND m.enterprise_id IN `+in, args...)
		if err != nil {
			return err
		}
		against := bySubject(all)
		borne, err := codes(ctx, q, `WHERE i.scheme IN ('uscc', 'regno') AND i.enterprise_id IN `+in, args...)
		if err != nil {
			return err
		}
		gone := map[string]string{} // a registration that was taken back takes its code along
		for _, id := range some {
			for _, code := range g.codes[id] {
				if !slices.Contains(borne[id], code) {
					gone[code] = id
				}
			}
			g.codes[id] = borne[id]
		}
		fresh := make([]*subject, 0, len(subjects))
		for _, s := range subjects {
			fresh = append(fresh, g.remember(s, against[s.ID], names, shared))
		}
		g.put(fresh, gone)
	}
	return nil
}

// bySubject groups measures by enterprise.
func bySubject(all []Measure) map[string][]Measure {
	out := map[string][]Measure{}
	for _, m := range all {
		out[m.EnterpriseID] = append(out[m.EnterpriseID], m)
	}
	return out
}
