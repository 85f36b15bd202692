package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/flow"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

type migrateCmd struct{ place }

// Run brings the schema up to date and installs the first policy where there is none.
func (c *migrateCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		rows, err := flow.FirstPolicy()
		if err != nil {
			return err
		}
		if err := n.db.Tx(sh.ctx, func(q db.Q) error { return policy.Install(sh.ctx, q, n.now(), rows) }); err != nil {
			return err
		}
		fmt.Fprintln(sh.err, "the schema is up to date:", n.db.Engine())
		return nil
	})
}

type userCmd struct {
	place
	Login      string `arg:"" help:"Login."`
	Name       string `help:"Name, for a new person."`
	Department string `default:"SCJG" help:"Department of the post."`
	Role       string `enum:"reporter,officer,approver,counter,administrator,auditor" default:"administrator" help:"Role of the post."`
	Division   string `default:"340800" help:"Division of the post."`
	Password   string `name:"password-file" help:"File with the password; - is standard input." type:"existingfile" required:""`
}

// Run adds a person with a post, or gives a known one a new password. It is how the first administrator comes in.
func (c *userCmd) Run(sh *shell) error {
	raw, err := os.ReadFile(c.Password)
	if err != nil {
		return fmt.Errorf("cli: password: %w", err)
	}
	hash, err := org.HashPassword(strings.TrimRight(string(raw), "\r\n"))
	if err != nil {
		return err
	}
	by := org.Actor{Duty: "cli.user"}
	return c.with(sh, func(n *node) error {
		return n.db.Tx(sh.ctx, func(q db.Q) error {
			u, err := org.PutUser(sh.ctx, q, by, n.now(), org.User{Login: c.Login, Name: c.Name}, hash)
			if err != nil {
				return err
			}
			_, err = org.PutPost(sh.ctx, q, by, n.now(), org.Post{User: u.ID, Department: c.Department, Role: credit.Role(c.Role),
				Title: c.Role, Division: c.Division, From: credit.DateOf(n.now())})
			return err
		})
	})
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
