package work

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/web"
)

type policiesPage struct {
	web.Page
	Tabs     []web.Link
	Proposes bool
	Problem  string
	Named    string // title that was given
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
	MovedOn                            bool // the rules in force have changed since
	Changes                            []web.RuleChange
	URL                                string
}

func (w *work) policies(c *web.View) (web.Answer, error) {
	page, err := w.policiesPage(c.Request, c.Q)
	return w.face.Page(page), err
}

func (w *work) policiesPage(c *web.Request, q db.Q) (*policiesPage, error) {
	versions, err := policy.Versions(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	book, err := policy.Load(c.Ctx, q)
	if err != nil {
		return nil, err
	}
	page := &policiesPage{Page: web.Page{Title: c.Say("work.nav_admin"), Wide: true}, Tabs: tabs(c), Proposes: org.Can(c.By, org.PolicyPropose),
		On: c.Today, Current: book.Version()}
	var ids []string
	for _, v := range versions {
		ids = append(ids, v.ProposedBy, v.DecidedBy)
	}
	people, err := org.UserNames(c.Ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		row := versionRow{Number: v.Number, Title: v.Title, Proposer: person(c, people, v.ProposedBy), At: minute(v.ProposedAt),
			Decider: person(c, people, v.DecidedBy), When: minute(v.DecidedAt), State: versionBadge(v.State), Reason: v.Reason, Hash: v.Hash,
			Waits: v.State == policy.Proposed, Mine: v.ProposedBy == c.By.User, URL: "/work/admin/policy/" + strconv.FormatInt(v.Number, 10)}
		if row.Waits {
			if row.MovedOn = v.Base != book.Version(); !row.MovedOn {
				if row.Changes, err = changesOf(c, book, v); err != nil {
					return nil, err
				}
			}
		}
		page.Versions = append(page.Versions, row)
	}
	page.Tables, err = c.Rules(book.Tables(), book.On(c.Today).Rows)
	return page, err
}

// changesOf tells what a version would change in the book in force.
func changesOf(c *web.Request, book *policy.Book, v policy.Version) ([]web.RuleChange, error) {
	next, err := book.With(v.Number, v.Rows)
	if err != nil {
		return nil, err
	}
	return c.Changes(policy.Diff(book, next))
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

// policyRows gives the rules in force as a file, as the software is shipped with them: what a proposal starts from.
func (w *work) policyRows(c *web.View) (web.Answer, error) {
	book, err := policy.Load(c.Ctx, c.Q)
	if err != nil {
		return web.Answer{}, err
	}
	rows := []policy.Row{}
	for _, r := range book.All() {
		rows = append(rows, r.Row)
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(rows); err != nil {
		return web.Answer{}, fmt.Errorf("work: rules: %w", err)
	}
	return web.Saved("policy-"+strconv.FormatInt(book.Version(), 10)+".json", "application/json", b.Bytes()), nil
}

// maxPolicy bounds a file of rules; the first policy has some 50 KiB.
const maxPolicy = 1 << 20

// propose takes a file of rules, has it checked by every package that reads some, and puts what it changes before another
// person. What is wrong is said on the same page.
func (w *work) propose(c *web.Stream) (web.Answer, error) {
	fields, _, file, err := c.File()
	if err != nil {
		return web.Answer{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxPolicy+1))
	switch {
	case err != nil:
		err = fault.New(fault.Invalid, "web.bad_form")
	case len(raw) > maxPolicy:
		err = fault.New(fault.TooLarge, "policy.file_too_large", maxPolicy>>10)
	}
	var number int64
	if err == nil {
		number, err = w.proposeRows(c, fields.Get("title"), raw)
	}
	if err == nil {
		return web.Redirect("/work/admin/policy", "work.policy_proposed", number), nil
	}
	kind, _ := fault.Of(err)
	problem, err := c.Explain(err)
	if err != nil {
		return web.Answer{}, err
	}
	var page *policiesPage
	if err := c.DB.View(c.Ctx, func(q db.Q) (err error) {
		page, err = w.policiesPage(c.Request, q)
		return err
	}); err != nil {
		return web.Answer{}, err
	}
	page.Problem, page.Named = problem, fields.Get("title")
	return w.face.PageStatus(web.Status(kind), page), nil
}

func (w *work) proposeRows(c *web.Stream, title string, raw []byte) (number int64, err error) {
	rows, err := policy.ParseRows(raw)
	if err != nil {
		return 0, err
	}
	err = c.DB.Tx(c.Ctx, func(q db.Q) error {
		book, err := policy.Load(c.Ctx, q)
		if err != nil {
			return err
		}
		changes, err := book.Changes(rows)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			return fault.New(fault.Invalid, "policy.no_change")
		}
		number, err = policy.Propose(c.Ctx, q, c.By, c.At, title, changes, flow.CheckPolicy)
		return err
	})
	return number, err
}
