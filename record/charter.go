package record

import (
	"crypto/sha256"
	"fmt"
	"regexp"

	"parley/party"
	"parley/utc"
)

// Charter is the line's constitution. CharterRecord carries its exact bytes
// with every party's signature; its SHA-256 at revision 0 is the LineID.
type Charter struct {
	Name      string       `cbor:"1,keyasint" json:"name"`                         // "IL-RU"
	Line      *LineID      `cbor:"2,keyasint,omitempty" json:"line,omitempty"`     // revision > 0 only
	Revision  uint32       `cbor:"3,keyasint" json:"revision"`                     // from 0
	Previous  *Hash        `cbor:"4,keyasint,omitempty" json:"previous,omitempty"` // SHA-256 of the charter before
	Cards     []party.Card `cbor:"5,keyasint" json:"cards"`                        // ascending by party
	Exercise  bool         `cbor:"6,keyasint,omitempty" json:"exercise,omitempty"`
	Clocks    Clocks       `cbor:"7,keyasint" json:"clocks"`
	Phrases   Hash         `cbor:"8,keyasint" json:"phrases"`                     // the phrase pack
	Mirrors   []party.ID   `cbor:"9,keyasint,omitempty" json:"mirrors,omitempty"` // who keeps copies and gives receipts: every party; none on a home line
	Witnesses []party.ID   `cbor:"10,keyasint,omitempty" json:"witnesses,omitempty"`
	Purpose   string       `cbor:"11,keyasint,omitempty" json:"purpose,omitempty"`
	Made      utc.Time     `cbor:"12,keyasint" json:"made"`
	Nonce     Nonce        `cbor:"13,keyasint" json:"nonce"`
	Home      bool         `cbor:"14,keyasint,omitempty" json:"home,omitempty"` // one member only
}

// Clocks of a line, all in milliseconds.
type Clocks struct {
	Ack      [4]uint32 `cbor:"1,keyasint" json:"ack"`    // officer acknowledges: flash, immediate, priority, routine
	Deputy   uint32    `cbor:"2,keyasint" json:"deputy"` // after the deadline: every desk after this much more
	Lead     []Lead    `cbor:"3,keyasint,omitempty" json:"lead,omitempty"`
	LinkDown uint32    `cbor:"4,keyasint" json:"link_down"` // silence before a link counts as down
}

// Lead is the agreed minimum lead time of a class, measured at receipt.
type Lead struct {
	Class Class  `cbor:"1,keyasint" json:"class"`
	Min   uint64 `cbor:"2,keyasint" json:"min"` // milliseconds
}

// The bounds of a charter.
const (
	MaxCharter = 48 << 10 // bytes of its CBOR, so that its record fits into a leaf
	MaxParties = 16
	maxClock   = 7 * 24 * 3600 * 1000       // a week
	maxLead    = uint64(400) * 24 * 3600e3  // 400 days
	minute     = uint32(60 * 1000)          //
	day        = uint64(24) * 60 * 60 * 1e3 //
)

// DefaultClocks gives the clocks that a line starts from; its charter may say
// others. Flash is a minute, then the deputy, then every desk; immediate is the
// query-ack clock. The leads are what navies and aid agencies agreed on where
// they did (three days for a planned exercise or test, 48 hours for a protected
// movement), and ten minutes for an activity with a hazard area.
func DefaultClocks() Clocks {
	return Clocks{
		Ack:    [4]uint32{minute, 2 * minute, 15 * minute, 120 * minute},
		Deputy: minute,
		Lead: []Lead{
			{Activity, uint64(10 * minute)},
			{Exercise, 3 * day},
			{HazardArea, uint64(10 * minute)},
			{ProtectedMovement, 2 * day},
			{TestActivity, 3 * day},
		},
		LinkDown: 30 * 1000,
	}
}

// Validate checks that every clock runs, none longer than a week, and that no
// precedence has a longer clock than the one below it.
func (c Clocks) Validate() error {
	for i, ms := range c.Ack {
		if ms < 1000 || ms > maxClock {
			return bad(at("ack", i), "%d ms is not 1 s to 7 days", ms)
		}
		if i > 0 && ms < c.Ack[i-1] {
			return bad(at("ack", i), "%d ms is shorter than the clock of the precedence above, %d ms", ms, c.Ack[i-1])
		}
	}
	if c.Deputy < 1000 || c.Deputy > maxClock {
		return bad("deputy", "%d ms is not 1 s to 7 days", c.Deputy)
	}
	for i, l := range c.Lead {
		if !l.Class.Known() {
			return bad(at("lead", i)+".class", "%.30q is no class of a notice", string(l.Class))
		}
		if i > 0 && c.Lead[i-1].Class >= l.Class {
			return bad(at("lead", i)+".class", "%q is not after %q: ascending, each once", string(l.Class), string(c.Lead[i-1].Class))
		}
		if l.Min == 0 || l.Min > maxLead {
			return bad(at("lead", i)+".min", "%d ms is not 1 ms to 400 days", l.Min)
		}
	}
	if c.LinkDown < 1000 || c.LinkDown > 60*minute {
		return bad("link_down", "%d ms is not 1 s to 1 hour", c.LinkDown)
	}
	return nil
}

var lineForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)

// Validate checks the charter by itself; the error is an *InvalidError that
// names the field. Its signatures and its place after the charter before it are
// CharterRecord.Check's.
func (c Charter) Validate() error {
	if !lineForm.MatchString(c.Name) {
		return bad("name", `%.40q: want 1 to 32 of letters, digits and "-"`, c.Name)
	}
	if err := c.checkChainFields(); err != nil {
		return err
	}
	if err := c.checkCards(); err != nil {
		return err
	}
	if err := under("clocks", c.Clocks.Validate()); err != nil {
		return err
	}
	err := first(
		needHash("phrases", c.Phrases),
		optText("purpose", c.Purpose, MaxText),
		needTime("made", c.Made),
	)
	if err != nil {
		return err
	}
	if c.Nonce == (Nonce{}) {
		return bad("nonce", "is missing: 16 bytes of chance make two lines of equal words differ")
	}
	return c.checkMirrors()
}

func (c Charter) checkChainFields() error {
	if c.Revision == 0 {
		if c.Line != nil {
			return bad("line", "is given at revision 0: the line is named after this charter")
		}
		if c.Previous != nil {
			return bad("previous", "is given at revision 0: there is no charter before it")
		}
		return nil
	}
	if c.Line == nil || c.Line.IsZero() {
		return bad("line", "is missing at revision %d", c.Revision)
	}
	if c.Previous == nil || c.Previous.IsZero() {
		return bad("previous", "is missing at revision %d", c.Revision)
	}
	return nil
}

func (c Charter) checkCards() error {
	switch {
	case len(c.Cards) == 0 || len(c.Cards) > MaxParties:
		return bad("cards", "%d of them, want 1 to %d", len(c.Cards), MaxParties)
	case c.Home && len(c.Cards) != 1:
		return bad("cards", "%d of them on a home line, which has one member", len(c.Cards))
	case !c.Home && len(c.Cards) == 1:
		return bad("cards", "only one: a line of one party is its home line")
	}
	owner := map[party.KeyID]party.ID{}
	for i, card := range c.Cards {
		if err := card.Validate(); err != nil {
			return badField(at("cards", i), err)
		}
		if i > 0 && c.Cards[i-1].Party >= card.Party {
			return bad(at("cards", i)+".party", "%s is not after %s: ascending, each once", card.Party, c.Cards[i-1].Party)
		}
		for _, k := range card.Keys() {
			if other, twice := owner[k.ID()]; twice {
				return bad(at("cards", i), "%s shows a key, or a key id, that %s shows too", card.Party, other)
			}
			owner[k.ID()] = card.Party
		}
	}
	return nil
}

// checkMirrors wants every party to keep copies: a receipt is a mirror's
// signature, and each party is owed one by each other.
func (c Charter) checkMirrors() error {
	if c.Home {
		if len(c.Mirrors) > 0 {
			return bad("mirrors", "are given on a home line, which nobody else holds")
		}
		if len(c.Witnesses) > 0 {
			return bad("witnesses", "are given on a home line, which nobody else holds")
		}
		return nil
	}
	if err := c.members("mirrors", c.Mirrors); err != nil {
		return err
	}
	if len(c.Mirrors) != len(c.Cards) {
		return bad("mirrors", "%d of %d parties: each party keeps a copy", len(c.Mirrors), len(c.Cards))
	}
	return c.members("witnesses", c.Witnesses)
}

func (c Charter) members(field string, ids []party.ID) error {
	for i, id := range ids {
		if _, ok := c.Card(id); !ok {
			return bad(at(field, i), "%.20q has no card on this charter", string(id))
		}
		if i > 0 && ids[i-1] >= id {
			return bad(at(field, i), "%s is not after %s: ascending, each once", id, ids[i-1])
		}
	}
	return nil
}

// Card gives the card of a party.
func (c Charter) Card(id party.ID) (party.Card, bool) {
	for _, card := range c.Cards {
		if card.Party == id {
			return card, true
		}
	}
	return party.Card{}, false
}

// Parties gives the parties on the charter, ascending.
func (c Charter) Parties() []party.ID {
	ids := make([]party.ID, len(c.Cards))
	for i, card := range c.Cards {
		ids[i] = card.Party
	}
	return ids
}

// MarshalCharter gives the one encoding of a valid charter: what the parties
// sign, and what is hashed.
func MarshalCharter(c Charter) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("couldn't write the charter: %w", err)
	}
	b, err := encoder.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the charter: %w", err)
	}
	if len(b) > MaxCharter {
		return nil, fmt.Errorf("couldn't write the charter: %w", bad("charter", "%d bytes, at most %d", len(b), MaxCharter))
	}
	return b, nil
}

// ParseCharter reads exactly what MarshalCharter writes.
func ParseCharter(b []byte) (Charter, error) {
	if len(b) > MaxCharter {
		return Charter{}, bad("charter", "%d bytes, at most %d", len(b), MaxCharter)
	}
	var c Charter
	if err := unmarshal("charter", b, &c); err != nil {
		return Charter{}, err
	}
	if err := c.Validate(); err != nil {
		return Charter{}, under("charter", err)
	}
	return c, nil
}

// CharterHash gives the SHA-256 of a charter's bytes.
func CharterHash(charter []byte) Hash { return Hash(sha256.Sum256(charter)) }
