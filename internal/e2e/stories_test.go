package e2e_test

import (
	"testing"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
)

// stage is where a story is played: a city that is served, and a browser.
type stage struct {
	*city
	chromium
}

// story is one walk through a city that stays served for the next.
type story struct {
	name string
	walk func(*testing.T, stage)
}

// play walks the stories one after another in one city, as a day goes.
func play(t *testing.T, now string, stories ...story) {
	t.Helper()
	dbtest.EachEngine(t, func(t *testing.T, engine db.Engine) {
		b := launch(t)
		s := stage{demo(t, engine, "0.01", now), b}
		for _, story := range stories {
			t.Run(story.name, func(t *testing.T) {
				s.city.t = t
				story.walk(t, s)
			})
		}
	})
}

// The stories of a day in autumn, with work on every desk.
func TestStoriesOfToday(t *testing.T) {
	play(t, "2026-10-12",
		story{"a revoked licence stops a bid", penaltyStopsABid},
		story{"a clerk's morning", clerksMorning},
		story{"a slip is forgiven", aSlipIsForgiven},
		story{"a row is judged", aRowIsJudged},
		story{"two people remove", twoPeopleRemove},
		story{"doors are guarded", doorsAreGuarded},
		story{"logout ends the session", logoutEnds},
		story{"guessing is slow", guessingIsSlow},
		story{"language stays", languageStays},
		story{"keys are enough", keysAreEnough},
		story{"the log is verified", logIsVerified},
	)
}

// The stories of the morning after the run of July.
func TestStoriesOfJuly(t *testing.T) {
	play(t, "2026-07-02",
		story{"missed reports are listed", missedReportsAreListed},
		story{"the policy of the day", policyOfTheDay},
	)
}
