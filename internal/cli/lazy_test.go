package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// lazily serves on lazy connections with short limits, and returns the address.
func lazily(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 300 * time.Millisecond, IdleTimeout: 600 * time.Millisecond}
	go func() { _ = s.Serve(lazyListener{l}) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

func asks(t *testing.T, c net.Conn, r *bufio.Reader, request string) string {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

const plainRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func TestLazyConnectionsAreReadAsOthers(t *testing.T) {
	addr := lazily(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(time.Second) // longer than both limits: those are for reading
		}
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %v", n, err)
	})
	c, r := dial(t, addr)
	for range 300 {
		if got := asks(t, c, r, plainRequest); got != "0 <nil>" {
			t.Fatal(got)
		}
	}
	if got := asks(t, c, r, strings.Replace(plainRequest, "/ ", "/slow ", 1)); got != "0 <nil>" {
		t.Fatal(got)
	}
	if got := asks(t, c, r, plainRequest); got != "0 <nil>" {
		t.Fatalf("after a slow answer: %s", got)
	}
	// A body may take longer than the headers, and than a connection may be idle.
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		time.Sleep(300 * time.Millisecond)
		if _, err := io.WriteString(c, string(rune('a'+i))); err != nil {
			t.Fatal(err)
		}
	}
	if got := asks(t, c, r, "e"); got != "5 <nil>" {
		t.Errorf("a slow body: %s", got)
	}
}

func TestLazyConnectionsEndInTime(t *testing.T) {
	addr := lazily(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	for name, first := range map[string]string{"a connection on which nobody asks": "", "half a request": "GET / HT",
		"one that is idle after an answer": plainRequest, "half a request after an answer": plainRequest + "GET / HT"} {
		c, r := dial(t, addr)
		began := time.Now()
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s is still open after %s", name, time.Since(began))
		}
	}
}

func TestADeadlineMovedToBeforeInterruptsARead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, _ = dial(t, l.Addr().String())
	c, err := lazyListener{l}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, late := range []time.Duration{0, time.Hour} {
		if late == 0 {
			err = c.SetReadDeadline(time.Time{})
		} else {
			err = c.SetReadDeadline(time.Now().Add(late))
		}
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := c.Read(make([]byte, 1))
			done <- err
		}()
		time.Sleep(20 * time.Millisecond)
		if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the read goes on")
		}
	}
}
