package intake

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/record"
)

// row is a row of a file, checked as far as that needs no database.
type row struct {
	no       int
	cells    []string
	clean    map[string]string // field code → clean value; nil where the row is not checked
	spelled  []byte            // clean as a record's body, where the row was read for one
	extra    []Extra
	problems []Problem
	fate     Fate // "" where the row may become a record
	weight   weight
}

// check applies the standard of the kind to a row.
func (t *table) check(in sheet.Row, b Batch) row {
	out := row{no: in.No, cells: in.Cells}
	values := make(map[string]string, len(t.columns))
	for i, cell := range in.Cells {
		if code, ok := t.columns[i]; ok {
			values[code] = sheet.Undefused(cell)
		} else if i >= len(t.header) && strings.TrimSpace(cell) != "" {
			out.reject(Problem{Code: "intake.row_too_wide", Args: args{len(t.header), i + 1}})
			break
		}
	}
	unreadable := map[string]bool{}
	for _, p := range in.Problems {
		code, known := t.columns[p.Col]
		if p.Col >= 0 && !known {
			continue // nobody reads that column
		}
		unreadable[code] = true
		out.reject(Problem{Field: code, Column: t.heading(code), Code: p.Code, Args: p.Args})
	}
	clean, found := t.kind.Check(values, b.day())
	for _, p := range found {
		if !unreadable[p.Field] || p.Field == "" {
			out.problems = append(out.problems, Problem{Field: p.Field, Column: t.heading(p.Field), Code: p.Code, Args: p.Args, Warning: p.Warning})
		}
	}
	if catalog.Bad(found) {
		out.fate = Rejected
	}
	shorten(out.problems)
	if b.Takeover != "" {
		out.weight = weigh(t.kind, clean)
	}
	person := t.kind.Person(clean)
	out.cells = t.kept(t.spoiled(in), person)
	if person {
		// Persons are no subjects of this platform (handbook 12): the row is counted and never matched, and what it says is not kept.
		if out.fate == "" {
			out.fate = Held
			out.problems = []Problem{{Code: "intake.natural_person"}}
		}
		return out
	}
	var long []Problem
	out.extra, long = t.beside(in.Cells)
	out.problems = append(out.problems, long...)
	t.kind.Complete(clean, b.Department)
	t.offices.look(&out, t, clean, b)
	out.clean = clean
	if out.fate == "" {
		out.spelled, _ = record.Spell(clean) // beside the transaction; what cannot be spelled is told in it
	}
	return out
}

// look checks the departments that a row names.
func (o offices) look(r *row, t *table, clean map[string]string, b Batch) {
	roles := t.kind.Roles
	if org := clean[roles.Registrar]; roles.Registrar != "" && o.byCode[org].Code == "" {
		r.reject(Problem{Field: roles.Registrar, Column: t.heading(roles.Registrar), Code: "intake.unknown_authority", Args: args{org}})
	}
	if code := clean[roles.Authority]; o.foreign(code, b.Department) {
		r.problems = append(r.problems, Problem{Field: roles.Authority, Column: t.heading(roles.Authority), Code: "intake.another_authority",
			Args: args{code}, Warning: true})
	}
}

// shorten cuts what problems repeat of the row, and keeps numbers of persons out of it.
func shorten(problems []Problem) {
	const long = 300
	for _, p := range problems {
		for i, a := range p.Args {
			switch s, _ := a.(string); {
			case len(s) > long:
				p.Args[i] = strings.ToValidUTF8(s[:long], "") + "…"
			case credit.CheckCitizenID(credit.NormalizeCode(s)) == nil:
				p.Args[i] = hidden
			}
		}
	}
}

// hidden stands where a person's number stood. The checks take it for a masked number, so a row that comes back mended passes.
const hidden = "******"

// cellsKept bounds what is kept of the cells of a row, in bytes.
const cellsKept = 16 << 10

// kept returns the cells as they are shown and sent back should there be something to say about the row. Numbers of persons
// are not kept. What is cut ends with a mark that no check accepts, so it cannot come back as if it were whole.
func (t *table) kept(cells []string, person bool) []string {
	out, left := cells, cellsKept
	set := func(i int, s string) {
		if &out[0] == &cells[0] {
			out = slices.Clone(cells)
		}
		out[i] = s
	}
	for i, cell := range cells {
		f := t.fields[i]
		secret := f.Code != "" && f.Code == t.kind.Roles.PersonNumber || person && (f.Class == catalog.Personal || credit.CheckCitizenID(credit.NormalizeCode(strings.TrimSuffix(cell, lost))) == nil)
		switch {
		case secret && strings.TrimSpace(cell) != "":
			set(i, hidden)
		case len(cell) > left:
			set(i, strings.ToValidUTF8(cell[:left], "")+"…"+lost)
		}
		left = max(0, left-len(cell))
	}
	return out
}

// lost ends a cell that does not hold what the sender wrote. No check accepts it.
const lost = "\ufffd"

// spoiled returns the cells of a row, those marked that could not be read: what was read of them (#N/A, a rounded number) may
// well pass as a text when the row comes back as it is. Where it is the row as a whole that is in doubt, its first cell is.
func (t *table) spoiled(in sheet.Row) []string {
	if len(in.Problems) == 0 {
		return in.Cells
	}
	out := slices.Clone(in.Cells)
	for _, p := range in.Problems {
		i := p.Col
		if i < 0 {
			i = slices.Min(slices.Collect(maps.Keys(t.columns)))
		}
		if t.columns[i] == "" {
			continue // nobody reads that column
		}
		for len(out) <= i {
			out = append(out, "")
		}
		out[i] = strings.TrimSuffix(out[i], lost) + lost
	}
	return out
}

func (r *row) reject(p Problem) {
	r.fate = Rejected
	r.problems = append(r.problems, p)
}

// heading returns what the file calls a field, or the standard where the file does not have it or says only its code.
func (t *table) heading(code string) string {
	for i, h := range t.header {
		if t.columns[i] == code && code != "" {
			if strings.EqualFold(strings.TrimSpace(h), code) {
				break
			}
			return strings.TrimSpace(h)
		}
	}
	f, _ := t.kind.Field(code)
	return f.Name
}

// fact returns what a good row states about a subject.
func (r row) fact(kind catalog.Kind, b Batch, subject string) record.New {
	n := record.New{EnterpriseID: subject, Kind: b.Kind, Department: b.Department, SourceKey: kind.SourceKey(r.clean, subject), Body: r.clean, Spelled: r.spelled,
		Batch: b.ID, Row: r.no, Place: b.stated(), Past: b.Past}
	if n.Day, n.From, n.Until = kind.Days(r.clean); n.Day == 0 {
		n.Day = cmp.Or(b.Past, b.day()) // a registration that states no day: it is known since today
	}
	return n
}

// ident returns by which numbers a clean row names its subject.
func ident(kind catalog.Kind, clean map[string]string) enterprise.Ident {
	r := kind.Roles
	return enterprise.Ident{USCC: clean[r.USCC], RegNo: clean[r.RegNo], OrgCode: credit.NormalizeCode(clean[r.OrgCode]), TaxNo: credit.TaxNo(clean[r.TaxNo]),
		Name: clean[r.Name], Division: clean[r.Division], LegalRep: clean[r.LegalRep], Address: clean[r.Address]}
}

// codes returns the numbers by which a subject may become known, each once. Placeholders and masked codes never may.
func codes(id enterprise.Ident) []string {
	var out []string
	add := func(code string) {
		if code = credit.NormalizeCode(code); code != "" && !credit.IsPlaceholder(code) && !credit.IsMasked(code) && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	add(id.USCC)
	add(id.RegNo)
	add(id.OrgCode)
	if uscc, err := credit.ParseUSCC(id.USCC); err == nil {
		add(uscc.OrgCode())
	}
	if add(id.TaxNo); len(id.TaxNo) == 15 {
		add(id.TaxNo[6:])
	}
	return out
}

// unknown says why nobody was found for a row.
func unknown(id enterprise.Ident, m enterprise.Matched) Problem {
	switch {
	case m.By == enterprise.Ambiguous:
		return Problem{Code: "intake.subject_ambiguous", Args: args{id.Name}}
	case credit.IsMasked(id.USCC):
		return Problem{Code: "intake.subject_masked", Args: args{id.Name, id.USCC}}
	case len(codes(id)) == 0:
		return Problem{Code: "intake.subject_without_code", Args: args{id.Name}}
	}
	return Problem{Code: "intake.subject_unknown", Args: args{id.Name, codes(id)[0]}}
}
