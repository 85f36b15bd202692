package api

import (
	"io"
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

// TestAnUnknownColumnIsNowhereInPublic crawls all that a visitor, and another department with its key, can reach from the page of a
// subject, and looks for what stood in a column that the standard does not know.
func TestAnUnknownColumnIsNowhereInPublic(t *testing.T) {
	const token = "柜号QX7731"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.officer(t)
		uscc := testcity.Code(1)
		s.Register(uscc, "安庆甲食品有限公司", nil)
		by := org.Actor{User: "u", Department: "SCJG", Role: credit.Reporter}
		file := "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),法定代表人,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容," +
			"罚款金额(万元),处罚决定日期,处罚有效期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,卷宗位置\n" +
			"安庆甲食品有限公司,法人及非法人组织," + uscc + ",张三,宜市监罚〔2025〕9号,虚假宣传,发布虚假广告,《中华人民共和国广告法》第五十五条第一款,罚款,罚款3000元," +
			"0.3,2025-03-05,2099-12-31,安庆市市场监督管理局,11340800MB1511427E,安庆市市场监督管理局,11340800MB1511427E," + token + "\n"
		all, err := org.FirstCity()
		if err != nil {
			t.Fatal(err)
		}
		file = strings.ReplaceAll(file, "11340800MB1511427E", all[0].USCC)
		b, err := intake.Receive(t.Context(), d, by, s.At, intake.Upload{Kind: "penalty", Department: "SCJG", Name: "处罚.csv", Body: strings.NewReader(file)})
		if err == nil {
			err = intake.Check(t.Context(), d, func() time.Time { return s.At }, b.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.WorkedOff()
		var secret, leaf, source string
		s.Tx(func(q db.Q) error {
			admin := org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG", Division: "340800"}
			secret, _, err = org.NewKey(t.Context(), q, admin, s.At, org.Key{Department: "STHJ", Label: "系统",
				Acts: []org.Act{org.BatchSubmit, org.BatchRead, org.ListRead, org.GateAsk}})
			if err != nil {
				return err
			}
			err := q.QueryRowContext(t.Context(), `SELECT leaf, source_key FROM record_record WHERE kind = 'penalty' AND enterprise_id = $1`,
				enterprise.Key(uscc)).Scan(&leaf, &source)
			if err != nil {
				return err
			}
			r, err := intake.WholeRecord(t.Context(), q, by, "penalty", source)
			if err == nil && (len(r.Extra) != 1 || r.Extra[0].Value != token) {
				t.Errorf("the department itself sees %v", r.Extra)
			}
			return err
		})
		for _, bearer := range []string{"", secret} {
			seen := map[string]bool{}
			todo := []string{"/e/" + uscc, "/", "/search?q=" + url.QueryEscape("甲食品"), "/standards/penalty", "/openapi.json", "/api/v1/enterprises?q=" + url.QueryEscape("甲食品"),
				"/api/v1/enterprises/" + uscc, "/api/v1/enterprises/" + uscc + "/standing", "/api/v1/events?after=0&limit=1000", "/log/checkpoint",
				"/log/proof?leaf=" + leaf, "/log/tile/0/000", "/log/tile/entries/000", "/api/v1/batches/" + b.ID, "/api/v1/batches/" + b.ID + "/problems",
				"/work/records/one?kind=penalty&key=" + url.QueryEscape(source)}
			good := 0
			for len(todo) > 0 && len(seen) < 500 {
				path := todo[0]
				if todo = todo[1:]; seen[path] {
					continue
				}
				seen[path] = true
				status, body := s.crawl(t, path, bearer)
				if status == http.StatusOK {
					good++
				}
				if strings.Contains(body, "QX7731") || strings.Contains(body, "卷宗位置") {
					t.Errorf("%s tells it (status %d)", path, status)
				}
				if path == "/e/"+uscc && (status != http.StatusOK || !strings.Contains(body, "宜市监罚〔2025〕9号")) {
					t.Errorf("the penalty itself is not public (%d), so this shows nothing", status)
				}
				for _, m := range href.FindAllStringSubmatch(body, -1) {
					if next := strings.ReplaceAll(m[1], "&amp;", "&"); !strings.HasPrefix(next, "/assets") {
						todo = append(todo, next)
					}
				}
			}
			if good < 20 {
				t.Errorf("only %d of %d addresses answered", good, len(seen))
			}
		}
		if _, body := s.crawl(t, "/api/v1/enterprises?q="+url.QueryEscape(token), ""); strings.Contains(body, uscc) {
			t.Error("the search finds the subject by it")
		}
	})
}

var href = regexp.MustCompile(`(?:href|src|hx-get)="(/[^"#]*)`)

// crawl asks for an address, with a key where there is one.
func (s site) crawl(t *testing.T, path, bearer string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
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
