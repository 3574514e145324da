package picture

import (
	"slices"

	"parley/party"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// ReadBack is the last read-back of a notice by one of its recipients, beside
// what it has to be compared with.
type ReadBack struct {
	Item    Item // the acknowledgement, but for States
	Party   party.ID
	At      utc.Time
	Lines   []string        // what was read back
	Against []volume.Volume // in force where the acknowledgement stands in the line
}

// ReadBacks gives, for each recipient that has read the notice or a correction
// of it back, what it read back last. One that was followed by a correction is
// not given: there is something else to be understood since.
func (n *Notice) ReadBacks() []ReadBack { return n.readBacks }

// readBacks finds the last read-back of each recipient.
func (s *standing) readBacks() []ReadBack {
	l := s.e.in
	of := slices.Clone(l.acks[s.e])
	for _, c := range s.corrections {
		of = append(of, l.acks[c.e]...)
	}
	if len(of) == 0 {
		return nil
	}
	slices.SortFunc(of, func(a, b *entry) int { return a.compare(b) })
	_, _, now := s.inForce(nil)
	var out []ReadBack
	for i := len(of) - 1; i >= 0; i-- {
		a := of[i]
		ack, _ := bodyOf[record.Ack](a.Rec)
		p := a.Ref.Party
		if ack.Level != record.LevelUnderstood || len(ack.ReadBack) == 0 || slices.ContainsFunc(out, func(r ReadBack) bool { return r.Party == p }) {
			continue
		}
		vs, _, then := s.inForce(a)
		r := ReadBack{Item: l.brief(a), Party: p, At: a.composed, Lines: ack.ReadBack, Against: vs}
		if then != now {
			r.Against = nil // of an older version
		}
		out = append(out, r)
	}
	out = slices.DeleteFunc(out, func(r ReadBack) bool { return r.Against == nil })
	slices.SortFunc(out, func(a, b ReadBack) int { return compareRef(a.Item.Ref, b.Item.Ref) })
	return out
}
