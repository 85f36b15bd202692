package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/sanction"
)

// GatePath is where the gate is asked about one enterprise: GatePath + code.
const GatePath = "/api/v1/gate/"

// gate registers the gate. It is a plain handler, because huma costs it a seventh of its speed, and described all the same.
func (s *server) gate(mux *http.ServeMux, a huma.API) {
	mux.HandleFunc("GET "+GatePath+"{uscc}", s.ask)
	mux.HandleFunc("POST /api/v1/gate", s.askMany)
	answer := a.OpenAPI().Components.Schemas.Schema(typeOf[sanction.Answer](), true, "Answer")
	text := &huma.Schema{Type: "string"}
	s.describe(a, "/api/v1/gate/{uscc}", http.MethodGet, &huma.Operation{
		OperationID: "ask-gate", Summary: "What a counter is to do", Tags: []string{"gate"}, Security: keyNeeded(),
		Parameters: []*huma.Param{
			{Name: "uscc", In: "path", Required: true, Schema: text},
			{Name: "matter", In: "query", Required: true, Schema: &huma.Schema{Type: "string", Enum: enum(credit.Matters)}},
			{Name: "ref", In: "query", Description: "the counter's business number, up to 128 bytes", Schema: text},
			{Name: "on", In: "query", Description: "for a day to come, YYYY-MM-DD; past days are refused", Schema: text},
			receiptParam(),
		},
		Responses: map[string]*huma.Response{"200": {Description: "the answer, with its receipt",
			Content: map[string]*huma.MediaType{"application/json": {Schema: answer}}}},
	}, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	s.describeMany(a)
}

// ask answers one question of a counter. It reads the code off the path itself, so that a node can put it before the
// chain that pages go through: headers for browsers, sessions and the access log are nothing to a program that asks a
// thousand times a second, and its receipts are a better log.
func (s *server) ask(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.GateAsk)
	if err != nil {
		s.write(w, r, err)
		return
	}
	query := members(r.URL)
	mode, err := modeOf(query("receipt"))
	if err != nil {
		s.write(w, r, err)
		return
	}
	body, err := s.answer(r.Context(), by, question{USCC: strings.TrimPrefix(r.URL.Path, GatePath), Matter: credit.Matter(query("matter")),
		Ref: query("ref"), On: query("on")}, mode)
	if err != nil {
		s.write(w, r, err)
		return
	}
	h := w.Header()
	h["Content-Type"], h["Cache-Control"], h["X-Content-Type-Options"] = jsonType, noStore, noSniff
	if len(body) > buffered {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	_, _ = w.Write(body)
}

// buffered is up to where net/http counts an answer itself.
const buffered = 2048

// members returns what reads a member of the query, its first value. A plain query, as programs send it, is read where it
// stands: at the gate a map of it is a tenth of the work.
func members(u *url.URL) func(key string) string {
	if strings.ContainsAny(u.RawQuery, "%+;") {
		return u.Query().Get
	}
	return func(key string) string {
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			if name, value, _ := strings.Cut(pair, "="); name == key {
				return value
			}
		}
		return ""
	}
}

// Header values that never change are shared.
var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
)

func (s *server) answer(ctx context.Context, by credit.Actor, ask question, mode sanction.Mode) ([]byte, error) {
	if !known(ask.Matter) {
		return nil, fault.New(fault.Invalid, "api.bad_matter", ask.Matter)
	}
	on := credit.Date(0) // today, by the gate's own clock
	if ask.On != "" {
		var err error
		if on, err = credit.ParseDate(ask.On); err != nil {
			return nil, err
		}
	}
	body, err := s.Gate.Ask(ctx, by, ask.USCC, ask.Matter, on, ask.Ref, mode)
	if err == nil {
		s.answered.Inc()
	}
	return body, err
}

// gauges tell how far the gate is and whom it cannot be sure about.
func gauges(g *sanction.Gate) []prometheus.Collector {
	gauge := func(name, help string, value func(sanction.State) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(g.State()) })
	}
	return []prometheus.Collector{
		gauge("zhixin_gate_lag_seconds", "Age of the gate's last look at the log.",
			func(s sanction.State) float64 { return s.Lag.Seconds() }),
		gauge("zhixin_flow_lag_seconds", "Age of the oldest penalty or policy from which what follows is not worked out; 0 where there is none.",
			func(s sanction.State) float64 { return s.FlowLag.Seconds() }),
		gauge("zhixin_gate_doubtful_subjects", "Subjects about whom the gate answers \"by hand\" until that is done; all that it knows after a change of policy.",
			func(s sanction.State) float64 {
				if s.AllDoubt || s.Stale {
					return float64(s.Codes)
				}
				return float64(s.Doubtful)
			}),
	}
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

func receiptParam() *huma.Param {
	return &huma.Param{Name: "receipt", In: "query", Schema: &huma.Schema{Type: "string", Enum: []any{"async", "none"}},
		Description: "async: answered before the receipt is durable, a crash may lose the last 10 ms; none: no receipt"}
}
