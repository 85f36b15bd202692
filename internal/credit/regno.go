package credit

import (
	"regexp"
	"strings"

	"zhixin/internal/fault"
)

// oldRegNo are the numbers before or beside GS 15-2006 that are met in feeds and have no check digit that we know: 13
// digits, cooperatives (340802NA000012X), and numbers in words (企独皖庆总字第000123).
var oldRegNo = regexp.MustCompile(`^([0-9]{13}|[0-9]{6}N[A-Z][0-9]{6}[0-9X]|[\p{Han}()〔〕0-9]*字第?[0-9]+号?)$`)

// CheckRegNo checks a registration number 注册号 of before 2015: the check digit where it has 15 digits (GS 15-2006), the
// form only where it is older.
func CheckRegNo(s string) error {
	no := NormalizeCode(s)
	switch {
	case IsPlaceholder(no):
		return fault.New(fault.Invalid, "credit.no_identifier", s)
	case IsMasked(no):
		return fault.New(fault.Invalid, "credit.masked_code", s)
	case oldRegNo.MatchString(no):
		return nil
	case len(no) != 15 || strings.Trim(no, "0123456789") != "":
		return fault.New(fault.Invalid, "credit.regno_form", s)
	}
	p := 10 // ISO 7064 MOD 11,10
	for i := range 14 {
		if p = (p + int(no[i]-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	if check := byte('0' + (11-p)%10); no[14] != check {
		return fault.New(fault.Invalid, "credit.regno_check", s)
	}
	return nil
}
