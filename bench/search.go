package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"zhixin/internal/names"
)

// finder is a search engine over the names: the index of the node, or an anchor.
type finder struct {
	name  string
	build func(ctx context.Context, all []string) (time.Duration, error)
	find  func(ctx context.Context, how asking, text string) (ids []int, err error) // at most twenty
	bytes func(ctx context.Context) (float64, error)                                // of the index; nil is not told
	close func(ctx context.Context) error
}

// asking is what kind of question is asked.
type asking int

// The kinds: the whole name, four characters of it, or the whole name with one character of the brand wrong.
const (
	exactly asking = iota
	byPart
	withTypo
)

// typed is something typed, and the number of the name that is meant.
type typed struct {
	text string
	of   int
}

// nameSearch compares the index of names with the search engines that one would take else.
func nameSearch(ctx context.Context, b *bench) (err error) {
	n, many := 1_000_000, 10_000_000
	if b.quick {
		n, many = 100_000, 0
	}
	all := slices.Collect(madeNames(n))
	ours := ourIndex()
	anchors, err := b.anchors(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, a := range anchors {
			err = errors.Join(err, a.close(context.WithoutCancel(ctx)))
		}
	}()
	built := map[string]float64{}
	for _, f := range append([]finder{ours}, anchors...) {
		b.say("indexing %d names: %s", n, f.name)
		took, err := f.build(ctx, all)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		built[f.name] = took.Seconds()
	}
	if err := b.compareSearch(ctx, all, ours, anchors); err != nil {
		return err
	}
	fastest := slices.MinFunc(anchors, func(x, y finder) int { return int(1000 * (built[x.name] - built[y.name])) })
	b.add(line{what: fmt.Sprintf("index of %d names, built anew", n), unit: "s", ours: series{built[ours.name]}, anchorName: "the fastest: " + fastest.name,
		anchor: series{built[fastest.name]}, most: 0.2})
	if err := b.memory(ctx, n, ours, anchors); err != nil {
		return err
	}
	if many == 0 {
		return nil
	}
	return b.tenfold(ctx, many, all, ours)
}

// compareSearch asks everybody the same, in turn, and compares the middle and the slow answers with the best of the anchors.
func (b *bench) compareSearch(ctx context.Context, all []string, ours finder, anchors []finder) error {
	dice := rand.New(rand.NewPCG(11, 27))
	for _, kind := range []struct {
		what        string
		how         asking
		few, plenty int // questions a round, for the anchors and for us
		most, below float64
	}{
		{"a whole name", exactly, 100, 1000, 1, 0},
		{"four characters of a name", byPart, 100, 1000, 1, 0},
		{"a name with one wrong character", withTypo, 30 / b.rounds, 1000, 0.01, 5},
	} {
		middle, slow, found := map[string]series{}, map[string]series{}, map[string]int{}
		for round := range b.rounds {
			asked := questions(all, kind.how, kind.plenty, dice)
			for i := range len(anchors) + 1 {
				f := append([]finder{ours}, anchors...)[(i+round)%(len(anchors)+1)]
				some := asked
				if f.name != ours.name {
					some = asked[:kind.few]
				}
				took, hit, err := ask(ctx, f, kind.how, some)
				if err != nil {
					return fmt.Errorf("%s: %w", f.name, err)
				}
				if hit < len(some)/2 {
					return fmt.Errorf("%s found only %d of %d", f.name, hit, len(some))
				}
				middle[f.name] = append(middle[f.name], took[len(took)/2])
				slow[f.name] = append(slow[f.name], took[len(took)*99/100])
				found[f.name] += 100 * hit / len(some)
			}
		}
		best := slices.MinFunc(anchors, func(x, y finder) int { return int(1e6 * (middle[x.name].median() - middle[y.name].median())) })
		b.add(line{what: "search, " + kind.what + ": p50", unit: "ms", ours: middle[ours.name], anchorName: "the best: " + best.name, anchor: middle[best.name], most: kind.most})
		b.add(line{what: "search, " + kind.what + ": p99", unit: "ms", ours: slow[ours.name], anchorName: best.name, anchor: slow[best.name], below: kind.below})
		for _, f := range append([]finder{ours}, anchors...) {
			b.note("%s, %s: p50 %s ms, p99 %s ms; the name meant is among the first twenty in %d %%", kind.what, f.name, plain(middle[f.name].median()),
				plain(slow[f.name].median()), found[f.name]/b.rounds)
		}
	}
	return nil
}

// ask puts the questions one after the other and returns the times in order, and how often the name meant was found.
func ask(ctx context.Context, f finder, how asking, all []typed) (took series, found int, err error) {
	for _, q := range all {
		began := time.Now()
		ids, err := f.find(ctx, how, q.text)
		if err != nil {
			return nil, 0, err
		}
		took = append(took, float64(time.Since(began).Nanoseconds())/1e6)
		if slices.Contains(ids, q.of) {
			found++
		}
	}
	return took.sorted(), found, nil
}

// memory says what a name costs: the id and the name in our memory, the anchors' files or tables beside it.
func (b *bench) memory(ctx context.Context, n int, ours finder, anchors []finder) error {
	mine, err := ours.bytes(ctx)
	if err != nil {
		return err
	}
	for _, a := range anchors {
		if a.bytes == nil {
			continue
		}
		theirs, err := a.bytes(ctx)
		if err != nil {
			return err
		}
		b.add(line{what: "memory of the index, a name with its id", unit: "bytes", ours: series{mine / float64(n)}, anchorName: a.name + ", on disk",
			anchor: series{theirs / float64(n)}, below: 200})
		return nil
	}
	return nil
}

// tenfold asks ours with ten times as many names, beside the index that was measured before.
func (b *bench) tenfold(ctx context.Context, n int, few []string, small finder) error {
	b.say("indexing %d names", n)
	many := slices.Collect(madeNames(n))
	large := ourIndex()
	took, err := large.build(ctx, many)
	if err != nil {
		return err
	}
	b.note("the index of %d names was built in %s s", n, plain(took.Seconds()))
	dice := rand.New(rand.NewPCG(11, 28))
	var of, ofFew series
	for range b.rounds {
		slow, _, err := ask(ctx, large, withTypo, questions(many, withTypo, 1000, dice))
		if err != nil {
			return err
		}
		slowFew, _, err := ask(ctx, small, withTypo, questions(few, withTypo, 1000, dice))
		if err != nil {
			return err
		}
		of, ofFew = append(of, slow[len(slow)*99/100]), append(ofFew, slowFew[len(slowFew)*99/100])
	}
	b.add(line{what: fmt.Sprintf("search among %d names, one wrong character: p99", n), unit: "ms", ours: of, anchorName: fmt.Sprintf("ours, among %d", len(few)),
		anchor: ofFew, below: 20})
	return nil
}

// ourIndex is the index of the node.
func ourIndex() finder {
	var x *names.Index
	var used float64
	return finder{
		name: "Zhixin",
		build: func(_ context.Context, all []string) (time.Duration, error) {
			before := heap()
			began := time.Now()
			x = names.Build(func(yield func(names.Entry) bool) {
				for i, name := range all {
					if !yield(names.Entry{ID: fmt.Sprintf("%08d", i), Name: name}) {
						return
					}
				}
			})
			took := time.Since(began)
			used = heap() - before
			return took, nil
		},
		find: func(_ context.Context, _ asking, text string) (ids []int, err error) {
			hits, _ := x.Search(names.Query{Text: text})
			for _, h := range hits {
				id, err := strconv.Atoi(h.ID)
				if err != nil {
					return nil, err
				}
				ids = append(ids, id)
			}
			return ids, nil
		},
		bytes: func(context.Context) (float64, error) { return used, nil },
		close: func(context.Context) error { return nil },
	}
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// What the made names are put together from: a place, two to four characters of a brand, a trade and a legal form.
var (
	places = []string{"安庆市", "桐城市", "潜山市", "怀宁县", "太湖县", "宿松县", "望江县", "岳西县", "合肥市", "芜湖市", "蚌埠市", "淮南市", "马鞍山市", "淮北市", "铜陵市",
		"黄山市", "滁州市", "阜阳市", "宿州市", "六安市", "亳州市", "池州市", "宣城市", "安徽", "安徽省", "南京市", "杭州市", "武汉市", "九江市", "上海"}
	brands = []rune("宏达兴盛华源天地人和顺利昌隆金银玉宝鑫森林木水火土明亮光辉春夏秋冬东南西北中国民安康健福寿禄喜庆祥瑞云龙凤虎山河海江湖星月日晨曦佳美丽雅致远博大精深诚信义仁德礼智勇恒永久长新创优卓越飞腾翔宇环球联合众益万千百双")
	trades = []string{"科技", "商贸", "建材", "食品", "餐饮管理", "物流", "电子", "机械制造", "建筑工程", "装饰工程", "房地产开发", "农业发展", "文化传媒", "信息技术", "医药",
		"化工", "纺织", "服装", "汽车销售", "电子商务", "环保科技", "新能源", "教育咨询", "旅游开发", "劳务服务", "广告", "印刷包装", "塑料制品", "茶叶", "水产养殖"}
	forms = []string{"有限公司", "有限责任公司", "股份有限公司", "厂", "经营部", "专业合作社"}
)

// madeNames gives n names of the shape of real ones, the same in each run.
func madeNames(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		dice := rand.New(rand.NewPCG(1, 2))
		for range n {
			var brand []rune
			for range 2 + dice.IntN(3) {
				brand = append(brand, brands[dice.IntN(len(brands))])
			}
			if !yield(places[dice.IntN(len(places))] + string(brand) + trades[dice.IntN(len(trades))] + forms[dice.IntN(len(forms))]) {
				return
			}
		}
	}
}

// questions draws what is asked.
func questions(all []string, how asking, n int, dice *rand.Rand) []typed {
	var out []typed
	for range n {
		of := dice.IntN(len(all))
		name := []rune(all[of])
		switch how {
		case byPart:
			name = name[2:6]
		case withTypo:
			brand := 2 // where it begins, or a little before
			for i := range 4 {
				if slices.Contains([]rune("市县省"), name[i]) {
					brand = i + 1
				}
			}
			name[brand+dice.IntN(2)] = brands[dice.IntN(len(brands))]
		}
		out = append(out, typed{string(name), of})
	}
	return out
}
