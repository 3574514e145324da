package picture

import (
	"slices"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// charter gives the charter in force when a record was composed. A later
// amendment moves no deadline that was already running.
func (l *lineFold) charter(at utc.Time) (*record.Charter, bool) {
	for i := len(l.charters) - 1; i >= 0; i-- {
		if i == 0 || l.charters[i].Made <= at {
			return &l.charters[i], true
		}
	}
	return nil, false
}

func (l *lineFold) clocks(at utc.Time) record.Clocks {
	if c, ok := l.charter(at); ok {
		return c.Clocks
	}
	return record.DefaultClocks()
}

// recipients are the other members of the line when the record was composed.
func (l *lineFold) recipients(e *entry) []party.ID {
	if l.home {
		return nil
	}
	k := fromTo{party: e.Ref.Party, revision: -1}
	ps := l.parties
	if c, ok := l.charter(e.composed); ok {
		k.revision = int64(c.Revision)
		if to, ok := l.others[k]; ok {
			return to
		}
		ps = nil
		for _, card := range c.Cards {
			ps = append(ps, card.Party)
		}
		slices.Sort(ps)
	}
	to := without(ps, e.Ref.Party)
	l.others[k] = to
	return to
}

// fromTo is a key of who receives from a party under a charter.
type fromTo struct {
	party    party.ID
	revision int64
}

func without(ps []party.ID, p party.ID) []party.ID {
	var out []party.ID
	for _, q := range ps {
		if q != p {
			out = append(out, q)
		}
	}
	return out
}
