package names

import "math/bits"

// table finds rows by what they say. It keeps row numbers only, so whoever asks compares what a row says with what is looked for.
// Rows that say the same are chained, because some names are borne by thousands.
type table struct {
	slots []uint32          // row+1 of the first of those that say the same, 0 is free
	twins map[uint32]uint32 // a row to the next one that says the same
}

// newTable returns a table of the rows from 0 to n; hash and same are about what they say.
func newTable(n int, hash func(row uint32) uint64, same func(a, b uint32) bool) table {
	t := table{slots: make([]uint32, n+n/2+1), twins: map[uint32]uint32{}}
	hashes := make([]uint64, n)
	for row := range hashes {
		hashes[row] = hash(uint32(row))
	}
	for row := n - 1; row >= 0; row-- { // from the last, so that each chain begins with the first
		i := t.home(hashes[row])
		for ; t.slots[i] != 0; i = t.after(i) {
			if next := t.slots[i] - 1; hashes[row] == hashes[next] && same(uint32(row), next) {
				t.twins[uint32(row)] = next
				break
			}
		}
		t.slots[i] = uint32(row) + 1
	}
	return t
}

// find returns the first row with this hash that fits.
func (t table) find(hash uint64, fits func(row uint32) bool) (row uint32, ok bool) {
	for i := t.home(hash); t.slots[i] != 0; i = t.after(i) {
		if row := t.slots[i] - 1; fits(row) {
			return row, true
		}
	}
	return 0, false
}

func (t table) home(hash uint64) int {
	at, _ := bits.Mul64(hash, uint64(len(t.slots)))
	return int(at)
}

func (t table) after(i int) int {
	if i++; i < len(t.slots) {
		return i
	}
	return 0
}

// hashOf is FNV-1a, its bits then mixed, because table.home looks at the upper ones.
func hashOf[T byte | rune](s []T) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range s {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}
