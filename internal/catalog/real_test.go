package catalog_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/dbtest"
)

// shared opens a real file that is not part of the project.
func shared(t *testing.T, name string) io.Reader {
	t.Helper()
	dir := os.Getenv("ZHIXIN_SHARED")
	if dir == "" {
		dir = "/work/shared"
	}
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		dbtest.Skip(t, "no "+name)
	}
	t.Cleanup(func() { _ = f.Close() })
	if !strings.HasSuffix(name, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// rows reads a file as rows of field codes.
func rows(t *testing.T, k catalog.Kind, r io.Reader, more map[string]string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns, problems := k.Columns(append(all[0], "CF_WSH", "CF_XDR_SHXYM")[:len(all[0])+len(more)])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			if code, ok := columns[i]; ok {
				row[code] = cell
			}
		}
		for code, v := range more {
			row[code] = v
		}
		out = append(out, row)
	}
	return out
}

func TestTheRealEnterprisesOfAnqingAreAccepted(t *testing.T) {
	k := kind(t, "enterprise")
	given := rows(t, k, shared(t, "anqing_enterprises.csv.gz"), nil)
	count := map[string]int{}
	kinds, divisions := map[string]int{}, map[string]int{}
	for _, row := range given {
		clean, problems := k.Check(row, today)
		for _, p := range problems {
			if count[p.Code]++; !p.Warning {
				t.Errorf("%v: %v", row, p)
			}
		}
		kinds[clean["SUBJKIND"]]++
		divisions[clean["DIVISION"]]++
		if clean["ESTDATE"] != row["ESTDATE"] || clean["ENTNAME"] == "" || clean["REGSTATE"] != string(credit.Active) {
			t.Errorf("%v is read as %v", row, clean)
		}
	}
	t.Log(len(given), count, kinds, divisions)
	if len(given) != 9009 || kinds["individual"] < 479 || kinds["cooperative"] != 232 || kinds["other"] != 0 {
		t.Errorf("%d rows, kinds %v", len(given), kinds)
	}
	if divisions["340882"] != 802 || divisions["340824"] != 0 || divisions[""] != 0 {
		t.Errorf("divisions %v", divisions)
	}
}

func TestTheRealPenaltiesOfShenzhenAreAcceptedOnceTheyHaveNumberAndCode(t *testing.T) {
	k := kind(t, "penalty")
	given := rows(t, k, shared(t, "penalties_shenzhen_2022-04-29_05-10.csv"), map[string]string{"CF_WSH": "深市监处罚〔2022〕1号", "CF_XDR_SHXYM": "91440300192203821" + "6"})
	var fines credit.Fen
	for _, row := range given {
		clean, problems := k.Check(row, today)
		if catalog.Bad(problems) {
			t.Errorf("%v: %v", row, problems)
		}
		m, err := catalog.ParseAmount(clean["CF_NR_FK"])
		if err != nil {
			t.Errorf("%v: %v", clean, err)
		}
		fines += m.Fen
	}
	if len(given) != 75 || fines == 0 {
		t.Errorf("%d rows, fines of %d fen", len(given), fines)
	}
}

// TestTheRealHeadingsOf2018AreAllKnown: of each field of the national list, its label and its key name one field.
func TestTheRealHeadingsOf2018AreAllKnown(t *testing.T) {
	all, err := csv.NewReader(shared(t, "double_publicity_2018_fields.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	labels, keys := map[string][]string{}, map[string][]string{}
	for _, row := range all[1:] {
		keys[row[0]], labels[row[0]] = append(keys[row[0]], row[2]), append(labels[row[0]], row[3])
	}
	for name := range labels {
		byLabel, problems := kind(t, name).Columns(labels[name])
		byKey, more := kind(t, name).Columns(keys[name])
		if len(problems)+len(more) > 0 || len(byLabel) != len(labels[name]) {
			t.Errorf("%s: %v %v", name, problems, more)
		}
		for i, label := range labels[name] {
			if byLabel[i] == "" || byLabel[i] != byKey[i] {
				t.Errorf("%s: %s is %q, %s is %q", name, label, byLabel[i], keys[name][i], byKey[i])
			}
		}
	}
	if len(all) != 51 {
		t.Errorf("%d rows", len(all))
	}
}
