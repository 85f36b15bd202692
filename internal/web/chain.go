package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"zhixin/internal/fault"
)

// policyHeader allows what our pages use and nothing else: no inline script or style, no frame, no foreign host.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler returns the whole chain: request id, log and metrics, security headers, refusal of cross-origin writes, and the
// routes. What the routes do not know is answered here, so that it too is a page (or, under /api/, a problem document).
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, fault.New(fault.Forbidden, "web.cross_origin"))
	}))
	return s.watched(guard.Handler(http.HandlerFunc(s.route)))
}

// route answers by the mux; a path or method that it does not know becomes a fault.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r) // again, because only this sets the path values
		return
	}
	probe := &statusOnly{head: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.head.Get("Allow"))
		s.refuse(w, r, fault.New(fault.Invalid, noSuchMethod))
		return
	}
	s.refuse(w, r, fault.New(fault.NotFound, "web.no_such_page"))
}

// statusOnly hears what the mux would have said.
type statusOnly struct {
	head   http.Header
	status int
}

func (p *statusOnly) Header() http.Header         { return p.head }
func (p *statusOnly) WriteHeader(status int)      { p.status = status }
func (p *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// requestID is the key of the request's id in its context.
type requestID struct{}

// idOf returns the id under which the log knows a request; a reader can quote it.
func idOf(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

// watched gives each request an id, sets the headers that all answers carry, logs it and counts it.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.ToLower(rand.Text()[:10])
		r = r.WithContext(context.WithValue(r.Context(), requestID{}, id))
		h := w.Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("X-Request-Id", id)
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		began, seen := s.Now(), &watcher{ResponseWriter: w, patience: s.patience}
		defer func() {
			broken := recover()
			if broken != nil && broken != http.ErrAbortHandler {
				s.Log.Error("panic", "request", id, "err", broken, "stack", string(debug.Stack()))
				if seen.status == 0 {
					s.busy(seen, r)
				}
			}
			took := s.Now().Sub(began)
			s.metrics.note(r.Pattern, seen.status, took)
			s.Log.Log(r.Context(), levelOf(r.Pattern), "request", "request", id, "method", r.Method, "route", r.Pattern,
				"status", seen.status, "ms", took.Milliseconds(), "bytes", seen.bytes)
			if broken == http.ErrAbortHandler {
				panic(broken) // the connection is to be cut
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// levelOf keeps probes and pictures out of an ordinary log.
func levelOf(route string) slog.Level {
	switch {
	case strings.HasPrefix(route, "GET /assets/"), route == "GET /healthz", route == "GET /readyz", route == "GET /metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// watcher notes what was answered, and sees to it that it is taken.
type watcher struct {
	http.ResponseWriter
	status   int
	bytes    int64
	patience time.Duration
}

func (w *watcher) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.before(0)
	w.ResponseWriter.WriteHeader(status)
}

func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.before(len(b))
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
