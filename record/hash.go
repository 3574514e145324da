package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256.
type Hash [32]byte

// LineID is the SHA-256 of the line's first charter.
type LineID [32]byte

// LeafHash gives the RFC 6962 hash of a leaf: SHA-256(0x00 || leaf).
func LeafHash(leaf []byte) Hash { return Hash(tlog.RecordHash(leaf)) }

// The domains of the salted commitments, so that one can never be opened as
// the other.
const (
	closedDomain = "parley closed v1\n"
	originDomain = "parley origin v1\n"
)

// Commit gives the salted commitment to a closed part:
// SHA-256("parley closed v1\n" || salt || content). The salt is 32 bytes from a
// cryptographic source, a new one for each commitment; whoever knows it and can
// guess the content can test the guess, so it is kept until the opening.
func Commit(salt Hash, content []byte) Hash { return commit(closedDomain, salt, content) }

// CommitOrigin gives the salted commitment to a relay's origin:
// SHA-256("parley origin v1\n" || salt || deterministic CBOR of o).
func CommitOrigin(salt Hash, o Origin) Hash { return commit(originDomain, salt, mustMarshal(o)) }

func commit(domain string, salt Hash, content []byte) Hash {
	h := sha256.New()
	h.Write([]byte(domain))
	h.Write(salt[:])
	h.Write(content)
	return Hash(h.Sum(nil))
}

func digest(domain string, content []byte) Hash {
	return Hash(sha256.Sum256(append([]byte(domain), content...)))
}

// IsZero reports whether no hash is given.
func (h Hash) IsZero() bool { return h == Hash{} }

// String gives h in lower-case hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes h in lower-case hex.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (h *Hash) UnmarshalText(b []byte) error { return unhex("hash", h[:], b) }

// IsZero reports whether no line is given.
func (l LineID) IsZero() bool { return l == LineID{} }

// String gives l in lower-case hex.
func (l LineID) String() string { return hex.EncodeToString(l[:]) }

// MarshalText writes l in lower-case hex.
func (l LineID) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (l *LineID) UnmarshalText(b []byte) error { return unhex("line", l[:], b) }

// Nonce makes two charters of equal words differ.
type Nonce [16]byte

// MarshalText writes n in lower-case hex.
func (n Nonce) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(n[:])), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (n *Nonce) UnmarshalText(b []byte) error { return unhex("nonce", n[:], b) }

func unhex(what string, to, from []byte) error {
	got, err := hex.DecodeString(string(from))
	if err != nil || len(got) != len(to) || hex.EncodeToString(got) != string(from) {
		return fmt.Errorf("couldn't read %s %.70q: want %d lower-case hex digits", what, from, 2*len(to))
	}
	copy(to, got)
	return nil
}
