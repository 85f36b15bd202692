// Package audit keeps the log of all acts, in a way that anybody can prove.
//
// An act appends its leaf in its own transaction ([Add]); a leaf for many small things is a block ([AddBlock]). One
// [Sequencer] numbers what is committed, keeps the Merkle tree as tiles and signs checkpoints. A leaf has a public head,
// which the tree hashes, and a private body, which can be erased: the head only commits to it. The log is also the one
// ordered feed: [Follow]. Receipts of the gate are made durable in groups by [Grouper]. Everything that is published is
// checked offline by [VerifyReceipt], [VerifyLog] and [VerifyRemote].
package audit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Event is a leaf as the house itself reads it.
type Event struct {
	Seq     int64 // its place in the log; -1 while it has none
	Leaf    string
	Kind    string
	Subject string
	At      time.Time
	By      credit.Actor    // empty after an erasure
	Body    json.RawMessage // canonical; nil after an erasure, "null" where the act said nothing more
}

// Item is one small thing of a block: a row of a file, an answer of the gate. Its hash is tlog.RecordHash(Salt ‖ Body).
type Item struct {
	Salt []byte // 16 bytes
	Body []byte // canonical
}

func (i Item) hash() tlog.Hash {
	buf := make([]byte, 0, 768)
	return tlog.RecordHash(append(append(buf, i.Salt...), i.Body...))
}

// private is the erasable part of a leaf.
type private struct {
	At      string          `json:"at"`
	Body    json.RawMessage `json:"body"`
	By      credit.Actor    `json:"by"`
	Subject string          `json:"subject"`
}

const instant = "2006-01-02T15:04:05.000000Z"

// Add appends a leaf about subject in the caller's transaction and returns its id, which is greater than the id of every
// earlier leaf of the same subject: a removal is never numbered before its listing. subject is an opaque id, it stays
// when the body is erased; "" means that the order does not matter. kind is "package.what_happened"; body is any value
// that canon can write.
func Add(ctx context.Context, q db.Q, by credit.Actor, at time.Time, kind, subject string, body any) (leaf string, err error) {
	if leaf, err = nextID(ctx, q, at, subject); err != nil {
		return "", err
	}
	return leaf, insertLeaf(ctx, q, by, at, Head{ID: leaf, Kind: kind}, subject, body)
}

// AddBlock appends one leaf for many items: its head holds their number and the root of the tree over them, and their
// hashes are kept, so that each can be proven by itself ([ProveItem]).
func AddBlock(ctx context.Context, q db.Q, by credit.Actor, at time.Time, kind, subject string, items []Item, body any) (leaf string, err error) {
	if len(items) == 0 {
		return "", errors.New("audit: a block needs items")
	}
	if leaf, err = nextID(ctx, q, at, subject); err != nil {
		return "", err
	}
	hashes := make([]tlog.Hash, len(items))
	for i, item := range items {
		hashes[i] = item.hash()
	}
	head := Head{ID: leaf, Kind: kind, N: len(items), Root: newBlockTree(hashes).root().String()}
	if err := insertLeaf(ctx, q, by, at, head, subject, body); err != nil {
		return "", err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO audit_block (leaf, n, hashes) VALUES ($1, $2, $3)`, leaf, len(items), join(hashes))
	if err != nil {
		return "", fmt.Errorf("audit: keep block %s: %w", leaf, err)
	}
	return leaf, nil
}

// nextID makes the id of the next leaf of subject. It only writes: under PostgreSQL's serializable isolation a look at
// the subject's last leaf would make every two acts of the house conflict that touch one page of the index.
func nextID(ctx context.Context, q db.Q, at time.Time, subject string) (string, error) {
	id := q.ID(at)
	if subject == "" {
		return id, nil
	}
	var last string
	err := q.QueryRowContext(ctx, `INSERT INTO audit_subject (subject, leaf) VALUES ($1, $2)
		ON CONFLICT (subject) DO UPDATE SET leaf = excluded.leaf WHERE audit_subject.leaf < excluded.leaf
		RETURNING leaf`, subject, id).Scan(&last)
	switch {
	case err == nil:
		return id, nil
	case !errors.Is(err, sql.ErrNoRows):
		return "", fmt.Errorf("audit: next leaf of %s: %w", subject, err)
	}
	// Another machine's clock is ahead of ours.
	if err := q.QueryRowContext(ctx, `SELECT leaf FROM audit_subject WHERE subject = $1`, subject).Scan(&last); err != nil {
		return "", fmt.Errorf("audit: last leaf of %s: %w", subject, err)
	}
	id = q.IDAfter(at, last)
	if _, err := q.ExecContext(ctx, `UPDATE audit_subject SET leaf = $2 WHERE subject = $1`, subject, id); err != nil {
		return "", fmt.Errorf("audit: next leaf of %s: %w", subject, err)
	}
	return id, nil
}

func insertLeaf(ctx context.Context, q db.Q, by credit.Actor, at time.Time, head Head, subject string, body any) error {
	salt := q.Salt()
	text, err := commit(&head, by, at, subject, salt, body)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO audit_leaf (id, kind, subject, at, head, salt, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		head.ID, head.Kind, subject, db.Time{Time: at}, head.bytes(), salt, text)
	if err != nil {
		return fmt.Errorf("audit: add %s: %w", head.Kind, err)
	}
	return nil
}

// commit writes the private part of a leaf and puts the commitment to it into its head.
func commit(head *Head, by credit.Actor, at time.Time, subject string, salt []byte, body any) ([]byte, error) {
	if !isKind(head.Kind) {
		return nil, fmt.Errorf("audit: %q is not a kind of leaf", head.Kind)
	}
	inner, err := canon.Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("audit: %s: %w", head.Kind, err)
	}
	text, err := canon.Bytes(private{At: at.UTC().Format(instant), Body: inner, By: by, Subject: subject})
	if err != nil {
		return nil, fmt.Errorf("audit: %s: %w", head.Kind, err)
	}
	head.V = 1
	head.Commitment = Commitment(salt, text)
	return text, nil
}

// Commitment returns what a head says about its private part: hex SHA-256(salt ‖ body).
func Commitment(salt, body []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func isKind(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// Read returns numbered leaves in order, from place from on, at most limit.
func Read(ctx context.Context, q db.Q, from int64, limit int) ([]Event, error) {
	rows, err := q.QueryContext(ctx, `SELECT seq, id, kind, subject, at, body FROM audit_leaf
		WHERE seq >= $1 ORDER BY seq LIMIT $2`, from, limit)
	return events(rows, err)
}

// ReadAll hands f the numbered leaves from place from on, some at a time, and returns the place behind the last.
func ReadAll(ctx context.Context, q db.Q, from int64, f func([]Event) error) (int64, error) {
	for {
		some, err := Read(ctx, q, from, 1000)
		if err != nil || len(some) == 0 {
			return from, err
		}
		if err := f(some); err != nil {
			return from, err
		}
		from = some[len(some)-1].Seq + 1
	}
}

// Pending returns the committed leaves that have no place yet, in the order of their ids.
func Pending(ctx context.Context, q db.Q) ([]Event, error) {
	rows, err := q.QueryContext(ctx, `SELECT CAST(-1 AS BIGINT), id, kind, subject, at, body FROM audit_leaf
		WHERE seq IS NULL ORDER BY id`)
	return events(rows, err)
}

// One returns a leaf with its public head.
func One(ctx context.Context, q db.Q, leaf string) (Event, Head, error) {
	var head []byte
	if err := q.QueryRowContext(ctx, `SELECT head FROM audit_leaf WHERE id = $1`, leaf).Scan(&head); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return Event{}, Head{}, fault.New(fault.NotFound, "audit.no_leaf", leaf)
		}
		return Event{}, Head{}, fmt.Errorf("audit: leaf %s: %w", leaf, err)
	}
	rows, err := q.QueryContext(ctx, `SELECT COALESCE(seq, -1), id, kind, subject, at, body FROM audit_leaf WHERE id = $1`, leaf)
	found, err := events(rows, err)
	if err != nil || len(found) != 1 {
		return Event{}, Head{}, fmt.Errorf("audit: leaf %s: %w", leaf, err)
	}
	h, err := ParseHead(head)
	return found[0], h, err
}

func events(rows *sql.Rows, err error) ([]Event, error) {
	if err != nil {
		return nil, fmt.Errorf("audit: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Event
	for rows.Next() {
		var e Event
		var at db.Time
		var body []byte
		if err := rows.Scan(&e.Seq, &e.Leaf, &e.Kind, &e.Subject, &at, &body); err != nil {
			return nil, fmt.Errorf("audit: read: %w", err)
		}
		e.At = at.Time
		if body != nil {
			var p private
			if err := json.Unmarshal(body, &p); err != nil {
				return nil, fmt.Errorf("audit: read leaf %s: %w", e.Leaf, err)
			}
			e.By, e.Body = p.By, p.Body
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("audit: read: %w", err)
	}
	return out, nil
}

// Size returns how many leaves are numbered.
func Size(ctx context.Context, q db.Q) (int64, error) {
	l, err := readLog(ctx, q)
	return l.size, err
}

// Erase removes the private part of a leaf for good and appends a leaf that says who did it and why. The head stays, so
// every proof and every root stay as they are. It returns the id of the new leaf.
func Erase(ctx context.Context, q db.Q, by credit.Actor, at time.Time, leaf, reason string) (string, error) {
	e, _, err := One(ctx, q, leaf)
	if err != nil {
		return "", err
	}
	if e.Body == nil {
		return "", fault.New(fault.Conflict, "audit.erased_already", leaf)
	}
	if _, err := q.ExecContext(ctx, `UPDATE audit_leaf SET salt = NULL, body = NULL WHERE id = $1`, leaf); err != nil {
		return "", fmt.Errorf("audit: erase %s: %w", leaf, err)
	}
	return Add(ctx, q, by, at, "audit.erased", e.Subject, map[string]string{"leaf": leaf, "reason": reason})
}
