package demo_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/demo"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/finder"
	"zhixin/internal/flow"
	"zhixin/internal/intake"
	"zhixin/internal/publicity"
)

// What a careless clerk types into a file.
const (
	citizenID = "340803199001011239"
	mobile    = "13855512345"
	landline  = "0556-5512345"
	witness   = "欧阳试名"
)

// carelessFiles sends a penalty and a report full of what nobody may see, about an enterprise of the city.
func (c lived) carelessFiles(f *flow.Flow, settle func(at time.Time), to enterprise.Subject) {
	c.Helper()
	at := now.Time().Add(9 * time.Hour)
	by := credit.Actor{User: "clerk", Department: "SCJG", Role: credit.Reporter, Division: "340800"}
	for kind, text := range map[string]string{
		"penalty": "行政相对人名称,行政相对人类别,统一社会信用代码,法定代表人,法定代表人证件类型,法定代表人证件号码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额(万元),处罚决定日期,处罚有效期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,备注\n" +
			fmt.Sprintf("%s,法人及非法人组织,%s,%s,身份证,%s,宜市监处罚〔2026〕99999号,产品质量违法行为,经查举报人身份证%s手机%s电话%s邮箱a.b@example.com反映属实,《中华人民共和国产品质量法》第四十九条,罚款,罚款1000元 账户6222021302012345678,0.1,2026-09-01,2099-12-31,安庆市市场监督管理局,11340800003X00081J,安庆市市场监督管理局,11340800003X00081J,联系%s %s\n",
				to.Name, to.USCC, to.LegalRep, citizenID, citizenID, mobile, landline, witness, mobile),
		"annual-report": "统一社会信用代码,企业名称,年报年度,年报日期,企业经营状态,从业人数,企业联系电话,电子邮箱,企业通信地址\n" +
			fmt.Sprintf("%s,%s,2025,2026-09-02,开业,12,%s,a.b@example.com,%s家%s\n", to.USCC, to.Name, mobile, witness, landline),
	} {
		b, err := intake.Receive(ctx, c.d, by, at, intake.Upload{Kind: kind, Department: "SCJG", Name: kind + ".csv", Body: strings.NewReader(text)})
		if err != nil {
			c.Fatal(err)
		}
		if err := intake.Check(ctx, c.d, func() time.Time { return at }, b.ID); err != nil {
			c.Fatal(err)
		}
		c.view(func(q db.Q) error {
			b, err = intake.Get(ctx, q, everywhere, b.ID)
			if err == nil && b.Accepted+b.Superseded != 1 {
				return fmt.Errorf("%s: %+v, %w", kind, b.Counts, b.Failure())
			}
			return err
		})
	}
	settle(at)
}

var (
	longNumber = regexp.MustCompile(`[0-9]{17}[0-9Xx]`)
	phone      = regexp.MustCompile(`(^|[^0-9A-Za-z])(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})([^0-9a-z]|$)`)
	mail       = regexp.MustCompile(`@[a-z]+\.`)
)

// personal returns what a text shows of a person that it must not.
func personal(text string) (found []string) {
	for _, n := range longNumber.FindAllString(text, -1) {
		if credit.CheckCitizenID(n) == nil {
			found = append(found, n)
		}
	}
	found = append(found, phone.FindAllString(text, -1)...)
	found = append(found, mail.FindAllString(text, -1)...)
	if strings.Contains(text, witness) {
		found = append(found, witness)
	}
	return found
}

// representative are the fields in which the law publishes a name.
var representative = []string{"LEREP", "CF_FRDB"}

// nothingPersonalIsPublic reads all that the public can read.
func nothingPersonalIsPublic(c lived) {
	pages, papers := 0, 0
	find := finder.New(c.d, time.Now)
	if err := find.Load(c.Context()); err != nil {
		c.Fatal(err)
	}
	look := func(what string, v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			c.Fatal(err)
		}
		for _, p := range personal(string(raw)) {
			c.Errorf("%s shows %s", what, p)
		}
		return string(raw)
	}
	staff := map[string]bool{}
	for _, p := range demo.People() {
		staff[p.Name] = true
	}
	c.view(func(q db.Q) error {
		for _, f := range c.firm {
			page, err := publicity.Page(ctx, q, f.USCC, now)
			if fault.Is(err, "publicity.no_enterprise") {
				continue
			}
			if err != nil {
				return err
			}
			pages++
			drop := func(fields []publicity.Field) (out []publicity.Field) {
				for _, one := range fields {
					if one.Code != representative[0] && one.Code != representative[1] {
						out = append(out, one)
					}
				}
				return out
			}
			page.Fields = drop(page.Fields)
			for i := range page.Penalties {
				page.Penalties[i].Fields = drop(page.Penalties[i].Fields)
			}
			text := strings.ReplaceAll(look("page of "+f.USCC, page), f.Name, "")
			if f.LegalRep != "" && strings.Contains(text, f.LegalRep) {
				c.Errorf("page of %s shows %s outside the field of the legal representative", f.USCC, f.LegalRep)
			}
			for name := range staff {
				if strings.Contains(text, name) {
					c.Errorf("page of %s shows the official %s", f.USCC, name)
				}
			}
			for _, term := range []string{f.USCC, f.Name} {
				found, err := publicity.SearchIn(find).Search(ctx, q, publicity.SearchOptions{Term: term})
				if err != nil {
					return err
				}
				look("search for "+term, found)
			}
		}
		return c.lookAtListsAndPapers(q, look, &papers)
	})
	for _, term := range []string{citizenID, mobile, witness} {
		c.view(func(q db.Q) error {
			found, err := publicity.SearchIn(find).Search(ctx, q, publicity.SearchOptions{Term: term})
			if err == nil && len(found.Hits) > 0 && term != witness {
				c.Errorf("a search for %s finds %v", term, found.Hits)
			}
			return nil
		})
	}
	if c.Logf("%d pages, %d papers", pages, papers); pages < 500 || papers < 20 {
		c.Error("too few to prove anything")
	}
}

func (c lived) lookAtListsAndPapers(q db.Q, look func(string, any) string, papers *int) error {
	for cursor := ""; ; {
		list, err := publicity.Abnormal(ctx, q, publicity.AbnormalFilter{Cursor: cursor}, now)
		if err != nil {
			return err
		}
		look("abnormal list", list)
		for _, item := range list.Items {
			p, err := publicity.PublicPaper(ctx, q, item.PaperID, now)
			if err != nil {
				return fmt.Errorf("paper of %s: %w", item.Name, err)
			}
			*papers++
			look("paper "+p.Number, p)
		}
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	all, err := publicity.Announcements(ctx, q, now, 500)
	look("announcements", all)
	*papers += len(all)
	return err
}
