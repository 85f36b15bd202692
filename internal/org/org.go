// Package org knows who may do what: departments and their names by day, posts and the people in them, logins, sessions
// and the keys of departments' systems.
package org

import (
	"strconv"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

// Actor is who acts; the word stands in credit because the log below this package needs it.
type Actor = credit.Actor

// Act is something that needs a right.
type Act string

// The acts.
const (
	BatchSubmit   Act = "batch.submit"             // hand in a file of records
	BatchRead     Act = "batch.read"               // see batches and their problems
	BatchRecall   Act = "batch.recall"             // take a whole batch back
	PublicityHide Act = "publicity.hide"           // hide a record or a page from the public at once, confirm it, lift it
	CaseRead      Act = "case.read"                // see cases
	CaseExamine   Act = "case.examine"             // 承办: examine and propose
	CaseApprove   Act = "case.approve"             // 审批: approve, refuse, return
	GateAsk       Act = "gate.ask"                 // ask the gate about a subject
	ListRead      Act = "list.read"                // see the lists in the workbench
	StandingFull  Act = "standing.full"            // see the whole past of a subject, after stating a purpose
	StationAssign Act = "station.assign"           // give enterprises another station
	MergePropose  Act = "enterprise.merge"         // propose that two subjects are one, that records are another's, or that this was wrong
	MergeConfirm  Act = "enterprise.merge_confirm" // confirm it for another
	OrgManage     Act = "org.manage"               // departments, posts, users, keys
	PolicyPropose Act = "policy.propose"           // propose dated rules
	PolicyApprove Act = "policy.approve"           // approve another's
	MatchJudge    Act = "match.judge"              // say whom a record is about that names its subject badly
	AuditRead     Act = "audit.read"               // read the log with its bodies
	DutyRead      Act = "duty.read"                // see what departments owe and how well they deliver
	DutyManage    Act = "duty.manage"              // say what a department owes
	DutyAudit     Act = "duty.audit"               // enter what an audit found unreported

	TakeoverRead      Act = "takeover.read"      // see what is taken over from old systems
	TakeoverOpen      Act = "takeover.open"      // open a take-over with the sums that the old system states
	TakeoverReconcile Act = "takeover.reconcile" // explain differences and submit the sums
	TakeoverSign      Act = "takeover.sign"      // sign another's sums off, or send them back
)

// Acts lists them all, in order.
var Acts = []Act{BatchSubmit, BatchRead, BatchRecall, PublicityHide, CaseRead, CaseExamine, CaseApprove, GateAsk, ListRead, StandingFull, StationAssign, MergePropose, MergeConfirm, OrgManage,
	PolicyPropose, PolicyApprove, MatchJudge, AuditRead, DutyRead, DutyManage, DutyAudit, TakeoverRead, TakeoverOpen, TakeoverReconcile, TakeoverSign}

// Title is the message code of what the act is called.
func (a Act) Title() lang.Code {
	return lang.Code("org.act_" + strings.ReplaceAll(string(a), ".", "_"))
}

// RoleTitle is the message code of what a role is called.
func RoleTitle(r credit.Role) lang.Code { return lang.Code("org.role_" + string(r)) }

// reach says how far a right goes.
type reach int

const (
	nothing  reach = iota
	ownOnly        // what belongs to the post's department
	division       // what lies in the post's division
	all
)

// rights is who may do what (handbook 8.3). What does not stand here nobody may. Listings belong to the registering
// authority (handbook 12.8), so an officer or approver reaches the cases of the own department and no other's.
var rights = map[credit.Role]map[Act]reach{
	credit.Reporter: {BatchSubmit: ownOnly, BatchRead: ownOnly, BatchRecall: ownOnly, MatchJudge: ownOnly, DutyRead: ownOnly, TakeoverRead: ownOnly,
		TakeoverReconcile: ownOnly},
	credit.Officer: {BatchRead: ownOnly, BatchRecall: ownOnly, MatchJudge: ownOnly, CaseRead: ownOnly, CaseExamine: ownOnly, GateAsk: all, ListRead: all,
		StandingFull: division, StationAssign: ownOnly, MergePropose: ownOnly, PublicityHide: division, DutyRead: all, TakeoverRead: ownOnly, TakeoverReconcile: ownOnly},
	credit.Approver: {BatchRead: ownOnly, CaseRead: ownOnly, CaseApprove: ownOnly, GateAsk: all, ListRead: all,
		StandingFull: division, MergeConfirm: ownOnly, PublicityHide: division, DutyRead: all, TakeoverRead: ownOnly, TakeoverSign: ownOnly},
	credit.Counter: {GateAsk: all},
	credit.Administrator: {StationAssign: all, OrgManage: all, MatchJudge: all, PolicyPropose: all, PolicyApprove: all, DutyRead: all, DutyManage: all, TakeoverRead: all,
		TakeoverOpen: all, TakeoverReconcile: all, TakeoverSign: all},
	credit.Auditor: {BatchRead: all, CaseRead: all, ListRead: all, StandingFull: all, AuditRead: all, DutyRead: all,
		DutyAudit: all, TakeoverRead: all},
}

// keyRights is what a department's key may be given. A key never decides, and never sees a past that needs a purpose.
var keyRights = map[Act]reach{BatchSubmit: ownOnly, BatchRead: ownOnly, GateAsk: all, ListRead: all}

// keyRole begins the role of a key; the acts it was given follow, as in "key batch.read batch.submit".
// A key that is for some kinds of record only has their names behind the acts: "key batch.submit kind:penalty".
const (
	keyRole = "key "
	keyKind = "kind:"
)

func reachOf(a Actor, act Act) reach {
	if acts, ok := strings.CutPrefix(string(a.Role), keyRole); ok {
		if a.Key != "" && hasWord(acts, string(act)) {
			return keyRights[act]
		}
		return nothing
	}
	if a.Duty != "" && a.Role == doorRole && act == BatchSubmit {
		return ownOnly
	}
	if a.User == "" {
		return nothing
	}
	return rights[a.Role][act]
}

func hasWord(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// May returns nil where a may do act to what belongs to department and lies in division, and the fault org.may_not
// otherwise. Of the two, those that the right does not look at may be empty.
func May(a Actor, act Act, department, division string) error {
	if ScopeOf(a, act).Has(department, division) {
		return nil
	}
	return fault.New(fault.Forbidden, "org.may_not", act.Title())
}

// MaySend returns nil where a may send records of a kind: everybody but a key that was made for other kinds.
func MaySend(a Actor, kind string) error {
	words, key := strings.CutPrefix(string(a.Role), keyRole)
	if !key {
		return nil
	}
	limited := false
	for w := range strings.FieldsSeq(words) {
		if k, ok := strings.CutPrefix(w, keyKind); ok {
			if k == kind {
				return nil
			}
			limited = true
		}
	}
	if limited {
		return fault.New(fault.Forbidden, "org.key_of_other_kinds", kind)
	}
	return nil
}

// Can reports whether a may do act to anything at all: whether a page offers it.
func Can(a Actor, act Act) bool { return ScopeOf(a, act) != Scope{} }

// Scope is how far a right reaches, as list queries need it. The zero Scope holds nothing.
type Scope struct {
	All        bool
	Department string // only what belongs to it
	Division   string // only what lies in it: 340800 holds 340802
}

// ScopeOf returns how far a may do act.
func ScopeOf(a Actor, act Act) Scope {
	switch reachOf(a, act) {
	case all:
		return Scope{All: true}
	case ownOnly:
		return Scope{Department: a.Department}
	case division:
		return Scope{Division: a.Division}
	}
	return Scope{}
}

// Has reports whether what belongs to department and lies in division is in the scope.
func (s Scope) Has(department, division string) bool {
	switch {
	case s.All:
		return true
	case s.Department != "":
		return department == s.Department
	case s.Division != "":
		return credit.InDivision(division, s.Division)
	}
	return false
}

// Where appends to args and returns the SQL condition for the scope, in brackets. A column that a table does not have is
// given as ""; a scope that needs it then holds nothing.
func (s Scope) Where(args *[]any, departmentCol, divisionCol string) string {
	bind := func(v string) string {
		*args = append(*args, v)
		return "$" + strconv.Itoa(len(*args))
	}
	switch {
	case s.All:
		return "(1=1)"
	case s.Department != "" && departmentCol != "":
		return "(" + departmentCol + " = " + bind(s.Department) + ")"
	case s.Department == "" && divisionCol != "" && len(s.Division) == 6:
		low, high, without, more := credit.DivisionCodes(s.Division)
		// A prefix as a range, so that an index serves it; every code has six digits.
		where := divisionCol + " = " + bind(low)
		if low != high {
			where = divisionCol + " >= $" + strconv.Itoa(len(*args)) + " AND " + divisionCol + " <= " + bind(high)
		}
		if len(without) > 0 {
			where += " AND " + divisionCol + " NOT IN " + db.In(args, without)
		}
		if len(more) > 0 {
			where += " OR " + divisionCol + " IN " + db.In(args, more)
		}
		return "(" + where + ")"
	}
	return "(1=0)"
}
