package line

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// CharterOptions are what a proposer decides beside the cards.
type CharterOptions struct {
	Exercise bool           // a scaled or stepped clock is accepted on this line
	Home     bool           // a home line: exactly one card
	Clocks   *record.Clocks // nil: record.DefaultClocks
	Phrases  record.Hash    // the hash of the phrase pack
	Purpose  string
	Made     utc.Time
	Nonce    record.Nonce // random, so that no two lines have the same identity
}

// NewCharter gives the bytes of a line's first charter: cards ascending by
// party, every party a mirror. The error names what is wrong with a card or an
// option.
func NewCharter(name string, cards []party.Card, opts CharterOptions) ([]byte, error) {
	c := record.Charter{Name: name, Cards: sortCards(cards), Exercise: opts.Exercise, Home: opts.Home,
		Clocks: record.DefaultClocks(), Phrases: opts.Phrases, Purpose: opts.Purpose, Made: opts.Made, Nonce: opts.Nonce}
	if opts.Clocks != nil {
		c.Clocks = *opts.Clocks
	}
	for _, card := range c.Cards {
		if !c.Home {
			c.Mirrors = append(c.Mirrors, card.Party)
		}
	}
	b, err := record.MarshalCharter(c)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the charter: %w", err)
	}
	return b, nil
}

// Changes are what an amendment may change; a nil field stays as it is.
type Changes struct {
	Cards   []party.Card // cards that are new or replace the party's present one
	Leave   []party.ID   // parties that leave
	Clocks  *record.Clocks
	Phrases *record.Hash
	Purpose *string
	Made    utc.Time
	Nonce   record.Nonce
}

// Amend gives the bytes of the charter that follows on prev. All parties that
// are on the new charter sign it: those who were on prev by a chief of their
// card there, those who join by a chief of their new card.
func Amend(prev record.CharterRecord, ch Changes) ([]byte, error) {
	c, err := record.ParseCharter(prev.Charter)
	if err != nil {
		return nil, fmt.Errorf("couldn't amend the charter: %w", err)
	}
	hash := record.CharterHash(prev.Charter)
	if c.Line == nil {
		id := record.LineID(hash)
		c.Line = &id
	}
	c.Previous, c.Made, c.Nonce = &hash, ch.Made, ch.Nonce
	c.Revision++
	for _, card := range ch.Cards {
		c.Cards = slices.DeleteFunc(c.Cards, func(have party.Card) bool { return have.Party == card.Party })
		c.Cards = append(c.Cards, card)
		if !c.Home && !slices.Contains(c.Mirrors, card.Party) {
			c.Mirrors = append(c.Mirrors, card.Party)
		}
	}
	for _, p := range ch.Leave {
		if _, ok := cardOf(c, p); !ok {
			return nil, fmt.Errorf("couldn't amend the charter: %s leaves, but is not on it", p)
		}
		c.Cards = slices.DeleteFunc(c.Cards, func(have party.Card) bool { return have.Party == p })
		gone := func(have party.ID) bool { return have == p }
		c.Mirrors, c.Witnesses = slices.DeleteFunc(c.Mirrors, gone), slices.DeleteFunc(c.Witnesses, gone)
	}
	c.Cards = sortCards(c.Cards)
	slices.Sort(c.Mirrors)
	if ch.Clocks != nil {
		c.Clocks = *ch.Clocks
	}
	if ch.Phrases != nil {
		c.Phrases = *ch.Phrases
	}
	if ch.Purpose != nil {
		c.Purpose = *ch.Purpose
	}
	b, err := record.MarshalCharter(c)
	if err != nil {
		return nil, fmt.Errorf("couldn't amend the charter: %w", err)
	}
	return b, nil
}

func sortCards(cards []party.Card) []party.Card {
	out := slices.Clone(cards)
	slices.SortFunc(out, func(a, b party.Card) int { return strings.Compare(string(a.Party), string(b.Party)) })
	return out
}

// Proposal is a charter on its way round the parties: what each has signed so
// far, and for an amendment the chain of charters before it, so that a party
// that joins can check where the line comes from.
type Proposal struct {
	Charter    []byte                    // exact bytes
	Signatures []record.CharterSignature // ascending by party; each verified when the proposal was read
	Chain      [][]byte                  // CharterRecords of the revisions before, from 0
}

// check reads the charter and the chain, and verifies every signature that is
// there.
func (p Proposal) check() (st Standing, prev *record.Charter, err error) {
	c, err := record.ParseCharter(p.Charter)
	if err != nil {
		return st, nil, err
	}
	if len(p.Chain) > maxChain || int(c.Revision) != len(p.Chain) {
		return st, nil, fmt.Errorf("chain: %d charters before a charter of revision %d; at most %d", len(p.Chain), c.Revision, maxChain)
	}
	var before []record.Charter
	for i, raw := range p.Chain {
		cr, err := ParseCharterRecord(raw)
		if err != nil {
			return st, nil, fmt.Errorf("chain[%d]: %w", i, err)
		}
		next, _, err := cr.Check(prev)
		if err == nil {
			err = cr.Returns(next, before)
		}
		if err != nil {
			return st, nil, fmt.Errorf("chain[%d]: %w", i, err)
		}
		prev, before = &next, append(before, next)
	}
	st.Charter, st.Line, st.Missing, err = record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures}.CheckPart(prev)
	st.Words = Words(p.Charter)
	return st, prev, err
}

// Standing is how far a proposal has come.
type Standing struct {
	Charter record.Charter
	Line    record.LineID
	Words   []string   // the charter's fingerprint, for the telephone
	Missing []party.ID // who has not signed yet, ascending
}

// Standing checks the proposal, its chain and its signatures, and says who has
// not signed yet.
func (p Proposal) Standing() (Standing, error) {
	st, _, err := p.check()
	if err != nil {
		return Standing{}, fmt.Errorf("couldn't check the proposal: %w", err)
	}
	return st, nil
}

// Sign adds a party's signature by its chief. mine is the party's own card as
// its own node holds it: a proposal in which that card differs in any byte is
// not signed, for the others would be shown keys that are not ours.
func Sign(p Proposal, mine party.Card, chief party.Signer) (Proposal, error) {
	st, _, err := p.check()
	if err != nil {
		return p, fmt.Errorf("couldn't sign the proposal: %w", err)
	}
	card, ok := cardOf(st.Charter, mine.Party)
	if !ok {
		return p, fmt.Errorf("couldn't sign the proposal: %s is not on it", mine.Party)
	}
	if card.Fingerprint() != mine.Fingerprint() {
		return p, fmt.Errorf("couldn't sign the proposal: the card of %s in it is not the one that this node holds; send yours again", mine.Party)
	}
	s, err := record.SignCharter(p.Charter, mine.Party, chief)
	if err != nil {
		return p, fmt.Errorf("couldn't sign the proposal: %w", err)
	}
	sigs := slices.DeleteFunc(slices.Clone(p.Signatures), func(have record.CharterSignature) bool { return have.Party == s.Party })
	signed := p
	signed.Signatures = sortSignatures(append(sigs, s))
	if _, _, err := signed.check(); err != nil { // such as: the key is no chief's
		return p, fmt.Errorf("couldn't sign the proposal: %w", err)
	}
	return signed, nil
}

func sortSignatures(s []record.CharterSignature) []record.CharterSignature {
	slices.SortFunc(s, func(a, b record.CharterSignature) int { return strings.Compare(string(a.Party), string(b.Party)) })
	return s
}

// Merge joins the signatures of two copies of one proposal.
func Merge(a, b Proposal) (Proposal, error) {
	if !bytes.Equal(a.Charter, b.Charter) {
		return a, fmt.Errorf("couldn't merge: the two proposals are of different charters (%s and %s)",
			strings.Join(Words(a.Charter)[:3], " "), strings.Join(Words(b.Charter)[:3], " "))
	}
	for _, p := range []Proposal{a, b} {
		if _, _, err := p.check(); err != nil {
			return a, fmt.Errorf("couldn't merge: %w", err)
		}
	}
	sigs := slices.Clone(a.Signatures)
	for _, s := range b.Signatures {
		if !slices.ContainsFunc(sigs, func(have record.CharterSignature) bool { return have.Party == s.Party }) {
			sigs = append(sigs, s)
		}
	}
	a.Signatures = sortSignatures(sigs)
	return a, nil
}

// Complete gives the signed charter, ready for Config.Charters or
// AdoptCharter, and the line's id. The error names who has not signed.
func Complete(p Proposal) (record.CharterRecord, record.LineID, error) {
	_, prev, err := p.check()
	if err != nil {
		return record.CharterRecord{}, record.LineID{}, fmt.Errorf("couldn't complete the charter: %w", err)
	}
	cr := record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures}
	c, id, err := cr.Check(prev)
	if err == nil {
		err = cr.Returns(c, p.before())
	}
	if err != nil {
		return record.CharterRecord{}, record.LineID{}, fmt.Errorf("couldn't complete the charter: %w", err)
	}
	return cr, id, nil
}

// before gives the charters of the chain, which check has read.
func (p Proposal) before() (out []record.Charter) {
	for _, raw := range p.Chain {
		if cr, err := ParseCharterRecord(raw); err == nil {
			if c, err := record.ParseCharter(cr.Charter); err == nil {
				out = append(out, c)
			}
		}
	}
	return out
}

// Words are the twelve words of a charter's fingerprint, to be read over the
// telephone before anyone signs.
func Words(charter []byte) []string { return party.Words(record.CharterHash(charter)) }
