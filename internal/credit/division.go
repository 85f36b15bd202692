package credit

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
)

//go:embed divisions_cn.csv
var divisionsCSV string

// division is a division under one name, from a day until another; 0 is as far back as anybody asks, or today.
type division struct {
	name        string
	from, until Date
	next        string // whose code its area has had since until, "" where it fell to several
}

// divisions are all that are known, by code, each in the order of its names.
var divisions = sync.OnceValue(func() map[string][]division {
	out := map[string][]division{}
	for line := range strings.Lines(divisionsCSV) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if strings.HasPrefix(line, "#") || f[0] == "code" {
			continue
		}
		out[f[0]] = append(out[f[0]], division{f[1], divisionDay(f[2]), divisionDay(f[3]), f[4]})
	}
	return out
})

// divisionDay reads a day of the table. Of a change of which only the year is known, its last day is the first on which it is.
func divisionDay(s string) Date {
	switch len(s) {
	case 0:
		return 0
	case 4:
		return MustDate(s + "-12-31")
	}
	return MustDate(s)
}

// inAllTime is after every change of divisions.
const inAllTime = Date(math.MaxInt32)

// DivisionOn returns the code that the area of a division has on a day: its own until it is dissolved, and then its successor's
// (handbook 1.5, 12.16). A code that nobody knows stays as it is.
func DivisionOn(code string, day Date) string {
	for {
		known := divisions()[code]
		if len(known) == 0 {
			return code
		}
		last := known[len(known)-1]
		if last.until == 0 || day < last.until || last.next == "" || last.next == code {
			return code
		}
		code = last.next
	}
}

// DivisionNow returns the code that the area of a division has by all that is known.
func DivisionNow(code string) string { return DivisionOn(code, inAllTime) }

// DivisionName returns what the area of a division is called on a day, with the province and the city before it. Of a code that
// the table does not have, it is the name of the city or province in whose range it lies, and "" where there is none.
func DivisionName(code string, day Date) string {
	if len(code) != 6 {
		return ""
	}
	code = DivisionOn(code, day)
	name := ""
	for _, part := range slices.Compact([]string{code[:2] + "0000", code[:4] + "00", code}) {
		name += nameOn(divisions()[part], day)
	}
	return name
}

// nameOn returns which of the names of a division it has on a day: the nearest where it has none, as one that is not there yet.
func nameOn(known []division, day Date) string {
	for _, d := range known {
		if d.until == 0 || day < d.until {
			return d.name
		}
	}
	if len(known) == 0 {
		return ""
	}
	return known[len(known)-1].name
}

// InDivision reports whether code lies in the division of: 340800 holds 340802, 340000 holds both. A code that was dissolved
// lies where its successor does: 340823 枞阳县 in 铜陵, no more in 安庆.
func InDivision(code, of string) bool {
	if len(of) != 6 || len(code) != 6 {
		return false
	}
	low, high := divisionRange(DivisionNow(of))
	code = DivisionNow(code)
	return low <= code && code <= high
}

func divisionRange(of string) (low, high string) {
	base := strings.TrimSuffix(strings.TrimSuffix(of, "00"), "00")
	return base + strings.Repeat("0", 6-len(base)), base + strings.Repeat("9", 6-len(base))
}

// DivisionCodes returns the codes for which [InDivision] holds, as a query needs them: those from low to high without some, and
// some more, both in order. Of what is no division it returns nothing.
func DivisionCodes(of string) (low, high string, without, more []string) {
	if len(of) != 6 {
		return "", "", nil, nil
	}
	low, high = divisionRange(DivisionNow(of))
	for code := range divisions() {
		switch inside, holds := low <= code && code <= high, InDivision(code, of); {
		case inside && !holds:
			without = append(without, code)
		case holds && !inside:
			more = append(more, code)
		}
	}
	slices.Sort(without)
	slices.Sort(more)
	return low, high, without, more
}
