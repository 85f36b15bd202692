package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

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

// teller turns errors into problem documents, and logs the internal ones: this is the edge.
type teller struct {
	words *lang.Catalogue
	log   *slog.Logger
}

// problem is the document for err. status is used for huma's own complaints about a request, which are not faults.
func (t teller) problem(accept string, status int, err error) *Problem {
	tag := lang.Match(accept)
	kind, code := fault.Of(err)
	switch {
	case kind != fault.Internal:
		status = web.Status(kind)
	case status >= http.StatusInternalServerError:
		t.log.Error("api", "err", err)
		code = "api.internal"
	case status == http.StatusNotFound:
		code = "api.no_such_path"
	default:
		code = "api.bad_request"
	}
	p := &Problem{Type: "urn:zhixin:problem:" + code, Title: http.StatusText(status), Status: status}
	if kind != fault.Internal {
		p.Detail = t.words.Fault(tag, err)
	} else if code == "api.bad_request" && err != nil {
		p.Detail = t.words.Say(tag, code, err.Error())
	} else {
		p.Detail = t.words.Say(tag, code, "")
	}
	return p
}

// write answers a plain handler's request with the problem of err.
func (t teller) write(w http.ResponseWriter, r *http.Request, err error) {
	p := t.problem(r.Header.Get("Accept-Language"), http.StatusInternalServerError, err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// adopt makes huma speak our problems. huma keeps these makers in variables of its package, so there is no other way in.
func (t teller) adopt() {
	made := func(accept string, status int, msg string, errs []error) huma.StatusError {
		err := errors.Join(errs...)
		if err == nil {
			err = errors.New(msg)
		}
		return t.problem(accept, status, err)
	}
	huma.NewErrorWithContext = func(c huma.Context, status int, msg string, errs ...error) huma.StatusError {
		accept := ""
		if c != nil {
			accept = c.Header("Accept-Language")
		}
		return made(accept, status, msg, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return made("", status, msg, errs) }
}
