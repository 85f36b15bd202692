// Package policy keeps the law as dated rows, each with its article, and the versions in which people changed them.
//
// A row says what holds from a day until another. A version is a set of rows that one person proposes and another approves;
// its canonical bytes are hashed and the hash stands in the audit log. What a row means belongs to the package that uses
// it: there stand the typed body and its validator, handed up by flow.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// Basis names the article on which a row rests.
type Basis struct {
	Law     string `json:"law"`            // 《企业信息公示暂行条例》
	Article string `json:"article"`        // 第十七条第一款第一项
	Text    string `json:"text,omitempty"` // what it says, in short
}

// Row is one rule of one table, valid from From until the day before Until. Table, Key and From together name it.
type Row struct {
	Table string          `json:"table"`           // "lists.grounds": whose body it is
	Key   string          `json:"key"`             // "abnormal.annual-report"
	From  credit.Date     `json:"from"`            // first day on which it holds
	Until credit.Date     `json:"until,omitempty"` // first day on which it does not any more; 0 is open
	Basis []Basis         `json:"basis"`           // never empty
	Body  json.RawMessage `json:"body"`            // an object; canonical once it is stored
	Note  string          `json:"note,omitempty"`  // for readers of the policy page
}

// On reports whether the row holds on day.
func (r Row) On(day credit.Date) bool { return within(r.From, r.Until, day) }

func within(from, until, day credit.Date) bool { return day >= from && (until == 0 || day < until) }

// VersionedRow is a row with the version that stated its content. A later version that only ends it leaves Version as it is.
type VersionedRow struct {
	Row
	Version int64
}

// Rule is a row whose body has been read as T.
type Rule[T any] struct {
	Table, Key  string
	Version     int64
	From, Until credit.Date
	Basis       []Basis
	Body        T
}

// On reports whether the rule holds on day.
func (r Rule[T]) On(day credit.Date) bool { return within(r.From, r.Until, day) }

// Loose are rows that are in no book: proposed, or about to be installed. They are a source of [Rules] as a book is.
type Loose []Row

// Rows returns the rows of a table.
func (l Loose) Rows(table string) []VersionedRow {
	var out []VersionedRow
	for _, row := range l {
		if row.Table == table {
			out = append(out, VersionedRow{Row: row})
		}
	}
	return out
}

// Rules reads the bodies of a table's rows, strictly: an unknown field is an error. rows is a [Book] (all rows, of all
// days), a [Set] (those of a day) or [Loose] rows. The rules of a Book are read once and shared: do not change them.
func Rules[T any](rows interface {
	Rows(table string) []VersionedRow
}, table string) ([]Rule[T], error) {
	switch from := rows.(type) {
	case *Book:
		return bookRules[T](from, table)
	case Set:
		all, err := bookRules[T](from.book, table)
		if err != nil {
			return nil, err
		}
		var out []Rule[T]
		for _, r := range all {
			if r.On(from.day) {
				out = append(out, r)
			}
		}
		return out, nil
	}
	return readRules[T](rows.Rows(table))
}

// readKey names the rules of one table read as one type.
type readKey struct {
	table string
	as    reflect.Type
}

func bookRules[T any](b *Book, table string) ([]Rule[T], error) {
	key := readKey{table, reflect.TypeFor[T]()}
	if got, ok := b.read.Load(key); ok {
		return got.([]Rule[T]), nil
	}
	rules, err := readRules[T](b.Rows(table))
	if err != nil {
		return nil, err
	}
	b.read.Store(key, rules)
	return rules, nil
}

func readRules[T any](rows []VersionedRow) ([]Rule[T], error) {
	out := make([]Rule[T], 0, len(rows))
	for _, row := range rows {
		r := Rule[T]{Table: row.Table, Key: row.Key, Version: row.Version, From: row.From, Until: row.Until, Basis: row.Basis}
		if err := strict(row.Body, &r.Body); err != nil {
			return nil, fmt.Errorf("policy: %s %s of %s: %w", row.Table, row.Key, row.From, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// ParseRows reads rows written by hand, a JSON array of [Row]; the policy.json of the packages that use policy are such.
func ParseRows(raw []byte) ([]Row, error) {
	var rows []Row
	if err := strict(raw, &rows); err != nil {
		return nil, fault.New(fault.Invalid, "policy.bad_file", err)
	}
	for i := range rows {
		if err := rows[i].settle(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// strict reads the whole of raw as v, without unknown fields.
func strict(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("something stands after the end")
	}
	return nil
}

// named is how tables and keys are written.
var named = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$`)

// settle checks what can be checked of any row and brings its body into its canonical spelling.
func (r *Row) settle() error {
	switch {
	case !named.MatchString(r.Table) || !named.MatchString(r.Key):
		return fault.New(fault.Invalid, "policy.bad_name", r.Table, r.Key)
	case r.From == 0 || r.Until != 0 && r.Until < r.From:
		return fault.New(fault.Invalid, "policy.bad_period", r.Table, r.Key)
	case len(r.Basis) == 0:
		return fault.New(fault.Invalid, "policy.no_article", r.Table, r.Key)
	}
	for _, b := range r.Basis {
		if strings.TrimSpace(b.Law) == "" || strings.TrimSpace(b.Article) == "" {
			return fault.New(fault.Invalid, "policy.no_article", r.Table, r.Key)
		}
	}
	if !bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{")) {
		return fault.New(fault.Invalid, "policy.bad_body", r.Table, r.Key, "{…}")
	}
	body, err := canon.Bytes(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "policy.bad_body", r.Table, r.Key, err)
	}
	r.Body = body
	return nil
}
