package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// connections is how many askers there are at once, unless it is said; wrk needs one thread for them.
const connections = 64

//go:embed load.lua
var loadScript []byte

// requests is a file of requests in turn, for load.lua.
type requests struct {
	script, file, secret string
	askers               int
}

// request is one line of it.
type request struct{ method, path, body string }

func (b *bench) requests(name, secret string, all []request) (requests, error) {
	r := requests{filepath.Join(b.room, "load.lua"), filepath.Join(b.room, name+".txt"), secret, connections}
	var text strings.Builder
	for _, one := range all {
		fmt.Fprintf(&text, "%s\t%s\t%s\n", one.method, one.path, one.body)
	}
	if err := os.WriteFile(r.file, []byte(text.String()), 0o600); err != nil {
		return r, err
	}
	return r, os.WriteFile(r.script, loadScript, 0o600)
}

// load is what a slice of load found.
type load struct {
	rate     float64 // good answers a second
	p50, p99 float64 // in milliseconds
	bad      int     // refused, failed or late
	cost     float64 // processor time of the node for an answer, in microseconds
}

// wrk lets the askers ask the node for a while.
func (r requests) wrk(ctx context.Context, n *node, d time.Duration) (load, error) {
	args := []string{"-t1", "-c" + strconv.Itoa(r.askers), "-d" + strconv.Itoa(int(max(d, time.Second).Seconds())) + "s", "--timeout", "5s", "-s", r.script}
	if r.secret != "" {
		args = append(args, "-H", "Authorization: Bearer "+r.secret)
	}
	before := n.cpu()
	out, err := exec.CommandContext(ctx, "wrk", append(args, n.url, "--", r.file)...).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	_, text, _ := strings.Cut(string(out), "\nresult ")
	var micros, total, p50, p99 float64
	var l load
	if _, err := fmt.Sscan(text, &micros, &total, &l.bad, &p50, &p99); err != nil {
		return load{}, fmt.Errorf("wrk said something else: %w\n%s", err, out)
	}
	l.cost = float64((n.cpu() - before).Microseconds()) / total
	l.rate, l.p50, l.p99 = (total-float64(l.bad))/micros*1e6, p50/1e3, p99/1e3
	return l, nil
}
