package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/web"
)

// Problem is an RFC 9457 problem document. Programs match on Type, which never changes; Detail is for people.
type Problem struct {
	Type   string `json:"type" doc:"urn:zhixin:problem:<code>, stable"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail" doc:"A sentence in the language asked for"`
}

func (p *Problem) Error() string { return p.Type }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// requestID is the header that names a request in the answer and in the log.
const requestID = "X-Request-Id"

// teller turns errors into problem documents, and logs the internal ones: this is the edge.
type teller struct {
	words *lang.Catalogue
	log   *slog.Logger
}

// problem is the document for err. status is that of huma's own complaints about a request, which are not faults. An asker
// who has gone is not worth a line in the log.
func (t teller) problem(ctx context.Context, request, accept string, status int, err error) *Problem {
	if kind, _ := fault.Of(err); kind == fault.Internal {
		if status >= http.StatusInternalServerError && ctx.Err() == nil {
			t.log.Error("api", "request", request, "err", err)
		}
		err = complaint(status, err)
	}
	kind, code := fault.Of(err)
	status = web.Status(kind)
	return &Problem{Type: "urn:zhixin:problem:" + code, Title: http.StatusText(status), Status: status, Detail: t.words.Fault(lang.Match(accept), err)}
}

// complaint is the fault for what huma says about a request, or for what broke.
func complaint(status int, err error) error {
	var one *huma.ErrorDetail
	switch {
	case status >= http.StatusInternalServerError:
		return &fault.Error{Kind: fault.Internal, Code: "api.internal"}
	case errors.As(err, &one):
		_, name, _ := strings.Cut(one.Location, ".")
		return fault.New(fault.Invalid, "api.bad_parameter", name, clip(fmt.Sprint(one.Value)))
	}
	return fault.New(fault.Invalid, "api.bad_request")
}

// clip keeps what a stranger sends from filling a sentence.
func clip(s string) string {
	const most = 64
	s = strings.ToValidUTF8(s, "\ufffd")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// write answers a plain handler's request with the problem of err.
func (t teller) write(w http.ResponseWriter, r *http.Request, err error) {
	p := t.problem(r.Context(), w.Header().Get(requestID), r.Header.Get("Accept-Language"), http.StatusInternalServerError, err)
	w.Header().Set("Content-Type", "application/problem+json")
	hint(w.Header(), p.Status)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// hint sets the headers that tell a program what to do about a status.
func hint(h http.Header, status int) {
	h.Set("Cache-Control", "no-store")
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="zhixin"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
}

// adopt makes huma speak our problems. huma keeps these makers in variables of its package, so there is no other way in.
func (t teller) adopt() {
	made := func(c huma.Context, status int, msg string, errs []error) huma.StatusError {
		err := errors.Join(errs...)
		if err == nil {
			err = errors.New(msg)
		}
		if c == nil { // for the document only
			return t.problem(context.Background(), "", "", http.StatusBadRequest, err)
		}
		_, w := humago.Unwrap(c)
		p := t.problem(c.Context(), w.Header().Get(requestID), c.Header("Accept-Language"), status, err)
		hint(w.Header(), p.Status)
		return p
	}
	huma.NewErrorWithContext = func(c huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return made(c, status, msg, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return made(nil, status, msg, errs) }
}
