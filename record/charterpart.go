package record

import (
	"slices"

	"parley/party"
	"parley/utc"
)

// CheckPart is Check for a charter that is still on its way round the parties:
// what is there must be right, and missing names, ascending, the parties that
// have not signed yet. A charter without any signature is fine.
func (r CharterRecord) CheckPart(prev *Charter) (c Charter, line LineID, missing []party.ID, err error) {
	if len(r.Signatures) > 0 {
		err = r.Validate()
	}
	if err != nil {
		return Charter{}, LineID{}, nil, err
	}
	if c, err = ParseCharter(r.Charter); err != nil {
		return Charter{}, LineID{}, nil, err
	}
	line = LineID(CharterHash(r.Charter))
	if prev != nil || c.Revision != 0 {
		if line, err = c.follows(prev); err != nil {
			return Charter{}, LineID{}, nil, under("charter", err)
		}
	}
	tbs := CharterTBS(r.Charter)
	signed := map[party.ID]bool{}
	for i, s := range r.Signatures {
		if err := c.signer(prev, s); err != nil {
			return Charter{}, LineID{}, nil, under(at("signatures", i), err)
		}
		if !s.Key.Verify(tbs, s.Sig) {
			return Charter{}, LineID{}, nil, bad(at("signatures", i)+".sig", "is not %s's signature of this charter", s.Party)
		}
		signed[s.Party] = true
	}
	for _, id := range c.Parties() {
		if !signed[id] {
			missing = append(missing, id)
		}
	}
	missing = append(missing, c.putOff(prev, signed)...)
	slices.Sort(missing)
	return c, line, missing, nil
}

// putOff gives the parties of prev that c leaves out without their signature
// although fewer than two of prev go on.
func (c Charter) putOff(prev *Charter, signed map[party.ID]bool) (out []party.ID) {
	if prev == nil {
		return nil
	}
	stay := 0
	for _, id := range prev.Parties() {
		if _, on := c.Card(id); on {
			stay++
		} else if !signed[id] {
			out = append(out, id)
		}
	}
	if stay >= 2 {
		return nil
	}
	return out
}

// Returns checks the parties on c that are not on the charter in force, the last
// of before, but were on an earlier one: whoever comes back has to sign with the
// key of a chief of its own earlier card. Otherwise the others could bring back
// its name with keys that are theirs. The error names the party.
func (r CharterRecord) Returns(c Charter, before []Charter) error {
	for _, card := range c.Cards {
		for i := len(before) - 1; i >= 0; i-- {
			old, was := before[i].Card(card.Party)
			if was && i == len(before)-1 {
				break // it has never left
			}
			if !was {
				continue
			}
			if !r.chiefOf(old, c.Made) {
				return bad("signatures", "%s comes back, and no chief of its card of revision %d has signed for it", card.Party, before[i].Revision)
			}
			break
		}
	}
	return nil
}

// chiefOf reports whether card's party has signed with the key of a chief on it.
func (r CharterRecord) chiefOf(card party.Card, at utc.Time) bool {
	for _, s := range r.Signatures {
		if s.Party != card.Party {
			continue
		}
		o, ok := card.OfficerByKey(s.Key.ID())
		return ok && o.Key == s.Key && o.Holds(party.Chief, at)
	}
	return false
}
