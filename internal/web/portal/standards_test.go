package portal

import (
	"testing"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

func TestTheDictionaryIsPublicInBothLanguages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		for _, k := range catalog.All() {
			has(t, "the list", w.get("/standards?lang=zh"), k.Title, "/standards/"+k.Name)
			has(t, "the list", w.get("/standards?lang=en"), k.English)
			for _, f := range k.Fields {
				has(t, k.Name, w.get("/standards/"+k.Name+"?lang=en"), f.Code, f.Name)
			}
		}
		has(t, "penalties", w.get("/standards/penalty?lang=zh"), "有条件必填", "个人信息，不公开", "行政相对人代码_2", "R13", "行政处罚法（2021年修订）第五十一条", "7 个工作日")
		has(t, "penalties", w.get("/standards/penalty?lang=en"), "Under a condition", "Personal, never public", "summary procedure")
	})
}
