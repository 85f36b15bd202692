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
	kind     Kind
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
	r := &row{kind: k, clean: make(map[string]string, len(given)+4), given: given, failed: map[string]bool{}, today: today}
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
	k.rules(r)
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
	case f.Expected && column:
		r.warn(f.Code, "catalog.expected", f.Name)
	}
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
	case f.check != nil && f.soft && credit.IsMasked(code):
		r.warn(f.Code, "credit.masked_code", v)
	case f.check != nil:
		r.fault(f.Code, f.check(code), f.soft)
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
		r.fault(f.Code, err, f.soft)
	case m.Foreign:
		r.foreign(f, v)
	default:
		if m.Rounded {
			r.warn(f.Code, "catalog.rounded", v)
		}
		r.clean[f.Code] = strconv.FormatInt(int64(m.Fen), 10) + "fen"
	}
}

// foreign keeps registered capital in another currency as it was stated; a fine is never in one.
func (r *row) foreign(f *Field, v string) {
	if f.Code != "REGCAP" {
		r.fail(f.Code, "catalog.foreign_currency", v)
		return
	}
	r.clean["REGCAPTEXT"] = v
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
		if v == c || spelled == credit.NormalizeName(c) {
			r.clean[f.Code] = c
			return
		}
	}
	if c, ok := f.words[spelled]; ok {
		r.clean[f.Code] = c
		return
	}
	words := make([]string, len(f.Codes))
	for i, c := range f.Codes {
		words[i] = f.Show(c)
	}
	if f.soft {
		r.warn(f.Code, "catalog.unknown_code", v, strings.Join(words, ", "))
		return
	}
	r.fail(f.Code, "catalog.unknown_code", v, strings.Join(words, ", "))
}

// party holds the rules for the code of the party that are the same everywhere: an old registration number in its column is
// taken for what it is.
func (r *row) party(uscc, regNo string) {
	code := r.clean[uscc]
	if code == "" || credit.IsMasked(code) {
		return
	}
	if (len(code) == 15 || len(code) == 13) && credit.CheckRegNo(code) == nil {
		delete(r.clean, uscc)
		if r.clean[regNo] == "" {
			r.clean[regNo] = code
		}
		r.warn(uscc, "catalog.old_number", code)
		return
	}
	parsed, err := credit.ParseUSCC(code)
	if err != nil {
		r.fault(uscc, err, false)
		delete(r.clean, uscc)
		return
	}
	if credit.CheckOrgCode(parsed.OrgCode()) != nil {
		r.warn(uscc, "catalog.orgcode_part", code)
	}
}

// name holds rule R06: a name is one, and not a trial.
func (r *row) name(field string, least int) {
	v := r.clean[field]
	if v == "" {
		return
	}
	if n := utf8.RuneCountInString(v); n < least {
		r.fail(field, "catalog.name_short", v, least)
	}
	if slices.Contains(trials, credit.NormalizeName(v)) {
		r.fail(field, "catalog.trial", v)
	}
}

// trials are the names that are typed to try a form. Real names hold 测试 too, so only the whole name counts.
var trials = []string{"测试", "测试1", "测试数据", "测试企业", "测试公司", "测试有限公司", "TEST", "TEST1", "XXX", "XXXX", "XXX公司", "XX公司", "ABC", "AAA", "111", "1111"}

// past holds rule R07 for one day: what is decided has happened.
func (r *row) past(fields ...string) {
	for _, f := range fields {
		if d := day(r.clean[f]); d > r.today {
			r.fail(f, "catalog.future", d.String(), r.today.String())
		}
	}
}

// order refuses later when it lies before earlier.
func (r *row) order(earlier, later string) {
	a, b := r.clean[earlier], r.clean[later]
	if a != "" && b != "" && b < a {
		f, _ := r.kind.Field(earlier)
		r.fail(later, "catalog.dates_reversed", b, f.Name, a)
	}
}
