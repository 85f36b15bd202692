package publicity

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"zhixin/internal/credit"
)

func TestFreeTextLosesWhatNamesAPerson(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"identity number", "当事人张三(身份证号34080319900101101X)经营", "当事人张三(身份证号***)经营"},
		{"identity number in digits", "身份证号340803199001011015。", "身份证号***。"},
		{"identity number in wide digits", "身份证号３４０８０３１９９００１０１１０１５。", "身份证号***。"},
		{"identity number with a wide X", "３４０８０３１９９００１０１１０１Ｘ", "***"},
		{"identity number with blanks", "身份证340803 19900101 1015号", "身份证***号"},
		{"identity number with hyphens", "340803-19900101-101x", "***"},
		{"identity number with long hyphens and wide blanks", "３４０８０３—１９９００１０１　１０１５", "***"},
		{"identity number in fours", "3408 0319 9001 0110 15", "***"},
		{"identity number with a day in it", "110101-1949-12-31-0021", hiddenIf("110101194912310021", "110101-1949-12-31-0021")},
		{"identity number with an invisible character", "340803\u200b199001011015", "***"},
		{"identity number and telephone", "340803 19900101 1015 13855561234", "*** ***"},
		{"identity number and telephone in one", "34080319900101101513855561234", "***"},
		{"old identity number", "身份证340803900101101", "身份证***"},
		{"old identity number in groups", "340803 900101 101", "***"},
		{"identity number behind letters", "ID340803199001011015", "ID***"},
		{"mobile phone", "电话13855561234,", "电话***,"},
		{"mobile phone in groups", "电话138 5556 1234", "电话***"},
		{"mobile phone of the country", "电话+8613855561234", "电话***"},
		{"mobile phone of the country in groups", "+86 138-5556-1234", "***"},
		{"mobile phone of the country without sign", "8613855561234、0086-13855561234", "***、***"},
		{"mobile phone with a trunk prefix", "013855561234", "***"},
		{"mobile phone in wide digits", "＋８６１３８５５５６１２３４", "***"},
		{"mobile phone digit by digit", "1 3 8 5 5 5 6 1 2 3 4", "***"},
		{"mobile phone after a day", "2025-03-04 13855561234", "2025-03-04 ***"},
		{"telephone", "电话0556-5551234", "电话***"},
		{"telephone in brackets", "电话（0556）5551234", "电话***"},
		{"telephone of the country", "+86-556-5551234", "***"},
		{"bank card", "缴至6228480402564890018账户", "缴至***账户"},
		{"bank card in groups", "6228 4804 0256 4890 018", "***"},
		{"e-mail", "寄zhang.san@example.com处", "寄***处"},
		{"wide e-mail", "寄ｚｈａｎｇ＠example.com处", "寄***处"},
		{"code of an enterprise stays", "当事人91340800MA2X00019Q违反", "当事人91340800MA2X00019Q违反"},
		{"number of a decision stays", "宜市监罚〔2025〕123号", "宜市监罚〔2025〕123号"},
		{"number of a decision with hyphens stays", "宜市监罚字〔2025〕34-0803-123号", "宜市监罚字〔2025〕34-0803-123号"},
		{"number of a licence stays", "XK16-204-00123、JY13408030012345", "XK16-204-00123、JY13408030012345"},
		{"licence numbers stay", "SC10634080300123、皖械注准20212070123、国药准字H20203012", "SC10634080300123、皖械注准20212070123、国药准字H20203012"},
		{"amounts and dates stay", "2025-03-04罚款20000000元", "2025-03-04罚款20000000元"},
		{"wide digits stay", "罚款２００００元，第８７条", "罚款２００００元，第８７条"},
		{"days in a row stay", "2025-03-04 2025-03-05 2025-03-06", "2025-03-04 2025-03-05 2025-03-06"},
		{"times stay", "2025-03-04 08:30:15至20250305 1830", "2025-03-04 08:30:15至20250305 1830"},
		{"years stay", "2021 2022 2023 2024 2025", "2021 2022 2023 2024 2025"},
		{"a division, a day and a number stay", "340803 2025-03-04 1234", "340803 2025-03-04 1234"},
		{"a number and a day stay", "133 20250304", "133 20250304"},
		{"a registration number that is called so stays", "注册号：340803000012344", regNo("注册号：340803000012344")},
		{"hash stays", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"articles of law stay", "违反第13、14、15条及GB 2760-2014", "违反第13、14、15条及GB 2760-2014"},
		{"prices and sizes stay", "12345.67元,100X200毫米", "12345.67元,100X200毫米"},
		{"barcodes stay", "条码6901234567892", "条码6901234567892"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := redact(tt.in); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// hiddenIf returns what is left of a written number: one whose middle is spelled as a day is only one where its check digit is right.
func hiddenIf(number, written string) string {
	if credit.CheckCitizenID(number) == nil {
		return hidden
	}
	return written
}

// regNo gives a text that ends in a registration number.
func regNo(text string) string {
	if credit.CheckRegNo(text[len(text)-15:]) != nil {
		return strings.TrimSuffix(text, text[len(text)-15:]) + hidden
	}
	return text
}

// TestAnyIdentityNumberAndPhoneIsHidden writes numbers in every way that people do, between any words.
func TestAnyIdentityNumberAndPhoneIsHidden(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	around := []string{"", "当事人", "(", "，", "ID", "。", "号", " "}
	for range 20000 {
		digits := ""
		if rng.IntN(2) == 0 {
			digits = []string{"", "0", "86", "+86", "+86 ", "0086-"}[rng.IntN(6)] + fmt.Sprintf("1%d%09d", 3+rng.IntN(7), rng.IntN(1e9))
		} else {
			digits = citizenNumber(fmt.Sprintf("34%04d%d%02d%02d%03d", rng.IntN(1e4), 1940+rng.IntN(80), 1+rng.IntN(12), 1+rng.IntN(28), rng.IntN(1000)))
		}
		written := write(rng, digits)
		before, after := around[rng.IntN(len(around))], around[rng.IntN(len(around))]
		if strings.Contains(written, "X") && after == "ID" {
			after = ""
		}
		if got, want := redact(before+written+after), before+hidden+after; got != want {
			t.Fatalf("%q of %s: got %q, want %q", before+written+after, digits, got, want)
		}
	}
}

// citizenNumber puts the check digit behind the first seventeen.
func citizenNumber(n string) string {
	for _, c := range "0123456789X" {
		if credit.CheckCitizenID(n+string(c)) == nil {
			return n + string(c)
		}
	}
	return n
}

// write spells a number with wide digits and with blanks or hyphens every three or four of them.
func write(rng *rand.Rand, number string) string {
	step, wide := []int{0, 3, 4}[rng.IntN(3)], rng.IntN(2) == 0
	between := []string{" ", "-", "　", "–", "－"}[rng.IntN(5)]
	var b strings.Builder
	n := 0
	for _, r := range number {
		if '0' <= r && r <= '9' || r == 'X' {
			if n > 0 && step > 0 && n%step == 0 && strings.HasPrefix(number, "34") {
				b.WriteString(between)
			}
			n++
			if wide {
				r += '０' - '0'
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestCodesOfOrganisationsStay also where they are digits only and could be taken for a long number.
func TestCodesOfOrganisationsStay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const characters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for n := range 5000 {
		code := fmt.Sprintf("9134%02d%02d%09d", rng.IntN(20), rng.IntN(10), rng.IntN(1e9))
		if n%2 == 0 {
			code = fmt.Sprintf("913408%02dMA%07d", rng.IntN(10), rng.IntN(1e7))
		}
		for _, c := range characters {
			if _, err := credit.ParseUSCC(code + string(c)); err == nil {
				code += string(c)
				break
			}
		}
		if got := redact("当事人" + code + "违反"); got != "当事人"+code+"违反" {
			t.Fatalf("%s: %s", code, got)
		}
	}
}

func TestAPublicCodeIsNoPersonsNumber(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"340803199001011015", hidden}, {"13855561234", hidden}, {"91340800MA2X00019Q", "91340800MA2X00019Q"}, {"3411", "3411"}, {"246000", "246000"},
	} {
		if got := redactCode(tt.in); got != tt.want {
			t.Errorf("%s: %s", tt.in, got)
		}
	}
}
