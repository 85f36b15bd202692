package flow_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/policy"
)

// ending is a context that ends when it has been looked at so many times: database/sql looks at it at every statement, so
// work under it breaks off at any of them, as when a node is stopped.
type ending struct {
	context.Context
	left atomic.Int64
	stop context.CancelFunc
}

func endsAfter(looks int) *ending {
	inner, stop := context.WithCancel(ctx)
	e := &ending{Context: inner, stop: stop}
	e.left.Store(int64(looks))
	return e
}

func (e *ending) Done() <-chan struct{} {
	if e.left.Add(-1) == -1 {
		e.stop()
	}
	return e.Context.Done()
}

// life is one round of everything that flow does: registrations, held rows that find their subject, the run, a listing, a
// report that ends a case, one that calls for a removal, a penalty, a withdrawn penalty, a new version of the policy.
// do carries out what may break off.
func (w *town) life(round int, do func(what string, act func(ctx context.Context) error)) {
	w.Helper()
	follow := func(ctx context.Context) error { return w.CatchUp(ctx, w.At) }
	n := 10 * round
	w.At = at("2026-07-02", 8).Add(time.Duration(round) * time.Second)
	var ids []string
	w.upload("penalty", penaltyHead+fmt.Sprintf(
		"安庆市甲%03d有限公司,法人及非法人组织,%s,宜市监处罚〔2026〕%d号,产品质量违法行为,不合格,《产品质量法》第四十九条,吊销许可证件,吊销,2026-06-10,2099-12-31,安庆市市场监督管理局,11340800003X00081J,安庆市市场监督管理局,11340800003X00081J,2026-06-12\n",
		n+2, code(n+2), n))
	for i := range 3 {
		ids = append(ids, w.firm(n+i, nil))
	}
	w.report(n+2, ids[2], 2025, "2026-06-01")
	w.Number()
	do("registrations", follow)
	do("the run", func(ctx context.Context) error { return w.Due(ctx, w.At) })
	do("the notice", w.notice)
	w.settle(w.caseOf(ids[0]))
	for i := range 2 {
		w.report(n+i, ids[i], 2025, "2026-07-01")
		w.Penalise(ids[i], fmt.Sprintf("宜环罚〔2026〕%d号", n+i), map[string]string{"CF_JDRQ": "2026-06-10", "CF_SDRQ": "2026-06-15"})
	}
	w.Withdraw(fmt.Sprintf("宜环罚〔2026〕%d号", n))
	if newRules(round) {
		row := bodyOf(w, "procurement.revoked", map[string]any{"matter": "tendering", "months": 12 + round})
		row.Key = fmt.Sprintf("test.%d", round)
		version := w.propose(row)
		w.Tx(func(q db.Q) error { return policy.Approve(ctx, q, approver("SCJG"), w.At, version) })
	}
	w.Number()
	do("facts", follow)
	w.Number()
}

// notice gives notice to the run, unless that has been done.
func (w *town) notice(ctx context.Context) error {
	_, err := w.Announce(ctx, officer("SCJG"), w.At, "abnormal.annual-report/2025/SCJG", false)
	if fault.Is(err, "flow.nobody_to_notice") {
		return nil
	}
	return err
}

// calm is a life in which nothing breaks.
func calm(ctx context.Context, t *testing.T) func(string, func(context.Context) error) {
	return func(what string, act func(context.Context) error) {
		if err := act(ctx); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// hasty opens a database without waiting for the disk at each of a thousand commits.
func hasty(t *testing.T, where string) *db.DB {
	t.Helper()
	d, err := db.Open(ctx, where, db.Options{Hasty: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// Whatever flow does breaks off: at the beginning in the first round, at the end in the last; then it is run again. What is
// there in the end equals what an uninterrupted life leaves.
func TestBrokenOffAnywhereAndRunAgainEndsEqual(t *testing.T) {
	const rounds = 30
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		w, quiet := newTown(t, hasty(t, dbtest.Fresh(t, engine))), newTown(t, hasty(t, dbtest.Fresh(t, engine)))
		breaks, most := 0, 0
		for round := range rounds {
			looks := map[string]int{} // of the whole work
			quiet.life(round, func(what string, act func(context.Context) error) {
				e := endsAfter(math.MaxInt)
				defer e.stop()
				quiet.must(act(e))
				looks[what] = math.MaxInt - int(e.left.Load())
			})
			w.life(round, func(what string, act func(context.Context) error) {
				e := endsAfter(looks[what] * round / rounds)
				defer e.stop()
				if err := act(e); err != nil {
					if e.Err() == nil {
						t.Fatalf("%s: %v", what, err)
					}
					breaks, most = breaks+1, max(most, looks[what])
				}
				if err := act(ctx); err != nil {
					t.Fatalf("%s, broken off at %d of %d looks and run again: %v", what, looks[what]*round/rounds, looks[what], err)
				}
			})
		}
		if t.Logf("%d breaks, in work of up to %d looks", breaks, most); breaks < 2*rounds {
			t.Errorf("only %d breaks", breaks)
		}
		if got, want := state(t, w.D), state(t, quiet.D); got != want {
			t.Errorf("the broken life and the quiet one differ:\n%s", differs(got, want))
		}
	})
}

// newRules tells the rounds in which the policy changes.
func newRules(round int) bool { return round%10 == 3 }

// Two nodes work off one database at the same time. What they leave equals what one leaves.
func TestTwoFlowsEndEqualToOne(t *testing.T) {
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		where := dbtest.Fresh(t, engine)
		w, quiet := newTown(t, hasty(t, where)), newTown(t, hasty(t, dbtest.Fresh(t, engine)))
		other := newTownAt(w, hasty(t, where))
		var mu sync.Mutex
		lost := map[string]int{}
		w.catchUp() // the first policy reaches everybody, whatever is known of them by then
		quiet.catchUp()
		for round := range 12 {
			w.life(round, func(what string, act func(context.Context) error) {
				other.At = w.At
				acts := []func(context.Context) error{act, other.same(what)}
				var wg sync.WaitGroup
				for _, act := range acts {
					wg.Go(func() {
						for tries := 0; ; tries++ { // as Follow does
							err := act(ctx)
							if err == nil {
								return
							}
							mu.Lock()
							lost[fmt.Sprintf("%s: %v", what, err)]++
							mu.Unlock()
							if tries == 5 {
								t.Errorf("%s: %v", what, err)
								return
							}
						}
					})
				}
				wg.Wait()
			})
			quiet.life(round, calm(ctx, t))
		}
		for why, n := range lost {
			t.Logf("%d times %s", n, why)
		}
		if got, want := state(t, w.D), state(t, quiet.D); got != want {
			t.Errorf("two flows and one differ:\n%s", differs(got, want))
		}
	})
}

// newTownAt is the same town seen from another node.
func newTownAt(w *town, d *db.DB) *town {
	city := *w.City
	city.D = d
	return &town{&city, &flow.Flow{DB: d, Cal: w.Cal, Log: w.Flow.Log}}
}

func (w *town) same(what string) func(context.Context) error {
	return func(ctx context.Context) error {
		switch what {
		case "the run":
			return w.Due(ctx, w.At)
		case "the notice":
			return w.notice(ctx)
		}
		return w.CatchUp(ctx, w.At)
	}
}

// losesCommits makes PostgreSQL refuse, once, the next commit of an act that adds to a table, as it does with one that has
// lost a race only at its end, and makes the act longer than a stride. On SQLite no commit loses one.
func (w *town) losesCommits(n int, table string) {
	w.Helper()
	if w.D.Engine() != db.PostgreSQL {
		return
	}
	for _, statement := range []string{
		`CREATE SEQUENCE lost_%[1]d`,
		`CREATE FUNCTION lose_%[1]d() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('lost_%[1]d') = 1 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$`,
		`CREATE FUNCTION slow_%[1]d() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.025); RETURN NULL; END $$`,
		`CREATE TRIGGER slow_%[1]d AFTER INSERT ON %[2]s FOR EACH STATEMENT EXECUTE FUNCTION slow_%[1]d()`,
		`CREATE CONSTRAINT TRIGGER lose_%[1]d AFTER INSERT ON %[2]s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose_%[1]d()`,
	} {
		w.Tx(func(q db.Q) error {
			_, err := q.ExecContext(ctx, strings.NewReplacer("%[1]d", fmt.Sprint(n), "%[2]s", table).Replace(statement))
			return err
		})
	}
}

// A consequence whose commit loses a race is worked out again, all of it, and counted once.
func TestConsequenceSurvivesALostCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		const all = 5
		var ids []string
		for n := range all {
			ids = append(ids, w.firm(n, nil))
		}
		w.catchUp()
		w.losesCommits(1, "casework_case")
		w.due("2026-07-01", 8)
		if n := len(w.cases(casework.AbnormalListing)); n != all {
			t.Errorf("the run: %d cases of %d", n, all)
		}
		w.must(w.Due(ctx, w.At))
		w.At = at("2026-07-09", 9)
		group := "abnormal.annual-report/2025/SCJG"
		w.losesCommits(2, "casework_step")
		if n, err := w.ExamineGroup(ctx, officer("SCJG"), w.At, group, "属实。"); err != nil || n.Done != all {
			t.Errorf("examined %+v of %d: %v", n, all, err)
		}
		w.losesCommits(3, "casework_step")
		if n, err := w.DecideGroup(ctx, approver("SCJG"), w.At, group, casework.Approve, ""); err != nil || n.Done != all {
			t.Errorf("decided %+v of %d: %v", n, all, err)
		}
		for n, id := range ids {
			w.Penalise(id, fmt.Sprintf("宜市监处罚〔2026〕%d号", n), map[string]string{"CF_JDRQ": "2026-06-10", "CF_SDRQ": "2026-06-15"})
		}
		w.losesCommits(4, "sanction_measure")
		w.catchUp()
		wantBars(w, all, credit.Procurement)
		version := w.propose(bodyOf(w, "procurement.revoked", map[string]any{"matter": "land"}))
		w.Tx(func(q db.Q) error { return policy.Approve(ctx, q, approver("SCJG"), w.At, version) })
		w.losesCommits(5, "sanction_measure")
		w.catchUp()
		wantBars(w, all, credit.LandTransfer)
		w.losesCommits(6, "casework_case")
		for n, id := range ids {
			w.report(n, id, 2025, "2026-07-08")
		}
		w.catchUp()
		if n := len(w.cases(casework.AbnormalRemoval)); n != all {
			t.Errorf("%d removals of %d", n, all)
		}
	})
}

func wantBars(w *town, all int, m credit.Matter) {
	w.Helper()
	g := w.Gate()
	for n := range all {
		if a, err := g.Check(code(n), m, credit.DateOf(w.At)); err != nil || a.Verdict != credit.Bar {
			w.Errorf("enterprise %d at %s: %s, %v", n, m, a.Verdict, err)
		}
	}
}
