package demo

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zhixin/internal/credit"
)

// year lives through one year: the registry's file in January, departments' penalty files every half year, the annual
// reports in June, the run of the authorities in July with its notice and decisions, and the reports that come late.
func (b *builder) year(ctx context.Context, year int) error {
	on := func(m time.Month, d int) credit.Date { return credit.NewDate(year, m, d) }
	b.paged = 0
	steps := []struct {
		day credit.Date
		do  func(day credit.Date) error
	}{
		{on(time.January, 5), func(day credit.Date) error { return b.registry(ctx, day) }},
		{on(time.March, 20), func(day credit.Date) error { return b.lateReports(ctx, day) }},
		{on(time.June, registryDay), func(day credit.Date) error { return b.registry(ctx, day) }},
		{on(time.June, 28), func(day credit.Date) error { return b.send(ctx, b.annual(year-1, day), 9) }},
		{on(time.June, 29), func(day credit.Date) error { return b.penalties(ctx, on(time.January, 8), day-2) }},
		{on(time.July, 1), func(day credit.Date) error {
			if err := b.flow.Due(ctx, instant(day, 8, 0)); err != nil {
				return err
			}
			return b.settle(ctx, instant(day, 8, 5))
		}},
		{on(time.July, 2), func(day credit.Date) error { return b.notify(ctx, day) }},
		{on(time.July, 9), func(day credit.Date) error { return b.decideGroups(ctx, day) }},
		{on(time.September, 22), func(day credit.Date) error { return b.lateReports(ctx, day) }},
		{on(time.October, 9), func(day credit.Date) error { return b.lastOfAll(ctx, day) }},
		{on(time.October, 9), func(day credit.Date) error { return b.answerFor(ctx, day) }},
		{on(time.December, 20), func(day credit.Date) error { return b.penalties(ctx, on(time.June, 29), day-2) }},
		{on(time.December, 27), func(day credit.Date) error { return b.judge(ctx, day) }},
	}
	for _, s := range steps {
		if s.day >= b.Now {
			return nil
		}
		if err := s.do(s.day); err != nil {
			return fmt.Errorf("%s: %w", s.day, err)
		}
	}
	return nil
}

// registryDay is the day of June on which the registry's summer file is sent: who ended by then owes no report.
const registryDay = 25

// registry sends what has been registered or ended since the last file.
func (b *builder) registry(ctx context.Context, day credit.Date) error {
	f := registry(b.firms, b.known, day)
	b.known = day
	return b.send(ctx, f, 9)
}

// annual is the file of the reports of a year that came in time. Who misses it is drawn here, and when he reports later.
func (b *builder) annual(year int, day credit.Date) file {
	var list []report
	for i := range b.firms {
		f := &b.firms[i]
		if !f.obliged(year) || f.registered > b.known {
			continue
		}
		if b.dice.chance(missShare) {
			if b.dice.chance(lateShare) {
				b.late = append(b.late, report{f, year, b.dice.day(credit.NewDate(year+1, time.July, 20), credit.NewDate(year+3, time.October, 8))})
			}
			continue
		}
		list = append(list, report{f, year, b.dice.day(credit.NewDate(year+1, time.January, 6), day-1)})
	}
	slices.SortStableFunc(b.late, func(a, c report) int { return cmp.Compare(a.day, c.day) })
	return reports(list, day, fmt.Sprintf("%d年度报告.csv", year))
}

// lateReports sends the late reports that have come by day and settles the removals they call for.
func (b *builder) lateReports(ctx context.Context, day credit.Date) error {
	n := 0
	for n < len(b.late) && b.late[n].day < day {
		n++
	}
	if n == 0 {
		return nil
	}
	due := b.late[:n]
	b.late = b.late[n:]
	if err := b.send(ctx, reports(due, day, fmt.Sprintf("补报年度报告_%s.csv", day)), 9); err != nil {
		return err
	}
	return b.decideRemovals(ctx, day+2)
}

// lastOfAll leaves work on the desks in the last autumn: reports that have just come, whose removals wait for somebody.
func (b *builder) lastOfAll(ctx context.Context, day credit.Date) error {
	if day.Year() != b.Now.Year() {
		return nil
	}
	n := min(12, len(b.late))
	some := make([]report, n)
	for i := range n {
		some[i] = b.late[i]
		some[i].day = day - 1
	}
	b.late = b.late[n:]
	if n == 0 {
		return nil
	}
	return b.send(ctx, reports(some, day, fmt.Sprintf("补报年度报告_%s.csv", day)), 9)
}

// penalties sends each department's penalty file of a half year.
func (b *builder) penalties(ctx context.Context, from, to credit.Date) error {
	// 10,800 penalties stand for the article's three years; a year has a third of them, a half year half of that.
	total := int(math.Round(articlePenalties * b.Scale / 3 / 2))
	rows := map[string][][]string{}
	var order []string
	days := make([]credit.Date, total)
	for i := range days {
		days[i] = b.dice.day(from, to)
	}
	slices.Sort(days)
	for _, day := range days {
		o := offences[b.dice.weigh(len(offences), func(i int) int { return offences[i].share })]
		f := &b.firms[b.dice.IntN(len(b.firms))]
		if f.registered > min(b.known, day) || (f.ended != 0 && f.ended <= day) {
			continue
		}
		b.paged++
		if rows[o.department] == nil {
			rows[o.department] = [][]string{penaltyHead}
			order = append(order, o.department)
		}
		row := b.dice.penalty(f, &b.firms[b.dice.IntN(len(b.firms))], o, b.paged, day, b.signs[o.department])
		rows[o.department] = append(rows[o.department], row)
		if b.meant[credit.NormalizeName(row[decisionNo])] = f.uscc; strings.HasPrefix(row[2], "91340100") {
			b.meant[credit.NormalizeName(row[decisionNo])] = ""
		}
	}
	slices.Sort(order)
	for i, department := range order {
		f := file{kind: "penalty", department: department, name: fmt.Sprintf("行政处罚_%s_%s.csv", department, to), day: to + 2,
			body: sheet(rows[department], i%2 == 1)}
		if err := b.send(ctx, f, 10+i%6); err != nil {
			return err
		}
	}
	return nil
}
