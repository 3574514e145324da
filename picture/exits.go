package picture

import (
	"slices"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// Exit is a party that has left a line and not returned by an amended charter.
type Exit struct {
	Party party.ID `json:"party"`
	At    utc.Time `json:"at"` // by its own clock, signed
	Text  string   `json:"text"`
	By    ID       `json:"by"` // its close record
}

// leave takes in a party's exit. Of several close records of one absence the
// first in the line's order counts, so that saying it often changes nothing.
func (l *lineFold) leave(e *entry) {
	if e.Rec.Kind != record.KindClose || l.home || l.away(e.Ref.Party, e) {
		return
	}
	l.exits = append(l.exits, e)
}

// away reports whether p had left when e was said: an exit of p stands before e
// in the line, and no charter with p on it was made between the two. Nobody is
// asked for anything while away, and a return doesn't ask for it afterwards.
func (l *lineFold) away(p party.ID, e *entry) bool {
	for _, x := range l.exits {
		if x.Ref.Party == p && x.compare(e) < 0 && !l.returned(x, e.composed) {
			return true
		}
	}
	return false
}

// returned reports whether a charter made after the exit x, and not after the
// instant at, has the party on it again.
func (l *lineFold) returned(x *entry, at utc.Time) bool {
	for i := range l.charters {
		c := &l.charters[i]
		if c.Made > x.composed && c.Made <= at && slices.ContainsFunc(c.Cards, func(c party.Card) bool { return c.Party == x.Ref.Party }) {
			return true
		}
	}
	return false
}

// left gives the exits that stand, in the order of the line.
func (l *lineFold) left() []Exit {
	var out []Exit
	for _, e := range l.exits {
		if l.returned(e, utc.Max) {
			continue
		}
		c, _ := bodyOf[record.Close](e.Rec)
		out = append(out, Exit{Party: e.Ref.Party, At: e.composed, Text: oneLine(c.Text), By: e.id})
	}
	return out
}

// leftAt says when p left, zero if it is there.
func (l *lineFold) leftAt(p party.ID) utc.Time {
	for _, e := range l.exits {
		if e.Ref.Party == p && !l.returned(e, utc.Max) {
			return e.composed
		}
	}
	return 0
}

// closed reports whether we have left, or too few are left to speak with.
func (l *lineFold) closed(left []Exit) bool {
	there := len(l.parties)
	for _, x := range left {
		if x.Party == l.self {
			return true
		}
		if slices.Contains(l.parties, x.Party) {
			there--
		}
	}
	return len(left) > 0 && there < 2
}
