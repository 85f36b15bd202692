package record

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
)

const recordCols = `r.enterprise_id, r.id, r.kind, r.department, r.source_key, r.version, r.withdrawn, r.day, r.valid_from, r.valid_until, r.body,
	r.salt, r.leaf, r.item, r.at, r.batch, r.batch_row, r.restates, r.moved,
	CASE WHEN r.past IS NULL OR EXISTS (SELECT 1 FROM record_recalled x WHERE x.batch = r.batch) THEN NULL ELSE r.past END, l.seq`

// FactsOf returns what is known of a subject; with known ≥ 0, what was known when the log had so many leaves.
func FactsOf(ctx context.Context, q db.Q, enterpriseID string, known int64) (Facts, error) {
	rs, err := rows(ctx, q, `r.enterprise_id = $1`, enterpriseID)
	if err != nil {
		return Facts{}, err
	}
	facts, err := gather(rs, known)
	if err != nil {
		return Facts{}, err
	}
	if len(facts) == 0 {
		return Facts{}, fault.New(fault.NotFound, "enterprise.unknown", enterpriseID)
	}
	return facts[0], nil
}

// FactsRange returns the facts of up to limit subjects whose ids come after after, in order of id: the pages of a fold over
// everybody, of which the empty one is the last. With kinds only records of these and the registration are read.
func FactsRange(ctx context.Context, q db.Q, after string, limit int, kinds []string) ([]Facts, error) {
	for {
		subjects, err := enterprise.Range(ctx, q, after, limit)
		if err != nil || len(subjects) == 0 {
			return nil, err
		}
		last := subjects[len(subjects)-1].ID
		args := []any{after, last}
		where := `r.enterprise_id > $1 AND r.enterprise_id <= $2`
		if kinds != nil {
			where += ` AND r.kind IN ` + db.In(&args, append([]string{EnterpriseKind}, kinds...))
		}
		rs, err := rows(ctx, q, where, args...)
		if err != nil {
			return nil, err
		}
		facts, err := gather(rs, -1)
		if err != nil || len(facts) > 0 {
			return facts, err
		}
		after = last // the registrations of a whole page were withdrawn: that is not the end of everybody
	}
}

func rows(ctx context.Context, q db.Q, where string, args ...any) ([]Record, error) {
	found, err := q.QueryContext(ctx, `SELECT `+recordCols+` FROM record_record r JOIN audit_leaf l ON l.id = r.leaf WHERE `+where+`
		ORDER BY r.enterprise_id, r.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []Record
	for found.Next() {
		var r Record
		var body string
		var at db.Time
		var seq sql.NullInt64
		if err := found.Scan(&r.EnterpriseID, &r.ID, &r.Kind, &r.Department, &r.SourceKey, &r.Version, &r.Withdrawn, &r.Day, &r.From, &r.Until,
			&body, &r.Salt, &r.Leaf, &r.Item, &at, &r.Batch, &r.Row,
			&r.Restates, &r.Moved, &r.Past, &seq); err != nil {
			return nil, fmt.Errorf("record: read: %w", err)
		}
		r.Body, r.At, r.Seq = []byte(body), at.Time, -1
		if seq.Valid {
			r.Seq = seq.Int64
		}
		out = append(out, r)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("record: read: %w", err)
	}
	return out, nil
}

// gather puts records, in order of subject, together to facts: the latest version of each as known, without the withdrawn.
// Who has no registration that was known is left out.
func gather(rs []Record, known int64) ([]Facts, error) {
	var out []Facts
	for _, of := range bySubject(rs) {
		f, ok, err := latest(of, known)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// bySubject divides records that are in order of subject.
func bySubject(rs []Record) (out [][]Record) {
	for len(rs) > 0 {
		n := 1
		for n < len(rs) && rs[n].EnterpriseID == rs[0].EnterpriseID {
			n++
		}
		out = append(out, rs[:n:n])
		rs = rs[n:]
	}
	return out
}

func latest(rs []Record, known int64) (f Facts, registered bool, err error) {
	heads := map[key]Record{}
	f.Past = takenOver(rs, known)
	for _, r := range rs {
		if known >= 0 && (r.Seq < 0 || r.Seq >= known) {
			continue
		}
		k := key{r.Department, r.Kind, r.SourceKey}
		had, ok := heads[k]
		first := r.At
		if ok && had.first.Before(first) {
			first = had.first
		}
		if ok && r.Version < had.Version {
			r = had
		}
		r.first = first
		heads[k] = r
	}
	var registration Record
	for _, r := range heads {
		if r.Withdrawn {
			continue
		}
		f.Records = append(f.Records, r)
		if r.Kind == EnterpriseKind && (registration.ID == "" || newer(r, registration)) {
			registration = r
		}
	}
	slices.SortFunc(f.Records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID))
	})
	if registration.ID == "" {
		return f, false, nil
	}
	f.Subject, err = SubjectOf(registration)
	return f, true, err
}

// takenOver returns the day for which an old system answers for the subject of rs: that of its past registrations, unless it was
// registered here before.
func takenOver(rs []Record, known int64) (day credit.Date) {
	last := map[key]Record{} // what was taken back in the end was never so
	for _, r := range rs {
		k := key{r.Department, r.Kind, r.SourceKey}
		if r.Kind == EnterpriseKind && (known < 0 || r.Seq >= 0 && r.Seq < known) && r.Version > last[k].Version {
			last[k] = r
		}
	}
	for _, r := range rs {
		if at := last[key{r.Department, r.Kind, r.SourceKey}]; at.ID != "" && !at.Withdrawn && r.Version <= at.Version {
			day = max(day, r.Past)
		}
	}
	if day == 0 {
		return 0
	}
	for _, r := range rs {
		at := last[key{r.Department, r.Kind, r.SourceKey}]
		if at.ID != "" && !at.Withdrawn && r.Past == 0 && !r.Withdrawn && credit.DateOf(r.At) < day {
			return 0
		}
	}
	return day
}

// newer orders the registrations of one subject, which may come from two authorities or under two codes: who spoke last. What was
// taken over is older than what was stated here, whenever it came, and of two old systems the one that ended later spoke last. What
// was stated about another that turned out to be the same is older than what was stated about the subject itself.
func newer(a, b Record) bool {
	if (a.Moved == "") != (b.Moved == "") {
		return a.Moved == ""
	}
	if (a.Past == 0) != (b.Past == 0) {
		return a.Past == 0
	}
	return cmp.Or(cmp.Compare(a.Past, b.Past), cmp.Compare(a.stated(), b.stated()), cmp.Compare(a.Item, b.Item), cmp.Compare(a.ID, b.ID)) > 0
}

// Counts returns how many facts hold by kind, and how many departments have stated any.
func Counts(ctx context.Context, q db.Q) (byKind map[string]int, departments int, err error) {
	byKind = map[string]int{}
	found, err := q.QueryContext(ctx, `SELECT kind, count(*) FROM record_head GROUP BY kind ORDER BY kind`)
	if err != nil {
		return nil, 0, fmt.Errorf("record: count: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var kind string
		var n int
		if err := found.Scan(&kind, &n); err != nil {
			return nil, 0, fmt.Errorf("record: count: %w", err)
		}
		byKind[kind] = n
	}
	if err := found.Err(); err != nil {
		return nil, 0, fmt.Errorf("record: count: %w", err)
	}
	gone, err := withdrawn(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	for kind, n := range gone {
		if byKind[kind] -= n; byKind[kind] == 0 {
			delete(byKind, kind)
		}
	}
	if err := q.QueryRowContext(ctx, `SELECT count(DISTINCT department) FROM record_head`).Scan(&departments); err != nil {
		return nil, 0, fmt.Errorf("record: count departments: %w", err)
	}
	return byKind, departments, nil
}

// withdrawn returns how many facts stand withdrawn by kind: few, so they are counted by themselves.
func withdrawn(ctx context.Context, q db.Q) (map[string]int, error) {
	found, err := q.QueryContext(ctx, `SELECT r.kind, count(*) FROM record_record r JOIN record_head h ON h.department = r.department
		AND h.kind = r.kind AND h.source_key = r.source_key AND h.record_id = r.id WHERE r.withdrawn GROUP BY r.kind`)
	if err != nil {
		return nil, fmt.Errorf("record: count: %w", err)
	}
	defer func() { _ = found.Close() }()
	out := map[string]int{}
	for found.Next() {
		var kind string
		var n int
		if err := found.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("record: count: %w", err)
		}
		out[kind] = n
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("record: count: %w", err)
	}
	return out, nil
}
