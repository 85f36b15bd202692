package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/org"
)

// reporter is the department whose key asks the gate and hands files in.
const reporter = "STHJ"

// city is the demo city that is measured, in a folder of its own.
type city struct {
	data       string
	now        func() time.Time // the city's clock
	subjects   []enterprise.Subject
	department org.Department
	secret     string // of the department's key
}

// newCity makes the demo city and a key for its API.
func newCity(ctx context.Context, b *bench) (*city, error) {
	c := &city{data: filepath.Join(b.room, "city")}
	b.say("making the demo city at scale %s", plain(b.scale))
	cmd := exec.CommandContext(ctx, b.zhixin, "demo", "--data", c.data, "--scale", strconv.FormatFloat(b.scale, 'f', -1, 64))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make the city: %w\n%s", err, out)
	}
	if err := c.readClock(); err != nil {
		return nil, err
	}
	return c, c.with(ctx, func(d *db.DB) error { return c.prepare(ctx, d) })
}

func (c *city) file() string { return filepath.Join(c.data, "zhixin.db") }

// with opens the city's database, runs f and closes it.
func (c *city) with(ctx context.Context, f func(*db.DB) error) error {
	d, err := db.Open(ctx, c.file(), db.Options{})
	if err != nil {
		return err
	}
	return errors.Join(f(d), d.Close())
}

// readClock reads how the demo's time goes.
func (c *city) readClock() error {
	raw, err := os.ReadFile(filepath.Join(c.data, "clock.json"))
	if err != nil {
		return err
	}
	var k struct{ City, World time.Time }
	if err := json.Unmarshal(raw, &k); err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	c.now = func() time.Time { return k.City.Add(time.Since(k.World)) }
	return nil
}

func (c *city) today() credit.Date { return credit.DateOf(c.now()) }

// prepare reads the city's subjects and gives the department a key.
func (c *city) prepare(ctx context.Context, d *db.DB) error {
	return d.Tx(ctx, func(q db.Q) (err error) {
		c.subjects = nil
		for after := ""; ; after = c.subjects[len(c.subjects)-1].ID {
			some, err := enterprise.Range(ctx, q, after, 1000)
			if err != nil {
				return err
			}
			if len(some) == 0 {
				break
			}
			c.subjects = append(c.subjects, some...)
		}
		if c.department, err = org.DepartmentOn(ctx, q, reporter, c.today()); err != nil {
			return err
		}
		c.secret, _, err = org.NewKey(ctx, q, credit.System("bench"), c.now(), org.Key{Department: reporter, Label: "bench",
			Acts: []org.Act{org.GateAsk, org.BatchSubmit, org.BatchRead}})
		return err
	})
}

// copy returns the city in another folder, with everything in it so far. Nobody may have it open.
func (c *city) copy(to string) (*city, error) {
	other := *c
	other.data = to
	return &other, os.CopyFS(to, os.DirFS(c.data))
}

// node is a process that answers HTTP on an address of this machine.
type node struct {
	url   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// start starts a program and waits until it answers ready with 200. What it writes goes to a file in the room: reading it here would
// take time from what is measured.
func (b *bench) start(ctx context.Context, name string, ready question, program string, args func(addr string) []string) (*node, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(b.room, name+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	n := &node{url: "http://" + addr, cmd: exec.CommandContext(ctx, program, args(addr)...), ended: make(chan struct{})}
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.cmd.Cancel, n.cmd.WaitDelay = func() error { return n.cmd.Process.Signal(os.Interrupt) }, 20*time.Second
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = n.cmd.Wait()
		close(n.ended)
	}()
	if err := n.answers(ctx, ready); err != nil {
		n.stop()
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("%s: %w\n%s", name, err, said[:min(len(said), 4096)])
	}
	return n, nil
}

// question is a path that is asked for with a key, or without one.
type question struct{ path, secret string }

// answers waits until the process answers q with 200, a minute at most.
func (n *node) answers(ctx context.Context, q question) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		status, _, err := get(ctx, n.url+q.path, q.secret)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-n.ended:
			return errors.New("it ended before it answered")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer %s: %d, %w", q.path, status, errors.Join(err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// cpu is the processor time that the process has used so far, 0 where the system does not say.
func (n *node) cpu() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	const user, system, tick = 11, 12, 10 * time.Millisecond // after the name, which may hold blanks; ticks of 100 Hz
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	u, err := strconv.Atoi(fields[user])
	if err != nil {
		return 0
	}
	s, err := strconv.Atoi(fields[system])
	if err != nil {
		return 0
	}
	return time.Duration(u+s) * tick
}

// stop ends the process and waits for its end.
func (n *node) stop() {
	_ = n.cmd.Process.Signal(os.Interrupt) // it may have ended already
	<-n.ended
}

// serve starts the node that is measured, as an operator would, and waits for its gate.
func (b *bench) serve(ctx context.Context, c *city) (*node, error) {
	ready := question{c.path(c.subjects[0].USCC, "&receipt=none"), c.secret}
	return b.start(ctx, "zhixin", ready, b.zhixin, func(addr string) []string {
		return []string{"serve", "--data", c.data, "--listen", addr}
	})
}

// anchor starts this program as the process of an anchor.
func (b *bench) anchor(ctx context.Context, name, ready string, args ...string) (*node, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return b.start(ctx, name, question{path: ready}, self, func(addr string) []string { return append([]string{args[0], addr}, args[1:]...) })
}
