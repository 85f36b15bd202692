// Package publicity decides what the public may see today, and is the only door through which it sees anything.
//
// What is public is counted up, never what is private: a record is shown while a dated row of policy gives it a term in the
// portal's channel, a field is shown where the catalogue calls it public. What was repaired, withdrawn, removed or has run
// out leaves no trace in any answer, not in one about the past either (handbook 12.4-12.6).
package publicity

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// The tables of policy that this package reads.
const (
	TermsTable  = "publicity.terms"
	PortalTable = "publicity.portal"
)

// The kinds of record that have a public face.
const (
	enterpriseKind = "enterprise"
	penaltyKind    = "penalty"
	reportKind     = "annual-report"
)

// Channel is a way to the public with terms of its own.
type Channel string

// The channels.
const (
	CreditChannel Channel = "credit" // 信用中国 and its local sites
	SystemChannel Channel = "system" // 国家企业信用信息公示系统
)

// Term is a row of [TermsTable]: how long penalties of some types are public in a channel, counted from the decision.
type Term struct {
	Channel      Channel    `json:"channel"`
	Class        string     `json:"class"` // minor, light, general, serious
	Types        []string   `json:"types,omitempty"`
	UnclearTypes []string   `json:"unclear_types,omitempty"` // of the class only where the decision clearly says 吊销
	FineFloor    credit.Fen `json:"fine_floor,omitempty"`    // fines from here on are of the class
	FineCeiling  credit.Fen `json:"fine_ceiling,omitempty"`  // fines up to here are of the class
	Rest         bool       `json:"rest,omitempty"`          // every type that no other row of the channel names
	Months       int        `json:"months"`                  // 0: not published at all
	Least        int        `json:"least,omitempty"`         // after which repair may be applied for
	Milder       bool       `json:"milder,omitempty"`        // what is still shown when the row begins takes the milder of old and new
}

// Portal is the row of [PortalTable]: which channel this portal belongs to, and for how long it shows an entry that was
// removed from its list.
type Portal struct {
	Channel      Channel `json:"channel"`
	RemovedEntry int     `json:"removed_entry_months"`
}

//go:embed policy.json
var firstPolicy []byte

// FirstPolicy returns the first content of this package's tables.
func FirstPolicy() ([]policy.Row, error) {
	rows, err := policy.ParseRows(firstPolicy)
	if err != nil {
		return nil, err
	}
	return rows, Validate(rows)
}

// Validate checks the rows of this package's tables among rows: known channels, and for each day on which a channel has
// rows at all exactly one that takes the rest, so that no type of penalty is without a term.
func Validate(rows []policy.Row) error {
	book, err := policy.NewBook(1, rows)
	if err != nil {
		return err
	}
	terms, err := policy.Rules[Term](book, TermsTable)
	if err != nil {
		return err
	}
	for _, r := range terms {
		b := r.Body
		if !known(b.Channel) || b.Class == "" || b.Months < 0 || b.Least < 0 || b.Least > b.Months {
			return fault.New(fault.Invalid, "publicity.bad_row", r.Table, r.Key)
		}
		if rest := count(terms, b.Channel, r.From); rest != 1 {
			return fault.New(fault.Invalid, "publicity.rest_needed", string(b.Channel), r.From, rest)
		}
	}
	portals, err := policy.Rules[Portal](book, PortalTable)
	if err != nil {
		return err
	}
	for _, r := range portals {
		if !known(r.Body.Channel) || r.Body.RemovedEntry < 0 {
			return fault.New(fault.Invalid, "publicity.bad_row", r.Table, r.Key)
		}
	}
	return onePortal(portals)
}

// onePortal checks that on each day since the first exactly one row says which channel the portal belongs to: without it
// nothing could be shown to anybody.
func onePortal(portals []policy.Rule[Portal]) error {
	var days []credit.Date
	for _, r := range portals {
		if days = append(days, r.From); r.Until != 0 {
			days = append(days, r.Until)
		}
	}
	for _, day := range days {
		n := 0
		for _, r := range portals {
			if r.On(day) {
				n++
			}
		}
		if n != 1 {
			return fault.New(fault.Invalid, "publicity.portal_needed", day, n)
		}
	}
	return nil
}

func known(c Channel) bool { return c == CreditChannel || c == SystemChannel }

// count returns how many rows take the rest in a channel on a day.
func count(terms []policy.Rule[Term], c Channel, day credit.Date) (n int) {
	for _, r := range terms {
		if r.Body.Channel == c && r.Body.Rest && r.On(day) {
			n++
		}
	}
	return n
}

// Terms are the terms of one channel, of all days.
type Terms struct {
	portal Portal
	rows   []policy.Rule[Term]
}

// ReadTerms reads the terms of the channel to which the portal belongs today.
func ReadTerms(book *policy.Book, today credit.Date) (Terms, error) {
	portals, err := policy.Rules[Portal](book.On(today), PortalTable)
	if err != nil {
		return Terms{}, err
	}
	if len(portals) != 1 {
		return Terms{}, fmt.Errorf("publicity: %d rows say which channel the portal belongs to on %s", len(portals), today)
	}
	return ChannelTerms(book, portals[0].Body)
}

// ChannelTerms reads the terms of a channel.
func ChannelTerms(book *policy.Book, p Portal) (Terms, error) {
	all, err := policy.Rules[Term](book, TermsTable)
	if err != nil {
		return Terms{}, err
	}
	t := Terms{portal: p}
	for _, r := range all {
		if r.Body.Channel == p.Channel {
			t.rows = append(t.rows, r)
		}
	}
	return t, nil
}

// Showing says whether something is public, until when, and why.
type Showing struct {
	Visible bool
	Until   credit.Date // first day on which it is not shown any more; 0 is open
	Why     string      // code of a sentence
	Class   string      // of a penalty
	Key     string      // the row of policy that decides
}

// Shown says whether a record about subject is public today.
func (t Terms) Shown(rec record.Record, subject enterprise.Subject, today credit.Date) (Showing, error) {
	if enterprise.NamesPerson(subject) {
		return Showing{Why: "publicity.person"}, nil
	}
	switch rec.Kind {
	case enterpriseKind, reportKind:
		return Showing{Visible: true, Why: "publicity.register"}, nil
	case penaltyKind:
		p, err := rec.Penalty()
		if err != nil {
			return Showing{}, fmt.Errorf("publicity: penalty %s: %w", rec.ID, err)
		}
		if p.PartyKind == naturalPerson {
			return Showing{Why: "publicity.person"}, nil
		}
		return t.penalty(p, today), nil
	}
	return Showing{Why: "publicity.kind_not_public"}, nil
}

// naturalPerson is the value of CF_XDR_LB for a person (handbook 2.3).
const naturalPerson = "自然人"

// penalty applies the term of the day of the decision, and at each later change of the rules that says so the milder of
// both. Of several types in one decision the longest term counts. A department that states an earlier end is followed.
func (t Terms) penalty(p record.Penalty, today credit.Date) Showing {
	term, ok := t.longest(p, p.DecisionDate)
	if !ok {
		return Showing{Why: "publicity.no_term"}
	}
	until := p.DecisionDate.AfterMonths(term.Body.Months)
	for _, change := range t.changes(p.DecisionDate) {
		now, ok := t.longest(p, change)
		if !ok || !now.Body.Milder || until <= change {
			continue
		}
		if milder := max(p.DecisionDate.AfterMonths(now.Body.Months), change); milder < until {
			until, term = milder, now
		}
	}
	if p.StatedPublicityEnd != 0 {
		until = min(until, p.StatedPublicityEnd+1) // it is the last day
	}
	s := Showing{Visible: today < until, Until: until, Why: "publicity.in_term", Class: term.Body.Class, Key: term.Key}
	switch {
	case until <= p.DecisionDate:
		s.Why = "publicity.not_published"
	case !s.Visible:
		s.Why = "publicity.term_over"
	}
	return s
}

// changes returns the days after a day on which rows begin, in order.
func (t Terms) changes(after credit.Date) []credit.Date {
	var out []credit.Date
	for _, r := range t.rows {
		if r.From > after {
			out = append(out, r.From)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// longest returns the row with the longest term among those of the penalty's types on a day.
func (t Terms) longest(p record.Penalty, day credit.Date) (best policy.Rule[Term], ok bool) {
	for _, typ := range p.Types {
		r, found := t.row(p, strings.TrimSpace(typ), day)
		if found && (!ok || r.Body.Months > best.Body.Months) {
			best, ok = r, true
		}
	}
	if !ok { // a decision that states no type
		return t.row(p, "", day)
	}
	return best, ok
}

// row returns the row of one type of penalty: the longest that names it, else the one that takes the rest.
func (t Terms) row(p record.Penalty, typ string, day credit.Date) (best policy.Rule[Term], ok bool) {
	var rest policy.Rule[Term]
	hasRest := false
	for _, r := range t.rows {
		switch {
		case !r.On(day):
		case r.Body.Rest:
			rest, hasRest = r, true
		case r.Body.names(p, typ) && (!ok || r.Body.Months > best.Body.Months):
			best, ok = r, true
		}
	}
	if !ok {
		return rest, hasRest
	}
	return best, ok
}

const fine = "罚款"

func (t Term) names(p record.Penalty, typ string) bool {
	switch {
	case slices.Contains(t.Types, typ):
		return true
	case slices.Contains(t.UnclearTypes, typ):
		return p.Revocation() == record.Revoked
	case typ == fine && t.FineFloor > 0:
		return p.Fine >= t.FineFloor
	case typ == fine && t.FineCeiling > 0:
		return p.Fine <= t.FineCeiling
	}
	return false
}

// Entry says whether a list entry is public today. Once it is removed or rescinded the portal forgets it, unless the
// portal's row gives it months more.
func (t Terms) Entry(e lists.Entry, subject enterprise.Subject, today credit.Date) Showing {
	since, until := e.Window()
	switch {
	case enterprise.NamesPerson(subject):
		return Showing{Why: "publicity.person"}
	case since == 0 || today < since:
		return Showing{Why: "publicity.not_in_force"}
	case until == 0:
		return Showing{Visible: true, Why: "publicity.on_list"}
	case today < until:
		return Showing{Visible: true, Until: until, Why: "publicity.on_list"}
	}
	until = until.AfterMonths(t.portal.RemovedEntry)
	return Showing{Visible: today < until, Until: until, Why: "publicity.removed"}
}
