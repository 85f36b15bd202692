package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/sanction"
)

// maxChecks and maxChecksBody bound one call of POST /api/v1/gate.
const (
	maxChecks     = 10_000
	maxChecksBody = 4 << 20
)

// gate registers the gate. It is a plain handler, because huma costs it a seventh of its speed, and described all the same.
func (s *server) gate(mux *http.ServeMux, a huma.API) {
	mux.HandleFunc("GET /api/v1/gate/{uscc}", s.ask)
	mux.HandleFunc("POST /api/v1/gate", s.askMany)
	answer := a.OpenAPI().Components.Schemas.Schema(typeOf[sanction.Answer](), true, "Answer")
	describe(a, "/api/v1/gate/{uscc}", &huma.PathItem{Get: &huma.Operation{
		OperationID: "ask-gate", Summary: "What a counter is to do", Tags: []string{"gate"}, Security: []map[string][]string{{"key": {}}},
		Parameters: []*huma.Param{
			{Name: "uscc", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}},
			{Name: "matter", In: "query", Required: true, Schema: &huma.Schema{Type: "string", Enum: enum(credit.Matters)}},
			{Name: "ref", In: "query", Description: "the counter's business number", Schema: &huma.Schema{Type: "string"}},
			{Name: "on", In: "query", Description: "for another day, YYYY-MM-DD", Schema: &huma.Schema{Type: "string"}},
			{Name: "receipt", In: "query", Description: "async: answered before the receipt is durable, a crash may lose the last 10 ms; none: no receipt",
				Schema: &huma.Schema{Type: "string", Enum: []any{"async", "none"}}},
		},
		Responses: map[string]*huma.Response{"200": {Description: "the answer, with its receipt",
			Content: map[string]*huma.MediaType{"application/json": {Schema: answer}}}},
	}})
	describe(a, "/api/v1/gate", &huma.PathItem{Post: &huma.Operation{
		OperationID: "ask-gate-many", Summary: "Up to 10,000 questions in one call", Tags: []string{"gate"},
		Security: []map[string][]string{{"key": {}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
			Schema: a.OpenAPI().Components.Schemas.Schema(typeOf[checks](), true, "Checks")}}},
		Responses: map[string]*huma.Response{"200": {Description: "the answers in the order of the questions; what cannot be answered is a problem in its place",
			Content: map[string]*huma.MediaType{"application/json": {}}}},
	}})
}

// question is what is asked of the gate.
type question struct {
	USCC   string        `json:"uscc"`
	Matter credit.Matter `json:"matter"`
	Ref    string        `json:"ref,omitempty"`
	On     string        `json:"on,omitempty" doc:"YYYY-MM-DD; today when left out"`
}

type checks struct {
	Checks []question `json:"checks"`
}

func (s *server) ask(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.GateAsk)
	if err != nil {
		s.write(w, r, err)
		return
	}
	query := r.URL.Query()
	mode, err := modeOf(query.Get("receipt"))
	if err != nil {
		s.write(w, r, err)
		return
	}
	body, err := s.answer(r.Context(), by, question{r.PathValue("uscc"), credit.Matter(query.Get("matter")), query.Get("ref"), query.Get("on")}, mode)
	if err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

func (s *server) answer(ctx context.Context, by credit.Actor, ask question, mode sanction.Mode) ([]byte, error) {
	if !known(ask.Matter) {
		return nil, fault.New(fault.Invalid, "api.bad_matter", ask.Matter)
	}
	on := credit.DateOf(s.Now())
	if ask.On != "" {
		var err error
		if on, err = credit.ParseDate(ask.On); err != nil {
			return nil, err
		}
	}
	return s.Gate.Ask(ctx, by, ask.USCC, ask.Matter, on, ask.Ref, mode)
}

// askMany answers many questions; the receipts are durable together before the answer is sent.
func (s *server) askMany(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.GateAsk)
	if err != nil {
		s.write(w, r, err)
		return
	}
	var in checks
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxChecksBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		s.write(w, r, fault.New(fault.Invalid, "api.bad_checks", err.Error()))
		return
	}
	if len(in.Checks) > maxChecks {
		s.write(w, r, fault.New(fault.TooLarge, "api.too_many_checks", maxChecks))
		return
	}
	answers := make([]json.RawMessage, len(in.Checks))
	parallel(len(in.Checks), func(i int) {
		body, err := s.answer(r.Context(), by, in.Checks[i], sanction.Durable)
		if err != nil {
			body, _ = json.Marshal(s.problem(r.Header.Get("Accept-Language"), http.StatusInternalServerError, err))
		}
		answers[i] = body
	})
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Answers []json.RawMessage `json:"answers"`
	}{answers})
}

func modeOf(text string) (sanction.Mode, error) {
	switch text {
	case "":
		return sanction.Durable, nil
	case "async":
		return sanction.Async, nil
	case "none":
		return sanction.NoReceipt, nil
	}
	return sanction.Durable, fault.New(fault.Invalid, "api.bad_mode")
}
