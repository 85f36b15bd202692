package names

import (
	"testing"
)

func TestListsAreReadFromTheirMiddle(t *testing.T) {
	const n = 5000
	l := pack(n, func(row uint32, emit func(uint32)) {
		emit(7)
		if row%3 == 0 {
			emit(8)
			emit(8)
		}
		if row == 4000 {
			emit(9)
		}
	})
	for key, every := range map[uint32]uint32{7: 1, 8: 3} {
		for _, window := range [][2]uint32{{0, n}, {0, 0}, {1, 2}, {127, 129}, {128, 128}, {129, 400}, {383, 385}, {384, 387}, {4990, n + 50}, {n, n + 1}} {
			want := window[0]
			if want%every != 0 {
				want += every - want%every
			}
			for row := range l.of(key).rows(window[0], window[1]) {
				if row != want {
					t.Fatalf("list %d from %d: %d, want %d", key, window[0], row, want)
				}
				want += every
			}
			if end := min(window[1], n); want < end {
				t.Errorf("list %d ends at %d, want %d", key, want, end)
			}
		}
	}
	rows := l.of(8).keep([]uint32{0, 1, 2, 3, 600, 601, 4998, 4999})
	if len(rows) != 4 || rows[3] != 4998 {
		t.Errorf("kept %v", rows)
	}
	if l.of(9).count != 1 || l.of(8).count != (n+2)/3 || l.of(10).count != 0 {
		t.Error("wrong counts")
	}
}
