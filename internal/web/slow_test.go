package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// TestReadersWhoDoNotReadHoldNothing lets more readers than the database has connections ask for a long file and not read it.
func TestReadersWhoDoNotReadHoldNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.patience = 300 * time.Millisecond
		var inside, made atomic.Int32
		s.View("GET /long.csv", Anyone, func(*View) (Answer, error) {
			inside.Add(1)
			return Download("long.csv", SheetType, func(w io.Writer) error {
				defer inside.Add(-1)
				for range 512 {
					if _, err := w.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
						return err
					}
				}
				made.Add(1)
				return nil
			}), nil
		})
		node := httptest.NewServer(s.Handler())
		defer node.Close()
		const readers = 30
		for range readers {
			c, err := net.Dial("tcp", node.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
			fmt.Fprint(c, "GET /long.csv HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		for end := time.Now().Add(20 * time.Second); made.Load() < readers || inside.Load() > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d of %d files made, %d readers still hold a connection", made.Load(), readers, inside.Load())
			}
		}
		for range 20 {
			if err := d.View(t.Context(), func(q db.Q) error { return q.QueryRowContext(t.Context(), "SELECT 1").Scan(new(int)) }); err != nil {
				t.Fatal(err)
			}
		}
		for end := time.Now().Add(20 * time.Second); strings.Count(s.log(), "msg=download") < readers; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d of %d readers were cut off", strings.Count(s.log(), "msg=download"), readers)
			}
		}
	})
}

func TestAnAnswerIsHeldWholeWhateverItsLength(t *testing.T) {
	for _, size := range []int{0, 1, inMemory, inMemory + 1, 3*inMemory + 7} {
		s := &Spool{}
		want := bytes.Repeat([]byte("ab"), size/2+1)[:size]
		for rest := want; len(rest) > 0; {
			n, err := s.Write(rest[:min(1000, len(rest))])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		var got bytes.Buffer
		if err := s.Send(&got); err != nil || !bytes.Equal(got.Bytes(), want) || s.Size() != int64(size) || (s.file != nil) != (size > inMemory) {
			t.Errorf("%d bytes: got %d, size %d, in a file %t, %v", size, got.Len(), s.Size(), s.file != nil, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADownloadThatFailsIsAnsweredAsAFault(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.View("GET /broken.csv", Anyone, func(*View) (Answer, error) {
			return Download("broken.csv", SheetType, func(w io.Writer) error {
				_, _ = io.WriteString(w, "half")
				return errors.New("broken off")
			}), nil
		})
		if w := s.get("/broken.csv"); w.Code != 500 || strings.Contains(w.Body.String(), "half") {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
}
