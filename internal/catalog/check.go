package catalog

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// row is a row on its way through the rules.
type row struct {
	kind     *Kind
	clean    map[string]string
	given    map[string]string
	failed   map[string]bool // fields that are refused already: no second word about them
	problems []Problem
	today    credit.Date
}

func (r *row) fail(field, code string, args ...any) {
	if !r.failed[field] {
		r.problems = append(r.problems, Problem{Field: field, Code: code, Args: args})
		r.failed[field] = true
	}
}

func (r *row) warn(field, code string, args ...any) {
	if !r.failed[field] {
		r.problems = append(r.problems, Problem{Field: field, Code: code, Args: args, Warning: true})
	}
}

func (r *row) fault(field string, err error, soft bool) {
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
	case soft:
		r.warn(field, f.Code, f.Args...)
	default:
		r.fail(field, f.Code, f.Args...)
	}
}

// has reports whether a field was stated and can be read.
func (r *row) has(field string) bool { return r.clean[field] != "" }

// Check brings a row into its clean form (days as YYYY-MM-DD, codes in capitals, amounts in fen, choices as codes, no empty
// values) and says what is wrong with it. An error is what makes the row unusable or unlawful; everything else is a warning
// and goes with the row. row has the codes that [Kind.Columns] gave; a field that the file has no column for is not in it.
func (k Kind) Check(given map[string]string, today credit.Date) (clean map[string]string, problems []Problem) {
	r := &row{kind: &k, clean: make(map[string]string, len(given)+4), given: given, failed: map[string]bool{}, today: today}
	known := 0
	for i := range k.Fields {
		v, ok := given[k.Fields[i].Code]
		if ok {
			known++
		}
		if v != "" {
			r.value(&k.Fields[i], v)
		}
	}
	if known < len(given) {
		r.unknown()
	}
	for _, step := range k.Rules {
		if apply := rules[step.Rule].apply; apply != nil {
			apply(r, step.Fields)
		}
	}
	for i := range k.Fields {
		r.presence(&k.Fields[i])
	}
	return r.clean, r.problems
}

func (r *row) presence(f *Field) {
	if r.has(f.Code) {
		return
	}
	_, column := r.given[f.Code]
	switch {
	case f.Mandatory:
		r.fail(f.Code, "catalog.missing", f.Name)
	case f.When != nil && r.holds(*f.When):
		r.conditional(f)
	case f.Expected && column:
		r.warn(f.Code, "catalog.expected", f.Name)
	}
}

// holds reports whether a condition is met. Of several kinds in one value, one is enough.
func (r *row) holds(w When) bool {
	value := r.clean[w.Field]
	if len(w.Is) == 0 || value == "" {
		return value != ""
	}
	return slices.ContainsFunc(strings.Split(value, ";"), func(one string) bool { return slices.Contains(w.Is, one) })
}

func (r *row) conditional(f *Field) {
	on, _ := r.kind.Field(f.When.Field)
	if len(f.When.Is) == 0 {
		r.fail(f.Code, "catalog.missing_with", f.Name, on.Name)
		return
	}
	r.fail(f.Code, "catalog.missing_when", f.Name, on.Name, on.Show(r.clean[on.Code]))
}

// unknown finds what is no field of the kind: a mistake of the program that sends it.
func (r *row) unknown() {
	for _, code := range slices.Sorted(maps.Keys(r.given)) {
		if _, known := r.kind.Field(code); !known {
			r.warn(code, "catalog.unknown_field", code)
		}
	}
}

// value brings one value into its clean form.
func (r *row) value(f *Field, given string) {
	long := f.Type == Text && f.Length >= lines
	v, changed, damaged := tidy(given, long || f.Type == Kinds)
	if damaged {
		r.fail(f.Code, "catalog.damaged")
		return
	}
	if isBlank(v, long) {
		return
	}
	if changed {
		r.warn(f.Code, "catalog.control_characters")
	}
	if n := utf8.RuneCountInString(v); f.Length > 0 && n > f.Length && f.Type != Kinds {
		r.fail(f.Code, "catalog.too_long", n, f.Length)
		return
	}
	switch f.Type {
	case Date:
		r.day(f, v)
	case Wan:
		r.amount(f, v)
	case Number:
		r.number(f, v)
	case Choice:
		r.choice(f, v)
	case Kinds: // rules of the kind take it apart
		r.clean[f.Code] = v
	case Code:
		r.code(f, v)
	default:
		if f.Length < lines && markup.MatchString(v) {
			r.fail(f.Code, "catalog.markup", v)
			return
		}
		r.clean[f.Code] = v
	}
}

// checks are what the numbers of a field may be checked by.
var checks = map[string]func(string) error{
	"uscc": usccOnly, "regno": credit.CheckRegNo, "orgcode": credit.CheckOrgCode, "citizen": credit.CheckCitizenID,
}

func usccOnly(code string) error {
	_, err := credit.ParseUSCC(code)
	return err
}

// markup is what a web page leaves in a name.
var markup = regexp.MustCompile(`<[a-zA-Z/!][^>]*>|&(?:[a-zA-Z]{2,6}|#[0-9]{1,5});`)

// spoiled is a long number that a spreadsheet has turned into a power of ten: its last digits are gone.
var spoiled = regexp.MustCompile(`^[0-9](\.[0-9]+)?E\+?[0-9]{1,2}$`)

// Spoiled reports whether a code is such a number.
func Spoiled(code string) bool { return spoiled.MatchString(credit.NormalizeCode(code)) }

func (r *row) code(f *Field, v string) {
	code := credit.NormalizeCode(v)
	switch {
	case credit.IsPlaceholder(code):
		return
	case Spoiled(code):
		r.fail(f.Code, "catalog.spoiled_number", v)
		return
	case f.Check != "" && f.Soft && credit.IsMasked(code):
		r.warn(f.Code, "credit.masked_code", v)
	case f.Check != "":
		r.fault(f.Code, checks[f.Check](code), f.Soft)
	}
	if !r.failed[f.Code] {
		r.clean[f.Code] = code
	}
}

func (r *row) day(f *Field, v string) {
	d, err := ParseDate(v)
	if err != nil {
		r.fault(f.Code, err, false)
		return
	}
	r.clean[f.Code] = d.String()
}

func (r *row) amount(f *Field, v string) {
	m, err := ParseAmount(v)
	switch {
	case err != nil:
		r.fault(f.Code, err, f.Soft)
	case m.Foreign:
		r.foreign(f, v)
	default:
		if m.Rounded {
			r.warn(f.Code, "catalog.rounded", v)
		}
		r.clean[f.Code] = strconv.FormatInt(int64(m.Fen), 10) + "fen"
		if m.Worded { // the sender should look at what was read
			r.warn(f.Code, "catalog.amount_worded", v, f.Show(r.clean[f.Code]))
		}
	}
}

// foreign keeps an amount in another currency as it was stated where the standard has a field for it: registered capital is
// often in one, a fine never is.
func (r *row) foreign(f *Field, v string) {
	if f.Foreign == "" {
		r.fail(f.Code, "catalog.foreign_currency", v)
		return
	}
	r.clean[f.Foreign] = v
}

func (r *row) number(f *Field, v string) {
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.ReplaceAll(half(v), ",", ""), ".0"), 10, 64)
	switch {
	case err == nil && n >= 0:
		r.clean[f.Code] = strconv.FormatInt(n, 10)
	case f.Mandatory:
		r.fail(f.Code, "catalog.bad_number", v)
	default:
		r.warn(f.Code, "catalog.bad_number", v)
	}
}

func (r *row) choice(f *Field, v string) {
	spelled := strings.TrimSuffix(credit.NormalizeName(v), "状态")
	for _, c := range f.Codes {
		if v == c || spelled == credit.NormalizeName(c) || f.Shown[c] != "" && spelled == credit.NormalizeName(f.Shown[c]) {
			r.clean[f.Code] = c
			return
		}
	}
	if c, ok := f.Words[spelled]; ok {
		r.clean[f.Code] = c
		return
	}
	words := make([]string, len(f.Codes))
	for i, c := range f.Codes {
		words[i] = f.Show(c)
	}
	if f.Soft {
		r.warn(f.Code, "catalog.unknown_code", v, strings.Join(words, ", "))
		return
	}
	r.fail(f.Code, "catalog.unknown_code", v, strings.Join(words, ", "))
}
