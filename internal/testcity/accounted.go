package testcity

import (
	"context"
	"testing"

	"zhixin/internal/db"
)

// Accounted fails where the rows of a batch that were dealt with so far are not the sum of what became of them, or where what became
// of them is not there: each accepted or superseding row is one record, each unmatched one is held or told about, each rejected one
// is told about or counted as not told. It holds at every moment, also behind a kill, for batches of which nothing was taken back.
// It returns how many rows were dealt with.
func Accounted(t testing.TB, d *db.DB) (rows int) {
	t.Helper()
	err := d.View(context.Background(), func(q db.Q) error {
		all, err := q.QueryContext(context.Background(), `SELECT id, state, total, cursor, accepted, duplicate, superseded, rejected, unmatched, unlisted,
			(SELECT count(*) FROM record_record r WHERE r.batch = b.id AND NOT r.withdrawn),
			(SELECT count(*) FROM intake_problem p WHERE p.batch = b.id AND p.fate = 'rejected'),
			(SELECT count(*) FROM intake_problem p WHERE p.batch = b.id AND p.fate = 'held')
			FROM intake_batch b WHERE state IN ('received', 'checking', 'done')`)
		if err != nil {
			return err
		}
		defer func() { _ = all.Close() }()
		for all.Next() {
			var id, state string
			var total, cursor, accepted, duplicate, superseded, rejected, unmatched, untold, records, refused, held int
			if err := all.Scan(&id, &state, &total, &cursor, &accepted, &duplicate, &superseded, &rejected, &unmatched, &untold,
				&records, &refused, &held); err != nil {
				return err
			}
			rows += cursor
			switch {
			case accepted+duplicate+superseded+rejected+unmatched != cursor:
				t.Errorf("batch %s: %d rows were dealt with, %d + %d + %d + %d + %d are accounted for", id, cursor, accepted, duplicate, superseded,
					rejected, unmatched)
			case records != accepted+superseded:
				t.Errorf("batch %s: %d records of %d rows", id, records, accepted+superseded)
			case refused+held+untold != rejected+unmatched:
				t.Errorf("batch %s: %d rows are told about, %d only counted, of %d", id, refused+held, untold, rejected+unmatched)
			case state == "done" && cursor != total:
				t.Errorf("batch %s is done at row %d of %d", id, cursor, total)
			}
		}
		return all.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
