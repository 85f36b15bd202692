package intake_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
)

// shared reads a real table that is no part of the project.
func shared(t *testing.T, name string) [][]string {
	t.Helper()
	dir := os.Getenv("ZHIXIN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		dbtest.Skip(t, "no "+name+"; set ZHIXIN_SHARED")
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func workbook(t testing.TB, rows [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, v := range row {
			cells[j] = v
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRealEnterprisesAreAccountedForInEveryForm(t *testing.T) {
	rows := shared(t, "anqing_enterprises.csv.gz")
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(file(rows))
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string][]byte{"UTF-8": file(rows), "GB18030": gb, "xlsx": workbook(t, rows)}
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		want := map[string]int{}
		var first intake.Counts
		for _, name := range []string{"UTF-8", "GB18030", "xlsx"} {
			d := dbtest.Open(t, dbtest.Fresh(t, engine))
			b := take(t, d, "enterprise", forms[name])
			if b.State != intake.Done || b.Received != 9009 || b.Total != 9009 {
				t.Fatalf("%s: %s %v, %d of %d", name, b.State, b.Failure(), b.Received, b.Total)
			}
			if first == (intake.Counts{}) {
				first = b.Counts
				t.Logf("%+v", first)
			}
			if b.Counts != first {
				t.Errorf("%s: %+v, as UTF-8 %+v", name, b.Counts, first)
			}
			got := map[string]int{
				"records":  count(t, d, `SELECT COUNT(*) FROM record_record`),
				"subjects": count(t, d, `SELECT COUNT(*) FROM enterprise_subject`),
				"refused":  count(t, d, `SELECT COUNT(*) FROM intake_problem WHERE fate = 'rejected'`),
			}
			if got["refused"] != b.Rejected || got["records"] != b.Accepted+b.Superseded {
				t.Errorf("%s: %v do not agree with %+v", name, got, b.Counts)
			}
			if len(want) == 0 {
				want = got
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, as UTF-8 %v", name, got, want)
			}
			if name != "xlsx" {
				continue
			}
			again := take(t, d, "enterprise", append([]byte("\ufeff"), forms["UTF-8"]...))
			if again.Accepted != 0 || again.Received != 9009 || again.Rejected != b.Rejected {
				t.Errorf("%s: sent again with a mark before it: %+v", name, again.Counts)
			}
		}
	})
}

// decisions makes a file of ours of the real cases: with made-up decision numbers, and with codes of registered enterprises
// except for every fifth party and for shops, which are named by their kind only. parties is the registry of those who have a code.
func decisions(cases [][]string) (parties, body []byte, known, shops int) {
	at := map[string]int{}
	for i, h := range cases[0] {
		at[h] = i
	}
	rows, registered := [][]string{penaltyHead}, [][]string{registryHead}
	for i, c := range cases[1:] {
		col := func(name string) string { return c[at[name]] }
		who := uscc(i)
		if i%5 == 4 {
			who = uscc(1000 + i)
		}
		kind := col("party_kind")
		if kind == "个体工商户" {
			who, shops = "00000000000000000X", shops+1
		} else if i%5 != 4 {
			known++
			registered = append(registered, []string{who, col("party_name_as_listed"), "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续"})
		}
		taken := col("confiscated_wan_yuan")
		rows = append(rows, []string{col("party_name_as_listed"), kind, who, "张三", fmt.Sprintf("深市监罚〔2022〕%d号", i+1), col("violation_type"), col("case_name"),
			col("legal_basis"), col("penalty_types"), col("penalty_result"), col("fine_wan_yuan"), taken, col("decision_date"), "2099-12-31",
			"深圳市市场监督管理局", authority, "深圳市市场监督管理局", authority})
	}
	return file(registered), file(rows), known, shops
}

func TestRealPenaltiesAreAccountedFor(t *testing.T) {
	cases := shared(t, "penalties_shenzhen_2022-04-29_05-10.csv")
	parties, body, known, shops := decisions(cases)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", parties)
		b := take(t, d, "penalty", body)
		if b.State != intake.Done || b.Received != len(cases)-1 {
			t.Fatalf("%s %v: %+v", b.State, b.Failure(), b.Counts)
		}
		want := intake.Counts{Accepted: known, Unmatched: len(cases) - 1 - known}
		if b.Counts != want {
			t.Errorf("%+v, want %+v (%d shops without code)", b.Counts, want, shops)
		}
	})
}
