// Package fault holds the errors that a reader is meant to see.
//
// A fault has a kind (what the caller may do about it), a stable code (what programs match on and what the message
// catalogue translates) and arguments for the sentence. Every other error is internal: it is wrapped on its way up,
// logged once at the edge and shown as "the system is busy".
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what went wrong in the few ways that a caller must tell apart.
type Kind string

// The kinds of fault.
const (
	Internal        Kind = ""                // not a fault at all: something of ours broke
	Invalid         Kind = "invalid"         // the input is wrong; mend it and send it again
	NotFound        Kind = "not-found"       // there is no such thing, or not for this reader
	Conflict        Kind = "conflict"        // the thing has moved on; look again
	Forbidden       Kind = "forbidden"       // this person or key may not do that
	Unauthenticated Kind = "unauthenticated" // nobody is logged in
	TooLarge        Kind = "too-large"       // over a limit that is stated in the sentence
	TooMany         Kind = "too-many"        // slow down and try again
	Unavailable     Kind = "unavailable"     // cannot be answered safely at the moment
)

// Error is a fault. Its sentence stands in the message catalogue under its code, in every language.
type Error struct {
	Kind Kind
	Code string
	Args []any
}

// New returns a fault. code is "package.words_with_underscores"; args fill the catalogue's {0}, {1}, ….
func New(kind Kind, code string, args ...any) error {
	return &Error{Kind: kind, Code: code, Args: args}
}

func (e *Error) Error() string {
	if len(e.Args) == 0 {
		return e.Code
	}
	parts := make([]string, len(e.Args))
	for i, a := range e.Args {
		parts[i] = fmt.Sprint(a)
	}
	return e.Code + "(" + strings.Join(parts, ", ") + ")"
}

// Of returns the kind and the code of the fault that err is or wraps; Internal and "" where it is none.
func Of(err error) (Kind, string) {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind, e.Code
	}
	return Internal, ""
}

// Is reports whether err is or wraps a fault with this code.
func Is(err error, code string) bool {
	_, c := Of(err)
	return c != "" && c == code
}
