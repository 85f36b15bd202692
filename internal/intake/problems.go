package intake

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/catalog/template"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// ProblemsPage returns up to limit rows of a batch about which there is something to say, behind row after.
func ProblemsPage(ctx context.Context, q db.Q, scope org.Scope, id string, after, limit int) ([]ProblemRow, error) {
	if _, err := Get(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return problems(ctx, q, `batch = $1 AND row_no > $2 ORDER BY row_no LIMIT $3`, id, after, limit)
}

func problems(ctx context.Context, q db.Q, where string, binds ...any) ([]ProblemRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT row_no, fate, problems, cells FROM intake_problem WHERE `+where, binds...)
	if err != nil {
		return nil, fmt.Errorf("intake: problems: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ProblemRow
	for rows.Next() {
		var r ProblemRow
		var said, cells string
		if err := rows.Scan(&r.Row, &r.Fate, &said, &cells); err != nil {
			return nil, fmt.Errorf("intake: problems: %w", err)
		}
		if err := json.Unmarshal([]byte(said), &r.Problems); err != nil {
			return nil, fmt.Errorf("intake: problems of row %d: %w", r.Row, err)
		}
		if err := json.Unmarshal([]byte(cells), &r.Cells); err != nil {
			return nil, fmt.Errorf("intake: cells of row %d: %w", r.Row, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: problems: %w", err)
	}
	return out, nil
}

// Problems writes the rows that were not taken as a CSV file that Excel opens: the row's number and fate, what must be mended
// and what is worth a look, then the columns as they came (a row that is too wide stays so). Mended and sent again, the columns of ours are passed over. Rows
// that were taken with a warning are not in it: sent again they would only be duplicates.
func Problems(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag, w io.Writer) error {
	f, err := openProblems(ctx, q, scope, id, c, tag)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("intake: write problems: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	words := f.words()
	head := []string{words.Row, words.Fate, words.Wrong, words.Note}
	for i, h := range head {
		head[i] = catalog.RemarkMark + h
	}
	if err := out.Write(append(head, defuseAll(f.batch.Header)...)); err != nil {
		return fmt.Errorf("intake: write problems: %w", err)
	}
	err = f.each(ctx, q, notTaken, func(m template.Marked) error {
		return out.Write(append([]string{strconv.Itoa(m.No), m.Fate, sheet.Defuse(m.Wrong), sheet.Defuse(m.Note)}, defuseAll(m.Cells)...))
	})
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("intake: write problems: %w", err)
	}
	return nil
}

func defuseAll(cells []string) []string {
	out := make([]string, len(cells))
	for i, s := range cells {
		out[i] = sheet.Defuse(s)
	}
	return out
}

// WorkbookRows is how many rows of problems a workbook holds.
const WorkbookRows = 100_000

// Workbook writes the rows about which there is something to say as an xlsx file that is mended in place and sent back as it is:
// those that were not taken, and on a sheet of their own, which is not read when the file comes back, those that were taken
// with a remark.
func Workbook(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag, w io.Writer) error {
	f, err := openProblems(ctx, q, scope, id, c, tag)
	if err != nil {
		return err
	}
	if f.batch.Listed+f.batch.Unmatched > WorkbookRows {
		return fault.New(fault.TooLarge, "intake.too_many_for_workbook", WorkbookRows)
	}
	book := template.NewMend(f.batch.Header, f.words())
	defer book.Close()
	how := []string{f.say("intake.mend_how"), f.say("intake.mend_how_held"), f.say("intake.mend_how_send")}
	if f.batch.Unlisted > 0 {
		how = append(how, f.say("intake.too_many_problems", f.batch.Listed, f.batch.Unlisted))
	}
	book.Sheet(f.say("intake.sheet_mend"), how...)
	if err := f.each(ctx, q, notTaken, book.Add); err != nil {
		return err
	}
	if f.batch.Warned > 0 {
		book.Sheet(catalog.RemarkMark+f.say("intake.sheet_note"), f.say("intake.note_how", f.say("intake.sheet_mend")))
		if err := f.each(ctx, q, taken, book.Add); err != nil {
			return err
		}
	}
	return book.Write(w)
}

// The rows of one sheet, as a condition.
const (
	notTaken = `fate <> '` + string(Warned) + `'`
	taken    = `fate = '` + string(Warned) + `'`
)

// problemFile is a file of problems on its way to its reader.
type problemFile struct {
	batch   Batch
	columns map[string]int // field code → column of the file
	c       *lang.Catalogue
	tag     lang.Tag
}

func openProblems(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag) (*problemFile, error) {
	b, err := Get(ctx, q, scope, id)
	if err != nil {
		return nil, err
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return nil, err
	}
	f := &problemFile{batch: b, columns: map[string]int{}, c: c, tag: tag}
	columns, _ := kind.Columns(b.Header)
	for i, code := range columns {
		f.columns[code] = i
	}
	return f, nil
}

func (f *problemFile) say(code string, args ...any) string { return f.c.Say(f.tag, code, args...) }

func (f *problemFile) words() template.MendWords {
	return template.MendWords{Row: f.say("intake.column_row"), Fate: f.say("intake.column_fate"), Wrong: f.say("intake.column_mend"),
		Note: f.say("intake.column_note")}
}

// each calls add with the rows that meet a condition, in their order.
func (f *problemFile) each(ctx context.Context, q db.Q, which string, add func(template.Marked) error) error {
	for after := 0; ; {
		page, err := problems(ctx, q, `batch = $1 AND row_no > $2 AND `+which+` ORDER BY row_no LIMIT 500`, f.batch.ID, after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			if err := add(f.marked(r)); err != nil {
				return err
			}
			after = r.Row
		}
	}
}

// marked puts what is said about a row in words: what must be mended apart from what is worth a look.
func (f *problemFile) marked(r ProblemRow) template.Marked {
	out := template.Marked{No: r.Row, Fate: f.say("intake.fate_" + string(r.Fate)), Cells: r.Cells}
	for len(out.Cells) < len(f.batch.Header) {
		out.Cells = append(out.Cells, "")
	}
	var wrong, note []string
	for _, p := range r.Problems {
		at, column := f.columns[p.Field]
		line := p.Line(f.c, f.tag)
		switch {
		case p.Warning:
			note = append(note, line)
			if column {
				out.Doubtful = append(out.Doubtful, at)
			}
			continue
		case column:
			out.Bad = append(out.Bad, at)
		case p.Field != "":
			line = f.say("intake.in_row", line, f.say("intake.no_column", p.Column))
		}
		wrong = append(wrong, line)
	}
	out.Wrong, out.Note = strings.Join(wrong, "\n"), strings.Join(note, "\n")
	return out
}
