package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// Extra is what a row says in a column that the data standard does not know. It is kept beside the record and is no part of its
// body: nothing that reads records can show it, search it or hand it out. Nor is it content: a row that differs from what was
// stated in such a column only is a duplicate, because what others rely on has not changed, and a new version would be news to all
// who follow the feed and start the public's clocks anew. What a version was stated with stays with it.
type Extra struct {
	Column string `json:"column"`
	Value  string `json:"value"`
}

// Bounds of what is kept so.
const (
	ExtraColumns = 40   // of a file
	ExtraLength  = 2000 // characters of a value
)

// extraColumn is a column of a file that the standard does not know.
type extraColumn struct {
	at   int
	name string
}

// extraColumns returns the columns with a heading that have no field, in the file's order. Of two with the same heading the later
// has its place in the table behind it.
func extraColumns(header []string, known map[int]string) (out []extraColumn) {
	seen := map[string]bool{}
	for i, name := range header {
		if name = strings.TrimSpace(name); name == "" || known[i] != "" {
			continue
		}
		if seen[name] {
			name += " " + letters(i)
		}
		seen[name] = true
		out = append(out, extraColumn{i, name})
	}
	return out
}

// learnExtra finds the columns that are kept beside the records, and says which are too many.
func (t *table) learnExtra() {
	t.extra = extraColumns(t.header, t.columns)
	if len(t.extra) <= ExtraColumns {
		return
	}
	var left []string
	for _, c := range t.extra[ExtraColumns:] {
		left = append(left, c.name)
	}
	t.extra = t.extra[:ExtraColumns]
	names := strings.Join(left[:min(len(left), rowsNamed)], "、")
	if len(left) > rowsNamed {
		names += "…"
	}
	t.notes = append(t.notes, sheet.Note{Code: "intake.extra_columns", Args: []any{ExtraColumns, len(left), names}})
}

// beside returns what a row says beside the standard, with a remark about each value that is too long to be kept whole. Numbers of
// persons are not kept.
func (t *table) beside(cells []string) (out []Extra, remarks []Problem) {
	for _, c := range t.extra {
		v := strings.TrimSpace(sheet.Undefused(cellAt(cells, c.at)))
		if v == "" {
			continue
		}
		if credit.CheckCitizenID(credit.NormalizeCode(v)) == nil {
			v = hidden
		}
		if len(v) > ExtraLength {
			if runes := []rune(v); len(runes) > ExtraLength {
				v = string(runes[:ExtraLength]) + "…"
				remarks = append(remarks, Problem{Column: c.name, Code: "intake.extra_long", Args: args{ExtraLength}, Warning: true})
			}
		}
		out = append(out, Extra{c.name, v})
	}
	return out, remarks
}

// keepExtra keeps what rows say beside the standard. A row is one version at most, so its place names it; a row that is held
// keeps it until it becomes one.
func keepExtra(ctx context.Context, q db.Q, b Batch, rows []row) error {
	const width = 3
	var values []any
	for _, r := range rows {
		if len(r.extra) > 0 {
			values = append(values, b.ID, r.no, jsonOf(r.extra))
		}
	}
	for part := range slices.Chunk(values, 100*width) {
		_, err := q.ExecContext(ctx, `INSERT INTO intake_extra (batch, row_no, body) VALUES `+db.Values(len(part)/width, width), part...)
		if err != nil {
			return fmt.Errorf("intake: keep other columns: %w", err)
		}
	}
	return nil
}

// ExtraOf returns what a record was stated with beside the standard, in the order of the file. Only the department that stated it
// sees that, whatever else a person may see.
func ExtraOf(ctx context.Context, q db.Q, by org.Actor, r record.Record) (out []Extra, err error) {
	if by.Department != r.Department || r.Withdrawn {
		return nil, nil
	}
	if err := org.May(by, org.BatchRead, r.Department, ""); err != nil {
		return nil, err
	}
	var body string
	err = q.QueryRowContext(ctx, `SELECT body FROM intake_extra WHERE batch = $1 AND row_no = $2`, r.Batch, r.Row).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &out)
	}
	if err != nil {
		return nil, fmt.Errorf("intake: other columns of %s: %w", r.ID, err)
	}
	return out, nil
}

// ExtraColumnsOf returns the headings of a batch's file that are kept beside its records.
func ExtraColumnsOf(ctx context.Context, q db.Q, b Batch) (out []string, err error) {
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return nil, err
	}
	known, _ := kind.Columns(b.Header)
	for _, c := range extraColumns(b.Header, known) {
		out = append(out, c.name)
	}
	return out[:min(len(out), ExtraColumns)], nil
}

// Whole is a record as the department that stated it sees it.
type Whole struct {
	Stated
	Fields []FieldValue
	Extra  []Extra
	File   Batch // that stated it; without an id where none did
}

// FieldValue is what a record says in a field of its standard, as files write it.
type FieldValue struct {
	catalog.Field
	Value string
}

// WholeRecord returns a record of by's own department with all that it says, by the standard under which it came.
func WholeRecord(ctx context.Context, q db.Q, by org.Actor, kindName, source string) (w Whole, err error) {
	if w.Stated, err = RecordBy(ctx, q, org.ScopeOf(by, org.BatchRead), by.Department, kindName, source); err != nil {
		return w, err
	}
	r, err := record.Head(ctx, q, by.Department, kindName, source)
	if err != nil {
		return w, err
	}
	if r.Batch != "" {
		if w.File, err = load(ctx, q, r.Batch); err != nil {
			return w, err
		}
	}
	kind, err := catalog.Version(ctx, q, kindName, w.File.standard)
	if fault.Is(err, "catalog.unknown_kind") { // withdrawn by hand, and of an added kind
		var set catalog.Set
		if set, err = catalog.Load(ctx, q); err == nil {
			kind, err = set.Of(kindName)
		}
	}
	if err != nil {
		return w, err
	}
	var clean map[string]string
	if err := json.Unmarshal(r.Body, &clean); err != nil {
		return w, fmt.Errorf("intake: body of %s: %w", r.ID, err)
	}
	for _, f := range kind.Fields {
		switch v := clean[f.Code]; {
		case v == "":
		case f.Class == catalog.Personal:
			w.Fields = append(w.Fields, FieldValue{f, hidden})
		default:
			w.Fields = append(w.Fields, FieldValue{f, f.Show(v)})
		}
	}
	w.Extra, err = ExtraOf(ctx, q, by, r)
	return w, err
}
