package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"zhixin/internal/blob"
	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/org"
)

// Preview is how the beginning of a file was read, by the reader that also checks it, for who has to say whether that is right.
type Preview struct {
	Unshown bool         `json:"unshown,omitempty"` // it takes too long or too much to read: nothing is known but that it came
	How     sheet.How    `json:"how"`
	Above   int          `json:"above,omitempty"` // rows above the headings
	Heads   []int        `json:"heads,omitempty"` // the numbers of the rows that are the headings
	Notes   []Note       `json:"notes,omitempty"` // what was not read: other sheets, totals, remarks
	Columns []Column     `json:"columns"`
	Lacks   []Lack       `json:"lacks,omitempty"`
	Rows    []PreviewRow `json:"rows"`
	Total   int          `json:"total"` // rows of the file, -1 where it goes on behind what was read
}

// Column is a column of the file, and what it was read as.
type Column struct {
	Heading string `json:"heading"`
	Letter  string `json:"letter"`
	Field   string `json:"field,omitempty"` // code of the standard, "" where the standard has no such field and it is passed over
	Name    string `json:"name,omitempty"`
	English string `json:"english,omitempty"`

	Type catalog.Type `json:"type,omitempty"`
}

// Lack is a field for which the file has no column, though rows need it.
type Lack struct {
	Field   string       `json:"field"`
	Name    string       `json:"name"`
	English string       `json:"english"`
	Need    catalog.Need `json:"need"`
}

// PreviewRow is a row as it would be taken, as far as can be told now.
type PreviewRow struct {
	No       int           `json:"no"`
	Fate     Fate          `json:"fate,omitempty"`
	Cells    []PreviewCell `json:"cells"` // of the columns that have a field, in their order
	Problems []Problem     `json:"problems,omitempty"`
}

// PreviewCell is a value as it stands, and as it was read where that differs.
type PreviewCell struct {
	As   string `json:"as"`
	Read string `json:"read,omitempty"`
}

// Bounds of a preview. Whoever sends a file waits for it, so what is too long to look at is not shown and not refused either.
const (
	rowsShown = 20
	rowsLook  = 5000 // a file with more rows is not counted
	LookTime  = 15 * time.Second
	lookMost  = 256 << 20 // what a workbook may unpack to
	cellShown = 300       // bytes of a value
)

// first is what was read of a file that waits, or why it cannot be read.
type first struct {
	Preview
	why *fault.Error
}

// look reads the beginning of a file, for as long as most.
func look(ctx context.Context, d *db.DB, kind catalog.Kind, b Batch, most time.Duration) (*first, error) {
	within, stop := context.WithTimeout(ctx, most)
	defer stop()
	p, err := lookWithin(within, d, kind, b)
	why := unreadable(err)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case within.Err() != nil, why != nil && why.Code == "sheet.unpacks_too_large":
		return &first{Preview: Preview{Unshown: true, Total: -1}}, nil
	case why != nil:
		return &first{why: why}, nil
	case err != nil:
		return nil, fmt.Errorf("intake: look at %s: %w", b.hash, err)
	}
	return &first{Preview: p}, nil
}

func lookWithin(ctx context.Context, d *db.DB, kind catalog.Kind, b Batch) (p Preview, err error) {
	f, err := blob.Open(ctx, d, b.hash)
	if err != nil {
		return p, err
	}
	defer func() { _ = f.Close() }()
	t, err := openTable(timely{ctx.Err, f}, f.Size, sheet.Limits{Unzipped: lookMost}, kind)
	if err != nil {
		return p, err
	}
	defer func() { _ = t.rows.Close() }()
	p = Preview{How: t.rows.How(), Above: t.above, Heads: t.headRows, Total: -1}
	err = d.View(ctx, func(q db.Q) (err error) {
		t.offices, err = officesOn(ctx, q, b.day())
		return err
	})
	if err != nil {
		return p, err
	}
	rows, err := t.begun(b, &p)
	if err == nil {
		err = d.View(ctx, func(q db.Q) error { return seekSubjects(ctx, q, kind, b.Department, rows) })
	}
	if err != nil {
		return p, err
	}
	p.Notes = notesOf(append(t.notes, t.passedNotes()...))
	p.Columns, p.Lacks = t.mapped(), t.lacks()
	for _, r := range rows {
		p.Rows = append(p.Rows, t.shown(r))
	}
	return p, nil
}

// timely is a file that ends with an error when the time for it is over: readers do not ask.
type timely struct {
	over func() error
	io.ReaderAt
}

// ReadAt implements [io.ReaderAt].
func (f timely) ReadAt(p []byte, off int64) (int, error) {
	if err := f.over(); err != nil {
		return 0, err
	}
	return f.ReaderAt.ReadAt(p, off)
}

// begun returns the first rows, checked, and counts the others as far as that is soon done.
func (t *table) begun(b Batch, p *Preview) ([]row, error) {
	if err := t.shifted(t.rows.peek(shiftRows)); err != nil {
		return nil, err
	}
	var out []row
	for n := 0; n < rowsLook; n++ {
		raw, err := t.next()
		switch {
		case err == io.EOF && n == 0:
			return nil, fault.New(fault.Invalid, "intake.no_rows")
		case err == io.EOF:
			p.Total = n
			return out, nil
		case err != nil:
			return nil, err
		}
		if n < rowsShown {
			r := t.check(raw, b)
			out = append(out, r)
		}
	}
	return out, nil
}

// seekSubjects marks the rows whose subject is not known.
func seekSubjects(ctx context.Context, q db.Q, kind catalog.Kind, department string, rows []row) error {
	who, err := identify(ctx, q, kind, department, rows)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.fate == "" && who[i].id == "":
			r.fate = Held
			r.problems = append(r.problems, who[i].why)
		case r.fate == "" && len(r.problems) > 0:
			r.fate = Warned
		}
	}
	return nil
}

// fieldColumns are the columns that have a field, in the file's order.
func (t *table) fieldColumns() []int { return slices.Sorted(maps.Keys(t.columns)) }

// mapped says what each column of the file was read as; a column without heading and field is left out.
func (t *table) mapped() []Column {
	var out []Column
	for i, h := range t.header {
		if h = strings.TrimSpace(h); h != "" {
			f := t.fields[i]
			out = append(out, Column{h, letters(t.rows.stands(i)), f.Code, f.Name, f.English, f.Type})
		}
	}
	return out
}

// lacks returns the fields that rows need, always or under a condition, and the file does not have. What the platform completes
// by itself is none of them.
func (t *table) lacks() []Lack {
	has := map[string]string{}
	for _, code := range t.columns {
		has[code] = "here"
	}
	var out []Lack
	for _, f := range t.kind.Fields {
		need := t.kind.Need(f)
		if has[f.Code] == "" && !f.Old && (need == catalog.Must || need == catalog.Sometimes) {
			out = append(out, Lack{f.Code, f.Name, f.English, need})
		}
	}
	return out
}

// shown returns a row as it is shown. What may not be kept is not shown either.
func (t *table) shown(r row) PreviewRow {
	out := PreviewRow{No: r.no, Fate: r.fate, Problems: r.problems}
	for _, i := range t.fieldColumns() {
		var cell PreviewCell
		if i < len(r.cells) {
			cell.As = strings.TrimSpace(strings.TrimSuffix(r.cells[i], lost))
		}
		f := t.fields[i]
		if f.Class == catalog.Personal && cell.As != "" {
			cell.As = hidden
		}
		if clean, ok := r.clean[f.Code]; ok && cell.As != hidden {
			cell.Read = f.Show(clean)
		}
		if strings.Join(strings.Fields(cell.Read), " ") == strings.Join(strings.Fields(cell.As), " ") {
			cell.Read = "" // nobody sees the blanks
		}
		cell.As, cell.Read = cut(cell.As), cut(cell.Read)
		out.Cells = append(out.Cells, cell)
	}
	return out
}

func cut(s string) string {
	if len(s) <= cellShown {
		return s
	}
	return strings.ToValidUTF8(s[:cellShown], "") + "…"
}

// keep stores what is shown of a batch that waits.
func keep(ctx context.Context, q db.Q, id string, p Preview) error {
	_, err := q.ExecContext(ctx, `INSERT INTO intake_preview (batch, body) VALUES ($1, $2)
		ON CONFLICT (batch) DO UPDATE SET body = excluded.body`, id, jsonOf(p))
	if err != nil {
		return fmt.Errorf("intake: keep preview of %s: %w", id, err)
	}
	return nil
}

// PreviewOf returns how the beginning of a batch was read that waits for a person's word.
func PreviewOf(ctx context.Context, q db.Q, scope org.Scope, id string) (p Preview, err error) {
	if _, err := Get(ctx, q, scope, id); err != nil {
		return p, err
	}
	var body string
	err = q.QueryRowContext(ctx, `SELECT body FROM intake_preview WHERE batch = $1`, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "intake.not_waiting")
	}
	if err != nil {
		return p, fmt.Errorf("intake: preview of %s: %w", id, err)
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return p, fmt.Errorf("intake: preview of %s: %w", id, err)
	}
	return p, nil
}
