// Package work is the workbench: login, to-dos with their legal clocks, uploads and what became of them, cases and yearly
// runs with their decisions, the counter's check at the gate, the own account, and administration.
package work

import (
	"embed"
	"net/url"
	"strings"

	"zhixin/internal/finder"
	"zhixin/internal/flow"
	"zhixin/internal/org"
	"zhixin/internal/sanction"
	"zhixin/internal/web"
)

//go:embed templates/*.html
var files embed.FS

// Deps is what the workbench works with beside the frame.
type Deps struct {
	Flow *flow.Flow
	Gate *sanction.Gate
	Find *finder.Finder
}

type work struct {
	Deps
	face *web.Face
}

// Register adds the workbench to s.
func Register(s *web.Server, d Deps) error {
	w := &work{Deps: d}
	var err error
	if w.face, err = s.Face(web.FaceOptions{Prefix: "/work", Layout: "work", Files: files, Nav: nav, Pages: pages()}); err != nil {
		return err
	}
	s.View("GET /work/login", web.Anyone, w.login)
	s.Stream("POST /work/login", web.Anyone, w.signIn)
	s.Stream("POST /work/logout", web.Signed, w.signOut)
	s.Stream("POST /work/post", web.Signed, w.choosePost)
	s.View("GET /work", web.Signed, w.desk)
	s.View("GET /work/{$}", web.Signed, func(*web.View) (web.Answer, error) { return web.Redirect("/work", ""), nil })
	s.View("GET /work/account", web.Signed, w.account)
	s.Stream("POST /work/account/password", web.Signed, w.changePassword)
	s.Act("POST /work/account/sessions/{id}/end", web.Signed, w.endSession)
	w.batchPages(s)
	w.recordPages(s)
	w.judgePages(s)
	w.takeoverPages(s)
	w.casePages(s)
	s.View("GET /work/gate", web.Access(org.GateAsk), w.gate)
	s.Stream("POST /work/gate", web.Access(org.GateAsk), w.ask)
	s.Stream("POST /work/gate/receipt", web.Access(org.GateAsk), w.receipt)
	w.pastPages(s)
	w.stationPages(s)
	w.mergePages(s)
	w.dutyPages(s)
	w.adminPages(s)
	w.standardPages(s)
	return nil
}

// pages names each template with the struct it is checked against.
func pages() map[string]any {
	return map[string]any{
		"login": &loginPage{}, "desk": &deskPage{}, "account": &accountPage{}, "batches": &batchesPage{}, "batch": &batchPage{},
		"cases": &casesPage{}, "case": &casePage{}, "group": &groupPage{}, "gate": &gatePage{}, "answer": &answerPage{},
		"enterprises": &enterprisesPage{}, "register": &registerPage{}, "stations": &stationsPage{}, "station-plan": &stationPlanPage{},
		"past": &pastPage{}, "duty": &dutyPage{}, "records": &recordsPage{}, "record": &recordPage{},
		"withdraw": &withdrawPage{}, "judgements": &judgementsPage{}, "judgement": &judgementPage{}, "judgement-made": &madePage{},
		"recall": &recallPage{}, "takeovers": &takeoversPage{}, "takeover-new": &newTakeoverPage{}, "takeover": &takeoverPage{}, "hides": &hidesPage{},
		"merges": &mergesPage{}, "merge-new": &newMergePage{}, "merge": &mergePage{},
		"admin": &adminPage{}, "users": &usersPage{}, "keys": &keysPage{}, "policies": &policiesPage{}, "standards": &standardsPage{},
	}
}

// nav offers what the post may do, and nothing else.
func nav(c *web.Request) []web.Link {
	links := []web.Link{{URL: "/work", Text: c.Say("work.nav_desk")}}
	add := func(url, code string, acts ...org.Act) {
		for _, a := range acts {
			if org.Can(c.By, a) {
				links = append(links, web.Link{URL: url, Text: c.Say(code)})
				return
			}
		}
	}
	add("/work/batches", "work.nav_batches", org.BatchRead, org.BatchSubmit)
	add("/work/records", "work.nav_records", org.BatchRead)
	add("/work/judgements", "work.judgements", org.MatchJudge)
	add("/work/takeovers", "work.nav_takeovers", org.TakeoverRead)
	add("/work/duty", "work.nav_duty", org.DutyRead)
	add("/work/cases", "work.nav_cases", org.CaseRead)
	add("/work/gate", "work.nav_gate", org.GateAsk)
	add("/work/enterprises", "work.nav_past", org.StandingFull)
	add("/work/merges", "work.nav_merges", org.MergePropose, org.MergeConfirm)
	add("/work/hides", "work.nav_hides", org.PublicityHide)
	add("/work/admin", "work.nav_admin", org.OrgManage, org.PolicyApprove)
	return links
}

// address returns path with the parameters that are not empty.
func address(path string, params ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// ours returns where to go after the login: a page of the workbench, whatever the address said.
func ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path != "/work" && !strings.HasPrefix(u.Path, "/work/") || strings.HasPrefix(u.Path, "/work/login") {
		return "/work"
	}
	return u.RequestURI()
}
