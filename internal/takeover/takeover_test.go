package takeover_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/duty"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/record"
	"zhixin/internal/takeover"
	"zhixin/internal/testcity"
)

var (
	ctx      = context.Background()
	everyone = org.Scope{All: true}
	admin    = org.Actor{User: "admin", Department: "SCJG", Role: credit.Administrator}
	clerk    = org.Actor{User: "clerk", Department: "SCJG", Role: credit.Reporter}
	chief    = org.Actor{User: "chief", Department: "SCJG", Role: credit.Approver}
)

// move is a city with an open take-over.
type move struct {
	*testcity.City
	takeover.Takeover
}

// open opens a take-over of a city with ten enterprises, of which the first two are registered.
func open(t *testing.T, d *db.DB, stated ...takeover.Stated) *move {
	t.Helper()
	c := testcity.New(t, d, duty.FirstPolicy)
	c.At = credit.MustDate("2026-10-12").Time().Add(10 * time.Hour)
	c.Tx(func(q db.Q) error {
		all, err := org.FirstCity()
		for _, dep := range all {
			if err == nil {
				err = org.PutDepartment(ctx, q, credit.System("test"), c.At, dep)
			}
		}
		return err
	})
	for n := range 2 {
		c.Register(testcity.Code(n), fmt.Sprintf("安庆市第%d贸易有限公司", n), nil)
	}
	m := &move{City: c}
	c.Tx(func(q db.Q) (err error) {
		m.Takeover, err = takeover.Start(ctx, q, admin, c.At, takeover.Takeover{Department: "SCJG", System: "信用监管一期", Day: credit.MustDate("2026-09-30")}, stated)
		return err
	})
	return m
}

const head = "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),法定代表人,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容," +
	"罚款金额(万元),处罚决定日期,处罚有效期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码\n"

// penalty is a row about the n-th enterprise with a fine in 万元.
func penalty(n, number int, day, fine string) string {
	all, err := org.FirstCity()
	if err != nil {
		panic(err)
	}
	uscc := all[0].USCC
	return fmt.Sprintf("安庆市第%d贸易有限公司,法人及非法人组织,%s,张三,宜市监罚〔%s〕%d号,虚假宣传,事实,《中华人民共和国广告法》第五十五条第一款,罚款,罚款,%s,%s,2099-12-31,安庆市市场监督管理局,%s,安庆市市场监督管理局,%s\n",
		n, testcity.Code(n), day[:4], number, fine, day, uscc, uscc)
}

// send sends penalties into the take-over and sees them through.
func (m *move) send(name string, rows ...string) intake.Batch {
	m.Helper()
	b, err := m.try(name, rows...)
	if err == nil {
		err = intake.Check(ctx, m.D, func() time.Time { return m.At }, b.ID)
	}
	if err != nil {
		m.Fatal(err)
	}
	m.View(func(q db.Q) (err error) {
		b, err = intake.Get(ctx, q, everyone, b.ID)
		return err
	})
	return b
}

func (m *move) try(name string, rows ...string) (intake.Batch, error) {
	return intake.Receive(ctx, m.D, clerk, m.At, intake.Upload{Kind: "penalty", Department: "SCJG", Name: name, Takeover: m.ID,
		Body: strings.NewReader(head + strings.Join(rows, ""))})
}

func (m *move) sums() (s takeover.Sums) {
	m.Helper()
	m.View(func(q db.Q) error {
		t, err := takeover.Get(ctx, q, everyone, m.ID)
		if err == nil {
			s, err = takeover.SumsOf(ctx, q, t)
		}
		return err
	})
	return s
}

// line returns the line of a year.
func (m *move) line(year int) takeover.Line {
	m.Helper()
	for _, l := range m.sums().Lines {
		if l.Year == year {
			return l
		}
	}
	m.Fatalf("no line of %d", year)
	return takeover.Line{}
}

// act runs an act and checks the fault that it ends with, "" for none.
func (m *move) act(what, want string, f func(q db.Q) error) {
	m.Helper()
	err := m.D.Tx(ctx, f)
	if want == "" && err != nil || want != "" && !fault.Is(err, want) {
		m.Errorf("%s: %v, want %q", what, err, want)
	}
}

// count counts what came, as a page does before the act.
func (m *move) count() (n takeover.Count) {
	m.Helper()
	m.View(func(q db.Q) error {
		t, err := takeover.Get(ctx, q, everyone, m.ID)
		if err == nil {
			n, err = takeover.CountOf(ctx, q, t)
		}
		return err
	})
	return n
}

func (m *move) explain(by org.Actor, year int, words string) func(q db.Q) error {
	n := m.count()
	return func(q db.Q) error { return takeover.Explain(ctx, q, by, m.At, m.ID, n, "penalty", year, words) }
}

func (m *move) submit(by org.Actor) func(q db.Q) error {
	n := m.count()
	return func(q db.Q) error { return takeover.Submit(ctx, q, by, m.At, m.ID, n) }
}

func (m *move) sign(by org.Actor) func(q db.Q) error {
	n := m.count()
	return func(q db.Q) error { return takeover.Sign(ctx, q, by, m.At, m.ID, n) }
}

func of(year, count int, fines credit.Fen) takeover.Stated {
	return takeover.Stated{Kind: "penalty", Year: year, Count: count, Fines: fines, HasFines: true}
}

func TestAMissingRowAndAWrongSumAreFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(2023, 2, 400_000), of(2024, 3, 600_000))
		m.send("a.csv", penalty(0, 1, "2023-05-04", "0.3"), penalty(1, 2, "2023-05-05", "0.1"), penalty(0, 3, "2024-02-01", "0.2"),
			penalty(0, 3, "2024-02-01", "0.2"), penalty(1, 4, "2024-02-02", "0.25"), penalty(7, 5, "2024-02-03", "0.1"), penalty(1, 6, "2022-01-04", "没有"))
		for _, tt := range []struct {
			year          int
			want          intake.Brought
			missing       int
			missingFines  credit.Fen
			differs, open bool
		}{
			{2022, intake.Brought{Received: 1, Rejected: 1}, 0, 0, false, false},
			{2023, intake.Brought{Received: 2, Taken: 2, Fines: intake.Fines{Received: 400_000, Taken: 400_000}}, 0, 0, false, false},
			{2024, intake.Brought{Received: 4, Repeated: 1, Held: 1, Taken: 2, Fines: intake.Fines{Received: 750_000, Repeated: 200_000, Held: 100_000,
				Taken: 450_000}}, 1, 150_000, true, true},
		} {
			l := m.line(tt.year)
			tt.want.Kind, tt.want.Year = "penalty", tt.year
			if l.Brought != tt.want || l.Missing() != tt.missing || l.MissingFines() != tt.missingFines || l.Differs() != tt.differs || l.Settled() == tt.open {
				t.Errorf("%d: %+v, missing %d and %d", tt.year, l, l.Missing(), l.MissingFines())
			}
		}
		// A mended row supersedes: the fact counts once, with the fine that it has now.
		m.send("b.csv", penalty(1, 4, "2024-02-02", "0.3"))
		if l := m.line(2024); l.Brought.Taken != 2 || l.MissingFines() != 100_000 || l.Brought.Repeated != 2 {
			t.Errorf("after the mended row: %+v", l)
		}
		// The held one finds its subject, and all agrees.
		id := m.Register(testcity.Code(7), "安庆市第7贸易有限公司", nil)
		if err := intake.Rematch(ctx, d, func() time.Time { return m.At }, []string{id}); err != nil {
			t.Fatal(err)
		}
		if l := m.line(2024); l.Differs() || l.Brought.Held != 0 || l.Brought.Taken != 3 || l.Brought.Fines.Taken != 600_000 {
			t.Errorf("after the held row: %+v", l)
		}
	})
}

func TestYearsAreAddedUpWhereNoneIsStated(t *testing.T) {
	got := takeover.Reconcile([]takeover.Stated{{Kind: "licence", Count: 10}}, []intake.Brought{{Kind: "licence", Year: 2020, Received: 4, Taken: 4},
		{Kind: "licence", Year: 2021, Received: 6, Taken: 5, Rejected: 1}, {Kind: "honour", Year: 2021, Received: 1, Taken: 1}})
	if len(got) != 2 || got[0].Kind != "honour" || got[0].Missing() != -1 || got[1].Year != 0 || got[1].Missing() != 1 || got[1].Brought.Received != 10 {
		t.Errorf("got %+v", got)
	}
}

func TestTwoPeopleSignOffWhatIsExplained(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(2023, 2, 400_000))
		b := m.send("a.csv", penalty(0, 1, "2023-05-04", "0.3"))
		m.act("a difference without words", "takeover.unexplained", m.submit(admin))
		m.act("signed before it was submitted", "takeover.not_submitted", m.sign(chief))
		m.act("no words", "takeover.no_words", m.explain(clerk, 2023, " "))
		m.act("an approver explains", "org.may_not", m.explain(chief, 2023, "少一件"))
		m.act("words", "", m.explain(clerk, 2023, "旧系统重复登记一件"))
		m.act("words for a line that agrees", "takeover.no_difference", m.explain(clerk, 2020, "没有"))
		c := m.send("b.csv", penalty(1, 2, "2023-05-05", "0.2"), penalty(1, 3, "2023-05-05", "0.2"))
		m.act("words for another difference", "takeover.unexplained", m.submit(admin))
		m.act("words", "", m.explain(clerk, 2023, "旧系统漏计一件"))
		if _, err := m.try("c.csv", penalty(1, 9, "2023-05-05", "0.2")); err != nil {
			t.Fatal(err)
		}
		m.act("a file on its way", "takeover.unfinished", m.submit(admin))
		on := m.send("c.csv", penalty(1, 9, "2023-05-05", "0.2"))
		m.recall(on)
		m.act("submitted", "", m.submit(admin))
		m.act("submitted twice", "takeover.submitted", m.submit(admin))
		if _, err := m.try("d.csv", penalty(1, 10, "2023-05-05", "0.2")); !fault.Is(err, "intake.takeover_closed") {
			t.Errorf("sent while it waits: %v", err)
		}
		m.act("the same person", "takeover.same_person", m.sign(admin))
		m.act("a clerk", "org.may_not", m.sign(clerk))
		m.recall(b)
		m.act("what was submitted has changed", "takeover.moved", m.sign(chief))
		m.act("sent back", "", func(q db.Q) error { return takeover.Return(ctx, q, chief, m.At, m.ID, "有批次撤回") })
		if l := m.line(2023); l.Brought.Received != 2 || l.Brought.Taken != 2 || l.MissingFines() != 0 {
			t.Errorf("after the recall: %+v", l)
		}
		m.act("all agrees", "", m.submit(admin))
		m.act("signed", "", m.sign(chief))
		m.act("signed twice", "takeover.signed_already", m.sign(chief))
		m.act("sent back after it", "takeover.signed_already", func(q db.Q) error { return takeover.Return(ctx, q, chief, m.At, m.ID, "再看") })
		if _, err := m.try("d.csv", penalty(1, 10, "2023-05-05", "0.2")); !fault.Is(err, "intake.takeover_closed") {
			t.Errorf("sent after the signature: %v", err)
		}
		if _, err := m.try("b.csv", penalty(1, 2, "2023-05-05", "0.2"), penalty(1, 3, "2023-05-05", "0.2")); !fault.Is(err, "intake.takeover_closed") {
			t.Errorf("sent again after the signature: %v", err)
		}
		m.recall(c)
		if s := m.sums(); !s.Moved || m.line(2023).Missing() != 2 {
			t.Errorf("a recall after the signature is not seen: %+v", s)
		}
		m.View(func(q db.Q) error {
			signed, err := takeover.Get(ctx, q, everyone, m.ID)
			if err != nil {
				return err
			}
			lines, err := signed.Submitted()
			if err != nil || len(lines) != 1 || lines[0].Brought.Taken != 2 || signed.Leaf == "" || signed.SignedBy != "chief" {
				t.Errorf("what was signed: %+v %+v (%v)", signed, lines, err)
			}
			return nil
		})
	})
}

func (m *move) recall(b intake.Batch) {
	m.Helper()
	m.Tx(func(q db.Q) error { return intake.AskRecall(ctx, q, clerk, m.At, b.ID, "有误", b.Sure()) })
	if err := intake.Recall(ctx, m.D, func() time.Time { return m.At }, b.ID); err != nil {
		m.Fatal(err)
	}
}

// TestWhatWasCountedMustStillBeThere: the sums are counted before the act, and whatever moves them in between stops it.
func TestWhatWasCountedMustStillBeThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(2023, 2, 400_000))
		sent := m.send("a.csv", penalty(0, 1, "2023-05-04", "0.2"), penalty(1, 2, "2023-05-04", "0.2"), penalty(7, 3, "2023-05-04", "0.2"))
		stale := func(what string, move func()) {
			t.Helper()
			explain, submit := m.explain(clerk, 2023, "旧系统漏计"), m.submit(admin)
			move()
			m.act(what+", explained", "takeover.look_again", explain)
			m.act(what+", submitted", "takeover.look_again", submit)
		}
		var on intake.Batch
		stale("a file came", func() { on = m.send("b.csv", penalty(1, 4, "2023-05-05", "0.2")) })
		stale("a file waits for its check", func() {
			if _, err := m.try("c.csv", penalty(1, 5, "2023-05-05", "0.2")); err != nil {
				t.Fatal(err)
			}
		})
		m.send("c.csv", penalty(1, 5, "2023-05-05", "0.2"))
		stale("a batch was taken back", func() { m.recall(on) })
		stale("a held row found its subject", func() {
			id := m.Register(testcity.Code(7), "安庆市第7贸易有限公司", nil)
			if err := intake.Rematch(ctx, d, func() time.Time { return m.At }, []string{id}); err != nil {
				t.Fatal(err)
			}
		})
		withdraw := func() {
			m.Tx(func(q db.Q) error {
				var source string
				err := q.QueryRowContext(ctx, `SELECT MIN(source_key) FROM record_record WHERE batch = $1`, sent.ID).Scan(&source)
				if err == nil {
					err = record.Withdraw(ctx, q, clerk, m.At, "SCJG", "penalty", source, "已撤销")
				}
				return err
			})
		}
		stale("a fact was withdrawn", withdraw)
		m.act("counted anew", "", m.explain(clerk, 2023, "旧系统漏计一件"))
		m.act("submitted", "", m.submit(admin))
		sign := m.sign(chief)
		m.recall(sent)
		m.act("signed on what was counted before", "takeover.look_again", sign)
		m.act("counted anew", "takeover.moved", m.sign(chief))
		other := m.count()
		m.act("the count of nothing", "takeover.look_again", func(q db.Q) error { return takeover.Sign(ctx, q, chief, m.At, m.ID, takeover.Count{}) })
		m.act("its own count", "takeover.moved", func(q db.Q) error { return takeover.Sign(ctx, q, chief, m.At, m.ID, other) })
	})
}

func TestATakeoverThatWasOpenedByMistakeIsWithdrawn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(2023, 2, 400_000))
		withdraw := func(by org.Actor, why string) func(q db.Q) error {
			return func(q db.Q) error { return takeover.Withdraw(ctx, q, by, m.At, m.ID, why) }
		}
		m.act("a clerk", "org.may_not", withdraw(clerk, "写错了"))
		m.act("no reason", "takeover.no_words", withdraw(admin, " "))
		waits, err := intake.Receive(ctx, d, clerk, m.At, intake.Upload{Kind: "penalty", Department: "SCJG", Name: "a.csv", Takeover: m.ID, Confirm: true,
			Body: strings.NewReader(head + penalty(0, 1, "2023-05-04", "0.3"))})
		if err != nil {
			t.Fatal(err)
		}
		m.act("a file waits", "takeover.sent_into", withdraw(admin, "写错了"))
		m.Tx(func(q db.Q) error { return intake.Discard(ctx, q, clerk, m.At, waits.ID) })
		again := func(q db.Q) error {
			_, err := takeover.Start(ctx, q, admin, m.At.Add(time.Hour), takeover.Takeover{Department: "SCJG", System: m.System, Day: m.Day}, []takeover.Stated{of(2023, 3, 0)})
			return err
		}
		m.act("the same system", "takeover.there_already", again)
		m.act("withdrawn", "", withdraw(admin, "总数取错了年度"))
		m.act("withdrawn twice", "takeover.withdrawn_already", withdraw(admin, "写错了"))
		m.act("submitted after it", "takeover.withdrawn_already", m.submit(admin))
		if _, err := m.try("b.csv", penalty(0, 1, "2023-05-04", "0.3")); !fault.Is(err, "intake.takeover_closed") {
			t.Errorf("sent after it: %v", err)
		}
		m.View(func(q db.Q) error {
			got, err := takeover.Get(ctx, q, everyone, m.ID)
			if err == nil && (got.State != takeover.Withdrawn || got.WithdrawnBy != "admin" || got.WithdrawnFor != "总数取错了年度" || got.WithdrawnAt.IsZero()) {
				t.Errorf("%+v", got)
			}
			var n int
			if err == nil {
				err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_leaf WHERE kind = $1 AND subject = $2`, takeover.LeafWithdrawn, m.ID).Scan(&n)
			}
			if err == nil && n != 1 {
				t.Errorf("%d leaves", n)
			}
			return err
		})
		m.act("opened anew", "", again)
	})
}

func TestWhatWasSentIsNotWithdrawn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(2023, 2, 400_000))
		b := m.send("a.csv", penalty(0, 1, "2023-05-04", "0.3"))
		withdraw := func(q db.Q) error { return takeover.Withdraw(ctx, q, admin, m.At, m.ID, "写错了") }
		m.act("something was sent", "takeover.sent_into", withdraw)
		m.recall(b)
		m.act("and taken back", "takeover.sent_into", withdraw)
	})
}

// What was stated here is newer than any past, whenever that comes; and the same file may come by both ways.
func TestThePastNeverOverwrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := open(t, d, of(0, 1, 300_000))
		now := head + penalty(0, 1, "2026-05-04", "0.3")
		sent, err := intake.Receive(ctx, d, clerk, m.At, intake.Upload{Kind: "penalty", Department: "SCJG", Name: "a.csv", Body: strings.NewReader(now)})
		if err == nil {
			err = intake.Check(ctx, d, func() time.Time { return m.At }, sent.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		old := m.send("old.csv", penalty(0, 1, "2026-05-04", "0.9"))
		if old.Duplicate != 1 || old.Superseded != 0 {
			t.Errorf("the past supersedes: %+v", old.Counts)
		}
		again := m.send("a.csv", penalty(0, 1, "2026-05-04", "0.3"))
		if again.ID == sent.ID || again.Resent {
			t.Error("the file of a take-over is taken for one that was sent by itself")
		}
		if l := m.line(0); l.Brought.Received != 2 || l.Brought.Taken != 0 || l.Missing() != 1 {
			t.Errorf("what was here already: %+v", l)
		}
	})
}

func TestAStatementIsRead(t *testing.T) {
	set := catalog.Shipped()
	for _, tt := range []struct {
		name, text, want string
	}{
		{"by name and code", "数据类型,年度,件数,罚款金额（元）\n行政处罚,2024,\"10,800\",1234567.89\nenterprise,,76400,\n", ""},
		{"an unknown kind", "行政处罚,2024,1,\n处罚记录,2024,1,\n", "takeover.bad_kind"},
		{"no year", "行政处罚,去年,1,\n", "takeover.bad_year"},
		{"no number", "行政处罚,2024,许多,\n", "takeover.bad_count"},
		{"fines of licences", "行政许可,2024,1,300\n", "takeover.fines_of_others"},
		{"no amount", "行政处罚,2024,1,不详\n", "takeover.bad_fines"},
		{"by year and together", "行政处罚,2024,1,\n行政处罚,,5,\n", "takeover.stated_twice"},
		{"a year twice", "行政处罚,2024,1,\n行政处罚,2024,5,\n", "takeover.stated_twice"},
		{"headings only", "数据类型,年度,件数\n", "takeover.nothing_stated"},
	} {
		rows, err := intake.Rows(strings.NewReader(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := takeover.ReadStated(rows, set)
		if tt.want != "" && !fault.Is(err, tt.want) || tt.want == "" && err != nil {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if tt.want == "" && (len(got) != 2 || got[0] != of(2024, 10800, 123_456_789) || got[1] != takeover.Stated{Kind: "enterprise", Count: 76400}) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
