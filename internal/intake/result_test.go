package intake_test

import (
	"encoding/json"
	"strings"
	"testing"

	"zhixin/internal/intake"
)

// TestTheResultHasTheNamesOfTheContract: scripts read them. The counts of a result make up received.
func TestTheResultHasTheNamesOfTheContract(t *testing.T) {
	raw, err := json.Marshal(intake.Batch{ID: "b", Received: 31, Counts: intake.Counts{Accepted: 1, Duplicate: 2, Superseded: 4, Rejected: 8, Unmatched: 16}, Warned: 3}.Result())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"received": 31.0, "accepted": 1.0, "duplicate": 2.0, "superseded": 4.0, "rejected": 8.0, "unmatched": 16.0, "warned": 3.0, "batch": "b"}
	const contract = "received, accepted, duplicate, superseded, rejected, unmatched, batch"
	sum := 0.0
	for _, name := range strings.Split(contract, ", ") {
		if got[name] != want[name] {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
		if n, ok := got[name].(float64); ok && name != "received" {
			sum += n
		}
	}
	if len(got) != len(want) || got["warned"] != want["warned"] || sum != got["received"] {
		t.Errorf("got %v", got)
	}
}
