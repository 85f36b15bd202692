package match_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/match"
)

// TestAnyTwoTextsAreCompared: whatever stands in a cell, comparing ends, within its bounds, and the same text is always the same name.
func TestAnyTwoTextsAreCompared(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"安庆市", "桐城", "第一", "第二", "有限公司", "股份有限公司", "分公司", "支行", "(", ")", "（", "银行", "张三",
		"建材", "贸易", "厂", "", " ", "\x00", "\xff", "🏭", "𠮷", "集团", "***", "1", "Ａ"}), rapid.String())
	text := rapid.Map(rapid.SliceOfN(piece, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) {
		a := match.Side{Name: text.Draw(t, "name"), USCC: text.Draw(t, "code"), RegNo: text.Draw(t, "regno"), LegalRep: text.Draw(t, "person"),
			Address: text.Draw(t, "address"), Division: text.Draw(t, "division")}
		b := a
		b.ID, b.Name, b.Former = "x", text.Draw(t, "other"), []string{text.Draw(t, "former")}
		v := match.Compare(match.Read(a), b)
		if v.Score < 0 || v.Score > 100 || v.Band == match.Sure && !v.Likely {
			t.Fatalf("%+v", v)
		}
		sum := 0
		for _, p := range v.Parts {
			if p.Points < 0 || p.Points > p.Of {
				t.Fatalf("%+v", p)
			}
			sum += p.Of
		}
		if sum != 100 {
			t.Fatalf("the parts of %q and %q are out of %d", a.Name, b.Name, sum)
		}
		b.Name = a.Name
		if own := match.Compare(match.Read(a), b); match.Parse(a.Name).Whole != "" && own.Score != 100 {
			t.Fatalf("%q is %d of itself", a.Name, own.Score)
		}
	})
}

// TestNamesThatSayLittle never join by machine without a number, whoever they are compared with.
func TestNamesThatSayLittle(t *testing.T) {
	for _, name := range []string{"", "安", "安徽有限公司", "有限公司", "中国", "公司", "无", "***", "🏭", strings.Repeat("安庆", 100), "(安庆)"} {
		for _, other := range []string{"安徽有限公司", "安庆市长江船舶有限公司", "中国工商银行股份有限公司安庆玉琳路支行", name + "建材"} {
			v := match.Compare(match.Read(match.Side{Name: name, LegalRep: "张三"}), match.Side{ID: "x", Name: other, LegalRep: "张三", Address: "人民路1号"})
			if v.Band == match.Sure && name != other {
				t.Errorf("%q is %q: %+v", name, other, v)
			}
		}
	}
}

// TestBranchesOfOneBank: of a hundred branches one is meant, and a number tells.
func TestBranchesOfOneBank(t *testing.T) {
	var all []match.Side
	for _, road := range []string{"玉琳路", "人民路", "菱湖", "集贤路", "双井街", "湖心路", "宜城路", "德宽路", "石化", "开发区"} {
		for _, kind := range []string{"支行", "分理处", "第一支行", "第二支行", "储蓄所"} {
			all = append(all, match.Side{ID: road + kind, Name: "中国工商银行股份有限公司安庆" + road + kind, LegalRep: "张三", Division: "340802"})
		}
	}
	for _, one := range all {
		out := match.Decide(match.Read(match.Side{Name: one.Name, LegalRep: "张三"}), all)
		if out.Band != match.Sure || out.ID != one.ID {
			t.Errorf("%s: %s %s of %d", one.Name, out.Band, out.ID, len(out.Candidates))
		}
		out = match.Decide(match.Read(match.Side{Name: strings.Replace(one.Name, "股份有限公司", "", 1)}), all)
		if out.Band != match.Ask || out.Candidates[0].ID != one.ID {
			t.Errorf("%s in short: %s, first %s", one.Name, out.Band, out.Candidates[0].ID)
		}
	}
}
