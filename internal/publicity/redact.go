package publicity

import (
	"regexp"

	"zhixin/internal/credit"
)

// Free text is written by people and may hold what no public surface may show (handbook 2.5). The patterns are generous: a
// long number too many is hidden rather than one too few.
var (
	words   = regexp.MustCompile(`[0-9A-Za-z]{11,}`)
	numbers = regexp.MustCompile(`[0-9]{11,}[Xx]?`)
	phones  = regexp.MustCompile(`\b0[0-9]{2,3}\)?[- ]?[0-9]{7,8}\b|\b1[3-9][0-9][- ][0-9]{4}[- ][0-9]{4}\b`)
	emails  = regexp.MustCompile(`[0-9A-Za-z._%+-]+@[0-9A-Za-z.-]+\.[A-Za-z]{2,}`)
	cards   = regexp.MustCompile(`[0-9]{4}(?:[ -][0-9]{4}){3}(?:[ -][0-9]{1,3})?`)
)

const hidden = "***"

// redact hides identity numbers, phone numbers, bank cards and addresses of e-mail in free text. Codes of organisations
// and numbers of licences and decisions stay: they name no person.
func redact(text string) string {
	text = emails.ReplaceAllString(text, hidden)
	text = cards.ReplaceAllString(text, hidden)
	text = words.ReplaceAllStringFunc(text, func(word string) string {
		if _, err := credit.ParseUSCC(word); err == nil {
			return word
		}
		return numbers.ReplaceAllStringFunc(word, func(n string) string {
			if personal(n) {
				return hidden
			}
			return n
		})
	})
	return phones.ReplaceAllString(text, hidden)
}

// personal reports whether a run of digits, perhaps with an X behind it, may be the number of a person, a mobile phone or an
// account.
func personal(n string) bool {
	switch len(n) {
	case 11: // mobile phone
		return n[0] == '1' && n[1] >= '3'
	case 15: // identity number of before 1999, or the registration number of an enterprise
		return credit.CheckRegNo(n) != nil
	case 16, 17, 18, 19, 20: // bank card, identity number
		return true
	}
	return false
}
