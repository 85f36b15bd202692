package enterprise_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
)

func put(t *testing.T, d *db.DB, subjects ...enterprise.Subject) {
	t.Helper()
	for i := range subjects {
		if subjects[i].ID == "" {
			subjects[i].ID = enterprise.Key(subjects[i].USCC)
		}
	}
	if err := d.Tx(t.Context(), func(q db.Q) error { return enterprise.PutAll(t.Context(), q, subjects) }); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, d *db.DB, f func(q db.Q) error) {
	t.Helper()
	if err := d.View(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

const (
	ship  = "91340800MA2X00019Q"
	stove = "91340802MA2X00027G"
	tea   = "91340881MA2X00051E"
)

func town() []enterprise.Subject {
	return []enterprise.Subject{
		{USCC: ship, Name: "安庆市长江船舶有限公司", Kind: credit.Enterprise, Division: "340800", Authority: "SCJG", State: credit.Active,
			Registered: credit.MustDate("2015-06-01"), LegalRep: "张三", Capital: 100000000, RegNo: "340800000000010", Former: "安庆造船厂"},
		{USCC: stove, Name: "长江锅炉（安庆）有限公司", Kind: credit.Enterprise, Division: "340802", Authority: "SCJG", State: credit.Active},
		{USCC: tea, Name: "桐城市100%茶业_店", Kind: credit.Enterprise, Division: "340881", Authority: "SCJG-340881", State: credit.Deregistered,
			Ended: credit.MustDate("2024-02-29")},
		{USCC: "340800400000032", RegNo: "340800400000032", Name: "安庆ABC玩具厂", Kind: credit.Enterprise, Division: "340803", Authority: "SCJG", State: credit.Active},
	}
}

func TestASubjectIsFoundByItsCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, town()...)
		for _, code := range []string{ship, strings.ToLower(ship), " 91340800-MA2X00019-Q", "340800000000010"} {
			view(t, d, func(q db.Q) error {
				s, err := enterprise.ByUSCC(t.Context(), q, code)
				if s.Name != "安庆市长江船舶有限公司" || s.Registered.String() != "2015-06-01" || s.Capital != 100000000 || s.Ended != 0 {
					t.Errorf("%q: %+v", code, s)
				}
				return err
			})
		}
		for _, code := range []string{"91340803MA2X00035R", "", "00000000000000000X", "913408******00019Q", "\x00"} {
			err := d.View(t.Context(), func(q db.Q) error {
				_, err := enterprise.ByUSCC(t.Context(), q, code)
				return err
			})
			if !fault.Is(err, "enterprise.unknown") {
				t.Errorf("%q: %v", code, err)
			}
		}
	})
}

func TestPuttingTheSameAgainChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, town()...)
		before := everything(t, d)
		put(t, d, town()...)
		if after := everything(t, d); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
	})
}

// everything reads the three tables.
func everything(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	view(t, d, func(q db.Q) error {
		for after := ""; ; {
			page, err := enterprise.Range(t.Context(), q, after, 3)
			if err != nil || len(page) == 0 {
				return err
			}
			after = page[len(page)-1].ID
			fmt.Fprintln(&b, page)
		}
	})
	for _, table := range []string{"SELECT scheme, value, enterprise_id || COALESCE(CAST(valid_from AS TEXT), '') || COALESCE(CAST(valid_until AS TEXT), '') FROM enterprise_identifier ORDER BY scheme, value, enterprise_id",
		"SELECT enterprise_id, norm, name || CAST(place AS TEXT) || COALESCE(CAST(valid_from AS TEXT), '') || COALESCE(CAST(valid_until AS TEXT), '') FROM enterprise_name ORDER BY enterprise_id, place",
		"SELECT enterprise_id || CAST(place AS TEXT), kind || COALESCE(CAST(day AS TEXT), ''), was || now FROM enterprise_change ORDER BY enterprise_id, place"} {
		view(t, d, func(q db.Q) error {
			rows, err := q.QueryContext(t.Context(), table)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var x, y, z string
				if err := rows.Scan(&x, &y, &z); err != nil {
					return err
				}
				fmt.Fprintln(&b, x, y, z)
			}
			return rows.Err()
		})
	}
	return b.String()
}

func TestRecordsAreMatchedByNumberInTheOrderOfTheHandbook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, town()...)
		twin := enterprise.Subject{ID: "twin", USCC: "91340811MA2X000437", RegNo: "340800400000032", Name: "安庆玩具二厂"}
		put(t, d, twin)
		tests := []struct {
			name string
			in   enterprise.Ident
			who  string
			by   string
		}{
			{"code", enterprise.Ident{USCC: ship}, ship, "uscc"},
			{"code as it arrives", enterprise.Ident{USCC: "９１340800-ma2x00019q "}, ship, "uscc"},
			{"the code before the old number", enterprise.Ident{USCC: stove, RegNo: "340800000000010"}, stove, "uscc"},
			{"old number", enterprise.Ident{RegNo: "340800000000010"}, ship, "regno"},
			{"old number in the code's column", enterprise.Ident{USCC: "340800000000010"}, ship, "regno"},
			{"organisation code", enterprise.Ident{OrgCode: "MA2X0001-9"}, ship, "orgcode"},
			{"organisation code inside another code", enterprise.Ident{USCC: withCheck("92340800MA2X00019")}, ship, "orgcode"},
			{"tax number of today", enterprise.Ident{TaxNo: ship}, ship, "taxno"},
			{"tax number of old, by what it holds", enterprise.Ident{TaxNo: "340800MA2X00019"}, ship, "taxno"},
			{"tax number of another division", enterprise.Ident{TaxNo: "340102MA2X00051"}, tea, "taxno"},
			{"the organisation code before the tax number", enterprise.Ident{OrgCode: "MA2X00027", TaxNo: ship}, stove, "orgcode"},
			{"a person's number as a tax number", enterprise.Ident{TaxNo: "11010519491231002X"}, "", ""},
			{"a number of two", enterprise.Ident{RegNo: "340800400000032"}, "", "ambiguous"},
			{"a better number decides", enterprise.Ident{USCC: "91340811MA2X000437", RegNo: "340800400000032"}, "twin", "uscc"},
			{"nobody's code", enterprise.Ident{USCC: "91340803MA2X00035R"}, "", ""},
			{"a name is not enough", enterprise.Ident{Name: "安庆市长江船舶有限公司", Division: "340800"}, "", ""},
			{"a placeholder", enterprise.Ident{USCC: "00000000000000000X", RegNo: "000000000000000", OrgCode: "000000000"}, "", ""},
			{"a masked code", enterprise.Ident{USCC: "913408******00019Q"}, "", ""},
			{"nothing", enterprise.Ident{}, "", ""},
		}
		ids := make([]enterprise.Ident, len(tests))
		for i, tt := range tests {
			ids[i] = tt.in
		}
		view(t, d, func(q db.Q) error {
			got, err := enterprise.Match(t.Context(), q, ids)
			for i, tt := range tests {
				want := enterprise.Matched{EnterpriseID: tt.who, By: tt.by}
				if len(tt.who) == 18 {
					want.EnterpriseID = enterprise.Key(tt.who)
				}
				if g := got[i]; g.EnterpriseID != want.EnterpriseID || g.By != want.By {
					t.Errorf("%s: got %+v, want %+v", tt.name, got[i], want)
				}
			}
			return err
		})
	})
}

// withCheck puts the check character behind seventeen characters.
func withCheck(s string) string {
	for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if _, err := credit.ParseUSCC(s + string(c)); err == nil {
			return s + string(c)
		}
	}
	return s
}

// TestMatchingManyIsMatchingEach holds whatever the placeholders, repetitions and order of a block.
func TestMatchingManyIsMatchingEach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, town()...)
		rapid.Check(t, func(rt *rapid.T) {
			code := rapid.SampledFrom([]string{ship, stove, tea, "340800400000032", "340800000000010", "00000000000000000X", "", "913408******00019Q", "MA2X00019", "无"})
			ids := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) enterprise.Ident {
				return enterprise.Ident{USCC: code.Draw(t, "uscc"), RegNo: code.Draw(t, "regno"), OrgCode: code.Draw(t, "orgcode")}
			}), 1, 8).Draw(rt, "idents")
			view(t, d, func(q db.Q) error {
				all, err := enterprise.Match(t.Context(), q, ids)
				for i := range ids {
					one, err := enterprise.Match(t.Context(), q, ids[i:i+1])
					if err != nil || !reflect.DeepEqual(one[0], all[i]) {
						rt.Fatalf("%+v: alone %+v, among others %+v, %v", ids[i], one, all[i], err)
					}
				}
				return err
			})
		})
	})
}

func TestEveryNameThatASubjectHadIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		name := func(n string) enterprise.Subject { return enterprise.Subject{USCC: ship, Name: n} }
		put(t, d, name("甲船厂"))
		put(t, d, name("乙船厂"), name("丙船厂"), name("丁 船厂"))
		put(t, d, name("丁船厂"))
		view(t, d, func(q db.Q) error {
			sides, err := enterprise.Sides(t.Context(), q, []string{enterprise.Key(ship)})
			if err == nil && (len(sides) != 1 || sides[0].Name != "丁船厂" || strings.Join(sides[0].Former, " ") != "丙船厂 乙船厂 甲船厂") {
				t.Errorf("%+v", sides)
			}
			borne, err2 := enterprise.Bearers(t.Context(), q, []string{"丁船厂", "乙船厂", "戊船厂"})
			if err2 != nil || len(borne) != 2 || len(borne["丁船厂"]) != 1 || len(borne["乙船厂"]) != 1 {
				t.Errorf("%v %v", borne, err2)
			}
			return err
		})
	})
}
