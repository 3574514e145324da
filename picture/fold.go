package picture

import (
	"cmp"
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
	notices       []Notice // Active and Overdue not filled
	relays        []Relay
	plans         []Plan
	alerts        []openAlert
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
	receipts map[party.ID]map[logKey]*stairs // by who received
	acks     map[*entry][]*entry             // by what is acknowledged
	others   map[fromTo][]party.ID
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
	held := b.stated(l)
	for k, g := range l.logs {
		g.tidy()
		for _, x := range g.leaves {
			e := &entry{leaf: x, in: lf, known: x.KnownAt}
			if x.State == Valid && x.Rec != nil {
				e.composed = x.Rec.Composed
			}
			if k.party == b.self && !e.composed.IsZero() {
				e.known = e.composed
			} else if k.party != b.self {
				e.known = earlier(e.known, since(&g.known, x.Ref.Index))
				e.known = earlier(e.known, since(held[k], x.Ref.Index))
			}
			at := e.known
			if at.IsZero() {
				at = utc.Max
			}
			if at > knownAt {
				continue
			}
			e.id = x.named(name)
			e.problem = x.Problem
			if x.State != Valid && e.problem == "" {
				e.problem = "this record can't be opened"
			}
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
			if x.State != Valid || x.Rec == nil {
				continue
			}
			heads := x.Rec.Seen
			if r, ok := bodyOf[record.Received](x.Rec); ok {
				heads = append(slices.Clone(heads), r.Heads...)
			}
			for _, h := range heads {
				if h.Party != b.self {
					s := held[headKey(h)]
					if s == nil {
						s = &stairs{}
						held[headKey(h)] = s
					}
					s.add(h.Size, x.Rec.Composed, nil)
				}
			}
		}
	}
	return held
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
		if r, ok := bodyOf[record.Received](e.Rec); ok {
			for _, h := range r.Heads {
				if h.Party == e.Ref.Party {
					continue
				}
				m := l.receipts[e.Ref.Party]
				if m == nil {
					m = map[logKey]*stairs{}
					l.receipts[e.Ref.Party] = m
				}
				s := m[headKey(h)]
				if s == nil {
					s = &stairs{}
					m[headKey(h)] = s
				}
				s.add(h.Size, e.composed, e)
			}
		}
		if a, ok := bodyOf[record.Ack](e.Rec); ok {
			switch {
			case e.Rec.Re == nil:
				e.problem = "acknowledges no record"
			case e.re == nil: // not held (yet): nothing to acknowledge here
			case e.re.Ref.Party == e.Ref.Party && !l.home:
				e.problem = "acknowledges a record of its own party: no effect"
			case e.Rec.Officer == "" && a.Level != record.LevelSeen:
				e.problem = "acknowledges without an officer: no effect"
			default:
				l.acks[e.re] = append(l.acks[e.re], e)
			}
		}
	}
}

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

// converse builds the conversations and gathers what is wrong.
func (f *fold) converse() {
	for _, l := range f.lines {
		c := Conversation{Line: l.id, Name: l.name, Home: l.home, Parties: l.parties, Closed: l.closed(f.self)}
		if n := len(l.charters); n > 0 {
			c.Exercise = l.charters[n-1].Exercise
		}
		c.Items = make([]Item, 0, len(l.entries))
		for _, e := range l.entries {
			it := l.item(e)
			c.Items = append(c.Items, it)
			if !e.valid() || it.Kind == record.KindFinding {
				f.findings = append(f.findings, it)
			}
		}
		f.conversations = append(f.conversations, c)
	}
	slices.SortFunc(f.findings, func(a, b Item) int {
		if c := cmp.Compare(a.KnownAt, b.KnownAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
}

// closed reports whether we have left, or too few are left to speak with. A
// charter made after a party's exit takes it back.
func (l *lineFold) closed(self party.ID) bool {
	if l.home {
		return false
	}
	var made utc.Time
	if n := len(l.charters); n > 0 {
		made = l.charters[n-1].Made
	}
	gone := map[party.ID]bool{}
	for _, e := range l.entries {
		if e.valid() && e.Rec.Kind == record.KindClose && e.composed >= made {
			gone[e.Ref.Party] = true
		}
	}
	left := 0
	for _, p := range l.parties {
		if !gone[p] {
			left++
		}
	}
	return gone[self] || len(gone) > 0 && left < 2
}

// item shows one record. What is wrong with it has to be known by then.
func (l *lineFold) item(e *entry) Item {
	if e.shown == nil {
		it := l.show(e)
		e.shown = &it
	}
	return *e.shown
}

func (l *lineFold) show(e *entry) Item {
	it := l.brief(e)
	if e.valid() {
		it.States = l.states(e)
	}
	return it
}

// brief is show without the states.
func (l *lineFold) brief(e *entry) Item {
	it := Item{
		ID: e.id, Line: l.id, LineName: l.name, Ref: e.Ref, Party: e.Ref.Party,
		KnownAt: e.known, Problem: e.problem,
	}
	if !e.valid() {
		it.Words = "A record that can't be opened: " + e.problem + "."
		if e.State == Unreadable {
			it.Words = "A record of a kind or version that this release doesn't know: " + e.problem + "."
		}
		return it
	}
	r := e.Rec
	it.Kind, it.Officer, it.Precedence, it.Composed, it.Body = r.Kind, r.Officer, r.Precedence, r.Composed, r.Body
	if r.Re != nil {
		it.Re = FormatID(l.name, *r.Re)
	}
	if e.words == "" {
		e.words = words(r)
	}
	it.Words = e.words
	if fd, ok := bodyOf[record.Finding](r); ok && it.Problem == "" {
		it.Problem = fd.What + ": " + fd.Text
	}
	return it
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
