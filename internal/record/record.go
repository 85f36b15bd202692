// Package record keeps accepted facts, each stated by one department about one subject, with two times: when it holds by law,
// and when it became known (the position of its leaf in the log).
package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
)

// The kinds of record.
const (
	EnterpriseKind   = "enterprise"
	PenaltyKind      = "penalty"
	AnnualReportKind = "annual-report"
)

// The kinds of leaves that this package writes. Their subject is the batch, or the subject of a withdrawal.
const (
	AcceptedLeaf  = "record.accepted"
	TakenOverLeaf = "record.taken_over" // as accepted, of past facts from an old system: nothing that is new
	WithdrawnLeaf = "record.withdrawn"
)

// IsBlock reports whether leaves of a kind are blocks of records, with a [Block] as their body.
func IsBlock(kind string) bool {
	return kind == AcceptedLeaf || kind == TakenOverLeaf || kind == WithdrawnLeaf
}

// Record is one version of a fact.
type Record struct {
	EnterpriseID string
	ID           string
	Kind         string
	Department   string // who stated it
	SourceKey    string // by which the department knows it: a decision number with its party, a code, a code and a year
	Version      int    // 1 and up
	Withdrawn    bool
	Day          credit.Date // the legal day: of decision, registration, publication
	From, Until  credit.Date // legal validity, both included; 0 is open
	Body         json.RawMessage
	Salt         []byte
	Leaf         string
	Item         int // index in the block of the leaf
	At           time.Time
	Batch        string
	Row          int
	Past         credit.Date // the last day for which the old system answers that it was taken over from; 0 for a statement of its own time
	Restates     string      // leaf of the former statement that holds again, "" for a statement of its own; [movedAway] of what was moved
	Moved        string      // id of the act that found out that it is about this subject, "" where it was stated about it
	Seq          int64       // position of the leaf in the log, -1 while it has none

	first time.Time // of its first version
}

// stated returns the leaf of the statement that r is.
func (r Record) stated() string { return cmp.Or(r.Restates, r.Leaf) }

// FirstKnown returns when the fact became known: the time of its first version about this subject. A version that corrects a
// word does not make it known anew.
func (r Record) FirstKnown() time.Time {
	if r.first.IsZero() {
		return r.At
	}
	return r.first
}

// Versions returns the ids of a fact's versions up to this one.
func (r Record) Versions() []string {
	ids := make([]string, r.Version)
	for i := range ids {
		ids[i] = id(r.Department, r.Kind, r.SourceKey, i+1)
	}
	return ids
}

// New is a fact to be put.
type New struct {
	EnterpriseID, Kind, Department, SourceKey string
	Day, From, Until                          credit.Date
	Body                                      map[string]string // field code → clean value; empty values are left out
	Spelled                                   []byte            // optional: Body as [Spell] writes it, done ahead of the transaction
	Batch                                     string
	Row                                       int
	Past                                      credit.Date // see [Record]
	// Place orders statements by when they were made: it is that of the stating batch, not of the moment in which its rows
	// are dealt with. "" is now.
	Place string
}

// PastPlace begins the places of past statements: they lie before all that were made here.
const PastPlace = "!"

// Outcome says what became of a [New].
type Outcome string

// The outcomes.
const (
	Accepted   Outcome = "accepted"
	Duplicate  Outcome = "duplicate"  // the same department said the same before, or something newer already
	Superseded Outcome = "superseded" // it said something else before: this is the next version
)

// Block is the body of the leaf of a block of records.
type Block struct {
	Kind        string   `json:"kind"`
	Department  string   `json:"department"`
	Enterprises []string `json:"enterprises"` // whom they are about, in order, each once
}

// BlockOf returns what the leaf of a block of records says of them. Of other leaves, and of one whose body was erased, it is empty.
func BlockOf(e audit.Event) (b Block, err error) {
	if len(e.Body) == 0 || !IsBlock(e.Kind) {
		return b, nil
	}
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return b, fmt.Errorf("record: read leaf %s: %w", e.Leaf, err)
	}
	return b, nil
}

// Facts are what is known of a subject: who it is, and the latest version of each fact that has not been withdrawn.
type Facts struct {
	Subject enterprise.Subject // from the registration record as known, not from today's projection
	Records []Record           // in order of kind, day and id
	// Past is the last day for which an old system answers for the subject: it was taken over, and nobody had registered it here
	// before. What was missing on that day was the old system's to pursue. 0 where it has always been here.
	Past credit.Date
}

// fields reads the body's values by field code.
func (r Record) fields() (map[string]string, error) {
	var m map[string]string
	err := json.Unmarshal(r.Body, &m)
	return m, err
}
