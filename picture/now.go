package picture

import (
	"math"
	"slices"
	"sort"

	"parley/record"
	"parley/utc"
)

// running is the fold of everything held, kept up with what is added. The usual
// new leaf stands at the end of its logbook and nothing has named it yet: it can
// change only itself, what it acts on and what it states to have received, and
// those alone are folded again. Anything else (a fork, a leaf from before, an
// answer that came ahead of its question) is folded from the beginning, as At
// does it; running has to equal that always.
//
// Pictures share what did not change between them. What one has been given is
// never written to again: lists are copied before a change, save for what comes
// behind their end.
type running struct {
	*fold
	items   map[*lineFold]*shared[Item]
	seen    map[*lineFold]map[logKey]uint64   // sizes that records name as seen
	awaited map[*lineFold]map[record.Ref]bool // named by Re and not held
	shown   shared[Notice]                    // notices as they stand at the instant
	reaches shared[Reach]
	steady  []steady // of shown: while that is so
	from    utc.Time // shown holds from here
	until   utc.Time // to here, not included
	touched map[*entry]bool
}

// steady is a span of time in which a notice looks the same.
type steady struct{ from, until utc.Time }

// shared is a list that pictures have been given.
type shared[T any] struct {
	list  []T
	given int // so many of them, from the first
}

func (s *shared[T]) give() []T {
	s.given = len(s.list)
	return s.list[:s.given:s.given]
}

// own makes the list ours from i on; if not all of it, then a copy with room to
// grow.
func (s *shared[T]) own(i int) {
	if i < s.given {
		s.list, s.given = append(make([]T, 0, len(s.list)+len(s.list)/8+16), s.list...), 0
	}
}

func (s *shared[T]) set(i int, x T) {
	s.own(i)
	s.list[i] = x
}

func (s *shared[T]) insert(i int, x T) {
	s.own(i)
	s.list = slices.Insert(s.list, i, x)
}

// run starts from a fold of everything, which it takes over.
func run(f *fold, instant utc.Time) *running {
	r := &running{fold: f, items: map[*lineFold]*shared[Item]{}, seen: map[*lineFold]map[logKey]uint64{},
		awaited: map[*lineFold]map[record.Ref]bool{}, touched: map[*entry]bool{}}
	for i, l := range f.lines {
		r.items[l] = &shared[Item]{list: f.conversations[i].Items}
		r.seen[l], r.awaited[l] = map[logKey]uint64{}, map[record.Ref]bool{}
		for _, e := range l.entries {
			r.name(e)
		}
	}
	r.shown.list = make([]Notice, len(f.notices))
	r.reaches.list = make([]Reach, len(f.notices))
	r.steady = make([]steady, len(f.notices))
	for i := range f.notices {
		r.reaches.list[i] = reachOf(&f.notices[i])
		r.look(i, instant)
	}
	r.bounds()
	return r
}

// name remembers what a record names, for those that come after it.
func (r *running) name(e *entry) {
	if e.Rec == nil {
		return
	}
	for _, h := range e.Rec.Seen {
		k := headKey(h)
		r.seen[e.in][k] = max(r.seen[e.in][k], h.Size)
	}
	if e.valid() && e.Rec.Re != nil && e.re == nil {
		r.awaited[e.in][*e.Rec.Re] = true
	}
}

// look evaluates the i-th notice at the instant.
func (r *running) look(i int, instant utc.Time) {
	n := r.notices[i]
	s := steady{math.MinInt64, math.MaxInt64}
	turn := func(at utc.Time) {
		if at <= instant {
			s.from = max(s.from, at)
		} else {
			s.until = min(s.until, at)
		}
	}
	turn(r.reaches.list[i].Ends)
	for _, m := range n.Missing {
		turn(m.Due)
		turn(m.claimed)
		turn(m.unclaimed)
	}
	n.Active = n.active(instant)
	n.Missing = overdue(n.Missing, instant)
	r.shown.set(i, n)
	r.steady[i] = s
}

func (r *running) bounds() {
	r.from, r.until = math.MinInt64, math.MaxInt64
	for _, s := range r.steady {
		r.from, r.until = max(r.from, s.from), min(r.until, s.until)
	}
}

// picture gives the picture at an instant.
func (r *running) picture(instant utc.Time) *Picture {
	if instant < r.from || instant >= r.until {
		for i, s := range r.steady {
			if instant < s.from || instant >= s.until {
				r.look(i, instant)
			}
		}
		r.bounds()
	}
	p := &Picture{Self: r.self, KnownAt: r.known(instant), Instant: instant, Lines: make([]Conversation, len(r.lines)),
		Notices: orEmpty(r.shown.give()), reaches: r.reaches.give()}
	for i, l := range r.lines {
		p.Lines[i] = r.conversations[i]
		p.Lines[i].Items = r.items[l].give()
	}
	r.rest(p)
	return p
}

// take takes one leaf in. It reports false if the fold has to be made anew, and
// may then have been spoilt.
func (r *running) take(b *Book, x *leaf, instant utc.Time) bool {
	l, _ := r.line(x.Line)
	if l == nil || l.circle {
		return false
	}
	g := b.lines[x.Line].log(keyOf(x.Ref))
	log := l.logs[g.key]
	n := len(log)
	switch {
	case n > 0 && log[n-1].Ref.Index >= x.Ref.Index, // a fork, or a gap that closes
		n == 0 && len(l.charters) == 0, // a member that we did not know of
		r.awaited[l][x.Ref], r.seen[l][g.key] > x.Ref.Index:
		return false
	}
	e := l.enter(x, g)
	e.id = x.named(l.name)
	if e.valid() && e.Rec.Re != nil {
		e.re = l.find(*e.Rec.Re)
	}
	l.logs[g.key] = append(log, e)
	l.place(e, n)
	at := l.position(e)
	l.entries = slices.Insert(l.entries, at, e)
	r.name(e)
	clear(r.touched)
	if !r.act(e, at == len(l.entries)-1) {
		return false
	}
	r.items[l].insert(at, l.item(e))
	r.show(e, instant)
	return true
}

func (r *running) line(id record.LineID) (*lineFold, int) {
	for i, l := range r.lines {
		if l.id == id {
			return l, i
		}
	}
	return nil, 0
}

// place works out where a new last entry of a log stands: nothing stands after
// it, so what is before it is enough.
func (l *lineFold) place(e *entry, n int) {
	e.causal, e.depth = e.composed, 0
	after := func(p *entry) {
		switch {
		case p == nil || p == e:
		case p.causal > e.causal:
			e.causal, e.depth = p.causal, p.depth+1
		case p.causal == e.causal && p.depth >= e.depth:
			e.depth = p.depth + 1
		}
	}
	log := l.logs[keyOf(e.Ref)]
	if n > 0 {
		after(log[n-1])
	}
	if e.Rec == nil {
		return
	}
	after(e.re)
	for _, h := range e.Rec.Seen {
		after(lastBelow(l.logs[headKey(h)], h.Size))
	}
}

// position gives where an entry stands, or would stand, in the line.
func (l *lineFold) position(e *entry) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].compare(e) >= 0 })
}

// touch marks the entries of a part of a logbook.
func (r *running) touch(l *lineFold, k logKey, from, to uint64) {
	log := l.logs[k]
	i := sort.Search(len(log), func(i int) bool { return log[i].Ref.Index >= from })
	for ; i < len(log) && log[i].Ref.Index < to; i++ {
		r.touched[log[i]] = true
	}
}

// owing marks what a party that leaves still owes an answer to: it says so from
// now on.
func (r *running) owing(e *entry) {
	owes := func(m Missing) bool { return m.Party == e.Ref.Party }
	for i := range r.notices {
		if x := r.standings[i].e; x.in == e.in && slices.ContainsFunc(r.notices[i].Missing, owes) {
			r.touched[x] = true
		}
	}
	for i := range r.relays {
		if x := r.relayed[i]; x.in == e.in && slices.ContainsFunc(r.relays[i].Missing, owes) {
			r.touched[x] = true
		}
	}
}

// act lets a new entry act on others. Those that look different by it are
// touched. What acts by its place in the line (last is whether that is the end)
// can't be taken in in the middle.
func (r *running) act(e *entry, last bool) bool {
	l := e.in
	if !e.valid() {
		return true
	}
	if e.Ref.Party == l.self {
		if e.composed.IsZero() {
			return false
		}
		for _, h := range e.states(l.self) {
			k := headKey(h)
			from := stairsOf(l.held, k).add(h.Size, e.composed, nil)
			log := l.logs[k]
			for i := sort.Search(len(log), func(i int) bool { return log[i].Ref.Index >= from }); i < len(log) && log[i].Ref.Index < h.Size; i++ {
				if t := earlier(log[i].known, e.composed); t != log[i].known {
					log[i].known = t
					r.touched[log[i]] = true
				}
			}
		}
	}
	if e.Rec.Kind == record.KindClose {
		if !last {
			return false // what was said after it is owed no more
		}
		l.leave(e)
		r.owing(e)
	}
	l.receive(e, func(k logKey, from, to uint64) { r.touch(l, k, from, to) })
	if l.acknowledges(e) {
		as := l.acks[e.re]
		i := sort.Search(len(as), func(i int) bool { return as[i].compare(e) >= 0 })
		l.acks[e.re] = slices.Insert(as, i, e)
		r.touched[e.re] = true
		if s := r.by[e.re]; s != nil && s.root != nil {
			r.touched[s.root.e] = true // it shows the read-backs of its corrections
		}
	}
	if o, ok := bodyOf[record.Opening](e.Rec); ok {
		e.open(o, r.opened)
		return last
	}
	if _, ok := bodyOf[record.Relay](e.Rec); ok && !l.home {
		i := sort.Search(len(r.relayed), func(i int) bool { return r.relayed[i].compare(e) >= 0 })
		r.relayed = slices.Insert(r.relayed, i, e)
	}
	n, ok := bodyOf[record.Notice](e.Rec)
	if !ok || l.home {
		return true
	}
	s := &standing{e: e, n: n}
	r.by[e] = s
	if (n.Class == record.Cancellation || n.Class == record.Correction) && !last {
		return false
	}
	s.act(r.by)
	for t := s.root; t != nil; t = t.root {
		r.touched[t.e] = true
	}
	i := sort.Search(len(r.standings), func(i int) bool { return r.standings[i].e.compare(e) >= 0 })
	r.standings = slices.Insert(r.standings, i, s)
	r.notices = slices.Insert(r.notices, i, Notice{})
	r.shown.insert(i, Notice{})
	r.reaches.insert(i, Reach{})
	r.steady = slices.Insert(r.steady, i, steady{})
	r.touched[e] = true
	return true
}

// show brings up to date what a new entry has changed.
func (r *running) show(e *entry, instant utc.Time) {
	home := e.in.home || r.unfound[record.About{Line: e.Line, Ref: e.Ref}]
	relays, findings := e.valid() && (e.Rec.Kind == record.KindRelay || e.Rec.Kind == record.KindOpening), isFinding(e)
	for x := range r.touched {
		x.shown = nil
		l := x.in
		r.items[l].set(l.position(x), l.item(x))
		home = home || l.home
		findings = findings || isFinding(x)
		relays = relays || x.valid() && x.Rec.Kind == record.KindRelay
		s := r.by[x]
		if s == nil {
			continue
		}
		i := sort.Search(len(r.standings), func(i int) bool { return r.standings[i].e.compare(x) >= 0 })
		r.notices[i] = s.notice()
		r.reaches.set(i, reachOf(&r.notices[i]))
		r.look(i, instant)
		r.from, r.until = max(r.from, r.steady[i].from), min(r.until, r.steady[i].until)
	}
	if relays {
		r.showRelays()
	}
	if home {
		r.standHome()
	}
	if findings {
		r.refind()
	}
	_, at := r.line(e.Line)
	if e.valid() && e.Rec.Kind == record.KindClose {
		c := &r.conversations[at]
		c.Left = e.in.left()
		c.Closed = e.in.closed(c.Left)
	}
}

func isFinding(e *entry) bool { return !e.valid() || e.Rec.Kind == record.KindFinding }

// refind gathers what is wrong anew.
func (r *running) refind() {
	var out []Item
	for _, l := range r.lines {
		for _, e := range l.entries {
			if isFinding(e) {
				out = append(out, l.item(e))
			}
		}
	}
	sortFindings(out)
	r.findings = out
}
