package org

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

// matrix is who may do what and how far, each role and each act once (handbook 8.3).
var matrix = []struct {
	role credit.Role
	act  Act
	want string
}{
	{credit.Reporter, BatchSubmit, "own"},
	{credit.Reporter, BatchRead, "own"},
	{credit.Reporter, BatchRecall, "own"},
	{credit.Reporter, PublicityHide, "no"},
	{credit.Reporter, CaseRead, "no"},
	{credit.Reporter, CaseExamine, "no"},
	{credit.Reporter, CaseApprove, "no"},
	{credit.Reporter, GateAsk, "no"},
	{credit.Reporter, ListRead, "no"},
	{credit.Reporter, StandingFull, "no"},
	{credit.Reporter, StationAssign, "no"},
	{credit.Reporter, MergePropose, "no"},
	{credit.Reporter, MergeConfirm, "no"},
	{credit.Reporter, OrgManage, "no"},
	{credit.Reporter, PolicyPropose, "no"},
	{credit.Reporter, PolicyApprove, "no"},
	{credit.Reporter, MatchJudge, "own"},
	{credit.Reporter, AuditRead, "no"},
	{credit.Reporter, DutyRead, "own"},
	{credit.Reporter, DutyManage, "no"},
	{credit.Reporter, DutyAudit, "no"},
	{credit.Reporter, TakeoverRead, "own"},
	{credit.Reporter, TakeoverOpen, "no"},
	{credit.Reporter, TakeoverReconcile, "own"},
	{credit.Reporter, TakeoverSign, "no"},
	{credit.Officer, BatchSubmit, "no"},
	{credit.Officer, BatchRead, "own"},
	{credit.Officer, BatchRecall, "own"},
	{credit.Officer, PublicityHide, "division"},
	{credit.Officer, CaseRead, "own"},
	{credit.Officer, CaseExamine, "own"},
	{credit.Officer, CaseApprove, "no"},
	{credit.Officer, GateAsk, "all"},
	{credit.Officer, ListRead, "all"},
	{credit.Officer, StandingFull, "division"},
	{credit.Officer, StationAssign, "own"},
	{credit.Officer, MergePropose, "own"},
	{credit.Officer, MergeConfirm, "no"},
	{credit.Officer, OrgManage, "no"},
	{credit.Officer, PolicyPropose, "no"},
	{credit.Officer, PolicyApprove, "no"},
	{credit.Officer, MatchJudge, "own"},
	{credit.Officer, AuditRead, "no"},
	{credit.Officer, DutyRead, "all"},
	{credit.Officer, DutyManage, "no"},
	{credit.Officer, DutyAudit, "no"},
	{credit.Officer, TakeoverRead, "own"},
	{credit.Officer, TakeoverOpen, "no"},
	{credit.Officer, TakeoverReconcile, "own"},
	{credit.Officer, TakeoverSign, "no"},
	{credit.Approver, BatchSubmit, "no"},
	{credit.Approver, BatchRead, "own"},
	{credit.Approver, BatchRecall, "no"},
	{credit.Approver, PublicityHide, "division"},
	{credit.Approver, CaseRead, "own"},
	{credit.Approver, CaseExamine, "no"},
	{credit.Approver, CaseApprove, "own"},
	{credit.Approver, GateAsk, "all"},
	{credit.Approver, ListRead, "all"},
	{credit.Approver, StandingFull, "division"},
	{credit.Approver, StationAssign, "no"},
	{credit.Approver, MergePropose, "no"},
	{credit.Approver, MergeConfirm, "own"},
	{credit.Approver, OrgManage, "no"},
	{credit.Approver, PolicyPropose, "no"},
	{credit.Approver, PolicyApprove, "no"},
	{credit.Approver, MatchJudge, "no"},
	{credit.Approver, AuditRead, "no"},
	{credit.Approver, DutyRead, "all"},
	{credit.Approver, DutyManage, "no"},
	{credit.Approver, DutyAudit, "no"},
	{credit.Approver, TakeoverRead, "own"},
	{credit.Approver, TakeoverOpen, "no"},
	{credit.Approver, TakeoverReconcile, "no"},
	{credit.Approver, TakeoverSign, "own"},
	{credit.Counter, BatchSubmit, "no"},
	{credit.Counter, BatchRead, "no"},
	{credit.Counter, BatchRecall, "no"},
	{credit.Counter, PublicityHide, "no"},
	{credit.Counter, CaseRead, "no"},
	{credit.Counter, CaseExamine, "no"},
	{credit.Counter, CaseApprove, "no"},
	{credit.Counter, GateAsk, "all"},
	{credit.Counter, ListRead, "no"},
	{credit.Counter, StandingFull, "no"},
	{credit.Counter, StationAssign, "no"},
	{credit.Counter, MergePropose, "no"},
	{credit.Counter, MergeConfirm, "no"},
	{credit.Counter, OrgManage, "no"},
	{credit.Counter, PolicyPropose, "no"},
	{credit.Counter, PolicyApprove, "no"},
	{credit.Counter, MatchJudge, "no"},
	{credit.Counter, AuditRead, "no"},
	{credit.Counter, DutyRead, "no"},
	{credit.Counter, DutyManage, "no"},
	{credit.Counter, DutyAudit, "no"},
	{credit.Counter, TakeoverRead, "no"},
	{credit.Counter, TakeoverOpen, "no"},
	{credit.Counter, TakeoverReconcile, "no"},
	{credit.Counter, TakeoverSign, "no"},
	{credit.Administrator, BatchSubmit, "no"},
	{credit.Administrator, BatchRead, "no"},
	{credit.Administrator, BatchRecall, "no"},
	{credit.Administrator, PublicityHide, "no"},
	{credit.Administrator, CaseRead, "no"},
	{credit.Administrator, CaseExamine, "no"},
	{credit.Administrator, CaseApprove, "no"},
	{credit.Administrator, GateAsk, "no"},
	{credit.Administrator, ListRead, "no"},
	{credit.Administrator, StandingFull, "no"},
	{credit.Administrator, StationAssign, "all"},
	{credit.Administrator, MergePropose, "no"},
	{credit.Administrator, MergeConfirm, "no"},
	{credit.Administrator, OrgManage, "all"},
	{credit.Administrator, PolicyPropose, "all"},
	{credit.Administrator, PolicyApprove, "all"},
	{credit.Administrator, MatchJudge, "all"},
	{credit.Administrator, AuditRead, "no"},
	{credit.Administrator, DutyRead, "all"},
	{credit.Administrator, DutyManage, "all"},
	{credit.Administrator, DutyAudit, "no"},
	{credit.Administrator, TakeoverRead, "all"},
	{credit.Administrator, TakeoverOpen, "all"},
	{credit.Administrator, TakeoverReconcile, "all"},
	{credit.Administrator, TakeoverSign, "all"},
	{credit.Auditor, BatchSubmit, "no"},
	{credit.Auditor, BatchRead, "all"},
	{credit.Auditor, BatchRecall, "no"},
	{credit.Auditor, PublicityHide, "no"},
	{credit.Auditor, CaseRead, "all"},
	{credit.Auditor, CaseExamine, "no"},
	{credit.Auditor, CaseApprove, "no"},
	{credit.Auditor, GateAsk, "no"},
	{credit.Auditor, ListRead, "all"},
	{credit.Auditor, StandingFull, "all"},
	{credit.Auditor, StationAssign, "no"},
	{credit.Auditor, MergePropose, "no"},
	{credit.Auditor, MergeConfirm, "no"},
	{credit.Auditor, OrgManage, "no"},
	{credit.Auditor, PolicyPropose, "no"},
	{credit.Auditor, PolicyApprove, "no"},
	{credit.Auditor, MatchJudge, "no"},
	{credit.Auditor, AuditRead, "all"},
	{credit.Auditor, DutyRead, "all"},
	{credit.Auditor, DutyManage, "no"},
	{credit.Auditor, DutyAudit, "all"},
	{credit.Auditor, TakeoverRead, "all"},
	{credit.Auditor, TakeoverOpen, "no"},
	{credit.Auditor, TakeoverReconcile, "no"},
	{credit.Auditor, TakeoverSign, "no"},
}

func TestEachRoleMayDoThisAndNothingElse(t *testing.T) {
	things := []struct {
		name, department, division string
		reaches                    []string // the reaches that hold it
	}{
		{"of the own bureau", "SCJG-340881", "340881", []string{"own", "division", "all"}},
		{"of a station in the own county", "ST-340881-1", "340881", []string{"division", "all"}},
		{"of the own bureau in another county", "SCJG-340881", "340802", []string{"own", "all"}},
		{"of another county", "SCJG-340802", "340802", []string{"all"}},
		{"of the city", "SCJG", "340800", []string{"all"}},
		{"of nobody in particular", "", "", []string{"all"}},
	}
	for _, m := range matrix {
		a := Actor{User: "u", Role: m.role, Department: "SCJG-340881", Division: "340881"}
		if got, want := Can(a, m.act), m.want != "no"; got != want {
			t.Errorf("%s can %s: %v, want %v", m.role, m.act, got, want)
		}
		for _, th := range things {
			err := May(a, m.act, th.department, th.division)
			want := slices.Contains(th.reaches, m.want)
			if (err == nil) != want || err != nil && !fault.Is(err, "org.may_not") {
				t.Errorf("%s may %s what is %s: %v, want %v", m.role, m.act, th.name, err, want)
			}
		}
	}
}

func TestTheMatrixIsWhole(t *testing.T) {
	seen := map[string]int{}
	for _, m := range matrix {
		seen[string(m.role)+" "+string(m.act)]++
	}
	if want := len(rights) * len(Acts); len(matrix) != want || len(seen) != want {
		t.Errorf("%d rows, %d different, want %d", len(matrix), len(seen), want)
	}
	for role, acts := range rights {
		for act := range acts {
			if seen[string(role)+" "+string(act)] != 1 {
				t.Errorf("%s %s stands %d times", role, act, seen[string(role)+" "+string(act)])
			}
		}
	}
}

func TestEveryActAndRoleIsCalledSomething(t *testing.T) {
	says, err := lang.Load()
	must(t, err)
	for _, a := range Acts {
		if !says.Has(string(a.Title())) {
			t.Errorf("%s has no name", a)
		}
	}
	for r := range rights {
		if !says.Has(string(RoleTitle(r))) {
			t.Errorf("%s has no name", r)
		}
	}
	err = May(Actor{User: "u", Role: credit.Reporter, Department: "STHJ"}, CaseApprove, "SCJG", "340800")
	if got := says.Fault(lang.ZH, err); !strings.Contains(got, "案件审批") {
		t.Errorf("said %q", got)
	}
}

func TestNobodyDecidesWhatHeAlsoSubmitsOrManages(t *testing.T) {
	apart := [][2]Act{{CaseExamine, CaseApprove}, {BatchSubmit, CaseExamine}, {BatchSubmit, CaseApprove}, {OrgManage, CaseApprove},
		{OrgManage, BatchSubmit}, {AuditRead, CaseExamine}, {AuditRead, OrgManage}, {AuditRead, PolicyPropose}}
	for role, acts := range rights {
		for _, p := range apart {
			if acts[p[0]] != nothing && acts[p[1]] != nothing {
				t.Errorf("%s may both %s and %s", role, p[0], p[1])
			}
		}
	}
}

func TestWhoIsNotInAPostMayNothing(t *testing.T) {
	actors := map[string]Actor{
		"nobody":                       {},
		"the system":                   credit.System("flow.due"),
		"a role without a person":      {Role: credit.Administrator, Department: "SCJG", Division: "340800"},
		"a person without a role":      {User: "u", Department: "SCJG", Division: "340800"},
		"a role that is not ours":      {User: "u", Role: "director", Department: "SCJG", Division: "340800"},
		"an officer without anything":  {User: "u", Role: "officer "},
		"a key's role without its key": {User: "u", Role: keyRole + "batch.submit", Department: "SCJG"},
		"a key with a person's role":   {Key: "k", Role: credit.Administrator, Department: "SCJG"},
		"a reporter of no department":  {User: "u", Role: credit.Reporter},
	}
	for name, a := range actors {
		for _, act := range Acts {
			if May(a, act, "", "") == nil || May(a, act, "SCJG", "340800") == nil || Can(a, act) {
				t.Errorf("%s may %s", name, act)
			}
		}
	}
}

func TestAKeyDoesWhatItWasGivenAndNeverDecides(t *testing.T) {
	given := Actor{Key: "k", Role: keyRole + "batch.submit gate.ask case.approve org.manage standing.full", Department: "STHJ", Division: "340800"}
	for _, act := range Acts {
		want := map[Act]string{BatchSubmit: "own", GateAsk: "all"}[act]
		if got := May(given, act, "STHJ", "340800") == nil; got != (want != "") {
			t.Errorf("own department: key may %s: %v", act, got)
		}
		if got := May(given, act, "SCJG", "340800") == nil; got != (want == "all") {
			t.Errorf("another department: key may %s: %v", act, got)
		}
	}
}

func TestAListShowsWhatIsInScopeAndNoMore(t *testing.T) {
	things := [][2]string{{"SCJG", "340800"}, {"SCJG-340881", "340881"}, {"SCJG-340802", "340802"}, {"ST-340881-1", "340881"},
		{"HF", "340100"}, {"JS", "320100"}, {"HB", "341000"}, {"X", ""}}
	scopes := []Scope{{}, {All: true}, {Department: "SCJG"}, {Department: "SCJG-340881"}, {Division: "340800"}, {Division: "340881"},
		{Division: "340000"}, {Division: "bad"}, {Department: "'; DROP TABLE org_department; --"}}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must(t, d.Tx(ctx, func(q db.Q) error {
			for _, th := range things {
				_, err := q.ExecContext(ctx, `INSERT INTO org_department (code, level, uscc, division, parent, successor)
					VALUES ($1, 'city', '', $2, '', '')`, th[0], th[1])
				if err != nil {
					return err
				}
			}
			return nil
		}))
		for _, s := range scopes {
			var want []string
			for _, th := range things {
				if s.Has(th[0], th[1]) {
					want = append(want, th[0])
				}
			}
			slices.Sort(want)
			var got []string
			args := []any{"no such code"}
			where := s.Where(&args, "code", "division")
			must(t, d.View(ctx, func(q db.Q) error {
				rows, err := q.QueryContext(ctx, `SELECT code FROM org_department WHERE code <> $1 AND `+where, args...)
				if err != nil {
					return err
				}
				for rows.Next() {
					var code string
					if err := rows.Scan(&code); err != nil {
						return err
					}
					got = append(got, code)
				}
				return rows.Close()
			}))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %s gives %v, want %v", s, where, got, want)
			}
		}
	})
}

func TestAScopeWithoutItsColumnHoldsNothing(t *testing.T) {
	for _, s := range []Scope{{Department: "SCJG"}, {Division: "340800"}, {Division: "34"}, {}} {
		var args []any
		department, division := "", ""
		if s.Department == "" {
			department = "code"
		} else {
			division = "division"
		}
		if got := s.Where(&args, department, division); got != "(1=0)" || len(args) != 0 {
			t.Errorf("%+v: %s %v", s, got, args)
		}
	}
	if got := fmt.Sprint(KeyActs()); strings.Contains(got, "approve") || !strings.Contains(got, "batch.submit") {
		t.Errorf("keys may be given %s", got)
	}
}
