package line

import (
	"fmt"
	"slices"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// Entitled judges who may say what: the record at index of a logbook must name
// this line, the logbook's party and lane; speak for whoever's key signed it;
// and that key must stand on the party's card in the charter in force at that
// place, good at the time at which it was composed. The node's door asks it of
// every leaf it takes in and Verify of every leaf of a copy, so what is valid
// to one is valid to the other. It gives the key that must have signed; that
// it did is record's business.
func (l *Line) Entitled(log logbook.ID, index uint64, r *record.Record) (party.Key, error) {
	b := l.books[log]
	if b == nil {
		return party.Key{}, fmt.Errorf("the logbook %s is not held", log)
	}
	if r.Line != log.Line || r.Party != log.Party || r.Lane != log.Lane {
		return party.Key{}, fmt.Errorf("it says that it belongs to line %x, %s, lane %s", r.Line[:8], r.Party, r.Lane)
	}
	c := l.Charter()
	if r.Kind.HomeOnly() && !c.Home {
		return party.Key{}, fmt.Errorf("a %s belongs on a home line and nowhere else", r.Kind)
	}
	if r.Exercise != c.Exercise {
		return party.Key{}, fmt.Errorf("it says exercise=%t, the line's charter says %t", r.Exercise, c.Exercise)
	}
	k, _, err := l.entitled(b, index, r)
	return k, err
}

// entitled finds the key that must have signed the entry at index of b, and
// the officer it speaks for (zero: the machine).
func (l *Line) entitled(b *book, index uint64, r *record.Record) (party.Key, party.Officer, error) {
	for _, rev := range b.revisionsAt(index) {
		if int(rev) >= len(l.rosters) {
			continue
		}
		k, o, ok := keyIn(l.rosters[rev].charter, b.id.Party, r.Key, r.Composed)
		if !ok {
			continue
		}
		if o.ID != r.Officer {
			who := "the machine's"
			if o.ID != "" {
				who = o.ID + "'s"
			}
			return k, o, fmt.Errorf("it is signed with %s key but speaks for %q", who, r.Officer)
		}
		if o.ID != "" && !MaySay(o, r.Body) {
			return k, o, fmt.Errorf("%s is an observer, who signs nothing but what was seen and read", o.ID)
		}
		return k, o, nil
	}
	return party.Key{}, party.Officer{}, fmt.Errorf("key %s is on no card of %s in force there at %s", r.Key, b.id.Party, r.Composed)
}

// MaySay holds an officer's roles against what is said: who is nothing but an
// observer acknowledges as seen or read, and no more.
func MaySay(o party.Officer, body record.Body) bool {
	if slices.ContainsFunc(o.Roles, func(r party.Role) bool { return r != party.Observer }) {
		return true
	}
	a, ok := body.(record.Ack)
	return ok && (a.Level == record.LevelRead || a.Level == record.LevelSeen)
}
