package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// Status returns the HTTP status of a kind of fault.
func Status(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// noSuchMethod is the one fault with a status of its own.
const noSuchMethod = "web.no_such_method"

func statusOf(kind fault.Kind, code string) int {
	if code == noSuchMethod {
		return http.StatusMethodNotAllowed
	}
	return Status(kind)
}

// loginPath is where a person logs in.
const loginPath = "/work/login"

// errorPage tells what happened, what is safe and what to do.
type errorPage struct {
	Page
	Status  int
	Text    string
	Back    string // where one came from, on this site
	Home    string
	Request string // quoted when asking for help; only for what is our fault
}

// fail answers with an error: a fault by its sentence, anything else logged once and shown as the busy system.
func (s *Server) fail(w http.ResponseWriter, c *Request, err error) {
	kind, code := fault.Of(err)
	status := statusOf(kind, code)
	if kind == fault.Internal {
		if c.Context().Err() != nil { // the reader has gone; nobody is left to tell
			w.WriteHeader(statusGone)
			return
		}
		s.Log.Error("page", "request", idOf(c.Ctx), "route", c.Pattern, "err", err)
	}
	if kind == fault.Unauthenticated && c.Method == http.MethodGet && c.URL.Path != loginPath {
		http.Redirect(w, c.Request, loginPath+"?next="+url.QueryEscape(c.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if code == changeFirst && c.Method == http.MethodGet {
		http.Redirect(w, c.Request, accountPath, http.StatusSeeOther)
		return
	}
	p := &errorPage{Status: status, Text: s.Lang.Fault(c.Lang, err), Back: backTo(c.Request), Home: "/"}
	p.Title = c.Say(titleOf(status))
	p.NoIndex = true
	if kind == fault.Internal {
		p.Request = idOf(c.Ctx)
	}
	if strings.HasPrefix(c.URL.Path, "/work") {
		p.Home = "/work"
	}
	face := s.faceOf(c.URL.Path)
	if face == nil {
		plain(w, status, p.Text)
		return
	}
	a := Answer{status: status, face: face, page: p}
	s.write(w, c, a)
}

// statusGone is noted in the log where the reader went away; it is never received.
const statusGone = 499

func titleOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "web.title_not_found"
	case http.StatusForbidden, http.StatusUnauthorized:
		return "web.title_forbidden"
	case http.StatusConflict:
		return "web.title_conflict"
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		return "web.title_busy"
	}
	return "web.title_invalid"
}

// backTo returns the page of this site from which the reader came.
func backTo(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path == r.URL.Path && r.Method == http.MethodGet {
		return ""
	}
	return u.RequestURI()
}

// refuse answers what never reached a handler.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.problem(w, r, err)
		return
	}
	s.fail(w, s.bare(w, r), err)
}

// busy answers after a panic, without touching the database.
func (s *Server) busy(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.problem(w, r, nil)
		return
	}
	plain(w, http.StatusInternalServerError, s.Lang.Say(language(w, r, s.secure), "lang.busy"))
}

// bare is a request without session.
func (s *Server) bare(w http.ResponseWriter, r *http.Request) *Request {
	at := s.Now()
	return &Request{Request: r, Ctx: r.Context(), At: at, Today: credit.DateOf(at), Lang: language(w, r, s.secure), server: s}
}

// problem answers under /api/ what the API itself never got to see, in the form of its own answers (RFC 9457).
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	kind, code := fault.Of(err)
	status := statusOf(kind, code)
	if code == "" {
		code = "web.internal"
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"urn:zhixin:problem:" + code, http.StatusText(status), status, s.Lang.Fault(language(w, r, s.secure), err)})
}
