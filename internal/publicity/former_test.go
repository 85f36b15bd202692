package publicity_test

import (
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/publicity"
	"zhixin/internal/testcity"
)

// TestAFormerPersonIsNotFound also where the name is longer than names of persons mostly are, and where the business has become a
// company: nobody learns from a reason of a search whose name it was.
func TestAFormerPersonIsNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		c.Register(testcity.Code(1), "阿依古丽·买买提", map[string]string{"SUBJKIND": "individual", "LEREP": "阿依古丽·买买提"})
		c.Register(testcity.Code(2), "王小二", map[string]string{"SUBJKIND": "individual", "LEREP": "王小二"})
		c.At = c.At.Add(time.Hour)
		c.Register(testcity.Code(1), "迎江区丝路餐馆", map[string]string{"SUBJKIND": "individual", "LEREP": "阿依古丽·买买提", "OLDNAME": "阿依古丽·买买提"})
		c.Register(testcity.Code(2), "安庆市好味食品有限公司", map[string]string{"LEREP": "王小二", "OLDNAME": "王小二"})
		c.Number()
		for _, name := range []string{"阿依古丽·买买提", "王小二"} {
			c.View(func(q db.Q) error {
				found, err := publicity.SearchIn(c.Finder()).Search(c.Context(), q, publicity.SearchOptions{Term: name})
				if err != nil || len(found.Hits) != 0 {
					t.Errorf("found by %s: %+v, %v", name, found, err)
				}
				return nil
			})
		}
		for n := 1; n <= 2; n++ {
			if v, text := page(c, testcity.Code(n), "2025-06-01"); len(v.Names) != 0 || text == "" {
				t.Errorf("former names of %s: %+v", v.Name, v.Names)
			}
		}
	})
}
