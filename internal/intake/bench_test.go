package intake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/intake"
)

// benchRows is how many registrations the benchmarks send: a district's.
const benchRows = 20_000

// benchDB opens the database that ZHIXIN_BENCH_WHERE names, a new one, or one of SQLite.
func benchDB(b *testing.B) *db.DB {
	b.Helper()
	where := os.Getenv("ZHIXIN_BENCH_WHERE")
	if where == "" {
		where = filepath.Join(b.TempDir(), "bench.db")
	}
	d, err := db.Open(b.Context(), where, db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkRegistrations sends registrations as they happen, then those of as many others as the past of an old system, and takes that
// past back after a look at what this would do. It says each as rows a second.
func BenchmarkRegistrations(b *testing.B) {
	d := benchDB(b)
	next := 0
	rate := func(what string, f func()) {
		began := b.Elapsed()
		f()
		b.ReportMetric(benchRows/(b.Elapsed()-began).Seconds(), what+"/s")
	}
	send := func(past string) (sent intake.Batch) {
		b.Helper()
		found(b, d)
		sent, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: "enterprise", Department: "SCJG", Name: fmt.Sprintf("%d.csv", next),
			Body: bytes.NewReader(registry(next, next+benchRows)), Takeover: past})
		if err == nil {
			err = intake.Check(ctx, d, clock, sent.ID)
		}
		if err != nil {
			b.Fatal(err)
		}
		next += benchRows
		if sent = get(b, d, sent.ID); sent.Accepted != benchRows {
			b.Fatalf("%+v", sent.Counts)
		}
		return sent
	}
	err := d.Tx(ctx, func(q db.Q) error {
		return intake.PutLegacy(ctx, q, intake.Legacy{ID: "old", System: "旧系统", Department: "SCJG", Day: credit.MustDate("2026-09-30"), Open: true})
	})
	if err != nil {
		b.Fatal(err)
	}
	rate("stated", func() { send("") })
	var old intake.Batch
	rate("taken-over", func() { old = send("old") })
	rate("previewed", func() {
		err := d.View(ctx, func(q db.Q) error {
			t, err := intake.PreviewRecall(ctx, q, old)
			if err == nil && len(t.Changes) != benchRows {
				err = fmt.Errorf("%d changes", len(t.Changes))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	})
	rate("recalled", func() { recall(b, d, old.ID) })
}
