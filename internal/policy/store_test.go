package policy_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/policy"
)

var (
	ctx   = context.Background()
	noon  = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)
	maker = credit.Actor{User: "u-maker", Post: "p1", Department: "SCJG"}
	chief = credit.Actor{User: "u-chief", Post: "p2", Department: "SCJG"}
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tx runs one act and returns its error.
func tx(d *db.DB, f func(q db.Q) error) error { return d.Tx(ctx, f) }

func install(t *testing.T, d *db.DB, rows ...policy.Row) {
	t.Helper()
	must(t, tx(d, func(q db.Q) error { return policy.Install(ctx, q, noon, rows) }))
}

func propose(t *testing.T, d *db.DB, by credit.Actor, rows ...policy.Row) (version int64, err error) {
	t.Helper()
	err = tx(d, func(q db.Q) (err error) {
		version, err = policy.Propose(ctx, q, by, noon, "试行", rows, nil)
		return err
	})
	return version, err
}

func approve(d *db.DB, by credit.Actor, version int64) error {
	return tx(d, func(q db.Q) error { return policy.Approve(ctx, q, by, noon, version) })
}

func load(t *testing.T, d *db.DB, known int64) *policy.Book {
	t.Helper()
	var b *policy.Book
	must(t, d.View(ctx, func(q db.Q) (err error) {
		b, err = policy.LoadKnown(ctx, q, known)
		return err
	}))
	return b
}

func TestASecondPersonApproves(t *testing.T) {
	onBehalf := chief
	onBehalf.OnBehalf = maker.User
	tests := []struct {
		name string
		by   credit.Actor
		want string
	}{
		{"the proposer", maker, "policy.same_person"},
		{"the proposer in another post", credit.Actor{User: maker.User, Post: "p9", Department: "FGW"}, "policy.same_person"},
		{"somebody on behalf of the proposer", onBehalf, "policy.same_person"},
		{"the system", credit.System("flow"), "policy.person_needed"},
		{"a key", credit.Actor{Key: "k1", Department: "SCJG"}, "policy.person_needed"},
		{"another person", chief, ""},
		{"another person once more", chief, "policy.already_decided"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		version, err := propose(t, d, maker, row("a", "2018-01-01", "", `{"n":1}`))
		must(t, err)
		for _, tt := range tests {
			if b := load(t, d, -1); tt.want != "policy.already_decided" && b.Version() != 0 {
				t.Fatalf("before %s: version %d is in force", tt.name, b.Version())
			}
			if _, got := fault.Of(approve(d, tt.by, version)); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
		if b := load(t, d, -1); b.Version() != version || len(b.Rows("lists.grounds")) != 1 {
			t.Errorf("version %d is in force with %d rows", b.Version(), len(b.All()))
		}
	})
}

func TestOnlyPeoplePropose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, by := range []credit.Actor{credit.System("flow"), {Key: "k1"}, {}} {
			if _, err := propose(t, d, by, row("a", "2018-01-01", "", `{}`)); !fault.Is(err, "policy.person_needed") {
				t.Errorf("%+v proposed: %v", by, err)
			}
		}
	})
}

func TestWhatWasCheckedIsWhatIsApproved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))
		two, err := propose(t, d, maker, row("b", "2018-01-01", "", `{"n":2}`))
		must(t, err)
		three, err := propose(t, d, maker, row("c", "2018-01-01", "", `{"n":3}`))
		must(t, err)
		must(t, approve(d, chief, three))
		if err := approve(d, chief, two); !fault.Is(err, "policy.moved_on") {
			t.Errorf("a version on top of an older one was approved: %v", err)
		}
		must(t, tx(d, func(q db.Q) error { return policy.Reject(ctx, q, maker, noon, two, "重提") }))
		if err := approve(d, chief, two); !fault.Is(err, "policy.already_decided") {
			t.Errorf("a rejected version was approved: %v", err)
		}
		four, err := propose(t, d, maker, row("b", "2018-01-01", "", `{"n":2}`))
		must(t, err)
		must(t, approve(d, chief, four))
		if b := load(t, d, -1); b.Version() != 4 || len(b.All()) != 3 {
			t.Errorf("version %d with %d rows", b.Version(), len(b.All()))
		}
	})
}

func TestARejectionHasAReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		version, err := propose(t, d, maker, row("a", "2018-01-01", "", `{}`))
		must(t, err)
		err = tx(d, func(q db.Q) error { return policy.Reject(ctx, q, chief, noon, version, " ") })
		if !fault.Is(err, "policy.reason_needed") {
			t.Errorf("rejected without a reason: %v", err)
		}
		must(t, tx(d, func(q db.Q) error { return policy.Reject(ctx, q, chief, noon, version, "依据有误") }))
		must(t, d.View(ctx, func(q db.Q) error {
			all, err := policy.Versions(ctx, q)
			if len(all) != 1 || all[0].State != policy.Rejected || all[0].Reason != "依据有误" || all[0].DecidedBy != chief.User || !all[0].DecidedAt.Equal(noon) {
				t.Errorf("%+v", all)
			}
			return err
		}))
		err = tx(d, func(q db.Q) error { return policy.Approve(ctx, q, chief, noon, 99) })
		if !fault.Is(err, "policy.no_version") {
			t.Errorf("a version that is not there: %v", err)
		}
	})
}

func TestABodyThatItsPackageRefusesIsNotProposed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))
		try := func(validate func([]policy.Row) error) error {
			return tx(d, func(q db.Q) error {
				_, err := policy.Propose(ctx, q, maker, noon, "试行", []policy.Row{row("b", "2018-01-01", "", `{"n":2}`)}, validate)
				return err
			})
		}
		seen := 0
		err := try(func(all []policy.Row) error { seen = len(all); return errors.New("n is odd") })
		if kind, _ := fault.Of(err); kind != fault.Invalid || !strings.Contains(err.Error(), "n is odd") || seen != 2 {
			t.Errorf("saw %d rows, %v", seen, err)
		}
		own := fault.New(fault.Conflict, "policy.moved_on")
		if err := try(func([]policy.Row) error { return own }); !fault.Is(err, "policy.moved_on") {
			t.Errorf("the package's own fault is lost: %v", err)
		}
		must(t, try(func([]policy.Row) error { return nil }))
		if _, err := propose(t, d, maker); !fault.Is(err, "policy.empty") {
			t.Errorf("nothing was proposed: %v", err)
		}
	})
}

func TestTheFirstContentIsInstalledOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))
		install(t, d, row("a", "2018-01-01", "", `{"n":2}`))
		b := load(t, d, -1)
		if b.Version() != 1 || string(b.All()[0].Body) != `{"n":1}` {
			t.Errorf("version %d, %s", b.Version(), b.All()[0].Body)
		}
		unsound := row("a", "2018-01-01", "", `{}`)
		unsound.Basis = nil
		fresh := dbtest.Open(t, filepath.Join(t.TempDir(), "x.db"))
		must(t, fresh.Migrate(ctx))
		if err := tx(fresh, func(q db.Q) error { return policy.Install(ctx, q, noon, []policy.Row{unsound}) }); !fault.Is(err, "policy.no_article") {
			t.Errorf("a row without article was installed: %v", err)
		}
	})
}

// A book is asked for as it was known when the log had a certain size: a version counts from its approval's leaf on.
func TestABookAsItWasKnownThen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))                        // leaf 0
		version, err := propose(t, d, maker, row("b", "2018-01-01", "", `{"n":2}`)) // leaf 1
		must(t, err)
		must(t, approve(d, chief, version)) // leaf 2
		wants := func(numbered bool, want []int64) {
			t.Helper()
			for size, version := range want {
				if got := load(t, d, int64(size)).Version(); got != version {
					t.Errorf("numbered %v, known at %d: version %d, want %d", numbered, size, got, version)
				}
			}
		}
		wants(false, []int64{0, 0, 0, 0})
		number(t, d)
		wants(true, []int64{0, 1, 1, 2})
		if got := load(t, d, -1).Version(); got != 2 {
			t.Errorf("now: version %d", got)
		}
	})
}

func number(t *testing.T, d *db.DB) {
	t.Helper()
	key, err := audit.LoadKey(filepath.Join(t.TempDir(), "log.key"), "zhixin.test/log", true)
	must(t, err)
	if _, err := audit.NewSequencer(d, key, "test").Once(ctx, noon); err != nil {
		t.Fatal(err)
	}
}

func TestTheLogNamesEachVersionAndItsHash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))
		version, err := propose(t, d, maker, row("a", "2018-01-01", "2026-01-01", `{"n":1}`))
		must(t, err)
		must(t, approve(d, chief, version))
		var leaves []audit.Event
		var versions []policy.Version
		must(t, d.View(ctx, func(q db.Q) (err error) {
			if leaves, err = audit.Pending(ctx, q); err != nil {
				return err
			}
			versions, err = policy.Versions(ctx, q)
			return err
		}))
		var got []string
		for _, l := range leaves {
			var said struct{ Hash string }
			must(t, json.Unmarshal(l.Body, &said))
			got = append(got, l.Kind+" "+l.Subject+" "+l.By.Who()+" "+said.Hash)
		}
		want := []string{
			"policy.approved policy policy.install " + versions[1].Hash,
			"policy.proposed policy u-maker " + versions[0].Hash,
			"policy.approved policy u-chief " + versions[0].Hash,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if b := load(t, d, -1); b.Hash() != versions[0].Hash || b.All()[0].Version != 1 || b.All()[0].Until != day("2026-01-01") {
			t.Errorf("%+v", b.All())
		}
		var n int
		must(t, d.View(ctx, func(q db.Q) error {
			return q.QueryRowContext(ctx, `SELECT count(*) FROM policy_row WHERE table_name = $1 AND row_key = $2 AND valid_from = $3`,
				"lists.grounds", "a", day("2018-01-01")).Scan(&n)
		}))
		if n != 2 {
			t.Errorf("%d rows can be joined, want 2", n)
		}
	})
}

func TestChangedBytesAreNotTheLaw(t *testing.T) {
	changes := map[string]string{
		"content": `UPDATE policy_version SET content = $1`,
		"hash":    `UPDATE policy_version SET hash = $1`,
		"title":   `UPDATE policy_version SET title = $1`,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		install(t, d, row("a", "2018-01-01", "", `{"n":1}`))
		for name, change := range changes {
			stop := errors.New("taken back")
			err := tx(d, func(q db.Q) error {
				var raw []byte
				if err := q.QueryRowContext(ctx, `SELECT content FROM policy_version`).Scan(&raw); err != nil {
					return err
				}
				var to any = strings.Repeat("0", 64)
				if name == "content" {
					to = []byte(strings.Replace(string(raw), `"n":1`, `"n":2`, 1))
				}
				if _, err := q.ExecContext(ctx, change, to); err != nil {
					return err
				}
				if _, err := policy.Load(ctx, q); err == nil {
					t.Errorf("a changed %s was read as law", name)
				}
				return stop
			})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
		}
		load(t, d, -1)
	})
}

func BenchmarkLoad(b *testing.B) {
	d, err := db.Open(ctx, filepath.Join(b.TempDir(), "x.db"), db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	var rows []policy.Row
	for i := range 60 {
		rows = append(rows, row("k"+string(rune('a'+i%26))+string(rune('a'+i/26)), "2018-01-01", "", `{"n":1,"title":"未按照规定的期限公示年度报告","list":"abnormal"}`))
	}
	if err := tx(d, func(q db.Q) error { return policy.Install(ctx, q, noon, rows) }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := d.View(ctx, func(q db.Q) error { _, err := policy.Load(ctx, q); return err }); err != nil {
			b.Fatal(err)
		}
	}
}
