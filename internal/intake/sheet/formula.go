package sheet

import "strings"

// Defuse keeps a spreadsheet program from taking a stranger's text for a formula. An apostrophe is what such a program itself
// writes before a text that looks like one.
func Defuse(s string) string {
	if dangerous(s) || strings.HasPrefix(s, "'") && dangerous(s[1:]) {
		return "'" + s
	}
	return s
}

// Undefused takes back what [Defuse] did: what we wrote comes back mended.
func Undefused(s string) string {
	if strings.HasPrefix(s, "'") && (dangerous(s[1:]) || strings.HasPrefix(s, "''") && dangerous(s[2:])) {
		return s[1:]
	}
	return s
}

func dangerous(s string) bool { return s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) }
