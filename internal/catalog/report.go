package catalog

import (
	"strconv"

	"zhixin/internal/credit"
)

// annualReport is an annual report as published (条例 arts 8, 9). Telephone and e-mail belong to a person too often to be
// shown; the number of staff is shown only where the firm chooses so, which this file does not say.
var annualReport = Kind{
	Name: "annual-report", Title: "年度报告", English: "Annual reports", Regulators: true,
	columns: [][]string{{"UNISCID", "REGNO"}, {"ANCHEYEAR"}, {"ANCHEDATE"}},
	rules:   report,
	Fields: []Field{
		{Code: "UNISCID", Name: "统一社会信用代码", English: "Unified social credit identifier", Type: Code, Length: 30, Class: Public,
			Aliases: []string{"uscc", "信用代码", "社会信用代码", "统一代码", "统一社会信用代码/注册号"}},
		{Code: "ENTNAME", Name: "企业名称", English: "Name", Type: Text, Length: 200, Expected: true, Class: Public,
			Aliases: []string{"name", "名称", "市场主体名称", "单位名称", "主体名称"}},
		{Code: "REGNO", Name: "注册号", English: "Registration number (before 2015)", Type: Code, Length: 50, Class: Public, check: credit.CheckRegNo, soft: true,
			Aliases: []string{"工商注册号", "reg_no"}},
		{Code: "ANCHEYEAR", Name: "年报年度", English: "Year of the report", Type: Number, Length: 10, Mandatory: true, Class: Public,
			Aliases: []string{"year", "年度", "报告年度", "年报年份", "年份"}},
		{Code: "ANCHEDATE", Name: "年报日期", English: "Published on", Type: Date, Length: 60, Mandatory: true, Class: Public,
			Aliases: []string{"公示日期", "报送日期", "年报公示日期", "填报日期", "发布日期", "年报时间", "published"}},
		{Code: "EMPNUM", Name: "从业人数", English: "Staff", Type: Number, Length: 20, Class: Internal, Aliases: []string{"从业人员数", "职工人数", "员工人数"}},
		{Code: "ADDR", Name: "通信地址", English: "Postal address", Type: Text, Length: 500, Class: Public, Aliases: []string{"通讯地址", "企业通信地址"}},
		{Code: "POSTALCODE", Name: "邮政编码", English: "Postal code", Type: Code, Length: 10, Class: Public, Aliases: []string{"邮编"}},
		{Code: "EMAIL", Name: "电子邮箱", English: "E-mail", Type: Text, Length: 100, Class: Personal, Aliases: []string{"邮箱", "企业电子邮箱", "电子邮件"}},
		{Code: "TEL", Name: "联系电话", English: "Telephone", Type: Text, Length: 50, Class: Personal, Aliases: []string{"电话", "企业联系电话", "手机"}},
		{Code: "BUSST", Name: "企业经营状态", English: "State of business", Type: Choice, Length: 20, Class: Public, Codes: []string{"开业", "歇业", "清算"},
			Aliases: []string{"经营状态", "企业状态"}, words: map[string]string{"1": "开业", "2": "歇业", "3": "清算", "存续": "开业", "在业": "开业", "正常": "开业", "停业": "歇业"}, soft: true},
	},
}

// firstReport is the first year for which there are annual reports: before it there was the annual inspection 年检.
const firstReport = 2013

// report holds the rules of an annual report.
func report(r *row) {
	r.party("UNISCID", "REGNO")
	if !r.has("UNISCID") && !r.has("REGNO") || credit.IsMasked(r.clean["UNISCID"]) {
		r.fail("UNISCID", "catalog.no_code")
	}
	r.past("ANCHEDATE")
	year, err := strconv.Atoi(r.clean["ANCHEYEAR"])
	if err != nil {
		return
	}
	switch published := day(r.clean["ANCHEDATE"]); {
	case year < firstReport:
		r.fail("ANCHEYEAR", "catalog.report_too_old", year, firstReport)
	case published != 0 && year >= published.Year():
		r.fail("ANCHEYEAR", "catalog.report_too_early", year, published.String())
	}
}
