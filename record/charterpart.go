package record

import "parley/party"

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
	return c, line, missing, nil
}
