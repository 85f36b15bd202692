package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"

	"zhixin/internal/blob"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// content returns n bytes that differ by seed.
func content(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, seed))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	err := d.View(context.Background(), func(q db.Q) error {
		return q.QueryRowContext(context.Background(), `SELECT COUNT(*) FROM `+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestContentComesBackAsItWas(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{0, 1, 1 << 20, 1<<20 + 1, 3<<20 - 7} {
			want := content(uint64(n), n)
			ref, err := blob.Put(ctx, d, iotest.HalfReader(bytes.NewReader(want)), 4<<20)
			if err != nil {
				t.Fatalf("put %d bytes: %v", n, err)
			}
			f, err := blob.Open(ctx, d, ref.Hash)
			if err != nil {
				t.Fatalf("open %d bytes: %v", n, err)
			}
			got, err := io.ReadAll(f)
			if err != nil || !bytes.Equal(got, want) || f.Size != int64(n) || ref.Size != int64(n) {
				t.Errorf("%d bytes came back as %d (%v), sizes %d and %d", n, len(got), err, f.Size, ref.Size)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSameContentIsStoredOnce(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		body := content(1, 5<<19)
		errs := make(chan error)
		for range 4 {
			go func() {
				_, err := blob.Put(ctx, d, bytes.NewReader(body), 4<<20)
				errs <- err
			}()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if blobs, chunks := count(t, d, "blob_blob"), count(t, d, "blob_chunk"); blobs != 1 || chunks != 3 {
			t.Errorf("stored %d times in %d pieces, want 1 in 3", blobs, chunks)
		}
	})
}

func TestTooMuchIsRefusedWithTheLimit(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, err := blob.Put(ctx, d, bytes.NewReader(content(2, 2<<20+1)), 2<<20)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.TooLarge || f.Code != "blob.too_large" || f.Args[0] != int64(2) {
			t.Errorf("2 MiB + 1 byte: %v", err)
		}
		_, err = blob.Put(ctx, d, io.MultiReader(bytes.NewReader(content(3, 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF)), 2<<20)
		if !fault.Is(err, "blob.broken_off") {
			t.Errorf("a sender that broke off: %v", err)
		}
		if n := count(t, d, "blob_chunk"); n != 0 {
			t.Errorf("%d pieces of refused contents were stored", n)
		}
	})
}

func TestUnfinishedContentIsInvisibleAndCleaned(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		body := content(4, 3<<20)
		ref, err := blob.Put(ctx, d, bytes.NewReader(body), 4<<20)
		if err != nil {
			t.Fatal(err)
		}
		cutOff := func() { // as a kill between two strides leaves it
			err := d.Tx(ctx, func(q db.Q) error {
				if _, err := q.ExecContext(ctx, `DELETE FROM blob_blob`); err != nil {
					return err
				}
				_, err := q.ExecContext(ctx, `DELETE FROM blob_chunk WHERE n = 2`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		cutOff()
		if _, err := blob.Open(ctx, d, ref.Hash); !fault.Is(err, "blob.not_found") {
			t.Errorf("half a content can be opened: %v", err)
		}
		if again, err := blob.Put(ctx, d, bytes.NewReader(body), 4<<20); err != nil || again != ref {
			t.Errorf("sent again: %v, %v", again, err)
		}
		cutOff()
		if err := blob.Clean(ctx, d); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "blob_chunk"); n != 0 {
			t.Errorf("%d pieces are left", n)
		}
	})
}

func TestMemoryStaysSmall(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Open(t, t.TempDir()+"/blob.db")
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := blob.Put(ctx, d, io.LimitReader(rand.NewChaCha8([32]byte{1}), 24<<20), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 12<<20 {
		t.Errorf("24 MiB took %d MiB of memory", got>>20)
	}
}

func TestTypeIsFoundInTheContent(t *testing.T) {
	tests := []struct{ name, head, want string }{
		{"csv", "a,b\n1,2\n", blob.Text},
		{"empty", "", blob.Text},
		{"gb18030", "\xc6\xf3\xd2\xb5,\xb4\xfa\xc2\xeb\n", blob.Text},
		{"xlsx", "PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", blob.XLSX},
		{"zip", "PK\x03\x04\x14\x00\x06\x00photo.jpg", blob.Zip},
		{"old excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and on", blob.OLE},
		{"page named xls", "\ufeff \r\n<HTML><table>", blob.HTML},
		{"utf-16", "\xff\xfea\x00", blob.UTF16},
		{"program", "MZ\x00\x00\x03\x00\x00\x00", blob.Binary},
		{"one zero in a table", "code,name\n1,a\x00b\n" + string(bytes.Repeat([]byte("22,ccc\n"), 20)), blob.Text},
	}
	for _, tt := range tests {
		if got := blob.Sniff([]byte(tt.head)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
