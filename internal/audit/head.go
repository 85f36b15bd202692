package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/fault"
)

// Head is the public part of a leaf. Its canonical bytes are what the tree hashes.
type Head struct {
	Commitment string `json:"commitment"` // hex SHA-256(salt ‖ private body)
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	N          int    `json:"n"`    // of a block: how many items
	Root       string `json:"root"` // of a block: the root of the tree over them, base64
	V          int    `json:"v"`
}

// bytes writes the head by hand: it is written for each leaf and checked for each line of an exported log, and none of
// its values needs escaping.
func (h Head) bytes() []byte {
	b := make([]byte, 0, 224)
	b = append(b, `{"commitment":"`...)
	b = append(b, h.Commitment...)
	b = append(b, `","id":"`...)
	b = append(b, h.ID...)
	b = append(b, `","kind":"`...)
	b = append(b, h.Kind...)
	if h.N > 0 {
		b = append(b, `","n":`...)
		b = strconv.AppendInt(b, int64(h.N), 10)
		b = append(b, `,"root":"`...)
		b = append(b, h.Root...)
	}
	return append(b, `","v":1}`...)
}

// ParseHead reads a head and refuses every spelling but the one that is hashed.
func ParseHead(raw []byte) (Head, error) {
	var h Head
	bad := fault.New(fault.Invalid, "audit.bad_head")
	if err := json.Unmarshal(raw, &h); err != nil {
		return Head{}, bad
	}
	commitment, err := hex.DecodeString(h.Commitment)
	if err != nil || len(commitment) != 32 || !isID(h.ID) || !isKind(h.Kind) || !bytes.Equal(h.bytes(), raw) {
		return Head{}, bad
	}
	if h.N > 0 {
		if root, err := tlog.ParseHash(h.Root); err != nil || root.String() != h.Root {
			return Head{}, bad
		}
	}
	return h, nil
}

// isID says whether s is an id as [zhixin/internal/db] makes them.
func isID(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 20
}
