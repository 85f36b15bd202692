package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/org"
)

// Names are the names of departments and divisions on a day.
type Names struct {
	day         credit.Date
	departments map[string]org.Department
	divisions   map[string]string
	order       []Choice
}

// Choice is one option of a select.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// NamesOn returns the names that are used on the day of the request. A division has the name by which its bureau is called.
func (c *Request) NamesOn(ctx context.Context, q db.Q, day credit.Date) (Names, error) {
	all, err := org.Departments(ctx, q, day)
	if err != nil {
		return Names{}, err
	}
	n := Names{day: day, departments: map[string]org.Department{}, divisions: map[string]string{}}
	for _, d := range all {
		n.departments[d.Code] = d
		name := ""
		switch {
		case d.Code == org.Regulator:
			name = c.Say("web.city_itself")
		case d.Level == org.County && strings.HasPrefix(d.Code, org.Regulator+"-"):
			name = strings.TrimSuffix(strings.TrimSuffix(d.Short, "市场监管局"), "分局")
		default:
			continue
		}
		n.divisions[d.Division] = name
		n.order = append(n.order, Choice{Value: d.Division, Text: name})
	}
	return n, nil
}

// Division returns the name that a division, or its successor, has on the day: in full where it is none of the city's, and its
// code where nobody knows it.
func (n Names) Division(code string) string {
	if name := n.divisions[credit.DivisionOn(code, n.day)]; name != "" {
		return name
	}
	return cmp.Or(credit.DivisionName(code, n.day), code)
}

// Department returns the full name of a department, and its code where there is none on the day.
func (n Names) Department(code string) string {
	if d, ok := n.departments[code]; ok {
		return d.Name
	}
	return code
}

// Short returns the short name of a department.
func (n Names) Short(code string) string {
	if d, ok := n.departments[code]; ok {
		return d.Short
	}
	return code
}

// Divisions returns the divisions as options, with one chosen.
func (n Names) Divisions(chosen string) []Choice {
	out := make([]Choice, len(n.order))
	for i, o := range n.order {
		o.Chosen = o.Value == chosen
		out[i] = o
	}
	return out
}

// Stations returns the stations of the day as options, with one chosen.
func (n Names) Stations(chosen string) []Choice {
	var out []Choice
	for _, code := range slices.Sorted(maps.Keys(n.departments)) {
		if d := n.departments[code]; d.Level == org.Station {
			out = append(out, Choice{Value: code, Text: d.Name, Chosen: code == chosen})
		}
	}
	return out
}
