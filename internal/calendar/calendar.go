// Package calendar counts working days as Chinese law counts them (handbook 8.5).
//
// It never guesses: where the arrangement of a year is not loaded, its days are neither working days nor days off but a
// fault, and so is every deadline that reaches into it. Only what is certain without an arrangement is answered: days that a
// loaded arrangement names, and 1 January, which is always off.
package calendar

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

//go:embed holidays_cn.csv
var builtin []byte

// Calendar knows the working days of the years whose arrangements are loaded. It is never changed.
type Calendar struct {
	days     map[credit.Date]day
	complete map[int]bool
}

// day is a day that an arrangement names; every other day of a complete year is as its weekday says.
type day struct {
	year int // whose arrangement names it
	name string
	off  bool
}

// holidays are the statutory holidays by the words that arrangements use, and the first year in which they were off.
var holidays = []struct {
	words []string
	since int
}{
	{[]string{"元旦"}, 1950}, {[]string{"春节"}, 1950}, {[]string{"清明"}, 2008}, {[]string{"劳动节", "五一"}, 1950},
	{[]string{"端午"}, 2008}, {[]string{"中秋"}, 2008}, {[]string{"国庆", "十一"}, 1950},
}

// Builtin returns the calendar of the arrangements known when the program was made, 2007 to 2026.
func Builtin() *Calendar {
	c, err := Load(bytes.NewReader(builtin))
	if err != nil {
		panic(err) // the file is part of the program and a test reads it
	}
	return c
}

// Load reads arrangements from CSV with the heading year,date,name,is_off_day; lines that begin with # are remarks.
//
// The arrangement of a year is complete, and the year loaded, when it names a day off for each statutory holiday of its
// time (New Year, Spring Festival, Labour Day, National Day; Qingming, Dragon Boat and Mid-Autumn since 2008). A year of
// which only some holidays are announced is kept but not loaded.
//
// An arrangement may move the last days of the December before it. They are announced with it, and so a deadline counted
// earlier may be a day out there; it is right again when the next year is loaded.
func Load(r io.Reader) (*Calendar, error) {
	days, err := read(r)
	if err != nil {
		return nil, err
	}
	return build(days), nil
}

// With returns c with the arrangements of an administrator's file in place of c's for the same years. Each of them must be
// complete: half a year's holidays would make wrong deadlines out of missing ones.
func (c *Calendar) With(r io.Reader) (*Calendar, error) {
	days, err := read(r)
	if err != nil {
		return nil, err
	}
	years := map[int]bool{}
	for _, d := range days {
		years[d.year] = true
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		if missing := missing(days, year); len(missing) > 0 {
			return nil, fault.New(fault.Invalid, "calendar.incomplete_year", year, strings.Join(missing, "、"))
		}
	}
	all := maps.Clone(days)
	for date, d := range c.days {
		if _, named := days[date]; !named && !years[d.year] {
			all[date] = d
		}
	}
	return build(all), nil
}

func build(days map[credit.Date]day) *Calendar {
	c := &Calendar{days: days, complete: map[int]bool{}}
	for _, d := range days {
		if _, asked := c.complete[d.year]; !asked {
			c.complete[d.year] = len(missing(days, d.year)) == 0
		}
	}
	return c
}

// missing returns the holidays for which year's arrangement names no day off.
func missing(days map[credit.Date]day, year int) []string {
	var names strings.Builder
	for _, d := range days {
		if d.year == year && d.off {
			names.WriteString(d.name + " ")
		}
	}
	var out []string
	for _, h := range holidays {
		named := slices.ContainsFunc(h.words, func(word string) bool { return strings.Contains(names.String(), word) })
		if year >= h.since && !named {
			out = append(out, h.words[0])
		}
	}
	return out
}

func read(r io.Reader) (map[credit.Date]day, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = 4
	head, err := in.Read()
	if err == nil {
		head[0] = strings.TrimPrefix(head[0], "\ufeff")
	}
	if err != nil || !slices.Equal(head, []string{"year", "date", "name", "is_off_day"}) {
		return nil, fault.New(fault.Invalid, "calendar.bad_heading")
	}
	days := map[credit.Date]day{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return days, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, fault.New(fault.Invalid, "calendar.bad_row", bad.Line)
		} else if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		year, err := strconv.Atoi(row[0])
		date, noDate := credit.ParseDate(row[1])
		if err != nil || noDate != nil || date.Year() != year && date.Year() != year-1 || row[3] != "0" && row[3] != "1" {
			return nil, fault.New(fault.Invalid, "calendar.bad_row", line)
		}
		if _, twice := days[date]; twice {
			return nil, fault.New(fault.Invalid, "calendar.day_twice", line, date)
		}
		days[date] = day{year: year, name: row[2], off: row[3] == "1"}
	}
}

// IsWorkday reports whether d is a working day: what the arrangement says of it, else Monday to Friday.
func (c *Calendar) IsWorkday(d credit.Date) (bool, error) {
	if named, ok := c.days[d]; ok {
		return !named.off, nil
	}
	if d.Month() == time.January && d.Day() == 1 {
		return false, nil
	}
	if !c.complete[d.Year()] {
		return false, fault.New(fault.Unavailable, "calendar.year_not_loaded", d.Year())
	}
	return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday, nil
}

// AddWorkdays returns the n-th working day after d, which itself is not counted; before d for a negative n, d for 0.
func (c *Calendar) AddWorkdays(d credit.Date, n int) (credit.Date, error) {
	step := credit.Date(1)
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		d += step
		work, err := c.IsWorkday(d)
		if err != nil {
			return 0, err
		}
		if work {
			n--
		}
	}
	return d, nil
}

// WorkdaysBetween returns how many working days lie after a up to b, b included; negative where b is before a.
func (c *Calendar) WorkdaysBetween(a, b credit.Date) (int, error) {
	if b < a {
		n, err := c.WorkdaysBetween(b, a)
		return -n, err
	}
	n := 0
	for d := a + 1; d <= b; d++ {
		work, err := c.IsWorkday(d)
		if err != nil {
			return 0, err
		}
		if work {
			n++
		}
	}
	return n, nil
}

// Deadline is [Calendar.AddWorkdays] where a day that cannot be told yet is an answer: 0 while the arrangement of a year that
// it needs is not loaded. Whoever keeps such a day completes it later.
func (c *Calendar) Deadline(d credit.Date, n int) (credit.Date, error) {
	due, err := c.AddWorkdays(d, n)
	if fault.Is(err, "calendar.year_not_loaded") {
		return 0, nil
	}
	return due, err
}

// Missing returns the first year from that of d on whose arrangement is not loaded.
func (c *Calendar) Missing(d credit.Date) int {
	year := d.Year()
	for c.complete[year] {
		year++
	}
	return year
}
