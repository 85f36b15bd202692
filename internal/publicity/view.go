package publicity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
)

// View is what the public sees of an enterprise.
type View struct {
	USCC       string             `json:"uscc"`
	Name       string             `json:"name"`
	Kind       credit.SubjectKind `json:"kind"`
	Division   string             `json:"division"`
	State      credit.RegState    `json:"state"`
	Origin     string             `json:"origin,omitempty"` // name of the old system from which the registration was taken over
	Registered credit.Date        `json:"registered,omitempty"`
	Ended      credit.Date        `json:"ended,omitempty"`
	Names      []enterprise.Name  `json:"former_names"`
	Head       *Related           `json:"head_office,omitempty"`
	Branches   []Related          `json:"branches,omitempty"`
	Fields     []Field            `json:"fields"`    // of the registration
	Lists      []Listed           `json:"lists"`     // on which it stands
	Counters   []standing.Counter `json:"counters"`  // verdicts from what is public
	Measures   []Measure          `json:"measures"`  // in force, from what is public
	Penalties  []Penalty          `json:"penalties"` // newest first
	Reports    []Report           `json:"reports"`   // newest first
	Today      credit.Date        `json:"today"`
	UpdatedAt  time.Time          `json:"updated_at,omitzero"` // of the newest record or entry shown
	LogSize    int64              `json:"log_size"`
}

// Field is one field of a record that the catalogue calls public.
type Field struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	English string `json:"english"`
	Type    string `json:"type"`  // a [catalog.Type]
	Value   string `json:"value"` // as files of the standard write it: amounts in 万元, states in words
}

// Related is a head office or a branch. Each answers for itself: what is held against one is not on the page of the other.
type Related struct {
	USCC  string          `json:"uscc"`
	Name  string          `json:"name"`
	State credit.RegState `json:"state"`
}

// Listed is a standing on a list.
type Listed struct {
	USCC          string             `json:"uscc"`
	Name          string             `json:"name"`
	Kind          credit.SubjectKind `json:"kind"`
	Division      string             `json:"division"`
	List          credit.List        `json:"list"`
	Marked        bool               `json:"marked,omitempty"` // an individual business is marked as abnormal 标记为经营异常状态, not listed
	Ground        string             `json:"ground"`
	Title         string             `json:"title"`   // of the ground
	English       string             `json:"english"` // of the ground
	Detail        string             `json:"detail"`  // the report year
	Since         credit.Date        `json:"since"`
	Authority     string             `json:"authority"` // code
	AuthorityName string             `json:"authority_name"`
	PaperNo       string             `json:"paper_no"`
	PaperID       string             `json:"paper_id"`
	Leaf          string             `json:"leaf"` // leads to the proof
}

// Measure is a measure in force at a counter.
type Measure struct {
	Matter     credit.Matter  `json:"matter"`
	Verdict    credit.Verdict `json:"verdict"`
	List       string         `json:"list"`
	Measure    string         `json:"measure"`
	English    string         `json:"english"`
	Scope      string         `json:"scope,omitempty"`
	Basis      string         `json:"basis"`
	Authority  string         `json:"authority"`
	DocumentNo string         `json:"document_no"`
	Since      credit.Date    `json:"since"`
	Until      credit.Date    `json:"until,omitempty"`
}

// Penalty is a penalty that is still public.
type Penalty struct {
	ID           string      `json:"id"`
	DecisionNo   string      `json:"decision_no"`
	DecisionDate credit.Date `json:"decision_date"`
	Authority    string      `json:"authority"`
	Types        []string    `json:"types"`
	Content      string      `json:"content"`
	Class        string      `json:"class"`
	Ends         credit.Date `json:"publicity_ends"` // first day on which it is not shown any more
	Fields       []Field     `json:"fields"`
	Origin       string      `json:"origin,omitempty"` // name of the old system from which it was taken over
	Leaf         string      `json:"leaf"`
}

// Report says that the annual report of a year was published.
type Report struct {
	Year      int         `json:"year"`
	Published credit.Date `json:"published"`
	Origin    string      `json:"origin,omitempty"` // name of the old system from which it was taken over
}

// subjectOf returns an enterprise that has a public face. One that has none is not told from one that does not exist; one whose
// page is hidden is said not to be shown at the moment, and nothing else.
func subjectOf(ctx context.Context, q db.Q, uscc string, v veil) (enterprise.Subject, error) {
	s, err := enterprise.ByUSCC(ctx, q, credit.NormalizeCode(uscc))
	if kind, _ := fault.Of(err); kind == fault.NotFound || kind == fault.Invalid || err == nil && enterprise.NamesPerson(s) {
		return enterprise.Subject{}, fault.New(fault.NotFound, "publicity.no_enterprise", uscc)
	}
	if err == nil && v.pages[s.ID] {
		return enterprise.Subject{}, fault.New(fault.NotFound, "publicity.not_shown")
	}
	return s, err
}

// seen is all that is known now of a subject, with what of it the public may see today.
type seen struct {
	subject enterprise.Subject
	facts   record.Facts
	entries []lists.Entry
	book    *policy.Book
	records map[string]Showing // by id: only what is visible
	listed  map[string]Showing // entries, likewise
	origins map[string]string  // names of old systems by the batches that they handed over
	veil    veil
}

func look(ctx context.Context, q db.Q, uscc string, today credit.Date) (v seen, err error) {
	if v.veil, err = veilOn(ctx, q, today); err != nil {
		return seen{}, err
	}
	if v.subject, err = subjectOf(ctx, q, uscc, v.veil); err != nil {
		return seen{}, err
	}
	if v.facts, err = record.FactsOf(ctx, q, v.subject.ID, -1); err != nil {
		return seen{}, err
	}
	if v.entries, err = lists.History(ctx, q, v.subject.ID, -1); err != nil {
		return seen{}, err
	}
	if v.book, err = policy.Load(ctx, q); err != nil {
		return seen{}, err
	}
	var past []string
	for _, r := range v.facts.Records {
		if r.Past != 0 {
			past = append(past, r.Batch)
		}
	}
	if v.origins, err = intake.Origins(ctx, q, past); err != nil {
		return seen{}, err
	}
	return v, v.sift(today)
}

// origin returns the name of the old system from which a record was taken over, "" for one that was stated here.
func (v *seen) origin(r record.Record) string {
	if r.Past == 0 {
		return ""
	}
	return v.origins[r.Batch]
}

// sift finds what is visible.
func (v *seen) sift(today credit.Date) error {
	terms, err := ReadTerms(v.book, today)
	if err != nil {
		return err
	}
	v.records, v.listed = map[string]Showing{}, map[string]Showing{}
	for _, r := range v.facts.Records {
		if v.veil.hides(r) {
			continue
		}
		s, err := terms.Shown(r, v.subject, today)
		if err != nil {
			return err
		}
		if s.Visible {
			v.records[r.ID] = s
		}
	}
	for _, e := range v.entries {
		if s := terms.Entry(e, v.subject, today); s.Visible {
			v.listed[e.ID] = s
		}
	}
	return nil
}

// public takes out of a standing what the public may not see today: its entries, its measures, and every word about them.
func (v *seen) public(s standing.Standing) standing.Standing {
	versions := map[string]bool{} // a past standing rests on an earlier version of what is public now
	for _, r := range v.facts.Records {
		if _, ok := v.records[r.ID]; ok {
			for _, id := range r.Versions() {
				versions[id] = true
			}
		}
	}
	hidden := func(m sanction.Measure) bool {
		if m.SourceKind == sanction.FromEntry {
			_, ok := v.listed[m.SourceID]
			return !ok
		}
		return !versions[m.SourceID]
	}
	return s.Without(func(e lists.Entry) bool {
		_, ok := v.listed[e.ID]
		return !ok
	}, hidden)
}

// Standing returns the standing of an enterprise on a day, as known now (known below 0) or then, as far as today's
// publicity allows: a past that is no longer shown is not shown as a past either. Name and kind are those of today: what it was
// called then may be a person's name.
func Standing(ctx context.Context, q db.Q, uscc string, on credit.Date, known int64, today credit.Date) (standing.Standing, error) {
	v, err := look(ctx, q, uscc, today)
	if err != nil {
		return standing.Standing{}, err
	}
	s, err := standing.Of(ctx, q, v.subject.USCC, on, known)
	if err != nil {
		return standing.Standing{}, err
	}
	s.Name, s.Kind = v.subject.Name, v.subject.Kind
	return v.public(s), nil
}

// Page returns what the public sees of an enterprise today.
func Page(ctx context.Context, q db.Q, uscc string, today credit.Date) (View, error) {
	v, err := look(ctx, q, uscc, today)
	if err != nil {
		return View{}, err
	}
	full, err := standing.Compose(v.facts, v.entries, v.book, today)
	if err != nil {
		return View{}, err
	}
	s := v.subject
	out := View{
		USCC: s.USCC, Name: s.Name, Kind: s.Kind, Division: s.Division, State: s.State, Registered: s.Registered, Ended: s.Ended,
		Fields: []Field{}, Lists: []Listed{}, Measures: []Measure{}, Penalties: []Penalty{}, Reports: []Report{}, Today: today,
	}
	if out.LogSize, err = audit.Size(ctx, q); err != nil {
		return View{}, err
	}
	if out.Names, err = formerNames(ctx, q, s); err != nil {
		return View{}, err
	}
	if err := v.addRelated(ctx, q, &out); err != nil {
		return View{}, err
	}
	names, err := departmentNames(ctx, q, today)
	if err != nil {
		return View{}, err
	}
	shown := v.public(full)
	out.Counters = shown.Counters
	for _, m := range shown.Measures {
		out.Measures = append(out.Measures, publicMeasure(m, names))
	}
	if err := v.addEntries(&out, names); err != nil {
		return View{}, err
	}
	return out, v.addRecords(&out, names)
}

// branchesShown is how many branches stand on a page.
const branchesShown = 200

// addRelated adds the head office and the branches that have a public face.
func (v *seen) addRelated(ctx context.Context, q db.Q, out *View) error {
	face := func(s enterprise.Subject) bool { return !enterprise.NamesPerson(s) && !v.veil.pages[s.ID] }
	head, known, err := enterprise.HeadOf(ctx, q, v.subject)
	if err != nil {
		return err
	}
	if known && face(head) {
		out.Head = &Related{head.USCC, head.Name, head.State}
	}
	branches, err := enterprise.BranchesOf(ctx, q, v.subject.ID, branchesShown)
	for _, b := range branches {
		if face(b) {
			out.Branches = append(out.Branches, Related{b.USCC, b.Name, b.State})
		}
	}
	return err
}

// formerNames returns the names that a subject had before, without those that were a person's.
func formerNames(ctx context.Context, q db.Q, s enterprise.Subject) ([]enterprise.Name, error) {
	all, err := enterprise.NamesOf(ctx, q, s.ID)
	out := []enterprise.Name{}
	for _, n := range all {
		if n.Name = publicName("OLDNAME", n.Name, s); n.Name != "" {
			n.Name = redact(n.Name)
			out = append(out, n)
		}
	}
	return out, err
}

func publicMeasure(m sanction.Measure, names map[string]string) Measure {
	return Measure{
		Matter: m.Matter, Verdict: m.Verdict, List: m.List, Measure: m.Measure, English: m.English, Scope: m.Scope, Basis: m.Citation(),
		Authority: nameOr(names, m.Authority), DocumentNo: m.DocumentNo, Since: m.Since, Until: m.Until,
	}
}

// departmentNames returns the names of departments by code, as they are called on a day.
func departmentNames(ctx context.Context, q db.Q, day credit.Date) (map[string]string, error) {
	all, err := org.Departments(ctx, q, day)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all))
	for _, d := range all {
		names[d.Code] = d.Name
	}
	return names, nil
}

func nameOr(names map[string]string, code string) string { return cmp.Or(names[code], code) }

func (v *seen) addEntries(out *View, names map[string]string) error {
	grounds, err := policy.Rules[lists.Ground](v.book, lists.Table)
	if err != nil {
		return err
	}
	for _, e := range v.entries {
		if _, ok := v.listed[e.ID]; !ok {
			continue
		}
		out.Lists = append(out.Lists, listedOf(e, v.subject, grounds, names))
		for _, ev := range e.Events {
			out.updated(ev.At)
		}
	}
	slices.SortFunc(out.Lists, func(a, b Listed) int { return cmp.Or(cmp.Compare(b.Since, a.Since), cmp.Compare(a.PaperNo, b.PaperNo)) })
	return nil
}

func listedOf(e lists.Entry, s enterprise.Subject, grounds []policy.Rule[lists.Ground], names map[string]string) Listed {
	listed, _ := e.Event(lists.Listed)
	out := Listed{
		USCC: s.USCC, Name: s.Name, Kind: s.Kind, Marked: marked(s.Kind, e.List), Division: s.Division, List: e.List, Ground: e.Ground, Detail: e.Detail, Since: listed.Effect,
		Authority: e.Authority, AuthorityName: nameOr(names, e.Authority), PaperNo: listed.PaperNo, PaperID: listed.Paper, Leaf: listed.Leaf,
	}
	out.entitle(grounds)
	return out
}

// marked says whether what stands on a list is the mark of an individual business (handbook 4.2).
func marked(kind credit.SubjectKind, list credit.List) bool {
	return kind == credit.Individual && list == credit.AbnormalList
}

// entitle names the ground as it was called on the day of the listing.
func (l *Listed) entitle(grounds []policy.Rule[lists.Ground]) {
	for _, g := range grounds {
		if g.Key == l.Ground && (l.Title == "" || g.On(l.Since)) {
			l.Title, l.English = g.Body.Title, g.Body.English
		}
	}
}

func (out *View) updated(at time.Time) {
	if at.After(out.UpdatedAt) {
		out.UpdatedAt = at
	}
}

func (v *seen) addRecords(out *View, names map[string]string) error {
	for _, r := range v.facts.Records {
		showing, ok := v.records[r.ID]
		if !ok {
			continue
		}
		if r.Past == 0 {
			out.updated(r.At)
		} else { // that it has been taken over is no news of the enterprise
			out.updated(r.Past.Time())
		}
		fields, err := publicFields(r, v.subject, names)
		if err != nil {
			return err
		}
		switch r.Kind {
		case enterpriseKind:
			out.Fields, out.Origin = fields, v.origin(r)
		case reportKind:
			a, err := r.AnnualReport()
			if err != nil {
				return err
			}
			out.Reports = append(out.Reports, Report{a.Year, a.Published, v.origin(r)})
		case penaltyKind:
			p, err := r.Penalty()
			if err != nil {
				return err
			}
			out.Penalties = append(out.Penalties, Penalty{
				ID: r.ID, DecisionNo: redact(p.DecisionNo), DecisionDate: p.DecisionDate, Authority: redact(p.Authority), Types: redactAll(p.Types),
				Content: redact(p.Content), Class: showing.Class, Ends: showing.Until, Fields: fields, Origin: v.origin(r), Leaf: r.Leaf,
			})
		}
	}
	slices.SortFunc(out.Reports, func(a, b Report) int { return cmp.Compare(b.Year, a.Year) })
	slices.SortFunc(out.Penalties, func(a, b Penalty) int {
		return cmp.Or(cmp.Compare(b.DecisionDate, a.DecisionDate), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// publicFields returns those fields of a record that the catalogue calls public, in its order. The place of business of an
// individual business is where somebody lives, as often as not, and the name it had before may have been a person's. People
// write what they should not into short fields too.
func publicFields(r record.Record, subject enterprise.Subject, names map[string]string) ([]Field, error) {
	kind, err := catalog.Of(r.Kind)
	if err != nil {
		return nil, err
	}
	var body map[string]string
	if err := canon.Decode(r.Body, &body); err != nil {
		return nil, fmt.Errorf("publicity: body of %s: %w", r.ID, err)
	}
	out := []Field{}
	for _, f := range kind.Fields {
		value := f.Show(body[f.Code])
		if f.Code == "REGORG" {
			value = nameOr(names, value)
		}
		if f.Class != catalog.Public || value == "" || f.Code == "DOM" && subject.Kind == credit.Individual {
			continue
		}
		if value = publicName(f.Code, value, subject); value == "" {
			continue
		}
		switch f.Type {
		case catalog.Text, catalog.Kinds:
			value = redact(value)
		case catalog.Code:
			value = redactCode(value)
		}
		out = append(out, Field{f.Code, f.Name, f.English, string(f.Type), value})
	}
	return out, nil
}

// publicName returns a name that a record states of the subject as the public may read it: where it was a person's, the name of
// today stands in its place, and a former name is left out.
func publicName(field, value string, subject enterprise.Subject) string {
	if !enterprise.NamedPerson(subject, value) {
		return value
	}
	switch field {
	case "OLDNAME":
		return ""
	case "ENTNAME", "CF_XDR_MC":
		return subject.Name
	}
	return value
}

func redactAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = redact(t)
	}
	return out
}
