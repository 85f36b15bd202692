package org

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// The kinds of leaves about posts. Their subjects are the post and the person.
const (
	LeafPost     = "org.post"
	LeafAssigned = "org.assigned"
)

// Post is a post in a department: what its holder may do there, and how far he sees.
type Post struct {
	ID         string      `json:"id"`
	User       string      `json:"-"` // for PutPost: who is to hold it; the period is then the holder's
	Department string      `json:"department"`
	Role       credit.Role `json:"role"`
	Title      string      `json:"title"`
	Division   string      `json:"division"` // empty is the department's
	From       credit.Date `json:"from"`
	Until      credit.Date `json:"until,omitempty"`
}

// PutPost puts a post in, or changes its period; department, role, title and division name it. With a User it also gives
// it to that person for the period, and lengthens the post where it is shorter. It returns the post with its id; what is
// so already leaves no trace.
func PutPost(ctx context.Context, q db.Q, by Actor, at time.Time, p Post) (Post, error) {
	p.Title = strings.TrimSpace(p.Title)
	if _, known := rights[p.Role]; !known {
		return Post{}, fault.New(fault.Invalid, "org.bad_role", p.Role)
	}
	if p.Title == "" || !sound(p.From, p.Until) {
		return Post{}, fault.New(fault.Invalid, "org.bad_post", p.Department)
	}
	if err := inDepartment(ctx, q, &p); err != nil {
		return Post{}, err
	}
	p.ID = db.Key("org.post", p.Department, string(p.Role), p.Title, p.Division)
	had, err := posts(ctx, q, `FROM org_post p WHERE p.id = $1`, p.ID)
	if err != nil {
		return Post{}, err
	}
	post := p
	post.User = ""
	if len(had) == 1 && p.User != "" {
		post.From, post.Until = min(p.From, had[0].From), later(p.Until, had[0].Until)
	}
	if len(had) == 0 || had[0] != post {
		if err := writePost(ctx, q, by, at, post); err != nil {
			return Post{}, err
		}
	}
	if p.User == "" {
		return p, nil
	}
	return p, Assign(ctx, q, by, at, p.User, p.ID, p.From, p.Until)
}

// later returns the later end of two periods; 0 is open.
func later(a, b credit.Date) credit.Date {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

func writePost(ctx context.Context, q db.Q, by Actor, at time.Time, p Post) error {
	_, err := q.ExecContext(ctx, `INSERT INTO org_post (id, department, role, title, division, valid_from, valid_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until`,
		p.ID, p.Department, p.Role, p.Title, p.Division, p.From, p.Until)
	if err != nil {
		return fmt.Errorf("org: put post in %s: %w", p.Department, err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafPost, p.ID, p)
	return err
}

// inDepartment checks that the post's department exists and gives the post its division.
func inDepartment(ctx context.Context, q db.Q, p *Post) error {
	of, err := departments(ctx, q, `WHERE d.code = $1 ORDER BY n.valid_from`, p.Department)
	if err != nil {
		return err
	}
	if len(of) == 0 {
		return fault.New(fault.NotFound, "org.no_department", p.Department, p.From)
	}
	if p.Division == "" {
		p.Division = of[0].Division
	}
	if !divisionForm.MatchString(p.Division) {
		return fault.New(fault.Invalid, "org.bad_division", p.Division)
	}
	return nil
}

type assignedBody struct {
	User  string      `json:"user"`
	Post  string      `json:"post"`
	From  credit.Date `json:"from"`
	Until credit.Date `json:"until,omitempty"`
}

// Assign gives a post to a person from a day until another (0 is open). The same person, post and first day again changes
// the last day; a time within one in which he holds it anyway changes nothing.
func Assign(ctx context.Context, q db.Q, by Actor, at time.Time, userID, postID string, from, until credit.Date) error {
	if !sound(from, until) {
		return fault.New(fault.Invalid, "org.bad_period", userID)
	}
	if _, err := UserByID(ctx, q, userID); err != nil {
		return err
	}
	got, err := posts(ctx, q, `FROM org_post p WHERE p.id = $1`, postID)
	if err != nil {
		return err
	}
	if len(got) == 0 {
		return fault.New(fault.NotFound, "org.no_such_post", postID)
	}
	if done, err := assigned(ctx, q, userID, postID, from, until); done || err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO org_holder (user_id, post_id, valid_from, valid_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, post_id, valid_from) DO UPDATE SET valid_until = excluded.valid_until`, userID, postID, from, until)
	if err != nil {
		return fmt.Errorf("org: assign %s: %w", postID, err)
	}
	_, err = audit.Add(ctx, q, by, at, LeafAssigned, userID, assignedBody{userID, postID, from, until})
	return err
}

// assigned reports whether the person holds the post for all that time already. A time that only overlaps one in which he
// holds it is a fault.
func assigned(ctx context.Context, q db.Q, userID, postID string, from, until credit.Date) (done bool, err error) {
	rows, err := q.QueryContext(ctx, `SELECT valid_from, valid_until FROM org_holder WHERE user_id = $1 AND post_id = $2
		ORDER BY valid_from`, userID, postID)
	if err != nil {
		return false, fmt.Errorf("org: read holders: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f, u credit.Date
		if err := rows.Scan(&f, &u); err != nil {
			return false, fmt.Errorf("org: read holders: %w", err)
		}
		switch apart := u != 0 && u <= from || until != 0 && until <= f; {
		case f == from:
			done = u == until
		case apart:
		case f < from && later(u, until) == u:
			done = true
		default:
			return false, fault.New(fault.Conflict, "org.holds_already", f)
		}
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("org: read holders: %w", err)
	}
	return done, nil
}

// Posts returns the posts of a department on day, in order of role and title; of every department where it is empty.
func Posts(ctx context.Context, q db.Q, department string, day credit.Date) ([]Post, error) {
	return posts(ctx, q, `FROM org_post p WHERE ($1 = '' OR p.department = $2) AND p.valid_from <= $3
		AND (p.valid_until IS NULL OR p.valid_until > $4) ORDER BY p.department, p.role, p.title`, department, department, day, day)
}

// PostsOf returns the posts that a person holds on day; the first is the one to act in where none is chosen.
func PostsOf(ctx context.Context, q db.Q, userID string, day credit.Date) ([]Post, error) {
	return posts(ctx, q, `FROM org_post p JOIN org_holder h ON h.post_id = p.id
		WHERE h.user_id = $1 AND h.valid_from <= $2 AND (h.valid_until IS NULL OR h.valid_until > $3)
		AND p.valid_from <= $4 AND (p.valid_until IS NULL OR p.valid_until > $5)
		ORDER BY h.valid_from, p.id`, userID, day, day, day, day)
}

func posts(ctx context.Context, q db.Q, from string, args ...any) (out []Post, err error) {
	rows, err := q.QueryContext(ctx, `SELECT p.id, p.department, p.role, p.title, p.division, p.valid_from, p.valid_until `+from, args...)
	if err != nil {
		return nil, fmt.Errorf("org: read posts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p Post
		if err := rows.Scan(&p.ID, &p.Department, &p.Role, &p.Title, &p.Division, &p.From, &p.Until); err != nil {
			return nil, fmt.Errorf("org: read posts: %w", err)
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("org: read posts: %w", err)
	}
	return out, nil
}

// ActorOf returns a person acting in a post that he holds at that time: the one given, or the first where postID is empty.
func ActorOf(ctx context.Context, q db.Q, at time.Time, userID, postID string) (Actor, error) {
	u, err := UserByID(ctx, q, userID)
	if err != nil {
		return Actor{}, err
	}
	if !u.Disabled.IsZero() {
		return Actor{}, fault.New(fault.Unauthenticated, "org.user_disabled")
	}
	held, err := PostsOf(ctx, q, userID, credit.DateOf(at))
	if err != nil {
		return Actor{}, err
	}
	for _, p := range held {
		if postID == "" || p.ID == postID {
			return Actor{User: u.ID, Name: u.Name, Post: p.ID, Department: p.Department, Role: p.Role, Division: p.Division}, nil
		}
	}
	return Actor{}, fault.New(fault.Forbidden, "org.no_post")
}
