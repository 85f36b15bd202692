package web

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// Access says who may come in: [Anyone], [Signed], or the act of org that the person's post must be allowed.
type Access string

// Who may come in where no single act decides.
const (
	Anyone Access = ""
	Signed Access = "signed in"
)

// The limits of a request. A form is a few fields; files go through Stream.
const (
	maxForm   = 64 << 10
	pageTime  = 30 * time.Second
	actTime   = 60 * time.Second
	uploadMax = 2 * time.Hour
)

// Request is one request with what every handler needs to know of it.
type Request struct {
	*http.Request
	Ctx   context.Context
	By    org.Actor // zero for the public
	At    time.Time
	Today credit.Date
	Lang  lang.Tag

	server *Server
	person *Person // who is shown in the head of a page
	notice string  // what the page before says, as the cookie has it
}

// View is a request for a page, in a read-only transaction.
type View struct {
	*Request
	Q db.Q
}

// Act is a request that changes something, in a transaction that may run twice: Form has been read before it began.
type Act struct {
	*Request
	Q db.Q
}

// Stream is a request that makes its own transactions: an upload, a login, a decision about hundreds of cases.
type Stream struct {
	*Request
	DB *db.DB
}

// Person is who is logged in, as pages show it.
type Person struct {
	Name       string
	Login      string
	MustChange bool
	Post       Post
	Others     []Post // that the person could act in instead
}

// Post is one post of a person.
type Post struct{ ID, Title, Department string }

// View registers a page.
func (s *Server) View(pattern string, access Access, h func(*View) (Answer, error)) {
	s.handle(pattern, pageTime, func(c *Request) (a Answer, err error) {
		err = s.DB.View(c.Ctx, func(q db.Q) error {
			if err := c.enter(q, access); err != nil {
				return err
			}
			if a, err = h(&View{c, q}); err != nil {
				return err
			}
			return a.hold(c)
		})
		return a, err
	})
}

// Act registers an act: a small form is read, the act runs in one transaction, and its answer is written after the commit.
func (s *Server) Act(pattern string, access Access, h func(*Act) (Answer, error)) {
	s.handle(pattern, actTime, func(c *Request) (a Answer, err error) {
		if err := c.readForm(); err != nil {
			return a, err
		}
		err = s.DB.Tx(c.Ctx, func(q db.Q) (err error) {
			if err := c.enter(q, access); err != nil {
				return err
			}
			a, err = h(&Act{c, q})
			return err
		})
		return a, err
	})
}

// Stream registers a request that makes its own transactions.
func (s *Server) Stream(pattern string, access Access, h func(*Stream) (Answer, error)) {
	s.handle(pattern, uploadMax, func(c *Request) (Answer, error) {
		if err := s.DB.View(c.Ctx, func(q db.Q) error { return c.enter(q, access) }); err != nil {
			return Answer{}, err
		}
		return h(&Stream{c, s.DB})
	})
}

// handle does what is the same for all three: language, session, time limit, answer and fault.
func (s *Server) handle(pattern string, limit time.Duration, run func(*Request) (Answer, error)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		// Who sends his body drop by drop is cut off; a deadline in the past ends the read that waits.
		slow := time.AfterFunc(limit, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) })
		defer slow.Stop()
		c, err := s.begin(ctx, w, r)
		if err != nil {
			s.fail(w, c, err)
			return
		}
		a, err := run(c)
		defer a.letGo()
		if err == nil {
			err = s.keepSession(w, c)
		}
		if err != nil {
			s.fail(w, c, err)
			return
		}
		s.write(w, c, a)
	})
}

// begin makes the Request. It is never nil, so that a fault can be shown in the reader's language.
func (s *Server) begin(ctx context.Context, w http.ResponseWriter, r *http.Request) (*Request, error) {
	c := &Request{Request: r, Ctx: ctx, At: s.Now(), server: s}
	c.Today, c.Lang = credit.DateOf(c.At), language(w, r, s.secure)
	c.notice = takeNotice(w, r, s.secure)
	token := ""
	if k, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
		token = k.Value
	}
	with, err := s.sessions.Load(ctx, token)
	if err != nil {
		return c, err
	}
	c.Ctx = with
	return c, nil
}

// enter finds out who asks and refuses who may not.
func (c *Request) enter(q db.Q, access Access) error {
	if access == Anyone {
		return nil
	}
	user := c.server.sessions.GetString(c.Ctx, org.SessionUser)
	if user == "" {
		return fault.New(fault.Unauthenticated, "web.log_in_first")
	}
	by, err := org.ActorOf(c.Ctx, q, c.At, user, c.server.sessions.GetString(c.Ctx, org.SessionPost))
	if fault.Is(err, "org.no_post") { // the chosen post has ended: the person's first one
		by, err = org.ActorOf(c.Ctx, q, c.At, user, "")
	}
	if err != nil {
		return err
	}
	c.By = by
	if c.person, err = personOf(c.Ctx, q, by, c.Today); err != nil {
		return err
	}
	if c.person.MustChange && c.Pattern != "POST /work/logout" && !strings.HasPrefix(c.URL.Path, accountPath) {
		return fault.New(fault.Forbidden, changeFirst)
	}
	if access != Signed && !org.Can(by, org.Act(access)) {
		return fault.New(fault.Forbidden, "web.not_your_post", c.person.Post.Title)
	}
	return nil
}

// accountPath is where a person changes the password, and changeFirst what is said to who has not done so yet: a password that
// somebody else knows opens nothing.
const (
	accountPath = "/work/account"
	changeFirst = "web.change_password_first"
)

func personOf(ctx context.Context, q db.Q, by org.Actor, today credit.Date) (*Person, error) {
	u, err := org.UserByID(ctx, q, by.User)
	if err != nil {
		return nil, err
	}
	held, err := org.PostsOf(ctx, q, by.User, today)
	if err != nil {
		return nil, err
	}
	p := &Person{Name: u.Name, Login: u.Login, MustChange: u.MustChange}
	for _, h := range held {
		d, err := org.DepartmentOn(ctx, q, h.Department, today)
		if err != nil && !fault.Is(err, "org.no_department") {
			return nil, err
		}
		post := Post{h.ID, h.Title, d.Short}
		if h.ID == by.Post {
			p.Post = post
		} else {
			p.Others = append(p.Others, post)
		}
	}
	return p, nil
}

// Say returns the sentence of a code in the reader's language.
func (c *Request) Say(code string, args ...any) string {
	return c.server.Lang.Say(c.Lang, code, args...)
}

// Explain returns a fault's sentence in the reader's language, and err itself where it is no fault.
func (c *Request) Explain(err error) (string, error) {
	if kind, _ := fault.Of(err); kind == fault.Internal {
		return "", err
	}
	return c.server.Lang.Fault(c.Lang, err), nil
}

// Words returns the catalogue, for what writes sentences itself.
func (c *Request) Words() *lang.Catalogue { return c.server.Lang }

// Pick returns the text of the reader's language, and the Chinese one where there is no other.
func (c *Request) Pick(zh, en string) string {
	if c.Lang == lang.EN && en != "" {
		return en
	}
	return zh
}

// Query returns a parameter of the address, without blanks around it and cut to what any field of ours can hold.
func (c *Request) Query(name string) string { return clean(c.URL.Query().Get(name)) }

// Text returns a field of the form as it was typed, with its tabs and line ends, and of any length.
func (c *Request) Text(name string) string { return c.PostForm.Get(name) }

// Field returns a field of the form.
func (c *Request) Field(name string) string { return clean(c.PostForm.Get(name)) }

func clean(s string) string {
	const most = 4000
	if len(s) > most {
		s = s[:most]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == 0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// Remote returns the address from which the request comes.
func (c *Request) Remote() string {
	host, _, err := net.SplitHostPort(c.RemoteAddr)
	if err != nil {
		return c.RemoteAddr
	}
	return host
}

// Absolute returns the URL of a path of this node as the public calls it.
func (c *Request) Absolute(path string) string { return c.server.Absolute(c.Request, path) }

func (c *Request) readForm() error { return c.readFormOf(maxForm) }

func (c *Request) readFormOf(most int64) error {
	c.Body = http.MaxBytesReader(nil, c.Body, most)
	if err := c.ParseForm(); err != nil {
		return formFault(err, most)
	}
	err := c.ParseMultipartForm(most)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	return formFault(err, most)
}

func formFault(err error, most int64) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, "web.form_too_large", most>>10)
	}
	return fault.New(fault.Invalid, "web.bad_form")
}

// ReadForm reads the small form of a request that makes its own transactions.
func (c *Stream) ReadForm() error { return c.readForm() }

// drained is how much of a form that is too large is read all the same: a browser that is still sending does not hear the answer.
const drained = 32 << 20

// ReadLongForm is ReadForm for one that may have up to most bytes.
func (c *Stream) ReadLongForm(most int64) error {
	body := c.Body
	err := c.readFormOf(most)
	if fault.Is(err, "web.form_too_large") {
		_, _ = io.CopyN(io.Discard, body, drained) // what cannot be read any more need not be
	}
	return err
}

// File returns the file of an upload form with the fields that stand before it. The file is read as it comes. Without a file the
// fields are returned with fault web.no_file.
func (c *Stream) File() (fields url.Values, name string, body io.Reader, err error) {
	form, err := c.MultipartReader()
	if err != nil {
		return nil, "", nil, fault.New(fault.Invalid, "web.bad_form")
	}
	fields = url.Values{}
	for range 20 {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", nil, fault.New(fault.Invalid, "web.bad_form")
		}
		if part.FileName() != "" {
			return fields, clean(part.FileName()), part, nil
		}
		if err := addField(fields, part); err != nil {
			return nil, "", nil, err
		}
	}
	return fields, "", nil, fault.New(fault.Invalid, "web.no_file")
}

func addField(fields url.Values, part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, maxForm+1))
	if err != nil {
		return fault.New(fault.Invalid, "web.bad_form")
	}
	if len(text) > maxForm {
		return fault.New(fault.TooLarge, "web.form_too_large", maxForm>>10)
	}
	fields.Add(part.FormName(), clean(string(text)))
	return nil
}
