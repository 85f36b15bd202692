// Package demo builds a synthetic city through the doors that every user has: uploads go through intake, cases through
// flow, each on its day of the past. It has no SQL. The same seed gives the same log root.
package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/duty"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

// Options are what a demo city is made from.
type Options struct {
	Scale    float64 // 1 is the article's city of 70,200 enterprises
	Seed     uint64
	Now      credit.Date // the city's today; its history ends the day before
	Password string      // of all demo accounts
	Progress func(step string, done, total int)
}

// Rand returns the source of ids and salts that makes a demo's log reproducible; it is for demos only.
func Rand(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	copy(key[8:], "zhixin demo city")
	return rand.NewChaCha8(key)
}

// builder carries the parts through the years.
type builder struct {
	Options
	d      *db.DB
	flow   *flow.Flow
	log    *audit.Sequencer
	dice   dice
	firms  []firm
	people map[string]org.Actor // by login
	late   []report             // reports of missed years that come later, in order of day
	known  credit.Date          // up to which day the registry has been sent
	paged  int                  // penalties so far this year, for their numbers
	signs  map[string]authority // department code → name and code
	meant  map[string]string    // decision number → code of the enterprise that it punishes, "" of another city
}

// Build makes the city on an empty, migrated database. Everything happens in one goroutine, in the order of the days.
func Build(ctx context.Context, f *flow.Flow, seq *audit.Sequencer, opt Options) error {
	b := &builder{Options: opt, d: f.DB, flow: f, log: seq, dice: dice{rand.New(rand.NewPCG(opt.Seed, 0x7a786e))}, signs: map[string]authority{}, meant: map[string]string{}}
	b.firms = city(b.dice, int(articleEnterprises*opt.Scale), opt.Now)
	if err := b.found(ctx); err != nil {
		return fmt.Errorf("demo: found the city: %w", err)
	}
	last := opt.Now.Year()
	for year := firstYear; year <= last; year++ {
		opt.Progress(fmt.Sprintf("the year %d", year), year-firstYear, last-firstYear+1)
		if err := b.year(ctx, year); err != nil {
			return fmt.Errorf("demo: year %d: %w", year, err)
		}
	}
	opt.Progress("done", last-firstYear+1, last-firstYear+1)
	return seq.Release(ctx)
}

// instant is an hour of office time on a day.
func instant(day credit.Date, hour, minute int) time.Time {
	return day.Time().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// found installs the policy, the departments and the people.
func (b *builder) found(ctx context.Context) error {
	day := credit.NewDate(firstYear, time.January, 2)
	at := instant(day, 8, 30)
	rows, err := flow.FirstPolicy()
	if err != nil {
		return err
	}
	people, err := cast(ctx, b.Password)
	if err != nil {
		return err
	}
	return b.d.Tx(ctx, func(q db.Q) error {
		if err := policy.Install(ctx, q, at, rows); err != nil {
			return err
		}
		departments, err := org.FirstCity()
		if err != nil {
			return err
		}
		for _, d := range departments {
			if err := org.PutDepartment(ctx, q, founder, at, d); err != nil {
				return err
			}
			b.signs[d.Code] = authority{name: d.Name, uscc: d.USCC}
		}
		for _, d := range duties(day) {
			if err := duty.Put(ctx, q, founder, at, d); err != nil {
				return err
			}
		}
		b.people = map[string]org.Actor{}
		for _, p := range people {
			actor, err := p.join(ctx, q, at, day)
			if err != nil {
				return err
			}
			b.people[p.Login] = actor
		}
		return nil
	})
}

// founder sets the first organisation up, before there is anybody who could.
var founder = credit.System("demo.found")

// settle lets the log be numbered and everything follow that follows, as the background work of a node would.
func (b *builder) settle(ctx context.Context, at time.Time) error {
	for {
		n, err := b.log.Once(ctx, at)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if err := b.flow.CatchUp(ctx, at); err != nil {
			return err
		}
	}
}

// send uploads one file and sees it through.
func (b *builder) send(ctx context.Context, f file, hour int) error {
	at := instant(f.day, hour, 10)
	by := b.reporter(f.department)
	batch, err := intake.Receive(ctx, b.d, by, at, intake.Upload{Kind: f.kind, Department: f.department, Name: f.name, Body: f.reader()})
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	var failed error
	now := func() time.Time { return at.Add(time.Minute) }
	_, err = jobs.NewWorker(b.d, now, "demo", map[string]jobs.Handler{intake.CheckJob: func(ctx context.Context, j jobs.Job) error {
		failed = intake.Check(ctx, b.d, now, j.Arg)
		return failed
	}}).Once(ctx)
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("%s, batch %s: %w", f.name, batch.ID, err)
	}
	return b.settle(ctx, at.Add(2*time.Minute))
}

// reporter is the department's clerk; a department without one of its own in the cast sends as a system with a key would.
func (b *builder) reporter(department string) org.Actor {
	for _, p := range people {
		if p.Department == department && p.Role == credit.Reporter {
			return b.people[p.Login]
		}
	}
	return org.Actor{Key: "demo-" + department, Department: department, Role: "key batch.submit", Division: "340800"}
}

// notify lets the officer of each authority give notice to the enterprises of its part of the run.
func (b *builder) notify(ctx context.Context, day credit.Date) error {
	var groups []casework.Group
	if err := b.d.View(ctx, func(q db.Q) (err error) {
		groups, err = casework.Unnoticed(ctx, q)
		return err
	}); err != nil {
		return err
	}
	for i, g := range groups {
		officer, _ := b.pair(g.Authority)
		if _, err := b.flow.Announce(ctx, officer, instant(day, 10, i), g.ID, false); err != nil {
			return fmt.Errorf("give notice to %s: %w", g.ID, err)
		}
	}
	return b.settle(ctx, instant(day, 11, 0))
}

// decideGroups lets the officers of all authorities examine their part of the run and the approvers decide it.
func (b *builder) decideGroups(ctx context.Context, day credit.Date) error {
	var groups []casework.Group
	if err := b.d.View(ctx, func(q db.Q) (err error) {
		groups, err = casework.Groups(ctx, q, casework.Noticed)
		return err
	}); err != nil {
		return err
	}
	for i, g := range groups {
		officer, approver := b.pair(g.Authority)
		at := instant(day, 9, i)
		if _, err := b.flow.ExamineGroup(ctx, officer, at, g.ID, "经核查，逾期未公示年度报告，建议列入。"); err != nil {
			return fmt.Errorf("examine %s: %w", g.ID, err)
		}
		if _, err := b.flow.DecideGroup(ctx, approver, at.Add(5*time.Hour), g.ID, casework.Approve, "同意列入。"); err != nil {
			return fmt.Errorf("decide %s: %w", g.ID, err)
		}
		if err := b.settle(ctx, at.Add(6*time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// decideRemovals settles the removal cases that are open, as the five working days ask.
func (b *builder) decideRemovals(ctx context.Context, day credit.Date) error {
	var cases []casework.Case
	if err := b.d.View(ctx, func(q db.Q) (err error) {
		cases, err = casework.OpenOf(ctx, q, casework.AbnormalRemoval)
		return err
	}); err != nil {
		return err
	}
	for i, c := range cases {
		officer, approver := b.pair(c.Authority)
		at := instant(day, 10, i%50)
		if err := b.d.Tx(ctx, func(q db.Q) error {
			if _, err := b.flow.Examine(ctx, q, officer, at, c.ID, "年度报告已补报并公示，建议移出。"); err != nil {
				return err
			}
			_, err := b.flow.Decide(ctx, q, approver, at.Add(4*time.Hour), c.ID, casework.Approve, "同意移出。")
			return err
		}); err != nil {
			return fmt.Errorf("remove %s: %w", c.ID, err)
		}
	}
	return b.settle(ctx, instant(day, 17, 0))
}
