package org

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// The kinds of leaves about keys; the subject is the department.
const (
	LeafKeyMade    = "org.key_made"
	LeafKeyRevoked = "org.key_revoked"
)

// Key is a key with which a department's system acts. Its secret is shown once and never kept.
type Key struct {
	ID         string
	Department string
	Label      string   // what it is for
	Acts       []Act    // what it may do, at most what keys may do at all
	Kinds      []string // of which kinds it may send records; empty is all
	Created    time.Time
	CreatedBy  string // id of the person
	Revoked    time.Time
	Used       time.Time // to the minute
}

// keyPrefix begins every key, so that a leaked one is recognised.
const keyPrefix = "zx_"

// KeyActs returns what a key can be given, in the order of [Acts].
func KeyActs() []Act {
	return slices.DeleteFunc(slices.Clone(Acts), func(a Act) bool { return keyRights[a] == nothing })
}

type keyBody struct {
	Key   string   `json:"key"`
	Label string   `json:"label"`
	Acts  []Act    `json:"acts,omitempty"`
	Kinds []string `json:"kinds,omitempty"`
}

// NewKey makes a key for k's department, label and acts. The secret, "zx_<id>_<secret>", is returned this once.
func NewKey(ctx context.Context, q db.Q, by Actor, at time.Time, k Key) (secret string, made Key, err error) {
	k.Label = strings.TrimSpace(k.Label)
	if k.Label == "" || len(k.Acts) == 0 {
		return "", Key{}, fault.New(fault.Invalid, "org.key_needs")
	}
	acts := slices.Clone(k.Acts)
	slices.Sort(acts)
	k.Acts = slices.Compact(acts)
	for _, a := range k.Acts {
		if keyRights[a] == nothing {
			return "", Key{}, fault.New(fault.Invalid, "org.not_for_keys", a.Title())
		}
	}
	kinds := slices.Clone(k.Kinds)
	slices.Sort(kinds)
	k.Kinds = slices.Compact(kinds)
	for _, kind := range k.Kinds {
		if kind == "" || strings.ContainsFunc(kind, unicode.IsSpace) {
			return "", Key{}, fault.New(fault.Invalid, "org.bad_key_kind", kind)
		}
	}
	if len(k.Kinds) > 0 && !slices.Contains(k.Acts, BatchSubmit) {
		return "", Key{}, fault.New(fault.Invalid, "org.kinds_without_sending")
	}
	if _, err := DepartmentOn(ctx, q, k.Department, credit.DateOf(at)); err != nil {
		return "", Key{}, err
	}
	k.ID, k.Created, k.CreatedBy, k.Revoked, k.Used = q.ID(at), at, by.Who(), time.Time{}, time.Time{}
	random := hex.EncodeToString(append(q.Salt(), q.Salt()...))
	_, err = q.ExecContext(ctx, `INSERT INTO org_key (id, department, label, acts, kinds, secret, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, k.ID, k.Department, k.Label, joinActs(k.Acts), strings.Join(k.Kinds, " "), hashSecret(random), db.Time{Time: at}, k.CreatedBy)
	if err != nil {
		return "", Key{}, fmt.Errorf("org: make key: %w", err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafKeyMade, k.Department, keyBody{k.ID, k.Label, k.Acts, k.Kinds})
	return keyPrefix + k.ID + "_" + random, k, err
}

func joinActs(acts []Act) string {
	words := make([]string, len(acts))
	for i, a := range acts {
		words[i] = string(a)
	}
	return strings.Join(words, " ")
}

func hashSecret(random string) string {
	sum := sha256.Sum256([]byte(random))
	return hex.EncodeToString(sum[:])
}

// KeyActor returns the actor that a key names, and notes its use, at most once a minute. A key that is unknown, wrong or
// revoked is fault org.bad_key, whichever it is.
func KeyActor(ctx context.Context, q db.Q, at time.Time, secret string) (Actor, error) {
	a, used, err := ReadKey(ctx, q, secret)
	if err != nil || at.Sub(used) < time.Minute {
		return a, err
	}
	if _, err := q.ExecContext(ctx, `UPDATE org_key SET used_at = $2 WHERE id = $1`, a.Key, db.Time{Time: at}); err != nil {
		return Actor{}, fmt.Errorf("org: note use of key: %w", err)
	}
	return a, nil
}

// ReadKey is [KeyActor] without a word to the database: for those who look often. used is when a use was last noted.
func ReadKey(ctx context.Context, q db.Q, secret string) (a Actor, used time.Time, err error) {
	no := fault.New(fault.Unauthenticated, "org.bad_key")
	rest, ok := strings.CutPrefix(secret, keyPrefix)
	id, random, ok2 := strings.Cut(rest, "_")
	if !ok || !ok2 || len(secret) > 200 {
		return Actor{}, used, no
	}
	var acts, kinds, want string
	var revoked, noted db.Time
	a = Actor{Key: id}
	err = q.QueryRowContext(ctx, `SELECT k.department, k.label, k.acts, k.kinds, k.secret, k.revoked_at, k.used_at, d.division
		FROM org_key k JOIN org_department d ON d.code = k.department WHERE k.id = $1`, id).
		Scan(&a.Department, &a.Name, &acts, &kinds, &want, &revoked, &noted, &a.Division)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Actor{}, used, fmt.Errorf("org: read key: %w", err)
	}
	same := subtle.ConstantTimeCompare([]byte(hashSecret(random)), []byte(want)) == 1
	if err != nil || !same || !revoked.IsZero() {
		return Actor{}, used, no
	}
	a.Role = credit.Role(keyRole + acts)
	for _, kind := range strings.Fields(kinds) {
		a.Role += credit.Role(" " + keyKind + kind)
	}
	return a, noted.Time, nil
}

// RevokeKey ends a key at once.
func RevokeKey(ctx context.Context, q db.Q, by Actor, at time.Time, id string) error {
	var department, label string
	err := q.QueryRowContext(ctx, `UPDATE org_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING department, label`,
		id, db.Time{Time: at}).Scan(&department, &label)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "org.no_key")
	}
	if err != nil {
		return fmt.Errorf("org: revoke key: %w", err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafKeyRevoked, department, keyBody{Key: id, Label: label})
	return err
}

// Keys returns the keys of the departments in scope, revoked ones too, in order of department and age.
func Keys(ctx context.Context, q db.Q, scope Scope) (out []Key, err error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT id, department, label, acts, kinds, created_at, created_by, revoked_at, used_at FROM org_key
		WHERE `+scope.Where(&args, "department", "")+` ORDER BY department, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("org: read keys: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k Key
		var acts, kinds string
		var created, revoked, used db.Time
		if err := rows.Scan(&k.ID, &k.Department, &k.Label, &acts, &kinds, &created, &k.CreatedBy, &revoked, &used); err != nil {
			return nil, fmt.Errorf("org: read keys: %w", err)
		}
		for _, a := range strings.Fields(acts) {
			k.Acts = append(k.Acts, Act(a))
		}
		k.Kinds = strings.Fields(kinds)
		k.Created, k.Revoked, k.Used = created.Time, revoked.Time, used.Time
		out = append(out, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read keys: %w", err)
	}
	return out, nil
}
