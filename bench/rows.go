package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

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

// sheet writes rows as a CSV file.
func sheet(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(penaltyHead) // a bytes.Buffer never fails
	_ = w.WriteAll(rows)
	return b.Bytes()
}
