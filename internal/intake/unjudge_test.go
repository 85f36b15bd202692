package intake_test

import (
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
)

// pending counts the jobs of judgements that wait.
func pending(t testing.TB, d *db.DB) int {
	t.Helper()
	return count(t, d, `SELECT COUNT(*) FROM jobs_job WHERE kind = 'intake.judge'`)
}

func followed(t testing.TB, d *db.DB, id string) {
	t.Helper()
	if err := intake.FollowJudgement(ctx, d, clock, id); err != nil {
		t.Fatal(err)
	}
}

// TestAJudgementOfManyRowsGoesOnInAJob: a person's act deals with a few hundred rows and no more; all others follow, and none is
// lost where somebody decides otherwise before they have.
func TestAJudgementOfManyRowsGoesOnInAJob(t *testing.T) {
	const all = 430
	rows := [][]string{penaltyHead}
	for n := range all {
		rows = append(rows, contradicting(1000+n))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := take(t, d, "penalty", file(rows))
		j := judged(t, d, undecided(t, d)[0].Pattern, uscc(2))
		if b = get(t, d, b.ID); !j.More || j.Rows >= all || b.Accepted != j.Rows || b.Unmatched != all-j.Rows || pending(t, d) != 1 {
			t.Fatalf("the act: %d rows, more %t, %+v, %d jobs", j.Rows, j.More, b.Counts, pending(t, d))
		}
		followed(t, d, j.ID)
		followed(t, d, j.ID)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: all}) || b.Warned != all {
			t.Fatalf("the job: %+v, %d warned", b.Counts, b.Warned)
		}

		undo(t, d, j.ID)
		if b = get(t, d, b.ID); b.Accepted == 0 || b.Accepted+b.Unmatched != all || pending(t, d) != 1 {
			t.Fatalf("undone: %+v, %d jobs", b.Counts, pending(t, d))
		}
		other := judged(t, d, j.Pattern, uscc(1)) // before the job has taken the others back
		followed(t, d, j.ID)
		followed(t, d, other.ID)
		if b = get(t, d, b.ID); b.Counts != (intake.Counts{Accepted: all}) || borne(t, d, uscc(2)) != "" {
			t.Errorf("decided otherwise meanwhile: %+v, %q", b.Counts, borne(t, d, uscc(2)))
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_held`); n != 0 {
			t.Errorf("%d rows wait that nobody is asked about", n)
		}
	})
}
