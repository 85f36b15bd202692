package names

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// apart returns lists of keys of which no two follow each other, the shortest ones: three, or two where there are no three. A slip
// other than a swap breaks no more than two pairs that follow each other, so whoever has but one slip is in all of the lists but one.
func (s *search) apart(part int, keys []uint32) []list {
	all, order := make([]list, len(keys)), make([]int, len(keys))
	for i, key := range keys {
		all[i], order[i] = s.parts[part].pairs.of(key), i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(all[a].count, all[b].count) })
	var best []list
	var taken []int
	for _, i := range order {
		if !slices.ContainsFunc(taken, func(j int) bool { return i-j < 2 && j-i < 2 }) {
			best, taken = append(best, all[i]), append(taken, i)
		}
		if len(best) == 3 {
			return best
		}
	}
	if len(best) < 2 { // the middle one of three was the shortest
		return []list{all[0], all[len(all)-1]}
	}
	return best
}

// slipping gives the rows from first to before end that are in all of the lists but one, and perhaps others.
func (s *search) slipping(lists []list, first, end uint32) iter.Seq[uint32] {
	if lists[0].count+lists[1].count > 4*tries { // more than would be looked at
		return func(yield func(uint32) bool) {
			for _, l := range lists[:2] {
				for row := range l.rows(first, end) {
					if !yield(row) {
						return
					}
				}
			}
		}
	}
	rows := slices.AppendSeq(slices.AppendSeq(s.rows[:0], lists[0].rows(first, end)), lists[1].rows(first, end))
	slices.Sort(rows)
	s.rows = rows
	if len(lists) == 2 || lists[2].count > worthwhile*(lists[0].count+lists[1].count) { // the third would take longer than to look
		return slices.Values(slices.Compact(rows))
	}
	var twice, once []uint32
	for i := 0; i < len(rows); i++ {
		if i+1 < len(rows) && rows[i] == rows[i+1] {
			twice = append(twice, rows[i])
			i++
		} else {
			once = append(once, rows[i])
		}
	}
	twice = append(twice, lists[2].keep(once)...)
	slices.Sort(twice)
	return slices.Values(twice)
}

// typo finds names with one slip: a whole name of at least three characters; a part, of at least five, where nothing else is found.
func (s *search) typo() {
	if len(s.text) < 3 {
		return
	}
	for i := range s.parts {
		lists := s.apart(i, s.keys)
		for _, r := range s.parts[i].long(len(s.text)-1, len(s.text)+1) {
			s.look(i, s.slipping(lists, r[0], r[1]), false, s.slippedName)
		}
		s.swapped(i, true, func(rows iter.Seq[uint32]) { s.look(i, rows, false, s.slippedName) })
	}
	if len(s.text) < 5 || len(s.found) > 0 {
		return
	}
	s.left = tries
	for i := range s.parts {
		s.look(i, s.slipping(s.apart(i, s.inner()), 0, math.MaxUint32), false, s.slippedPart)
		s.swapped(i, false, func(rows iter.Seq[uint32]) { s.look(i, rows, false, s.slippedPart) })
	}
}

func (s *search) slippedName(name []rune) (find, bool) {
	slip, ok := slipped(s.text, name)
	if slip.counts() {
		return find{score: worthNumber, why: Number}, ok
	}
	return find{score: worthTypo, why: Typo}, ok
}

func (s *search) slippedPart(name []rune) (find, bool) {
	from, to, ok := nearly(s.text, name)
	f := find{score: worthTypoInPart, why: Typo, from: from, to: to}
	if slip, _ := slipped(s.text, name[from:to]); ok && slip.counts() {
		f.score, f.why = worthNumberPart, Number
	}
	return f, ok
}

// swapped calls look, for each two neighbours of the text, with the rows of those who may have them the other way round: that
// breaks three pairs that follow each other, so slipping does not find it, but it makes three new ones.
func (s *search) swapped(part int, whole bool, look func(rows iter.Seq[uint32])) {
	text := s.text
	for i := range len(text) - 1 {
		if text[i] == text[i+1] {
			continue
		}
		keys := []uint32{pair(text[i+1], text[i])}
		switch {
		case i > 0:
			keys = append(keys, pair(text[i-1], text[i+1]))
		case whole:
			keys = append(keys, pair(begin, text[1]))
		}
		switch {
		case i+2 < len(text):
			keys = append(keys, pair(text[i], text[i+2]))
		case whole:
			keys = append(keys, pair(text[i], end))
		}
		if s.rarest(part, keys).count > 0 {
			look(s.having(part, keys))
		}
	}
}
