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
// trusted is as for [VerifyReceipt]; since, where it is not nil, is a checkpoint of the same log that the reader has kept: the
// log must begin with what was signed then. It reads the file once, line by line, whatever its length.
func VerifyLog(r io.Reader, trusted string, since []byte) (Summary, error) {
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
	vkey, msg, err := readTop(line)
	if err != nil {
		return Summary{}, err
	}
	sum, err := summarize(msg, vkey, trusted)
	if err != nil {
		return Summary{}, err
	}
	was, err := sum.earlier(since, vkey)
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
		if err := was.compare(t); err != nil {
			return Summary{}, err
		}
	}
	return sum, sum.check(t)
}

// SavedCheckpoint returns the checkpoint in what a reader has kept: the checkpoint itself, as a node publishes it, or a log
// as [Export] wrote it.
func SavedCheckpoint(r io.Reader) ([]byte, error) {
	const most = 1 << 12 // a checkpoint is some hundred bytes
	in := bufio.NewReaderSize(r, 1<<16)
	if top, err := in.Peek(len(bundleHead)); err == nil && string(top) == bundleHead {
		_, msg, err := readTop(func() ([]byte, error) { return in.ReadSlice('\n') })
		return msg, err
	}
	msg, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, fmt.Errorf("audit: read checkpoint: %w", err)
	}
	return msg, nil
}

// readTop reads the key and the checkpoint, which stand before the leaves of an exported log.
func readTop(line func() ([]byte, error)) (vkey string, msg []byte, err error) {
	for n := 1; n <= 8; n++ { // title, key, three lines of text, empty line, signature, empty line
		text, err := line()
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return "", nil, err
		case err != nil, n == 1 && string(text) != bundleHead, n == 8 && string(text) != "\n":
			return "", nil, fault.New(fault.Invalid, "audit.bad_log", n)
		case n == 2:
			vkey = strings.TrimSuffix(string(text), "\n")
		case n > 2 && n < 8:
			msg = append(msg, text...)
		}
	}
	return vkey, msg, nil
}

// earlier opens a checkpoint that was kept from before; of a nil one nothing is asked. A log that is shorter now was cut.
func (s Summary) earlier(since []byte, vkey string) (was Summary, err error) {
	if since == nil {
		return Summary{}, nil
	}
	if was.Size, was.Root, err = openCheckpoint(since, vkey); err != nil {
		return Summary{}, fault.New(fault.Invalid, "audit.bad_since")
	}
	if was.Size > s.Size {
		return Summary{}, fault.New(fault.Invalid, "audit.cut_short", was.Size, s.Size)
	}
	return was, nil
}

// compare refuses a tree that has another root at the size of the earlier log than was signed then.
func (s Summary) compare(t *tree) error {
	if t.size != s.Size {
		return nil
	}
	root, err := t.root()
	if err == nil && root != s.Root {
		err = fault.New(fault.Invalid, "audit.rewritten", s.Size)
	}
	return err
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
// and every tile is fetched and must fit the signed root; memory stays small. since is as for [VerifyLog].
func VerifyRemote(fetch func(path string) ([]byte, error), trusted string, since []byte) (Summary, error) {
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
	was, err := sum.earlier(since, vkey)
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
			if err := was.compare(t); err != nil {
				return Summary{}, err
			}
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
