package lists

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// The kinds of leaves; their subject is the enterprise.
const (
	LeafListed    = "lists.listed"
	LeafRemoved   = "lists.removed"
	LeafRescinded = "lists.rescinded"
	LeafEnded     = "lists.ended"
)

// Carry is the decision that carries a proposal out.
type Carry struct {
	Case      string
	Paper     string
	PaperNo   string
	Authority string
	Effect    credit.Date // service or publication of the paper: from then it binds
}

func (c Carry) check() error {
	if c.Case == "" || c.Paper == "" || c.PaperNo == "" || c.Authority == "" || c.Effect == 0 {
		return fault.New(fault.Invalid, "lists.no_decision")
	}
	return nil
}

// eventBody is what the leaf of an event says.
type eventBody struct {
	Entry         string      `json:"entry"`
	List          credit.List `json:"list"`
	Ground        string      `json:"ground"`
	Detail        string      `json:"detail"`
	Effect        credit.Date `json:"effect"`
	Case          string      `json:"case"`
	Paper         string      `json:"paper"`
	Number        string      `json:"number"`
	PolicyKey     string      `json:"policy_key"`
	PolicyVersion int64       `json:"policy_version"`
	Records       []string    `json:"records"`
	Absent        string      `json:"absent"`
}

// List makes the entry that p calls for. The same ground and year a second time is the fault lists.already_listed.
func List(ctx context.Context, q db.Q, by org.Actor, at time.Time, p Proposal, c Carry) (Entry, error) {
	if p.Removal {
		return Entry{}, fmt.Errorf("lists: the proposal for %s is a removal", p.EntryID)
	}
	if err := c.check(); err != nil {
		return Entry{}, err
	}
	e := Entry{EnterpriseID: p.EnterpriseID, List: p.Rule.Body.List, Ground: p.Ground, Detail: p.Detail, Authority: c.Authority}
	e.ID = db.Key("lists.entry", e.EnterpriseID, string(e.List), e.Ground, e.Detail)
	var made string
	err := q.QueryRowContext(ctx, `INSERT INTO lists_entry (enterprise_id, id, list, ground, detail, authority)
		SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM lists_entry WHERE enterprise_id = $7 AND list = $8 AND ground = $9 AND detail = $10)
		ON CONFLICT DO NOTHING RETURNING id`, e.EnterpriseID, e.ID, e.List, e.Ground, e.Detail, e.Authority, e.EnterpriseID, e.List, e.Ground, e.Detail).Scan(&made)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, fault.New(fault.Conflict, "lists.already_listed", e.Detail)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("lists: list %s: %w", e.ID, err)
	}
	return add(ctx, q, by, at, e, Event{Kind: Listed, PolicyKey: p.Rule.Key, PolicyVersion: p.Rule.Version, Records: p.Records, Absent: p.Absent}, c)
}

// Remove ends the entry that p names, because its ground has gone.
func Remove(ctx context.Context, q db.Q, by org.Actor, at time.Time, p Proposal, c Carry) (Entry, error) {
	if !p.Removal {
		return Entry{}, fmt.Errorf("lists: the proposal for %s %s is no removal", p.EnterpriseID, p.Ground)
	}
	if err := c.check(); err != nil {
		return Entry{}, err
	}
	e, err := ByID(ctx, q, p.EnterpriseID, p.EntryID)
	if err != nil {
		return Entry{}, err
	}
	if e.State() != Listed {
		return Entry{}, fault.New(fault.Conflict, "lists.not_listed", e.PaperNo())
	}
	if since, _ := e.Window(); c.Effect < since {
		return Entry{}, fault.New(fault.Invalid, "lists.removed_before_listed", c.Effect, since)
	}
	return add(ctx, q, by, at, e, Event{Kind: Removed, PolicyKey: p.Rule.Key, PolicyVersion: p.Rule.Version, Records: p.Records, Absent: p.Absent}, c)
}

// Rescind takes back an entry that should not have been made. It is no removal: the entry counts as never made, and is
// shown as rescinded. A removed entry can still be rescinded.
func Rescind(ctx context.Context, q db.Q, by org.Actor, at time.Time, e Entry, c Carry) (Entry, error) {
	if err := c.check(); err != nil {
		return Entry{}, err
	}
	e, err := ByID(ctx, q, e.EnterpriseID, e.ID)
	if err != nil {
		return Entry{}, err
	}
	if e.State() == Rescinded {
		return Entry{}, fault.New(fault.Conflict, "lists.already_rescinded", e.PaperNo())
	}
	listed, _ := e.Event(Listed)
	return add(ctx, q, by, at, e, Event{Kind: Rescinded, PolicyKey: listed.PolicyKey, PolicyVersion: listed.PolicyVersion}, c)
}

// End ends an entry because the subject has ended: it leaves the list by law, without a decision and a paper (handbook 4.2),
// from the day of the end on.
func End(ctx context.Context, q db.Q, by org.Actor, at time.Time, e Entry, day credit.Date) (Entry, error) {
	if e.State() != Listed {
		return Entry{}, fault.New(fault.Conflict, "lists.not_listed", e.PaperNo())
	}
	listed, _ := e.Event(Listed)
	return add(ctx, q, by, at, e, Event{Kind: Ended, PolicyKey: listed.PolicyKey, PolicyVersion: listed.PolicyVersion},
		Carry{Effect: max(day, listed.Effect)})
}

// add appends an event to an entry, with its leaf.
func add(ctx context.Context, q db.Q, by org.Actor, at time.Time, e Entry, v Event, c Carry) (Entry, error) {
	v.Effect, v.At, v.Case, v.Paper, v.PaperNo, v.Seq = c.Effect, at, c.Case, c.Paper, c.PaperNo, -1
	v.Records = append([]string{}, v.Records...)
	records, err := canon.Bytes(v.Records)
	if err != nil {
		return Entry{}, err
	}
	leaves := map[EventKind]string{Listed: LeafListed, Removed: LeafRemoved, Rescinded: LeafRescinded, Ended: LeafEnded}
	v.Leaf, err = audit.Add(ctx, q, by, at, leaves[v.Kind], e.EnterpriseID, eventBody{
		Entry: e.ID, List: e.List, Ground: e.Ground, Detail: e.Detail, Effect: v.Effect, Case: v.Case, Paper: v.Paper, Number: v.PaperNo,
		PolicyKey: v.PolicyKey, PolicyVersion: v.PolicyVersion, Records: v.Records, Absent: v.Absent,
	})
	if err != nil {
		return Entry{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO lists_event (enterprise_id, entry_id, kind, effect, at, case_id, paper, paper_no,
		policy_key, policy_version, records, absent, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		e.EnterpriseID, e.ID, v.Kind, v.Effect, db.Time{Time: v.At}, v.Case, v.Paper, v.PaperNo, v.PolicyKey, v.PolicyVersion,
		string(records), v.Absent, v.Leaf)
	if err != nil {
		return Entry{}, fmt.Errorf("lists: %s %s: %w", v.Kind, e.ID, err)
	}
	e.Events = append(slices.Clone(e.Events), v)
	return e, nil
}

const entryQuery = `SELECT e.enterprise_id, e.id, e.list, e.ground, e.detail, e.authority, v.kind, v.effect, v.at, v.case_id, v.paper,
	v.paper_no, v.policy_key, v.policy_version, v.records, v.absent, v.leaf, COALESCE(l.seq, -1)
	FROM lists_entry e JOIN lists_event v ON v.enterprise_id = e.enterprise_id AND v.entry_id = e.id
	JOIN audit_leaf l ON l.id = v.leaf `

// entryOrder keeps an entry's events together and in the order in which they came: leaves of one subject grow.
const entryOrder = ` ORDER BY e.enterprise_id, e.id, v.leaf`

// History returns the entries of an enterprise with their events, as they were known when the log had known leaves; -1 is
// everything, also what is not yet numbered.
func History(ctx context.Context, q db.Q, enterpriseID string, known int64) ([]Entry, error) {
	if known < 0 {
		return read(ctx, q, entryQuery+`WHERE e.enterprise_id = $1`+entryOrder, enterpriseID)
	}
	entries, err := read(ctx, q, entryQuery+`WHERE (e.enterprise_id = $1 OR e.id IN (SELECT entry_id FROM lists_moved WHERE was = $1)) AND l.seq < $2
		AND COALESCE((SELECT m.was FROM lists_moved m JOIN audit_leaf ml ON ml.id = m.leaf WHERE m.entry_id = e.id AND (ml.seq IS NULL OR ml.seq >= $2)
		ORDER BY m.leaf LIMIT 1), e.enterprise_id) = $1`+entryOrder, enterpriseID, known)
	for i := range entries {
		entries[i].EnterpriseID = enterpriseID
	}
	return entries, err
}

// ByID returns one entry.
func ByID(ctx context.Context, q db.Q, enterpriseID, id string) (Entry, error) {
	entries, err := read(ctx, q, entryQuery+`WHERE e.enterprise_id = $1 AND e.id = $2`+entryOrder, enterpriseID, id)
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 {
		return Entry{}, fault.New(fault.NotFound, "lists.no_entry")
	}
	return entries[0], nil
}

// Standing returns which of the enterprises have an entry that still stands.
func Standing(ctx context.Context, q db.Q, enterpriseIDs []string) (map[string]bool, error) {
	out := map[string]bool{}
	for some := range slices.Chunk(enterpriseIDs, 300) {
		var args []any
		err := each(ctx, q, func(rows *sql.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			out[id] = true
			return nil
		}, `SELECT DISTINCT e.enterprise_id FROM lists_entry e WHERE e.enterprise_id IN `+db.In(&args, some)+`
			AND NOT EXISTS (SELECT 1 FROM lists_event v WHERE v.enterprise_id = e.enterprise_id AND v.entry_id = e.id
				AND v.kind <> 'listed')`, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func read(ctx context.Context, q db.Q, query string, args ...any) ([]Entry, error) {
	var out []Entry
	err := each(ctx, q, func(rows *sql.Rows) error {
		var e Entry
		var v Event
		var at db.Time
		var records string
		if err := rows.Scan(&e.EnterpriseID, &e.ID, &e.List, &e.Ground, &e.Detail, &e.Authority, &v.Kind, &v.Effect, &at, &v.Case, &v.Paper,
			&v.PaperNo, &v.PolicyKey, &v.PolicyVersion, &records, &v.Absent, &v.Leaf, &v.Seq); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(records), &v.Records); err != nil {
			return fmt.Errorf("records of %s: %w", e.ID, err)
		}
		v.At = at.Time
		if n := len(out); n == 0 || out[n-1].ID != e.ID || out[n-1].EnterpriseID != e.EnterpriseID {
			out = append(out, e)
		}
		last := &out[len(out)-1]
		last.Events = append(last.Events, v)
		return nil
	}, query, args...)
	return out, err
}

// each calls f for each row of a query.
func each(ctx context.Context, q db.Q, f func(rows *sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("lists: read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return fmt.Errorf("lists: read: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("lists: read: %w", err)
	}
	return nil
}
