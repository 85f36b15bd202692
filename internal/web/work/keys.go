package work

import (
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

type keysPage struct {
	web.Page
	Tabs        []web.Link
	Keys        []keyRow
	Departments []web.Choice
	Acts        []web.Choice
	Kinds       []web.Choice
	Secret      string // of the key that was just made: shown this once
	SecretFor   string
}

type keyRow struct {
	URL, Department, Label, Acts, Kinds, Created, Used, Revoked string
	ID                                                          string
}

func (w *work) keys(c *web.View) (web.Answer, error) {
	page, err := w.keysPage(c.Request, c.Q)
	return w.face.Page(page), err
}

func (w *work) keysPage(c *web.Request, q db.Q) (*keysPage, error) {
	page := &keysPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true, NoStore: true}, Tabs: tabs(c)}
	all, err := org.Keys(c.Ctx, q, org.ScopeOf(c.By, org.OrgManage))
	if err != nil {
		return nil, err
	}
	names, err := c.NamesOn(c.Ctx, q, c.Today)
	if err != nil {
		return nil, err
	}
	set, err := catalog.Load(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		var acts []string
		for _, a := range k.Acts {
			acts = append(acts, c.Say(string(a.Title())))
		}
		var kinds []string
		for _, kind := range k.Kinds {
			kinds = append(kinds, kindOf(c, set, kind))
		}
		page.Keys = append(page.Keys, keyRow{"/work/admin/keys/" + k.ID + "/revoke", names.Short(k.Department), k.Label, strings.Join(acts, "、"),
			strings.Join(kinds, "、"), minute(k.Created), minute(k.Used), minute(k.Revoked), k.ID})
	}
	for _, a := range org.KeyActs() {
		page.Acts = append(page.Acts, web.Choice{Value: string(a), Text: c.Say(string(a.Title()))})
	}
	page.Kinds = kindChoices(c, set)
	page.Departments, err = departmentChoices(c, q, "")
	return page, err
}

// newKey makes a key and shows its secret on the page that answers, which is never stored.
func (w *work) newKey(c *web.Act) (web.Answer, error) {
	k := org.Key{Department: c.Field("department"), Label: c.Field("label")}
	for _, a := range c.PostForm["act"] {
		k.Acts = append(k.Acts, org.Act(a))
	}
	k.Kinds = append(k.Kinds, c.PostForm["kind"]...)
	if err := knownKinds(c, k.Kinds...); err != nil {
		return web.Answer{}, err
	}
	secret, made, err := org.NewKey(c.Ctx, c.Q, c.By, c.At, k)
	if err != nil {
		return web.Answer{}, err
	}
	page, err := w.keysPage(c.Request, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page.Secret, page.SecretFor = secret, made.Label
	return w.face.Page(page), nil
}

func (w *work) revokeKey(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/admin/keys", "work.key_revoked"), org.RevokeKey(c.Ctx, c.Q, c.By, c.At, c.PathValue("id"))
}
