package main

import "strings"

// apart returns a record of a, with its code or without one, as such records come.
func (g *gen) apart(a subject) side {
	l := g.record(a)
	if g.in(40) {
		l.code = g.placeholder()
	}
	return l
}

// twins returns a shape of a record of the first and a registration of the second.
func twins(name string, n int, draw func(*gen) (subject, subject)) shape {
	return shape{name, "0", n, func(g *gen) (side, subject) {
		a, b := draw(g)
		if g.in(50) {
			a, b = b, a
		}
		return g.apart(a), b
	}}
}

// different are the shapes of two subjects.
func different() []shape {
	return []shape{
		twins("numbered-branch", 170, func(g *gen) (subject, subject) {
			a, b := g.numbered()
			return a, g.beside(a, b)
		}),
		twins("sister-branch", 200, sisterBranch),
		{"other-trade", "0", 200, otherTrade},
		{"other-county", "0", 200, otherCounty},
		{"near-brand", "0", 240, nearBrand},
		{"parent-branch", "0", 170, parentBranch},
		{"group", "0", 120, groupOf},
		{"share-company", "0", 110, shareCompany},
		{"shop-company", "0", 120, shopCompany},
		{"mask-contradicts", "0", 110, maskContradicts},
		{"both-placeholder", "0", 100, bothPlaceholder},
		{"like-person", "0", 110, likePerson},
		twins("same-owner", 150, sameOwner),
		{"successor", "0", 110, successor},
		{"common-words", "0", 90, commonWords},
		{"same-name-elsewhere", "0", 80, sameNameElsewhere},
	}
}

// beside gives b, in every third draw, a code given just after a's, and sometimes a's legal representative or address:
// sisters share them.
func (g *gen) beside(a, b subject) subject {
	if g.in(35) {
		b.uscc = g.nextDoor(a.uscc)
	}
	if g.in(25) {
		b.rep = a.rep
	}
	if g.in(10) {
		b.address = a.address
	}
	return b
}

func sisterBranch(g *gen) (subject, subject) {
	if g.in(25) {
		parent := g.company()
		a, b := g.branchOf(parent), g.branchOf(parent)
		for a.unit == b.unit {
			b = g.branchOf(parent)
		}
		return a, g.beside(a, b)
	}
	i := g.IntN(len(chains))
	a, b := g.chainOf(i, g.place()), g.chainOf(i, g.place())
	for core(a) == core(b) {
		b = g.chainOf(i, g.place())
	}
	return a, g.beside(a, b)
}

// core is a branch's name without what says in which county it is.
func core(s subject) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s.unit, "安庆"), "市"), s.at.short)
}

// kin draws a second company with the trade name of a, changed.
func (g *gen) kin(a subject, change func(*subject)) subject {
	b := subject{begin: a.begin, brand: a.brand, trade: a.trade, form: a.form, unit: a.unit, town: a.town, kind: a.kind}
	change(&b)
	return g.register(b, a.at)
}

// otherTrade has two firms of one trade name. Trades that are alike (机械, 机械制造) are told apart by the codes.
func otherTrade(g *gen) (side, subject) {
	a := g.company()
	b := g.kin(a, func(b *subject) {
		for b.trade == a.trade {
			b.trade = g.of(trades)
		}
	})
	l := g.record(a)
	if !strings.ContainsAny(a.trade, b.trade) && g.in(45) {
		l.code, l.regNo = g.placeholder(), ""
		return l, b
	}
	return l, g.beside(a, b)
}

// otherCounty has one trade name and trade in two counties, or, told apart by the codes, in a county and the city.
func otherCounty(g *gen) (side, subject) {
	a := g.titled()
	for district(a.at) || !strings.HasPrefix(a.begin, a.at.short) {
		a = g.titled()
	}
	p := g.place()
	for p.code == a.at.code {
		p = g.place()
	}
	b := subject{begin: p.long, brand: a.brand, trade: a.trade, form: a.form, kind: a.kind}
	if district(p) {
		b.begin = "安庆市"
	}
	b = g.register(b, p)
	if g.in(20) {
		b.rep = a.rep
	}
	city := district(p)
	if g.in(50) {
		a, b = b, a
	}
	if city {
		return g.record(a), b
	}
	return g.apart(a), b
}

// nearBrand has two firms whose names differ in one character; where the record has no code, its legal representative and
// its address are those of another.
func nearBrand(g *gen) (side, subject) {
	a := g.titled()
	brand, ok := g.mistake(a.brand, sound)
	if g.in(50) || !ok {
		r := []rune(a.brand)
		i := g.IntN(len(r))
		for string(r) == a.brand {
			r[i] = []rune(g.rune(brandTails + brandHeads))[0]
		}
		brand = string(r)
	}
	b := g.kin(a, func(b *subject) { b.brand = brand })
	if g.in(50) {
		a, b = b, a
	}
	l := g.record(a)
	if g.in(40) {
		for sharesPerson(a.rep, b.rep) {
			a.rep = g.person()
		}
		l.code, l.rep, l.division, l.address = g.placeholder(), a.rep, a.division, g.respell(g.otherAddress(a.at, b.address))
	}
	return l, b
}

func sharesPerson(a, b string) bool { return []rune(a)[0] == []rune(b)[0] }

// parentBranch has the head office on one side and its branch on the other. A record of the head office's name and code is
// the head office's, also where its address is the branch's.
func parentBranch(g *gen) (side, subject) {
	parent := g.company()
	branch := g.branchOf(parent)
	if g.in(40) {
		branch.rep = parent.rep
	}
	if g.in(40) {
		return g.apart(branch), parent
	}
	l := g.apart(parent)
	l.address = ""
	if l.code == parent.uscc && g.in(50) {
		l.address = g.respell(branch.address)
	}
	return l, branch
}

// groupOf has a group and a company of it. Without the code, nothing but the name speaks for or against them.
func groupOf(g *gen) (side, subject) {
	a := g.company()
	b := g.kin(a, func(b *subject) {
		for strings.HasPrefix(b.trade, a.trade) {
			b.trade = g.pick("集团", "控股集团", "实业集团", "(集团)", "投资集团")
		}
		b.form = g.pick("有限公司", "有限公司", "股份有限公司")
	})
	if g.in(50) {
		a, b = b, a
	}
	if g.in(40) {
		return side{name: a.name, code: g.placeholder(), division: g.pick("", a.division)}, b
	}
	return g.record(a), g.beside(a, b)
}

// shareCompany has a limited company and a share company of one name, each with its code.
func shareCompany(g *gen) (side, subject) {
	a := g.company()
	for a.form == "股份有限公司" {
		a = g.company()
	}
	b := g.kin(a, func(b *subject) { b.form = "股份有限公司" })
	if g.in(20) {
		b.rep = a.rep
	}
	if g.in(50) {
		a, b = b, a
	}
	return g.record(a), b
}

// shopCompany has an individual business and a company of one trade name: by their codes two, or by their owners.
func shopCompany(g *gen) (side, subject) {
	a := g.works()
	a.kind, a.uscc = "individual", g.uscc("individual", a.at.code, false)
	b := g.kin(a, func(b *subject) {
		b.kind, b.trade, b.form = "enterprise", strings.TrimSuffix(a.trade, "厂"), g.pick("有限公司", "有限公司", "有限责任公司")
	})
	for sharesPerson(a.rep, b.rep) {
		b.rep = g.person()
	}
	coded := g.in(60)
	if coded && g.in(40) {
		b.rep, b.address = a.rep, a.address
	}
	if g.in(50) {
		a, b = b, a
	}
	l := g.record(a)
	if !coded {
		l.code, l.rep, l.address = g.placeholder(), a.rep, g.respell(g.otherAddress(a.at, b.address))
	}
	return l, b
}

// maskContradicts has a masked code whose legible characters are not the subject's, under a name that is like its own or
// that many have; the legal representative is another.
func maskContradicts(g *gen) (side, subject) {
	var a, b subject
	switch g.IntN(3) {
	case 0:
		a, b = g.numbered()
	case 1:
		a = g.company()
		b = g.kin(a, func(b *subject) { b.brand = g.rune(brandHeads) + string([]rune(a.brand)[1:]) })
	default:
		a = g.plainShop()
		b = g.kin(a, func(*subject) {})
	}
	if a.name == b.name && sharesPerson(a.rep, b.rep) || a.uscc[14:] == b.uscc[14:] || a.name == b.name && a.kind != "individual" {
		return maskContradicts(g)
	}
	l := g.record(a)
	l.code, l.rep, l.address = g.masked(a.uscc), a.rep, ""
	return l, b
}

// bothPlaceholder has no code on either side, in the same words: two who have none are not one.
func bothPlaceholder(g *gen) (side, subject) {
	a, b := g.shop(), g.shop()
	switch g.IntN(4) {
	case 0:
		a = g.works()
		b = g.kin(a, func(b *subject) {
			for b.trade == a.trade {
				b.trade = g.of(works)
			}
		})
	case 1:
		a = g.self()
	case 2:
		b = g.kin(a, func(b *subject) {
			for b.trade == a.trade {
				b.trade = g.of(shopTrades)
			}
		})
	}
	l := g.record(a)
	l.code = g.pick("无", "000000000000000000", "00000000000000000X", "暂无", "0")
	b.uscc, b.regNo, l.regNo = l.code, "", ""
	return l, b
}

// likePerson has two individual businesses that are called as their owners are, or two shops, with names of persons that
// differ in one character that nobody mistakes.
func likePerson(g *gen) (side, subject) {
	a := g.self()
	name := []rune(g.rune(surnames) + g.rune(givenHeads))
	tails := []rune("军英强峰涛梅勇")
	i, j := g.two(len(tails))
	one, other := string(name)+string(tails[i]), string(name)+string(tails[j])
	b := g.kin(a, func(b *subject) { b.name = other })
	a.name, a.rep, b.rep = one, one, other
	if g.in(45) {
		s := g.shop()
		a.begin, a.brand, a.trade = s.begin, s.brand, s.trade
		a.called()
		t := g.shop()
		b.begin, b.brand, b.trade = s.begin, t.brand, t.trade
		b.called()
	}
	l := g.apart(a)
	l.rep, l.division = a.rep, a.division
	return l, b
}

// sameOwner has two firms of one legal representative at one address.
func sameOwner(g *gen) (subject, subject) {
	a, b := g.titled(), g.titled()
	for b.at.code != a.at.code {
		b = g.titled()
	}
	if g.in(30) {
		b = g.kin(a, func(b *subject) {
			for strings.ContainsAny(a.brand, b.brand) {
				b.brand = g.brand()
			}
		})
	}
	b.rep, b.address, b.division, b.at = a.rep, a.address, a.division, a.at
	return a, b
}

// successor has one name and two codes: the registered subject has ended, or the record has another legal representative
// and another address.
func successor(g *gen) (side, subject) {
	a := g.titled()
	b := g.kin(a, func(*subject) {})
	l := g.record(a)
	if g.in(70) {
		b.state = g.pick("deregistered", "deregistered", "revoked")
		if g.in(40) && l.rep != "" {
			b.rep = a.rep
		}
		return l, b
	}
	for sharesPerson(a.rep, b.rep) {
		a.rep = g.person()
	}
	l.rep, l.address = a.rep, g.respell(g.otherAddress(a.at, b.address))
	return l, b
}

// commonWords has a record that names no firm at all, 安徽有限公司, with another code or another person.
func commonWords(g *gen) (side, subject) {
	b := g.company()
	name := g.pick(b.begin+b.form, b.trade+b.form, b.begin+b.trade+b.form, b.form, b.begin+"公司", b.begin+b.trade)
	l := side{name: name, code: g.placeholder()}
	if g.in(40) {
		l.code = g.uscc(b.kind, b.at.code, g.in(50))
	} else {
		l.rep = g.otherPerson(b.rep)
	}
	if g.in(50) {
		l.division = b.division
	}
	return l, b
}

// sameNameElsewhere has a name that many shops have, in two counties that both sides name, or with two codes.
func sameNameElsewhere(g *gen) (side, subject) {
	a, b := g.plainShop(), g.plainShop()
	for a.at.code == b.at.code || sharesPerson(a.rep, b.rep) {
		b = g.plainShop()
	}
	b.brand, b.trade = a.brand, a.trade
	b.called()
	l := g.apart(a)
	l.division = a.division
	if l.code != a.uscc {
		l.address, l.regNo = g.respell(a.address), ""
	}
	return l, b
}
