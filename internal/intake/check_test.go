package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// mixed is a penalty file with rows of every fate over several blocks.
func mixed(n int) []byte {
	rows := [][]string{penaltyHead}
	for i := range n {
		row := penalty(i, uscc(i%300))
		switch i % 17 {
		case 3:
			row[2] = uscc(5000 + i) // nobody's
		case 5:
			row[12] = "2026-13-45"
		case 7:
			row = penalty(i-1, uscc((i-1)%300)) // once more
		case 11:
			row = penalty(i-1, uscc((i-1)%300))
			row[9] = "罚款3000元,限期缴纳"
		case 13:
			row = person(i, "自然人")
		case 14:
			row[3] = "" // a warning
		}
		rows = append(rows, row)
	}
	return file(rows)
}

// dump writes down all that an import leaves behind, leaf by leaf in their order, times and random values aside.
func dump(t testing.TB, d *db.DB) string {
	t.Helper()
	var out strings.Builder
	err := d.View(ctx, func(q db.Q) error {
		leaves := map[string]int{}
		for _, query := range []string{
			`SELECT id, kind, subject, CAST(body AS TEXT) FROM audit_leaf ORDER BY id`,
			`SELECT leaf, enterprise_id || ' ' || id || ' ' || source_key, batch || ' ' || batch_row || ' ' || item || ' ' || version, body FROM record_record ORDER BY enterprise_id, id`,
			`SELECT '', department, kind, source_key || ' ' || record_id || ' ' || content FROM record_head ORDER BY source_key`,
			`SELECT '', id, name, uscc FROM enterprise_subject ORDER BY id`,
			`SELECT '', scheme, value, enterprise_id FROM enterprise_identifier ORDER BY scheme, value, enterprise_id`,
			`SELECT '', id, state || ' ' || cursor || ' ' || total || ' ' || listed || ' ' || unlisted,
				accepted || ' ' || duplicate || ' ' || superseded || ' ' || rejected || ' ' || unmatched FROM intake_batch ORDER BY id`,
			`SELECT '', batch || ' ' || row_no, fate, problems || cells FROM intake_problem ORDER BY batch, row_no`,
			`SELECT '', batch || ' ' || row_no, '', body FROM intake_held ORDER BY batch, row_no`,
			`SELECT '', batch || ' ' || row_no, value, '' FROM intake_held_code ORDER BY batch, row_no, value`,
		} {
			rows, err := q.QueryContext(ctx, strings.ReplaceAll(query, "CAST(body AS TEXT)", textOf(d)))
			if err != nil {
				return err
			}
			for rows.Next() {
				var leaf, a, b, c string
				if err := rows.Scan(&leaf, &a, &b, &c); err != nil {
					return err
				}
				if strings.Contains(query, "audit_leaf") {
					leaves[leaf] = len(leaves)
				}
				fmt.Fprintln(&out, leaves[leaf], a, b, c)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// textOf is how bytes are read as text.
func textOf(d *db.DB) string {
	if d.Engine() == db.PostgreSQL {
		return "convert_from(body, 'UTF8')"
	}
	return "CAST(body AS TEXT)"
}

// differ shows the first line in which two dumps differ.
func differ(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d of %d and %d:\n got  %.300s\n want %.300s", i, len(a), len(b), a[i], b[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(a), len(b))
}

func TestImportThatIsCutOffAnywhereEndsTheSame(t *testing.T) {
	body := mixed(1500)
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		whole := dbtest.Open(t, dbtest.Fresh(t, engine))
		take(t, whole, "enterprise", registry(0, 300))
		take(t, whole, "penalty", body)
		want := dump(t, whole)

		d := dbtest.Open(t, dbtest.Fresh(t, engine))
		cuts := 0
		r := rand.New(rand.NewPCG(1, 2))
		check := func(kind string, body []byte) {
			id := receive(t, d, kind, body).ID
			for patience := time.Duration(0); ; patience += 300 * time.Microsecond {
				cut, cancel := context.WithTimeout(ctx, patience+time.Duration(r.IntN(20000))*time.Microsecond)
				err := intake.Check(cut, d, clock, id)
				cancel()
				if err == nil {
					return
				}
				if kind, code := fault.Of(err); kind != fault.Internal {
					t.Fatalf("a cut became the fault %s", code)
				}
				cuts++
			}
		}
		check("enterprise", registry(0, 300))
		check("penalty", body)
		if got := dump(t, d); got != want {
			t.Errorf("after %d cuts: %s", cuts, differ(got, want))
		}
		t.Logf("%d cuts", cuts)
	})
}

func TestTwoCheckersAtOnceAreExact(t *testing.T) {
	body := mixed(1500)
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		whole := dbtest.Open(t, dbtest.Fresh(t, engine))
		take(t, whole, "enterprise", registry(0, 300))
		take(t, whole, "penalty", body)
		want := dump(t, whole)

		where := dbtest.Fresh(t, engine)
		one, two := dbtest.Open(t, where), dbtest.Open(t, where) // as two processes
		take(t, one, "enterprise", registry(0, 300))
		id := receive(t, two, "penalty", body).ID
		errs := make(chan error)
		for _, d := range []*db.DB{one, two, one} {
			go func() { errs <- intake.Check(ctx, d, clock, id) }()
		}
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		// The ids of two processes do not grow one after the other, so the leaves of the file stand in order of their rows.
		if got := dump(t, one); sorted(got) != sorted(want) {
			t.Error(differ(sorted(got), sorted(want)))
		}
	})
}

// sorted puts the lines of a dump in order, without the places of leaves.
func sorted(dump string) string {
	lines := strings.Split(dump, "\n")
	for i, l := range lines {
		_, lines[i], _ = strings.Cut(l, " ")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestFileSentAgainIsTheSameBatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		body := registry(0, 10)
		send := func(department, kind, key string, body []byte) (intake.Batch, error) {
			by := clerk
			by.Department = department
			return intake.Receive(ctx, d, by, noon, intake.Upload{Kind: kind, Department: department, Body: bytes.NewReader(body), IdempotencyKey: key})
		}
		first, err := send("SCJG", "enterprise", "", body)
		if err != nil || first.Resent || first.State != intake.Received {
			t.Fatal(first, err)
		}
		if err := intake.Check(ctx, d, clock, first.ID); err != nil {
			t.Fatal(err)
		}
		again, err := send("SCJG", "enterprise", "", body)
		if err != nil || !again.Resent || again.ID != first.ID || again.Accepted != 10 {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		other, err := send("SCJG-340881", "enterprise", "", body)
		if err != nil || other.Resent || other.ID == first.ID {
			t.Errorf("another department's: %+v, %v", other, err)
		}
		keyed, err := send("SCJG", "enterprise", "k1", body)
		if err != nil || keyed.Resent || keyed.ID == first.ID {
			t.Errorf("the same under a key: %+v, %v", keyed, err)
		}
		if again, err := send("SCJG", "enterprise", "k1", body); err != nil || !again.Resent || again.ID != keyed.ID {
			t.Errorf("again under the key: %+v, %v", again, err)
		}
		if _, err := send("SCJG", "enterprise", "k1", registry(0, 11)); !fault.Is(err, "intake.key_reused") {
			t.Errorf("another file under the key: %v", err)
		}
		if _, err := send("SCJG", "penalty", "k1", body); !fault.Is(err, "intake.key_reused") {
			t.Errorf("another kind under the key: %v", err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'batch.received'`); n != 3 {
			t.Errorf("%d leaves of receipt, want 3", n)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM blob_blob`); n != 2 { // the one that was refused, too
			t.Errorf("%d files kept, want 2", n)
		}
		for _, b := range []intake.Batch{other, keyed} {
			if err := intake.Check(ctx, d, clock, b.ID); err != nil {
				t.Fatal(err)
			}
		}
		if b := get(t, d, keyed.ID); b.Duplicate != 10 {
			t.Errorf("the same rows under a key: %+v", b.Counts)
		}
	})
}

func TestOnlyTheOwnDepartmentSendsAndSees(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		_, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: "enterprise", Department: "SJ", Body: bytes.NewReader(registry(0, 3))})
		if kind, _ := fault.Of(err); kind != fault.Forbidden {
			t.Errorf("sent for another department: %v", err)
		}
		if _, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: "gossip", Department: "SCJG", Body: bytes.NewReader(nil)}); !fault.Is(err, "catalog.unknown_kind") {
			t.Errorf("unknown kind: %v", err)
		}
		var ids []string
		for n := range 5 {
			ids = append(ids, take(t, d, "enterprise", registry(n, n+1)).ID)
		}
		err = d.View(ctx, func(q db.Q) error {
			stranger := org.Scope{Department: "SJ"}
			if _, err := intake.Get(ctx, q, stranger, ids[0]); !fault.Is(err, "intake.no_batch") {
				t.Errorf("a stranger sees the batch: %v", err)
			}
			if _, err := intake.ProblemsPage(ctx, q, stranger, ids[0], 0, 10); !fault.Is(err, "intake.no_batch") {
				t.Errorf("a stranger sees its problems: %v", err)
			}
			if list, err := intake.List(ctx, q, stranger, "", 10); err != nil || len(list) != 0 {
				t.Errorf("a stranger's list: %v, %v", list, err)
			}
			var got []string
			for after := ""; ; {
				page, err := intake.List(ctx, q, org.Scope{Department: "SCJG"}, after, 2)
				if err != nil {
					return err
				}
				if len(page) == 0 {
					break
				}
				for _, b := range page {
					got = append(got, b.ID)
					after = b.Place
				}
			}
			if want := []string{ids[4], ids[3], ids[2], ids[1], ids[0]}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("list %v, want %v", got, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestUploadThatBreaksOffLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		before := count(t, d, `SELECT COUNT(*) FROM audit_leaf`)
		_, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: "enterprise", Department: "SCJG", Body: broken{}})
		if !fault.Is(err, "blob.broken_off") {
			t.Error(err)
		}
		if n := count(t, d, `SELECT (SELECT COUNT(*) FROM intake_batch) + (SELECT COUNT(*) FROM blob_chunk) + (SELECT COUNT(*) FROM audit_leaf)`); n != before {
			t.Errorf("%d rows are left", n)
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestProgressSaysHowFarAndHowLong(t *testing.T) {
	start := noon
	tests := []struct {
		name string
		b    intake.Batch
		want intake.Progress
	}{
		{"counting", intake.Batch{State: intake.Received, Total: -1}, intake.Progress{Total: -1}},
		{"half way", intake.Batch{State: intake.Checking, Total: 1000, Received: 500, Started: start}, intake.Progress{Rows: 500, Total: 1000, Percent: 50, Rate: 50, Left: 10 * time.Second}},
		{"almost", intake.Batch{State: intake.Checking, Total: 1000, Received: 999, Started: start}, intake.Progress{Rows: 999, Total: 1000, Percent: 99, Rate: 99.9}},
		{"done", intake.Batch{State: intake.Done, Total: 1000, Received: 1000, Started: start, Finished: start.Add(4 * time.Second)},
			intake.Progress{Rows: 1000, Total: 1000, Percent: 100, Rate: 250}},
	}
	for _, tt := range tests {
		if got := tt.b.Progress(start.Add(10 * time.Second)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
