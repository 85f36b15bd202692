package front_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/front"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
)

var ctx = context.Background()

// office is a city with a front-end table.
type office struct {
	*testcity.City
	t *front.Table
	n int
}

func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	c := testcity.New(t, d, casework.FirstPolicy)
	c.At = credit.MustDate("2026-10-12").Time().Add(10 * time.Hour)
	c.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		for _, one := range all {
			if err == nil {
				err = org.PutDepartment(ctx, q, credit.System("test"), c.At, one)
			}
		}
		return err
	})
	c.Register(testcity.Code(0), "安庆甲机械有限公司", nil)
	o := &office{City: c}
	o.begin()
	return o
}

// begin is a node that begins.
func (o *office) begin() {
	words, err := lang.Load()
	if err != nil {
		o.Fatal(err)
	}
	o.t = front.New(o.D, words, func() time.Time { return o.At }, slog.New(slog.DiscardHandler))
}

// write is a department's system that writes a row.
func (o *office) write(department, kind, op, source, body string) {
	o.Helper()
	o.n++
	o.Tx(func(q db.Q) error {
		_, err := q.ExecContext(ctx, `INSERT INTO front_row (id, batch_no, department, kind, op, source_key, body, created_at)
			VALUES ($1, 'B1', $2, $3, $4, $5, $6, $7)`, fmt.Sprintf("%04d", o.n), department, kind, op, source, body, db.Time{Time: o.At})
		return err
	})
}

func (o *office) look() {
	o.Helper()
	if err := o.t.Once(ctx); err != nil {
		o.Fatal(err)
	}
}

func (o *office) work() {
	o.Helper()
	w := jobs.NewWorker(o.D, func() time.Time { return o.At }, "test", map[string]jobs.Handler{
		intake.CheckJob: func(ctx context.Context, j jobs.Job) error {
			return intake.Check(ctx, o.D, func() time.Time { return o.At }, j.Arg)
		},
	})
	for ran := true; ran; {
		var err error
		if ran, err = w.Once(ctx); err != nil {
			o.Fatal(err)
		}
	}
}

// said returns the states of all rows, with the codes of those about which there is something to say.
func (o *office) said() string {
	o.Helper()
	var out []string
	o.View(func(q db.Q) error {
		rows, err := q.QueryContext(ctx, `SELECT state, code, message, feedback_at FROM front_row ORDER BY id`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var state, code, message string
			var at db.Time
			if err := rows.Scan(&state, &code, &message, &at); err != nil {
				return err
			}
			open := state == "new" || state == "taken"
			if open != at.IsZero() || (code == "") != (message == "") {
				o.Errorf("a row is %s since %v, %s: %s", state, at, code, message)
			}
			out = append(out, strings.TrimSuffix(state+" "+code, " "))
		}
		return rows.Err()
	})
	return strings.Join(out, ", ")
}

// penalty is the body of a decision; a subject of n is registered where it is 0.
func penalty(no, n int, changes ...string) string {
	m := map[string]any{"行政相对人名称": "安庆甲机械有限公司", "行政相对人类别": "法人及非法人组织", "统一社会信用代码": testcity.Code(n), "法定代表人": "张三",
		"行政处罚决定书文号": fmt.Sprintf("皖宜环罚〔2026〕%d号", no), "违法行为类型": "超标排放", "违法事实": "事实", "处罚依据": "依据", "处罚类别": "罚款", "处罚内容": "罚款1000元",
		"罚款金额(万元)": 0.1, "处罚决定日期": "2026-09-24", "处罚机关": "安庆市生态环境局", "数据来源单位": "安庆市生态环境局"}
	for i := 0; i+1 < len(changes); i += 2 {
		m[changes[i]] = changes[i+1]
	}
	raw, _ := json.Marshal(m)
	return string(raw)
}

func TestRowsBecomeABatchAndAreAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.write("STHJ", "penalty", "I", "k1", penalty(1, 0))
		o.write("STHJ", "penalty", "I", "k2", penalty(2, 0, "处罚决定日期", "soon"))
		o.write("STHJ", "penalty", "I", "k3", penalty(3, 5))
		o.write("STHJ", "penalty", "X", "k4", penalty(4, 0))
		o.write("STHJ", "penalty", "I", "k5", `{"a": [1]}`)
		o.write("STHJ", "penalty", "U", "k1", penalty(1, 0, "违法事实", "更正的事实"))
		o.write("NOBODY", "penalty", "I", "k1", penalty(1, 0))
		o.write("STHJ", "annual-report", "I", "k1", `{"统一社会信用代码": "x"}`)
		o.write("STHJ", "licences", "I", "k1", `{"a": "x"}`)
		o.look()
		o.work()
		o.look()
		want := "accepted, rejected catalog.bad_date, held intake.subject_unknown, rejected front.bad_op, rejected front.bad_body, accepted, " +
			"rejected org.no_department, rejected intake.regulators_only, rejected catalog.unknown_kind"
		if got := o.said(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		o.View(func(q db.Q) error {
			all, err := intake.List(ctx, q, org.Scope{All: true}, "", 10)
			if err != nil || len(all) != 1 || all[0].Department != "STHJ" || all[0].Sender != front.Duty || all[0].Received != 4 || all[0].Superseded != 1 {
				t.Errorf("%+v (%v)", all, err)
			}
			return err
		})
	})
}

func TestARemovalWithdrawsTheRecord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.write("STHJ", "penalty", "I", "k1", penalty(1, 0))
		o.write("STHJ", "penalty", "D", "k1", `{}`)
		o.write("STHJ", "penalty", "D", "k1", `{"reason": "决定被撤销"}`)
		o.write("STHJ", "penalty", "D", "k1", `{"reason": "决定被撤销"}`)
		o.write("STHJ", "penalty", "D", "k9", `{"reason": "决定被撤销"}`)
		o.write("ZJJ", "penalty", "D", "k1", `{"reason": "不是我们的"}`)
		o.look() // the insert is under way: what follows it waits
		if got := o.said(); got != "taken, new, new, new, new, rejected front.unknown_source" {
			t.Fatal(got)
		}
		o.work()
		o.look()
		o.look()
		want := "accepted, rejected front.no_reason, withdrawn, rejected record.withdrawn, rejected front.unknown_source, rejected front.unknown_source"
		if got := o.said(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		o.View(func(q db.Q) error {
			var versions, withdrawn int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN withdrawn THEN 1 END) FROM record_record WHERE kind = 'penalty'`).Scan(&versions, &withdrawn)
			if err != nil || versions != 2 || withdrawn != 1 {
				t.Errorf("%d versions, %d withdrawn (%v)", versions, withdrawn, err)
			}
			return err
		})
	})
}

// A node that was killed between any two steps leaves what the next one goes on with.
func TestAKilledNodeLeavesItsTakeToTheNext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.write("STHJ", "penalty", "I", "k1", penalty(1, 0))
		o.look()
		o.Tx(func(q db.Q) error { // as if it had not come to noting the batch
			_, err := q.ExecContext(ctx, `UPDATE front_row SET batch = ''`)
			return err
		})
		o.write("STHJ", "penalty", "I", "k2", penalty(2, 0))
		for range 4 {
			o.begin()
			o.look()
			o.work()
		}
		if got := o.said(); got != "accepted, accepted" {
			t.Error(got)
		}
		o.View(func(q db.Q) error {
			all, err := intake.List(ctx, q, org.Scope{All: true}, "", 10)
			if err != nil || len(all) != 2 || all[0].Accepted != 1 || all[1].Accepted != 1 {
				t.Errorf("%+v (%v)", all, err)
			}
			return err
		})
	})
}
