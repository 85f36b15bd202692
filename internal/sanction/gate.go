package sanction

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Gate answers the counters from memory. It is a snapshot of the database that follows the log; every answer states how far
// it has read. Check takes no lock and may be called from any number of goroutines.
//
// A gate that has not been able to make sure for longer than the bound that it has read everything answers
// [credit.Manual], whatever it knows: what it remembers as a bar may have been lifted. So it answers about a subject whose
// penalties have changed until it is worked out what follows from that, and about everybody after a change of policy.
type Gate struct {
	Poll  time.Duration // how often other processes' commits are looked for; set before Run
	Bound time.Duration // how old the last look may be before the gate says "by hand"; set before Run
	// Awaited says for which of these subjects penalties are kept that came before they were registered; set before Run. Nil is
	// for none. Until the flow has looked at their registration, the gate cannot be sure about them.
	Awaited func(ctx context.Context, q db.Q, ids []string) ([]string, error)

	d   *db.DB
	log *audit.Grouper
	now func() time.Time

	turn  sync.Mutex          // held while the memory is brought up to date
	codes map[string][]string // enterprise id → its code and the codes it had before
	seen  map[string]bool     // leaves that were read already while they were pending
	debts []debt              // numbered leaves that were not worked out at the last look

	shards [shards]atomic.Pointer[map[string]*subject]
	at     atomic.Pointer[position]
	stale  atomic.Bool
	failed atomic.Pointer[failure]
}

// NewGate returns a gate that knows nothing yet: see [Gate.Run] and [Gate.Load]. log makes the receipts durable; it may be
// nil for a gate that is only asked by [Gate.Check].
func NewGate(d *db.DB, log *audit.Grouper, now func() time.Time) *Gate {
	return &Gate{Poll: 500 * time.Millisecond, Bound: 10 * time.Second, d: d, log: log, now: now}
}

// position is how far the gate has read.
type position struct {
	size int64     // numbered leaves
	asOf time.Time // when that was all there was, apart from the pending ones, which were read too
	owed owed      // what of that has not been worked out yet
}

type failure struct{ err error }

// State is how the gate is, for health pages.
type State struct {
	Loaded  bool
	LogSize int64
	AsOf    time.Time
	Lag     time.Duration
	Codes   int
	Stale   bool  // the gate answers "by hand"
	Err     error // the last failure to follow, nil after a success

	Flow     int64         // leaves from which all that follows has been worked out
	FlowLag  time.Duration // age of the oldest leaf that bears on an answer and is not worked out; 0 where there is none
	Doubtful int           // subjects about whom the gate therefore answers "by hand"
	AllDoubt bool          // it does so about everybody
}

// State returns how the gate is.
func (g *Gate) State() State {
	s := State{Stale: true}
	if at := g.at.Load(); at != nil {
		now := g.now()
		s = State{Loaded: true, LogSize: at.size, AsOf: at.asOf, Lag: max(now.Sub(at.asOf), 0), Stale: g.stale.Load(),
			Flow: at.owed.from, Doubtful: len(at.owed.subjects), AllDoubt: at.owed.everybody}
		if !at.owed.since.IsZero() {
			s.FlowLag = max(now.Sub(at.owed.since), 0)
		}
	}
	for i := range g.shards {
		if m := g.shards[i].Load(); m != nil {
			s.Codes += len(*m)
		}
	}
	if f := g.failed.Load(); f != nil {
		s.Err = f.err
	}
	return s
}

// subject is what the gate remembers of one code.
type subject struct {
	id, code, name string
	state          credit.RegState
	kept           []compact // all measures that are not lifted, past and future windows too, strictest first
}

// compact is a measure without the words that many measures share.
type compact struct {
	*texts
	id, authority, documentNo string
	verdict                   credit.Verdict
	since, until              credit.Date
}

// texts are the words of one row of policy.
type texts struct {
	place                                int
	list, measure, english, scope, basis string
	policyKey                            string
	policyVersion                        int64
}

// shards is a power of two; a change copies one shard, about a thousandth of the city.
const shards = 1 << 10

// shardOf spreads codes by their last six characters before the check digit, the ones that differ between neighbours.
func shardOf(code string) int {
	h := uint32(2166136261)
	for i := max(len(code)-7, 0); i < len(code); i++ {
		h = (h ^ uint32(code[i])) * 16777619
	}
	return int((h ^ h>>15) & (shards - 1))
}

func (g *Gate) find(code string) *subject {
	m := g.shards[shardOf(code)].Load()
	if m == nil {
		return nil
	}
	return (*m)[code]
}

// put takes subjects in under their codes, copying each shard once. A code that somebody bears now is not taken from him by
// one who bore it before, and of those the first is meant, as in the registry. What gone names by code is forgotten, where it is not taken in again.
func (g *Gate) put(in []*subject, gone map[string]string) {
	next := map[int]map[string]*subject{}
	shard := func(code string) map[string]*subject {
		n := shardOf(code)
		if next[n] == nil {
			next[n] = map[string]*subject{}
			if m := g.shards[n].Load(); m != nil {
				next[n] = maps.Clone(*m)
			}
		}
		return next[n]
	}
	for code, id := range gone {
		if s := g.find(code); s != nil && s.id == id {
			delete(shard(code), code)
		}
	}
	for _, s := range in {
		shard(s.code)[s.code] = s
	}
	for _, s := range in {
		for _, former := range g.codes[s.id] {
			if now := shard(former)[former]; now == nil || now.id >= s.id && now.code != former || now.id == s.id {
				shard(former)[former] = s
			}
		}
	}
	for n, m := range next {
		g.shards[n].Store(&m)
	}
}

// Check answers for one code, one counter and one day, as known now; days that are past too, which no counter may ask for
// (see [Gate.Ask]). A code that nobody bears is fault not-found.
func (g *Gate) Check(uscc string, matter credit.Matter, on credit.Date) (Answer, error) {
	place := Place(matter)
	if place < 0 {
		return Answer{}, fault.New(fault.Invalid, "sanction.unknown_matter", string(matter))
	}
	at := g.at.Load()
	if at == nil {
		return Answer{}, fault.New(fault.Unavailable, "sanction.gate_loading")
	}
	stale := g.stale.Load()
	s := g.find(uscc)
	if s == nil {
		if s = g.find(credit.NormalizeCode(uscc)); s == nil {
			return Answer{}, unknown(uscc, stale)
		}
	}
	a := Answer{AsOf: at.asOf, LogSize: at.size, Matter: matter, USCC: s.code, Name: s.name, On: on, State: s.state, Verdict: credit.Pass,
		Hits: s.hits(place, on), Incentives: none}
	if len(a.Hits) > 0 {
		a.Verdict = a.Hits[0].Verdict
	}
	switch {
	case stale:
		a.Verdict, a.Doubt = credit.Manual, "sanction.gate_behind"
	case at.owed.doubts(s.id):
		a.Verdict, a.Doubt = credit.Manual, "sanction.not_worked_out"
	case a.Verdict == credit.Manual:
		a.Doubt = "sanction.wording_unclear"
	}
	return a, nil
}

// none is the list of incentives while there are no rows for them.
var none = []string{}

// unknown says that nobody bears a code; a gate that is behind cannot know.
func unknown(code string, stale bool) error {
	if stale {
		return fault.New(fault.Unavailable, "sanction.gate_behind")
	}
	if _, err := credit.ParseUSCC(code); err != nil {
		return fault.New(fault.NotFound, "sanction.malformed_code", shorten(code))
	}
	return fault.New(fault.NotFound, "sanction.unknown_code", shorten(code))
}

// shorten keeps what a stranger sends from filling a sentence.
func shorten(s string) string {
	const most = 64
	if len(s) > most || !utf8.ValidString(s) {
		return "…"
	}
	return s
}

// hits returns what is in force at a counter on a day, strictest first.
func (s *subject) hits(place int, on credit.Date) []Hit {
	n := 0
	for i := range s.kept {
		if s.kept[i].holds(place, on) {
			n++
		}
	}
	out := make([]Hit, 0, n)
	for i := range s.kept {
		if s.kept[i].holds(place, on) {
			out = append(out, s.kept[i].hit())
		}
	}
	return out
}

func (c *compact) holds(place int, on credit.Date) bool {
	return c.place == place && on >= c.since && (c.until == 0 || on < c.until)
}

func (c *compact) hit() Hit {
	return Hit{
		Authority: c.authority, Basis: c.basis, DocumentNo: c.documentNo, English: c.english, ID: c.id, List: c.list, Measure: c.measure,
		PolicyKey: c.policyKey, PolicyVersion: c.policyVersion, Scope: c.scope, Since: c.since, Until: c.until, Verdict: c.verdict,
	}
}

// press turns measures into what the gate remembers of them.
func press(ms []Measure, n names, shared map[string]*texts) []compact {
	out := make([]compact, 0, len(ms))
	for _, m := range ms {
		w := m.words()
		key := w.Table + "\x00" + w.Key + "\x00" + w.From.String() + "\x00" + strconv.FormatInt(w.Version, 10)
		t := shared[key]
		if t == nil {
			t = &texts{Place(m.Matter), m.List, m.Measure, m.English, m.Scope, m.Citation(), m.PolicyKey, m.PolicyVersion}
			shared[key] = t
		}
		out = append(out, compact{t, m.ID, n.on(m.Authority, m.Since), m.DocumentNo, m.Verdict, m.Since, m.Until})
	}
	slices.SortStableFunc(out, func(a, b compact) int {
		return cmp.Or(cmp.Compare(b.verdict.Rank(), a.verdict.Rank()), cmp.Compare(a.since, b.since), cmp.Compare(a.id, b.id))
	})
	return out
}
