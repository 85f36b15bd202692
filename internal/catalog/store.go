package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"zhixin/internal/canon"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// made keeps the kinds of added standards by the hash of their bytes, so that what was read once is not made ready again. A
// hash says the same in every database.
var made sync.Map

// Load returns the standards that hold: the shipped ones, then those that were added in the newest version, by name.
func Load(ctx context.Context, q db.Q) (Set, error) {
	rows, err := q.QueryContext(ctx, `SELECT s.version, s.hash, s.body FROM catalog_standard s
		JOIN (SELECT kind, MAX(version) AS version FROM catalog_standard GROUP BY kind) m ON m.kind = s.kind AND m.version = s.version
		ORDER BY s.kind`)
	if err != nil {
		return Set{}, fmt.Errorf("catalog: load: %w", err)
	}
	defer func() { _ = rows.Close() }()
	set := Shipped()
	for rows.Next() {
		var version int
		var hash string
		var raw []byte
		if err := rows.Scan(&version, &hash, &raw); err != nil {
			return Set{}, fmt.Errorf("catalog: load: %w", err)
		}
		k, err := added(hash, version, raw)
		if err != nil {
			return Set{}, err
		}
		set.kinds = append(slices.Clip(set.kinds), k)
	}
	if err := rows.Err(); err != nil {
		return Set{}, fmt.Errorf("catalog: load: %w", err)
	}
	return set, nil
}

// Version returns a kind as it was in a version, 0 for a shipped one. A file is read to its end by the standard under which
// it was received.
func Version(ctx context.Context, q db.Q, name string, version int) (Kind, error) {
	if version == 0 {
		return Of(name)
	}
	var hash string
	var raw []byte
	err := q.QueryRowContext(ctx, `SELECT hash, body FROM catalog_standard WHERE kind = $1 AND version = $2`, name, version).Scan(&hash, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return Kind{}, fault.New(fault.NotFound, "catalog.unknown_kind", name, "")
	}
	if err != nil {
		return Kind{}, fmt.Errorf("catalog: %s version %d: %w", name, version, err)
	}
	return added(hash, version, raw)
}

// added makes a stored standard ready.
func added(hash string, version int, raw []byte) (Kind, error) {
	if k, ok := made.Load(hash); ok {
		return numbered(k.(Kind), version), nil
	}
	var s Standard
	if err := canon.Decode(raw, &s); err != nil {
		return Kind{}, fmt.Errorf("catalog: stored standard: %w", err)
	}
	k := ready(s)
	k.Added, k.hash = true, hash
	made.Store(hash, k)
	return numbered(k, version), nil
}

func numbered(k Kind, version int) Kind {
	k.version = version
	return k
}
