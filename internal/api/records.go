package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// recordView is a record as the department that stated it sees it.
type recordView struct {
	Record     string      `json:"record" doc:"id of the latest version"`
	Kind       string      `json:"kind"`
	SourceKey  string      `json:"source_key" doc:"by which the department knows it"`
	Number     string      `json:"number,omitempty" doc:"of the decision, or the year of a report"`
	USCC       string      `json:"uscc"`
	Version    int         `json:"version"`
	State      string      `json:"state" doc:"stated or withdrawn"`
	Batch      string      `json:"batch,omitempty" doc:"that stated this version, or whose recall withdrew it"`
	Withdrawal *withdrawal `json:"withdrawal,omitempty"`
}

// withdrawal says when and why a record was withdrawn.
type withdrawal struct {
	At     time.Time   `json:"at"`
	Code   string      `json:"code" enum:"changed,revoked,unlawful,void,mistake"`
	Reason string      `json:"reason" doc:"the code in words"`
	Note   string      `json:"note,omitempty" doc:"as the department put it; only for that department"`
	Learnt credit.Date `json:"learnt" doc:"when the department learnt of the cause"`
	Due    credit.Date `json:"due,omitempty" doc:"third working day after that"`
	Late   bool        `json:"late"`
}

// withdrawAsk is the body of a withdrawal.
type withdrawAsk struct {
	Kind      string      `json:"kind"`
	SourceKey string      `json:"source_key,omitempty" doc:"as in the list of records; or, instead of it, uscc with number or record"`
	USCC      string      `json:"uscc,omitempty"`
	Number    string      `json:"number,omitempty" doc:"of the decision, or the year of a report"`
	Record    string      `json:"record,omitempty" doc:"id of the latest version"`
	Reason    string      `json:"reason" enum:"changed,revoked,unlawful,void,mistake"`
	Note      string      `json:"note,omitempty"`
	Learnt    credit.Date `json:"learnt" doc:"YYYY-MM-DD: when the department learnt of the cause"`
}

func (s *server) records(mux *http.ServeMux, a huma.API) {
	type ask struct {
		Authorization string `header:"Authorization" hidden:"true"`
		Accept        string `header:"Accept-Language"`
		Kind          string `query:"kind" required:"true"`
		Q             string `query:"q" maxLength:"100" doc:"part of a number, or a subject's code"`
		After         string `query:"after" maxLength:"400" doc:"source_key of the last one that is known already"`
		Limit         int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type records struct {
		CacheControl string `header:"Cache-Control"`
		Body         struct {
			Items []recordView `json:"items"`
			Next  string       `json:"next,omitempty" doc:"give it as after"`
		}
	}
	add(s, a, huma.Operation{OperationID: "records", Method: http.MethodGet, Path: "/api/v1/records", Security: keyNeeded(),
		Summary: "What the department has stated, withdrawn ones with when and why", Tags: []string{"records"}},
		[]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, func(ctx context.Context, in *ask) (*records, error) {
			by, err := s.may(ctx, in.Authorization, org.BatchRead)
			if err != nil {
				return nil, err
			}
			out := &records{CacheControl: "no-store"}
			out.Body.Items = []recordView{}
			err = s.DB.View(ctx, func(q db.Q) error {
				found, err := intake.Records(ctx, q, org.ScopeOf(by, org.BatchRead), intake.StatedFilter{Department: by.Department, Kind: in.Kind,
					Text: in.Q, After: in.After, Limit: in.Limit})
				for _, r := range found {
					out.Body.Items = append(out.Body.Items, s.recordView(r, in.Accept))
				}
				if len(found) == in.Limit {
					out.Body.Next = found[len(found)-1].SourceKey
				}
				return err
			})
			return out, err
		})
	mux.HandleFunc("POST /api/v1/records/withdraw", s.withdraw)
	schemas := a.OpenAPI().Components.Schemas
	s.describe(a, "/api/v1/records/withdraw", http.MethodPost, &huma.Operation{
		OperationID: "withdraw-record", Summary: "Withdraw a record that the department stated", Tags: []string{"records"}, Security: keyNeeded(),
		Description: "Within three working days from the day on which the department learnt that the decision was changed, revoked, held unlawful or void " +
			"(行政处罚法 art. 48). The public page stops showing it at once, and the change feed says so. To correct a record, send it again.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
			Schema: schemas.Schema(typeOf[withdrawAsk](), true, "Withdraw")}}},
		Responses: map[string]*huma.Response{"200": {Description: "withdrawn", Content: map[string]*huma.MediaType{"application/json": {
			Schema: schemas.Schema(typeOf[recordView](), true, "Record")}}}},
	}, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
}

// withdrawBody bounds the body of a withdrawal.
const withdrawBody = 16 << 10

func (s *server) withdraw(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	by, err := s.may(ctx, r.Header.Get("Authorization"), org.BatchSubmit)
	if err != nil {
		s.write(w, r, err)
		return
	}
	defer limitBody(w, 30*time.Second)()
	var in withdrawAsk
	if json.NewDecoder(io.LimitReader(r.Body, withdrawBody)).Decode(&in) != nil || !clean(in.SourceKey+in.USCC+in.Number+in.Record+in.Note) {
		s.write(w, r, fault.New(fault.Invalid, "api.bad_body"))
		return
	}
	cal := s.Cal
	if cal == nil {
		cal = calendar.Builtin()
	}
	var done intake.Stated
	err = s.DB.Tx(ctx, func(q db.Q) error {
		n, err := intake.Withdraw(ctx, q, cal, by, s.Now(), intake.Withdrawal{Department: by.Department, Kind: in.Kind, SourceKey: in.SourceKey,
			USCC: in.USCC, Number: in.Number, RecordID: in.Record, Reason: intake.Reason(in.Reason), Note: in.Note, Learnt: in.Learnt})
		if err != nil {
			return err
		}
		done, err = intake.RecordBy(ctx, q, org.ScopeOf(by, org.BatchSubmit), by.Department, n.Kind, n.SourceKey)
		return err
	})
	if err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(s.recordView(done, r.Header.Get("Accept-Language")))
}

func (s *server) recordView(r intake.Stated, accept string) recordView {
	v := recordView{Record: r.ID, Kind: r.Kind, SourceKey: r.SourceKey, USCC: r.USCC, Version: r.Version, State: "stated", Batch: r.Batch}
	if r.SourceKey != r.EnterpriseID { // a registration is known by its subject
		v.Number = intake.Shown(r.SourceKey)
	}
	if r.Withdrawn {
		v.State = "withdrawn"
	}
	if w := r.Withdrawal; w != nil {
		v.Withdrawal = &withdrawal{At: w.At.UTC(), Code: string(w.Reason), Reason: s.Lang.Say(lang.Match(accept), string(w.Reason.Code())), Note: w.Note,
			Learnt: w.Learnt, Due: w.Due, Late: w.Late()}
	}
	return v
}
