package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// bundleHead is the first line of an exported log.
const bundleHead = "zhixin log v1\n"

// Summary is what a checked log turned out to be.
type Summary struct {
	Origin      string
	Fingerprint string // of the key that signed it
	Size        int64
	Root        tlog.Hash
}

// Export writes the whole log as a text file: a title, the verifier key, the latest checkpoint, an empty line, and the
// head of each leaf on a line of its own. Nothing of it is private. It is one snapshot when q is.
func Export(ctx context.Context, q db.Q, w io.Writer) error {
	msg, err := Checkpoint(ctx, q, 0)
	if err != nil {
		return err
	}
	l, err := readLog(ctx, q)
	if err != nil {
		return err
	}
	size, _, err := openCheckpoint(msg, l.vkey)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	_, _ = out.WriteString(bundleHead + l.vkey + "\n") // a bufio.Writer keeps its first error for Flush
	_, _ = out.Write(msg)
	_, _ = out.WriteString("\n")
	err = eachHead(ctx, q, 0, size, func(head []byte) error {
		_, _ = out.Write(head)
		return out.WriteByte('\n')
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	return nil
}

// VerifyLog checks an exported log without network: the form of every line, the root over all of them, the signature.
// trusted is as for [VerifyReceipt]. It reads the file once, line by line, whatever its length.
func VerifyLog(r io.Reader, trusted string) (Summary, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	line := func() ([]byte, error) {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil, io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("audit: read log: %w", err)
		}
		return text, nil
	}
	var msg []byte
	var vkey string
	for n := 1; n <= 8; n++ { // title, key, three lines of text, empty line, signature, empty line
		text, err := line()
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return Summary{}, err
		case err != nil, n == 1 && string(text) != bundleHead, n == 8 && string(text) != "\n":
			return Summary{}, fault.New(fault.Invalid, "audit.bad_log", n)
		case n == 2:
			vkey = strings.TrimSuffix(string(text), "\n")
		case n > 2 && n < 8:
			msg = append(msg, text...)
		}
	}
	sum, err := summarize(msg, vkey, trusted)
	if err != nil {
		return Summary{}, err
	}
	t := emptyTree()
	for n := 9; ; n++ {
		text, err := line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Summary{}, err
		}
		head, ok := bytes.CutSuffix(text, []byte("\n"))
		if _, err := ParseHead(head); !ok || err != nil || t.size == sum.Size {
			return Summary{}, fault.New(fault.Invalid, "audit.bad_log", n)
		}
		t.push(0, tlog.RecordHash(head))
		clear(t.changed)
	}
	return sum, sum.check(t)
}

// summarize opens the checkpoint of a log that is to be checked.
func summarize(msg []byte, vkey, trusted string) (Summary, error) {
	if trusted != "" && vkey != trusted {
		return Summary{}, fault.New(fault.Invalid, "audit.untrusted_key")
	}
	size, root, err := openCheckpoint(msg, vkey)
	if err != nil {
		return Summary{}, err
	}
	origin, _, err := originOf(vkey)
	if err != nil {
		return Summary{}, err
	}
	print, err := Fingerprint(vkey)
	return Summary{Origin: origin, Fingerprint: print, Size: size, Root: root}, err
}

// check compares what was read with what was signed.
func (s Summary) check(t *tree) error {
	if t.size != s.Size {
		return fault.New(fault.Invalid, "audit.bad_length", t.size, s.Size)
	}
	root, err := t.root()
	if err != nil {
		return err
	}
	if root != s.Root {
		return fault.New(fault.Invalid, "audit.bad_root")
	}
	return nil
}

// VerifyRemote checks a log that is published as tiles. fetch returns what stands under a path below the log's address:
// "checkpoint", "key" (the verifier key, asked for only when trusted is ""), "tile/…" and "tile/entries/…". Every leaf
// and every tile is fetched and must fit the signed root; memory stays small.
func VerifyRemote(fetch func(path string) ([]byte, error), trusted string) (Summary, error) {
	vkey := trusted
	if vkey == "" {
		raw, err := fetch("key")
		if err != nil {
			return Summary{}, err
		}
		vkey = strings.TrimSuffix(string(raw), "\n")
	}
	msg, err := fetch("checkpoint")
	if err != nil {
		return Summary{}, err
	}
	sum, err := summarize(msg, vkey, trusted)
	if err != nil {
		return Summary{}, err
	}
	t := emptyTree()
	for from := int64(0); from < sum.Size; from += tileWidth {
		heads, err := fetchEntries(fetch, from, sum.Size)
		if err != nil {
			return Summary{}, err
		}
		for _, h := range heads {
			t.push(0, h)
		}
		for _, at := range t.places() {
			data := t.changed[at]
			if len(data) < tileWidth*tlog.HashSize && from+tileWidth < sum.Size {
				continue // an upper tile that still grows
			}
			path := tilePath(at, len(data)/tlog.HashSize)
			got, err := fetch(path)
			if err != nil {
				return Summary{}, err
			}
			if !bytes.Equal(got, data) {
				return Summary{}, fault.New(fault.Invalid, "audit.bad_tile", path)
			}
			delete(t.changed, at)
		}
	}
	return sum, sum.check(t)
}

// fetchEntries returns the hashes of up to 256 leaves.
func fetchEntries(fetch func(path string) ([]byte, error), from, size int64) ([]tlog.Hash, error) {
	width := int(min(tileWidth, size-from))
	path := tilePath(tileAt{-1, from / tileWidth}, width)
	raw, err := fetch(path)
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "audit.bad_tile", path)
	hashes := make([]tlog.Hash, 0, width)
	for range width {
		if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
			return nil, bad
		}
		n := 2 + int(binary.BigEndian.Uint16(raw))
		if _, err := ParseHead(raw[2:n]); err != nil {
			return nil, bad
		}
		hashes = append(hashes, tlog.RecordHash(raw[2:n]))
		raw = raw[n:]
	}
	if len(raw) != 0 {
		return nil, bad
	}
	return hashes, nil
}

// tilePath is the inverse of what [Tile] parses.
func tilePath(at tileAt, width int) string {
	path := tlog.Tile{H: tileHeight, L: at.level, N: at.n, W: width}.Path()
	path = strings.Replace(path, "tile/8/", "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}
