// Package party holds who speaks: the parties by name, their officers with
// roles and times, the public keys that each kind of statement is signed with,
// and the card on which a party shows all of that to the others before they
// share a line.
//
// It owns the only secret the core ever touches, and only as a Signer: a thing
// that signs. Seeds are made by Generate, wrapped with a passphrase by
// EncryptKey, and opened again by DecryptKey; where the bytes are kept is the
// caller's business, for this package reads and writes no file.
//
// Signatures are Ed25519 and valid by ZIP-215 everywhere in Parley, singly and
// in batches, so that no crafted signature divides two honest nodes. A card
// refuses keys under which anybody could sign (points of small order).
//
// Two officers compare a card or a charter over the telephone as twelve words
// (Words), which is 128 bits and a checksum of what both have in hand.
package party

import (
	"parley/utc"
)

// ID names a party on every line it is on: one to sixteen of A-Z, 0-9 and "-",
// beginning with a letter. "IL", "RU", "UN-OPS".
type ID string

// Key is an Ed25519 public key. Signatures are valid by ZIP-215 everywhere.
type Key [32]byte

// KeyID is the first eight bytes of SHA-256("parley key v1\n" || key). It finds
// a key in a roster; it never replaces one.
type KeyID [8]byte

// Signer is the only secret that the core handles: something that signs.
type Signer interface {
	Public() Key
	Sign(msg []byte) ([]byte, error)
}

// Role is what an officer may do and when the officer is called.
type Role string

const (
	Duty     Role = "duty"     // answers first
	Deputy   Role = "deputy"   // called when the duty officer does not answer
	Chief    Role = "chief"    // signs charters, exports protected sites
	Observer Role = "observer" // reads, signs nothing but read receipts
)

// Officer is a person with a key, good only between From and Until.
type Officer struct {
	ID    string   `cbor:"1,keyasint" json:"id"`                        // lower-case, unique in the party: "orlov"
	Name  string   `cbor:"2,keyasint" json:"name"`                      // as the party wants it read
	Roles []Role   `cbor:"3,keyasint" json:"roles"`                     // at least one
	Key   Key      `cbor:"4,keyasint" json:"key"`                       //
	From  utc.Time `cbor:"5,keyasint,omitempty" json:"from,omitempty"`  // zero: since ever
	Until utc.Time `cbor:"6,keyasint,omitempty" json:"until,omitempty"` // zero: until changed
}

// Card is what one party shows the others before they share a line: its name,
// its public keys (one key per kind of statement), its officers and where its
// node can be reached.
type Card struct {
	Party     ID        `cbor:"1,keyasint" json:"party"`
	Name      string    `cbor:"2,keyasint" json:"name"`
	Log       Key       `cbor:"3,keyasint" json:"log"`     // signs checkpoints of its logbooks
	Receipt   Key       `cbor:"4,keyasint" json:"receipt"` // cosigns others' checkpoints: "stored here"
	Node      Key       `cbor:"5,keyasint" json:"node"`    // signs the machine's own records
	Link      Key       `cbor:"6,keyasint" json:"link"`    // the TLS key, pinned
	Officers  []Officer `cbor:"7,keyasint" json:"officers"`
	Addresses []string  `cbor:"8,keyasint,omitempty" json:"addresses,omitempty"` // host:port
}
