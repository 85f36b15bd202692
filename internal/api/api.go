// Package api serves other systems: departments' uploads, tender systems' questions, mirrors of the log. Its operations are
// described at /openapi.json. It shares calls with the pages, never handlers.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
)

// Deps is what the API works with.
type Deps struct {
	DB   *db.DB
	Lang *lang.Catalogue
	Log  *slog.Logger
	Now  func() time.Time
	Gate *sanction.Gate
	Find publicity.Searcher
	Key  *audit.Key
	// Cal counts the working days of a withdrawal. Nil is the calendar that the program has.
	Cal *calendar.Calendar
	// Metrics is where the answers of the gate are counted.
	Metrics prometheus.Registerer
	// Sessions are those of the workbench, for officers who ask for a full past. Nil: nobody is logged in.
	Sessions *org.Sessions
	// Stopping is closed when the node takes no more requests: who waits for news is sent home. Nil is never.
	Stopping <-chan struct{}
}

type server struct {
	Deps
	teller
	keys     keyring
	news     *news
	answered prometheus.Counter
}

// Register adds the API to mux. What mux does not know is answered by the frame (package web), also below /api/. It returns
// what answers GET [GatePath], which a node may put before everything else.
func Register(mux *http.ServeMux, d Deps) (gate http.Handler) {
	s := &server{Deps: d, teller: teller{d.Lang, d.Log}, keys: newKeyring(d), news: newNews(d), answered: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "zhixin_gate_answers_total", Help: "Questions that the gate has answered."})}
	d.Metrics.MustRegister(append(gauges(d.Gate), s.answered)...)
	s.adopt()
	c := huma.DefaultConfig("Zhixin 质信", "1")
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.OpenAPIPath = "/openapi"
	c.Info.Description = "Errors are RFC 9457 problem documents with a stable type. Ask for a language with Accept-Language: zh or en."
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	a := humago.New(mux, c)
	a.UseMiddleware(func(c huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(c)
		if err := tidy(r.URL); err != nil {
			s.write(w, r, err)
			return
		}
		next(c)
	})
	s.enterprises(a)
	s.batches(mux, a)
	s.takeovers(a)
	s.standards(a)
	s.records(mux, a)
	s.feed(a)
	s.registrations(a)
	s.published(mux, a)
	s.gate(mux, a)
	return http.HandlerFunc(s.ask)
}

// actor returns whose key the request carries.
func (s *server) actor(ctx context.Context, authorization string) (credit.Actor, error) {
	secret, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return credit.Actor{}, fault.New(fault.Unauthenticated, "api.no_key")
	}
	return s.keys.actor(ctx, strings.TrimSpace(secret))
}

// may is actor for an act of its own department.
func (s *server) may(ctx context.Context, authorization string, act org.Act) (credit.Actor, error) {
	by, err := s.actor(ctx, authorization)
	if err != nil {
		return by, err
	}
	return by, org.May(by, act, by.Department, by.Division)
}

// keyNeeded says in the document that an operation needs a department's key.
func keyNeeded() []map[string][]string { return []map[string][]string{{"key": {}}} }

// add registers an operation of huma with the problems that it may answer.
func add[I, O any](s *server, a huma.API, op huma.Operation, problems []int, f func(context.Context, *I) (*O, error)) {
	huma.Register(a, op, f)
	o := a.OpenAPI().Paths[op.Path].Get
	delete(o.Responses, "default")
	s.refusals(a, o, problems)
}

// tidy is a fault where an address holds what no engine can look for: text that is not UTF-8, or control characters.
func tidy(u *url.URL) error {
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil || !clean(u.Path) || !clean(query) {
		return fault.New(fault.Invalid, "api.bad_address")
	}
	return nil
}

func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

// limitBody ends the reading of a body that comes drop by drop.
func limitBody(w http.ResponseWriter, within time.Duration) (stop func() bool) {
	return time.AfterFunc(within, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) }).Stop
}
