package document

import (
	"fmt"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/org"
	"zhixin/internal/policy"
)

// The days on which the wording of papers changed.
var (
	suitInSixMonths = credit.MustDate("2015-05-01") // 行政诉讼法 (2014) §46: six months instead of three
	noLongerSerious = credit.MustDate("2021-09-01") // Order 44: three years on the abnormal list lead to no other list any more
	reviewByGovt    = credit.MustDate("2024-01-01") // 行政复议法 (2023) §24: review lies with the government alone
	nationalSystem  = credit.MustDate("2024-05-01") // 条例 as amended names the 国家企业信用信息公示系统
)

// system returns the name of the publicity system on day.
func system(day credit.Date) string {
	if day < nationalSystem {
		return "企业信用信息公示系统"
	}
	return "国家企业信用信息公示系统"
}

// spell writes a day as papers do.
func spell(d credit.Date) string {
	return fmt.Sprintf("%d年%d月%d日", d.Year(), d.Month(), d.Day())
}

// cite joins articles as a paper names them: 《条例》第十七条、《办法》第四条第一项和第六条 as "《条例》第十七条、《办法》第四条第一项、第六条".
func cite(basis []policy.Basis) string {
	var b strings.Builder
	for i, one := range basis {
		if i > 0 {
			b.WriteString("、")
		}
		if i == 0 || basis[i-1].Law != one.Law {
			b.WriteString(one.Law)
		}
		b.WriteString(one.Article)
	}
	return b.String()
}

// remedy is the clause on review and suit in the law of the day: a decision without it, or with a wrong one, leaves the
// party a year to sue.
func remedy(office office, day credit.Date) (string, error) {
	if office.Reconsideration == "" || office.Court == "" {
		return "", fault.New(fault.Conflict, "document.no_remedy", office.Name)
	}
	months := "6个月"
	if day < suitInSixMonths {
		months = "3个月"
	}
	if day >= reviewByGovt {
		return fmt.Sprintf("如不服本决定，可以自收到本决定书之日起60日内，依据《中华人民共和国行政复议法》第二十条、第二十四条的规定向%s申请行政复议；"+
			"也可以自收到本决定书之日起%s内，依据《中华人民共和国行政诉讼法》第四十六条的规定向%s提起行政诉讼。",
			office.Reconsideration, months, office.Court), nil
	}
	above := "上一级主管部门"
	if office.above != "" && office.above != office.Reconsideration {
		above = office.above
	}
	return fmt.Sprintf("如不服本决定，可以自收到本决定书之日起60日内向%s或者%s申请行政复议；也可以自收到本决定书之日起%s内依法向%s提起行政诉讼。",
		office.Reconsideration, above, months, office.Court), nil
}

// office is the issuing department on the day of the paper.
type office struct {
	org.Department
	above string // the name of the department above it, "" where there is none
}
