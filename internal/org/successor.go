package org

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// CompetentOn returns the code of the department that does a department's work on day: its own while there is one, and then
// that of who took over, and so on (handbook 12.16). A code that nobody knows, or that ended without a successor, stays as it is.
func CompetentOn(ctx context.Context, q db.Q, code string, day credit.Date) (string, error) {
	for seen := []string{}; ; {
		_, err := DepartmentOn(ctx, q, code, day)
		if !fault.Is(err, "org.no_department") {
			return code, err
		}
		var next string
		err = q.QueryRowContext(ctx, `SELECT successor FROM org_department WHERE code = $1`, code).Scan(&next)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", fmt.Errorf("org: successor of %s: %w", code, err)
		}
		if seen = append(seen, code); next == "" || slices.Contains(seen, next) {
			return code, nil
		}
		code = next
	}
}
