package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// blockTree is the whole Merkle tree over the items of a block: level 0 are their hashes, the last level is the root.
// An odd hash goes up unchanged, which gives the tree of RFC 6962.
type blockTree [][]tlog.Hash

func newBlockTree(leaves []tlog.Hash) blockTree {
	t := blockTree{leaves}
	for len(leaves) > 1 {
		up := make([]tlog.Hash, 0, (len(leaves)+1)/2)
		for i := 0; i+1 < len(leaves); i += 2 {
			up = append(up, tlog.NodeHash(leaves[i], leaves[i+1]))
		}
		if len(leaves)%2 == 1 {
			up = append(up, leaves[len(leaves)-1])
		}
		t, leaves = append(t, up), up
	}
	return t
}

func (t blockTree) root() tlog.Hash { return t[len(t)-1][0] }

// path returns the audit path of leaf i, as [tlog.CheckRecord] wants it.
func (t blockTree) path(i int) []tlog.Hash {
	path := make([]tlog.Hash, 0, len(t))
	for _, level := range t[:len(t)-1] {
		if i^1 < len(level) {
			path = append(path, level[i^1])
		}
		i /= 2
	}
	return path
}

// join writes hashes one after another.
func join(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// split is the inverse of join.
func split(b []byte) ([]tlog.Hash, error) {
	if len(b)%tlog.HashSize != 0 {
		return nil, fmt.Errorf("audit: %d bytes are not a list of hashes", len(b))
	}
	hashes := make([]tlog.Hash, len(b)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], b[i*tlog.HashSize:])
	}
	return hashes, nil
}

// tiles have 256 hashes: c2sp.org/tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tileAt names a tile.
type tileAt struct {
	level int
	n     int64
}

// tree is the growing edge of the log's tree: of each level the last tile, as far as it is filled. Appending to it
// changes only these and new ones, so a log of any length is extended from a few rows.
type tree struct {
	size    int64
	edge    [][]byte          // by level: the last, partial tile
	changed map[tileAt][]byte // tiles written since the tree was loaded
}

// push appends a hash to a level; a tile that is full puts its own root on the next level.
func (t *tree) push(level int, h tlog.Hash) {
	if level == 0 {
		t.size++
	}
	for len(t.edge) <= level {
		t.edge = append(t.edge, nil)
	}
	data := append(t.edge[level], h[:]...)
	place := t.size>>(tileHeight*level) - 1 // of h on its level
	t.changed[tileAt{level, place / tileWidth}] = data
	t.edge[level] = data
	if len(data) == tileWidth*tlog.HashSize {
		t.edge[level] = nil
		hashes, _ := split(data)
		t.push(level+1, newBlockTree(hashes).root())
	}
}

// root returns the root of the tree. All that it needs lies in the edge.
func (t *tree) root() (tlog.Hash, error) {
	return tlog.TreeHash(t.size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			at := tlog.TileForIndex(tileHeight, index)
			if at.L >= len(t.edge) {
				return nil, fmt.Errorf("audit: level %d of the tree is not there", at.L)
			}
			data := t.edge[at.L]
			at.W = len(data) / tlog.HashSize
			h, err := tlog.HashFromTile(at, data, index)
			if err != nil {
				return nil, fmt.Errorf("audit: root: %w", err)
			}
			hashes[i] = h
		}
		return hashes, nil
	}))
}

// places lists the changed tiles in order.
func (t *tree) places() []tileAt {
	return slices.SortedFunc(maps.Keys(t.changed), func(a, b tileAt) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.n, b.n))
	})
}

// emptyTree is the tree before its first leaf.
func emptyTree() *tree { return &tree{changed: map[tileAt][]byte{}} }
