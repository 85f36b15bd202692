package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"zhixin/internal/lang"
)

// TestTheEditionSaysWhatABareCodeMeans: 代码_2 and 代码_3 changed places between 2015 and 2018 (handbook 2.3).
func TestTheEditionSaysWhatABareCodeMeans(t *testing.T) {
	bare := []string{"行政相对人名称", "行政相对人代码_1", "行政相对人代码_2", "行政相对人代码_3", "行政相对人代码_4", "行政相对人代码_5"}
	licence := []string{"XK_XDR_MC", "XK_XDR_SHXYM", "XK_XDR_GSZC", "XK_XDR_ZZJG", "XK_XDR_SWDJ", "XK_XDR_SYDW"}
	old := []string{"XK_XDR_MC", "XK_XDR_SHXYM", "XK_XDR_ZZJG", "XK_XDR_GSZC", "XK_XDR_SWDJ", "XK_XDR_ZJHM"}
	penal := func(codes []string) (out []string) {
		for _, c := range codes {
			out = append(out, "CF_"+strings.TrimPrefix(c, "XK_"))
		}
		return out
	}
	for _, tt := range []struct {
		kind string
		more []string
		want []string
	}{
		{"licence", []string{"行政许可决定文书号", "许可内容", "许可决定日期", "许可类别", "数据来源单位"}, licence},
		{"licence", []string{"XK_WSH", "XK_NR", "XK_JDRQ", "XK_XKJGDM"}, licence},
		{"licence", []string{"行政许可决定书文号", "许可内容", "许可决定日期", "审批类别", "许可截止期", "地方编码"}, old},
		{"licence", []string{"XK_WSH", "XK_NR", "XK_JDRQ", "XK_SPLB", "SJC"}, old},
		{"penalty", []string{"行政处罚决定书文号", "处罚类别", "处罚决定日期", "违法行为类型", "处罚有效期"}, penal(licence)},
		{"penalty", []string{"行政处罚决定书文号", "处罚类别1", "处罚决定日期", "处罚名称", "处罚事由"}, penal(old)},
		{"penalty", []string{"CF_WSH", "CF_CFLB1", "CF_CFLB2", "CF_JDRQ", "CF_JG", "CF_XZJG"}, penal(old)},
	} {
		columns, problems := kind(t, tt.kind).Columns(slices.Concat(bare, tt.more))
		if len(problems) > 0 {
			t.Errorf("%s %v: %s", tt.kind, tt.more, said(problems))
		}
		for i, want := range tt.want {
			if columns[i] != want {
				t.Errorf("%s %v: %s is %s, want %s", tt.kind, tt.more, bare[i], columns[i], want)
			}
		}
	}
}

func TestTheStateOf2015IsNotThatOf2018(t *testing.T) {
	k := kind(t, "licence")
	if columns, _ := k.Columns([]string{"当前状态", "审批类别"}); columns[0] != "XK_ZT15" {
		t.Errorf("of 2015: %v", columns)
	}
	if columns, _ := k.Columns([]string{"当前状态", "许可类别"}); columns[0] != "XK_ZT" {
		t.Errorf("of 2018: %v", columns)
	}
}

func TestABareCodeWithoutEditionIsRefused(t *testing.T) {
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	head := []string{"行政相对人名称", "行政相对人代码_2", "文号", "许可内容", "决定日期"}
	for _, more := range [][]string{nil, {"审批类别", "许可类别", "数据来源单位"}} { // none is proven, or two are
		_, problems := kind(t, "licence").Columns(slices.Concat(head, more))
		if len(problems) == 0 || problems[0].Code != "catalog.ambiguous_heading" {
			t.Fatalf("%v: %s", more, said(problems))
		}
		for _, tag := range lang.Tags {
			text := words.Say(tag, problems[0].Code, problems[0].Args...)
			if !strings.Contains(text, "行政相对人代码_2（工商注册号）") || !strings.Contains(text, "行政相对人代码_3（组织机构代码）") {
				t.Errorf("the sentence does not say what to write: %s", text)
			}
		}
	}
	if _, problems := kind(t, "licence").Columns([]string{"行政相对人名称", "行政相对人代码_2（组织机构代码）", "文号", "许可内容", "决定日期"}); len(problems) > 0 {
		t.Errorf("the full heading: %s", said(problems))
	}
}
