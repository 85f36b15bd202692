package work

import (
	"zhixin/internal/casework"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/web"
)

func noGroup() error { return fault.New(fault.NotFound, "work.no_group") }

// decideGroup carries out what was confirmed: hundreds of cases, in strides, each with its own step, paper and leaf.
func (w *work) decideGroup(c *web.Stream) (web.Answer, error) {
	if err := c.ReadForm(); err != nil {
		return web.Answer{}, err
	}
	id, do := c.PathValue("id"), step(c.Field("do"))
	acts := map[step]org.Act{examine: org.CaseExamine, approve: org.CaseApprove}
	act, known := acts[do]
	if !known {
		return web.Answer{}, fault.New(fault.Invalid, "web.bad_form")
	}
	if err := w.mayGroup(c, id, act); err != nil {
		return web.Answer{}, err
	}
	to := "/work/groups/" + id
	if do == examine {
		n, err := w.Flow.ExamineGroup(c.Ctx, c.By, c.At, id, c.Field("opinion"))
		return web.Redirect(to, "work.group_examined", n), err
	}
	n, err := w.Flow.DecideGroup(c.Ctx, c.By, c.At, id, casework.Approve, c.Field("opinion"))
	return web.Redirect(to, "work.group_decided", n), err
}

// mayGroup refuses who may not act for the run's authority, before the first of its cases is touched.
func (w *work) mayGroup(c *web.Stream, id string, act org.Act) error {
	return c.DB.View(c.Ctx, func(q db.Q) error {
		got, _, err := casework.List(c.Ctx, q, org.ScopeOf(c.By, org.CaseRead), casework.Filter{Group: id, Limit: 1})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			return noGroup()
		}
		return org.May(c.By, act, got[0].Authority, got[0].Division)
	})
}
