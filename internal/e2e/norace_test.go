//go:build !race

package e2e_test

import "time"

var raceFlag []string

const patience = 30 * time.Second
