package org

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// The kinds of leaves about people; the subject is the person's id.
const (
	LeafUser     = "org.user"
	LeafDisabled = "org.user_disabled"
	LeafEnabled  = "org.user_enabled"
)

// User is a person who can log in.
type User struct {
	ID         string
	Login      string // unique for ever, lower case
	Name       string
	MustChange bool // the password was given by somebody else
	Created    time.Time
	Disabled   time.Time // zero while the person may log in
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// normLogin spells a login as it is stored.
func normLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// userID is the id of the person with a login.
func userID(login string) string { return db.Key("org.user", login) }

type userBody struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Password bool   `json:"password"` // whether the password was set
}

// PutUser puts a person in or changes the name; the login names him. An empty password leaves the one he has; a new one ends
// every session that the old one began. It returns the user with the id.
func PutUser(ctx context.Context, q db.Q, by Actor, at time.Time, u User, password Password) (User, error) {
	u.Login, u.Name = normLogin(u.Login), strings.TrimSpace(u.Name)
	if !loginForm.MatchString(u.Login) {
		return User{}, fault.New(fault.Invalid, "org.bad_login_name", u.Login)
	}
	if u.Name == "" {
		return User{}, fault.New(fault.Invalid, "org.name_needed", u.Login)
	}
	if password.is(u.Login) {
		return User{}, fault.New(fault.Invalid, "org.password_login")
	}
	u.ID = userID(u.Login)
	had, err := UserByID(ctx, q, u.ID)
	switch {
	case fault.Is(err, "org.no_user"):
		if password.hash == "" {
			return User{}, fault.New(fault.Invalid, "org.password_needed")
		}
		u.Created, u.Disabled = at, time.Time{}
	case err != nil:
		return User{}, err
	default:
		u.Created, u.Disabled = had.Created, had.Disabled
		if password.hash == "" && had.Name == u.Name && had.MustChange == u.MustChange {
			return had, nil
		}
	}
	_, err = q.ExecContext(ctx, `INSERT INTO org_user (id, login, name, password, must_change, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, must_change = excluded.must_change,
			password = CASE WHEN excluded.password = '' THEN org_user.password ELSE excluded.password END`,
		u.ID, u.Login, u.Name, password.hash, u.MustChange, db.Time{Time: at})
	if err != nil {
		return User{}, fmt.Errorf("org: put user: %w", err)
	}
	if password.hash != "" {
		if err := endSessions(ctx, q, at, u.ID, ""); err != nil {
			return User{}, err
		}
	}
	_, err = audit.Add(ctx, q, by, at, LeafUser, u.ID, userBody{u.Login, u.Name, password.hash != ""})
	return u, err
}

// DisableUser shuts a person out at once: no login, and every session ends.
func DisableUser(ctx context.Context, q db.Q, by Actor, at time.Time, id string) error {
	if err := setDisabled(ctx, q, id, at); err != nil {
		return err
	}
	if err := endSessions(ctx, q, at, id, ""); err != nil {
		return err
	}
	_, err := audit.Add(ctx, q, by, at, LeafDisabled, id, struct{}{})
	return err
}

// EnableUser lets a person in again.
func EnableUser(ctx context.Context, q db.Q, by Actor, at time.Time, id string) error {
	if err := setDisabled(ctx, q, id, time.Time{}); err != nil {
		return err
	}
	_, err := audit.Add(ctx, q, by, at, LeafEnabled, id, struct{}{})
	return err
}

func setDisabled(ctx context.Context, q db.Q, id string, at time.Time) error {
	if _, err := UserByID(ctx, q, id); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, `UPDATE org_user SET disabled_at = $2 WHERE id = $1`, id, db.Time{Time: at}); err != nil {
		return fmt.Errorf("org: disable user: %w", err)
	}
	return nil
}

const userCols = `id, login, name, must_change, created_at, disabled_at`

func scanUser(row interface{ Scan(...any) error }, more ...any) (User, error) {
	var u User
	var created, disabled db.Time
	err := row.Scan(append([]any{&u.ID, &u.Login, &u.Name, &u.MustChange, &created, &disabled}, more...)...)
	u.Created, u.Disabled = created.Time, disabled.Time
	return u, err
}

// UserByID returns a person.
func UserByID(ctx context.Context, q db.Q, id string) (User, error) {
	u, err := scanUser(q.QueryRowContext(ctx, `SELECT `+userCols+` FROM org_user WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fault.New(fault.NotFound, "org.no_user")
	}
	if err != nil {
		return User{}, fmt.Errorf("org: read user: %w", err)
	}
	return u, nil
}

// UserByLogin returns the person with a login.
func UserByLogin(ctx context.Context, q db.Q, login string) (User, error) {
	return UserByID(ctx, q, userID(normLogin(login)))
}

// Users returns everybody in order of login.
func Users(ctx context.Context, q db.Q) (out []User, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+userCols+` FROM org_user ORDER BY login`)
	if err != nil {
		return nil, fmt.Errorf("org: read users: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, fmt.Errorf("org: read users: %w", err)
		}
		out = append(out, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read users: %w", err)
	}
	return out, nil
}

// UserNames returns the names of people by id, for pages that show who acted. Unknown ids are left out.
func UserNames(ctx context.Context, q db.Q, ids []string) (names map[string]string, err error) {
	var args []any
	rows, err := q.QueryContext(ctx, `SELECT id, name FROM org_user WHERE id IN `+db.In(&args, ids), args...)
	if err != nil {
		return nil, fmt.Errorf("org: read names: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names = map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("org: read names: %w", err)
		}
		names[id] = name
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read names: %w", err)
	}
	return names, nil
}
