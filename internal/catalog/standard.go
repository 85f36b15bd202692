package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"zhixin/internal/canon"
)

// Standard is a data standard as a document: what is stored, shipped as a file of standards/, and made from a field list. A
// [Kind] is a standard made ready for use.
type Standard struct {
	Name         string     `json:"name"` // of the kind, as senders write it
	Title        string     `json:"title"`
	English      string     `json:"english"`
	Basis        string     `json:"basis"` // the standard or rule that it follows
	BasisEnglish string     `json:"basis_english"`
	Regulators   bool       `json:"regulators,omitempty"`  // only market regulators state it: whoever could would decide who exists and who does business
	Departments  []string   `json:"departments,omitempty"` // only these state it
	Needs        [][]string `json:"columns"`               // of each group of fields a file must have at least one
	Roles        Roles      `json:"roles"`
	Editions     []Edition  `json:"editions,omitempty"`
	Rules        []Rule     `json:"rules,omitempty"`
	Fields       []Field    `json:"fields"`
}

// Roles says what fields are for.
type Roles struct {
	USCC         string   `json:"uscc,omitempty"` // these name the subject
	RegNo        string   `json:"regno,omitempty"`
	OrgCode      string   `json:"orgcode,omitempty"`
	TaxNo        string   `json:"taxno,omitempty"`
	Name         string   `json:"name,omitempty"`
	Division     string   `json:"division,omitempty"`
	LegalRep     string   `json:"legal_rep,omitempty"` // these speak for or against a subject whose number cannot be read
	Address      string   `json:"address,omitempty"`
	PartyKind    string   `json:"party_kind,omitempty"`    // says whether the subject is a natural person
	PersonNumber string   `json:"person_number,omitempty"` // the number of that person, which is kept nowhere
	Authority    string   `json:"authority,omitempty"`     // code of the authority that decided
	Registrar    string   `json:"registrar,omitempty"`     // department that keeps the registration; the sender where it is empty
	Key          []string `json:"key,omitempty"`           // with the subject the source key; none: one fact for each subject
	Day          []string `json:"day,omitempty"`           // the legal day: the latest of these
	From         []string `json:"from,omitempty"`          // valid from the latest of these
	Until        string   `json:"until,omitempty"`         // valid until this day included
}

// Edition is an older or newer list of headings of the same standard. Some of its headings mean something else in another.
type Edition struct {
	Name    string            `json:"name"`
	English string            `json:"english"`
	Bare    map[string]string `json:"bare"`  // headings that mean this field in this edition only
	Proof   []string          `json:"proof"` // headings that no other edition has
}

// Rule is a named rule with the fields that it holds between. The rules are in Go, once for all kinds: see rules.go.
type Rule struct {
	Rule   string   `json:"rule"`
	Fields []string `json:"fields"`
}

// When is a condition under which a field is mandatory: another field has one of these values, or any where none is named.
type When struct {
	Field string   `json:"field"`
	Is    []string `json:"is,omitempty"`
}

// Field is one field of a kind.
type Field struct {
	Code        string            `json:"code"`
	Name        string            `json:"name"`
	English     string            `json:"english"`
	Type        Type              `json:"type"`
	Length      int               `json:"length"`              // in characters
	Mandatory   bool              `json:"mandatory,omitempty"` // a row without it is refused
	Expected    bool              `json:"expected,omitempty"`  // the standard asks for it; a row without it is accepted with a warning
	When        *When             `json:"when,omitempty"`      // mandatory under a condition
	Old         bool              `json:"old,omitempty"`       // of an older edition only: read, and not in the template
	Class       Class             `json:"class"`
	Codes       []string          `json:"codes,omitempty"`
	Shown       map[string]string `json:"shown,omitempty"`   // code → word in which files state it, where they differ
	Words       map[string]string `json:"words,omitempty"`   // normalised spelling → code, beside Codes themselves
	Groups      []string          `json:"groups,omitempty"`  // of Kinds: points of the law that were copied whole and say nothing
	Check       string            `json:"check,omitempty"`   // a key of checks
	Soft        bool              `json:"soft,omitempty"`    // what the value's check finds is a warning
	Foreign     string            `json:"foreign,omitempty"` // the field that keeps an amount in another currency as it was stated
	Aliases     []string          `json:"aliases,omitempty"` // other headings and field codes met in files
	Help        string            `json:"help,omitempty"`
	HelpEnglish string            `json:"help_english,omitempty"`
	Example     string            `json:"example,omitempty"`
}

// The forms of names.
var (
	kindForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	fieldForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// The bounds of a standard: what a spreadsheet's list of fields may honestly need.
const (
	nameMost   = 40
	fieldsMost = 200
	lengthMost = 32000
)

// Parse reads a standard and refuses what is none: unknown members, missing texts, roles and rules without their fields.
func Parse(raw []byte) (Standard, error) {
	var s Standard
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return Standard{}, fmt.Errorf("catalog: standard: %w", err)
	}
	if found := s.Validate(); len(found) > 0 {
		return Standard{}, fmt.Errorf("catalog: standard %s: %s %v", s.Name, found[0].Code, found[0].Args)
	}
	return s, nil
}

// Spell writes a standard in its one spelling for files: a line for each field, rule and edition.
func (s Standard) Spell() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("catalog: spell %s: %w", s.Name, err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("catalog: spell %s: %w", s.Name, err)
	}
	var b bytes.Buffer
	for sep := "{\n  "; dec.More(); sep = ",\n  " {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("catalog: spell %s: %w", s.Name, err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("catalog: spell %s: %w", s.Name, err)
		}
		fmt.Fprintf(&b, "%s%q: ", sep, name)
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil || name == "columns" || name == "departments" {
			b.Write(value)
			continue
		}
		for i, item := range items {
			b.WriteString([]string{",\n    ", "[\n    "}[max(0, 1-i)])
			b.Write(item)
		}
		b.WriteString("\n  ]")
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

// Bytes returns the canonical bytes that are hashed and stored.
func (s Standard) Bytes() ([]byte, error) { return canon.Bytes(s) }

// Validate says what keeps s from being a standard, in sentences for whoever wrote it.
func (s Standard) Validate() []Problem {
	v := &validator{s: s, fields: map[string]*Field{}, headings: map[string]string{}}
	v.texts()
	for i := range s.Fields {
		v.field(&s.Fields[i])
	}
	v.roles()
	v.references()
	return v.found
}

// validator collects what is wrong with a standard.
type validator struct {
	s        Standard
	fields   map[string]*Field
	headings map[string]string // folded heading → field
	found    []Problem
}

func (v *validator) fail(field, code string, args ...any) {
	v.found = append(v.found, Problem{Field: field, Code: code, Args: args})
}

func (v *validator) texts() {
	if !kindForm.MatchString(v.s.Name) || len(v.s.Name) > nameMost {
		v.fail("", "catalog.list_kind_name", v.s.Name)
	}
	for _, text := range []struct{ what, is string }{{listTitle, v.s.Title}, {listEnglish, v.s.English}, {listBasis, v.s.Basis}} {
		if strings.TrimSpace(text.is) == "" {
			v.fail("", "catalog.list_text_missing", text.what)
		}
	}
	if n := len(v.s.Fields); n == 0 || n > fieldsMost {
		v.fail("", "catalog.list_fields", n, fieldsMost)
	}
}

func (v *validator) field(f *Field) {
	if !fieldForm.MatchString(f.Code) || len(f.Code) > nameMost {
		v.fail(f.Code, "catalog.list_field_code", f.Code)
		return
	}
	if v.fields[f.Code] != nil {
		v.fail(f.Code, "catalog.list_field_twice", f.Code)
		return
	}
	v.fields[f.Code] = f
	if f.Name == "" || f.English == "" {
		v.fail(f.Code, "catalog.list_field_name", f.Code)
	}
	if !slices.Contains(types, f.Type) {
		v.fail(f.Code, "catalog.list_type", f.Code)
	}
	if !slices.Contains(classes, f.Class) {
		v.fail(f.Code, "catalog.list_class", f.Code)
	}
	if f.Length <= 0 || f.Length > lengthMost {
		v.fail(f.Code, "catalog.list_length", f.Code, lengthMost)
	}
	if coded := f.Type == Choice || f.Type == Kinds; coded != (len(f.Codes) > 0) {
		v.fail(f.Code, "catalog.list_codes", f.Code)
	}
	if f.Check != "" && checks[f.Check] == nil {
		v.fail(f.Code, "catalog.list_check", f.Code, f.Check)
	}
	for _, h := range append([]string{f.Code, f.Name}, f.Aliases...) {
		if other := v.headings[fold(h)]; other != "" && other != f.Code {
			v.fail(f.Code, "catalog.list_heading_twice", h, other, f.Code)
		}
		v.headings[fold(h)] = f.Code
	}
}

// role checks that a field is there and of a type that can play its role.
func (v *validator) role(code string, want ...Type) {
	switch f := v.fields[code]; {
	case code == "":
	case f == nil:
		v.fail(code, "catalog.list_no_field", code)
	case !slices.Contains(want, f.Type):
		v.fail(code, "catalog.list_role_type", code)
	}
}

func (v *validator) roles() {
	r := v.s.Roles
	for _, code := range []string{r.USCC, r.RegNo, r.OrgCode, r.TaxNo, r.PersonNumber, r.Authority} {
		v.role(code, Code)
	}
	v.role(r.Name, Text)
	v.role(r.Division, Code)
	v.role(r.PartyKind, Choice)
	v.role(r.Registrar, Text, Code)
	for _, code := range append(append([]string{r.Until}, r.Day...), r.From...) {
		v.role(code, Date)
	}
	for _, code := range r.Key {
		v.role(code, Text, Code, Date, Number, Choice)
		if f := v.fields[code]; f != nil && f.Class == Personal {
			v.fail(code, "catalog.list_key_personal", code)
		}
	}
	if r.USCC == "" && r.RegNo == "" && r.OrgCode == "" {
		v.fail("", "catalog.list_no_subject")
	}
}

// references checks what names fields elsewhere: conditions, groups of columns, editions and rules.
func (v *validator) references() {
	here := func(of string, codes ...string) {
		for _, code := range codes {
			if v.fields[code] == nil {
				v.fail(of, "catalog.list_no_field", code)
			}
		}
	}
	for i := range v.s.Fields {
		if f := &v.s.Fields[i]; f.When != nil {
			here(f.Code, f.When.Field)
		}
		if f := &v.s.Fields[i]; f.Foreign != "" {
			here(f.Code, f.Foreign)
		}
	}
	for _, group := range v.s.Needs {
		here("", group...)
	}
	for _, e := range v.s.Editions {
		for _, code := range e.Bare {
			here("", code)
		}
	}
	for _, r := range v.s.Rules {
		def, ok := rules[r.Rule]
		if !ok || len(r.Fields) < def.least || len(r.Fields) > def.most {
			v.fail("", "catalog.list_rule", r.Rule)
			continue
		}
		here("", r.Fields...)
	}
}
