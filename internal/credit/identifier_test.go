package credit_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// valid are the vectors of handbook 1.1 and the made-up ones for Anqing.
var valid = []string{
	"91350100M000100Y43", "91330282L07196379D", "91330203674737244W", "91110000600037341L", "914403001922038216",
	"91230500MA1B3N1N2M", "1133022500296433XT",
	"91340800MA2X00019Q", "91340802MA2X00027G", "91340803MA2X00035R", "91340811MA2X000437", "91340881MA2X00051E",
	"92340825MA2X0006X0", "93340826MA2X00078B", "11340800003X00081J",
}

func TestUSCCVectors(t *testing.T) {
	for _, code := range valid {
		u, err := credit.ParseUSCC(code)
		if err != nil || string(u) != code {
			t.Errorf("%s: got %q, %v", code, u, err)
		}
		if err := credit.CheckOrgCode(u.OrgCode()); err != nil {
			t.Errorf("%s: its organisation code: %v", code, err)
		}
	}
}

func TestUSCCIsReadAsItArrives(t *testing.T) {
	const want = "91350100M000100Y43"
	for _, arrived := range []string{
		"91350100m000100y43", " 91350100M000100Y43\r\n", "９１３５０１００Ｍ０００１００Ｙ４３", "91350100-M000100Y-43", "9135 0100 M000 100Y 43",
		"'91350100M000100Y43", "\ufeff91350100M000100Y43", "91350100\u200bM000100Y43", "91350100　M000100Y43", "91350100—M000100Y43",
		"９１３５０１００ｍ０００１００ｙ４３",
	} {
		if u, err := credit.ParseUSCC(arrived); err != nil || u != want {
			t.Errorf("%q: got %q, %v", arrived, u, err)
		}
	}
}

func TestUSCCFaultsSayWhatIsWrong(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"check character", "911100001000012345", "credit.uscc_check"},
		{"two characters changed places", "91350100M000010Y43", "credit.uscc_check"},
		{"too short", "9135010M000100Y43", "credit.uscc_length"},
		{"an old number", "340800000000010", "credit.uscc_length"},
		{"letters not in the alphabet", "9135010OM000100Y43", "credit.uscc_character"},
		{"a letter in the division", "91A50100M000100Y43", "credit.uscc_character"},
		{"not a Latin letter", "91350100М000100Y43", "credit.uscc_character"},
		{"a word", "统一社会信用代码统一社会信用代码代码", "credit.uscc_character"},
		{"no code yet", "00000000000000000X", "credit.no_identifier"},
		{"zeros, whose check would even hold", "000000000000000000", "credit.no_identifier"},
		{"none", "无", "credit.no_identifier"},
		{"nothing", " ", "credit.no_identifier"},
		{"masked", "913302******531452", "credit.masked_code"},
		{"masked in full width", "９１３３０２＊＊＊＊＊＊531452", "credit.masked_code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := credit.ParseUSCC(tt.in)
			if kind, code := fault.Of(err); u != "" || kind != fault.Invalid || code != tt.want {
				t.Errorf("got %q, %v, want %s", u, err, tt.want)
			}
		})
	}
}

func TestUSCCParts(t *testing.T) {
	tests := []struct {
		code            credit.USCC
		division, org   string
		kind            credit.SubjectKind
		authority, body string
	}{
		{"91350100M000100Y43", "350100", "M000100Y4", credit.Enterprise, "市场监督管理", "企业"},
		{"92340825MA2X0006X0", "340825", "MA2X0006X", credit.Individual, "市场监督管理", "个体工商户"},
		{"93340826MA2X00078B", "340826", "MA2X00078", credit.Cooperative, "市场监督管理", "农民专业合作社"},
		{"1133022500296433XT", "330225", "00296433X", credit.OtherBody, "机构编制", "机关"},
		{"", "", "", credit.OtherBody, "", ""},
	}
	for _, tt := range tests {
		if got := tt.code.Division(); got != tt.division {
			t.Errorf("%s: division %q", tt.code, got)
		}
		if got := tt.code.OrgCode(); got != tt.org {
			t.Errorf("%s: organisation code %q", tt.code, got)
		}
		if got := tt.code.Kind(); got != tt.kind {
			t.Errorf("%s: kind %q", tt.code, got)
		}
		if got := (credit.Category{Authority: tt.authority, Body: tt.body}); tt.code.Category() != got {
			t.Errorf("%s: category %v", tt.code, tt.code.Category())
		}
	}
}

// TestOneCharacterMistypedIsFound holds because the weights are prime to 31: every single substitution, and every
// exchange of two neighbours, breaks the check.
func TestOneCharacterMistypedIsFound(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for _, code := range valid {
		for i := range code {
			for _, c := range alphabet {
				wrong := code[:i] + string(c) + code[i+1:]
				if _, err := credit.ParseUSCC(wrong); err == nil && wrong != code {
					t.Errorf("%s passes as %s", code, wrong)
				}
			}
			if i+1 < len(code) && code[i] != code[i+1] {
				wrong := code[:i] + code[i+1:i+2] + code[i:i+1] + code[i+2:]
				if _, err := credit.ParseUSCC(wrong); err == nil {
					t.Errorf("%s passes as %s", code, wrong)
				}
			}
		}
	}
}

func TestOrgCodeVectors(t *testing.T) {
	for _, code := range []string{"M000100Y4", "L07196379", "674737244", "D2143569X", "600037341", "M000100Y-4", "d2143569-x"} {
		if err := credit.CheckOrgCode(code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	tests := []struct{ in, want string }{
		{"M000100Y5", "credit.orgcode_check"}, {"M000100Y", "credit.orgcode_form"}, {"M000100Y-44", "credit.orgcode_form"},
		{"000000000", "credit.no_identifier"}, {"质信质", "credit.orgcode_form"}, {"", "credit.orgcode_form"},
	}
	for _, tt := range tests {
		if err := credit.CheckOrgCode(tt.in); !fault.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestRegNoVectors(t *testing.T) {
	for _, no := range []string{
		"331000000033855", "330000000063296", "330000000020077", "330200600002522", "330200400070010", "110108000000016",
		"340800000000010", "340800600000027", "340800400000032",
		" ３４０８０００００００００１０", "3209231100626", "320506NA000043X", "企独苏苏办字第0037", "企合苏宁总字第0002号",
	} {
		if err := credit.CheckRegNo(no); err != nil {
			t.Errorf("%s: %v", no, err)
		}
	}
	tests := []struct{ in, want string }{
		{"330100000001101", "credit.regno_check"}, {"331000000033856", "credit.regno_check"}, {"33100000003385", "credit.regno_form"},
		{"33100000003385X", "credit.regno_form"}, {"000000000000000", "credit.no_identifier"}, {"3310******33855", "credit.masked_code"},
		{"安庆市某某商店", "credit.regno_form"}, {"", "credit.no_identifier"},
	}
	for _, tt := range tests {
		if err := credit.CheckRegNo(tt.in); !fault.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestCitizenIDIsCheckedAndNeverRepeated(t *testing.T) {
	for _, id := range []string{"11010519491231002X", "11010519491231002x", " 110105 19491231 002X"} {
		if err := credit.CheckCitizenID(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	tests := []struct{ in, want string }{
		{"110105194912310021", "credit.citizen_check"}, {"11010519491331002X", "credit.citizen_form"},
		{"110105491231002", "credit.citizen_form"}, {"", "credit.citizen_form"}, {"1101051949123100二X", "credit.citizen_form"},
	}
	for _, tt := range tests {
		err := credit.CheckCitizenID(tt.in)
		if !fault.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %s", tt.in, err, tt.want)
		}
		if tt.in != "" && strings.Contains(err.Error(), tt.in) {
			t.Errorf("%v repeats the number", err)
		}
	}
	if got := credit.MaskCitizenID("34080319900101101X"); got != "340803********101X" {
		t.Errorf("masked %s", got)
	}
	if got := credit.MaskCitizenID("340803900101101"); strings.Trim(got, "*") != "" {
		t.Errorf("masked %s", got)
	}
}

func TestPlaceholdersAndMasksAreNoIdentifiers(t *testing.T) {
	for _, s := range []string{"", "  ", "00000000000000000X", "00000000000000000x", "0", "000000000", "０００", "无", " 无 ", "暂无", "-", "—", "/", "N/A", "n/a", "null"} {
		if !credit.IsPlaceholder(s) {
			t.Errorf("%q stands for a code", s)
		}
	}
	for _, s := range append([]string{"340800000000010", "913302******531452", "10000000000000000X"}, valid...) {
		if credit.IsPlaceholder(s) {
			t.Errorf("%q is taken for nothing", s)
		}
	}
	if !credit.IsMasked("913302******531452") || credit.IsMasked(valid[0]) {
		t.Error("masked codes are not told from whole ones")
	}
}

func TestCodeNormalisation(t *testing.T) {
	tests := []struct{ in, want string }{
		{"m000100y-4", "M000100Y4"}, {"（A）460002300000-", "(A)460002300000"}, {"企独苏苏办字第0037", "企独苏苏办字第0037"},
		{"京－字 第1号", "京-字第1号"}, {"9134\u00a00800", "91340800"}, {"IOSVZ", "IOSVZ"},
	}
	for _, tt := range tests {
		if got := credit.NormalizeCode(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("09AZaz０Ｚｚ'-—　 无（"))))
		once := credit.NormalizeCode(s.Draw(t, "s"))
		if twice := credit.NormalizeCode(once); twice != once {
			t.Fatalf("%q becomes %q", once, twice)
		}
	})
}

func TestNamesAreComparedByWhatTheySay(t *testing.T) {
	same := [][2]string{
		{"安庆市迎江区某某（集团）有限公司", "安庆市迎江区某某(集团)有限公司"}, {"安庆 ＫＴＶ　娱乐城", "安庆ktv娱乐城"},
		{"桐城〔包装〕厂", "桐城【包装】厂"}, {"艾力·买买提商行", "艾力•买买提商行"}, {" 潜山某厂\u200b", "潜山某厂"},
	}
	for _, tt := range same {
		if a, b := credit.NormalizeName(tt[0]), credit.NormalizeName(tt[1]); a != b {
			t.Errorf("%q and %q", a, b)
		}
	}
	if credit.NormalizeName("第一支公司") == credit.NormalizeName("第二支公司") {
		t.Error("two names became one")
	}
	rapid.Check(t, func(t *rapid.T) {
		once := credit.NormalizeName(rapid.String().Draw(t, "name"))
		if twice := credit.NormalizeName(once); twice != once {
			t.Fatalf("%q becomes %q", once, twice)
		}
	})
}

func TestPersonsAreMasked(t *testing.T) {
	tests := []struct{ in, want string }{
		{"张三", "张*"}, {"张三丰", "张**"}, {"欧阳娜娜", "欧阳**"}, {"欧阳修", "欧阳*"}, {"欧阳", "欧*"}, {"张", "*"}, {"", ""}, {" 李四 ", "李*"},
		{"John", "J***"},
	}
	for _, tt := range tests {
		if got := credit.MaskName(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzParseUSCC(f *testing.F) {
	for _, code := range valid {
		f.Add(code)
	}
	for _, s := range []string{"", "无", "00000000000000000X", "913302******531452", "９１３５", "\xff", "91350100m000100y43 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := credit.ParseUSCC(s)
		if err != nil {
			if kind, code := fault.Of(err); kind != fault.Invalid || u != "" {
				t.Fatalf("%q: %q, %s %s", s, u, kind, code)
			}
			return
		}
		again, err := credit.ParseUSCC(string(u))
		if err != nil || again != u || len(u) != 18 || credit.NormalizeCode(s) != string(u) || credit.IsPlaceholder(s) || credit.IsMasked(s) {
			t.Fatalf("%q is accepted as %q, and then %q, %v", s, u, again, err)
		}
	})
}
