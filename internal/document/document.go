// Package document issues the numbered papers of the authorities and keeps them.
//
// A paper is made from a template in the wording of its day, gets the next number of its authority's series in the
// transaction that issues it, and is never changed: what is kept is its canonical body, whose hash stands in the audit log.
// Publication, service and seal are events beside it. Pages render the body's blocks; [PDF] prints them.
package document

import (
	"strings"
	"time"
	"unicode"

	"zhixin/internal/credit"
	"zhixin/internal/policy"
)

// The templates.
const (
	AbnormalAnnouncement = "abnormal.announcement" // 公告: who has not published the annual report
	AbnormalListing      = "abnormal.listing"      // 列入经营异常名录决定书
	AbnormalRemoval      = "abnormal.removal"      // 移出经营异常名录决定书
	AbnormalRescission   = "abnormal.rescission"   // 撤销列入经营异常名录决定书
)

// Draft is what a paper is made from.
type Draft struct {
	Template     string
	Authority    string // code of the department that issues it
	EnterpriseID string // to whom; empty for a paper that goes to many
	Case         string // the case or the run it decides; with template and part it is the paper's identity
	Day          credit.Date
	Part         int               // of a run that gets several papers of one template: 2 is the second; 0 for the only or first one
	Fields       map[string]string // what the template asks for
	Basis        []policy.Basis    // the articles on which it rests: those of the policy row
	Duty         []policy.Basis    // the articles of the duty that was not done
	Annex        [][]string        // rows of the annex, the first of them the heading
	Parent       string            // the paper of a batch whose child this is: its number becomes …号-k
}

// Role is what a block is in the paper's layout.
type Role string

// The roles, in the order in which they stand on a paper.
const (
	Head      Role = "head"      // the authority's name
	Title     Role = "title"     // 列入经营异常名录决定书
	Number    Role = "number"    // 宜市监异入〔2026〕第12号
	Addressee Role = "addressee" // whom it concerns, with a colon
	Text      Role = "text"      // a paragraph of findings, reasons, decision
	Remedy    Role = "remedy"    // how to have it reviewed
	Signature Role = "signature" // the authority again, under the seal
	DayLine   Role = "day"       // 2026年7月9日
	Annex     Role = "annex"     // a table behind the paper
)

// Block is one piece of a paper.
type Block struct {
	Role Role       `json:"role"`
	Text string     `json:"text"`
	Rows [][]string `json:"rows,omitempty"` // of an annex; the first row is the heading
}

// Body is a paper's content as it is kept and hashed.
type Body struct {
	Blocks []Block `json:"blocks"`
}

// Text returns the text of the first block of a role.
func (b Body) Text(role Role) string {
	for _, block := range b.Blocks {
		if block.Role == role {
			return block.Text
		}
	}
	return ""
}

// Paper is an issued paper.
type Paper struct {
	ID           string
	Template     string
	Authority    string
	Number       string
	Title        string
	EnterpriseID string
	Case         string
	Day          credit.Date
	Body         Body
	Hash         string // SHA-256 of the canonical body
	Issued       time.Time
	PublishedOn  credit.Date // 0 until then
	ServedOn     credit.Date
	SealedOn     credit.Date
	SealedHow    string // "electronic", "wet"
	Leaf         string
}

// EventKind is what happens to a paper after it was issued.
type EventKind string

// The kinds of event.
const (
	Published EventKind = "published"
	Served    EventKind = "served"
	Sealed    EventKind = "sealed"
)

// NormalizeNumber brings a number as people type it into the form in which papers carry it: hexagonal brackets, no blanks,
// half-width digits.
func NormalizeNumber(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("[(\uff08\u3010\uff3b\ufe5d", r):
			r = '〔'
		case strings.ContainsRune("])\uff09\u3011\uff3d\ufe5e", r):
			r = '〕'
		case r >= '\uff10' && r <= '\uff19':
			r = r - '\uff10' + '0'
		case r == '\uff0d' || r == '\u2013' || r == '\u2014':
			r = '-'
		case unicode.IsSpace(r):
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
