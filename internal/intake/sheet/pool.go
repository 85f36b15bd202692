package sheet

import (
	"fmt"
	"io"
	"os"

	"zhixin/internal/fault"
)

// pool keeps the shared texts of a workbook: in memory while they are few, in a temporary file when they are many.
type pool struct {
	mem  []byte
	ends []uint32 // where each text ends; their sum is below the limit of what a workbook unpacks to
	size int64
	file *os.File
	buf  []byte
	read [windows]window
}

// window is a piece of the file, kept because cells next to each other refer to texts next to each other.
type window struct {
	n    int64 // which piece, from 1
	data []byte
}

const (
	windows    = 32
	windowSize = 64 << 10
)

const (
	inMemory  = 16 << 20
	mostTexts = 6_000_000
)

// poolError is an error of our own disk.
type poolError struct{ err error }

func (e *poolError) Error() string { return fmt.Sprintf("sheet: temporary file: %v", e.err) }

func (e *poolError) Unwrap() error { return e.err }

func (p *pool) add(text []byte) error {
	if len(p.ends) == mostTexts || p.size+int64(len(text)) > 1<<32-1 {
		return fault.New(fault.TooLarge, "sheet.too_many_texts", mostTexts)
	}
	p.mem = append(p.mem, text...)
	p.size += int64(len(text))
	p.ends = append(p.ends, uint32(p.size))
	if len(p.mem) > inMemory {
		return p.flush()
	}
	return nil
}

// flush moves the texts in memory to the file.
func (p *pool) flush() error {
	if p.file == nil {
		f, err := os.CreateTemp("", "zhixin-sheet-")
		if err != nil {
			return &poolError{err}
		}
		p.file = f
		if err := os.Remove(f.Name()); err != nil {
			return &poolError{err}
		}
	}
	if _, err := p.file.Write(p.mem); err != nil {
		return &poolError{err}
	}
	p.mem = p.mem[:0]
	clear(p.read[:])
	return nil
}

// get returns text n; false where there is none.
func (p *pool) get(n int) (string, bool) {
	if n < 0 || n >= len(p.ends) {
		return "", false
	}
	from, to := int64(0), int64(p.ends[n])
	if n > 0 {
		from = int64(p.ends[n-1])
	}
	if filed := p.size - int64(len(p.mem)); from >= filed {
		return string(p.mem[from-filed : to-filed]), true
	}
	if int64(cap(p.buf)) < to-from {
		p.buf = make([]byte, to-from)
	}
	b := p.buf[:to-from]
	for at := int64(0); at < int64(len(b)); {
		piece, ok := p.window((from + at) / windowSize)
		within := (from + at) % windowSize
		if !ok || within >= int64(len(piece)) {
			return "", false
		}
		at += int64(copy(b[at:], piece[within:]))
	}
	return string(b), true
}

// window returns a piece of the file.
func (p *pool) window(n int64) ([]byte, bool) {
	w := &p.read[n%windows]
	if w.n == n+1 {
		return w.data, true
	}
	if w.data == nil {
		w.data = make([]byte, windowSize)
	}
	w.data = w.data[:windowSize]
	got, err := p.file.ReadAt(w.data, n*windowSize)
	if err != nil && err != io.EOF {
		w.n = 0
		return nil, false
	}
	w.n, w.data = n+1, w.data[:got]
	return w.data, true
}

func (p *pool) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
