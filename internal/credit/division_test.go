package credit

import (
	"slices"
	"testing"
)

// seen are codes that real numbers of Anhui carry and the table of 2023 does not have, with where their areas lie now; those of
// economic zones are nobody's but their city's.
var seen = map[string]string{
	"340225": "安徽省芜湖市无为市", "340824": "安徽省安庆市潜山市", "341822": "安徽省宣城市广德市", "340221": "安徽省芜湖市湾沚区", "340762": "安徽省铜陵市",
	"340222": "安徽省芜湖市繁昌区", "340764": "安徽省铜陵市", "340208": "安徽省芜湖市弋江区", "341521": "安徽省淮南市寿县", "340721": "安徽省铜陵市义安区",
	"340823": "安徽省铜陵市枞阳县", "340203": "安徽省芜湖市弋江区", "340703": "安徽省铜陵市铜官区", "340502": "安徽省马鞍山市花山区", "341192": "安徽省滁州市",
	"542200": "西藏自治区山南市", "110105": "北京市", "999999": "",
}

func TestADissolvedDivisionIsUnderstood(t *testing.T) {
	for code, want := range seen {
		if got := DivisionName(code, MustDate("2026-10-12")); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	for _, tt := range []struct{ code, day, is, name string }{
		{"340824", "2018-07-01", "340824", "安徽省安庆市潜山县"}, {"340824", "2018-07-02", "340882", "安徽省安庆市潜山市"},
		{"340823", "2015-12-31", "340823", "安徽省安庆市枞阳县"}, {"342823", "2020-01-01", "340722", "安徽省铜陵市枞阳县"},
		{"340811", "2004-01-01", "340811", "安徽省安庆市郊区"}, {"340811", "2010-01-01", "340811", "安徽省安庆市宜秀区"},
		{"341402", "2010-01-01", "341402", "安徽省巢湖市居巢区"}, {"341402", "2012-01-01", "340181", "安徽省合肥市巢湖市"}, {"34", "2012-01-01", "34", ""},
	} {
		day := MustDate(tt.day)
		if is, name := DivisionOn(tt.code, day), DivisionName(tt.code, day); is != tt.is || name != tt.name {
			t.Errorf("%s on %s: %s %s, want %s %s", tt.code, tt.day, is, name, tt.is, tt.name)
		}
	}
}

func TestADivisionLiesWhereItsSuccessorDoes(t *testing.T) {
	for _, tt := range []struct {
		code, of string
		want     bool
	}{
		{"340823", "340800", false}, {"340823", "340700", true}, {"340823", "340722", true}, {"340722", "340823", true}, {"340824", "340882", true},
		{"340824", "340800", true}, {"340882", "340824", true}, {"342825", "340800", true}, {"340762", "340700", true}, {"340802", "340803", false},
		{"340823", "340000", true}, {"", "340800", false}, {"340802", "", false}, {"340802", "00", false},
	} {
		if got := InDivision(tt.code, tt.of); got != tt.want {
			t.Errorf("%s in %s: %t", tt.code, tt.of, got)
		}
	}
}

// TestAQueryFindsWhatLiesInADivision holds for every code that is known or was seen, in every division.
func TestAQueryFindsWhatLiesInADivision(t *testing.T) {
	codes := []string{"340762", "341192", "340871", "110105"}
	for code := range divisions() {
		codes = append(codes, code)
	}
	for _, of := range codes {
		low, high, without, more := DivisionCodes(of)
		for _, code := range codes {
			got := low <= code && code <= high && !slices.Contains(without, code) || slices.Contains(more, code)
			if want := InDivision(code, of); got != want {
				t.Errorf("%s in %s: found %t, lies there %t", code, of, got, want)
			}
		}
	}
}

func TestTheTableOfDivisionsIsSound(t *testing.T) {
	if n := len(divisions()); n < 500 {
		t.Errorf("%d codes", n)
	}
	for code, names := range divisions() {
		if len(code) != 6 {
			t.Errorf("%q is no code", code)
		}
		for i, d := range names {
			if d.name == "" || d.until != 0 && d.from >= d.until || i > 0 && d.from < names[i-1].until {
				t.Errorf("%s: %+v", code, names)
			}
			if d.next != "" && (d.until == 0 || len(divisions()[d.next]) == 0) {
				t.Errorf("%s: its successor %s is not there", code, d.next)
			}
		}
		for now, n := code, 0; now != DivisionNow(now) || n > 5; n++ {
			if n > 5 {
				t.Fatalf("%s: its successors have no end", code)
			}
			now = divisions()[now][len(divisions()[now])-1].next
		}
	}
}
