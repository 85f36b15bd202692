//go:build race

package cli_test

// raceFlag builds the program as the test is built: `make test` then compiles everything once.
var raceFlag = []string{"-race"}
