package names

import (
	"encoding/binary"
	"iter"
	"math"
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
	var last, size []uint32
	var scratch [binary.MaxVarintLen32]byte
	row := uint32(0)
	measure := func(key uint32) {
		i, added := l.keys.add(key)
		if added {
			last, size, l.count = append(last, 0), append(size, 0), append(l.count, 0)
		}
		if last[i] != row+1 {
			size[i] += uint32(binary.PutUvarint(scratch[:], uint64(row+1-last[i])))
			last[i] = row + 1
			l.count[i]++
		}
	}
	for row = range uint32(n) {
		tokens(row, measure)
	}
	l.start, l.jump = make([]uint32, len(last)+1), make([]uint32, len(last)+1)
	for i := range last {
		l.start[i+1] = l.start[i] + size[i]
		l.jump[i+1] = l.jump[i] + (l.count[i]-1)/stride
	}
	l.data, l.jumps = make([]byte, l.start[len(last)]), make([]jump, l.jump[len(last)])
	clear(last)
	at, nth := size, make([]uint32, len(last)) // size is not needed any more
	copy(at, l.start)
	write := func(key uint32) {
		i, _ := l.keys.find(key)
		if last[i] == row+1 {
			return
		}
		at[i] += uint32(binary.PutUvarint(l.data[at[i]:l.start[i+1]:l.start[i+1]], uint64(row+1-last[i])))
		last[i] = row + 1
		if nth[i] > 0 && nth[i]%stride == 0 {
			l.jumps[l.jump[i]+nth[i]/stride-1] = jump{row + 1, at[i] - l.start[i]}
		}
		nth[i]++
	}
	for row = range uint32(n) {
		tokens(row, write)
	}
	return l
}

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
