package org

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// LeafSessionEnded is the kind of leaf for sessions that somebody ended; the subject is the person's id.
const LeafSessionEnded = "org.session_ended"

// The values of a session that this package reads, beside those of the pages. They are set at login.
const (
	SessionUser   = "user"   // id of the person
	SessionPost   = "post"   // id of the post chosen
	SessionRemote = "remote" // address of the browser
	SessionAgent  = "agent"  // what the browser calls itself
)

// idle is how long a session lives without a page; its longest life is the session manager's.
const idle = 2 * time.Hour

// Sessions keeps browser sessions in the database, for scs. A token is stored as its hash only. Looking at pages writes
// nothing: when a session was last seen is noted in memory and written at most once a minute, by [Sessions.Run].
//
// now is the wall clock also where the rest of the house runs on a demo's clock, because scs counts by it.
type Sessions struct {
	d   *db.DB
	now func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // session id → last seen, not yet written
}

// NewSessions returns the store of sessions. Its [SessionCodec] must be the session manager's codec.
func NewSessions(d *db.DB, now func() time.Time) *Sessions {
	return &Sessions{d: d, now: now, seen: map[string]time.Time{}}
}

// sessionID is the hash under which a token is stored.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx implements scs's store: the data of a session that has neither expired nor been ended nor been left idle.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	id, now := sessionID(token), s.now()
	var expires, seen, revoked db.Time
	err = s.d.View(ctx, func(q db.Q) error {
		return q.QueryRowContext(ctx, `SELECT data, expires_at, seen_at, revoked_at FROM org_session WHERE id = $1`, id).
			Scan(&data, &expires, &seen, &revoked)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("org: find session: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := seen.Time
	if noted, ok := s.seen[id]; ok && noted.After(last) {
		last = noted
	}
	if !revoked.IsZero() || !now.Before(expires.Time) || now.Sub(last) >= idle {
		return nil, false, nil
	}
	if now.Sub(seen.Time) >= time.Minute {
		s.seen[id] = now
	}
	return data, true, nil
}

// CommitCtx implements scs's store. A session that was ended stays so, whatever a request under way still writes.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	_, values, err := SessionCodec{}.Decode(data)
	if err != nil {
		return err
	}
	text := func(key string) string { v, _ := values[key].(string); return v }
	now := db.Time{Time: s.now()}
	return s.d.Tx(ctx, func(q db.Q) error {
		_, err := q.ExecContext(ctx, `INSERT INTO org_session (id, user_id, data, expires_at, created_at, seen_at, remote, agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, data = excluded.data, expires_at = excluded.expires_at,
				seen_at = excluded.seen_at, remote = excluded.remote, agent = excluded.agent
			WHERE org_session.revoked_at IS NULL`,
			sessionID(token), text(SessionUser), data, db.Time{Time: expires}, now, now, text(SessionRemote), text(SessionAgent))
		if err != nil {
			return fmt.Errorf("org: keep session: %w", err)
		}
		return nil
	})
}

// DeleteCtx implements scs's store: it ends a session, as when somebody logs out.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.d.Tx(ctx, func(q db.Q) error {
		_, err := q.ExecContext(ctx, `UPDATE org_session SET revoked_at = $2, data = $3 WHERE id = $1 AND revoked_at IS NULL`,
			sessionID(token), db.Time{Time: s.now()}, []byte{})
		if err != nil {
			return fmt.Errorf("org: end session: %w", err)
		}
		return nil
	})
}

// Find implements scs's store.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs's store.
func (s *Sessions) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

// Delete implements scs's store.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Flush writes when sessions were last seen and drops those that have expired.
func (s *Sessions) Flush(ctx context.Context) error {
	s.mu.Lock()
	seen := s.seen
	s.seen = map[string]time.Time{}
	s.mu.Unlock()
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.Sort(ids) // two nodes then lock rows in one order
	err := s.d.Tx(ctx, func(q db.Q) error {
		for _, id := range ids {
			at := db.Time{Time: seen[id]}
			if _, err := q.ExecContext(ctx, `UPDATE org_session SET seen_at = $2 WHERE id = $1 AND seen_at < $3`, id, at, at); err != nil {
				return fmt.Errorf("org: note sessions: %w", err)
			}
		}
		if _, err := q.ExecContext(ctx, `DELETE FROM org_session WHERE expires_at <= $1`, db.Time{Time: s.now()}); err != nil {
			return fmt.Errorf("org: drop sessions: %w", err)
		}
		return nil
	})
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for id, at := range seen {
			if s.seen[id].Before(at) {
				s.seen[id] = at
			}
		}
	}
	return err
}

// Run flushes once a minute, and once more when ctx ends. What cannot be written now is written later; log hears of it.
func (s *Sessions) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-ctx.Done():
			done = true
		case <-tick.C:
		}
		if err := s.Flush(context.WithoutCancel(ctx)); err != nil {
			log.Warn("sessions", "err", err)
		}
	}
}

// Session is a browser that is logged in.
type Session struct {
	ID            string // hash of its token
	Created, Seen time.Time
	Remote, Agent string
}

// SessionsOf returns a person's sessions, the one seen last first.
func SessionsOf(ctx context.Context, q db.Q, userID string, now time.Time) (out []Session, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, created_at, seen_at, remote, agent FROM org_session
		WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY seen_at DESC, id`, userID, db.Time{Time: now})
	if err != nil {
		return nil, fmt.Errorf("org: read sessions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s Session
		var created, seen db.Time
		if err := rows.Scan(&s.ID, &created, &seen, &s.Remote, &s.Agent); err != nil {
			return nil, fmt.Errorf("org: read sessions: %w", err)
		}
		s.Created, s.Seen = created.Time, seen.Time
		if now.Sub(s.Seen) < idle {
			out = append(out, s)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read sessions: %w", err)
	}
	return out, nil
}

// EndSession ends one session of a person.
func EndSession(ctx context.Context, q db.Q, by Actor, at time.Time, userID, id string) error {
	res, err := q.ExecContext(ctx, `UPDATE org_session SET revoked_at = $3, data = $4 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL`,
		id, userID, db.Time{Time: at}, []byte{})
	if err != nil {
		return fmt.Errorf("org: end session: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("org: end session: %w", err)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "org.no_session")
	}
	_, err = audit.Add(ctx, q, by, at, LeafSessionEnded, userID, struct{}{})
	return err
}

// endSessions ends all sessions of a person but one.
func endSessions(ctx context.Context, q db.Q, at time.Time, userID, but string) error {
	_, err := q.ExecContext(ctx, `UPDATE org_session SET revoked_at = $3, data = $4 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL`,
		userID, but, db.Time{Time: at}, []byte{})
	if err != nil {
		return fmt.Errorf("org: end sessions: %w", err)
	}
	return nil
}

// SessionCodec spells a session's values, which are texts and truths only, so that the store can read whose it is and the
// same values are always the same bytes. It is scs's codec.
type SessionCodec struct{}

type sessionData struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode implements scs's codec.
func (SessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	for key, v := range values {
		switch v.(type) {
		case string, bool:
		default:
			return nil, fmt.Errorf("org: session value %s is a %T; only texts and truths are kept", key, v)
		}
	}
	raw, err := json.Marshal(sessionData{deadline.UTC(), values})
	if err != nil {
		return nil, fmt.Errorf("org: write session: %w", err)
	}
	return raw, nil
}

// Decode implements scs's codec.
func (SessionCodec) Decode(raw []byte) (time.Time, map[string]any, error) {
	var d sessionData
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&d); err != nil {
		return time.Time{}, nil, fmt.Errorf("org: read session: %w", err)
	}
	if d.Values == nil {
		d.Values = map[string]any{}
	}
	return d.Deadline, d.Values, nil
}
