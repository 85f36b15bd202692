package document

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// The kinds of leaves. Their subject is the enterprise, or the paper where it goes to many.
const (
	LeafIssued    = "document.issued"
	LeafPublished = "document.published"
	LeafServed    = "document.served"
	LeafSealed    = "document.sealed"
)

type issuedBody struct {
	Paper     string      `json:"paper"`
	Template  string      `json:"template"`
	Authority string      `json:"authority"`
	Number    string      `json:"number"`
	Case      string      `json:"case"`
	Day       credit.Date `json:"day"`
	Hash      string      `json:"hash"`
}

type happenedBody struct {
	Paper  string      `json:"paper"`
	Number string      `json:"number"`
	Day    credit.Date `json:"day"`
	Note   string      `json:"note,omitempty"`
}

// identity is a paper's id: one paper of a template for one case, or for one part of a run.
func (d Draft) identity() (string, error) {
	if d.Case == "" || d.Authority == "" || d.Day == 0 {
		return "", fmt.Errorf("document: a draft of %q without case, authority or day", d.Template)
	}
	parts := []string{"document.paper", d.Template, d.Authority, d.EnterpriseID, d.Case}
	if d.Part > 1 {
		parts = append(parts, strconv.Itoa(d.Part))
	}
	return db.Key(parts...), nil
}

// Issue makes a paper with the next number of its series. The name and the number's prefix are those of the department on
// the day of the paper. A second paper of the template for the same case is the fault document.already_issued.
func Issue(ctx context.Context, q db.Q, by org.Actor, at time.Time, d Draft) (Paper, error) {
	id, err := d.identity()
	if err != nil {
		return Paper{}, err
	}
	if err := mayAct(by, d.Authority); err != nil {
		return Paper{}, err
	}
	if old, err := ByID(ctx, q, id); !fault.Is(err, "document.no_paper") {
		if err == nil {
			err = fault.New(fault.Conflict, "document.already_issued", old.Number)
		}
		return Paper{}, err
	}
	o, err := officeOn(ctx, q, d.Authority, d.Day)
	if err != nil {
		return Paper{}, err
	}
	number, err := take(ctx, q, d, o)
	if err != nil {
		return Paper{}, err
	}
	title, body, err := write(d, o, number)
	if err != nil {
		return Paper{}, err
	}
	p := Paper{ID: id, Template: d.Template, Authority: d.Authority, Number: number, Title: title, EnterpriseID: d.EnterpriseID,
		Case: d.Case, Day: d.Day, Body: body, Issued: at}
	return keep(ctx, q, by, at, p)
}

func officeOn(ctx context.Context, q db.Q, code string, day credit.Date) (office, error) {
	dep, err := org.DepartmentOn(ctx, q, code, day)
	if err != nil {
		return office{}, err
	}
	o := office{Department: dep}
	if dep.Parent == "" {
		return o, nil
	}
	above, err := org.DepartmentOn(ctx, q, dep.Parent, day)
	if err != nil {
		return office{}, err
	}
	o.above = above.Name
	return o, nil
}

// take takes the next number of the draft's series: 宜市监异入〔2026〕第12号, per authority, prefix, word and year; or, for a
// child of a batch, the parent's number with -1, -2, ….
func take(ctx context.Context, q db.Q, d Draft, o office) (string, error) {
	if d.Parent != "" {
		parent, err := ByID(ctx, q, d.Parent)
		if err != nil {
			return "", err
		}
		n, err := next(ctx, q, d.Authority, o.Prefix, parent.ID, d.Day.Year())
		return parent.Number + "-" + strconv.FormatInt(n, 10), err
	}
	word, ok := Word(d.Template)
	if !ok {
		return "", fmt.Errorf("document: no template %q", d.Template)
	}
	if o.Prefix == "" {
		return "", fault.New(fault.Conflict, "document.no_prefix", o.Name)
	}
	n, err := next(ctx, q, d.Authority, o.Prefix, word, d.Day.Year())
	return fmt.Sprintf("%s%s〔%d〕第%d号", o.Prefix, word, d.Day.Year(), n), err
}

func next(ctx context.Context, q db.Q, authority, prefix, word string, year int) (n int64, err error) {
	err = q.QueryRowContext(ctx, `INSERT INTO document_number (authority, prefix, word, year, last) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (authority, prefix, word, year) DO UPDATE SET last = document_number.last + 1 RETURNING last`,
		authority, prefix, word, year).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("document: take a number: %w", err)
	}
	return n, nil
}

func keep(ctx context.Context, q db.Q, by org.Actor, at time.Time, p Paper) (Paper, error) {
	raw, err := canon.Bytes(p.Body)
	if err != nil {
		return Paper{}, err
	}
	sum := sha256.Sum256(raw)
	p.Hash = hex.EncodeToString(sum[:])
	p.Leaf, err = audit.Add(ctx, q, by, at, LeafIssued, p.subject(), issuedBody{
		Paper: p.ID, Template: p.Template, Authority: p.Authority, Number: p.Number, Case: p.Case, Day: p.Day, Hash: p.Hash,
	})
	if err != nil {
		return Paper{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO document_paper (enterprise_id, id, template, authority, number, title, case_id, day, body, hash,
		issued_at, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.EnterpriseID, p.ID, p.Template, p.Authority, p.Number, p.Title, p.Case, p.Day, raw, p.Hash, db.Time{Time: at}, p.Leaf)
	if err != nil {
		return Paper{}, fmt.Errorf("document: issue %s: %w", p.Number, err)
	}
	return p, nil
}

func (p Paper) subject() string {
	if p.EnterpriseID != "" {
		return p.EnterpriseID
	}
	return p.ID
}

// mayAct reports whether by may act in the authority's name: the system on its duty, or a person who handles its cases.
func mayAct(by org.Actor, authority string) error {
	if by.User == "" && by.Key == "" && by.Duty != "" || org.May(by, org.CaseExamine, authority, "") == nil {
		return nil
	}
	return org.May(by, org.CaseApprove, authority, "")
}

// Publish records that the paper was published on the day of at. Stated again for the same day it changes nothing; another
// day is the fault document.already_happened, as with service and seal.
func Publish(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	return happen(ctx, q, by, at, id, Published, credit.DateOf(at), "", LeafPublished)
}

// Serve records that the paper was served on a day, and how.
func Serve(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, on credit.Date, how string) error {
	return happen(ctx, q, by, at, id, Served, on, how, LeafServed)
}

// Seal records that the paper was sealed on a day: how is "electronic" or "wet" (printed, sealed, scanned back).
func Seal(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, on credit.Date, how string) error {
	return happen(ctx, q, by, at, id, Sealed, on, how, LeafSealed)
}

func happen(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, kind EventKind, day credit.Date, note, leaf string) error {
	p, err := ByID(ctx, q, id)
	if err != nil {
		return err
	}
	if err := mayAct(by, p.Authority); err != nil {
		return err
	}
	var had credit.Date
	err = q.QueryRowContext(ctx, `SELECT day FROM document_event WHERE paper = $1 AND kind = $2`, id, kind).Scan(&had)
	switch {
	case err == nil && had == day:
		return nil
	case err == nil:
		return fault.New(fault.Conflict, "document.already_happened", p.Number, had, day)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("document: %s %s: %w", kind, id, err)
	}
	if day < p.Day {
		return fault.New(fault.Invalid, "document.before_its_day", p.Number, p.Day)
	}
	l, err := audit.Add(ctx, q, by, at, leaf, p.subject(), happenedBody{Paper: p.ID, Number: p.Number, Day: day, Note: note})
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO document_event (paper, kind, day, note, at, leaf) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, kind, day, note, db.Time{Time: at}, l)
	if err != nil {
		return fmt.Errorf("document: %s %s: %w", kind, id, err)
	}
	return nil
}

const paperQuery = `SELECT p.enterprise_id, p.id, p.template, p.authority, p.number, p.title, p.case_id, p.day, p.body, p.hash, p.issued_at,
	p.leaf, pub.day, srv.day, seal.day, COALESCE(seal.note, '') FROM document_paper p
	LEFT JOIN document_event pub ON pub.paper = p.id AND pub.kind = 'published'
	LEFT JOIN document_event srv ON srv.paper = p.id AND srv.kind = 'served'
	LEFT JOIN document_event seal ON seal.paper = p.id AND seal.kind = 'sealed' `

// ByID returns a paper.
func ByID(ctx context.Context, q db.Q, id string) (Paper, error) {
	return one(q.QueryRowContext(ctx, paperQuery+`WHERE p.id = $1`, id))
}

// ByNumber returns the paper with a number, which may be typed with other brackets and blanks.
func ByNumber(ctx context.Context, q db.Q, number string) (Paper, error) {
	return one(q.QueryRowContext(ctx, paperQuery+`WHERE p.number = $1`, NormalizeNumber(number)))
}

// Of returns the papers addressed to an enterprise, the oldest first.
func Of(ctx context.Context, q db.Q, enterpriseID string) ([]Paper, error) {
	return many(ctx, q, paperQuery+`WHERE p.enterprise_id = $1 ORDER BY p.leaf`, enterpriseID)
}

// OfCase returns the papers of a case or a run, the oldest first.
func OfCase(ctx context.Context, q db.Q, id string) ([]Paper, error) {
	return many(ctx, q, paperQuery+`WHERE p.case_id = $1 ORDER BY p.leaf`, id)
}

func many(ctx context.Context, q db.Q, query string, args ...any) ([]Paper, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("document: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Paper
	for rows.Next() {
		p, err := one(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("document: read: %w", err)
	}
	return out, nil
}

// one reads a paper and checks that its body is still the one that was hashed.
func one(row interface{ Scan(...any) error }) (Paper, error) {
	var p Paper
	var raw []byte
	var issued db.Time
	err := row.Scan(&p.EnterpriseID, &p.ID, &p.Template, &p.Authority, &p.Number, &p.Title, &p.Case, &p.Day, &raw, &p.Hash, &issued,
		&p.Leaf, &p.PublishedOn, &p.ServedOn, &p.SealedOn, &p.SealedHow)
	if errors.Is(err, sql.ErrNoRows) {
		return Paper{}, fault.New(fault.NotFound, "document.no_paper")
	}
	if err != nil {
		return Paper{}, fmt.Errorf("document: read: %w", err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != p.Hash {
		return Paper{}, fmt.Errorf("document: the body of %s is not the one that was issued", p.Number)
	}
	p.Issued = issued.Time
	return p, canon.Decode(raw, &p.Body)
}
