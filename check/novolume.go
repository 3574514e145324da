package check

import (
	"parley/picture"
	"parley/record"
)

// noVolume: a notice of a class that needs an area has none. It cannot be
// checked against anything, and no silence of this program about it means that
// it collides with nothing.
func noVolume(v *view) []Conflict {
	var out []Conflict
	for _, n := range v.notices() {
		if c, ok := neverInForce(v, n); ok {
			out = append(out, c)
		}
		if !n.Active || len(n.Volumes) > 0 || !needsVolume(n.Notice.Class) {
			continue
		}
		c := Conflict{
			Rule: RuleVolume, Key: RuleVolume + "/" + version(n), About: []record.About{about(n.Item)}, IDs: names(n),
			From: n.Composed, Precedence: record.Immediate,
			Why: where(n) + ": " + title(n) + " has no area, heights and times: it cannot be checked against anything.",
		}
		if n.Party == v.Self {
			c.Precedence = record.Priority
		}
		out = append(out, c)
	}
	return out
}

// neverInForce: the notice expires before the first of its windows opens. As it
// is written it announces nothing, whatever its volumes say.
func neverInForce(v *view, n *picture.Notice) (Conflict, bool) {
	if !n.Active || len(n.Volumes) == 0 || n.Expires.IsZero() {
		return Conflict{}, false
	}
	first := n.Volumes[0].Window.From
	for _, x := range n.Volumes {
		first = min(first, x.Window.From)
	}
	if first < n.Expires {
		return Conflict{}, false
	}
	return Conflict{
		Rule: RuleVolume, Key: RuleVolume + "/" + version(n), About: []record.About{about(n.Item)}, IDs: names(n),
		From: n.Composed, Precedence: record.Immediate,
		Why: where(n) + ": " + title(n) + " expires at " + clock(n.Expires) + ", before its first window opens at " + clock(first) +
			": as it is written it is never in force, and nothing is checked against it.",
	}, true
}

func needsVolume(c record.Class) bool {
	switch c {
	case record.Accident, record.Distress, record.Cancellation, record.Correction:
		return false
	}
	return true
}
