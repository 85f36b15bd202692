package names

import (
	"cmp"
	"slices"
	"strings"
)

// What bounds the work of matching one name in one segment, and how alike a name must be.
const (
	gathered       = 3_000 // those that share the rarest pairs with it
	compared       = 100   // of them, those that share the most
	worthCandidate = 40
)

// forms are the words for the legal form with which names end; names that differ only in them are much alike.
var forms = [][]rune{[]rune("有限责任公司"), []rune("股份有限公司"), []rune("集团有限公司"), []rune("有限公司"), []rune("专业合作社"), []rune("合作社"), []rune("集团公司"), []rune("分公司"), []rune("公司"), []rune("集团"), []rune("经营部"), []rune("商行"), []rune("商店"), []rune("工厂")}

// Candidates returns the subjects whose name may be meant by this one, best first: the same name, the same words in another order,
// several slips, another place or legal form. It filters nothing and looks at names only. A score is how alike the names are; names
// that differ in what counts, such as 第一 and 第二, are never much alike. Whether they are the same decides somebody else.
func (x *Index) Candidates(name string, limit int) []Hit {
	s := x.search(Query{Text: name, Personal: true, Limit: max(limit, 1)})
	if len(s.text) == 0 {
		return nil
	}
	s.exact()
	m := matcher{whole: s.text, core: core(s.text, nil), counts: numbers(s.text, nil)}
	for i := range s.parts {
		s.gather(i, m.compare)
	}
	hits, _ := s.hits()
	return hits
}

// gather compares the names that share the most pairs of characters with the text.
func (s *search) gather(part int, fit func(name []rune) (find, bool)) {
	var all []list
	for _, key := range s.keys {
		all = append(all, s.parts[part].pairs.of(key))
	}
	slices.SortStableFunc(all, func(a, b list) int { return cmp.Compare(a.count, b.count) })
	var rows []uint32
	for _, l := range all {
		for row := range l.all() {
			if len(rows) == gathered {
				break
			}
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	var shared []uint64 // how many pairs a name does not share, and its row
	for i := 0; i < len(rows); {
		from := i
		for i < len(rows) && rows[i] == rows[from] {
			i++
		}
		shared = append(shared, uint64(len(all)-(i-from))<<32|uint64(rows[from]))
	}
	slices.Sort(shared)
	s.left = compared
	s.look(part, func(yield func(uint32) bool) {
		for _, one := range shared {
			if !yield(uint32(one)) {
				return
			}
		}
	}, false, fit)
}

// matcher compares names with one.
type matcher struct {
	whole, core []rune
	counts      []rune // what counts in it
	a, b, c, d  []rune // scratch
	row         [2][]int
}

// compare says how alike a name is: by the slips between the whole names, by their words, and by the pairs of characters that are
// common to what is left without fillers and legal form.
func (m *matcher) compare(name []rune) (find, bool) {
	f := find{score: 0, why: Similar}
	better := func(score int, why Reason) {
		if score > f.score {
			f.score, f.why = score, why
		}
	}
	if slip, ok := slipped(m.whole, name); ok {
		if slip.counts() {
			return find{score: worthNumber, why: Number}, true
		}
		better(90, Typo)
	}
	m.a, m.b = bare(m.whole, m.a[:0]), bare(name, m.b[:0])
	switch {
	case len(m.a) <= longest && slices.Equal(m.a, m.b):
		better(95, Words)
	case len(m.a) >= 4 && len(m.a) <= 64 && len(m.a) == len(m.b) && tiled(m.a, m.b):
		better(85, Words)
	case within(m.whole, name) >= 0 || within(name, m.whole) >= 0:
		better(40+45*min(len(name), len(m.whole))/max(len(name), len(m.whole)), Part)
	}
	m.c = core(name, m.c[:0])
	other := m.c
	if slices.Equal(other, m.core) {
		better(80, Similar)
	}
	if slips := m.slips(m.core, other); slips <= 3 && 3*slips <= len(m.core) {
		better(90-10*slips, Typo)
	}
	better(80*common(m.core, other)/100, Similar)
	if m.d = numbers(name, m.d[:0]); !slices.Equal(m.counts, m.d) {
		f.score = min(f.score, worthNumber)
	}
	return f, f.score >= worthCandidate
}

// core appends a folded name without fillers and without the legal form at its end to buf.
func core(name, buf []rune) []rune {
	buf = bare(name, buf)
	for _, form := range forms {
		if n := len(buf) - len(form); n > 0 && slices.Equal(buf[n:], form) {
			return buf[:n]
		}
	}
	return buf
}

// numbers appends the characters of a name that count to buf, in order; not 东, 南, 西, 北, which names bear for their sound.
func numbers(name, buf []rune) []rune {
	for _, r := range name {
		if isNumber(r) && !strings.ContainsRune("东南西北", r) {
			buf = append(buf, r)
		}
	}
	return buf
}

// common returns how many of a hundred pairs of characters two texts have in common.
func common(a, b []rune) int {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	n := 0
	for i := range len(a) - 1 {
		if within(a[i:i+2], b) >= 0 {
			n++
		}
	}
	return min(100, 200*n/(len(a)+len(b)-2))
}

// slips returns the edit distance of two texts.
func (m *matcher) slips(a, b []rune) int {
	if d := len(a) - len(b); d > 3 || d < -3 {
		return max(d, -d)
	}
	above, row := m.row[0][:0], m.row[1][:0]
	for j := range len(b) + 1 {
		above = append(above, j)
	}
	for i, r := range a {
		row = append(row[:0], i+1)
		for j, c := range b {
			change := above[j]
			if r != c {
				change++
			}
			row = append(row, min(change, above[j+1]+1, row[j]+1))
		}
		above, row = row, above
	}
	m.row = [2][]int{above, row}
	return above[len(b)]
}
