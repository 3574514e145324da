package record

import (
	"strconv"

	"parley/party"
	"parley/utc"
)

// Ref points at one record of the same line by its place in a logbook.
type Ref struct {
	Party       party.ID `cbor:"1,keyasint" json:"party"`
	Lane        Lane     `cbor:"2,keyasint" json:"lane"`
	Incarnation uint32   `cbor:"3,keyasint" json:"incarnation"` // from 1
	Index       uint64   `cbor:"4,keyasint" json:"index"`       // from 0; people see Index+1 as the number
	Leaf        Hash     `cbor:"5,keyasint" json:"leaf"`        // RFC 6962 leaf hash
}

// Validate checks the shape of the reference, not whether it leads anywhere.
func (r Ref) Validate() error {
	if err := r.Party.Validate(); err != nil {
		return badField("party", err)
	}
	switch {
	case !r.Lane.Valid():
		return bad("lane", "%d is neither 1 (urgent) nor 2 (routine)", uint8(r.Lane))
	case r.Incarnation == 0:
		return bad("incarnation", "is 0, the first is 1")
	case r.Index > maxCount:
		return bad("index", "%d is too large", r.Index)
	}
	return needHash("leaf", r.Leaf)
}

// Head is how far a logbook had come: a checkpoint without its signature.
type Head struct {
	Party       party.ID `cbor:"1,keyasint" json:"party"`
	Lane        Lane     `cbor:"2,keyasint" json:"lane"`
	Incarnation uint32   `cbor:"3,keyasint" json:"incarnation"`
	Size        uint64   `cbor:"4,keyasint" json:"size"`
	Root        Hash     `cbor:"5,keyasint" json:"root"`
}

// Validate checks the shape of the head: a log of at least one entry.
func (h Head) Validate() error {
	if err := h.Party.Validate(); err != nil {
		return badField("party", err)
	}
	switch {
	case !h.Lane.Valid():
		return bad("lane", "%d is neither 1 (urgent) nor 2 (routine)", uint8(h.Lane))
	case h.Incarnation == 0:
		return bad("incarnation", "is 0, the first is 1")
	case h.Size == 0 || h.Size > maxCount:
		return bad("size", "%d is not 1 to 2^53-1", h.Size)
	}
	return needHash("root", h.Root)
}

// before orders heads by party, lane and incarnation.
func (h Head) before(g Head) bool {
	if h.Party != g.Party {
		return h.Party < g.Party
	}
	if h.Lane != g.Lane {
		return h.Lane < g.Lane
	}
	return h.Incarnation < g.Incarnation
}

// heads checks a list of heads: each valid, ascending, none twice.
func heads(field string, hs []Head) error {
	if len(hs) > MaxHeads {
		return bad(field, "%d of them, at most %d", len(hs), MaxHeads)
	}
	for i, h := range hs {
		if err := h.Validate(); err != nil {
			return under(at(field, i), err)
		}
		if i > 0 && !hs[i-1].before(h) {
			return bad(at(field, i), "is not after the one before it: ascending by party, lane, incarnation")
		}
	}
	return nil
}

// Envelope stands round every body.
type Envelope struct {
	Line       LineID     `cbor:"1,keyasint" json:"line"`
	Party      party.ID   `cbor:"2,keyasint" json:"party"`                       // who says it
	Lane       Lane       `cbor:"3,keyasint" json:"lane"`                        //
	Officer    string     `cbor:"4,keyasint,omitempty" json:"officer,omitempty"` // empty: the machine itself
	Composed   utc.Time   `cbor:"5,keyasint" json:"composed"`                    // author's clock
	Precedence Precedence `cbor:"6,keyasint" json:"precedence"`
	Seen       []Head     `cbor:"7,keyasint,omitempty" json:"seen,omitempty"` // newest checkpoints of the others on this line
	Re         *Ref       `cbor:"8,keyasint,omitempty" json:"re,omitempty"`   // the record this one is about, same line
	Exercise   bool       `cbor:"9,keyasint,omitempty" json:"exercise,omitempty"`
}

// Validate checks the envelope by itself; the error is an *InvalidError that
// names the field.
func (e Envelope) Validate() error {
	if e.Line.IsZero() {
		return bad("line", "is missing")
	}
	if err := e.Party.Validate(); err != nil {
		return badField("party", err)
	}
	if !e.Lane.Valid() {
		return bad("lane", "%d is neither 1 (urgent) nor 2 (routine)", uint8(e.Lane))
	}
	if e.Officer != "" {
		if err := party.CheckOfficerID(e.Officer); err != nil {
			return badField("officer", err)
		}
	}
	if err := needTime("composed", e.Composed); err != nil {
		return err
	}
	if !e.Precedence.Valid() {
		return bad("precedence", "%d is not 1 (flash) to 4 (routine)", uint8(e.Precedence))
	}
	if err := heads("seen", e.Seen); err != nil {
		return err
	}
	for i, h := range e.Seen {
		if h.Party == e.Party {
			return bad(at("seen", i), "names a logbook of %s itself: only what was seen of the others belongs here", e.Party)
		}
	}
	if e.Re != nil {
		return under("re", e.Re.Validate())
	}
	return nil
}

// at names the i-th item of a list.
func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
