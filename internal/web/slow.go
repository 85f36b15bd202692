package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// A reader who takes nothing for patience, and then less than pace bytes a second, is cut off; so is one whom a download takes
// longer than downloadTime. The node would otherwise keep whatever many of them hold.
const (
	patience     = 15 * time.Second
	pace         = 16 << 10
	downloadTime = 10 * time.Minute
)

// before gives what is written now a time by which the reader must have taken it.
func (w *watcher) before(n int) {
	within := w.patience + time.Duration(n)*time.Second/pace
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(within)) // a test's recorder has none
}

// Spool holds an answer until all of it is there: a little in memory, the rest in a temporary file that has no name. So
// nothing of the database is held while a reader takes his time, and what fails half-way is still answered as a fault.
type Spool struct {
	mem  bytes.Buffer
	file *os.File
	size int64
}

// inMemory is how much of an answer is held without a file.
const inMemory = 256 << 10

// Write implements [io.Writer].
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && s.mem.Len()+len(p) > inMemory {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	s.size += int64(len(p))
	if s.file == nil {
		return s.mem.Write(p)
	}
	n, err := s.file.Write(p)
	if err != nil {
		return n, fmt.Errorf("web: hold answer: %w", err)
	}
	return n, nil
}

func (s *Spool) spill() (err error) {
	if s.file, err = os.CreateTemp("", "zhixin-answer-"); err != nil {
		return fmt.Errorf("web: hold answer: %w", err)
	}
	if err := os.Remove(s.file.Name()); err != nil { // it lives as long as it is open
		return fmt.Errorf("web: hold answer: %w", err)
	}
	if _, err := s.mem.WriteTo(s.file); err != nil {
		return fmt.Errorf("web: hold answer: %w", err)
	}
	s.mem = bytes.Buffer{}
	return nil
}

// Size returns how many bytes are held.
func (s *Spool) Size() int64 { return s.size }

// Send writes what is held to a reader, piece by piece, and gives up on one who takes too long for all of it.
func (s *Spool) Send(w io.Writer) error {
	var from io.Reader = &s.mem
	if s.file != nil {
		from = io.NewSectionReader(s.file, 0, s.size)
	}
	var late atomic.Bool
	defer time.AfterFunc(downloadTime, func() { late.Store(true) }).Stop()
	piece := make([]byte, 32<<10)
	for !late.Load() {
		n, err := from.Read(piece)
		if n > 0 {
			if _, err := w.Write(piece[:n]); err != nil {
				return fmt.Errorf("web: send: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("web: send: %w", err)
		}
	}
	return fmt.Errorf("web: send: not taken within %s", downloadTime)
}

// Close lets go of what is held.
func (s *Spool) Close() error {
	s.mem = bytes.Buffer{}
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
