package catalog

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"crypto/sha256"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// AddedLeaf is the leaf of a standard that was added or of its next version.
const AddedLeaf = "catalog.standard_added"

// made keeps the kinds of added standards by the hash of their bytes, so that what was read once is not made ready again. A
// hash says the same in every database.
var made sync.Map

// Add stores a standard beside the shipped ones, or its next version, with a leaf. Whether by may do so is the caller's to
// ask. A shipped kind cannot be replaced, and what tells one fact from another stays the same for good: with another source
// key every record there is would be counted as another.
func Add(ctx context.Context, q db.Q, by credit.Actor, at time.Time, std Standard) (Kind, error) {
	if found := std.Validate(); len(found) > 0 {
		return Kind{}, fault.New(fault.Invalid, found[0].Code, found[0].Args...)
	}
	if _, err := Of(std.Name); err == nil {
		return Kind{}, fault.New(fault.Conflict, "catalog.list_shipped", std.Name)
	}
	if len(std.Roles.Key) == 0 {
		return Kind{}, fault.New(fault.Invalid, "catalog.list_no_key")
	}
	set, err := Load(ctx, q)
	if err != nil {
		return Kind{}, err
	}
	version := 1
	if had, err := set.Of(std.Name); err == nil {
		if !slices.Equal(had.Roles.Key, std.Roles.Key) {
			return Kind{}, fault.New(fault.Conflict, "catalog.list_key_changed", std.Name)
		}
		version = had.version + 1
	}
	raw, err := std.Bytes()
	if err != nil {
		return Kind{}, err
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	leaf, err := audit.Add(ctx, q, by, at, AddedLeaf, "standard "+std.Name, map[string]any{"kind": std.Name, "version": version, "sha256": hash,
		"title": std.Title})
	if err != nil {
		return Kind{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO catalog_standard (kind, version, body, hash, added_by, added_at, leaf)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, std.Name, version, raw, hash, by.Who(), db.Time{Time: at}, leaf)
	if err != nil {
		return Kind{}, fmt.Errorf("catalog: add %s: %w", std.Name, err)
	}
	return added(hash, version, raw)
}

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
