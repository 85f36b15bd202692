package flow_test

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/casework"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/duty"
	"zhixin/internal/enterprise"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
	"zhixin/internal/takeover"
	"zhixin/internal/testcity"
)

// takeover opens the take-over of an old system that answers up to a day.
func (w *town) takeover(day string) takeover.Takeover { return w.takeoverOf("信用监管一期", day) }

func (w *town) takeoverOf(system, day string) (t takeover.Takeover) {
	w.Helper()
	by := org.Actor{User: "admin", Department: "SCJG", Role: credit.Administrator}
	w.Tx(func(q db.Q) (err error) {
		t, err = takeover.Start(ctx, q, by, w.At, takeover.Takeover{Department: "SCJG", System: system, Day: credit.MustDate(day)},
			[]takeover.Stated{{Kind: "enterprise", Count: 3}, {Kind: "penalty", Count: 3}, {Kind: "annual-report", Count: 4}})
		return err
	})
	return t
}

// sendPast sends rows into a take-over, or by themselves where id is "".
func (w *town) sendPast(id, kind string, rows [][]string) intake.Batch {
	w.Helper()
	var b bytes.Buffer
	w.must(csv.NewWriter(&b).WriteAll(rows))
	got, err := intake.Receive(ctx, w.D, clerk, w.At, intake.Upload{Kind: kind, Department: "SCJG", Name: kind + ".csv", Takeover: id, Body: &b})
	w.must(err)
	w.must(intake.Check(ctx, w.D, w.now, got.ID))
	w.catchUp()
	w.View(func(q db.Q) (err error) {
		got, err = intake.Get(ctx, q, everywhere, got.ID)
		return err
	})
	return got
}

// moved is a town into which the past of three firms comes: one was barred in 2025 and one long ago, and none but the first reported
// for 2023 and 2024.
func moved(t *testing.T, d *db.DB, past bool) *town {
	w := newTown(t, d)
	id := ""
	if past {
		id = w.takeover("2026-05-31").ID
	}
	w.Tx(func(q db.Q) error {
		return duty.Put(ctx, q, clerk, w.At, duty.Duty{Department: "SCJG", Kind: "penalty", Source: "340800-SCJG-1", Cycle: duty.Monthly, Days: 10,
			Sharing: duty.Unconditional, From: credit.MustDate("2026-01-01")})
	})
	registry, old := [][]string{registryHead}, [][]string{decisionHead}
	for n := range 3 {
		row := registered(n, firmName(n))
		row[4] = "2022-03-05"
		registry = append(registry, row)
	}
	for n, day := range []string{"2025-03-10", "2019-03-10"} {
		row := barred(n, n+1)
		row[13] = day
		old = append(old, row)
	}
	w.sendPast(id, "enterprise", registry)
	w.sendPast(id, "penalty", append(old, fined(2, 3)))
	reports := [][]string{reportHead}
	for _, year := range []string{"2022", "2023", "2024", "2025"} {
		row := reported(0)
		row[2], row[3] = year, "2026-05-01"
		reports = append(reports, row)
	}
	w.sendPast(id, "annual-report", reports)
	return w
}

// withoutOrigin takes out of a face what tells where facts came from, and the cases.
func withoutOrigin(face string) string {
	face = regexp.MustCompile(`,?\s*"origin":"[^"]*"`).ReplaceAllString(face, "")
	lines := slices.DeleteFunc(strings.Split(face, "\n"), func(line string) bool { return strings.HasPrefix(line, "case ") || strings.TrimSpace(line) == "" })
	return strings.Join(lines, "\n")
}

// Facts of the past bind as any facts of their days; what was left undone in the past is not taken up again.
func TestTheSameFactsBindAlikeButOpenNothing(t *testing.T) {
	want := ""
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := moved(t, d, false)
		w.open("2026-06-20", 12)
		w.catchUp()
		want = withoutOrigin(w.face(3))
		if n := len(w.cases(casework.AbnormalListing)); n != 6 { // 2022, 2023 and 2024 of two firms
			t.Fatalf("%d cases of what was sent by itself: the test shows nothing", n)
		}
		if f := w.figures(); f.Files != 3 || f.Credit.Late != 3 {
			t.Fatalf("the figures of what was sent by itself: %+v", f)
		}
	})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := moved(t, d, true)
		w.open("2026-06-20", 12)
		w.catchUp()
		if got := withoutOrigin(w.face(3)); got != want {
			t.Errorf("what was taken over binds otherwise:\n%s", differs(got, want))
		}
		if v := w.verdict(0, credit.Procurement); v != credit.Bar {
			t.Errorf("a licence revoked in 2025: %s", v)
		}
		if v := w.verdict(1, credit.Procurement); v != credit.Pass {
			t.Errorf("a licence revoked in 2019: %s", v)
		}
		for _, kind := range []string{casework.AbnormalListing, casework.AbnormalRemoval} {
			if open := w.cases(kind); len(open) != 0 {
				t.Errorf("%d cases of %s", len(open), kind)
			}
		}
		if n := len(rows(t, d, `SELECT id FROM document_paper`)); n != 0 {
			t.Errorf("%d papers", n)
		}
		if f := w.figures(); f != (duty.Figures{}) {
			t.Errorf("the figures of deliveries: %+v", f)
		}
		w.View(func(q db.Q) error {
			heard, err := duty.HeardOf(ctx, q, everywhere)
			if err != nil || heard[duty.Key{Department: "SCJG", Kind: "penalty"}] != (duty.Heard{}) {
				t.Errorf("a take-over is a delivery: %v (%v)", heard, err)
			}
			page, err := publicity.Page(ctx, q, testcity.Code(0), credit.DateOf(w.At))
			if err != nil || page.Origin != "信用监管一期" || len(page.Penalties) != 1 || page.Penalties[0].Origin != page.Origin || page.Reports[0].Origin != page.Origin {
				t.Errorf("where it came from is not told: %+v (%v)", page, err)
			}
			if day := credit.DateOf(page.UpdatedAt); day != credit.MustDate("2026-05-31") {
				t.Errorf("what was taken over is news of %s", day)
			}
			return nil
		})
		if n := len(rows(t, d, `SELECT id FROM audit_leaf WHERE kind = '`+record.AcceptedLeaf+`'`)); n != 0 {
			t.Errorf("%d leaves announce what was taken over as new", n)
		}
		// The report of 2025 was due after the last day of the old system: that one is ours.
		w.open("2026-07-01", 8)
		if open := w.cases(casework.AbnormalListing); len(open) != 2 || open[0].Detail != "abnormal.annual-report/2025" {
			t.Errorf("reports that were due here: %+v", open)
		}
	})
}

// figures returns the figures of the city's bureau in penalties of the year.
func (w *town) figures() (f duty.Figures) {
	w.Helper()
	w.View(func(q db.Q) error {
		book, err := policy.Load(ctx, q)
		if err != nil {
			return err
		}
		all, err := duty.FiguresOf(ctx, q, everywhere, book, w.Cal, 2026)
		for _, one := range duty.Year(all) {
			f = one
		}
		return err
	})
	return f
}

// Who was registered here before stays ours, and the registration that was stated here stays the one that holds; when a take-over is
// taken back its subjects are as if it had never been.
func TestWhoWasHereBeforeIsNotTakenOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.At = at("2026-04-01", 9)
		here := registered(0, "安庆市新名贸易有限公司")
		here[4] = "2023-03-05"
		w.send("enterprise", [][]string{registryHead, here})
		w.At = at("2026-06-20", 9)
		id := w.takeover("2026-05-31").ID
		before, fresh := registered(0, firmName(0)), registered(1, firmName(1))
		before[4], fresh[4] = "2023-03-05", "2023-03-05"
		b := w.sendPast(id, "enterprise", [][]string{registryHead, before, fresh})
		w.open("2026-06-20", 12)
		open := w.cases(casework.AbnormalListing)
		if len(open) != 2 || open[0].USCC != testcity.Code(0) || open[1].USCC != testcity.Code(0) || open[0].Name != "安庆市新名贸易有限公司" {
			t.Errorf("cases of the firm that was here: %+v", open)
		}
		w.recall(b)
		w.catchUp()
		w.send("enterprise", [][]string{registryHead, fresh})
		w.open("2026-06-21", 12)
		if n := len(w.cases(casework.AbnormalListing)); n != 4 {
			t.Errorf("%d cases after the recall, of two firms and two years each", n)
		}
	})
}

// What a live file says once more is stated here from then on; and of two old systems the one that ended later spoke last, whichever
// comes over first.
func TestWhatWasStatedHereOrLaterHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		rows := func(n int, name string) [][]string { return [][]string{registryHead, registered(n, name)} }
		name := func(n int) (name string) {
			w.View(func(q db.Q) error {
				f, err := record.FactsOf(ctx, q, enterprise.Key(code(n)), -1)
				if err != nil {
					return err
				}
				name = f.Subject.Name
				s, err := enterprise.Known(ctx, q, code(n))
				if err == nil && s.Name != name {
					t.Errorf("the registry calls it %s, the facts %s", s.Name, name)
				}
				return err
			})
			return name
		}
		younger, older := w.takeover("2026-05-31").ID, w.takeoverOf("信用监管零期", "2019-12-31").ID
		w.sendPast(younger, "enterprise", rows(1, "安庆新系统有限公司"))
		w.sendPast(older, "enterprise", rows(1, "安庆旧系统有限公司"))
		if got := name(1); got != "安庆新系统有限公司" {
			t.Errorf("of two old systems holds %s", got)
		}
		w.sendPast(older, "enterprise", rows(2, "安庆甲有限公司"))
		if b := w.sendPast("", "enterprise", rows(2, "安庆甲有限公司")); b.Superseded != 1 {
			t.Errorf("the same, stated here: %+v", b.Counts)
		}
		w.sendPast(younger, "enterprise", rows(2, "安庆旧名有限公司"))
		if got := name(2); got != "安庆甲有限公司" {
			t.Errorf("behind what was stated here holds %s", got)
		}
	})
}
