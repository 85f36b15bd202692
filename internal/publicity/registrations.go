package publicity

import (
	"context"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/record"
)

// Kinds of [Registration] beside those of [enterprise.ChangeKind].
const (
	registrationOther     = "changed"   // something that has no word of its own, or what holds again after a correction
	registrationWithdrawn = "withdrawn" // nothing is registered any more
)

// Registration says that something of a registration is otherwise since a leaf of the log. What it is stands on the page.
type Registration struct {
	Leaf string
	Seq  int64
	At   time.Time
	Kind string
	USCC string
}

// Registrations returns what the leaves behind a place, limit of them at most, say about registrations that have a public face
// today, and the place of the last leaf that was looked at.
func Registrations(ctx context.Context, q db.Q, after int64, limit int, today credit.Date) ([]Registration, int64, error) {
	leaves, err := audit.Read(ctx, q, after+1, limit)
	if err != nil {
		return nil, after, err
	}
	hidden, err := veilOn(ctx, q, today)
	if err != nil {
		return nil, after, err
	}
	var out []Registration
	for _, e := range leaves {
		after = e.Seq
		b, err := record.BlockOf(e)
		if err != nil {
			return nil, after, err
		}
		if b.Kind != enterpriseKind {
			continue
		}
		some, err := registrationsOf(ctx, q, e, b.Enterprises, hidden)
		if err != nil {
			return nil, after, err
		}
		out = append(out, some...)
	}
	return out, after, nil
}

func registrationsOf(ctx context.Context, q db.Q, e audit.Event, ids []string, hidden veil) ([]Registration, error) {
	changes, err := enterprise.ChangesAt(ctx, q, ids, e.At)
	if err != nil {
		return nil, err
	}
	kinds := map[string][]string{}
	for _, c := range changes {
		kinds[c.EnterpriseID] = append(kinds[c.EnterpriseID], string(c.Kind))
	}
	var out []Registration
	for _, id := range ids {
		s, err := enterprise.ByID(ctx, q, id)
		said := kinds[id]
		switch {
		case fault.Is(err, "enterprise.unknown"):
			if s, err = enterprise.KnownByID(ctx, q, id); fault.Is(err, "enterprise.unknown") {
				continue
			}
			said = []string{registrationWithdrawn}
		case len(said) == 0:
			said = []string{registrationOther}
		}
		if err != nil {
			return nil, err
		}
		if enterprise.NamesPerson(s) || hidden.pages[id] {
			continue
		}
		for _, kind := range said {
			out = append(out, Registration{e.Leaf, e.Seq, e.At, kind, s.USCC})
		}
	}
	return out, nil
}
