package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// bare is the ceiling: net/http answering every request with the bytes of a file.
func bare(addr, file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s := &http.Server{Addr: addr, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})}
	return s.ListenAndServe()
}

// freeAddress returns an address of this machine on which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// client keeps as many connections as the load has.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections}}

func get(ctx context.Context, url, secret string) (status int, body []byte, err error) {
	return call(ctx, http.MethodGet, url, secret, nil)
}

func call(ctx context.Context, method, url, secret string, in []byte) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(in))
	if err != nil {
		return 0, nil, err
	}
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if body, err = io.ReadAll(res.Body); err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	return res.StatusCode, body, nil
}
