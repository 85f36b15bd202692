package credit

import (
	"testing"

	"github.com/mozillazg/go-pinyin"
)

func TestTraditionalCharactersAreReadAsTheirSimplifiedOnes(t *testing.T) {
	pairs := []rune(traditional)
	seen := map[rune]bool{}
	a := pinyin.NewArgs()
	a.Heteronym = true
	for i := 0; i < len(pairs); i += 2 {
		if seen[pairs[i]] {
			t.Errorf("%c stands there twice", pairs[i])
		}
		seen[pairs[i]] = true
		common := false
		for _, x := range pinyin.SinglePinyin(pairs[i], a) {
			for _, y := range pinyin.SinglePinyin(pairs[i+1], a) {
				common = common || x == y
			}
		}
		if !common {
			t.Errorf("%c %v is not read as %c %v", pairs[i], pinyin.SinglePinyin(pairs[i], a), pairs[i+1], pinyin.SinglePinyin(pairs[i+1], a))
		}
	}
	for r := range seen {
		for i := 1; i < len(pairs); i += 2 {
			if pairs[i] == r {
				t.Errorf("%c is traditional and simplified", r)
			}
		}
	}
}
