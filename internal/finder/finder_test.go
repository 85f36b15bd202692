package finder_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/finder"
	"zhixin/internal/names"
	"zhixin/internal/sanction"
	"zhixin/internal/testcity"
)

// found spells who is found, as name/reason.
func found(c *testcity.City, f *finder.Finder, o names.Query) string {
	c.Helper()
	var out []string
	c.View(func(q db.Q) error {
		hits, _, err := f.Find(c.Context(), q, o, "")
		for _, h := range hits {
			out = append(out, h.Name+"/"+string(h.Hit.Why))
		}
		return err
	})
	return strings.Join(out, " ")
}

func TestWhoIsRegisteredIsFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, sanction.FirstPolicy)
		c.Register(testcity.Code(1), "安庆市长江船舶有限公司", map[string]string{"OLDNAME": "安庆造船厂"})
		c.Register(testcity.Code(2), "安庆长江锅炉股份有限公司", map[string]string{"DIVISION": "340881"})
		c.Register(testcity.Code(3), "潜山瓜蒌合作社", map[string]string{"DIVISION": "340824", "REGSTATE": "revoked"})
		c.Register(testcity.Code(4), "王小二", map[string]string{"SUBJKIND": "individual"})
		f := c.Finder()
		for _, tt := range []struct {
			name string
			o    names.Query
			want string
		}{
			{"a code", names.Query{Text: strings.ToLower(testcity.Code(1))}, "安庆市长江船舶有限公司/code"},
			{"the organisation code in it", names.Query{Text: testcity.Code(1)[8:17]}, "安庆市长江船舶有限公司/code"},
			{"the whole name", names.Query{Text: "安庆市长江船舶有限公司"}, "安庆市长江船舶有限公司/name"},
			{"one character wrong", names.Query{Text: "安庆市长红船舶有限公司"}, "安庆市长江船舶有限公司/typo"},
			{"a former name", names.Query{Text: "安庆造船厂"}, "安庆市长江船舶有限公司/former-name"},
			{"initials", names.Query{Text: "cjgl"}, "安庆长江锅炉股份有限公司/initials"},
			{"within a division", names.Query{Text: "长江", Division: "340881"}, "安庆长江锅炉股份有限公司/part"},
			{"within the successor of its division", names.Query{Text: "瓜蒌", Division: "340882"}, "潜山瓜蒌合作社/part"},
			{"in another", names.Query{Text: "瓜蒌", Division: "340802"}, ""},
			{"a person's name", names.Query{Text: "王小二"}, ""},
			{"a person's name, for officers", names.Query{Text: "王小二", Personal: true}, "王小二/name"},
			{"the representative of all", names.Query{Text: "张三", Personal: true}, ""},
			{"nothing", names.Query{Text: " "}, ""},
		} {
			if got := found(c, f, tt.o); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		for _, cursor := range []string{"x", "-1", "99999999999999999999"} {
			c.View(func(q db.Q) error {
				if _, _, err := f.Find(t.Context(), q, names.Query{Text: "安庆"}, cursor); !fault.Is(err, "finder.bad_cursor") {
					t.Errorf("%s: %v", cursor, err)
				}
				return nil
			})
		}
	})
}

func TestPagesHoldEachHitOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, sanction.FirstPolicy)
		for i := range 60 {
			c.Register(testcity.Code(i), fmt.Sprintf("安庆第%d机械厂", i), nil)
		}
		f := c.Finder()
		var all []string
		for cursor := ""; ; {
			c.View(func(q db.Q) error {
				hits, next, err := f.Find(t.Context(), q, names.Query{Text: "机械", Limit: 25}, cursor)
				for _, h := range hits {
					all = append(all, h.Name)
				}
				cursor = next
				return err
			})
			if cursor == "" {
				break
			}
		}
		if slices.Sort(all); len(all) != 60 || len(slices.Compact(all)) != 60 {
			t.Errorf("%d hits", len(all))
		}
	})
}

func TestBeforeItHasLoadedNobodyIsFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, sanction.FirstPolicy)
		f := finder.New(d, time.Now)
		if f.State().Loaded {
			t.Error("loaded")
		}
		c.View(func(q db.Q) error {
			_, _, err := f.Find(t.Context(), q, names.Query{Text: "安庆"}, "")
			_, err2 := f.Suggest(t.Context(), q, names.Query{Text: "安庆"})
			_, err3 := f.Alike("安庆", 5)
			for _, err := range []error{err, err2, err3} {
				if !fault.Is(err, "finder.loading") {
					t.Error(err)
				}
			}
			return nil
		})
	})
}

func TestRunKeepsItCurrent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, sanction.FirstPolicy)
		f := finder.New(d, time.Now)
		f.Poll = 50 * time.Millisecond
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { _ = f.Run(ctx); close(ended) }()
		wait := func(want string) {
			t.Helper()
			for range 200 {
				if f.State().Loaded && found(c, f, names.Query{Text: "振风"}) == want {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Fatalf("%q is not found", want)
		}
		wait("")
		c.Register(testcity.Code(1), "安庆振风机械厂", nil)
		wait("安庆振风机械厂/part")
		c.At = c.At.Add(time.Hour)
		c.Register(testcity.Code(1), "安庆迎江机械厂", nil)
		wait("安庆迎江机械厂/part") // by its former name
		stop()
		<-ended
	})
}

// TestFollowingEqualsReadingAnew: whatever happens to the registry, who follows it finds what one finds who has just come.
func TestFollowingEqualsReadingAnew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := testcity.New(t, d, sanction.FirstPolicy)
		f := c.Finder()
		brands, trades := []string{"振风", "长江", "龙山", "菱湖"}, []string{"机械", "茶叶", "船舶"}
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(rt, "acts") {
				c.At = c.At.Add(time.Hour)
				name := "安庆" + rapid.SampledFrom(brands).Draw(rt, "brand") + rapid.SampledFrom(trades).Draw(rt, "trade") + "厂"
				c.Register(testcity.Code(rapid.IntRange(0, 5).Draw(rt, "who")), name, map[string]string{
					"DIVISION": rapid.SampledFrom([]string{"340802", "340881"}).Draw(rt, "where")})
			}
			if rapid.Bool().Draw(rt, "numbered") {
				c.Number()
			}
			if err := f.Load(t.Context()); err != nil {
				rt.Fatal(err)
			}
			fresh := c.Finder()
			for _, text := range slices.Concat(brands, trades, []string{"安庆振风机械厂", "安庆长江茶业厂", "aqzfjx", testcity.Code(3)}) {
				o := names.Query{Text: text, Limit: 50}
				if got, want := found(c, f, o), found(c, fresh, o); got != want {
					rt.Fatalf("%s: %q, read anew %q", text, got, want)
				}
			}
		})
	})
}
