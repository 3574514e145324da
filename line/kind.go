package line

import (
	"bytes"

	"parley/record"
)

// kindOf reads the kind of a sealed record from its protected header without
// decoding the rest; "" where the leaf does not begin as a record does. It is
// a quick look: whoever acts on the kind calls record.Parse.
//
// The header is deterministic CBOR {1: -8, 4: kid, -70001: kind, -70002:
// version}, a byte string of 24 to 255 bytes. The kind is read at its one place
// and not looked for: the eight bytes of the key's id before it are the author's
// to choose, and could pretend to be it.
func kindOf(leaf []byte) record.Kind {
	head := leaf[:min(len(leaf), 64)]
	const i = 4 + 5 + 8 // d2 84 58 len, a4 01 27 04 48, kid
	if len(head) <= i+5 || !bytes.Equal(head[:3], []byte{0xd2, 0x84, 0x58}) ||
		!bytes.Equal(head[4:9], []byte{0xa4, 0x01, 0x27, 0x04, 0x48}) ||
		!bytes.Equal(head[i:i+5], []byte{0x3a, 0x00, 0x01, 0x11, 0x70}) {
		return ""
	}
	n := int(head[i+5]) - 0x60
	if n < 1 || n > 23 || i+6+n > len(head) {
		return ""
	}
	return record.Kind(head[i+6 : i+6+n])
}

// NeedsReceived reports whether arrived entries call for a received record of
// our own: false where they hold nothing but received and charter records, or
// are our own. Without this rule two nodes would confirm each other's
// confirmations for ever.
func (l *Line) NeedsReceived(a Arrived) bool {
	if a.Log.Party == l.cfg.Self {
		return false
	}
	for _, leaf := range a.Leaves {
		if k := kindOf(leaf); k != record.KindReceived && k != record.KindCharter {
			return true
		}
	}
	return false
}
