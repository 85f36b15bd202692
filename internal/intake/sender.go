package intake

import (
	"context"

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
