package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

func clockAt(t time.Time) func() time.Time { return func() time.Time { return t } }

func newGrouper(t testing.TB, d *db.DB, key *audit.Key, now func() time.Time) *audit.Grouper {
	t.Helper()
	g, err := audit.NewGrouper(ctx, d, key, now, "gate.answered", credit.System("gate"))
	must(t, err)
	t.Cleanup(g.Close)
	return g
}

func TestManyCallersGetEachTheirOwnReceipt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		g := newGrouper(t, d, key, clockAt(noon))
		var mu sync.Mutex
		places := map[string]bool{}
		blocks := map[string]bool{}
		var wg sync.WaitGroup
		for c := range 64 {
			wg.Go(func() {
				for i := range 20 {
					body := fmt.Appendf(nil, `{"answer":"%d/%d"}`, c, i)
					s, err := g.Put(ctx, audit.Item{Body: body})
					if err != nil {
						t.Error(err)
						return
					}
					if _, _, err := audit.VerifyReceipt(s.Receipt(audit.GateReceipt, body).Encode(), key.Verifier); err != nil {
						t.Error(err)
					}
					mu.Lock()
					places[fmt.Sprint(s.Leaf, s.Index)], blocks[s.Leaf] = true, true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(places) != 64*20 {
			t.Errorf("%d places for %d answers", len(places), 64*20)
		}
		numberAll(t, d, key)
		if events := readAll(t, d); len(events) != len(blocks) || len(blocks) > 64*20/2 {
			t.Errorf("%d leaves for %d blocks", len(events), len(blocks))
		}
	})
}

func TestReceiptIsDurableBeforeItIsGiven(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		d, other := dbtest.Open(t, where), dbtest.Open(t, where)
		g := newGrouper(t, d, newKey(t), clockAt(noon))
		s, err := g.Put(ctx, audit.Item{Body: answer})
		must(t, err)
		view(t, other, func(q db.Q) error {
			kept, err := audit.ProveItem(ctx, q, s.Leaf, s.Index)
			if err != nil || kept.Note != s.Note || kept.Root != s.Root {
				t.Errorf("kept %+v, %v", kept, err)
			}
			pending, err := audit.Pending(ctx, q)
			if err != nil || len(pending) != 1 || pending[0].Leaf != s.Leaf || pending[0].By.Duty != "gate" {
				t.Errorf("pending %+v, %v", pending, err)
			}
			return nil
		})
	})
}

func TestAsyncReceiptCanBeFetchedLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		g := newGrouper(t, d, key, clockAt(noon))
		var tickets []audit.Ticket
		body := func(i int) []byte { return fmt.Appendf(nil, `{"n":%d}`, i) }
		for i := range 3*audit.BlockItems + 5 {
			ticket, err := g.PutAsync(audit.Item{Body: body(i)})
			must(t, err)
			tickets = append(tickets, ticket)
		}
		g.Close()
		view(t, d, func(q db.Q) error {
			for i, ticket := range tickets {
				if i%97 != 0 {
					continue
				}
				s, err := audit.ProveItem(ctx, q, ticket.Leaf, ticket.Index)
				must(t, err)
				s.Salt, s.Origin, s.VKey = ticket.Salt, key.Origin, key.Verifier
				if _, _, err := audit.VerifyReceipt(s.Receipt(audit.GateReceipt, body(i)).Encode(), key.Verifier); err != nil {
					t.Errorf("item %d: %v", i, err)
				}
			}
			return nil
		})
		if _, err := g.Put(ctx, audit.Item{Body: body(0)}); !fault.Is(err, "audit.closing") {
			t.Errorf("after closing: %v", err)
		}
	})
}

func TestFullQueueIsRefusedAndThenGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		hold := make(chan struct{})
		var asked bool // the first call is NewGrouper's
		g := newGrouper(t, d, newKey(t), func() time.Time {
			if asked {
				<-hold
			}
			asked = true
			return noon
		})
		put := 0
		var err error
		for ; err == nil && put <= 2*audit.QueueItems; put++ {
			_, err = g.PutAsync(audit.Item{Body: answer})
		}
		if kind, code := fault.Of(err); kind != fault.TooMany || code != "audit.queue_full" || put < audit.QueueItems {
			t.Errorf("after %d items: %v", put, err)
		}
		waiting, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		close(hold)
		for range 1000 {
			if _, err = g.Put(ctx, audit.Item{Body: answer}); !fault.Is(err, "audit.queue_full") {
				break
			}
			time.Sleep(time.Millisecond)
		}
		must(t, err)
		<-waiting.Done()
		if _, err := g.Put(waiting, audit.Item{Body: answer}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller who stopped waiting: %v", err)
		}
		g.Close()
		var items int
		view(t, d, func(q db.Q) error {
			return q.QueryRowContext(ctx, `SELECT CAST(sum(n) AS BIGINT) FROM audit_block`).Scan(&items)
		})
		if items != put && items != put+1 { // the refused one, then Put's; perhaps that of the caller who did not wait
			t.Errorf("%d items are kept, %d were taken", items, put)
		}
	})
}

// The table is gone for a while: callers are told, and when it is back all goes on.
func TestFailedCommitIsToldToThoseWhoWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGrouper(t, d, newKey(t), clockAt(noon))
		rename := func(from, to string) {
			act(t, d, func(q db.Q) error { _, err := q.ExecContext(ctx, `ALTER TABLE `+from+` RENAME TO `+to); return err })
		}
		rename("audit_block", "audit_gone")
		for range 2 {
			if _, err := g.Put(ctx, audit.Item{Body: answer}); err == nil {
				t.Error("a receipt was given that is not durable")
			}
		}
		rename("audit_gone", "audit_block")
		if _, err := g.Put(ctx, audit.Item{Body: answer}); err != nil {
			t.Error(err)
		}
		view(t, d, func(q db.Q) error {
			pending, err := audit.Pending(ctx, q)
			if err != nil || len(pending) != 1 {
				t.Errorf("%d leaves, %v", len(pending), err)
			}
			return nil
		})
	})
}

// A commit that is only late loses nothing: it is tried again.
func TestCommitIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGrouper(t, d, newKey(t), clockAt(noon))
		act(t, d, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `ALTER TABLE audit_block RENAME TO audit_gone`)
			return err
		})
		done := make(chan error, 1)
		go func() { _, err := g.Put(ctx, audit.Item{Body: answer}); done <- err }()
		time.Sleep(60 * time.Millisecond)
		act(t, d, func(q db.Q) error {
			_, err := q.ExecContext(ctx, `ALTER TABLE audit_gone RENAME TO audit_block`)
			return err
		})
		must(t, <-done)
	})
}

func TestABlockWhoseIdIsTakenGetsAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		theirs := add(t, d, noon, "other.act", "", nil)
		g := newGrouper(t, d, key, clockAt(noon))
		g.Next(theirs)
		body := []byte(`{"answer":1}`)
		s, err := g.Put(ctx, audit.Item{Body: body})
		if err != nil || s.Leaf == theirs {
			t.Fatalf("leaf %s, theirs %s, %v", s.Leaf, theirs, err)
		}
		if _, _, err := audit.VerifyReceipt(s.Receipt(audit.GateReceipt, body).Encode(), key.Verifier); err != nil {
			t.Error(err)
		}
		view(t, d, func(q db.Q) error {
			stored, err := audit.ProveItem(ctx, q, s.Leaf, s.Index)
			if err == nil && !audit.ItemStands(audit.Item{Salt: s.Salt, Body: body}, stored) {
				t.Error("what was handed out is not what is stored")
			}
			if e, _, err := audit.One(ctx, q, theirs); err != nil || e.Kind != "other.act" {
				t.Errorf("the other's leaf is %+v, %v", e, err)
			}
			return err
		})
	})
}
