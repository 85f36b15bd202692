package enterprise

import (
	"context"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// HeadOf returns the head office that a registration names, where it is registered here: it may be, later. That a branch belongs
// to it is all that this says; what is decided against one does not reach the other.
func HeadOf(ctx context.Context, q db.Q, s Subject) (head Subject, known bool, err error) {
	if s.Parent == "" {
		return Subject{}, false, nil
	}
	head, err = ByUSCC(ctx, q, s.Parent)
	if fault.Is(err, "enterprise.unknown") || err == nil && head.ID == s.ID {
		return Subject{}, false, nil
	}
	return head, err == nil, err
}

// BranchesOf returns up to limit subjects whose registrations name one as their head office, by a code that it has or had.
func BranchesOf(ctx context.Context, q db.Q, id string, limit int) ([]Subject, error) {
	return many(ctx, q, `SELECT `+subjectCols+` FROM enterprise_subject WHERE parent <> '' AND parent IN
		(SELECT value FROM enterprise_identifier WHERE enterprise_id = $1 AND scheme IN ('uscc', 'regno')) AND id <> $2 ORDER BY id LIMIT $3`, id, id, limit)
}
