package cli_test

import (
	"encoding/json"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
)

// A place that is founded holds nobody's past: it accuses nobody for a year whose reports came before it was there. The first
// reports of which it holds all are those of the year in which it was founded; they come from the next January on.
func TestFreshPlaceAccusesNobodyForItsPast(t *testing.T) {
	eachCity(t, func(t *testing.T, fresh func() city) {
		c := fresh()
		c.imported("enterprise", "SCJG", write(t, "registry.csv",
			[]byte("统一社会信用代码,企业名称,企业类型,成立日期,登记机关,登记状态\n91340800MA2N1KXG3T,安庆振风机械有限公司,有限责任公司,2005-03-02,SCJG,存续\n")))
		err := c.open().View(t.Context(), func(q db.Q) error {
			book, err := policy.Load(t.Context(), q)
			if err != nil {
				return err
			}
			for _, r := range book.Rows(lists.Table) {
				var g lists.Ground
				if err := json.Unmarshal(r.Body, &g); err != nil {
					return err
				}
				if year := credit.DateOf(time.Now()).Year(); g.Absence != "" && g.First != year {
					t.Errorf("%s of %s accuses from %d on, want %d", r.Key, r.From, g.First, year)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
