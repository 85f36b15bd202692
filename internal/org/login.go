package org

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// The kinds of leaves about logging in; the subject is the person's id, also of a login that nobody has.
const (
	LeafLoggedIn        = "org.logged_in"
	LeafLoginFailed     = "org.login_failed" // only when waiting begins, not for every attempt
	LeafPasswordChanged = "org.password_changed"
)

// How logging in is slowed down. A remote address may be a whole office behind one line, so it is allowed more.
const (
	freeLogin  = 5  // failures in a row before a login has to wait
	freeRemote = 50 // the same for a remote address
	longest    = 15 * time.Minute
	forgotten  = 24 * time.Hour // after this long without a failure the count begins anew
)

// throttle returns how long an attempt at now still has to wait, after so many failures of which the last was at last:
// nothing for the first free ones, then 1 s, 2 s, 4 s, … up to 15 minutes.
func throttle(failures, free int, last, now time.Time) time.Duration {
	if failures < free || now.Sub(last) >= forgotten {
		return 0
	}
	wait := longest
	if doubled := failures - free; doubled < 10 {
		wait = min(time.Second<<doubled, longest)
	}
	return max(0, wait-max(0, now.Sub(last)))
}

// attempt is the count of failures of one login or one remote address.
type attempt struct {
	who      string
	free     int
	failures int
	last     time.Time
}

// whoOf names the counted thing without keeping it: people type passwords into the wrong field.
func whoOf(kind, what string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + what))
	return hex.EncodeToString(sum[:])
}

// stored is what a login is compared with.
type stored struct {
	user     User
	password string
	failures int // of this login, this attempt counted
	remotes  int // of this remote address
}

// Login lets a person in by login and password. Unknown logins and wrong passwords give the same answer after the same
// work. The attempt is counted before the password is looked at, so that many at once do not get past the count, and taken
// back when it was right. remote is the address from which it comes.
func Login(ctx context.Context, d *db.DB, at time.Time, login, password, remote string) (User, error) {
	login, password = normLogin(login), foldWidth(password)
	has, err := begin(ctx, d, at, login, remote)
	if err != nil {
		return User{}, err
	}
	if len(password) > maxPassword {
		password = ""
	}
	ok, stale, err := verify(password, has.password)
	if err != nil {
		return User{}, err
	}
	if !ok || has.user.ID == "" {
		return User{}, failed(ctx, d, at, login, remote, has)
	}
	if !has.user.Disabled.IsZero() {
		return User{}, fault.New(fault.Unauthenticated, "org.user_disabled")
	}
	again := ""
	if stale {
		again = phc(password, newSalt(), standard)
	}
	return has.user, d.Tx(ctx, func(q db.Q) error { return letIn(ctx, q, at, has, login, remote, again) })
}

// begin counts an attempt that is allowed now and returns what to compare with.
func begin(ctx context.Context, d *db.DB, at time.Time, login, remote string) (has stored, err error) {
	err = d.Tx(ctx, func(q db.Q) error {
		has = stored{password: decoy}
		counts := []attempt{{who: whoOf("login", login), free: freeLogin}, {who: whoOf("remote", remote), free: freeRemote}}
		for i := range counts {
			a := &counts[i]
			if err := a.read(ctx, q); err != nil {
				return err
			}
			if wait := throttle(a.failures, a.free, a.last, at); wait > 0 {
				return fault.New(fault.TooMany, "org.wait", int((wait+time.Second-1)/time.Second))
			}
		}
		for i := range counts {
			if err := counts[i].count(ctx, q, at); err != nil {
				return err
			}
		}
		has.failures, has.remotes = counts[0].failures, counts[1].failures
		var password string
		u, err := scanUser(q.QueryRowContext(ctx, `SELECT `+userCols+`, password FROM org_user WHERE login = $1`, login), &password)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("org: read login: %w", err)
		}
		if err == nil {
			has.user, has.password = u, password
		}
		return nil
	})
	return has, err
}

func (a *attempt) read(ctx context.Context, q db.Q) error {
	var last db.Time
	err := q.QueryRowContext(ctx, `SELECT failures, last_at FROM org_attempt WHERE who = $1`, a.who).Scan(&a.failures, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("org: read attempts: %w", err)
	}
	a.last = last.Time
	return nil
}

func (a *attempt) count(ctx context.Context, q db.Q, at time.Time) error {
	if at.Sub(a.last) >= forgotten {
		a.failures = 0
	}
	a.failures++
	_, err := q.ExecContext(ctx, `INSERT INTO org_attempt (who, failures, last_at) VALUES ($1, $2, $3)
		ON CONFLICT (who) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at`, a.who, a.failures, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("org: count attempt: %w", err)
	}
	return nil
}

type loginBody struct {
	Remote   string `json:"remote"`
	Failures int    `json:"failures,omitempty"`
}

// failed logs the moment in which a login or an address begins to have to wait, and returns the one answer to all failures.
func failed(ctx context.Context, d *db.DB, at time.Time, login, remote string, has stored) error {
	no := fault.New(fault.Unauthenticated, "org.bad_login")
	if has.failures != freeLogin && has.remotes != freeRemote {
		return no
	}
	err := d.Tx(ctx, func(q db.Q) error {
		_, err := audit.Add(ctx, q, credit.System("org.login"), at, LeafLoginFailed, userID(login), loginBody{remote, has.failures})
		return err
	})
	if err != nil {
		return err
	}
	return no
}

// letIn takes the attempt back and logs it. A password that was changed while this one was compared is the one that counts.
func letIn(ctx context.Context, q db.Q, at time.Time, has stored, login, remote, again string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM org_attempt WHERE who = $1 OR last_at < $2`, whoOf("login", login), db.Time{Time: at.Add(-forgotten)}); err != nil {
		return fmt.Errorf("org: log in: %w", err)
	}
	if _, err := q.ExecContext(ctx, `UPDATE org_attempt SET failures = failures - 1 WHERE who = $1 AND failures > 0`, whoOf("remote", remote)); err != nil {
		return fmt.Errorf("org: log in: %w", err)
	}
	if again == "" {
		again = has.password
	}
	res, err := q.ExecContext(ctx, `UPDATE org_user SET password = $3 WHERE id = $1 AND password = $2 AND disabled_at IS NULL`,
		has.user.ID, has.password, again)
	if err != nil {
		return fmt.Errorf("org: log in: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("org: log in: %w", err)
	}
	if n != 1 {
		return fault.New(fault.Unauthenticated, "org.bad_login")
	}
	_, err = audit.Add(ctx, q, Actor{User: has.user.ID}, at, LeafLoggedIn, has.user.ID, loginBody{Remote: remote})
	return err
}

// ChangePassword lets a person choose a new password. The old one is asked for and throttled as in [Login]; every other
// session of the person ends; keep is the token of this one.
func ChangePassword(ctx context.Context, d *db.DB, at time.Time, by Actor, old, chosen, remote, keep string) error {
	var u User
	err := d.View(ctx, func(q db.Q) (err error) {
		u, err = UserByID(ctx, q, by.User)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := Login(ctx, d, at, u.Login, old, remote); err != nil {
		return err
	}
	password, err := HashPassword(chosen)
	if err != nil {
		return err
	}
	if password.is(u.Login) {
		return fault.New(fault.Invalid, "org.password_login")
	}
	if foldWidth(chosen) == foldWidth(old) {
		return fault.New(fault.Invalid, "org.password_same")
	}
	return d.Tx(ctx, func(q db.Q) error {
		_, err := q.ExecContext(ctx, `UPDATE org_user SET password = $2, must_change = $3 WHERE id = $1`, u.ID, password.hash, false)
		if err != nil {
			return fmt.Errorf("org: change password: %w", err)
		}
		if err := endSessions(ctx, q, at, u.ID, sessionID(keep)); err != nil {
			return err
		}
		_, err = audit.Add(ctx, q, by, at, LeafPasswordChanged, u.ID, loginBody{Remote: remote})
		return err
	})
}
