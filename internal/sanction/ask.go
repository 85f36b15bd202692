package sanction

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// LeafReceipts is the kind of the block leaves that hold the receipts of the gate.
const LeafReceipts = "gate.receipts"

// Mode says what an answer waits for.
type Mode int

// The modes of [Gate.Ask].
const (
	Durable   Mode = iota // the answer is given when its receipt is durable
	Async                 // the answer is given at once; a crash may lose the receipts of the last 10 ms
	NoReceipt             // for measuring, and for pages that only look
)

// longestRef bounds a counter's business number, in bytes.
const longestRef = 128

// Ask answers a counter and returns the body of the answer: the canonical JSON of the [Answer], with the member "receipt"
// unless mode is [NoReceipt]: a text that is the whole receipt, or with [Async] what is needed to fetch it. What the receipt proves are the bytes of the same JSON without that member; they name who
// asked, at which counter and for which business. See [Receipt].
//
// An on of 0 is today. Days to come may be asked for, past ones not: what was repaired is not used any more, and the full
// past is for officers with a purpose (handbook 12.4).
func (g *Gate) Ask(ctx context.Context, by credit.Actor, uscc string, matter credit.Matter, on credit.Date, ref string, mode Mode) ([]byte, error) {
	if len(ref) > longestRef || !utf8.ValidString(ref) || bytes.ContainsFunc([]byte(ref), unicode.IsControl) {
		return nil, fault.New(fault.Invalid, "sanction.bad_ref")
	}
	today := credit.DateOf(g.now())
	if on = cmp.Or(on, today); on < today {
		return nil, fault.New(fault.Invalid, "sanction.past_day", on)
	}
	a, err := g.Check(uscc, matter, on)
	if err != nil {
		return nil, err
	}
	a.By, a.Ref = Asker{Department: by.Department, Duty: by.Duty, Key: by.Key, Post: by.Post, User: by.User}, ref
	body := a.appendHead(make([]byte, 0, 512+768*len(a.Hits)))
	cut := len(body)
	body = a.appendTail(body)
	switch mode {
	case NoReceipt:
		return body, nil
	case Async:
		ticket, err := g.log.PutAsync(audit.Item{Body: body})
		if err != nil {
			return nil, err
		}
		return insert(body, cut, pending(ticket)), nil
	}
	sealed, err := g.log.Put(ctx, audit.Item{Body: body})
	if err != nil {
		return nil, err
	}
	return insert(body, cut, token(sealed.Receipt(audit.GateReceipt, body))), nil
}

// insert puts the member "receipt" into a body at the place where the order of keys wants it.
func insert(body []byte, at int, receipt []byte) []byte {
	const key = `,"receipt":`
	out := make([]byte, 0, len(body)+len(key)+len(receipt))
	out = append(out, body[:at]...)
	out = append(out, key...)
	out = append(out, receipt...)
	return append(out, body[at:]...)
}

// strictBase64 refuses a second spelling of the same bytes.
var strictBase64 = base64.RawURLEncoding.Strict()

// token writes a receipt as one JSON string: whatever an asker's software does with an answer, a string survives it byte by
// byte, and it is a whole receipt without the answer around it.
func token(r audit.Receipt) []byte {
	raw := r.Encode()
	b := make([]byte, 0, 2+strictBase64.EncodedLen(len(raw)))
	return append(strictBase64.AppendEncode(append(b, '"'), raw), '"')
}

// pending writes what an asker needs to fetch the receipt later, with [audit.ProveItem].
func pending(t audit.Ticket) []byte {
	b := append(make([]byte, 0, 128), `{"index":`...)
	b = strconv.AppendInt(b, int64(t.Index), 10)
	b = append(append(b, `,"kind":"`+audit.GateReceipt+`","leaf":"`...), t.Leaf...)
	b = append(b, `","pending":true,"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, t.Salt)
	return append(b, `","v":1}`...)
}

// Receipt returns the file that [audit.VerifyReceipt] checks from what an asker may have kept: the file itself, the member
// "receipt" of an answer with or without its quotation marks, or the whole answer. One line end may stand behind it. JSON that
// was written anew, with blanks between the members or these in another order, is the same where its content is; a receipt
// that proves another answer than the one around it is refused. It proves nothing by itself.
func Receipt(kept []byte) ([]byte, error) {
	kept = cutLineEnd(kept)
	if !bytes.HasPrefix(kept, []byte("{")) {
		return untoken(bytes.TrimPrefix(bytes.TrimSuffix(kept, []byte(`"`)), []byte(`"`)))
	}
	if !bytes.HasSuffix(kept, []byte("}")) {
		return nil, fault.New(fault.Invalid, "sanction.no_receipt")
	}
	norm, err := canon.Bytes(json.RawMessage(kept))
	if err != nil {
		return nil, fault.New(fault.Invalid, "sanction.no_receipt")
	}
	if file := append(norm, '\n'); isFile(file) {
		return file, nil
	}
	item, receipt, err := split(norm)
	if err != nil {
		return nil, err
	}
	file, err := untoken(bytes.TrimPrefix(bytes.TrimSuffix(receipt, []byte(`"`)), []byte(`"`)))
	if err != nil {
		return nil, err
	}
	if r, err := audit.ParseReceipt(file); err != nil || !bytes.Equal(r.Item, item) {
		return nil, fault.New(fault.Invalid, "sanction.other_answer")
	}
	return file, nil
}

// cutLineEnd cuts one line end off, as editors and shells add it.
func cutLineEnd(kept []byte) []byte {
	if cut, ok := bytes.CutSuffix(kept, []byte("\r\n")); ok {
		return cut
	}
	return bytes.TrimSuffix(kept, []byte("\n"))
}

// Verify checks what an asker has kept, as [Receipt] reads it, by [audit.VerifyReceipt].
func Verify(kept []byte, trusted string) (item json.RawMessage, fingerprint string, err error) {
	file, err := Receipt(kept)
	if err != nil {
		return nil, "", err
	}
	return audit.VerifyReceipt(file, trusted)
}

func isFile(raw []byte) bool {
	_, err := audit.ParseReceipt(raw)
	return err == nil
}

func untoken(text []byte) ([]byte, error) {
	raw, err := strictBase64.AppendDecode(nil, text)
	if err != nil || bytes.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, fault.New(fault.Invalid, "sanction.no_receipt")
	}
	return raw, nil
}

// Proof is what completes an answer that was given before its receipt was durable.
type Proof struct {
	Count  int         `json:"count"`
	Index  int         `json:"index"`
	Leaf   string      `json:"leaf"`
	Note   string      `json:"note"`
	Origin string      `json:"origin"`
	Path   []tlog.Hash `json:"path"`
	VKey   string      `json:"vkey"`
}

// ProofOf returns what an asker needs of a block in which the answer stands; key is the log's.
func ProofOf(s audit.Sealed, key *audit.Key) Proof {
	return Proof{Count: s.Count, Index: s.Index, Leaf: s.Leaf, Note: s.Note, Origin: key.Origin, Path: s.Path, VKey: key.Verifier}
}

// Complete turns the saved body of an answer that was given at once into the file that [audit.VerifyReceipt] checks, with the
// proof fetched for its leaf and index.
func Complete(body []byte, p Proof) ([]byte, error) {
	item, receipt, err := split(body)
	if err != nil {
		return nil, err
	}
	var t struct {
		Index   int    `json:"index"`
		Kind    string `json:"kind"`
		Leaf    string `json:"leaf"`
		Pending bool   `json:"pending"`
		Salt    []byte `json:"salt"`
		V       int    `json:"v"`
	}
	ours := strict(receipt, &t) == nil && bytes.Equal(receipt, pending(audit.Ticket{Leaf: t.Leaf, Index: t.Index, Salt: t.Salt}))
	if !ours || t.Leaf != p.Leaf || t.Index != p.Index {
		return nil, fault.New(fault.Invalid, "sanction.no_receipt")
	}
	s := audit.Sealed{Origin: p.Origin, VKey: p.VKey, Salt: t.Salt, Leaf: p.Leaf, Index: p.Index, Count: p.Count, Path: p.Path, Note: p.Note}
	return s.Receipt(audit.GateReceipt, item).Encode(), nil
}

// split takes the receipt out of a body and returns the item, which is the rest, and the receipt.
func split(body []byte) (item, receipt []byte, err error) {
	bad := fault.New(fault.Invalid, "sanction.no_receipt")
	body = cutLineEnd(body)
	var members map[string]json.RawMessage
	if err := canon.Decode(body, &members); err != nil {
		return nil, nil, bad
	}
	receipt, ok := members["receipt"]
	if !ok {
		return nil, nil, bad
	}
	delete(members, "receipt")
	if item, err = canon.Bytes(members); err != nil {
		return nil, nil, fmt.Errorf("sanction: spell answer: %w", err)
	}
	return item, slices.Clone(receipt), nil
}

// strict reads a receipt without unknown members.
func strict(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
