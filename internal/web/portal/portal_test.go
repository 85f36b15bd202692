package portal

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
	"zhixin/internal/lang"
	"zhixin/internal/web"
)

var ctx = context.Background()

var noon = time.Date(2026, 10, 12, 12, 0, 0, 0, credit.Shanghai)

// serverOn returns a server with the public pages. Without the assets the test is skipped, and counted as skipped.
func serverOn(t *testing.T, d *db.DB) *web.Server {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := web.New(web.Deps{DB: d, Lang: words, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	if fault.Is(err, "web.no_assets") {
		dbtest.Skip(t, "the page assets are missing: make assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := audit.NewKey("zhixin/test")
	if err != nil {
		t.Fatal(err)
	}
	if err := Register(s, Deps{Key: key}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPagesFitTheirTemplates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { serverOn(t, d) })
}
