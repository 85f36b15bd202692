package work

import (
	"net/http"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

type loginPage struct {
	web.Page
	Login   string
	Next    string
	Problem string
}

func (w *work) login(c *web.View) (web.Answer, error) {
	return w.face.Page(&loginPage{Page: web.Page{Title: c.Say("work.login"), Lead: true, NoIndex: true}, Next: ours(c.Query("next"))}), nil
}

// signIn lets a person in. What is wrong is said on the same page, with the login still in its field.
func (w *work) signIn(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	u, err := org.Login(c.Ctx, c.DB, c.At, c.Field("login"), c.PostForm.Get("password"), c.Remote())
	if kind, _ := fault.Of(err); err != nil && kind != fault.Internal {
		page := &loginPage{Page: web.Page{Title: c.Say("work.login"), Lead: true, NoIndex: true}, Login: c.Field("login"), Next: ours(c.Field("next"))}
		if page.Problem, err = c.Explain(err); err != nil {
			return web.Answer{}, err
		}
		return w.face.PageStatus(web.Status(kind), page), nil
	}
	if err != nil {
		return web.Answer{}, err
	}
	if err := c.SignIn(u); err != nil {
		return web.Answer{}, err
	}
	return web.Redirect(ours(c.Field("next")), ""), nil
}

func (w *work) signOut(c *web.Stream) (web.Answer, error) {
	return web.Redirect("/work/login", "work.signed_out"), c.SignOut()
}

// choosePost lets a person with several posts act in another one.
func (w *work) choosePost(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	var held []org.Post
	err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		held, err = org.PostsOf(c.Ctx, q, c.By.User, c.Today)
		return err
	})
	if err != nil {
		return web.Answer{}, err
	}
	for _, p := range held {
		if p.ID == c.Field("post") {
			c.ChoosePost(p.ID)
			return web.Redirect("/work", "work.post_chosen", p.Title), nil
		}
	}
	return web.Answer{}, fault.New(fault.Forbidden, "org.no_such_post", c.Field("post"))
}

type accountPage struct {
	web.Page
	Name, Login string
	Posts       []postRow
	Sessions    []sessionRow
	Problem     string
}

type postRow struct {
	Title, Department, Role string
	From, Until             credit.Date
	Acting                  bool
}

type sessionRow struct {
	End           string
	Seen, Created string
	Remote, Agent string
}

func (w *work) account(c *web.View) (web.Answer, error) {
	page, err := w.accountPage(c.Request, c.Q)
	return w.face.Page(page), err
}

func (w *work) accountPage(c *web.Request, q db.Q) (*accountPage, error) {
	page := &accountPage{Page: web.Page{Title: c.Say("web.account")}}
	u, err := org.UserByID(c.Ctx, q, c.By.User)
	if err != nil {
		return nil, err
	}
	page.Name, page.Login = u.Name, u.Login
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	held, err := org.PostsOf(c.Ctx, q, u.ID, c.Today)
	if err != nil {
		return nil, err
	}
	for _, p := range held {
		page.Posts = append(page.Posts, postRow{p.Title, names.Department(p.Department), c.Say(string(org.RoleTitle(p.Role))), p.From, p.Until, p.ID == c.By.Post})
	}
	sessions, err := org.SessionsOf(c.Ctx, q, u.ID, c.Wall())
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, sessionRow{"/work/account/sessions/" + s.ID + "/end", minute(s.Seen), minute(s.Created), s.Remote, s.Agent})
	}
	return page, nil
}

// changePassword lets a person choose a new password; the other sessions end.
func (w *work) changePassword(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	chosen, again := c.PostForm.Get("chosen"), c.PostForm.Get("again")
	err := fault.New(fault.Invalid, "work.password_differs")
	if chosen == again {
		err = org.ChangePassword(c.Ctx, c.DB, c.At, c.By, c.PostForm.Get("old"), chosen, c.Remote(), c.SessionToken())
	}
	if err == nil {
		return web.Redirect("/work/account", "work.password_changed"), nil
	}
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *accountPage
	if err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = w.accountPage(c.Request, q)
		return err
	}); err != nil {
		return web.Answer{}, err
	}
	page.Problem = problem
	return w.face.PageStatus(http.StatusBadRequest, page), nil
}

func (w *work) endSession(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/account", "work.session_ended"), org.EndSession(c.Ctx, c.Q, c.By, c.At, c.By.User, c.PathValue("id"))
}
