package credit

import (
	"database/sql/driver"
	"fmt"
	"time"

	"zhixin/internal/fault"
)

// Date is a civil day in China (Asia/Shanghai, no daylight saving): the number of days since 1899-12-31.
// The zero Date means that no day is stated. Dates are compared with <, == and >.
type Date int32

// epoch is day 0; it is never a legal date of this system, so the zero value is free to mean "none".
var epoch = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)

// Shanghai is the zone in which an instant becomes a day.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// NewDate returns the day y-m-d; out of range values are normalised as by [time.Date].
func NewDate(y int, m time.Month, d int) Date {
	return fromUTC(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the day in China at instant t.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return NewDate(y, m, d)
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Before(epoch.AddDate(0, 0, 1)) || t.Year() > 9999 {
		return 0, fault.New(fault.Invalid, "credit.bad_date", s)
	}
	return fromUTC(t), nil
}

// fromUTC counts in seconds: a time.Duration ends after 292 years.
func fromUTC(t time.Time) Date { return Date((t.Unix() - epoch.Unix()) / 86400) }

// MustDate is ParseDate for days written in the program; it panics on a bad one.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (d Date) utc() time.Time { return time.Unix(epoch.Unix()+int64(d)*86400, 0).UTC() }

// Time returns the first instant of d in China.
func (d Date) Time() time.Time {
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, Shanghai)
}

// Year returns the year of d.
func (d Date) Year() int { return d.utc().Year() }

// Month returns the month of d.
func (d Date) Month() time.Month { return d.utc().Month() }

// Day returns the day of the month.
func (d Date) Day() int { return d.utc().Day() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddMonths returns the same day n months later, or that month's last day where it has no such day: calendar periods
// in law end on the corresponding day (民法典 art. 202). See [Date.AfterMonths] for the day on which one is over.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.utc().Date()
	last := NewDate(y, m+time.Month(n)+1, 0)
	return min(NewDate(y, m+time.Month(n), day), last)
}

// AfterMonths returns the first day after a period of n months that d begins: d itself is not counted, and the period ends
// on its corresponding day (民法典 arts. 201 and 202), which still belongs to it. A period of no months has no day.
func (d Date) AfterMonths(n int) Date {
	if n <= 0 {
		return d
	}
	return d.AddMonths(n) + 1
}

// AddYears returns the same day n years later (29 February becomes 28 February).
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

// String returns YYYY-MM-DD, and "" for the zero Date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// Append appends what [Date.String] returns.
func (d Date) Append(b []byte) []byte {
	if d == 0 {
		return b
	}
	return d.utc().AppendFormat(b, time.DateOnly)
}

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; "" is the zero Date.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// Value implements [driver.Valuer]: YYYY-MM-DD, NULL for the zero Date.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan implements [database/sql.Scanner] for both engines.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case time.Time:
		y, m, day := v.Date()
		*d = NewDate(y, m, day)
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	}
	return fmt.Errorf("credit: a date cannot be read from %T", src)
}
