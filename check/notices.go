package check

import (
	"fmt"
	"slices"
	"time"

	"parley/picture"
	"parley/record"
	"parley/volume"
)

// soon is how near a conflict has to be to be a matter of the minute.
const soon = 30 * time.Minute

// noticesMeet: the volumes in force of two notices meet. Of different parties,
// unless neither is dangerous to the other; of one party, if both are areas of
// danger, or one guards people and the other is a danger to them. The sweep
// goes by the starts of the windows; bounds are compared before volumes.
func noticesMeet(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	var open []*forced
	for _, b := range v.forced {
		open = slices.DeleteFunc(open, func(a *forced) bool { return a.to <= b.from })
		wanted := want(names(b.Notice)...)
		for _, a := range open {
			if (wanted || want(names(a.Notice)...)) && collide(a.Notice, b.Notice) {
				if c, ok := noticePair(v, a, b); ok {
					out = append(out, c)
				}
			}
		}
		open = append(open, b)
	}
	return out
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
		if x.Band != y.Band || x.Window != y.Window || !slices.Equal(x.Area.Polygon, y.Area.Polygon) {
			return false
		}
		if x.Area.Circle == nil || y.Area.Circle == nil {
			return x.Area.Circle == y.Area.Circle
		}
		return *x.Area.Circle == *y.Area.Circle
	})
}

// noticePair gives the first meeting of two notices that is not over.
func noticePair(v *view, a, b *forced) (Conflict, bool) {
	if a.ID > b.ID {
		a, b = b, a // the same sentence from both sides
	}
	var first volume.Meeting
	found := 0
	for i, x := range a.Volumes {
		for j, y := range b.Volumes {
			if x.Window.To <= y.Window.From || y.Window.To <= x.Window.From || a.bound(i).apart(b.bound(j), 0) {
				continue
			}
			m, ok := volume.Meet(x, y, 0)
			if !ok || m.To <= v.Instant || past(a.Notice, m) || past(b.Notice, m) {
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
		Rule: RuleNotices, Key: RuleNotices + "/" + version(a.Notice) + "/" + version(b.Notice),
		About: []record.About{about(a.Item), about(b.Item)}, IDs: append(names(a.Notice), names(b.Notice)...),
		From: first.From, To: first.To, At: &first.At, Precedence: record.Priority,
	}
	ca, cb := a.Notice.Notice.Class, b.Notice.Notice.Class
	if guarded(ca) || guarded(cb) || first.From <= v.Instant.Add(soon) {
		c.Precedence = record.Immediate
	}
	c.Why = fmt.Sprintf("%s and %s meet %s, %s, from %s to %s; %s.", title(a.Notice), title(b.Notice), near(first.At),
		heights(first), clock(first.From), clock(first.To), when(first.From, v.Instant))
	if found > 1 {
		c.Why += fmt.Sprintf(" It is the first of %d meetings.", found)
	}
	return c, true
}

// past reports whether a meeting begins only when the notice has expired.
func past(n *picture.Notice, m volume.Meeting) bool {
	return !n.Expires.IsZero() && m.From >= n.Expires
}
