package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/demo"
	"zhixin/internal/fault"
)

// demoPassword opens every account of the demo city. It is printed, and no other city has such accounts.
const demoPassword = "anqing-demo-2026"

type demoCmd struct {
	place
	Scale float64 `default:"0.1" help:"Size; 1 is the article's city of 70,200 enterprises."`
	Seed  uint64  `default:"2018" help:"The same seed makes the same city, leaf by leaf."`
	Now   string  `default:"2026-10-12" help:"The city's today." placeholder:"DATE"`
	Keep  bool    `help:"Keep a city that is there already."`
}

// Run makes the city. On SQLite it is made in a folder beside and moved into place at the end, so that a city is there
// whole or not at all.
func (c *demoCmd) Run(sh *shell) error {
	now, err := credit.ParseDate(c.Now)
	if err != nil {
		return err
	}
	if c.Scale <= 0 || c.Scale > 10 {
		return fault.New(fault.Invalid, "cli.bad_scale", c.Scale)
	}
	set, err := c.settings(sh)
	if err != nil {
		return err
	}
	if _, err := os.Stat(clockFile(set.Data)); err == nil {
		if c.Keep {
			fmt.Fprintf(sh.err, "the city in %s is kept\n", set.Data)
			return nil
		}
		return fault.New(fault.Conflict, "cli.city_exists", set.Data)
	}
	began := sh.now()
	if err := c.build(sh, now); err != nil {
		return err
	}
	fmt.Fprintf(sh.err, "the city is ready after %.0f s\n", sh.now().Sub(began).Seconds())
	return setClock(set.Data, now.Time().Add(9*time.Hour), sh.now())
}

func (c *demoCmd) build(sh *shell, now credit.Date) error {
	n, err := c.open(sh, db.Options{Rand: demo.Rand(c.Seed), Hasty: true})
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(sh.err), progressbar.OptionSetDescription("the city"),
		progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth())
	err = demo.Build(sh.ctx, n.flow, audit.NewSequencer(n.db, n.key, holder()), demo.Options{
		Scale: c.Scale, Seed: c.Seed, Now: now, Password: demoPassword,
		Progress: func(step string, done, total int) {
			bar.ChangeMax(total)
			bar.Describe(step)
			_ = bar.Set(done)
		},
	})
	fmt.Fprintln(sh.err)
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
