package flow

import (
	"context"
	"errors"
	"time"

	"zhixin/internal/casework"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// Outcome counts what became of the cases of a run that were dealt with together.
type Outcome struct {
	Done    int // examined or decided
	Closed  int // what called for them had gone, or another authority is competent
	Skipped int // left to another person, who has not examined them
}

// ExamineGroup examines all cases of a group that wait for it, in strides. What it returns is done, also beside an error.
func (f *Flow) ExamineGroup(ctx context.Context, by org.Actor, at time.Time, group, opinion string) (Outcome, error) {
	return f.group(ctx, at, group, casework.Noticed, func(q db.Q, id string) error {
		_, err := f.Examine(ctx, q, by, at, id, opinion)
		return err
	})
}

// DecideGroup settles all examined cases of a group alike, in strides. One that by has examined himself is left to another
// person; one whose ground has gone meanwhile is closed, never listed. What it returns is done, also beside an error.
func (f *Flow) DecideGroup(ctx context.Context, by org.Actor, at time.Time, group string, v casework.Verdict, opinion string) (Outcome, error) {
	return f.group(ctx, at, group, casework.Examined, func(q db.Q, id string) error {
		_, err := f.Decide(ctx, q, by, at, id, v, opinion)
		return err
	})
}

// walk is a place in a group: the last case that was dealt with, and what became of those before.
type walk struct {
	last string
	Outcome
}

// stuck says which case broke a stride off, and where the walk stood before it.
type stuck struct {
	id  string
	err error
}

func (s stuck) Error() string { return s.err.Error() }
func (s stuck) Unwrap() error { return s.err }

// group does one thing to all cases of a group in a state, in strides, in the order of ids. One case never blocks the others:
// a stride that it broke off is made again without it.
func (f *Flow) group(ctx context.Context, at time.Time, group string, state casework.State, do func(q db.Q, id string) error) (Outcome, error) {
	at0 := walk{}
	apart := map[string]bool{} // dealt with by themselves
	for {
		err := f.stride(ctx, group, state, apart, &at0, do)
		var s stuck
		if !errors.As(err, &s) {
			return at0.Outcome, err
		}
		out, err := f.alone(ctx, at, s)
		if err != nil {
			return at0.Outcome, err
		}
		apart[s.id] = true
		at0.Closed, at0.Skipped = at0.Closed+out.Closed, at0.Skipped+out.Skipped
	}
}

// stride walks on from w until the end or a case that breaks it off; w is where it stood at the last commit.
func (f *Flow) stride(ctx context.Context, group string, state casework.State, apart map[string]bool, w *walk, do func(q db.Q, id string) error) error {
	var end walk
	err := db.Strides(ctx, f.DB, *w, func(q db.Q, place walk, more func() bool) (walk, bool, error) {
		*w = place
		for more() {
			ids, err := casework.InGroup(ctx, q, group, state, place.last, 5)
			if err != nil || len(ids) == 0 {
				end = place
				return place, err == nil, err
			}
			for _, id := range ids {
				if !apart[id] {
					if err := do(q, id); err != nil {
						return place, false, stuck{id, err}
					}
					place.Done++
				}
				place.last = id
			}
		}
		return place, false, nil
	})
	if err == nil {
		*w = end
	}
	return err
}

// alone deals with the case that broke a stride off: it is closed where nothing calls for it any more, and left to another
// person where the law wants one. Every other failure is the answer.
func (f *Flow) alone(ctx context.Context, at time.Time, s stuck) (Outcome, error) {
	reason := ""
	switch {
	case fault.Is(s.err, "casework.second_officer"):
		return Outcome{Skipped: 1}, nil
	case fault.Is(s.err, groundGone), fault.Is(s.err, "enterprise.unknown"):
		reason = groundGone
	case fault.Is(s.err, authorityChanged):
		reason = authorityChanged
	default:
		return Outcome{}, s.err
	}
	return Outcome{Closed: 1}, f.DB.Tx(ctx, func(q db.Q) error { return casework.Close(ctx, q, duty, at, s.id, reason) })
}
