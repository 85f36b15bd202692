package work

import (
	"strconv"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

type keysPage struct {
	web.Page
	Tabs        []web.Link
	Keys        []keyRow
	Departments []web.Choice
	Acts        []web.Choice
	Secret      string // of the key that was just made: shown this once
	SecretFor   string
}

type keyRow struct {
	URL, Department, Label, Acts, Created, Used, Revoked string
	ID                                                   string
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
	for _, k := range all {
		var acts []string
		for _, a := range k.Acts {
			acts = append(acts, c.Say(string(a.Title())))
		}
		page.Keys = append(page.Keys, keyRow{"/work/admin/keys/" + k.ID + "/revoke", names.Short(k.Department), k.Label, strings.Join(acts, "、"),
			minute(k.Created), minute(k.Used), minute(k.Revoked), k.ID})
	}
	for _, a := range org.KeyActs() {
		page.Acts = append(page.Acts, web.Choice{Value: string(a), Text: c.Say(string(a.Title()))})
	}
	page.Departments, err = departmentChoices(c, q, "")
	return page, err
}

// newKey makes a key and shows its secret on the page that answers, which is never stored.
func (w *work) newKey(c *web.Act) (web.Answer, error) {
	k := org.Key{Department: c.Field("department"), Label: c.Field("label")}
	for _, a := range c.PostForm["act"] {
		k.Acts = append(k.Acts, org.Act(a))
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

type policiesPage struct {
	web.Page
	Tabs     []web.Link
	Versions []versionRow
	On       credit.Date
	Current  int64
	Tables   []web.RuleTable
}

type versionRow struct {
	Number                             int64
	Title, Proposer, At, Decider, When string
	State                              web.Badge
	Reason, Hash                       string
	Waits                              bool // to be decided
	Mine                               bool // proposed by the reader: somebody else has to decide
	Tables                             []web.RuleTable
	URL                                string
}

func (w *work) policies(c *web.View) (web.Answer, error) {
	versions, err := policy.Versions(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page := &policiesPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true}, Tabs: tabs(c.Request), On: c.Today}
	var ids []string
	for _, v := range versions {
		ids = append(ids, v.ProposedBy, v.DecidedBy)
	}
	people, err := org.UserNames(c.Ctx, c.Q, ids)
	if err != nil {
		return web.Answer{}, err
	}
	for _, v := range versions {
		row := versionRow{Number: v.Number, Title: v.Title, Proposer: person(c.Request, people, v.ProposedBy), At: minute(v.ProposedAt),
			Decider: person(c.Request, people, v.DecidedBy), When: minute(v.DecidedAt), State: versionBadge(v.State), Reason: v.Reason, Hash: v.Hash,
			Waits: v.State == policy.Proposed, Mine: v.ProposedBy == c.By.User, URL: "/work/admin/policy/" + strconv.FormatInt(v.Number, 10)}
		if row.Waits {
			if row.Tables, err = c.Rules(tablesOf(v.Rows), rowsOf(v)); err != nil {
				return web.Answer{}, err
			}
		}
		page.Versions = append(page.Versions, row)
	}
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	page.Current = book.Version()
	page.Tables, err = c.Rules(book.Tables(), book.On(c.Today).Rows)
	return w.face.Page(page), err
}

// tablesOf returns the tables that a version changes, in order.
func tablesOf(rows []policy.Row) []string {
	var out []string
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1] != r.Table {
			out = append(out, r.Table)
		}
	}
	return out
}

func rowsOf(v policy.Version) func(table string) []policy.VersionedRow {
	return func(table string) []policy.VersionedRow {
		var out []policy.VersionedRow
		for _, r := range v.Rows {
			if r.Table == table {
				out = append(out, policy.VersionedRow{Row: r, Version: v.Number})
			}
		}
		return out
	}
}

func versionBadge(s policy.State) web.Badge {
	switch s {
	case policy.Approved:
		return web.Badge{Code: "work.version_approved", Shape: "●", Tone: "good"}
	case policy.Rejected:
		return web.Badge{Code: "work.version_rejected", Shape: "■", Tone: "bad"}
	}
	return web.Badge{Code: "work.version_proposed", Shape: "○", Tone: "note"}
}

func person(c *web.Request, names map[string]string, id string) string {
	switch {
	case id == "":
		return ""
	case names[id] != "":
		return names[id]
	}
	return c.Say("work.who_system")
}

func (w *work) approvePolicy(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/admin/policy", "work.policy_approved"), policy.Approve(c.Ctx, c.Q, c.By, c.At, version(c))
}

func (w *work) rejectPolicy(c *web.Act) (web.Answer, error) {
	return web.Redirect("/work/admin/policy", "work.policy_rejected"), policy.Reject(c.Ctx, c.Q, c.By, c.At, version(c), c.Field("reason"))
}

// version reads the number of a version; what is no number is no version.
func version(c *web.Act) int64 {
	n, err := strconv.ParseInt(c.PathValue("version"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
