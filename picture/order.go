package picture

import (
	"bytes"
	"cmp"
	"slices"
	"sort"

	"parley/record"
	"parley/utc"
)

// entry is one leaf in one fold.
type entry struct {
	*leaf
	in       *lineFold
	id       ID
	known    utc.Time // zero: not stated yet
	composed utc.Time // zero if the leaf could not be opened
	causal   utc.Time // composed, or that of the latest record before it
	depth    int      // how many records stand before it with the same causal time
	re       *entry   // what Re points at, if it is known, in the same line
	problem  string
	shown    *Item

	waits int      // for rank: how many that stand before it are not ranked yet
	after []*entry // for rank: what stands after it
}

// compare is the one order of a line: it agrees with causality, since a record
// has at least the causal time of each before it, and more depth where that is
// the same. Then author's time, party, position.
func (e *entry) compare(f *entry) int {
	if c := cmp.Compare(e.causal, f.causal); c != 0 {
		return c
	}
	if c := cmp.Compare(e.depth, f.depth); c != 0 {
		return c
	}
	if c := cmp.Compare(e.composed, f.composed); c != 0 {
		return c
	}
	if c := compareRef(e.Ref, f.Ref); c != 0 {
		return c
	}
	return bytes.Compare(e.Line[:], f.Line[:])
}

// order fills causal and depth of every entry of the line and sorts them. If
// the parties' statements of what they had seen run in a circle, one of them is
// not true; then only the logbooks' own order counts on this line.
func (l *lineFold) order() {
	if l.circle = !l.rank(true); l.circle {
		l.rank(false)
	}
	slices.SortFunc(l.entries, func(a, b *entry) int { return a.compare(b) })
}

// rank works along the graph of what stands before what. It reports whether
// the graph has no circle.
func (l *lineFold) rank(all bool) bool {
	before := func(p, e *entry) {
		if p != nil && p != e {
			e.waits++
			p.after = append(p.after, e)
		}
	}
	for _, e := range l.entries {
		e.causal, e.depth, e.waits, e.after = e.composed, 0, 0, e.after[:0]
	}
	for _, log := range l.logs {
		for i, e := range log {
			if i > 0 {
				before(log[i-1], e)
			}
			if !all || e.Rec == nil {
				continue
			}
			before(e.re, e)
			for _, h := range e.Rec.Seen {
				before(lastBelow(l.logs[headKey(h)], h.Size), e)
			}
		}
	}
	ready := make([]*entry, 0, len(l.entries))
	for _, e := range l.entries {
		if e.waits == 0 {
			ready = append(ready, e)
		}
	}
	for n := 0; n < len(ready); n++ {
		p := ready[n]
		for _, e := range p.after {
			switch {
			case p.causal > e.causal:
				e.causal, e.depth = p.causal, p.depth+1
			case p.causal == e.causal && p.depth >= e.depth:
				e.depth = p.depth + 1
			}
			if e.waits--; e.waits == 0 {
				ready = append(ready, e)
			}
		}
	}
	return len(ready) == len(l.entries)
}

// lastBelow gives the last entry of a log, sorted by index, with an index below
// size.
func lastBelow(log []*entry, size uint64) *entry {
	i := sort.Search(len(log), func(i int) bool { return log[i].Ref.Index >= size })
	if i == 0 {
		return nil
	}
	return log[i-1]
}

// find gives the entry at exactly this place and with this leaf.
func (l *lineFold) find(r record.Ref) *entry {
	log := l.logs[keyOf(r)]
	i := sort.Search(len(log), func(i int) bool { return compareRef(log[i].Ref, r) >= 0 })
	if i < len(log) && log[i].Ref == r {
		return log[i]
	}
	return nil
}
