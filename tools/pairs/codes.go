package main

import (
	"slices"
	"strings"
)

// The check digits are written down here once more, from the standards, so that the file of pairs owes nothing to the code
// that it judges. The test that reads the file checks them with package credit.

const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// checked returns 17 characters with their check character (GB 32100-2015).
func checked(body string) string {
	sum, weight := 0, 1
	for _, r := range body {
		sum += strings.IndexRune(letters, r) * weight
		weight = weight * 3 % 31
	}
	return body + string(letters[(31-sum%31)%31])
}

// valid reports whether code is 18 characters that pass their check.
func valid(code string) bool {
	if len(code) != 18 {
		return false
	}
	for _, r := range code {
		if !strings.ContainsRune(letters, r) {
			return false
		}
	}
	return checked(code[:17]) == code
}

// orgChecked returns 8 characters with their check character (GB 11714-1997).
func orgChecked(body string) string {
	sum := 0
	for i, weight := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		value := int(body[i] - '0')
		if body[i] >= 'A' {
			value = int(body[i]-'A') + 10
		}
		sum += value * weight
	}
	return body + string("0123456789X0"[11-sum%11])
}

// regChecked returns 14 digits with their check digit (GS 15-2006, ISO 7064 MOD 11,10).
func regChecked(body string) string {
	p := 10
	for _, r := range body {
		if p = (p + int(r-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return body + string(rune('0'+(11-p)%10))
}

// digits draws n digits.
func (g *gen) digits(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('0' + g.IntN(10))
	}
	return string(out)
}

// orgBody draws the first 8 characters of an organisation code: digits for an old subject, MA2… for one since 2015.
func (g *gen) orgBody(old bool) string {
	if old {
		return string("1567"[g.IntN(4)]) + g.digits(7)
	}
	out := "MA2"
	for range 5 {
		out += string(letters[g.IntN(len(letters))])
	}
	return out
}

// uscc draws a code that no other subject of its shape has.
func (g *gen) uscc(kind, division string, old bool) string {
	head := map[string]string{"individual": "92", "cooperative": "93"}[kind]
	if head == "" {
		head = "91"
	}
	return g.fresh(func() string { return checked(head + division + orgChecked(g.orgBody(old))) })
}

// nextDoor draws a code given just after another: it differs in the last characters of the organisation code only.
func (g *gen) nextDoor(code string) string {
	return g.fresh(func() string {
		body := code[8:15]
		return checked(code[:8] + orgChecked(body+string(letters[g.IntN(len(letters))])))
	})
}

// regNo draws a registration number of before 2015.
func (g *gen) regNo(kind, division string) string {
	return g.fresh(func() string {
		switch {
		case kind == "cooperative":
			return division + "NA" + g.digits(6) + "X"
		case g.in(4):
			return division + g.digits(7)
		}
		return regChecked(division + g.digits(8))
	})
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// oneWrong makes one slip in a code, mostly behind its division, so that it fails its check: another character, two swapped,
// one left out or one typed twice.
func (g *gen) oneWrong(code string) string {
	for {
		b := []byte(code)
		i := 8 + g.IntN(9)
		switch g.weighted(65, 20, 9, 6) {
		case 0:
			b[i+g.IntN(2)] = "0123456789"[g.IntN(10)]
		case 1:
			b[i], b[i+1] = b[i+1], b[i]
		case 2:
			b = slices.Delete(b, i, i+1)
		case 3:
			b = slices.Insert(b, i, b[i])
		}
		if wrong := string(b); wrong != code && !valid(wrong) {
			return wrong
		}
	}
}

// masked hides the middle of a code.
func (g *gen) masked(code string) string {
	from, to := 6+g.IntN(3), 12+g.IntN(3)
	return code[:from] + strings.Repeat("*", to-from) + code[to:]
}

// placeholder is what stands in the column of a subject without a code.
func (g *gen) placeholder() string {
	return g.pick("", "", "", "无", "无", "000000000000000000", "00000000000000000X", "暂无", "/", "0", "-")
}
