# The gate's rule as an OPA policy: the measures against a subject at a counter that hold on a day, strictest first, and the
# strictest verdict. data.subjects holds the same measures as the gate's memory, in the same order.
package gate

decision := {
	"hits": hits,
	"matter": input.matter,
	"name": subject.name,
	"on": input.on,
	"state": subject.state,
	"uscc": input.uscc,
	"verdict": verdict,
}

subject := data.subjects[input.uscc]

hits := [m |
	some m in subject.measures
	m.matter == input.matter
	m.since <= input.on
	input.on < m.until
]

default verdict := "pass"

verdict := hits[0].verdict
