package sanction_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/record"
	"zhixin/internal/sanction"
)

func firstBook(t interface{ Fatal(...any) }) *policy.Book {
	rows, err := sanction.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func day(s string) credit.Date { return credit.MustDate(s) }

// penalty returns a record of a penalty; at is the day on which it became known here.
func penalty(t interface{ Fatal(...any) }, at string, fields map[string]string) record.Record {
	body := map[string]string{
		"CF_WSH": "宜市监罚〔2025〕1号", "CF_CFJG": "安庆市市场监督管理局", "CF_CFLB": "罚款", "CF_NR": "罚款", "CF_JDRQ": "2025-03-10",
	}
	for k, v := range fields {
		body[k] = v
	}
	raw, err := canon.Bytes(body)
	if err != nil {
		t.Fatal(err)
	}
	return record.Record{EnterpriseID: "e1", ID: "r1", Kind: "penalty", Day: day(body["CF_JDRQ"]), Body: json.RawMessage(raw),
		At: day(at).Time()}
}

func judge(t interface{ Fatal(...any) }, records []record.Record, entries []lists.Entry) []sanction.Measure {
	got, err := sanction.Judge(record.Facts{Subject: enterprise.Subject{ID: "e1"}, Records: records}, entries, firstBook(t))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// key writes what a test looks at of measures.
func keys(ms []sanction.Measure) string {
	out := ""
	for _, m := range ms {
		out += m.PolicyKey + " " + string(m.Verdict) + " " + m.Since.String() + ".." + m.Until.String() + "\n"
	}
	return out
}

func TestWhichPenaltiesAreStatutoryFacts(t *testing.T) {
	tests := []struct {
		name   string
		fields map[string]string
		want   string
	}{
		{"licence revoked, wording of 2021", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR_ZKDX": "食品经营许可证JY1"},
			"procurement.revoked bar 2025-03-20..2028-03-11\n"},
		{"business licence revoked", map[string]string{"CF_CFLB": "警告;吊销营业执照"}, "procurement.revoked bar 2025-03-20..2028-03-11\n"},
		{"2018: the decision says 吊销", map[string]string{"CF_CFLB": "暂扣或者吊销许可证", "CF_NR": "吊销食品经营许可证"},
			"procurement.revoked bar 2025-03-20..2028-03-11\n"},
		{"2018: the decision says 吊销 of a licence without name", map[string]string{"CF_CFLB": "暂扣或者吊销许可证", "CF_NR": "吊销许可证"},
			"procurement.revoked bar 2025-03-20..2028-03-11\nproduction-licence.revoked manual 2025-03-20..2028-03-11\n"},
		{"2018: only suspended", map[string]string{"CF_CFLB": "暂扣或者吊销许可证", "CF_NR": "暂扣许可证三个月"}, ""},
		{"2018: only the form's own words", map[string]string{"CF_CFLB": "暂扣或者吊销执照", "CF_NR": "暂扣或吊销证照"},
			"procurement.revoked manual 2025-03-20..2028-03-11\n"},
		{"2018: both words", map[string]string{"CF_CFLB": "暂扣或者吊销执照", "CF_NR": "暂扣执照六个月,逾期不改正的吊销"},
			"procurement.revoked manual 2025-03-20..2028-03-11\n"},
		{"2018: not revoked in the end", map[string]string{"CF_CFLB": "暂扣或者吊销执照", "CF_NR": "决定不予吊销"},
			"procurement.revoked manual 2025-03-20..2028-03-11\n"},
		{"suspended, wording of 2021", map[string]string{"CF_CFLB": "暂扣许可证件", "CF_NR": "暂扣"}, ""},
		{"production ordered to stop", map[string]string{"CF_CFLB": "责令停产停业"}, "procurement.closed bar 2025-03-20..2028-03-11\n"},
		{"fine of two millions", map[string]string{"CF_NR_FK": "200000000"}, "procurement.large-fine bar 2025-03-20..2028-03-11\n"},
		{"fine just below", map[string]string{"CF_NR_FK": "199999999"}, ""},
		{"a warning", map[string]string{"CF_CFLB": "警告"}, ""},
		{"production licence revoked", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR_ZKDX": "全国工业产品生产许可证(皖)XK16-204-00123"},
			"procurement.revoked bar 2025-03-20..2028-03-11\nproduction-licence.revoked bar 2025-03-20..2028-03-11\n"},
		{"bound by service", map[string]string{"CF_CFLB": "责令停产停业", "CF_SDRQ": "2025-03-12"}, "procurement.closed bar 2025-03-12..2028-03-11\n"},
		{"service stated before the decision", map[string]string{"CF_CFLB": "责令停产停业", "CF_SDRQ": "2025-03-01"},
			"procurement.closed bar 2025-03-10..2028-03-11\n"},
		{"fine before there was a number", map[string]string{"CF_NR_FK": "300000000", "CF_JDRQ": "2020-03-10", "CF_SDRQ": "2020-03-10"},
			"procurement.large-fine bar 2022-02-08..2023-03-11\n"},
		{"on its last day when it came", map[string]string{"CF_CFLB": "责令停产停业", "CF_JDRQ": "2022-03-20"},
			"procurement.closed bar 2025-03-20..2025-03-21\n"},
		{"too old when it came", map[string]string{"CF_CFLB": "责令停产停业", "CF_JDRQ": "2022-03-19"}, ""},
		{"a licence that may be the production licence", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR": "吊销生产许可证"},
			"procurement.revoked bar 2025-03-20..2028-03-11\nproduction-licence.revoked manual 2025-03-20..2028-03-11\n"},
		{"a licence without any name", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR": "吊销"},
			"procurement.revoked bar 2025-03-20..2028-03-11\nproduction-licence.revoked manual 2025-03-20..2028-03-11\n"},
		{"two licences, one of them without name", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR": "吊销食品生产许可证和另一许可证"},
			"procurement.revoked bar 2025-03-20..2028-03-11\nproduction-licence.revoked manual 2025-03-20..2028-03-11\n"},
		{"another licence, named in the content alone", map[string]string{"CF_CFLB": "吊销许可证件", "CF_NR": "吊销食品生产许可证"},
			"procurement.revoked bar 2025-03-20..2028-03-11\n"},
		{"in the department's own words: revoked", map[string]string{"CF_CFLB": "罚款;其他-吊销采矿许可证"},
			"procurement.revoked manual 2025-03-20..2028-03-11\n"},
		{"in the department's own words: the production licence", map[string]string{"CF_CFLB": "其他-吊销工业产品生产许可证"},
			"procurement.revoked manual 2025-03-20..2028-03-11\nproduction-licence.revoked manual 2025-03-20..2028-03-11\n"},
		{"in the department's own words: stopped", map[string]string{"CF_CFLB": "其他-停业整顿"}, "procurement.closed manual 2025-03-20..2028-03-11\n"},
		{"in the department's own words: something else", map[string]string{"CF_CFLB": "其他-责令改正"}, ""},
		{"before the regulation", map[string]string{"CF_CFLB": "责令停产停业", "CF_JDRQ": "2012-02-28", "CF_SDRQ": "2012-02-28"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := keys(judge(t, []record.Record{penalty(t, "2025-03-20", tt.fields)}, nil)); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// entry returns a list entry; an empty day is an event that did not happen.
func entry(list credit.List, listed, removed, rescinded string) lists.Entry {
	e := lists.Entry{EnterpriseID: "e1", ID: "x1", List: list, Ground: lists.AnnualReport, Detail: "2017", Authority: "SCJG"}
	for _, ev := range []struct {
		kind lists.EventKind
		day  string
	}{{lists.Listed, listed}, {lists.Removed, removed}, {lists.Rescinded, rescinded}} {
		if ev.day != "" {
			e.Events = append(e.Events, lists.Event{Kind: ev.kind, Effect: day(ev.day), PaperNo: "宜市监异入〔2018〕第1号"})
		}
	}
	return e
}

func TestWhatAnEntryDoesFollowsThePolicyOfTheDay(t *testing.T) {
	verdicts := func(e lists.Entry, on string) string {
		ms := sanction.InForce(judge(t, nil, []lists.Entry{e}), day(on))
		out := ""
		for _, m := range credit.Matters {
			out += string(sanction.Strictest(ms, m)) + " "
		}
		return out
	}
	open := entry(credit.AbnormalList, "2018-07-10", "", "")
	ended := entry(credit.AbnormalList, "2018-07-10", "2019-03-01", "")
	void := entry(credit.AbnormalList, "2018-07-10", "2019-03-01", "2019-04-01")
	serious := entry(credit.SeriousList, "2018-07-10", "", "")
	const nothing = "pass pass pass pass pass pass "
	tests := []struct {
		name string
		e    lists.Entry
		on   string
		want string
	}{
		{"the day before it was published", open, "2018-07-09", nothing},
		{"2018: restricted at the five counters", open, "2018-07-10", "restrict restrict restrict restrict restrict pass "},
		{"the last day of that practice", open, "2020-12-17", "restrict restrict restrict restrict restrict pass "},
		{"since 49号 a reminder", open, "2020-12-18", "remind remind remind restrict remind pass "},
		{"today", open, "2026-10-12", "remind remind remind restrict remind pass "},
		{"removed", ended, "2019-02-28", "restrict restrict restrict restrict restrict pass "},
		{"from the removal on", ended, "2019-03-01", nothing},
		{"a rescinded entry never stood", void, "2018-07-10", nothing},
		{"serious in 2018: barred at the five", serious, "2018-07-10", "bar bar bar bar bar pass "},
		{"serious today: a bar only for honours", serious, "2026-10-12", "remind remind remind bar remind pass "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdicts(tt.e, tt.on); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCreditIsNeverMoreThanAReminderToday(t *testing.T) {
	rules, err := policy.Rules[sanction.Effect](firstBook(t).On(day("2026-10-12")), sanction.EffectsTable)
	if err != nil || len(rules) == 0 {
		t.Fatal(len(rules), err)
	}
	for _, r := range rules {
		if r.Body.Matter == credit.CreditGranting && r.Body.Verdict != credit.Remind {
			t.Errorf("%s: the bank decides, but the row says %s", r.Key, r.Body.Verdict)
		}
	}
}

func TestRowsWithoutMeaningAreRefused(t *testing.T) {
	basis := []policy.Basis{{Law: "某法", Article: "第一条"}}
	tests := []struct{ name, table, body string }{
		{"unknown counter", sanction.EffectsTable, `{"list":"abnormal","matter":"weather","verdict":"bar","measure":"禁","english":"no"}`},
		{"unknown list", sanction.EffectsTable, `{"list":"grey","matter":"land","verdict":"bar","measure":"禁","english":"no"}`},
		{"unknown verdict", sanction.EffectsTable, `{"list":"serious","matter":"land","verdict":"jail","measure":"禁","english":"no"}`},
		{"no words", sanction.EffectsTable, `{"list":"serious","matter":"land","verdict":"bar","measure":"","english":"no"}`},
		{"no duration", sanction.FactsTable, `{"matter":"land","verdict":"bar","months":0,"measure":"禁","english":"no","types":["警告"]}`},
		{"no condition", sanction.FactsTable, `{"matter":"land","verdict":"bar","months":36,"measure":"禁","english":"no"}`},
		{"unknown field", sanction.FactsTable, `{"matter":"land","verdict":"bar","months":36,"measure":"禁","english":"no","types":["警告"],"x":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := policy.Row{Table: tt.table, Key: "test", From: day("2020-01-01"), Basis: basis, Body: json.RawMessage(tt.body)}
			if err := sanction.Validate([]policy.Row{row}); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// anyCase draws facts and entries of every sort.
func anyCase(t *rapid.T) ([]record.Record, []lists.Entry) {
	date := rapid.Custom(func(t *rapid.T) credit.Date {
		return credit.Date(rapid.Int32Range(int32(day("2012-01-01")), int32(day("2027-12-31"))).Draw(t, "day"))
	})
	types := rapid.SampledFrom([]string{"警告", "罚款", "责令停产停业", "吊销许可证件", "暂扣或者吊销执照", "暂扣许可证件"})
	var records []record.Record
	for i := range rapid.IntRange(0, 3).Draw(t, "penalties") {
		decided := date.Draw(t, "decided")
		r := penalty(t, (decided + credit.Date(rapid.IntRange(0, 400).Draw(t, "late"))).String(), map[string]string{
			"CF_JDRQ": decided.String(), "CF_CFLB": types.Draw(t, "type"), "CF_NR": rapid.SampledFrom([]string{"吊销", "暂扣", ""}).Draw(t, "content"),
			"CF_NR_FK": strconv.Itoa(rapid.SampledFrom([]int{0, 100, 200000000}).Draw(t, "fine")),
		})
		r.ID = strconv.Itoa(i)
		records = append(records, r)
	}
	var entries []lists.Entry
	for i := range rapid.IntRange(0, 3).Draw(t, "entries") {
		listed := date.Draw(t, "listed")
		removed, rescinded := "", ""
		if rapid.Bool().Draw(t, "is removed") {
			removed = (listed + credit.Date(rapid.IntRange(0, 2000).Draw(t, "stood"))).String()
		}
		if rapid.IntRange(0, 4).Draw(t, "is rescinded") == 0 {
			rescinded = (listed + 10).String()
		}
		e := entry(rapid.SampledFrom([]credit.List{credit.AbnormalList, credit.SeriousList}).Draw(t, "list"), listed.String(), removed, rescinded)
		e.ID = "x" + strconv.Itoa(i)
		entries = append(entries, e)
	}
	return records, entries
}

func TestNoMeasureLeavesTheValidityOfItsRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book := firstBook(t)
		records, entries := anyCase(t)
		for _, m := range judge(t, records, entries) {
			row, ok := book.On(m.Since).Row(m.PolicyTable, m.PolicyKey)
			switch {
			case !ok || row.From != m.PolicyFrom || row.Version != m.PolicyVersion:
				t.Fatalf("on %s there is no row %s for %+v", m.Since, m.PolicyKey, m)
			case len(m.Basis) == 0:
				t.Fatalf("%+v has no legal basis", m)
			case m.Until != 0 && m.Until <= m.Since:
				t.Fatalf("%+v is never in force", m)
			case row.Until != 0 && (m.Until == 0 || m.Until > row.Until):
				t.Fatalf("%+v outlives its row, which ends on %s", m, row.Until)
			}
		}
	})
}

func TestNoMeasureLeavesItsSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, entries := anyCase(t)
		ids := map[string]bool{}
		for _, m := range judge(t, records, entries) {
			if ids[m.ID] {
				t.Fatalf("id %s stands twice", m.ID)
			}
			ids[m.ID] = true
			if m.SourceKind == sanction.FromEntry {
				for _, e := range entries {
					if since, until := e.Window(); e.ID == m.SourceID && (m.Since < since || until != 0 && (m.Until == 0 || m.Until > until)) {
						t.Fatalf("%+v leaves its entry %s..%s", m, since, until)
					}
				}
				continue
			}
			i, _ := strconv.Atoi(m.SourceID)
			decided := records[i].Day
			if m.Since < credit.DateOf(records[i].At) || m.Until != decided.AddMonths(36)+1 {
				t.Fatalf("%+v leaves the decision of %s, known here on %s", m, decided, records[i].At)
			}
		}
	})
}

func TestJudgeDependsOnNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, entries := anyCase(t)
		if a, b := keys(judge(t, records, entries)), keys(judge(t, records, entries)); a != b {
			t.Fatalf("twice the same facts: %s and %s", a, b)
		}
	})
}
