package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhixin/internal/testcity"
)

func TestImportWritesTheRowsToMendAndTakesThemBack(t *testing.T) {
	const head = "统一社会信用代码,企业名称,企业类型,法定代表人,成立日期,登记机关,登记状态\n"
	eachCity(t, func(t *testing.T, fresh func() city) {
		c := fresh()
		sent := write(t, "registry.csv", []byte(head+testcity.Code(1)+",安庆振风机械有限公司,有限责任公司,张三,去年,SCJG,存续\n"+
			testcity.Code(1)+",安庆振风机械有限公司,有限责任公司,张三,2005-03-02,SCJG,\n"))
		send := func(want int, args ...string) (m map[string]any) {
			t.Helper()
			out := c.run(want, append([]string{"import", "--kind", "enterprise", "--department", "SCJG"}, args...)...)
			if out != "" && json.Unmarshal([]byte(out), &m) != nil {
				t.Fatal(out)
			}
			return m
		}
		book, sheet := filepath.Join(t.TempDir(), "problems.xlsx"), filepath.Join(t.TempDir(), "problems.csv")
		if m := send(3, "--problems", book, sent); m["rejected"] != 1.0 || m["accepted"] != 1.0 || m["warned"] != 1.0 {
			t.Errorf("counts %v", m)
		}
		before, err := os.ReadFile(book)
		if err != nil {
			t.Fatal(err)
		}
		if m := send(3, "--problems", sheet, book); m["received"] != 1.0 || m["rejected"] != 1.0 {
			t.Errorf("the workbook sent back as it is: %v", m)
		}
		raw, err := os.ReadFile(sheet)
		if err != nil || !bytes.Contains(raw, []byte("去年")) || !strings.HasPrefix(string(raw), "\ufeff【质信】") {
			t.Errorf("%q, %v", raw, err)
		}
		send(1, "--problems", book, sent)
		if after, err := os.ReadFile(book); err != nil || !bytes.Equal(before, after) {
			t.Errorf("a file that was there is overwritten: %v", err)
		}
	})
}
