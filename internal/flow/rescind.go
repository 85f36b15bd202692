package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhixin/internal/canon"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

// Wrong is what a case keeps that says a listing was wrong.
type Wrong struct {
	Entry  string `json:"entry"`
	Number string `json:"number"` // of the paper that listed
	Reason string `json:"reason"` // as it will stand on the paper
}

// AskRescission opens the case that a listing was wrong, as an officer of the authority that listed found out. Whoever asks
// for it does not decide it.
func (f *Flow) AskRescission(ctx context.Context, q db.Q, by org.Actor, at time.Time, enterpriseID, entryID, reason string) (casework.Case, error) {
	e, err := lists.ByID(ctx, q, enterpriseID, entryID)
	if err != nil {
		return casework.Case{}, err
	}
	authority, err := org.CompetentOn(ctx, q, e.Authority, credit.DateOf(at))
	if err != nil {
		return casework.Case{}, err
	}
	facts, err := record.FactsOf(ctx, q, enterpriseID, -1)
	if err != nil {
		return casework.Case{}, err
	}
	s := facts.Subject
	if err := org.May(by, org.CaseExamine, authority, s.Division); err != nil {
		return casework.Case{}, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case e.State() == lists.Rescinded:
		return casework.Case{}, fault.New(fault.Conflict, "lists.already_rescinded", e.PaperNo())
	case reason == "":
		return casework.Case{}, fault.New(fault.Invalid, "casework.no_reason")
	}
	if s.Station, err = enterprise.Station(ctx, q, s); err != nil {
		return casework.Case{}, err
	}
	l, err := load(ctx, q)
	if err != nil {
		return casework.Case{}, err
	}
	due, err := f.rescissionDue(l, credit.DateOf(at))
	if err != nil {
		return casework.Case{}, err
	}
	body, err := canon.Bytes(Wrong{Entry: e.ID, Number: e.PaperNo(), Reason: reason})
	if err != nil {
		return casework.Case{}, err
	}
	return casework.Open(ctx, q, by, at, casework.New{
		Kind: casework.AbnormalRescission, EnterpriseID: s.ID, Detail: e.ID, Authority: authority, Division: s.Division, Station: s.Station,
		Due: due, Facts: body, Reason: reason,
	})
}

// rescissionDue is the last day for the decision that a listing was wrong, which was found on a day.
func (f *Flow) rescissionDue(l law, found credit.Date) (credit.Date, error) {
	kind, err := casework.KindOn(l.book, casework.AbnormalRescission, found)
	if err != nil {
		return 0, err
	}
	return f.Cal.Deadline(found, kind.Body.Workdays)
}

// rescind takes back an entry that should not have been made; it is shown as rescinded, not as removed.
func (f *Flow) rescind(ctx context.Context, q db.Q, by org.Actor, at time.Time, c casework.Case) (document.Paper, error) {
	day := credit.DateOf(at)
	l, err := load(ctx, q)
	if err != nil {
		return document.Paper{}, err
	}
	kind, err := casework.KindOn(l.book, c.Kind, day)
	if err != nil {
		return document.Paper{}, err
	}
	facts, err := record.FactsOf(ctx, q, c.EnterpriseID, -1)
	if err != nil {
		return document.Paper{}, err
	}
	entry, err := lists.ByID(ctx, q, c.EnterpriseID, c.Detail)
	if err != nil {
		return document.Paper{}, err
	}
	var wrong Wrong
	if err := json.Unmarshal(c.Facts, &wrong); err != nil {
		return document.Paper{}, fmt.Errorf("flow: facts of case %s: %w", c.ID, err)
	}
	paper, err := f.publish(ctx, q, by, at, c, document.Draft{
		Template: document.AbnormalRescission, Authority: c.Authority, EnterpriseID: c.EnterpriseID, Case: c.ID, Day: day, Basis: kind.Basis,
		Fields: map[string]string{"name": facts.Subject.Name, "uscc": facts.Subject.USCC, "year": entry.Detail, "wrong": entry.PaperNo(),
			"reason": strings.TrimRight(wrong.Reason, "。")},
	})
	if err != nil {
		return document.Paper{}, err
	}
	carry := lists.Carry{Case: c.ID, Paper: paper.ID, PaperNo: paper.Number, Authority: c.Authority, Effect: paper.PublishedOn}
	if _, err := lists.Rescind(ctx, q, by, at, entry, carry); err != nil {
		return document.Paper{}, err
	}
	if _, err := sanction.Refresh(ctx, q, by, at, l.book, []string{c.EnterpriseID}); err != nil {
		return document.Paper{}, err
	}
	return paper, f.review(ctx, q, at, l, []string{c.EnterpriseID})
}
