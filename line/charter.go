package line

import (
	"bytes"
	"errors"
	"fmt"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// roster is one accepted charter.
type roster struct {
	charter record.Charter
	raw     []byte // the CharterRecord, as MarshalCharterRecord gives it
	body    []byte // the charter's own bytes
}

// MarshalCharterRecord gives the one encoding of a charter with its
// signatures: what Config.Charters, AdoptCharter and Out.Charters hold.
func MarshalCharterRecord(r record.CharterRecord) ([]byte, error) {
	b, err := encMode.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the charter record: %w", err)
	}
	return b, nil
}

// ParseCharterRecord reads what MarshalCharterRecord gives, strictly. It
// checks no signature: CharterRecord.Check does.
func ParseCharterRecord(b []byte) (record.CharterRecord, error) {
	var r record.CharterRecord
	if len(b) > record.MaxLeaf {
		return r, fmt.Errorf("charter record: %d bytes, at most %d", len(b), record.MaxLeaf)
	}
	if err := decMode.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("charter record: %w", err)
	}
	again, err := MarshalCharterRecord(r)
	if err != nil {
		return r, err
	}
	if !bytes.Equal(again, b) {
		return r, errors.New("charter record: not in the one encoding (RFC 8949 core deterministic)")
	}
	return r, nil
}

// addCharter takes the next charter into force, or does nothing where it is
// in force already. The error says why it cannot follow.
func (l *Line) addCharter(raw []byte) error {
	cr, err := ParseCharterRecord(raw)
	if err != nil {
		return err
	}
	for _, r := range l.rosters {
		if bytes.Equal(r.body, cr.Charter) {
			return nil
		}
	}
	var prev *record.Charter
	if n := len(l.rosters); n > 0 {
		prev = &l.rosters[n-1].charter
	}
	c, id, err := cr.Check(prev)
	if err != nil {
		return err
	}
	if err := cr.Returns(c, l.charters()); err != nil {
		return err
	}
	if int(c.Revision) != len(l.rosters) {
		return fmt.Errorf("charter: revision %d, but %d is the next", c.Revision, len(l.rosters))
	}
	if prev != nil && id != l.id {
		return fmt.Errorf("charter: of line %x, this is %x", id[:4], l.id[:4])
	}
	l.id = id
	l.rosters = append(l.rosters, roster{charter: c, raw: bytes.Clone(raw), body: bytes.Clone(cr.Charter)})
	return nil
}

// charters gives the accepted charters, ascending.
func (l *Line) charters() []record.Charter {
	out := make([]record.Charter, len(l.rosters))
	for i, r := range l.rosters {
		out[i] = r.charter
	}
	return out
}

// Charter is the one in force: the newest that was accepted here.
func (l *Line) Charter() record.Charter { return l.rosters[len(l.rosters)-1].charter }

// Charters are all accepted CharterRecords, ascending revision: what the next
// Open wants in Config.Charters.
func (l *Line) Charters() [][]byte {
	var out [][]byte
	for _, r := range l.rosters {
		out = append(out, bytes.Clone(r.raw))
	}
	return out
}

// Members are the parties of the charter in force, ascending.
func (l *Line) Members() []party.ID {
	var out []party.ID
	for _, c := range l.Charter().Cards {
		out = append(out, c.Party)
	}
	return out
}

// Card is the party's card in the charter in force.
func (l *Line) Card(p party.ID) (party.Card, bool) { return cardOf(l.Charter(), p) }

func cardOf(c record.Charter, p party.ID) (party.Card, bool) {
	for _, card := range c.Cards {
		if card.Party == p {
			return card, true
		}
	}
	return party.Card{}, false
}

// everMember reports whether any accepted charter names p: a logbook of a
// party that has left is still held and served.
func (l *Line) everMember(p party.ID) bool {
	for _, r := range l.rosters {
		if _, ok := cardOf(r.charter, p); ok {
			return true
		}
	}
	return false
}

// KeyFor finds the public key that a record of this line is signed with: the
// party's machine key (officer is zero then) or one of its officers', in any
// charter accepted here, the newest first. at is the author's clock: an
// officer's key is good from From until before Until.
//
// It knows no position in a log, so a key that an amendment has taken away is
// still found; KeyAt is the exact rule.
func (l *Line) KeyFor(p party.ID, kid party.KeyID, at utc.Time) (party.Key, party.Officer, bool) {
	for i := len(l.rosters) - 1; i >= 0; i-- {
		if k, o, ok := keyIn(l.rosters[i].charter, p, kid, at); ok {
			return k, o, true
		}
	}
	return party.Key{}, party.Officer{}, false
}

// KeyAt is KeyFor for the entry at index of a logbook: it looks only at the
// charter that is in force there, which is the one in the nearest charter
// record before that entry in the same logbook. A charter record itself may be
// sealed by the key of the charter before it or of its own.
func (l *Line) KeyAt(log logbook.ID, index uint64, kid party.KeyID, at utc.Time) (party.Key, party.Officer, bool) {
	b := l.books[log]
	if b == nil {
		return party.Key{}, party.Officer{}, false
	}
	for _, rev := range b.revisionsAt(index) {
		if int(rev) < len(l.rosters) {
			if k, o, ok := keyIn(l.rosters[rev].charter, log.Party, kid, at); ok {
				return k, o, true
			}
		}
	}
	return party.Key{}, party.Officer{}, false
}

func keyIn(c record.Charter, p party.ID, kid party.KeyID, at utc.Time) (party.Key, party.Officer, bool) {
	card, ok := cardOf(c, p)
	if !ok {
		return party.Key{}, party.Officer{}, false
	}
	if card.Node.ID() == kid {
		return card.Node, party.Officer{}, true
	}
	for _, o := range card.Officers {
		if o.Key.ID() == kid && (o.From.IsZero() || at >= o.From) && (o.Until.IsZero() || at < o.Until) {
			return o.Key, o, true
		}
	}
	return party.Key{}, party.Officer{}, false
}

// Keys are the signers that go with a new card of our own.
type Keys struct{ Log, Receipt, Node party.Signer }

// AdoptCharter takes an amendment into force: the next revision, signed by
// all. Adopting what is in force already does nothing, so the node may call it
// for whatever its ceremony or a peer's logbook brings. keys are our new
// signers where the amendment changes our own card, else nil.
//
// Our own logbooks get the charter record as their next entry, under the
// checkpoint key that was ours until now: a peer that has not adopted yet can
// still verify that batch, finds the fully signed charter in it, and adopts.
// Where the amendment changes our card and keys is nil, the others' new keys
// are in force but our logbooks stay under the old charter until the signers
// are brought, here or by Open.
func (l *Line) AdoptCharter(raw []byte, keys *Keys) (Out, error) {
	var out Out
	before := len(l.rosters)
	if err := l.addCharter(raw); err != nil {
		return out, fmt.Errorf("couldn't adopt the charter: %w", err)
	}
	if len(l.rosters) > before {
		out.Charters = append(out.Charters, l.rosters[before].raw)
		l.forgetLeavers(&out)
	}
	o, err := l.settleKeys(keys)
	out.add(o)
	if err != nil {
		return out, fmt.Errorf("couldn't adopt the charter: %w", err)
	}
	return out, nil
}

// settleKeys brings our own logbooks to the charter in force and then, where
// keys are given, changes the signers.
func (l *Line) settleKeys(keys *Keys) (Out, error) {
	if keys == nil {
		return l.settleOwn(nil)
	}
	old := l.cfg
	l.cfg.Receipt, l.cfg.Node = keys.Receipt, keys.Node
	next := l.cfg
	next.Log = keys.Log
	card, ok := l.Card(l.cfg.Self)
	if !ok || !fits(next, card) {
		l.cfg = old
		return Out{}, errors.New("the new keys are not those of our card in this charter")
	}
	out, err := l.appendCharters(nil) // still under the old checkpoint key
	if err != nil {
		l.cfg = old
		return out, err
	}
	l.cfg = next
	return out, nil
}

// fits reports whether our signers are those of the card.
func fits(c Config, card party.Card) bool {
	return c.Log.Public() == card.Log && c.Receipt.Public() == card.Receipt && c.Node.Public() == card.Node
}

// forgetLeavers hangs up on whom the charter in force does not name.
func (l *Line) forgetLeavers(out *Out) {
	for _, id := range l.peerIDs() {
		if _, ok := l.Card(id); !ok {
			out.Drop = append(out.Drop, id)
			delete(l.peers, id)
		}
	}
}
