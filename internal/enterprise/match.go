package enterprise

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// Ident is what a record says of whom it is about.
type Ident struct {
	USCC, RegNo, OrgCode, TaxNo string
	Name, Division              string // for a person to look at; a name alone never matches here
	LegalRep, Address           string
}

// Matched is whom an [Ident] names: by which scheme, or why nobody.
type Matched struct {
	EnterpriseID string   // "" where nobody is matched
	By           string   // uscc, regno, orgcode, taxno; [Ambiguous] where a number belongs to two; "" where nothing is known
	Norm         string   // the name of today of the one who is matched, in the form in which names are compared
	USCC         string   // its code of today
	Among        []string // those to whom an ambiguous number belongs
}

// Nobody reports whether the numbers belong to nobody, not even to two.
func (m Matched) Nobody() bool { return m.By == "" }

// The schemes of identifiers, in the order in which they are tried (handbook 1.4).
const (
	byUSCC    = "uscc"
	byRegNo   = "regno"
	byOrgCode = "orgcode"
	byTaxNo   = "taxno"
)

// Ambiguous is said of a number that belongs to two.
const Ambiguous = "ambiguous"

// schemes lists them in that order.
var schemes = []string{byUSCC, byRegNo, byOrgCode, byTaxNo}

// number is one identifier as it is stored and looked for.
type number struct{ scheme, value string }

// usable returns the normalised form of a code that may be matched on: placeholders and masked codes never are.
func usable(code string) string {
	if credit.IsPlaceholder(code) || credit.IsMasked(code) {
		return ""
	}
	return credit.NormalizeCode(code)
}

// numbers returns the numbers that id states, best first. A valid code also carries an organisation code; old 15-digit
// numbers arrive in the column of the code and are looked for as what they are.
func (id Ident) numbers() []number {
	var out []number
	add := func(scheme, value string) {
		if n := (number{scheme, value}); value != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	code := usable(id.USCC)
	uscc, err := credit.ParseUSCC(code)
	switch {
	case err == nil:
		add(byUSCC, string(uscc))
	case len(code) == 15:
		add(byRegNo, code)
	}
	add(byRegNo, usable(id.RegNo))
	if org := usable(id.OrgCode); len(org) == 9 {
		add(byOrgCode, org)
	}
	if err == nil {
		add(byOrgCode, uscc.OrgCode())
	}
	if tax := credit.TaxNo(usable(id.TaxNo)); len(tax) == 15 { // one of 18 is the code
		add(byTaxNo, tax)
	}
	return out
}

// try is one attempt at a match: what it goes by, and the number looked for.
type try struct {
	by string
	number
}

// tries returns what to look for, best first. What a tax number holds comes last: of an organisation it is its code, or of before
// 2015 the division and the organisation code.
func (id Ident) tries() []try {
	var out []try
	for _, n := range id.numbers() {
		out = append(out, try{n.scheme, n})
	}
	switch tax := credit.TaxNo(usable(id.TaxNo)); len(tax) {
	case 18:
		out = append(out, try{byTaxNo, number{byUSCC, tax}})
	case 15:
		out = append(out, try{byTaxNo, number{byOrgCode, tax[6:]}})
	}
	return out
}

// Match finds the subjects of many records with few queries: one for the codes, and one more for each scheme in which those
// that were not found yet have a number. It matches on identifiers only, in the order of handbook 1.4.
func Match(ctx context.Context, q db.Q, ids []Ident) ([]Matched, error) {
	wanted := make([][]try, len(ids))
	for i, id := range ids {
		wanted[i] = id.tries()
	}
	out := make([]Matched, len(ids))
	for _, by := range schemes {
		for _, scheme := range schemes {
			if err := lookUp(ctx, q, by, scheme, wanted, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// lookUp goes by one thing, in one scheme, for those who are not found yet.
func lookUp(ctx context.Context, q db.Q, by, scheme string, wanted [][]try, out []Matched) error {
	values := map[string]bool{}
	for i, tries := range wanted {
		for _, t := range tries {
			if out[i].By == "" && t.by == by && t.scheme == scheme {
				values[t.value] = true
			}
		}
	}
	known, err := holders(ctx, q, scheme, slices.Sorted(maps.Keys(values)))
	if err != nil {
		return err
	}
	for i, tries := range wanted {
		for _, t := range tries {
			if out[i].By == "" && t.by == by && t.scheme == scheme {
				out[i] = decide(by, known[t.value])
			}
		}
	}
	return nil
}

// decide says whom a number names that who have.
func decide(by string, who []holder) Matched {
	switch len(who) {
	case 0:
		return Matched{}
	case 1:
		return Matched{EnterpriseID: who[0].id, By: by, Norm: who[0].norm, USCC: who[0].uscc}
	}
	m := Matched{By: Ambiguous}
	for _, h := range who {
		m.Among = append(m.Among, h.id)
	}
	return m
}

// holder is a subject that has a number.
type holder struct{ id, norm, uscc string }

// holders returns who has each of some numbers of one scheme.
func holders(ctx context.Context, q db.Q, scheme string, values []string) (map[string][]holder, error) {
	out := map[string][]holder{}
	for part := range slices.Chunk(values, 200) {
		args := []any{scheme}
		in := db.In(&args, part)
		rows, err := q.QueryContext(ctx, `SELECT i.value, i.enterprise_id, s.norm, s.uscc FROM enterprise_identifier i
			JOIN enterprise_subject s ON s.id = i.enterprise_id WHERE i.scheme = $1 AND i.value IN `+in+` ORDER BY i.value, i.enterprise_id`, args...)
		if err != nil {
			return nil, fmt.Errorf("enterprise: match: %w", err)
		}
		for rows.Next() {
			var value string
			var h holder
			if err := rows.Scan(&value, &h.id, &h.norm, &h.uscc); err != nil {
				_ = rows.Close()
				return nil, fmt.Errorf("enterprise: match: %w", err)
			}
			out[value] = append(out[value], h)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("enterprise: match: %w", err)
		}
	}
	return out, nil
}
