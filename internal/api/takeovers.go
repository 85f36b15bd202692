package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/takeover"
)

// takeoverView is the take-over of an old system as the API shows it.
type takeoverView struct {
	Takeover   string      `json:"takeover"`
	System     string      `json:"system" doc:"name of the old system"`
	Department string      `json:"department"`
	Day        credit.Date `json:"day" doc:"the last day for which the old system answers"`
	State      string      `json:"state" doc:"open, reconciled (waits for the signature of another person), signed, or withdrawn (opened by mistake)"`
	SignedAt   time.Time   `json:"signed_at,omitzero"`
	Leaf       string      `json:"leaf,omitempty" doc:"of the signature in the log"`
	Unfinished int         `json:"unfinished" doc:"batches that are not dealt with to their end"`
	Lines      []sumView   `json:"lines"`
}

// sumView is a line of its reconciliation; what came is as it is now, batches that were taken back left out.
type sumView struct {
	intake.Brought
	Stated       int         `json:"stated" doc:"records that the old system states"`
	StatedFines  *credit.Fen `json:"stated_fines,omitempty" doc:"fines that it states, in fen"`
	Missing      int         `json:"missing" doc:"stated less taken"`
	MissingFines credit.Fen  `json:"missing_fines"`
	Explanation  string      `json:"explanation,omitempty"`
}

func (s *server) takeovers(a huma.API) {
	type ask struct {
		Authorization string `header:"Authorization" hidden:"true"`
		ID            string `path:"id"`
	}
	type answer struct{ Body takeoverView }
	add(s, a, huma.Operation{OperationID: "get-takeover", Method: http.MethodGet, Path: "/api/v1/takeovers/{id}", Security: keyNeeded(),
		Summary: "What came of the past of an old system, against what that states", Tags: []string{"batches"}},
		[]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, func(ctx context.Context, in *ask) (*answer, error) {
			by, err := s.may(ctx, in.Authorization, org.BatchRead)
			if err != nil {
				return nil, err
			}
			out := &answer{}
			err = s.DB.View(ctx, func(q db.Q) error {
				t, err := takeover.Get(ctx, q, org.ScopeOf(by, org.BatchRead), in.ID)
				if err != nil {
					return err
				}
				sums, err := takeover.SumsOf(ctx, q, t)
				out.Body = viewOf(t, sums)
				return err
			})
			return out, err
		})
}

func viewOf(t takeover.Takeover, s takeover.Sums) takeoverView {
	v := takeoverView{Takeover: t.ID, System: t.System, Department: t.Department, Day: t.Day, State: string(t.State), SignedAt: t.SignedAt.UTC(), Leaf: t.Leaf,
		Unfinished: s.Unfinished, Lines: []sumView{}}
	for _, l := range s.Lines {
		line := sumView{Brought: l.Brought, Stated: l.Count, Missing: l.Missing(), MissingFines: l.MissingFines(), Explanation: l.Words}
		if l.HasFines {
			line.StatedFines = &l.Fines
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}
