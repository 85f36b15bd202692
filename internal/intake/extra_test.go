package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
)

// decidedWith returns a file of decisions with columns that the standard does not know behind the others.
func decidedWith(format string, head []string, rows ...[]string) []byte {
	var b bytes.Buffer
	head = append(slices.Clone(penaltyHead), head...)
	for i := range rows {
		rows[i] = append(penalty(1+i, uscc(1+i)), rows[i]...)
	}
	switch format {
	case "xlsx":
		f := excelize.NewFile()
		for y, row := range append([][]string{head}, rows...) {
			for x, v := range row {
				name, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if err := f.SetCellStr("Sheet1", name, v); err != nil {
					panic(err)
				}
			}
		}
		if err := f.Write(&b); err != nil {
			panic(err)
		}
	case "jsonl":
		for _, row := range rows {
			line := map[string]string{}
			for i, v := range row {
				line[head[i]] = v
			}
			if err := json.NewEncoder(&b).Encode(line); err != nil {
				panic(err)
			}
		}
	default:
		return file(append([][]string{head}, rows...))
	}
	return b.Bytes()
}

func whole(t testing.TB, d *db.DB, by org.Actor, source string) (w intake.Whole, err error) {
	t.Helper()
	err = d.View(ctx, func(q db.Q) (err error) {
		w, err = intake.WholeRecord(ctx, q, by, "penalty", source)
		return err
	})
	return w, err
}

// key is by which the n-th made-up decision is known.
func key(t testing.TB, d *db.DB, n int) (source string) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error {
		return q.QueryRowContext(ctx, `SELECT source_key FROM record_head WHERE kind = 'penalty' AND enterprise_id = $1`,
			enterprise.Key(uscc(n))).Scan(&source)
	})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// extra returns what the n-th decision says beside the standard, to its department, sorted by column.
func extra(t testing.TB, d *db.DB, n int) map[string]string {
	t.Helper()
	w, err := whole(t, d, clerk, key(t, d, n))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, x := range w.Extra {
		out[x.Column] = x.Value
	}
	return out
}

func TestColumnsThatTheStandardDoesNotKnowAreKeptWithTheRecord(t *testing.T) {
	for _, format := range []string{"csv", "xlsx", "jsonl"} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			take(t, d, "enterprise", registry(0, 3))
			b := take(t, d, "penalty", decidedWith(format, []string{"卷宗柜号", "办案人员"}, []string{"A-17 柜", "王五"}, []string{"", citizen}))
			if b.Counts != (intake.Counts{Accepted: 2}) || b.Warned != 0 {
				t.Fatalf("%s: %+v, warned %d", format, b.Counts, b.Warned)
			}
			if got := extra(t, d, 1); len(got) != 2 || got["卷宗柜号"] != "A-17 柜" || got["办案人员"] != "王五" {
				t.Errorf("%s: kept %v", format, got)
			}
			if got := extra(t, d, 2); len(got) != 1 || strings.Contains(got["办案人员"], citizen) {
				t.Errorf("%s: a person's number is kept, or an empty cell: %v", format, got)
			}
			if n := count(t, d, `SELECT COUNT(*) FROM record_record WHERE body LIKE '%A-17%'`); n != 0 {
				t.Error("it stands in the body, which everybody reads")
			}
		})
	}
}

func TestAChangeInAnUnknownColumnOnlyIsADuplicate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		take(t, d, "penalty", decidedWith("csv", []string{"卷宗柜号"}, []string{"A-17"}))
		if b := take(t, d, "penalty", decidedWith("csv", []string{"卷宗柜号"}, []string{"B-2"})); b.Counts != (intake.Counts{Duplicate: 1}) {
			t.Errorf("changed in nothing that counts: %+v", b.Counts)
		}
		if got := extra(t, d, 1); got["卷宗柜号"] != "A-17" {
			t.Errorf("what a version was stated with has changed: %v", got)
		}
		changed := bytes.ReplaceAll(decidedWith("csv", []string{"卷宗柜号"}, []string{"B-2"}), []byte("虚假宣传"), []byte("虚假广告"))
		last := take(t, d, "penalty", changed)
		if last.Counts != (intake.Counts{Superseded: 1}) {
			t.Fatalf("changed: %+v", last.Counts)
		}
		if got := extra(t, d, 1); got["卷宗柜号"] != "B-2" {
			t.Errorf("the next version says %v", got)
		}
		recall(t, d, last.ID)
		if got := extra(t, d, 1); got["卷宗柜号"] != "A-17" {
			t.Errorf("the former version, stated again, says %v", got)
		}
	})
}

func TestARowThatIsHeldKeepsItsOtherColumns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "penalty", decidedWith("csv", []string{"卷宗柜号"}, []string{"A-17"}, []string{"A-18"}))
		if b.Counts != (intake.Counts{Unmatched: 2}) {
			t.Fatalf("%+v", b.Counts)
		}
		take(t, d, "enterprise", registry(0, 2))
		rematch(t, d)
		if got := extra(t, d, 1); got["卷宗柜号"] != "A-17" {
			t.Errorf("released: %v", got)
		}
		recall(t, d, b.ID)
		if n := count(t, d, `SELECT COUNT(*) FROM intake_extra WHERE row_no = 3`); n != 0 {
			t.Error("what a forgotten row said is kept")
		}
	})
}

func TestWhatIsKeptBesideTheStandardIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		var head, row []string
		for i := range intake.ExtraColumns + 3 {
			head, row = append(head, fmt.Sprintf("附加列%d", i+1)), append(row, "x")
		}
		row[0] = strings.Repeat("长", intake.ExtraLength+1)
		row[1] = strings.Repeat("长", intake.ExtraLength)
		b := take(t, d, "penalty", decidedWith("csv", head, row))
		if b.Counts != (intake.Counts{Accepted: 1}) || b.Warned != 1 {
			t.Errorf("%+v, warned %d", b.Counts, b.Warned)
		}
		if len(b.Notes) != 1 || b.Notes[0].Code != "intake.extra_columns" || fmt.Sprint(b.Notes[0].Args[1]) != "3" {
			t.Errorf("notes %v", b.Notes)
		}
		if got := problems(t, d, b.ID); len(got) != 1 || len(got[0].Problems) != 1 || got[0].Problems[0].Code != "intake.extra_long" ||
			got[0].Problems[0].Column != "附加列1" {
			t.Errorf("remarks %v", got)
		}
		got := extra(t, d, 1)
		if len(got) != intake.ExtraColumns || got["附加列41"] != "" || utf8.RuneCountInString(got["附加列1"]) != intake.ExtraLength+1 ||
			strings.HasSuffix(got["附加列2"], "…") {
			t.Errorf("%d columns are kept", len(got))
		}
	})
}

func TestOtherColumnsAreOnlyForTheirDepartment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 3))
		take(t, d, "penalty", decidedWith("csv", []string{"卷宗柜号"}, []string{"A-17"}))
		source := key(t, d, 1)
		for _, by := range []org.Actor{{User: "u2", Department: "STHJ", Role: credit.Reporter}, {User: "u3", Department: "STHJ", Role: credit.Auditor}} {
			if w, err := whole(t, d, by, source); !fault.Is(err, "record.unknown") {
				t.Errorf("%s of another department: %v %v", by.Role, w.Extra, err)
			}
		}
	})
}

// recall takes a batch back to its end.
func recall(t testing.TB, d *db.DB, id string) {
	t.Helper()
	err := d.Tx(ctx, func(q db.Q) error {
		b, err := intake.Get(ctx, q, everyone, id)
		if err != nil {
			return err
		}
		return intake.AskRecall(ctx, q, clerk, noon, id, "报送错误", b.Sure())
	})
	if err == nil {
		err = intake.Recall(ctx, d, clock, id)
	}
	if err != nil {
		t.Fatal(err)
	}
}
