package picture

import (
	"bytes"
	"cmp"
	"slices"
	"sort"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// Book holds the leaves and folds them on demand. It is owned by one goroutine;
// the pictures that it gives may be read by all.
type Book struct {
	self  party.ID
	lines map[record.LineID]*bookLine
	size  int
	now   *running // the fold of everything held but fresh; nil after other changes
	fresh []*leaf  // added since
	folds int      // how often it was folded from the beginning
}

// bookLine is one line's charters and leaves.
type bookLine struct {
	id       record.LineID
	name     string // the greatest of the names it was given
	charters []record.Charter
	leaves   map[record.Ref]*leaf
	logs     map[logKey]*bookLog
}

type logKey struct {
	party       party.ID
	lane        record.Lane
	incarnation uint32
}

func keyOf(r record.Ref) logKey    { return logKey{r.Party, r.Lane, r.Incarnation} }
func headKey(h record.Head) logKey { return logKey{h.Party, h.Lane, h.Incarnation} }

func (k logKey) compare(l logKey) int {
	if c := cmp.Compare(k.party, l.party); c != 0 {
		return c
	}
	if c := cmp.Compare(k.lane, l.lane); c != 0 {
		return c
	}
	return cmp.Compare(k.incarnation, l.incarnation)
}

// bookLog is one logbook as far as it is held, with when we are known to have
// held it.
type bookLog struct {
	key    logKey
	leaves []*leaf // by index, then leaf hash; sorted unless loose
	loose  bool
	known  stairs
}

// leaf is one Held with what need be worked out only once.
type leaf struct {
	Held
	words string
	id    ID     // under the name
	name  string // of the line when it was last asked for
}

// named gives the leaf's ID on the line of that name.
func (x *leaf) named(line string) ID {
	if x.id == "" || x.name != line {
		x.id, x.name = FormatID(line, x.Ref), line
	}
	return x.id
}

// NewBook gives an empty book for one party.
func NewBook(self party.ID) *Book {
	return &Book{self: self, lines: map[record.LineID]*bookLine{}}
}

// Len is how many different leaves the book holds.
func (b *Book) Len() int { return b.size }

func (b *Book) line(id record.LineID) *bookLine {
	l := b.lines[id]
	if l == nil {
		l = &bookLine{id: id, leaves: map[record.Ref]*leaf{}, logs: map[logKey]*bookLog{}}
		b.lines[id] = l
		b.now = nil
	}
	return l
}

func (l *bookLine) log(k logKey) *bookLog {
	g := l.logs[k]
	if g == nil {
		g = &bookLog{key: k}
		l.logs[k] = g
	}
	return g
}

// AddCharter gives the book one revision of a line's charter, and the line's
// name here. Parties, clocks and whether it is the home line come from it. Of
// two revisions the one made later by number counts from its Made on.
func (b *Book) AddCharter(line record.LineID, name string, c record.Charter) {
	l := b.line(line)
	l.name = max(l.name, name)
	i, found := slices.BinarySearchFunc(l.charters, c.Revision, func(x record.Charter, r uint32) int { return cmp.Compare(x.Revision, r) })
	if !found {
		l.charters = slices.Insert(l.charters, i, c)
	} else if bytes.Compare(c.Nonce[:], l.charters[i].Nonce[:]) < 0 {
		l.charters[i] = c // cannot be on an honest line; the choice must only not depend on order
	}
	b.now = nil
}

// Add takes one leaf. The same leaf again changes nothing but may make it known
// earlier. Two different leaves at one place (a fork) both stand.
func (b *Book) Add(h Held) {
	l := b.line(h.Line)
	x := l.leaves[h.Ref]
	if x == nil {
		x = &leaf{Held: h}
		l.leaves[h.Ref] = x
		g := l.log(keyOf(h.Ref))
		if n := len(g.leaves); n > 0 && compareRef(g.leaves[n-1].Ref, h.Ref) > 0 {
			g.loose = true
		}
		g.leaves = append(g.leaves, x)
		b.size++
		if b.now != nil {
			b.fresh = append(b.fresh, x)
		}
		return
	}
	// The same leaf opened in two ways cannot be, save by a newer version of us.
	if h.State < x.State || h.State == x.State && h.Problem < x.Problem {
		known := x.KnownAt
		x.Held, x.words = h, ""
		x.KnownAt = known
		b.now = nil
	}
	if e := earlier(x.KnownAt, h.KnownAt); e != x.KnownAt {
		x.KnownAt = e
		b.now = nil
	}
}

// Known tells the book that at the instant at we have stated that we hold
// everything of the head's logbook below its size. Our own Received records
// among the leaves say the same by themselves.
func (b *Book) Known(line record.LineID, head record.Head, at utc.Time) {
	if at.IsZero() || head.Size == 0 {
		return
	}
	b.line(line).log(headKey(head)).known.add(head.Size, at, nil)
	b.now = nil
}

// earlier gives the earlier of two instants of which zero means never.
func earlier(a, b utc.Time) utc.Time {
	if a.IsZero() || !b.IsZero() && b < a {
		return b
	}
	return a
}

func compareRef(a, b record.Ref) int {
	if c := keyOf(a).compare(keyOf(b)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Index, b.Index); c != 0 {
		return c
	}
	return bytes.Compare(a.Leaf[:], b.Leaf[:])
}

// At gives the picture of what was known here at knownAt, as it stands at
// instant. It is the definition: a pure function of the leaves, charters and
// Known statements held. A leaf that we have not stated to hold counts as known
// at utc.Max.
func (b *Book) At(knownAt, instant utc.Time) *Picture {
	return b.fold(knownAt).at(instant)
}

// Now gives At(utc.Max, instant). The fold is kept and kept up, so that asking
// again, after one more leaf or at another instant, costs little.
func (b *Book) Now(instant utc.Time) *Picture {
	if len(b.fresh) > 1000+b.size/16 {
		b.now = nil // from the beginning is faster
	}
	for _, x := range b.fresh {
		if b.now == nil || !b.now.take(b, x, instant) {
			b.now = nil
			break
		}
	}
	b.fresh = nil
	if b.now == nil {
		b.now = run(b.fold(utc.Max), instant)
		b.folds++
	}
	return b.now.picture(instant)
}

// ByID gives the leaf of that name. Of a fork it gives the one with the lesser
// hash.
func (b *Book) ByID(id ID) (Held, bool) {
	name, ref, err := ParseID(id)
	if err != nil {
		return Held{}, false
	}
	for lid, n := range b.names() {
		if n != name {
			continue
		}
		g := b.lines[lid].logs[keyOf(ref)]
		if g == nil {
			return Held{}, false
		}
		g.tidy()
		i := sort.Search(len(g.leaves), func(i int) bool { return g.leaves[i].Ref.Index >= ref.Index })
		if i < len(g.leaves) && g.leaves[i].Ref.Index == ref.Index {
			return g.leaves[i].Held, true
		}
		return Held{}, false
	}
	return Held{}, false
}

// names gives each line one name of its own: what it was given, and where two
// lines were given the same, that with the beginning of the line's hash.
func (b *Book) names() map[record.LineID]string {
	count := map[string]int{}
	for _, l := range b.lines {
		count[l.name]++
	}
	names := make(map[record.LineID]string, len(b.lines))
	for id, l := range b.lines {
		switch {
		case l.name == "":
			names[id] = shortLine(id)
		case count[l.name] > 1:
			names[id] = l.name + "~" + shortLine(id)
		default:
			names[id] = l.name
		}
	}
	return names
}

func (g *bookLog) tidy() {
	if g.loose {
		slices.SortFunc(g.leaves, func(a, b *leaf) int { return compareRef(a.Ref, b.Ref) })
		g.loose = false
	}
}

// stairs answers "since when is everything below this size held": sizes with
// instants, the earliest that covers.
type stairs struct {
	steps []step
	ready bool
}

type step struct {
	size uint64
	at   utc.Time
	by   *entry // the record that says so; nil for Book.Known
}

// add takes a step in. It gives the first index of which the answer may be
// another one now; from size on it is what it was.
func (s *stairs) add(size uint64, at utc.Time, by *entry) (from uint64) {
	x := step{size, at, by}
	if !s.ready {
		s.steps = append(s.steps, x)
		return 0
	}
	up := sort.Search(len(s.steps), func(i int) bool { return s.steps[i].size > size })
	if up < len(s.steps) && s.steps[up].compare(x) <= 0 || up > 0 && s.steps[up-1].size == size && s.steps[up-1].compare(x) <= 0 {
		return size // something earlier covers as much
	}
	down := up
	for down > 0 && s.steps[down-1].compare(x) >= 0 {
		down--
	}
	s.steps = slices.Replace(s.steps, down, up, x)
	if down == 0 {
		return 0
	}
	return s.steps[down-1].size
}

func (s step) compare(t step) int {
	if c := cmp.Compare(s.at, t.at); c != 0 {
		return c
	}
	switch {
	case s.by == nil && t.by == nil:
		return 0
	case s.by == nil:
		return -1
	case t.by == nil:
		return 1
	}
	return s.by.compare(t.by)
}

// covers gives the earliest step whose size is above index.
func (s *stairs) covers(index uint64) (step, bool) {
	if !s.ready {
		slices.SortFunc(s.steps, func(a, b step) int {
			if c := cmp.Compare(a.size, b.size); c != 0 {
				return c
			}
			return a.compare(b)
		})
		kept := s.steps[:0]
		for _, x := range s.steps { // keep the stairs that go up in size and in time
			for len(kept) > 0 && kept[len(kept)-1].compare(x) >= 0 {
				kept = kept[:len(kept)-1]
			}
			if len(kept) > 0 && kept[len(kept)-1].size == x.size {
				continue
			}
			kept = append(kept, x)
		}
		s.steps, s.ready = kept, true
	}
	i := sort.Search(len(s.steps), func(i int) bool { return s.steps[i].size > index })
	if i == len(s.steps) {
		return step{}, false
	}
	return s.steps[i], true
}
