package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
)

// Return is what becomes of a fact when a batch that spoke of it is taken back.
type Return string

// The returns.
const (
	Cleared  Return = "withdrawn" // nobody else had stated it: it is withdrawn
	Restored Return = "restored"  // what was stated before holds again, as the next version
	Kept     Return = "kept"      // a later batch states it, otherwise or again: it stays
	Gone     Return = "gone"      // it had been withdrawn already
)

// Returns lists them in order.
var Returns = []Return{Cleared, Restored, Kept, Gone}

// Undo decides what becomes of a fact, given all its versions in order, when those of them that undone names are taken back; again
// says that a batch that stands has said the same once more. With [Restored] it returns the version that holds again.
func Undo(versions []Record, undone func(Record) bool, again bool) (Return, Record) {
	head := versions[len(versions)-1]
	switch {
	case head.Withdrawn:
		return Gone, Record{}
	case !undone(head) || again:
		return Kept, Record{}
	}
	for _, r := range slices.Backward(versions) {
		switch {
		case undone(r):
		case r.Withdrawn: // by its department, before the batch came
			return Cleared, Record{}
		default:
			return Restored, r
		}
	}
	return Cleared, Record{}
}

// Recall is a batch that is, or is to be, taken back.
type Recall struct {
	Batch, Department, Kind string
	Place                   string            // of the batch
	Places                  map[string]string // of the batches of this department and kind, by id
	Recalled                map[string]bool   // those of them that were taken back, this one included
	Reason                  string            // stands in the log
}

// undone says of a version whether it counts no more: its batch was taken back, or its row was disowned.
func (c Recall) undone(disowned map[string]bool) func(Record) bool {
	return func(r Record) bool { return c.Recalled[r.Batch] || disowned[r.ID] }
}

// Change is what becomes of one fact.
type Change struct {
	Return
	SourceKey string
	Head      Record // the latest version now
	Former    Record // with Restored, what holds again
}

// MarkRecalled notes that a batch is taken back: from here on nothing that it stated counts.
func MarkRecalled(ctx context.Context, q db.Q, at time.Time, batch string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO record_recalled (batch, at) VALUES ($1, $2) ON CONFLICT (batch) DO NOTHING`, batch, db.Time{Time: at})
	if err != nil {
		return fmt.Errorf("record: recall %s: %w", batch, err)
	}
	return nil
}

// PlanRecall returns what becomes of the facts of up to limit versions of a batch behind row after, and the last row looked at;
// 0 where there is no more.
func PlanRecall(ctx context.Context, q db.Q, c Recall, after, limit int) ([]Change, int, error) {
	rs, err := rows(ctx, q, `r.batch = $1 AND r.batch_row > $2 AND r.batch_row <= (SELECT max(p.batch_row) FROM
		(SELECT batch_row FROM record_record WHERE batch = $1 AND batch_row > $2 ORDER BY batch_row LIMIT $3) p)`, c.Batch, after, limit)
	if err != nil || len(rs) == 0 {
		return nil, 0, err
	}
	last := 0
	for _, r := range rs {
		last = max(last, r.Row)
	}
	out, err := plan(ctx, q, c, rs)
	return out, last, err
}

// PlanRest returns what becomes of up to limit facts of which a batch only said again what one that was taken back had stated.
func PlanRest(ctx context.Context, q db.Q, c Recall, limit int) ([]Change, error) {
	rs, err := rows(ctx, q, `(r.enterprise_id, r.id) IN (SELECT h.enterprise_id, h.record_id FROM record_head h
		JOIN record_record s ON s.enterprise_id = h.enterprise_id AND s.id = h.record_id JOIN record_recalled x ON x.batch = s.batch
		WHERE h.department = $1 AND h.kind = $2 AND h.place = $3 AND NOT s.withdrawn ORDER BY h.source_key LIMIT $4)`,
		c.Department, c.Kind, c.Place, limit)
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	return plan(ctx, q, c, rs)
}

// plan decides about the facts of which rs are versions.
func plan(ctx context.Context, q db.Q, c Recall, rs []Record) ([]Change, error) {
	var facts []New
	whom := map[string][]string{} // subjects by source key
	for _, r := range rs {
		facts = append(facts, New{Department: c.Department, Kind: c.Kind, SourceKey: r.SourceKey})
		whom[r.SourceKey] = append(whom[r.SourceKey], r.EnterpriseID)
	}
	heads, err := headsOf(ctx, q, facts)
	if err != nil {
		return nil, err
	}
	var ids []string
	places := map[place]bool{}
	for k, h := range heads {
		for v := range h.version {
			name := id(k.department, k.kind, k.source, v+1)
			ids = append(ids, name)
			for _, subject := range append(whom[k.source], h.enterprise) {
				places[place{subject, name}] = true
			}
		}
	}
	versions, err := versionsOf(ctx, q, places, ids)
	if err != nil {
		return nil, err
	}
	disowned, err := disownedOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, source := range slices.Sorted(maps.Keys(versions)) {
		all, h := versions[source], heads[key{c.Department, c.Kind, source}]
		_, dead := deadPlaces(c)[h.place]
		ch := Change{SourceKey: source, Head: all[len(all)-1]}
		ch.Return, ch.Former = Undo(all, c.undone(disowned), h.place > c.Place && !dead)
		out = append(out, ch)
	}
	return out, nil
}

// deadPlaces are the places of the batches that were taken back.
func deadPlaces(c Recall) map[string]bool {
	out := map[string]bool{}
	for batch := range c.Recalled {
		out[c.Places[batch]] = true
	}
	return out
}

// place is where a version is stored.
type place struct{ enterprise, record string }

// versionsOf returns the versions with these ids, by source key and in order. They are looked for at the places given, and
// everywhere where one of them was about somebody else.
func versionsOf(ctx context.Context, q db.Q, places map[place]bool, ids []string) (map[string][]Record, error) {
	out := map[string][]Record{}
	n := 0
	take := func(rs []Record) {
		for _, r := range rs {
			out[r.SourceKey] = append(out[r.SourceKey], r)
		}
		n += len(rs)
	}
	order := func(a, b place) int {
		return cmp.Or(cmp.Compare(a.enterprise, b.enterprise), cmp.Compare(a.record, b.record))
	}
	for part := range slices.Chunk(slices.SortedFunc(maps.Keys(places), order), 150) {
		var args []any
		for _, p := range part {
			args = append(args, p.enterprise, p.record)
		}
		rs, err := rows(ctx, q, `(r.enterprise_id, r.id) IN (VALUES `+db.Values(len(part), 2)+`)`, args...)
		if err != nil {
			return nil, err
		}
		take(rs)
	}
	if n < len(ids) {
		clear(out)
		for part := range slices.Chunk(ids, 300) {
			var args []any
			rs, err := rows(ctx, q, `r.id IN `+db.In(&args, part), args...)
			if err != nil {
				return nil, err
			}
			take(rs)
		}
	}
	for _, rs := range out {
		slices.SortFunc(rs, func(a, b Record) int { return a.Version - b.Version })
	}
	return out, nil
}

// CarryOut makes the versions that changes call for, those that withdraw under one block leaf and those that state again under
// another, and returns whom they are about.
func CarryOut(ctx context.Context, q db.Q, by credit.Actor, at time.Time, c Recall, changes []Change) ([]string, error) {
	var gone, again []Record
	heads := map[key]head{}
	whom := map[string]bool{}
	next := func(list *[]Record, r Record, version int) Record {
		r.Version, r.ID = version, id(c.Department, c.Kind, r.SourceKey, version)
		r.Salt, r.At, r.Item = q.Salt(), at, len(*list)
		*list = append(*list, r)
		whom[r.EnterpriseID] = true
		return r
	}
	for _, ch := range changes {
		if ch.Return != Cleared && ch.Return != Restored {
			continue
		}
		version := ch.Head.Version + 1
		end := ch.Head
		end.Withdrawn, end.Batch, end.Restates = true, c.Batch, ""
		place := ""
		last := end
		if ch.Return == Cleared || ch.Former.EnterpriseID != ch.Head.EnterpriseID {
			last = next(&gone, end, version)
			version++
		}
		if ch.Return == Restored {
			former := ch.Former
			former.Restates, place = former.stated(), c.Places[former.Batch]
			last = next(&again, former, version)
		}
		heads[key{c.Department, c.Kind, ch.SourceKey}] = head{enterprise: last.EnterpriseID, record: last.ID, version: last.Version,
			content: content(last.EnterpriseID, last.Withdrawn, last.Body), place: place, moved: last.Moved}
	}
	all, err := sealBoth(ctx, q, by, at, c.Batch, c.Reason, gone, again)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(whom)), store(ctx, q, all, heads)
}

// sealBoth writes the leaves of versions of one department and kind, those that withdraw and those that state again, and returns them.
func sealBoth(ctx context.Context, q db.Q, by credit.Actor, at time.Time, subject, reason string, gone, again []Record) ([]Record, error) {
	if len(gone) > 0 {
		if err := sealAs(ctx, q, by, at, WithdrawnLeaf, subject, gone, func(b Block) any { return withdrawal{b, reason, ""} }); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(again, func(a, b Record) int { return cmp.Compare(a.leaf(), b.leaf()) })
	for len(again) > 0 { // what holds again may be of the past
		leaf := again[0].leaf()
		n := slices.IndexFunc(again, func(r Record) bool { return r.leaf() != leaf })
		if n < 0 {
			n = len(again)
		}
		part := again[:n:n]
		for i := range part {
			part[i].Item = i
		}
		if err := seal(ctx, q, by, at, leaf, subject, part); err != nil {
			return nil, err
		}
		gone, again = append(gone, part...), again[n:]
	}
	return gone, nil
}

// sealAs is [seal] for a leaf whose body says more than whom the block is about.
func sealAs(ctx context.Context, q db.Q, by credit.Actor, at time.Time, leaf, subject string, rs []Record, body func(Block) any) error {
	items, block := items(rs)
	name, err := audit.AddBlock(ctx, q, by, at, leaf, subject, items, body(block))
	for i := range rs {
		rs[i].Leaf = name
	}
	return err
}

// Registered returns how subjects stand registered after something was taken back, by their ids: every registration that was stated
// of them and not recalled, in the order in which they were stated, and last the one that holds. Of whom none is left is not in it.
func Registered(ctx context.Context, q db.Q, ids []string) (map[string][]enterprise.Subject, error) {
	out := map[string][]enterprise.Subject{}
	for part := range slices.Chunk(ids, 100) {
		args := []any{EnterpriseKind}
		rs, err := rows(ctx, q, `r.kind = $1 AND r.enterprise_id IN `+db.In(&args, part), args...)
		if err != nil {
			return nil, err
		}
		recalled, err := recalledOf(ctx, q, rs)
		if err != nil {
			return nil, err
		}
		for _, of := range bySubject(rs) {
			if out[of[0].EnterpriseID], err = registered(of, recalled); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// registered is Registered for one subject, of the versions of its registrations.
func registered(rs []Record, recalled map[string]bool) (out []enterprise.Subject, err error) {
	facts, ok, err := latest(rs, -1)
	if err != nil || !ok {
		return nil, err
	}
	away := map[key]int{} // up to which version a registration turned out to be another's
	for _, r := range rs {
		if r.Withdrawn && r.Restates == movedAway {
			k := key{r.Department, r.Kind, r.SourceKey}
			away[k] = max(away[k], r.Version)
		}
	}
	stated := slices.DeleteFunc(slices.Clone(rs), func(r Record) bool {
		return r.Withdrawn || recalled[r.Batch] || r.Version < away[key{r.Department, r.Kind, r.SourceKey}]
	})
	slices.SortFunc(stated, func(a, b Record) int {
		if newer(a, b) {
			return 1
		}
		return -1
	})
	for _, r := range append(stated, facts.registration()) {
		m, err := r.of(EnterpriseKind)
		if err != nil {
			return nil, err
		}
		s, err := Registration(r.EnterpriseID, m)
		if err != nil {
			return nil, err
		}
		out = append(out, s.Stated(r.At, r.Past))
	}
	return out, nil
}

// recalledOf returns which batches that stated rs were taken back.
func recalledOf(ctx context.Context, q db.Q, rs []Record) (map[string]bool, error) {
	batches := map[string]bool{}
	for _, r := range rs {
		batches[r.Batch] = true
	}
	out := map[string]bool{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(batches)), 300) {
		var args []any
		found, err := q.QueryContext(ctx, `SELECT batch FROM record_recalled WHERE batch IN `+db.In(&args, part), args...)
		if err != nil {
			return nil, fmt.Errorf("record: recalled batches: %w", err)
		}
		for found.Next() {
			var batch string
			if err := found.Scan(&batch); err != nil {
				return nil, fmt.Errorf("record: recalled batches: %w", errors.Join(err, found.Close()))
			}
			out[batch] = true
		}
		if err := found.Err(); err != nil {
			return nil, fmt.Errorf("record: recalled batches: %w", err)
		}
	}
	return out, nil
}

// registration returns the registration record that holds.
func (f Facts) registration() (out Record) {
	for _, r := range f.Records {
		if r.Kind == EnterpriseKind && (out.ID == "" || newer(r, out)) {
			out = r
		}
	}
	return out
}

// Head returns the latest version of a fact; one that was never stated is fault record.unknown.
func Head(ctx context.Context, q db.Q, department, kind, source string) (Record, error) {
	heads, err := headsOf(ctx, q, []New{{Department: department, Kind: kind, SourceKey: source}})
	if err != nil {
		return Record{}, err
	}
	had, ok := heads[key{department, kind, source}]
	if !ok {
		return Record{}, fault.New(fault.NotFound, "record.unknown", source)
	}
	found, err := rows(ctx, q, `r.enterprise_id = $1 AND r.id = $2`, had.enterprise, had.record)
	if err != nil {
		return Record{}, err
	}
	return found[0], nil
}
