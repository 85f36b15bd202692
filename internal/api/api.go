// Package api serves other systems: departments' uploads, tender systems' questions, mirrors of the log. Its operations are
// described at /openapi.json. It shares calls with the pages, never handlers.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/sanction"
)

// Deps is what the API works with.
type Deps struct {
	DB   *db.DB
	Lang *lang.Catalogue
	Log  *slog.Logger
	Now  func() time.Time
	Gate *sanction.Gate
	Key  *audit.Key
}

type server struct {
	Deps
	teller
	keys keyring
}

// Register adds the API to mux.
func Register(mux *http.ServeMux, d Deps) {
	s := &server{Deps: d, teller: teller{d.Lang, d.Log}, keys: newKeyring(d)}
	s.adopt()
	c := huma.DefaultConfig("Zhixin 质信", "1")
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.OpenAPIPath = "/openapi"
	c.Info.Description = "Errors are RFC 9457 problem documents with a stable type. Ask for a language with Accept-Language: zh or en."
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	a := humago.New(mux, c)
	s.enterprises(a)
	s.batches(mux, a)
	s.feed(a)
	s.published(mux, a)
	s.gate(mux, a)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.write(w, r, fault.New(fault.NotFound, "api.no_such_path"))
	})
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

// keyed marks an operation as one that needs a department's key.
func keyed(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{{"key": {}}}
	return o
}
