package org

import "zhixin/internal/credit"

// doorRole is the role of the system where it takes in what a department has laid down for it. No post and no key has it.
const doorRole credit.Role = "door"

// Door returns the system acting for a department whose files come in by a door of their own: a folder, a table. Behind it, it
// may hand in that department's records and nothing else.
func Door(duty, department string) Actor {
	return Actor{Duty: duty, OnBehalf: department, Department: department, Role: doorRole}
}
