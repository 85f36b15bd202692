// Command bench measures Zhixin beside fixed anchors. Each aim is measured beside its anchor in the same run, in interleaved
// rounds; it prints PASS or FAIL beside each aim and asserts nothing. scripts/bench calls it and docs/bench.md is its output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are what a run is made of.
type options struct {
	zhixin string        // the program that is measured
	commit string        // what the program was built from
	out    string        // the page that is written, "" is none
	only   []string      // the parts, nil is all
	scale  float64       // of the demo city
	rounds int           // of each comparison
	slice  time.Duration // how long one measurement takes
	rows   int           // of a penalty file on the import path
	busy   int           // of a penalty file that is imported beside the gate's load
	keep   bool          // the temporary folder, to look at afterwards
	quick  bool
}

// longest bounds a whole run, whatever hangs.
const longest = 30 * time.Minute

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] { // the processes of the anchors are this program too
		case "bare":
			exit(bare(os.Args[2], os.Args[3]))
		case "opa":
			exit(policyServer(os.Args[2]))
		}
	}
	var o options
	only := flag.String("only", "", "parts to run, of: "+strings.Join(partNames(), ", "))
	flag.StringVar(&o.zhixin, "zhixin", "bin/zhixin", "the program that is measured")
	flag.StringVar(&o.commit, "commit", "unknown", "what the program was built from, for the page")
	flag.StringVar(&o.out, "out", "", "write the page with the table to this file")
	flag.Float64Var(&o.scale, "scale", 0.1, "size of the demo city")
	flag.BoolVar(&o.keep, "keep", false, "keep the temporary folder")
	flag.BoolVar(&o.quick, "quick", false, "a short run, less sure of itself")
	flag.Parse()
	o.rounds, o.slice, o.rows, o.busy = 5, 3*time.Second, 20_000, 50_000
	if o.quick {
		o.rounds, o.slice, o.rows, o.busy = 3, time.Second, 5_000, 20_000
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	exit(o.run(ctx))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// parts are the comparisons, in the order in which they run: those that write much come last.
var parts = []struct {
	name string
	run  func(context.Context, *bench) error
	city bool // needs the demo city
}{
	{"check", inProcess, true}, {"gate", overHTTP, true}, {"busy", besideImport, true}, {"reads", pageReads, true}, {"search", nameSearch, false},
	{"match", matching, true},
	{"import", importPath, true}, {"year", aYear, true},
}

func partNames() []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.name)
	}
	return out
}

// bench is a run under way.
type bench struct {
	options
	room  string // temporary folder
	city  *city
	began time.Time
	lines []line
	notes []string
}

// say tells whoever waits what happens now.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%3.0f s] %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// note keeps something that the reader of the table should know.
func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
	b.say("note: "+format, args...)
}

func (o options) run(ctx context.Context) (err error) {
	for _, name := range o.only {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	b := &bench{options: o, began: time.Now()}
	if b.room, err = os.MkdirTemp("", "zhixin-bench-"); err != nil {
		return err
	}
	defer func() {
		if o.keep {
			b.say("kept %s", b.room)
			return
		}
		err = errors.Join(err, os.RemoveAll(b.room))
	}()
	for _, p := range parts {
		if o.only != nil && !slices.Contains(o.only, p.name) {
			continue
		}
		if p.city && b.city == nil {
			if b.city, err = newCity(ctx, b); err != nil {
				return err
			}
		}
		if err := p.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	b.say("done")
	p := b.page()
	fmt.Print(p.table())
	if o.out == "" {
		return nil
	}
	return p.save(o.out)
}
