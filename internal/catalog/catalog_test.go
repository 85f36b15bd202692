package catalog_test

import (
	"testing"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
)

var today = credit.MustDate("2026-10-12")

func kind(t testing.TB, name string) catalog.Kind {
	t.Helper()
	k, err := catalog.Of(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
