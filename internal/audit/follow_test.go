package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// follow gives fn the numbered leaves from place from on, as followers do; a batch that fails is given again.
func follow(ctx context.Context, d *db.DB, from int64, fn func([]audit.Event) error) error {
	return d.Watch(ctx, time.Millisecond, 5*time.Millisecond, func(ctx context.Context) (more bool) {
		var batch []audit.Event
		err := d.View(ctx, func(q db.Q) (err error) {
			batch, err = audit.Read(ctx, q, from, 512)
			return err
		})
		if err != nil || len(batch) == 0 || fn(batch) != nil {
			return false
		}
		from = batch[len(batch)-1].Seq + 1
		return true
	})
}

// Leaves that are committed late with smaller ids come later, none is passed over, and a batch that fails comes again.
func TestFollowerSeesEveryLeafInOrder(t *testing.T) {
	dbtest.EachWhere(t, func(t *testing.T, where string) {
		d, slow := dbtest.Open(t, where), dbtest.Open(t, where)
		key := newKey(t)
		running, stop := context.WithCancel(ctx)
		defer stop()
		seen := make(chan audit.Event, 1000)
		ended := make(chan error, 1)
		fails, again := 0, int64(-1)
		go func() {
			ended <- follow(running, d, 2, func(batch []audit.Event) error {
				if again >= 0 && batch[0].Seq != again {
					t.Errorf("after a failure the batch begins at %d, want %d", batch[0].Seq, again)
				}
				if again = -1; fails < 3 {
					fails++
					again = batch[0].Seq
					return errors.New("not yet")
				}
				for _, e := range batch {
					seen <- e
				}
				return nil
			})
		}()
		var want []string
		for round := range 4 {
			early := add(t, d, noon.Add(time.Duration(round)*time.Hour), "a.b", fmt.Sprint("x", round), nil)
			numberAll(t, d, key)
			late := add(t, slow, noon.Add(-time.Hour), "a.b", fmt.Sprint("y", round), nil)
			if late >= early {
				t.Fatalf("%s is not smaller than %s", late, early)
			}
			numberAll(t, slow, key)
			want = append(want, early, late)
		}
		for i, leaf := range want[2:] {
			select {
			case e := <-seen:
				if e.Leaf != leaf || e.Seq != int64(i+2) {
					t.Errorf("place %d: %+v, want %s", i+2, e, leaf)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("leaf %d never came", i+2)
			}
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if len(seen) != 0 {
			t.Errorf("%d leaves came twice", len(seen))
		}
	})
}

func TestCursorIsKeptWithTheWork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		high := int64(0)
		for _, pos := range []int64{0, 7, 3} { // who was overtaken does not set it back
			high = max(high, pos)
			if pos > 0 {
				act(t, d, func(q db.Q) error { return audit.SetCursor(ctx, q, "flow", pos) })
			}
			view(t, d, func(q db.Q) error {
				got, err := audit.Cursor(ctx, q, "flow")
				if err != nil || got != high {
					t.Errorf("cursor %d, %v; want %d", got, err, high)
				}
				return nil
			})
		}
	})
}
