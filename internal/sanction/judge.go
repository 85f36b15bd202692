package sanction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// Judge returns the measures that follow from the facts and list entries under the policy of all days, past windows and
// future ones too: which hold on a day is a question of [Measure.On]. They are in order of first day, matter and id.
func Judge(f record.Facts, entries []lists.Entry, book *policy.Book) ([]Measure, error) {
	rules, err := Read(book)
	if err != nil {
		return nil, err
	}
	return rules.Judge(f, entries)
}

// Judge is the package's [Judge] under rules that have been read already.
func (r Rules) Judge(f record.Facts, entries []lists.Entry) ([]Measure, error) {
	var out []Measure
	for _, rec := range f.Records {
		if rec.Kind != penaltyKind {
			continue
		}
		some, err := r.statutory(f.Subject.ID, rec)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	for _, e := range entries {
		out = append(out, r.listed(e)...)
	}
	for i := range out {
		if err := out[i].identify(); err != nil {
			return nil, err
		}
	}
	arrange(out)
	return out, nil
}

func arrange(ms []Measure) {
	slices.SortFunc(ms, func(a, b Measure) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(Place(a.Matter), Place(b.Matter)), cmp.Compare(a.ID, b.ID))
	})
}

const penaltyKind = "penalty"

// Place returns the matter's place in the article's order, [credit.Matters]; -1 for a matter we do not know.
func Place(m credit.Matter) int { return slices.Index(credit.Matters, m) }

// statutory returns the measures that one penalty is by law. A decision binds from its service; where no service is stated,
// from the day on which it first became public here. The three years run from the decision.
func (r Rules) statutory(enterprise string, rec record.Record) ([]Measure, error) {
	p, err := rec.Penalty()
	if err != nil {
		return nil, fmt.Errorf("sanction: penalty %s: %w", rec.ID, err)
	}
	since := p.ServedOn
	if since == 0 {
		since = credit.DateOf(rec.FirstKnown())
	}
	since = max(since, p.DecisionDate)
	var out []Measure
	for _, rule := range r.facts {
		verdict := rule.Body.of(p)
		if verdict == credit.Pass {
			continue
		}
		from, until, ok := cut(since, p.DecisionDate.AfterMonths(rule.Body.Months), rule.From, rule.Until)
		if !ok {
			continue
		}
		out = append(out, Measure{
			EnterpriseID: enterprise, Matter: rule.Body.Matter, Verdict: verdict, List: Statutory,
			Measure: rule.Body.Measure, English: rule.Body.English, Scope: rule.Body.Scope, ScopeEnglish: rule.Body.ScopeEnglish,
			PolicyTable: rule.Table, PolicyKey: rule.Key, PolicyFrom: rule.From, PolicyVersion: rule.Version, Basis: rule.Basis,
			Authority: p.Authority, DocumentNo: p.DecisionNo, SourceKind: FromRecord, SourceID: rec.ID, Since: from, Until: until,
		})
	}
	return out, nil
}

// of returns the verdict of the fact for a penalty: its own where the penalty fulfils it, [credit.Manual] where the wording
// leaves open whether it does, and [credit.Pass] where it does not apply.
func (f Fact) of(p record.Penalty) credit.Verdict {
	if f.FineFloor > 0 && p.Fine >= f.FineFloor {
		return f.Verdict
	}
	v := f.byType(p)
	if v == credit.Pass || len(f.Licences) == 0 {
		return v
	}
	switch f.licence(p) {
	case otherLicence:
		return credit.Pass
	case someLicence:
		return credit.Manual
	}
	return v
}

// byType returns the verdict of the strictest of a penalty's types.
func (f Fact) byType(p record.Penalty) credit.Verdict {
	v := credit.Pass
	for _, t := range p.Types {
		t = strings.TrimSpace(t)
		switch {
		case slices.Contains(f.Types, t):
			return f.Verdict
		case slices.Contains(f.UnclearTypes, t):
			switch p.Revocation() {
			case record.Revoked:
				return f.Verdict
			case record.Suspended:
			default:
				v = credit.Manual
			}
		case strings.HasPrefix(t, free) && mentions(t, f.UnclearWords):
			v = credit.Manual
		}
	}
	return v
}

// free begins a type of penalty in the department's own words.
const free = "其他-"

func mentions(text string, marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(text, m) })
}

// Which licence a decision names, seen from a fact about one.
type naming int

const (
	thisLicence naming = iota
	otherLicence
	someLicence // it names none, or in words that leave open which
)

func (f Fact) licence(p record.Penalty) naming {
	text := p.Licence + " " + p.Content
	for _, t := range p.Types {
		if strings.HasPrefix(t, free) {
			text += " " + t
		}
	}
	if mentions(text, f.Licences) {
		return thisLicence
	}
	rest := text
	for _, name := range f.OtherLicences {
		rest = strings.ReplaceAll(rest, name, "")
	}
	if !mentions(rest, f.UnclearLicences) && (rest != text || p.Licence != "") {
		return otherLicence
	}
	return someLicence
}

// listed returns what a list entry does at the counters while it stands. A listing without effect date does not bind yet; a
// rescinded one never did.
func (r Rules) listed(e lists.Entry) []Measure {
	listed, removed := e.Window()
	if listed == 0 {
		return nil
	}
	var out []Measure
	for _, rule := range r.effects {
		if rule.Body.List != e.List {
			continue
		}
		since, until, ok := cut(listed, removed, rule.From, rule.Until)
		if !ok {
			continue
		}
		out = append(out, Measure{
			EnterpriseID: e.EnterpriseID, Matter: rule.Body.Matter, Verdict: rule.Body.Verdict, List: string(e.List),
			Measure: rule.Body.Measure, English: rule.Body.English,
			PolicyTable: rule.Table, PolicyKey: rule.Key, PolicyFrom: rule.From, PolicyVersion: rule.Version, Basis: rule.Basis,
			Authority: e.Authority, DocumentNo: e.PaperNo(), SourceKind: FromEntry, SourceID: e.ID, Since: since, Until: until,
		})
	}
	return out
}

// cut returns the part of [since, until) that lies in [from, to); an until or to of 0 is open.
func cut(since, until, from, to credit.Date) (credit.Date, credit.Date, bool) {
	since = max(since, from)
	if until == 0 || to != 0 && to < until {
		until = to
	}
	return since, until, until == 0 || since < until
}

// identify gives the measure the id that follows from its content.
func (m *Measure) identify() error {
	m.ID = ""
	raw, err := canon.Bytes(m)
	if err != nil {
		return fmt.Errorf("sanction: spell measure: %w", err)
	}
	m.ID = db.Key("sanction", string(raw))
	return nil
}

// InForce returns those of measures that hold on day, strictest first, then longest in force.
func InForce(measures []Measure, day credit.Date) []Measure {
	var out []Measure
	for _, m := range measures {
		if m.On(day) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Measure) int {
		return cmp.Or(cmp.Compare(b.Verdict.Rank(), a.Verdict.Rank()), cmp.Compare(a.Since, b.Since),
			cmp.Compare(Place(a.Matter), Place(b.Matter)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Strictest returns the strictest verdict of measures in force at a counter; [credit.Pass] where there is none.
func Strictest(inForce []Measure, matter credit.Matter) credit.Verdict {
	v := credit.Pass
	for _, m := range inForce {
		if m.Matter == matter && m.Verdict.Rank() > v.Rank() {
			v = m.Verdict
		}
	}
	return v
}
