package names

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf16"

	"zhixin/internal/credit"
)

// segment keeps the entries of one part of the index in columns. It never changes. Rows from 0 on are the names of today, each of
// the entry with its number; the rows after them are former names. Both are in order of rank.
type segment struct {
	size    int      // entries
	names   texts    // as they are written
	owner   []uint32 // of each former name
	ids     column
	codes   column
	holder  []uint32 // of each code
	classes []class
	class   []uint32 // of each entry

	byName, byID, byCode        table
	pairs, initials, codeThrees lists
}

// class is what filters ask about an entry; there are few different ones.
type class struct {
	division string
	kind     credit.SubjectKind
	state    credit.RegState
	personal bool
}

// texts are names in UTF-16, one behind the other: two bytes a character.
type texts struct {
	units []uint16
	ends  []uint32
}

func (t *texts) add(s string) {
	for _, r := range s {
		t.units = utf16.AppendRune(t.units, r)
	}
	t.ends = append(t.ends, uint32(len(t.units)))
}

func (t *texts) of(row uint32) []uint16 {
	if row == 0 {
		return t.units[:t.ends[0]]
	}
	return t.units[t.ends[row-1]:t.ends[row]]
}

// column is strings, one behind the other.
type column struct {
	text string
	ends []uint32
}

func newColumn(n int, values iter.Seq[string]) column {
	var b strings.Builder
	c := column{ends: make([]uint32, 0, n)}
	for v := range values {
		b.WriteString(v)
		c.ends = append(c.ends, uint32(b.Len()))
	}
	c.text = strings.Clone(b.String())
	return c
}

func (c *column) of(i uint32) string {
	if i == 0 {
		return c.text[:c.ends[0]]
	}
	return c.text[c.ends[i-1]:c.ends[i]]
}

// ended reports whether a subject of this state is no more.
func ended(s credit.RegState) bool {
	return s == credit.Deregistered || s == credit.Revoked || s == credit.Annulled
}

// newSegment takes the entries over. Of those with one id the last one counts.
func newSegment(entries []Entry) *segment {
	s := &segment{}
	entries = unique(entries)
	ranked(entries, func(e Entry) string { return e.Name }, func(e Entry) Entry { return e })
	s.size = len(entries)
	former, codes := s.fill(entries)
	s.ids = newColumn(s.size, func(yield func(string) bool) {
		for i := range entries {
			if !yield(entries[i].ID) {
				return
			}
		}
	})
	s.codes = newColumn(len(s.holder), slices.Values(codes))
	for _, f := range former {
		s.names.add(f.name)
	}
	s.names.units = slices.Clip(s.names.units)
	s.index()
	return s
}

// formerly is a name that an entry had.
type formerly struct {
	name  string
	entry uint32
}

// fill writes the columns that are as long as the entries, and returns what is needed for the others.
func (s *segment) fill(entries []Entry) (former []formerly, codes []string) {
	units := 0
	for i := range entries {
		units += len(entries[i].Name) / 3
	}
	s.names = texts{make([]uint16, 0, units+units/8), make([]uint32, 0, s.size)}
	s.class = make([]uint32, s.size)
	known := map[class]uint32{}
	for i := range entries {
		e := &entries[i]
		s.names.add(e.Name)
		c := class{e.Division, e.Kind, e.State, e.Personal}
		n, ok := known[c]
		if !ok {
			n = uint32(len(s.classes))
			known[c], s.classes = n, append(s.classes, c)
		}
		s.class[i] = n
		for _, name := range e.Former {
			former = append(former, formerly{name, uint32(i)})
		}
		for _, code := range e.Codes {
			codes, s.holder = append(codes, code), append(s.holder, uint32(i))
		}
	}
	slices.SortStableFunc(former, func(a, b formerly) int { return cmp.Compare(entries[a.entry].ID, entries[b.entry].ID) })
	ranked(former, func(f formerly) string { return f.name }, func(f formerly) Entry { return entries[f.entry] })
	for _, f := range former {
		s.owner = append(s.owner, f.entry)
	}
	return former, codes
}

// unique puts entries in order of their ids, the last of those with the same one alone.
func unique(entries []Entry) []Entry {
	byID := func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(entries, byID) {
		slices.SortStableFunc(entries, byID)
	}
	n := 0
	for i := range entries {
		if i+1 == len(entries) || entries[i].ID != entries[i+1].ID {
			entries[n] = entries[i]
			n++
		}
	}
	return entries[:n]
}

// ranked sorts what is in order of ids by the length of its name, and the living before the ended.
func ranked[T any](list []T, name func(T) string, entry func(T) Entry) {
	t, buf := folding(), []rune(nil)
	var units []uint16
	order := make([]uint64, len(list))
	for i, one := range list {
		units = units[:0]
		for _, r := range name(one) {
			units = utf16.AppendRune(units, r)
		}
		buf = foldUnits(t, units, buf[:0])
		order[i] = uint64(len(buf))<<33 | uint64(i)
		if ended(entry(one).State) {
			order[i] |= 1 << 32
		}
	}
	slices.Sort(order)
	old := slices.Clone(list)
	for i, o := range order {
		list[i] = old[uint32(o)]
	}
}

// index makes all that finds rows; the lists, side by side.
func (s *segment) index() {
	var work sync.WaitGroup
	t, n := folding(), len(s.names.ends)
	work.Go(func() {
		var buf []rune
		s.pairs = pack(n, func(row uint32, emit func(uint32)) {
			buf = foldUnits(t, s.names.of(row), buf[:0])
			pairs(buf, emit)
			spans(buf, emit)
		})
	})
	work.Go(func() {
		var buf []rune
		var said []sound
		l := letters()
		s.initials = pack(n, func(row uint32, emit func(uint32)) {
			buf = foldUnits(t, s.names.of(row), buf[:0])
			said = spoken(l, buf, said[:0])
			sounds(said, emit)
		})
		s.codeThrees = pack(len(s.holder), func(row uint32, emit func(uint32)) {
			code := s.codes.of(row)
			for i := range max(0, len(code)-2) {
				emit(three(code[i], code[i+1], code[i+2]))
			}
		})
	})
	var a, b []rune
	s.byName = newTable(n, func(row uint32) uint64 {
		a = s.folded(row, a)
		return hashOf(a)
	}, func(x, y uint32) bool {
		a, b = s.folded(x, a), s.folded(y, b)
		return slices.Equal(a, b)
	})
	s.byID = newTable(s.size, func(row uint32) uint64 { return hashOf([]byte(s.ids.of(row))) },
		func(x, y uint32) bool { return s.ids.of(x) == s.ids.of(y) })
	s.byCode = newTable(len(s.holder), func(row uint32) uint64 { return hashOf([]byte(s.codes.of(row))) },
		func(x, y uint32) bool { return s.codes.of(x) == s.codes.of(y) })
	work.Wait()
}

// pairs gives the keys of a folded name: any two characters that follow each other, with its begin and its end.
func pairs(name []rune, emit func(key uint32)) {
	if len(name) == 0 {
		return
	}
	before := begin
	for _, r := range name {
		emit(pair(before, r))
		before = r
	}
	emit(pair(before, end))
}

// spans gives the keys of characters with nothing but fillers between them, which pairs does not give: the words of a query are
// looked for in the name without its fillers.
func spans(name []rune, emit func(key uint32)) {
	before, gap := rune(0), false
	for _, r := range name {
		if isFiller(r) {
			gap = true
			continue
		}
		if gap && before != 0 {
			emit(pair(before, r))
		}
		before, gap = r, false
	}
}

// folded returns the folded name of a row, in buf.
func (s *segment) folded(row uint32, buf []rune) []rune {
	return foldUnits(folding(), s.names.of(row), buf[:0])
}

// written returns the name of a row as it is written.
func (s *segment) written(row uint32) string { return string(utf16.Decode(s.names.of(row))) }

// of returns whose name a row is.
func (s *segment) of(row uint32) (entry uint32) {
	if int(row) < s.size {
		return row
	}
	return s.owner[int(row)-s.size]
}

// entry returns the number of the entry with this id.
func (s *segment) entry(id string) (uint32, bool) {
	return s.byID.find(hashOf([]byte(id)), func(row uint32) bool { return s.ids.of(row) == id })
}

// long returns the rows of names of shortest to longest characters, first among the names of today, then among the former ones.
func (s *segment) long(shortest, longest int) [2][2]uint32 {
	var buf []rune
	find := func(from, to, length int) uint32 {
		return uint32(from + sort.Search(to-from, func(i int) bool {
			buf = s.folded(uint32(from+i), buf)
			return len(buf) >= length
		}))
	}
	all := len(s.names.ends)
	return [2][2]uint32{
		{find(0, s.size, shortest), find(0, s.size, longest+1)},
		{find(s.size, all, shortest), find(s.size, all, longest+1)},
	}
}

// entries gives what was put in, by number.
func (s *segment) entries() iter.Seq2[int, Entry] {
	former, codes := map[uint32][]string{}, map[uint32][]string{}
	for i, e := range s.owner {
		former[e] = append(former[e], s.written(uint32(s.size+i)))
	}
	for i, e := range s.holder {
		codes[e] = append(codes[e], s.codes.of(uint32(i)))
	}
	return func(yield func(int, Entry) bool) {
		for i := range s.size {
			e, c := uint32(i), s.classes[s.class[i]]
			entry := Entry{s.ids.of(e), s.written(e), former[e], codes[e], c.division, c.kind, c.state, c.personal}
			if !yield(i, entry) {
				return
			}
		}
	}
}
