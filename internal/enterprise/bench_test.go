package enterprise_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
)

// inhabitants is how many subjects the city of the article has.
const inhabitants = 70000

// benchCity opens the database that ZHIXIN_BENCH_WHERE names, or one of SQLite, and fills it.
func benchCity(b *testing.B) *db.DB {
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
	for from := 0; from < inhabitants; from += 1000 {
		if err := d.Tx(b.Context(), func(q db.Q) error { return enterprise.PutAll(b.Context(), q, some(from, 1000)) }); err != nil {
			b.Fatal(err)
		}
	}
	return d
}

func some(from, n int) []enterprise.Subject {
	trades := []string{"船舶", "锅炉", "茶业", "建材", "化工", "电缆", "食品", "物流", "商贸", "餐饮"}
	towns := []string{"安庆市", "桐城市", "怀宁县", "潜山市", "太湖县", "宿松县", "望江县", "岳西县"}
	out := make([]enterprise.Subject, n)
	for i := range out {
		k := from + i
		code := withCheck(fmt.Sprintf("91340800MA%07d", k))
		out[i] = enterprise.Subject{ID: enterprise.Key(code), USCC: code, Name: fmt.Sprintf("%s%c%c%s有限公司", towns[k%8], rune(0x4e00+k%3000), rune(0x5e00+k%977), trades[k%10]),
			Kind: credit.Enterprise, Division: "340800", Authority: "SCJG", State: credit.Active, Address: "安徽省安庆市迎江区人民路1号", Scope: "压力容器制造、安装、维修;金属材料销售"}
	}
	return out
}

func BenchmarkPutAll(b *testing.B) {
	d := benchCity(b)
	n := 0
	for b.Loop() {
		if err := d.Tx(b.Context(), func(q db.Q) error { return enterprise.PutAll(b.Context(), q, some(n%inhabitants, 200)) }); err != nil {
			b.Fatal(err)
		}
		n += 200
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
