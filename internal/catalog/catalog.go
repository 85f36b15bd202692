// Package catalog holds the data standards by which files are read: which kinds of record there are, their fields with code,
// name, length and class, the headings under which they arrive, and the rules between them. It is data and pure functions.
package catalog

import (
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// Type is how the values of a field are written.
type Type string

// The types of fields.
const (
	Text   Type = "text"   // free text; of several lines where it may be long
	Code   Type = "code"   // an identifier, written without blanks in capitals
	Date   Type = "date"   // clean: YYYY-MM-DD
	Wan    Type = "wan"    // an amount stated in 万元; clean: 3000000fen
	Number Type = "number" // a whole number
	Choice Type = "choice" // one of Codes
	Kinds  Type = "kinds"  // several of Codes, joined by ;
)

// Class says who may see a field.
type Class string

// The classes of fields.
const (
	Public   Class = "public"
	Internal Class = "internal" // officers in scope
	Personal Class = "personal" // numbers of persons: never on any public surface, masked inside
)

// Field is one field of a kind.
type Field struct {
	Code, Name, English string
	Type                Type
	Length              int  // in characters
	Mandatory           bool // a row without it is refused
	Expected            bool // the standard asks for it; a row without it is accepted with a warning
	Codes               []string
	Class               Class
	Aliases             []string // other headings and field codes met in files

	words map[string]string // normalised spelling → code, beside Codes themselves
	check func(value string) error
	soft  bool // what check finds is a warning
}

// lines is the length from which a text may have several lines.
const lines = 512

// Kind is a data standard.
type Kind struct {
	Name, Title, English string
	Fields               []Field

	// Regulators says that only market regulators state it: whoever could would decide who exists and who does business.
	Regulators bool

	columns [][]string // of each group a file must have at least one
	rules   func(*row)
}

// Problem is one thing wrong with a row or with a file's headings. Its sentence stands in the message catalogue under Code.
type Problem struct {
	Field   string // code of the field, or the heading; "" for the whole
	Code    string
	Args    []any
	Warning bool // the row is accepted all the same
}

// All returns every kind, in the order in which they are offered.
func All() []Kind { return []Kind{enterprise, penalty, annualReport} }

// Of returns the kind with a name.
func Of(name string) (Kind, error) {
	for _, k := range All() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fault.New(fault.Invalid, "catalog.unknown_kind", name)
}

// Field returns the field with a code.
func (k Kind) Field(code string) (Field, bool) {
	i := slices.IndexFunc(k.Fields, func(f Field) bool { return f.Code == code })
	if i < 0 {
		return Field{}, false
	}
	return k.Fields[i], true
}

// Bad reports whether one of the problems refuses the row.
func Bad(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// Show returns a clean value as files write it: amounts in 万元, states in words.
func (f Field) Show(clean string) string {
	switch f.Type {
	case Wan:
		return wan(clean)
	case Choice:
		if word, ok := stateWords[clean]; ok {
			return word
		}
	}
	return clean
}

// SourceKey returns by which key a department knows a clean row about a subject, the same for every version of the same fact.
// Whom the row is about is the subject that was found: a number that is added or mended later must not make another fact. A
// penalty: number of the decision and party, because one decision may punish several; one party fined twice on a day under
// two laws has two decisions (handbook 2.3 R12). The number begins with the word of its authority, so the authority, which
// files state by code or by name or not at all, says nothing more.
func (k Kind) SourceKey(clean map[string]string, subject string) string {
	switch k.Name {
	case penalty.Name:
		return credit.NormalizeName(clean["CF_WSH"]) + "|" + subject
	case annualReport.Name:
		return clean["ANCHEYEAR"] + "|" + subject
	}
	return subject
}

// Days returns the legal day of a clean row (of the decision, the approval, the publication) and its validity, both days
// included, 0 where open. A penalty binds from service where the file states it (handbook 12.3); 2099-12-31 is what files
// write where there is no end.
func (k Kind) Days(clean map[string]string) (on, from, until credit.Date) {
	switch k.Name {
	case penalty.Name:
		on, from = day(clean["CF_JDRQ"]), max(day(clean["CF_SDRQ"]), day(clean["CF_JDRQ"]))
		if end := clean["CF_YXQ"]; end < longTerm {
			until = day(end)
		}
		return on, from, until
	case annualReport.Name:
		on = day(clean["ANCHEDATE"])
		return on, on, 0
	}
	from = day(clean["ESTDATE"])
	return max(from, day(clean["APPRDATE"])), from, day(clean["ENDDATE"])
}

// day reads a clean date; "" is no day.
func day(clean string) credit.Date {
	d, err := credit.ParseDate(clean)
	if err != nil {
		return 0
	}
	return d
}

// Complete fills in what only the sender knows: a registration that names no registering authority by its code belongs to
// the department that sends it.
func (k Kind) Complete(clean map[string]string, department string) {
	if k.Name == enterprise.Name && clean["REGORG"] == "" {
		clean["REGORG"] = department
	}
}
