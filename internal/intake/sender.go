package intake

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// mayState returns nil where a department exists on a day and may state records of a kind.
func mayState(ctx context.Context, q db.Q, kind catalog.Kind, department string, day credit.Date) error {
	d, err := org.DepartmentOn(ctx, q, department, day)
	if err != nil {
		return err
	}
	regulator := regulates(d)
	switch {
	case kind.States(department, regulator):
		return nil
	case kind.Regulators && !regulator:
		return fault.New(fault.Forbidden, "intake.regulators_only", kind.Title, d.Name)
	}
	return fault.New(fault.Forbidden, "intake.others_only", kind.Title, d.Name)
}

// Offered returns the kinds of which a department may state records on a day, those first of which it has sent most files. One that
// does not exist on that day may state none.
func Offered(ctx context.Context, q db.Q, set catalog.Set, department string, day credit.Date) ([]catalog.Kind, error) {
	d, err := org.DepartmentOn(ctx, q, department, day)
	if fault.Is(err, "org.no_department") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	used, err := filesByKind(ctx, q, department)
	if err != nil {
		return nil, err
	}
	kinds := slices.DeleteFunc(slices.Clone(set.All()), func(k catalog.Kind) bool { return !k.States(department, regulates(d)) })
	slices.SortStableFunc(kinds, func(a, b catalog.Kind) int { return used[b.Name] - used[a.Name] })
	return kinds, nil
}

func filesByKind(ctx context.Context, q db.Q, department string) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, count(*) FROM intake_batch WHERE department = $1 GROUP BY kind`, department)
	if err != nil {
		return nil, fmt.Errorf("intake: files of %s: %w", department, err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("intake: files of %s: %w", department, err)
		}
		out[kind] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: files of %s: %w", department, err)
	}
	return out, nil
}

// regulates says whether a department is a market regulator: the city's, or a bureau under it. Stations keep no registry.
func regulates(d org.Department) bool {
	return d.Code == org.Regulator || d.Level == org.County && d.Parent == org.Regulator
}

// offices are the departments on the day of a batch, as its rows name them.
type offices struct {
	byCode, byUSCC map[string]org.Department
}

func officesOn(ctx context.Context, q db.Q, day credit.Date) (offices, error) {
	all, err := org.Departments(ctx, q, day)
	if err != nil {
		return offices{}, err
	}
	o := offices{map[string]org.Department{}, map[string]org.Department{}}
	for _, d := range all {
		o.byCode[d.Code] = d
		if d.USCC != "" {
			o.byUSCC[d.USCC] = d
		}
	}
	return o, nil
}

// foreign says whether a decision with this authority is another's than the sender's: neither its own nor that of a department
// under it. The record stays the sender's statement; whoever looks at it should know.
func (o offices) foreign(authority, sender string) bool {
	if authority == "" || credit.IsMasked(authority) {
		return false
	}
	decided, known := o.byUSCC[authority]
	if known {
		return decided.Code != sender && decided.Parent != sender
	}
	return o.byCode[sender].USCC != ""
}
