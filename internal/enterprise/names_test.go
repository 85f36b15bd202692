package enterprise_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
)

// version is a registration of the ship yard, approved on a day ("" is not stated) and stated on another.
func version(name, former, approved, stated string) enterprise.Subject {
	s := enterprise.Subject{ID: enterprise.Key(ship), USCC: ship, Name: name, Former: former, Registered: credit.MustDate("2015-06-01"),
		State: credit.Active, Kind: credit.Enterprise, Division: "340802"}
	if approved != "" {
		s.Approved = credit.MustDate(approved)
	}
	return s.Stated(credit.MustDate(stated).Time(), 0)
}

func nameOn(t *testing.T, d *db.DB, day string) (name string) {
	t.Helper()
	view(t, d, func(q db.Q) (err error) {
		name, err = enterprise.NameOn(t.Context(), q, enterprise.Key(ship), credit.MustDate(day))
		if fault.Is(err, "enterprise.no_name_on") {
			name, err = "?", nil
		}
		return err
	})
	return name
}

func TestWhatItWasCalledOnADayIsKnown(t *testing.T) {
	tests := []struct {
		name     string
		versions []enterprise.Subject
		want     string // day=name, …
	}{
		{"never renamed", []enterprise.Subject{version("甲厂", "", "2020-01-02", "2024-01-01")}, "2015-05-31=? 2015-06-01=甲厂 2030-01-01=甲厂"},
		{"from the day of approval", []enterprise.Subject{version("甲厂", "", "", "2018-01-01"), version("乙厂", "", "2019-03-01", "2019-04-01")},
			"2018-03-01=甲厂 2019-02-28=甲厂 2019-03-01=乙厂"},
		{"from the day on which it was stated", []enterprise.Subject{version("甲厂", "", "", "2018-01-01"), version("乙厂", "", "", "2019-04-01")},
			"2019-03-31=甲厂 2019-04-01=乙厂"},
		{"an approval that was stated before is of another change", []enterprise.Subject{version("甲厂", "", "2016-01-01", "2018-01-01"),
			version("乙厂", "", "2016-01-01", "2019-04-01")}, "2017-01-01=甲厂 2019-04-01=乙厂"},
		{"there and back", []enterprise.Subject{version("甲厂", "", "", "2018-01-01"), version("乙厂", "", "", "2019-01-01"), version("甲厂", "", "", "2020-01-01")},
			"2018-06-01=甲厂 2019-06-01=乙厂 2020-06-01=甲厂"},
		{"a former name that is stated", []enterprise.Subject{version("乙厂", "甲厂", "2019-03-01", "2024-01-01")}, "2016-01-01=甲厂 2019-03-01=乙厂"},
		{"a former name of which nobody says how long", []enterprise.Subject{version("乙厂", "甲厂", "", "2024-01-01")}, "2016-01-01=? 2024-01-01=乙厂"},
		{"a former name that was seen here already", []enterprise.Subject{version("甲厂", "", "", "2018-01-01"), version("乙厂", "甲厂", "2019-03-01", "2019-04-01"),
			version("乙厂", "甲厂", "2021-03-01", "2021-04-01")}, "2016-01-01=甲厂 2020-01-01=乙厂 2022-01-01=乙厂"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			rebuild(t, d, nil)
			for _, v := range tt.versions {
				put(t, d, v)
			}
			var got []string
			for pair := range strings.FieldsSeq(tt.want) {
				day, _, _ := strings.Cut(pair, "=")
				got = append(got, day+"="+nameOn(t, d, day))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, s, tt.want)
			}
		}
	})
}

func rebuild(t *testing.T, d *db.DB, history []enterprise.Subject) {
	t.Helper()
	if err := d.Tx(t.Context(), func(q db.Q) error {
		return enterprise.Rebuild(t.Context(), q, []string{enterprise.Key(ship)}, map[string][]enterprise.Subject{enterprise.Key(ship): history})
	}); err != nil {
		t.Fatal(err)
	}
}

// TestARebuildIsTheHistoryPutOneByOne holds for any history, in whatever parts it came, and with a version left out: that is what
// the recall of a batch is.
func TestARebuildIsTheHistoryPutOneByOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			day := 0
			history := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) enterprise.Subject {
				day += rapid.IntRange(0, 400).Draw(t, "days")
				name := rapid.SampledFrom([]string{"甲厂", "乙厂", "丙厂", "丙 厂"}).Draw(t, "name")
				former := rapid.SampledFrom([]string{"", "甲厂", "丁厂", "戊厂"}).Draw(t, "former")
				stated := credit.MustDate("2015-06-01") + credit.Date(day)
				approved := rapid.SampledFrom([]string{"", "2015-07-01", "2016-01-01", stated.String()}).Draw(t, "approved")
				s := version(name, former, approved, stated.String())
				s.USCC = rapid.SampledFrom([]string{ship, stove, "340800000000010"}).Draw(t, "uscc")
				s.State = rapid.SampledFrom([]credit.RegState{credit.Active, credit.Revoked, credit.Deregistered}).Draw(t, "state")
				s.Division = rapid.SampledFrom([]string{"340802", "340824", "340882"}).Draw(t, "division")
				s.RegNo = rapid.SampledFrom([]string{"", "340800000000010", "340800400000032"}).Draw(t, "regno")
				s.TaxNo = rapid.SampledFrom([]string{"", ship, "340800MA2X00019"}).Draw(t, "taxno")
				return s
			}), 1, 6).Draw(rt, "history")
			left := rapid.IntRange(0, len(history)-1).Draw(rt, "left out")
			history = append(history[:left:left], history[left+1:]...)
			rebuild(t, d, nil)
			for i := 0; i < len(history); {
				n := rapid.IntRange(1, len(history)-i).Draw(rt, "part")
				put(t, d, history[i:i+n]...)
				i += n
			}
			one := everything(t, d)
			put(t, d, history[max(0, len(history)-1):]...) // the last said again
			again := everything(t, d)
			rebuild(t, d, history)
			if whole := everything(t, d); one != whole || again != one {
				rt.Fatalf("one by one:\n%s\nsaid again:\n%s\nrebuilt:\n%s", one, again, whole)
			}
		})
	})
}

func TestNumbersHaveTheirDays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id := enterprise.Key("340800000000010")
		old := enterprise.Subject{ID: id, USCC: "340800000000010", RegNo: "340800000000010", OrgCode: "MA2X00019", TaxNo: "340800MA2X00019", Name: "甲厂"}
		put(t, d, old.Stated(credit.MustDate("2014-01-01").Time(), 0))
		merged := enterprise.Subject{ID: id, USCC: ship, Name: "甲厂", Approved: credit.MustDate("2015-11-02")}
		put(t, d, merged.Stated(credit.MustDate("2015-12-01").Time(), 0))
		moved := enterprise.Subject{ID: id, USCC: stove, Name: "甲厂"}
		put(t, d, moved.Stated(credit.MustDate("2020-05-06").Time(), 0))
		var got []string
		view(t, d, func(q db.Q) error {
			numbers, err := enterprise.NumbersOf(t.Context(), q, id)
			for _, n := range numbers {
				got = append(got, fmt.Sprintf("%s %s %s-%s", n.Scheme, n.Value, n.From, n.Until))
			}
			return err
		})
		want := "uscc " + stove + " 2020-05-06-; regno 340800000000010 -; orgcode MA2X00027 2020-05-06-; taxno 340800MA2X00019 -; uscc " + ship +
			" 2015-11-02-2020-05-06; orgcode MA2X00019 -2020-05-06"
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}
		for _, code := range []string{ship, stove, "340800000000010"} {
			view(t, d, func(q db.Q) error {
				s, err := enterprise.ByUSCC(t.Context(), q, code)
				if s.ID != id {
					t.Errorf("%s finds %+v", code, s)
				}
				return err
			})
		}
	})
}
