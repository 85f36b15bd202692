package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"zhixin/internal/fault"
)

func TestAFaultKeepsItsKindAndCodeWhenWrapped(t *testing.T) {
	bare := fault.New(fault.Conflict, "lists.already_decided", "E1", 2)
	tests := []struct {
		name string
		err  error
		kind fault.Kind
		code string
	}{
		{"bare", bare, fault.Conflict, "lists.already_decided"},
		{"wrapped", fmt.Errorf("flow: decide: %w", bare), fault.Conflict, "lists.already_decided"},
		{"joined", errors.Join(io.EOF, bare), fault.Conflict, "lists.already_decided"},
		{"no fault", io.EOF, fault.Internal, ""},
		{"nothing", nil, fault.Internal, ""},
	}
	for _, tt := range tests {
		if kind, code := fault.Of(tt.err); kind != tt.kind || code != tt.code {
			t.Errorf("%s: got %q %q", tt.name, kind, code)
		}
		if got, want := fault.Is(tt.err, "lists.already_decided"), tt.code != ""; got != want {
			t.Errorf("%s: is %v", tt.name, got)
		}
	}
	if fault.Is(io.EOF, "") || fault.Is(nil, "") {
		t.Error("what is no fault has no code, not the empty one")
	}
}

func TestAFaultInALogNamesItsArguments(t *testing.T) {
	if got, want := fault.New(fault.Invalid, "a.b", "x", 3).Error(), "a.b(x, 3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fault.New(fault.NotFound, "a.b").Error(); got != "a.b" {
		t.Errorf("got %s", got)
	}
}
