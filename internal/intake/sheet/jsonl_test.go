package sheet

import (
	"fmt"
	"strings"
	"testing"

	"zhixin/internal/fault"
)

func TestJSONLinesAreATable(t *testing.T) {
	const text = `{"名称":"甲公司","代码":"91340800MA00000017","金额":0.3}` + "\r\n\n" +
		`{"代码":913408000000000012,"名称":"乙\n公司 \u4e19","在营":true,"备注":null}` + "\n  " + `{"日期":"2026-03-05","金额":1e3}  `
	want := "0[名称 代码 金额 在营 备注 日期] 1[甲公司 91340800MA00000017 0.3   ] 3[乙\n公司 丙 913408000000000012  TRUE  ] 4[  1e3   2026-03-05]"
	for name, raw := range map[string]string{"UTF-8": text, "with mark": "\ufeff" + text, "GB18030": gb(text)} {
		rows, err := all(t, []byte(raw), Limits{})
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%d%s", r.No, r.Cells))
			if len(r.Problems) > 0 {
				t.Errorf("%s: row %d: %v", name, r.No, r.Problems)
			}
		}
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", name, err, s, want)
		}
	}
}

func TestBadJSONLineIsAProblemOfThatLine(t *testing.T) {
	tests := []struct {
		line, code string
		col        int
	}{
		{`{"a":{"x":1},"b":"2"}`, "sheet.json_nested", 0}, {`{"a":"1","b":[1,[2]]}`, "sheet.json_nested", 1},
		{`{"a":"1","b":"2","a":"1"}`, "sheet.json_twice", 0}, {`{"a":null,"a":"1"}`, "sheet.json_twice", 0},
		{`{"a":"1"`, "sheet.json_line", -1}, {`{"a":"1"} {"a":"2"}`, "sheet.json_line", -1}, {`{a:1}`, "sheet.json_line", -1}, {`"a"`, "sheet.json_line", -1},
		{`{"a":"1",}`, "sheet.json_line", -1}, {`{"a":"\u0000"}`, "sheet.nul", 0}, {`{"a":[[[`, "sheet.json_line", -1},
		{"{\"a\":\"\xb7\xa2\xb2\xbc\"}", "sheet.mixed_encoding", -1},
	}
	for _, tt := range tests {
		rows, err := all(t, []byte(`{"a":"中文","b":"3"}`+"\n"+tt.line+"\n"+`{"b":"中文"}`), Limits{})
		if err != nil || len(rows) != 4 || len(rows[0].Problems)+len(rows[1].Problems)+len(rows[3].Problems) != 0 {
			t.Errorf("%s: %v, %v", tt.line, rows, err)
			continue
		}
		if p := rows[2].Problems; rows[2].No != 2 || len(p) == 0 || p[0].Code != tt.code || p[0].Col != tt.col {
			t.Errorf("%s: %+v, want %s", tt.line, rows[2], tt.code)
		}
	}
}

func TestJSONThatIsNoLinesIsRefused(t *testing.T) {
	tests := []struct{ raw, code string }{
		{"[\n{\"a\":1},\n{\"a\":2}\n]", "sheet.json_not_lines"}, {"{\n  \"a\": 1\n}", "sheet.json_not_lines"}, {"{}", "sheet.empty"}, {"{}\n{}\n", "sheet.empty"},
		{`{"a":"` + strings.Repeat("x", 2<<20) + `"}`, "sheet.row_too_long"}, {`{\rtf1 a}`, "sheet.not_a_table"},
	}
	var wide strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&wide, "{\"k%d\":1}\n", i)
	}
	tests = append(tests, struct{ raw, code string }{wide.String(), "sheet.too_many_columns"})
	for _, tt := range tests {
		if rows, err := all(t, []byte(tt.raw), Limits{}); !fault.Is(err, tt.code) {
			t.Errorf("%.40s: %v, %v, want %s", tt.raw, rows, err, tt.code)
		}
	}
}

func FuzzJSONLines(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"b\":\"\\u4e2d\"}", "{\"a\":{\"b\":[1,2]}}", "{\"a\":1,\"a\":2}\n{", "{\"a\":\"\xb7\xa2\"}\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := all(t, append([]byte("{"), raw...), Limits{Rows: 1000})
		if kind, _ := fault.Of(err); err != nil && kind == fault.Internal {
			t.Fatal(err)
		}
		for _, r := range rows {
			for _, p := range r.Problems {
				if p.Col >= len(r.Cells) {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}
