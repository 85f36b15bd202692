//go:build unix

package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMemoryOfBigFiles reads a CSV of 1 GB and a workbook of 200,000 rows of 30 columns, each in a process of its own, and
// looks at the most memory that one had. It takes a minute and 1.1 GB of disk, so it is asked for: ZHIXIN_BIG=1.
func TestMemoryOfBigFiles(t *testing.T) {
	if name := os.Getenv("ZHIXIN_BIG_FILE"); name != "" {
		readThrough(t, name)
		return
	}
	if os.Getenv("ZHIXIN_BIG") == "" {
		t.Skip("asked for with ZHIXIN_BIG=1")
	}
	for name, write := range map[string]func(*testing.T, io.Writer){"1 GB.csv": bigCSV, "200,000 × 30.xlsx": bigBook} {
		file := filepath.Join(t.TempDir(), name)
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		write(t, w)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		child := exec.Command(os.Args[0], "-test.run=^TestMemoryOfBigFiles$", "-test.v")
		child.Env = append(os.Environ(), "ZHIXIN_BIG_FILE="+file)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		kib := child.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		t.Logf("%s: %d MiB at most, %s; %s", name, kib>>10, time.Since(began).Round(time.Second), strings.Split(string(out), "\n")[1])
		if kib>>10 >= 300 {
			t.Errorf("%s took %d MiB", name, kib>>10)
		}
	}
}

func readThrough(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(f, info.Size(), Limits{Rows: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	rows, cells := 0, 0
	for {
		row, err := r.Next()
		if err == io.EOF {
			t.Logf("%d rows, %d cells, %d MiB of file", rows, cells, info.Size()>>20)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		rows, cells = rows+1, cells+len(row.Cells)
	}
}

func bigCSV(t *testing.T, w io.Writer) {
	for n, i := 0, 0; n < 1e9; i++ {
		wrote, err := fmt.Fprintf(w, "91340800MA%08d,安庆市样例%d有限公司,\"虚假宣传,发布虚假广告\",罚款;没收违法所得,罚款3000元,0.3,2026-03-05,%s\n", i, i, strings.Repeat("违法事实", 20))
		if err != nil {
			t.Fatal(err)
		}
		n += wrote
	}
}

// bigBook has ten columns of shared texts that are all different, as codes and names are, ten of few texts and ten of numbers.
func bigBook(t *testing.T, w io.Writer) {
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	const n = 200_000
	z := zip.NewWriter(w)
	write := func(name string, f func(w io.Writer)) {
		part, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		b := bufio.NewWriterSize(part, 1<<20)
		f(b)
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	write("[Content_Types].xml", text(`<Types/>`))
	write("_rels/.rels", text(`<Relationships><Relationship Id="r1" Type="`+rel+`officeDocument" Target="xl/workbook.xml"/></Relationships>`))
	write("xl/workbook.xml", text(`<workbook><sheets><sheet name="一" sheetId="1" r:id="r1"/></sheets></workbook>`))
	write("xl/_rels/workbook.xml.rels", text(`<Relationships><Relationship Id="r1" Type="`+rel+`worksheet" Target="s.xml"/>`+
		`<Relationship Id="r2" Type="`+rel+`sharedStrings" Target="t.xml"/></Relationships>`))
	write("xl/t.xml", func(w io.Writer) {
		_, _ = io.WriteString(w, "<sst>")
		for i := range 10 * n {
			_, _ = fmt.Fprintf(w, "<si><t>安庆市样例第%d有限公司</t></si>", i)
		}
		_, _ = io.WriteString(w, "</sst>")
	})
	write("xl/s.xml", func(w io.Writer) {
		_, _ = io.WriteString(w, "<worksheet><sheetData>")
		for i := range n {
			_, _ = fmt.Fprintf(w, `<row r="%d">`, i+1)
			for c := range 30 {
				switch {
				case c < 10:
					_, _ = fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+c, i+1, 10*i+c)
				case c < 20:
					_, _ = fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+c, i+1, c)
				case c < 26:
					_, _ = fmt.Fprintf(w, `<c r="%c%d"><v>%d.5</v></c>`, 'A'+c, i+1, i)
				default:
					_, _ = fmt.Fprintf(w, `<c r="A%c%d" t="inlineStr"><is><t>第%d号</t></is></c>`, 'A'+c-26, i+1, i)
				}
			}
			_, _ = io.WriteString(w, "</row>")
		}
		_, _ = fmt.Fprintf(w, `</sheetData><mergeCells><mergeCell ref="A1:A%d"/></mergeCells></worksheet>`, 5)
	})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}
