package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

type migrateCmd struct{ place }

// Run brings the schema up to date. An empty place gets the first policy and the first departments.
func (c *migrateCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		fmt.Fprintln(sh.err, "the schema is up to date:", n.db.Engine())
		return nil
	})
}

type userCmd struct {
	place
	Login      string `arg:"" help:"Login."`
	Name       string `help:"Name; needed for a new person."`
	Department string `default:"SCJG" help:"Department of the post."`
	Role       string `enum:",reporter,officer,approver,counter,administrator,auditor" default:"" help:"Role of the post: reporter, officer, approver, counter, administrator or auditor. A new person without one becomes administrator; somebody known keeps the posts he has."`
	Division   string `help:"Division of the post; without it that of the department."`
	Password   string `name:"password-file" help:"File with the password; - is standard input." type:"existingfile" required:""`
}

// Run adds a person with a post, or gives a known one a new password. It is how the first administrator comes in.
func (c *userCmd) Run(sh *shell) error {
	hash, err := c.password(sh)
	if err != nil {
		return err
	}
	by := credit.System("cli.user")
	return c.with(sh, func(n *node) error {
		return n.db.Tx(sh.ctx, func(q db.Q) error {
			name, role := c.Name, c.Role
			had, err := org.UserByLogin(sh.ctx, q, c.Login)
			switch {
			case fault.Is(err, "org.no_user"):
				role = cmp.Or(role, string(credit.Administrator))
			case err != nil:
				return err
			default:
				name = cmp.Or(name, had.Name)
			}
			u, err := org.PutUser(sh.ctx, q, by, n.now(), org.User{Login: c.Login, Name: name}, hash)
			if err != nil || role == "" {
				return err
			}
			_, err = org.PutPost(sh.ctx, q, by, n.now(), org.Post{User: u.ID, Department: c.Department, Role: credit.Role(role),
				Title: sh.lang.Say(lang.ZH, string(org.RoleTitle(credit.Role(role)))), Division: c.Division, From: credit.DateOf(n.now())})
			return err
		})
	})
}

// password reads and hashes the password. A line end after it does not belong to it.
func (c *userCmd) password(sh *shell) (org.Password, error) {
	in := sh.in
	if c.Password != "-" {
		f, err := os.Open(c.Password)
		if err != nil {
			return org.Password{}, fmt.Errorf("cli: password: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, 64<<10))
	if err != nil {
		return org.Password{}, fmt.Errorf("cli: password: %w", err)
	}
	return org.HashPassword(strings.TrimRight(string(raw), "\r\n"))
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Say what the settings are and what is wrong with them."`
}

type configCheckCmd struct{ place }

// Run prints the settings as they take effect, secrets masked.
func (c *configCheckCmd) Run(sh *shell) error {
	set, err := c.settings(sh)
	fmt.Fprintln(sh.out, set)
	return err
}

type versionCmd struct{}

// Run prints what this program was built from.
func (versionCmd) Run(sh *shell) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("cli: built without module information")
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	fmt.Fprintf(sh.out, "zhixin %s%s, %s\n", info.Main.Version, revision, info.GoVersion)
	return nil
}
