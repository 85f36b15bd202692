package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)
	li   = credit.Actor{User: "u1", Name: "李", Post: "p1", Department: "SCJG"}
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, d *db.DB, f func(q db.Q) error) {
	t.Helper()
	must(t, d.View(ctx, f))
}

func act(t testing.TB, d *db.DB, f func(q db.Q) error) {
	t.Helper()
	must(t, d.Tx(ctx, f))
}

func newKey(t testing.TB) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("zhixin.test/log")
	must(t, err)
	return k
}

func add(t testing.TB, d *db.DB, at time.Time, kind, subject string, body any) (leaf string) {
	t.Helper()
	act(t, d, func(q db.Q) (err error) {
		leaf, err = audit.Add(ctx, q, li, at, kind, subject, body)
		return err
	})
	return leaf
}

// numberAll numbers until nothing is left.
func numberAll(t testing.TB, d *db.DB, key *audit.Key) {
	t.Helper()
	s := audit.NewSequencer(d, key, "test")
	for {
		n, err := s.Once(ctx, noon)
		must(t, err)
		if n == 0 {
			return
		}
	}
}

func readAll(t testing.TB, d *db.DB) (all []audit.Event) {
	t.Helper()
	view(t, d, func(q db.Q) (err error) {
		all, err = audit.Read(ctx, q, 0, 1<<30)
		return err
	})
	return all
}

func export(t testing.TB, d *db.DB) []byte {
	t.Helper()
	var buf bytes.Buffer
	view(t, d, func(q db.Q) error { return audit.Export(ctx, q, &buf) })
	return buf.Bytes()
}

func TestLeafSaysWhoDidWhatToWhom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		leaf := add(t, d, noon, "lists.confirmed", "e1", map[string]string{"entry": "x", "a": "<&>"})
		var pending []audit.Event
		view(t, d, func(q db.Q) (err error) { pending, err = audit.Pending(ctx, q); return err })
		if len(pending) != 1 || pending[0].Seq != -1 {
			t.Fatalf("pending %+v", pending)
		}
		numberAll(t, d, newKey(t))
		all := readAll(t, d)
		by := li
		by.Name = "" // the name is looked up, not logged
		want := audit.Event{Seq: 0, Leaf: leaf, Kind: "lists.confirmed", Subject: "e1", At: noon.UTC(), By: by,
			Body: json.RawMessage(`{"a":"<&>","entry":"x"}`)}
		if len(all) != 1 || fmt.Sprint(all[0]) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", all, want)
		}
		view(t, d, func(q db.Q) error {
			one, head, err := audit.One(ctx, q, leaf)
			if err != nil || fmt.Sprint(one) != fmt.Sprint(want) || head.Kind != "lists.confirmed" || head.ID != leaf {
				t.Errorf("one %v %v %v", one, head, err)
			}
			var salt, body []byte
			must(t, q.QueryRowContext(ctx, `SELECT salt, body FROM audit_leaf WHERE id = $1`, leaf).Scan(&salt, &body))
			if audit.Commitment(salt, body) != head.Commitment || len(salt) != 16 {
				t.Error("the head does not commit to the body")
			}
			return nil
		})
	})
}

func TestUndoneActLeavesNoLeaf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_ = d.Tx(ctx, func(q db.Q) error {
			if _, err := audit.Add(ctx, q, li, noon, "a.b", "s", nil); err != nil {
				t.Error(err)
			}
			return fmt.Errorf("stop")
		})
		view(t, d, func(q db.Q) error {
			pending, err := audit.Pending(ctx, q)
			if err != nil || len(pending) != 0 {
				t.Errorf("%v, %v", pending, err)
			}
			return nil
		})
	})
}

func TestWhatCannotBeALeafIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, f := range map[string]func(q db.Q) error{
			"kind":  func(q db.Q) error { _, err := audit.Add(ctx, q, li, noon, `a"b`, "s", nil); return err },
			"empty": func(q db.Q) error { _, err := audit.Add(ctx, q, li, noon, "", "s", nil); return err },
			"float": func(q db.Q) error { _, err := audit.Add(ctx, q, li, noon, "a", "s", 1.5); return err },
			"block": func(q db.Q) error { _, err := audit.AddBlock(ctx, q, li, noon, "a", "s", nil, nil); return err },
		} {
			if d.Tx(ctx, f) == nil {
				t.Errorf("%s was accepted", name)
			}
		}
	})
}

// The machines' clocks differ by hours, and still a subject's leaves are numbered in the order in which they happened.
func TestSubjectsOrderHoldsWhateverTheClocksSay(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		a, b := dbtest.Open(t, where), dbtest.Open(t, where)
		var want []string
		for i := range 20 {
			d, at := a, noon.Add(time.Duration(i)*time.Second)
			if i%3 == 1 {
				d, at = b, at.Add(-3*time.Hour)
			}
			want = append(want, add(t, d, at, "a.b", "subject", i))
			add(t, d, at, "a.b", fmt.Sprint("other", i), nil)
		}
		numberAll(t, b, newKey(t))
		var got []string
		for _, e := range readAll(t, a) {
			if e.Subject == "subject" {
				got = append(got, e.Leaf)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("order\n%v, want\n%v", got, want)
		}
	})
}

func TestErasureKeepsEveryProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		var leaf string
		for i := range 10 {
			l := add(t, d, noon, "a.b", "s", fmt.Sprint("secret", i))
			if i == 4 {
				leaf = l
			}
		}
		numberAll(t, d, key)
		before, err := audit.VerifyLog(bytes.NewReader(export(t, d)), key.Verifier, nil)
		must(t, err)
		var erased string
		act(t, d, func(q db.Q) (err error) {
			erased, err = audit.Erase(ctx, q, li, noon.Add(time.Hour), leaf, "更正")
			return err
		})
		after, err := audit.VerifyLog(bytes.NewReader(export(t, d)), key.Verifier, nil)
		if err != nil || after != before {
			t.Errorf("after erasing: %+v, %v", after, err)
		}
		view(t, d, func(q db.Q) error {
			e, head, err := audit.One(ctx, q, leaf)
			if err != nil || e.Body != nil || e.By != (credit.Actor{}) || head.ID != leaf {
				t.Errorf("erased leaf: %+v, %v", e, err)
			}
			p, err := audit.Proof(ctx, q, leaf)
			must(t, err)
			if _, err := audit.VerifyInclusion(p, key.Verifier); err != nil {
				t.Error(err)
			}
			e, _, err = audit.One(ctx, q, erased)
			if err != nil || e.Kind != "audit.erased" || e.By.User != li.User || !strings.Contains(string(e.Body), leaf) || e.Leaf <= leaf {
				t.Errorf("leaf of the erasure: %+v, %v", e, err)
			}
			return nil
		})
		numberAll(t, d, key)
		if _, err := audit.VerifyLog(bytes.NewReader(export(t, d)), key.Verifier, nil); err != nil {
			t.Error(err)
		}
		for leaf, code := range map[string]string{leaf: "audit.erased_already", "00000000000000000000": "audit.no_leaf"} {
			err := d.Tx(ctx, func(q db.Q) error { _, err := audit.Erase(ctx, q, li, noon, leaf, "x"); return err })
			if !fault.Is(err, code) {
				t.Errorf("erase %s: %v, want %s", leaf, err, code)
			}
		}
	})
}

func TestEachItemOfABlockIsProven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		for _, n := range []int{1, 2, 3, 7, 200} {
			var items []audit.Item
			var leaf string
			act(t, d, func(q db.Q) (err error) {
				items = nil
				for i := range n {
					items = append(items, audit.Item{Salt: q.Salt(), Body: fmt.Appendf(nil, `{"row":%d}`, i)})
				}
				leaf, err = audit.AddBlock(ctx, q, li, noon, "record.accepted", "batch", items, map[string]int{"rows": n})
				return err
			})
			view(t, d, func(q db.Q) error {
				_, head, err := audit.One(ctx, q, leaf)
				must(t, err)
				for i, item := range items {
					s, err := audit.ProveItem(ctx, q, leaf, i)
					must(t, err)
					if s.Root.String() != head.Root || s.Count != head.N || !audit.ItemStands(item, s) {
						t.Errorf("item %d of %d is not proven", i, n)
					}
					item.Body = append([]byte(" "), item.Body...)
					if audit.ItemStands(item, s) {
						t.Errorf("a changed item %d of %d is proven", i, n)
					}
				}
				_, err = audit.ProveItem(ctx, q, leaf, n)
				if !fault.Is(err, "audit.no_item") {
					t.Errorf("item %d of %d: %v", n, n, err)
				}
				return nil
			})
		}
		numberAll(t, d, key)
		if len(readAll(t, d)) != 5 {
			t.Error("a block is not one leaf")
		}
	})
}

func TestKeyIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "log.key")
	var wg sync.WaitGroup
	keys := make([]*audit.Key, 8)
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = audit.LoadKey(path, "city.example/log", true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k == nil || k.Verifier != keys[0].Verifier || k.Origin != "city.example/log" {
			t.Fatalf("keys differ: %+v", k)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if k, err := audit.LoadKey(path, "", false); err != nil || k.Verifier != keys[0].Verifier {
		t.Errorf("read again: %+v, %v", k, err)
	}
	if _, err := audit.LoadKey(path, "other", true); err == nil {
		t.Error("the key of another log was taken")
	}
	if _, err := audit.LoadKey(filepath.Join(t.TempDir(), "log.key"), "city.example/log", false); !fault.Is(err, "audit.key_missing") {
		t.Errorf("a log that goes on was given a new key: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
	print, err := audit.Fingerprint(keys[0].Verifier)
	if err != nil || len(print) != 39 {
		t.Errorf("fingerprint %q, %v", print, err)
	}
}
