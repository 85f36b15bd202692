package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// grow adds n leaves and numbers them.
func grow(t testing.TB, d *db.DB, key *audit.Key, n int) {
	t.Helper()
	for n > 0 {
		act(t, d, func(q db.Q) error {
			for range min(n, 400) {
				if _, err := audit.Add(ctx, q, li, noon, "a.b", "", n); err != nil {
					return err
				}
				n--
			}
			return nil
		})
	}
	numberAll(t, d, key)
}

// fetcher serves the log as the HTTP edge does.
func fetcher(d *db.DB) func(path string) ([]byte, error) {
	return func(path string) (data []byte, err error) {
		return data, d.View(ctx, func(q db.Q) (err error) {
			switch path {
			case "checkpoint":
				data, err = audit.Checkpoint(ctx, q, 0)
			case "key":
				var vkey string
				vkey, err = audit.Verifier(ctx, q)
				data = []byte(vkey + "\n")
			default:
				data, err = audit.Tile(ctx, q, path)
			}
			return err
		})
	}
}

func TestProofsHoldAtEverySize(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		roots := map[int64]tlog.Hash{}
		size := int64(0)
		for _, more := range []int{1, 1, 1, 2, 3, 120, 127, 1, 1, 250, 5} { // 255, 256, 257 among them
			grow(t, d, key, more)
			size += int64(more)
			view(t, d, func(q db.Q) (err error) {
				if roots[size], err = audit.Root(ctx, q, size); err != nil {
					return err
				}
				events, err := audit.Read(ctx, q, 0, 1000)
				for i, e := range events {
					if i > 8 && i%61 != 0 && int64(i) != size-1 {
						continue
					}
					p, err := audit.Proof(ctx, q, e.Leaf)
					must(t, err)
					head, err := audit.VerifyInclusion(p, key.Verifier)
					if err != nil || head.ID != e.Leaf || p.Seq != e.Seq {
						t.Errorf("leaf %d of %d is not proven: %v", i, size, err)
					}
					raw, err := canon.Bytes(p)
					must(t, err)
					var again audit.Inclusion
					must(t, canon.Decode(raw, &again))
					again.Seq ^= 1
					if _, err := audit.VerifyInclusion(again, ""); err == nil {
						t.Errorf("leaf %d of %d is proven at another place", i, size)
					}
				}
				return err
			})
			for _, trusted := range []string{key.Verifier, ""} {
				remote, err := audit.VerifyRemote(fetcher(d), trusted, nil)
				local, err2 := audit.VerifyLog(bytes.NewReader(export(t, d)), trusted, nil)
				if err != nil || err2 != nil || remote != local || remote.Size != size || remote.Root != roots[size] {
					t.Fatalf("size %d: %+v, %v; %+v, %v", size, remote, err, local, err2)
				}
			}
		}
		view(t, d, func(q db.Q) error {
			for old, root := range roots {
				if again, err := audit.Root(ctx, q, old); err != nil || again != root {
					t.Errorf("the root at %d is %s, was %s, %v", old, again, root, err)
				}
			}
			return nil
		})
	})
}

func TestTilesOfTheCityAreServedAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fetch := fetcher(d)
		if _, err := fetch("checkpoint"); !fault.Is(err, "audit.no_checkpoint") {
			t.Errorf("checkpoint of an empty log: %v", err)
		}
		grow(t, d, newKey(t), 600)
		for path, want := range map[string]int{
			"tile/0/000": 256 * 32, "tile/0/001": 256 * 32, "tile/0/002.p/88": 88 * 32, "tile/0/002.p/1": 32, "tile/0/000.p/7": 7 * 32,
			"tile/1/000.p/2": 64, "tile/0/002.p/89": 0, "tile/0/002": 0, "tile/0/003": 0, "tile/1/000": 0, "tile/1/000.p/3": 0, "tile/2/000.p/1": 0,
			"tile/entries/002.p/89": 0, "tile/entries/002": 0, "tile/data/000": 0, "tile/8/0/000": 0, "tile/0/0": 0, "tile/0/000.p/0": 0,
			"tile/0/000.p/256": 0, "tile/0/x001/000": 0, "tile/-1/000": 0, "tile/0/../0/000": 0, "": 0, "tile/": 0, "tile/00/000": 0,
		} {
			data, err := fetch(path)
			if len(data) != want || (want == 0) != fault.Is(err, "audit.no_tile") {
				t.Errorf("%s: %d bytes, %v; want %d", path, len(data), err, want)
			}
		}
		for _, path := range []string{"tile/entries/000", "tile/entries/002.p/88", "tile/entries/001.p/9"} {
			if data, err := fetch(path); err != nil || len(data) < 9*100 || data[0] != 0 {
				t.Errorf("%s: %d bytes, %v", path, len(data), err)
			}
		}
	})
}

func TestRemoteLogWithOneWrongByteIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		grow(t, d, newKey(t), 520)
		fetch := fetcher(d)
		var paths []string
		if _, err := audit.VerifyRemote(func(path string) ([]byte, error) { paths = append(paths, path); return fetch(path) }, "", nil); err != nil {
			t.Fatal(err)
		}
		if len(paths) != 2+3+3+1 {
			t.Errorf("fetched %v", paths)
		}
		for range 300 {
			bad := paths[rand.IntN(len(paths))]
			if bad == "key" {
				continue // its line end may be left out
			}
			_, err := audit.VerifyRemote(func(path string) ([]byte, error) {
				data, err := fetch(path)
				if path == bad && err == nil {
					data[rand.IntN(len(data))] ^= byte(1 + rand.IntN(255))
				}
				return data, err
			}, "", nil)
			if err == nil {
				t.Fatalf("a wrong byte in %s was accepted", bad)
			}
		}
	})
}

func TestALogMustBeginWithWhatWasSignedBefore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		grow(t, d, key, 300)
		kept := checkpoint(t, d)
		older := export(t, d)
		grow(t, d, key, 33)
		raw := export(t, d)
		fromLog, err := audit.SavedCheckpoint(bytes.NewReader(older))
		if err != nil || !bytes.Equal(fromLog, kept) {
			t.Fatalf("the checkpoint of the older log is %q, %v", fromLog, err)
		}
		if again, err := audit.SavedCheckpoint(bytes.NewReader(kept)); err != nil || !bytes.Equal(again, kept) {
			t.Fatalf("the checkpoint is %q, %v", again, err)
		}
		check := func(fetch func(string) ([]byte, error), raw, since []byte, want string) {
			t.Helper()
			_, local := audit.VerifyLog(bytes.NewReader(raw), key.Verifier, since)
			_, remote := audit.VerifyRemote(fetch, "", since)
			for _, err := range []error{local, remote} {
				if _, code := fault.Of(err); code != want {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		}
		check(fetcher(d), raw, kept, "")
		check(fetcher(d), raw, checkpoint(t, d), "")
		check(fetcher(d), raw, bytes.Replace(kept, []byte("300"), []byte("301"), 1), "audit.bad_since")

		// The holder of the key writes another log and signs it; it holds by itself.
		_, err = audit.VerifyLog(bytes.NewReader(raw), key.Verifier, nil)
		must(t, err)
		other := dbtest.Open(t, dbtest.Fresh(t, d.Engine()))
		grow(t, other, key, 320)
		check(fetcher(other), export(t, other), nil, "")
		check(fetcher(other), export(t, other), kept, "audit.rewritten")
		check(fetcher(other), export(t, other), checkpoint(t, d), "audit.cut_short")
	})
}

func checkpoint(t testing.TB, d *db.DB) (msg []byte) {
	t.Helper()
	view(t, d, func(q db.Q) (err error) {
		msg, err = audit.Checkpoint(ctx, q, 0)
		return err
	})
	return msg
}

// oneReceipt seals a few answers and returns the receipt of one.
func oneReceipt(t testing.TB, d *db.DB, key *audit.Key) []byte {
	t.Helper()
	g, err := audit.NewGrouper(ctx, d, key, clockAt(noon), "gate.answered", credit.System("gate"))
	must(t, err)
	defer g.Close()
	for range 4 {
		_, err := g.PutAsync(audit.Item{Body: answer})
		must(t, err)
	}
	s, err := g.Put(ctx, audit.Item{Body: answer})
	must(t, err)
	return s.Receipt(audit.GateReceipt, answer).Encode()
}

func TestReceiptIsProvenOffline(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		raw := oneReceipt(t, d, key)
		want, err := audit.Fingerprint(key.Verifier)
		must(t, err)
		for _, trusted := range []string{"", key.Verifier} {
			item, print, err := audit.VerifyReceipt(raw, trusted)
			if err != nil || !bytes.Equal(item, answer) || print != want {
				t.Errorf("trusted %q: %s, %s, %v", trusted, item, print, err)
			}
		}
		if _, _, err := audit.VerifyReceipt(raw, newKey(t).Verifier); !fault.Is(err, "audit.untrusted_key") {
			t.Errorf("another key: %v", err)
		}
		r, err := audit.ParseReceipt(raw)
		must(t, err)
		again, err := canon.Bytes(r)
		if err != nil || string(again)+"\n" != string(raw) || !bytes.Equal(r.Encode(), raw) {
			t.Errorf("the receipt is not canonical: %s\n%s, %v", raw, again, err)
		}
	})
}

// refuses calls check with everything that differs a little from raw.
func refuses(t *testing.T, raw []byte, check func(raw []byte) error) {
	t.Helper()
	must(t, check(raw))
	bad := func(what string, changed []byte) {
		t.Helper()
		if bytes.Equal(changed, raw) {
			return
		}
		err := check(changed)
		if kind, _ := fault.Of(err); kind != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 1500 {
		changed, at := bytes.Clone(raw), rand.IntN(len(raw))
		changed[at] ^= byte(1 + rand.IntN(255))
		bad(fmt.Sprintf("byte %d changed from %q to %q", at, raw[at], changed[at]), changed)
	}
	for range 300 {
		at := rand.IntN(len(raw))
		bad(fmt.Sprint("cut at ", at), raw[:at])
		bad(fmt.Sprint("byte left out: ", at), append(bytes.Clone(raw[:at]), raw[at+1:]...))
		bad(fmt.Sprint("byte doubled: ", at), append(bytes.Clone(raw[:at+1]), raw[at:]...))
		bad(fmt.Sprint("blank put in: ", at), append(append(bytes.Clone(raw[:at]), ' '), raw[at:]...))
	}
	bad("line end more", append(bytes.Clone(raw), '\n'))
	bad("CRLF", bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")))
	bad("nothing", nil)
}

func TestEveryChangedReceiptIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		raw := oneReceipt(t, d, key)
		for _, trusted := range []string{"", key.Verifier} {
			refuses(t, raw, func(raw []byte) error { _, _, err := audit.VerifyReceipt(raw, trusted); return err })
		}
	})
}

func TestEveryChangedLogIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		oneReceipt(t, d, key)
		grow(t, d, key, 20)
		raw := export(t, d)
		lines := strings.SplitAfter(string(raw), "\n")
		lines = lines[:len(lines)-1]
		for _, trusted := range []string{"", key.Verifier} {
			check := func(raw []byte) error { _, err := audit.VerifyLog(bytes.NewReader(raw), trusted, nil); return err }
			refuses(t, raw, check)
			for i := range lines {
				rest := append([]string{}, lines[i:]...)
				if check([]byte(strings.Join(lines[:i], "")+lines[i]+strings.Join(rest, ""))) == nil {
					t.Errorf("line %d doubled is accepted", i+1)
				}
				if check([]byte(strings.Join(lines[:i], "")+strings.Join(rest[1:], ""))) == nil {
					t.Errorf("line %d left out is accepted", i+1)
				}
				if i > 0 && lines[i] != lines[i-1] {
					swapped := append([]string{}, lines...)
					swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
					if check([]byte(strings.Join(swapped, ""))) == nil {
						t.Errorf("lines %d and %d swapped are accepted", i, i+1)
					}
				}
			}
		}
	})
}

func TestLongLineOfALogIsRefusedWithoutMemory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		grow(t, d, key, 3)
		raw := export(t, d)
		long := append(bytes.Clone(raw[:len(raw)-1]), bytes.Repeat([]byte("x"), 1<<20)...)
		if _, err := audit.VerifyLog(bytes.NewReader(long), "", nil); !fault.Is(err, "audit.bad_log") {
			t.Errorf("a line of a million bytes: %v", err)
		}
		stop := errors.New("disk")
		if _, err := audit.VerifyLog(failing{bytes.NewReader(raw), stop}, "", nil); !errors.Is(err, stop) {
			t.Errorf("a file that cannot be read: %v", err)
		}
	})
}

// failing is a file whose disk breaks before its end.
type failing struct {
	r    *bytes.Reader
	with error
}

func (f failing) Read(b []byte) (int, error) {
	if f.r.Len() < 100 {
		return 0, f.with
	}
	return f.r.Read(b[:min(len(b), 90)])
}

func TestReceiptsComeBackAsTheyWent(t *testing.T) {
	key := newKey(t)
	rapid.Check(t, func(t *rapid.T) {
		item, err := canon.Bytes(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "item"))
		if err != nil {
			t.Skip(err)
		}
		r := audit.Receipt{V: 1, Kind: audit.GateReceipt, Origin: key.Origin, VKey: key.Verifier, Item: json.RawMessage(item),
			Salt: []byte("0123456789abcdef"), Count: rapid.IntRange(0, 600).Draw(t, "count"), Index: rapid.IntRange(0, 600).Draw(t, "index"),
			Leaf: "0123456789abcdef0123", Note: rapid.StringMatching(`[a-z/+=\n—]{0,50}`).Draw(t, "note"), Path: []tlog.Hash{}}
		for i := range rapid.IntRange(0, 9).Draw(t, "path") {
			r.Path = append(r.Path, tlog.RecordHash([]byte{byte(i)}))
		}
		got, err := audit.ParseReceipt(r.Encode())
		if err != nil || !bytes.Equal(got.Encode(), r.Encode()) {
			t.Fatalf("%s: %v", r.Encode(), err)
		}
	})
}
