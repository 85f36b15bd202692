package publicity

import "testing"

func TestFreeTextLosesWhatNamesAPerson(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"identity number", "当事人张三(身份证号34080319900101101X)经营", "当事人张三(身份证号***)经营"},
		{"identity number in digits", "身份证号340803199001011015。", "身份证号***。"},
		{"old identity number", "身份证340803900101101", "身份证***"},
		{"identity number behind letters", "ID340803199001011015", "ID***"},
		{"mobile phone", "电话13855561234,", "电话***,"},
		{"mobile phone in groups", "电话138 5556 1234", "电话***"},
		{"telephone", "电话0556-5551234", "电话***"},
		{"bank card", "缴至6228480402564890018账户", "缴至***账户"},
		{"bank card in groups", "6228 4804 0256 4890 018", "***"},
		{"e-mail", "寄zhang.san@example.com处", "寄***处"},
		{"code of an enterprise stays", "当事人91340800MA2X00019Q违反", "当事人91340800MA2X00019Q违反"},
		{"number of a decision stays", "宜市监罚〔2025〕123号", "宜市监罚〔2025〕123号"},
		{"number of a licence stays", "XK16-204-00123、JY13408030012345", "XK16-204-00123、JY13408030012345"},
		{"amounts and dates stay", "2025-03-04罚款20000000元", "2025-03-04罚款20000000元"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := redact(tt.in); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
