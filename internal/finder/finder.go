// Package finder keeps a node's index of names current with the log, and answers who is meant by what somebody typed.
//
// It is a snapshot of the registry that follows the log, as the gate is: what changed is read from the leaves of registrations, and
// whoever they are about is read anew. Every answer is of the position that [Finder.State] tells.
package finder

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/names"
	"zhixin/internal/record"
)

// pause is the least time between two looks at the log.
const pause = 200 * time.Millisecond

// Finder answers from memory. Any number of goroutines may ask while it follows.
type Finder struct {
	Poll time.Duration // how often other processes' commits are looked for; set before Run

	d    *db.DB
	now  func() time.Time
	turn sync.Mutex      // held while the memory is brought up to date
	seen map[string]bool // leaves that were read already while they were pending

	index atomic.Pointer[names.Index]
	at    atomic.Pointer[position]
}

// position is how far the finder has read.
type position struct {
	size int64
	asOf time.Time
}

// New returns a finder that knows nothing yet: see [Finder.Run] and [Finder.Load].
func New(d *db.DB, now func() time.Time) *Finder {
	return &Finder{Poll: time.Second, d: d, now: now}
}

// State is how a finder is, for health pages.
type State struct {
	Loaded  bool
	Names   int // subjects that can be found
	LogSize int64
	AsOf    time.Time
	Lag     time.Duration
}

// State returns how the finder is.
func (f *Finder) State() State {
	at := f.at.Load()
	if at == nil {
		return State{}
	}
	return State{Loaded: true, Names: f.index.Load().Len(), LogSize: at.size, AsOf: at.asOf, Lag: max(f.now().Sub(at.asOf), 0)}
}

// Run keeps the finder current until ctx ends. A failure is logged and tried again; meanwhile it answers as of its position.
func (f *Finder) Run(ctx context.Context) error {
	return f.d.Watch(ctx, pause, f.Poll, func(ctx context.Context) (more bool) {
		if err := f.Load(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "the index of names cannot follow: will try again", "err", err)
		}
		return false
	})
}

// Load brings the finder to the end of the log, pending leaves included: the first time by reading the whole registry, later by
// following.
func (f *Finder) Load(ctx context.Context) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	err := f.d.View(ctx, func(q db.Q) error {
		if f.at.Load() == nil {
			return f.snapshot(ctx, q)
		}
		return f.follow(ctx, q)
	})
	if err != nil {
		return fmt.Errorf("finder: %w", err)
	}
	return nil
}

func (f *Finder) snapshot(ctx context.Context, q db.Q) error {
	now := f.now()
	size, err := audit.Size(ctx, q)
	if err != nil {
		return err
	}
	pending, err := audit.Pending(ctx, q)
	if err != nil {
		return err
	}
	index := names.Build(everybody(ctx, q, &err))
	if err != nil {
		return err
	}
	f.seen = map[string]bool{}
	for _, e := range pending {
		f.seen[e.Leaf] = true
	}
	f.index.Store(index)
	f.at.Store(&position{size, now})
	return nil
}

// everybody gives the entries of the whole registry; where that fails it ends, and err says why.
func everybody(ctx context.Context, q db.Q, err *error) iter.Seq[names.Entry] {
	return func(yield func(names.Entry) bool) {
		for after := ""; ; {
			var page []enterprise.Subject
			if page, *err = enterprise.Range(ctx, q, after, 1000); *err != nil || len(page) == 0 {
				return
			}
			var entries []names.Entry
			if entries, *err = entriesOf(ctx, q, page); *err != nil {
				return
			}
			for _, e := range entries {
				if !yield(e) {
					return
				}
			}
			after = page[len(page)-1].ID
		}
	}
}

// entriesOf returns what the index is to know of subjects.
func entriesOf(ctx context.Context, q db.Q, subjects []enterprise.Subject) ([]names.Entry, error) {
	sides, err := enterprise.SidesOf(ctx, q, subjects)
	if err != nil {
		return nil, err
	}
	out := make([]names.Entry, len(sides))
	for i, s := range sides {
		who := enterprise.Subject{Name: s.Name, Kind: s.Kind, LegalRep: s.LegalRep}
		out[i] = names.Entry{ID: s.ID, Name: s.Name, Codes: s.Numbers, Division: s.Division, Kind: s.Kind, State: s.State,
			Personal: enterprise.NamesPerson(who)}
		for _, former := range s.Former {
			// That somebody once had a person's name nobody is to learn; nor is he found by it.
			if out[i].Personal || !enterprise.NamedPerson(who, former) {
				out[i].Former = append(out[i].Former, former)
			}
		}
	}
	return out, nil
}

// follow reads the leaves that came since, and then the subjects they are about, in the same snapshot.
func (f *Finder) follow(ctx context.Context, q db.Q) error {
	now, size := f.now(), f.at.Load().size
	touched := map[string]bool{}
	size, err := audit.ReadAll(ctx, q, size, func(events []audit.Event) error {
		for _, e := range events {
			if err := f.note(e, touched); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	pending, err := audit.Pending(ctx, q)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(pending))
	for _, e := range pending {
		if err := f.note(e, touched); err != nil {
			return err
		}
		seen[e.Leaf] = true
	}
	if err := f.reread(ctx, q, slices.Sorted(maps.Keys(touched))); err != nil {
		return err
	}
	f.seen = seen
	f.at.Store(&position{size, now})
	return nil
}

// note adds the subjects that a leaf is about, unless it was read already while it was pending.
func (f *Finder) note(e audit.Event, touched map[string]bool) error {
	if f.seen[e.Leaf] {
		return nil
	}
	block, err := record.BlockOf(e)
	if err != nil {
		return err
	}
	if block.Kind == record.EnterpriseKind {
		for _, id := range block.Enterprises {
			touched[id] = true
		}
	}
	return nil
}

// reread replaces what the index knows of subjects; of those who are gone it forgets all.
func (f *Finder) reread(ctx context.Context, q db.Q, ids []string) error {
	var put []names.Entry
	var gone []string
	for some := range slices.Chunk(ids, 500) {
		subjects, err := enterprise.ByIDs(ctx, q, some)
		if err != nil {
			return err
		}
		there, err := entriesOf(ctx, q, subjects)
		if err != nil {
			return err
		}
		put = append(put, there...)
		for _, id := range some {
			if !slices.ContainsFunc(there, func(e names.Entry) bool { return e.ID == id }) {
				gone = append(gone, id)
			}
		}
	}
	if len(put)+len(gone) > 0 {
		f.index.Load().Change(put, gone)
	}
	return nil
}

// ready returns the index, once there is one.
func (f *Finder) ready() (*names.Index, error) {
	if x := f.index.Load(); x != nil {
		return x, nil
	}
	return nil, fault.New(fault.Unavailable, "finder.loading")
}

// Found is one subject that somebody may mean.
type Found struct {
	enterprise.Subject
	Hit names.Hit // by what it was found
}

// Find returns those whom somebody may mean by what he typed, best first, as the registry has them now, and the cursor of the next
// page, "" on the last. Before the finder has loaded it is fault finder.loading.
func (f *Finder) Find(ctx context.Context, q db.Q, o names.Query, cursor string) (found []Found, next string, err error) {
	x, err := f.ready()
	if err != nil {
		return nil, "", err
	}
	o.Limit = min(max(cmp.Or(o.Limit, 20), 1), 50)
	if cursor != "" {
		if o.From, err = strconv.Atoi(cursor); err != nil || o.From < 0 {
			return nil, "", fault.New(fault.Invalid, "finder.bad_cursor", cursor)
		}
	}
	hits, more := x.Search(o)
	if more {
		next = strconv.Itoa(o.From + len(hits))
	}
	found, err = subjects(ctx, q, hits)
	return found, next, err
}

// Suggest returns the few whom somebody who is still typing may mean.
func (f *Finder) Suggest(ctx context.Context, q db.Q, o names.Query) ([]Found, error) {
	x, err := f.ready()
	if err != nil {
		return nil, err
	}
	return subjects(ctx, q, x.Suggest(o))
}

// subjects reads those who were found; who is not registered any more is left out.
func subjects(ctx context.Context, q db.Q, hits []names.Hit) ([]Found, error) {
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	read, err := enterprise.ByIDs(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var out []Found
	for _, h := range hits {
		if i := slices.IndexFunc(read, func(s enterprise.Subject) bool { return s.ID == h.ID }); i >= 0 {
			out = append(out, Found{read[i], h})
		}
	}
	return out, nil
}

// Alike returns the ids of those whose name, of today or a former one, may be meant by a name that is badly written.
func (f *Finder) Alike(name string, limit int) ([]string, error) {
	x, err := f.ready()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, h := range x.Candidates(name, limit) {
		if !slices.Contains(ids, h.ID) {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}
