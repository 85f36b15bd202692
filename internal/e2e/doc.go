// Package e2e walks the stories as people do, in a real browser, on both databases.
package e2e
