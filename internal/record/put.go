package record

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
)

// key is by which a department knows a fact.
type key struct{ department, kind, source string }

// head is the latest version of a fact.
type head struct {
	enterprise, record string
	version            int
	content            string
	place              string // of the latest statement that said so
	moved              string // see [Record]
	gone               string // the key under which the fact stands now, about another subject; "" while it stands here
}

// content names what a fact says and about whom, so that the same said again is recognised.
func content(enterpriseID string, withdrawn bool, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %t ", enterpriseID, withdrawn)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// PutAll puts many facts with few statements, under one block leaf for all that are new, and says of each what became of it.
// Putting the same facts again changes nothing. All of one call are of one kind and one department, and either
// all past or none.
func PutAll(ctx context.Context, q db.Q, by credit.Actor, at time.Time, facts []New) ([]Outcome, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	heads, err := headsOf(ctx, q, facts)
	if err != nil {
		return nil, err
	}
	b := block{at: at, heads: heads, changed: map[key]head{}}
	outcomes := make([]Outcome, len(facts))
	for i, n := range facts {
		if outcomes[i], err = b.add(q, n); err != nil {
			return nil, err
		}
	}
	if len(b.fresh) > 0 {
		if err := seal(ctx, q, by, at, b.fresh[0].leaf(), facts[0].Batch, b.fresh); err != nil {
			return nil, err
		}
	}
	return outcomes, store(ctx, q, b.fresh, b.changed)
}

// Spell writes a body as it is kept and committed to: canonical JSON without the empty values.
func Spell(body map[string]string) ([]byte, error) {
	body = maps.Clone(body)
	maps.DeleteFunc(body, func(_, v string) bool { return v == "" })
	raw, err := canon.Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("record: body: %w", err)
	}
	return raw, nil
}

// block gathers the versions that a call of [PutAll] adds.
type block struct {
	at      time.Time
	heads   map[key]head // also those that this block has moved
	changed map[key]head
	fresh   []Record
}

// add adds the version that n is, or finds that it has been said. Files do not always become records in the order in which
// they came (rows are held, and a small file overtakes a big one), so what was stated earlier never supersedes.
func (b *block) add(q db.Q, n New) (Outcome, error) {
	raw := n.Spelled
	if raw == nil {
		var err error
		if raw, err = Spell(n.Body); err != nil {
			return "", err
		}
	}
	k, sum := key{n.Department, n.Kind, n.SourceKey}, content(n.EnterpriseID, false, raw)
	had, known := b.heads[k]
	if known && n.Place != "" && n.Place < had.place {
		return Duplicate, nil
	}
	saidHere := n.Past == 0 && strings.HasPrefix(had.place, PastPlace) // what was only taken over is stated here now: a version of its own
	if known && had.content == sum && !saidHere {
		if n.Place > had.place { // said once more: whatever was stated in between is behind it now
			had.place = n.Place
			b.heads[k], b.changed[k] = had, had
		}
		return Duplicate, nil
	}
	stated := max(n.Place, had.place)
	if known && had.enterprise != n.EnterpriseID {
		// It turned out to be about somebody else: the first subject must not go on bearing it.
		had = b.push(q, k, Record{EnterpriseID: had.enterprise, Version: had.version + 1, Withdrawn: true, Day: n.Day, Body: []byte("{}"),
			Batch: n.Batch, Row: n.Row, Past: n.Past}, "", stated)
	}
	b.push(q, k, Record{EnterpriseID: n.EnterpriseID, Version: had.version + 1, Day: n.Day, From: n.From, Until: n.Until, Body: raw, Batch: n.Batch,
		Row: n.Row, Past: n.Past}, sum, stated)
	if known {
		return Superseded, nil
	}
	return Accepted, nil
}

// push appends a version and makes it the head of its fact.
func (b *block) push(q db.Q, k key, r Record, sum, place string) head {
	r.Kind, r.Department, r.SourceKey = k.kind, k.department, k.source
	r.ID = id(k.department, k.kind, k.source, r.Version)
	r.Salt, r.At, r.Item = q.Salt(), b.at, len(b.fresh)
	if had := b.heads[k]; had.enterprise == r.EnterpriseID {
		r.Moved = had.moved
	}
	b.fresh = append(b.fresh, r)
	b.heads[k] = head{enterprise: r.EnterpriseID, record: r.ID, version: r.Version, content: sum, place: place, moved: r.Moved}
	b.changed[k] = b.heads[k]
	return b.heads[k]
}

func id(department, kind, source string, version int) string {
	return db.Key("record", department, kind, source, strconv.Itoa(version))
}

// leaf returns the kind of the leaf that a version is accepted under.
func (r Record) leaf() string {
	if r.Past != 0 {
		return TakenOverLeaf
	}
	return AcceptedLeaf
}

// seal writes the block leaf of records and tells them its id.
func seal(ctx context.Context, q db.Q, by credit.Actor, at time.Time, leaf, subject string, rs []Record) error {
	return sealAs(ctx, q, by, at, leaf, subject, rs, func(b Block) any { return b })
}

// items returns what a block leaf of records commits to, and what its body says of them.
func items(rs []Record) ([]audit.Item, Block) {
	items := make([]audit.Item, len(rs))
	whom := map[string]bool{}
	for i, r := range rs {
		items[i] = audit.Item{Salt: r.Salt, Body: r.Body}
		whom[r.EnterpriseID] = true
	}
	return items, Block{Kind: rs[0].Kind, Department: rs[0].Department, Enterprises: slices.Sorted(maps.Keys(whom))}
}

func headsOf(ctx context.Context, q db.Q, facts []New) (map[key]head, error) {
	out := map[key]head{}
	sources := map[string]bool{}
	for _, n := range facts {
		if n.Kind != facts[0].Kind || n.Department != facts[0].Department {
			return nil, fmt.Errorf("record: a call of PutAll mixes %s of %s with %s of %s", n.Kind, n.Department, facts[0].Kind, facts[0].Department)
		}
		sources[n.SourceKey] = true
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(sources)), 400) {
		args := []any{facts[0].Department, facts[0].Kind}
		in := db.In(&args, part)
		rows, err := q.QueryContext(ctx, `SELECT source_key, enterprise_id, record_id, version, content, place, moved, gone FROM record_head
			WHERE department = $1 AND kind = $2 AND source_key IN `+in, args...)
		if err != nil {
			return nil, fmt.Errorf("record: heads: %w", err)
		}
		for rows.Next() {
			var h head
			k := key{department: facts[0].Department, kind: facts[0].Kind}
			if err := rows.Scan(&k.source, &h.enterprise, &h.record, &h.version, &h.content, &h.place, &h.moved, &h.gone); err != nil {
				_ = rows.Close()
				return nil, fmt.Errorf("record: heads: %w", err)
			}
			out[k] = h
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("record: heads: %w", err)
		}
	}
	return out, nil
}

// store writes records and the heads that they change.
func store(ctx context.Context, q db.Q, rs []Record, changed map[key]head) error {
	const width = 20 // 25 rows a statement: SQLite looks each parameter up by name, in a list
	for part := range slices.Chunk(rs, 25) {
		args := make([]any, 0, width*len(part))
		for _, r := range part {
			args = append(args, r.EnterpriseID, r.ID, r.Kind, r.Department, r.SourceKey, r.Version, r.Withdrawn, r.Day, r.From, r.Until,
				string(r.Body), r.Salt, r.Leaf, r.Item, db.Time{Time: r.At}, r.Batch, r.Row, r.Restates, r.Past, r.Moved)
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO record_record (enterprise_id, id, kind, department, source_key, version, withdrawn, day,
			valid_from, valid_until, body, salt, leaf, item, at, batch, batch_row, restates, past, moved) VALUES `+db.Values(len(part), width), args...); err != nil {
			return fmt.Errorf("record: put: %w", err)
		}
	}
	keys := slices.SortedFunc(maps.Keys(changed), func(a, b key) int { return cmp.Compare(a.source, b.source) })
	const headWidth = 10
	for part := range slices.Chunk(keys, 50) {
		args := make([]any, 0, headWidth*len(part))
		for _, k := range part {
			h := changed[k]
			args = append(args, k.department, k.kind, k.source, h.enterprise, h.record, h.version, h.content, h.place, h.moved, h.gone)
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO record_head (department, kind, source_key, enterprise_id, record_id, version, content, place, moved, gone)
			VALUES `+db.Values(len(part), headWidth)+` ON CONFLICT (department, kind, source_key) DO UPDATE SET enterprise_id = excluded.enterprise_id,
			record_id = excluded.record_id, version = excluded.version, content = excluded.content, place = excluded.place, moved = excluded.moved, gone = excluded.gone`, args...); err != nil {
			return fmt.Errorf("record: put heads: %w", err)
		}
	}
	return nil
}

// Withdraw takes a fact back in the name of the department that stated it, by a version that says so; the reason is in the
// log (a decision that was changed, revoked or held unlawful: 行政处罚法 art. 48).
func Withdraw(ctx context.Context, q db.Q, by credit.Actor, at time.Time, department, kind, source, reason string) error {
	heads, err := headsOf(ctx, q, []New{{Department: department, Kind: kind, SourceKey: source}})
	if err != nil {
		return err
	}
	k := key{department, kind, source}
	had, ok := heads[k]
	if !ok {
		return fault.New(fault.NotFound, "record.unknown", source)
	}
	facts, err := rows(ctx, q, `r.enterprise_id = $1 AND r.id = $2`, had.enterprise, had.record)
	if err != nil {
		return err
	}
	r := facts[0]
	if r.Withdrawn {
		return fault.New(fault.Conflict, "record.withdrawn", source)
	}
	r.Version, r.Withdrawn, r.Salt, r.At, r.Item = had.version+1, true, q.Salt(), at, 0
	r.ID = id(department, kind, source, r.Version)
	r.Batch, r.Row, r.Restates, r.Past = "", 0, "", 0 // no batch says so: the recall of one must not bring the fact back
	r.Leaf, err = audit.AddBlock(ctx, q, by, at, WithdrawnLeaf, r.EnterpriseID, []audit.Item{{Salt: r.Salt, Body: r.Body}},
		withdrawal{Block{kind, department, []string{r.EnterpriseID}}, reason, source})
	if err != nil {
		return err
	}
	place := q.IDAfter(at, had.place) // a statement made before now does not bring the fact back
	return store(ctx, q, []Record{r}, map[key]head{k: {enterprise: r.EnterpriseID, record: r.ID, version: r.Version,
		content: content(r.EnterpriseID, true, r.Body), place: place, moved: r.Moved}})
}

// withdrawal is the body of the leaf of a withdrawal.
type withdrawal struct {
	Block
	Reason string `json:"reason"`
	Source string `json:"source"`
}
