package casework

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

// The kinds of leaves; their subject is the enterprise.
const (
	LeafOpened   = "casework.opened"
	LeafNoticed  = "casework.noticed"
	LeafExamined = "casework.examined"
	LeafSettled  = "casework.settled"
	LeafMoot     = "casework.moot"
	LeafTimed    = "casework.timed"
)

// New is what a case is opened with.
type New struct {
	Kind         string
	EnterpriseID string
	Detail       string // with kind, enterprise and cause it makes the case's identity
	Cause        string // of matters that may be called for again: by what; "" where once is all
	Authority    string
	Division     string
	Station      string
	Group        string
	Due          credit.Date     // 0 where it cannot be told yet
	Facts        json.RawMessage // what called for it; any JSON object
	Reason       string          // why, where a person opens it
}

// stepBody is what the leaf of a step says.
type stepBody struct {
	Case      string          `json:"case"`
	Kind      string          `json:"kind"`
	Detail    string          `json:"detail"`
	Authority string          `json:"authority"`
	Group     string          `json:"group,omitempty"`
	Due       credit.Date     `json:"due,omitempty"`
	Facts     json.RawMessage `json:"facts,omitempty"`
	Verdict   Verdict         `json:"verdict,omitempty"`
	Opinion   string          `json:"opinion,omitempty"`
	Paper     string          `json:"paper,omitempty"`
}

// Open opens a case. Its id follows from what it is about, so opening the same case again gives the case that exists: while
// one about the same is undecided, that one, and a refused one is not opened a second time by the same cause. What was moot,
// or is called for by another cause, becomes a new case.
func Open(ctx context.Context, q db.Q, by org.Actor, at time.Time, n New) (Case, error) {
	if n.EnterpriseID == "" || n.Detail == "" || n.Authority == "" {
		return Case{}, fault.New(fault.Invalid, "casework.incomplete")
	}
	id, old, err := n.place(ctx, q)
	if err != nil || old.ID != "" {
		return old, err
	}
	book, err := policy.Load(ctx, q)
	if err != nil {
		return Case{}, err
	}
	rule, err := KindOn(book, n.Kind, credit.DateOf(at))
	if err != nil {
		return Case{}, err
	}
	if len(n.Facts) == 0 {
		n.Facts = json.RawMessage("{}")
	}
	facts, err := canon.Bytes(n.Facts)
	if err != nil {
		return Case{}, err
	}
	c := Case{
		ID: id, Kind: n.Kind, EnterpriseID: n.EnterpriseID, Detail: n.Detail, Authority: n.Authority, Division: n.Division,
		Station: n.Station, Group: n.Group, State: Opened, PolicyVersion: rule.Version, WantsNotice: rule.Body.WantsNotice(),
		Lead: rule.Body.Lead, Opened: at, Due: n.Due, Facts: facts,
	}
	if err := insert(ctx, q, c); err != nil {
		return Case{}, err
	}
	return act(ctx, q, by, at, c, Step{Kind: StepOpened, Opinion: n.Reason}, LeafOpened,
		stepBody{Group: c.Group, Due: c.Due, Facts: facts, Opinion: n.Reason})
}

// place returns the case that stands where n belongs, or the id of a new one.
func (n New) place(ctx context.Context, q db.Q) (id string, old Case, err error) {
	open, err := Undecided(ctx, q, n.EnterpriseID)
	if err != nil {
		return "", Case{}, err
	}
	for _, c := range open {
		if c.Kind == n.Kind && c.Detail == n.Detail {
			return c.ID, c, nil
		}
	}
	for round := 0; ; round++ {
		id = db.Key("casework.case", n.Kind, n.EnterpriseID, n.Detail, n.Cause, strconv.Itoa(round))
		old, err = find(ctx, q, id)
		switch {
		case fault.Is(err, "casework.no_case"):
			return id, Case{}, nil
		case err != nil || old.State != Moot:
			return id, old, err
		}
	}
}

func insert(ctx context.Context, q db.Q, c Case) error {
	_, err := q.ExecContext(ctx, `INSERT INTO casework_case (enterprise_id, id, kind, policy_version, wants_notice, lead, authority,
		division, station, run, detail, state, opened_at, due, facts, examiner, approver, notice, paper)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', '', '')`,
		c.EnterpriseID, c.ID, c.Kind, c.PolicyVersion, c.WantsNotice, c.Lead, c.Authority, c.Division, c.Station, c.Group, c.Detail,
		c.State, db.Time{Time: c.Opened}, kept(c.Due), string(c.Facts))
	if err != nil {
		return fmt.Errorf("casework: open %s: %w", c.ID, err)
	}
	return nil
}

// SetDue sets the last day of a case whose last day could not be told when it was opened.
func SetDue(ctx context.Context, q db.Q, by org.Actor, at time.Time, c Case, due credit.Date) (Case, error) {
	res, err := q.ExecContext(ctx, `UPDATE casework_case SET due = $2 WHERE id = $1 AND due = $3`, c.ID, due, unknownDue)
	if err != nil {
		return Case{}, fmt.Errorf("casework: time %s: %w", c.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return Case{}, fmt.Errorf("casework: time %s: %d rows: %w", c.ID, n, errors.Join(err, sql.ErrNoRows))
	}
	c.Due = due
	return act(ctx, q, by, at, c, Step{Kind: StepTimed}, LeafTimed, stepBody{Due: due})
}

// NameIn notes that a paper of notice lists the cases of [Unnamed]; the step of each is taken by [Notice].
func NameIn(ctx context.Context, q db.Q, group, paper string) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_case SET notice = $2 WHERE run = $1 AND state = 'open' AND wants_notice AND notice = ''`,
		group, paper)
	if err != nil {
		return fmt.Errorf("casework: name the cases of %s: %w", group, err)
	}
	return nil
}

// Reopen makes a new case of one that was refused, about the same and by the same cause: an officer's act with its reason.
// Without it what was refused does not come again.
func Reopen(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) (Case, error) {
	c, err := find(ctx, q, id)
	if err != nil {
		return Case{}, err
	}
	reason = strings.TrimSpace(reason)
	if err := mayTouch(by, org.CaseExamine, c); err != nil {
		return Case{}, err
	}
	switch {
	case c.State != Refused:
		return Case{}, moved(c)
	case reason == "":
		return Case{}, fault.New(fault.Invalid, "casework.no_reason")
	}
	n := New{Kind: c.Kind, EnterpriseID: c.EnterpriseID, Detail: c.Detail, Cause: "reopened " + c.ID, Authority: c.Authority, Division: c.Division,
		Station: c.Station, Group: c.Group, Due: c.Due, Facts: c.Facts, Reason: reason}
	_, old, err := n.place(ctx, q)
	if err == nil && old.ID != "" {
		err = fault.New(fault.Conflict, "casework.opened_again")
	}
	if err != nil {
		return Case{}, err
	}
	return Open(ctx, q, by, at, n)
}

// Notice records that the party has been given notice by paper: the act of an officer, or of the system that goes on with
// what an officer began.
func Notice(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, paper string) (Case, error) {
	c, err := find(ctx, q, id)
	if err != nil {
		return Case{}, err
	}
	if by.User != "" || by.Duty == "" {
		if err := mayTouch(by, org.CaseExamine, c); err != nil {
			return Case{}, err
		}
	}
	switch {
	case !c.WantsNotice:
		return Case{}, fault.New(fault.Conflict, "casework.no_notice_here")
	case c.State != Opened:
		return Case{}, moved(c)
	case paper == "" || c.Notice != "" && c.Notice != paper:
		return Case{}, fault.New(fault.Invalid, "casework.no_paper")
	}
	c.State, c.Notice = Noticed, paper
	if err := update(ctx, q, c, Opened); err != nil {
		return Case{}, err
	}
	return act(ctx, q, by, at, c, Step{Kind: StepNoticed, Paper: paper}, LeafNoticed, stepBody{Paper: paper})
}

// Examine records the officer's examination and opinion; the case then waits for another person's decision.
func Examine(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, opinion string) (Case, error) {
	c, err := find(ctx, q, id)
	if err != nil {
		return Case{}, err
	}
	opinion = strings.TrimSpace(opinion)
	if err := mayTouch(by, org.CaseExamine, c); err != nil {
		return Case{}, err
	}
	switch {
	case c.State == Opened && c.WantsNotice:
		return Case{}, fault.New(fault.Conflict, "casework.notice_first")
	case !c.waits():
		return Case{}, moved(c)
	case opinion == "":
		return Case{}, fault.New(fault.Invalid, "casework.no_opinion")
	}
	was := c.State
	c.State, c.Examiner = Examined, by.User
	if err := update(ctx, q, c, was); err != nil {
		return Case{}, err
	}
	return act(ctx, q, by, at, c, Step{Kind: StepExamined, Opinion: opinion}, LeafExamined, stepBody{Opinion: opinion})
}

// Settle records the decision. Whoever examined the case, in whatever post and for whomever, does not decide it. Only
// flow.Decide calls it, which carries an approval out in the same transaction.
func Settle(ctx context.Context, q db.Q, by org.Actor, at time.Time, id string, v Verdict, opinion string) (Case, error) {
	c, err := find(ctx, q, id)
	if err != nil {
		return Case{}, err
	}
	opinion = strings.TrimSpace(opinion)
	to, known := v.state()
	if err := mayTouch(by, org.CaseApprove, c); err != nil {
		return Case{}, err
	}
	switch {
	case !known:
		return Case{}, fault.New(fault.Invalid, "casework.unknown_verdict", v)
	case c.State != Examined:
		return Case{}, moved(c)
	case opinion == "" && v != Approve:
		return Case{}, fault.New(fault.Invalid, "casework.no_opinion")
	}
	if err := secondPerson(ctx, q, by, c); err != nil {
		return Case{}, err
	}
	c.State = to
	if v != Return {
		c.Approver, c.Settled = by.User, at
	}
	if err := update(ctx, q, c, Examined); err != nil {
		return Case{}, err
	}
	kinds := map[Verdict]StepKind{Approve: StepApproved, Refuse: StepRefused, Return: StepReturned}
	return act(ctx, q, by, at, c, Step{Kind: kinds[v], Opinion: opinion}, LeafSettled, stepBody{Verdict: v, Opinion: opinion})
}

// Close ends a case whose ground has gone before anybody decided; reason is a message code.
func Close(ctx context.Context, q db.Q, by org.Actor, at time.Time, id, reason string) error {
	c, err := find(ctx, q, id)
	if err != nil {
		return err
	}
	if !c.State.Undecided() {
		return moved(c)
	}
	was := c.State
	c.State, c.Settled = Moot, at
	if err := update(ctx, q, c, was); err != nil {
		return err
	}
	_, err = act(ctx, q, by, at, c, Step{Kind: StepMoot, Opinion: reason}, LeafMoot, stepBody{Opinion: reason})
	return err
}

// Attach names the paper of an approved case. The paper's own leaf names the case.
func Attach(ctx context.Context, q db.Q, id, paper string) error {
	res, err := q.ExecContext(ctx, `UPDATE casework_case SET paper = $2 WHERE id = $1 AND state = 'approved' AND paper IN ('', $2)`, id, paper)
	if err != nil {
		return fmt.Errorf("casework: attach to %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.Conflict, "casework.not_approved")
	}
	return nil
}

// mayTouch checks the right. A case that by cannot see does not exist for him; and only a person examines or decides.
func mayTouch(by org.Actor, what org.Act, c Case) error {
	if org.May(by, org.CaseRead, c.Authority, c.Division) != nil {
		return fault.New(fault.NotFound, "casework.no_case")
	}
	if by.User == "" {
		return fault.New(fault.Forbidden, "casework.person_needed")
	}
	return org.May(by, what, c.Authority, c.Division)
}

// secondPerson refuses an approver who has asked for the case or examined it in any round, also in another post or on
// another's behalf.
func secondPerson(ctx context.Context, q db.Q, by org.Actor, c Case) error {
	steps, err := stepsOf(ctx, q, c)
	if err != nil {
		return err
	}
	mine := []string{by.User}
	if by.OnBehalf != "" {
		mine = append(mine, by.OnBehalf)
	}
	for _, s := range steps {
		if (s.Kind == StepExamined || s.Kind == StepOpened) && (slices.Contains(mine, s.By.User) || slices.Contains(mine, s.By.OnBehalf)) {
			return fault.New(fault.Forbidden, "casework.second_officer")
		}
	}
	return nil
}

// moved is the answer to an act for which the case is not, or no longer, in the right state.
func moved(c Case) error {
	return fault.New(fault.Conflict, "casework.moved_on", c.State.Code())
}

// update writes what a step changed, where the case still stands in the state from which it was taken.
func update(ctx context.Context, q db.Q, c Case, was State) error {
	res, err := q.ExecContext(ctx, `UPDATE casework_case SET state = $3, settled_at = $4, examiner = $5, approver = $6, notice = $7
		WHERE id = $1 AND state = $2`, c.ID, was, c.State, db.Time{Time: c.Settled}, c.Examiner, c.Approver, c.Notice)
	if err != nil {
		return fmt.Errorf("casework: update %s: %w", c.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("casework: update %s: %d rows in state %s: %w", c.ID, n, was, errors.Join(err, sql.ErrNoRows))
	}
	return nil
}

// act adds a step to the timeline and its leaf to the log, and returns the case.
func act(ctx context.Context, q db.Q, by org.Actor, at time.Time, c Case, s Step, leaf string, body stepBody) (Case, error) {
	var err error
	body.Case, body.Kind, body.Detail, body.Authority = c.ID, c.Kind, c.Detail, c.Authority
	s.At, s.By = at, by
	if s.Leaf, err = audit.Add(ctx, q, by, at, leaf, c.EnterpriseID, body); err != nil {
		return Case{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO casework_step (enterprise_id, case_id, leaf, kind, at, person, name, post, department,
		key_id, duty, on_behalf, opinion, paper) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		c.EnterpriseID, c.ID, s.Leaf, s.Kind, db.Time{Time: at}, by.User, by.Name, by.Post, by.Department, by.Key, by.Duty, by.OnBehalf,
		s.Opinion, s.Paper)
	if err != nil {
		return Case{}, fmt.Errorf("casework: %s %s: %w", s.Kind, c.ID, err)
	}
	return c, nil
}
