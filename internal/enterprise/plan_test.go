package enterprise

import (
	"fmt"
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// TestSearchReadsTheIndexOnly: anybody may search, and the rows of the registry hold thousands of characters each.
func TestSearchReadsTheIndexOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		explain, want := "EXPLAIN QUERY PLAN ", "USING COVERING INDEX enterprise_subject_norm"
		if d.Engine() == db.PostgreSQL {
			explain, want = "EXPLAIN ", "Index Only Scan using enterprise_subject_norm"
		}
		var plan strings.Builder
		err := d.View(t.Context(), func(q db.Q) error {
			if d.Engine() == db.PostgreSQL { // of an empty table it would rather read nothing
				if _, err := q.ExecContext(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
					return err
				}
				if _, err := q.ExecContext(t.Context(), "SET LOCAL enable_bitmapscan = off"); err != nil {
					return err
				}
			}
			query, args := rankByName("船舶", "340800")
			rows, err := q.QueryContext(t.Context(), explain+query, args...)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				cells, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range cells {
					into[i] = &cells[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				fmt.Fprintln(&plan, cells...)
			}
			return rows.Err()
		})
		if err != nil || !strings.Contains(plan.String(), want) {
			t.Errorf("%v: no %q in\n%s", err, want, plan.String())
		}
	})
}
