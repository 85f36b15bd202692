package intake

import (
	"context"
	"maps"
	"slices"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/match"
	"zhixin/internal/record"
)

// whom is whom a row is about, or why nobody can say.
type whom struct {
	id        string
	judgement string // the judgement that says so, "" where numbers and names do
	why       Problem
}

// identify finds the subject of each row that may become a record. A number whose bearer has the row's name decides; what is
// left is decided by a person's earlier word about rows that say the same, or by all the evidence there is, where that is sure.
// Everything is looked up in this transaction.
func identify(ctx context.Context, q db.Q, kind catalog.Kind, department string, rows []row) ([]whom, error) {
	ids := make([]enterprise.Ident, len(rows))
	for i, r := range rows {
		if r.fate == "" {
			ids[i] = ident(kind, r.clean)
		}
	}
	if kind.Name != record.EnterpriseKind {
		return who(ctx, q, department, ids)
	}
	found, err := enterprise.Match(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]whom, len(rows))
	newcomers(rows, ids, found, out)
	return out, nil
}

// Identify says whom statements of a department are about, as the check of a file does; "" where a person has to decide, or nobody is
// known who may be meant.
func Identify(ctx context.Context, q db.Q, department string, said []enterprise.Ident) ([]string, error) {
	found, err := who(ctx, q, department, said)
	ids := make([]string, len(found))
	for i, w := range found {
		ids[i] = w.id
	}
	return ids, err
}

func who(ctx context.Context, q db.Q, department string, ids []enterprise.Ident) ([]whom, error) {
	found, err := enterprise.Match(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]whom, len(ids))
	var open []int
	for i, id := range ids {
		name := credit.NormalizeName(id.Name)
		if found[i].EnterpriseID != "" && !doubted(id, found[i]) && (name == "" || name == found[i].Norm) {
			out[i].id = found[i].EnterpriseID
			continue
		}
		if out[i].why = unknown(id, found[i]); !id.SaysNothing() {
			open = append(open, i)
		}
	}
	if open, err = recall(ctx, q, department, ids, open, out); err != nil || len(open) == 0 {
		return out, err
	}
	return out, weighAll(ctx, q, ids, found, open, out)
}

// doubted reports whether a valid code is stated by which the subject was not found, but by an older number: the code may be
// somebody else's.
func doubted(id enterprise.Ident, m enterprise.Matched) bool {
	_, err := credit.ParseUSCC(id.USCC)
	return err == nil && m.By != "uscc"
}

// another reports whether a registration states the code of one and an older number of another: taken for the other, it would give him
// its code and its name. An organisation that gets another code keeps its organisation code within it.
func another(id enterprise.Ident, m enterprise.Matched) bool {
	stated, err := credit.ParseUSCC(id.USCC)
	has, err2 := credit.ParseUSCC(m.USCC)
	return err == nil && err2 == nil && m.By != "uscc" && stated.OrgCode() != has.OrgCode()
}

// newcomers: a registration names its subject by its numbers alone, whatever the subject was called before. One whose numbers
// nobody has is that of a new subject, for this row and the later ones of the block.
func newcomers(rows []row, ids []enterprise.Ident, found []enterprise.Matched, out []whom) {
	fresh := map[string]string{}
	for i, r := range rows {
		if r.fate != "" {
			continue
		}
		if !found[i].Nobody() {
			if out[i].why = unknown(ids[i], found[i]); another(ids[i], found[i]) {
				out[i].why = Problem{Code: "intake.registration_contradicts", Args: args{ids[i].Name, ids[i].USCC, found[i].USCC}}
				continue
			}
			out[i].id = found[i].EnterpriseID
			continue
		}
		numbers := codes(ids[i])
		for _, n := range numbers {
			if id := fresh[n]; id != "" && out[i].id == "" {
				out[i].id = id
			}
		}
		if out[i].id == "" && len(numbers) > 0 {
			out[i].id = enterprise.Key(numbers[0])
		}
		for _, n := range numbers {
			if fresh[n] == "" {
				fresh[n] = out[i].id
			}
		}
		out[i].why = unknown(ids[i], found[i])
	}
}

// recall takes rows about which a person has decided before, and returns those that are still open.
func recall(ctx context.Context, q db.Q, department string, ids []enterprise.Ident, open []int, out []whom) (left []int, err error) {
	if len(open) == 0 {
		return nil, nil
	}
	patterns := make([]string, len(open))
	for n, i := range open {
		patterns[n] = pattern(ids[i], department)
	}
	judged, err := standing(ctx, q, patterns)
	if err != nil {
		return nil, err
	}
	for n, i := range open {
		switch j, ok := judged[patterns[n]]; {
		case !ok:
			left = append(left, i)
		case j.EnterpriseID != "":
			out[i].id, out[i].judgement = j.EnterpriseID, j.ID
		}
	}
	return left, nil
}

// weighAll compares open rows with those who have one of their numbers, and those who bear exactly their name.
func weighAll(ctx context.Context, q db.Q, ids []enterprise.Ident, found []enterprise.Matched, open []int, out []whom) error {
	norms := map[string]bool{}
	for _, i := range open {
		if norm := credit.NormalizeName(ids[i].Name); norm != "" {
			norms[norm] = true
		}
	}
	bearers, err := enterprise.Bearers(ctx, q, slices.Sorted(maps.Keys(norms)))
	if err != nil {
		return err
	}
	meant := make(map[int][]string, len(open))
	wanted := map[string]bool{}
	for _, i := range open {
		meant[i] = slices.Concat(found[i].Among, bearers[credit.NormalizeName(ids[i].Name)])
		if id := found[i].EnterpriseID; id != "" {
			meant[i] = append(meant[i], id)
		}
		for _, id := range meant[i] {
			wanted[id] = true
		}
	}
	sides, err := enterprise.Sides(ctx, q, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return err
	}
	for _, i := range open {
		var those []match.Side
		for _, s := range sides {
			if slices.Contains(meant[i], s.ID) {
				those = append(those, s)
			}
		}
		verdict := match.Decide(match.Read(ids[i].Side()), those)
		out[i].id = verdict.ID
		if id := found[i].EnterpriseID; verdict.Band == match.Ask && id != "" {
			at := slices.IndexFunc(those, func(s match.Side) bool { return s.ID == id })
			out[i].why = Problem{Code: "intake.subject_contradicts", Args: args{ids[i].Name, codes(ids[i])[0], those[at].Name}}
		}
	}
	return nil
}
