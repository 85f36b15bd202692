package names

import (
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// lists are ascending lists of rows by key, packed: each row as its distance to the one before it, mostly one byte. Every so many
// rows there is a place to jump to, so that a list can be entered in its middle.
type lists struct {
	keys  keys
	start []uint32 // where in data each list begins, and the end of the last
	count []uint32 // how many rows each list has
	jump  []uint32 // where in jumps those of each list begin, and the end of the last
	data  []byte
	jumps []jump
}

// stride is how many rows lie between two jumps.
const stride = 128

// jump is a place in a list: its row, plus one, and where in the list the distance after it stands.
type jump struct{ row, at uint32 }

// pack makes lists of the rows from 0 to n. tokens gives the keys of a row; one that comes twice counts once. No key is 0.
func pack(n int, tokens func(row uint32, emit func(key uint32))) lists {
	var l lists
	l.keys.grow()
	var last, size []uint32 // of each list: its last row, plus one, and its bytes
	seen := make([]uint32, 0, 14*n)
	row, fresh := uint32(0), uint32(0)
	measure := func(key uint32) {
		i, added := l.keys.add(key)
		if added {
			last, size, l.count = append(last, 0), append(size, 0), append(l.count, 0)
		}
		if last[i] == row+1 {
			return
		}
		seen, fresh = append(seen, i|fresh), 0
		size[i] += bytes(row + 1 - last[i])
		last[i] = row + 1
		l.count[i]++
	}
	rows := make([]uint32, 0, n) // those that have keys
	for row = range uint32(n) {
		fresh = nextRow
		if tokens(row, measure); fresh == 0 {
			rows = append(rows, row)
		}
	}
	l.start, l.jump = make([]uint32, len(last)+1), make([]uint32, len(last)+1)
	for i := range last {
		l.start[i+1] = l.start[i] + size[i]
		l.jump[i+1] = l.jump[i] + (l.count[i]-1)/stride
	}
	l.write(seen, rows, last, size)
	l.count, l.keys.list = slices.Clip(l.count), slices.Clip(l.keys.list)
	return l
}

// nextRow marks the first list that a row is in.
const nextRow = 1 << 31

// write fills the lists: seen are the lists of one row after the other. last and size are used as scratch.
func (l *lists) write(seen, rows, last, at []uint32) {
	l.data, l.jumps = make([]byte, l.start[len(last)]), make([]jump, l.jump[len(last)])
	clear(last)
	copy(at, l.start)
	nth, n, row := make([]uint32, len(last)), -1, uint32(0)
	for _, i := range seen {
		if i&nextRow != 0 {
			n++
			row, i = rows[n], i&^nextRow
		}
		step := row + 1 - last[i]
		for ; step >= 0x80; step >>= 7 {
			l.data[at[i]] = byte(step) | 0x80
			at[i]++
		}
		l.data[at[i]] = byte(step)
		at[i]++
		last[i] = row + 1
		if nth[i] > 0 && nth[i]%stride == 0 {
			l.jumps[l.jump[i]+nth[i]/stride-1] = jump{row + 1, at[i] - l.start[i]}
		}
		nth[i]++
	}
}

// bytes says how many bytes a distance takes.
func bytes(step uint32) uint32 { return (uint32(bits.Len32(step)) + 6) / 7 }

// list is one of the lists.
type list struct {
	count int
	data  []byte
	jumps []jump
}

// of returns the list of a key, an empty one where there is none.
func (l *lists) of(key uint32) list {
	i, ok := l.keys.find(key)
	if !ok {
		return list{}
	}
	return list{int(l.count[i]), l.data[l.start[i]:l.start[i+1]], l.jumps[l.jump[i]:l.jump[i+1]]}
}

// rows gives the rows of the list from first to before end.
func (l list) rows(first, end uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		row, at := uint32(0), 0
		if n := sort.Search(len(l.jumps), func(i int) bool { return l.jumps[i].row > first+1 }); n > 0 {
			row, at = l.jumps[n-1].row, int(l.jumps[n-1].at)
			if row == first+1 && row <= end && !yield(row-1) {
				return
			}
		}
		for at < len(l.data) {
			step, n := uint32(l.data[at]), 1
			if step >= 0x80 {
				long, m := binary.Uvarint(l.data[at:])
				step, n = uint32(long), m
			}
			row, at = row+step, at+n
			if row > end || row > first && !yield(row-1) {
				return
			}
		}
	}
}

// all gives all rows of the list.
func (l list) all() iter.Seq[uint32] { return l.rows(0, math.MaxUint32) }

// keep returns those of the ascending rows that are in the list, in their place.
func (l list) keep(rows []uint32) []uint32 {
	if len(rows) == 0 {
		return rows
	}
	n, i := 0, 0
	for row := range l.rows(rows[0], rows[len(rows)-1]+1) {
		for i < len(rows) && rows[i] < row {
			i++
		}
		if i == len(rows) {
			break
		}
		if rows[i] == row {
			rows[n] = row
			n++
		}
	}
	return rows[:n]
}

// keys numbers keys in the order in which they come.
type keys struct {
	slots []uint32 // number+1 of the key
	list  []uint32
}

func (k *keys) find(key uint32) (n uint32, ok bool) {
	for i := k.home(key); ; i = (i + 1) & (len(k.slots) - 1) {
		switch n := k.slots[i]; {
		case n == 0:
			return 0, false
		case k.list[n-1] == key:
			return n - 1, true
		}
	}
}

func (k *keys) add(key uint32) (n uint32, added bool) {
	if n, ok := k.find(key); ok {
		return n, false
	}
	if 4*len(k.list) >= 3*len(k.slots) {
		k.grow()
	}
	k.list = append(k.list, key)
	k.place(uint32(len(k.list)))
	return uint32(len(k.list)) - 1, true
}

func (k *keys) place(n uint32) {
	i := k.home(k.list[n-1])
	for k.slots[i] != 0 {
		i = (i + 1) & (len(k.slots) - 1)
	}
	k.slots[i] = n
}

func (k *keys) grow() {
	k.slots = make([]uint32, max(8, 2*len(k.slots))) // a power of two
	for n := range k.list {
		k.place(uint32(n) + 1)
	}
}

func (k *keys) home(key uint32) int {
	return int(uint64(key)*0x9e3779b97f4a7c15>>32) & (len(k.slots) - 1)
}
