package audit

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

func readTile(ctx context.Context, q db.Q, at tileAt) ([]byte, error) {
	var data []byte
	err := q.QueryRowContext(ctx, `SELECT hashes FROM audit_tile WHERE level = $1 AND n = $2`, at.level, at.n).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "audit.no_tile")
	}
	if err != nil {
		return nil, fmt.Errorf("audit: tile %d/%d: %w", at.level, at.n, err)
	}
	return data, nil
}

// hashReader reads the tree's hashes from the tiles, each of them once.
func hashReader(ctx context.Context, q db.Q) tlog.HashReader {
	seen := map[tileAt][]byte{}
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			t := tlog.TileForIndex(tileHeight, index)
			at := tileAt{t.L, t.N}
			data, ok := seen[at]
			if !ok {
				var err error
				if data, err = readTile(ctx, q, at); err != nil {
					return nil, err
				}
				seen[at] = data
			}
			t.W = len(data) / tlog.HashSize
			h, err := tlog.HashFromTile(t, data, index)
			if err != nil {
				return nil, fmt.Errorf("audit: tile %d/%d: %w", at.level, at.n, err)
			}
			hashes[i] = h
		}
		return hashes, nil
	})
}

// Checkpoint returns the signed checkpoint of the log at size, or the latest one for size 0.
func Checkpoint(ctx context.Context, q db.Q, size int64) ([]byte, error) {
	var msg []byte
	err := q.QueryRowContext(ctx, `SELECT note FROM audit_checkpoint WHERE size = $1
		OR $1 = 0 AND size = (SELECT max(size) FROM audit_checkpoint)`, size).Scan(&msg)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "audit.no_checkpoint")
	}
	if err != nil {
		return nil, fmt.Errorf("audit: checkpoint: %w", err)
	}
	return msg, nil
}

// Verifier returns the public key that the log's checkpoints are signed with, "" before the first one.
func Verifier(ctx context.Context, q db.Q) (string, error) {
	l, err := readLog(ctx, q)
	return l.vkey, err
}

// Tile returns what c2sp.org/tlog-tiles serves under path: "tile/<L>/<N>[.p/<W>]", hashes, or
// "tile/entries/<N>[.p/<W>]", the heads of 256 leaves, each after its length in two bytes.
func Tile(ctx context.Context, q db.Q, path string) ([]byte, error) {
	none := fault.New(fault.NotFound, "audit.no_tile")
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || strings.HasPrefix(rest, "data/") {
		return nil, none
	}
	if n, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + n
	}
	t, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil {
		return nil, none
	}
	if t.L < 0 {
		return entries(ctx, q, t)
	}
	data, err := readTile(ctx, q, tileAt{t.L, t.N})
	if err != nil {
		return nil, err
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, none
	}
	return data[:t.W*tlog.HashSize], nil
}

func entries(ctx context.Context, q db.Q, t tlog.Tile) ([]byte, error) {
	from := t.N * tileWidth
	var out []byte
	n := 0
	err := eachHead(ctx, q, from, from+int64(t.W), func(head []byte) error {
		n++
		out = binary.BigEndian.AppendUint16(out, uint16(len(head)))
		out = append(out, head...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n != t.W {
		return nil, fault.New(fault.NotFound, "audit.no_tile")
	}
	return out, nil
}

// eachHead calls f with the heads of the leaves [from, to), in order.
func eachHead(ctx context.Context, q db.Q, from, to int64, f func(head []byte) error) error {
	rows, err := q.QueryContext(ctx, `SELECT head FROM audit_leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, to)
	if err != nil {
		return fmt.Errorf("audit: heads: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var head sql.RawBytes
		if err := rows.Scan(&head); err != nil {
			return fmt.Errorf("audit: heads: %w", err)
		}
		if err := f(head); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("audit: heads: %w", err)
	}
	return nil
}

// Inclusion proves that a leaf stands in the log: canon writes it as the file that is handed out.
type Inclusion struct {
	Checkpoint string          `json:"checkpoint"` // the signed note
	Head       json.RawMessage `json:"head"`
	Kind       string          `json:"kind"` // "leaf"
	Path       []tlog.Hash     `json:"path"`
	Seq        int64           `json:"seq"`
	V          int             `json:"v"`
	VKey       string          `json:"vkey"`
}

// Proof returns the proof that a leaf stands in the log, up to the latest checkpoint.
func Proof(ctx context.Context, q db.Q, leaf string) (Inclusion, error) {
	var head []byte
	var seq sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT head, seq FROM audit_leaf WHERE id = $1`, leaf).Scan(&head, &seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Inclusion{}, fault.New(fault.NotFound, "audit.no_leaf", leaf)
	case err != nil:
		return Inclusion{}, fmt.Errorf("audit: proof of %s: %w", leaf, err)
	case !seq.Valid:
		return Inclusion{}, fault.New(fault.Unavailable, "audit.not_numbered", leaf)
	}
	l, err := readLog(ctx, q)
	if err != nil {
		return Inclusion{}, err
	}
	path, err := tlog.ProveRecord(l.size, seq.Int64, hashReader(ctx, q))
	if err != nil {
		return Inclusion{}, fmt.Errorf("audit: proof of %s: %w", leaf, err)
	}
	msg, err := Checkpoint(ctx, q, l.size)
	if err != nil {
		return Inclusion{}, err
	}
	return Inclusion{Checkpoint: string(msg), Head: head, Kind: "leaf", Path: notNil(path), Seq: seq.Int64, V: 1, VKey: l.vkey}, nil
}

// notNil keeps an empty path from being written as null.
func notNil(path []tlog.Hash) []tlog.Hash {
	if path == nil {
		return []tlog.Hash{}
	}
	return path
}

// VerifyInclusion checks a proof offline. trusted is the log's verifier key as the reader knows it; "" takes the proof's
// own word for it.
func VerifyInclusion(p Inclusion, trusted string) (Head, error) {
	if trusted != "" && p.VKey != trusted {
		return Head{}, fault.New(fault.Invalid, "audit.untrusted_key")
	}
	size, root, err := openCheckpoint([]byte(p.Checkpoint), p.VKey)
	if err != nil {
		return Head{}, err
	}
	head, err := ParseHead(p.Head)
	if err != nil {
		return Head{}, err
	}
	if p.V != 1 || p.Kind != "leaf" || p.Seq < 0 || p.Seq >= size ||
		tlog.CheckRecord(p.Path, size, root, p.Seq, tlog.RecordHash(p.Head)) != nil {
		return Head{}, fault.New(fault.Invalid, "audit.bad_path")
	}
	return head, nil
}

// Root returns the log's root at a size it has had.
func Root(ctx context.Context, q db.Q, size int64) (tlog.Hash, error) {
	root, err := tlog.TreeHash(size, hashReader(ctx, q))
	if err != nil {
		return root, fmt.Errorf("audit: root at %d: %w", size, err)
	}
	return root, nil
}

// ProveItem returns the path of one item to the root of its block. The note is empty where the block is not of receipts;
// origin and key are empty before the log's first checkpoint.
func ProveItem(ctx context.Context, q db.Q, leaf string, index int) (Sealed, error) {
	var note, raw []byte
	err := q.QueryRowContext(ctx, `SELECT note, hashes FROM audit_block WHERE leaf = $1`, leaf).Scan(&note, &raw)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Sealed{}, fmt.Errorf("audit: block %s: %w", leaf, err)
	}
	hashes, splitErr := split(raw)
	if splitErr != nil {
		return Sealed{}, splitErr
	}
	if err != nil || index < 0 || index >= len(hashes) {
		return Sealed{}, fault.New(fault.NotFound, "audit.no_item", index, leaf)
	}
	l, err := readLog(ctx, q)
	if err != nil {
		return Sealed{}, err
	}
	t := newBlockTree(hashes)
	origin, _, _ := strings.Cut(l.vkey, "+")
	s := Sealed{Origin: origin, VKey: l.vkey, Leaf: leaf, Index: index, Count: len(hashes), Root: t.root(), Path: t.path(index), Note: string(note)}
	return s, nil
}
