package picture

import (
	"slices"
	"strings"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// fold is everything about the records known at one instant that does not
// depend on the instant they are looked at.
type fold struct {
	self    party.ID
	knownAt utc.Time
	lines   []*lineFold

	conversations []Conversation
	standings     []*standing // in order
	by            map[*entry]*standing
	notices       []Notice // of standings; Active and Overdue not filled
	relayed       []*entry // in order
	opened        map[*entry]*record.Origin
	relays        []Relay
	plans         []Plan
	alerts        []openAlert
	unfound       map[record.About]bool // what alerts are about and is not held
	onWatch       []OnWatch
	findings      []Item
}

// lineFold is one line in a fold.
type lineFold struct {
	id       record.LineID
	self     party.ID
	name     string
	charters []record.Charter // ascending; those made by knownAt, at least the first
	home     bool
	parties  []party.ID
	logs     map[logKey][]*entry
	entries  []*entry
	held     map[logKey]*stairs              // what we have stated to hold, of others
	receipts map[party.ID]map[logKey]*stairs // by who received
	acks     map[*entry][]*entry             // by what is acknowledged
	others   map[fromTo][]party.ID
	exits    []*entry // in order; see leave
	circle   bool     // the parties' statements run in a circle; see order
}

func (b *Book) fold(knownAt utc.Time) *fold {
	f := &fold{self: b.self, knownAt: knownAt}
	names := b.names()
	for id, l := range b.lines {
		f.lines = append(f.lines, b.foldLine(l, names[id], knownAt))
	}
	slices.SortFunc(f.lines, func(a, b *lineFold) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	f.standNotices()
	f.standRelays()
	f.standHome()
	f.converse() // last: the others may have found a problem
	return f
}

// foldLine collects and orders what was known of one line.
func (b *Book) foldLine(l *bookLine, name string, knownAt utc.Time) *lineFold {
	lf := &lineFold{
		id: l.id, self: b.self, name: name, logs: map[logKey][]*entry{},
		receipts: map[party.ID]map[logKey]*stairs{}, acks: map[*entry][]*entry{}, others: map[fromTo][]party.ID{},
	}
	for i, c := range l.charters {
		if i == 0 || c.Made <= knownAt {
			lf.charters = append(lf.charters, c)
		}
	}
	lf.held = b.stated(l)
	for k, g := range l.logs {
		g.tidy()
		for _, x := range g.leaves {
			e := lf.enter(x, g)
			at := e.known
			if at.IsZero() {
				at = utc.Max
			}
			if at > knownAt {
				continue
			}
			e.id = x.named(name)
			lf.logs[k] = append(lf.logs[k], e)
			lf.entries = append(lf.entries, e)
		}
	}
	for _, e := range lf.entries {
		if e.valid() && e.Rec.Re != nil {
			e.re = lf.find(*e.Rec.Re)
		}
	}
	lf.members(b.self)
	lf.order()
	lf.index()
	return lf
}

// enter makes the entry of a leaf: since when it is known, and what is wrong
// with it by itself.
func (l *lineFold) enter(x *leaf, g *bookLog) *entry {
	e := &entry{leaf: x, in: l, known: x.KnownAt, problem: x.Problem}
	if x.State == Valid && x.Rec != nil {
		e.composed = x.Rec.Composed
	}
	if g.key.party == l.self && !e.composed.IsZero() {
		e.known = e.composed
	} else if g.key.party != l.self {
		e.known = earlier(e.known, since(&g.known, x.Ref.Index))
		e.known = earlier(e.known, since(l.held[g.key], x.Ref.Index))
	}
	if x.State != Valid && e.problem == "" {
		e.problem = "this record can't be opened"
	}
	return e
}

// stated gives, for each logbook of others, since when we have stated on this
// line that we hold it: by our Received records, and by what our records name as
// seen.
func (b *Book) stated(l *bookLine) map[logKey]*stairs {
	held := map[logKey]*stairs{}
	for k, g := range l.logs {
		if k.party != b.self {
			continue
		}
		for _, x := range g.leaves {
			for _, h := range x.states(b.self) {
				stairsOf(held, headKey(h)).add(h.Size, x.Rec.Composed, nil)
			}
		}
	}
	return held
}

// states gives the heads of others that a record of ours states to hold.
func (x *leaf) states(self party.ID) []record.Head {
	if x.State != Valid || x.Rec == nil {
		return nil
	}
	heads := x.Rec.Seen
	if r, ok := bodyOf[record.Received](x.Rec); ok {
		heads = slices.Concat(heads, r.Heads)
	}
	if slices.ContainsFunc(heads, func(h record.Head) bool { return h.Party == self }) {
		heads = slices.DeleteFunc(slices.Clone(heads), func(h record.Head) bool { return h.Party == self })
	}
	return heads
}

func stairsOf(m map[logKey]*stairs, k logKey) *stairs {
	s := m[k]
	if s == nil {
		s = &stairs{}
		m[k] = s
	}
	return s
}

func since(s *stairs, index uint64) utc.Time {
	if s == nil {
		return 0
	}
	if x, ok := s.covers(index); ok {
		return x.at
	}
	return 0
}

func (e *entry) valid() bool { return e.State == Valid && e.Rec != nil }

// members finds who is on the line: the newest charter's parties, or without a
// charter whoever wrote.
func (l *lineFold) members(self party.ID) {
	if n := len(l.charters); n > 0 {
		c := l.charters[n-1]
		l.home = c.Home
		for _, card := range c.Cards {
			l.parties = append(l.parties, card.Party)
		}
	} else {
		l.parties = append(l.parties, self)
		for k := range l.logs {
			l.parties = append(l.parties, k.party)
		}
	}
	slices.Sort(l.parties)
	l.parties = slices.Compact(l.parties)
}

// index finds what Received and Ack records say of others.
func (l *lineFold) index() {
	for _, e := range l.entries {
		if !e.valid() {
			continue
		}
		l.leave(e)
		l.receive(e, func(logKey, uint64, uint64) {})
		if l.acknowledges(e) {
			l.acks[e.re] = append(l.acks[e.re], e)
		}
	}
}

// receive takes in what a Received record states. It calls f with each part of a
// logbook of which that changes when it was received.
func (l *lineFold) receive(e *entry, f func(k logKey, from, to uint64)) {
	r, ok := bodyOf[record.Received](e.Rec)
	if !ok {
		return
	}
	for _, h := range r.Heads {
		if h.Party == e.Ref.Party {
			continue
		}
		m := l.receipts[e.Ref.Party]
		if m == nil {
			m = map[logKey]*stairs{}
			l.receipts[e.Ref.Party] = m
		}
		f(headKey(h), stairsOf(m, headKey(h)).add(h.Size, e.composed, e), h.Size)
	}
}

// acknowledges reports whether a record is an acknowledgement that counts, of
// e.re; one that doesn't says why.
func (l *lineFold) acknowledges(e *entry) bool {
	a, ok := bodyOf[record.Ack](e.Rec)
	if !ok {
		return false
	}
	switch {
	case e.Rec.Re == nil:
		e.problem = "acknowledges no record"
	case e.re == nil: // not held (yet): nothing to acknowledge here
	case e.re.Ref.Party == e.Ref.Party && !l.home:
		e.problem = "acknowledges a record of its own party: no effect"
	case e.Rec.Officer == "" && a.Level != record.LevelSeen:
		e.problem = "acknowledges without an officer: no effect"
	default:
		return true
	}
	return false
}

// bodyOf gives the record's body as a T, held by value or by pointer.
func bodyOf[T any](r *record.Record) (T, bool) {
	switch b := any(r.Body).(type) {
	case T:
		return b, true
	case *T:
		if b != nil {
			return *b, true
		}
	}
	var zero T
	return zero, false
}
