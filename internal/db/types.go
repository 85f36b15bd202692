package db

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Time is an instant as both engines store it: UTC, microseconds. A bare time.Time is never given to a database: one driver
// would store its debugging text. Days are [zhixin/internal/credit.Date], which knows both engines itself.
type Time struct{ time.Time }

const layout = "2006-01-02T15:04:05.000000Z"

// Value implements [driver.Valuer]; the zero time is NULL.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(layout), nil
}

// Scan implements [database/sql.Scanner].
func (t *Time) Scan(src any) (err error) {
	switch v := src.(type) {
	case nil:
		t.Time = time.Time{}
	case time.Time:
		t.Time = v.UTC()
	case string:
		t.Time, err = time.Parse(layout, v)
	default:
		err = fmt.Errorf("db: a time cannot be read from %T", src)
	}
	return err
}

// In appends vals to args and returns "($n, $n+1, …)" for them; an empty list matches nothing.
func In[T any](args *[]any, vals []T) string {
	if len(vals) == 0 {
		return "(NULL)"
	}
	var b strings.Builder
	for i, v := range vals {
		*args = append(*args, v)
		b.WriteString([2]string{", $", "($"}[b2i(i == 0)])
		b.WriteString(strconv.Itoa(len(*args)))
	}
	b.WriteByte(')')
	return b.String()
}

// Values returns "($1, $2), ($3, $4), …" for rows of width columns: an insert of many rows is one statement and, on
// PostgreSQL, one round trip. Keep rows*width below 900, the least that both engines take.
func Values(rows, width int) string {
	var b strings.Builder
	for n := range rows * width {
		switch {
		case n == 0:
			b.WriteByte('(')
		case n%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n + 1))
	}
	b.WriteByte(')')
	return b.String()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// clock is a hybrid clock: milliseconds in 12 hex digits, a counter in 4, the process in 4. Ids of one process grow
// strictly, also when the wall clock steps back; towards another process [Q.IDAfter] keeps the order where it matters.
type clock struct {
	mu   sync.Mutex
	last uint64 // milliseconds<<16 | counter
	node string
	rand io.Reader
}

func newClock(rand io.Reader) *clock {
	c := &clock{rand: rand}
	c.node = hex.EncodeToString(c.bytes(2))
	return c
}

func (c *clock) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.rand, b); err != nil {
		panic("db: no randomness: " + err.Error()) // crypto/rand never fails; a seeded source never ends
	}
	return b
}

func (c *clock) salt() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes(16)
}

func (c *clock) next(at time.Time, after string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := uint64(max(at.UnixMilli(), 0)) << 16
	floor := c.last
	if len(after) >= 16 {
		if n, err := strconv.ParseUint(after[:16], 16, 64); err == nil {
			floor = max(floor, n)
		}
	}
	c.last = max(now, floor+1)
	return fmt.Sprintf("%016x%s", c.last, c.node)
}

// Key returns a short name made of parts that identifies a thing by what it is: the same parts always give the same 20 hex
// digits. Work that may be run again after a crash uses it, so that a second run finds what the first made.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}
