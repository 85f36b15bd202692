// Package arch holds the tests that hold the house together: which room may know which, where the clock, chance and the
// network come in, how SQL is written, and that every message has its sentence. It has no code of its own.
//
// A rule that fails names the place and the rule. An exception is a line in a test with its reason, decided in review.
package arch
