package names_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"zhixin/internal/names"
)

// made gives n names of the shape of real ones: place, brand, trade and form.
func made(n int) iter.Seq[names.Entry] {
	places := []string{"安庆市", "桐城市", "潜山市", "怀宁县", "太湖县", "宿松县", "望江县", "岳西县", "合肥市", "芜湖市", "蚌埠市", "淮南市", "马鞍山市", "淮北市", "铜陵市",
		"黄山市", "滁州市", "阜阳市", "宿州市", "六安市", "亳州市", "池州市", "宣城市", "安徽", "安徽省", "南京市", "杭州市", "武汉市", "九江市", "上海"}
	brands := []rune("宏达兴盛华源天地人和顺利昌隆金银玉宝鑫森林木水火土明亮光辉春夏秋冬东南西北中国民安康健福寿禄喜庆祥瑞云龙凤虎山河海江湖星月日晨曦佳美丽雅致远博大精深诚信义仁德礼智勇恒永久长新创优卓越飞腾翔宇环球联合众益万千百双")
	trades := []string{"科技", "商贸", "建材", "食品", "餐饮管理", "物流", "电子", "机械制造", "建筑工程", "装饰工程", "房地产开发", "农业发展", "文化传媒", "信息技术", "医药",
		"化工", "纺织", "服装", "汽车销售", "电子商务", "环保科技", "新能源", "教育咨询", "旅游开发", "劳务服务", "广告", "印刷包装", "塑料制品", "茶叶", "水产养殖"}
	forms := []string{"有限公司", "有限责任公司", "股份有限公司", "厂", "经营部", "专业合作社"}
	return func(yield func(names.Entry) bool) {
		dice := rand.New(rand.NewPCG(1, 2))
		for i := range n {
			var brand []rune
			for range 2 + dice.IntN(3) {
				brand = append(brand, brands[dice.IntN(len(brands))])
			}
			name := places[dice.IntN(len(places))] + string(brand) + trades[dice.IntN(len(trades))] + forms[dice.IntN(len(forms))]
			if !yield(names.Entry{ID: fmt.Sprintf("%020x", i), Name: name}) {
				return
			}
		}
	}
}

// used is the processor time of the process, which other work on the machine moves least.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkSearch(b *testing.B) {
	const n = 1_000_000
	entries := slices.Collect(made(n))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, cpu := time.Now(), used()
	x := names.Build(slices.Values(entries))
	b.Logf("built in %v, %v of the processor", time.Since(began), used()-cpu)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Logf("%d bytes a name", (after.HeapAlloc-before.HeapAlloc)/n)
	dice := rand.New(rand.NewPCG(3, 4))
	typed := func(edit func(name []rune) []rune) []string {
		var out []string
		for range 1000 {
			out = append(out, string(edit([]rune(entries[dice.IntN(n)].Name))))
		}
		return out
	}
	for _, tt := range []struct {
		name string
		in   []string
	}{
		{"exact", typed(func(r []rune) []rune { return r })},
		{"part", typed(func(r []rune) []rune { return r[2:6] })},
		{"typo", typed(func(r []rune) []rune { r[3+dice.IntN(2)] = '宏'; return r })},
		{"any-typo", typed(func(r []rune) []rune { r[dice.IntN(len(r))] = '司'; return r })},
		{"order", typed(func(r []rune) []rune { return append(slices.Clone(r[3:]), r[:3]...) })},
		{"common", []string{"安徽有限公司", "有限公司", "公司", "科技有限公司", "安庆市科技有限公司", "安", "县江", "股份经营部", "公司公司公司", "限有司公限有", "一二三四五六"}},
		{"initials", []string{"yxgs", "aqshd", "kjyxgs", "zzz", "hfyxgs", "bbsxx"}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var took []time.Duration
			cpu := used()
			for b.Loop() {
				for _, in := range tt.in {
					began := time.Now()
					x.Search(names.Query{Text: in})
					took = append(took, time.Since(began))
				}
			}
			b.ReportMetric(float64((used()-cpu).Nanoseconds())/1000/float64(len(took)), "cpu-µs")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
		})
	}
	b.Run("candidates", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			x.Candidates(entries[i%n].Name, 10)
		}
	})
	b.Run("put", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			x.Put(entries[i%n])
		}
	})
}
