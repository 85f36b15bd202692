package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/config"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/sanction"
)

// place is where a node keeps its things; the flags of every command that opens one.
type place struct {
	ConfigFile  string `name:"config" help:"Configuration file (JSON)." type:"path" placeholder:"FILE"`
	Data        string `help:"Folder of the database, the log's key and the city's clock." type:"path" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"postgres:// URL; without it SQLite in the data folder." placeholder:"URL"`
}

// settings joins file, environment and flags; a flag wins over the environment, and that over the file.
func (p place) settings(sh *shell) (config.Config, error) {
	c, err := config.Load(p.ConfigFile, sh.env)
	if err != nil {
		return c, err
	}
	if p.Data != "" {
		c.Data = p.Data
	}
	if p.DatabaseURL != "" {
		c.DatabaseURL = p.DatabaseURL
	}
	return c, errors.Join(c.Check()...)
}

// node is an opened place.
type node struct {
	config.Config
	db   *db.DB
	key  *audit.Key
	cal  *calendar.Calendar
	log  *slog.Logger
	now  func() time.Time
	flow *flow.Flow
}

// open opens the place; the schema is brought up to date.
func (p place) open(sh *shell, opt db.Options) (*node, error) {
	c, err := p.settings(sh)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, fmt.Errorf("cli: data folder: %w", err)
	}
	n := &node{Config: c, log: slog.New(slog.NewJSONHandler(sh.err, &slog.HandlerOptions{Level: level(c.LogLevel)}))}
	if n.now, err = cityClock(c.Data, sh.now); err != nil {
		return nil, err
	}
	if n.cal, err = loadCalendar(c.CalendarFile); err != nil {
		return nil, err
	}
	where := c.DatabaseURL
	if where == "" {
		where = databaseFile(c.Data)
	}
	if n.db, err = db.Open(sh.ctx, where, opt); err != nil {
		return nil, err
	}
	if err = n.db.Migrate(sh.ctx); err == nil {
		err = n.loadKey(sh.ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.db.Close())
	}
	n.flow = &flow.Flow{DB: n.db, Cal: n.cal, Log: n.log}
	return n, nil
}

// loadKey reads the log's key, or makes it for a log that has no leaf yet.
func (n *node) loadKey(ctx context.Context) error {
	leaves := 0
	err := n.db.View(ctx, func(q db.Q) (err error) {
		leaves, err = firstLeaves(ctx, q)
		return err
	})
	if err == nil {
		n.key, err = audit.LoadKey(keyFile(n.Data), n.Origin, leaves == 0)
	}
	return err
}

// with opens the place, runs f and closes it. A place that is empty is founded first; a demo city that was not finished is
// refused.
func (p place) with(sh *shell, f func(n *node) error) error {
	n, err := p.open(sh, db.Options{})
	if err != nil {
		return err
	}
	if err = n.found(sh.ctx); err == nil {
		err = f(n)
	}
	return errors.Join(err, n.db.Close())
}

// found gives an empty place what no city is without: the policy that the software is shipped with, under which nobody
// is accused for a time of which this place knows nothing, and the departments of a first installation.
func (n *node) found(ctx context.Context) error {
	empty := false
	err := n.db.View(ctx, func(q db.Q) error {
		is, err := markOf(ctx, q)
		if err == nil && is == begun {
			err = fault.New(fault.Conflict, "cli.half_city")
		}
		if err != nil {
			return err
		}
		leaves, err := firstLeaves(ctx, q)
		empty = leaves == 0
		return err
	})
	if err != nil || !empty {
		return err
	}
	rows, err := flow.PolicyFrom(credit.DateOf(n.now()))
	if err != nil {
		return err
	}
	departments, err := org.FirstCity()
	if err != nil {
		return err
	}
	return n.db.Tx(ctx, func(q db.Q) error {
		if leaves, err := firstLeaves(ctx, q); err != nil || leaves > 0 {
			return err // another process was faster
		}
		if err := policy.Install(ctx, q, n.now(), rows); err != nil {
			return err
		}
		for _, d := range departments {
			if err := org.PutDepartment(ctx, q, credit.System("cli.found"), n.now(), d); err != nil {
				return err
			}
		}
		return nil
	})
}

// settled is how long a command waits for a log that stands still to be numbered: a node that died may hold the lease for some seconds.
const settled = 30 * time.Second

// settle sees to it that the log is numbered and worked off, for commands that must see their own effect. Where a running
// node holds the sequencer's lease, that node numbers.
func (n *node) settle(ctx context.Context) error {
	seq := audit.NewSequencer(n.db, n.key, holder())
	for end := time.Now().Add(settled); ; {
		numbered, err := seq.Once(ctx, n.now())
		if err != nil {
			return err
		}
		if err := n.flow.CatchUp(ctx, n.now()); err != nil {
			return err
		}
		var waiting []audit.Event
		if err := n.db.View(ctx, func(q db.Q) (err error) {
			waiting, err = audit.Pending(ctx, q)
			return err
		}); err != nil {
			return err
		}
		switch {
		case numbered == 0 && len(waiting) == 0:
			return seq.Release(ctx)
		case numbered > 0:
			end = time.Now().Add(settled) // it goes on
		case time.Now().After(end):
			return fault.New(fault.Unavailable, "cli.not_numbered", len(waiting))
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// receipts starts what makes the gate's answers provable.
func (n *node) receipts(ctx context.Context) (*audit.Grouper, error) {
	return audit.NewGrouper(ctx, n.db, n.key, n.now, sanction.LeafReceipts, credit.System("gate"))
}

// gate returns a gate that knows nothing yet.
func (n *node) gate(receipts *audit.Grouper) *sanction.Gate {
	g := sanction.NewGate(n.db, receipts, n.now)
	g.Awaited = intake.Awaited
	return g
}

// holder names this process among those that may want the sequencer's lease.
func holder() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(name))); err != nil {
		return slog.LevelInfo
	}
	return l
}

func loadCalendar(path string) (*calendar.Calendar, error) {
	cal := calendar.Builtin()
	if path == "" {
		return cal, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cli: calendar: %w", err)
	}
	defer func() { _ = f.Close() }()
	return cal.With(f)
}

// clock is how a demo city's time is kept: it was City when the world's clock said World, and moves on with it.
type clock struct {
	City  time.Time `json:"city"`
	World time.Time `json:"world"`
}

func clockFile(data string) string { return filepath.Join(data, "clock.json") }

// cityClock returns the clock of the city in the folder: the world's, unless a demo has set another.
func cityClock(data string, world func() time.Time) (func() time.Time, error) {
	raw, err := os.ReadFile(clockFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return world, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cli: clock: %w", err)
	}
	var c clock
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("cli: %s: %w", clockFile(data), err)
	}
	return func() time.Time { return c.City.Add(world().Sub(c.World)) }, nil
}

// setClock lets the city's clock start at city.
func setClock(data string, city, world time.Time) error {
	raw, err := json.Marshal(clock{City: city, World: world})
	if err != nil {
		return fmt.Errorf("cli: clock: %w", err)
	}
	if err := os.WriteFile(clockFile(data), raw, 0o640); err != nil {
		return fmt.Errorf("cli: clock: %w", err)
	}
	return nil
}
