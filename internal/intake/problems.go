package intake

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"zhixin/internal/db"
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

// Problems writes the rows that were not taken as a CSV file that Excel opens: the columns as they came, then the row's
// number, what is wrong and how it is mended. Mended and sent again, its added columns are passed over. Rows that were
// taken with a warning are not in it: sent again they would only be duplicates.
func Problems(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag, w io.Writer) error {
	b, err := Get(ctx, q, scope, id)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("intake: write problems: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := append(defuseAll(b.Header), c.Say(tag, "intake.column_row"), c.Say(tag, "intake.column_problem"), c.Say(tag, "intake.column_mend"))
	err = out.Write(head)
	for after := 0; err == nil; {
		var page []ProblemRow
		page, err = problems(ctx, q, `batch = $1 AND row_no > $2 AND fate <> $3 ORDER BY row_no LIMIT 500`, id, after, Warned)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err = out.Write(r.line(len(b.Header), c, tag)); err != nil {
				break
			}
			after = r.Row
		}
		if out.Flush(); len(page) == 0 {
			break
		}
	}
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("intake: write problems: %w", err)
	}
	return nil
}

// line returns the row as it stands in the problems file.
func (r ProblemRow) line(width int, c *lang.Catalogue, tag lang.Tag) []string {
	cells := defuseAll(r.Cells)
	for len(cells) < width {
		cells = append(cells, "")
	}
	var what, how []string
	for _, p := range r.Problems {
		if p.Warning {
			continue
		}
		what = append(what, p.Say(c, tag))
		if m := p.Mend(c, tag); !slices.Contains(how, m) {
			how = append(how, m)
		}
	}
	return append(cells[:width], strconv.Itoa(r.Row), sheet.Defuse(strings.Join(what, " ")), sheet.Defuse(strings.Join(how, " ")))
}

func defuseAll(cells []string) []string {
	out := make([]string, len(cells), len(cells)+3)
	for i, s := range cells {
		out[i] = sheet.Defuse(s)
	}
	return out
}
