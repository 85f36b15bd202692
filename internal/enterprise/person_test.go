package enterprise_test

import (
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
)

func TestAnIndividualBusinessWithoutTradeNameIsAPerson(t *testing.T) {
	tests := []struct {
		name, rep string
		kind      credit.SubjectKind
		want      bool
	}{
		{"张三", "张三", credit.Individual, true},
		{"张三", "", credit.Individual, true},
		{"欧阳小明", "", credit.Individual, true},
		{"张三(个体工商户)", "", credit.Individual, true},
		{"王府井百货超市小李", "王府井百货超市小李", credit.Individual, true},
		{"", "", credit.Individual, true},
		{"个体工商户张三", "张三", credit.Individual, true},
		{"个体户张三", "", credit.Individual, true},
		{"张三个体户", "张三", credit.Individual, true},
		{"安庆市迎江区张三", "张三", credit.Individual, true},
		{"安庆市迎江区张三", "", credit.Individual, true},
		{"安徽省安庆市怀宁县石牌镇欧阳小明（个体工商户）", "欧阳小明", credit.Individual, true},
		{"安庆市迎江区个体工商户张三", "张三", credit.Individual, true},
		{"老张面馆", "张三", credit.Individual, false},
		{"安庆市迎江区张三面馆", "张三", credit.Individual, false},
		{"安庆市迎江区老王超市", "王五", credit.Individual, false},
		{"安庆市迎江区老张面馆", "张三", credit.Individual, false},
		{"振风机械", "", credit.Enterprise, false},
	}
	for _, tt := range tests {
		if got := enterprise.NamesPerson(enterprise.Subject{Name: tt.name, LegalRep: tt.rep, Kind: tt.kind}); got != tt.want {
			t.Errorf("%s (%s, %s): %t", tt.name, tt.rep, tt.kind, got)
		}
		company := enterprise.Subject{Name: "安庆市好味食品有限公司", LegalRep: tt.rep, Kind: credit.Enterprise}
		if got := enterprise.NamedPerson(company, tt.name); tt.kind == credit.Individual && got != tt.want {
			t.Errorf("a company that was called %s: %t", tt.name, got)
		}
	}
}
