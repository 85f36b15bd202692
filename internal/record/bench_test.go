package record_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/record"
)

// benchDB opens the database that ZHIXIN_BENCH_WHERE names, or one of SQLite.
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

// body is a penalty with thirty fields, as large as real ones.
func body(n int) map[string]string {
	out := map[string]string{"CF_SY": "当事人未取得特种设备生产许可,擅自制造压力容器并对外销售,经查证属实,违法经营额较大,情节严重,有现场笔录、询问笔录、销售单据等证据为证。",
		"CF_YJ": "《中华人民共和国特种设备安全法》第七十四条、《中华人民共和国行政处罚法》第三十二条", "CF_NR": "1.责令停止违法行为;2.没收违法制造的压力容器;3.罚款30000元", "CF_NR_FK": "3000000fen",
		"CF_WSH": "宜市监罚〔2026〕" + strconv.Itoa(n) + "号", "CF_CFLB": "罚款;没收非法财物", "CF_JDRQ": "2026-03-05"}
	for i := len(out); i < 30; i++ {
		out[fmt.Sprintf("CF_FIELD_%02d", i)] = "安庆市市场监督管理局"
	}
	return out
}

// BenchmarkPutAll puts blocks of 200 penalties, as an import does.
func BenchmarkPutAll(b *testing.B) {
	d := benchDB(b)
	run := strconv.Itoa(os.Getpid())
	n := 0
	for b.Loop() {
		block := make([]record.New, 200)
		for i := range block {
			n++
			block[i] = record.New{EnterpriseID: enterprise.Key(strconv.Itoa(n % 5000)), Kind: record.PenaltyKind, Department: "BENCH" + run, SourceKey: strconv.Itoa(n) + "|" + strconv.Itoa(b.N),
				Day: credit.MustDate("2026-03-05"), Body: body(n), Batch: "b", Row: n}
		}
		if err := d.Tx(b.Context(), func(q db.Q) error {
			_, err := record.PutAll(b.Context(), q, sender, noon, block)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkFold reads the facts of 20,000 subjects with two records each, page by page.
func BenchmarkFold(b *testing.B) {
	d := benchDB(b)
	const subjects = 20000
	for from := 0; from < subjects; from += 200 {
		if err := d.Tx(b.Context(), func(q db.Q) error { return fill(b, q, from) }); err != nil {
			b.Fatal(err)
		}
	}
	seen := 0
	for b.Loop() {
		for after := ""; ; {
			var page []record.Facts
			if err := d.View(b.Context(), func(q db.Q) (err error) {
				page, err = record.FactsRange(b.Context(), q, after, 1000, []string{record.PenaltyKind})
				return err
			}); err != nil {
				b.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].Subject.ID
			seen += len(page)
		}
	}
	b.ReportMetric(float64(seen)/b.Elapsed().Seconds(), "subjects/s")
}

func fill(b *testing.B, q db.Q, from int) error {
	var registrations, penalties []record.New
	var subjects []enterprise.Subject
	for n := from; n < from+200; n++ {
		code := fmt.Sprintf("F%017d", n)
		id := enterprise.Key(code)
		clean := map[string]string{"UNISCID": code, "ENTNAME": "安庆市第" + strconv.Itoa(n) + "厂", "SUBJKIND": "enterprise", "REGSTATE": "active", "ESTDATE": "2015-06-01",
			"OPSCOPE": "压力容器制造、安装、维修;金属材料销售", "DOM": "安徽省安庆市迎江区人民路1号", "LEREP": "张三", "REGORG": "SCJG", "DIVISION": "340802"}
		registrations = append(registrations, record.New{EnterpriseID: id, Kind: record.EnterpriseKind, Department: "SCJG", SourceKey: code, Day: credit.MustDate("2015-06-01"), Body: clean})
		penalties = append(penalties, record.New{EnterpriseID: id, Kind: record.PenaltyKind, Department: "YJJ", SourceKey: code, Day: credit.MustDate("2026-03-05"), Body: body(n)})
		s, err := record.Registration(id, clean)
		if err != nil {
			return err
		}
		subjects = append(subjects, s)
	}
	for _, facts := range [][]record.New{registrations, penalties} {
		if _, err := record.PutAll(b.Context(), q, sender, noon, facts); err != nil {
			return err
		}
	}
	return enterprise.PutAll(b.Context(), q, subjects)
}
