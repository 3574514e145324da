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
	circle   bool // the parties' statements run in a circle; see order
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
		c := l.conversation()
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
	sortFindings(f.findings)
}

// conversation is a line's conversation but for its items.
func (l *lineFold) conversation() Conversation {
	c := Conversation{Line: l.id, Name: l.name, Home: l.home, Parties: l.parties, Closed: l.closed(l.self)}
	if n := len(l.charters); n > 0 {
		c.Exercise = l.charters[n-1].Exercise
	}
	return c
}

func sortFindings(items []Item) {
	slices.SortFunc(items, func(a, b Item) int {
		if c := cmp.Compare(a.KnownAt, b.KnownAt); c != 0 {
			return c
		}
		if c := strings.Compare(string(a.ID), string(b.ID)); c != 0 {
			return c
		}
		return compareRef(a.Ref, b.Ref)
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
