package intake_test

import (
	"strings"
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

func TestNothingOfPersonsIsKept(t *testing.T) {
	bad := person(4, "公民")
	bad[2] = citizen // in the column of the code
	odd := person(5, "外星人")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "penalty", file([][]string{penaltyHead, person(1, "自然人"), person(2, "个人"), person(3, " 公民 "), bad, odd}))
		if b.Counts != (intake.Counts{Unmatched: 3, Rejected: 2}) {
			t.Errorf("%+v", b.Counts)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_held`); n != 0 {
			t.Errorf("%d rows of persons are kept", n)
		}
		if left := dump(t, d); strings.Contains(left, citizen) {
			t.Error("a person's number is kept")
		}
	})
}

func TestLongRowsAreKeptInPart(t *testing.T) {
	long := penalty(1, uscc(1))
	long[12], long[6] = "不详", strings.Repeat("虚", 40000)
	head := append([]string{strings.Repeat("题", 1000)}, penaltyHead...)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file([][]string{head, append([]string{""}, long...)}))
		if b.Rejected != 1 || len(b.Header[0]) > 310 {
			t.Fatalf("%+v %v; heading of %d bytes", b.Counts, b.Failure(), len(b.Header[0]))
		}
		if n := count(t, d, `SELECT MAX(LENGTH(cells)) FROM intake_problem`); n > 17<<10 {
			t.Errorf("%d characters are kept of a row", n)
		}
		_, rows := problemsFile(t, d, b.ID, "zh")
		mended := rows[1]
		mended[13] = "2026-03-05"
		if b := take(t, d, "penalty", file([][]string{rows[0], mended})); b.Rejected != 1 {
			t.Errorf("what was cut came back as if it were whole: %+v", b.Counts)
		}
		err := d.View(ctx, func(q db.Q) error {
			all, err := intake.List(ctx, q, org.Scope{All: true}, "", 10)
			for _, b := range all {
				if len(b.Header) > 0 {
					t.Error("a list carries headers")
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestLongRowsMakeShortBlocks(t *testing.T) {
	rows := [][]string{penaltyHead}
	for i := range 99 {
		row := penalty(i, uscc(1))
		row[9] = strings.Repeat("罚", 4000)
		rows = append(rows, row)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		if b := take(t, d, "penalty", file(rows)); b.Accepted != 99 {
			t.Fatalf("%+v %v", b.Counts, b.Failure())
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'record.accepted'`); n != 1+2 {
			t.Errorf("%d leaves of blocks, want 3", n)
		}
	})
}
