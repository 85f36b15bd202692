// Package web is the frame of all pages: who asks, in which language, in which transaction, and how an answer or a fault
// becomes HTTP. The faces (portal, work) register their pages with [Server.View], [Server.Act] and [Server.Stream] and
// render them with a [Face]; they never touch a session, a header or a status code.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"zhixin/internal/db"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// Deps is what the frame works with.
type Deps struct {
	DB        *db.DB
	Lang      *lang.Catalogue
	Log       *slog.Logger
	Now       func() time.Time
	PublicURL string // what the public calls this node, "https://credit.example.gov.cn"; empty: as the request calls it
}

// Server holds the pages of all faces.
type Server struct {
	Deps
	mux      *http.ServeMux
	assets   *assets
	sessions *scs.SessionManager
	store    *org.Sessions
	metrics  *metrics
	faces    []*Face
	checks   []check
	patience time.Duration
	secure   bool // PublicURL is https: cookies never travel in the clear
}

// check is something that has to hold before a node is given requests.
type check struct {
	name string
	ok   func(context.Context) error
}

// longest is how long a person stays logged in at most; a session without a page ends earlier.
const longest = 12 * time.Hour

// New returns a server without pages. It refuses with web.no_assets where `make assets` was forgotten.
func New(d Deps) (*Server, error) {
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(d.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("web: public URL: %w", err)
	}
	s := &Server{Deps: d, mux: http.NewServeMux(), assets: a, secure: u.Scheme == "https", metrics: newMetrics(), patience: patience}
	// Sessions count by the wall clock even where the city's clock is a demo's, because scs does (see org.Sessions).
	s.store = org.NewSessions(d.DB, time.Now)
	s.sessions = scs.New()
	s.sessions.Store, s.sessions.Codec, s.sessions.Lifetime = s.store, org.SessionCodec{}, longest
	// The cookie is for the whole site: officers ask the API too, whose answers depend on who asks.
	s.sessions.Cookie = scs.SessionCookie{Name: "zhixin_session", HttpOnly: true, Path: "/", SameSite: http.SameSiteLaxMode,
		Secure: s.secure, Persist: false}
	s.mux.HandleFunc("GET /assets/{hash}/{path...}", a.serve)
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, a.url("favicon.svg"), http.StatusFound)
	})
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.Handle("GET /metrics", s.metrics.handler())
	s.countJobs()
	return s, nil
}

// Mux returns the mux on which everything is registered; the API adds its own operations to it.
func (s *Server) Mux() *http.ServeMux { return s.mux }

// Sessions returns the sessions of the workbench; the API asks them who is logged in.
func (s *Server) Sessions() *org.Sessions { return s.store }

// Check adds something that has to hold before the node is ready.
func (s *Server) Check(name string, ok func(context.Context) error) {
	s.checks = append(s.checks, check{name, ok})
}

// Ready says whether the node can answer: the database does, and every check holds.
func (s *Server) Ready(ctx context.Context) error {
	errs := []error{s.DB.Ping(ctx)}
	for _, c := range s.checks {
		if err := c.ok(ctx); err != nil {
			errs = append(errs, fmt.Errorf("web: %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

// Run does the background work of the pages until ctx ends: noting when sessions were last seen.
func (s *Server) Run(ctx context.Context) { s.store.Run(ctx, s.Log) }

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.Warn("not ready", "err", err)
		plain(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	plain(w, http.StatusOK, strings.Join(append([]string{"ready"}, s.warnings(ctx, r)...), "\n"))
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// Absolute returns the URL of a path as the public calls it.
func (s *Server) Absolute(r *http.Request, path string) string {
	if s.PublicURL != "" {
		return strings.TrimSuffix(s.PublicURL, "/") + path
	}
	return "http://" + r.Host + path
}
