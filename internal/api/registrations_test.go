package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/testcity"
)

// TestTheFeedOfRegistrationsTellsWhoChangedAndHow, of those who have a public face, and no more than that.
func TestTheFeedOfRegistrationsTellsWhoChangedAndHow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		later := func() { s.At = s.At.Add(time.Hour) }
		s.Register(testcity.Code(1), "安庆甲食品有限公司", nil)
		later()
		s.Register(testcity.Code(2), "张三", map[string]string{"SUBJKIND": "individual", "LEREP": "张三"})
		later()
		id := s.Register(testcity.Code(1), "安庆乙食品有限公司", map[string]string{"REGSTATE": "revoked"})
		later()
		s.Register(testcity.Code(1), "安庆乙食品有限公司", map[string]string{"REGSTATE": "revoked", "OPSCOPE": "食品"})
		s.Penalise(id, "宜市监罚〔2025〕1号", nil)
		s.Number()
		read := func(after, limit int64) (told []string, next int64) {
			status, _, body := s.get(t, http.DefaultClient, fmt.Sprintf("/api/v1/registrations?after=%d&limit=%d", after, limit))
			var got struct {
				Events []struct{ ID, Type, Subject string }
				Next   int64
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || strings.Contains(body, "张三") || strings.Contains(body, testcity.Code(2)) {
				t.Errorf("%d %s %v", status, body, err)
			}
			for _, e := range got.Events {
				told = append(told, strings.TrimPrefix(e.Type, "zhixin.registration.")+" "+e.Subject)
			}
			return told, got.Next
		}
		one := testcity.Code(1)
		want := []string{"registered " + one, "renamed " + one, "revoked " + one, "changed " + one}
		if got, _ := read(-1, 1000); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		var all []string
		for after := int64(-1); ; { // leaf by leaf
			told, next := read(after, 1)
			if all = append(all, told...); next == after {
				break
			}
			after = next
		}
		if !slices.Equal(all, want) {
			t.Errorf("leaf by leaf: %v", all)
		}
		s.Tx(func(q db.Q) error { return enterprise.Rebuild(t.Context(), q, []string{id}, nil) })
		if got, _ := read(-1, 1000); !slices.Equal(got, []string{"withdrawn " + one, "withdrawn " + one, "withdrawn " + one}) {
			t.Errorf("of who is gone: %v", got)
		}
	})
}
