package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"zhixin/internal/org"
)

// SignIn begins a person's session under a new token, so that nobody can have known it before.
func (c *Stream) SignIn(u org.User) error {
	s := c.server.sessions
	if err := s.RenewToken(c.Ctx); err != nil {
		return fmt.Errorf("web: sign in: %w", err)
	}
	s.Put(c.Ctx, org.SessionUser, u.ID)
	s.Put(c.Ctx, org.SessionPost, "")
	s.Put(c.Ctx, org.SessionRemote, c.Remote())
	s.Put(c.Ctx, org.SessionAgent, clip(c.UserAgent(), 300))
	return nil
}

// SignOut ends the session.
func (c *Stream) SignOut() error {
	if err := c.server.sessions.Destroy(c.Ctx); err != nil {
		return fmt.Errorf("web: sign out: %w", err)
	}
	return nil
}

// ChoosePost lets the person act in another post from the next page on.
func (c *Stream) ChoosePost(id string) { c.server.sessions.Put(c.Ctx, org.SessionPost, id) }

// SessionToken returns the token of the session, for acts that spare it.
func (c *Request) SessionToken() string { return c.server.sessions.Token(c.Ctx) }

// Wall returns the time by which sessions count, which is the world's also in a demo city.
func (c *Request) Wall() time.Time { return time.Now() }

// keepSession stores a session that has changed. Looking at a page stores nothing.
func (s *Server) keepSession(w http.ResponseWriter, c *Request) error {
	switch s.sessions.Status(c.Ctx) {
	case scs.Modified:
		token, until, err := s.sessions.Commit(c.Ctx)
		if err != nil {
			return fmt.Errorf("web: keep session: %w", err)
		}
		s.sessions.WriteSessionCookie(c.Ctx, w, token, until)
	case scs.Destroyed:
		s.sessions.WriteSessionCookie(c.Ctx, w, "", time.Time{})
	}
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return clean(s[:n])
	}
	return clean(s)
}
