package work

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"zhixin/internal/calendar"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/flow"
	"zhixin/internal/lang"
	"zhixin/internal/web"
)

var ctx = context.Background()

var noon = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)

// serverOn returns a server with the workbench. Without the assets the test is skipped, and counted as skipped.
func serverOn(t *testing.T, d *db.DB) *web.Server {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: log, Now: func() time.Time { return noon }})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Register(s, Deps{Flow: &flow.Flow{DB: d, Cal: calendar.Builtin(), Log: log}}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPagesFitTheirTemplates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { serverOn(t, d) })
}
