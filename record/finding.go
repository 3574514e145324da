package record

import "parley/party"

// Finding is what a peer did that cannot be, with proof that convinces others.
type Finding struct {
	What  string   `cbor:"1,keyasint" json:"what"` // a FindingWhat… constant
	Line  LineID   `cbor:"2,keyasint" json:"line"`
	Party party.ID `cbor:"3,keyasint" json:"party"` // who did it
	Lane  Lane     `cbor:"4,keyasint,omitempty" json:"lane,omitempty"`
	Text  string   `cbor:"5,keyasint" json:"text"`
	Proof [][]byte `cbor:"6,keyasint,omitempty" json:"proof,omitempty"` // ≤ 8 pieces, ≤ 8 KiB each
}

const (
	FindingSignature = "wrong-signature"
	FindingGap       = "gap"
	FindingFork      = "fork"
	FindingOversize  = "oversize"
	FindingOld       = "old-checkpoint"
	FindingInvalid   = "invalid-record" // stored, receipted, never acted on
	FindingProtocol  = "protocol"       // a message that cannot be
)

// MaxProofTotal bounds all pieces of proof of one finding together, so that
// the finding itself fits into a leaf.
const MaxProofTotal = 48 << 10

// Kind gives KindFinding.
func (Finding) Kind() Kind { return KindFinding }

// Validate checks the finding's form. Whether the proof convinces is for its
// readers.
func (f Finding) Validate() error {
	switch f.What {
	case FindingSignature, FindingGap, FindingFork, FindingOversize, FindingOld, FindingInvalid, FindingProtocol:
	default:
		return bad("what", "%.30q is no kind of finding", f.What)
	}
	if f.Line.IsZero() {
		return bad("line", "is missing")
	}
	if err := f.Party.Validate(); err != nil {
		return badField("party", err)
	}
	if f.Lane != 0 && !f.Lane.Valid() {
		return bad("lane", "%d is neither 1 (urgent) nor 2 (routine)", uint8(f.Lane))
	}
	if err := needText("text", f.Text, MaxText); err != nil {
		return err
	}
	if len(f.Proof) > MaxProof {
		return bad("proof", "%d pieces, at most %d", len(f.Proof), MaxProof)
	}
	total := 0
	for i, p := range f.Proof {
		if len(p) == 0 || len(p) > MaxProofLen {
			return bad(at("proof", i), "%d bytes, want 1 to %d", len(p), MaxProofLen)
		}
		total += len(p)
	}
	if total > MaxProofTotal {
		return bad("proof", "%d bytes in all, at most %d", total, MaxProofTotal)
	}
	return nil
}
