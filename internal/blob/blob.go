// Package blob keeps files, each once, under the hash of its content, in the database: so that a backup of the database is
// a backup of everything, and every node sees every file.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Ref names a stored content.
type Ref struct {
	Hash string // lower-case hex SHA-256
	Size int64
	Type string // what the content is, by its first bytes, whatever its name said: see [Sniff]
}

// chunk is the size of a piece: nothing bigger is ever held in memory.
const chunk = 1 << 20

// Put stores what r holds and returns its [Ref]. The same content is stored once. More than limit bytes are the fault
// blob.too_large. r is spooled to a temporary file first, so a slow sender keeps no transaction open; the pieces are
// written in strides, and nobody sees the content before it is whole. A put that was cut off leaves pieces that the next
// put of the same content takes up, or [Clean] removes.
func Put(ctx context.Context, d *db.DB, r io.Reader, limit int64) (Ref, error) {
	f, err := spool()
	if err != nil {
		return Ref{}, err
	}
	defer func() { _ = f.Close() }()
	ref, err := receive(ctx, f, r, limit)
	if err != nil {
		return Ref{}, err
	}
	if err := store(ctx, d, f, ref); err != nil {
		return Ref{}, fmt.Errorf("blob: put %s: %w", ref.Hash, err)
	}
	return ref, nil
}

// spool returns a temporary file that is gone when it is closed, also when the process is killed.
func spool() (*os.File, error) {
	f, err := os.CreateTemp("", "zhixin-blob-")
	if err != nil {
		return nil, fmt.Errorf("blob: temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("blob: temporary file: %w", err)
	}
	return f, nil
}

// receive copies r to f and finds out what it is.
func receive(ctx context.Context, f *os.File, r io.Reader, limit int64) (Ref, error) {
	ref := Ref{Type: Sniff(nil)}
	hash := sha256.New()
	buf := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := fill(r, buf)
		if ref.Size == 0 && n > 0 {
			ref.Type = Sniff(buf[:n])
		}
		if ref.Size += int64(n); ref.Size > limit {
			return Ref{}, fault.New(fault.TooLarge, "blob.too_large", limit>>20)
		}
		hash.Write(buf[:n])
		if _, err := f.Write(buf[:n]); err != nil {
			return Ref{}, fmt.Errorf("blob: spool: %w", err)
		}
		switch {
		case err == io.EOF:
			ref.Hash = hex.EncodeToString(hash.Sum(nil))
			return ref, nil
		case err != nil && ctx.Err() == nil:
			return Ref{}, fault.New(fault.Invalid, "blob.broken_off")
		}
	}
	return Ref{}, fmt.Errorf("blob: receive: %w", ctx.Err())
}

// fill reads until buf is full. Unlike io.ReadFull it tells the end of a content from one that broke off in the middle.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = r.Read(buf[n:])
		n += got
	}
	return n, err
}

// store writes the pieces that are not there yet and then the row that makes them visible. Its place is the number of
// pieces in the database, so it may be run twice, at the same time by two, or after a crash.
func store(ctx context.Context, d *db.DB, f *os.File, ref Ref) error {
	whole := (ref.Size + chunk - 1) / chunk
	buf := make([]byte, min(chunk, ref.Size))
	return d.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
		if _, err := find(ctx, q, ref.Hash); err == nil || !fault.Is(err, "blob.not_found") {
			return true, err
		}
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM blob_chunk WHERE hash = $1`, ref.Hash).Scan(&n); err != nil {
			return false, err
		}
		for ; n < whole; n++ {
			if !more() {
				return false, nil
			}
			piece := buf[:min(chunk, ref.Size-n*chunk)]
			if _, err := f.ReadAt(piece, n*chunk); err != nil {
				return false, err
			}
			_, err := q.ExecContext(ctx, `INSERT INTO blob_chunk (hash, n, data) VALUES ($1, $2, $3)`, ref.Hash, n, piece)
			if err != nil {
				return false, err
			}
		}
		_, err := q.ExecContext(ctx, `INSERT INTO blob_blob (hash, size, type) VALUES ($1, $2, $3)`, ref.Hash, ref.Size, ref.Type)
		return true, err
	})
}

// Clean removes the pieces of puts that were cut off. It may run at any time: a put under way finds its pieces gone and
// writes them again.
func Clean(ctx context.Context, d *db.DB) error {
	err := d.Bulk(ctx, func(q db.Q, more func() bool) (bool, error) {
		for more() {
			var hash string
			err := q.QueryRowContext(ctx, `SELECT c.hash FROM blob_chunk c LEFT JOIN blob_blob b ON b.hash = c.hash
				WHERE c.n = 0 AND b.hash IS NULL LIMIT 1`).Scan(&hash)
			if errors.Is(err, sql.ErrNoRows) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
			if _, err := q.ExecContext(ctx, `DELETE FROM blob_chunk WHERE hash = $1`, hash); err != nil {
				return false, err
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("blob: clean: %w", err)
	}
	return nil
}

func find(ctx context.Context, q db.Q, hash string) (Ref, error) {
	ref := Ref{Hash: hash}
	err := q.QueryRowContext(ctx, `SELECT size, type FROM blob_blob WHERE hash = $1`, hash).Scan(&ref.Size, &ref.Type)
	if errors.Is(err, sql.ErrNoRows) {
		return Ref{}, fault.New(fault.NotFound, "blob.not_found", hash)
	}
	if err != nil {
		return Ref{}, fmt.Errorf("blob: find %s: %w", hash, err)
	}
	return ref, nil
}

// File is an opened content: a temporary copy that can be read from any place and is gone after Close.
type File struct {
	*os.File
	Ref
}

// Open copies a stored content to a temporary file, checks it against its hash and returns it, at its beginning.
func Open(ctx context.Context, d *db.DB, hash string) (*File, error) {
	f, err := spool()
	if err != nil {
		return nil, err
	}
	out := &File{File: f}
	err = d.View(ctx, func(q db.Q) (err error) {
		if out.Ref, err = find(ctx, q, hash); err != nil {
			return err
		}
		return fetch(ctx, q, f, hash)
	})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return out, nil
}

// fetch copies the pieces one by one.
func fetch(ctx context.Context, q db.Q, f *os.File, hash string) error {
	rows, err := q.QueryContext(ctx, `SELECT data FROM blob_chunk WHERE hash = $1 ORDER BY n`, hash)
	if err != nil {
		return fmt.Errorf("blob: open %s: %w", hash, err)
	}
	defer func() { _ = rows.Close() }()
	sum := sha256.New()
	for rows.Next() {
		var piece sql.RawBytes
		if err := rows.Scan(&piece); err != nil {
			return fmt.Errorf("blob: open %s: %w", hash, err)
		}
		sum.Write(piece)
		if _, err := f.Write(piece); err != nil {
			return fmt.Errorf("blob: spool %s: %w", hash, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("blob: open %s: %w", hash, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != hash {
		return fmt.Errorf("blob: the content stored as %s has the hash %s", hash, got)
	}
	return nil
}

// The types that [Sniff] tells apart.
const (
	Text   = "text" // also anything that nothing else is recognised as
	XLSX   = "xlsx"
	Zip    = "zip"
	OLE    = "ole" // old Excel files, and encrypted new ones
	PDF    = "pdf"
	PNG    = "png"
	JPEG   = "jpeg"
	GIF    = "gif"
	GZip   = "gzip"
	RAR    = "rar"
	SevenZ = "7z"
	HTML   = "html"
	UTF16  = "utf16"
	Binary = "binary"
)

var magics = []struct{ begin, name string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE}, {"%PDF-", PDF}, {"\x89PNG\r\n\x1a\n", PNG}, {"\xff\xd8\xff", JPEG}, {"GIF8", GIF},
	{"\x1f\x8b", GZip}, {"Rar!\x1a\x07", RAR}, {"7z\xbc\xaf\x27\x1c", SevenZ}, {"\xff\xfe", UTF16}, {"\xfe\xff", UTF16},
}

// Sniff says what a content is by its first bytes; a name or a stated media type is never believed.
func Sniff(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.begin)) {
			return m.name
		}
	}
	switch start := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\ufeff \t\r\n")); {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("xl/")) {
			return XLSX
		}
		return Zip
	case bytes.HasPrefix(start, []byte("<!doctype")), bytes.HasPrefix(start, []byte("<html")), bytes.HasPrefix(start, []byte("<table")):
		return HTML
	}
	// Without mark, every second byte of Latin text in UTF-16 is zero; a table of text has hardly any.
	if zeros := bytes.Count(head, []byte{0}); zeros*20 > len(head) {
		return Binary
	}
	return Text
}
