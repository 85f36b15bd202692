package catalog_test

import (
	"maps"
	"strings"
	"testing"

	"zhixin/internal/catalog"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

func TestHeadingsAreFoundHoweverTheyAreWritten(t *testing.T) {
	tests := []struct{ kind, heading, want string }{
		{"penalty", "CF_XDR_MC", "CF_XDR_MC"}, {"penalty", "cfXdrMc", "CF_XDR_MC"}, {"penalty", " 行政相对人名称* ", "CF_XDR_MC"}, {"penalty", "ＣＦ＿ＷＳＨ", "CF_WSH"},
		{"penalty", "罚款金额（万元）", "CF_NR_FK"}, {"penalty", "罚款金额(万元)", "CF_NR_FK"}, {"penalty", "行政相对人代码_1（统一社会信用代码）", "CF_XDR_SHXYM"},
		{"penalty", "行政相对人代码_2（工商注册号）", "CF_XDR_GSZC"}, {"penalty", "行政相对人代码_2（组织机构代码）", "CF_XDR_ZZJG"}, {"penalty", "行政相对人代码_2", ""},
		{"penalty", "行政相对人\n名称", "CF_XDR_MC"}, {"penalty", "cfFrSfzh", "CF_FR_ZJHM"}, {"penalty", "cfCflbText", "CF_CFLB"}, {"penalty", "party_name_as_listed", "CF_XDR_MC"},
		{"penalty", "case_name", "CF_AJMC"}, {"penalty", "party_no", ""}, {"enterprise", "uscc", "UNISCID"}, {"enterprise", "reg_date", "ESTDATE"}, {"enterprise", "name_masked", ""},
		{"enterprise", "住所（经营场所）", "DOM"}, {"annual-report", "年报年度：", "ANCHEYEAR"},
	}
	for _, tt := range tests {
		columns, _ := kind(t, tt.kind).Columns([]string{"", tt.heading})
		want := map[int]string{}
		if tt.want != "" {
			want[1] = tt.want
		}
		if !maps.Equal(columns, want) {
			t.Errorf("%s of %s: got %v, want %s", tt.heading, tt.kind, columns, tt.want)
		}
	}
}

func TestAHeadingStandsOnce(t *testing.T) {
	columns, problems := kind(t, "annual-report").Columns([]string{"uscc", "年度", "年报日期", "UNISCID"})
	if got := said(problems); got != "UNISCID:duplicate_heading" || columns[0] != "UNISCID" || len(columns) != 3 {
		t.Errorf("got %s, %v", got, columns)
	}
}

func TestAFileHasTheColumnsWithoutWhichNoRowIsTaken(t *testing.T) {
	_, problems := kind(t, "penalty").Columns([]string{"行政相对人名称", "注册号", "处罚类别", "决定日期"})
	if got := said(problems); got != "CF_WSH:missing_heading" {
		t.Errorf("got %s", got)
	}
}

func TestAColumnInYuanIsNotReadAsTenThousandYuan(t *testing.T) {
	_, problems := kind(t, "penalty").Columns([]string{"行政相对人名称", "注册号", "处罚类别", "决定日期", "文号", "罚款金额（元）"})
	if got := said(problems); got != "CF_NR_FK:heading_in_yuan" {
		t.Errorf("got %s", got)
	}
}

func TestEveryHeadingNamesOneField(t *testing.T) {
	for _, k := range catalog.All() {
		for _, f := range k.Fields {
			for _, h := range append([]string{f.Code, f.Name}, f.Aliases...) {
				if columns, _ := k.Columns([]string{h}); columns[0] != f.Code {
					t.Errorf("%s: %s is a heading of %s and of %s", k.Name, h, f.Code, columns[0])
				}
			}
			if f.Name == "" || f.English == "" || f.Class == "" || f.Length == 0 {
				t.Errorf("%s: %s is not described", k.Name, f.Code)
			}
		}
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	if _, err := catalog.Of("licences"); !fault.Is(err, "catalog.unknown_kind") {
		t.Error(err)
	}
}

// TestEveryProblemSaysHowToMendIt holds for what is wrong with a row; what is wrong with a file or a list of fields says both in
// one sentence.
func TestEveryProblemSaysHowToMendIt(t *testing.T) {
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	file := map[string]bool{"catalog.unknown_kind": true, "catalog.duplicate_heading": true, "catalog.missing_heading": true, "catalog.heading_in_yuan": true,
		"catalog.ambiguous_heading": true, "credit.bad_date": true}
	words.Codes(func(code string, says map[lang.Tag]string) {
		if strings.Contains(says[lang.ZH], "本行已接收") {
			t.Errorf("%s says that a row was taken, which another problem may have refused", code)
		}
		row := strings.HasPrefix(code, "catalog.") && !strings.HasPrefix(code, "catalog.list_") || strings.HasPrefix(code, "credit.")
		if row && !strings.HasSuffix(code, "_mend") && !file[code] && !words.Has(code+"_mend") {
			t.Errorf("%s does not say how it is mended", code)
		}
	})
}
