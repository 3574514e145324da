package record

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"parley/party"
)

// Version is the version of the format that this release writes and reads.
const Version = 1

// MaxLeaf is the size of the largest leaf in bytes.
const MaxLeaf = 60000

// Record is one opened statement.
type Record struct {
	Kind    Kind        `json:"kind"`
	Version uint8       `json:"version"`
	Key     party.KeyID `json:"key"` // whose signature the leaf carries
	Envelope
	Body Body `json:"body"`
}

// Validate checks the envelope, the body, and what the two must have in common.
// The error is an *InvalidError that names the field.
func (r *Record) Validate() error {
	if r.Body == nil {
		return bad("body", "is missing")
	}
	if r.Kind != r.Body.Kind() {
		return bad("kind", "is %q, and the body is of kind %q", string(r.Kind), string(r.Body.Kind()))
	}
	if r.Version != Version {
		return bad("version", "is %d, want %d", r.Version, Version)
	}
	if err := r.Envelope.Validate(); err != nil {
		return under("envelope", err)
	}
	if err := r.Body.Validate(); err != nil {
		return under("body", err)
	}
	return r.fit()
}

// fit checks the rules that span envelope and body.
func (r *Record) fit() error {
	if err := r.fitOfficer(); err != nil {
		return err
	}
	if r.Re == nil {
		switch b := r.Body.(type) {
		case Ack, Opening, End:
			return bad("envelope.re", "is missing: %q is always about another record", string(r.Kind))
		case Notice:
			if b.Class == Cancellation || b.Class == Correction {
				return bad("envelope.re", "is missing: a %s names the notice it is about", string(b.Class))
			}
		case Plan:
			if b.Ended {
				return bad("envelope.re", "is missing: the end of a plan names the plan")
			}
		}
	}
	switch b := r.Body.(type) {
	case Say:
		if b.IsStop() && (r.Precedence != Flash || r.Lane != Urgent) {
			return bad("envelope.precedence", "is %s in the %s lane: a stop is flash, in the urgent lane", r.Precedence, r.Lane)
		}
	case Notice:
		if !b.Expires.IsZero() && b.Expires <= r.Composed {
			return bad("body.expires", "%s is not after the notice was composed, %s", b.Expires, r.Composed)
		}
	case Received:
		for i, h := range b.Heads {
			if h.Party == r.Party {
				return bad(at("body.heads", i), "names a logbook of %s itself: only what was received from others belongs here", r.Party)
			}
		}
	case CharterRecord:
		return r.fitCharter(b)
	}
	return nil
}

// fitOfficer says which statements a person makes, and which the machine.
func (r *Record) fitOfficer() error {
	person, machine := false, false
	switch b := r.Body.(type) {
	case Ack:
		person = b.Level != LevelSeen
	case Relay, Close, Watch:
		person = true
	case Received, Minute:
		machine = true
	}
	if person && r.Officer == "" {
		return bad("envelope.officer", "is missing: %q is a person's statement", string(r.Kind))
	}
	if machine && r.Officer != "" {
		return bad("envelope.officer", "is %q: %q is the machine's statement", r.Officer, string(r.Kind))
	}
	return nil
}

func (r *Record) fitCharter(b CharterRecord) error {
	c, err := ParseCharter(b.Charter)
	if err != nil {
		return under("body", err)
	}
	line := LineID(CharterHash(b.Charter))
	if c.Line != nil {
		line = *c.Line
	}
	if r.Line != line {
		return bad("envelope.line", "is %s, and the charter is of line %s", r.Line, line)
	}
	if c.Exercise != r.Exercise {
		return bad("envelope.exercise", "is %v, and the charter says %v", r.Exercise, c.Exercise)
	}
	return nil
}

// sign1 is a COSE_Sign1 behind its tag.
type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected cbor.RawMessage // the empty map
	Payload     []byte
	Signature   []byte
}

// header is the protected header.
type header struct {
	Alg     int64       `cbor:"1,keyasint"`
	Key     party.KeyID `cbor:"4,keyasint"`
	Kind    Kind        `cbor:"-70001,keyasint"`
	Version uint8       `cbor:"-70002,keyasint"`
}

// payload is what is signed, beside the header.
type payload struct {
	Envelope Envelope        `cbor:"1,keyasint"`
	Body     cbor.RawMessage `cbor:"2,keyasint"`
}

var emptyMap = cbor.RawMessage{0xa0}

const (
	algEdDSA = -8
	tagSign1 = 0xd2 // CBOR tag 18
)

// Seal writes and signs a record. The error names the field that is wrong. The
// signature is verified before the leaf is handed out, so that a broken signer
// puts nothing into a log.
func Seal(e Envelope, b Body, s party.Signer) ([]byte, error) {
	leaf, tbs, sig, err := seal(e, b, s)
	if err != nil {
		return nil, err
	}
	if key := s.Public(); !key.Verify(tbs, sig) {
		return nil, fmt.Errorf("couldn't seal the %s: the signer gave a signature that its key %s doesn't verify", b.Kind(), key.ID())
	}
	return leaf, nil
}

// SealUnverified is Seal for who verifies many such leaves at once, by Parse and
// VerifyAll, before any of them goes into a log.
func SealUnverified(e Envelope, b Body, s party.Signer) ([]byte, error) {
	leaf, _, _, err := seal(e, b, s)
	return leaf, err
}

// seal gives the leaf with what was signed and the signature.
func seal(e Envelope, b Body, s party.Signer) (leaf, tbs, sig []byte, err error) {
	if b != nil {
		b = plain(b)
	}
	if b == nil {
		return nil, nil, nil, fmt.Errorf("couldn't seal the record: %w", bad("body", "is missing"))
	}
	r := Record{Kind: b.Kind(), Version: Version, Key: s.Public().ID(), Envelope: e, Body: b}
	if err := r.Validate(); err != nil {
		return nil, nil, nil, fmt.Errorf("couldn't seal the %s: %w", r.Kind, err)
	}
	protected, content := r.bytes()
	tbs = sigStructure(protected, content)
	if sig, err = s.Sign(tbs); err != nil {
		return nil, nil, nil, fmt.Errorf("couldn't seal the %s: %w", r.Kind, err)
	}
	leaf = join(protected, content, sig)
	if len(leaf) > MaxLeaf {
		return nil, nil, nil, fmt.Errorf("couldn't seal the %s: %w", r.Kind, bad("leaf", "%d bytes, at most %d: say it in several records", len(leaf), MaxLeaf))
	}
	return leaf, tbs, sig, nil
}

// bytes gives the protected header and the payload of r.
func (r *Record) bytes() (protected, content []byte) {
	protected = mustMarshal(header{algEdDSA, r.Key, r.Kind, r.Version})
	return protected, mustMarshal(payload{r.Envelope, mustMarshal(r.Body)})
}

// join puts a COSE_Sign1 together.
func join(protected, content, sig []byte) []byte {
	return append([]byte{tagSign1}, mustMarshal(sign1{Protected: protected, Unprotected: emptyMap, Payload: content, Signature: sig})...)
}

// sigStructure gives the Sig_structure of RFC 9052, section 4.4: the bytes that
// are signed. There is no external data.
func sigStructure(protected, content []byte) []byte {
	return mustMarshal([]any{"Signature1", protected, []byte{}, content})
}

// Parsed is a leaf whose shape is right and whose signature has not been looked
// at. It keeps what the signature is over.
type Parsed struct {
	Record
	tbs, sig []byte
}

// Parse reads a leaf. It is strict: what it accepts, Seal would have written
// byte for byte. The error is *UnreadableError for a higher version or an
// unknown kind, and *InvalidError, which names the field, for all else. Parse
// keeps no part of leaf.
func Parse(leaf []byte) (*Parsed, error) {
	outer, err := split(leaf)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(outer.Protected)
	if err != nil {
		return nil, err
	}
	var p payload
	if err := unmarshal("payload", outer.Payload, &p); err != nil {
		return nil, err
	}
	body := newBody(h.Kind)
	if err := unmarshal("body", p.Body, body); err != nil {
		return nil, err
	}
	r := Record{Kind: h.Kind, Version: h.Version, Key: h.Key, Envelope: p.Envelope, Body: value(body)}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return &Parsed{Record: r, tbs: sigStructure(outer.Protected, outer.Payload), sig: outer.Signature}, nil
}

// split takes the COSE_Sign1 apart.
func split(leaf []byte) (*sign1, error) {
	if len(leaf) > MaxLeaf {
		return nil, bad("leaf", "%d bytes, at most %d", len(leaf), MaxLeaf)
	}
	if len(leaf) == 0 || leaf[0] != tagSign1 {
		return nil, bad("leaf", "is no COSE_Sign1: its first byte is not d2, the tag 18")
	}
	var outer sign1
	if err := decoder.Unmarshal(leaf[1:], &outer); err != nil {
		return nil, bad("leaf", "is no COSE_Sign1 as this format has it: %s", err)
	}
	switch {
	case !bytes.Equal(outer.Unprotected, emptyMap):
		return nil, bad("unprotected", "is not the empty map: nothing may stand beside what is signed")
	case len(outer.Signature) != 64:
		return nil, bad("signature", "%d bytes, want 64", len(outer.Signature))
	case !bytes.Equal(join(outer.Protected, outer.Payload, outer.Signature), leaf):
		return nil, bad("leaf", "is not in the one encoding")
	}
	return &outer, nil
}
