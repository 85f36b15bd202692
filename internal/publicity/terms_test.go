package publicity_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
	"zhixin/internal/publicity"
	"zhixin/internal/record"
)

func day(s string) credit.Date { return credit.MustDate(s) }

type fataler interface{ Fatal(...any) }

func terms(t fataler, channel publicity.Channel) publicity.Terms {
	rows, err := publicity.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	terms, err := publicity.ChannelTerms(book, publicity.Portal{Channel: channel})
	if err != nil {
		t.Fatal(err)
	}
	return terms
}

// decided returns a penalty of a day.
func decided(t fataler, on, types string, more map[string]string) record.Record {
	body := map[string]string{"CF_WSH": "罚1", "CF_CFJG": "安庆市市场监督管理局", "CF_CFLB": types, "CF_JDRQ": on, "CF_XDR_LB": "法人及非法人组织"}
	for k, v := range more {
		body[k] = v
	}
	raw, err := canon.Bytes(body)
	if err != nil {
		t.Fatal(err)
	}
	return record.Record{EnterpriseID: "e1", ID: "r1", Kind: "penalty", Day: day(on), Body: json.RawMessage(raw), At: day(on).Time()}
}

var firm = enterprise.Subject{ID: "e1", Name: "安庆振风机械有限公司", Kind: credit.Enterprise}

func TestHowLongAPenaltyIsPublic(t *testing.T) {
	const never = "never"
	tests := []struct {
		name    string
		channel publicity.Channel
		on      string
		types   string
		more    map[string]string
		want    string // first day on which it is not public
	}{
		{"2017: one year", publicity.CreditChannel, "2017-05-02", "罚款", nil, "2018-05-03"},
		{"2017: a revocation, three years", publicity.CreditChannel, "2017-05-02", "吊销营业执照", nil, "2020-05-03"},
		{"2018 standard: the decision says 吊销", publicity.CreditChannel, "2018-05-02", "暂扣或者吊销许可证", map[string]string{"CF_NR": "吊销许可证"}, "2021-05-03"},
		{"2018 standard: a suspension", publicity.CreditChannel, "2018-05-02", "暂扣或者吊销许可证", map[string]string{"CF_NR": "暂扣或吊销:暂扣三个月"}, "2019-05-03"},
		{"2018 standard: to be revoked one day perhaps", publicity.CreditChannel, "2018-05-02", "暂扣或者吊销执照", map[string]string{"CF_NR": "暂扣执照六个月，逾期不改正的吊销"}, "2019-05-03"},
		{"2018 standard: not revoked in the end", publicity.CreditChannel, "2018-05-02", "暂扣或者吊销执照", map[string]string{"CF_NR": "决定不予吊销"}, "2019-05-03"},
		{"527号: one year", publicity.CreditChannel, "2020-05-02", "罚款", nil, "2021-05-03"},
		{"527号: serious", publicity.CreditChannel, "2022-05-02", "责令停产停业", nil, "2025-05-03"},
		{"58号: a warning is not published", publicity.CreditChannel, "2024-05-02", "警告", nil, never},
		{"58号: a warning with a fine takes the fine's", publicity.CreditChannel, "2023-05-02", "警告;罚款", nil, "2026-04-01"},
		{"58号 → 36号: the milder of both, and at once where that is past", publicity.CreditChannel, "2024-05-02", "罚款", nil, "2026-04-01"},
		{"58号 → 36号: the milder of both, still to run", publicity.CreditChannel, "2025-09-10", "罚款", nil, "2026-09-11"},
		{"58号 → 36号: serious stays at three years", publicity.CreditChannel, "2025-09-10", "吊销许可证件", nil, "2028-09-11"},
		{"36号: a warning is not published", publicity.CreditChannel, "2026-05-10", "警告", nil, never},
		{"36号: one year", publicity.CreditChannel, "2026-05-10", "罚款", nil, "2027-05-11"},
		{"36号: a very large fine", publicity.CreditChannel, "2026-05-10", "罚款", map[string]string{"CF_NR_FK": "200000000"}, "2029-05-11"},
		{"36号: of several kinds the longest", publicity.CreditChannel, "2026-05-10", "警告;罚款;限制从业", nil, "2029-05-11"},
		{"36号: a kind that no row names", publicity.CreditChannel, "2026-05-10", "其他-责令公开道歉", nil, "2027-05-11"},
		{"the department states an earlier end", publicity.CreditChannel, "2026-05-10", "罚款", map[string]string{"CF_GSJZQ": "2026-08-09"}, "2026-08-10"},
		{"the department states a later end", publicity.CreditChannel, "2026-05-10", "罚款", map[string]string{"CF_GSJZQ": "2030-01-01"}, "2027-05-11"},
		{"the other channel: five years", publicity.SystemChannel, "2019-05-02", "罚款", nil, "2024-05-03"},
		{"the other channel: only a warning", publicity.SystemChannel, "2024-05-02", "警告", nil, never},
		{"the other channel: only 通报批评", publicity.SystemChannel, "2024-05-02", "通报批评", nil, "2024-08-03"},
		{"the other channel: a low fine", publicity.SystemChannel, "2024-05-02", "警告;罚款", map[string]string{"CF_NR_FK": "300000"}, "2024-08-03"},
		{"the other channel: a higher fine", publicity.SystemChannel, "2024-05-02", "警告;罚款", map[string]string{"CF_NR_FK": "300001"}, "2027-05-03"},
		{"before any rule", publicity.CreditChannel, "2013-05-02", "罚款", nil, never},
		{"about a person", publicity.CreditChannel, "2026-05-10", "罚款", map[string]string{"CF_XDR_LB": "自然人"}, never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, terms := decided(t, tt.on, tt.types, tt.more), terms(t, tt.channel)
			shown := func(on credit.Date) publicity.Showing {
				s, err := terms.Shown(rec, firm, on)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if tt.want == never {
				if s := shown(day(tt.on)); s.Visible || s.Why == "" {
					t.Errorf("shown until %s by %s", s.Until, s.Key)
				}
				return
			}
			end := day(tt.want)
			if s := shown(end - 1); !s.Visible || s.Until != end {
				t.Errorf("the day before its end: visible %t, until %s by %s", s.Visible, s.Until, s.Key)
			}
			if s := shown(end); s.Visible {
				t.Errorf("still shown on %s, until %s by %s", end, s.Until, s.Key)
			}
		})
	}
}

func TestWhatHasRunOutNeverComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := terms(t, rapid.SampledFrom([]publicity.Channel{publicity.CreditChannel, publicity.SystemChannel}).Draw(t, "channel"))
		on := credit.Date(rapid.Int32Range(int32(day("2014-10-01")), int32(day("2027-12-31"))).Draw(t, "decided"))
		types := rapid.SampledFrom([]string{"警告", "罚款", "警告;罚款", "通报批评", "吊销许可证件", "其他-训诫"}).Draw(t, "types")
		rec := decided(t, on.String(), types, map[string]string{"CF_NR_FK": rapid.SampledFrom([]string{"1", "200000000"}).Draw(t, "fine")})
		over := false
		for today := on; today < on.AddYears(6); today += credit.Date(rapid.IntRange(1, 90).Draw(t, "step")) {
			s, err := terms.Shown(rec, firm, today)
			if err != nil {
				t.Fatal(err)
			}
			if s.Visible && over {
				t.Fatalf("shown again on %s", today)
			}
			if s.Visible && s.Until > on.AddYears(5)+1 {
				t.Fatalf("shown until %s, decided on %s", s.Until, on)
			}
			over = !s.Visible
		}
	})
}

func TestAPersonHasNoPublicRecord(t *testing.T) {
	terms := terms(t, publicity.CreditChannel)
	person := enterprise.Subject{Name: "张三", LegalRep: "张三", Kind: credit.Individual}
	for _, rec := range []record.Record{decided(t, "2026-05-10", "罚款", nil), {Kind: "enterprise"}, {Kind: "annual-report"}} {
		if s, err := terms.Shown(rec, person, day("2026-06-01")); err != nil || s.Visible {
			t.Errorf("%s: %+v, %v", rec.Kind, s, err)
		}
	}
	e := lists.Entry{Events: []lists.Event{{Kind: lists.Listed, Effect: day("2026-01-01")}}}
	if s := terms.Entry(e, person, day("2026-06-01")); s.Visible {
		t.Errorf("%+v", s)
	}
}

func TestRemovedEntriesAreForgottenAsLongAsThePortalSaysSo(t *testing.T) {
	rows, err := publicity.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	book, err := policy.NewBook(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	e := lists.Entry{Events: []lists.Event{{Kind: lists.Listed, Effect: day("2024-07-10")}, {Kind: lists.Removed, Effect: day("2024-09-02")}}}
	for _, tt := range []struct {
		months int
		today  string
		want   bool
	}{{0, "2024-07-09", false}, {0, "2024-07-10", true}, {0, "2024-09-01", true}, {0, "2024-09-02", false}, {3, "2024-12-02", true}, {3, "2024-12-03", false}} {
		terms, err := publicity.ChannelTerms(book, publicity.Portal{Channel: publicity.CreditChannel, RemovedEntry: tt.months})
		if err != nil {
			t.Fatal(err)
		}
		if s := terms.Entry(e, firm, day(tt.today)); s.Visible != tt.want {
			t.Errorf("%d months, on %s: %+v", tt.months, tt.today, s)
		}
	}
}

func TestTermsLeaveNoTypeWithoutARow(t *testing.T) {
	rows, err := publicity.FirstPolicy()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		var term publicity.Term
		if r.Table != publicity.TermsTable || json.Unmarshal(r.Body, &term) != nil || !term.Rest {
			continue
		}
		without := append(append([]policy.Row{}, rows[:i]...), rows[i+1:]...)
		others := false
		for _, o := range without {
			var t publicity.Term
			others = others || o.Table == r.Table && o.From == r.From && json.Unmarshal(o.Body, &t) == nil && t.Channel == term.Channel
		}
		if others && publicity.Validate(without) == nil {
			t.Errorf("without %s types are left without a term, and nobody minds", r.Key)
		}
	}
}
