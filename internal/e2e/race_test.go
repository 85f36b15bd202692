//go:build race

package e2e_test

import "time"

// raceFlag builds the program as the test is built: `make test` then compiles everything once.
var raceFlag = []string{"-race"}

// patience is how long a person waits for anything before the test gives up.
const patience = 3 * time.Minute
