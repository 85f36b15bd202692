package catalog

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

// The leaves of a standard that is added; their subject is "standard " and the kind.
const (
	ProposedLeaf  = "catalog.standard_proposed"
	AddedLeaf     = "catalog.standard_added"
	DiscardedLeaf = "catalog.standard_discarded"
)

// Proposal is a standard, or its next version, that one person wants added and another has to put into effect: from then on
// departments state facts by it, and its key holds for good.
type Proposal struct {
	ID         string
	Standard   Standard
	Version    int    // that it would be
	Hash       string // SHA-256 of its bytes
	ProposedBy string // id of the person
	ProposedAt time.Time
}

// saidOf is what leaves say of a proposal.
type saidOf struct {
	Kind       string `json:"kind"`
	Version    int    `json:"version"`
	SHA256     string `json:"sha256"`
	Title      string `json:"title"`
	ProposedBy string `json:"proposed_by,omitempty"`
	Reason     string `json:"reason,omitempty"`
}

func (p Proposal) said() saidOf {
	return saidOf{Kind: p.Standard.Name, Version: p.Version, SHA256: p.Hash, Title: p.Standard.Title}
}

func (p Proposal) leaf(ctx context.Context, q db.Q, by credit.Actor, at time.Time, kind string, said saidOf) (string, error) {
	return audit.Add(ctx, q, by, at, kind, "standard "+p.Standard.Name, said)
}

// Propose puts a standard before another person, with a leaf. Whether by may do so is the caller's to ask. A shipped kind cannot be
// replaced, and what tells one fact from another stays the same for good: with another source key every record there is would be
// counted as another.
func Propose(ctx context.Context, q db.Q, by credit.Actor, at time.Time, std Standard) (Proposal, error) {
	if by.User == "" {
		return Proposal{}, fault.New(fault.Forbidden, "catalog.list_person_needed")
	}
	version, err := next(ctx, q, std)
	if err != nil {
		return Proposal{}, err
	}
	raw, err := std.Bytes()
	if err != nil {
		return Proposal{}, err
	}
	sum := sha256.Sum256(raw)
	p := Proposal{ID: q.ID(at), Standard: std, Version: version, Hash: hex.EncodeToString(sum[:]), ProposedBy: by.Who(), ProposedAt: at}
	_, err = q.ExecContext(ctx, `INSERT INTO catalog_proposal (id, kind, version, body, hash, proposed_by, proposed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind) DO NOTHING`, p.ID, std.Name, version, raw, p.Hash, p.ProposedBy, db.Time{Time: at})
	if err != nil {
		return Proposal{}, fmt.Errorf("catalog: propose %s: %w", std.Name, err)
	}
	if had, err := proposal(ctx, q, `kind = $1`, std.Name); err != nil || had.ID != p.ID {
		return Proposal{}, errors.Join(err, fault.New(fault.Conflict, "catalog.list_proposed_already", std.Name))
	}
	_, err = p.leaf(ctx, q, by, at, ProposedLeaf, p.said())
	return p, err
}

// next checks a standard that is to be added, and returns which version it would be.
func next(ctx context.Context, q db.Q, std Standard) (int, error) {
	if found := std.Validate(); len(found) > 0 {
		return 0, fault.New(fault.Invalid, found[0].Code, found[0].Args...)
	}
	if _, err := Of(std.Name); err == nil {
		return 0, fault.New(fault.Conflict, "catalog.list_shipped", std.Name)
	}
	if len(std.Roles.Key) == 0 {
		return 0, fault.New(fault.Invalid, "catalog.list_no_key")
	}
	set, err := Load(ctx, q)
	if err != nil {
		return 0, err
	}
	had, err := set.Of(std.Name)
	switch {
	case err != nil:
		return 1, nil
	case !slices.Equal(had.Roles.Key, std.Roles.Key):
		return 0, fault.New(fault.Conflict, "catalog.list_key_changed", std.Name)
	}
	return had.version + 1, nil
}

// Approve puts another person's proposal into effect: it can be sent at once.
func Approve(ctx context.Context, q db.Q, by credit.Actor, at time.Time, id string) (Kind, error) {
	p, err := undecided(ctx, q, by, id)
	if err != nil {
		return Kind{}, err
	}
	if by.User == p.ProposedBy || by.OnBehalf == p.ProposedBy {
		return Kind{}, fault.New(fault.Forbidden, "catalog.list_same_person", p.Standard.Title)
	}
	if _, err := next(ctx, q, p.Standard); err != nil { // a newer release may bring a kind of that name
		return Kind{}, err
	}
	raw, err := p.Standard.Bytes()
	if err != nil {
		return Kind{}, err
	}
	said := p.said()
	said.ProposedBy = p.ProposedBy
	leaf, err := p.leaf(ctx, q, by, at, AddedLeaf, said)
	if err != nil {
		return Kind{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO catalog_standard (kind, version, body, hash, proposed_by, added_by, added_at, leaf)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, p.Standard.Name, p.Version, raw, p.Hash, p.ProposedBy, by.Who(), db.Time{Time: at}, leaf)
	if err != nil {
		return Kind{}, fmt.Errorf("catalog: add %s: %w", p.Standard.Name, err)
	}
	if err := p.end(ctx, q); err != nil {
		return Kind{}, err
	}
	return added(p.Hash, p.Version, raw)
}

// Discard ends a proposal, with the reason. Who made it may do so too: he takes it back.
func Discard(ctx context.Context, q db.Q, by credit.Actor, at time.Time, id, reason string) (Proposal, error) {
	p, err := undecided(ctx, q, by, id)
	if err != nil {
		return p, err
	}
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n == 0 || n > 500 {
		return p, fault.New(fault.Invalid, "catalog.list_discard_reason", 500)
	}
	said := p.said()
	said.ProposedBy, said.Reason = p.ProposedBy, reason
	if _, err := p.leaf(ctx, q, by, at, DiscardedLeaf, said); err != nil {
		return p, err
	}
	return p, p.end(ctx, q)
}

// end removes a proposal that is decided; the log keeps it.
func (p Proposal) end(ctx context.Context, q db.Q) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM catalog_proposal WHERE id = $1`, p.ID); err != nil {
		return fmt.Errorf("catalog: proposal of %s: %w", p.Standard.Name, err)
	}
	return nil
}

func undecided(ctx context.Context, q db.Q, by credit.Actor, id string) (Proposal, error) {
	if by.User == "" {
		return Proposal{}, fault.New(fault.Forbidden, "catalog.list_person_needed")
	}
	return ProposalOf(ctx, q, id)
}

// ProposalOf returns a proposal that nobody has decided yet.
func ProposalOf(ctx context.Context, q db.Q, id string) (Proposal, error) {
	p, err := proposal(ctx, q, `id = $1`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "catalog.list_no_proposal")
	}
	return p, err
}

// Proposals returns the proposals that wait for another person, in the order in which they were made.
func Proposals(ctx context.Context, q db.Q) (out []Proposal, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+proposalCols+` FROM catalog_proposal ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("catalog: proposals: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p Proposal
		if err := p.scan(rows); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("catalog: proposals: %w", err)
	}
	return out, nil
}

const proposalCols = `id, version, body, hash, proposed_by, proposed_at`

func proposal(ctx context.Context, q db.Q, where, arg string) (p Proposal, err error) {
	err = p.scan(q.QueryRowContext(ctx, `SELECT `+proposalCols+` FROM catalog_proposal WHERE `+where, arg))
	return p, err
}

func (p *Proposal) scan(row interface{ Scan(...any) error }) error {
	var raw []byte
	var at db.Time
	err := row.Scan(&p.ID, &p.Version, &raw, &p.Hash, &p.ProposedBy, &at)
	p.ProposedAt = at.Time
	if err == nil {
		err = canon.Decode(raw, &p.Standard)
	}
	if err != nil {
		return fmt.Errorf("catalog: proposal: %w", err)
	}
	return nil
}
