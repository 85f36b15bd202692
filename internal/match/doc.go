// Package match finds the registered subject that a record means, although its code or its name was written badly.
package match
