package names

// apart returns the two lists of keys, not of two that follow each other, that are the shortest together. A slip other than a swap
// breaks no more than two pairs that follow each other, so whoever has but one slip is in one of the lists.
func (s *search) apart(part int, keys []uint32) []list {
	in := &s.parts[part].pairs
	rare := in.of(keys[0]) // the rarest of those that may be the first of the two
	best := []list{rare, in.of(keys[2])}
	for i := 3; i < len(keys); i++ {
		if l := in.of(keys[i-2]); l.count < rare.count {
			rare = l
		}
		if l := in.of(keys[i]); rare.count+l.count < best[0].count+best[1].count {
			best = []list{rare, l}
		}
	}
	return best
}

// typo finds names with one slip: a whole name of at least three characters; a part, of at least five, where nothing else is found.
func (s *search) typo() {
	if len(s.text) < 3 {
		return
	}
	for i := range s.parts {
		long := s.parts[i].long(len(s.text)-1, len(s.text)+1)
		for _, l := range append(s.apart(i, s.keys), s.swapped(i, s.text, true)...) {
			for _, r := range long {
				s.look(i, l.rows(r[0], r[1]), false, s.slippedName)
			}
		}
	}
	if len(s.text) < 5 || len(s.found) > 0 {
		return
	}
	s.left = tries
	for i := range s.parts {
		for _, l := range append(s.apart(i, s.inner()), s.swapped(i, s.text, false)...) {
			s.look(i, l.all(), false, s.slippedPart)
		}
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

// swapped returns, for each two neighbours of the text, a list of those who may have them the other way round: that breaks three
// pairs that follow each other, so apart does not find it, but it makes three new ones.
func (s *search) swapped(part int, text []rune, whole bool) []list {
	var out []list
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
		if l := s.rarest(part, keys); l.count > 0 {
			out = append(out, l)
		}
	}
	return out
}
