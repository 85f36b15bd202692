package flow_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/publicity"
	"zhixin/internal/standing"
	"zhixin/internal/testcity"
)

var (
	everywhere    = org.Scope{All: true}
	regulatorCode = func() string {
		all, err := org.FirstCity()
		if err != nil {
			panic(err)
		}
		return all[0].USCC
	}()
)

func (w *town) now() time.Time { return w.At }

var clerk = credit.Actor{User: "clerk", Post: "p", Department: "SCJG", Role: credit.Reporter, Division: "340800"}

// send sends rows as a file and sees them through.
func (w *town) send(kind string, rows [][]string) intake.Batch {
	w.Helper()
	var b bytes.Buffer
	w.must(csv.NewWriter(&b).WriteAll(rows))
	got, err := intake.Receive(ctx, w.D, clerk, w.At, intake.Upload{Kind: kind, Department: "SCJG", Name: kind + ".csv", Body: &b})
	w.must(err)
	w.must(intake.Check(ctx, w.D, w.now, got.ID))
	w.catchUp()
	w.View(func(q db.Q) (err error) {
		got, err = intake.Get(ctx, q, everywhere, got.ID)
		return err
	})
	return got
}

// recall takes a batch back and lets everything follow.
func (w *town) recall(b intake.Batch) intake.Recalled {
	w.Helper()
	w.ask(b)
	w.must(intake.Recall(ctx, w.D, w.now, b.ID))
	return w.recalled(b)
}

func (w *town) ask(b intake.Batch) {
	w.Helper()
	w.Tx(func(q db.Q) error {
		return intake.AskRecall(ctx, q, clerk, w.At, b.ID, "报送了错误的文件", b.Sure())
	})
}

func (w *town) recalled(b intake.Batch) (r intake.Recalled) {
	w.Helper()
	w.View(func(q db.Q) (err error) {
		r, err = intake.RecallOf(ctx, q, b.ID)
		return err
	})
	return r
}

var (
	registryHead = []string{"统一社会信用代码", "企业名称", "企业类型", "法定代表人", "成立日期", "登记机关", "住所", "登记状态"}
	reportHead   = []string{"UNISCID", "ENTNAME", "ANCHEYEAR", "ANCHEDATE"}
	decisionHead = []string{"行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)", "法定代表人", "行政处罚决定书文号", "违法行为类型", "违法事实",
		"处罚依据", "处罚类别", "处罚内容", "罚款金额(万元)", "没收违法所得、没收非法财物的金额(万元)", "暂扣或吊销证照名称及编号", "处罚决定日期", "处罚有效期", "处罚机关",
		"处罚机关统一社会信用代码", "数据来源单位", "数据来源单位统一社会信用代码"}
)

func registered(n int, name string) []string {
	return []string{testcity.Code(n), name, "有限责任公司", "张三", "2025-03-05", "SCJG", "人民路1号", "存续"}
}

func reported(n int) []string {
	return []string{testcity.Code(n), firmName(n), "2025", "2026-07-02"}
}

func firmName(n int) string { return fmt.Sprintf("安庆市第%d贸易有限公司", n) }

// fined and barred are two decisions about the n-th enterprise.
func fined(n, number int) []string {
	return []string{firmName(n), "法人及非法人组织", testcity.Code(n), "张三", fmt.Sprintf("宜市监罚〔2026〕%d号", number), "虚假宣传", "发布虚假广告",
		"《中华人民共和国广告法》第五十五条第一款", "罚款", "罚款30000元", "3", "", "", "2026-03-05", "2099-12-31", "安庆市市场监督管理局",
		regulatorCode, "安庆市市场监督管理局", regulatorCode}
}

func barred(n, number int) []string {
	row := fined(n, number)
	row[8], row[9], row[10], row[12] = "吊销许可证件", "吊销食品经营许可证", "", "食品经营许可证 JY13408000000001"
	return row
}

// volatile are what no two cities have alike: leaves, times, sizes, and the version of a record in its id.
var volatile = regexp.MustCompile(`"(leaf|id|source_id|log_size|updated_at|as_of|known|ID|Leaf|records|paper|paper_id|Records)":("[^"]*"|[0-9]+|\[[^\]]*\]|null),?`)

func plain(v any) string {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return volatile.ReplaceAllString(strings.ReplaceAll(string(raw), `": `, `":`), "")
}

// face is all that the public, counters and officers see of a city.
func (w *town) face(codes int) string {
	var all []string
	for n := range codes {
		all = append(all, testcity.Code(n))
	}
	return w.faceOf(all)
}

func (w *town) faceOf(codes []string) string {
	w.Helper()
	var out []string
	say := func(what string, v any, err error) {
		if kind, _ := fault.Of(err); err != nil && kind != fault.NotFound {
			w.Fatal(err)
		}
		if err != nil {
			v = "nobody"
		}
		out = append(out, what+" "+plain(v))
	}
	day := credit.DateOf(w.At)
	gate, find := w.Gate(), w.Finder()
	w.View(func(q db.Q) error {
		for _, code := range codes {
			page, err := publicity.Page(ctx, q, code, day)
			say(code+" page", page, err)
			s, err := standing.Of(ctx, q, code, day, -1)
			say(code+" standing", s, err)
			for _, m := range credit.Matters {
				a, err := gate.Check(code, m, day)
				say(code+" gate "+string(m), []any{a.Verdict, a.Name, a.State, a.Hits, a.Doubt}, err)
			}
			found, err := publicity.SearchIn(find).Search(ctx, q, publicity.SearchOptions{Term: code})
			say(code+" found", found, err)
			matched, err := enterprise.Match(ctx, q, []enterprise.Ident{{USCC: code}})
			say(code+" matched", matched, err)
		}
		for _, term := range []string{"贸易", "新名"} {
			found, err := publicity.SearchIn(find).Search(ctx, q, publicity.SearchOptions{Term: term})
			say(term, found, err)
		}
		list, err := publicity.Abnormal(ctx, q, publicity.AbnormalFilter{}, day)
		say("abnormal", list, err)
		home, err := publicity.Home(ctx, q, day)
		home.LogSize = 0
		say("home", home, err)
		for _, kind := range []string{casework.AbnormalListing, casework.AbnormalRemoval} {
			open, err := casework.OpenOf(ctx, q, kind)
			if err != nil {
				return err
			}
			for _, c := range open {
				out = append(out, fmt.Sprint("case ", c.Kind, c.EnterpriseID, c.Detail, c.Authority, c.Due, c.Group, c.Name))
			}
		}
		return nil
	})
	return strings.Join(out, "\n")
}

// grown is a city with some firms, one penalty, one report and cases for the reports that are missing; with extra more batches
// came that are returned.
func grown(t *testing.T, d *db.DB, extra bool) (*town, []intake.Batch) {
	w := newTown(t, d)
	registry := [][]string{registryHead}
	for n := range 6 {
		registry = append(registry, registered(n, firmName(n)))
	}
	w.send("enterprise", registry)
	w.send("penalty", [][]string{decisionHead, fined(1, 1)})
	w.send("annual-report", [][]string{reportHead, reported(0)})
	w.due("2026-07-01", 8)
	w.catchUp()
	w.At = at("2026-07-03", 10)
	if !extra {
		return w, nil
	}
	return w, []intake.Batch{
		w.send("enterprise", [][]string{registryHead, registered(2, "安庆市新名贸易有限公司"), registered(6, firmName(6))}),
		w.send("penalty", [][]string{decisionHead, barred(1, 1), barred(3, 2), barred(6, 3), fined(7, 4)}),
		w.send("annual-report", [][]string{reportHead, reported(4), reported(5)}),
	}
}

func TestRecalledBatchesLeaveTheCityAsIfTheyHadNeverBeenSent(t *testing.T) {
	want := ""
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, _ := grown(t, d, false)
		w.At = at("2026-07-06", 9)
		w.due("2026-07-06", 9)
		w.catchUp()
		want = w.face(8)
	})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, sent := grown(t, d, true)
		during, size := w.face(8), w.Number()
		var then standing.Standing
		known := func() (s standing.Standing) {
			w.View(func(q db.Q) (err error) {
				s, err = standing.Of(ctx, q, testcity.Code(6), credit.DateOf(at("2026-07-03", 10)), size)
				return err
			})
			return s
		}
		then = known()
		if then.Verdict(credit.Procurement) != credit.Bar || during == want {
			t.Fatal("the batches did nothing that could be undone")
		}
		w.At = at("2026-07-06", 9)
		for i := range sent {
			w.recall(sent[len(sent)-1-i])
			w.catchUp()
		}
		w.due("2026-07-06", 9)
		w.catchUp()
		if d := differs(w.face(8), want); d != "" { // what is ordered by ids of versions may stand in another order
			t.Errorf("the city is not what it would be:\n%s", d)
		}
		if plain(known()) != plain(then) {
			t.Error("what was known before is told otherwise now")
		}
		r := w.recalled(sent[1])
		if r.Facts["withdrawn"] != 2 || r.Facts["restored"] != 1 || r.Forgotten != 1 || r.Finished.IsZero() {
			t.Errorf("penalties: %+v", r)
		}
	})
}

func TestRecallThatIsCutOffAnywhereEndsTheSame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		rows, fixed := [][]string{registryHead}, [][]string{decisionHead}
		for n := range 130 {
			rows, fixed = append(rows, registered(n, firmName(n))), append(fixed, fined(n, n+1))
		}
		w.send("enterprise", rows)
		b := w.send("penalty", fixed)
		w.ask(b)
		for range 3 { // each attempt is stopped while it works
			stopped, stop := context.WithCancel(ctx)
			err := intake.Recall(stopped, w.D, func() time.Time { stop(); return w.At }, b.ID)
			stop()
			if err == nil {
				break
			}
		}
		done := make(chan error, 2)
		for range cap(done) { // two nodes at once
			go func() { done <- intake.Recall(ctx, w.D, w.now, b.ID) }()
		}
		for range cap(done) {
			w.must(<-done)
		}
		if r := w.recalled(b); r.Facts["withdrawn"] != 130 || r.Percent() != 100 {
			t.Errorf("recalled %+v", r)
		}
		if n := rowsOf(t, d, `SELECT CAST(count(*) AS TEXT) FROM record_record WHERE withdrawn`); n != "130" {
			t.Errorf("%s versions withdraw", n)
		}
		var after intake.Batch
		w.View(func(q db.Q) (err error) {
			after, err = intake.Get(ctx, q, everywhere, b.ID)
			return err
		})
		if after.State != intake.TakenBack || after.Received != 130 || after.Accepted != 130 {
			t.Errorf("the batch is %s with %d of %d rows", after.State, after.Accepted, after.Received)
		}
		w.catchUp()
		again := w.send("penalty", fixed)
		if again.ID == b.ID || again.Resent || again.Received != 130 || again.Duplicate != 0 {
			t.Errorf("the same file after the recall: %+v", again)
		}
	})
}

func rowsOf(t *testing.T, d *db.DB, query string) string { return strings.Join(rows(t, d, query), " ") }

func TestOnlyTheDepartmentTakesItsBatchBackAndMeansIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		b := w.send("enterprise", [][]string{registryHead, registered(0, firmName(0))})
		ask := func(by credit.Actor, reason, typed string) error {
			return w.D.Tx(ctx, func(q db.Q) error { return intake.AskRecall(ctx, q, by, w.At, b.ID, reason, typed) })
		}
		foreign, approves := clerk, clerk
		foreign.Department, approves.Role = "STHJ", credit.Approver
		w.wantCode("another department", ask(foreign, "错", b.Sure()), "intake.no_batch")
		w.wantCode("an approver", ask(approves, "错", b.Sure()), "org.may_not")
		w.wantCode("no reason", ask(clerk, " ", b.Sure()), "intake.recall_reason")
		w.wantCode("not sure", ask(clerk, "错", "x"), "intake.recall_unsure")
		w.recall(b)
		w.wantCode("twice", ask(clerk, "错", b.Sure()), "intake.recalled_already")
	})
}

func TestWhatALaterBatchSaysStaysAndGoesWithIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.send("enterprise", [][]string{registryHead, registered(0, firmName(0))})
		first := w.send("penalty", [][]string{decisionHead, barred(0, 1)})
		w.At = w.At.Add(time.Minute)
		w.send("penalty", [][]string{decisionHead, fined(0, 2)})
		w.At = w.At.Add(time.Minute)
		again := w.send("penalty", [][]string{decisionHead, barred(0, 1)})
		if again.Duplicate != 1 {
			t.Fatalf("sent again: %+v", again)
		}
		w.At = w.At.Add(time.Minute)
		if r := w.recall(first); r.Facts["kept"] != 1 {
			t.Errorf("said again later, and yet %v", r.Facts)
		}
		w.catchUp()
		if got := w.verdict(0, credit.Procurement); got != credit.Bar {
			t.Errorf("what a later batch says: %s", got)
		}
		if r := w.recall(again); r.Facts["withdrawn"] != 1 {
			t.Errorf("both taken back: %v", r.Facts)
		}
		w.catchUp()
		if got := w.verdict(0, credit.Procurement); got != credit.Pass {
			t.Errorf("with both taken back: %s", got)
		}
	})
}

// TestANameOfARecalledBatchWasNeverHad: the names of before and after it follow each other as if it had not been sent.
func TestANameOfARecalledBatchWasNeverHad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		called := func(name, day string) intake.Batch {
			w.At = credit.MustDate(day).Time().Add(9 * time.Hour)
			return w.send("enterprise", [][]string{registryHead, registered(1, name)})
		}
		called("安庆市甲贸易有限公司", "2026-03-02")
		wrong := called("安庆市乙贸易有限公司", "2026-04-02")
		called("安庆市丙贸易有限公司", "2026-05-06")
		names := func() (out string) {
			w.View(func(q db.Q) error {
				page, err := publicity.Page(ctx, q, testcity.Code(1), credit.DateOf(w.At))
				for _, n := range page.Names {
					out += fmt.Sprintf("%s %s-%s ", n.Name, n.From, n.Until)
				}
				return err
			})
			return out
		}
		if got, want := names(), "安庆市乙贸易有限公司 2026-04-02-2026-05-06 安庆市甲贸易有限公司 2025-03-05-2026-04-02 "; got != want {
			t.Errorf("before the recall: got %s, want %s", got, want)
		}
		w.recall(wrong)
		if got, want := names(), "安庆市甲贸易有限公司 2025-03-05-2026-05-06 "; got != want {
			t.Errorf("after the recall: got %s, want %s", got, want)
		}
	})
}
