package main

import (
	"bytes"
	"os"
	"testing"
)

// TestFileIsWhatTheCommandWrites keeps the generator beside the frozen file: whoever changes one sees the other.
func TestFileIsWhatTheCommandWrites(t *testing.T) {
	want, err := os.ReadFile("../../internal/match/testdata/pairs.csv")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("the command writes another file than internal/match/testdata/pairs.csv, which is frozen")
	}
}
