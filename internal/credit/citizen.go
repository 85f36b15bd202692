package credit

import (
	"strings"
	"time"

	"zhixin/internal/fault"
)

var citizenWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// CheckCitizenID checks a citizen's identity number 公民身份号码 (GB 11643). Its faults never repeat the number: what is
// wrong is shown on pages and written into problem files.
func CheckCitizenID(s string) error {
	id := NormalizeCode(s)
	if len(id) != 18 || strings.Trim(id[:17], "0123456789") != "" {
		return fault.New(fault.Invalid, "credit.citizen_form")
	}
	if _, err := time.Parse("20060102", id[6:14]); err != nil {
		return fault.New(fault.Invalid, "credit.citizen_form")
	}
	sum := 0
	for i, w := range citizenWeights {
		sum += int(id[i]-'0') * w
	}
	if id[17] != "10X98765432"[sum%11] {
		return fault.New(fault.Invalid, "credit.citizen_check")
	}
	return nil
}

// MaskCitizenID returns the number as staff with the right to it see it, 340803********101X. The public sees nothing.
func MaskCitizenID(s string) string {
	id := NormalizeCode(s)
	if len(id) != 18 {
		return "******************"
	}
	return id[:6] + "********" + id[14:]
}
