package cli_test

import (
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/takeover"
	"zhixin/internal/testcity"
)

func TestThePastOfAnOldSystemIsImported(t *testing.T) {
	eachCity(t, func(t *testing.T, fresh func() city) {
		c := fresh()
		file := write(t, "registry.csv", []byte("统一社会信用代码,企业名称,企业类型,法定代表人,成立日期,登记机关,住所,登记状态\n"+
			testcity.Code(5)+",安庆振风机械有限公司,有限责任公司,张三,2015-03-02,SCJG,人民路1号,存续\n"))
		c.run(1, "import", "--kind", "enterprise", "--department", "SCJG", "--takeover", "nothing", file)
		d, now := c.open(), time.Now()
		var open takeover.Takeover
		err := d.Tx(t.Context(), func(q db.Q) (err error) {
			by := org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG"}
			open, err = takeover.Start(t.Context(), q, by, now, takeover.Takeover{Department: "SCJG", System: "信用监管一期", Day: credit.DateOf(now)},
				[]takeover.Stated{{Kind: "enterprise", Count: 1}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if out := c.run(0, "import", "--kind", "enterprise", "--department", "SCJG", "--takeover", open.ID, file); !strings.Contains(out, `"accepted":1`) {
			t.Errorf("import says %s", out)
		}
		err = d.View(t.Context(), func(q db.Q) error {
			got, unfinished, err := intake.BroughtBy(t.Context(), q, open.ID)
			if err != nil || unfinished != 0 || len(got) != 1 || got[0].Taken != 1 {
				t.Errorf("what came of it: %+v (%v)", got, err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
