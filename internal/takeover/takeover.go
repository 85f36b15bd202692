// Package takeover brings the past of an old system over: what that says it holds, what of it came, why the two differ, and two people
// who answer for it. Sums are stated before anything is sent and never change; a difference is mended or explained in words.
package takeover

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/record"
)

// State is how far a take-over is.
type State string

// The states of a take-over.
const (
	Open       State = "open"       // files are sent into it
	Reconciled State = "reconciled" // its sums wait for another person; nothing can be sent
	Signed     State = "signed"     // it is closed for good
	Withdrawn  State = "withdrawn"  // it was opened by mistake, and nothing was sent into it
)

// Takeover is the past of one old system.
type Takeover struct {
	ID, Department, System string
	Day                    credit.Date // the last day for which the old system answers
	State                  State
	OpenedBy               string // ids of persons
	OpenedAt               time.Time
	ReconciledBy           string
	ReconciledAt           time.Time
	SignedBy               string
	SignedAt               time.Time
	Returned               string // why the sums were last sent back
	Leaf                   string // of the signature
	WithdrawnBy            string
	WithdrawnAt            time.Time
	WithdrawnFor           string // the reason
	sums                   string // that were submitted, as canonical JSON
}

// Stated is what the old system says it holds of a kind and year.
type Stated struct {
	Kind     string     `json:"kind"`
	Year     int        `json:"year"` // 0 is all years together
	Count    int        `json:"count"`
	Fines    credit.Fen `json:"fines"`
	HasFines bool       `json:"has_fines"` // it says a sum of fines
}

// Line sets what the old system states of a kind and year against what came.
type Line struct {
	Stated
	Brought intake.Brought `json:"brought"`
	Words   string         `json:"words"` // that explain the difference as it is
}

// Missing returns how many records are fewer here than stated; below 0 where there are more.
func (l Line) Missing() int { return l.Count - l.Brought.Taken }

// MissingFines returns by how much the fines here are less than stated, 0 where no sum was stated.
func (l Line) MissingFines() credit.Fen {
	if !l.HasFines {
		return 0
	}
	return l.Fines - l.Brought.Fines.Taken
}

// Differs reports whether there is something to explain.
func (l Line) Differs() bool { return l.Missing() != 0 || l.MissingFines() != 0 }

// Settled reports whether the line agrees or its difference is explained.
func (l Line) Settled() bool { return !l.Differs() || l.Words != "" }

// Reconcile sets what came against what was stated, in order of kind and year. Where a kind is stated for all years together, its
// years are added up; what came and was never stated stands against nothing.
func Reconcile(stated []Stated, brought []intake.Brought) []Line {
	type place struct {
		kind string
		year int
	}
	lines := map[place]*Line{}
	whole := map[string]bool{}
	for _, s := range stated {
		lines[place{s.Kind, s.Year}] = &Line{Stated: s, Brought: intake.Brought{Kind: s.Kind, Year: s.Year}}
		whole[s.Kind] = whole[s.Kind] || s.Year == 0
	}
	for _, b := range brought {
		if whole[b.Kind] {
			b.Year = 0
		}
		at := place{b.Kind, b.Year}
		if lines[at] == nil {
			lines[at] = &Line{Stated: Stated{Kind: b.Kind, Year: b.Year}, Brought: intake.Brought{Kind: b.Kind, Year: b.Year}}
		}
		lines[at].Brought.Add(b)
	}
	out := make([]Line, 0, len(lines))
	for _, l := range lines {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Year, b.Year)) })
	return out
}

// mostStated bounds the lines of a statement: all kinds and years of a city are some hundred.
const mostStated = 1000

// ReadStated reads a statement: a table with the kind by its name or code, the year (empty for all years together), how many records
// there are, and for penalties the sum of fines in 元. A line of headings may stand above it.
func ReadStated(rows [][]string, set catalog.Set) ([]Stated, error) {
	named := map[string]string{}
	for _, k := range set.All() {
		for _, name := range []string{k.Name, k.Title, strings.TrimSuffix(k.Title, "信息"), k.English} {
			named[strings.ToLower(name)] = k.Name
		}
	}
	var out []Stated
	seen := map[Stated]bool{}
	years := map[string]bool{} // kinds that are stated by year
	for i, cells := range rows {
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		cell := func(n int) string {
			if n < len(cells) {
				return strings.TrimSpace(cells[n])
			}
			return ""
		}
		kind, known := named[strings.ToLower(cell(0))]
		if !known && len(out) == 0 && cell(2) != "" && !isNumber(cell(2)) {
			continue // headings
		}
		if !known {
			return nil, fault.New(fault.Invalid, "takeover.bad_kind", i+1, cell(0))
		}
		s := Stated{Kind: kind}
		if err := s.read(i+1, cell(1), cell(2), cell(3)); err != nil {
			return nil, err
		}
		place := Stated{Kind: kind, Year: s.Year}
		if by, before := years[kind]; seen[place] || before && by != (s.Year != 0) {
			return nil, fault.New(fault.Invalid, "takeover.stated_twice", i+1, cell(0))
		}
		seen[place], years[kind] = true, s.Year != 0
		out = append(out, s)
	}
	switch {
	case len(out) == 0:
		return nil, fault.New(fault.Invalid, "takeover.nothing_stated")
	case len(out) > mostStated:
		return nil, fault.New(fault.Invalid, "takeover.too_much_stated", mostStated)
	}
	return out, nil
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	return err == nil
}

// read reads the cells of one line.
func (s *Stated) read(row int, year, count, fines string) (err error) {
	if year != "" {
		if s.Year, err = strconv.Atoi(strings.TrimSuffix(year, "年")); err != nil || s.Year < 1949 || s.Year > 2100 {
			return fault.New(fault.Invalid, "takeover.bad_year", row, year)
		}
	}
	if s.Count, err = strconv.Atoi(strings.ReplaceAll(count, ",", "")); err != nil || s.Count < 0 {
		return fault.New(fault.Invalid, "takeover.bad_count", row, count)
	}
	if fines == "" {
		return nil
	}
	if s.Kind != record.PenaltyKind {
		return fault.New(fault.Invalid, "takeover.fines_of_others", row)
	}
	if last := fines[len(fines)-1]; last >= '0' && last <= '9' {
		fines += "元"
	}
	sum, err := catalog.ParseAmount(fines)
	if err != nil || sum.Foreign {
		return fault.New(fault.Invalid, "takeover.bad_fines", row, fines)
	}
	s.Fines, s.HasFines = sum.Fen, true
	return nil
}
