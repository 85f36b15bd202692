package work

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/policy"
)

// propose sends a file of rules.
func (b browser) propose(title, file string) answer {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("title", title)
	part, _ := form.CreateFormFile("rows", "policy.json")
	_, _ = part.Write([]byte(file))
	_ = form.Close()
	return b.done(b.Post(b.base+"/work/admin/policy", form.FormDataContentType(), &body))
}

func (o *office) book() (book *policy.Book) {
	o.Helper()
	o.View(func(q db.Q) (err error) {
		book, err = policy.Load(o.Context(), q)
		return err
	})
	return book
}

func TestRulesAreProposedByOneAndApprovedByAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		admin, second := o.as(t, "admin"), o.as(t, "second")
		const page = "/work/admin/policy"
		file := admin.get(page + "/rows.json").body
		rows, err := policy.ParseRows([]byte(file))
		if err != nil || len(rows) != len(o.book().All()) {
			t.Fatalf("%d rows of %d: %v", len(rows), len(o.book().All()), err)
		}
		if a := admin.propose("无变动", file); a.status != 400 || !strings.Contains(a.body, "完全相同") {
			t.Errorf("nothing changes: %d", a.status)
		}
		i := slices.IndexFunc(rows, func(r policy.Row) bool {
			return r.Table == "publicity.terms" && strings.Contains(string(r.Body), `"months":12`) && r.Until == 0
		})
		if i < 0 {
			t.Fatal("no term of twelve months")
		}
		from := credit.MustDate("2027-01-01")
		spell := func(body string) string {
			ended, next := rows[i], rows[i]
			ended.Until, next.From, next.Body = from, from, json.RawMessage(body)
			raw, err := json.Marshal(append(slices.Delete(slices.Clone(rows), i, i+1), ended, next))
			if err != nil {
				t.Fatal(err)
			}
			return string(raw)
		}
		body := string(rows[i].Body)
		for what, wrong := range map[string]string{
			"no JSON": "[", "an unknown field": spell(strings.Replace(body, "{", `{"moths":1,`, 1)), "a term below nothing": spell(strings.Replace(body, `"months":12`, `"months":-1`, 1)),
			"an unknown table": `[{"table": "publicity.term", "key": "k", "from": "2027-01-01", "basis": [{"law": "《法》", "article": "第一条"}], "body": {}}]`,
			"no channel":       `[{"table": "publicity.portal", "key": "k2", "from": "2027-01-01", "basis": [{"law": "《法》", "article": "第一条"}], "body": {"channel": "credit", "removed_entry_months": 0}}]`,
		} {
			if a := admin.propose("有误", wrong); a.status != 400 || !strings.Contains(a.body, `role="alert"`) || !strings.Contains(a.body, `value="有误"`) {
				t.Errorf("%s: %d at %s", what, a.status, a.at)
			}
		}
		good := spell(strings.Replace(body, `"months":12`, `"months":6`, 1))
		if a := o.as(t, "officer").propose("缩短公示期", good); a.status != 403 {
			t.Errorf("an officer proposes: %d", a.status)
		}
		admin.has("proposed", admin.propose("缩短公示期", good), "已提出第 2 版", "改变截止日", "新增", "6 个月", "须由另一人审批")
		if a := admin.post(page+"/2/approve", nil); a.status != 403 {
			t.Errorf("who proposed approves: %d", a.status)
		}
		second.has("waits", second.get(page), "与现行规则相比", "6 个月")
		second.has("approved", second.post(page+"/2/approve", url.Values{}), "规则已通过")
		book := o.book()
		if got := book.On(from).Rows("publicity.terms"); book.Version() != 2 || !slices.ContainsFunc(got, func(r policy.VersionedRow) bool {
			return r.Key == rows[i].Key && strings.Contains(string(r.Body), `"months":6`)
		}) {
			t.Errorf("version %d in force", book.Version())
		}
		second.has("in English", second.get(page+"?lang=en"))
	})
}
