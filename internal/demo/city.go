package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"zhixin/internal/credit"
)

// The article's city (domain counts of 2018); the demo makes Scale times as many.
const (
	articleEnterprises = 70200
	articlePenalties   = 10800
)

// firstYear is the first year with a registry and an annual-report run: the practice of the article. listShare of the
// enterprises that have to report miss a year; it makes about as many listings as the article counts.
const (
	firstYear   = 2018
	missShare   = 0.034
	lateShare   = 0.45 // of those who missed, how many report later and are taken off
	dirtyShare  = 0.03 // of the rows of departments' files, how many arrive with a wrong, missing or masked code
	revokeShare = 0.03 // of the penalties that can cost a licence, how many do
)

// firm is one synthetic enterprise. Its name and code are made up; should they meet a real one, that is chance.
type firm struct {
	uscc, name, division, kind, rep, address, industry, scope string
	capital                                                   int // 万元
	registered, ended                                         credit.Date
}

// dice is the only source of chance; the same seed gives the same city.
type dice struct{ *rand.Rand }

func (d dice) pick(runes string) string {
	r := []rune(runes)
	return string(r[d.IntN(len(r))])
}

func (d dice) chance(p float64) bool { return d.Float64() < p }

func (d dice) day(from, to credit.Date) credit.Date {
	return from + credit.Date(d.IntN(max(1, int(to-from)+1)))
}

// weigh returns the index of one of n things drawn by their shares.
func (d dice) weigh(n int, share func(int) int) int {
	total := 0
	for i := range n {
		total += share(i)
	}
	x := d.IntN(total)
	for i := range n {
		if x -= share(i); x < 0 {
			return i
		}
	}
	return n - 1
}

// city makes the enterprises, in order of registration.
func city(d dice, count int, now credit.Date) []firm {
	firms := make([]firm, 0, count)
	names := map[string]bool{}
	for i := range count {
		f := d.firm(i, now)
		for names[f.name] {
			f.name = d.name(f.kind, f.division)
		}
		names[f.name] = true
		firms = append(firms, f)
	}
	slices.SortStableFunc(firms, func(a, b firm) int { return int(a.registered - b.registered) })
	return firms
}

func (d dice) firm(i int, now credit.Date) firm {
	p := places[d.weigh(len(places), func(i int) int { return places[i].share })]
	t := trades[d.weigh(len(trades), func(i int) int { return trades[i].share })]
	f := firm{division: p.code, industry: t.industry, scope: t.scope, kind: "有限责任公司", rep: d.person()}
	category := "91"
	switch x := d.IntN(1000); {
	case x < 54:
		f.kind, category = "个体工商户", "92"
	case x < 54+26:
		f.kind, category = "农民专业合作社", "93"
	case x < 54+26+110:
		f.kind = "有限责任公司分公司"
	}
	f.name = d.name(f.kind, f.division, t.word)
	f.uscc = code(category, p.code, i)
	f.capital = []int{10, 30, 50, 50, 50, 100, 100, 200, 200, 500, 500, 800, 1000, 2000, 5000}[d.IntN(15)]
	f.address = p.names[0] + p.towns[d.IntN(len(p.towns))] + strconv.Itoa(1+d.IntN(300)) + "号"
	// Registrations grow over the years; a square root makes the younger ones more.
	from := credit.NewDate(1995, time.January, 4)
	f.registered = from + credit.Date(math.Sqrt(d.Float64())*float64(now-60-from))
	if d.chance(0.10) {
		f.ended = d.day(max(f.registered+400, credit.NewDate(firstYear, time.March, 1)), now+2000)
		if f.ended > now-30 {
			f.ended = 0
		}
	}
	return f
}

func (d dice) name(kind, division string, trade ...string) string {
	i := slices.IndexFunc(places, func(p place) bool { return p.code == division })
	word := trades[d.IntN(len(trades))].word
	if len(trade) > 0 {
		word = trade[0]
	}
	brand := d.pick(brandFirst) + d.pick(brandSecond)
	if d.chance(0.35) {
		brand += d.pick(brandSecond)
	}
	begin := places[i].names[d.IntN(len(places[i].names))]
	switch kind {
	case "个体工商户":
		return begin + brand + word + "经营部"
	case "农民专业合作社":
		return begin + brand + "种养殖专业合作社"
	case "有限责任公司分公司":
		return begin + brand + word + "有限公司第" + []string{"一", "二", "三"}[d.IntN(3)] + "分公司"
	}
	return begin + brand + word + []string{"有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司"}[d.IntN(5)]
}

func (d dice) person() string {
	n := d.pick(surnames) + d.pick(givenNames)
	if d.chance(0.6) {
		n += d.pick(givenNames)
	}
	return n
}

// code makes the n-th valid code of a category and division (GB 32100), with a valid organisation code inside (GB 11714).
func code(category, division string, n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("MA8%05d", n) // a stretch that reads as young and synthetic
	weights := []int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, c := range body {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * weights[i]
	}
	check := []string{"0", "X", "9", "8", "7", "6", "5", "4", "3", "2", "1"}[sum%11]
	if sum%11 == 0 {
		check = "0"
	}
	seventeen := category + division + body + check
	total, w := 0, 1
	for _, c := range seventeen {
		total += slices.Index([]rune(alphabet), c) * w
		w = w * 3 % 31
	}
	return seventeen + string(alphabet[(31-total%31)%31])
}
