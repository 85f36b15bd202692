package match_test

import (
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/match"
)

// checked adds the check character to a code.
func checked(code string) string {
	for _, r := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if u, err := credit.ParseUSCC(code + string(r)); err == nil {
			return string(u)
		}
	}
	return ""
}

// TestWhatACarefulOfficialWouldNotSign is never sure: what seems to be a second piece of evidence says nothing of its own.
func TestWhatACarefulOfficialWouldNotSign(t *testing.T) {
	shop := match.Side{ID: "r", Name: "怀宁县惠民超市", USCC: "92340822MA2NX1AB3K", LegalRep: "张三", Address: "安徽省安庆市怀宁县高河镇", Division: "340822",
		Kind: credit.Individual, State: credit.Active}
	firm := match.Side{ID: "r", Name: "安庆市宏达商贸有限公司", USCC: checked("91340800MA2MQ1AB1"), LegalRep: "李四", Address: "安庆市迎江区人民路1号", Division: "340803",
		Kind: credit.Enterprise, State: credit.Active}
	lone := match.Side{ID: "r", Name: "张伟", USCC: "92340822MA2NX1AB3K", LegalRep: "张伟", Division: "340822", Kind: credit.Individual, State: credit.Active}
	with := func(s match.Side, change func(*match.Side)) match.Side { change(&s); return s }
	for name, tt := range map[string]struct{ said, known match.Side }{
		"an address that is a town":        {match.Side{Name: shop.Name, Address: "怀宁县高河镇"}, shop},
		"an address that is a city":        {match.Side{Name: firm.Name, Address: "安庆"}, with(firm, func(s *match.Side) { s.Address = "安徽安庆" })},
		"an address that says none":        {match.Side{Name: firm.Name, Address: "无"}, with(firm, func(s *match.Side) { s.Address = "无" })},
		"a dash for the address":           {match.Side{Name: firm.Name, Address: "-"}, with(firm, func(s *match.Side) { s.Address = "-" })},
		"a dash for the person":            {match.Side{Name: firm.Name, LegalRep: "-"}, with(firm, func(s *match.Side) { s.LegalRep = "-" })},
		"the office for the person":        {match.Side{Name: firm.Name, LegalRep: "法定代表人"}, with(firm, func(s *match.Side) { s.LegalRep = "法定代表人" })},
		"nobody for the person":            {match.Side{Name: firm.Name, LegalRep: "／"}, with(firm, func(s *match.Side) { s.LegalRep = "/" })},
		"the name is the person":           {match.Side{Name: "张伟", LegalRep: "张伟"}, lone},
		"the name is place and person":     {match.Side{Name: "怀宁县张伟", LegalRep: "张伟"}, with(lone, func(s *match.Side) { s.Name = "怀宁县张伟" })},
		"the name says what it is":         {match.Side{Name: "个体工商户", LegalRep: "张伟"}, with(lone, func(s *match.Side) { s.Name = "个体工商户" })},
		"a name of one character":          {match.Side{Name: "一", LegalRep: "张伟"}, with(lone, func(s *match.Side) { s.Name = "一" })},
		"a mask that shows the county":     {match.Side{Name: firm.Name, USCC: "91340800**********"}, firm},
		"a mask that shows the new codes":  {match.Side{Name: firm.Name, USCC: "91340800MA********"}, firm},
		"a mask that shows two at the end": {match.Side{Name: firm.Name, USCC: "91340800********" + firm.USCC[16:]}, firm},
		"the street of another county": {match.Side{Name: shop.Name, Address: "望江县人民路1号"},
			with(shop, func(s *match.Side) { s.Address = "安徽省安庆市怀宁县人民路1号" })},
		"only a street":       {match.Side{Name: firm.Name, Address: "迎江区人民路"}, with(firm, func(s *match.Side) { s.Address = "迎江区人民路" })},
		"the code of a third": {match.Side{Name: firm.Name, USCC: checked("91340800MA2MW9XK2"), RegNo: "340800000012347"}, with(firm, func(s *match.Side) { s.RegNo = "340800000012347" })},
	} {
		out := match.Decide(match.Read(tt.said), []match.Side{tt.known})
		if out.Band != match.Ask {
			t.Errorf("%s: %s, %+v", name, out.Band, out.Candidates)
		}
	}
}

// TestWhatSaysEnough is still sure.
func TestWhatSaysEnough(t *testing.T) {
	firm := match.Side{ID: "r", Name: "安庆市宏达商贸有限公司", USCC: checked("91340800MA2MQ1AB1"), LegalRep: "李四", Address: "安庆市迎江区人民路1号", Division: "340803",
		Kind: credit.Enterprise, State: credit.Active}
	for name, said := range map[string]match.Side{
		"person":  {Name: firm.Name, LegalRep: "李四"},
		"address": {Name: firm.Name, Address: "迎江区人民路1号"},
		"mask":    {Name: firm.Name, USCC: "91340800******" + firm.USCC[14:]},
	} {
		if out := match.Decide(match.Read(said), []match.Side{firm}); out.Band != match.Sure {
			t.Errorf("%s: %s, %+v", name, out.Band, out.Candidates)
		}
	}
}
