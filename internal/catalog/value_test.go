package catalog_test

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

func TestDatesAreReadAsFilesStateThem(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2019-09-05", "2019-09-05"}, {"2019/9/5", "2019-09-05"}, {"2019.9.5", "2019-09-05"}, {"20190905", "2019-09-05"},
		{"2019年9月5日", "2019-09-05"}, {"2019年9月5", "2019-09-05"}, {"２０１９／９／５", "2019-09-05"}, {" 2019-9-5 ", "2019-09-05"},
		{"2019/9/5 0:00", "2019-09-05"}, {"2019-09-05 23:59:59", "2019-09-05"}, {"2019-09-05T08:30:00", "2019-09-05"},
		{"2019-09-04T16:00:00Z", "2019-09-05"}, {"2019-09-05T00:00:00+08:00", "2019-09-05"}, {"2019-09-04T16:00:00.000Z", "2019-09-05"},
		{"43713", "2019-09-05"}, {"43713.75", "2019-09-05"}, {"44620", "2022-02-28"}, {"44621", "2022-03-01"}, {"44620.999988425923", "2022-02-28"},
		{"1472745600000", "2016-09-02"}, {"1472659199999", "2016-08-31"}, {"1472659200000", "2016-09-01"}, {"1472745600", "2016-09-02"}, {"915120000000", "1999-01-01"},
		{"20170210", "2017-02-10"}, {"2015年7月10日", "2015-07-10"}, {"2026.3.5", "2026-03-05"}, {"46086", "2026-03-05"}, {"二〇二六年三月五日", "2026-03-05"},
		{"二○一九年十二月三十一日", "2019-12-31"}, {"贰零贰陆年零叁月零伍日", "2026-03-05"}, {"二零二六年 十月二十日", "2026-10-20"}, {"2026 年 3 月 5 日", "2026-03-05"},
		{"2026年3月5号", "2026-03-05"}, {"2026年3月5日星期四", "2026-03-05"}, {"2026年3月5日 10:30", "2026-03-05"}, {"2026年3月5日10时30分", "2026-03-05"},
		{"2026/3/5 上午 10:00:00", "2026-03-05"}, {"2026—03—05", "2026-03-05"}, {"2026、3、5", "2026-03-05"}, {"2026。3。5", "2026-03-05"},
		{"2099/12/31", "2099-12-31"}, {"9999-12-31", "2099-12-31"}, {"长期", "2099-12-31"}, {"2024-02-29", "2024-02-29"},
	}
	for _, tt := range tests {
		if d, err := catalog.ParseDate(tt.in); err != nil || d.String() != tt.want {
			t.Errorf("%q: got %s, %v, want %s", tt.in, d, err, tt.want)
		}
	}
}

func TestWhatIsNoDateIsNotGuessed(t *testing.T) {
	for _, in := range []string{"", "19-9-5", "2019-13-01", "2019-02-29", "20190230", "2019", "2019-09", "5/9/2019", "09/05/2019", "昨天", "二〇二六年三月", "二六年三月五日", "二〇二六年十三月五日", "二〇二六年二月三十日", "2026年3月5日至6日", "3月5日", "星期四", "1", "59", "12345", "99999",
		"2019-09-05 等", "2019-09-05T", "0001-01-01", "1899-12-31", "2151-01-01", "2200-01-01", "9999-12-30", "-43713", "1e5", "99999999999999", strings.Repeat("9", 100)} {
		if d, err := catalog.ParseDate(in); !fault.Is(err, "catalog.bad_date") {
			t.Errorf("%q: got %s, %v", in, d, err)
		}
	}
}

func TestAmountsAreReadAsFilesStateThem(t *testing.T) {
	tests := []struct {
		in      string
		fen     credit.Fen
		foreign bool
		rounded bool
		worded  bool
	}{
		{in: "0.3", fen: 300000}, {in: "0", fen: 0}, {in: "39.2000(万元)", fen: 39200000}, {in: "2,600(万元)", fen: 2600000000}, {in: "75万元人民币", fen: 75000000},
		{in: "75万人民币", fen: 75000000}, {in: "1,200(万人民币元)", fen: 1200000000}, {in: "3（万）", fen: 3000000}, {in: "３，０００元", fen: 300000}, {in: "3000元", fen: 300000},
		{in: "￥3000元", fen: 300000}, {in: "人民币100万元", fen: 100000000}, {in: "1.5亿元", fen: 15000000000}, {in: "0.000001", fen: 1}, {in: "4E-05", fen: 40}, {in: "1.2e3", fen: 1200000000},
		{in: "0.30000000000000004", fen: 300000}, {in: "4.0000000000000003E-5", fen: 40}, {in: "0.0000004", rounded: true}, {in: "0.0000006", fen: 1, rounded: true},
		{in: "0.1234567", fen: 123457, rounded: true}, {in: "50(万美元)", foreign: true}, {in: "50万香港元", foreign: true}, {in: "1,234,567.89元", fen: 123456789},
		{in: "300000fen", fen: 300000}, {in: "1000000000000", fen: 1e18},
		{in: "贰万元", fen: 2e6}, {in: "肆万捌仟元", fen: 48e5}, {in: "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分整", fen: 123456789}, {in: "人民币叁仟圆整", fen: 3e5},
		{in: "二万元", fen: 2e6}, {in: "拾伍万元", fen: 15e6}, {in: "两千元", fen: 2e5}, {in: "壹万零伍元", fen: 1000500}, {in: "壹萬伍佰元", fen: 105e4}, {in: "伍角", fen: 50},
		{in: "贰 万 元", fen: 2e6}, {in: "3万元", fen: 3e6}, {in: "3千元", fen: 3e5}, {in: "3万5千元", fen: 35e5}, {in: "1万5000元", fen: 15e5}, {in: "零元", fen: 0},
		{in: "壹亿零壹元", fen: 1e10 + 100}, {in: "一百零五元", fen: 10500}, {in: "一百一十五元三角", fen: 11530}, {in: ".15元", fen: 15},
		{in: "罚款.15元", fen: 15, worded: true}, {in: "罚款人民币零元(0元)", fen: 0, worded: true}, {in: "罚款3000元", fen: 3e5, worded: true},
		{in: "处以罚款人民币贰万元整（￥20000.00）。", fen: 2e6, worded: true}, {in: "罚款金额：0.3万元", fen: 3e5, worded: true}, {in: "贰万元整(20,000元)", fen: 2e6, worded: true},
	}
	for _, tt := range tests {
		want := catalog.Money{Fen: tt.fen, Foreign: tt.foreign, Rounded: tt.rounded, Worded: tt.worded}
		if got, err := catalog.ParseAmount(tt.in); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", tt.in, got, err, want)
		}
	}
}

func TestWhatIsNoAmountIsNotGuessed(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "catalog.bad_amount"}, {"三万", "catalog.amount_without_unit"}, {"1,5", "catalog.bad_amount"}, {"1,0000", "catalog.bad_amount"}, {"3仟", "catalog.amount_without_unit"},
		{"约3万", "catalog.bad_amount"}, {"3-5万元", "catalog.bad_amount"}, {"0x10", "catalog.bad_amount"}, {"1e999", "catalog.bad_amount"}, {"NaN", "catalog.bad_amount"},
		{"罚款3000", "catalog.amount_without_unit"}, {"￥3000", "catalog.amount_without_unit"}, {"罚款人民币30000", "catalog.amount_without_unit"}, {"贰拾", "catalog.amount_without_unit"},
		{"一万五元", "catalog.bad_amount"}, {"一百五元", "catalog.bad_amount"}, {"百元", "catalog.bad_amount"}, {"一千万百元", "catalog.bad_amount"}, {"壹贰元", "catalog.bad_amount"},
		{"罚款3000元以下", "catalog.bad_amount"}, {"没收违法所得500元", "catalog.bad_amount"}, {"免予罚款3000元", "catalog.bad_amount"}, {"1.2.3元", "catalog.bad_amount"},
		{"罚款3000元,没收违法所得500元", "catalog.several_amounts"}, {"罚款贰万元(3000元)", "catalog.amounts_differ"}, {"罚款人民币零元(1元)", "catalog.amounts_differ"},
		{"-1", "catalog.negative_amount"}, {"1000000000001", "catalog.amount_too_large"}, {"9E99", "catalog.amount_too_large"}, {strings.Repeat("1", 90), "catalog.amount_too_large"}, {strings.Repeat("1", 300), "catalog.bad_amount"},
	}
	for _, tt := range tests {
		if got, err := catalog.ParseAmount(tt.in); !fault.Is(err, tt.want) {
			t.Errorf("%q: got %+v, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestAnAmountIsShownAsFilesStateIt(t *testing.T) {
	fine, _ := kind(t, "penalty").Field("CF_NR_FK")
	for clean, want := range map[string]string{"300000fen": "0.3", "0fen": "0", "1fen": "0.000001", "2600000000fen": "2600"} {
		if got := fine.Show(clean); got != want {
			t.Errorf("%s: got %s, want %s", clean, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, 1e18).Draw(t, "fen")
		m, err := catalog.ParseAmount(fine.Show(strconv.FormatInt(fen, 10) + "fen"))
		if err != nil || m != (catalog.Money{Fen: credit.Fen(fen)}) {
			t.Fatalf("%d: %+v, %v", fen, m, err)
		}
	})
}

// capitals writes an amount as a cheque does.
func capitals(fen int64) string {
	const digits = "零壹贰叁肆伍陆柒捌玖"
	digit := func(n int64) string { return string([]rune(digits)[n]) }
	four := func(n int64) (s string) {
		gap := false
		for i, unit := range []string{"仟", "佰", "拾", ""} {
			d := n / []int64{1000, 100, 10, 1}[i] % 10
			switch {
			case d == 0:
				gap = true
				continue
			case gap && s != "":
				s += "零"
			}
			s, gap = s+digit(d)+unit, false
		}
		return s
	}
	var s string
	yuan, gap := fen/100, false
	for i, unit := range []string{"万", "亿", "万", ""} {
		n := yuan / []int64{1e12, 1e8, 1e4, 1}[i] % 1e4
		if n == 0 {
			gap = true
			if i == 1 && s != "" {
				s += "亿"
			}
			continue
		}
		if s != "" && (gap || n < 1000) {
			s += "零"
		}
		s, gap = s+four(n)+unit, false
	}
	jiao, cent := fen/10%10, fen%10
	if s != "" {
		s += "元"
	}
	switch {
	case jiao == 0 && cent == 0 && s == "":
		return "零元整"
	case jiao == 0 && cent == 0:
		return s + "整"
	case jiao == 0 && s != "":
		s += "零"
	case jiao != 0:
		s += digit(jiao) + "角"
	}
	if cent == 0 {
		return s + "整"
	}
	return s + digit(cent) + "分"
}

func TestEveryAmountInCapitalsReadsBack(t *testing.T) {
	same := func(fen int64) (string, bool) {
		s := capitals(fen)
		m, err := catalog.ParseAmount(s)
		return s, err == nil && m == catalog.Money{Fen: credit.Fen(fen)}
	}
	for fen := range int64(200_000) {
		if s, ok := same(fen); !ok {
			t.Fatalf("%d: %s", fen, s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, 1e18-1).Draw(t, "fen") / []int64{1, 100, 10000, 1e6, 1e8, 1e10}[rapid.IntRange(0, 5).Draw(t, "round")]
		zeros := []int64{1, 100, 10000, 1e6}[rapid.IntRange(0, 3).Draw(t, "zeros")]
		fen = fen % (1e18 / zeros) * zeros // below 1e18, and never beyond what an int64 holds
		if s, ok := same(fen); !ok {
			t.Fatalf("%d: %s", fen, s)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2019-09-05", "43713.5", "1472745600000", "2019年9月5日", "9999", "T", "二〇二六年三月五日", "2026年3月5日 星期四", "2019-09-05T16:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := catalog.ParseDate(s)
		if kind, _ := fault.Of(err); err != nil && kind != fault.Invalid {
			t.Fatalf("%q: %v", s, err)
		}
		if err != nil {
			return
		}
		if again, err := catalog.ParseDate(d.String()); err != nil || again != d || d.Year() < 1900 || d.Year() > 2150 {
			t.Fatalf("%q is %s, and that is %s, %v", s, d, again, err)
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"0.3", "2,600(万元)", "75万元人民币", "4E-05", "50(万美元)", "1E99", "300000fen", "￥1", "壹佰贰拾叁元捌角玖分整", "罚款人民币零元(0元)", "3万5千元", "罚款.15元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := catalog.ParseAmount(s)
		if kind, _ := fault.Of(err); err != nil && kind != fault.Invalid {
			t.Fatalf("%q: %v", s, err)
		}
		if err == nil && (m.Fen < 0 || m.Fen > 1e18 || m.Foreign && m.Fen != 0) {
			t.Fatalf("%q is %+v", s, m)
		}
	})
}
