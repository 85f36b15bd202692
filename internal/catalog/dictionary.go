package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// Entry is what the data dictionary says of a kind, in both languages.
type Entry struct {
	Name         string         `json:"name"`
	Title        string         `json:"title"`
	English      string         `json:"english"`
	Basis        string         `json:"basis"`
	BasisEnglish string         `json:"basis_english"`
	Regulators   bool           `json:"regulators"`
	Departments  []string       `json:"departments,omitempty"`
	Added        bool           `json:"added"`
	Version      int            `json:"version,omitempty"`
	Fields       []EntryItem    `json:"fields"`
	Rules        []EntryRule    `json:"rules"`
	Editions     []EntryEdition `json:"editions,omitempty"`
}

// EntryItem is what it says of a field.
type EntryItem struct {
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	English     string   `json:"english"`
	Type        Type     `json:"type"`
	Length      int      `json:"length"`
	Need        Need     `json:"need"`
	When        string   `json:"when,omitempty"`
	WhenEnglish string   `json:"when_english,omitempty"`
	Class       Class    `json:"class"`
	Codes       []string `json:"codes,omitempty"` // as files write them
	Aliases     []string `json:"aliases,omitempty"`
	Help        string   `json:"help,omitempty"`
	HelpEnglish string   `json:"help_english,omitempty"`
	Example     string   `json:"example,omitempty"`
}

// EntryRule is a rule in words.
type EntryRule struct {
	Rule    string   `json:"rule"`
	Fields  []string `json:"fields"`
	Text    string   `json:"text"`
	English string   `json:"english"`
	Source  string   `json:"source"`
}

// EntryEdition is what the headings mean in one edition only.
type EntryEdition struct {
	Name     string         `json:"name"`
	English  string         `json:"english"`
	Headings []EntryHeading `json:"headings"`
}

// EntryHeading is a heading of an edition and the field that it means there.
type EntryHeading struct {
	Heading string `json:"heading"`
	Field   string `json:"field"`
	Name    string `json:"name"`
}

// Need says how much a field is needed.
type Need string

// The needs.
const (
	Must      Need = "mandatory"
	Sometimes Need = "conditional" // under a condition, or by a rule
	Should    Need = "expected"    // the row is taken with a warning
	May       Need = "optional"
)

// conditional are the rules that need their fields under a condition, and from which of their fields on.
var conditional = map[string][]int{"R01": {1}, "R03": {1}, "R04": {1, 2}, "R05": {1, 2}, "R08": {1}, "R09": {1}, "R10": {1}, "state": {1}, "subject": {0},
	"tested-failed": {1}}

// Need returns how much a field of the kind is needed.
func (k Kind) Need(f Field) Need {
	switch {
	case f.Mandatory:
		return Must
	case f.When != nil:
		return Sometimes
	}
	for _, r := range k.Rules {
		for _, place := range conditional[r.Rule] {
			if r.Fields[place] == f.Code {
				return Sometimes
			}
		}
	}
	if f.Expected {
		return Should
	}
	return May
}

// Dictionary returns what the data dictionary says of every kind of a set.
func (s Set) Dictionary() []Entry {
	out := make([]Entry, len(s.kinds))
	for i, k := range s.kinds {
		out[i] = k.Entry()
	}
	return out
}

// Entry returns what the data dictionary says of the kind.
func (k Kind) Entry() Entry {
	e := Entry{Name: k.Name, Title: k.Title, English: k.English, Basis: k.Basis, BasisEnglish: k.BasisEnglish, Regulators: k.Regulators,
		Departments: k.Departments, Added: k.Added, Version: k.version, Fields: []EntryItem{}, Rules: []EntryRule{}}
	for _, f := range k.Fields {
		item := EntryItem{Code: f.Code, Name: f.Name, English: f.English, Type: f.Type, Length: f.Length, Need: k.Need(f), Class: f.Class,
			Codes: f.Choices(), Aliases: f.Aliases, Help: f.Help, HelpEnglish: f.HelpEnglish, Example: f.Example}
		item.When, item.WhenEnglish = k.condition(f)
		e.Fields = append(e.Fields, item)
	}
	for _, r := range k.Rules {
		def := rules[r.Rule]
		e.Rules = append(e.Rules, EntryRule{r.Rule, r.Fields, k.inWords(def.zh, r.Fields, false), k.inWords(def.en, r.Fields, true), def.source})
	}
	for _, ed := range k.Editions {
		out := EntryEdition{Name: ed.Name, English: ed.English}
		for _, heading := range sortedKeys(ed.Bare) {
			f, _ := k.Field(ed.Bare[heading])
			out.Headings = append(out.Headings, EntryHeading{heading, f.Code, f.Name})
		}
		e.Editions = append(e.Editions, out)
	}
	return e
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// condition returns the condition of a field in words.
func (k Kind) condition(f Field) (zh, en string) {
	if f.When == nil {
		return "", ""
	}
	on, _ := k.Field(f.When.Field)
	if len(f.When.Is) == 0 {
		return "填了“" + on.Name + "”时必填", "mandatory with " + on.English
	}
	is := make([]string, len(f.When.Is))
	for i, code := range f.When.Is {
		is[i] = on.Show(code)
	}
	return "“" + on.Name + "”为" + strings.Join(is, "、") + "时必填", "mandatory where " + on.English + " is " + strings.Join(is, ", ")
}

// inWords puts the names of fields into a rule's sentence. A rule for any number of days names all of them.
func (k Kind) inWords(text string, fields []string, english bool) string {
	names := make([]string, len(fields))
	for i, code := range fields {
		f, _ := k.Field(code)
		if names[i] = "“" + f.Name + "”"; english {
			names[i] = "\"" + f.English + "\""
		}
	}
	if !strings.Contains(text, "{1}") {
		sep := "、"
		if english {
			sep = ", "
		}
		return strings.ReplaceAll(text, "{0}", strings.Join(names, sep))
	}
	for i, name := range names {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", name)
	}
	return text
}

// Choices returns the code list of a field as files write it.
func (f Field) Choices() []string {
	var out []string
	for _, c := range f.Codes {
		out = append(out, f.Show(c))
	}
	return out
}

// Example returns a row without fault, by field code, that shows what is meant.
func (k Kind) Example() map[string]string {
	out := map[string]string{}
	for _, f := range k.Fields {
		if f.Example != "" {
			out[f.Code] = f.Example
		}
	}
	return out
}

// exampleMark begins the first cell of a row that only shows how to fill in a template.
const exampleMark = "【示例"

// IsExample reports whether a row of a file is the example of a template that was left in.
func IsExample(cells []string) bool {
	for _, cell := range cells {
		if cell = strings.TrimSpace(cell); cell != "" {
			return strings.HasPrefix(cell, exampleMark)
		}
	}
	return false
}

// ExampleMark is what a template writes before the first value of its example row.
const ExampleMark = exampleMark + "，不导入】"
