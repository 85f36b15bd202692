package work

import (
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/jobs"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

func (w *work) adminPages(s *web.Server) {
	manage, approve := web.Access(org.OrgManage), web.Access(org.PolicyApprove)
	s.View("GET /work/admin", manage, w.admin)
	s.Act("POST /work/admin/jobs/{id}/retry", manage, w.retryJob)
	s.View("GET /work/admin/users", manage, w.users)
	s.Stream("POST /work/admin/users", manage, w.putUser)
	s.Act("POST /work/admin/users/{id}/disable", manage, w.disableUser)
	s.Act("POST /work/admin/users/{id}/enable", manage, w.enableUser)
	s.View("GET /work/admin/keys", manage, w.keys)
	s.Act("POST /work/admin/keys", manage, w.newKey)
	s.Act("POST /work/admin/keys/{id}/revoke", manage, w.revokeKey)
	s.View("GET /work/admin/policy", approve, w.policies)
	s.View("GET /work/admin/policy/rows.json", approve, w.policyRows)
	s.Stream("POST /work/admin/policy", web.Access(org.PolicyPropose), w.propose)
	s.Act("POST /work/admin/policy/{version}/approve", approve, w.approvePolicy)
	s.Act("POST /work/admin/policy/{version}/reject", approve, w.rejectPolicy)
}

func tabs(c *web.Request) []web.Link {
	var out []web.Link
	for _, t := range []struct{ url, code string }{{"", "departments"}, {"/users", "users"}, {"/keys", "keys"}, {"/policy", "policy"}, {"/standards", "standards"}} {
		url := "/work/admin" + t.url
		out = append(out, web.Link{URL: url, Text: c.Say("work.tab_" + t.code), Active: c.URL.Path == url})
	}
	return out
}

type adminPage struct {
	web.Page
	Tabs        []web.Link
	Today       credit.Date
	Departments []departmentRow
	Waiting     int
	GivenUp     []jobRow
}

// jobRow is a background job that was given up.
type jobRow struct {
	What, Arg, At, Error, Retry string
	Attempts                    int
}

type departmentRow struct {
	Code, Name, Level, Division, Prefix, USCC string
	From                                      credit.Date
}

func (w *work) admin(c *web.View) (web.Answer, error) {
	all, err := org.Departments(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	names, err := c.NamesOn(c.Ctx, c.Q, c.Today)
	if err != nil {
		return web.Answer{}, err
	}
	page := &adminPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true}, Tabs: tabs(c.Request), Today: c.Today}
	for _, d := range all {
		page.Departments = append(page.Departments, departmentRow{d.Code, d.Name, c.Say("work.level_" + string(d.Level)), names.Division(d.Division),
			d.Prefix, d.USCC, d.From})
	}
	return w.face.Page(page), page.jobs(c)
}

func (page *adminPage) jobs(c *web.View) (err error) {
	if page.Waiting, err = jobs.Waiting(c.Ctx, c.Q); err != nil {
		return err
	}
	const most = 50
	given, err := jobs.Dead(c.Ctx, c.Q, most)
	for _, f := range given {
		row := jobRow{What: f.Kind, Arg: f.Arg, At: minute(f.RunAt), Error: f.Error, Attempts: f.Attempts, Retry: "/work/admin/jobs/" + f.ID + "/retry"}
		if code := "work.job_" + strings.ReplaceAll(f.Kind, ".", "_"); c.Words().Has(code) {
			row.What = c.Say(code)
		}
		page.GivenUp = append(page.GivenUp, row)
	}
	return err
}

func (w *work) retryJob(c *web.Act) (web.Answer, error) {
	if err := org.May(c.By, org.OrgManage, "", ""); err != nil {
		return web.Answer{}, err
	}
	return web.Redirect("/work/admin", "work.jobs_retried"), jobs.Retry(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}

type usersPage struct {
	web.Page
	Tabs        []web.Link
	Users       []userRow
	Departments []web.Choice
	Roles       []web.Choice
	Problem     string
	Login, Name string
	PostTitle   string
}

type userRow struct {
	Login, Name, Posts string
	Disabled           bool
	Self               bool
	URL                string
}

func (w *work) users(c *web.View) (web.Answer, error) {
	page, err := w.usersPage(c.Request, c.Q)
	return w.face.Page(page), err
}

func (w *work) usersPage(c *web.Request, q db.Q) (*usersPage, error) {
	page := &usersPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true}, Tabs: tabs(c)}
	all, err := org.Users(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		held, err := org.PostsOf(c.Ctx, q, u.ID, c.Today)
		if err != nil {
			return nil, err
		}
		var posts []string
		for _, p := range held {
			posts = append(posts, names.Short(p.Department)+" "+p.Title)
		}
		page.Users = append(page.Users, userRow{u.Login, u.Name, strings.Join(posts, "；"), !u.Disabled.IsZero(), u.ID == c.By.User, "/work/admin/users/" + u.ID})
	}
	if page.Departments, err = departmentChoices(c, q, c.Field("department")); err != nil {
		return nil, err
	}
	for _, r := range roles() {
		page.Roles = append(page.Roles, web.Choice{Value: string(r), Text: c.Say(string(org.RoleTitle(r))), Chosen: string(r) == c.Field("role")})
	}
	return page, nil
}

func roles() []credit.Role {
	return []credit.Role{credit.Reporter, credit.Officer, credit.Approver, credit.Counter, credit.Administrator, credit.Auditor}
}

func departmentChoices(c *web.Request, q db.Q, chosen string) ([]web.Choice, error) {
	all, err := org.Departments(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	var out []web.Choice
	for _, d := range all {
		if d.Level != org.Station {
			out = append(out, web.Choice{Value: d.Code, Text: d.Name, Chosen: d.Code == chosen})
		}
	}
	return out, nil
}

// putUser makes a person with a post. The password is hashed before the transaction, because that is slow on purpose.
func (w *work) putUser(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	password, err := org.HashPassword(c.PostForm.Get("password"))
	if err == nil {
		err = c.DB.Tx(c.Ctx, func(q db.Q) error { return w.join(c, q, password) })
	}
	if err == nil {
		return web.Redirect("/work/admin/users", "work.user_made", c.Field("login")), nil
	}
	kind, _ := fault.Of(err)
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *usersPage
	if err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = w.usersPage(c.Request, q)
		return err
	}); err != nil {
		return web.Answer{}, err
	}
	page.Problem, page.Login, page.Name, page.PostTitle = problem, c.Field("login"), c.Field("name"), c.Field("title")
	return w.face.PageStatus(web.Status(kind), page), nil
}

// join puts the person and the post in and gives the one to the other, as one act.
func (w *work) join(c *web.Stream, q db.Q, password org.Password) error {
	if _, err := org.UserByLogin(c.Ctx, q, c.Field("login")); !fault.Is(err, "org.no_user") {
		if err == nil {
			err = fault.New(fault.Conflict, "work.login_taken", c.Field("login"))
		}
		return err
	}
	u, err := org.PutUser(c.Ctx, q, c.By, c.At, org.User{Login: c.Field("login"), Name: c.Field("name"), MustChange: true}, password)
	if err != nil {
		return err
	}
	p, err := org.PutPost(c.Ctx, q, c.By, c.At, org.Post{Department: c.Field("department"), Role: credit.Role(c.Field("role")), Title: c.Field("title"), From: c.Today})
	if err != nil {
		return err
	}
	return org.Assign(c.Ctx, q, c.By, c.At, u.ID, p.ID, c.Today, 0)
}

func (w *work) disableUser(c *web.Act) (web.Answer, error) {
	if c.PathValue("id") == c.By.User {
		return web.Answer{}, fault.New(fault.Conflict, "work.not_yourself")
	}
	return web.Redirect("/work/admin/users", "work.user_disabled"), org.DisableUser(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}

func (w *work) enableUser(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/admin/users", "work.user_enabled"), org.EnableUser(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}
