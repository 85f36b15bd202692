package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"zhixin/internal/fault"
)

// Key is the log's signing key. All nodes of one log share it.
type Key struct {
	Origin   string // the log's name, the first line of what it signs
	Verifier string // the public half, as [note.NewVerifier] reads it: what outsiders are given to check with

	signer note.Signer
}

// NewKey makes a key for the log called origin; it may hold letters, digits and ". - _ /".
func NewKey(origin string) (*Key, error) {
	secret, err := newSecret(origin)
	if err != nil {
		return nil, err
	}
	return parseKey(secret)
}

// LoadKey reads the key at path. Where there is none it makes one, readable by its owner only, but for a log that has no leaf
// yet: an absent key of a log that goes on means the wrong folder, and a new one could not sign it. origin names
// the log: a key that is there and bears another name is refused, unless origin is "".
func LoadKey(path, origin string, empty bool) (*Key, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !empty {
			return nil, fault.New(fault.NotFound, "audit.key_missing", filepath.Dir(path))
		}
		raw, err = createKey(path, origin)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: key: %w", err)
	}
	k, err := parseKey(strings.TrimSuffix(string(raw), "\n"))
	if err != nil {
		return nil, fmt.Errorf("audit: key %s: %w", path, err)
	}
	if origin != "" && k.Origin != origin {
		return nil, fmt.Errorf("audit: the key %s is of the log %q, not of %q", path, k.Origin, origin)
	}
	return k, nil
}

// createKey writes a new key beside its place and links it there: of two processes that start at once, one wins and both
// then read the same key.
func createKey(path, origin string) ([]byte, error) {
	secret, err := newSecret(origin)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // made with mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// syncFolder makes the names in a folder durable: a log must not outlive its key.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func newSecret(origin string) (string, error) {
	if !isOrigin(origin) {
		return "", fmt.Errorf("audit: %q cannot name a log", origin)
	}
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", fmt.Errorf("audit: make a key: %w", err)
	}
	return secret, nil
}

func parseKey(secret string) (*Key, error) {
	signer, err := note.NewSigner(secret)
	if err != nil || !isOrigin(signer.Name()) {
		return nil, errors.New("audit: not a signing key")
	}
	// PRIVATE+KEY+<name>+<hash>+<base64 of the kind and the seed>; NewSigner has checked it.
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(secret, "+", 5)[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, errors.New("audit: not a signing key")
	}
	public, _ := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, fmt.Errorf("audit: key: %w", err)
	}
	return &Key{Origin: signer.Name(), Verifier: vkey, signer: signer}, nil
}

func isOrigin(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_/", rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

func (k *Key) sign(text string) ([]byte, error) {
	msg, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		return nil, fmt.Errorf("audit: sign: %w", err)
	}
	return msg, nil
}

// originOf reads a verifier key and refuses every spelling but one.
func originOf(vkey string) (origin string, public []byte, err error) {
	bad := fault.New(fault.Invalid, "audit.bad_key")
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || !isOrigin(parts[0]) {
		return "", nil, bad
	}
	if _, err := note.NewVerifier(vkey); err != nil {
		return "", nil, bad
	}
	public, err = base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(public) != 33 {
		return "", nil, bad
	}
	again, err := note.NewEd25519VerifierKey(parts[0], public[1:])
	if err != nil || again != vkey {
		return "", nil, bad
	}
	return parts[0], public, nil
}

// Fingerprint returns a short form of a verifier key that people compare by eye with the one the city has published:
// the first 16 bytes of the key's SHA-256 in groups of four digits.
func Fingerprint(vkey string) (string, error) {
	_, public, err := originOf(vkey)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(public)
	digits := hex.EncodeToString(sum[:16])
	groups := make([]string, 0, 8)
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, "-"), nil
}

// open checks that msg is a note signed by vkey alone, in the one spelling that [Key] writes, and returns its text.
func open(msg []byte, vkey string) (text string, err error) {
	bad := fault.New(fault.Invalid, "audit.bad_signature")
	if _, _, err := originOf(vkey); err != nil {
		return "", err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return "", bad
	}
	n, err := note.Open(msg, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", bad
	}
	// base64 has bits to spare at its end: only the spelling that we would write is accepted.
	raw, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	if err != nil || n.Text+"\n— "+v.Name()+" "+base64.StdEncoding.EncodeToString(raw)+"\n" != string(msg) {
		return "", bad
	}
	return n.Text, nil
}

// checkpointText is the signed text of a checkpoint (c2sp.org/tlog-checkpoint).
func checkpointText(origin string, size int64, root tlog.Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + root.String() + "\n"
}

// openCheckpoint checks a checkpoint's signature and form.
func openCheckpoint(msg []byte, vkey string) (size int64, root tlog.Hash, err error) {
	text, err := open(msg, vkey)
	if err != nil {
		return 0, root, err
	}
	bad := fault.New(fault.Invalid, "audit.bad_checkpoint")
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return 0, root, bad
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, root, bad
	}
	origin, _, err := originOf(vkey)
	if err != nil {
		return 0, root, err
	}
	if root, err = tlog.ParseHash(lines[2]); err != nil || size < 1 || checkpointText(origin, size, root) != text {
		return 0, root, bad
	}
	return size, root, nil
}

// blockText is the signed text about a block of receipts. Its first line differs from every checkpoint's.
func blockText(origin, leaf string, n int, root tlog.Hash) string {
	return origin + "/block\n" + leaf + "\n" + strconv.Itoa(n) + "\n" + root.String() + "\n"
}
