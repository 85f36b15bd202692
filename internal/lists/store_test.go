package lists_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/org"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 7, 9, 12, 0, 0, 0, credit.Shanghai)
	day  = credit.DateOf(noon)
	by   = credit.Actor{User: "approver", Department: "SCJG"}
)

// listing is what Judge would call for, for enterprise i.
func listing(t *testing.T, i int) lists.Proposal {
	t.Helper()
	f := all(t, firm("2015-03-02"), 2024)
	f.Subject.ID = fmt.Sprintf("e%d", i)
	got, err := lists.Judge(f, nil, grounds(t), calendar.Builtin(), credit.MustDate("2026-07-01"))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	return got[0]
}

func removal(t *testing.T, e lists.Entry) lists.Proposal {
	t.Helper()
	f := reported(t, all(t, firm("2015-03-02"), 2024), 2025, "2026-08-03")
	f.Subject.ID = e.EnterpriseID
	got, err := lists.Judge(f, []lists.Entry{e}, grounds(t), calendar.Builtin(), credit.MustDate("2026-08-04"))
	if err != nil || len(got) != 1 || !got[0].Removal {
		t.Fatalf("%v, %v", got, err)
	}
	return got[0]
}

func carry(no int, effect credit.Date) lists.Carry {
	return lists.Carry{Case: fmt.Sprintf("case%d", no), Paper: fmt.Sprintf("paper%d", no), PaperNo: fmt.Sprintf("宜市监异入〔2026〕第%d号", no), Authority: "SCJG", Effect: effect}
}

func list(t *testing.T, d *db.DB, i int, effect credit.Date) lists.Entry {
	t.Helper()
	var e lists.Entry
	must(t, d.Tx(ctx, func(q db.Q) (err error) {
		e, err = lists.List(ctx, q, by, noon, listing(t, i), carry(i, effect))
		return err
	}))
	return e
}

func firms(t *testing.T, d *db.DB, n int) {
	t.Helper()
	var all []enterprise.Subject
	for i := range n {
		s := firm("2015-03-02").Subject
		s.ID, s.USCC, s.Name, s.Division = fmt.Sprintf("e%d", i), fmt.Sprintf("9134080000000000%02d", i), fmt.Sprintf("安庆%d_号厂", i), []string{"340802", "340881"}[i%2]
		all = append(all, s)
	}
	must(t, d.Tx(ctx, func(q db.Q) error { return enterprise.PutAll(ctx, q, all) }))
}

func TestNobodyIsListedTwiceForOneYear(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		e := list(t, d, 1, day)
		again := func() error {
			return d.Tx(ctx, func(q db.Q) error { _, err := lists.List(ctx, q, by, noon, listing(t, 1), carry(2, day)); return err })
		}
		if err := again(); !fault.Is(err, "lists.already_listed") {
			t.Errorf("a second time: %v", err)
		}
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := lists.Remove(ctx, q, by, noon, removal(t, e), carry(3, day+30))
			return err
		}))
		if err := again(); !fault.Is(err, "lists.already_listed") {
			t.Errorf("after the removal: %v", err)
		}
	})
}

func TestEntryIsListedRemovedAndRescindedByEvents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		e := list(t, d, 1, day)
		out := removal(t, e)
		for i, c := range []struct {
			name string
			do   func(q db.Q) error
			want string
		}{
			{"without a paper", func(q db.Q) error {
				_, err := lists.Remove(ctx, q, by, noon, out, lists.Carry{Case: "c", Authority: "SCJG", Effect: day})
				return err
			}, "lists.no_decision"},
			{"before it was listed", func(q db.Q) error { _, err := lists.Remove(ctx, q, by, noon, out, carry(2, day-1)); return err }, "lists.removed_before_listed"},
			{"removed", func(q db.Q) error { _, err := lists.Remove(ctx, q, by, noon, out, carry(2, day+26)); return err }, ""},
			{"removed again", func(q db.Q) error { _, err := lists.Remove(ctx, q, by, noon, out, carry(3, day+26)); return err }, "lists.not_listed"},
			{"rescinded", func(q db.Q) error { _, err := lists.Rescind(ctx, q, by, noon, e, carry(4, day+40)); return err }, ""},
			{"rescinded again", func(q db.Q) error { _, err := lists.Rescind(ctx, q, by, noon, e, carry(5, day+40)); return err }, "lists.already_rescinded"},
			{"unknown", func(q db.Q) error {
				_, err := lists.Rescind(ctx, q, by, noon, lists.Entry{}, carry(5, day+40))
				return err
			}, "lists.no_entry"},
		} {
			if _, got := fault.Of(d.Tx(ctx, c.do)); got != c.want {
				t.Errorf("%d %s: %q, want %q", i, c.name, got, c.want)
			}
		}
		must(t, d.View(ctx, func(q db.Q) error {
			got, err := lists.ByID(ctx, q, "e1", e.ID)
			if err != nil {
				return err
			}
			removed, _ := got.Event(lists.Removed)
			if len(got.Events) != 3 || got.Events[0].Absent != "annual-report/2025" || got.Events[0].PolicyVersion != 1 ||
				!slices.Equal(removed.Records, []string{"r2025-2026-08-03"}) || got.State() != lists.Rescinded || got.PaperNo() != carry(1, day).PaperNo {
				t.Errorf("entry %+v", got)
			}
			leaves, err := audit.Pending(ctx, q)
			var kinds []string
			for _, l := range leaves {
				if l.Subject == "e1" {
					kinds = append(kinds, l.Kind)
				}
			}
			if !slices.Equal(kinds, []string{lists.LeafListed, lists.LeafRemoved, lists.LeafRescinded}) {
				t.Errorf("leaves %v", kinds)
			}
			return err
		}))
	})
}

func TestHistoryIsGivenAsItWasKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key, err := audit.LoadKey(filepath.Join(t.TempDir(), "key"), "zhixin.test", true)
		must(t, err)
		seq := audit.NewSequencer(d, key, "test")
		number := func() (size int64) {
			_, err := seq.Once(ctx, noon)
			must(t, err)
			must(t, d.View(ctx, func(q db.Q) (err error) { size, err = audit.Size(ctx, q); return err }))
			return size
		}
		before := number()
		e := list(t, d, 1, day)
		listed := number()
		must(t, d.Tx(ctx, func(q db.Q) error {
			_, err := lists.Remove(ctx, q, by, noon, removal(t, e), carry(2, day+26))
			return err
		}))
		must(t, d.View(ctx, func(q db.Q) error {
			for _, c := range []struct {
				known int64
				want  []lists.EventKind
			}{{before, nil}, {listed, []lists.EventKind{lists.Listed}}, {-1, []lists.EventKind{lists.Listed, lists.Removed}}} {
				h, err := lists.History(ctx, q, "e1", c.known)
				if err != nil {
					return err
				}
				var got []lists.EventKind
				for _, e := range h {
					for _, v := range e.Events {
						got = append(got, v.Kind)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("known at %d: %v, want %v", c.known, got, c.want)
				}
			}
			h, err := lists.History(ctx, q, "e1", -1)
			if h[0].Events[0].Seq != listed-1 || h[0].Events[1].Seq != -1 {
				t.Errorf("positions %d %d", h[0].Events[0].Seq, h[0].Events[1].Seq)
			}
			return err
		}))
	})
}

func TestListPageFiltersAndPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		firms(t, d, 9)
		var es []lists.Entry
		for i := range 8 {
			es = append(es, list(t, d, i, day-credit.Date(200*(i/4)))) // four in 2026, four in 2025
		}
		must(t, d.Tx(ctx, func(q db.Q) error {
			if _, err := lists.Remove(ctx, q, by, noon, removal(t, es[0]), carry(20, day+26)); err != nil {
				return err
			}
			_, err := lists.Rescind(ctx, q, by, noon, es[1], carry(21, day+27))
			return err
		}))
		public := org.Scope{All: true}
		must(t, d.View(ctx, func(q db.Q) error {
			for _, c := range []struct {
				name  string
				scope org.Scope
				f     lists.Filter
				want  int
			}{
				{"all", public, lists.Filter{}, 8},
				{"nothing in scope", org.Scope{}, lists.Filter{}, 0},
				{"of a department", org.Scope{Department: "SCJG"}, lists.Filter{}, 8},
				{"of another", org.Scope{Department: "SCJG-340881"}, lists.Filter{}, 0},
				{"of a division", public, lists.Filter{Division: "340881"}, 4},
				{"of the city", public, lists.Filter{Division: "340800"}, 8},
				{"on the list", public, lists.Filter{State: lists.Listed}, 6},
				{"removed", public, lists.Filter{State: lists.Removed}, 1},
				{"rescinded", public, lists.Filter{State: lists.Rescinded}, 1},
				{"of 2025", public, lists.Filter{Year: 2025}, 4},
				{"by name", public, lists.Filter{Text: "安庆3_"}, 1},
				{"a wildcard is a character", public, lists.Filter{Text: "安庆3%"}, 0},
				{"by code", public, lists.Filter{Text: "913408000000000005"}, 1},
				{"another ground", public, lists.Filter{Ground: lists.LostContact}, 0},
				{"another list", public, lists.Filter{List: credit.SeriousList}, 0},
				{"together", public, lists.Filter{List: credit.AbnormalList, Ground: lists.AnnualReport, Year: 2026, Division: "340802", State: lists.Listed}, 1},
			} {
				rows, _, err := lists.Page(ctx, q, c.scope, c.f)
				if err != nil {
					return err
				}
				n, err := lists.Count(ctx, q, c.scope, c.f)
				if len(rows) != c.want || n != c.want || err != nil {
					t.Errorf("%s: %d rows, %d counted, want %d, %v", c.name, len(rows), n, c.want, err)
				}
			}
			var ids []string
			for f := (lists.Filter{Limit: 3}); ; {
				rows, next, err := lists.Page(ctx, q, public, f)
				if err != nil {
					return err
				}
				for _, r := range rows {
					ids = append(ids, r.EntryID)
					if (r.State == lists.Listed) != (r.EndedOn == 0) || (r.EndedNo == "") != (r.EndedOn == 0) || r.Name == "" || r.ListedNo == "" {
						t.Errorf("row %+v", r)
					}
				}
				if f.Cursor = next; next == "" {
					break
				}
			}
			slices.Sort(ids)
			if len(slices.Compact(ids)) != 8 {
				t.Errorf("pages gave %d entries", len(ids))
			}
			for _, f := range []lists.Filter{{Cursor: "x"}, {State: "gone"}} {
				if _, _, err := lists.Page(ctx, q, public, f); err == nil {
					t.Errorf("%+v was accepted", f)
				}
			}
			standing, err := lists.Standing(ctx, q, []string{"e0", "e1", "e2", "e8"})
			if want := map[string]bool{"e2": true}; !reflect.DeepEqual(standing, want) {
				t.Errorf("standing %v, %v", standing, err)
			}
			return err
		}))
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
