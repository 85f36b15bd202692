package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// form is a kind of record as a department fills it in.
type form struct {
	kind, what string
	head       []string
	party      string   // field of the subject's code
	unique     []string // fields by which a record is known
	rows       func(c *city, n, first int) [][]string
}

var (
	penaltyForm = form{"penalty", "penalties", penaltyHead, "CF_XDR_SHXYM", []string{"CF_WSH", "CF_NR_ZKDX"}, penalties}
	licenceForm = form{"licence", "licences of 30 columns", licenceHead, "XK_XDR_SHXYM", []string{"XK_WSH", "XK_JDRQ"}, licences}
)

// sheet writes rows as a CSV file.
func (f form) sheet(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(f.head) // a bytes.Buffer never fails
	_ = w.WriteAll(rows)
	return b.Bytes()
}

// penaltyHead are the fields of the penalty standard that departments fill in.
var penaltyHead = []string{"CF_XDR_MC", "CF_XDR_LB", "CF_XDR_SHXYM", "CF_FRDB", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_NR",
	"CF_NR_FK", "CF_NR_WFFF", "CF_NR_ZKDX", "CF_JDRQ", "CF_YXQ", "CF_CFJG", "CF_CFJGDM", "CF_SJLY", "CF_SJLYDM", "CF_SDRQ", "BZ"}

// penalties makes n penalties of the reporting department against the city's enterprises, numbered from first. They are good
// rows, and no two are of one decision; each hundredth revokes a licence.
func penalties(c *city, n, first int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		no := first + i
		s := c.subjects[no*7919%len(c.subjects)]
		decided := c.today().AddMonths(-6)
		decided -= decided % 7
		yuan := 500 + no*37%90000
		kinds, text, licence := "罚款", fmt.Sprintf("罚款%d元", yuan), ""
		if no%100 == 0 {
			licence = fmt.Sprintf("排污许可证 皖%06d", no)
			kinds, text = kinds+";吊销许可证件", text+";吊销"+licence
		}
		d := c.department
		rows[i] = []string{s.Name, "法人及非法人组织", s.USCC, s.LegalRep, fmt.Sprintf("宜环罚〔%d〕%d号", decided.Year(), 100_000+no),
			"违反固体废物管理制度", s.Name + "未按照国家环境保护标准贮存工业固体废物", "《中华人民共和国固体废物污染环境防治法》第一百零二条第一款第十项",
			kinds, text, strconv.FormatFloat(float64(yuan)/10000, 'f', -1, 64), "", licence, decided.String(), "2099-12-31",
			d.Name, d.USCC, d.Name, d.USCC, (decided + 3).String(), ""}
	}
	return rows
}

// licenceHead are the fields of the licence standard that departments fill in: thirty of them.
var licenceHead = []string{"XK_XDR_MC", "XK_XDR_LB", "XK_XDR_SHXYM", "XK_XDR_GSZC", "XK_XDR_ZZJG", "XK_XDR_SWDJ", "XK_XDR_SYDW", "XK_XDR_SHZZ",
	"XK_FRDB", "XK_XKWS", "XK_WSH", "XK_XKLB", "XK_XKZS", "XK_XKBH", "XK_NR", "XK_JDRQ", "XK_YXQZ", "XK_YXQZI", "XK_XKJG", "XK_XKJGDM", "XK_ZT",
	"XK_LYDW", "XK_LYDWDM", "BZ", "XK_XMMC", "XK_BM", "XK_SYFW", "DFBM", "XK_FR_ZJLX", "XK_XDR_ZJLX"}

// licences makes n licences of the reporting department for the city's enterprises, numbered from first: good rows, no two of one
// decision.
func licences(c *city, n, first int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		no := first + i
		s := c.subjects[no*7919%len(c.subjects)]
		decided := c.today().AddMonths(-6)
		decided -= decided % 7
		d := c.department
		rows[i] = []string{s.Name, "法人及非法人组织", s.USCC, "", "", "", "", "",
			s.LegalRep, "排污许可证核发决定书", fmt.Sprintf("宜环许〔%d〕%d号", decided.Year(), 100_000+no), "普通", "排污许可证", fmt.Sprintf("皖%08d", no),
			"准予排放大气污染物、水污染物，执行《排污许可管理条例》及许可证副本所载限值", decided.String(), decided.String(), decided.AddYears(5).String(),
			d.Name, d.USCC, "1", d.Name, d.USCC, "", s.Name + "生产线项目", fmt.Sprintf("XK%08d", no), "0", "340800", "", ""}
	}
	return rows
}
