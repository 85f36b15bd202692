package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
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
	Why      string          `json:"why" doc:"what matched: code, name or former-name"`
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
	huma.Register(a, huma.Operation{OperationID: "search", Method: http.MethodGet, Path: "/api/v1/enterprises", Summary: "Search by name or code",
		Tags: []string{"enterprises"}}, func(ctx context.Context, in *search) (*hits, error) {
		out := &hits{}
		out.Body.Items = []found{}
		err := s.DB.View(ctx, func(q db.Q) error {
			page, err := publicity.Search(ctx, q, publicity.SearchOptions{Term: in.Q, Division: in.Division, Limit: in.Limit, Cursor: in.Cursor})
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
	huma.Register(a, huma.Operation{OperationID: "enterprise", Method: http.MethodGet, Path: "/api/v1/enterprises/{uscc}",
		Summary: "What the public may see of an enterprise", Tags: []string{"enterprises"}}, func(ctx context.Context, in *one) (*view, error) {
		out := &view{}
		err := s.DB.View(ctx, func(q db.Q) (err error) {
			out.Body, err = publicity.Page(ctx, q, in.USCC, credit.DateOf(s.Now()))
			return err
		})
		return out, err
	})
	s.standing(a)
}

func (s *server) standing(a huma.API) {
	type ask struct {
		Authorization string `header:"Authorization"`
		USCC          string `path:"uscc"`
		On            string `query:"on" doc:"YYYY-MM-DD; today when left out"`
		Known         int64  `query:"known" default:"-1" minimum:"-1" doc:"as known when the log had this many leaves; -1 is now"`
		Purpose       string `query:"purpose" maxLength:"200" doc:"of an officer who asks for the full past; it is logged"`
	}
	type answer struct{ Body standing.Standing }
	huma.Register(a, huma.Operation{OperationID: "standing", Method: http.MethodGet, Path: "/api/v1/enterprises/{uscc}/standing",
		Summary: "What holds for an enterprise on a day, and why", Tags: []string{"enterprises"},
		Description: "Without a key only what today's publicity still allows, whatever the day asked for.",
	}, func(ctx context.Context, in *ask) (*answer, error) {
		on, today := credit.DateOf(s.Now()), credit.DateOf(s.Now())
		if in.On != "" {
			var err error
			if on, err = credit.ParseDate(in.On); err != nil {
				return nil, err
			}
		}
		out := &answer{}
		var err error
		if in.Authorization == "" {
			err = s.DB.View(ctx, func(q db.Q) (err error) {
				out.Body, err = publicity.Standing(ctx, q, in.USCC, on, in.Known, today)
				return err
			})
			return out, err
		}
		out.Body, err = s.full(ctx, in.Authorization, in.USCC, on, in.Known, in.Purpose)
		return out, err
	})
}

// full is the whole past, for officers in scope who say what for; their asking is a leaf of the log.
func (s *server) full(ctx context.Context, authorization, uscc string, on credit.Date, known int64, purpose string) (st standing.Standing, err error) {
	by, err := s.actor(ctx, authorization)
	if err != nil {
		return st, err
	}
	if purpose == "" {
		return st, fault.New(fault.Invalid, "api.no_purpose")
	}
	err = s.DB.Tx(ctx, func(q db.Q) (err error) {
		if st, err = standing.Of(ctx, q, uscc, on, known); err != nil {
			return err
		}
		if err := org.May(by, org.StandingFull, st.Authority, st.Division); err != nil {
			return err
		}
		_, err = audit.Add(ctx, q, by, s.Now(), "standing.read", st.EnterpriseID, map[string]string{"purpose": purpose, "on": on.String()})
		return err
	})
	return st, err
}
