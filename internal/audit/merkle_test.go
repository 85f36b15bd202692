package audit

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func leafHashes(n int) []tlog.Hash {
	hashes := make([]tlog.Hash, n)
	for i := range hashes {
		hashes[i] = tlog.RecordHash(binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	return hashes
}

// storage is tlog's own way to keep a tree, which ours is held against.
type storage []tlog.Hash

func (s *storage) add(n int64, h tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(n, h, *s)
	*s = append(*s, more...)
	return err
}

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = s[index]
	}
	return out, nil
}

func TestBlockTreeIsTheTreeOfRFC6962(t *testing.T) {
	var kept storage
	for n := 1; n <= 520; n++ {
		hashes := leafHashes(n)
		if err := kept.add(int64(n-1), hashes[n-1]); err != nil {
			t.Fatal(err)
		}
		tree := newBlockTree(hashes)
		want, err := tlog.TreeHash(int64(n), kept)
		if err != nil || tree.root() != want {
			t.Fatalf("root of %d: %v, want %v (%v)", n, tree.root(), want, err)
		}
		for i := range n {
			if n > 40 && i%37 != 0 && i != n-1 {
				continue
			}
			want, err := tlog.ProveRecord(int64(n), int64(i), kept)
			if err != nil || !slices.Equal(tree.path(i), want) {
				t.Fatalf("path of %d in %d: %v, want %v (%v)", i, n, tree.path(i), want, err)
			}
		}
	}
}

func TestTilesAreThoseOfTlogWhateverTheStrides(t *testing.T) {
	hashes := leafHashes(70_000) // two full levels and a third begun
	var kept storage
	for n, h := range hashes {
		if err := kept.add(int64(n), h); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 3000).Draw(t, "size")
		if rapid.IntRange(0, 9).Draw(t, "large") == 0 {
			size = rapid.IntRange(65_000, 70_000).Draw(t, "size")
		}
		tree := emptyTree()
		for _, h := range hashes[:size] {
			tree.push(0, h)
		}
		want, err := tlog.TreeHash(int64(size), kept)
		got, gotErr := tree.root()
		if err != nil || gotErr != nil || got != want {
			t.Fatalf("root of %d: %v, want %v (%v, %v)", size, got, want, gotErr, err)
		}
		tiles := tlog.NewTiles(tileHeight, 0, int64(size))
		seen := map[tileAt]bool{}
		for _, tile := range slices.Backward(tiles) { // the widest of each place is the last
			at := tileAt{tile.L, tile.N}
			if seen[at] {
				continue
			}
			seen[at] = true
			want, err := tlog.ReadTileData(tile, kept)
			if err != nil || !bytes.Equal(tree.changed[at], want) {
				t.Fatalf("tile %v of %d differs (%v)", tile, size, err)
			}
		}
		if len(seen) != len(tree.changed) {
			t.Fatalf("%d tiles, want %d", len(tree.changed), len(seen))
		}
	})
}

func TestHeadHasOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Head{Commitment: Commitment([]byte("salt"), []byte(rapid.String().Draw(t, "body"))), V: 1,
			ID: rapid.StringMatching(`[0-9a-f]{20}`).Draw(t, "id"), Kind: rapid.StringMatching(`[a-z][a-z0-9._-]{0,30}`).Draw(t, "kind")}
		if rapid.Bool().Draw(t, "block") {
			h.N, h.Root = rapid.IntRange(1, 1000).Draw(t, "n"), tlog.RecordHash(nil).String()
		}
		raw := h.bytes()
		got, err := ParseHead(raw)
		if err != nil || got != h {
			t.Fatalf("%s: %+v, %v", raw, got, err)
		}
		at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
		raw[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		if other, err := ParseHead(raw); err == nil && (other == h || !bytes.Equal(other.bytes(), raw)) {
			t.Fatalf("%s was read as %+v", raw, other)
		}
	})
}
