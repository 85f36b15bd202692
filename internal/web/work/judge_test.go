package work

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
)

func TestAPersonDecidesWhoseRecordItIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		by := org.Actor{User: "u", Department: "SCJG", Role: credit.Reporter}
		row := func(no string) string {
			return "安庆乙机诫有限公司,法人及非法人组织," + testcity.Code(0) + ",李四,宜市监罚〔2026〕" + no + "号,虚假宣传,发布虚假广告,广告法第五十五条,罚款,罚款3000元,0.3,2026-03-05,2099-12-31,安庆市市场监督管理局,安庆市市场监督管理局\n"
		}
		head := "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),法定代表人,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额(万元),处罚决定日期,处罚有效期,处罚机关,数据来源单位\n"
		sent, err := intake.Receive(t.Context(), d, by, july, intake.Upload{Kind: "penalty", Department: "SCJG", Name: "处罚.csv", Body: strings.NewReader(head + row("1") + row("2"))})
		if err == nil {
			err = intake.Check(t.Context(), d, func() time.Time { return july }, sent.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		b := o.as(t, "reporter")
		b.has("the desk", b.get("/work"), "1组记录待判定归属", "/work/judgements")
		list := b.get("/work/judgements")
		b.has("the list", list, "安庆乙机诫有限公司", testcity.Code(0), ">2<")
		at := regexp.MustCompile(`/work/judgements/[0-9a-f]{20}`).FindString(list.body)
		page := b.get(at)
		b.has("both sides", page, "李四", "安庆<mark>甲机械</mark>有限公司", "<mark>诫</mark>", "安庆乙机<mark>械</mark>有限公司", testcity.Code(1), "共2行", `data-key="1"`, "都不是")
		b.has("in English", b.get(at+"?lang=en"), "What the record says", "None of them")
		b.has("somebody looked up", b.get(at+"?lang=zh&q="+url.QueryEscape("丙机械")), testcity.Code(2))
		if got := b.post(at, url.Values{"reason": {"x"}}); got.status != http.StatusBadRequest {
			t.Errorf("nobody chosen: %d", got.status)
		}
		second := enterprise.Key(testcity.Code(1))
		done := b.post(at, url.Values{"whom": {second}, "reason": {"决定书原件"}})
		b.has("decided", done, "2行已入库", "没有待判定的记录", "安庆乙机诫有限公司 "+testcity.Code(0)+" → 安庆乙机械有限公司 "+testcity.Code(1), "决定书原件")
		b.has("its public page", b.get("/work/records?kind=penalty&q="+testcity.Code(1)), "宜市监罚", "安庆乙机械有限公司")
		if got := b.get(at); got.status != http.StatusNotFound {
			t.Errorf("decided already: %d", got.status)
		}

		made := regexp.MustCompile(`/work/judgements/made/[0-9a-f]+`).FindString(done.body)
		b.has("what it made", b.get(made), "宜市监罚(2026)1号", "新入库", "第2行", "撤销判定")
		for _, who := range []string{"away", "counter"} {
			if got := o.as(t, who).get(made); got.status != http.StatusNotFound && got.status != http.StatusForbidden {
				t.Errorf("%s: %d", who, got.status)
			}
		}
		b.has("undone", b.post(made+"/undo", url.Values{"reason": {"看错了"}}), "已撤销对", "安庆乙机诫有限公司", "看错了")
		b.has("its history", b.get(at), "以前的判定", "看错了")
		if got := b.get("/work/records?kind=penalty&q=" + testcity.Code(1)); strings.Contains(got.body, ">有效<") {
			t.Error("the record is still there")
		}
	})
}
