package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/flow"
	"zhixin/internal/lang"
	"zhixin/internal/testcity"
)

// schema is what of a JSON schema the test looks at.
type schema struct {
	Properties map[string]struct {
		Type, Format string
		MaxLength    int
		Enum         []string
		Class        string `json:"x-class"`
	}
	Required []string
}

func rowOf(t *testing.T, raw json.RawMessage) (s schema) {
	t.Helper()
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return s
}

func TestTheDocumentHasTheSchemaOfEveryRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		words, err := lang.Load()
		if err != nil {
			t.Fatal(err)
		}
		c := testcity.New(t, d, flow.FirstPolicy)
		mux := http.NewServeMux()
		Register(mux, Deps{DB: d, Lang: words, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return c.At }, Gate: c.Gate(), Key: c.Key,
			Metrics: prometheus.NewRegistry()})
		get := func(path string, out any) int {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
				t.Fatalf("%s: %v: %s", path, err, w.Body)
			}
			return w.Code
		}
		var doc struct {
			Components struct{ Schemas map[string]json.RawMessage }
		}
		get("/openapi.json", &doc)
		for _, k := range catalog.All() {
			got := rowOf(t, doc.Components.Schemas["Row-"+k.Name])
			if len(got.Properties) != len(k.Fields) {
				t.Errorf("%s has %d fields in the document", k.Name, len(got.Properties))
			}
			var one struct {
				Standard catalog.Entry
				Schema   schema
			}
			if code := get("/api/v1/standards/"+k.Name, &one); code != 200 || one.Standard.Title != k.Title || len(one.Schema.Properties) != len(k.Fields) {
				t.Errorf("%s: %d %+v", k.Name, code, one.Standard)
			}
		}
		licence := rowOf(t, doc.Components.Schemas["Row-licence"])
		number, kind := licence.Properties["XK_WSH"], licence.Properties["XK_XDR_LB"]
		if number.MaxLength != 128 || number.Class != "public" || len(kind.Enum) != 3 {
			t.Errorf("%+v %+v", number, kind)
		}
		std, problems := catalog.ReadFieldList([][]string{{"数据类别代码", "lab-report"}, {"数据类别名称", "检验报告"}, {"英文名称", "Laboratory reports"}, {"依据", "本地标准"},
			{"字段代码", "字段名称", "英文名称", "类型", "用途"}, {"USCC", "代码", "Code", "代码", "主体代码"}, {"NO", "编号", "Number", "文本", "业务主键"}, {"DAY", "日期", "Day", "日期", "日期"}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		c.Tx(func(q db.Q) error {
			p, err := catalog.Propose(t.Context(), q, testcity.Officer, c.At, std)
			if err == nil {
				_, err = catalog.Approve(t.Context(), q, credit.Actor{User: "u2", Department: "SCJG"}, c.At, p.ID)
			}
			return err
		})
		var all struct{ Items []catalog.Entry }
		get("/api/v1/standards", &all)
		if n := len(all.Items); n != len(catalog.All())+1 || all.Items[n-1].Name != "lab-report" || !all.Items[n-1].Added {
			t.Errorf("%d standards", n)
		}
		var refused struct{ Status int }
		if code := get("/api/v1/standards/nothing", &refused); code != 400 {
			t.Errorf("an unknown kind: %d", code)
		}
	})
}
