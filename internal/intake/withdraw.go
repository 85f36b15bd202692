package intake

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/record"
)

// Reason is why a department withdraws a record (行政处罚法 art. 48 with art. 85, Order 45 art. 11).
type Reason string

// Reasons lists them in the order in which they are offered.
var Reasons = []Reason{"changed", "revoked", "unlawful", "void", "mistake"}

// Code returns the message that names the reason.
func (r Reason) Code() lang.Code { return lang.Code("intake.reason_" + string(r)) }

// withdrawWithin is how many working days a department has from the day on which it learnt of the cause (handbook T04).
const withdrawWithin = 3

// Withdrawal is a record that is, or is to be, withdrawn.
type Withdrawal struct {
	Department, Kind string
	SourceKey        string // or, where it is empty, the subject with the record's id or what stands on it
	USCC, RecordID   string
	Number           string // of the decision, or the year of a report
	Reason           Reason
	Note             string      // in the department's words; never public
	Learnt           credit.Date // when the department learnt of the cause
	Due              credit.Date // last day for it; 0 while it cannot be told
	At               time.Time
	By               string // id of the person or key
}

// Late reports whether the record was withdrawn after the last day.
func (w Withdrawal) Late() bool { return w.Due != 0 && credit.DateOf(w.At) > w.Due }

// Withdraw takes a record back in the name of the department that stated it, which alone may. It is gone from the public page with
// the commit; the version that says so is in the feed. A registration takes its subject along where no other is left.
func Withdraw(ctx context.Context, q db.Q, cal *calendar.Calendar, by org.Actor, at time.Time, n Withdrawal) (Withdrawal, error) {
	if err := org.May(by, org.BatchSubmit, n.Department, ""); err != nil {
		return n, err
	}
	r, err := n.find(ctx, q)
	if err != nil {
		return n, err
	}
	n.SourceKey, n.Note, n.At, n.By = r.SourceKey, strings.TrimSpace(n.Note), at, by.Who()
	switch today := credit.DateOf(at); {
	case !slices.Contains(Reasons, n.Reason):
		return n, fault.New(fault.Invalid, "intake.withdraw_reason")
	case n.Learnt == 0 || n.Learnt > today || n.Learnt < r.Day:
		return n, fault.New(fault.Invalid, "intake.withdraw_learnt", r.Day, today)
	case len([]rune(n.Note)) > 1000:
		return n, fault.New(fault.Invalid, "intake.withdraw_note", 1000)
	}
	if n.Due, err = cal.Deadline(n.Learnt, withdrawWithin); err != nil {
		return n, err
	}
	if err := record.Withdraw(ctx, q, by, at, n.Department, n.Kind, n.SourceKey, strings.TrimSpace(string(n.Reason)+" "+n.Note)); err != nil {
		return n, err
	}
	if r, err = record.Head(ctx, q, n.Department, n.Kind, n.SourceKey); err != nil {
		return n, err
	}
	n.RecordID = r.ID
	_, err = q.ExecContext(ctx, `INSERT INTO intake_withdrawal (enterprise_id, record_id, department, kind, source_key, reason, note, learnt, due, at, person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, r.EnterpriseID, r.ID, n.Department, n.Kind, n.SourceKey, n.Reason, n.Note, n.Learnt,
		n.Due, db.Time{Time: at}, n.By)
	if err != nil {
		return n, fmt.Errorf("intake: withdraw: %w", err)
	}
	if n.Kind == record.EnterpriseKind {
		err = reproject(ctx, q, []string{r.EnterpriseID})
	}
	return n, err
}

// find returns the latest version of the record that is meant. Another department's is not told from one that does not exist.
func (w Withdrawal) find(ctx context.Context, q db.Q) (record.Record, error) {
	if w.SourceKey != "" {
		return record.Head(ctx, q, w.Department, w.Kind, w.SourceKey)
	}
	s, err := enterprise.Known(ctx, q, w.USCC)
	if err != nil {
		return record.Record{}, err
	}
	facts, err := record.FactsOf(ctx, q, s.ID, -1)
	if err != nil {
		return record.Record{}, err
	}
	for _, r := range facts.Records {
		named := r.ID == w.RecordID || w.Number != "" && Shown(r.SourceKey) == credit.NormalizeName(w.Number)
		if named && r.Department == w.Department && r.Kind == w.Kind {
			return r, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "record.unknown", cmp.Or(w.RecordID, w.Number))
}

// Shown returns what of a source key a person knows: the decision number, or the year of a report.
func Shown(source string) string {
	number, _, _ := strings.Cut(source, "|")
	return number
}

// Stated is a record as the department that stated it sees it in its list.
type Stated struct {
	record.Record
	USCC, Name string
	Withdrawal *Withdrawal // nil while it stands, and where its batch was taken back
}

// StatedFilter narrows a list of records.
type StatedFilter struct {
	Department, Kind string
	Text             string // part of the key, such as a decision number, or a subject's code
	Batch            string // those whose latest version a batch stated
	SourceKey        string // that one
	After            string // source key of the last of the page before
	Limit            int    // 30 where 0
}

// Records returns what a department has stated of a kind, within scope, in the order of the source keys: the latest version each.
func Records(ctx context.Context, q db.Q, scope org.Scope, f StatedFilter) ([]Stated, error) {
	args := []any{f.Department, f.Kind, f.After}
	where := `h.department = $1 AND h.kind = $2 AND h.source_key > $3 AND h.gone = '' AND ` + scope.Where(&args, "h.department", "")
	and := func(cond string, v any) {
		args = append(args, v)
		where += " AND " + strings.ReplaceAll(cond, "?", "$"+strconv.Itoa(len(args)))
	}
	if f.SourceKey != "" {
		and(`h.source_key = ?`, f.SourceKey)
	}
	if f.Batch != "" {
		and(`r.batch = ?`, f.Batch)
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		s, err := enterprise.Known(ctx, q, credit.NormalizeCode(text))
		switch {
		case err == nil:
			and(`h.enterprise_id = ?`, s.ID)
		case fault.Is(err, "enterprise.unknown"):
			and(`h.source_key LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(credit.NormalizeName(text))+"%")
		default:
			return nil, err
		}
	}
	args = append(args, cmp.Or(f.Limit, 30))
	rows, err := q.QueryContext(ctx, `SELECT h.source_key, h.enterprise_id, h.record_id, h.version, r.withdrawn, r.day, r.at, r.batch, r.batch_row,
		COALESCE(s.uscc, g.uscc, ''), COALESCE(s.name, g.name, ''), w.reason, w.note, w.learnt, w.due, w.at, w.person FROM record_head h
		JOIN record_record r ON r.enterprise_id = h.enterprise_id AND r.id = h.record_id
		LEFT JOIN enterprise_subject s ON s.id = h.enterprise_id LEFT JOIN enterprise_gone g ON g.id = h.enterprise_id
		LEFT JOIN intake_withdrawal w ON w.enterprise_id = h.enterprise_id AND w.record_id = h.record_id
		WHERE `+where+` ORDER BY h.source_key LIMIT $`+strconv.Itoa(len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("intake: records: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Stated
	for rows.Next() {
		s := Stated{Record: record.Record{Department: f.Department, Kind: f.Kind}}
		var w Withdrawal
		var at, taken db.Time
		var reason, note, person sql.NullString
		if err := rows.Scan(&s.SourceKey, &s.EnterpriseID, &s.ID, &s.Version, &s.Withdrawn, &s.Day, &at, &s.Batch, &s.Row, &s.USCC, &s.Name,
			&reason, &note, &w.Learnt, &w.Due, &taken, &person); err != nil {
			return nil, fmt.Errorf("intake: records: %w", err)
		}
		s.At = at.Time
		if reason.Valid {
			w.Department, w.Kind, w.SourceKey, w.RecordID, w.USCC = f.Department, f.Kind, s.SourceKey, s.ID, s.USCC
			w.Reason, w.Note, w.At, w.By = Reason(reason.String), note.String, taken.Time, person.String
			s.Withdrawal = &w
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("intake: records: %w", err)
	}
	return out, nil
}

// RecordBy returns one record of a department within scope; one that is not there is fault record.unknown.
func RecordBy(ctx context.Context, q db.Q, scope org.Scope, department, kind, source string) (Stated, error) {
	found, err := Records(ctx, q, scope, StatedFilter{Department: department, Kind: kind, SourceKey: source})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "record.unknown", source)
	}
	if err != nil {
		return Stated{}, err
	}
	return found[0], nil
}
