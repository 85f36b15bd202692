package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/standing"
)

// found is one enterprise that a search came up with.
type found struct {
	USCC     string          `json:"uscc"`
	Name     string          `json:"name"`
	Division string          `json:"division"`
	State    credit.RegState `json:"state"`
	Score    int             `json:"score" doc:"0 to 100, 100 is exact"`
	Why      string          `json:"why" doc:"what matched: code, code-part, name, former-name, prefix, part, words, typo, number or initials"`
}

func (s *server) enterprises(a huma.API) {
	type search struct {
		Q        string `query:"q" maxLength:"100"`
		Division string `query:"division" maxLength:"6"`
		Limit    int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
		Cursor   string `query:"cursor" maxLength:"200"`
	}
	type hits struct {
		Body struct {
			Items []found `json:"items"`
			Next  string  `json:"next,omitempty" doc:"cursor of the next page"`
		}
	}
	add(s, a, huma.Operation{OperationID: "search", Method: http.MethodGet, Path: "/api/v1/enterprises", Summary: "Search by name or code",
		Tags: []string{"enterprises"}}, []int{http.StatusBadRequest}, func(ctx context.Context, in *search) (*hits, error) {
		out := &hits{}
		out.Body.Items = []found{}
		err := s.DB.View(ctx, func(q db.Q) error {
			page, err := s.Find.Search(ctx, q, publicity.SearchOptions{Term: in.Q, Division: in.Division, Limit: in.Limit, Cursor: in.Cursor,
				Today: credit.DateOf(s.Now())})
			if err != nil {
				return err
			}
			for _, h := range page.Hits {
				out.Body.Items = append(out.Body.Items, found{h.USCC, h.Name, h.Division, h.State, h.Score, h.Why})
			}
			out.Body.Next = page.Next
			return nil
		})
		return out, err
	})

	type one struct {
		USCC string `path:"uscc"`
	}
	type view struct{ Body publicity.View }
	add(s, a, huma.Operation{OperationID: "enterprise", Method: http.MethodGet, Path: "/api/v1/enterprises/{uscc}",
		Summary: "What the public may see of an enterprise", Tags: []string{"enterprises"}}, []int{http.StatusBadRequest, http.StatusNotFound}, func(ctx context.Context, in *one) (*view, error) {
		out := &view{}
		err := s.DB.View(ctx, func(q db.Q) (err error) {
			out.Body, err = publicity.Page(ctx, q, in.USCC, credit.DateOf(s.Now()))
			return err
		})
		return out, err
	})
	s.standing(a)
}

// standingView is a standing with its reasons as sentences.
type standingView struct {
	standing.Standing
	Explanation []string `json:"explanation" doc:"the reasons as sentences in the language asked for"`
}

type standingAsk struct {
	Authorization string `header:"Authorization" hidden:"true"`
	Accept        string `header:"Accept-Language"`
	Session       string `cookie:"zhixin_session" doc:"of an officer who has logged in at /work/login; only with purpose"`
	Site          string `header:"Sec-Fetch-Site" hidden:"true"`
	USCC          string `path:"uscc"`
	On            string `query:"on" doc:"YYYY-MM-DD; today when left out"`
	Known         int64  `query:"known" default:"-1" minimum:"-1" doc:"as known when the log had this many leaves; -1 is now"`
	Purpose       string `query:"purpose" maxLength:"200" doc:"what an officer wants the full past for; it is logged"`
}

func (s *server) standing(a huma.API) {
	type answer struct {
		CacheControl string `header:"Cache-Control"`
		Body         standingView
	}
	add(s, a, huma.Operation{OperationID: "standing", Method: http.MethodGet, Path: "/api/v1/enterprises/{uscc}/standing",
		Summary: "What holds for an enterprise on a day, and why", Tags: []string{"enterprises"},
		Description: "What today's publicity still allows, whatever the day asked for. An officer who is logged in at the workbench of this node, " +
			"has the subject in scope and states a purpose sees the full past, here and at /work/enterprises/{uscc}/past; his asking is a leaf " +
			"of the log. His browser sends the session's cookie by itself, to pages of this site only. Keys of systems never see the full past.",
	}, []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, func(ctx context.Context, in *standingAsk) (*answer, error) {
		today := credit.DateOf(s.Now())
		on := today
		if in.On != "" {
			var err error
			if on, err = credit.ParseDate(in.On); err != nil {
				return nil, err
			}
		}
		out := &answer{CacheControl: "no-store"}
		var err error
		if in.Purpose != "" {
			out.Body.Standing, err = s.full(ctx, in, on)
		} else {
			err = s.DB.View(ctx, func(q db.Q) (err error) {
				if err := standing.Reached(ctx, q, in.Known); err != nil {
					return err
				}
				out.Body.Standing, err = publicity.Standing(ctx, q, in.USCC, on, in.Known, today)
				return err
			})
		}
		out.Body.Explanation = out.Body.Explain(s.Lang, lang.Match(in.Accept))
		return out, err
	})
}

// full is the whole past, for officers in scope who say what for.
func (s *server) full(ctx context.Context, in *standingAsk, on credit.Date) (st standing.Standing, err error) {
	asker, err := s.asker(ctx, in)
	if err != nil {
		return st, err
	}
	err = s.DB.Tx(ctx, func(q db.Q) error {
		by, err := asker(q)
		if err != nil {
			return err
		}
		st, err = standing.Full(ctx, q, by, s.Now(), standing.Question{USCC: in.USCC, On: on, Known: in.Known, Purpose: in.Purpose})
		return err
	})
	return st, err
}

// asker returns who asks by a key or, as browsers and their scripts do, by a session of the workbench. Another site's page
// cannot ask in an officer's name.
func (s *server) asker(ctx context.Context, in *standingAsk) (func(q db.Q) (credit.Actor, error), error) {
	if in.Authorization != "" {
		by, err := s.actor(ctx, in.Authorization)
		return func(db.Q) (credit.Actor, error) { return by, nil }, err
	}
	if in.Site != "" && in.Site != "same-origin" && in.Site != "none" {
		return nil, fault.New(fault.Forbidden, "web.cross_origin")
	}
	if in.Session == "" || s.Sessions == nil {
		return nil, fault.New(fault.Unauthenticated, "api.log_in")
	}
	data, found, err := s.Sessions.FindCtx(ctx, in.Session)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.Unauthenticated, "api.log_in")
	}
	_, values, err := org.SessionCodec{}.Decode(data)
	if err != nil {
		return nil, err
	}
	user, _ := values[org.SessionUser].(string)
	post, _ := values[org.SessionPost].(string)
	if user == "" {
		return nil, fault.New(fault.Unauthenticated, "api.log_in")
	}
	return func(q db.Q) (credit.Actor, error) {
		u, err := org.UserByID(ctx, q, user)
		if err == nil && u.MustChange {
			err = fault.New(fault.Forbidden, "web.change_password_first")
		}
		if err != nil {
			return credit.Actor{}, err
		}
		return org.ActorOf(ctx, q, s.Now(), user, post)
	}, nil
}
