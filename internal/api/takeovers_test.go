package api

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/takeover"
	"zhixin/internal/testcity"
)

func TestAKeySendsThePastAndReadsItsSums(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		var open takeover.Takeover
		secrets := map[string]string{}
		s.Tx(func(q db.Q) error {
			all, err := org.FirstCity()
			if err != nil {
				return err
			}
			for _, one := range all {
				if err := org.PutDepartment(t.Context(), q, credit.System("test"), s.At, one); err != nil {
					return err
				}
			}
			by := org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG", Division: "340800"}
			for _, department := range []string{"SCJG", "STHJ"} {
				if secrets[department], _, err = org.NewKey(t.Context(), q, by, s.At, org.Key{Department: department, Label: "系统",
					Acts: []org.Act{org.BatchSubmit, org.BatchRead}}); err != nil {
					return err
				}
			}
			open, err = takeover.Start(t.Context(), q, by, s.At, takeover.Takeover{Department: "SCJG", System: "信用监管一期", Day: credit.MustDate("2025-01-31")},
				[]takeover.Stated{{Kind: "enterprise", Count: 2}})
			return err
		})
		ask := func(method, path, department, body string, into any) int {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+secrets[department])
			got, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Body.Close() }()
			raw, err := io.ReadAll(got.Body)
			if err == nil && got.StatusCode < 300 {
				err = json.Unmarshal(raw, into)
			}
			if err != nil {
				t.Fatal(err)
			}
			return got.StatusCode
		}
		rows := "统一社会信用代码,企业名称,企业类型,成立日期,登记机关,登记状态\n" + testcity.Code(5) + ",安庆振风机械有限公司,有限责任公司,2005-03-02,SCJG,存续\n"
		var sent struct{ Batch, Takeover string }
		if got := ask(http.MethodPost, "/api/v1/batches?kind=enterprise&takeover=nothing", "SCJG", rows, &sent); got != http.StatusNotFound {
			t.Errorf("a take-over that is not there: %d", got)
		}
		if got := ask(http.MethodPost, "/api/v1/batches?kind=penalty&takeover="+open.ID, "STHJ", rows, &sent); got != http.StatusNotFound {
			t.Errorf("another department's: %d", got)
		}
		if got := ask(http.MethodPost, "/api/v1/batches?kind=enterprise&takeover="+open.ID, "SCJG", rows, &sent); got != http.StatusAccepted || sent.Takeover != open.ID {
			t.Fatalf("sent: %d %+v", got, sent)
		}
		if err := intake.Check(t.Context(), d, func() time.Time { return s.At }, sent.Batch); err != nil {
			t.Fatal(err)
		}
		var sums takeoverView
		if got := ask(http.MethodGet, "/api/v1/takeovers/"+open.ID, "SCJG", "", &sums); got != http.StatusOK || sums.State != "open" || len(sums.Lines) != 1 || sums.Lines[0].Stated != 2 ||
			sums.Lines[0].Taken != 1 || sums.Lines[0].Missing != 1 {
			t.Fatalf("its sums: %d %+v", got, sums)
		}
		if got := ask(http.MethodGet, "/api/v1/takeovers/"+open.ID, "STHJ", "", &sums); got != http.StatusNotFound {
			t.Errorf("another department reads it: %d", got)
		}
	})
}
