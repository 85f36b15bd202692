package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// series is one measurement of each round.
type series []float64

func (s series) sorted() series { return slices.Sorted(slices.Values(s)) }
func (s series) low() float64   { return s.sorted()[0] }
func (s series) high() float64  { return s.sorted()[len(s)-1] }

func (s series) median() float64 {
	o := s.sorted()
	return (o[(len(o)-1)/2] + o[len(o)/2]) / 2
}

// line is one line of the table: something of ours beside its anchor.
type line struct {
	what, unit, anchorName string
	ours, anchor           series
	least                  float64 // aim: the ratio of the medians is at least this; 0 is no such aim
	most                   float64 // aim: the ratio of the medians is at most this; 0 is no such aim
	below                  float64 // aim: the median of ours is less than this; 0 is no such aim
	above                  float64 // aim: the median of ours is at least this; 0 is no such aim
}

// ratio is that of the medians.
func (l line) ratio() float64 { return l.ours.median() / l.anchor.median() }

// spread is how far the ratio differed from round to round.
func (l line) spread() (low, high float64) {
	var each series
	for i := range l.ours {
		each = append(each, l.ours[i]/l.anchor[i])
	}
	return each.low(), each.high()
}

func (l line) aim() string {
	switch {
	case l.least > 0:
		return fmt.Sprintf("≥ %s ×", plain(l.least))
	case l.most > 0:
		return fmt.Sprintf("≤ %s ×", plain(l.most))
	case l.below > 0:
		return fmt.Sprintf("< %s %s", plain(l.below), l.unit)
	case l.above > 0:
		return fmt.Sprintf("≥ %s %s", plain(l.above), l.unit)
	}
	return "–"
}

func (l line) verdict() string {
	switch {
	case l.least == 0 && l.most == 0 && l.below == 0 && l.above == 0:
		return "–"
	case l.least > 0 && l.ratio() < l.least, l.most > 0 && l.ratio() > l.most, l.below > 0 && l.ours.median() >= l.below, l.ours.median() < l.above:
		return "FAIL"
	}
	return "PASS"
}

// row is the line as cells.
func (l line) row() []string {
	low, high := l.spread()
	return []string{l.what, l.unit, l.ours.String(), l.anchorName, l.anchor.String(),
		fmt.Sprintf("%s (%s–%s)", plain(l.ratio()), plain(low), plain(high)), l.aim(), l.verdict()}
}

var heading = []string{"what", "unit", "ours: min / median / max", "anchor", "anchor: min / median / max", "ratio of medians (spread)", "aim", ""}

// String writes min / median / max.
func (s series) String() string {
	return plain(s.low()) + " / " + plain(s.median()) + " / " + plain(s.high())
}

// plain writes a number with three digits that count, thousands with a blank.
func plain(v float64) string {
	switch {
	case v >= 999.5:
		n := fmt.Sprintf("%.0f", v)
		var out []string
		for len(n) > 3 {
			out = append([]string{n[len(n)-3:]}, out...)
			n = n[:len(n)-3]
		}
		return strings.Join(append([]string{n}, out...), " ")
	case v >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	if 0 < v && v < 0.1 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

// add puts a line into the table and shows it at once.
func (b *bench) add(l line) {
	b.lines = append(b.lines, l)
	r := l.row()
	b.say("%s: %s %s, %s %s, ratio %s, aim %s %s", r[0], r[2], r[1], r[3], r[4], r[5], r[6], r[7])
}
