package credit_test

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhixin/internal/credit"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// column returns a file of real data as maps from its heading. Real data is no part of the project: without it the test is
// skipped, loudly.
func column(t *testing.T, name string) []map[string]string {
	t.Helper()
	shared := os.Getenv("ZHIXIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "data", name))
	if err != nil {
		dbtest.Skip(t, "no "+name+"; set ZHIXIN_SHARED")
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// TestRealBadCodes holds our checks against what distributions.md counted in the whole country's file, of which
// bad_codes.csv.gz is half.
func TestRealBadCodes(t *testing.T) {
	got := map[string]int{}
	for _, row := range column(t, "bad_codes.csv.gz") {
		code, problem := row["code"], row["problem"]
		got[problem]++
		normal := credit.NormalizeCode(code)
		u, err := credit.ParseUSCC(code)
		_, why := fault.Of(err)
		regno := credit.CheckRegNo(code) == nil
		switch problem {
		case "len15":
			if strings.Trim(code, "0123456789") == "" {
				got["15 digits"]++
			} else {
				got["15 with letters"]++
			}
			if !regno {
				t.Errorf("%s is no registration number: %v", code, credit.CheckRegNo(code))
			}
		case "len13":
			if !regno {
				t.Errorf("the old number %s is refused", code)
			}
		case "badchar":
			if err == nil && string(u) == strings.ToUpper(code) {
				got["cured by upper case"]++
			}
		case "badcheck":
			got[why]++
		case "len1":
			if !credit.IsPlaceholder(code) {
				t.Errorf("%s is taken for a code", code)
			}
		case "len10":
			if credit.CheckOrgCode(code) != nil || len(normal) != 9 {
				t.Errorf("%s: %v", code, credit.CheckOrgCode(code))
			}
		case "len11", "len12":
			if !regno || normal != code {
				t.Errorf("the number in words %s becomes %s: %v", code, normal, credit.CheckRegNo(code))
			}
		default:
			if err == nil || regno {
				t.Errorf("%s is accepted", code)
			}
		}
	}
	want := map[string]int{"len15": 3643, "len13": 257, "badchar": 121, "badcheck": 106, "len11": 9, "len12": 3, "len1": 6, "len10": 2, "len16": 1,
		"len17": 1, "15 digits": 3276, "15 with letters": 367, "cured by upper case": 120,
		"credit.uscc_check": 105, "credit.uscc_character": 1 /* 429006NA000000022X, letters in the division */}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: got %d, want %d", name, got[name], n)
		}
	}
}

func TestRealCodesOfTheCity(t *testing.T) {
	kinds := map[credit.SubjectKind]int{}
	rows := column(t, "anqing_enterprises.csv.gz")
	for _, row := range rows {
		u, err := credit.ParseUSCC(row["uscc"])
		if err != nil {
			t.Errorf("%s: %v", row["uscc"], err)
		}
		kinds[u.Kind()]++
	}
	if len(rows) != 9009 || kinds[credit.Enterprise] != 8287 || kinds[credit.Individual] != 490 || kinds[credit.Cooperative] != 232 {
		t.Errorf("%d rows: %v", len(rows), kinds)
	}
}
