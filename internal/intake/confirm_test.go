package intake_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// lay hands a file in that waits to be seen.
func lay(t testing.TB, d *db.DB, kind string, body []byte) intake.Batch {
	t.Helper()
	found(t, d)
	b, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: kind, Department: "SCJG", Name: "文件.csv", Body: bytes.NewReader(body), Confirm: true})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decide calls Confirm or Discard.
func decide(d *db.DB, by org.Actor, at time.Time, id string, what func(context.Context, db.Q, org.Actor, time.Time, string) error) error {
	return d.Tx(ctx, func(q db.Q) error { return what(ctx, q, by, at, id) })
}

func previewOf(t testing.TB, d *db.DB, id string) (p intake.Preview) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) (err error) {
		p, err = intake.PreviewOf(ctx, q, everyone, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func check(t testing.TB, d *db.DB, id string) intake.Batch {
	t.Helper()
	if err := intake.Check(ctx, d, clock, id); err != nil {
		t.Fatal(err)
	}
	return get(t, d, id)
}

const jobsOf = `SELECT COUNT(*) FROM jobs_job WHERE kind = 'intake.check'`

func TestNothingIsCheckedBeforeItIsConfirmed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := registry(0, 30)
		b := lay(t, d, "enterprise", file)
		if b.State != intake.Read || count(t, d, jobsOf) != 0 {
			t.Fatalf("it is %s with %d jobs", b.State, count(t, d, jobsOf))
		}
		if got := check(t, d, b.ID); got.State != intake.Read || count(t, d, `SELECT COUNT(*) FROM record_record`) != 0 {
			t.Fatalf("a check went ahead: %s", got.State)
		}
		same := lay(t, d, "enterprise", file)
		if same.ID != b.ID || !same.Resent || same.State != intake.Read || count(t, d, jobsOf) != 0 {
			t.Errorf("sent again it is %+v with %d jobs", same, count(t, d, jobsOf))
		}
		later := noon.Add(26 * time.Hour)
		for range 2 {
			if err := decide(d, clerk, later, b.ID, intake.Confirm); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'batch.confirmed'`); n != 1 || count(t, d, jobsOf) != 1 {
			t.Errorf("confirmed twice: %d leaves, %d jobs", n, count(t, d, jobsOf))
		}
		if n := count(t, d, `SELECT COUNT(*) FROM intake_preview`); n != 0 {
			t.Errorf("%d previews are kept", n)
		}
		done := check(t, d, b.ID)
		if done.State != intake.Done || done.Accepted != 30 || !done.ReceivedAt.Equal(later) || done.Place <= b.Place {
			t.Errorf("%+v", done)
		}
		if err := decide(d, clerk, later, b.ID, intake.Confirm); err != nil || get(t, d, b.ID).State != intake.Done {
			t.Errorf("confirmed once more: %v", err)
		}
		wantCode(t, "discarded after it was taken", decide(d, clerk, later, b.ID, intake.Discard), "intake.not_waiting")
	})
}

func TestDiscardedFileLeavesNothingAndMayComeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := registry(0, 3)
		b := lay(t, d, "enterprise", file)
		for range 2 {
			if err := decide(d, clerk, noon, b.ID, intake.Discard); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'batch.discarded'`); n != 1 {
			t.Errorf("%d leaves", n)
		}
		wantCode(t, "confirmed after that", decide(d, clerk, noon, b.ID, intake.Confirm), "intake.discarded")
		if got := check(t, d, b.ID); got.State != intake.Discarded || count(t, d, `SELECT COUNT(*) FROM intake_preview`) != 0 {
			t.Errorf("it is %s", got.State)
		}
		if again := lay(t, d, "enterprise", file); again.ID == b.ID || again.Resent || again.State != intake.Read {
			t.Errorf("sent again: %+v", again)
		}
	})
}

// A department's system sends what its clerk has lying at the page: it was never asked, so it is not held up.
func TestAnotherDoorDoesNotWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := registry(0, 3)
		b := lay(t, d, "enterprise", file)
		if got := receive(t, d, "enterprise", file); got.ID != b.ID || got.State != intake.Received || count(t, d, jobsOf) != 1 {
			t.Errorf("%+v", got)
		}
		if got := check(t, d, b.ID); got.Accepted != 3 {
			t.Errorf("%+v", got)
		}
	})
}

func TestOnlyWhoMaySendConfirms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := lay(t, d, "enterprise", registry(0, 3))
		for _, by := range []org.Actor{{User: "u2", Department: "STHJ", Role: credit.Reporter}, {User: "u3", Department: "SCJG", Role: credit.Auditor}} {
			wantCode(t, "confirm", decide(d, by, noon, b.ID, intake.Confirm), "intake.no_batch")
			wantCode(t, "discard", decide(d, by, noon, b.ID, intake.Discard), "intake.no_batch")
		}
		colleague := org.Actor{User: "u4", Department: "SCJG", Role: credit.Reporter}
		waits := func(by org.Actor) (n int) {
			err := d.View(ctx, func(q db.Q) error {
				all, err := intake.Waiting(ctx, q, org.ScopeOf(by, org.BatchSubmit), 10)
				n = len(all)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n, away := waits(colleague), waits(org.Actor{User: "u2", Department: "STHJ", Role: credit.Reporter}); n != 1 || away != 0 {
			t.Errorf("%d wait for the department, %d for another", n, away)
		}
		if err := decide(d, colleague, noon, b.ID, intake.Confirm); err != nil {
			t.Error(err)
		}
		if n := waits(colleague); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

func TestPreviewShowsWhatTheCheckWillTake(t *testing.T) {
	rows := [][]string{{"安庆市行政处罚信息报送表"}, append(slices.Clone(penaltyHead), "经办人")}
	row := func(n int, change func(r []string)) {
		r := append(penalty(n, uscc(n)), "王五")
		change(r)
		rows = append(rows, r)
	}
	row(1, func([]string) {})
	row(2, func(r []string) { r[12], r[10] = "2026年3月6日", "叁仟元整" })
	row(3, func(r []string) { r[12] = "2026-13-45" })
	row(77, func([]string) {})
	rows = append(rows, append(person(5, "自然人"), "王五"))
	for n := 6; n < 60; n++ {
		row(n%4+1, func(r []string) { r[4] = fmt.Sprintf("宜市监罚〔2026〕%d号", 100+n) })
	}
	rows = append(rows, []string{"合计", "", "", "", "", "", "", "", "", "", "16.2"})
	body := file(rows)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 5))
		b := lay(t, d, "penalty", body)
		p := previewOf(t, d, b.ID)
		if p.Total != 59 || len(p.Rows) != 20 || p.Above != 1 || !slices.Equal(p.Heads, []int{2}) || p.How.Format != "CSV" || p.How.Encoding != "UTF-8" {
			t.Errorf("%d rows, %d shown, %d above %v, %+v", p.Total, len(p.Rows), p.Above, p.Heads, p.How)
		}
		if len(p.Notes) != 1 || p.Notes[0].Code != "intake.totals_passed" {
			t.Errorf("notes %v", p.Notes)
		}
		if last := p.Columns[len(p.Columns)-1]; last.Heading != "经办人" || last.Field != "" || p.Columns[0].Field != "CF_XDR_MC" || p.Columns[0].Name != "行政相对人名称" {
			t.Errorf("columns %+v", p.Columns)
		}
		if c := p.Rows[1].Cells; c[12] != (intake.PreviewCell{As: "2026年3月6日", Read: "2026-03-06"}) || c[10] != (intake.PreviewCell{As: "叁仟元整", Read: "0.3"}) ||
			c[0].Read != "" {
			t.Errorf("row 2: %+v", c)
		}
		for i, want := range []intake.Fate{"", "", intake.Rejected, intake.Held, intake.Held} {
			if p.Rows[i].Fate != want {
				t.Errorf("row %d is %q: %+v", i, p.Rows[i].Fate, p.Rows[i].Problems)
			}
		}
		if s := fmt.Sprint(p.Rows[4]); strings.Contains(s, citizen) {
			t.Errorf("a person's number is shown: %s", s)
		}
		if err := decide(d, clerk, noon, b.ID, intake.Confirm); err != nil {
			t.Fatal(err)
		}
		done, told := check(t, d, b.ID), said(t, d, b.ID)
		if done.Received != 59 {
			t.Errorf("%+v", done.Counts)
		}
		for _, r := range p.Rows { // the same reader says the same
			var codes []string
			for _, problem := range r.Problems {
				codes = append(codes, problem.Field+" "+problem.Code)
			}
			if !slices.Equal(codes, told[r.No]) {
				t.Errorf("row %d: shown %v, told %v", r.No, codes, told[r.No])
			}
		}
	})
}

func TestFileThatCannotBeReadDoesNotWait(t *testing.T) {
	late := strings.Replace(string(registry(0, 300)), "安庆市第250", `"安庆市第250`, 1)
	tests := []struct{ name, body, code string }{
		{"no headings", "a,b\n1,2\n", "intake.no_header"},
		{"no rows", strings.Join(registryHead, ",") + "\n", "intake.no_rows"},
		{"a column is missing", "统一社会信用代码,企业类型\n" + uscc(1) + ",有限责任公司\n", "intake.missing_columns"},
		{"a quotation mark far below", late, "sheet.unclosed_quote"},
		{"a picture", "\x89PNG\r\n\x1a\n0000000", "sheet.not_a_table"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, test := range tests {
			b := lay(t, d, "enterprise", []byte(test.body))
			got := get(t, d, b.ID)
			if b.State != intake.Failed || got.State != intake.Failed || !fault.Is(got.Failure(), test.code) {
				t.Errorf("%s: %s, %v", test.name, got.State, got.Failure())
			}
			if again := lay(t, d, "enterprise", []byte(test.body)); again.ID != b.ID || again.State != intake.Failed {
				t.Errorf("%s again: %+v", test.name, again)
			}
		}
		if n := count(t, d, jobsOf); n != 0 {
			t.Errorf("%d jobs", n)
		}
		if n, m := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'batch.failed'`), 2*len(tests); n != m {
			t.Errorf("%d leaves of failure, want %d", n, m)
		}
	})
}

// A file with more rows than are looked at is shown all the same, and not counted.
func TestLongFileIsShownByItsBeginning(t *testing.T) {
	body := registry(0, 5200)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := previewOf(t, d, lay(t, d, "enterprise", body).ID)
		if p.Total != -1 || len(p.Rows) != 20 || p.Unshown {
			t.Errorf("%d rows, %d shown", p.Total, len(p.Rows))
		}
	})
}

// A file of problems that comes back mended is shown by the columns in which it is seen, and without our marks.
func TestPreviewNamesColumnsAsTheyStand(t *testing.T) {
	row := []string{"2", uscc(1), "安庆甲\x00有限公司", "有限责任公司", "张  三", "2015-03-05", "SCJG", "人民路1号", "存续"}
	body := file([][]string{append([]string{"【质信】行号"}, registryHead...), row})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := previewOf(t, d, lay(t, d, "enterprise", body).ID)
		if len(p.Columns) != len(registryHead) || p.Columns[0].Letter != "B" || p.Columns[7].Letter != "I" {
			t.Errorf("%+v", p.Columns)
		}
		if len(p.Rows) != 1 || p.Rows[0].Fate != intake.Rejected || strings.Contains(p.Rows[0].Cells[1].As, "\ufffd") || p.Rows[0].Cells[3].Read != "" {
			t.Errorf("%+v", p.Rows)
		}
	})
}

// A workbook that unpacks to more than is read while its sender waits is neither shown nor refused.
func TestLargeWorkbookWaitsUnseen(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]string{registryHead, {uscc(1), "安庆甲有限公司", "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	small, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(small.Bytes()), int64(small.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var large bytes.Buffer
	w := zip.NewWriter(&large)
	for _, part := range r.File {
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := w.Create("xl/media/image1.bmp")
	if err == nil {
		_, err = io.CopyN(picture, zeros{}, 300<<20)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := lay(t, d, "enterprise", large.Bytes())
		if p := previewOf(t, d, b.ID); b.State != intake.Read || !p.Unshown || len(p.Rows) > 0 {
			t.Errorf("%s %+v", b.State, p)
		}
		if err := decide(d, clerk, noon, b.ID, intake.Confirm); err != nil {
			t.Fatal(err)
		}
		if got := check(t, d, b.ID); got.Accepted != 1 {
			t.Errorf("%s %v", got.State, got.Failure())
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestPastedTextIsAFile(t *testing.T) {
	head := strings.Join(registryHead, "\t")
	row := func(n int, name string) string {
		return strings.Join([]string{uscc(n), name, "有限责任公司", "张三", "2015-03-05", "SCJG", "\"人民路1号\r\n二楼\t\"\"甲\"\"座\"", "存续"}, "\t")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		pasted := func(kind, text string) (out string, err error) {
			err = d.View(ctx, func(q db.Q) error {
				out, err = intake.Pasted(ctx, q, kind, text)
				return err
			})
			return out, err
		}
		text, err := pasted("enterprise", head+"\r\n"+row(1, "安庆甲有限公司")+"\r\n")
		if err != nil {
			t.Fatal(err)
		}
		p := previewOf(t, d, lay(t, d, "enterprise", []byte(text)).ID)
		if len(p.Rows) != 1 || p.Rows[0].Fate == intake.Rejected || p.How.Separator != "\t" || p.Rows[0].Cells[6].As != "人民路1号\n二楼\t\"甲\"座" {
			t.Errorf("%+v", p)
		}
		kindHead := "统一社会信用代码\t"
		if bare, err := pasted("enterprise", row(2, "安庆乙有限公司")); err != nil || !strings.HasPrefix(bare, kindHead) || strings.Count(bare, "\n") != 2 {
			t.Errorf("without headings: %q %v", bare, err)
		}
		if kept, err := pasted("enterprise", "登记表\t\t\n"+head+"\n"+row(3, "安庆丙有限公司")); err != nil || !strings.HasPrefix(kept, "登记表") {
			t.Errorf("with a title: %q %v", kept, err)
		}
		_, err = pasted("enterprise", " \r\n\t")
		wantCode(t, "nothing", err, "intake.nothing_pasted")
		_, err = pasted("no such kind", "a")
		wantCode(t, "no kind", err, "catalog.unknown_kind")
	})
}

// TestAPreviewThatTakesTooLongIsNotShownAndNotRefused: who sends a file waits for it, so it ends after its time, whatever the file. What
// is confirmed unseen is checked like any other.
func TestAPreviewThatTakesTooLongIsNotShownAndNotRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found(t, d)
		send := func(name string, most time.Duration, body []byte) (b intake.Batch, p intake.Preview) {
			t.Helper()
			b, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: "enterprise", Department: "SCJG", Name: name, Body: bytes.NewReader(body), Confirm: true,
				Look: most})
			if err == nil {
				err = d.View(ctx, func(q db.Q) (err error) {
					p, err = intake.PreviewOf(ctx, q, everyone, b.ID)
					return err
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			return b, p
		}
		csv := registry(0, 10)
		for name, body := range map[string][]byte{"a.csv": csv, "a.xlsx": workbook(t, [][]string{registryHead, {uscc(20), "安庆市第20贸易有限公司", "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续"}})} {
			if b, p := send(name, time.Nanosecond, body); b.State != intake.Read || !p.Unshown || p.Total != -1 || len(p.Rows) != 0 || b.Failure() != nil {
				t.Errorf("%s, out of time: %s %+v %v", name, b.State, p, b.Failure())
			}
		}
		b, _ := send("b.csv", time.Nanosecond, registry(30, 34))
		if err := d.Tx(ctx, func(q db.Q) error { return intake.Confirm(ctx, q, clerk, noon, b.ID) }); err != nil {
			t.Fatal(err)
		}
		if got := check(t, d, b.ID); got.State != intake.Done || got.Accepted != 4 {
			t.Errorf("confirmed unseen: %s %+v", got.State, got.Counts)
		}
		if b, p := send("c.csv", 0, registry(40, 44)); b.State != intake.Read || p.Unshown || p.Total != 4 {
			t.Errorf("in time: %s %+v", b.State, p)
		}
	})
}
