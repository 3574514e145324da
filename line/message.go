package line

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// Version of the messages that this release speaks. A hello of another version
// is answered with a bye; nothing else is exchanged.
const Version = 1

// Bounds of a message. ParseMessage holds a message to the frame; the tighter
// bounds of a batch are Limits, so that a batch too large for the line (but
// not for the frame) still becomes a finding with proof.
const (
	MaxFrame  = 2 << 20 // bytes of one message on any carrier
	maxHeads  = 256     // heads in a hello
	maxInform = 4096    // entries in an inform that still parses
	maxNote   = 16 << 10
	maxCosig  = 1 << 10
	maxReason = 256
)

// LogRef names one logbook of the line that the message travels on.
type LogRef struct {
	_           struct{} `cbor:",toarray"`
	Party       party.ID
	Lane        record.Lane
	Incarnation uint32
}

// Message is what two members of a line say to each other: one of Hello,
// Offer, Missing, Inform, Receipt, Ping, Pong and Bye. Each belongs to one
// lane, and carriers keep the lanes apart, so that nothing urgent waits.
type Message interface {
	number() uint64
	check() error
}

// Hello opens a connection on one lane: who speaks, and how far the speaker's
// copy of every logbook of that lane has come. Its heads are claims without a
// signature; they only decide what is offered next.
type Hello struct {
	Version  uint32        `cbor:"1,keyasint"`
	Line     record.LineID `cbor:"2,keyasint"`
	Party    party.ID      `cbor:"3,keyasint"`
	Lane     record.Lane   `cbor:"4,keyasint"`
	Revision uint32        `cbor:"5,keyasint"` // of the charter the speaker holds
	Heads    []record.Head `cbor:"6,keyasint"`
	Now      utc.Time      `cbor:"7,keyasint"` // the speaker's clock
	Heard    bool          `cbor:"8,keyasint"` // the other's hello has come on this connection
}

// Offer says "I hold this logbook up to this checkpoint". Its Revision, as that
// of Inform and Receipt, tells one whom an amendment has not reached yet why
// it cannot verify a signature: it waits then, and accuses nobody. The note may carry
// receipts of other members; whoever can verify them keeps them.
type Offer struct {
	Log      LogRef `cbor:"1,keyasint"`
	Note     []byte `cbor:"2,keyasint"`
	Revision uint32 `cbor:"3,keyasint"` // of the charter that the sender goes by
}

// Missing asks for the entries of a logbook from an index on. From equal to
// the size of the other's copy means "I have all that you have".
type Missing struct {
	Log     LogRef `cbor:"1,keyasint"`
	From    uint64 `cbor:"2,keyasint"`
	Request uint64 `cbor:"3,keyasint"` // repeated in the inform that answers; from 1
}

// Inform carries whole batches: entries From … and the checkpoint that stands
// directly behind the last of them.
type Inform struct {
	Log     LogRef   `cbor:"1,keyasint"`
	From    uint64   `cbor:"2,keyasint"`
	Entries [][]byte `cbor:"3,keyasint"`
	Note    []byte   `cbor:"4,keyasint"`
	Request uint64   `cbor:"5,keyasint,omitempty"` // of the Missing it answers; 0: nobody asked
	Base    []byte   `cbor:"6,keyasint,omitempty"` // the sender's checkpoint of size From, where it has one

	Revision uint32 `cbor:"7,keyasint"` // as in Offer
}

// Receipt is a cosignature: By durably holds the first Size entries of Log.
type Receipt struct {
	Log   LogRef   `cbor:"1,keyasint"`
	Size  uint64   `cbor:"2,keyasint"`
	By    party.ID `cbor:"3,keyasint"`
	Cosig []byte   `cbor:"4,keyasint"` // one signature line of a signed note

	Revision uint32 `cbor:"5,keyasint"` // as in Offer
}

// Ping and Pong test the link: T is the asker's clock when it asked, T2 the
// answerer's clock when it answered. Round trip and skew follow.
type Ping struct {
	N uint64   `cbor:"1,keyasint"`
	T utc.Time `cbor:"2,keyasint"`
}

// Pong answers the ping with the same N.
type Pong struct {
	N  uint64   `cbor:"1,keyasint"`
	T  utc.Time `cbor:"2,keyasint"`
	T2 utc.Time `cbor:"3,keyasint"`
}

// Bye says why the speaker hangs up.
type Bye struct {
	Reason string `cbor:"1,keyasint"`
}

func (Hello) number() uint64   { return 1 }
func (Offer) number() uint64   { return 2 }
func (Missing) number() uint64 { return 3 }
func (Inform) number() uint64  { return 4 }
func (Receipt) number() uint64 { return 5 }
func (Ping) number() uint64    { return 6 }
func (Pong) number() uint64    { return 7 }
func (Bye) number() uint64     { return 8 }

// wire is a message as it travels: [number, body].
type wire struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	Body   cbor.RawMessage
}

var (
	encMode = mustEnc()
	decMode = mustDec()
)

// mustEnc and mustDec give the two CBOR modes of this package: one encoding
// (RFC 8949 §4.2.1) out, the same and nothing else in.
func mustEnc() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	m, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}

func mustDec() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
		MaxArrayElements:  maxInform,
		MaxMapPairs:       64,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}

// MarshalMessage gives the one encoding of m. The error names a field that is
// out of its bounds.
func MarshalMessage(m Message) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	body, err := encMode.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the message: %w", err)
	}
	b, err := encMode.Marshal(wire{Number: m.number(), Body: body})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the message: %w", err)
	}
	if len(b) > MaxFrame {
		return nil, fmt.Errorf("message: %d bytes, at most %d", len(b), MaxFrame)
	}
	return b, nil
}

// ParseMessage reads one message and nothing else: an unknown number or field,
// a trailing byte, a second encoding and a field out of bounds are errors that
// name what is wrong. What parses encodes to the same bytes.
func ParseMessage(b []byte) (Message, error) {
	if len(b) > MaxFrame {
		return nil, fmt.Errorf("message: %d bytes, at most %d", len(b), MaxFrame)
	}
	var w wire
	if err := decMode.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	m, err := parseBody(w)
	if err != nil {
		return nil, err
	}
	again, err := MarshalMessage(m)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("message %d: not in the one encoding (RFC 8949 core deterministic)", w.Number)
	}
	return m, nil
}

func parseBody(w wire) (Message, error) {
	switch w.Number {
	case 1:
		return body[Hello](w, "hello")
	case 2:
		return body[Offer](w, "offer")
	case 3:
		return body[Missing](w, "missing")
	case 4:
		return body[Inform](w, "inform")
	case 5:
		return body[Receipt](w, "receipt")
	case 6:
		return body[Ping](w, "ping")
	case 7:
		return body[Pong](w, "pong")
	case 8:
		return body[Bye](w, "bye")
	}
	return nil, fmt.Errorf("message: number %d is unknown", w.Number)
}

func body[M Message](w wire, name string) (Message, error) {
	var m M
	if err := decMode.Unmarshal(w.Body, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func (r LogRef) check() error {
	if err := r.Party.Validate(); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if r.Lane != record.Urgent && r.Lane != record.Routine {
		return fmt.Errorf("log: lane %d is neither urgent (1) nor routine (2)", r.Lane)
	}
	if r.Incarnation == 0 {
		return fmt.Errorf("log: incarnation counts from 1")
	}
	return nil
}

func (m Hello) check() error {
	if err := m.Party.Validate(); err != nil {
		return fmt.Errorf("hello: party: %w", err)
	}
	if m.Lane != record.Urgent && m.Lane != record.Routine {
		return fmt.Errorf("hello: lane %d is neither urgent (1) nor routine (2)", m.Lane)
	}
	if len(m.Heads) > maxHeads {
		return fmt.Errorf("hello: %d heads, at most %d", len(m.Heads), maxHeads)
	}
	for i, h := range m.Heads {
		if err := (LogRef{Party: h.Party, Lane: h.Lane, Incarnation: h.Incarnation}).check(); err != nil {
			return fmt.Errorf("hello: heads[%d]: %w", i, err)
		}
		if h.Lane != m.Lane {
			return fmt.Errorf("hello: heads[%d]: of another lane", i)
		}
	}
	if !m.Now.Valid() {
		return fmt.Errorf("hello: now %d is no time", int64(m.Now))
	}
	return nil
}

func (m Offer) check() error {
	if err := m.Log.check(); err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	return bounds("offer: note", m.Note, 1, maxNote)
}

func (m Missing) check() error {
	if err := m.Log.check(); err != nil {
		return fmt.Errorf("missing: %w", err)
	}
	if m.Request == 0 {
		return fmt.Errorf("missing: request counts from 1")
	}
	return nil
}

func (m Inform) check() error {
	if err := m.Log.check(); err != nil {
		return fmt.Errorf("inform: %w", err)
	}
	if len(m.Entries) == 0 || len(m.Entries) > maxInform {
		return fmt.Errorf("inform: %d entries, want 1 to %d", len(m.Entries), maxInform)
	}
	if m.From+uint64(len(m.Entries)) < m.From {
		return fmt.Errorf("inform: from %d is out of range", m.From)
	}
	if err := bounds("inform: base", m.Base, 0, maxNote); err != nil {
		return err
	}
	return bounds("inform: note", m.Note, 1, maxNote)
}

func (m Receipt) check() error {
	if err := m.Log.check(); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if err := m.By.Validate(); err != nil {
		return fmt.Errorf("receipt: by: %w", err)
	}
	return bounds("receipt: cosig", m.Cosig, 1, maxCosig)
}

func (m Ping) check() error {
	if !m.T.Valid() {
		return fmt.Errorf("ping: t %d is no time", int64(m.T))
	}
	return nil
}

func (m Pong) check() error {
	if !m.T.Valid() || !m.T2.Valid() {
		return fmt.Errorf("pong: t %d or t2 %d is no time", int64(m.T), int64(m.T2))
	}
	return nil
}

func (m Bye) check() error {
	if len(m.Reason) > maxReason {
		return fmt.Errorf("bye: reason: %d bytes, at most %d", len(m.Reason), maxReason)
	}
	if err := party.CheckLine(m.Reason, maxReason); err != nil { // it is shown on terminals
		return fmt.Errorf("bye: reason: %w", err)
	}
	return nil
}

func bounds(name string, b []byte, least, most int) error {
	if len(b) < least || len(b) > most {
		return fmt.Errorf("%s: %d bytes, want %d to %d", name, len(b), least, most)
	}
	return nil
}
