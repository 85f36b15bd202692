package intake

import (
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

func TestHeldRowsAreFoundByIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		query, args := candidatesOf([]string{"a", "b", "c"}, place{})
		var plan strings.Builder
		err := d.Tx(t.Context(), func(q db.Q) error {
			explain := `EXPLAIN QUERY PLAN `
			if d.Engine() == db.PostgreSQL { // its tables are empty here, and reading them whole would be best
				explain = `EXPLAIN `
				for _, off := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
					if _, err := q.ExecContext(t.Context(), `SET LOCAL `+off+` = off`); err != nil {
						return err
					}
				}
			}
			rows, err := q.QueryContext(t.Context(), explain+query, args...)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var a, b, c any
				var line string
				into := []any{&line}
				if d.Engine() == db.SQLite {
					into = []any{&a, &b, &c, &line}
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				plan.WriteString(line + "\n")
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []string{"enterprise_identifier_of", "intake_held_code_value", "intake_held_norm"} {
			if !strings.Contains(plan.String(), index) {
				t.Errorf("%s is not used:\n%s", index, plan.String())
			}
		}
		// f is what the three searches found, put together.
		if strings.Contains(strings.ReplaceAll(plan.String(), "SCAN f", ""), "SCAN") || strings.Contains(plan.String(), "Seq Scan") {
			t.Errorf("a table is read whole:\n%s", plan.String())
		}
	})
}
