package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zhixin/internal/policy"
)

// RuleChange is what a version changes in one row of policy, in words.
type RuleChange struct {
	Badge Badge
	Table string // code of the table's title
	Key   string
	Title string
	Lines []RuleLine // what differs; of a new row, all that it says
}

// RuleLine is one thing that a row says, before and after. "" is nothing.
type RuleLine struct{ Label, Before, After string }

// Changes returns what differs between two books for a page.
func (c *Request) Changes(changes []policy.Change) ([]RuleChange, error) {
	var out []RuleChange
	for _, ch := range changes {
		named := ch.New
		if ch.Kind == policy.Withdrawn {
			named = ch.Old
		}
		row, err := c.ruleRow(named)
		if err != nil {
			return nil, err
		}
		before, err := c.said(ch.Old)
		if err != nil {
			return nil, err
		}
		after, err := c.said(ch.New)
		if err != nil {
			return nil, err
		}
		change := RuleChange{Badge: changeBadge(ch.Kind), Table: tableCode(named.Table), Key: named.Key, Title: row.Title}
		for i := range max(len(before), len(after)) {
			line := RuleLine{}
			if i < len(before) {
				line.Label, line.Before = before[i].Label, before[i].After
			}
			if i < len(after) {
				line.Label, line.After = after[i].Label, after[i].After
			}
			if line.Before != line.After {
				change.Lines = append(change.Lines, line)
			}
		}
		more, err := otherLines(ch)
		if err != nil {
			return nil, err
		}
		change.Lines = append(change.Lines, more...)
		out = append(out, change)
	}
	return out, nil
}

func changeBadge(k policy.ChangeKind) Badge {
	switch k {
	case policy.Added:
		return Badge{"web.change_added", "●", "good"}
	case policy.Withdrawn:
		return Badge{"web.change_withdrawn", "■", "bad"}
	case policy.Ended:
		return Badge{"web.change_ended", "◆", "warn"}
	}
	return Badge{"web.change_corrected", "△", "note"}
}

// said returns what a row says, one line for each thing in a fixed order, in the after of each; nothing of no row.
func (c *Request) said(r policy.VersionedRow) ([]RuleLine, error) {
	if r.Table == "" {
		return nil, nil
	}
	row, err := c.ruleRow(r)
	if err != nil {
		return nil, err
	}
	period := c.Say("web.valid_open", row.From)
	if row.Until != 0 {
		period = c.Say("web.valid_until", row.From, row.Until)
	}
	matter, verdict, months := "", "", ""
	if row.Matter != "" {
		matter = c.Say(row.Matter)
	}
	if row.HasVerdict {
		verdict = c.Say(row.Verdict.Code)
	}
	if row.HasMonths {
		months = c.Say("web.months", row.Months)
	}
	var articles []string
	for _, a := range row.Articles {
		articles = append(articles, strings.TrimSpace(a.Law+a.Article+" "+a.Text))
	}
	return []RuleLine{
		{Label: c.Say("web.rule_title"), After: row.Title}, {Label: c.Say("web.rule_matter"), After: matter}, {Label: c.Say("web.rule_verdict"), After: verdict},
		{Label: c.Say("web.rule_months"), After: months}, {Label: c.Say("web.rule_applies"), After: row.Applies}, {Label: c.Say("web.rule_period"), After: period},
		{Label: c.Say("web.rule_articles"), After: strings.Join(articles, "；")}, {Label: c.Say("web.rule_note"), After: row.Note},
	}, nil
}

// inWords are the fields of a body that said tells in words. The texts, of which it tells those of the reader's language, are
// told by name too where they change.
var (
	inWords = []string{"class", "channel", "matter", "verdict", "months", "types", "unclear_types", "fine_floor", "fine_ceiling", "rest"}
	texts   = []string{"title", "measure", "english"}
)

// otherLines tells by their names the fields of a body that have no words of their own: nothing that changes may be left out.
func otherLines(ch policy.Change) (out []RuleLine, err error) {
	fields := func(r policy.VersionedRow) (map[string]json.RawMessage, error) {
		m := map[string]json.RawMessage{}
		if r.Table == "" {
			return m, nil
		}
		if err := json.Unmarshal(r.Body, &m); err != nil {
			return nil, fmt.Errorf("web: row %s %s: %w", r.Table, r.Key, err)
		}
		return m, nil
	}
	before, err := fields(ch.Old)
	if err != nil {
		return nil, err
	}
	after, err := fields(ch.New)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		told := slices.Contains(inWords, name) || slices.Contains(texts, name) && (ch.Old.Table == "" || ch.New.Table == "")
		if a, b := string(before[name]), string(after[name]); a != b && !told {
			out = append(out, RuleLine{name, a, b})
		}
	}
	return out, nil
}

func tableCode(table string) string { return "web.table_" + strings.ReplaceAll(table, ".", "_") }
