// Package jobs is the queue of background work: a batch to check, a paper to send.
//
// A job is asked for in the transaction of the act that wants it, is coarse, and is carried out at least once: its work
// must keep its own place and bear to be begun again. What is due by law is never a job but computed from tables by day.
//
// It is a table of our own and not River: River's driver for SQLite wants a connection of its own with
// SetMaxOpenConns(1) and writes outside the one fair lock in which our writers queue, so a job's bookkeeping and a
// counter's receipt would meet as SQLITE_BUSY; its driver for PostgreSQL leans on LISTEN and advisory locks, which our
// own tables avoid. What is left to gain by it is less than the 200 lines here.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Job is one piece of work under way.
type Job struct {
	ID       string
	Kind     string
	Arg      string // what it is about, such as the id of a batch
	RunAt    time.Time
	Attempts int // this one included
}

// Failed is a job that was given up.
type Failed struct {
	Job
	Error string // of the last attempt
}

// Add asks for a job at an instant. Where the same kind and arg waits already, it is one job, at the earlier instant;
// where it is being carried out, it is carried out once more afterwards, because the work may have passed what changed.
func Add(ctx context.Context, q db.Q, at time.Time, kind, arg string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO jobs_job (id, kind, arg, run_at, attempts, holder, until, again, dead, error)
		VALUES ($1, $2, $3, $4, 0, '', NULL, FALSE, FALSE, '')
		ON CONFLICT (kind, arg) WHERE NOT dead DO UPDATE SET again = TRUE,
			run_at = CASE WHEN excluded.run_at < jobs_job.run_at THEN excluded.run_at ELSE jobs_job.run_at END`, q.ID(at), kind, arg, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("jobs: add %s %s: %w", kind, arg, err)
	}
	return nil
}

// Waiting returns how many jobs wait or are being carried out.
func Waiting(ctx context.Context, q db.Q) (int, error) {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM jobs_job WHERE NOT dead`).Scan(&n); err != nil {
		return 0, fmt.Errorf("jobs: waiting: %w", err)
	}
	return n, nil
}

// GivenUp returns how many jobs were given up.
func GivenUp(ctx context.Context, q db.Q) (int, error) {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM jobs_job WHERE dead`).Scan(&n); err != nil {
		return 0, fmt.Errorf("jobs: given up: %w", err)
	}
	return n, nil
}

// Dead returns jobs that were given up, the oldest first.
func Dead(ctx context.Context, q db.Q, limit int) ([]Failed, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, kind, arg, run_at, attempts, error FROM jobs_job
		WHERE dead ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("jobs: dead: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Failed
	for rows.Next() {
		var f Failed
		var at db.Time
		if err := rows.Scan(&f.ID, &f.Kind, &f.Arg, &at, &f.Attempts, &f.Error); err != nil {
			return nil, fmt.Errorf("jobs: dead: %w", err)
		}
		f.RunAt = at.Time
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("jobs: dead: %w", err)
	}
	return out, nil
}

// LeafRetried is the kind of leaf about a job that somebody had tried again; its subject is the job.
const LeafRetried = "jobs.retried"

// Retry puts a job that was given up back into the queue, with all its attempts before it. Where the same work was asked
// for again meanwhile, that one is enough.
func Retry(ctx context.Context, q db.Q, by credit.Actor, at time.Time, id string) error {
	var kind, arg string
	err := q.QueryRowContext(ctx, `DELETE FROM jobs_job WHERE id = $1 AND dead RETURNING kind, arg`, id).Scan(&kind, &arg)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "jobs.not_dead", id)
	}
	if err != nil {
		return fmt.Errorf("jobs: retry %s: %w", id, err)
	}
	if err := Add(ctx, q, at, kind, arg); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, LeafRetried, id, map[string]string{"kind": kind, "arg": arg})
	return err
}

// due finds the job that has waited longest among those nobody holds; "" when there is none. It is read in a view, so
// that idle workers do not queue with the writers.
func due(ctx context.Context, q db.Q, at time.Time) (id string, err error) {
	err = q.QueryRowContext(ctx, `SELECT id FROM jobs_job WHERE NOT dead AND run_at <= $1 AND (until IS NULL OR until <= $1)
		ORDER BY run_at, id LIMIT 1`, db.Time{Time: at}).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("jobs: look for work: %w", err)
	}
	return id, nil
}

// claim takes a job for holder until an instant, unless another worker was faster. The attempt counts from here, so that
// work which kills the process is given up in the end too.
func claim(ctx context.Context, q db.Q, at time.Time, id, holder string, until time.Time) (Job, error) {
	j := Job{ID: id}
	var runAt db.Time
	err := q.QueryRowContext(ctx, `UPDATE jobs_job SET holder = $3, until = $4, attempts = attempts + 1, again = FALSE
		WHERE id = $1 AND NOT dead AND run_at <= $2 AND (until IS NULL OR until <= $2)
		RETURNING kind, arg, run_at, attempts`, id, db.Time{Time: at}, holder, db.Time{Time: until}).
		Scan(&j.Kind, &j.Arg, &runAt, &j.Attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, nil
	}
	if err != nil {
		return Job{}, fmt.Errorf("jobs: claim %s: %w", id, err)
	}
	j.RunAt = runAt.Time
	return j, nil
}

// renew makes the lease of j last until an instant; it says false when j is no longer holder's.
func renew(ctx context.Context, q db.Q, j Job, holder string, until time.Time) (bool, error) {
	r, err := q.ExecContext(ctx, `UPDATE jobs_job SET until = $4 WHERE id = $1 AND holder = $2 AND attempts = $3`,
		j.ID, holder, j.Attempts, db.Time{Time: until})
	if err != nil {
		return false, fmt.Errorf("jobs: renew %s: %w", j.ID, err)
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// finish ends an attempt of holder: the job is deleted, or runs once more where it was asked for again.
func finish(ctx context.Context, q db.Q, at time.Time, j Job, holder string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM jobs_job WHERE id = $1 AND holder = $2 AND attempts = $3 AND NOT again`,
		j.ID, holder, j.Attempts)
	if err != nil {
		return fmt.Errorf("jobs: finish %s: %w", j.ID, err)
	}
	return free(ctx, q, j, holder, at, 0, "")
}

// free gives j back to be run at an instant.
func free(ctx context.Context, q db.Q, j Job, holder string, runAt time.Time, attempts int, reason string) error {
	_, err := q.ExecContext(ctx, `UPDATE jobs_job SET holder = '', until = NULL, run_at = $4, attempts = $5, error = $6
		WHERE id = $1 AND holder = $2 AND attempts = $3`, j.ID, holder, j.Attempts, db.Time{Time: runAt}, attempts, reason)
	if err != nil {
		return fmt.Errorf("jobs: give %s back: %w", j.ID, err)
	}
	return nil
}

// fail ends an attempt that failed: the job waits 1 s · 2ⁿ, at most ten minutes, and is given up after twenty attempts.
func fail(ctx context.Context, q db.Q, at time.Time, j Job, holder, reason string) error {
	if j.Attempts < most {
		return free(ctx, q, j, holder, at.Add(backoff(j.Attempts)), j.Attempts, reason)
	}
	_, err := q.ExecContext(ctx, `UPDATE jobs_job SET holder = '', until = NULL, dead = TRUE, error = $4
		WHERE id = $1 AND holder = $2 AND attempts = $3`, j.ID, holder, j.Attempts, reason)
	if err != nil {
		return fmt.Errorf("jobs: give %s up: %w", j.ID, err)
	}
	return nil
}

// most is how often a job is attempted.
const most = 20

func backoff(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 10), 10*time.Minute)
}
