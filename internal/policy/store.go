package policy

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// The kinds of leaves; their subject is "policy".
const (
	LeafProposed = "policy.proposed"
	LeafApproved = "policy.approved"
	LeafRejected = "policy.rejected"
)

const subject = "policy"

// State says where a version stands.
type State string

// The states of a version.
const (
	Proposed State = "proposed"
	Approved State = "approved"
	Rejected State = "rejected"
)

// Version is one set of changes with who proposed and who decided it.
type Version struct {
	Number     int64
	Base       int64 // the newest approved version when it was proposed; it can only be approved on top of that
	Title      string
	State      State
	Hash       string // SHA-256 of its canonical bytes, which hold the hash of Base's
	Rows       []Row
	ProposedBy string // id of the person; of the system's duty for the first version
	ProposedAt time.Time
	DecidedBy  string
	DecidedAt  time.Time
	Reason     string // why it was rejected
	Leaf       string // the leaf of the decision
}

// content is what is hashed of a version.
type content struct {
	Base  string `json:"base"` // hash of the version it changes
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
}

// Propose records changes for another person to approve and returns the version's number. validate sees all rows of the
// book as it would be; a body it refuses is the proposer's to mend.
func Propose(ctx context.Context, q db.Q, by credit.Actor, at time.Time, title string, rows []Row, validate func([]Row) error) (int64, error) {
	if by.User == "" {
		return 0, fault.New(fault.Forbidden, "policy.person_needed")
	}
	base, err := Load(ctx, q)
	if err != nil {
		return 0, err
	}
	if err := check(base, title, rows, validate); err != nil {
		return 0, err
	}
	v, err := insert(ctx, q, by, at, base, title, rows)
	if err != nil {
		return 0, err
	}
	leaf, err := audit.Add(ctx, q, by, at, LeafProposed, subject, proposedBody{v.Number, v.Base, v.Title, v.Hash})
	if err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `UPDATE policy_version SET proposed_leaf = $2 WHERE version = $1`, v.Number, leaf)
	if err != nil {
		return 0, fmt.Errorf("policy: propose: %w", err)
	}
	return v.Number, nil
}

type proposedBody struct {
	Version int64  `json:"version"`
	Base    int64  `json:"base"`
	Title   string `json:"title"`
	Hash    string `json:"hash"`
}

type decidedBody struct {
	Version int64  `json:"version"`
	Hash    string `json:"hash"`
	Reason  string `json:"reason,omitempty"`
}

func check(base *Book, title string, rows []Row, validate func([]Row) error) error {
	if strings.TrimSpace(title) == "" || len(rows) == 0 {
		return fault.New(fault.Invalid, "policy.empty")
	}
	next, err := base.With(base.version+1, rows)
	if err != nil || validate == nil {
		return err
	}
	all := make([]Row, 0, len(rows))
	for _, r := range next.All() {
		all = append(all, r.Row)
	}
	err = validate(all)
	if kind, _ := fault.Of(err); err != nil && kind == fault.Internal {
		return fault.New(fault.Invalid, "policy.refused", err.Error())
	}
	return err
}

// insert writes a version as proposed, with its number, bytes and rows.
func insert(ctx context.Context, q db.Q, by credit.Actor, at time.Time, base *Book, title string, rows []Row) (Version, error) {
	v := Version{Base: base.version, Title: strings.TrimSpace(title)}
	v.Rows = slices.SortedFunc(slices.Values(rows), order)
	for i := range v.Rows {
		if err := v.Rows[i].settle(); err != nil {
			return Version{}, err
		}
	}
	raw, err := canon.Bytes(content{Base: base.hash, Title: v.Title, Rows: v.Rows})
	if err != nil {
		return Version{}, fmt.Errorf("policy: propose: %w", err)
	}
	v.Hash = hashOf(raw)
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) + 1 FROM policy_version`).Scan(&v.Number); err != nil {
		return Version{}, fmt.Errorf("policy: number: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO policy_version (version, base, title, state, content, hash, proposed_by, proposed_at,
		proposed_leaf, decided_by, decided_leaf, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '')`,
		v.Number, v.Base, v.Title, Proposed, raw, v.Hash, by.Who(), db.Time{Time: at})
	if err != nil {
		return Version{}, fmt.Errorf("policy: propose %d: %w", v.Number, err)
	}
	for _, r := range v.Rows {
		if err := insertRow(ctx, q, v.Number, r); err != nil {
			return Version{}, err
		}
	}
	return v, nil
}

func insertRow(ctx context.Context, q db.Q, version int64, r Row) error {
	basis, err := canon.Bytes(r.Basis)
	if err != nil {
		return fmt.Errorf("policy: basis of %s %s: %w", r.Table, r.Key, err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO policy_row (version, table_name, row_key, valid_from, valid_until, basis, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, version, r.Table, r.Key, r.From, r.Until, string(basis), string(r.Body))
	if err != nil {
		return fmt.Errorf("policy: row %s %s: %w", r.Table, r.Key, err)
	}
	return nil
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Approve brings a version into force. Who approves must be another person than who proposed, and the version must have
// been proposed on top of what is in force now: what was checked and shown is exactly what becomes law here.
func Approve(ctx context.Context, q db.Q, by credit.Actor, at time.Time, version int64) error {
	v, err := undecided(ctx, q, by, version)
	if err != nil {
		return err
	}
	if by.User == v.ProposedBy || by.OnBehalf == v.ProposedBy {
		return fault.New(fault.Forbidden, "policy.same_person", version)
	}
	base, err := Load(ctx, q)
	if err != nil {
		return err
	}
	if base.version != v.Base {
		return fault.New(fault.Conflict, "policy.moved_on", version, v.Base, base.version)
	}
	if _, err := base.With(version, v.Rows); err != nil {
		return err
	}
	return decide(ctx, q, by, at, v, Approved, "")
}

// Reject ends a proposal, with the reason. A proposer may do so too: he takes it back.
func Reject(ctx context.Context, q db.Q, by credit.Actor, at time.Time, version int64, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "policy.reason_needed")
	}
	v, err := undecided(ctx, q, by, version)
	if err != nil {
		return err
	}
	return decide(ctx, q, by, at, v, Rejected, strings.TrimSpace(reason))
}

func undecided(ctx context.Context, q db.Q, by credit.Actor, version int64) (Version, error) {
	if by.User == "" {
		return Version{}, fault.New(fault.Forbidden, "policy.person_needed")
	}
	v, err := ByNumber(ctx, q, version)
	if err == nil && v.State != Proposed {
		err = fault.New(fault.Conflict, "policy.already_decided", version)
	}
	return v, err
}

func decide(ctx context.Context, q db.Q, by credit.Actor, at time.Time, v Version, state State, reason string) error {
	kind := LeafApproved
	if state == Rejected {
		kind = LeafRejected
	}
	leaf, err := audit.Add(ctx, q, by, at, kind, subject, decidedBody{v.Number, v.Hash, reason})
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE policy_version SET state = $2, decided_by = $3, decided_at = $4, decided_leaf = $5, reason = $6
		WHERE version = $1`, v.Number, state, by.Who(), db.Time{Time: at}, leaf, reason)
	if err != nil {
		return fmt.Errorf("policy: decide %d: %w", v.Number, err)
	}
	return nil
}

// installTitle is the title of version 1.
const installTitle = "首次装载"

// Install puts the first content in force as version 1, by the system. It does nothing where a version exists.
func Install(ctx context.Context, q db.Q, at time.Time, rows []Row) error {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM policy_version`).Scan(&n); err != nil {
		return fmt.Errorf("policy: install: %w", err)
	}
	if n > 0 {
		return nil
	}
	by, empty := credit.System("policy.install"), new(Book)
	if err := check(empty, installTitle, rows, nil); err != nil {
		return err
	}
	v, err := insert(ctx, q, by, at, empty, installTitle, rows)
	if err != nil {
		return err
	}
	return decide(ctx, q, by, at, v, Approved, "")
}

// memo is the key under which a book is remembered: the hash of its last version, which is chained to all before.
type memo string

// Load returns the book of all versions approved by now. A book that was read before costs one small look.
func Load(ctx context.Context, q db.Q) (*Book, error) {
	var hash string
	err := q.QueryRowContext(ctx, `SELECT hash FROM policy_version WHERE state = 'approved' ORDER BY version DESC LIMIT 1`).Scan(&hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("policy: current version: %w", err)
	}
	if b, ok := q.Memo().Load(memo(hash)); ok {
		return b.(*Book), nil
	}
	b, err := LoadKnown(ctx, q, -1)
	if err == nil {
		q.Memo().Store(memo(b.hash), b)
	}
	return b, err
}

// LoadKnown returns the book as it was known when the log held size leaves; a size below 0 is now.
func LoadKnown(ctx context.Context, q db.Q, size int64) (*Book, error) {
	query, args := versionQuery+` WHERE v.state = 'approved' ORDER BY v.version`, []any(nil)
	if size >= 0 {
		query = versionQuery + ` JOIN audit_leaf l ON l.id = v.decided_leaf
			WHERE v.state = 'approved' AND l.seq < $1 ORDER BY v.version`
		args = []any{size}
	}
	versions, err := list(ctx, q, query, args...)
	if err != nil {
		return nil, err
	}
	book := new(Book)
	for _, v := range versions {
		if v.Base != book.version {
			return nil, fmt.Errorf("policy: version %d does not follow version %d", v.Number, book.version)
		}
		if book, err = book.With(v.Number, v.Rows); err != nil {
			return nil, fmt.Errorf("policy: version %d: %w", v.Number, err)
		}
		book.hash = v.Hash
	}
	return book, nil
}

// Versions returns every version, newest first.
func Versions(ctx context.Context, q db.Q) ([]Version, error) {
	return list(ctx, q, versionQuery+` ORDER BY v.version DESC`)
}

// ByNumber returns one version.
func ByNumber(ctx context.Context, q db.Q, version int64) (Version, error) {
	got, err := list(ctx, q, versionQuery+` WHERE v.version = $1`, version)
	if err == nil && len(got) == 0 {
		err = fault.New(fault.NotFound, "policy.no_version", version)
	}
	if err != nil {
		return Version{}, err
	}
	return got[0], nil
}

const versionQuery = `SELECT v.version, v.base, v.title, v.state, v.content, v.hash, v.proposed_by, v.proposed_at,
	v.decided_by, v.decided_at, v.decided_leaf, v.reason FROM policy_version v`

func list(ctx context.Context, q db.Q, query string, args ...any) (out []Version, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("policy: read versions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("policy: read versions: %w", err)
	}
	return out, nil
}

// scan reads a version from its bytes, which must be those that were hashed.
func scan(rows *sql.Rows) (Version, error) {
	var v Version
	var raw []byte
	var proposed, decided db.Time
	err := rows.Scan(&v.Number, &v.Base, &v.Title, &v.State, &raw, &v.Hash, &v.ProposedBy, &proposed, &v.DecidedBy, &decided, &v.Leaf, &v.Reason)
	if err != nil {
		return Version{}, fmt.Errorf("policy: read version: %w", err)
	}
	var c content
	if err := canon.Decode(raw, &c); err != nil {
		return Version{}, fmt.Errorf("policy: version %d: %w", v.Number, err)
	}
	if hashOf(raw) != v.Hash || c.Title != v.Title {
		return Version{}, fmt.Errorf("policy: version %d is not what was hashed", v.Number)
	}
	v.Rows, v.ProposedAt, v.DecidedAt = c.Rows, proposed.Time, decided.Time
	return v, nil
}
