package policy

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sync"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// Book is all approved rows of all days. It never changes: a new version makes a new Book.
type Book struct {
	version int64
	hash    string
	tables  map[string][]VersionedRow // in order of key and first day
	read    sync.Map                  // readKey → []Rule[T]
}

// NewBook makes a book of rows as one version, without a database: for a policy that is only proposed, and for tests.
func NewBook(version int64, rows []Row) (*Book, error) {
	return new(Book).With(version, rows)
}

// Version returns the newest version in the book, 0 where it is empty.
func (b *Book) Version() int64 { return b.version }

// Hash returns the SHA-256 of the newest version's canonical bytes, in hexadecimal.
func (b *Book) Hash() string { return b.hash }

// Rows returns the rows of a table in order of key and first day. They are shared: do not change them.
func (b *Book) Rows(table string) []VersionedRow { return b.tables[table] }

// Tables returns the names of the tables, sorted.
func (b *Book) Tables() []string { return slices.Sorted(maps.Keys(b.tables)) }

// All returns every row, in order of table, key and first day.
func (b *Book) All() []VersionedRow {
	var out []VersionedRow
	for _, table := range b.Tables() {
		out = append(out, b.tables[table]...)
	}
	return out
}

// Set is the policy of one day.
type Set struct {
	book *Book
	day  credit.Date
}

// On returns the policy of day.
func (b *Book) On(day credit.Date) Set { return Set{b, day} }

// Day returns the day whose policy it is.
func (s Set) Day() credit.Date { return s.day }

// Version returns the version of the book from which it is.
func (s Set) Version() int64 { return s.book.version }

// Rows returns the rows of a table that hold on the day, in order of key.
func (s Set) Rows(table string) []VersionedRow {
	var out []VersionedRow
	for _, r := range s.book.Rows(table) {
		if r.On(s.day) {
			out = append(out, r)
		}
	}
	return out
}

// Row returns the row of a key that holds on the day.
func (s Set) Row(table, key string) (VersionedRow, bool) {
	for _, r := range s.book.Rows(table) {
		if r.Key == key && r.On(s.day) {
			return r, true
		}
	}
	return VersionedRow{}, false
}

// With returns the book with changes made to it. A change with the table, key and first day of an existing row takes its
// place: with the same content it ends it (or opens it again), with another it corrects it, and with Until = From it
// withdraws it. Every other change is a new row. Two rows of one key must not hold on the same day.
func (b *Book) With(version int64, changes []Row) (*Book, error) {
	next := &Book{version: version, hash: b.hash, tables: maps.Clone(b.tables)}
	if next.tables == nil {
		next.tables = map[string][]VersionedRow{}
	}
	seen := map[[3]string]bool{}
	for _, r := range changes {
		if err := r.settle(); err != nil {
			return nil, err
		}
		id := [3]string{r.Table, r.Key, r.From.String()}
		if seen[id] {
			return nil, fault.New(fault.Invalid, "policy.twice", r.Table, r.Key, r.From)
		}
		seen[id] = true
		rows, err := change(next.tables[r.Table], r, version)
		if err != nil {
			return nil, err
		}
		next.tables[r.Table] = rows
	}
	for table, rows := range next.tables {
		if len(rows) == 0 {
			delete(next.tables, table)
		}
	}
	return next, next.overlap()
}

// Changes returns those of rows that change something in b: who starts from the whole book sends most of it back as it was.
func (b *Book) Changes(rows []Row) ([]Row, error) {
	var out []Row
	for _, r := range rows {
		if err := r.settle(); err != nil {
			return nil, err
		}
		had := b.tables[r.Table]
		if i, found := slices.BinarySearchFunc(had, r, func(a VersionedRow, b Row) int { return order(a.Row, b) }); found {
			if _, differs := compare(had[i].Row, r); !differs {
				continue
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// change returns rows, which it leaves alone, with r in its place.
func change(rows []VersionedRow, r Row, version int64) ([]VersionedRow, error) {
	rows = slices.Clone(rows)
	i, found := slices.BinarySearchFunc(rows, r, func(a VersionedRow, b Row) int { return order(a.Row, b) })
	switch {
	case !found && r.Until == r.From:
		return nil, fault.New(fault.Invalid, "policy.bad_period", r.Table, r.Key)
	case !found:
		return slices.Insert(rows, i, VersionedRow{r, version}), nil
	case r.Until == r.From:
		return slices.Delete(rows, i, i+1), nil
	}
	old := rows[i]
	same := slices.Equal(old.Basis, r.Basis) && bytes.Equal(old.Body, r.Body)
	if same && old.Until == r.Until && old.Note == r.Note {
		return nil, fault.New(fault.Invalid, "policy.nothing_changes", r.Table, r.Key, r.From)
	}
	if same {
		version = old.Version
	}
	rows[i] = VersionedRow{r, version}
	return rows, nil
}

func order(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Key, b.Key), cmp.Compare(a.From, b.From))
}

// overlap finds two rows of one key that hold on the same day.
func (b *Book) overlap() error {
	for _, table := range b.Tables() {
		rows := b.tables[table]
		for i := 1; i < len(rows); i++ {
			a, c := rows[i-1], rows[i]
			if a.Key == c.Key && (a.Until == 0 || a.Until > c.From) {
				return fault.New(fault.Invalid, "policy.overlap", table, c.Key, a.From, c.From)
			}
		}
	}
	return nil
}

// ChangeKind says how a row of one book differs from that of another.
type ChangeKind string

// The kinds of change.
const (
	Added     ChangeKind = "added"     // only in the newer book
	Withdrawn ChangeKind = "withdrawn" // only in the older book
	Ended     ChangeKind = "ended"     // the same content, with another last day
	Corrected ChangeKind = "corrected" // another content or article for the same key and first day
)

// Change is one row that differs between two books; Old is empty for an added row, New for a withdrawn one.
type Change struct {
	Kind     ChangeKind
	Old, New VersionedRow
}

// Diff returns what differs from one book to another, in order of table, key and first day.
func Diff(from, to *Book) []Change {
	var out []Change
	a, b := from.All(), to.All()
	for len(a) > 0 || len(b) > 0 {
		side := 0
		switch {
		case len(a) == 0:
			side = 1
		case len(b) == 0:
			side = -1
		default:
			side = order(a[0].Row, b[0].Row)
		}
		switch {
		case side < 0:
			out, a = append(out, Change{Kind: Withdrawn, Old: a[0]}), a[1:]
		case side > 0:
			out, b = append(out, Change{Kind: Added, New: b[0]}), b[1:]
		default:
			if kind, differs := compare(a[0].Row, b[0].Row); differs {
				out = append(out, Change{Kind: kind, Old: a[0], New: b[0]})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

func compare(a, b Row) (kind ChangeKind, differs bool) {
	switch {
	case !slices.Equal(a.Basis, b.Basis) || !bytes.Equal(a.Body, b.Body):
		return Corrected, true
	case a.Until != b.Until:
		return Ended, true
	case a.Note != b.Note:
		return Corrected, true
	}
	return "", false
}
