package publicity_test

import (
	"slices"
	"strings"
	"testing"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/testcity"
)

// TestAKindIsNotPublicByItself: that the platform takes records of a kind, and that its standard calls fields public, shows
// them to nobody until a rule of publicity does.
func TestAKindIsNotPublicByItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCity(t, d)
		code := testcity.Code(1)
		id := c.Register(code, "安庆振风机械有限公司", nil)
		before, _ := page(c, code, "2026-10-12")
		for _, k := range catalog.All() {
			if slices.Contains([]string{"enterprise", "penalty", "annual-report"}, k.Name) {
				continue
			}
			body := map[string]string{}
			for _, f := range k.Fields {
				body[f.Code] = "标记" + f.Code
			}
			c.Put(id, k.Name, "no "+k.Name, "2025-03-10", body)
		}
		c.Put(id, "lab-report", "no 1", "2025-03-10", map[string]string{"REPNO": "标记"})
		sizes := []int64{c.Number()}
		if all := everything(c, "2026-10-12", []string{code}, sizes); !strings.Contains(all, code) || strings.Contains(all, "标记") {
			t.Errorf("told: %s", all)
		}
		after, _ := page(c, code, "2026-10-12")
		if !after.UpdatedAt.Equal(before.UpdatedAt) || len(after.Fields) != len(before.Fields) {
			t.Errorf("the page moved: %+v", after)
		}
	})
}
