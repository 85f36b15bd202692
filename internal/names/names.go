// Package names is the index of the names of subjects, in the memory of a node: what is meant by what somebody typed, best first
// and each hit with its reason. It reads no database and decides nothing; whoever fills it says what changed.
//
// The index is made of immutable segments, each of about a quarter of the size of the one before it. A change adds a small
// segment, marks what it replaces as gone, and merges what has become of like size. So a search takes no lock and sees either
// all of a change or nothing of it, and the index after any history answers as one that was built anew.
//
// A segment numbers its names by rank: the shorter before the longer, those of the living before those of the ended, then by
// id. Lists of names by two characters are in that order, so the first that fit are the best ones, and a search can stop when
// it has enough. It looks at the rarest characters of what was typed first, and at a bounded number of names in any case: the
// work of a search does not depend on who asks for what.
package names

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"zhixin/internal/credit"
)

// Entry is what the index knows of one subject.
type Entry struct {
	ID       string   // opaque
	Name     string   // of today
	Former   []string // names it had, or that a registration states
	Codes    []string // every number by which it is or was known, normalised
	Division string   // six digits
	Kind     credit.SubjectKind
	State    credit.RegState
	Personal bool // the name is a person's: found only where Query.Personal allows it
}

// Query is what is looked for.
type Query struct {
	Text     string               // a name or a part of one, a code or at least four characters of one, initials in pinyin
	Division string               // "" is everywhere; a city or province takes all below, as credit.InDivision does
	Kinds    []credit.SubjectKind // none is all
	States   []credit.RegState    // none is all
	Personal bool                 // also those whose name is a person's
	Limit    int                  // 1 to 200, 20 where 0
	From     int                  // how many hits to pass over
}

// Reason says why something was found. The values are stable.
type Reason string

// The reasons. Those of a name hold for a former name as well; FormerName is for exactly that name.
const (
	Code       Reason = "code"        // exactly this code
	CodePart   Reason = "code-part"   // a part of the code
	Name       Reason = "name"        // exactly this name
	FormerName Reason = "former-name" // exactly the name it had
	Prefix     Reason = "prefix"      // the name begins so
	Part       Reason = "part"        // the name holds it
	Words      Reason = "words"       // the name holds its words, in whatever order
	Typo       Reason = "typo"        // one character wrong, missing, too many, or two swapped
	Number     Reason = "number"      // as Typo, but what differs counts or tells apart: 第一 and 第二, 城东 and 城西
	Initials   Reason = "initials"    // the first letters of the name in pinyin
	Similar    Reason = "similar"     // much in common; given by Candidates only
)

// Hit is one subject that was found.
type Hit struct {
	ID       string
	Name     string // the name, former name or code that fits, as it is written
	Former   bool   // Name is not that of today
	Score    int    // 0 to 100; 100 is exactly this name or code, and nothing else
	Why      Reason
	From, To int // what part of Name fits, in characters, for highlighting; 0, 0 where that makes no sense
}

// Index holds the names. Any number of goroutines may search while others change it.
type Index struct {
	turn sync.Mutex // of those who change it
	now  atomic.Pointer[[]part]
}

// part is a segment with what is gone from it.
type part struct {
	*segment
	gone set // by entry
	live int
}

// set is a set of small numbers.
type set []uint64

func (b set) has(i uint32) bool { return b != nil && b[i/64]&(1<<(i%64)) != 0 }
func (b set) add(i uint32)      { b[i/64] |= 1 << (i % 64) }

// New returns an empty index.
func New() *Index { return Build(func(func(Entry) bool) {}) }

// Build returns an index of the entries, the last of those with one id; it is fastest where they come in order of their ids.
func Build(entries iter.Seq[Entry]) *Index {
	x := &Index{}
	parts := merge([]part{whole(entries)})
	x.now.Store(&parts)
	return x
}

func whole(entries iter.Seq[Entry]) part {
	s := newSegment(slices.Collect(entries))
	return part{segment: s, live: s.size}
}

// Put adds a subject, or replaces what was known of it.
func (x *Index) Put(e Entry) { x.Change([]Entry{e}, nil) }

// Remove takes a subject out; it may be unknown.
func (x *Index) Remove(id string) { x.Change(nil, []string{id}) }

// Change puts entries and takes subjects out, all in one step for those who search. A merge of large segments may take a
// second for each million names; searches go on meanwhile.
func (x *Index) Change(put []Entry, remove []string) {
	x.turn.Lock()
	defer x.turn.Unlock()
	parts := slices.Clone(*x.now.Load())
	own := make([]bool, len(parts)) // whether gone was copied already: searches still read the old one
	drop := func(id string) {
		for i := range parts {
			p := &parts[i]
			e, ok := p.entry(id)
			if !ok || p.gone.has(e) {
				continue
			}
			if !own[i] {
				gone := make(set, (p.size+63)/64)
				copy(gone, p.gone)
				p.gone, own[i] = gone, true
			}
			p.gone.add(e)
			p.live--
			return
		}
	}
	for _, id := range remove {
		drop(id)
	}
	for _, e := range put {
		drop(e.ID)
	}
	if len(put) > 0 {
		parts = append(parts, whole(slices.Values(put)))
	}
	parts = merge(parts)
	x.now.Store(&parts)
}

// merge keeps segments few and full: each has at least four times as much alive as the next, and at least half of it is alive.
func merge(parts []part) []part {
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.live == 0 })
	for i, p := range parts {
		if 2*p.live < p.size {
			parts[i] = whole(alive(p))
		}
	}
	for n := len(parts); n > 1 && parts[n-2].live < 4*parts[n-1].live; n-- {
		parts = append(parts[:n-2], whole(alive(parts[n-2:]...)))
	}
	return parts
}

// alive gives the entries of the parts that are not gone.
func alive(parts ...part) iter.Seq[Entry] {
	parts = slices.Clone(parts)
	return func(yield func(Entry) bool) {
		for _, p := range parts {
			for e, entry := range p.entries() {
				if !p.gone.has(uint32(e)) && !yield(entry) {
					return
				}
			}
		}
	}
}

// Len returns how many subjects the index knows.
func (x *Index) Len() int {
	n := 0
	for _, p := range *x.now.Load() {
		n += p.live
	}
	return n
}
