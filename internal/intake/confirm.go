package intake

import (
	"context"
	"fmt"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/jobs"
	"zhixin/internal/org"
)

// Confirm has a batch taken in that waits: somebody who may send for its department has seen how it was read. Only now is it
// sent, so it counts as of now. Confirmed twice it is once.
func Confirm(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	b, err := Get(ctx, q, org.ScopeOf(by, org.BatchSubmit), id)
	switch {
	case err != nil:
		return err
	case b.State == Discarded:
		return fault.New(fault.Conflict, "intake.discarded")
	case b.State == Failed || b.State == Recalling || b.State == TakenBack:
		return fault.New(fault.Conflict, "intake.not_waiting")
	case b.State != Read:
		return nil
	}
	kind, err := catalog.Version(ctx, q, b.Kind, b.standard)
	if err != nil {
		return err
	}
	if err := mayState(ctx, q, kind, b.Department, credit.DateOf(at)); err != nil {
		return err
	}
	if b.Takeover != "" { // it may have been signed while the file waited
		if _, err := openLegacy(ctx, q, b.Takeover, b.Department); err != nil {
			return err
		}
	}
	_, err = takeIn(ctx, q, by, at, b)
	return err
}

// takeIn sends a batch that waits on its way.
func takeIn(ctx context.Context, q db.Q, by org.Actor, at time.Time, b Batch) (Batch, error) {
	b.Place, b.ReceivedAt, b.State, b.Sender = q.IDAfter(at, b.Place), at, Received, by.Who()
	_, err := q.ExecContext(ctx, `UPDATE intake_batch SET place = $2, received_at = $3, state = $4, sender = $5 WHERE id = $1`,
		b.ID, b.Place, db.Time{Time: at}, b.State, b.Sender)
	if err != nil {
		return b, fmt.Errorf("intake: confirm %s: %w", b.ID, err)
	}
	if err := forgetPreview(ctx, q, b.ID); err != nil {
		return b, err
	}
	if _, err := audit.Add(ctx, q, by, at, ConfirmedLeaf, b.ID, b.said()); err != nil {
		return b, err
	}
	return b, jobs.Add(ctx, q, at, CheckJob, b.ID)
}

// Discard ends a batch that waits: nothing of it is taken. Its file stays as it came. Discarded twice it is once.
func Discard(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string) error {
	b, err := Get(ctx, q, org.ScopeOf(by, org.BatchSubmit), id)
	switch {
	case err != nil:
		return err
	case b.State == Discarded:
		return nil
	case b.State != Read:
		return fault.New(fault.Conflict, "intake.not_waiting")
	}
	_, err = q.ExecContext(ctx, `UPDATE intake_batch SET state = $2, finished_at = $3 WHERE id = $1`, id, Discarded, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("intake: discard %s: %w", id, err)
	}
	if err := forgetPreview(ctx, q, id); err != nil {
		return err
	}
	_, err = audit.Add(ctx, q, by, at, DiscardedLeaf, id, b.said())
	return err
}

// forgetPreview removes what was shown of a batch: it holds values of rows that may never be taken.
func forgetPreview(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM intake_preview WHERE batch = $1`, id); err != nil {
		return fmt.Errorf("intake: forget preview of %s: %w", id, err)
	}
	return nil
}

// Waiting returns up to limit batches in the scope that wait for a person's word, the newest first.
func Waiting(ctx context.Context, q db.Q, scope org.Scope, limit int) ([]Batch, error) {
	args := []any{limit}
	return list(ctx, q, `state = 'read' AND `+scope.Where(&args, "department", ""), args)
}
