package sheet

import (
	"fmt"
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
}

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
	if _, err := p.file.ReadAt(b, from); err != nil {
		return "", false
	}
	return string(b), true
}

func (p *pool) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
