package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/canon"
	"zhixin/internal/fault"
)

// GateReceipt is the kind of a receipt for an answer of the gate.
const GateReceipt = "gate"

// Receipt is an answer with all that is needed to prove it offline, as a file: canonical JSON and one line end.
type Receipt struct {
	Count  int             `json:"count"`
	Index  int             `json:"index"`
	Item   json.RawMessage `json:"item"` // the answer itself
	Kind   string          `json:"kind"`
	Leaf   string          `json:"leaf"`
	Note   string          `json:"note"`
	Origin string          `json:"origin"`
	Path   []tlog.Hash     `json:"path"`
	Salt   []byte          `json:"salt"`
	V      int             `json:"v"`
	VKey   string          `json:"vkey"`

	quoted []byte
}

// Receipt returns the receipt for the item that was sealed. item is what was put, its body.
func (s Sealed) Receipt(kind string, item []byte) Receipt {
	return Receipt{Count: s.Count, Index: s.Index, Item: item, Kind: kind, Leaf: s.Leaf, Note: s.Note, Origin: s.Origin,
		Path: s.Path, Salt: s.Salt, V: 1, VKey: s.VKey, quoted: s.quoted}
}

// Encode writes the receipt. It is written by hand because each answer of the gate carries one.
func (r Receipt) Encode() []byte {
	if r.quoted == nil {
		r.quoted, _ = quoteNote([]byte(r.Note)) // a string can always be quoted
	}
	b := make([]byte, 0, len(r.Item)+len(r.quoted)+len(r.VKey)+len(r.Origin)+46*len(r.Path)+200)
	b = append(b, `{"count":`...)
	b = strconv.AppendInt(b, int64(r.Count), 10)
	b = append(b, `,"index":`...)
	b = strconv.AppendInt(b, int64(r.Index), 10)
	b = append(b, `,"item":`...)
	b = append(b, r.Item...)
	b = append(b, `,"kind":"`...)
	b = append(b, r.Kind...)
	b = append(b, `","leaf":"`...)
	b = append(b, r.Leaf...)
	b = append(b, `","note":`...)
	b = append(b, r.quoted...)
	b = append(b, `,"origin":"`...)
	b = append(b, r.Origin...)
	b = append(b, `","path":[`...)
	for i, h := range r.Path {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, h[:])
		b = append(b, '"')
	}
	b = append(b, `],"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, r.Salt)
	b = append(b, `","v":`...)
	b = strconv.AppendInt(b, int64(r.V), 10)
	b = append(b, `,"vkey":"`...)
	b = append(b, r.VKey...)
	return append(b, "\"}\n"...)
}

// ParseReceipt reads a receipt and refuses every spelling but the one that Encode writes. It proves nothing yet.
func ParseReceipt(raw []byte) (Receipt, error) {
	bad := fault.New(fault.Invalid, "audit.bad_receipt")
	text, ok := bytes.CutSuffix(raw, []byte("\n"))
	if !ok {
		return Receipt{}, bad
	}
	var r Receipt
	if err := canon.Decode(text, &r); err != nil {
		return Receipt{}, bad
	}
	if r.V != 1 || r.Kind != GateReceipt || len(r.Salt) != 16 || !isID(r.Leaf) || !bytes.Equal(r.Encode(), raw) {
		return Receipt{}, bad
	}
	return r, nil
}

// VerifyReceipt checks a receipt's file without network: its form, the log's signature and the path from the item to
// what is signed. trusted is the log's verifier key as the reader knows it; with "" the receipt's own is taken, and the
// reader compares the fingerprint that is returned with the one the city has published.
func VerifyReceipt(raw []byte, trusted string) (item json.RawMessage, fingerprint string, err error) {
	r, err := ParseReceipt(raw)
	if err != nil {
		return nil, "", err
	}
	if trusted != "" && r.VKey != trusted {
		return nil, "", fault.New(fault.Invalid, "audit.untrusted_key")
	}
	s := Sealed{Origin: r.Origin, VKey: r.VKey, Salt: r.Salt, Leaf: r.Leaf, Index: r.Index, Count: r.Count, Path: r.Path, Note: r.Note}
	if err := VerifySealed(r.Item, s, r.VKey); err != nil {
		return nil, "", err
	}
	fingerprint, err = Fingerprint(r.VKey)
	return r.Item, fingerprint, err
}

// VerifySealed checks that the note of s is signed by vkey and that item, with the salt of s, stands under its root.
func VerifySealed(item []byte, s Sealed, vkey string) error {
	text, err := open([]byte(s.Note), vkey)
	if err != nil {
		return err
	}
	origin, _, err := originOf(vkey)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || s.Origin != origin {
		return fault.New(fault.Invalid, "audit.bad_block")
	}
	root, err := tlog.ParseHash(lines[3])
	if err != nil || blockText(origin, s.Leaf, s.Count, root) != text {
		return fault.New(fault.Invalid, "audit.bad_block")
	}
	h := Item{Salt: s.Salt, Body: item}.hash()
	if s.Index < 0 || s.Index >= s.Count || tlog.CheckRecord(s.Path, int64(s.Count), root, int64(s.Index), h) != nil {
		return fault.New(fault.Invalid, "audit.bad_path")
	}
	return nil
}
