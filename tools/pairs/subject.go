package main

import "strings"

// subject is a registered subject, its name in the pieces of which names are made.
type subject struct {
	begin, brand, trade, form string // 桐城市 | 鸿达 | 商贸 | 有限公司
	unit                      string // of a branch: 桐城分公司
	town                      string // where the name says it
	name, former              string
	uscc, regNo               string
	rep, division, address    string
	kind, state               string
	at                        place
}

// side is what a department's record says of its subject.
type side struct{ name, code, regNo, rep, division, address string }

func (s *subject) called() { s.name = s.begin + s.brand + s.trade + s.form + s.unit }

// place draws one by the measured shares of the counties; the districts carry what is registered with the city.
func (g *gen) place() place { return places[g.weighted(176, 86, 89, 65, 59, 51, 49, 120, 130, 130)] }

func district(p place) bool { return strings.HasSuffix(p.long, "区") }

// begin draws how a name begins in p: county or city name 32.5, 安庆市 29.1, 安徽 12.1, 安庆 9.1, 安徽省 5.9 %.
func (g *gen) begin(p place) string {
	switch g.weighted(62, 15, 15, 8) {
	case 1:
		return "安徽"
	case 2:
		return g.pick("安庆", "安庆市")
	case 3:
		return "安徽省"
	}
	if district(p) {
		return g.pick("安庆市", "安庆市", "安庆市", "安庆", "安庆市"+p.long)
	}
	return g.pick(p.long, p.long, p.long, p.short)
}

// register fills in what a registration has beside its name.
func (g *gen) register(s subject, p place) subject {
	s.at, s.division, s.address, s.rep, s.state = p, p.code, g.address(p, s.town), g.person(), "active"
	old := g.in(45)
	in := p.code
	if p.old != "" && (old || p.old == "340800" && s.kind != "individual") {
		in = p.old
	}
	s.uscc = g.uscc(s.kind, in, old)
	if old || s.kind == "cooperative" && g.in(50) {
		s.regNo = g.regNo(s.kind, in)
	}
	if s.name == "" {
		s.called()
	}
	return s
}

func (g *gen) company() subject { return g.companyIn(g.place()) }

func (g *gen) companyIn(p place) subject {
	form := [...]string{"有限公司", "有限责任公司", "股份有限公司"}[g.weighted(70, 28, 2)]
	return g.register(subject{begin: g.begin(p), brand: g.brand(), trade: g.of(trades), form: form, kind: "enterprise"}, p)
}

func (g *gen) works() subject {
	p := g.place()
	begin := p.long
	if district(p) {
		begin = g.pick("安庆市", "安庆市"+p.long)
	}
	return g.register(subject{begin: begin, brand: g.brand(), trade: g.of(works), kind: g.pick("enterprise", "enterprise", "individual")}, p)
}

func (g *gen) coop() subject {
	p := g.place()
	begin := p.long
	if district(p) {
		begin = "安庆市" + p.long
	}
	return g.register(subject{begin: begin, brand: g.brand(), trade: g.of(coops), form: g.pick("专业合作社", "农民专业合作社", "专业合作社", "农民专业合作社联合社"), kind: "cooperative"}, p)
}

// shop draws an individual business with a trade name of its own.
func (g *gen) shop() subject {
	p := g.place()
	s := subject{begin: p.long, brand: g.brand(), trade: g.of(shopTrades), kind: "individual"}
	if district(p) {
		s.begin = "安庆市" + p.long
	}
	if g.in(40) {
		s.town = g.of(split(p.towns))
		s.begin += s.town
	}
	return g.register(s, p)
}

// plainShop draws one whose name many have: 便民超市.
func (g *gen) plainShop() subject {
	return g.register(subject{brand: g.of(plain), trade: g.of(shopTrades), kind: "individual"}, g.place())
}

// self draws an individual business without a trade name: it is called as its owner is.
func (g *gen) self() subject {
	rep := g.person()
	s := g.register(subject{name: rep, kind: "individual"}, g.place())
	s.rep = rep
	return s
}

// chain draws a branch of one of those that have a hundred; its name says which.
func (g *gen) chain() subject { return g.chainOf(g.IntN(len(chains)), g.place()) }

func (g *gen) chainOf(i int, p place) subject {
	c := chains[i]
	s := subject{brand: c.name, kind: "branch"}
	at := g.pick("安庆", "安庆市", p.short, p.short)
	switch g.IntN(4) {
	case 0:
		at = p.short
	case 1, 2:
		at += g.road()
	default:
		s.town = g.of(split(p.towns))
		at += s.town
	}
	s.unit = at + g.of(split(c.units))
	return g.register(s, p)
}

// numbered draws two branches that differ in their number only.
func (g *gen) numbered() (subject, subject) {
	p := g.place()
	begin, end := chains[2+g.IntN(2)].name+g.pick("安庆中心支公司", p.short), g.pick("支公司", "支公司", "营业部", "营销服务部")
	if g.in(30) {
		c := g.companyIn(p)
		begin, end = c.name, g.pick("分公司", "门市部", "加油站", "项目部")
	}
	i, j := g.two(len(numerals))
	form := g.pick("第%", "第%", "第%", "%")
	if end == "支公司" || end == "营业部" {
		form = "第%"
	}
	call := func(n int) string { return begin + strings.Replace(form, "%", numerals[n], 1) + end }
	return g.register(subject{name: call(i), kind: "branch"}, p), g.register(subject{name: call(j), kind: "branch"}, p)
}

// branchOf draws a branch of parent.
func (g *gen) branchOf(parent subject) subject {
	p := g.place()
	b := subject{begin: parent.begin, brand: parent.brand, trade: parent.trade, form: parent.form, kind: "branch"}
	b.unit = p.short + g.pick("分公司", "分公司", "分公司", "第一分公司", "办事处", "经营部", "门市部")
	return g.register(b, p)
}

// anyone draws a subject in the measured mix of kinds, with more individual businesses than the registry of enterprises
// has, since more than a third of penalties are theirs.
func (g *gen) anyone() subject {
	switch g.weighted(64, 5, 5, 12, 8, 6) {
	case 1:
		return g.works()
	case 2:
		return g.coop()
	case 3:
		return g.shop()
	case 4:
		return g.chain()
	case 5:
		return g.branchOf(g.company())
	}
	return g.company()
}

// titled draws a subject that has a trade name of its own: no branch.
func (g *gen) titled() subject {
	switch g.weighted(74, 7, 7, 12) {
	case 1:
		return g.works()
	case 2:
		return g.coop()
	case 3:
		return g.shop()
	}
	return g.company()
}
