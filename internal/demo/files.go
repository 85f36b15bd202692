package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhixin/internal/credit"
)

// file is one upload of a department, as a clerk would save it.
type file struct {
	kind, department, name string
	day                    credit.Date
	body                   []byte
}

// sheet puts rows together as Excel saves them: UTF-8 with a mark, or GB18030 as older versions do.
func sheet(rows [][]string, gb bool) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.WriteAll(rows) // a bytes.Buffer never fails
	if gb {
		out, err := simplifiedchinese.GB18030.NewEncoder().Bytes(b.Bytes())
		if err == nil {
			return out
		}
	}
	return append([]byte("\ufeff"), b.Bytes()...)
}

// registry is the registration authority's file of the firms that were registered or ended in (from, to].
func registry(firms []firm, from, to credit.Date) file {
	rows := [][]string{{"统一社会信用代码", "企业名称", "企业类型", "法定代表人", "注册资本", "成立日期", "登记机关", "住所", "登记状态", "核准日期",
		"经营范围", "行业代码", "行政区划", "属地所", "注销日期"}}
	for i, f := range firms {
		born := f.registered > from && f.registered <= to
		died := f.ended != 0 && f.ended > from && f.ended <= to
		if !born && !died {
			continue
		}
		state, ended, approved := "存续", "", f.registered
		if f.ended != 0 && f.ended <= to {
			state, ended, approved = "注销", f.ended.String(), f.ended
		}
		authority, station := "SCJG", ""
		if f.division != "340800" {
			authority = "SCJG-" + f.division
			station = "ST-" + f.division + "-" + strconv.Itoa(1+i%3)
		}
		rows = append(rows, []string{f.uscc, f.name, f.kind, f.rep, strconv.Itoa(f.capital), f.registered.String(), authority, f.address, state,
			approved.String(), f.scope, f.industry, f.division, station, ended})
	}
	return file{kind: "enterprise", department: "SCJG", name: fmt.Sprintf("登记信息_%s.csv", to), day: to, body: sheet(rows, false)}
}

// report is one enterprise's annual report of a year.
type report struct {
	firm *firm
	year int
	day  credit.Date
}

func reports(list []report, day credit.Date, name string) file {
	rows := [][]string{{"统一社会信用代码", "企业名称", "年报年度", "年报日期", "企业经营状态", "从业人数"}}
	for _, r := range list {
		rows = append(rows, []string{r.firm.uscc, r.firm.name, strconv.Itoa(r.year), r.day.String(), "开业", strconv.Itoa(3 + r.firm.capital/10)})
	}
	return file{kind: "annual-report", department: "SCJG", name: name, day: day, body: sheet(rows, false)}
}

// obliged says whether f has to report year: it was registered in or before it and had not ended by the registry's summer file.
func (f *firm) obliged(year int) bool {
	return f.registered.Year() <= year && (f.ended == 0 || f.ended > credit.NewDate(year+1, time.June, registryDay)) &&
		(f.kind == "有限责任公司" || f.kind == "有限责任公司分公司")
}

var penaltyHead = []string{"行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)", "法定代表人", "行政处罚决定书文号",
	"违法行为类型", "违法事实", "处罚依据", "处罚类别", "处罚内容", "罚款金额(万元)", "没收违法所得、没收非法财物的金额(万元)",
	"暂扣或吊销证照名称及编号", "处罚决定日期", "处罚有效期", "处罚机关", "处罚机关统一社会信用代码", "数据来源单位", "数据来源单位统一社会信用代码", "送达日期", "备注"}

// authority is the office that signs a department's decisions.
type authority struct{ name, uscc string }

// penalty is one row of a department's penalty file; some arrive as departments' files do: with a wrong check character,
// a masked code, half a name, the code of another.
func (d dice) penalty(f, other *firm, o offence, n int, day credit.Date, who authority) []string {
	yuan := math.Round(math.Exp(o.lnMean+d.NormFloat64()*o.lnSpan)/100) * 100
	yuan = min(max(yuan, 200), 900000)
	kinds, wan := "罚款", strconv.FormatFloat(yuan/10000, 'f', -1, 64)
	text, taken, licence := fmt.Sprintf("罚款%.0f元", yuan), "", ""
	if d.chance(0.35) {
		gain := math.Round(yuan*d.Float64()) + 1
		kinds, taken = "罚款;没收违法所得", strconv.FormatFloat(gain/10000, 'f', -1, 64)
		text += fmt.Sprintf(";没收违法所得%.0f元", gain)
	}
	if o.revokes != "" && d.chance(revokeShare) {
		kinds += ";吊销许可证件"
		licence = fmt.Sprintf("%s 皖%06d", o.revokes, d.IntN(1000000))
		text += ";吊销" + licence
	}
	uscc, name, class := f.uscc, f.name, "法人及非法人组织"
	if f.kind == "个体工商户" {
		class = "个体工商户"
	}
	rep := f.rep
	if d.chance(dirtyShare) {
		switch d.IntN(8) {
		case 0:
			uscc = strings.ToLower(uscc[:17]) + string("0123456789"[(int(uscc[17])+3)%10])
		case 1:
			uscc = uscc[:6] + "******" + uscc[12:]
		case 2:
			uscc = ""
		case 3:
			name = " " + name + " " // harmless: it is trimmed
		case 4:
			uscc = other.uscc // slipped from the row above
		case 5:
			uscc, name, rep = uscc[:6]+"********"+uscc[14:], cutShort(name), ""
		case 6:
			name = slip(d, name) // its code is right
		case 7:
			uscc = code("91", "340100", strangers+n) // of another city: nobody knows it here
		}
	}
	number := fmt.Sprintf("%s〔%d〕%d号", o.word, day.Year(), n)
	served := day + credit.Date(1+d.IntN(5))
	return []string{name, class, uscc, rep, number, o.kind, f.name + o.facts, o.basis, kinds, text, wan, taken, licence, day.String(),
		"2099-12-31", who.name, who.uscc, who.name, who.uscc, served.String(), ""}
}

// strangers is from where on the numbers are that nobody of the city has.
const strangers = 80_000

// cutShort leaves the last three characters away, as a narrow column does.
func cutShort(name string) string {
	runes := []rune(name)
	return string(runes[:max(4, len(runes)-3)])
}

// slip swaps two neighbours of a name.
func slip(d dice, name string) string {
	runes := []rune(name)
	i := 2 + d.IntN(max(1, len(runes)-4))
	runes[i], runes[i+1] = runes[i+1], runes[i]
	return string(runes)
}
