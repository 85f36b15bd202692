package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"zhixin/internal/audit"
	"zhixin/internal/config"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/demo"
	"zhixin/internal/fault"
)

// demoPassword opens every account of the demo city. It is printed, and no other city has such accounts.
const demoPassword = "anqing-demo-2026"

type demoCmd struct {
	place
	Scale float64     `default:"0.1" help:"Size, above 0 and up to 10; 1 is the article's city of 70,200 enterprises."`
	Seed  uint64      `default:"2018" help:"The same seed makes the same city, leaf by leaf."`
	Now   credit.Date `default:"2026-10-12" help:"The city's today." placeholder:"DATE"`
	Keep  bool        `help:"Keep a demo city that is there already."`
}

// Validate implements kong's check of the flags.
func (c *demoCmd) Validate() error {
	if c.Scale <= 0 || c.Scale > 10 {
		return fault.New(fault.Invalid, "cli.bad_scale", c.Scale)
	}
	return nil
}

// Run makes the city. On SQLite it is made in a folder inside the data folder and its files are moved out at the end, the
// database last, so that a city is there whole or not at all. On PostgreSQL a mark says that it is being made, and every
// command refuses a city that was not finished.
func (c *demoCmd) Run(sh *shell) error {
	set, err := c.settings(sh)
	if err != nil {
		return err
	}
	whole, err := c.there(sh, set)
	switch {
	case err != nil:
		return err
	case whole && c.Keep:
		fmt.Fprintf(sh.err, "the city in %s is kept\n", set.Data)
		return nil
	case whole:
		return fault.New(fault.Conflict, "cli.city_exists", set.Data)
	}
	began := sh.now()
	if set.DatabaseURL != "" {
		err = c.build(sh, set.Data)
	} else {
		err = c.beside(sh, set.Data)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(sh.err, "the city is ready after %.0f s\n", sh.now().Sub(began).Seconds())
	return nil
}

// databaseFile, keyFile and clockFile are what a data folder holds.
func databaseFile(data string) string { return filepath.Join(data, "zhixin.db") }
func keyFile(data string) string      { return filepath.Join(data, "log.key") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// there says whether the place holds a whole demo city. Anything else in it is a fault: no file, and no database that
// somebody may need, is ever overwritten.
func (c *demoCmd) there(sh *shell, set config.Config) (bool, error) {
	clock, lite := exists(clockFile(set.Data)), exists(databaseFile(set.Data))
	if set.DatabaseURL == "" {
		if clock && lite {
			return true, nil
		}
		if clock || lite || exists(keyFile(set.Data)) {
			return false, fault.New(fault.Conflict, "cli.folder_taken", set.Data)
		}
		return false, nil
	}
	if lite {
		return false, fault.New(fault.Conflict, "cli.folder_taken", set.Data)
	}
	d, err := db.Open(sh.ctx, set.DatabaseURL, db.Options{})
	if err != nil {
		return false, err
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(sh.ctx); err != nil {
		return false, err
	}
	var mark progress
	var leaves int
	err = d.View(sh.ctx, func(q db.Q) error {
		if mark, err = markOf(sh.ctx, q); err != nil {
			return err
		}
		leaves, err = firstLeaves(sh.ctx, q)
		return err
	})
	switch {
	case err != nil:
		return false, err
	case mark == begun:
		return false, fault.New(fault.Conflict, "cli.half_city")
	case mark == finished && clock:
		return true, nil
	case leaves > 0 || clock:
		return false, fault.New(fault.Conflict, "cli.database_taken", set.Data)
	}
	return false, nil
}

// firstLeaves counts the leaves of a log, up to one of each sort.
func firstLeaves(ctx context.Context, q db.Q) (int, error) {
	numbered, err := audit.Size(ctx, q)
	if err != nil {
		return 0, err
	}
	waiting, err := audit.Pending(ctx, q)
	return int(min(numbered, 1)) + min(len(waiting), 1), err
}

// progress is the mark of a demo city in its database.
type progress int64

const (
	noDemo progress = iota
	begun
	finished
)

// demoMark is the cursor that holds the mark.
const demoMark = "demo"

func markOf(ctx context.Context, q db.Q) (progress, error) {
	pos, err := audit.Cursor(ctx, q, demoMark)
	return progress(pos), err
}

// mark moves the mark from one state to the next; two who make a city in one database do not both get through.
func mark(ctx context.Context, d *db.DB, from, to progress) error {
	return d.Tx(ctx, func(q db.Q) error {
		is, err := markOf(ctx, q)
		if err == nil && is != from {
			err = fault.New(fault.Conflict, "cli.half_city")
		}
		if err != nil {
			return err
		}
		return audit.SetCursor(ctx, q, demoMark, int64(to))
	})
}

// making is how the folders begin in which cities are made.
const making = ".making-"

// beside makes the city in a folder of its own and moves it into data.
func (c *demoCmd) beside(sh *shell, data string) error {
	if err := os.MkdirAll(data, 0o750); err != nil {
		return fmt.Errorf("cli: data folder: %w", err)
	}
	workshop, err := os.MkdirTemp(data, making)
	if err != nil {
		return fmt.Errorf("cli: data folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(workshop) }()
	if err := c.build(sh, workshop); err != nil {
		return err
	}
	for _, file := range []func(string) string{keyFile, clockFile, databaseFile} {
		if exists(databaseFile(data)) { // somebody else was faster
			return fault.New(fault.Conflict, "cli.city_exists", data)
		}
		if err := os.Rename(file(workshop), file(data)); err != nil {
			return fmt.Errorf("cli: move the city into place: %w", err)
		}
	}
	left, err := filepath.Glob(filepath.Join(data, making+"*")) // of runs that were killed
	if err != nil {
		return fmt.Errorf("cli: clear up: %w", err)
	}
	for _, l := range left {
		_ = os.RemoveAll(l)
	}
	return nil
}

// build makes the city in the folder data, and its clock.
func (c *demoCmd) build(sh *shell, data string) error {
	at := c.place
	at.Data = data
	n, err := at.open(sh, db.Options{Rand: demo.Rand(c.Seed), Hasty: true})
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(sh.err), progressbar.OptionSetDescription("the city"),
		progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth())
	err = mark(sh.ctx, n.db, noDemo, begun)
	if err == nil {
		err = demo.Build(sh.ctx, n.flow, audit.NewSequencer(n.db, n.key, holder()), demo.Options{
			Scale: c.Scale, Seed: c.Seed, Now: c.Now, Password: demoPassword,
			Progress: func(step string, done, total int) {
				bar.ChangeMax(total)
				bar.Describe(step)
				_ = bar.Set(done)
			},
		})
		fmt.Fprintln(sh.err)
	}
	if err == nil {
		err = setClock(data, c.Now.Time().Add(9*time.Hour), sh.now())
	}
	if err == nil {
		err = mark(sh.ctx, n.db, begun, finished)
	}
	return errors.Join(err, n.db.Close())
}

// welcome tells a visitor of the demo where to begin.
func welcome(sh *shell, url, data string) {
	fmt.Fprintf(sh.out, "\nZhixin 质信 is at %s\n\nAccounts (password %s):\n", url, demoPassword)
	for _, p := range demo.People() {
		fmt.Fprintf(sh.out, "  %-10s %s %s %s\n", p.Login, p.Name, p.Department, p.Title)
	}
	fmt.Fprintf(sh.out, `
Try first:
  1. Open %[1]s and search for 桐城. Open an enterprise that is on the list of abnormal operations.
  2. Log in at %[1]s/work as zhangmin, examine a removal case, then as liqiang decide it. Look at the page again.
  3. Log in as chenjing and upload a penalty file; as zhoufang ask the gate about one of its parties.
  4. bin/zhixin log --data %[2]s >log.txt && bin/zhixin verify log log.txt

`, url, filepath.ToSlash(data))
}
