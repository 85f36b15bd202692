package org

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"zhixin/internal/fault"
)

// Lengths of a password. The upper one only bounds the work that a stranger can ask for.
const (
	minPassword = 10
	maxPassword = 256
)

//go:embed common.txt
var common string

// Password is a password that was checked and hashed. The zero Password is none.
type Password struct {
	hash   string   // argon2id in PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$hash
	folded [32]byte // of the password in lower case, so that PutUser can refuse the login as password
}

// String keeps a password out of logs.
func (Password) String() string { return "(password)" }

func (p Password) is(login string) bool {
	return p.hash != "" && p.folded == sha256.Sum256([]byte(login))
}

// params is the work of a hash: 19 MiB, two passes, one lane, as OWASP advises for argon2id.
type params struct {
	memory, time uint32
	threads      uint8
}

var standard = params{memory: 19 * 1024, time: 2, threads: 1}

const saltLen, hashLen = 16, 32

// HashPassword checks a new password and hashes it. It takes some 20 ms and 19 MiB on purpose: call it before the
// transaction. Its salt is secret chance that reaches neither the log nor any id.
func HashPassword(password string) (Password, error) {
	password = foldWidth(password)
	if err := checkPassword(password); err != nil {
		return Password{}, err
	}
	return Password{hash: phc(password, newSalt(), standard), folded: sha256.Sum256([]byte(strings.ToLower(password)))}, nil
}

func newSalt() []byte {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	return salt
}

// foldWidth makes the same password of what different keyboards and input methods send.
func foldWidth(password string) string { return norm.NFKC.String(password) }

// checkPassword refuses what is guessed first.
func checkPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return fault.New(fault.Invalid, "org.password_long", maxPassword)
	case n < minPassword:
		return fault.New(fault.Invalid, "org.password_short", minPassword)
	}
	folded := strings.ToLower(password)
	if strings.Count(folded, folded[:1]) == len(folded) {
		return fault.New(fault.Invalid, "org.password_common")
	}
	for line := range strings.Lines(common) {
		if folded == strings.TrimSpace(line) {
			return fault.New(fault.Invalid, "org.password_common")
		}
	}
	return nil
}

// phc returns the hash with its parameters and salt.
func phc(password string, salt []byte, p params) string {
	hash := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, hashLen)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, b64(salt), b64(hash))
}

// verify reports whether the password is the one that was hashed, and whether the hash has other parameters than we use
// today.
func verify(password, hash string) (ok, stale bool, err error) {
	var version int
	var p params
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" {
		return false, false, fmt.Errorf("org: a stored password is not an argon2id hash")
	}
	_, err1 := fmt.Sscanf(fields[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads)
	salt, err3 := base64.RawStdEncoding.DecodeString(fields[4])
	want, err4 := base64.RawStdEncoding.DecodeString(fields[5])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || version != argon2.Version || p.time == 0 || p.threads == 0 {
		return false, false, fmt.Errorf("org: a stored password has unknown parameters")
	}
	got := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, p != standard, nil
}

// decoy is what an unknown login is compared with, so that it takes as long as a known one. Nothing hashes to it.
var decoy = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, standard.memory, standard.time, standard.threads,
	base64.RawStdEncoding.EncodeToString(make([]byte, saltLen)), base64.RawStdEncoding.EncodeToString(make([]byte, hashLen)))
