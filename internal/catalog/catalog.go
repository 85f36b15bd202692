// Package catalog holds the data standards by which files are read: which kinds of record there are, their fields with code,
// name, length and class, the headings under which they arrive, and the rules between them. A standard is a document: those
// of standards/ are shipped, others are added from a list of fields and stored. What a standard says is decided by pure
// functions; only store.go knows the database.
package catalog

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"zhixin/internal/calendar"
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

var types = []Type{Text, Code, Date, Wan, Number, Choice, Kinds}

// Class says who may see a field.
type Class string

// The classes of fields.
const (
	Public     Class = "public"
	Internal   Class = "internal"   // shared in government: officers in scope
	Department Class = "department" // for the department that states it
	Personal   Class = "personal"   // numbers of persons: never on any public surface, masked inside
)

var classes = []Class{Public, Internal, Department, Personal}

// lines is the length from which a text may have several lines.
const lines = 512

// Kind is a data standard made ready for use.
type Kind struct {
	Standard
	Added bool // by an administrator; the others are shipped

	version  int // 0 where it is shipped
	hash     string
	at       map[string]int    // field code → place
	headings map[string]string // folded heading → field code
	editions []edition
}

// Version returns which version of an added standard this is, 0 where it is shipped.
func (k Kind) Version() int { return k.version }

// Hash returns the SHA-256 of an added standard's canonical bytes, "" where it is shipped.
func (k Kind) Hash() string { return k.hash }

// Problem is one thing wrong with a row or with a file's headings. Its sentence stands in the message catalogue under Code.
type Problem struct {
	Field   string // code of the field, or the heading; "" for the whole
	Code    string
	Args    []any
	Warning bool // the row is accepted all the same
	Row     int  // of a list of fields; 0 elsewhere: who checks a row knows which
}

//go:embed standards/*.json
var files embed.FS

// order is in which order the shipped kinds are offered; each has its file.
var order = []string{"enterprise", "licence", "penalty", "inspection-result", "annual-report", "honour", "sampling", "certificate", "standard",
	"metrology", "complaint", "recall", "quality-officer"}

// shipped reads the standards that come with the program. A mistake in one is found by the tests, so it is no error of a call.
var shipped = sync.OnceValue(func() []Kind {
	out := make([]Kind, len(order))
	for i, name := range order {
		raw, err := files.ReadFile("standards/" + name + ".json")
		if err != nil {
			panic(fmt.Errorf("catalog: shipped standard %s: %w", name, err))
		}
		s, err := Parse(raw)
		if err != nil {
			panic(err)
		}
		out[i] = ready(s)
	}
	return out
})

// ready makes a standard ready for use.
func ready(s Standard) Kind {
	k := Kind{Standard: s, at: map[string]int{}, headings: map[string]string{}}
	for i, f := range s.Fields {
		k.at[f.Code] = i
		for _, h := range append([]string{f.Code, f.Name}, f.Aliases...) {
			k.headings[fold(h)] = f.Code
		}
	}
	for _, e := range s.Editions {
		k.editions = append(k.editions, readyEdition(e))
	}
	return k
}

// Set is the standards that hold: the shipped ones and those that were added.
type Set struct{ kinds []Kind }

// Shipped returns the set of a platform to which nothing was added.
func Shipped() Set { return Set{shipped()} }

// All returns every kind, in the order in which they are offered.
func (s Set) All() []Kind { return slices.Clone(s.kinds) }

// Of returns the kind with a name.
func (s Set) Of(name string) (Kind, error) {
	for _, k := range s.kinds {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fault.New(fault.Invalid, "catalog.unknown_kind", name, strings.Join(s.names(), ", "))
}

func (s Set) names() []string {
	out := make([]string, len(s.kinds))
	for i, k := range s.kinds {
		out[i] = k.Name
	}
	return out
}

// All returns the shipped kinds, in the order in which they are offered. What may be sent is in [Load].
func All() []Kind { return Shipped().All() }

// Of returns the shipped kind with a name. What may be sent is in [Load].
func Of(name string) (Kind, error) { return Shipped().Of(name) }

// Field returns the field with a code.
func (k Kind) Field(code string) (Field, bool) {
	i, ok := k.at[code]
	if !ok {
		return Field{}, false
	}
	return k.Fields[i], true
}

// Headings returns the headings of a template of the kind, in their order.
func (k Kind) Headings() []string {
	var out []string
	for _, f := range k.Fields {
		if !f.Old {
			out = append(out, f.Name)
		}
	}
	return out
}

// Bad reports whether one of the problems refuses the row.
func Bad(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// Show returns a clean value as files write it: amounts in 万元, states in words.
func (f Field) Show(clean string) string {
	if f.Type == Wan {
		return wan(clean)
	}
	if word, ok := f.Shown[clean]; ok {
		return word
	}
	return clean
}

// SourceKey returns by which key a department knows a clean row about a subject, the same for every version of the same fact.
// Whom the row is about is the subject that was found: a number that is added or mended later must not make another fact. A
// penalty: number of the decision and party, because one decision may punish several; one party fined twice on a day under
// two laws has two decisions (handbook 2.3 R12). The number begins with the word of its authority, so the authority, which
// files state by code or by name or not at all, says nothing more.
func (k Kind) SourceKey(clean map[string]string, subject string) string {
	var b strings.Builder
	for _, code := range k.Roles.Key {
		value := clean[code]
		if f, _ := k.Field(code); f.Type == Text {
			value = credit.NormalizeName(value)
		}
		b.WriteString(value + "|")
	}
	return b.String() + subject
}

// Days returns the legal day of a clean row (of the decision, the approval, the publication) and its validity, both days
// included, 0 where open. A penalty binds from service where the file states it (handbook 12.3); 2099-12-31 is what files
// write where there is no end.
func (k Kind) Days(clean map[string]string) (on, from, until credit.Date) {
	if end := clean[k.Roles.Until]; end < longTerm {
		until = day(end)
	}
	return latest(clean, k.Roles.Day), latest(clean, k.Roles.From), until
}

func latest(clean map[string]string, codes []string) (d credit.Date) {
	for _, code := range codes {
		d = max(d, day(clean[code]))
	}
	return d
}

// Lag holds R15: it returns how many working days lie between the decision of a clean row and the day on which it was sent,
// and whether that is beyond the seven of 发改办财金〔2018〕424号. Such a row is late and taken all the same. ok is false
// where the kind has no such limit or the row states no day.
func (k Kind) Lag(clean map[string]string, sent credit.Date, cal *calendar.Calendar) (days int, late, ok bool, err error) {
	for _, r := range k.Rules {
		if decided := day(clean[r.Fields[0]]); r.Rule == "R15" && decided != 0 && decided <= sent {
			days, err = cal.WorkdaysBetween(decided, sent)
			return days, days > reportDays, err == nil, err
		}
	}
	return 0, false, false, nil
}

// reportDays are the working days within which licences and penalties are published (424号; handbook 2.1).
const reportDays = 7

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
	if org := k.Roles.Registrar; org != "" {
		clean[org] = cmp.Or(clean[org], department)
	}
}

// Person reports whether a clean row is about a natural person.
func (k Kind) Person(clean map[string]string) bool {
	return k.Roles.PartyKind != "" && clean[k.Roles.PartyKind] == NaturalPerson
}

// States reports whether a department that is a market regulator or not, with this code, may state the kind.
func (k Kind) States(department string, regulator bool) bool {
	return (regulator || !k.Regulators) && (len(k.Departments) == 0 || slices.Contains(k.Departments, department))
}
