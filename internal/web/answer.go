package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// Answer is what a handler returns; it is written after the commit.
type Answer struct {
	status int
	face   *Face
	page   framed
	to     string // a redirect
	notice notice
	file   *file
	stream func(io.Writer) error
	held   *Spool // what stream wrote
}

// file is an answer that is no page.
type file struct {
	name, kind string // name "" is shown, not saved
	body       []byte
}

// notice is a sentence that the next page shows, as a code so that nobody can put words into our mouth.
type notice struct {
	Code string   `json:"c"`
	Args []string `json:"a,omitempty"`
}

// Redirect sends the browser to a path of ours after an act; code is a sentence for the next page, "" for none.
func Redirect(to, code string, args ...any) Answer {
	n := notice{Code: code}
	for _, a := range args {
		n.Args = append(n.Args, fmt.Sprint(a))
	}
	return Answer{status: http.StatusSeeOther, to: to, notice: n}
}

// Shown returns bytes that the browser shows by itself, such as a PDF.
func Shown(kind string, body []byte) Answer {
	return Answer{status: http.StatusOK, file: &file{kind: kind, body: body}}
}

// Saved returns bytes that the browser saves under a name.
func Saved(name, kind string, body []byte) Answer {
	return Answer{status: http.StatusOK, file: &file{name: name, kind: kind, body: body}}
}

// Download returns a file that is written row by row while the snapshot of the View is open, and sent when that is closed. It
// is for views only.
func Download(name, kind string, write func(io.Writer) error) Answer {
	return Answer{status: http.StatusOK, file: &file{name: name, kind: kind}, stream: write}
}

// write sends an answer.
func (s *Server) write(w http.ResponseWriter, c *Request, a Answer) {
	switch {
	case a.to != "":
		putNotice(w, a.notice, s.secure)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, c.Request, a.to, a.status)
	case a.page != nil:
		var b bytes.Buffer
		if err := a.face.render(&b, c, a.page); err != nil {
			s.fail(w, c, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Language", c.Lang.HTML())
		h.Set("Cache-Control", "no-cache, private")
		h.Add("Vary", "Cookie, Accept-Language")
		if a.page.frame().NoStore {
			h.Set("Cache-Control", "no-store")
		}
		if a.page.frame().NoIndex {
			h.Set("X-Robots-Tag", "noindex")
		}
		send(w, c.Request, a.status, b.Bytes())
	case a.stream != nil:
		a.file.head(w.Header())
		if a.held == nil { // only its head was asked for
			return
		}
		w.Header().Set("Content-Length", strconv.FormatInt(a.held.Size(), 10))
		if err := a.held.Send(w); err != nil { // a reader who has gone, or who does not read: half of a file must not look whole
			s.Log.Info("download", "request", idOf(c.Ctx), "route", c.Pattern, "err", err)
			panic(http.ErrAbortHandler)
		}
	case a.file != nil:
		a.file.head(w.Header())
		send(w, c.Request, a.status, a.file.body)
	}
}

func (f *file) head(h http.Header) {
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache, private")
	if f.name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	}
}

func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader who has gone is no fault of ours
	}
}

// hold writes a long file to where it waits to be sent.
func (a *Answer) hold(c *Request) error {
	if a.stream == nil || c.Method == http.MethodHead {
		return nil
	}
	a.held = &Spool{}
	if err := a.stream(a.held); err != nil {
		return errors.Join(err, a.held.Close())
	}
	return nil
}

// letGo drops what was held.
func (a *Answer) letGo() {
	if a.held != nil {
		_ = a.held.Close() // it has no name and nobody needs it any more
	}
}

const noticeCookie = "zhixin_notice"

func putNotice(w http.ResponseWriter, n notice, secure bool) {
	if n.Code == "" {
		return
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return // two texts always have a JSON form
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Value: base64.RawURLEncoding.EncodeToString(raw), Path: "/", MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure})
}

// takeNotice returns the notice that the act before left, once: it is shown on the next page that is asked for.
func takeNotice(w http.ResponseWriter, r *http.Request, secure bool) string {
	k, err := r.Cookie(noticeCookie)
	if err != nil || r.Method != http.MethodGet {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure})
	return k.Value
}

// say returns the sentence of a notice, "" where it is none of ours.
func (s *Server) sayNotice(c *Request) string {
	raw, err := base64.RawURLEncoding.DecodeString(c.notice)
	if err != nil || len(raw) == 0 || len(raw) > 1000 {
		return ""
	}
	var n notice
	if json.Unmarshal(raw, &n) != nil || !s.Lang.Has(n.Code) {
		return ""
	}
	args := make([]any, len(n.Args))
	for i, a := range n.Args {
		args[i] = a
	}
	return s.Lang.Say(c.Lang, n.Code, args...)
}
