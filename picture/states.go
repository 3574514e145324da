package picture

import (
	"cmp"
	"slices"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// states gives a record's states at each recipient that has stated one. A
// receipt has none of its own. On the home line they are the acknowledgements of
// our own officers.
func (l *lineFold) states(e *entry) []PartyStates {
	if e.Rec.Kind == record.KindReceived {
		return nil
	}
	to := l.recipients(e)
	if l.home {
		if len(l.acks[e]) == 0 {
			return nil
		}
		to = []party.ID{e.Ref.Party}
	}
	out := make([]PartyStates, 0, len(to))
	for _, p := range to {
		ps := PartyStates{Party: p, States: []StateAt{}}
		if s, ok := l.received(e, p); ok {
			ps.States = append(ps.States, StateAt{State: "received", At: s.at, By: s.by.id})
		}
		for _, a := range l.acks[e] {
			if a.Ref.Party == p {
				ps.States = append(ps.States, stateOf(a))
			}
		}
		slices.SortStableFunc(ps.States, func(a, b StateAt) int { return cmp.Compare(a.At, b.At) })
		out = append(out, ps)
	}
	return out
}

// stateOf is what one acknowledgement states. "Relayed to unit U at T" counts
// from T, when that is not after the statement itself.
func stateOf(e *entry) StateAt {
	a, _ := bodyOf[record.Ack](e.Rec)
	s := StateAt{State: string(a.Level), At: e.composed, Officer: e.Rec.Officer, Unit: a.Unit, Text: a.Text, By: e.id}
	if !a.At.IsZero() && a.At < e.composed && (a.Level == record.LevelRelayed || a.Level == record.LevelUnit) {
		s.At = a.At
	}
	if a.Reason != "" {
		s.Text = a.Reason
		if a.Text != "" {
			s.Text += "; " + a.Text
		}
	}
	return s
}

// received gives p's earliest statement that it holds the record.
func (l *lineFold) received(e *entry, p party.ID) (step, bool) {
	s := l.receipts[p][keyOf(e.Ref)]
	if s == nil {
		return step{}, false
	}
	return s.covers(e.Ref.Index)
}

// missing gives the acknowledgements of e that its recipients still owe: an
// officer's, and each level that was asked for by name. The clock runs from the
// recipient's own time of receipt; while there is no receipt, from when it was
// composed, so that withholding a receipt wins nothing. A time of receipt that
// lies after the instant looked at is no receipt yet (see overdue), so that a
// clock set forward wins at most the clock's length once more.
//
// The officer's acknowledgement asked for by the charter's clock is "read"; an
// officer who answered in any other way has read it, and does not owe it unless
// the author asked for "read" by name.
//
// A party that has left owes what it was asked before, and says when it left;
// what is said while it is away it does not owe, then or later.
func (l *lineFold) missing(e *entry, wants []record.Level) []Missing {
	clocks := l.clocks(e.composed)
	var out []Missing
	for _, p := range l.recipients(e) {
		if l.away(p, e) {
			continue // it is not asked
		}
		clock := utc.Time(ackClock(clocks, e.Rec.Precedence))
		owed := Missing{Party: p, Left: l.leftAt(p), Due: e.composed + clock, unclaimed: e.composed + clock}
		if s, ok := l.received(e, p); ok {
			owed.claimed, owed.Due = s.at, s.at+clock
		}
		answered := false
		given := map[record.Level]bool{}
		for _, a := range l.acks[e] {
			if a.Ref.Party == p {
				ack, _ := bodyOf[record.Ack](a.Rec)
				given[ack.Level] = true
				answered = answered || a.Rec.Officer != ""
			}
		}
		if !answered && !slices.Contains(wants, record.LevelRead) {
			out = append(out, owed.level(record.LevelRead))
		}
		asked := map[record.Level]bool{}
		for _, w := range wants {
			if !given[w] && !asked[w] {
				asked[w] = true
				out = append(out, owed.level(w))
			}
		}
	}
	return out
}

func (m Missing) level(l record.Level) Missing {
	m.Level = l
	return m
}

// ackClock gives the milliseconds in which an officer acknowledges. A
// precedence that cannot be counts as flash.
func ackClock(c record.Clocks, p record.Precedence) uint32 {
	if p < record.Flash || p > record.Ordinary {
		p = record.Flash
	}
	return c.Ack[p-1]
}
