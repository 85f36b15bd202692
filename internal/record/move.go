package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// Moving is a fact that turned out to be about another subject.
type Moving struct {
	Department, Kind string
	Source, To       string // the key under which it stands, and under which it is to stand
	From, Into       string // whom it was taken to be about, and whom it is about
}

// Moved is what became of it, so that it can be moved back.
type Moved struct {
	Moving
	Own  int // the version in which the other subject had a statement of its own under the key, 0 where it had none
	Last int // the latest version under the key when the fact had been moved
}

// KeyFor returns the key of a fact about another subject: it ends with whom it is about. By a registration a subject is known itself, so
// that keeps its key.
func (r Record) KeyFor(subject string) string {
	if r.Kind == EnterpriseKind {
		return r.SourceKey
	}
	return strings.TrimSuffix(r.SourceKey, r.EnterpriseID) + subject
}

// Movable returns the latest versions of all facts of a subject that a move takes along, also of those that their department has
// withdrawn: what it took back is not to come back by a statement of before.
func Movable(ctx context.Context, q db.Q, enterpriseID string) (out []Record, err error) {
	rs, err := rows(ctx, q, `r.enterprise_id = $1 AND EXISTS (SELECT 1 FROM record_head h WHERE h.department = r.department AND h.kind = r.kind
		AND h.source_key = r.source_key AND h.enterprise_id = r.enterprise_id AND h.record_id = r.id AND h.gone = '')`, enterpriseID)
	if err != nil {
		return nil, err
	}
	for _, r := range rs {
		if !r.Withdrawn || r.Batch == "" {
			out = append(out, r)
		}
	}
	return out, nil
}

// Move states facts again about whom they are about, as the next versions, with the day, validity, batch and time of their first
// statement, and withdraws them where they stood. All that was stated of a fact goes along, so that the recall of a batch finds it.
// Where the other subject had the fact as well, stated by the same department, what was stated last holds. act is the act that
// found out, and the subject of the leaves.
func Move(ctx context.Context, q db.Q, by credit.Actor, at time.Time, act, reason string, facts []Moving) ([]Moved, error) {
	return move(ctx, q, by, at, act, act, reason, facts)
}

// MoveBack undoes a [Move]. Where both subjects had a fact, and something has been stated of it since, nobody can say of which: that is fault record.moved_since.
func MoveBack(ctx context.Context, q db.Q, by credit.Actor, at time.Time, act, reason string, facts []Moved) error {
	var alone []Moving
	var shared []Moved
	for _, f := range facts {
		if f.Own == 0 {
			alone = append(alone, Moving{f.Department, f.Kind, f.To, f.Source, f.Into, f.From})
		} else {
			shared = append(shared, f)
		}
	}
	if _, err := move(ctx, q, by, at, act, "", reason, alone); err != nil {
		return err
	}
	for _, f := range shared {
		if err := part(ctx, q, by, at, act, reason, f); err != nil {
			return err
		}
	}
	return nil
}

// group is what a department states of a kind.
type group struct{ department, kind string }

func move(ctx context.Context, q db.Q, by credit.Actor, at time.Time, act, mark, reason string, facts []Moving) (out []Moved, err error) {
	m := mover{at: at, act: act, mark: mark, of: map[string]map[key][]Record{}}
	var order []group
	grouped := map[group][]Moving{}
	for _, f := range facts {
		g := group{f.Department, f.Kind}
		if grouped[g] == nil {
			order = append(order, g)
		}
		grouped[g] = append(grouped[g], f)
		for _, id := range []string{f.From, f.Into} {
			if err := m.read(ctx, q, id); err != nil {
				return nil, err
			}
		}
	}
	for _, g := range order {
		var keys []New
		for _, f := range grouped[g] {
			keys = append(keys, New{Department: g.department, Kind: g.kind, SourceKey: f.Source}, New{Department: g.department, Kind: g.kind, SourceKey: f.To})
		}
		if m.heads, err = headsOf(ctx, q, keys); err != nil {
			return nil, err
		}
		m.changed, m.gone, m.again = map[key]head{}, nil, nil
		for _, f := range grouped[g] {
			if done, ok := m.move(q, f); ok {
				out = append(out, done)
			}
		}
		if err := m.store(ctx, q, by, reason); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mover moves the facts of one department and kind at a time.
type mover struct {
	at          time.Time
	act, mark   string
	of          map[string]map[key][]Record // versions by subject and key, in order, without those of recalled batches
	heads       map[key]head
	changed     map[key]head
	gone, again []Record
}

func (m *mover) read(ctx context.Context, q db.Q, id string) error {
	if m.of[id] != nil {
		return nil
	}
	rs, err := rows(ctx, q, `r.enterprise_id = $1`, id)
	if err != nil {
		return err
	}
	recalled, err := recalledOf(ctx, q, rs)
	if err != nil {
		return err
	}
	m.of[id] = map[key][]Record{}
	for _, r := range rs {
		if k := (key{r.Department, r.Kind, r.SourceKey}); !recalled[r.Batch] {
			m.of[id][k] = append(m.of[id][k], r)
		}
	}
	for _, versions := range m.of[id] {
		slices.SortFunc(versions, func(a, b Record) int { return a.Version - b.Version })
	}
	return nil
}

// stay returns the versions of a fact since it came to a subject for the last time, up to one.
func (m *mover) stay(id string, k key, last int) []Record {
	versions := m.of[id][k]
	end := len(versions)
	for end > 0 && versions[end-1].Version > last {
		end--
	}
	from := end
	for from > 0 && !(versions[from-1].Withdrawn && versions[from-1].Moved != "" && versions[from-1].Restates == movedAway) {
		from--
	}
	return versions[from:end]
}

// movedAway stands in Restates of a version that withdraws a fact because it was moved.
const movedAway = "moved"

func (m *mover) next(q db.Q, list *[]Record, r Record, k key, version int) Record {
	r.Version, r.SourceKey, r.ID = version, k.source, id(k.department, k.kind, k.source, version)
	r.Salt, r.Item = q.Salt(), len(*list)
	*list = append(*list, r)
	return r
}

// again states r once more, as what it was stated as.
func (m *mover) restate(q db.Q, r Record, k key, version int, subject, mark string) Record {
	r.Restates, r.EnterpriseID, r.Moved = r.stated(), subject, mark
	return m.next(q, &m.again, r, k, version)
}

func (m *mover) withdraw(q db.Q, r Record, k key, version int) Record {
	r.Withdrawn, r.Restates, r.Moved, r.At = true, movedAway, m.act, m.at
	return m.next(q, &m.gone, r, k, version)
}

func (m *mover) move(q db.Q, f Moving) (Moved, bool) {
	from, to := key{f.Department, f.Kind, f.Source}, key{f.Department, f.Kind, f.To}
	had, ok := m.heads[from]
	run := m.stay(f.From, from, had.version)
	if !ok || had.enterprise != f.From || had.gone != "" || len(run) == 0 || run[len(run)-1].Version != had.version {
		return Moved{}, false
	}
	latest := run[len(run)-1]
	there, known := m.heads[to]
	own := from != to && known && there.gone == "" && there.enterprise == f.Into
	if latest.Withdrawn && (latest.Batch != "" || own) {
		return Moved{}, false
	}
	version := there.version
	left := had
	if !latest.Withdrawn {
		gone := m.withdraw(q, latest, from, had.version+1)
		left.record, left.version = gone.ID, gone.Version
		if from == to {
			version = gone.Version
		}
	}
	done := Moved{Moving: f}
	var last Record
	for _, r := range run {
		version++
		last = m.restate(q, r, to, version, f.Into, m.mark)
	}
	place := had.place
	if own {
		done.Own = there.version
		if mine := m.stay(f.Into, to, there.version); there.place > had.place && len(mine) > 0 {
			version++
			last, place = m.restate(q, mine[len(mine)-1], to, version, f.Into, there.moved), there.place
		}
	}
	if from != to {
		left.gone = f.To
		m.change(from, left)
	}
	done.Last = version
	m.change(to, head{enterprise: last.EnterpriseID, record: last.ID, version: version, content: content(last.EnterpriseID, last.Withdrawn, last.Body),
		place: place, moved: last.Moved})
	return done, true
}

func (m *mover) change(k key, h head) { m.heads[k], m.changed[k] = h, h }

func (m *mover) store(ctx context.Context, q db.Q, by credit.Actor, reason string) error {
	all, err := sealBoth(ctx, q, by, m.at, m.act, reason, m.gone, m.again)
	if err != nil {
		return err
	}
	return store(ctx, q, all, m.changed)
}

// part parts a fact that both subjects had: each has again what was stated about it.
func part(ctx context.Context, q db.Q, by credit.Actor, at time.Time, act, reason string, f Moved) (err error) {
	from, to := key{f.Department, f.Kind, f.Source}, key{f.Department, f.Kind, f.To}
	m := mover{at: at, act: act, of: map[string]map[key][]Record{}, changed: map[key]head{}}
	if m.heads, err = headsOf(ctx, q, []New{{Department: f.Department, Kind: f.Kind, SourceKey: f.Source}, {Department: f.Department, Kind: f.Kind, SourceKey: f.To}}); err != nil {
		return err
	}
	for _, id := range []string{f.From, f.Into} {
		if err := m.read(ctx, q, id); err != nil {
			return err
		}
	}
	left, there := m.heads[from], m.heads[to]
	if there.version != f.Last || there.enterprise != f.Into {
		return fault.New(fault.Conflict, "record.moved_since", f.Source)
	}
	place := left.place
	if mine := m.stay(f.Into, to, f.Own); len(mine) > 0 {
		last := m.restate(q, mine[len(mine)-1], to, there.version+1, f.Into, mine[len(mine)-1].Moved)
		m.change(to, head{enterprise: f.Into, record: last.ID, version: last.Version, content: content(f.Into, last.Withdrawn, last.Body), place: there.place,
			moved: last.Moved})
	}
	if run := m.stay(f.From, from, left.version-1); len(run) > 0 {
		last := m.restate(q, run[len(run)-1], from, left.version+1, f.From, run[len(run)-1].Moved)
		m.change(from, head{enterprise: f.From, record: last.ID, version: last.Version, content: content(f.From, last.Withdrawn, last.Body), place: place,
			moved: last.Moved})
	}
	return m.store(ctx, q, by, reason)
}

// FreshSince counts the facts of a subject of which nothing was stated before a leaf, without those that were moved to it.
func FreshSince(ctx context.Context, q db.Q, enterpriseID, leaf string) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT department, kind, source_key FROM record_record WHERE enterprise_id = $1 AND moved = ''
		GROUP BY department, kind, source_key HAVING min(leaf) > $2) f`, enterpriseID, leaf).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("record: facts since %s: %w", leaf, err)
	}
	return n, nil
}
