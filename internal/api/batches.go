package api

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/db"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// batchView is a batch as the API shows it; received is the sum of the other counts once it is done.
type batchView struct {
	Batch      string `json:"batch"`
	Kind       string `json:"kind"`
	Department string `json:"department"`
	State      string `json:"state" doc:"received, checking, done or failed"`
	Resent     bool   `json:"resent,omitempty" doc:"true where the same file was sent before: this is that batch"`
	Received   int    `json:"received"`
	Accepted   int    `json:"accepted"`
	Duplicate  int    `json:"duplicate"`
	Superseded int    `json:"superseded"`
	Rejected   int    `json:"rejected"`
	Unmatched  int    `json:"unmatched"`
	Failure    string `json:"failure,omitempty" doc:"what is wrong with a file that cannot be read"`
}

func (s *server) batches(mux *http.ServeMux, a huma.API) {
	mux.HandleFunc("POST /api/v1/batches", s.send)
	type out struct{ Body batchView }
	type get struct {
		Authorization string `header:"Authorization"`
		Accept        string `header:"Accept-Language"`
		ID            string `path:"id"`
	}
	huma.Register(a, keyed(huma.Operation{OperationID: "get-batch", Method: http.MethodGet, Path: "/api/v1/batches/{id}",
		Summary: "How far a batch is", Tags: []string{"batches"}}), func(ctx context.Context, in *get) (*out, error) {
		b, err := s.batch(ctx, in.Authorization, in.ID)
		if err != nil {
			return nil, err
		}
		return &out{s.view(b, in.Accept)}, nil
	})
	huma.Register(a, keyed(huma.Operation{OperationID: "get-problems", Method: http.MethodGet, Path: "/api/v1/batches/{id}/problems",
		Summary: "The problem rows as CSV, to be mended and sent again", Tags: []string{"batches"}}),
		func(ctx context.Context, in *get) (*huma.StreamResponse, error) {
			b, err := s.batch(ctx, in.Authorization, in.ID)
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) {
				c.SetHeader("Content-Type", "text/csv; charset=utf-8")
				c.SetHeader("Content-Disposition", `attachment; filename="problems-`+b.ID+`.csv"`)
				err := s.DB.View(ctx, func(q db.Q) error {
					return intake.Problems(ctx, q, org.Scope{All: true}, b.ID, s.Lang, lang.Match(in.Accept), c.BodyWriter())
				})
				if err != nil { // the head has been sent; all that is left is to say so in the log
					s.Log.Error("api: problems", "batch", b.ID, "err", err)
				}
			}}, nil
		})
	describe(a, "/api/v1/batches", &huma.PathItem{Post: &huma.Operation{
		OperationID: "post-batch", Summary: "Hand in a file of records", Tags: []string{"batches"}, Security: []map[string][]string{{"key": {}}},
		Parameters: []*huma.Param{
			{Name: "kind", In: "query", Required: true, Schema: &huma.Schema{Type: "string"}},
			{Name: "Idempotency-Key", In: "header", Description: "sent again with the same key it is the same batch", Schema: &huma.Schema{Type: "string"}},
		},
		RequestBody: &huma.RequestBody{Required: true, Description: "CSV or xlsx", Content: map[string]*huma.MediaType{
			"text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}},
		Responses: map[string]*huma.Response{"202": {Description: "received; it is checked in the background",
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: a.OpenAPI().Components.Schemas.Schema(typeOf[batchView](), true, "Batch")}}}},
	}})
}

// send receives a file. Its body may be gigabytes, so it is a plain handler: it streams into the blob before anything else.
func (s *server) send(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.BatchSubmit)
	if err != nil {
		s.write(w, r, err)
		return
	}
	kind := r.URL.Query().Get("kind")
	b, err := intake.Receive(r.Context(), s.DB, by, s.Now(), intake.Upload{Kind: kind, Department: by.Department,
		Name: fileName(r.Header.Get("Content-Disposition"), kind), Body: r.Body, IdempotencyKey: r.Header.Get("Idempotency-Key")})
	if err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "/api/v1/batches/"+b.ID)
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(s.view(b, r.Header.Get("Accept-Language")))
}

func fileName(disposition, kind string) string {
	if _, params, err := mime.ParseMediaType(disposition); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return kind
}

// batch returns a batch of the key's department.
func (s *server) batch(ctx context.Context, authorization, id string) (b intake.Batch, err error) {
	by, err := s.may(ctx, authorization, org.BatchRead)
	if err != nil {
		return b, err
	}
	err = s.DB.View(ctx, func(q db.Q) (err error) {
		b, err = intake.Get(ctx, q, org.ScopeOf(by, org.BatchRead), id)
		return err
	})
	return b, err
}

func (s *server) view(b intake.Batch, accept string) batchView {
	v := batchView{Batch: b.ID, Kind: b.Kind, Department: b.Department, State: string(b.State), Resent: b.Resent, Received: b.Received,
		Accepted: b.Accepted, Duplicate: b.Duplicate, Superseded: b.Superseded, Rejected: b.Rejected, Unmatched: b.Unmatched}
	if err := b.Failure(); err != nil {
		v.Failure = s.Lang.Fault(lang.Match(accept), err)
	}
	return v
}
