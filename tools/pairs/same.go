package main

import "strings"

// record is what a good record says of s; the less sure columns are not always filled.
func (g *gen) record(s subject) side {
	l := side{name: s.name, code: s.uscc}
	if g.in(55) {
		l.rep = s.rep
	}
	if g.in(55) {
		l.division = s.division
	}
	if g.in(45) {
		l.address = g.respell(s.address)
	}
	if g.in(10) {
		l.regNo = s.regNo
	}
	return l
}

// vouched is a record of s without a usable code, whose legal representative, address or both speak for it.
func (g *gen) vouched(s subject) side {
	l := side{name: s.name, code: g.placeholder(), rep: s.rep, address: g.respell(s.address)}
	switch g.weighted(40, 30, 30) {
	case 0:
		l.address = ""
	case 1:
		l.rep = ""
	}
	if g.in(55) {
		l.division = s.division
	}
	return l
}

// known is a record of s that carries its code in so many of a hundred draws, and else is vouched for by both its legal
// representative and its address, or by one of them where one is enough.
func (g *gen) known(s subject, percent int, one bool) side {
	if g.in(percent) {
		return g.record(s)
	}
	l := g.vouched(s)
	if !one {
		l.rep, l.address = s.rep, g.respell(s.address)
	}
	return l
}

// misnamed returns a shape whose record carries another name than the registered one, made by change. With the code that is
// enough; without it, legal representative or address must speak for it: both, where the change makes another name.
func misnamed(name string, n int, one bool, draw func(*gen) subject, change func(*gen, subject) (string, bool)) shape {
	return shape{name, "1", n, func(g *gen) (side, subject) {
		for {
			s := draw(g)
			to, ok := change(g, s)
			if !ok || to == s.name {
				continue
			}
			l := g.known(s, 55, one)
			l.name = to
			return l, s
		}
	}}
}

// coded returns a shape whose record carries the right name and a code made by change.
func coded(name string, n int, change func(*gen, subject) (string, bool)) shape {
	return shape{name, "1", n, func(g *gen) (side, subject) {
		for {
			s := g.anyone()
			to, ok := change(g, s)
			if !ok || to == s.uscc {
				continue
			}
			l := g.record(s)
			l.code = to
			if g.in(15) {
				l.name = g.blanks(l.name)
			}
			return l, s
		}
	}}
}

func always(f func(*gen, string) string) func(*gen, subject) (string, bool) {
	return func(g *gen, s subject) (string, bool) { return f(g, s.name), true }
}

func by(slip map[rune]rune) func(*gen, subject) (string, bool) {
	return func(g *gen, s subject) (string, bool) { return g.mistake(s.name, slip) }
}

// alike are the shapes of one subject.
func alike() []shape {
	anyone, titled := (*gen).anyone, (*gen).titled
	return []shape{
		{"exact", "1", 200, exact},
		misnamed("brackets", 100, true, (*gen).bracketed, brackets),
		misnamed("blanks", 90, true, anyone, always((*gen).blanks)),
		misnamed("char-look", 115, false, titled, by(look)),
		misnamed("char-sound", 115, false, titled, by(sound)),
		{"char-neighbour", "1", 90, neighbour},
		misnamed("char-missing", 110, false, titled, always((*gen).missing)),
		misnamed("char-extra", 90, false, titled, always((*gen).extra)),
		misnamed("char-swapped", 90, false, titled, always((*gen).swapped)),
		misnamed("cut-short", 120, true, (*gen).company, cutShort),
		misnamed("swallowed", 130, true, titled, swallowed),
		misnamed("limited-form", 90, true, (*gen).company, limitedForm),
		misnamed("prefix", 150, true, titled, prefix),
		misnamed("city-moved", 80, true, (*gen).bracketed, cityMoved),
		misnamed("traditional", 90, true, titled, func(g *gen, s subject) (string, bool) { return g.traditional(s.name) }),
		misnamed("person-in-brackets", 100, true, (*gen).shop, personInBrackets),
		misnamed("bank-short", 60, true, (*gen).chain, func(g *gen, s subject) (string, bool) {
			return strings.Replace(s.name, g.pick("股份有限公司", "集团安徽有限公司", "有限公司"), "", 1), true
		}),
		{"old-name", "1", 120, oldName},
		{"renamed", "1", 115, renamed},
		coded("code-lower", 80, func(_ *gen, s subject) (string, bool) { return strings.ToLower(s.uscc), true }),
		coded("code-wide", 60, func(_ *gen, s subject) (string, bool) { return wide(s.uscc), true }),
		coded("code-o-i", 90, letterForDigit),
		coded("code-one-wrong", 150, func(g *gen, s subject) (string, bool) { return g.oneWrong(s.uscc), true }),
		coded("code-org", 100, orgCode),
		{"code-masked", "1", 115, func(g *gen) (side, subject) {
			s := g.anyone()
			l := g.record(s)
			l.code, l.rep = g.masked(s.uscc), s.rep
			return l, s
		}},
		{"columns-swapped", "1", 70, swappedColumns},
		{"old-number", "1", 125, oldNumber},
		{"no-code", "1", 190, noCode},
		{"name-only", "1", 60, nameOnly},
		{"division-dissolved", "1", 110, dissolved},
		{"parent-for-branch", "1", 60, parentForBranch},
	}
}

// exact also holds records of before a new legal representative or a move, which say nothing against the subject.
func exact(g *gen) (side, subject) {
	s := g.anyone()
	l := g.record(s)
	if g.in(12) {
		l.rep = g.otherPerson(s.rep)
	}
	if g.in(8) {
		l.address = g.otherAddress(s.at, s.address)
	}
	return l, s
}

// neighbour has a character in the place of another that is not like it. Without the code that would be another firm.
func neighbour(g *gen) (side, subject) {
	s := g.titled()
	l := g.record(s)
	l.name = g.neighbour(s.name)
	return l, s
}

// noCode is vouched for; a name that many shops have by its owner and by its address.
func noCode(g *gen) (side, subject) {
	if g.in(20) {
		s := g.plainShop()
		return g.known(s, 0, false), s
	}
	s := g.anyone()
	return g.vouched(s), s
}

// bracketed draws a company with a place in brackets: 鸿达(安庆)商贸有限公司.
func (g *gen) bracketed() subject {
	p := g.place()
	in := g.pick("安庆", "安徽", p.short)
	brand, trade := g.brand(), g.of(trades)
	form := g.pick("有限公司", "有限责任公司")
	s := subject{brand: brand, trade: trade, form: form, kind: "enterprise"}
	open, shut := "（", "）"
	if g.in(60) {
		open, shut = "(", ")"
	}
	s.begin = open + in + shut // kept for the shapes that move it
	s.name = brand + s.begin + trade + form
	if g.in(35) {
		s.name = brand + trade + s.begin + form
	}
	return g.register(s, p)
}

func brackets(g *gen, s subject) (string, bool) {
	to := g.pick("（ ）", "( )", "〔 〕", "【 】", "( ）", "[ ]")
	kinds := split(to)
	return strings.NewReplacer("(", kinds[0], "（", kinds[0], ")", kinds[1], "）", kinds[1]).Replace(s.name), true
}

func cityMoved(g *gen, s subject) (string, bool) {
	city := strings.Trim(s.begin, "()（）")
	return g.pick(s.brand+s.begin+s.trade+s.form, s.brand+s.trade+s.begin+s.form, city+s.brand+s.trade+s.form, s.brand+s.trade+s.form+s.begin), true
}

func cutShort(g *gen, s subject) (string, bool) {
	r := []rune(s.name)
	return string(r[:len(r)-1-g.IntN(len([]rune(s.form)))]), true
}

func swallowed(g *gen, s subject) (string, bool) {
	behind := g.pick("生产不符合执行标准的产品案", "销售不合格", "生产不符合", "涉嫌发布违法广告案", "经营超过保质期食品", "未按规定公示年报", "无证经营",
		"使用未经检验的特种设备案", "销售侵犯注册商标", "未取得许可从事", "等", "案", "-罚款", "（已整改）", "（法定代表人："+s.rep+"）", "法定代表人"+s.rep, "的行政处罚决定")
	if g.in(15) {
		return g.pick("关于对", "关于", "当事人：", "被处罚单位:", "1、") + s.name + g.pick("", behind), true
	}
	return s.name + behind, true
}

func limitedForm(_ *gen, s subject) (string, bool) {
	switch s.form {
	case "有限公司":
		return strings.TrimSuffix(s.name, "有限公司") + "有限责任公司", true
	case "有限责任公司":
		return strings.TrimSuffix(s.name, "有限责任公司") + "有限公司", true
	}
	return "", false
}

func prefix(g *gen, s subject) (string, bool) {
	rest := strings.TrimPrefix(s.name, s.begin)
	var heads []string
	switch s.begin {
	case "安徽", "安徽省":
		heads = []string{"安徽", "安徽省", ""}
	case "安庆", "安庆市":
		heads = []string{"安庆", "安庆市", "安徽省安庆市", "安徽安庆", ""}
	default:
		heads = []string{"安徽省" + s.begin, "安庆市" + s.begin, "安徽省安庆市" + s.begin, s.at.short, s.at.long, ""}
		if strings.HasPrefix(s.begin, "安庆市") {
			heads = []string{"安徽省" + s.begin, strings.TrimPrefix(s.begin, "安庆市"), "安庆" + strings.TrimPrefix(s.begin, "安庆市")}
		}
	}
	return g.of(heads) + rest, true
}

func personInBrackets(g *gen, s subject) (string, bool) {
	open, shut := "（", "）"
	if g.in(40) {
		open, shut = "(", ")"
	}
	if g.in(15) {
		return s.rep + open + s.name + shut, true
	}
	return s.name + open + g.pick("", "", "经营者：", "负责人") + s.rep + shut, true
}

// letterForDigit writes O for 0 and I or l for 1, where they stand in the code: some of them, or all.
func letterForDigit(g *gen, s subject) (string, bool) {
	all, one := g.in(50), g.pick("I", "l", "I")
	out := []rune(s.uscc)
	for i, r := range out {
		switch {
		case !all && g.in(60):
		case r == '0':
			out[i] = 'O'
		case r == '1':
			out[i] = rune(one[0])
		}
	}
	return string(out), true
}

func orgCode(g *gen, s subject) (string, bool) {
	org := s.uscc[8:17]
	if g.in(70) {
		org = org[:8] + "-" + org[8:]
	}
	return org, true
}

// oldName is a record under a former name, also one of several.
func oldName(g *gen) (side, subject) {
	s := g.titled()
	was := s
	was.brand = g.brand()
	if g.in(30) {
		was.brand, was.begin = s.brand, g.pick("安庆市", s.at.long)
	}
	if g.in(30) && s.kind == "enterprise" && s.form != "" {
		was.trade = g.of(trades)
	}
	was.called()
	if was.name == s.name {
		return oldName(g)
	}
	l := g.known(s, 50, true)
	l.name, s.former = was.name, was.name
	if g.in(25) {
		was.brand = g.brand()
		was.called()
		s.former = g.pick(s.former+"|"+was.name, was.name+"|"+s.former)
	}
	return l, s
}

// renamed is a record under another name than any that the registration knows, with the code, and with legal
// representative and address: both where nothing of the name is left.
func renamed(g *gen) (side, subject) {
	s := g.company()
	is := s
	l := g.record(s)
	switch g.IntN(4) {
	case 0:
		is.brand = g.brand()
		l.rep, l.address = s.rep, g.respell(s.address)
	case 1:
		is.trade = g.of(trades)
		l.rep = s.rep
	case 2:
		is.form = "股份有限公司"
	case 3:
		is.begin, l.rep = "安徽", s.rep
		if s.begin == "安徽" {
			is.begin = "安庆"
		}
	}
	is.called()
	if is.name == s.name {
		return renamed(g)
	}
	l.name = is.name
	return l, s
}

// numberedBefore draws a subject that had a registration number before its code.
func (g *gen) numberedBefore() subject {
	for {
		if s := g.anyone(); s.regNo != "" {
			return s
		}
	}
}

func swappedColumns(g *gen) (side, subject) {
	s := g.numberedBefore()
	l := g.record(s)
	l.code, l.regNo = s.regNo, s.uscc
	return l, s
}

// oldNumber is a record by the number of before 2015; a few subjects have no other.
func oldNumber(g *gen) (side, subject) {
	s := g.numberedBefore()
	l := g.record(s)
	l.code = s.regNo
	if g.in(20) {
		l.code, l.regNo = g.placeholder(), s.regNo
	}
	if g.in(20) {
		s.uscc = ""
	}
	if g.in(25) {
		l.name = g.blanks(l.name)
	}
	return l, s
}

// nameOnly is the full name of a company with its place, trade name, trade and form, and nothing against it: within one
// registering authority such a name is given once (企业名称登记管理规定 §17).
func nameOnly(g *gen) (side, subject) {
	s := g.company()
	l := side{name: s.name, code: g.placeholder(), division: s.division}
	if g.in(50) {
		l.division = ""
	}
	return l, s
}

// dissolved is a record from before a county became a city: 潜山县 340824 is 潜山市 340882, 桐城县 340821 is 桐城市 340881.
func dissolved(g *gen) (side, subject) {
	for {
		s := g.titled()
		was := map[string][2]string{"潜山市": {"潜山县", "340824"}, "桐城市": {"桐城县", "340821"}}[s.begin]
		if was[0] == "" {
			continue
		}
		name := was[0] + strings.TrimPrefix(s.name, s.begin)
		if g.in(40) {
			s.former = name
		}
		l := g.known(s, 65, true)
		l.division = was[1]
		if g.in(75) {
			l.name = name
		}
		l.address = strings.Replace(l.address, s.begin, was[0], 1)
		return l, s
	}
}

// parentForBranch names the head office, with its code, at a branch's address: what it says is that the head office did
// it, and the head office answers for its branches.
func parentForBranch(g *gen) (side, subject) {
	s := g.company()
	l := g.record(s)
	l.address, l.rep = g.respell(g.branchOf(s).address), ""
	return l, s
}
