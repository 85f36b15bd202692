package intake

import (
	"context"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
)

// PasteLimit is how much can be pasted, in bytes: what is longer is better looked through in the program from which it comes.
const PasteLimit = 64 << 10

// Pasted returns the file that text pasted from a spreadsheet program is: its cells are separated by tabs, and one that holds
// line ends stands in quotation marks. Where no row of it is the headings, the columns are those of the kind's template, in its
// order, and its headings are put above them.
func Pasted(ctx context.Context, q db.Q, kindName, text string) (string, error) {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return "", fault.New(fault.Invalid, "intake.nothing_pasted")
	}
	if len(text) > PasteLimit {
		return "", fault.New(fault.TooLarge, "intake.pasted_too_large", PasteLimit>>10)
	}
	set, err := catalog.Load(ctx, q)
	if err != nil {
		return "", err
	}
	kind, err := set.Of(kindName)
	if err != nil {
		return "", err
	}
	if !headed(text, kind) {
		text = strings.Join(kind.Headings(), "\t") + "\n" + text
	}
	return text, nil
}

// headed says whether text has a row of headings: two of the standard, or the only one there is. One may stand in a record by
// chance. What cannot be read at all needs none.
func headed(text string, kind catalog.Kind) bool {
	r, err := sheet.Open(strings.NewReader(text), int64(len(text)), sheet.Limits{})
	if err != nil {
		return true
	}
	defer func() { _ = r.Close() }()
	h, err := (&source{Reader: r}).findHeadings(kind)
	if why := unreadable(err); why != nil {
		return why.Code != "intake.no_header"
	}
	return len(h.columns) > 1 || len(h.names) == 1
}
