package standing

import (
	"context"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// LeafRead is the kind of leaf about somebody who looked at the full past of a subject; its subject is the enterprise.
const LeafRead = "standing.read"

// Question is what an officer asks of the full past.
type Question struct {
	USCC    string
	On      credit.Date
	Known   int64  // as in [Of]
	Purpose string // what for; it stands in the log
}

// Full returns a standing with all that today's publicity does not tell any more, to who has the subject in scope and says
// what for. The asking is a leaf of the log.
func Full(ctx context.Context, q db.Q, by org.Actor, at time.Time, ask Question) (Standing, error) {
	purpose := strings.TrimSpace(ask.Purpose)
	if purpose == "" {
		return Standing{}, fault.New(fault.Invalid, "standing.no_purpose")
	}
	if err := Reached(ctx, q, ask.Known); err != nil {
		return Standing{}, err
	}
	s, err := Of(ctx, q, credit.NormalizeCode(ask.USCC), ask.On, ask.Known)
	if err != nil {
		return Standing{}, err
	}
	today, err := enterprise.KnownByID(ctx, q, s.EnterpriseID) // whose it is now decides who may see it: it may have moved since
	if err != nil {
		return Standing{}, err
	}
	if err := org.May(by, org.StandingFull, today.Authority, today.Division); err != nil {
		return Standing{}, err
	}
	_, err = audit.Add(ctx, q, by, at, LeafRead, s.EnterpriseID,
		map[string]string{"purpose": purpose, "on": ask.On.String(), "known": strconv.FormatInt(ask.Known, 10)})
	return s, err
}

// Reached refuses a size that the log has not had yet: what will be known then nobody can say.
func Reached(ctx context.Context, q db.Q, known int64) error {
	size, err := audit.Size(ctx, q)
	if err == nil && known > size {
		err = fault.New(fault.Invalid, "standing.not_reached", known, size)
	}
	return err
}
