package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

type importCmd struct {
	place
	Kind       string `required:"" help:"Kind of record, such as enterprise, licence or penalty; /standards lists them."`
	Department string `required:"" help:"Code of the department that sends it."`
	Problems   string `help:"Write the rows about which there is something to say to this file: .xlsx, or .csv with those that were not taken." type:"path"`
	Takeover   string `help:"Number of an open take-over: the file is past facts of an old system." placeholder:"ID"`
	File       string `arg:"" help:"CSV, xlsx, xls or JSON lines." type:"existingfile"`
}

// console is who acts where somebody on the machine itself does.
const console = "console"

// Run sends the file as the department would and sees it through: checked, matched, numbered in the log, and what follows.
func (c *importCmd) Run(sh *shell) error {
	if _, err := os.Lstat(c.Problems); c.Problems != "" && err == nil {
		return fault.New(fault.Conflict, "cli.file_taken", c.Problems)
	}
	return c.with(sh, func(n *node) error {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("cli: import: %w", err)
		}
		defer func() { _ = f.Close() }()
		by := org.Actor{User: console, Department: c.Department, Role: credit.Reporter}
		b, err := intake.Receive(sh.ctx, n.db, by, n.now(), intake.Upload{
			Kind: c.Kind, Department: c.Department, Name: filepath.Base(c.File), Body: f, Takeover: c.Takeover,
		})
		if err != nil {
			return err
		}
		if err := c.check(sh, n, b.ID); err != nil {
			return err
		}
		if err := n.settle(sh.ctx); err != nil {
			return err
		}
		err = n.db.View(sh.ctx, func(q db.Q) (err error) {
			b, err = intake.Get(sh.ctx, q, org.Scope{All: true}, b.ID)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.problems(sh, n, b); err != nil {
			return err
		}
		return c.report(sh, b)
	})
}

// problems writes the file of problems where one is wanted and the batch could be read.
func (c *importCmd) problems(sh *shell, n *node, b intake.Batch) error {
	if c.Problems == "" || b.Failure() != nil {
		return nil
	}
	write := intake.Workbook
	if strings.EqualFold(filepath.Ext(c.Problems), ".csv") {
		write = intake.Problems
	}
	out, err := os.OpenFile(c.Problems, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it holds what the department sent
	if err != nil {
		return fmt.Errorf("cli: import: %w", err)
	}
	err = n.db.View(sh.ctx, func(q db.Q) error {
		return write(sh.ctx, q, org.Scope{All: true}, b.ID, sh.lang, sh.tag, out)
	})
	return errors.Join(err, out.Close())
}

// check runs the batch with a progress bar on stderr.
func (c *importCmd) check(sh *shell, n *node, id string) error {
	// No spinner: it turns in a goroutine of its own that reads what we write.
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(sh.err), progressbar.OptionSetDescription(c.Kind), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetSpinnerChangeInterval(0))
	done := make(chan error, 1)
	go func() { done <- intake.Check(sh.ctx, n.db, n.now, id) }()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			fmt.Fprintln(sh.err)
			return err
		case <-tick.C:
			_ = n.db.View(sh.ctx, func(q db.Q) error {
				b, err := intake.Get(sh.ctx, q, org.Scope{All: true}, id)
				if b.Total > 0 {
					bar.ChangeMax(b.Total)
				}
				_ = bar.Set(b.Received)
				return err
			})
		}
	}
}

func (c *importCmd) report(sh *shell, b intake.Batch) error {
	if err := b.Failure(); err != nil {
		return err
	}
	if err := json.NewEncoder(sh.out).Encode(b.Result()); err != nil {
		return fmt.Errorf("cli: %w", err)
	}
	if b.Rejected > 0 {
		return errRejected
	}
	return nil
}
