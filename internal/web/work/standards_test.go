package work

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/catalog"
	"zhixin/internal/catalog/template"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// send uploads a file in a form of one field.
func (b *browser) send(path, name string, file []byte, fields ...string) answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	part, _ := form.CreateFormFile("file", name)
	_, _ = part.Write(file)
	_ = form.Close()
	return b.done(b.Post(b.base+path, form.FormDataContentType(), &body))
}

func TestTheUploadPageLeadsToTheTemplates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := newOffice(t, d).as(t, "reporter")
		page := b.get("/work/batches")
		for _, k := range catalog.All() {
			link := "/work/templates/" + k.Name + ".xlsx"
			b.has("the upload page", page, link, "/standards/"+k.Name)
			got := b.get(link)
			f, err := excelize.OpenReader(strings.NewReader(got.body))
			if err != nil || got.kind != xlsxType {
				t.Fatalf("%s: %d %s %v", link, got.status, got.kind, err)
			}
			_ = f.Close()
		}
		for _, path := range []string{"/work/templates/nothing.xlsx", "/work/templates/penalty"} {
			if a := b.get(path); a.status != 404 {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		if a := b.get("/work/admin/standards"); a.status != 403 {
			t.Errorf("a reporter looks at the administration: %d", a.status)
		}
		if a := b.send("/work/admin/standards", "a.xlsx", nil); a.status != 403 {
			t.Errorf("a reporter adds a kind: %d", a.status)
		}
	})
}

func TestAnAdministratorAddsAKindFromAListOfFields(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "admin")
		b.has("the page", b.get("/work/admin/standards"), "系统自带", "/work/admin/standards/honour.xlsx")
		b.has("the page", b.get("/work/admin/standards?lang=en"), "Shipped")
		b.get("/work/admin/standards?lang=zh")
		list := b.get("/work/admin/standards/honour.xlsx")
		change := func(cells map[string]string) []byte {
			f, err := excelize.OpenReader(strings.NewReader(list.body))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			for cell, v := range cells {
				if err := f.SetCellStr(template.Sheet, cell, v); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			if err := f.Write(&out); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
		if a := b.send("/work/admin/standards", "清单.xlsx", change(nil)); a.status != 409 {
			t.Errorf("a shipped kind is replaced: %d", a.status)
		}
		bad := b.send("/work/admin/standards", "清单.xlsx", change(map[string]string{"B1": "brand", "D9": "字符"}))
		if bad.status != 400 || !strings.Contains(bad.body, "第 9 行") || !strings.Contains(bad.body, "“类型”一栏不能填“字符”") {
			t.Errorf("a bad list: %d %s", bad.status, bad.body)
		}
		b.has("a good one", b.send("/work/admin/standards", "清单.xlsx", change(map[string]string{"B1": "brand", "B2": "品牌信息"})), "已提出“品牌信息”（brand）", "第 1 版", "由您提出", "业务主键", "新增")
		clerk := o.as(t, "reporter")
		if strings.Contains(clerk.get("/work/batches").body, `"brand"`) {
			t.Error("it is offered before a second person has looked")
		}
		approve := regexp.MustCompile(`/work/admin/standards/[^"/]+/approve`)
		if approve.MatchString(b.get("/work/admin/standards").body) {
			t.Error("who proposed it may put it into effect")
		}
		other := o.as(t, "second")
		yes := approve.FindString(other.get("/work/admin/standards").body)
		no := strings.Replace(yes, "approve", "discard", 1)
		if a := b.post(yes, nil); a.status != 403 {
			t.Errorf("the proposer approves: %d", a.status)
		}
		if a := clerk.post(yes, nil); a.status != 403 {
			t.Errorf("a reporter approves: %d", a.status)
		}
		b.has("taken back", b.post(no, url.Values{"reason": {"名称有误"}}), "已作废")
		b.has("once more", b.send("/work/admin/standards", "清单.xlsx", change(map[string]string{"B1": "brand", "B2": "品牌信息"})), "已提出")
		yes = approve.FindString(other.get("/work/admin/standards?lang=en").body)
		other.get("/work/admin/standards?lang=zh")
		other.has("in effect", other.post(yes, nil), "已启用“品牌信息”（brand）")
		clerk.has("it is offered", clerk.get("/work/batches"), `<option value="brand"`, "/work/templates/brand.xlsx")
		if got := b.get("/work/templates/brand.xlsx"); got.status != 200 {
			t.Errorf("its template: %d", got.status)
		}
	})
}
