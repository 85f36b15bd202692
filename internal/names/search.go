package names

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"zhixin/internal/credit"
)

// What a hit is worth. Among those that are worth the same the shorter name is first, then the living before the ended, then the id.
const (
	worthExact      = 100
	worthAlike      = 99 // the same but for traditional characters or wildcards
	worthFormer     = 97
	worthPrefix     = 90
	worthPart       = 80
	worthCodeBegin  = 76
	worthCodePart   = 74
	worthWords      = 70
	worthTypo       = 60
	worthTypoInPart = 55
	worthNumber     = 50
	worthNumberPart = 47 // as worthNumber, in a part of the name
	worthInitials   = 45
	worthInitialsIn = 40
	formerLess      = 2 // how much less a former name is worth
)

// tries bounds how many names one step of a search looks at.
const tries = 10_000

// search is one search under way.
type search struct {
	Query
	parts       []part
	text        []rune   // what was typed, folded
	keys        []uint32 // of its pairs, begin and end included
	need        int      // how many hits are enough
	found       []find
	at          map[place]int // the find of an entry
	left        int           // how many names this step may still look at
	names, bare []rune        // scratch
	said        []sound
	rows        []uint32
}

// place is an entry: its part of the index and its number there.
type place struct {
	part  int
	entry uint32
}

// find is a hit before it is written out.
type find struct {
	place
	row      uint32 // of the name, or of the code
	code     bool
	score    int
	why      Reason
	from, to int // in folded characters
	length   int
}

// Search returns who is meant by what was typed, best first, and whether there are more.
func (x *Index) Search(q Query) (hits []Hit, more bool) {
	s := x.search(q)
	s.run(true)
	return s.hits()
}

// Suggest returns who may be meant while somebody types: by code, the beginning or a part of a name, or initials; ten where no limit is given.
func (x *Index) Suggest(q Query) []Hit {
	q.Limit, q.From = cmp.Or(q.Limit, 10), 0
	s := x.search(q)
	s.run(false)
	hits, _ := s.hits()
	return hits
}

func (x *Index) search(q Query) *search {
	q.Limit, q.From = min(max(cmp.Or(q.Limit, 20), 1), 200), min(max(q.From, 0), tries)
	s := &search{Query: q, parts: *x.now.Load(), text: foldText(q.Text), need: q.From + q.Limit + 1, at: map[place]int{}}
	pairs(s.text, func(key uint32) { s.keys = append(s.keys, key) })
	return s
}

// run goes from the best to the weakest reason until there are enough hits.
func (s *search) run(all bool) {
	code := ""
	if len(s.Text) < longest {
		code = credit.NormalizeCode(strings.Trim(s.Text, "*%?＊％？ "))
	}
	if s.codes(code); len(s.found) > 0 || len(s.text) == 0 {
		return
	}
	s.exact()
	steps := []func(){s.prefix, s.part, func() { s.codeParts(code) }}
	if all && len(s.found) == 0 { // who has typed a whole name has made no slip
		steps = append(steps, s.words, s.typo)
	}
	for _, step := range append(steps, s.initials) {
		if len(s.found) >= s.need {
			return
		}
		s.left = tries
		step()
	}
}

// hits writes out the page that was asked for.
func (s *search) hits() (hits []Hit, more bool) {
	slices.SortFunc(s.found, func(a, b find) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.length, b.length), cmp.Compare(s.over(a.place), s.over(b.place)),
			cmp.Compare(s.id(a.place), s.id(b.place)))
	})
	page := s.found[min(s.From, len(s.found)):]
	if more = len(page) > s.Limit; more {
		page = page[:s.Limit]
	}
	for _, f := range page {
		hits = append(hits, s.hit(f))
	}
	return hits, more
}

func (s *search) id(p place) string { return s.parts[p.part].ids.of(p.entry) }

// over is 1 for a subject that is no more.
func (s *search) over(p place) int {
	in := s.parts[p.part]
	if ended(in.classes[in.class[p.entry]].state) {
		return 1
	}
	return 0
}

func (s *search) hit(f find) Hit {
	in := s.parts[f.part]
	h := Hit{ID: s.id(f.place), Score: f.score, Why: f.why}
	if f.code {
		h.Name, h.From, h.To = in.codes.of(f.row), f.from, f.to
		return h
	}
	h.Name, h.Former = in.written(f.row), int(f.row) >= in.size
	h.From, h.To = unfold(h.Name, f.from, f.to)
	return h
}

// admits reports whether an entry is there and passes the filters.
func (s *search) admits(p place) bool {
	in := &s.parts[p.part]
	if in.gone.has(p.entry) {
		return false
	}
	c := &in.classes[in.class[p.entry]]
	return (s.Personal || !c.personal) && (s.Division == "" || credit.InDivision(c.division, s.Division)) &&
		(len(s.Kinds) == 0 || slices.Contains(s.Kinds, c.kind)) && (len(s.States) == 0 || slices.Contains(s.States, c.state))
}

// add keeps a find, unless one of the same entry is as good, and reports whether its entry is a new one.
func (s *search) add(f find) bool {
	i, known := s.at[f.place]
	if !known {
		s.at[f.place] = len(s.found)
		s.found = append(s.found, f)
		return true
	}
	if old := s.found[i]; f.score > old.score || f.score == old.score && f.length < old.length {
		s.found[i] = f
	}
	return false
}

// look calls fit with the names of the rows that the filters admit. It ends when fit has found as many as are needed and sorted
// says that those to come are no better, or when the step has looked at as many names as it may.
func (s *search) look(part int, rows iter.Seq[uint32], sorted bool, fit func(name []rune) (f find, ok bool)) {
	in, new := s.parts[part].segment, 0
	for row := range rows {
		if s.left--; s.left < 0 {
			return
		}
		s.names = in.folded(row, s.names)
		f, ok := fit(s.names)
		at := place{part, in.of(row)}
		if !ok || !s.admits(at) {
			continue
		}
		f.place, f.row, f.length = at, row, len(s.names)
		if int(row) >= in.size {
			f.score -= formerLess
		}
		if s.add(f) {
			if new++; sorted && new >= s.need {
				return
			}
		}
	}
}

// exact finds exactly this name.
func (s *search) exact() {
	for i, in := range s.parts {
		row, ok := in.byName.find(hashOf(s.text), func(row uint32) bool {
			s.names = in.folded(row, s.names)
			return slices.Equal(s.names, s.text)
		})
		for n := 0; ok && n < s.need; {
			if at := (place{i, in.of(row)}); s.admits(at) {
				f := find{place: at, row: row, score: worthExact, why: Name, to: len(s.text), length: len(s.text)}
				if int(row) >= in.size {
					f.score, f.why = worthFormer, FormerName
				} else if !exactly(in.written(row), s.Text) {
					f.score = worthAlike
				}
				s.add(f)
				n++
			}
			row, ok = in.byName.twins[row]
		}
	}
}

// exactly reports whether the name is the same as it is stored; see worthAlike.
func exactly(a, b string) bool { return credit.NormalizeName(a) == credit.NormalizeName(b) }

// prefix finds names that begin so.
func (s *search) prefix() {
	for i := range s.parts {
		s.look(i, s.having(i, s.keys[:len(s.keys)-1]), true, func(name []rune) (find, bool) {
			return find{score: worthPrefix, why: Prefix, to: len(s.text)}, begins(name, s.text)
		})
	}
}

// part finds names that hold the text, of at least two characters.
func (s *search) part() {
	if len(s.text) < 2 {
		return
	}
	for i := range s.parts {
		s.look(i, s.having(i, s.inner()), true, func(name []rune) (find, bool) {
			at := within(s.text, name)
			return find{score: worthPart, why: Part, from: at, to: at + len(s.text)}, at >= 0
		})
	}
}

// inner are the keys without begin and end.
func (s *search) inner() []uint32 { return s.keys[1 : len(s.keys)-1] }

// rarest returns the shortest of the lists of the pairs: whoever has all of them is in it.
func (s *search) rarest(part int, keys []uint32) list { return shortest(&s.parts[part].pairs, keys) }

func shortest(l *lists, keys []uint32) list {
	best := l.of(keys[0])
	for _, key := range keys[1:] {
		if other := l.of(key); other.count < best.count {
			best = other
		}
	}
	return best
}

// worthwhile is how many rows of a list may be read to save one look at a name: a look waits for memory several times.
const worthwhile = 64

// having gives the rows that have all of the keys, and perhaps others. Where the rarest key has few it is worth while to read the
// lists of the next ones: a name that need not be looked at is not fetched from memory.
func (s *search) having(part int, keys []uint32) iter.Seq[uint32] {
	all := make([]list, 0, len(keys))
	for _, key := range keys {
		all = append(all, s.parts[part].pairs.of(key))
	}
	slices.SortFunc(all, func(a, b list) int { return cmp.Compare(a.count, b.count) })
	if all[0].count > tries {
		return all[0].all()
	}
	s.rows = slices.AppendSeq(s.rows[:0], all[0].all())
	for _, l := range all[1:] {
		if len(s.rows) < 8 || l.count > worthwhile*len(s.rows) {
			break
		}
		s.rows = l.keep(s.rows)
	}
	return slices.Values(s.rows)
}

// words finds names that hold the words of the text in another order, or without 省, 市, 县, 区 and brackets.
func (s *search) words() {
	text := bare(s.text, nil)
	if len(text) < 3 || len(text) > 64 {
		return
	}
	var keys []uint32
	for i := range len(text) - 1 {
		keys = append(keys, pair(text[i], text[i+1]))
	}
	fit := func(name []rune) (find, bool) {
		s.bare = bare(name, s.bare[:0])
		if _, slip := slipped(s.text, name); slip {
			return find{}, false // a slip says more
		}
		return find{score: worthWords, why: Words}, tiled(text, s.bare)
	}
	edges := []uint32{keys[0], keys[len(keys)-1]} // within the first word and within the last one
	for i := range s.parts {
		either := s.neighbours(i, keys)
		few := either[0].count + either[1].count
		switch edge := s.rarest(i, edges); {
		case edge.count < few:
			s.look(i, s.having(i, edges), true, fit)
		case few <= tries:
			s.rows = slices.AppendSeq(slices.AppendSeq(s.rows[:0], either[0].all()), either[1].all())
			slices.Sort(s.rows)
			if s.rows = slices.Compact(s.rows); edge.count <= worthwhile*len(s.rows) {
				s.rows = edge.keep(s.rows)
			}
			s.look(i, slices.Values(s.rows), true, fit)
		default:
			for _, l := range either {
				s.look(i, l.all(), true, fit)
			}
		}
	}
}

// neighbours returns the two lists of keys that follow each other that are the shortest together. A word has at least two
// characters, so one of the two lies within a word, and whoever has the words is in one of the lists.
func (s *search) neighbours(part int, keys []uint32) []list {
	in := &s.parts[part].pairs
	best := []list{in.of(keys[0]), in.of(keys[1])}
	for i := 2; i < len(keys); i++ {
		if a, b := in.of(keys[i-1]), in.of(keys[i]); a.count+b.count < best[0].count+best[1].count {
			best = []list{a, b}
		}
	}
	return best
}
