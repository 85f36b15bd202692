package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/policy"
)

// RuleTable is one table of policy as pages show it.
type RuleTable struct {
	Code string // of its title
	ID   string
	Rows []RuleRow
}

// RuleRow is one dated row with its articles.
type RuleRow struct {
	Key         string
	Title       string
	Matter      string // code
	Verdict     Badge
	HasVerdict  bool
	Months      int
	Applies     string // the penalties that fulfil it
	HasMonths   bool
	Articles    []Article
	From, Until credit.Date
	Note        string
	Version     int64
}

// Article is one article on which a row rests.
type Article struct{ Law, Article, Text string }

// Rules returns tables of rows for a page, in the order of tables; rows of other tables are left out.
func (c *Request) Rules(tables []string, rows func(table string) []policy.VersionedRow) ([]RuleTable, error) {
	var out []RuleTable
	for _, table := range tables {
		t := RuleTable{Code: tableCode(table), ID: table}
		for _, r := range rows(table) {
			row, err := c.ruleRow(r)
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, row)
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}

// RulesOn returns the rules of a day, and the version of the book.
func (c *Request) RulesOn(q db.Q, tables []string, day credit.Date) ([]RuleTable, int64, error) {
	book, err := policy.Load(c.Ctx, q)
	if err != nil {
		return nil, 0, err
	}
	out, err := c.Rules(tables, book.On(day).Rows)
	return out, book.Version(), err
}

func (c *Request) ruleRow(r policy.VersionedRow) (RuleRow, error) {
	var b struct {
		Title   string         `json:"title"`
		Measure string         `json:"measure"`
		English string         `json:"english"`
		Class   string         `json:"class"`
		Channel string         `json:"channel"`
		Matter  credit.Matter  `json:"matter"`
		Verdict credit.Verdict `json:"verdict"`
		List    credit.List    `json:"list"`
		Months  *int           `json:"months"`
		Types   []string       `json:"types"`
		Unclear []string       `json:"unclear_types"`
		Floor   credit.Fen     `json:"fine_floor"`
		Ceiling credit.Fen     `json:"fine_ceiling"`
		Rest    bool           `json:"rest"`
	}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return RuleRow{}, fmt.Errorf("web: row %s %s: %w", r.Table, r.Key, err)
	}
	row := RuleRow{Key: r.Key, From: r.From, Until: r.Until, Note: r.Note, Version: r.Version, Title: c.Pick(b.Title+b.Measure, b.English)}
	if b.Class != "" {
		row.Title = c.Say("web.term", c.Say("web.channel_"+b.Channel), c.Say("web.class_"+b.Class))
	} else if b.Channel != "" {
		row.Title = c.Say("web.channel_" + b.Channel)
	}
	if b.List != "" && b.Matter != "" {
		row.Title = c.Say("web.effect_of", c.Say(ListBadge(b.List).Code), row.Title)
	}
	if b.Matter != "" {
		row.Matter = MatterCode(b.Matter)
	}
	if b.Verdict != "" {
		row.Verdict, row.HasVerdict = VerdictBadge(b.Verdict), true
	}
	if b.Months != nil {
		row.Months, row.HasMonths = *b.Months, true
	}
	applies := append([]string{}, b.Types...)
	for _, t := range b.Unclear {
		applies = append(applies, c.Say("web.if_revoked", t))
	}
	if b.Floor > 0 {
		applies = append(applies, c.Say("web.fine_floor", Money(c.Lang, b.Floor)))
	}
	if b.Ceiling > 0 {
		applies = append(applies, c.Say("web.fine_ceiling", Money(c.Lang, b.Ceiling)))
	}
	if b.Rest {
		applies = append(applies, c.Say("web.all_others"))
	}
	row.Applies = strings.Join(applies, "、")
	for _, a := range r.Basis {
		law := a.Law
		if !strings.Contains(law, "《") {
			law = "《" + law + "》"
		}
		row.Articles = append(row.Articles, Article{law, a.Article, a.Text})
	}
	return row, nil
}
