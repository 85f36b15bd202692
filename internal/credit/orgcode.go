package credit

import (
	"strings"

	"zhixin/internal/fault"
)

var orgWeights = [8]int{3, 7, 9, 10, 5, 8, 4, 2}

// CheckOrgCode checks an organisation code 组织机构代码 (GB 11714-1997), printed with a hyphen or not. Of the part of a
// [USCC] it is a warning only: a few codes in force fail it.
func CheckOrgCode(s string) error {
	code := NormalizeCode(s)
	if len(code) != 9 {
		return fault.New(fault.Invalid, "credit.orgcode_form", s)
	}
	sum := 0
	for i, w := range orgWeights {
		switch c := code[i]; {
		case '0' <= c && c <= '9':
			sum += int(c-'0') * w
		case 'A' <= c && c <= 'Z':
			sum += int(c-'A'+10) * w
		default:
			return fault.New(fault.Invalid, "credit.orgcode_form", s)
		}
	}
	if strings.Trim(code, "0") == "" {
		return fault.New(fault.Invalid, "credit.no_identifier", s)
	}
	if check := "0123456789X0"[11-sum%11]; code[8] != check {
		return fault.New(fault.Invalid, "credit.orgcode_check", s)
	}
	return nil
}

// TaxNo returns the tax number 纳税人识别号 of an organisation in its normal form, "" for what is none: since 2015 it is the code,
// before it was the division and the organisation code. That of an individual business of old holds the number of a person.
func TaxNo(s string) string {
	code := NormalizeCode(s)
	switch len(code) {
	case 15:
		if CheckOrgCode(code[6:]) == nil {
			return code
		}
	case 18:
		if _, err := ParseUSCC(code); err == nil {
			return code
		}
	}
	return ""
}
