package main

import "strings"

// unclear are the shapes that a person must decide: what is on the two sides contradicts itself, or does not suffice.
func unclear() []shape {
	ask := func(name string, n int, pair func(*gen) (side, subject)) shape {
		return shape{"unclear-" + name, "?", n, pair}
	}
	return []shape{
		ask("code-of-another", 80, codeOfAnother),
		ask("common-name", 70, commonName),
		ask("near-brand", 50, unclearBrand),
		ask("branch-parent-code", 50, branchParentCode),
		ask("numbered-code", 30, func(g *gen) (side, subject) {
			a, b := g.numbered()
			l := side{name: a.name, code: b.uscc}
			if g.in(40) {
				l.division = b.division
			}
			return l, b
		}),
		ask("form", 40, unclearForm),
		ask("shop-company", 30, becameCompany),
		ask("cut-branch", 30, cutBranch),
		ask("no-place", 40, noPlace),
	}
}

// codeOfAnother has a good code under the name of another firm: a row that slipped, a code that was mistaken, or a new
// name. It meets the one whose code it is, or the one whose name it is.
func codeOfAnother(g *gen) (side, subject) {
	a, b := g.titled(), g.titled()
	l := side{name: a.name, code: b.uscc}
	if g.in(50) {
		l.rep = a.rep
	}
	if g.in(50) {
		l.address = g.respell(a.address)
	}
	if g.in(60) {
		return l, b
	}
	l.rep = a.rep
	return l, a
}

// commonName has a name that many have, or a person's, and nothing else that would tell which of them.
func commonName(g *gen) (side, subject) {
	b := g.plainShop()
	if g.in(30) {
		b = g.self()
	}
	return side{name: b.name, code: g.placeholder()}, b
}

// unclearBrand has two names that differ in one character, and nothing else: a slip, or another firm.
func unclearBrand(g *gen) (side, subject) {
	for {
		b := g.titled()
		if brand, ok := g.mistake(b.brand, sound); ok {
			a := b
			a.brand = brand
			a.called()
			return side{name: a.name, code: g.placeholder(), division: g.pick("", b.division)}, b
		}
	}
}

// branchParentCode has a branch's name with the head office's code, or the head office's name at the branch's address with
// no code: it meets either of them.
func branchParentCode(g *gen) (side, subject) {
	parent := g.company()
	branch := g.branchOf(parent)
	switch g.IntN(3) {
	case 0:
		return side{name: branch.name, code: parent.uscc, division: g.pick("", branch.division)}, parent
	case 1:
		return side{name: branch.name, code: parent.uscc, rep: g.pick("", branch.rep)}, branch
	}
	return side{name: parent.name, code: g.placeholder(), rep: branch.rep, address: g.respell(branch.address)}, branch
}

// unclearForm has a limited company and a share company at one address, and one code only: one may have become the other.
func unclearForm(g *gen) (side, subject) {
	b := g.company()
	a := b
	if a.form = "股份有限公司"; b.form == a.form {
		a.form = "有限公司"
	}
	a.called()
	return side{name: a.name, code: g.placeholder(), division: b.division, address: g.respell(b.address)}, b
}

// becameCompany has an individual business and a company of one trade name, owner and address (个转企), and one code only.
func becameCompany(g *gen) (side, subject) {
	b := g.works()
	b.kind, b.uscc = "individual", g.uscc("individual", b.at.code, false)
	a := b.begin + b.brand + strings.TrimSuffix(b.trade, "厂") + g.pick("有限公司", "有限责任公司")
	return side{name: a, code: g.placeholder(), rep: b.rep, address: g.respell(b.address)}, b
}

// cutBranch ends where the name of a branch says in which county it is: others begin so too.
func cutBranch(g *gen) (side, subject) {
	b := g.chain()
	cut := 2
	if strings.HasPrefix(b.unit, "安庆市") {
		cut = 3
	}
	return side{name: b.brand + string([]rune(b.unit)[:cut]), code: g.placeholder(), division: g.pick("", b.division)}, b
}

// noPlace has the trade name without its place, or with a wider one, and nothing else.
func noPlace(g *gen) (side, subject) {
	b := g.company()
	for strings.HasPrefix(b.begin, "安徽") {
		b = g.company()
	}
	return side{name: g.pick("", "安徽") + b.brand + b.trade + b.form, code: g.placeholder()}, b
}
