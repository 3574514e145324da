package record

import (
	"bytes"
	"crypto/ed25519"

	"parley/party"
)

// CharterSignature is one party's signature over the charter's bytes by an
// officer with the role chief: in the charter's own card at revision 0, in the
// card of the charter before it from revision 1 on (a party that joins signs by
// its new card). The signed bytes are those of a detached COSE_Sign1.
type CharterSignature struct {
	Party party.ID  `cbor:"1,keyasint" json:"party"`
	Key   party.Key `cbor:"2,keyasint" json:"key"`
	Sig   []byte    `cbor:"3,keyasint" json:"sig"`
}

// CharterRecord is the body of a charter record.
type CharterRecord struct {
	Charter    []byte             `cbor:"1,keyasint" json:"charter"`
	Signatures []CharterSignature `cbor:"2,keyasint" json:"signatures"`
}

// Kind gives KindCharter.
func (CharterRecord) Kind() Kind { return KindCharter }

// charterKind stands in the protected header of a charter's detached
// signatures. It is no kind of record, so none can be taken for the other.
const charterKind Kind = "charter-signature"

// CharterTBS gives the bytes that a chief signs for a charter: the
// Sig_structure of a detached COSE_Sign1 with the protected header
// {1: -8, -70001: "charter-signature", -70002: 1} and the charter as payload.
func CharterTBS(charter []byte) []byte {
	type head struct {
		Alg     int64 `cbor:"1,keyasint"`
		Kind    Kind  `cbor:"-70001,keyasint"`
		Version uint8 `cbor:"-70002,keyasint"`
	}
	return sigStructure(mustMarshal(head{algEdDSA, charterKind, Version}), charter)
}

// SignCharter gives party id's signature of the charter by a chief's key.
func SignCharter(charter []byte, id party.ID, chief party.Signer) (CharterSignature, error) {
	sig, err := chief.Sign(CharterTBS(charter))
	if err != nil {
		return CharterSignature{}, err
	}
	return CharterSignature{Party: id, Key: chief.Public(), Sig: sig}, nil
}

// Validate checks the form: a charter that parses, and signatures ascending by
// party. It verifies no signature: that needs the charter before, see Check.
func (r CharterRecord) Validate() error {
	if _, err := ParseCharter(r.Charter); err != nil {
		return err
	}
	if len(r.Signatures) == 0 || len(r.Signatures) > 2*MaxParties {
		return bad("signatures", "%d of them, want 1 to %d", len(r.Signatures), 2*MaxParties)
	}
	for i, s := range r.Signatures {
		if err := s.Party.Validate(); err != nil {
			return badField(at("signatures", i)+".party", err)
		}
		if err := s.Key.Validate(); err != nil {
			return badField(at("signatures", i)+".key", err)
		}
		if len(s.Sig) != ed25519.SignatureSize {
			return bad(at("signatures", i)+".sig", "%d bytes, want %d", len(s.Sig), ed25519.SignatureSize)
		}
		if i > 0 && r.Signatures[i-1].Party >= s.Party {
			return bad(at("signatures", i)+".party", "%s is not after %s: ascending, one each", s.Party, r.Signatures[i-1].Party)
		}
	}
	return nil
}

// Check says whether the charter is in force after prev (nil for the first
// charter of a line): it follows prev, and a chief of every party on it has
// signed it. A party that leaves with this revision may have signed, by its
// card on prev; nobody else may. It gives the charter and the line's id.
//
// A chief is good if the role and the key's time cover Charter.Made.
func (r CharterRecord) Check(prev *Charter) (Charter, LineID, error) {
	if len(r.Signatures) == 0 {
		return Charter{}, LineID{}, r.Validate()
	}
	c, line, missing, err := r.CheckPart(prev)
	if err != nil {
		return Charter{}, LineID{}, err
	}
	if len(missing) > 0 {
		return Charter{}, LineID{}, bad("signatures", "%s has not signed: nothing flows before all have", missing[0])
	}
	return c, line, nil
}

// follows checks that c is the next revision after prev, and gives the line.
func (c Charter) follows(prev *Charter) (LineID, error) {
	if prev == nil {
		return LineID{}, bad("revision", "is %d, and the charter before it is not held", c.Revision)
	}
	before, err := MarshalCharter(*prev)
	if err != nil {
		return LineID{}, err
	}
	hash := CharterHash(before)
	line := LineID(hash)
	if prev.Line != nil {
		line = *prev.Line
	}
	switch {
	case prev.Revision+1 == 0 || c.Revision != prev.Revision+1:
		return line, bad("revision", "is %d, and the one in force is %d", c.Revision, prev.Revision)
	case *c.Line != line:
		return line, bad("line", "is %s, and this line is %s", c.Line, line)
	case *c.Previous != hash:
		return line, bad("previous", "is %s, and the charter in force is %s", c.Previous, hash)
	case c.Name != prev.Name:
		return line, bad("name", "is %q, and the line is named %q for good", c.Name, prev.Name)
	case c.Home != prev.Home:
		return line, bad("home", "changes: a home line stays one, and no other becomes one")
	case c.Exercise != prev.Exercise:
		return line, bad("exercise", "changes: what was an exercise stays one; found another line")
	case c.Made < prev.Made:
		return line, bad("made", "%s is before the charter in force, %s", c.Made, prev.Made)
	}
	return line, nil
}

// signer checks that s is by a chief who may sign for the party: by the card
// before where there is one, else by the new card.
func (c Charter) signer(prev *Charter, s CharterSignature) error {
	card, known := c.Card(s.Party)
	if prev != nil {
		if old, ok := prev.Card(s.Party); ok {
			card, known = old, true
		}
	}
	if !known {
		return bad("party", "%s is not on the charter", s.Party)
	}
	o, ok := card.OfficerByKey(s.Key.ID())
	if !ok || !bytes.Equal(o.Key[:], s.Key[:]) {
		return bad("key", "is no officer's of %s", s.Party)
	}
	if !o.Holds(party.Chief, c.Made) {
		return bad("key", "is %s's, who is no chief of %s at %s", o.ID, s.Party, c.Made)
	}
	return nil
}
