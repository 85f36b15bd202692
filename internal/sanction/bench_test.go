package sanction_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

// benchFill registers enterprises from … to-1; each twentieth has its licence revoked.
func benchFill(ctx context.Context, q db.Q, at time.Time, book *policy.Book, codes []string, from, to int) error {
	var firms, penalties []record.New
	var subjects []enterprise.Subject
	var barred []string
	for n := from; n < to; n++ {
		codes[n] = testcity.Code(n)
		id := enterprise.Key(codes[n])
		body := map[string]string{"UNISCID": codes[n], "ENTNAME": "安庆第" + strconv.Itoa(n) + "机械有限公司", "SUBJKIND": "enterprise", "REGSTATE": "active"}
		firms = append(firms, record.New{EnterpriseID: id, Kind: "enterprise", Department: "SCJG", SourceKey: codes[n], Day: day("2015-06-01"), Body: body})
		s, err := record.Registration(id, body)
		if err != nil {
			return err
		}
		subjects = append(subjects, s)
		if n%20 == 0 {
			no := "罚〔2025〕" + strconv.Itoa(n) + "号"
			penalties = append(penalties, record.New{EnterpriseID: id, Kind: "penalty", Department: "SCJG", SourceKey: no, Day: day("2025-03-10"),
				Body: map[string]string{"CF_WSH": no, "CF_CFJG": "安庆市市场监督管理局", "CF_CFLB": "吊销许可证件", "CF_JDRQ": "2025-03-10"}})
			barred = append(barred, id)
		}
	}
	for _, some := range [][]record.New{firms, penalties} {
		if _, err := record.PutAll(ctx, q, testcity.Officer, at, some); err != nil {
			return err
		}
	}
	if err := enterprise.PutAll(ctx, q, subjects); err != nil {
		return err
	}
	_, err := sanction.Refresh(ctx, q, testcity.Officer, at, book, barred)
	return err
}

func BenchmarkCheck(b *testing.B) {
	d, codes, _ := benchCity(b, 20000)
	g := sanction.NewGate(d, nil, func() time.Time { return day("2025-03-20").Time() })
	if err := g.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	on := day("2025-06-01")
	b.Run("pass", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if a, err := g.Check(codes[(i*7919)%len(codes)|1], credit.Procurement, on); err != nil || a.Verdict != credit.Pass {
				b.Fatal(a, err)
			}
		}
	})
	b.Run("bar", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if a, err := g.Check(codes[i*20%len(codes)], credit.Procurement, on); err != nil || a.Verdict != credit.Bar {
				b.Fatal(a, err)
			}
		}
	})
	b.Run("mixed", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := g.Check(codes[(i*7919)%len(codes)], credit.Procurement, on); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("body", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := g.Ask(b.Context(), testcity.Officer, codes[(i*7919)%len(codes)], credit.Procurement, on, "2025-18", sanction.NoReceipt); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchCity is a city of n enterprises, a twentieth of them with a bar.
func benchCity(b *testing.B, n int) (*db.DB, []string, *policy.Book) {
	d, err := db.Open(b.Context(), b.TempDir()+"/bench.db", db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	rows, err := sanction.FirstPolicy()
	if err != nil {
		b.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		b.Fatal(err)
	}
	codes, at := make([]string, n), day("2025-03-20").Time()
	for from := 0; from < n; from += 500 {
		if err := d.Tx(b.Context(), func(q db.Q) error { return benchFill(b.Context(), q, at, book, codes, from, min(from+500, n)) }); err != nil {
			b.Fatal(err)
		}
	}
	if err := workedOff(b.Context(), d, at); err != nil {
		b.Fatal(err)
	}
	return d, codes, book
}

// workedOff numbers the log and says that what follows from it is worked out.
func workedOff(ctx context.Context, d *db.DB, at time.Time) error {
	key, err := audit.NewKey("zhixin.test")
	if err != nil {
		return err
	}
	s := audit.NewSequencer(d, key, "bench")
	for n := 1; n > 0 && err == nil; {
		n, err = s.Once(ctx, at)
	}
	if err != nil {
		return err
	}
	return d.Tx(ctx, func(q db.Q) error {
		size, err := audit.Size(ctx, q)
		if err != nil {
			return err
		}
		return audit.SetCursor(ctx, q, sanction.FlowCursor, size)
	})
}

func BenchmarkLoadAndRefresh(b *testing.B) {
	d, codes, book := benchCity(b, 20000)
	at := day("2025-03-20").Time()
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if err := sanction.NewGate(d, nil, func() time.Time { return at }).Load(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(codes)), "subjects")
	})
	b.Run("refresh of 1000", func(b *testing.B) {
		ids := make([]string, 1000)
		for i := range ids {
			ids[i] = enterprise.Key(codes[i])
		}
		for b.Loop() {
			if err := d.Tx(b.Context(), func(q db.Q) error {
				_, err := sanction.Refresh(b.Context(), q, testcity.Officer, at, book, ids)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
