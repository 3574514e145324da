package party

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"filippo.io/edwards25519"
	"github.com/hdevalence/ed25519consensus"
)

const keyDomain = "parley key v1\n"

// ID gives the short name of k by which records point at it.
func (k Key) ID() KeyID {
	h := sha256.New()
	h.Write([]byte(keyDomain))
	h.Write(k[:])
	return KeyID(h.Sum(nil)[:8])
}

// Verify reports whether sig is k's signature of msg by the rules of ZIP-215
// (cofactored equation; encodings of points that are not canonical are
// accepted, S must be canonical). Anything of the wrong length is false.
func (k Key) Verify(msg, sig []byte) bool {
	return len(sig) == ed25519.SignatureSize && ed25519consensus.Verify(k[:], msg, sig)
}

// IsZero reports whether no key is given.
func (k Key) IsZero() bool { return k == Key{} }

// Validate refuses what cannot stand on a card: a zero key, bytes that are no
// point of the curve, an encoding that is not the canonical one, and points of
// small order, under which anybody can sign.
func (k Key) Validate() error {
	if k.IsZero() {
		return errors.New("is missing")
	}
	p, err := new(edwards25519.Point).SetBytes(k[:])
	if err != nil {
		return errors.New("is no Ed25519 public key")
	}
	if Key(p.Bytes()) != k {
		return errors.New("is not in its canonical encoding")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return errors.New("is a point of small order, under which anybody can sign")
	}
	return nil
}

// String gives k in base64.
func (k Key) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// MarshalText writes k in standard base64.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (k *Key) UnmarshalText(b []byte) error {
	got, err := base64.StdEncoding.Strict().DecodeString(string(b))
	if err != nil || len(got) != len(k) || base64.StdEncoding.EncodeToString(got) != string(b) {
		return fmt.Errorf("couldn't read key %.60q: want 32 bytes in base64", b)
	}
	*k = Key(got)
	return nil
}

// String gives the id in lower-case hex.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText writes the id in lower-case hex.
func (id KeyID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (id *KeyID) UnmarshalText(b []byte) error {
	got, err := hex.DecodeString(string(b))
	if err != nil || len(got) != len(id) || hex.EncodeToString(got) != string(b) {
		return fmt.Errorf("couldn't read key id %.40q: want 16 lower-case hex digits", b)
	}
	*id = KeyID(got)
	return nil
}

// seedSigner signs with a key held in memory.
type seedSigner struct {
	private ed25519.PrivateKey
	public  Key
}

// NewSigner gives the signer of an Ed25519 seed (RFC 8032, 32 bytes).
func NewSigner(seed [32]byte) Signer {
	p := ed25519.NewKeyFromSeed(seed[:])
	return &seedSigner{private: p, public: Key(p.Public().(ed25519.PublicKey))}
}

// Public gives the key that verifies what s signs.
func (s *seedSigner) Public() Key { return s.public }

// Sign signs msg; it never fails.
func (s *seedSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.private, msg), nil }

// Generate makes a new key from 32 bytes of rand, which must be a
// cryptographic source outside tests.
func Generate(rand io.Reader) (Signer, [32]byte, error) {
	var seed [32]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return nil, seed, fmt.Errorf("couldn't make a key: %w", err)
	}
	return NewSigner(seed), seed, nil
}
