package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/web"
)

// batchView is a batch as the API shows it.
type batchView struct {
	intake.Result
	Kind       string      `json:"kind"`
	Department string      `json:"department"`
	Takeover   string      `json:"takeover,omitempty" doc:"the take-over of an old system whose past it is"`
	State      string      `json:"state" doc:"received, checking, done or failed; recalling or recalled where it is or was taken back; read or discarded where it was uploaded on the page and waits for its department to confirm it, or was not wanted"`
	Resent     bool        `json:"resent,omitempty" doc:"true where this file was sent before and nothing after it: this is that batch"`
	Failure    string      `json:"failure,omitempty" doc:"what is wrong with a file that cannot be read"`
	Recall     *recallView `json:"recall,omitempty" doc:"of a batch that is or was taken back; its counts still say what came"`
}

// recallView says when and why a batch was taken back, and what became of what it had stated.
type recallView struct {
	At        time.Time `json:"at"`
	Reason    string    `json:"reason" doc:"as the department put it"`
	Percent   int       `json:"percent"`
	Withdrawn int       `json:"withdrawn" doc:"facts that nobody else had stated"`
	Restored  int       `json:"restored" doc:"facts of which what stood before holds again"`
	Kept      int       `json:"kept" doc:"facts that a later batch states"`
	Gone      int       `json:"gone" doc:"facts that had been withdrawn already"`
	Forgotten int       `json:"forgotten" doc:"rows that had waited for their subject"`
}

// xlsxType is the media type of an xlsx file.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

const uploadTime = 2 * time.Hour // for a file to arrive

func (s *server) batches(mux *http.ServeMux, a huma.API) {
	mux.HandleFunc("POST /api/v1/batches", s.send)
	type out struct{ Body batchView }
	type get struct {
		Authorization string `header:"Authorization" hidden:"true"`
		Accept        string `header:"Accept-Language"`
		ID            string `path:"id"`
	}
	none := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	add(s, a, huma.Operation{OperationID: "get-batch", Method: http.MethodGet, Path: "/api/v1/batches/{id}", Security: keyNeeded(),
		Summary: "How far a batch is", Tags: []string{"batches"}}, none, func(ctx context.Context, in *get) (*out, error) {
		b, err := s.batch(ctx, in.Authorization, in.ID)
		if err != nil {
			return nil, err
		}
		v := s.view(b, in.Accept)
		if b.State == intake.Recalling || b.State == intake.TakenBack {
			v.Recall, err = s.recall(ctx, b.ID)
		}
		return &out{v}, err
	})
	for _, f := range []problemFile{
		{"get-problems", "problems", "The rows that were not taken as CSV, to be mended and sent again", "text/csv; charset=utf-8", ".csv", intake.Problems},
		{"get-problem-book", "problems.xlsx", "The same as xlsx, the cells at fault coloured; rows that were taken with a remark on a sheet of their own",
			xlsxType, ".xlsx", intake.Workbook},
	} {
		add(s, a, huma.Operation{OperationID: f.id, Method: http.MethodGet, Path: "/api/v1/batches/{id}/" + f.path, Security: keyNeeded(),
			Summary: f.summary, Tags: []string{"batches"},
			Responses: map[string]*huma.Response{"200": {Description: "the file", Content: map[string]*huma.MediaType{strings.TrimSuffix(f.kind, "; charset=utf-8"): {Schema: &huma.Schema{Type: "string"}}}}},
		}, none, func(ctx context.Context, in *get) (*huma.StreamResponse, error) {
			b, err := s.batch(ctx, in.Authorization, in.ID)
			if err != nil {
				return nil, err
			}
			held, err := s.heldProblems(ctx, f, b.ID, in.Accept)
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) { s.sendProblems(c, f, held, b.ID) }}, nil
		})
	}
	text := &huma.Schema{Type: "string"}
	s.describe(a, "/api/v1/batches", http.MethodPost, &huma.Operation{
		OperationID: "post-batch", Summary: "Hand in a file of records", Tags: []string{"batches"}, Security: keyNeeded(),
		Description: "The same file sent again is the same batch, with resent true, while nothing else of its kind has come from the department since; " +
			"after that it is a new statement. With an Idempotency-Key it is the same batch wherever the key is the same. A batch that failed is checked once more.",
		Parameters: []*huma.Param{
			{Name: "kind", In: "query", Required: true, Schema: text, Description: kindsAre()},
			{Name: "takeover", In: "query", Schema: text, Description: "number of an open take-over of an old system: the records are past facts, from which no case and no notice follows"},
			{Name: "Idempotency-Key", In: "header", Description: "sent again with the same key it is the same batch", Schema: text},
			{Name: "Content-Disposition", In: "header", Description: "its filename is shown", Schema: text},
		},
		RequestBody: &huma.RequestBody{Required: true, Description: "CSV, xlsx, xls or JSON lines (what it is, its content says), its columns headed by names or codes. A row is as the schema Row-KIND says; those of kinds that were added are at /api/v1/standards/{kind}", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: text}, xlsxType: {Schema: text}}},
		Responses: map[string]*huma.Response{"202": {Description: "received; it is checked in the background",
			Headers: map[string]*huma.Param{"Location": {Description: "where to look how far it is", Schema: text}},
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: a.OpenAPI().Components.Schemas.Schema(typeOf[batchView](), true, "Batch")}}}},
	}, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge)
}

// kindsAre says which kinds may be sent. The document is made once, so it cannot name those that are added later.
func kindsAre() string {
	var names []string
	for _, k := range catalog.All() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ") + ", or a kind that was added: see /api/v1/standards"
}

// problemFile is a form in which the problem rows of a batch are given.
type problemFile struct {
	id, path, summary, kind, ending string
	write                           func(ctx context.Context, q db.Q, scope org.Scope, id string, c *lang.Catalogue, tag lang.Tag, w io.Writer) error
}

// heldProblems returns the problem rows of a batch as a file that waits to be sent: a reader who does not read holds no
// connection to the database.
func (s *server) heldProblems(ctx context.Context, f problemFile, id, accept string) (*web.Spool, error) {
	held := &web.Spool{}
	err := s.DB.View(ctx, func(q db.Q) error {
		return f.write(ctx, q, org.Scope{All: true}, id, s.Lang, lang.Match(accept), held)
	})
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return held, nil
}

func (s *server) sendProblems(c huma.Context, f problemFile, held *web.Spool, id string) {
	defer func() { _ = held.Close() }()
	_, w := humago.Unwrap(c)
	c.SetHeader("Content-Type", f.kind)
	c.SetHeader("Content-Disposition", `attachment; filename="problems-`+id+f.ending+`"`)
	c.SetHeader("Cache-Control", "no-store")
	c.SetHeader("Content-Length", strconv.FormatInt(held.Size(), 10))
	if err := held.Send(w); err != nil {
		s.Log.Info("api: problems", "request", w.Header().Get(requestID), "batch", id, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// send receives a file. Its body may have [intake.FileLimit] bytes, so it is a plain handler: the body streams into the blob and is
// never in memory as a whole.
func (s *server) send(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.BatchSubmit)
	if err != nil {
		s.write(w, r, err)
		return
	}
	kind, same := r.URL.Query().Get("kind"), r.Header.Get("Idempotency-Key")
	if !clean(same) {
		s.write(w, r, fault.New(fault.Invalid, "api.bad_parameter", "Idempotency-Key", clip(same)))
		return
	}
	defer limitBody(w, uploadTime)()
	b, err := intake.Receive(r.Context(), s.DB, by, s.Now(), intake.Upload{Kind: kind, Department: by.Department,
		Name: fileName(r.Header.Get("Content-Disposition"), kind), Body: r.Body, IdempotencyKey: same,
		Takeover: r.URL.Query().Get("takeover")})
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

func (s *server) recall(ctx context.Context, id string) (v *recallView, err error) {
	err = s.DB.View(ctx, func(q db.Q) error {
		r, err := intake.RecallOf(ctx, q, id)
		v = &recallView{r.At.UTC(), r.Reason, r.Percent(), r.Facts[record.Cleared], r.Facts[record.Restored], r.Facts[record.Kept],
			r.Facts[record.Gone], r.Forgotten}
		return err
	})
	return v, err
}

func (s *server) view(b intake.Batch, accept string) batchView {
	v := batchView{Result: b.Result(), Kind: b.Kind, Department: b.Department, Takeover: b.Takeover, State: string(b.State), Resent: b.Resent}
	if err := b.Failure(); err != nil {
		v.Failure = s.Lang.Fault(lang.Match(accept), err)
	}
	return v
}
