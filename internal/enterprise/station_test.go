package enterprise_test

import (
	"fmt"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

var (
	chief    = org.Actor{User: "a", Role: credit.Administrator, Department: "SCJG", Division: "340800"}
	officer  = org.Actor{User: "b", Role: credit.Officer, Department: "SCJG", Division: "340800"}
	stranger = org.Actor{User: "c", Role: credit.Officer, Department: "SCJG-340881", Division: "340881"}
	morning  = credit.MustDate("2026-03-02").Time().Add(9 * time.Hour)
)

// stations puts the departments in.
func stations(t *testing.T, d *db.DB) {
	t.Helper()
	all, err := org.FirstCity()
	if err != nil {
		t.Fatal(err)
	}
	act(t, d, func(q db.Q) error {
		for _, one := range all {
			if err := org.PutDepartment(t.Context(), q, credit.System("test"), morning, one); err != nil {
				return err
			}
		}
		return nil
	})
}

func act(t *testing.T, d *db.DB, f func(q db.Q) error) {
	t.Helper()
	if err := d.Tx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// reassign plans and carries out.
func reassign(d *db.DB, t *testing.T, by org.Actor, at time.Time, c enterprise.Chosen, station, reason string) (id string, err error) {
	t.Helper()
	err = d.Tx(t.Context(), func(q db.Q) (err error) {
		if id, err = enterprise.Plan(t.Context(), q, by, at, c); err != nil {
			return err
		}
		return enterprise.Reassign(t.Context(), q, by, at, id, station, reason)
	})
	return id, err
}

// at returns a registration of the ship yard that states a station, accepted some hours after the morning.
func at(hours int, station string) enterprise.Subject {
	s := enterprise.Subject{ID: enterprise.Key(ship), USCC: ship, Name: "安庆市长江船舶有限公司", Division: "340802", Authority: "SCJG", Station: station, State: credit.Active}
	return s.Stated(morning.Add(time.Duration(hours)*time.Hour), 0)
}

func stationNow(t *testing.T, d *db.DB) (station string) {
	t.Helper()
	view(t, d, func(q db.Q) error {
		s, err := enterprise.ByID(t.Context(), q, enterprise.Key(ship))
		station = s.Station
		return err
	})
	return station
}

const one, two, three = "ST-340802-1", "ST-340802-2", "ST-340802-3"

// TestAReassignmentHoldsUntilARegistrationStatesAnotherStation, and a rebuild of the same history comes to the same.
func TestAReassignmentHoldsUntilARegistrationStatesAnotherStation(t *testing.T) {
	tests := []struct {
		name  string
		later []string // stations of later registrations
		want  string
	}{
		{"nothing comes", nil, two},
		{"one that states none", []string{""}, two},
		{"one that states the same as before", []string{one}, two},
		{"both", []string{"", one, ""}, two},
		{"one that states another", []string{three}, three},
		{"one that states the new one, and then the old one", []string{two, one}, one},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stations(t, d)
		for i, tt := range tests {
			rebuild(t, d, nil)
			act(t, d, func(q db.Q) error {
				_, err := q.ExecContext(t.Context(), `DELETE FROM enterprise_assigned`)
				return err
			})
			history := []enterprise.Subject{at(0, one)}
			put(t, d, history...)
			if _, err := reassign(d, t, officer, morning.Add(time.Hour), enterprise.Chosen{Name: "长江"}, two, fmt.Sprintf("辖区调整%d", i)); err != nil {
				t.Fatal(err)
			}
			for n, station := range tt.later {
				history = append(history, at(2+n, station))
				put(t, d, history[len(history)-1])
			}
			if got := stationNow(t, d); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
			rebuild(t, d, history)
			if got := stationNow(t, d); got != tt.want {
				t.Errorf("%s, rebuilt: %s, want %s", tt.name, got, tt.want)
			}
		}
	})
}

func TestAReassignmentCanBeUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stations(t, d)
		put(t, d, at(0, one))
		put(t, d, enterprise.Subject{USCC: stove, Name: "长江锅炉（安庆）有限公司", Division: "340802", Authority: "SCJG", Station: three})
		put(t, d, enterprise.Subject{USCC: tea, Name: "桐城长江茶业", Division: "340881", Authority: "SCJG-340881"})
		ten := morning.Add(time.Hour)
		id, err := reassign(d, t, officer, ten, enterprise.Chosen{Name: "长江"}, two, "辖区调整")
		if err != nil {
			t.Fatal(err)
		}
		view(t, d, func(q db.Q) error {
			r, err := enterprise.ReassignmentOf(t.Context(), q, officer, id)
			if r.Count != 2 || len(r.From) != 2 || r.State != enterprise.Done {
				t.Errorf("the act: %+v", r)
			}
			leaves, err2 := audit.Pending(t.Context(), q)
			n := 0
			for _, l := range leaves {
				if l.Kind == enterprise.LeafStations && l.Subject == id {
					n++
				}
			}
			if err2 != nil || n != 1 {
				t.Errorf("%d leaves, %v", n, err2)
			}
			return err
		})
		put(t, d, func() enterprise.Subject { // the boiler works move again
			s := enterprise.Subject{USCC: stove, Name: "长江锅炉（安庆）有限公司", Division: "340802", Authority: "SCJG", Station: one}
			return s.Stated(ten.Add(time.Hour), 0)
		}())
		var back string
		act(t, d, func(q db.Q) (err error) {
			back, err = enterprise.Undo(t.Context(), q, officer, ten.Add(2*time.Hour), id, "调整有误")
			return err
		})
		if got := stationNow(t, d); got != one {
			t.Errorf("after it was undone: %s", got)
		}
		view(t, d, func(q db.Q) error {
			s, err := enterprise.ByUSCC(t.Context(), q, stove)
			r, _ := enterprise.ReassignmentOf(t.Context(), q, officer, back)
			if s.Station != one || r.Count != 1 || r.Undoes != id {
				t.Errorf("who had moved again: %s; %+v", s.Station, r)
			}
			return err
		})
		for name, again := range map[string]string{"twice": id, "the undoing": back} {
			err := d.Tx(t.Context(), func(q db.Q) error {
				_, err := enterprise.Undo(t.Context(), q, officer, ten.Add(3*time.Hour), again, "再来")
				return err
			})
			if !fault.Is(err, "enterprise.not_to_undo") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAReassignmentIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stations(t, d)
		put(t, d, at(0, one))
		ok := enterprise.Chosen{Codes: []string{ship}}
		tests := []struct {
			name            string
			by              org.Actor
			c               enterprise.Chosen
			station, reason string
			want            string
		}{
			{"nothing chosen", officer, enterprise.Chosen{}, two, "调整", "enterprise.nothing_asked"},
			{"nobody fits", officer, enterprise.Chosen{Station: three}, two, "调整", "enterprise.nobody_chosen"},
			{"nobody of that division", officer, enterprise.Chosen{Division: "340881"}, two, "调整", "enterprise.nobody_chosen"},
			{"no reason", officer, ok, two, " ", "enterprise.reassign_reason"},
			{"no station", officer, ok, "SCJG", "调整", "enterprise.no_station"},
			{"not a department", officer, ok, "ST-1", "调整", "enterprise.no_station"},
			{"there already", officer, ok, one, "调整", "enterprise.there_already"},
			{"another authority's", stranger, ok, two, "调整", "enterprise.nobody_chosen"},
			{"no right at all", org.Actor{User: "x", Role: credit.Counter, Department: "SCJG"}, ok, two, "调整", "org.may_not"},
			{"by an administrator", chief, enterprise.Chosen{Codes: []string{ship, tea}}, two, "调整", ""},
		}
		for _, tt := range tests {
			_, err := reassign(d, t, tt.by, morning, tt.c, tt.station, tt.reason)
			if tt.want == "" && err != nil || tt.want != "" && !fault.Is(err, tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if got := stationNow(t, d); got != two {
			t.Errorf("in the end: %s", got)
		}
		var id string
		act(t, d, func(q db.Q) (err error) {
			id, err = enterprise.Plan(t.Context(), q, chief, morning, enterprise.Chosen{Codes: []string{ship, tea, "无"}})
			return err
		})
		view(t, d, func(q db.Q) error {
			r, err := enterprise.ReassignmentOf(t.Context(), q, chief, id)
			if r.Missing != tea+" 无" || r.Count != 1 || len(r.From) != 1 || r.From[0] != (enterprise.StationOf{Station: two, Count: 1}) {
				t.Errorf("the plan: %+v", r)
			}
			if _, err := enterprise.ReassignmentOf(t.Context(), q, stranger, id); !fault.Is(err, "enterprise.no_reassignment") {
				t.Errorf("another's plan: %v", err)
			}
			return err
		})
	})
}
