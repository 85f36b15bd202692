package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
)

// answer is as large as an answer of the gate with one hit.
var answer = []byte(`{"as_of":"2026-10-12T09:00:00.000000Z","hits":[{"authority":"SCJG","basis":"《中华人民共和国政府采购法》第二十二条第一款第五项","document_no":"宜市监罚〔2026〕12号","list":"statutory","measure":"三年内不得参加政府采购活动","since":"2026-03-01","until":"2029-03-01"}],"incentives":[],"log_size":123456,"matter":"procurement","uscc":"91340800MA2N00000X","verdict":"bar"}`)

func benchDB(b *testing.B) *db.DB {
	b.Helper()
	where := os.Getenv("ZHIXIN_BENCH_WHERE")
	if where == "" {
		where = filepath.Join(b.TempDir(), "bench.db")
	}
	d, err := db.Open(context.Background(), where, db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkReceipts has callers that each wait for their receipt to be durable before they put the next.
func BenchmarkReceipts(b *testing.B) {
	for _, callers := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) { benchReceipts(b, callers, false) })
	}
	b.Run("64+sequencer", func(b *testing.B) { benchReceipts(b, 64, true) })
}

func benchReceipts(b *testing.B, callers int, sequenced bool) {
	ctx, cancel := context.WithCancel(context.Background())
	d := benchDB(b)
	key, err := audit.NewKey("bench")
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	if sequenced {
		running.Go(func() { audit.NewSequencer(d, key, "bench").Run(ctx, time.Now) })
	}
	g, err := audit.NewGrouper(ctx, d, key, time.Now, "gate.answered", credit.System("gate"))
	if err != nil {
		b.Fatal(err)
	}
	waits := make([]time.Duration, b.N)
	var next atomic.Int64
	var bytes atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				began := time.Now()
				s, err := g.Put(ctx, audit.Item{Body: answer})
				if err != nil {
					b.Error(err)
					return
				}
				bytes.Add(int64(len(s.Receipt(audit.GateReceipt, answer).Encode())))
				waits[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	g.Close()
	cancel()
	running.Wait()
	slices.Sort(waits)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "put/s")
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(bytes.Load())/float64(b.N), "receipt-bytes")
}

// BenchmarkAdd is what a leaf costs an act, beside the act's own commit.
func BenchmarkAdd(b *testing.B) {
	d := benchDB(b)
	body := map[string]string{"entry": "0123456789abcdef0123", "ground": "annual-report/2025", "rule": "lists.grounds/1"}
	b.ResetTimer()
	for i := 0; i < b.N; {
		act(b, d, func(q db.Q) error {
			for end := min(i+200, b.N); i < end; i++ {
				if _, err := audit.Add(ctx, q, li, noon, "lists.confirmed", fmt.Sprint(i%70_000), body); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkNumber is what a leaf costs the sequencer; its longest transaction is what a counter may have to wait for.
func BenchmarkNumber(b *testing.B) {
	d, key := benchDB(b), newKey(b)
	s := audit.NewSequencer(d, key, "bench")
	var longest time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		act(b, d, func(q db.Q) error {
			for range 1024 {
				if _, err := audit.Add(ctx, q, li, noon, "lists.confirmed", "", n); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
		began := time.Now()
		done, err := s.Once(ctx, noon)
		must(b, err)
		longest, n = max(longest, time.Since(began)), n+done
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/leaf")
	b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
}
