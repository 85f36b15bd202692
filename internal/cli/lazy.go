package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// lazyListener hands out connections whose read deadlines are set lazily. net/http moves a deadline four times for a request, and
// each move wakes the runtime's timers: at the gate that is a tenth of the work.
type lazyListener struct{ net.Listener }

// Accept implements [net.Listener].
func (l lazyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("cli: accept: %w", err)
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		return &lazyConn{TCPConn: tcp}, nil
	}
	return c, nil
}

// lazyConn keeps two read deadlines: the one that was asked for, and the one that the socket has, which is never later. Moving the
// first one on costs nothing; only when the second passes is the socket given the first.
type lazyConn struct {
	*net.TCPConn
	wanted, set atomic.Int64 // nanoseconds since 1970; 0 is none
}

// SetReadDeadline implements [net.Conn].
func (c *lazyConn) SetReadDeadline(t time.Time) error {
	at := int64(0)
	if !t.IsZero() {
		at = t.UnixNano()
	}
	c.wanted.Store(at)
	if set := c.set.Load(); set != 0 && (at == 0 || at >= set) {
		return nil // the socket's comes first, and Read looks again then
	}
	return c.apply(at, t)
}

// SetDeadline implements [net.Conn].
func (c *lazyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *lazyConn) apply(at int64, t time.Time) error {
	c.set.Store(at)
	return c.TCPConn.SetReadDeadline(t)
}

// Read implements [net.Conn].
func (c *lazyConn) Read(p []byte) (int, error) {
	for {
		n, err := c.TCPConn.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		wanted := c.wanted.Load()
		if wanted != 0 && wanted <= time.Now().UnixNano() {
			return 0, err
		}
		if err := c.apply(wanted, timeOf(wanted)); err != nil {
			return 0, err
		}
		if now := c.wanted.Load(); now != wanted { // it was moved meanwhile, perhaps to before
			if err := c.SetReadDeadline(timeOf(now)); err != nil {
				return 0, err
			}
		}
	}
}

func timeOf(nano int64) time.Time {
	if nano == 0 {
		return time.Time{}
	}
	return time.Unix(0, nano)
}
