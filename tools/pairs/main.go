package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pairs:", err)
		os.Exit(1)
	}
}

// seed is the day on which the file was frozen.
const seed = 20261127

// shape is one kind of dirt or difficulty: how many pairs of it there are, what an official would say, and how one is made.
type shape struct {
	name, same string
	n          int
	pair       func(*gen) (side, subject)
}

// gen draws for one shape; what it drew by fresh it never draws again.
type gen struct {
	*rand.Rand
	seen map[string]bool
}

// fresh draws until something new comes.
func (g *gen) fresh(draw func() string) string {
	for {
		if s := draw(); !g.seen[s] {
			g.seen[s] = true
			return s
		}
	}
}

// in reports true in so many of a hundred draws.
func (g *gen) in(percent int) bool { return g.IntN(100) < percent }

// weighted draws an index by weight.
func (g *gen) weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := g.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// two draws two different numbers below n.
func (g *gen) two(n int) (int, int) {
	i := g.IntN(n)
	return i, (i + 1 + g.IntN(n-1)) % n
}

var heading = []string{"id", "shape", "same", "left_name", "left_code", "left_regno", "left_legal_rep", "left_division", "left_address",
	"right_name", "right_former", "right_uscc", "right_regno", "right_legal_rep", "right_division", "right_address", "right_kind", "right_state"}

// write writes the file. Every shape draws from a seed of its own, so that a change to one leaves the others as they are.
func write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(heading); err != nil {
		return err
	}
	id := 0
	for i, s := range shapes() {
		g := &gen{rand.New(rand.NewPCG(seed, uint64(i))), map[string]bool{}}
		for range s.n {
			id++
			l, r := s.pair(g)
			err := out.Write([]string{fmt.Sprintf("p%04d", id), s.name, s.same, l.name, l.code, l.regNo, l.rep, l.division, l.address,
				r.name, r.former, r.uscc, r.regNo, r.rep, r.division, r.address, r.kind, r.state})
			if err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func shapes() []shape {
	return append(append(alike(), different()...), unclear()...)
}
