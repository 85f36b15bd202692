package api

import (
	"bytes"
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
	"zhixin/internal/testcity"
)

func TestAKeyWithdrawsItsDepartmentsRecordAndSeesWhy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
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
			for _, department := range []string{"SCJG", "STHJ"} {
				by := org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG", Division: "340800"}
				secrets[department], _, err = org.NewKey(t.Context(), q, by, s.At, org.Key{Department: department, Label: "系统",
					Acts: []org.Act{org.BatchSubmit, org.BatchRead}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		uscc := testcity.Code(1)
		id := s.Register(uscc, "安庆甲食品有限公司", nil)
		s.Penalise(id, "宜市监罚〔2025〕1号", nil)
		ask := func(method, path, department, body string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+secrets[department])
			r.Header.Set("Accept-Language", "en")
			got, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Body.Close() }()
			raw, err := io.ReadAll(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			return got.StatusCode, string(raw)
		}
		good := `{"kind": "penalty", "source_key": "宜市监罚〔2025〕1号", "reason": "revoked", "note": "复议决定书", "learnt": "2025-03-18"}`
		for _, tt := range []struct {
			name, department, body string
			want                   int
		}{
			{"another department", "STHJ", good, http.StatusNotFound},
			{"no JSON", "SCJG", "x", http.StatusBadRequest},
			{"no such reason", "SCJG", strings.Replace(good, "revoked", "because", 1), http.StatusBadRequest},
			{"a day to come", "SCJG", strings.Replace(good, "2025-03-18", "2026-03-18", 1), http.StatusBadRequest},
			{"as it should be", "SCJG", good, http.StatusOK},
			{"twice", "SCJG", good, http.StatusConflict},
		} {
			if got, body := ask(http.MethodPost, "/api/v1/records/withdraw", tt.department, tt.body); got != tt.want {
				t.Errorf("%s: %d, want %d: %s", tt.name, got, tt.want, body)
			}
		}
		if got, body := ask(http.MethodGet, "/api/v1/records?kind=penalty&q="+uscc, "SCJG", ""); got != http.StatusOK ||
			!strings.Contains(body, `"state":"withdrawn"`) || !strings.Contains(body, "reconsideration") || !strings.Contains(body, `"due":"2025-03-21"`) {
			t.Errorf("%d: %s", got, body)
		}
		if _, body := ask(http.MethodGet, "/api/v1/records?kind=penalty", "STHJ", ""); strings.Contains(body, uscc) {
			t.Errorf("another department sees %s", body)
		}
		if _, body := ask(http.MethodGet, "/api/v1/enterprises/"+uscc, "SCJG", ""); strings.Contains(body, "2025〕1号") || strings.Contains(body, "复议") {
			t.Errorf("the public still sees %s", body)
		}
	})
}

func TestAKeySeesErrorsApartFromRemarksAndGetsTheWorkbook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		var secret string
		s.Tx(func(q db.Q) (err error) {
			all, err := org.FirstCity()
			for _, one := range all {
				if err == nil {
					err = org.PutDepartment(t.Context(), q, credit.System("test"), s.At, one)
				}
			}
			if err != nil {
				return err
			}
			by := org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG", Division: "340800"}
			secret, _, err = org.NewKey(t.Context(), q, by, s.At, org.Key{Department: "SCJG", Label: "系统", Acts: []org.Act{org.BatchSubmit, org.BatchRead}})
			return err
		})
		s.Register(testcity.Code(1), "安庆甲食品有限公司", nil)
		ask := func(method, path string, body []byte) (int, http.Header, []byte) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+secret)
			got, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Body.Close() }()
			raw, err := io.ReadAll(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			return got.StatusCode, got.Header, raw
		}
		send := func(body []byte) (v batchView) {
			t.Helper()
			status, _, raw := ask(http.MethodPost, "/api/v1/batches?kind=annual-report", body)
			if err := json.Unmarshal(raw, &v); err != nil || status != http.StatusAccepted {
				t.Fatalf("%d %s", status, raw)
			}
			if err := intake.Check(t.Context(), d, func() time.Time { return s.At }, v.Batch); err != nil {
				t.Fatal(err)
			}
			if _, _, raw = ask(http.MethodGet, "/api/v1/batches/"+v.Batch, nil); json.Unmarshal(raw, &v) != nil {
				t.Fatalf("%s", raw)
			}
			return v
		}
		head := "统一社会信用代码,企业名称,年报年度,年报日期,企业经营状态\n"
		v := send([]byte(head + testcity.Code(1) + ",,2023,2024-06-20,开业\n" + testcity.Code(1) + ",安庆甲食品有限公司,2022,去年,开业\n"))
		if v.Accepted != 1 || v.Warned != 1 || v.Rejected != 1 {
			t.Errorf("%+v", v)
		}
		status, h, raw := ask(http.MethodGet, "/api/v1/batches/"+v.Batch+"/problems.xlsx", nil)
		if status != http.StatusOK || h.Get("Content-Type") != xlsxType || !strings.HasSuffix(h.Get("Content-Disposition"), `.xlsx"`) {
			t.Fatalf("%d %v", status, h)
		}
		if back := send(raw); back.Received != 1 || back.Rejected != 1 {
			t.Errorf("sent back as it is: %+v", back)
		}
		status, h, raw = ask(http.MethodGet, "/api/v1/batches/"+v.Batch+"/problems", nil)
		if status != http.StatusOK || h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(string(raw), "去年") || strings.Count(string(raw), "\n") != 2 {
			t.Errorf("%d %v %s", status, h, raw)
		}
	})
}
