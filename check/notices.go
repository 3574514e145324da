package check

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/volume"
)

// soon is how near a conflict has to be to be a matter of the minute.
const soon = 30 * time.Minute

// noticesMeet: the volumes in force of two notices meet. Of different parties,
// unless neither is dangerous to the other; of one party, if both are areas of
// danger, or one guards people and the other is a danger to them.
//
// What another party says against itself is its own matter first, and nothing
// bounds how much it says: its notices are held against each other only where
// fewer than neighbours of its own stand between. Ours are held against all.
func noticesMeet(v *view) []Conflict {
	var out []Conflict
	rank := v.ranks()
	v.pairs(func(i, j int) {
		a, b := &v.Notices[i], &v.Notices[j]
		if a.Party == b.Party && a.Party != v.Self && max(rank[i]-rank[j], rank[j]-rank[i]) > neighbours {
			return
		}
		if collide(a, b) {
			if c, ok := noticePair(v, i, j); ok {
				out = append(out, c)
			}
		}
	})
	return out
}

// neighbours bounds the work that one party's notices make among themselves: a
// thousand that all overlap are thirty thousand pairs, not half a million.
const neighbours = 32

// ranks gives each notice in force its place among those of its party.
func (v *view) ranks() []int {
	out, n := make([]int, len(v.Notices)), map[party.ID]int{}
	for i := range v.Notices {
		if v.inForce(i) {
			out[i] = n[v.Notices[i].Party]
			n[v.Notices[i].Party]++
		}
	}
	return out
}

// few is how many wanted notices are held against all others one by one; more
// are swept.
const few = 16

// pairs calls f once with every two notices in force whose reaches meet and of
// which one is wanted.
func (v *view) pairs(f func(i, j int)) {
	v.notices()
	in := make(map[int]bool, len(v.which))
	for _, i := range v.which {
		if v.inForce(i) {
			in[i] = true
		}
	}
	if len(in) > few {
		v.sweep(in, f)
		return
	}
	for _, i := range v.which {
		if !in[i] {
			continue
		}
		a := &v.reaches[i]
		for j := range v.reaches {
			b := &v.reaches[j]
			if a.To > b.From && b.To > a.From && !a.Apart(b) && v.inForce(j) && j != i && (j > i || !in[j]) {
				f(i, j)
			}
		}
	}
}

// sweep goes through the notices in force from south to north: those whose
// latitudes meet are together in the band that it moves along.
func (v *view) sweep(in map[int]bool, f func(i, j int)) {
	type edge struct {
		south, north float64
		i            int
		wanted       bool
		picture.Reach
	}
	var es []edge
	for i := range v.reaches {
		if v.inForce(i) {
			e := edge{i: i, wanted: in[i], Reach: v.reaches[i]}
			e.south, e.north = e.Latitudes()
			es = append(es, e)
		}
	}
	slices.SortFunc(es, func(a, b edge) int {
		if c := cmp.Compare(a.south, b.south); c != 0 {
			return c
		}
		return a.i - b.i
	})
	var open []edge
	for k := range es {
		b := &es[k]
		kept := open[:0]
		for n := range open {
			a := &open[n]
			if a.north < b.south {
				continue
			}
			if (a.wanted || b.wanted) && a.To > b.From && b.To > a.From && !a.Apart(&b.Reach) {
				f(a.i, b.i)
			}
			if len(kept) != n {
				kept = append(kept, *a)
			} else {
				kept = open[:n+1]
			}
		}
		open = append(kept, *b)
	}
}

// collide reports whether the two are of a kind that must not meet.
func collide(a, b *picture.Notice) bool {
	ca, cb := a.Notice.Class, b.Notice.Class
	danger := Dangerous(ca) && guarded(cb) || Dangerous(cb) && guarded(ca)
	if a.Party != b.Party {
		return danger || !guarded(ca) && !guarded(cb)
	}
	if danger {
		return true
	}
	area := func(c record.Class) bool { return c == record.HazardArea || c == record.Exercise }
	return area(ca) && area(cb) && !same(a, b)
}

// same reports whether one party has said the same thing twice, as on two lines.
func same(a, b *picture.Notice) bool {
	return a.Notice.Class == b.Notice.Class && slices.EqualFunc(a.Volumes, b.Volumes, func(x, y volume.Volume) bool {
		return x.Band == y.Band && x.Window == y.Window && sameArea(x.Area, y.Area)
	})
}

func sameArea(x, y volume.Area) bool {
	if x.Circle == nil || y.Circle == nil {
		return x.Circle == y.Circle && slices.Equal(x.Polygon, y.Polygon)
	}
	return *x.Circle == *y.Circle
}

// noticePair gives the first meeting of two notices that is not over.
func noticePair(v *view, i, j int) (Conflict, bool) {
	if !before(&v.Notices[i], &v.Notices[j]) {
		i, j = j, i // the same sentence from both sides
	}
	a, b := &v.Notices[i], &v.Notices[j]
	var first volume.Meeting
	found := 0
	for k, x := range a.Volumes {
		for l, y := range b.Volumes {
			if x.Window.To <= y.Window.From || y.Window.To <= x.Window.From || v.cap(i, k).Apart(v.cap(j, l)) {
				continue
			}
			m, ok := volume.Meet(x, y, 0)
			if !ok || m.To <= v.Instant || past(a, m) || past(b, m) {
				continue
			}
			if found == 0 || m.From < first.From {
				first = m
			}
			found++
		}
	}
	if found == 0 {
		return Conflict{}, false
	}
	c := Conflict{
		Rule: RuleNotices, Key: RuleNotices + "/" + version(a) + "/" + version(b),
		About: []record.About{about(a.Item), about(b.Item)}, IDs: append(names(a), names(b)...),
		From: first.From, To: first.To, At: &first.At, Precedence: record.Priority,
	}
	if guarded(a.Notice.Class) || guarded(b.Notice.Class) || first.From <= v.Instant.Add(soon) {
		c.Precedence = record.Immediate
	}
	c.Why = fmt.Sprintf("%s: %s and %s meet, %s, from %s to %s; %s.", near(first.At), title(a), title(b),
		heights(first), clock(first.From), clock(first.To), when(first.From, v.Instant))
	if found > 1 {
		c.Why += fmt.Sprintf(" It is the first of %d meetings.", found)
	}
	return c, true
}

// before orders two notices by name, and the two of a fork by their leaves.
func before(a, b *picture.Notice) bool {
	if a.ID != b.ID {
		return a.ID < b.ID
	}
	return bytes.Compare(a.Ref.Leaf[:], b.Ref.Leaf[:]) < 0
}

// past reports whether a meeting begins only when the notice has expired.
func past(n *picture.Notice, m volume.Meeting) bool {
	return !n.Expires.IsZero() && m.From >= n.Expires
}
