// Package intake takes in the files that departments hand in: it keeps the file, checks each row against the standard of its
// kind, finds the subject, and puts what is good as records. Every row is accounted for: accepted, a duplicate, superseding,
// rejected with its reasons, or held because its subject is not known (yet).
//
// A file is dealt with in blocks of a fixed number of rows. A block's records, problems, counts and the batch's place in the
// file are one transaction, so an import that is killed anywhere goes on as if nothing had happened.
package intake

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/lang"
)

// CheckJob is the kind of job that checks a batch; its argument is the batch's id, its handler calls [Check].
const CheckJob = "intake.check"

// The leaves of a batch; their subject is the batch's id.
const (
	ReceivedLeaf  = "batch.received"
	ConfirmedLeaf = "batch.confirmed" // somebody saw how it was read, and had it taken in
	DiscardedLeaf = "batch.discarded" // somebody saw it, and had nothing of it taken
	CheckedLeaf   = "batch.checked"
	FailedLeaf    = "batch.failed"
)

// State is how far a batch is.
type State string

// The states of a batch.
const (
	Read      State = "read"      // its first rows were read, and it waits for somebody to say that they were read rightly
	Discarded State = "discarded" // somebody said no; nothing of it was taken

	Received State = "received"
	Checking State = "checking"
	Done     State = "done"
	Failed   State = "failed" // the file cannot be read; nothing of it was taken

	Recalling State = "recalling" // it is being taken back
	TakenBack State = "recalled"  // nothing of it counts any more; its counts still say what came
)

// Limits of a file.
const (
	FileLimit    = 512 << 20
	ProblemLimit = 20_000 // rows whose problems are kept; the others are only counted
)

// Upload is a file as it is handed in.
type Upload struct {
	Kind, Department string
	Name             string // as the sender called the file; shown, never believed
	Body             io.Reader
	IdempotencyKey   string // optional: a file sent again with it is the same batch
	Confirm          bool   // it is not checked before somebody has seen how it is read, and calls [Confirm]
	Takeover         string // optional: id of the [Legacy] whose past it is

	Look time.Duration // with Confirm, how long it may take to read the first rows; [LookTime] where 0
}

// Counts says what became of the rows dealt with so far.
type Counts struct {
	Accepted, Duplicate, Superseded, Rejected, Unmatched int
}

func (c Counts) sum() int { return c.Accepted + c.Duplicate + c.Superseded + c.Rejected + c.Unmatched }

// Batch is a file that was handed in.
type Batch struct {
	ID, Kind, Department, Name string
	State                      State
	Sender                     string // id of the person or key
	Place                      string // of this batch in lists: what [List] goes on after
	Size                       int64
	ReceivedAt                 time.Time
	Started, Finished          time.Time
	Total                      int // rows of the file, -1 until they were counted
	Received                   int // the sum of the counts
	Counts
	Warned           int         // of the rows that were taken, those about which there is a remark
	Listed, Unlisted int         // rows whose problems are kept, and only counted
	Notes            []Note      // what the sender should know about the file as a whole
	Header           []string    // of the file
	Takeover         string      // id of the [Legacy] whose past it is, "" for what is sent as it happens
	Past             credit.Date // the last day for which that answers
	Resent           bool        // set by [Receive]: this file was here before
	failure          *fault.Error
	hash, key        string
	cursor           int
	standard         int // version of an added kind
}

// Result is what became of a batch as it is told outside, by the command, the API and beside a file that was laid into a folder. Its names
// are part of the contract.
type Result struct {
	Batch      string `json:"batch"`
	Received   int    `json:"received" doc:"the sum of the other counts but warned"`
	Accepted   int    `json:"accepted"`
	Duplicate  int    `json:"duplicate"`
	Superseded int    `json:"superseded"`
	Rejected   int    `json:"rejected"`
	Unmatched  int    `json:"unmatched"`
	Warned     int    `json:"warned" doc:"of the rows that were taken, those with a remark; they need not be sent again"`
}

// Result returns what has become of b so far.
func (b Batch) Result() Result {
	return Result{b.ID, b.Received, b.Accepted, b.Duplicate, b.Superseded, b.Rejected, b.Unmatched, b.Warned}
}

// Note is a message about a file as a whole, by its code.
type Note struct {
	Code string `json:"code"`
	Args args   `json:"args"`
}

// Failure returns the fault that stopped a failed batch, nil otherwise.
func (b Batch) Failure() error {
	if b.failure == nil {
		return nil
	}
	return b.failure
}

// Progress is how far a batch is, for a bar.
type Progress struct {
	Rows, Total int // Total is -1 while the rows are being counted
	Percent     int
	Rate        float64       // rows a second
	Left        time.Duration // 0 where nothing can be said
}

// Progress returns how far b is at now.
func (b Batch) Progress(now time.Time) Progress {
	p := Progress{Rows: b.Received, Total: b.Total}
	end := now
	if !b.Finished.IsZero() {
		end = b.Finished
	}
	if spent := end.Sub(b.Started); !b.Started.IsZero() && spent > 0 {
		p.Rate = float64(p.Rows) / spent.Seconds()
	}
	switch {
	case b.State == Done:
		p.Percent = 100
	case b.Total > 0:
		p.Percent = min(99, 100*p.Rows/b.Total)
	}
	if b.State == Checking && p.Rate > 0 {
		p.Left = time.Duration(float64(b.Total-p.Rows) / p.Rate * float64(time.Second)).Round(time.Second)
	}
	return p
}

// Fate is what became of a row about which there is something to say.
type Fate string

// The fates of such rows.
const (
	Rejected Fate = "rejected" // not taken; to be mended and sent again
	Held     Fate = "held"     // kept until its subject is known; it may be mended and sent again, too
	Warned   Fate = "warned"   // taken, but look
)

// Problem is one thing to say about a row.
type Problem struct {
	Field   string `json:"field,omitempty"`  // the standard's code of the field, "" where it is the row
	Column  string `json:"column,omitempty"` // the file's name for it
	Code    string `json:"code"`
	Args    args   `json:"args,omitempty"`
	Warning bool   `json:"warning,omitempty"`
}

// Say returns what p is, in tag's language.
func (p Problem) Say(c *lang.Catalogue, tag lang.Tag) string { return c.Say(tag, p.Code, p.Args...) }

// Line returns all there is to say about p at once: in which field, what it is and how it is mended.
func (p Problem) Line(c *lang.Catalogue, tag lang.Tag) string {
	line := c.Say(tag, "intake.in_row", p.Say(c, tag), p.Mend(c, tag))
	if p.Column == "" {
		return line
	}
	return c.Say(tag, "intake.in_field", p.Column, line)
}

// ProblemRow is a row of the file with what there is to say about it.
type ProblemRow struct {
	Row      int
	Fate     Fate
	Cells    []string // as they came
	Problems []Problem
}

// args are the arguments of a message, as JSON and back: texts, whole numbers and message codes.
type args []any

// MarshalJSON implements [json.Marshaler].
func (a args) MarshalJSON() ([]byte, error) {
	out := make([]any, len(a))
	for i, v := range a {
		switch v := v.(type) {
		case lang.Code:
			out[i] = map[string]string{"code": string(v)}
		case int, int64, string:
			out[i] = v
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (a *args) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	*a = nil
	for _, part := range parts {
		var text string
		var number int64
		var code struct{ Code lang.Code }
		switch {
		case json.Unmarshal(part, &text) == nil:
			*a = append(*a, text)
		case json.Unmarshal(part, &number) == nil:
			*a = append(*a, number)
		case json.Unmarshal(part, &code) == nil:
			*a = append(*a, code.Code)
		default:
			return fmt.Errorf("intake: argument %s", part)
		}
	}
	return nil
}

// Mend returns how p is mended, in tag's language.
func (p Problem) Mend(c *lang.Catalogue, tag lang.Tag) string {
	switch {
	case c.Has(p.Code + "_mend"):
		return c.Say(tag, p.Code+"_mend", p.Args...)
	case p.Column == "":
		return c.Say(tag, "intake.mend_row")
	}
	return c.Say(tag, "intake.mend_field", p.Column)
}

// batchCols are the columns of a batch; listCols leave out what only its own page shows and what may be long.
const (
	batchCols = shortCols + `, header, notes, code, args`
	listCols  = shortCols + `, '[]', '[]', code, args`
	shortCols = `id, place, kind, standard, department, name, sender, sender_key, hash, size, received_at, started_at, finished_at, state, total, cursor,
	accepted, duplicate, superseded, rejected, unmatched, warned, listed, unlisted, takeover, past`
)

// scan reads a row of batchCols or listCols.
func (b *Batch) scan(row interface{ Scan(...any) error }) error {
	var received, started, finished db.Time
	var header, notes, code, rawArgs string
	err := row.Scan(&b.ID, &b.Place, &b.Kind, &b.standard, &b.Department, &b.Name, &b.Sender, &b.key, &b.hash, &b.Size, &received, &started, &finished, &b.State,
		&b.Total, &b.cursor, &b.Accepted, &b.Duplicate, &b.Superseded, &b.Rejected, &b.Unmatched, &b.Warned, &b.Listed, &b.Unlisted, &b.Takeover,
		&b.Past, &header, &notes, &code,
		&rawArgs)
	if err != nil {
		return err
	}
	b.ReceivedAt, b.Started, b.Finished = received.Time, started.Time, finished.Time
	b.Received = b.sum()
	if err := json.Unmarshal([]byte(header), &b.Header); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if err := json.Unmarshal([]byte(notes), &b.Notes); err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	if b.Unlisted > 0 {
		b.Notes = append(b.Notes, Note{"intake.too_many_problems", []any{b.Listed, b.Unlisted}})
	}
	if code == "" {
		return nil
	}
	var a args
	if err := json.Unmarshal([]byte(rawArgs), &a); err != nil {
		return fmt.Errorf("args: %w", err)
	}
	b.failure = &fault.Error{Kind: fault.Invalid, Code: code, Args: a}
	return nil
}

// jsonOf writes what cannot fail to be written: texts, numbers and lists of them.
func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("intake: " + err.Error())
	}
	return string(raw)
}

func notesOf(notes []sheet.Note) []Note {
	out := make([]Note, len(notes))
	for i, n := range notes {
		out[i] = Note{n.Code, n.Args}
	}
	return out
}

// actor is who puts the records of a batch: the check, for the department.
func (b Batch) actor() credit.Actor {
	by := credit.System(CheckJob)
	by.OnBehalf = b.Department
	return by
}

// fileName returns a name that can be shown: without folders and control characters, and not endless.
func fileName(name string) string {
	name = strings.ToValidUTF8(name, "\ufffd")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	runes := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name))
	return string(runes[max(0, len(runes)-120):])
}
